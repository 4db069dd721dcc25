//! The ledger: what was done, in order, and its proofs to take away.

use askama::Template;
use frist_ledger::Entry;
use frist_ledger::entry::{Disposal, HoldChange, Kind, Outcome};
use frist_register::Lang;

use super::frame::{Frame, number, page};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::texts;

/// Entries on one page.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "ledger.html")]
struct Browse {
    f: Frame,
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

/// An entry in a sentence.
fn told(kind: &Kind, lang: Lang) -> String {
    let da = lang == Lang::Da;
    let n = |n: u64| number(n, lang);
    let pick = |d: String, e: String| if da { d } else { e };
    match kind {
        Kind::Register { revision, by } => {
            let short: String = revision.to_string().chars().take(12).collect();
            pick(
                format!("{by} satte registret {short} i kraft"),
                format!("{by} made register {short} live"),
            )
        }
        Kind::Plan { plan, counts, .. } => {
            let due: u64 = counts.iter().map(|c| c.due).sum();
            pick(
                format!("plan {plan}: {} poster skal slettes", n(due)),
                format!("plan {plan}: {} records are due", n(due)),
            )
        }
        Kind::Approval { plan, by, .. } => {
            pick(format!("{by} godkendte plan {plan}"), format!("{by} approved plan {plan}"))
        }
        Kind::Erased(d) => disposal(d, lang),
        Kind::Recovered { disposal: d, .. } => {
            let what = disposal(d, lang);
            pick(format!("efter en afbrydelse: {what}"), format!("after an interruption: {what}"))
        }
        Kind::Sweep { sweep, outcome, datasets } => {
            let done: u64 = datasets.iter().map(|d| d.done).sum();
            let end = match (outcome, da) {
                (Outcome::Finished, true) => "afsluttet",
                (Outcome::Finished, false) => "finished",
                (Outcome::Aborted, true) => "afbrudt",
                (Outcome::Aborted, false) => "aborted",
            };
            pick(
                format!("slettekørsel {sweep} {end}: {} poster", n(done)),
                format!("sweep {sweep} {end}: {} records", n(done)),
            )
        }
        Kind::Hold { hold, change: HoldChange::Added, by } => pick(
            format!("{by} tilføjede tilbageholdelsen {hold}"),
            format!("{by} added the hold {hold}"),
        ),
        Kind::Hold { hold, change: HoldChange::Released, by } => pick(
            format!("{by} ophævede tilbageholdelsen {hold}"),
            format!("{by} released the hold {hold}"),
        ),
        Kind::Finding { code, dataset, count } => pick(
            format!("fund {code} i {dataset}: {} poster", n(*count)),
            format!("finding {code} in {dataset}: {} records", n(*count)),
        ),
        Kind::Replay { n: again, .. } => pick(
            format!("efter en gendannelse: {} poster slettet igen", n(*again)),
            format!("after a restore: {} records erased again", n(*again)),
        ),
        Kind::EvidenceTransfer { transfer, dataset, by, .. } => pick(
            format!("{by} overførte en optagelse fra {dataset} som bevis ({transfer})"),
            format!("{by} transferred a recording of {dataset} as evidence ({transfer})"),
        ),
        Kind::KeyDestroyed { by, .. } => {
            pick(format!("{by} tilintetgjorde en nøgle"), format!("{by} destroyed a key"))
        }
        Kind::CheckpointKeyRotated { by, .. } => pick(
            format!("{by} skiftede underskriftsnøglen"),
            format!("{by} changed the signing key"),
        ),
        #[allow(unreachable_patterns, reason = "kinds are added by other parts of the house")]
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

fn disposal(d: &Disposal, lang: Lang) -> String {
    use frist_ledger::entry::Disposition as D;
    let how = match (d.disposition, lang) {
        (D::Erase, Lang::Da) => "slettet",
        (D::Erase, Lang::En) => "erased",
        (D::Anonymise, Lang::Da) => "anonymiseret",
        (D::Anonymise, Lang::En) => "anonymised",
        (D::Transfer, Lang::Da) => "overført",
        (D::Transfer, Lang::En) => "transferred",
        (D::Detach, Lang::Da) => "frakoblet",
        (D::Detach, Lang::En) => "detached",
    };
    let word = if lang == Lang::Da { "poster" } else { "records" };
    format!("{}: {} {word} {how}. {}", d.dataset, number(d.n, lang), d.rule.text.as_str())
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
