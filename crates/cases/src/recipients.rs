//! Telling those to whom a person's data was disclosed what was done with it (Art. 19).
//!
//! Who they are is the register's to say: the relation of categories, data subjects and recipients of
//! the activities whose records were touched. A letter to a recipient is its own, with no more of the
//! person than it needs: the name, and what the caseworker chooses. What was told to whom and when, or
//! why not, stays with the case, which cannot be closed before.

use frist_paper::Document;
use frist_paper::letters::{
    Addressee, CaseLine, DecisionLine, LetterContext, LetterKind, RecipientLine, RectifiedLine,
};
use frist_register::{DataSet, Lang, Register};
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::erase::{answered, desk, step};
use crate::request::desk::{Kept, Told};
use crate::request::letters::{self, render_in};
use crate::request::recipient::{Disclosed, Notice, Recipient, join};
use crate::request::{Right, Step};
use crate::{CasesError, Result};

/// Who has had data of these data sets, by the register's relation of categories, subjects and
/// recipients, in the order in which it names them.
pub fn disclosed<'d>(
    datasets: impl IntoIterator<Item = &'d str>,
    register: &Register,
) -> Vec<Disclosed> {
    let mut out: Vec<Disclosed> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for id in datasets {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let Some(dataset) = register.dataset(id) else { continue };
        let Some(activity) = register.activity(&dataset.activity) else { continue };
        for disclosure in &activity.disclosures {
            let about = |s: &str| dataset.subjects.iter().any(|(subject, _)| subject.value == s);
            let is = |d: &DataSet, c: &str| d.categories.iter().any(|own| own.value == c);
            let among = |d: &&DataSet| d.activity.value == dataset.activity.value;
            // What the activity passes on and keeps in no data set of its own goes with any of them.
            let nowhere = |c: &str| !register.datasets.iter().filter(among).any(|d| is(d, c));
            let has = |c: &&str| is(dataset, c) || nowhere(c);
            let categories: Vec<String> = disclosure
                .categories
                .iter()
                .map(|c| c.value.as_str())
                .filter(has)
                .map(str::to_owned)
                .collect();
            if categories.is_empty() || !disclosure.subjects.iter().any(|s| about(&s.value)) {
                continue;
            }
            match out.iter_mut().find(|d| d.recipient == disclosure.recipient.value) {
                Some(one) => {
                    join(&mut one.datasets, vec![id.to_owned()]);
                    join(&mut one.categories, categories);
                }
                None => out.push(Disclosed {
                    recipient: disclosure.recipient.value.clone(),
                    datasets: vec![id.to_owned()],
                    categories,
                }),
            }
        }
    }
    out
}

/// The same for a letter to the person, with what is put down of telling them.
pub fn lines<'d>(
    datasets: impl IntoIterator<Item = &'d str>,
    register: &Register,
    lang: Lang,
    told: &[Recipient],
) -> Vec<RecipientLine> {
    let line = |one: Disclosed| {
        let last = told.iter().rev().find(|r| r.id == one.recipient);
        let (told, cannot) = match last.and_then(|r| r.notice.as_ref()) {
            Some(Notice::Told { on, .. }) => (Some(*on), String::new()),
            Some(Notice::Cannot { why }) => (None, why.clone()),
            None => (None, String::new()),
        };
        RecipientLine {
            name: title(register, &one.recipient, lang),
            what: in_a_row(&categories(register, &one.categories, lang)),
            told,
            cannot,
        }
    };
    disclosed(datasets, register).into_iter().map(line).collect()
}

/// What a recipient is called; its id where the register has no such one any more.
#[must_use]
pub fn title(register: &Register, id: &str, lang: Lang) -> String {
    let found = register.recipients.iter().find(|r| r.id.value == id);
    let title = found.map(|r| r.title.get(lang)).filter(|t| !t.is_empty());
    title.unwrap_or(id).to_owned()
}

/// Names in a row: the first as it is, the others with small letters.
fn in_a_row(names: &[String]) -> String {
    let small = |(n, name): (usize, &String)| match n {
        0 => name.clone(),
        _ => frist_documents::small(name),
    };
    names.iter().enumerate().map(small).collect::<Vec<_>>().join(", ")
}

/// Categories of personal data in words.
#[must_use]
pub fn categories(register: &Register, ids: &[String], lang: Lang) -> Vec<String> {
    let word = |id: &String| {
        register.categories.get(id.as_str()).map_or(id.as_str(), |c| c.title.get(lang)).to_owned()
    };
    ids.iter().map(word).collect()
}

/// Puts down what came of telling a recipient, and closes the case when nothing else is open and it
/// was answered with `close`.
///
/// # Errors
/// [`CasesError::Step`] when nobody waits to be told, [`CasesError::Input`] when the register and the
/// case know no such recipient; when somebody changed the case since `seen`.
pub fn tell(
    engine: &mut Engine,
    by: &str,
    number: &str,
    seen: Option<u64>,
    recipient: &str,
    notice: Notice,
    t: Timestamp,
) -> Result<Kept> {
    let kept = desk(engine, by, t, "").load(number)?;
    known(&kept, recipient)?;
    let step = Step::Tell { recipient: recipient.to_owned(), notice };
    desk(engine, by, t, "").take(number, seen, &step, Told::Nothing, None)
}

/// A letter to a recipient: to whom, and how much it says of the person.
#[derive(Clone, Default)]
pub struct Letter {
    /// The recipient's id.
    pub recipient: String,
    /// The language; that of the case when not said.
    pub lang: Option<Lang>,
    /// Its address, line by line.
    pub address: Vec<String>,
    /// The person's name is left out: the recipient knows the person by something else.
    pub without_name: bool,
    /// The kinds of those identifiers of the case that the recipient knows the person by.
    pub identifiers: Vec<String>,
    /// Further lines by which it finds the person, such as its own case number.
    pub about: Vec<String>,
    /// The rectified fields that it has had. Demanded where the register does not say that it has had
    /// everything of the data set.
    pub fields: Vec<String>,
    /// Who signs.
    pub signed: String,
}

// By hand: it says who the person is.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({})", self.recipient)
    }
}

/// The letter as it would be written. Nothing is kept.
///
/// # Errors
/// As [`write()`].
pub fn draft(engine: &mut Engine, number: &str, letter: &Letter, t: Timestamp) -> Result<Document> {
    let kept = desk(engine, "", t, &letter.signed).load(number)?;
    let (lang, context) = compose(engine, &kept, letter, t)?;
    render_in(lang, LetterKind::Recipients, &context, &engine.register)
}

/// Writes the letter and keeps it with the case. That it was sent is entered by [`tell`].
///
/// # Errors
/// [`CasesError::Input`] when the case has no such recipient, an identifier is not among the case's, or
/// somebody must say which rectified fields the recipient has had; when the letter would say nothing
/// by which the person is found.
pub fn write(
    engine: &mut Engine,
    by: &str,
    number: &str,
    letter: &Letter,
    t: Timestamp,
) -> Result<()> {
    let kept = desk(engine, by, t, &letter.signed).load(number)?;
    let (lang, context) = compose(engine, &kept, letter, t)?;
    let document = render_in(lang, LetterKind::Recipients, &context, &engine.register)?;
    let stem = format!("{number}-{}-{}", LetterKind::Recipients.id(), letter.recipient);
    let papers = letters::papers(LetterKind::Recipients, &stem, lang, &document, t)?;
    let log = step(t, by, "recipient-letter", Some(letter.recipient.clone()));
    Ok(engine.state.add_case_step(number, &log, &papers)?)
}

/// The recipient's line in the case.
fn known<'k>(kept: &'k Kept, id: &str) -> Result<&'k Recipient> {
    let of = |told: bool| {
        kept.request.recipients.iter().rev().find(|r| r.id == id && r.notice.is_some() == told)
    };
    of(false).or_else(|| of(true)).ok_or_else(|| {
        let ids: Vec<&str> = kept.request.recipients.iter().map(|r| r.id.as_str()).collect();
        let why = match ids.is_empty() {
            true => "nothing was carried out in the case that anybody is to be told of".to_owned(),
            false => format!("it is one of {}", ids.join(", ")),
        };
        CasesError::Input { what: "the recipient", why }
    })
}

/// What the letter is made from: nothing of the person but what the caseworker chose.
fn compose(
    engine: &mut Engine,
    kept: &Kept,
    letter: &Letter,
    t: Timestamp,
) -> Result<(Lang, LetterContext)> {
    let one = known(kept, &letter.recipient)?;
    let lang = letter.lang.unwrap_or(kept.request.lang);
    let register = &engine.register;
    let about = about(kept, register, letter, lang)?;
    let decisions = categories(register, &one.categories, lang)
        .into_iter()
        .map(|what| DecisionLine { what, answer: crate::erase::ERASE.into(), ..Default::default() })
        .collect();
    let rectified = match kept.request.right {
        Right::Rectification => rectified(kept, register, one, letter, lang)?,
        _ => Vec::new(),
    };
    let to = Addressee {
        name: title(register, &letter.recipient, lang),
        address: letter.address.clone(),
    };
    // Why the person asked is not the recipient's to know: what was done is.
    let right = match kept.request.right {
        right @ (Right::Rectification | Right::Restriction) => right.as_str(),
        _ => Right::Erasure.as_str(),
    };
    let case = CaseLine {
        number: kept.case.number.clone(),
        right: right.to_owned(),
        ..CaseLine::default()
    };
    let whole = desk(engine, "", t, &letter.signed).context(kept);
    let context = LetterContext {
        date: whole.date,
        controller: whole.controller,
        dpo: whole.dpo,
        signed: whole.signed,
        to,
        case,
        about,
        decisions,
        rectified,
        ..LetterContext::default()
    };
    Ok((lang, context))
}

/// By what the recipient finds the person.
fn about(kept: &Kept, register: &Register, letter: &Letter, lang: Lang) -> Result<Vec<String>> {
    let refuse = |what, why: String| Err(CasesError::Input { what, why });
    let mut about = Vec::new();
    if !letter.without_name {
        about.push(kept.request.person.name.clone());
    }
    let more = answered(kept)?.more;
    for kind in &letter.identifiers {
        let of = kept.request.known.iter().chain(&more).filter(|k| k.kind == *kind);
        let title = register.identity(kind).map(|i| i.title.get(lang)).filter(|t| !t.is_empty());
        let title = title.unwrap_or(kind);
        let before = about.len();
        about.extend(of.map(|k| format!("{title}: {}", k.value)));
        if about.len() == before {
            let why = format!("the case has no identifier of the kind `{kind}`");
            return refuse("what the recipient knows the person by", why);
        }
    }
    about.extend(letter.about.iter().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()));
    if about.is_empty() {
        let why = "nothing is said by which the recipient finds the person".to_owned();
        return refuse("what the recipient knows the person by", why);
    }
    Ok(about)
}

/// The rectified fields that the recipient has had, as they say now. What they said before is not told.
fn rectified(
    kept: &Kept,
    register: &Register,
    one: &Recipient,
    letter: &Letter,
    lang: Lang,
) -> Result<Vec<RectifiedLine>> {
    let changes = crate::restrict::changes(kept)?;
    let theirs: Vec<_> = changes.iter().filter(|c| one.datasets.contains(&c.dataset)).collect();
    let all = |dataset: &str| {
        register
            .dataset(dataset)
            .is_some_and(|d| d.categories.iter().all(|c| one.categories.contains(&c.value)))
    };
    let chosen = |field: &str| letter.fields.iter().any(|f| f.eq_ignore_ascii_case(field));
    let lines: Vec<RectifiedLine> = theirs
        .iter()
        .filter(|c| match letter.fields.is_empty() {
            true => all(&c.dataset),
            false => chosen(&c.field),
        })
        .map(|c| RectifiedLine {
            what: register.dataset(&c.dataset).map_or_else(
                || c.field.clone(),
                |dataset| crate::fields::called(register, dataset, &c.field, lang),
            ),
            before: String::new(),
            now: c.now.clone().unwrap_or_default(),
        })
        .collect();
    if lines.is_empty() {
        let mut fields: Vec<&str> = theirs.iter().map(|c| c.field.as_str()).collect();
        fields.dedup();
        let why = format!(
            "the register does not say that the recipient has had all of it: name those of {} that it has had",
            fields.join(", ")
        );
        return Err(CasesError::Input { what: "the rectified fields", why });
    }
    Ok(lines)
}
