//! Refusals: a page for people, problem details (RFC 9457) for programs.

use askama::Template;
use axum::http::{StatusCode, header};
use serde_json::json;

use super::frame::{Frame, page};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::routes::Method;
use crate::text::texts;

#[derive(Template)]
#[template(path = "error.html")]
struct Error {
    f: Frame,
    heading: &'static str,
    text: &'static str,
    detail: Option<String>,
    help: Option<String>,
}

/// What is told instead of an answer.
pub(crate) fn refused(ctx: &mut Ctx<'_>, refusal: &Refusal, people: bool) -> Reply {
    let t = texts(ctx.lang);
    if people && matches!(refusal, Refusal::SignIn) && ctx.route.method == Method::Get {
        let half = ctx.here.is_some();
        return Reply::to(match (half, ctx.route.path) {
            (true, _) => "/sign-in/code",
            (false, "/") => "/sign-in",
            (false, _) => "/sign-in?first=1",
        });
    }
    let (heading, text) = match refusal {
        Refusal::SignIn => (t.sign_in, t.sign_in_first),
        Refusal::Denied => (t.denied_heading, t.denied_text),
        Refusal::Form => (t.form_heading, t.form_text),
        Refusal::NotFound => (t.none_heading, t.none_text),
        Refusal::Unclear(_) => (t.unclear_heading, t.unclear_text),
        Refusal::TooMany(_) => (t.many_heading, t.many_text),
        Refusal::TooLarge => (t.large_heading, t.large_text),
        Refusal::TooSlow => (t.slow_heading, t.slow_text),
        Refusal::Trouble(_) => (t.trouble_heading, t.trouble_text),
        Refusal::Broken => (t.broken_heading, t.broken_text),
    };
    let (detail, help) = match refusal {
        Refusal::Trouble(trouble) => (Some(trouble.message.clone()), trouble.help.clone()),
        Refusal::Unclear(detail) => (Some(detail.clone()), None),
        _ => (None, None),
    };
    let status = refusal.status();
    let public = people && ctx.route.is_public();
    let outside = if public { super::public::refused(ctx, heading, text).ok() } else { None };
    let mut reply = match (outside, people) {
        (Some(reply), _) => reply,
        (None, true) => {
            let f = Frame::new(ctx, heading, "");
            page(&Error { f, heading, text, detail, help })
                .unwrap_or_else(|_| Reply::of("text/plain; charset=utf-8", text.into()))
        }
        (None, false) => {
            let problem = json!({
                "type": "about:blank", "title": status.canonical_reason().unwrap_or_default(),
                "status": status.as_u16(), "detail": detail.as_deref().unwrap_or(text),
            });
            Reply::of("application/problem+json", problem.to_string().into_bytes())
        }
    };
    reply.status = status;
    if let Refusal::TooMany(until) = refusal {
        let seconds = until.map_or(1, |u| u.duration_since(ctx.now).as_secs().max(1));
        reply.headers.push((header::RETRY_AFTER, seconds.to_string()));
    }
    if status == StatusCode::UNAUTHORIZED {
        reply.headers.push((header::WWW_AUTHENTICATE, "Cookie".into()));
    }
    reply
}
