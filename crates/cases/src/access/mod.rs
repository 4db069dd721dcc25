//! Access (Art. 15) and portability (Art. 20): a package with everything that is held about a person,
//! to read and to use, and what Art. 15(1)(a)-(h) asks for, filled from the register.
//!
//! Only records that the search found for certain go in. Fields that may tell of other people
//! (`others` of a data set) and files, which may too, are put before a reviewer, one by one
//! ([`review`], [`judge`]): until each of them is shown, masked or replaced by a person there is no
//! package. A recording in the call vault is such a file: its sound comes by listening's own means
//! ([`Recordings`]), so that who may hear it is decided there, and each is in the log of listening.
//!
//! - `told.rs`: Art. 15(1)(a)-(h) from the register and the rules that erase;
//! - `gather.rs`: the records, with what a reviewer decided;
//! - `write.rs`: PDF or HTML, JSON, CSV, files; the zip, and the `age` file with its passphrase;
//! - `parcel.rs`: the private link by which the person fetches it.

mod gather;
mod parcel;
mod told;
mod write;

use std::collections::BTreeMap;

use frist_documents::Source;
use frist_paper::letters::{Delivery, LetterContext, LetterKind};
use frist_sweep::Engine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::erase::{desk, say, step};
use crate::request::desk::{Kept, Told};
use crate::request::letters::decision_lines;
use crate::request::{Outcome, Right, Step};
use crate::restrict::{keep_work, work_of};
use crate::{CasesError, Result};

pub use gather::Item;
use gather::{enclose, gather};
pub use parcel::{DAYS, FETCHES, Fetched, Link, MOST_DAYS, TRIES, fetch, lay_out, until};
pub use write::{open_sealed, passphrase};

/// Under this name the reviewer's decisions are kept with the request.
const WORK: &str = "access";

/// What a reviewer decided about a field or a file that may tell of other people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// It is about the person alone, and is shown.
    Whole,
    /// It is left out.
    Masked,
    /// This is shown instead (a field only): the text without what is about others.
    Instead(String),
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Shown::Whole => "Whole",
            Shown::Masked => "Masked",
            Shown::Instead(_) => "Instead(..)",
        })
    }
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Work {
    shown: BTreeMap<String, Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
}

/// The last package that was made.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    at: Timestamp,
    sealed: bool,
    sha256: String,
    /// The last day on which it can be fetched by a private link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<jiff::civil::Date>,
}

/// Where the sound of recordings comes from: by the rules of listening, and logged there.
pub trait Recordings {
    /// The sound of a recording as a WAV file, heard for one of these purposes, to each of which the
    /// caller has consented. The reason stands in the log of listening.
    ///
    /// # Errors
    /// Why it is not played, in words.
    fn sound(
        &mut self,
        recording: &str,
        purposes: &[String],
        reason: &str,
    ) -> Result<Vec<u8>, String>;
}

/// A package that was made.
pub struct Package {
    /// What the file is to be called.
    pub name: String,
    /// The file: an `age` file around a zip, or the zip.
    pub bytes: Vec<u8>,
    /// The passphrase that opens it; shown once and kept nowhere.
    pub passphrase: Option<String>,
    /// Records in it.
    pub records: u64,
    /// Fields and files that were left out.
    pub masked: u64,
    /// What is not in it, in words.
    pub left_out: Vec<String>,
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Package({}, {} records)", self.name, self.records)
    }
}

/// What a reviewer must look at: every field and file that may tell of other people, with what was
/// decided about it so far.
///
/// # Errors
/// When there is no such request, or a store cannot be reached.
pub fn review(engine: &mut Engine, number: &str, t: Timestamp) -> Result<Vec<Item>> {
    let kept = desk(engine, "", t, "").load(number)?;
    let work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    let portable = kept.request.right == Right::Portability;
    Ok(gather(engine, number, &work.shown, portable, kept.request.lang)?.items)
}

/// Keeps what a reviewer decided about one of these, by its [`Item::id`].
///
/// # Errors
/// When there is no such item, or a file is to be replaced by a text.
pub fn judge(
    engine: &mut Engine,
    by: &str,
    number: &str,
    id: &str,
    shown: Shown,
    t: Timestamp,
) -> Result<()> {
    judge_all(engine, by, number, &[(id.to_owned(), shown)], t)
}

/// Keeps what a reviewer decided about several of these, in one step.
///
/// # Errors
/// As [`judge`]; then nothing is kept.
pub fn judge_all(
    engine: &mut Engine,
    by: &str,
    number: &str,
    judged: &[(String, Shown)],
    t: Timestamp,
) -> Result<()> {
    let items = review(engine, number, t)?;
    let kept = desk(engine, by, t, "").load(number)?;
    let mut work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    for (id, shown) in judged {
        let Some(item) = items.iter().find(|i| i.id == *id) else {
            let why = "nothing of that name waits for a reviewer; look at the review list".into();
            return Err(CasesError::Input { what: "the item", why });
        };
        if item.file && matches!(shown, Shown::Instead(_)) {
            let why =
                "a file is shown whole or left out; attach a redacted copy to the case".into();
            return Err(CasesError::Input { what: "what is shown instead", why });
        }
        work.shown.insert(id.clone(), shown.clone());
    }
    keep_work(engine, kept, WORK, &work, step(t, by, "reviewed", None))
}

/// How a package is closed.
#[derive(Clone, Copy)]
pub enum Seal<'a> {
    /// Not at all: a zip.
    Open,
    /// As an `age` file with a passphrase of chance.
    Fresh,
    /// As an `age` file with this passphrase.
    With(&'a str),
}

/// The fewest signs of a passphrase that a person types.
pub const SHORTEST: usize = 16;

/// Makes the package of a request for access or portability, and answers the request with the letter.
/// `sealed`: as an `age` file with a passphrase, else as a zip.
///
/// # Errors
/// As [`make`] and [`hand_over`]: then nothing is answered.
pub fn deliver(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    sealed: bool,
    recordings: Option<&mut (dyn Recordings + '_)>,
    t: Timestamp,
) -> Result<Package> {
    let seal = if sealed { Seal::Fresh } else { Seal::Open };
    let package = make(engine, by, signed, number, seal, recordings, t)?;
    hand_over(engine, by, signed, number, t)?;
    Ok(package)
}

/// Makes the package of a request for access or portability. It can be made again until the request
/// is answered ([`hand_over`]), with what there is then.
///
/// # Errors
/// When something waits for a reviewer, the request was not searched or is answered, the passphrase
/// is too short, or a store cannot be reached.
pub fn make(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    seal: Seal<'_>,
    recordings: Option<&mut (dyn Recordings + '_)>,
    t: Timestamp,
) -> Result<Package> {
    let phrase = match seal {
        Seal::Open => None,
        Seal::Fresh => Some((passphrase()?, write::BY_CHANCE)),
        Seal::With(phrase) if phrase.chars().count() < SHORTEST => {
            let why = format!("it has fewer than {SHORTEST} signs, and could be guessed");
            return Err(CasesError::Input { what: "the passphrase", why });
        }
        Seal::With(phrase) => Some((phrase.to_owned(), write::BY_A_PERSON)),
    };
    let Draft { kept, mut gathered, context, kind, mut work } =
        draft(engine, by, signed, number, phrase.is_some(), None, t)?;
    let what = ("package", kept.request.searched, &work.shown);
    let kept = crate::second::ask(engine, by, kept, &what, t)?;
    let (lang, portable) = (kept.request.lang, kept.request.right == Right::Portability);
    enclose(&mut gathered, number, recordings, lang)?;
    let revision = engine.revision.to_string();
    let letter = crate::request::letters::render(kind, &context, &kept, &engine.register)?;
    let zip = write::zip(&gathered, letter, number, &revision, lang, portable, t)?;
    let (bytes, extension) = match &phrase {
        Some((phrase, cost)) => (write::seal(&zip, phrase, *cost)?, "zip.age"),
        None => (zip, "zip"),
    };
    let package = Package {
        name: format!("{number}.{extension}"),
        records: gathered.count(),
        masked: gathered.items.iter().filter(|i| i.shown == Some(Shown::Masked)).count() as u64,
        left_out: gathered.left_out,
        passphrase: phrase.map(|(phrase, _)| phrase),
        bytes,
    };
    let hash: String = Sha256::digest(&package.bytes).iter().map(|b| format!("{b:02x}")).collect();
    let text = format!(
        "{}: {} records, {} fields or files left out, sha256 {hash}",
        package.name, package.records, package.masked
    );
    let sealed = package.passphrase.is_some();
    work.made = Some(Made { at: t, sealed, sha256: hash, until: None });
    let made = step(t, by, format!("package:{}", package.records), Some(text));
    keep_work(engine, kept, WORK, &work, made)?;
    Ok(package)
}

/// When the package that counts was made: since the last search.
///
/// # Errors
/// When what is kept with the request cannot be read.
pub fn made(kept: &Kept) -> Result<Option<Timestamp>> {
    let work: Work = work_of(kept, WORK)?.unwrap_or_default();
    Ok(made_since(kept, &work).map(|made| made.at))
}

fn made_since<'w>(kept: &Kept, work: &'w Work) -> Option<&'w Made> {
    let searched = kept.request.searched?;
    work.made.as_ref().filter(|made| made.at >= searched)
}

/// Answers a request for access or portability with its letter, once its package was made.
///
/// # Errors
/// When no package was made since the search, or what must be answered first is open.
pub fn hand_over(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    t: Timestamp,
) -> Result<()> {
    let kept = desk(engine, by, t, signed).load(number)?;
    let work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    let Some(made) = made_since(&kept, &work) else {
        return Err(CasesError::Step {
            id: number.to_owned(),
            step: "answered with a package",
            why: "no package was made since the search".into(),
            possible: "make the package".into(),
        });
    };
    let Draft { context, kind, .. } =
        draft(engine, by, signed, number, made.sealed, made.until, t)?;
    let granted = Step::Decide { outcome: Outcome::Granted, reasons: None, deferred: Vec::new() };
    desk(engine, by, t, signed).take(number, None, &granted, Told::Nothing, None)?;
    let told = Told::Letter(kind, Box::new(context));
    let mut desk = desk(engine, by, t, signed);
    desk.take(number, None, &Step::Answer, told, None)?;
    desk.close_if_done(number)?;
    Ok(())
}

/// What a package and its letter are made from.
struct Draft {
    kept: Kept,
    gathered: gather::Gathered,
    context: LetterContext,
    kind: LetterKind,
    work: Work,
}

fn draft(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    sealed: bool,
    until: Option<jiff::civil::Date>,
    t: Timestamp,
) -> Result<Draft> {
    let kept = desk(engine, by, t, signed).load(number)?;
    let right = kept.request.right;
    if !matches!(right, Right::Access | Right::Portability) {
        return Err(CasesError::Step {
            id: number.to_owned(),
            step: "answered with a package",
            why: format!("it is a request under Art. {}", right.article()),
            possible: "the command for that right".into(),
        });
    }
    let granted = Step::Decide { outcome: Outcome::Granted, reasons: None, deferred: Vec::new() };
    desk(engine, by, t, signed).after(&kept, &granted)?;
    let work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    let lang = kept.request.lang;
    let portable = right == Right::Portability;
    let gathered = gather(engine, number, &work.shown, portable, lang)?;
    let waiting = gathered.items.iter().filter(|i| i.shown.is_none()).count();
    if waiting > 0 {
        return Err(CasesError::Step {
            id: number.to_owned(),
            step: "answered with a package",
            why: format!(
                "{waiting} fields or files may tell of other people, and nobody has looked at them"
            ),
            possible: "review them".into(),
        });
    }
    let revision = engine.revision.to_string();
    let source = Source {
        register: &engine.register,
        book: engine.book,
        revision: &revision,
        lang,
        date: Some(crate::request::clock::day_of(t, &engine.register.controller.calendar)),
    };
    let access = told::lines(&source, &gathered)?;
    let formats = match portable {
        true => vec!["JSON".to_owned(), "CSV".to_owned()],
        false => {
            vec![if frist_paper::PDF { "PDF" } else { "HTML" }.into(), "JSON".into(), "CSV".into()]
        }
    };
    let how = match (sealed, until) {
        (_, Some(_)) => say(
            lang,
            "Du henter filen på et privat link og får koden særskilt.",
            "You fetch the file by a private link and receive the code separately.",
        ),
        (true, None) => say(
            lang,
            "Filen er krypteret, og du får koden særskilt.",
            "The file is encrypted, and you receive the code separately.",
        ),
        (false, None) => say(lang, "Det er en zip-fil.", "It is a zip file."),
    };
    let mut context: LetterContext = desk(engine, by, t, signed).context(&kept);
    context.delivery =
        Some(Delivery { how: how.to_owned(), until, formats, left_out: gathered.left_out.clone() });
    if portable {
        context.decisions = decision_lines(&gathered.as_records(), &engine.register, lang);
        context.decisions.iter_mut().for_each(|d| d.answer.clear());
    } else {
        context.access = access;
        let sets = gathered.sets.iter().map(|set| set.dataset.id.value.as_str());
        context.recipients = crate::recipients::lines(sets, &engine.register, lang, &[]);
    }
    let kind = if portable { LetterKind::Portability } else { LetterKind::Access };
    Ok(Draft { kept, gathered, context, kind, work })
}
