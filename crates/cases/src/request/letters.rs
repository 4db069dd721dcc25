//! The letters of a request: what they are made from, and the papers they become.

use frist_paper::letters::{
    Addressee, CaseLine, Contact, DecisionLine, LetterContext, LetterKind, Sender,
};
use frist_register::{Lang, Register};
use frist_state::case::{CaseRecord, Paper};
use jiff::Timestamp;

use super::clock::day_of;
use super::desk::Kept;
use super::model::{Outcome, Right};
use super::recipient::Notice;
use super::steps::Step;
use crate::{CasesError, Result};

/// What every letter of a request has: sender, person, case.
pub(super) fn context(
    kept: &Kept,
    register: &Register,
    at: Timestamp,
    signed: &str,
) -> LetterContext {
    let (calendar, request) = (&register.controller.calendar, &kept.request);
    let lines = |text: &Option<String>| -> Vec<String> {
        text.iter().flat_map(|t| t.lines()).map(str::to_owned).collect()
    };
    let mut address = lines(&request.person.address);
    if address.is_empty() {
        address.extend(request.person.email.clone());
    }
    LetterContext {
        date: Some(day_of(at, calendar)),
        controller: Sender::from(&register.controller),
        dpo: register.controller.dpo.as_ref().map(Contact::from),
        to: Addressee { name: request.person.name.clone(), address },
        signed: signed.to_owned(),
        case: CaseLine {
            number: kept.case.number.clone(),
            right: match request.right {
                Right::ConsentWithdrawal => "consent".to_owned(),
                right => right.as_str().to_owned(),
            },
            received: Some(day_of(request.received, calendar)),
            due: request.answer_due(calendar).map(|due| due.last_day),
            ..CaseLine::default()
        },
        ..LetterContext::default()
    }
}

/// The letter, in the language of the request.
pub(crate) fn render(
    kind: LetterKind,
    context: &LetterContext,
    kept: &Kept,
    register: &Register,
) -> Result<frist_paper::Document> {
    render_in(kept.request.lang, kind, context, register)
}

/// The letter, in this language.
pub(crate) fn render_in(
    lang: Lang,
    kind: LetterKind,
    context: &LetterContext,
    register: &Register,
) -> Result<frist_paper::Document> {
    let own = register.letters.iter().find(|letter| letter.id.value == kind.id());
    let context = serde_json::to_value(context).map_err(|e| CasesError::Damaged {
        what: "what a letter is made from",
        why: e.to_string(),
    })?;
    Ok(frist_paper::letters::render(kind, lang, own, &context)?)
}

/// The letter as papers: HTML and text always, PDF where the program can.
pub(super) fn write(
    kind: LetterKind,
    context: &LetterContext,
    kept: &Kept,
    register: &Register,
    at: Timestamp,
) -> Result<Vec<Paper>> {
    let letter = render(kind, context, kept, register)?;
    let stem = format!("{}-{}", kept.case.number, kind.id());
    papers(kind, &stem, kept.request.lang, &letter, at)
}

/// A letter as papers of this name: HTML and text always, PDF where the program can.
pub(crate) fn papers(
    kind: LetterKind,
    stem: &str,
    lang: Lang,
    letter: &frist_paper::Document,
    at: Timestamp,
) -> Result<Vec<Paper>> {
    let paper = |extension: &str, media_type: &str, bytes: Vec<u8>| Paper {
        kind: kind.id().to_owned(),
        lang: Some(if lang == Lang::Da { "da" } else { "en" }.to_owned()),
        media_type: media_type.to_owned(),
        name: format!("{stem}.{extension}"),
        bytes,
        made_at: at,
    };
    let mut papers = vec![
        paper("html", "text/html; charset=utf-8", letter.html().into_bytes()),
        paper("txt", "text/plain; charset=utf-8", letter.text().into_bytes()),
    ];
    if frist_paper::PDF {
        papers.push(paper("pdf", "application/pdf", letter.pdf()?));
    }
    Ok(papers)
}

/// Which letter answers a request of this right with this outcome.
#[must_use]
pub fn answer_kind(right: Right, outcome: Outcome) -> LetterKind {
    match (outcome, right) {
        (Outcome::Refused | Outcome::Unfounded, _) => LetterKind::Refused,
        (_, Right::Access) => LetterKind::Access,
        (_, Right::Portability) => LetterKind::Portability,
        (_, Right::Rectification) => LetterKind::Rectified,
        (_, Right::Restriction) => LetterKind::Restricted,
        (_, Right::Objection) => LetterKind::Objection,
        (_, Right::ConsentWithdrawal) => LetterKind::ConsentWithdrawn,
        (Outcome::PartlyGranted, Right::Erasure) => LetterKind::PartlyGranted,
        (Outcome::Granted, Right::Erasure) => LetterKind::Granted,
    }
}

/// What was decided for the records of a case, one line for each data set, answer and ground.
#[must_use]
pub fn decision_lines(
    records: &[CaseRecord],
    register: &Register,
    lang: Lang,
) -> Vec<DecisionLine> {
    let mut lines: Vec<DecisionLine> = Vec::new();
    for record in records {
        let what = register
            .dataset(&record.dataset)
            .map(|d| d.title.get(lang))
            .filter(|title| !title.is_empty())
            .unwrap_or(&record.dataset);
        let ground = record.ground.clone().unwrap_or_default();
        let (article, ground) = match ground.split_once(' ') {
            Some((article, words)) if article.contains('(') => {
                (article.to_owned(), words.to_owned())
            }
            // What goes has no more than its article.
            None if ground.contains('(') => (ground, String::new()),
            _ => (String::new(), ground),
        };
        let same = |l: &&mut DecisionLine| {
            l.what == what
                && l.answer == record.state
                && l.ground == ground
                && l.article == article
                && l.until == record.until
        };
        match lines.iter_mut().find(same) {
            Some(line) => line.count = line.count.map(|n| n + 1),
            None => lines.push(DecisionLine {
                what: what.to_owned(),
                answer: record.state.clone(),
                ground,
                article,
                until: record.until,
                count: Some(1),
                told: false,
            }),
        }
    }
    lines
}

/// The particulars of a step, for the case's log.
pub(super) fn particulars(step: &Step) -> Option<String> {
    match step {
        Step::AskIdentity { reason, moves: None } => Some(reason.clone()),
        Step::AskIdentity { reason, moves: Some(why) } => {
            Some(format!("{reason}; the month is counted from when the identity is known: {why}"))
        }
        Step::IdentityKnown { how } | Step::Withdraw { how } => Some(how.clone()),
        Step::Extend { reason } | Step::Reopen { reason } => Some(reason.clone()),
        Step::Decide { outcome, reasons, .. } => Some(match reasons {
            Some(reasons) => format!("{}: {reasons}", outcome.as_str()),
            None => outcome.as_str().to_owned(),
        }),
        Step::PartsDone { dataset, .. } => Some(dataset.clone()),
        Step::Tell { recipient, notice: Notice::Told { on, how } } => {
            Some(format!("{recipient}: {on}, {how}"))
        }
        Step::Tell { recipient, notice: Notice::Cannot { why } } => {
            Some(format!("{recipient}: not told, {why}"))
        }
        Step::Searched | Step::Answer | Step::Close => None,
    }
}
