//! Who listened to what, and why.

use askama::Template;
use serde_json::Value;

use super::super::frame::{Frame, page};
use super::{text, when};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::calls::{CallsTexts, calls_texts};

#[derive(Template)]
#[template(path = "listenings.html")]
struct Listenings {
    f: Frame,
    t: &'static CallsTexts,
    problem: String,
    rows: Vec<Line>,
}

struct Line {
    at: String,
    who: String,
    recording: String,
    purpose: String,
    reason: String,
    refused: String,
}

/// Who listened to what, and why.
pub(in crate::pages) fn listenings(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = calls_texts(ctx.lang);
    let f = Frame::new(ctx, t.listenings, "/calls");
    let config = ctx.app.settings.config.calls.as_ref();
    let told = match config {
        None => Err(t.not_connected.to_owned()),
        Some(c) if !c.knows(ctx.name()) => Err(t.no_token.to_owned()),
        Some(c) => match c.ask(&ctx.app.face, ctx.name(), "/v1/listenings?limit=500", None) {
            Ok(told) => told.json().map_err(|why| format!("{} {why}", t.refused)),
            Err(e) => Err(format!("{} {}", t.cannot, e.message)),
        },
    };
    let named = ctx.engine(|engine| Ok(super::named(&engine.register, ctx.lang)))?;
    let (all, problem) = match told {
        Ok(all) => (all, String::new()),
        Err(why) => (Value::Null, why),
    };
    let row = |x: &Value| Line {
        at: when(&f, &x["at"]),
        who: text(x, "principal"),
        recording: text(x, "recording"),
        purpose: named.of(&text(x, "purpose")),
        reason: text(x, "reason"),
        refused: text(x, "refused"),
    };
    let rows = all["listenings"].as_array().into_iter().flatten().map(row).collect();
    page(&Listenings { t, problem, rows, f })
}
