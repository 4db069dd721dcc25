//! Verifying a proof in the browser: the same checks as `frist verify`, each shown with its hash.

use std::io::Cursor;

use askama::Template;
use frist_cases::bundle::Zipped;
use frist_cases::bundle::verify::{self as bundle, is_bundle};
use frist_ledger::commitment::leaf;
use frist_ledger::note::parse_keys;
use frist_ledger::receipt::escape;
use frist_ledger::{Entry, Receipt, Verified, VerifierKey};

use super::super::frame::{Frame, page};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::text::verify::{VerifyTexts, verify_texts};

#[derive(Template)]
#[template(path = "verify.html")]
struct Page {
    f: Frame,
    t: &'static VerifyTexts,
    key: String,
    outcome: Option<Outcome>,
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    valid: bool,
    why: Vec<String>,
    steps: Vec<Step>,
}

/// Something that was checked, and holds.
struct Step {
    what: &'static str,
    says: String,
    hash: String,
}

/// The page.
pub(in crate::pages) fn verify_form(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    shown(ctx, None, None)
}

fn shown(ctx: &Ctx<'_>, wrong: Option<String>, outcome: Option<Outcome>) -> Result<Reply, Refusal> {
    let t = verify_texts(ctx.lang);
    let f = Frame::new(ctx, t.heading, "/ledger").wrong(wrong);
    page(&Page { t, key: ctx.field("key").to_owned(), outcome, f })
}

/// Verifies what was sent. Nothing of it is kept.
pub(in crate::pages) fn verify(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let t = verify_texts(ctx.lang);
    let file = match ctx.file.is_empty() {
        false => std::mem::take(&mut ctx.file),
        // Browsers end the lines of a text in their own way.
        true => ctx.raw("text").replace("\r\n", "\n").trim_start().as_bytes().to_vec(),
    };
    if file.is_empty() {
        return shown(ctx, Some(t.nothing.to_owned()), None);
    }
    let key = match ctx.field("key") {
        "" => (ctx.app.face.public_key)()?,
        key => key.to_owned(),
    };
    let keys = match parse_keys(&key) {
        Ok(keys) => keys,
        Err(e) => return shown(ctx, Some(format!("{} {e}", t.bad_key)), None),
    };
    let outcome = match file.starts_with(b"PK\x03\x04") {
        true => zipped(ctx, &file, &keys, t)?,
        false => plain(ctx, &file, &keys, t),
    };
    shown(ctx, None, Some(outcome))
}

fn plain(ctx: &Ctx<'_>, file: &[u8], keys: &[VerifierKey], t: &'static VerifyTexts) -> Outcome {
    let verified = match frist_ledger::verify(Cursor::new(file), keys, None) {
        Ok(verified) => verified,
        // A text that was pasted may have lost its last end of line.
        Err(e) => match frist_ledger::verify(Cursor::new([file, b"\n"].concat()), keys, None) {
            Ok(verified) => verified,
            Err(_) => return Outcome { why: vec![e.to_string()], ..Outcome::default() },
        },
    };
    let f = Frame::new(ctx, t.heading, "/ledger");
    let mut steps = Vec::new();
    let mut step = |what, says: String, hash: String| steps.push(Step { what, says, hash });
    let hex = |h: &frist_ledger::Hash| h.to_string();
    let head = match &verified {
        Verified::Receipt(r) => {
            step(t.form, t.is_receipt.to_owned(), String::new());
            let text = String::from_utf8_lossy(file);
            let ends = if text.ends_with('\n') { "" } else { "\n" };
            if let Ok(receipt) = Receipt::parse(&format!("{text}{ends}")) {
                let leaf = leaf(&receipt.salt, &receipt.locator);
                let says = format!("{}, {}", escape(&r.locator), t.record_hash);
                step(t.record, says, hex(&leaf));
                if let Some(d) = r.disposal() {
                    let says = format!("{}, {}", f.records(d.n), t.batch_root);
                    step(t.batch, says, hex(&d.root));
                }
                let says =
                    format!("{}, {}", super::told(&r.entry.what, ctx.lang), f.when(r.entry.at));
                step(t.entry, format!("{} {}: {says}", t.entry_hash, r.index), {
                    hex(&Entry::hash(&receipt.entry))
                });
                let says = format!("{} {}", t.root_hash, receipt.proof.path.len());
                step(t.root, says, hex(&r.checkpoint.root));
            }
            if let Some(d) = r.disposal() {
                step(t.rule, d.rule.text.to_string(), String::new());
                for law in &d.rule.laws {
                    step(t.law, law.to_string(), String::new());
                }
                step(t.revision, String::new(), hex(&d.revision));
            }
            &r.checkpoint
        }
        Verified::Evidence(e) => {
            step(t.form, t.is_evidence.to_owned(), String::new());
            evidence(e, &f, t, &mut step);
            &e.checkpoint
        }
        Verified::Checkpoint(c) => {
            step(t.form, t.is_checkpoint.to_owned(), String::new());
            c
        }
        _ => return Outcome { valid: true, ..Outcome::default() },
    };
    if !matches!(verified, Verified::Receipt(_)) {
        step(t.root, String::new(), hex(&head.root));
    }
    let says = format!("{} {}, {} {}", t.signed_by, head.origin, t.of_entries, f.n(&head.size));
    step(t.signature, says, String::new());
    Outcome { valid: true, why: Vec::new(), steps }
}

fn evidence(
    e: &frist_ledger::evidence::Report,
    f: &Frame,
    t: &'static VerifyTexts,
    step: &mut impl FnMut(&'static str, String, String),
) {
    let n = |n: u64| f.n(&n);
    step(t.entry, format!("{} {}", n(e.entries()), t.entries_read), String::new());
    step(t.disposed, format!("{} {}", n(e.records()), t.records_gone), String::new());
    step(t.batch, format!("{} {}", n(e.batches_recomputed), t.recomputed), String::new());
    step(t.signature, format!("{} {}", n(e.checkpoints), t.checkpoints), String::new());
}

/// A bundle, as `frist bundle --out bundle.zip` makes it.
fn zipped(
    ctx: &Ctx<'_>,
    file: &[u8],
    keys: &[VerifierKey],
    t: &'static VerifyTexts,
) -> Result<Outcome, Refusal> {
    let no = |e: String| Outcome { why: vec![e], ..Outcome::default() };
    let looked = Zipped::new(Cursor::new(file)).and_then(|mut parts| {
        is_bundle(&mut parts)?;
        bundle::verify(&mut parts, keys, None)
    });
    let looked = match looked {
        Ok(looked) => looked,
        Err(e) => return Ok(no(e.to_string())),
    };
    let f = Frame::new(ctx, t.heading, "/ledger");
    let mut steps = Vec::new();
    let mut step = |what, says: String, hash: String| steps.push(Step { what, says, hash });
    if looked.valid() {
        step(t.form, t.is_bundle.to_owned(), String::new());
        if let Some(m) = &looked.manifest {
            step(t.manifest, format!("{} {}", m.parts.len(), t.parts_same), String::new());
        }
        if let Some(e) = &looked.evidence {
            evidence(e, &f, t, &mut step);
            step(t.root, e.checkpoint.origin.clone(), e.checkpoint.root.to_string());
        }
        if let Some(s) = &looked.sealed {
            step(t.sealed, format!("{} {}, {}", t.sealed_by, s.by, f.when(s.at)), String::new());
        }
        if let Some(x) = &looked.figures {
            let says = format!("{} {}", f.n(&x.proven.records()), t.figures_same);
            step(t.figures, says, String::new());
        }
        step(t.revisions, format!("{} {}", looked.revisions, t.revisions_same), String::new());
    }
    let why = looked.faults.iter().map(|fault| format!("{}: {fault}", t.changed)).collect();
    Ok(Outcome { valid: looked.valid(), why, steps })
}
