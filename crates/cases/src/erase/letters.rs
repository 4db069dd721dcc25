//! What the person is told of the records: their answers in words, the outcome, the recipients.

use std::collections::BTreeMap;

use frist_law::Basis;
use frist_paper::letters::{Consent, DecisionLine, LetterContext, LetterKind, Objection};
use frist_register::{Lang, Purpose, Register};
use frist_state::case::CaseRecord;
use frist_sweep::Engine;
use jiff::Timestamp;

use super::{ABSENT, ERASE, FOUND, PERSON, REFUSE, Work, desk, say};
use crate::Result;
use crate::decide::{Answer, Article, Question, RecordAnswer, Stands, Weighed};
use crate::recipients;
use crate::request::clock::day_of;
use crate::request::desk::{Kept, Told};
use crate::request::letters::{answer_kind, decision_lines, render};
use crate::request::{Deferred, Outcome, Right, Step};

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
        Answer::Absent => Why { article: None, words: String::new(), until: None },
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
    let titles: Vec<&str> = needed.map(|r| r.title.get(lang)).collect();
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

/// What the records come to, taken together.
pub(super) fn outcome_of(records: &[CaseRecord]) -> Outcome {
    let of = |state: &str| records.iter().any(|r| r.state == state);
    match (of(ERASE), of(REFUSE)) {
        (true, true) => Outcome::PartlyGranted,
        (false, true) => Outcome::Refused,
        // Nothing there, or nothing left: there is nothing that would be refused.
        (_, false) => Outcome::Granted,
    }
}

/// The reasons for what is not granted, a line for each kind of data and ground.
pub(super) fn reasons_of(
    records: &[CaseRecord],
    register: &Register,
    lang: Lang,
) -> Option<String> {
    let refused: Vec<CaseRecord> = records.iter().filter(|r| r.state == REFUSE).cloned().collect();
    let lines: Vec<String> = decision_lines(&refused, register, lang)
        .into_iter()
        .map(|line| {
            let until = line.until.map(|d| format!(", {} {d}", say(lang, "til og med", "until")));
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
        .filter(|r| ![ABSENT, FOUND, PERSON].contains(&r.state.as_str()))
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
    let own = kept.request.decision.as_ref().and_then(|d| d.reasons.clone());
    // What the records give is in their lines already; what a person wrote is told as it was written.
    if let Some(own) = own
        .filter(|own| Some(own.as_str()) != reasons_of(&records, &engine.register, lang).as_deref())
    {
        context.reasons = vec![own];
        if outcome.is_refusal() {
            context.decisions.retain(|line| line.answer == REFUSE);
        }
    }
    if outcome == Outcome::Granted && context.decisions.is_empty() {
        // A letter that grants must say what: nothing was there.
        context.decisions.push(DecisionLine {
            what: say(lang, "Vi har ingen oplysninger om dig", "We hold no data about you").into(),
            answer: ERASE.into(),
            ..Default::default()
        });
    }
    let work = Work::of(kept)?;
    let used = |wanted: &dyn Fn(&Purpose) -> bool| titles(&engine.register, &records, lang, wanted);
    if kept.request.right == Right::ConsentWithdrawal {
        let named = &work.choices.consents;
        let purpose = used(&|p| is_consent(p) && (named.is_empty() || named.contains(&p.id.value)));
        let withdrawn = Some(day_of(kept.request.received, &engine.register.controller.calendar));
        context.consent = Some(Consent { purpose, given: None, withdrawn });
    }
    if kept.request.right == Right::Objection {
        let (marketing, weighed) = (&work.choices.marketing, &work.choices.weighed);
        let overridden =
            |p: &Purpose| matches!(weighed.get(&p.id.value), Some(Weighed::Overridden { .. }));
        let against =
            used(&|p| marketing.contains(&p.id.value) || weighed.contains_key(&p.id.value));
        let refused = !used(&overridden).is_empty();
        context.objection = Some(Objection {
            against,
            marketing: kept.request.marketing,
            outcome: if refused { "refused" } else { "met" }.to_owned(),
        });
        let reasons: Vec<String> = weighed
            .values()
            .filter_map(|w| match w {
                Weighed::Overridden { reason } => Some(reason.clone()),
                Weighed::Upheld => None,
            })
            .collect();
        if !reasons.is_empty() {
            context.reasons = reasons;
        }
    }
    let context = match how.with {
        Some(with) => filled(context, with)?,
        None => context,
    };
    Ok((answer_kind(kept.request.right, outcome), context))
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
    let mut out: Vec<&str> = Vec::new();
    for record in records {
        let Some(dataset) = register.dataset(&record.dataset) else { continue };
        for keep in &dataset.keep {
            let purpose = register.purpose(dataset, &keep.purpose).filter(|p| wanted(p));
            let title = purpose.map(|p| match p.text.value.get(lang) {
                "" => p.id.value.as_str(),
                text => text,
            });
            out.extend(title.filter(|t| !out.contains(t)));
        }
    }
    out.join(", ")
}

fn is_consent(purpose: &Purpose) -> bool {
    let of =
        |b: &Option<frist_register::Sp<Basis>>| b.as_ref().is_some_and(|b| b.value.is_consent());
    of(&purpose.basis) || of(&purpose.special_basis)
}
