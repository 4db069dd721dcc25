//! Why one record is kept or due.

use frist_decide::Decision;
use frist_state::{Hold, ReviewAnswer};
use frist_stores::Key;
use jiff::Timestamp;

use crate::engine::{Engine, Prepared, covers, scopes};
use crate::{Error, Result};

/// A decision about one record, with what a person needs to see.
pub struct Explained {
    /// The data set, its rule and place.
    pub prepared: Prepared,
    /// The record's key.
    pub key: Key,
    /// The decision with its reasons.
    pub decision: Decision,
    /// The holds that cover it.
    pub holds: Vec<Hold>,
    /// What a person answered about it, if anybody did.
    pub answer: Option<ReviewAnswer>,
    /// The record's fields, as text.
    pub fields: Vec<(String, Option<String>)>,
}

impl Engine {
    /// Decides the record `key` (as a person types it) in `place`: a data set's id, or
    /// `store/collection`.
    ///
    /// # Errors
    /// When there is no such data set or record, or the store cannot be reached.
    pub fn explain(&mut self, place: &str, key: &str, t: Timestamp) -> Result<Explained> {
        let id = self.dataset_at(place).ok_or_else(|| Error::UnknownDataset(place.to_owned()))?;
        let prepared = self.prepare(&id)?;
        let active = self.active_holds(t)?;
        let store_id = prepared.dataset.store.value.clone();
        let missing = || Error::NoSuchRecord { collection: prepared.place() };
        let store = self.store(&store_id)?;
        let key = store.parse_key(&prepared.bound, key)?;
        let record =
            store.fetch(&prepared.bound, std::slice::from_ref(&key))?.pop().ok_or_else(missing)?;
        let fields = store.fields(&prepared.bound, &key)?.ok_or_else(missing)?;
        let covers = |h: &&Hold| {
            let scopes = scopes(std::slice::from_ref(*h), &prepared.dataset);
            covers(&scopes, &key, &fields)
        };
        let holds: Vec<_> = active.iter().filter(covers).cloned().collect();
        let decision = prepared.decide(&record, !holds.is_empty(), t);
        let kept = self.state.review_answers(&id)?.answers;
        let text = key.text();
        let answer = kept.into_iter().find(|a| a.record == text);
        Ok(Explained { key, decision, holds, answer, fields, prepared })
    }

    /// The data set of this id, or at this `store/collection`.
    pub fn dataset_at(&self, place: &str) -> Option<String> {
        let by_place = |d: &&frist_register::DataSet| {
            place
                .split_once('/')
                .is_some_and(|(s, c)| d.store.value == s && d.collection.value == c)
        };
        let found = self.register.dataset(place);
        found.or_else(|| self.register.datasets.iter().find(by_place)).map(|d| d.id.value.clone())
    }
}
