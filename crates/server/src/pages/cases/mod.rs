//! Cases: people's requests from receipt to answer, authorities' inquiries, breaches.
//!
//! - `list` is all of them, what breaks first at the top; `open` begins one;
//! - `one` is a request as its caseworker sees it, `next` what to do about it, `steps` what is done
//!   there; `find`, `decide`, `package` and `change` are the work on the records;
//! - `papers` shows letters before and after they are written; `files` keeps what came in;
//!   `recipients` is who else has had the data, and what they were told;
//! - `inquiry` and `breach` are theirs;
//! - `say` has words for what has a fixed set of values.
//!
//! Who does not need to know a data set sees how many of its records a case has, and nothing of them.

mod breach;
mod change;
mod decide;
mod files;
mod find;
mod inquiry;
mod list;
mod next;
mod one;
mod open;
mod package;
mod papers;
mod recipients;
mod say;
mod steps;

use std::collections::BTreeMap;

use frist_cases::CasesError;
use frist_cases::request::{Actor, Desk, Kept, Request};
use frist_law::Calendar;
use frist_register::Lang;
use frist_state::case::{Case, CaseKind, CaseStep, KeptPaper};
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;

use super::frame::Frame;
use super::today::title;
use crate::access::{Action, Condition, Facts};
use crate::ctx::{Ctx, Refusal, Reply};
use crate::face::Trouble;
use crate::text::cases::{CaseTexts, case_texts};
use crate::text::refusals::refusal as said;

pub(super) use breach::step as breach_step;
pub(super) use change::{lift, rectify, rectify_form, restrict};
pub(super) use decide::{approve, carry_out, decide, receipt, shown as decide_form};
pub(super) use files::{attach, remove as remove_paper};
pub(super) use find::{find, form as find_form};
pub(super) use inquiry::step as inquiry_step;
pub(super) use list::list;
pub(super) use open::{
    breach as open_breach, breach_form, inquiry as open_inquiry, inquiry_form,
    request as open_request, request_form,
};
pub(super) use package::{hand_over, judge, make, shown as package_form};
pub(super) use papers::{draft, paper, sent};
pub(super) use recipients::tell;
pub(super) use steps::step;

/// The page of one case, of whichever kind.
pub(super) fn case(ctx: &mut Ctx<'_>) -> Result<Reply, Refusal> {
    let case = found(ctx)?;
    match case.kind {
        CaseKind::Request => one::shown(ctx, case, None),
        CaseKind::Inquiry => inquiry::shown(ctx, None),
        CaseKind::Breach => breach::shown(ctx, None),
    }
}

/// The case of the path.
fn found(ctx: &mut Ctx<'_>) -> Result<Case, Refusal> {
    let id = ctx.id.clone();
    // What cannot be a number is not asked for, and stands in no log.
    if id.len() > 32 || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        ctx.about = Some("?".into());
        return Err(Refusal::NotFound);
    }
    let case = ctx.state(|state| state.case(&id))?.ok_or(Refusal::NotFound)?;
    ctx.about = Some(case.number.clone());
    Ok(case)
}

/// The request of the path.
fn request(ctx: &mut Ctx<'_>) -> Result<Kept, Refusal> {
    let case = found(ctx)?;
    if case.kind != CaseKind::Request {
        return Err(Refusal::NotFound);
    }
    kept(ctx, case)
}

fn kept(ctx: &Ctx<'_>, case: Case) -> Result<Kept, Refusal> {
    let read = Request::read(&case.number, &case.body).map_err(|e| refusal(ctx, e))?;
    Ok(Kept { request: read, case })
}

/// Reads with an engine.
fn look<T>(
    ctx: &Ctx<'_>,
    what: impl FnOnce(&mut Engine) -> frist_cases::Result<T>,
) -> Result<T, Refusal> {
    asked(ctx, what)?.map_err(|e| refusal(ctx, e))
}

/// Does something with an engine, and publishes the ledger.
fn work<T>(
    ctx: &Ctx<'_>,
    what: impl FnOnce(&mut Engine) -> frist_cases::Result<T>,
) -> Result<T, Refusal> {
    done(ctx, what)?.map_err(|e| refusal(ctx, e))
}

/// The same, where the page says what was refused.
fn done<T>(
    ctx: &Ctx<'_>,
    what: impl FnOnce(&mut Engine) -> frist_cases::Result<T>,
) -> Result<Result<T, CasesError>, Refusal> {
    let face = &ctx.app.face;
    let out = asked(ctx, |engine| {
        let out = what(engine);
        // Also after a refusal: a step before it may have been taken.
        let published = (face.publish)(engine);
        Ok((out, published))
    })?;
    match out {
        Ok((out, published)) => {
            published?;
            Ok(out)
        }
        Err(e) => Ok(Err(e)),
    }
}

/// A refusal leaves the engine as it was; what else goes wrong may have broken a connection.
fn asked<T>(
    ctx: &Ctx<'_>,
    what: impl FnOnce(&mut Engine) -> frist_cases::Result<T>,
) -> Result<Result<T, CasesError>, Refusal> {
    ctx.engine(|engine| match what(engine) {
        Err(e) if !is_refusal(&e) => Err(Trouble { message: e.to_string(), help: None }),
        answer => Ok(answer),
    })
}

fn is_refusal(e: &CasesError) -> bool {
    use frist_state::Error as StateError;
    matches!(
        e,
        CasesError::NotFound { .. }
            | CasesError::Step { .. }
            | CasesError::Input { .. }
            | CasesError::Refused(_)
            | CasesError::SecondPerson { .. }
            | CasesError::State(StateError::CaseChanged { .. } | StateError::NotFound { .. })
    )
}

fn refusal(ctx: &Ctx<'_>, e: CasesError) -> Refusal {
    match e {
        CasesError::NotFound { .. } | CasesError::State(frist_state::Error::NotFound { .. }) => {
            Refusal::NotFound
        }
        e if is_refusal(&e) => Refusal::Unclear(told(ctx, &e)),
        e => Refusal::Trouble(Trouble { message: e.to_string(), help: None }),
    }
}

/// What was refused, for whoever tried it.
fn told(ctx: &Ctx<'_>, e: &CasesError) -> String {
    let t = case_texts(ctx.lang);
    match e {
        CasesError::State(frist_state::Error::CaseChanged { .. }) => t.changed.to_owned(),
        CasesError::SecondPerson { .. } => t.second_person.to_owned(),
        CasesError::Step { why, .. } => format!("{} ({})", t.not_now, said(why, ctx.lang)),
        // What it is about is said by the sentence itself, where that is in the person's language.
        CasesError::Input { what, why } => match said(why, ctx.lang) {
            own if own == *why => format!("{} ({what}: {why})", t.not_usable),
            own => format!("{} ({own})", t.not_usable),
        },
        CasesError::Refused(r) => format!("{} ({})", t.not_usable, said(&r.message, ctx.lang)),
        e => e.to_string(),
    }
}

/// A desk where this person works and signs.
fn desk<'a>(engine: &'a mut Engine, by: &'a str, at: Timestamp, signed: &'a str) -> Desk<'a> {
    let by = Actor::Person(by);
    Desk { state: &mut engine.state, register: &engine.register, by, at, signed }
}

/// Who signs the letters: the person by name.
fn signs(ctx: &Ctx<'_>) -> String {
    ctx.me.as_ref().map(|me| me.account.title.clone()).unwrap_or_default()
}

/// Whether this person may see records of a data set.
fn sees(ctx: &Ctx<'_>, dataset: &str) -> bool {
    ctx.could(Action::FindPerson, &ctx.knows(Some(dataset)))
}

/// What holds for records of all these data sets together.
fn knows_all<'d>(ctx: &Ctx<'_>, mut datasets: impl Iterator<Item = &'d str>) -> Facts {
    let known = ctx.me.as_ref().map(|me| &me.account.datasets);
    let all = known.is_some_and(|known| datasets.all(|d| known.contains(d)));
    Facts::default().with(Condition::NeedToKnow, all)
}

/// What holds where any data set is as good.
fn knows_some(ctx: &Ctx<'_>) -> Facts {
    let some = ctx.me.as_ref().is_some_and(|me| !me.account.datasets.is_empty());
    Facts::default().with(Condition::NeedToKnow, some)
}

/// The titles of all data sets, in the register's order of ids.
fn titles(engine: &Engine, lang: Lang) -> BTreeMap<String, String> {
    let sets = engine.register.datasets.iter();
    sets.map(|d| (d.id.value.clone(), title(d, lang))).collect()
}

fn named(titles: &BTreeMap<String, String>, dataset: &str) -> String {
    titles.get(dataset).cloned().unwrap_or_else(|| dataset.to_owned())
}

/// A text of several lines as it was typed, without what nobody types.
fn lines(text: &str, most: usize) -> String {
    let kept = text.chars().filter(|c| !c.is_control() || *c == '\n');
    kept.take(most).collect::<String>().trim().to_owned()
}

/// A field of one line; empty when it was not filled in.
fn line(ctx: &Ctx<'_>, name: &str, most: usize) -> String {
    crate::people::one_line(ctx.field(name), most).unwrap_or_default()
}

/// A day that a browser sends.
fn day(text: &str) -> Option<Date> {
    text.trim().parse().ok()
}

/// A line of a case's log.
struct LogLine {
    when: String,
    who: String,
    what: String,
    text: String,
}

fn log(steps: &[CaseStep], f: &Frame) -> Vec<LogLine> {
    let line = |s: &CaseStep| LogLine {
        when: f.when(s.step.at),
        who: s.step.by.clone(),
        what: say::log(&s.step.step, f.lang),
        text: say::wrote(&s.step.step, s.step.text.as_deref().unwrap_or_default()),
    };
    steps.iter().rev().map(line).collect()
}

/// A paper of a case: its forms (text, HTML, PDF) in one line.
struct PaperLine {
    title: String,
    when: String,
    /// To be read here; none where no form of it is text.
    read: Option<i64>,
    /// What each form is called, and its id.
    forms: Vec<(String, i64)>,
    sent: Option<String>,
    /// Whether it goes to the person, so that its sending is entered.
    goes: bool,
    /// A proof of identity, which is removed when it has served.
    proof: bool,
}

/// The papers of a case, the newest first; forms of the same paper together.
fn papers(papers: &[KeptPaper], steps: &[CaseStep], f: &Frame) -> Vec<PaperLine> {
    let mut lines: Vec<(String, PaperLine)> = Vec::new();
    for paper in papers {
        let (stem, form) = match paper.name.rsplit_once('.') {
            Some((stem, form)) if form.len() <= 5 => (stem, form.to_uppercase()),
            _ => (paper.name.as_str(), String::new()),
        };
        let id = format!("{stem} {}", paper.made_at);
        let sent = steps.iter().find(|s| s.step.step == format!("sent:{}", paper.id));
        let sent = sent
            .map(|s| format!("{}, {}", f.when(s.step.at), s.step.text.clone().unwrap_or_default()));
        let is_text = paper.media_type.starts_with("text/plain");
        match lines.iter_mut().find(|(other, _)| *other == id) {
            Some((_, line)) => {
                line.forms.push((form, paper.id));
                line.sent = line.sent.take().or(sent);
                line.read = line.read.or(is_text.then_some(paper.id));
            }
            None => lines.push((
                id,
                PaperLine {
                    title: match say::paper(&paper.kind, f.lang) {
                        Some(title) if paper.kind == files::IDENTITY => {
                            format!("{title}: {}", paper.name)
                        }
                        Some(title) => title,
                        None => paper.name.clone(),
                    },
                    when: f.when(paper.made_at),
                    read: is_text.then_some(paper.id),
                    forms: vec![(form, paper.id)],
                    sent,
                    goes: paper.lang.is_some(),
                    proof: paper.kind == files::IDENTITY,
                },
            )),
        }
    }
    lines.into_iter().rev().map(|(_, line)| line).collect()
}

/// How urgent days that are left are, as the style sheet calls it.
fn urgency(days: Option<i32>, late: bool) -> &'static str {
    match days {
        _ if late => "late",
        Some(..=frist_cases::request::standing::SOON) => "warn",
        Some(_) => "ok",
        None => "",
    }
}

fn calendar(engine: &Engine) -> Calendar {
    engine.register.controller.calendar.clone()
}

fn t(ctx: &Ctx<'_>) -> &'static CaseTexts {
    case_texts(ctx.lang)
}

/// What is said after something was done in a case, by the word that the redirect carries.
pub(super) fn done_text(word: &str, t: &'static CaseTexts) -> Option<&'static str> {
    Some(match word {
        "opened" => t.done_opened,
        "opened-no-receipt" => t.done_no_receipt,
        "taken" => t.done_taken,
        "identity-asked" => t.done_identity_asked,
        "identity-known" => t.done_identity_known,
        "extended" => t.done_extended,
        "decided" => t.done_decided,
        "asked" => t.done_asked,
        "case-approved" => t.done_approved,
        "erased" => t.done_erased,
        "answered" => t.done_answered,
        "withdrawn" => t.done_withdrawn,
        "closed" => t.done_closed,
        "reopened" => t.done_reopened,
        "noted" => t.done_noted,
        "sent" => t.done_sent,
        "recipient-letter" => t.done_recipient_letter,
        "recipient-told" => t.done_recipient_told,
        "attached" => t.done_attached,
        "paper-removed" => t.done_removed,
        "restricted" => t.done_restricted,
        "restricted-partly" => t.done_restricted_partly,
        "lifting-announced" => t.done_announced,
        "restriction-lifted" => t.done_lifted,
        "rectified" => t.done_rectified,
        _ => return None,
    })
}
