//! What the person is told of the records: their answers in words, the outcome, the recipients.

use std::collections::BTreeMap;

use frist_documents::small;
use frist_paper::letters::{DecisionLine, LetterContext, written};
use frist_register::{Lang, Register};
use frist_state::case::CaseRecord;
use frist_sweep::Engine;
use jiff::Timestamp;

use super::{ABSENT, ERASE, FOUND, PERSON, REFUSE, UNTOUCHED, Work, desk, say};
use crate::decide::{Answer, Article, Question, RecordAnswer, Stands, Weighed};
use crate::recipients;
use crate::request::desk::Kept;
use crate::request::letters::decision_lines;
use crate::request::{Deferred, Outcome, Request, Right};

/// Why an objection is refused where no purpose rests on a basis that one can object to.
const NOTHING_TO_OBJECT_TO: (&str, &str) = (
    "Retten til indsigelse gælder behandling på grundlag af artikel 6, stk. 1, litra e eller f, jf. \
     databeskyttelsesforordningens artikel 21, stk. 1. Vi behandler ikke oplysninger om dig på et af \
     disse grundlag.",
    "The right to object concerns processing based on Article 6(1)(e) or (f), under Article 21(1) of \
     the General Data Protection Regulation. We do not process data about you on either basis.",
);

/// Why a record is answered so, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The article, `17(3)(b)`; none where a person must answer first, or nothing is there.
    pub article: Option<Article>,
    /// The statute, the matter, the reason that a person gave, or what it is still needed for. Empty
    /// where the article says all.
    pub words: String,
    /// The last day on which it stays.
    pub until: Option<jiff::civil::Date>,
}

/// Why a record is answered so, in words.
#[must_use]
pub fn why(answer: &RecordAnswer, lang: Lang) -> Why {
    match &answer.answer {
        Answer::Erase { article, .. } => {
            Why { article: Some(*article), words: String::new(), until: None }
        }
        Answer::Refuse { article, citation, until, matter, practice, reason } => {
            let words = match (matter, citation, reason) {
                (Some(matter), ..) => matter.clone(),
                (_, Some(citation), _) => citation.clone(),
                (_, _, Some(reason)) => reason.clone(),
                _ => in_words(*article, answer, lang),
            };
            let practice = practice.map(|p| {
                let so = say(lang, "jf. Datatilsynets afgørelse", "as in Datatilsynet's decision");
                format!(" ({so} {p})")
            });
            let words = words + &practice.unwrap_or_default();
            Why { article: Some(*article), words, until: *until }
        }
        Answer::Person { question } => {
            Why { article: None, words: asked(question, lang), until: None }
        }
        Answer::Untouched | Answer::Absent => {
            Why { article: None, words: String::new(), until: None }
        }
    }
}

/// A case's record with what is answered for it.
pub(super) fn record_of(record: &CaseRecord, answer: &RecordAnswer, lang: Lang) -> CaseRecord {
    let Why { article, words, until } = why(answer, lang);
    let ground = match (article, words.as_str()) {
        (Some(article), "") => Some(article.to_string()),
        (Some(article), words) => Some(format!("{article} {words}")),
        (None, "") => None,
        (None, words) => Some(words.to_owned()),
    };
    CaseRecord {
        state: answer.answer.word().to_owned(),
        ground,
        until,
        done_at: None,
        ..record.clone()
    }
}

/// The ground of a refusal that no statute, matter or person names.
fn in_words(article: Article, answer: &RecordAnswer, lang: Lang) -> String {
    let needed = answer
        .reasons
        .iter()
        .filter(|r| matches!(r.stands, Stands::Needed | Stands::Duty | Stands::Overrides));
    let titles: Vec<String> = needed.map(|r| small(r.title.get(lang))).collect();
    let titles = titles.join(", ");
    match article {
        Article::Claims => {
            say(lang, "Et retskrav, der ikke er afsluttet", "A legal claim that is not settled")
                .into()
        }
        _ if titles.is_empty() => {
            say(lang, "Oplysningerne er stadig nødvendige", "The data is still necessary").into()
        }
        _ => {
            let so = say(lang, "Stadig nødvendigt til", "Still necessary for");
            format!("{so}: {titles}")
        }
    }
}

/// A question in words, for whoever must answer it.
pub fn asked(question: &Question, lang: Lang) -> String {
    match question {
        Question::Settle { fact, problem } => match lang {
            Lang::Da => format!("Oplysningen `{fact}` {}; ret den i systemet", problem.get(lang)),
            Lang::En => {
                format!("The fact `{fact}` {}; put it right in the store", problem.get(lang))
            }
        },
        Question::Weigh { title, interest, .. } => {
            let so = say(
                lang,
                "Går personens interesser forud for dette formål",
                "Do the person's interests prevail over this purpose",
            );
            let interest = interest.as_ref().map(|i| format!(" ({})", i.get(lang)));
            format!("{so}: {}{}?", title.get(lang), interest.unwrap_or_default())
        }
        Question::Marketing { title, .. } => {
            let so = say(lang, "Er dette formål direkte markedsføring", "Is this direct marketing");
            format!("{so}: {}?", title.get(lang))
        }
        Question::Review { text } => text.get(lang).to_owned(),
        Question::Restricted { case } => match lang {
            Lang::Da => {
                format!("Begrænset for personen selv i {case}: skal begrænsningen ophæves?")
            }
            Lang::En => {
                format!("Restricted for the person in {case}: is the restriction to be lifted?")
            }
        },
    }
}

/// What a request and its records come to, taken together.
pub(super) fn outcome_of(request: &Request, work: &Work, records: &[CaseRecord]) -> Outcome {
    let of = |state: &str| records.iter().any(|r| r.state == state);
    let (marketing, weighed) = (&work.choices.marketing, &work.choices.weighed);
    match request.right {
        // Consent is taken back by saying so: nobody can refuse that, whatever keeps the records.
        Right::ConsentWithdrawal => return Outcome::Granted,
        // It is met when the processing ends that it is against, whatever else keeps the records.
        Right::Objection => {
            let is =
                |upheld: bool| weighed.values().any(|w| matches!(w, Weighed::Upheld) == upheld);
            let met = !marketing.is_empty() || is(true) || of(ERASE);
            return match (is(false), met || request.marketing) {
                // Nothing overrides an objection to marketing, and the step says so.
                (true, _) if request.marketing && marketing.is_empty() => Outcome::Refused,
                (true, true) if request.marketing => Outcome::Granted,
                (true, true) => Outcome::PartlyGranted,
                (false, true) => Outcome::Granted,
                (_, false) => Outcome::Refused,
            };
        }
        _ => {}
    }
    match (of(ERASE), of(REFUSE)) {
        (true, true) => Outcome::PartlyGranted,
        (false, true) => Outcome::Refused,
        // Nothing there, or nothing left: there is nothing that would be refused.
        (_, false) => Outcome::Granted,
    }
}

/// The reasons for what is not granted, a line for each kind of data and ground.
pub(super) fn reasons_of(
    request: &Request,
    work: &Work,
    records: &[CaseRecord],
    register: &Register,
) -> Option<String> {
    let lang = request.lang;
    if request.right == Right::Objection && outcome_of(request, work, records) == Outcome::Refused {
        let nothing = !records.iter().any(|r| r.state == REFUSE);
        if nothing {
            return Some(say(lang, NOTHING_TO_OBJECT_TO.0, NOTHING_TO_OBJECT_TO.1).to_owned());
        }
    }
    let refused: Vec<CaseRecord> = records.iter().filter(|r| r.state == REFUSE).cloned().collect();
    let lines: Vec<String> = decision_lines(&refused, register, lang)
        .into_iter()
        .map(|line| {
            let until = line.until.map(|d| written(d, lang));
            let until = until.map(|d| format!(", {} {d}", say(lang, "til og med", "until")));
            format!("{}: {} {}{}", line.what, line.article, line.ground, until.unwrap_or_default())
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The parts that are done when their ground ends: on its day, or when the hold is released.
pub(super) fn parts_of<'r>(
    records: impl IntoIterator<Item = &'r CaseRecord>,
    work: &Work,
) -> Vec<Deferred> {
    let mut parts: BTreeMap<_, u64> = BTreeMap::new();
    for record in records.into_iter().filter(|r| r.state == REFUSE) {
        if record.until.is_some() || work.holds_of(record).is_some() {
            let ground = record.ground.clone().unwrap_or_default();
            *parts.entry((record.dataset.clone(), record.until, ground)).or_default() += 1;
        }
    }
    let part = |((dataset, until, ground), records)| Deferred {
        dataset,
        ground,
        until,
        records,
        done: None,
    };
    parts.into_iter().map(part).collect()
}

/// What a letter about these records is made from.
pub(super) fn context(
    engine: &mut Engine,
    kept: &Kept,
    records: &[CaseRecord],
    signed: &str,
    t: Timestamp,
) -> LetterContext {
    let lang = kept.request.lang;
    let mut context = desk(engine, "", t, signed).context(kept);
    // What was not there is nothing to be told of.
    let told: Vec<CaseRecord> = records
        .iter()
        .filter(|r| ![ABSENT, FOUND, PERSON, UNTOUCHED].contains(&r.state.as_str()))
        .cloned()
        .collect();
    context.decisions = decision_lines(&told, &engine.register, lang);
    promise(&mut context.decisions, kept, &engine.register);
    let erased = told.iter().filter(|r| r.state == ERASE).map(|r| r.dataset.as_str());
    context.recipients =
        recipients::lines(erased, &engine.register, lang, &kept.request.recipients);
    context
}

/// Marks the lines of what the person is told of when it goes: the parts that wait.
fn promise(lines: &mut [DecisionLine], kept: &Kept, register: &Register) {
    for part in kept.request.open_parts() {
        let record = CaseRecord {
            dataset: part.dataset.clone(),
            key: String::new(),
            why: String::new(),
            state: REFUSE.to_owned(),
            ground: Some(part.ground.clone()),
            until: part.until,
            done_at: None,
        };
        for told in decision_lines(&[record], register, kept.request.lang) {
            let same = |l: &&mut DecisionLine| {
                (&l.what, &l.ground, &l.article, l.until)
                    == (&told.what, &told.ground, &told.article, told.until)
            };
            lines.iter_mut().filter(same).for_each(|line| line.told = true);
        }
    }
}
