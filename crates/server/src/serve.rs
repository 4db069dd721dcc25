//! Starting and ending.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use frist_http::{Running, Tls};

use crate::ctx::App;
use crate::face::{Face, Settings, Trouble};
use crate::people;
use crate::tls::Certificate;
use crate::web::router;

/// The head of a request must come within this.
const HEAD: Duration = Duration::from_secs(10);
/// The files of the certificate are looked at so often.
const CERTIFICATE: Duration = Duration::from_secs(2);
/// What is no longer needed of people who work here is erased so often.
const PRUNE: Duration = Duration::from_secs(3_600);

/// A running console.
pub struct Console {
    /// Where it really listens.
    pub local: SocketAddr,
    running: Running,
    app: Arc<App>,
}

impl Console {
    /// How often a password was computed since the start: that each attempt to sign in costs the
    /// same can be seen by it.
    #[must_use]
    pub fn passwords_computed(&self) -> u64 {
        self.app.keys.passwords.computed()
    }

    /// Takes no more requests, and waits for answers and sweeps under way.
    pub async fn stop(&self) {
        self.running.stop();
        let patience = tokio::time::timeout(Duration::from_secs(30), self.running.ended());
        let _ = patience.await;
        while self.app.engines.sweeping() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let app = Arc::clone(&self.app);
        let ended = tokio::task::spawn_blocking(move || {
            if let Some(watch) = app.watch.get() {
                watch.stop();
            }
        });
        let _ = ended.await;
    }
}

/// Serves until the process is told to end (SIGTERM, or Ctrl-C), on a runtime of its own; answers and
/// sweeps under way are finished first. `ready` hears once of where it listens.
///
/// # Errors
/// As [`start`].
pub fn run(
    listen: SocketAddr,
    face: Face,
    settings: Settings,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Trouble> {
    let failed = |e: std::io::Error| Trouble {
        message: format!("the operating system refuses what a server needs: {e}"),
        help: None,
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Whatever waits for a disk has a thread of its own; so many, and others wait for those.
    let runtime = runtime.enable_all().max_blocking_threads(64).build().map_err(failed)?;
    runtime.block_on(async {
        let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(failed)?;
        let console = start(listen, None, face, settings).await?;
        ready(console.local);
        // Nobody should be the first who waits for what can be counted before.
        let engines = Arc::clone(&console.app.engines);
        tokio::task::spawn_blocking(move || engines.warm("frist"));
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        console.stop().await;
        Ok(())
    })
}

/// Begins to serve, on the current tokio runtime. The register is read once, for the organisation's
/// name and zone.
///
/// # Errors
/// When the register cannot be read, the database opened or the address bound.
pub async fn start(
    listen: SocketAddr,
    tls: Option<Tls>,
    face: Face,
    settings: Settings,
) -> Result<Console, Trouble> {
    let made = tokio::task::spawn_blocking(move || {
        let engine = (face.engine)()?;
        let controller = &engine.register.controller;
        let (name, zone) = (controller.contact.name.clone(), controller.calendar.zone.clone());
        drop(engine);
        let app = App::new(face, settings, name, zone)?;
        prune(&app)?;
        if app.settings.watch {
            watch(&app)?;
        }
        Ok(app)
    });
    let broken = || Trouble { message: "an error of the program".into(), help: None };
    let app = Arc::new(made.await.unwrap_or_else(|_| Err(broken()))?);
    let own = app.settings.config.tls.as_ref().map(Certificate::read).transpose()?;
    let tls = match &own {
        Some(certificate) => Some(certificate.config()?),
        None => tls,
    };
    let running = frist_http::start(listen, tls, HEAD, router(Arc::clone(&app))).await;
    let running = running.map_err(|e| Trouble {
        message: format!("cannot listen on {listen}: {e}"),
        help: Some(
            "look whether another program has the address, and whether it is this machine's".into(),
        ),
    })?;
    if let Some(certificate) = own {
        tokio::spawn(renew(certificate, Arc::downgrade(&app)));
    }
    let own = Arc::downgrade(&app);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PRUNE).await;
            let Some(app) = own.upgrade() else { return };
            let _ = tokio::task::spawn_blocking(move || prune(&app)).await;
        }
    });
    Ok(Console { local: running.local, running, app })
}

/// Starts the scheduler, the watchdog and the outbox.
fn watch(app: &App) -> Result<(), Trouble> {
    let face = || Arc::clone(&app.face);
    let (engine, stamp, state, publish, secret, disks) =
        (face(), face(), face(), face(), face(), face());
    let said = |t: Trouble| match t.help {
        Some(help) => format!("{} ({help})", t.message),
        None => t.message,
    };
    let outside = frist_watch::Outside {
        engine: Box::new(move || (engine.engine)().map_err(said)),
        stamp: Box::new(move || (stamp.stamp)()),
        state: Box::new(move || (state.state)().map_err(said)),
        publish: Box::new(move |engine| (publish.publish)(engine).map_err(said)),
        clock: Arc::clone(&app.face.clock),
        steady: Arc::clone(&app.face.machine.steady),
        secret: Box::new(move |name| (secret.secret)(name)),
        log: Arc::clone(&app.face.log),
        disks: Box::new(move || (disks.machine.disks)()),
        net: Arc::clone(&app.face.machine.net),
        traces: app.traces.clone(),
        name: app.face.machine.name.clone(),
        organisation: app.organisation.clone(),
    };
    let settings = app.settings.config.watch();
    let (dead, zone) = (Arc::clone(&app.dead), app.zone.clone());
    let running = frist_watch::Watch::start(outside, settings, dead, zone);
    let running = running.map_err(|message| Trouble { message, help: None })?;
    let _ = app.watch.set(running);
    Ok(())
}

/// Shows a new certificate as soon as its files have changed.
async fn renew(certificate: Arc<Certificate>, app: Weak<App>) {
    loop {
        tokio::time::sleep(CERTIFICATE).await;
        let Some(app) = app.upgrade() else { return };
        let own = Arc::clone(&certificate);
        let message = match tokio::task::spawn_blocking(move || own.refresh()).await {
            Ok(Ok(true)) => "a new certificate is shown".to_owned(),
            Ok(Err(e)) => format!("{}; the earlier certificate is still shown", e.message),
            _ => continue,
        };
        let at = (app.face.clock)();
        (app.face.log)(
            &serde_json::json!({"at": at, "log": "tls", "message": message}).to_string(),
        );
    }
}

/// Erases what is no longer needed of people who work here.
fn prune(app: &App) -> Result<(), Trouble> {
    let now = (app.face.clock)();
    let limits = people::limits();
    app.engines.state(|state| state.prune_people(now - people::LOG, now, &limits))?;
    app.engines.state(|state| state.prune_answers(now - crate::api::KEEP))?;
    Ok(())
}
