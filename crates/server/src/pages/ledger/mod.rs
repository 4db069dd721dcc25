//! The ledger: what was done, in order, and its proofs to take away.

mod told;
mod verify;

pub(in crate::pages) use verify::{verify, verify_form};

use askama::Template;
use frist_ledger::Entry;

use self::told::told;
use super::frame::{Frame, number, page};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::texts;
use crate::text::verify::{VerifyTexts, verify_texts};

/// Entries on one page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "ledger.html")]
struct Browse {
    f: Frame,
    v: &'static VerifyTexts,
    size: u64,
    head: String,
    may_evidence: bool,
    entries: Vec<Row>,
    newer: Option<u64>,
    older: Option<u64>,
}

struct Row {
    index: u64,
    at: String,
    what: String,
}

/// A page of entries, the newest first; `from` is the newest of them.
pub(super) fn browse(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let f = Frame::new(ctx, texts(ctx.lang).ledger, "/ledger");
    let (size, head) = ctx.state(|state| Ok((state.size()?, state.checkpoint()?)))?;
    let last = size.saturating_sub(1);
    let newest = ctx.asked("from").and_then(|n| n.parse().ok()).unwrap_or(last).min(last);
    let first = (newest + 1).saturating_sub(PAGE);
    let count = u32::try_from(newest + 1 - first).unwrap_or(0);
    let leaves = ctx.state(|state| state.leaves(first, count))?;
    let rows = leaves.iter().rev().map(|leaf| match Entry::parse(&leaf.entry) {
        Ok(entry) => {
            Row { index: leaf.index, at: f.when(entry.at), what: told(&entry.what, ctx.lang) }
        }
        Err(e) => Row { index: leaf.index, at: String::new(), what: e.to_string() },
    });
    page(&Browse {
        v: verify_texts(ctx.lang),
        size,
        head: head.map_or_else(
            || f.t.none_yet.to_owned(),
            |c| {
                format!(
                    "{}, {} {}",
                    f.when(c.at),
                    number(c.size, ctx.lang),
                    f.t.entries.to_lowercase()
                )
            },
        ),
        may_evidence: ctx.could(Action::GetEvidence, &Facts::default()),
        entries: rows.collect(),
        newer: (newest < last).then(|| (newest + PAGE).min(last)),
        older: first.checked_sub(1),
        f,
    })
}

/// The signed head of the ledger.
pub(super) fn checkpoint(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let face = &ctx.app.face;
    ctx.engine(|engine| (face.publish)(engine))?;
    let head = ctx.state(frist_state::State::checkpoint)?.ok_or(Refusal::NotFound)?;
    Ok(Reply::file("text/plain; charset=utf-8", "checkpoint.txt", head.text.into_bytes()))
}

/// The public key by which the ledger is verified.
pub(super) fn key(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let key = (ctx.app.face.public_key)()?;
    Ok(Reply::file("text/plain; charset=utf-8", "ledger.pub", key.into_bytes()))
}

/// The evidence of all that was done.
pub(super) fn evidence(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let face = &ctx.app.face;
    let bytes = ctx.engine(|engine| -> Result<Vec<u8>, Trouble> {
        (face.publish)(engine)?;
        let mut bytes = Vec::new();
        engine.evidence(&mut bytes)?;
        Ok(bytes)
    })?;
    // Who takes it away is kept, though it shows nobody's data.
    ctx.log(Action::GetEvidence.word(), "")?;
    Ok(Reply::file("application/octet-stream", "evidence.bin", bytes))
}
