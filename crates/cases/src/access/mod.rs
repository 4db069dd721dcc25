//! Access (Art. 15) and portability (Art. 20): a package with everything that is held about a person,
//! to read and to use, and what Art. 15(1)(a)-(h) asks for, filled from the register.
//!
//! Only records that the search found for certain go in. Fields that may tell of other people
//! (`others` of a data set) and files, which may too, are put before a reviewer, one by one
//! ([`review`], [`judge`]): until each of them is shown, masked or replaced by a person there is no
//! package. A recording in the call vault is named, not enclosed: it is heard by listening's own means.
//!
//! - `told.rs`: Art. 15(1)(a)-(h) from the register and the rules that erase;
//! - `gather.rs`: the records, with what a reviewer decided;
//! - `write.rs`: PDF or HTML, JSON, CSV, files; the zip, and the `age` file with its passphrase.

mod gather;
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
use crate::request::desk::Told;
use crate::request::letters::decision_lines;
use crate::request::{Outcome, Right, Step};
use crate::restrict::{keep_work, work_of};
use crate::{CasesError, Result};

pub use gather::Item;
use gather::gather;
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
    let items = review(engine, number, t)?;
    let Some(item) = items.iter().find(|i| i.id == id) else {
        let why = "nothing of that name waits for a reviewer; look at the review list".into();
        return Err(CasesError::Input { what: "the item", why });
    };
    if item.file && matches!(shown, Shown::Instead(_)) {
        let why = "a file is shown whole or left out; attach a redacted copy to the case".into();
        return Err(CasesError::Input { what: "what is shown instead", why });
    }
    let kept = desk(engine, by, t, "").load(number)?;
    let mut work: Work = work_of(&kept, WORK)?.unwrap_or_default();
    work.shown.insert(id.to_owned(), shown);
    keep_work(engine, kept, WORK, &work, step(t, by, "reviewed", None))
}

/// Makes the package of a request for access or portability, and answers the request with the letter.
/// `sealed`: as an `age` file with a passphrase, else as a zip.
///
/// # Errors
/// When something waits for a reviewer, the request was not searched or is answered, or a store
/// cannot be reached: then nothing is answered.
pub fn deliver(
    engine: &mut Engine,
    by: &str,
    signed: &str,
    number: &str,
    sealed: bool,
    t: Timestamp,
) -> Result<Package> {
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
    let how = match sealed {
        true => say(
            lang,
            "En krypteret fil. Du får koden særskilt.",
            "An encrypted file. You receive the code separately.",
        ),
        false => say(lang, "En zip-fil", "A zip file"),
    };
    let mut context: LetterContext = desk(engine, by, t, signed).context(&kept);
    context.delivery = Some(Delivery {
        how: how.to_owned(),
        until: None,
        formats,
        left_out: gathered.left_out.clone(),
    });
    if portable {
        context.decisions = decision_lines(&gathered.as_records(), &engine.register, lang);
        context.decisions.iter_mut().for_each(|d| d.answer.clear());
    } else {
        context.access = access;
        context.recipients =
            crate::erase::recipients(&gathered.as_records(), &engine.register, lang);
    }
    let kind = if portable { LetterKind::Portability } else { LetterKind::Access };
    let own = engine.register.letters.iter().find(|l| l.id.value == kind.id());
    let value = serde_json::to_value(&context).map_err(|e| CasesError::Damaged {
        what: "what a letter is made from",
        why: e.to_string(),
    })?;
    let letter = frist_paper::letters::render(kind, lang, own, &value)?;
    let zip = write::zip(&gathered, letter, number, &revision, lang, portable, t)?;
    let phrase = sealed.then(passphrase).transpose()?;
    let (bytes, extension) = match &phrase {
        Some(phrase) => (write::seal(&zip, phrase)?, "zip.age"),
        None => (zip, "zip"),
    };
    let package = Package {
        name: format!("{number}.{extension}"),
        records: gathered.count(),
        masked: gathered.items.iter().filter(|i| i.shown == Some(Shown::Masked)).count() as u64,
        left_out: gathered.left_out,
        passphrase: phrase,
        bytes,
    };
    let hash: String = Sha256::digest(&package.bytes).iter().map(|b| format!("{b:02x}")).collect();
    let text = format!(
        "{}: {} records, {} fields or files left out, sha256 {hash}",
        package.name, package.records, package.masked
    );
    let made = step(t, by, format!("package:{}", package.records), Some(text));
    engine.state.add_case_step(number, &made, &[])?;
    desk(engine, by, t, signed).take(number, None, &granted, Told::Nothing, None)?;
    let told = Told::Letter(kind, Box::new(context));
    let mut desk = desk(engine, by, t, signed);
    desk.take(number, None, &Step::Answer, told, None)?;
    desk.close_if_done(number)?;
    Ok(package)
}
