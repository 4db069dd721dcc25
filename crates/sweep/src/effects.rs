//! What a change of the register does, before it is made live: the change in words, and what it
//! makes due or no longer due.

use frist_register::{Change, Register};
use jiff::Timestamp;

use crate::engine::{Engine, scopes};
use crate::{Error, Result};

/// What a change does to one data set.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effect {
    /// The data set.
    pub dataset: String,
    /// Records due by the live register; none when it does not have the data set, or it cannot be
    /// asked by it any more.
    pub before: Option<u64>,
    /// Records due by the changed register; none when it does not have the data set.
    pub after: Option<u64>,
}

impl Engine {
    /// The register that is live: the one of the last plan or sweep; none before the first.
    ///
    /// # Errors
    /// When Frist's own database does not answer, or what it keeps cannot be read.
    pub fn live_register(&mut self) -> Result<Option<Register>> {
        let Some(live) = self.state.live_revision()? else { return Ok(None) };
        let read = register_of(&live.text);
        read.map(Some).map_err(|why| Error::Damaged { what: "the live register", why })
    }

    /// The differences from `old`, in words.
    pub fn changes(&self, old: &Register) -> Vec<Change> {
        frist_register::diff(old, &self.register)
    }

    /// How many records are due at `t` by `old` and by this register, where that differs.
    ///
    /// # Errors
    /// When Frist's own database does not answer, or a store cannot be reached.
    pub fn effects(&mut self, old: Register, t: Timestamp) -> Result<Vec<Effect>> {
        let after = self.due_by_dataset(t)?;
        let new = std::mem::replace(&mut self.register, old);
        self.drop_stores();
        let before = self.due_by_dataset(t);
        self.register = new;
        self.drop_stores();
        let before = before?;
        let mut ids: Vec<&String> = before.iter().chain(&after).map(|(id, _)| id).collect();
        ids.sort();
        ids.dedup();
        let of = |list: &[(String, Option<u64>)], id: &String| {
            list.iter().find(|(i, _)| i == id).and_then(|(_, n)| *n)
        };
        Ok(ids
            .into_iter()
            .map(|id| Effect {
                dataset: id.clone(),
                before: of(&before, id),
                after: of(&after, id),
            })
            .filter(|e| e.before != e.after)
            .collect())
    }

    fn due_by_dataset(&mut self, t: Timestamp) -> Result<Vec<(String, Option<u64>)>> {
        let ids: Vec<String> = self.register.datasets.iter().map(|d| d.id.value.clone()).collect();
        let active = self.active_holds(t)?;
        let mut out = Vec::with_capacity(ids.len());
        for id in ids {
            let due = match self.prepare(&id) {
                Ok(prepared) => {
                    let holds = scopes(&active, &prepared.dataset);
                    let compiled = prepared.compile(t, &holds);
                    let store = self.store(&prepared.dataset.store.value)?;
                    Some(store.count_due(&prepared.bound, &compiled)?.0)
                }
                // A table that the old register named and that is gone.
                Err(Error::Store(_) | Error::Rule(_)) => None,
                Err(e) => return Err(e),
            };
            out.push((id, due));
        }
        Ok(out)
    }
}

/// The revisions that were ever live and whose hash begins so, each once.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn revisions_like(state: &mut frist_state::State, start: &str) -> Result<Vec<String>> {
    let mut hashes: Vec<String> = state.revisions()?.into_iter().map(|r| r.hash).collect();
    hashes.retain(|h| h.starts_with(start));
    hashes.sort();
    hashes.dedup();
    Ok(hashes)
}

/// The register that was kept with a revision, from the text that [`frist_state::State`] keeps of it.
///
/// # Errors
/// In words, when this version of Frist cannot read it.
pub fn register_of(text: &str) -> std::result::Result<Register, String> {
    let files: Vec<(String, String)> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let read = Register::read(&files).register;
    read.ok_or_else(|| "this version of Frist no longer reads it".into())
}
