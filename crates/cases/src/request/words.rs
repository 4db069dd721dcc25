//! The words of the overview, in Danish and English.

use frist_register::Lang;
use frist_state::case::CaseKind;

use super::clock::DueFor;
use super::model::{Outcome, Right, Stage};

/// How many days are left, as people say it: `3 days left`, `last day today`, `2 days late`.
#[must_use]
pub fn days_left(days: i32, lang: Lang) -> String {
    let n = days.unsigned_abs();
    match (lang, days) {
        (Lang::Da, 0) => "sidste dag i dag".to_owned(),
        (Lang::Da, 1) => "1 dag tilbage".to_owned(),
        (Lang::Da, 2..) => format!("{n} dage tilbage"),
        (Lang::Da, -1) => "1 dag for sent".to_owned(),
        (Lang::Da, _) => format!("{n} dage for sent"),
        (Lang::En, 0) => "last day today".to_owned(),
        (Lang::En, 1) => "1 day left".to_owned(),
        (Lang::En, 2..) => format!("{n} days left"),
        (Lang::En, -1) => "1 day late".to_owned(),
        (Lang::En, _) => format!("{n} days late"),
    }
}

/// A right, as the overview calls it.
#[must_use]
pub fn right(right: Right, marketing: bool, lang: Lang) -> &'static str {
    match (lang, right) {
        (Lang::Da, Right::Access) => "indsigt",
        (Lang::Da, Right::Rectification) => "berigtigelse",
        (Lang::Da, Right::Erasure) => "sletning",
        (Lang::Da, Right::Restriction) => "begrænsning",
        (Lang::Da, Right::Portability) => "dataportabilitet",
        (Lang::Da, Right::Objection) if marketing => "indsigelse mod markedsføring",
        (Lang::Da, Right::Objection) => "indsigelse",
        (Lang::Da, Right::ConsentWithdrawal) => "tilbagetrækning af samtykke",
        (Lang::En, Right::Objection) if marketing => "objection to marketing",
        (Lang::En, Right::ConsentWithdrawal) => "withdrawal of consent",
        (Lang::En, other) => other.as_str(),
    }
}

/// How far a request has come.
#[must_use]
pub fn stage(stage: Stage, lang: Lang) -> &'static str {
    match (lang, stage) {
        (Lang::Da, Stage::Received) => "modtaget",
        (Lang::Da, Stage::IdentityAsked) => "afventer identitet",
        (Lang::Da, Stage::IdentityKnown) => "identitet bekræftet",
        (Lang::Da, Stage::Searched) => "fremsøgt",
        (Lang::Da, Stage::Decided) => "afgjort",
        (Lang::Da, Stage::Answered) => "besvaret",
        (Lang::Da, Stage::Closed) => "lukket",
        (Lang::En, Stage::Received) => "received",
        (Lang::En, Stage::IdentityAsked) => "waits for identity",
        (Lang::En, Stage::IdentityKnown) => "identity known",
        (Lang::En, Stage::Searched) => "searched",
        (Lang::En, Stage::Decided) => "decided",
        (Lang::En, Stage::Answered) => "answered",
        (Lang::En, Stage::Closed) => "closed",
    }
}

/// What it was decided to.
#[must_use]
pub fn outcome(outcome: Outcome, lang: Lang) -> &'static str {
    match (lang, outcome) {
        (Lang::Da, Outcome::Granted) => "imødekommet",
        (Lang::Da, Outcome::PartlyGranted) => "delvist imødekommet",
        (Lang::Da, Outcome::Refused) => "afslået",
        (Lang::Da, Outcome::Unfounded) => "afvist som åbenbart grundløs eller overdreven",
        (Lang::En, Outcome::Granted) => "granted",
        (Lang::En, Outcome::PartlyGranted) => "granted in part",
        (Lang::En, Outcome::Refused) => "refused",
        (Lang::En, Outcome::Unfounded) => "manifestly unfounded or excessive",
    }
}

/// What is due.
#[must_use]
pub fn due_for(what: DueFor, lang: Lang) -> &'static str {
    match (lang, what) {
        (Lang::Da, DueFor::Answer) => "svar",
        (Lang::Da, DueFor::Refusal) => "afslag (art. 12, stk. 4)",
        (Lang::Da, DueFor::Deferred) => "udskudt del",
        (Lang::Da, DueFor::Recipients) => "underretning af modtagere (art. 19)",
        (Lang::En, DueFor::Answer) => "answer",
        (Lang::En, DueFor::Refusal) => "refusal (Art. 12(4))",
        (Lang::En, DueFor::Deferred) => "deferred part",
        (Lang::En, DueFor::Recipients) => "notice to recipients (Art. 19)",
    }
}

/// What a case is about.
#[must_use]
pub fn kind(kind: CaseKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (CaseKind::Request, Lang::Da) => "anmodning",
        (CaseKind::Request, Lang::En) => "request",
        (CaseKind::Inquiry, Lang::Da) => "henvendelse",
        (CaseKind::Inquiry, Lang::En) => "inquiry",
        (CaseKind::Breach, Lang::Da) => "brud",
        (CaseKind::Breach, Lang::En) => "breach",
    }
}

/// Where an inquiry or a breach stands.
#[must_use]
pub fn status(kind: CaseKind, word: &str, lang: Lang) -> &'static str {
    match (kind, word, lang) {
        (CaseKind::Inquiry, "open", Lang::Da) => "skal besvares",
        (CaseKind::Inquiry, "open", Lang::En) => "to be answered",
        (CaseKind::Inquiry, "answered", Lang::Da) => "besvaret, afventer afgørelse",
        (CaseKind::Inquiry, "answered", Lang::En) => "answered, waits for a decision",
        (CaseKind::Inquiry, "follow-up", Lang::Da) => "afgjort, skal følges op",
        (CaseKind::Inquiry, "follow-up", Lang::En) => "decided, to be followed up",
        (CaseKind::Breach, "open", Lang::Da) => "under vurdering",
        (CaseKind::Breach, "open", Lang::En) => "being assessed",
        (CaseKind::Breach, "to-notify", Lang::Da) => "skal anmeldes",
        (CaseKind::Breach, "to-notify", Lang::En) => "to be notified",
        (CaseKind::Breach, "notified", Lang::Da) => "anmeldt, noget udestår",
        (CaseKind::Breach, "notified", Lang::En) => "notified, something is left",
        (CaseKind::Breach, "settled", Lang::Da) => "kan lukkes",
        (CaseKind::Breach, "settled", Lang::En) => "can be closed",
        (_, "closed", Lang::Da) => "lukket",
        (_, "closed", Lang::En) => "closed",
        (_, _, Lang::Da) => "kan ikke læses",
        (_, _, Lang::En) => "cannot be read",
    }
}
