//! The style sheet, the icon and health.

use crate::ctx::{Ctx, Reply};

/// Whether the server can do its work: Frist's own database answers. Asked `?deep`, also whether the
/// scheduler and the watchdog give signs of life, on whichever server they run: what a monitor asks.
pub(super) fn health(ctx: &Ctx<'_>) -> Reply {
    let ill = |text: &str| {
        let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
        Reply { status, ..Reply::of("text/plain; charset=utf-8", text.as_bytes().to_vec()) }
    };
    if ctx.state(frist_state::State::size).is_err() {
        return ill("the database does not answer\n");
    }
    if ctx.asked("deep").is_some() {
        let (c, since, now) = (&ctx.app.settings.config, ctx.app.started, ctx.now);
        let signs = ctx.state(|state| {
            let scheduled = c.schedule.on || state.servers(now)?.iter().any(|s| s.schedules);
            frist_watch::look::at_signs(state, since, scheduled, &c.alarms, now)
        });
        match signs {
            Err(_) => return ill("the database does not answer\n"),
            Ok(still) if !still.is_empty() => {
                let names: Vec<&str> = still.iter().map(|a| a.about.as_str()).collect();
                return ill(&format!("stands still: {}\n", names.join(", ")));
            }
            Ok(_) => {}
        }
    }
    Reply::of("text/plain; charset=utf-8", b"ok\n".to_vec())
}

pub(super) fn style() -> Reply {
    Reply::of("text/css; charset=utf-8", include_bytes!("../../assets/frist.css").to_vec())
}

pub(super) fn icon() -> Reply {
    Reply::of("image/svg+xml", include_bytes!("../../assets/frist.svg").to_vec())
}
