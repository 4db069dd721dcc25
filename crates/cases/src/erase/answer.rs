//! Answering a request that was decided and carried out: which letter, and what it is made from.

use frist_documents::small;
use frist_law::Basis;
use frist_paper::letters::{Consent, LetterContext, LetterKind, Objection};
use frist_register::{Lang, Purpose, Register};
use frist_state::case::CaseRecord;
use frist_sweep::Engine;
use jiff::Timestamp;

use super::letters::{context, reasons_of};
use super::{ERASE, REFUSE, Work, desk, say};
use crate::Result;
use crate::decide::Weighed;
use crate::request::clock::day_of;
use crate::request::desk::{Kept, Told};
use crate::request::letters::{answer_kind, render};
use crate::request::{Outcome, Right, Step};

/// What comes before a person's reasons for finding a request so.
const UNFOUNDED: (&str, &str) = (
    "Vi anser anmodningen for at være åbenbart grundløs eller overdreven, jf. \
     databeskyttelsesforordningens artikel 12, stk. 5.",
    "We regard the request as manifestly unfounded or excessive, under Article 12(5) of the General \
     Data Protection Regulation.",
);

/// How a request is answered.
#[derive(Clone, Copy, Default)]
pub struct Answering<'a> {
    /// Who signs the letter; the controller alone when empty.
    pub signed: &'a str,
    /// The version that whoever answers looked at; the one found now without it.
    pub seen: Option<u64>,
    /// Whether the request stays open also when nothing of it is left to do.
    pub keep_open: bool,
    /// Fields of the letter that are said in place of those that it would have.
    pub with: Option<&'a serde_json::Map<String, serde_json::Value>>,
}

/// Answers a request that was decided and executed: the letter is written and kept, and names each
/// kind of data with its answer, the refusals with their grounds and days, and the recipients.
///
/// # Errors
/// When it is not decided, what was decided is not done yet, or the letter cannot be written.
pub fn answer(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    t: Timestamp,
) -> Result<Kept> {
    answer_as(engine, by, number, &Answering { signed, ..Answering::default() }, t)
}

/// The same, as `how` says.
///
/// # Errors
/// As [`answer`]; and when `how` says a field that letters do not have.
pub fn answer_as(
    engine: &mut Engine,
    by: &str,
    number: &str,
    how: &Answering<'_>,
    t: Timestamp,
) -> Result<Kept> {
    let kept = desk(engine, by, t, how.signed).load(number)?;
    // Said first of all, so that who comes too early or too late hears what is possible instead.
    desk(engine, by, t, how.signed).after(&kept, &Step::Answer)?;
    let (kind, context) = compose(engine, &kept, how, t)?;
    let told = Told::Letter(kind, Box::new(context));
    let mut desk = desk(engine, by, t, how.signed);
    let kept = desk.take(number, how.seen, &Step::Answer, told, None)?;
    match !how.keep_open && desk.close_if_done(number)? {
        true => desk.load(number),
        false => Ok(kept),
    }
}

/// The letter that would answer the request now, and what it is made from. Nothing is kept.
///
/// # Errors
/// As [`answer_as`].
pub fn draft(
    engine: &mut Engine,
    by: &str,
    number: &str,
    how: &Answering<'_>,
    t: Timestamp,
) -> Result<(LetterContext, frist_paper::Document)> {
    let kept = desk(engine, by, t, how.signed).load(number)?;
    desk(engine, by, t, how.signed).after(&kept, &Step::Answer)?;
    let (kind, context) = compose(engine, &kept, how, t)?;
    let document = render(kind, &context, &kept, &engine.register)?;
    Ok((context, document))
}

/// Which letter answers a request that was decided, and what it is made from.
fn compose(
    engine: &mut Engine,
    kept: &Kept,
    how: &Answering<'_>,
    t: Timestamp,
) -> Result<(LetterKind, LetterContext)> {
    let (number, lang) = (&kept.case.number, kept.request.lang);
    let records = engine.state.case_records(number)?;
    let outcome = kept.request.decision.as_ref().map_or(Outcome::Refused, |d| d.outcome);
    let undone = |r: &CaseRecord| r.state == ERASE && r.done_at.is_none();
    if !outcome.is_refusal() && records.iter().any(undone) {
        return Err(crate::CasesError::Step {
            id: number.clone(),
            step: "answered",
            why: "what was decided is not erased yet, and the letter would say that it is".into(),
            possible: "erase".into(),
        });
    }
    let mut context = context(engine, kept, &records, how.signed, t);
    let work = Work::of(kept)?;
    let own = kept.request.decision.as_ref().and_then(|d| d.reasons.clone());
    // What the records give is in their lines already; what a person wrote is told as it was written.
    let now = reasons_of(&kept.request, &work, &records, &engine.register);
    let auto = |own: &String| work.reasons.as_ref() == Some(own) || now.as_ref() == Some(own);
    if let Some(own) = own.filter(|own| !auto(own) || context.decisions.is_empty()) {
        context.reasons = vec![own];
        if outcome.is_refusal() {
            context.decisions.retain(|line| line.answer == REFUSE);
        }
    }
    if outcome == Outcome::Unfounded {
        context.reasons.insert(0, say(lang, UNFOUNDED.0, UNFOUNDED.1).to_owned());
    }
    let used = |wanted: &dyn Fn(&Purpose) -> bool| titles(&engine.register, &records, lang, wanted);
    if kept.request.right == Right::ConsentWithdrawal {
        let named = &work.choices.consents;
        let purpose = used(&|p| is_consent(p) && (named.is_empty() || named.contains(&p.id.value)));
        let purpose = match purpose.is_empty() {
            true => say(lang, "behandling af oplysninger om dig", "processing of data about you"),
            false => purpose.as_str(),
        };
        let withdrawn = Some(day_of(kept.request.received, &engine.register.controller.calendar));
        context.consent = Some(Consent { purpose: purpose.to_owned(), given: None, withdrawn });
    }
    if kept.request.right == Right::Objection {
        let (marketing, weighed) = (&work.choices.marketing, &work.choices.weighed);
        let overridden = |p: &Purpose| {
            !marketing.contains(&p.id.value)
                && matches!(weighed.get(&p.id.value), Some(Weighed::Overridden { .. }))
        };
        let against =
            used(&|p| marketing.contains(&p.id.value) || weighed.contains_key(&p.id.value));
        let against = match against.is_empty() {
            true if kept.request.marketing => {
                say(lang, "direkte markedsføring", "direct marketing")
            }
            true => say(lang, "det, du nævner i din henvendelse", "what you named in your letter"),
            false => against.as_str(),
        };
        let kept_on = used(&overridden);
        let outcome = match outcome {
            Outcome::Granted => "met",
            Outcome::PartlyGranted => "partly",
            Outcome::Refused | Outcome::Unfounded => "refused",
        };
        context.objection = Some(Objection {
            against: against.to_owned(),
            not_met: kept_on.clone(),
            marketing: kept.request.marketing,
            outcome: outcome.to_owned(),
        });
        if context.reasons.is_empty() && !kept_on.is_empty() {
            context.reasons = weighed
                .values()
                .filter_map(|w| match w {
                    Weighed::Overridden { reason } => Some(reason.clone()),
                    Weighed::Upheld => None,
                })
                .collect();
        }
    }
    let context = match how.with {
        Some(with) => filled(context, with)?,
        None => context,
    };
    // What was weighed and not met is told in the letter about objections.
    let weighed = context.objection.as_ref().is_some_and(|o| !o.not_met.is_empty());
    let kind = match weighed && outcome == Outcome::Refused {
        true => LetterKind::Objection,
        false => answer_kind(kept.request.right, outcome),
    };
    Ok((kind, context))
}

/// The context with these fields in place of its own.
///
/// # Errors
/// [`crate::CasesError::Input`] when letters have no such field, or one of another type.
pub fn filled(
    context: LetterContext,
    with: &serde_json::Map<String, serde_json::Value>,
) -> Result<LetterContext> {
    let not = |_| {
        crate::CasesError::Input {
        what: "what the letter is to say",
        why: "it has a field that letters do not have, or of another type; `frist letter show KIND` lists them".into(),
    }
    };
    let mut whole = serde_json::to_value(context).map_err(not)?;
    for (name, value) in with {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).map_err(not)
}

/// The purposes of these records' data sets that satisfy a test, in words.
fn titles(
    register: &Register,
    records: &[CaseRecord],
    lang: Lang,
    wanted: &dyn Fn(&Purpose) -> bool,
) -> String {
    let mut out: Vec<String> = Vec::new();
    for record in records {
        let Some(dataset) = register.dataset(&record.dataset) else { continue };
        for keep in &dataset.keep {
            let purpose = register.purpose(dataset, &keep.purpose).filter(|p| wanted(p));
            let title = purpose.map(|p| match p.text.value.get(lang) {
                "" => p.id.value.clone(),
                text => small(text),
            });
            out.extend(title.filter(|t| !out.contains(t)));
        }
    }
    out.join("; ")
}

fn is_consent(purpose: &Purpose) -> bool {
    let of =
        |b: &Option<frist_register::Sp<Basis>>| b.as_ref().is_some_and(|b| b.value.is_consent());
    of(&purpose.basis) || of(&purpose.special_basis)
}
