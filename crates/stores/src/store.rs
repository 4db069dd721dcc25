//! The one trait that a store implements, and how it fails.
//!
//! A store finds what is due, disposes of exactly that, and can say what it has. It decides
//! nothing: the test is compiled by `frist-decide`, and what is due is tested again in the very
//! statement that disposes of it.

use frist_decide::sql::BindError;
use frist_decide::{Compiled, RuleSet};
use frist_law::{Cutoff, Start};
use frist_register::{DataSet, Register};
use jiff::Timestamp;

use crate::bound::Bound;
use crate::{
    Action, Aftercare, Amended, Census, CollectionInfo, Disposed, FieldMatch, FieldValue, Fields,
    Key, Looked, Part, Partition, Record, Search, Unnamed,
};
/// What went wrong in a store. Messages carry no keys and no values of records.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or opened.
    #[error("cannot open the store `{store}`: {why}")]
    Unreachable {
        /// Store.
        store: String,
        /// Why, and what to do.
        why: String,
    },
    /// The register names what the store does not have.
    #[error("data set `{dataset}`: {what} does not exist in the store `{store}`{hint}")]
    Missing {
        /// Data set.
        dataset: String,
        /// Store.
        store: String,
        /// E.g. "the table `invoice`" or "the field `invoice_date` of `invoice`".
        what: String,
        /// "; did you mean ...?" or nothing.
        hint: String,
    },
    /// A fact cannot be read as the register says.
    #[error("data set `{dataset}`: {source}")]
    Bind {
        /// Data set.
        dataset: String,
        /// Why.
        source: BindError,
    },
    /// The register asks for what this kind of store cannot do.
    #[error("data set `{dataset}`: {what}")]
    Unsupported {
        /// Data set.
        dataset: String,
        /// What cannot be done, and what can.
        what: String,
    },
    /// A statement failed; nothing of its batch was disposed of.
    #[error("the store `{store}` refused to {attempt}: {why}")]
    Refused {
        /// Store.
        store: String,
        /// What was attempted.
        attempt: String,
        /// Why (no values).
        why: String,
        /// Whether trying again later may help (a lock, a timeout, a lost connection).
        transient: bool,
    },
}

/// A place where data lies.
///
/// Contract, held against every store by the conformance suite:
/// - `due` returns only records that satisfy the compiled test, each once, in a stable order;
/// - `dispose` disposes of the records among `keys` that satisfy `compiled.due` **at that moment**
///   and are not blocked by a reference, all or none of them, and when it returns they are durably
///   gone; those that no longer satisfy it stay untouched and are not in `done`;
///   a store without transactions (files) instead does as many as it can and returns exactly those
///   that are durably gone, and an error only when there are none;
/// - what `done` names was gone when the store was through with the batch: a record that the store's
///   own triggers or rules keep or put back makes the batch one that is refused;
/// - repeating `dispose` with the same keys does no harm: `done` is then empty;
/// - nothing outside the collection (and what `detach` names) is ever changed.
pub trait Store: Send {
    /// The collections there are.
    ///
    /// # Errors
    /// When the store cannot be reached.
    fn catalogue(&mut self) -> Result<Vec<CollectionInfo>, StoreError>;

    /// What lies in the store and is none of `named`, the collections as data sets and exemptions
    /// write them. Views are left out; they hold nothing of their own.
    ///
    /// # Errors
    /// When the store cannot be reached.
    fn unnamed(&mut self, named: &[&str]) -> Result<Vec<Unnamed>, StoreError> {
        let covered = |name: &str| named.iter().any(|n| n.eq_ignore_ascii_case(name));
        let rest = self.catalogue()?.into_iter().filter(|c| !c.view && !covered(&c.name));
        Ok(rest.map(|c| Unnamed { at: c.name, files: None }).collect())
    }

    /// Binds a data set to its collection: everything that the rule reads must be there.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Bind`] or [`StoreError::Unsupported`].
    fn bind(
        &mut self,
        register: &Register,
        dataset: &DataSet,
        rules: &RuleSet,
    ) -> Result<Bound, StoreError>;

    /// Counts every record by decision: one pass over the collection.
    ///
    /// # Errors
    /// When the store refuses.
    fn census(&mut self, bound: &Bound, compiled: &Compiled) -> Result<Census, StoreError>;

    /// Counts the records due, and among them the blocked; its cost follows what is due where an
    /// index serves the test.
    ///
    /// # Errors
    /// When the store refuses.
    fn count_due(&mut self, bound: &Bound, compiled: &Compiled) -> Result<(u64, u64), StoreError>;

    /// How many records are due by each of these tests, which are those of one rule with the same holds
    /// at instants that follow each other: what is due by one is due by all later ones.
    ///
    /// # Errors
    /// When the store refuses.
    fn count_due_at(&mut self, bound: &Bound, tests: &[Compiled]) -> Result<Vec<u64>, StoreError> {
        tests.iter().map(|test| Ok(self.count_due(bound, test)?.0)).collect()
    }

    /// The records of the collection, counted no further than `up_to`: the answer is `up_to` when
    /// there are as many or more. Where the store knows about how many there are, that is the answer.
    ///
    /// # Errors
    /// When the store refuses.
    fn total(&mut self, bound: &Bound, up_to: u64) -> Result<u64, StoreError>;

    /// Up to `limit` records that are due and not blocked, after the record `after` in the store's
    /// order (starting point, then key, where an index serves it; else key).
    ///
    /// # Errors
    /// When the store refuses.
    fn due(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        after: Option<&Record>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;

    /// Another way into the same store, by which the next page of `bound` can be read while this one
    /// disposes of the last: only where disposing of one page does not change which records the next
    /// one has. None where there is no such way; then pages are read between the batches.
    fn beside(&mut self, _bound: &Bound) -> Option<Box<dyn Store>> {
        None
    }

    /// Waits as long as the store's pace wants before the next `rows` are disposed of. Called by
    /// itself, since meanwhile nobody should have to wait for the batch.
    ///
    /// # Errors
    /// When the store cannot keep up.
    fn pace(&mut self, _rows: usize) -> Result<(), StoreError> {
        Ok(())
    }

    /// Disposes of those among `keys` that are due now.
    ///
    /// # Errors
    /// When the store refuses: then none was disposed of.
    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError>;

    /// Whether [`Store::dispose_together`] is there: one transaction over several collections.
    fn takes_together(&self) -> bool {
        false
    }

    /// [`Store::dispose`] for several collections in one transaction, in the order given: what became
    /// of each, in the same order. By a statement of each that tests and disposes at once where that
    /// is possible, so that whoever must wait for what is under way (recovery) uses `dispose`.
    ///
    /// # Errors
    /// When the store refuses one of them: then nothing was disposed of. Stores that do not
    /// [take them together](Store::takes_together) always refuse.
    fn dispose_together(&mut self, parts: &[Part<'_>]) -> Result<Vec<Disposed>, StoreError> {
        let dataset = parts.first().map(|p| p.bound.common().dataset.clone()).unwrap_or_default();
        let what = "this store does one collection at a time".into();
        Err(StoreError::Unsupported { dataset, what })
    }

    /// Due records that only block each other (a cycle of references within the collection):
    /// up to `limit` keys that can go together in one `dispose`.
    ///
    /// # Errors
    /// When the store refuses.
    fn due_cycle(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError>;

    /// The records with these keys that are there, whatever their decision.
    ///
    /// # Errors
    /// When the store refuses.
    fn fetch(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Record>, StoreError>;

    /// Up to `limit` records in which a field of `any_of` has one of its spellings, with the values
    /// of the fields `wanted`: how a person's records are found (Art. 15-22). Contract:
    /// - a record of which a field **is written exactly** as one of its spellings is found; where a
    ///   store compares more generously (a column without regard to case, a padded one) it may give
    ///   more, so the caller compares again with what `values` says;
    /// - a spelling that cannot be a value of the field (a word where numbers are kept) matches
    ///   nothing and is no error; a field without spellings matches nothing;
    /// - `limit` records, when there are more, are any of them: who asks for one more than wanted
    ///   sees that there are more;
    /// - what the rule says, holds and references play no part; nothing is changed;
    /// - a database is asked once, by a statement that a plain index on each field serves.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the collection has no such field; [`StoreError::Unsupported`]
    /// when this kind of store cannot be searched, which is the default; when the store refuses.
    fn find(
        &mut self,
        bound: &Bound,
        _any_of: &[FieldMatch],
        _wanted: &[String],
        _limit: usize,
    ) -> Result<Looked, StoreError> {
        Err(StoreError::Unsupported {
            dataset: bound.common().dataset.clone(),
            what: "this kind of store cannot be searched for a person; look there by hand".into(),
        })
    }

    /// [`Store::find`] in several collections; the answers in the order given. A database that can is
    /// asked once for all of them.
    fn find_all(&mut self, searches: &[Search<'_>]) -> Vec<Result<Looked, StoreError>> {
        searches.iter().map(|s| self.find(s.bound, &s.any_of, &s.wanted, s.limit)).collect()
    }

    /// One record's fields as text, for holds and for people to see in `explain`.
    ///
    /// # Errors
    /// When the store refuses.
    fn fields(&mut self, bound: &Bound, key: &Key) -> Result<Option<Fields>, StoreError>;

    /// All keys, in order, `limit` at a time after `after`: for replay and verification.
    ///
    /// # Errors
    /// When the store refuses.
    fn keys(
        &mut self,
        bound: &Bound,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError>;

    /// Reads a key from text as a person types it (`4711`, or `a,b` for two fields).
    ///
    /// # Errors
    /// When the text cannot be a key of this collection.
    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError>;

    /// Erases records by key whatever the rule says; only for `replay`, which has its own reasons.
    ///
    /// # Errors
    /// When the store refuses: then none was erased.
    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError>;

    /// Removes what a crash left of records that [`Store::erase_again`] had begun with, whatever the rule
    /// says: a file's sidecar without its file. What is whole stays. Nothing in stores with
    /// transactions.
    ///
    /// # Errors
    /// When the store refuses.
    fn finish_again(&mut self, _bound: &Bound, _keys: &[Key]) -> Result<(), StoreError> {
        Ok(())
    }

    /// Which of these records are disposed of: gone, or (where the data set is anonymised) in
    /// their final state. For recovery and for verifying.
    ///
    /// # Errors
    /// When the store refuses.
    fn disposed(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError>;

    /// The earliest readable value of a time fact (by index in the rule) that is beyond the cutoff:
    /// continuous mode computes from it when something next becomes due.
    ///
    /// # Errors
    /// When the store refuses.
    fn earliest_beyond(
        &mut self,
        bound: &Bound,
        fact: usize,
        cutoff: &Cutoff,
    ) -> Result<Option<Start>, StoreError>;

    /// The parts of the collection of which every record is due, covered by no hold and referred to
    /// by nothing, when the register allows that they are emptied as a whole. None for stores that
    /// have no parts.
    ///
    /// # Errors
    /// When the store refuses.
    fn partitions(
        &mut self,
        _bound: &Bound,
        _compiled: &Compiled,
    ) -> Result<Vec<Partition>, StoreError> {
        Ok(Vec::new())
    }

    /// The keys of the records in one of [`Store::partitions`], so that they can be journaled first.
    ///
    /// # Errors
    /// When the store refuses.
    fn partition_keys(&mut self, _bound: &Bound, _partition: &str) -> Result<Vec<Key>, StoreError> {
        Ok(Vec::new())
    }

    /// Empties one of [`Store::partitions`], after it was locked, every record in it was tested
    /// again, and its records were found to be exactly `keys`: all of them, or none (`done` is then
    /// empty).
    ///
    /// # Errors
    /// When the store refuses: then none was erased.
    fn dispose_partition(
        &mut self,
        _bound: &Bound,
        _compiled: &Compiled,
        _partition: &str,
        _keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        Ok(Disposed::default())
    }

    /// Sets these fields in the records of these keys that are there, all or none, and sees that they
    /// keep it: rectification (Art. 16), restriction by a column (Art. 18). Answers each record with
    /// what the fields said before. A field of the key is refused.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when this kind of store cannot, which is the default; when the
    /// store refuses: then nothing was changed.
    fn amend(
        &mut self,
        bound: &Bound,
        _keys: &[Key],
        _set: &[FieldValue],
    ) -> Result<Vec<Amended>, StoreError> {
        Err(StoreError::Unsupported {
            dataset: bound.common().dataset.clone(),
            what: "single fields cannot be changed in this kind of store; change them in the system itself".into(),
        })
    }

    /// Moves the records of these keys to another collection (or folder) of the same store, or
    /// `back` from there: restriction by another place (Art. 18). Databases move all or none, in one
    /// transaction. Answers the keys that were moved; those already there are not among them.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when this kind of store cannot, which is the default; when the
    /// store refuses.
    fn relocate(
        &mut self,
        bound: &Bound,
        _keys: &[Key],
        _other: &str,
        _back: bool,
    ) -> Result<Vec<Key>, StoreError> {
        Err(StoreError::Unsupported {
            dataset: bound.common().dataset.clone(),
            what: "records cannot be moved in this kind of store".into(),
        })
    }

    /// What a record holds beside its fields, such as a file's bytes; none where there is nothing,
    /// or it is gone.
    ///
    /// # Errors
    /// When the store refuses.
    fn content(&mut self, _bound: &Bound, _key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    /// Removes what erased bytes may be left (SQLite: checkpoint and truncate the write-ahead log)
    /// and says what should be done about dead rows. Called once after the sweep of a collection.
    ///
    /// # Errors
    /// When the store refuses.
    fn settle(&mut self, bound: &Bound) -> Result<Aftercare, StoreError>;

    /// Whether [`Store::settle`] of this data set does something, beyond giving advice.
    fn clears_up(&self) -> bool {
        true
    }

    /// Whether the last call was cut off in the middle (the connection broke, or half of a record is
    /// gone): then nobody knows how much of it was done, or whether a server is still at it.
    fn was_cut_off(&self) -> bool {
        false
    }

    /// Which system answers, in which version; none where there is nothing to tell.
    ///
    /// # Errors
    /// When the store refuses.
    fn version(&mut self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// The rights that disposing of the collection's records needs and that we do not have there.
    ///
    /// # Errors
    /// When the store refuses.
    fn lacking(&mut self, _bound: &Bound) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// The store's own clock, where it has one: a machine whose clock is wrong erases early.
    ///
    /// # Errors
    /// When the store refuses.
    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError>;
}
