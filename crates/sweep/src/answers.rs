//! Forgetting people's answers about records that are gone: an answer names its record, and lives no longer
//! than it, whether a sweep or the organisation's own program erased the record.

use std::collections::HashSet;

use frist_stores::Key;

use crate::Result;
use crate::engine::{Engine, Prepared};

/// Records looked for at a time.
const PAGE: usize = 1_000;

impl Engine {
    /// Forgets the answers about records of a data set that are gone, or anonymised; answers how many.
    ///
    /// # Errors
    /// When the store or Frist's own database does not answer.
    pub fn forget_answers(&mut self, prepared: &Prepared) -> Result<u64> {
        let kept: Vec<String> = prepared.answers.keys().map(str::to_owned).collect();
        let mut gone = Vec::new();
        for page in kept.chunks(PAGE) {
            let store = self.store(&prepared.dataset.store.value)?;
            // What is no key of this collection any more names no record.
            let keys: Vec<Option<Key>> =
                page.iter().map(|text| store.parse_key(&prepared.bound, text).ok()).collect();
            let named: Vec<Key> = keys.iter().flatten().cloned().collect();
            let disposed: HashSet<Key> =
                store.disposed(&prepared.bound, &named)?.into_iter().collect();
            let is_gone = |key: &Option<Key>| key.as_ref().is_none_or(|k| disposed.contains(k));
            let texts = page.iter().zip(&keys).filter(|(_, key)| is_gone(key));
            gone.extend(texts.map(|(text, _)| text.clone()));
        }
        Ok(self.state.forget_answers(prepared.id(), &gone)?)
    }
}
