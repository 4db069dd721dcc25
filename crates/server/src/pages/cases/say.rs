//! Words for what has a fixed set of values: the steps of a log, kinds of papers, states.

use frist_paper::letters::LetterKind;
use frist_register::Lang;
use jiff::Timestamp;
use jiff::civil::Date;

use super::super::frame::Frame;
use crate::text::cases::CaseTexts;

/// A day in words: 22. december 2026.
pub(super) fn date(day: Date, lang: Lang) -> String {
    const MONTHS: [&str; 12] = [
        "januar",
        "februar",
        "marts",
        "april",
        "maj",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "december",
    ];
    match lang {
        Lang::En => day.strftime("%-d %B %Y").to_string(),
        Lang::Da => {
            let month = MONTHS[usize::try_from(day.month() - 1).unwrap_or(0).min(11)];
            format!("{}. {month} {}", day.day(), day.year())
        }
    }
}

/// The last day that is not too late, where `over` is the first instant that is.
pub(super) fn last(over: Timestamp, f: &Frame) -> Date {
    let last = over.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(over);
    f.day(last)
}

/// Hours and minutes until an instant, where hours are what counts.
pub(super) fn hours(over: Timestamp, now: Timestamp, lang: Lang) -> String {
    let minutes = over.duration_since(now).as_mins();
    let (h, m) = (minutes.abs() / 60, minutes.abs() % 60);
    match (minutes >= 0, lang) {
        (true, Lang::Da) => format!("{h} t. {m} min. tilbage"),
        (true, Lang::En) => format!("{h} h {m} min left"),
        (false, Lang::Da) => format!("{h} t. {m} min. for sent"),
        (false, Lang::En) => format!("{h} h {m} min late"),
    }
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The beginning of a text.
pub(super) fn short(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.chars().count() > most {
        true => line.chars().take(most).chain("…".chars()).collect(),
        false => line.to_owned(),
    }
}

/// What is due, before its day.
pub(super) fn due_for(word: &str, t: &CaseTexts) -> &'static str {
    match word {
        "refusal" => t.refusal_by,
        "deferred" => t.deferred_on,
        "recipients" => t.recipients_by,
        _ => t.answer_by,
    }
}

/// What a paper is; none where its own name says it.
pub(super) fn paper(kind: &str, lang: Lang) -> Option<String> {
    let known = match (kind, lang) {
        ("inquiry-answer", Lang::Da) => "Svar til tilsynsmyndigheden",
        ("inquiry-answer", Lang::En) => "Answer to the authority",
        ("notification", Lang::Da) => "Anmeldelse til tilsynsmyndigheden",
        ("notification", Lang::En) => "Notification to the authority",
        ("identity", Lang::Da) => "Bevis for identitet",
        ("identity", Lang::En) => "Proof of identity",
        _ => "",
    };
    if !known.is_empty() {
        return Some(known.to_owned());
    }
    kind.parse::<LetterKind>().ok().map(|kind| kind.title(lang).to_owned())
}

/// By which way a request came.
pub(super) fn channel(word: &str, lang: Lang) -> String {
    let known = match (word, lang) {
        ("letter", Lang::Da) => "brev",
        ("letter", Lang::En) => "letter",
        ("email", Lang::Da) => "e-mail",
        ("email", Lang::En) => "e-mail",
        ("phone", Lang::Da) => "telefon",
        ("phone", Lang::En) => "telephone",
        ("form", Lang::Da) => "formular",
        ("form", Lang::En) => "form",
        ("in-person", Lang::Da) => "personligt fremmøde",
        ("in-person", Lang::En) => "in person",
        ("digital-post", _) => "Digital Post",
        ("api", _) => "API",
        _ => "",
    };
    if known.is_empty() { word.to_owned() } else { known.to_owned() }
}

/// A step of a case's log.
pub(super) fn log(word: &str, lang: Lang) -> String {
    let (name, rest) = word.split_once(':').unwrap_or((word, ""));
    let n = rest.split(':').next().unwrap_or_default();
    let (da, en) = match name {
        "opened" => ("Sagen er oprettet", "Case opened"),
        "receipt" => ("Kvittering er skrevet", "Receipt written"),
        "taken" => ("Ansvarlig", "Owner"),
        "identity-asked" => ("Legitimation er bedt om", "Identity asked for"),
        "identity-known" => ("Identiteten er bekræftet", "Identity known"),
        "said" => ("Svar på spørgsmål ved fremsøgning", "Questions of the search answered"),
        "searched" if n.is_empty() => ("Fremsøgt", "Searched"),
        "searched" => ("Søgt efter personen, poster:", "Person searched for, records:"),
        "extended" => ("Fristen er forlænget", "Time extended"),
        "chosen" => ("Valg er truffet", "Choices made"),
        "asked" => ("Spørgsmål venter på svar", "Questions wait for an answer"),
        "weighed" => ("Posterne er vurderet", "Records weighed"),
        "decided" => ("Afgjort", "Decided"),
        "approved" => ("Godkendt", "Approved"),
        "erased" => ("Slettet, poster:", "Erased, records:"),
        "restricting" => ("Begrænsning begyndt", "Restriction begun"),
        "restricted" => ("Begrænset, poster:", "Restricted, records:"),
        "rectified" => ("Rettet, felter:", "Put right, fields:"),
        "recipient-letter" => ("Brev til modtager skrevet", "Letter to a recipient written"),
        "recipient-told" => ("Underretning af modtager", "Recipient told"),
        "lifting-announced" => ("Ophævelse af begrænsning er varslet", "Lifting announced"),
        "restriction-lifted" => ("Begrænsningen er ophævet", "Restriction lifted"),
        "rectifying" => ("Felter rettet:", "Fields put right:"),
        "not-rectified" => ("Rettelsen blev afvist af datakilden", "Change refused by the store"),
        "reviewed" => ("Gennemgået for oplysninger om andre", "Reviewed for data of others"),
        "package" => ("Pakke lavet, poster:", "Package made, records:"),
        "answered" if n.is_empty() => ("Besvaret", "Answered"),
        "answered" => ("Spørgsmål besvaret:", "Question answered:"),
        "part-done" => ("Udskudt del er udført", "Deferred part done"),
        "withdrawn" => ("Taget tilbage", "Withdrawn"),
        "closed" => ("Lukket", "Closed"),
        "reopened" => ("Genåbnet", "Reopened"),
        "noted" => ("Notat", "Note"),
        "attached" => ("Bilag", "Attachment"),
        "removed" => ("Bevis for identitet slettet", "Proof of identity erased"),
        "letter" => ("Brev skrevet", "Letter written"),
        "sent" => ("Sendt", "Sent"),
        "question" => ("Spørgsmål:", "Question:"),
        "deadline" => ("Ny frist:", "New deadline:"),
        "followed-up" => ("Opfølgning udført:", "Follow-up done:"),
        "assessed" => ("Risikoen er vurderet", "Risk assessed"),
        "learnt" => ("Nye oplysninger", "More is known"),
        "notified" => ("Anmeldt, nr.", "Notified, no."),
        "told" => ("De registrerede er underrettet", "Data subjects told"),
        "not-told" => ("De registrerede underrettes ikke", "Data subjects not told"),
        other => (other, other),
    };
    let text = if lang == Lang::Da { da } else { en };
    // Numbers of papers say nothing to anybody.
    if n.is_empty() || name == "sent" { text.to_owned() } else { format!("{text} {n}") }
}

/// What a person wrote in a step. What the program noted there is figures and words for machines,
/// which the step and the page say in the reader's language.
pub(super) fn wrote(word: &str, text: &str) -> String {
    let name = word.split(':').next().unwrap_or(word);
    match name {
        "opened" | "searched" | "said" | "asked" | "letter" | "decided" | "part-done" => {
            String::new()
        }
        "package" => text
            .rsplit_once("sha256 ")
            .map_or_else(String::new, |(_, hash)| format!("SHA-256 {hash}")),
        _ => text.to_owned(),
    }
}
