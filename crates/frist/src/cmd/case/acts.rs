//! What changes a case: each act is one step with its letter and its ledger entry.

use std::path::Path;

use frist_cases::erase::{self, Answering};
use frist_cases::request::{Kept, Outcome as Decided, Step, Told, tidy, words};
use frist_paper::letters::{LetterContext, LetterKind};
use frist_register::Lang;

use super::{Work, as_value, number, paper};
use crate::cli_case::{CaseCommand, IdentityCommand, Target};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, counted, json, say};
use crate::place::Place;

/// Does one.
pub fn act(place: &Place, command: &CaseCommand, lang: Lang, as_json: bool) -> Outcome {
    let mut work = Work::new(place)?;
    let (kept, what) = match command {
        CaseCommand::Take { target, owner } => {
            let owner = owner.clone().unwrap_or_else(|| work.by.clone());
            let kept = work.desk().assign(&number(&target.number), target.seen, &owner)?;
            (kept, format!("{owner} answers for it"))
        }
        CaseCommand::Identity(IdentityCommand::Ask { target, reason, proofs, count_from_then }) => {
            (
                ask(&mut work, target, reason, proofs, count_from_then.clone())?,
                "asked for identity, and the letter is written".to_owned(),
            )
        }
        CaseCommand::Identity(IdentityCommand::Known { target, how }) => {
            let step = Step::IdentityKnown { how: how.clone() };
            (plain(&mut work, target, &step)?, "the identity is known".to_owned())
        }
        CaseCommand::Extend { target, reason } => {
            let kept = work.desk().extend(&number(&target.number), target.seen, reason.clone())?;
            (kept, "extended, and the letter is written".to_owned())
        }
        CaseCommand::Refuse { target, reason, unfounded } => {
            let outcome = if *unfounded { Decided::Unfounded } else { Decided::Refused };
            let step =
                Step::Decide { outcome, reasons: Some(reason.clone()), deferred: Vec::new() };
            (
                plain(&mut work, target, &step)?,
                "decided; `frist case answer` writes the letter".to_owned(),
            )
        }
        CaseCommand::Answer { target, letter, with, keep_open } => {
            (answer(&mut work, target, letter, with.as_deref(), *keep_open)?, "answered".to_owned())
        }
        CaseCommand::Withdraw { target, how } => (
            plain(&mut work, target, &Step::Withdraw { how: how.clone() })?,
            "withdrawn and closed".to_owned(),
        ),
        CaseCommand::Close { target } => {
            (plain(&mut work, target, &Step::Close)?, "closed".to_owned())
        }
        CaseCommand::Reopen { target, reason } => (
            plain(&mut work, target, &Step::Reopen { reason: reason.clone() })?,
            "open again".to_owned(),
        ),
        CaseCommand::Note { number: n, text } => {
            work.desk().note(&number(n), text)?;
            (work.desk().load(&number(n))?, "noted".to_owned())
        }
        CaseCommand::Attach { number: n, file } => {
            let paper = paper(file, work.at)?;
            work.desk().attach(&number(n), paper)?;
            (work.desk().load(&number(n))?, "kept with the case".to_owned())
        }
        CaseCommand::Letter { number: n, write: Some(kind), with, .. } => {
            let kind: LetterKind = kind.parse().map_err(frist_cases::CasesError::from)?;
            let kept = work.desk().load(&number(n))?;
            let context = filled(work.desk().context(&kept), with.as_deref())?;
            work.desk().letter(&kept.case.number, kind, &context)?;
            (kept, format!("the letter `{kind}` is written"))
        }
        CaseCommand::Tidy { dry_run } => return tidied(&mut work, *dry_run, as_json),
        // INVARIANT: `case` does the others itself.
        CaseCommand::Open(_)
        | CaseCommand::Exec(_)
        | CaseCommand::Recipients { .. }
        | CaseCommand::Tell(_)
        | CaseCommand::List { .. }
        | CaseCommand::Show { .. }
        | CaseCommand::Log { .. }
        | CaseCommand::Letter { .. } => return Ok(Exit::Done),
    };
    work.publish()?;
    let calendar = &work.engine.register.controller.calendar;
    if as_json {
        json(&as_value(&kept, work.at, calendar))?;
        return Ok(Exit::Done);
    }
    let standing = kept.request.standing(work.at, calendar);
    say!("{GREEN}{}{GREEN:#}: {what}", kept.case.number);
    if let (Some(due), Some(left)) = (kept.request.due(calendar), standing.days_left) {
        let due_for = words::due_for(due.what, lang);
        say!("  {due_for} by {} ({})", due.last_day, words::days_left(left, lang));
    }
    if kept.request.waits_for_identity() && standing.from_receipt.is_some() {
        say!("  this day stands until the identity is known; the month is then counted from there");
    } else if let Some(from) = standing.from_receipt {
        say!("  counted from the receipt it is {from}");
    }
    if let Some(days) = standing.answered_late.filter(|days| *days > 0) {
        say!(
            "  {YELLOW}{}{YELLOW:#}, and so it stays on record",
            words::days_left(-(days.cast_signed()), lang)
        );
    }
    Ok(Exit::Done)
}

fn plain(work: &mut Work<'_>, target: &Target, step: &Step) -> Outcome<Kept> {
    Ok(work.desk().take(&number(&target.number), target.seen, step, Told::Nothing, None)?)
}

fn ask(
    work: &mut Work<'_>,
    target: &Target,
    reason: &str,
    proofs: &[String],
    moves: Option<String>,
) -> Outcome<Kept> {
    let number = number(&target.number);
    let mut proofs = proofs.to_vec();
    if proofs.is_empty() {
        let usual = match work.desk().load(&number)?.request.lang {
            Lang::Da => "oplysninger, som kun du og vi kender, for eksempel dit kundenummer",
            Lang::En => "details that only you and we know, such as your customer number",
        };
        proofs.push(usual.to_owned());
    }
    Ok(work.desk().ask_identity(&number, target.seen, reason.to_owned(), moves, proofs)?)
}

/// Answers what was decided.
fn answer(
    work: &mut Work<'_>,
    target: &Target,
    letters: &[std::path::PathBuf],
    with: Option<&Path>,
    keep_open: bool,
) -> Outcome<Kept> {
    let number = number(&target.number);
    if letters.is_empty() {
        let with = with.map(fields).transpose()?;
        let how = Answering { signed: "", seen: target.seen, keep_open, with: with.as_ref() };
        return Ok(erase::answer_as(&mut work.engine, &work.by, &number, &how, work.at)?);
    }
    let at = work.at;
    let sent =
        |file| paper(file, at).map(|p| frist_state::case::Paper { kind: "sent".to_owned(), ..p });
    let told = Told::Papers(letters.iter().map(|file| sent(file)).collect::<Outcome<_>>()?);
    let kept = work.desk().take(&number, target.seen, &Step::Answer, told, None)?;
    if !keep_open && work.desk().close_if_done(&number)? {
        return Ok(work.desk().load(&number)?);
    }
    Ok(kept)
}

/// The context with the fields that a file says in place of its own.
fn filled(context: LetterContext, with: Option<&Path>) -> Outcome<LetterContext> {
    match with {
        Some(path) => Ok(erase::filled(context, &fields(path)?)?),
        None => Ok(context),
    }
}

/// The fields of a letter that a file says.
fn fields(path: &Path) -> Outcome<serde_json::Map<String, serde_json::Value>> {
    let bytes = std::fs::read(path).map_err(|e| Failure::file("read", path, &e))?;
    serde_json::from_slice(&bytes).map_err(|e| {
        let place = format!("(line {}, column {})", e.line(), e.column());
        Failure::usage(format!("`{}` is no JSON object {place}", path.display()))
            .help("`frist letter show KIND` has the fields that there are")
    })
}

fn tidied(work: &mut Work<'_>, dry_run: bool, as_json: bool) -> Outcome {
    if dry_run {
        let engine = &mut work.engine;
        let over = frist_cases::request::tidy::over(&mut engine.state, &engine.register, work.at)?;
        let numbers: Vec<_> = over.into_iter().map(|case| case.number).collect();
        match as_json {
            true => json(&serde_json::json!({"over": numbers}))?,
            false if numbers.is_empty() => say!("No closed case is over its time."),
            false => say!("over their time: {}", numbers.join(", ")),
        }
        return Ok(Exit::Done);
    }
    let engine = &mut work.engine;
    let tidied = tidy(&mut engine.state, &engine.register, &work.by, work.at)?;
    work.publish()?;
    if as_json {
        let left = tidied.not_scrubbed.as_ref().map(ToString::to_string);
        json(&serde_json::json!({"erased": tidied.erased, "not_overwritten": left}))?;
    } else {
        tell(&tidied);
        if tidied.erased.is_empty() {
            say!("No closed case is over its time.");
        }
    }
    Ok(if tidied.not_scrubbed.is_some() { Exit::Findings } else { Exit::Done })
}

/// Says what was tidied; nothing when nothing was.
pub fn tell(tidied: &frist_cases::request::Tidied) {
    if !tidied.erased.is_empty() {
        let n = counted(tidied.erased.len() as u64, "closed case", "closed cases");
        say!("{GREEN}erased{GREEN:#}: {n} whose time was up ({})", tidied.erased.join(", "));
    }
    if let Some(e) = &tidied.not_scrubbed {
        say!("{YELLOW}not overwritten yet{YELLOW:#}: {e}; the next sweep does it");
    }
}
