//! The proposal behind `frist init`: a store's catalogue in, a register in TOML out.
//!
//! [`words`] knows what names tell, [`look`] reads the catalogue and how dates are written,
//! [`propose`] (for files, `folder`) decides what is personal data and why, [`mod@write`] puts it as
//! TOML. Nothing here
//! decides a legal basis or a period: what the law book says is cited, everything else is asked.

mod controller;
mod folder;
pub mod look;
pub mod propose;
#[cfg(test)]
mod tests;
pub mod toml;
pub use frist_stores::names as words;
pub mod write;

use std::collections::BTreeMap;
use std::path::Path;

use frist_register::{Lang, Register};

use crate::error::{Failure, Outcome};

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

/// Opens the store `id`, whose paths are relative to `base`, and proposes a register for it.
///
/// # Errors
/// When the store cannot be opened or read.
pub fn read(id: &str, place: &Place, base: &Path) -> Outcome<propose::Proposal> {
    // The same store under an id of its own, for looking at records.
    let text = write::store("look", place);
    let named = write::store(id, place);
    let one = |text: &str| {
        let reading =
            Register::read(&[("store.toml", format!("[controller]\nname = \"-\"\n{text}"))]);
        reading.register.and_then(|r| r.stores.into_iter().next()).ok_or_else(|| {
            Failure::new("the register cannot say where this store is")
                .help(reading.diagnostics.first().map_or_else(String::new, |d| d.message.clone()))
        })
    };
    let mut store = frist_stores::open(&one(&named)?, base, &|name| std::env::var(name).ok())?;
    let catalogue = store.catalogue()?;
    if let Place::Folder(root) = place {
        let name = Path::new(root).file_name().map(|n| n.to_string_lossy().into_owned());
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
) -> Outcome<Vec<(String, String)>> {
    let mut controller = controller::controller(answers, lang);
    if store.is_none() {
        controller += &controller::template(lang);
    }
    let mut files = vec![("controller.toml".to_owned(), controller)];
    if let Some((id, place, proposal)) = store {
        files.push((format!("{id}.toml"), write::register(id, place, proposal, lang)));
    }
    for (name, text) in &mut files {
        *text = frist_register::format(text).map_err(|e| {
            Failure::new(format!(
                "what would be written to `{name}` is not TOML; nothing was written: {e}"
            ))
        })?;
    }
    Ok(files)
}
