//! A register proposed from a store: its catalogue in, a register in TOML out. `frist init` writes it
//! as files, the console into a change of the register.
//!
//! [`words`] knows what names tell, [`look`] reads the catalogue and how dates are written,
//! [`propose`] (for files, `folder`) decides what is personal data and why, [`mod@write`] puts it as
//! TOML, with the answers that a person gave. Nothing here decides a legal basis or a period: what the
//! law book says is cited, everything else is asked.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod controller;
mod folder;
pub mod look;
pub mod propose;
#[cfg(test)]
mod tests;
pub mod toml;
pub use frist_stores::names as words;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};

use frist_register::{Lang, Register};
use frist_stores::StoreError;

/// What is known of the controller; the rest is left to be filled in.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Name.
    pub name: Option<String>,
    /// Whether it is a public authority.
    pub public_authority: bool,
    /// E-mail.
    pub email: Option<String>,
    /// Data protection officer: name, and e-mail where given.
    pub dpo: Option<(String, Option<String>)>,
    /// End of the financial year, `MM-DD`.
    pub year_end: Option<String>,
}

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    Sqlite(String),
    /// The name of an environment variable with a PostgreSQL URL.
    Postgres(String),
    /// A folder of files.
    Folder(String),
}

/// What a person said of a purpose; what is empty stays a question.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// What it is, in words that the people concerned understand.
    pub text: String,
    /// The legal basis, such as `6(1)(b)`.
    pub basis: String,
    /// The exception of Art. 9(2).
    pub special: String,
    /// The statute, by its id in the law book.
    pub law: String,
    /// The legitimate interest.
    pub interest: String,
}

/// What stands in the register already, beside which a proposal is written: what it proposes of its
/// own gets other ids.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Ids of data sets.
    pub datasets: BTreeSet<String>,
    /// Ids of activities.
    pub activities: BTreeSet<String>,
    /// Ids of categories of data subjects.
    pub subjects: BTreeSet<String>,
    /// What was said of purposes, by `activity/purpose` as [`write::asked`] names them.
    pub said: BTreeMap<String, Said>,
}

/// Why nothing is proposed.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The store cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where it is cannot be said in a register.
    #[error("the register cannot say where this store is: {0}")]
    Place(String),
    /// A fault here.
    #[error("what would be written to `{name}` is not TOML; nothing was written: {why}")]
    Toml {
        /// The file.
        name: String,
        /// What the reader of TOML says.
        why: String,
    },
}

/// How a store that the register describes is opened.
pub type Open<'a> = &'a dyn Fn(
    &frist_register::Store,
) -> std::result::Result<Box<dyn frist_stores::Store>, StoreError>;

/// Opens the store `id` and proposes a register for it. It is read, never changed.
///
/// # Errors
/// When the store cannot be opened or read.
pub fn read(id: &str, place: &Place, open: Open<'_>) -> Result<propose::Proposal, ProposeError> {
    // The same store under an id of its own, for looking at records.
    let text = write::store("look", place);
    let named = write::store(id, place);
    let reading = Register::read(&[("store.toml", format!("[controller]\nname = \"-\"\n{named}"))]);
    let described =
        reading.register.and_then(|r| r.stores.into_iter().next()).ok_or_else(|| {
            ProposeError::Place(
                reading.diagnostics.first().map_or_else(String::new, |d| d.message.clone()),
            )
        })?;
    let mut store = open(&described)?;
    let catalogue = store.catalogue()?;
    if let Place::Folder(root) = place {
        let name = std::path::Path::new(root).file_name().map(|n| n.to_string_lossy().into_owned());
        return Ok(folder::propose(&catalogue, name.as_deref().unwrap_or(id)));
    }
    let worth = propose::worth_a_look(&catalogue);
    let forms: BTreeMap<String, look::Forms> = catalogue
        .iter()
        .filter(|info| worth.contains(&info.name))
        .map(|info| (info.name.clone(), look::forms(store.as_mut(), &text, info)))
        .collect();
    Ok(propose::database(&catalogue, &forms))
}

/// The texts of the register: file name and text, laid out as `frist fmt` does.
///
/// # Errors
/// When what was written is not TOML, which would be a fault here.
pub fn files(
    answers: &Answers,
    store: Option<(&str, &Place, &propose::Proposal)>,
    lang: Lang,
) -> Result<Vec<(String, String)>, ProposeError> {
    let mut controller = controller::controller(answers, lang);
    if store.is_none() {
        controller += &controller::template(lang);
    }
    let name = "controller.toml".to_owned();
    let mut files = vec![(name.clone(), laid_out(&name, &controller)?)];
    if let Some((id, place, proposal)) = store {
        files.push(file(id, place, proposal, &Beside::default(), lang)?);
    }
    Ok(files)
}

/// The file of one store, beside what the register has: its name, and its text laid out.
///
/// # Errors
/// When what was written is not TOML, which would be a fault here.
pub fn file(
    id: &str,
    place: &Place,
    proposal: &propose::Proposal,
    beside: &Beside,
    lang: Lang,
) -> Result<(String, String), ProposeError> {
    let name = format!("{id}.toml");
    let text = laid_out(&name, &write::register(id, place, proposal, beside, lang))?;
    Ok((name, text))
}

fn laid_out(name: &str, text: &str) -> Result<String, ProposeError> {
    frist_register::format(text)
        .map_err(|e| ProposeError::Toml { name: name.to_owned(), why: e.to_string() })
}
