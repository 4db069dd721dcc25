//! What is done on a request's page: owner, identity, more time, notes, refusal, answer, the end.

use frist_cases::CasesError;
use frist_cases::erase::{self, Answering};
use frist_cases::request::{Outcome, Step, Told};
use frist_register::Lang;
use jiff::SignedDuration;

use super::super::sweeps::sure;
use super::{desk, done, found, line, lines, one, signs, t, told};
use crate::access::{Action, Facts};
use crate::ctx::{Ctx, Refusal, Reply};

/// Takes the step that the path names.
pub(in crate::pages) fn step(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    ctx.may(Action::WorkCase, &Facts::default())?;
    let case = found(ctx)?;
    if case.kind != frist_state::case::CaseKind::Request {
        return note(ctx, &case.number);
    }
    let t = t(ctx);
    let number = case.number.clone();
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    // What the person saw when they decided; without it, what there is now.
    let seen = ctx.field("seen").parse::<u64>().ok();
    let reason = lines(ctx.field("reason"), 2_000);
    let part = ctx.part.clone();
    let needs_reason = ["ask", "known", "extend", "refuse", "withdraw", "reopen", "note"];
    if needs_reason.contains(&part.as_str()) && reason.is_empty() {
        return one::shown(ctx, case, Some(t.say_reason.to_owned()));
    }
    let moves = Some(lines(ctx.field("moves"), 1_000)).filter(|text| !text.is_empty());
    let proof = line(ctx, "proof", 300);
    let unfounded = ctx.field("unfounded") == "yes";
    if part == "answer" {
        sure(ctx)?;
    }
    let (word, out) = match part.as_str() {
        "take" => (
            "taken",
            done(ctx, |e| desk(e, &by, now, &signed).assign(&number, seen, &by).map(drop))?,
        ),
        "ask" => (
            "identity-asked",
            done(ctx, |e| {
                let lang = desk(e, &by, now, &signed).load(&number)?.request.lang;
                let usual = match lang {
                    Lang::Da => {
                        "oplysninger, som kun du og vi kender, for eksempel dit kundenummer"
                    }
                    Lang::En => "details that only you and we know, such as your customer number",
                };
                let proof = if proof.is_empty() { usual.to_owned() } else { proof };
                let mut desk = desk(e, &by, now, &signed);
                desk.ask_identity(&number, seen, reason, moves, vec![proof]).map(drop)
            })?,
        ),
        "known" => {
            ("identity-known", plain(ctx, &number, seen, Step::IdentityKnown { how: reason })?)
        }
        "extend" => (
            "extended",
            done(ctx, |e| desk(e, &by, now, &signed).extend(&number, seen, reason).map(drop))?,
        ),
        "refuse" => {
            let outcome = if unfounded { Outcome::Unfounded } else { Outcome::Refused };
            let step = Step::Decide { outcome, reasons: Some(reason), deferred: Vec::new() };
            ("decided", plain(ctx, &number, seen, step)?)
        }
        "answer" => (
            "answered",
            done(ctx, |e| {
                let how = Answering { signed: &signed, seen, ..Answering::default() };
                erase::answer_as(e, &by, &number, &how, now).map(drop)
            })?,
        ),
        "withdraw" => ("withdrawn", plain(ctx, &number, seen, Step::Withdraw { how: reason })?),
        "close" => ("closed", plain(ctx, &number, seen, Step::Close)?),
        "reopen" => ("reopened", plain(ctx, &number, seen, Step::Reopen { reason })?),
        "note" => return note(ctx, &number),
        _ => return Err(Refusal::NotFound),
    };
    match out {
        Ok(()) => {
            ctx.app.engines.changed();
            Ok(Reply::to(&format!("/cases/{number}?done={word}")))
        }
        Err(_) if did_already(ctx, &number, word)? => {
            Ok(Reply::to(&format!("/cases/{number}?done={word}")))
        }
        Err(e) => {
            let wrong = told(ctx, &e);
            let case = found(ctx)?;
            one::shown(ctx, case, Some(wrong))
        }
    }
}

fn plain(
    ctx: &Ctx<'_>,
    number: &str,
    seen: Option<u64>,
    step: Step,
) -> Result<Result<(), CasesError>, Refusal> {
    let (by, now, signed) = (ctx.name().to_owned(), ctx.now, signs(ctx));
    done(ctx, |e| {
        let mut desk = desk(e, &by, now, &signed);
        desk.take(number, seen, &step, Told::Nothing, None).map(drop)
    })
}

/// Whether this person did the same a moment ago: a form that was sent twice is done once, and the
/// second answer is not an error.
pub(super) fn did_already(ctx: &Ctx<'_>, number: &str, word: &str) -> Result<bool, Refusal> {
    let steps = ctx.state(|state| state.case_log(number))?;
    let recent = ctx.now.checked_sub(SignedDuration::from_secs(10)).unwrap_or(ctx.now);
    let mine = steps.iter().filter(|s| s.step.by == ctx.name() && s.step.at >= recent);
    Ok(mine.into_iter().any(|s| s.step.step == word))
}

/// A note, in a case of any kind.
fn note(ctx: &mut Ctx<'_>, number: &str) -> Result<Reply, Refusal> {
    if ctx.part != "note" {
        return Err(Refusal::NotFound);
    }
    let text = lines(ctx.field("reason"), 2_000);
    if text.is_empty() {
        return Err(Refusal::Unclear(t(ctx).say_reason.to_owned()));
    }
    let (by, at) = (ctx.name().to_owned(), ctx.now);
    let steps = ctx.state(|state| state.case_log(number))?;
    let last = steps.last().map(|s| &s.step);
    let twice = last.is_some_and(|s| s.by == by && s.text.as_deref() == Some(&text));
    if !twice {
        let step = frist_state::case::NewStep { at, by, step: "noted".into(), text: Some(text) };
        super::work(ctx, |e| Ok(e.state.add_case_step(number, &step, &[])?))?;
    }
    Ok(Reply::to(&format!("/cases/{number}?done=noted")))
}
