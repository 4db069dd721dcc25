//! The trait for a vault: that of its `index.db`, and what goes with a row.

use frist_decide::{Compiled, RuleSet};
use frist_law::{Cutoff, Start};
use frist_register::{DataSet, Disposition, FactSource, Register};
use frist_vault::WRAPPED_KEY;
use jiff::Timestamp;

use super::VaultStore;
use crate::bound::Bound;
use crate::{
    Action, Aftercare, Census, CollectionInfo, Disposed, FieldMatch, Fields, Key, Looked, Record,
    Store, StoreError,
};

/// The vault's own table in `index.db`, which holds no objects.
const OWN: &str = "vault";

impl Store for VaultStore {
    fn catalogue(&mut self) -> Result<Vec<CollectionInfo>, StoreError> {
        let mut all = self.rows.catalogue()?;
        all.retain(|collection| collection.name != OWN);
        for collection in &mut all {
            collection.fields.retain(|field| field.name != WRAPPED_KEY);
        }
        Ok(all)
    }

    fn bind(
        &mut self,
        register: &Register,
        dataset: &DataSet,
        rules: &RuleSet,
    ) -> Result<Bound, StoreError> {
        let unsupported = |what: &str| StoreError::Unsupported {
            dataset: dataset.id.value.clone(),
            what: what.into(),
        };
        match &dataset.then.value {
            Disposition::Erase => {}
            Disposition::Anonymise(_) => {
                return Err(unsupported("a recording cannot be anonymised; let it be erased"));
            }
            Disposition::Transfer(_) => {
                return Err(unsupported(
                    "a recording cannot be transferred by a sweep; let it be erased, and keep what is evidence with `frist calls transfer`",
                ));
            }
        }
        if dataset.collection.value.eq_ignore_ascii_case(OWN) {
            return Err(unsupported("`vault` is no collection of recordings"));
        }
        if dataset.key.iter().any(|k| k.value != "id") || dataset.key.len() > 1 {
            return Err(unsupported("the key of a recording is its `id`; leave out `key`"));
        }
        let secret = |field: &str| field.eq_ignore_ascii_case(WRAPPED_KEY);
        let reads_key = rules.facts.iter().any(|fact| match &fact.source {
            FactSource::Field(field) => secret(&field.value),
            _ => false,
        });
        if reads_key {
            return Err(unsupported("the wrapped key of a recording is no fact"));
        }
        self.rows.bind(register, dataset, rules)
    }

    fn census(&mut self, bound: &Bound, compiled: &Compiled) -> Result<Census, StoreError> {
        self.rows.census(bound, compiled)
    }

    fn count_due(&mut self, bound: &Bound, compiled: &Compiled) -> Result<(u64, u64), StoreError> {
        self.rows.count_due(bound, compiled)
    }

    fn count_due_at(&mut self, bound: &Bound, tests: &[Compiled]) -> Result<Vec<u64>, StoreError> {
        self.rows.count_due_at(bound, tests)
    }

    fn total(&mut self, bound: &Bound, up_to: u64) -> Result<u64, StoreError> {
        self.rows.total(bound, up_to)
    }

    fn due(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        after: Option<&Record>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.rows.due(bound, compiled, after, limit)
    }

    fn pace(&mut self, rows: usize) -> Result<(), StoreError> {
        self.rows.pace(rows)
    }

    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        if let Action::Anonymise { .. } = action {
            return Err(StoreError::Unsupported {
                dataset: bound.common().dataset.clone(),
                what: "a recording cannot be anonymised; let it be erased".into(),
            });
        }
        let disposed = self.rows.dispose(bound, compiled, keys, action)?;
        self.remove(disposed.done.iter().map(|record| &record.key));
        Ok(disposed)
    }

    fn due_cycle(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        self.rows.due_cycle(bound, compiled, limit)
    }

    fn fetch(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Record>, StoreError> {
        self.rows.fetch(bound, keys)
    }

    fn find(
        &mut self,
        bound: &Bound,
        any_of: &[FieldMatch],
        wanted: &[String],
        limit: usize,
    ) -> Result<Looked, StoreError> {
        let mut fields = any_of.iter().map(|m| &m.field).chain(wanted);
        if fields.any(|field| field.eq_ignore_ascii_case(WRAPPED_KEY)) {
            return Err(StoreError::Unsupported {
                dataset: bound.common().dataset.clone(),
                what: "the wrapped key of a recording tells of nobody".into(),
            });
        }
        self.rows.find(bound, any_of, wanted, limit)
    }

    fn fields(&mut self, bound: &Bound, key: &Key) -> Result<Option<Fields>, StoreError> {
        let mut fields = self.rows.fields(bound, key)?;
        if let Some(fields) = &mut fields {
            fields.retain(|(name, _)| name != WRAPPED_KEY);
        }
        Ok(fields)
    }

    fn keys(
        &mut self,
        bound: &Bound,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        self.rows.keys(bound, after, limit)
    }

    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        self.rows.parse_key(bound, text)
    }

    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let gone = self.rows.erase_again(bound, keys)?;
        self.remove(gone.iter());
        Ok(gone)
    }

    fn disposed(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        self.rows.disposed(bound, keys)
    }

    fn earliest_beyond(
        &mut self,
        bound: &Bound,
        fact: usize,
        cutoff: &Cutoff,
    ) -> Result<Option<Start>, StoreError> {
        self.rows.earliest_beyond(bound, fact, cutoff)
    }

    fn settle(&mut self, bound: &Bound) -> Result<Aftercare, StoreError> {
        const ATTEMPT: &str = "clear up";
        self.remover.hours().map_err(|e| self.refused(ATTEMPT, &e))?;
        let orphans = self.remover.orphans();
        let scrubbed = self.remover.scrub();
        let mut care = self.rows.settle(bound)?;
        match orphans {
            Ok(0) => {}
            Ok(gone) => care.done.push(format!("{gone} objects without a key were removed")),
            Err(e) => care.advice.push(format!(
                "objects without a key could not be removed ({e}); nobody can read them, and the next sweep tries again"
            )),
        }
        match scrubbed {
            Ok(true) => care.done.push("the database of hour-keys was rewritten".into()),
            Ok(false) => care.advice.push(
                "the database of hour-keys could not be rewritten, because another program is reading; the next sweep does it, or the recording server when it starts".into(),
            ),
            Err(e) => return Err(self.refused(ATTEMPT, &e)),
        }
        Ok(care)
    }

    fn was_cut_off(&self) -> bool {
        self.rows.was_cut_off()
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.rows.clock()
    }
}
