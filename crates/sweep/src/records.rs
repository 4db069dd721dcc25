//! The records of one decision, and what a hold covers: for those who must settle something.

use frist_decide::{Decision, HoldScope, Outcome};
use frist_state::NewHold;
use frist_stores::{Key, Record};
use jiff::Timestamp;

use crate::Result;
use crate::engine::{Engine, Prepared, covers, scopes};

/// Records looked at a time.
const PAGE: usize = 1_000;

impl Engine {
    /// Up to `limit` records of a data set that are decided so at `t`, with the reasons. Looks
    /// through the collection until it has found them.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn records(
        &mut self,
        dataset: &str,
        wanted: Outcome,
        t: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Key, Decision)>> {
        let prepared = self.prepare(dataset)?;
        let holds = self.holds(&prepared.dataset, t)?;
        let by_field = holds.iter().any(|scope| !scope.fields().is_empty());
        let store = self.store(&prepared.dataset.store.value)?;
        let mut out = Vec::new();
        let mut after: Option<Key> = None;
        loop {
            let page = store.keys(&prepared.bound, after.as_ref(), PAGE)?;
            let Some(last) = page.last().cloned() else { return Ok(out) };
            after = Some(last);
            for record in store.fetch(&prepared.bound, &page)? {
                let unheld = prepared.decide(&record, false, t);
                // Held or not, it is not one of these; the store is asked about few by themselves.
                if wanted != Outcome::Held && unheld.outcome != wanted {
                    continue;
                }
                let fields = match by_field {
                    true => store.fields(&prepared.bound, &record.key)?.unwrap_or_default(),
                    false => Vec::new(),
                };
                let d = match covers(&holds, &record.key, &fields) {
                    true => prepared.decide(&record, true, t),
                    false => unheld,
                };
                if d.outcome == wanted {
                    out.push((record.key, d));
                    if out.len() == limit {
                        return Ok(out);
                    }
                }
            }
        }
    }

    /// How many records of each data set these scopes cover, where it is any.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub fn covered(
        &mut self,
        scopes_of: &dyn Fn(&frist_register::DataSet) -> Vec<HoldScope>,
        t: Timestamp,
    ) -> Result<Vec<(String, u64, u64)>> {
        let ids: Vec<String> = self.register.datasets.iter().map(|d| d.id.value.clone()).collect();
        let mut out = Vec::new();
        for id in ids {
            let prepared = self.prepare(&id)?;
            let scopes = scopes_of(&prepared.dataset);
            if scopes.is_empty() {
                continue;
            }
            let compiled = prepared.compile(t, &scopes);
            let store = self.store(&prepared.dataset.store.value)?;
            let census = store.census(&prepared.bound, &compiled)?;
            out.push((id, census.of(Outcome::Held), census.total()));
        }
        Ok(out)
    }
}

/// Records that were asked for by their keys, with what decides about them.
pub struct Looked {
    /// The data set, its rule and place.
    pub prepared: Prepared,
    /// Those that are there, in the store's order, with the holds that cover each.
    pub records: Vec<(Record, Vec<NewHold>)>,
}

impl Engine {
    /// Looks records up by their keys, with their facts and the holds that cover them at `t`.
    ///
    /// # Errors
    /// When there is no such data set, or the store cannot be reached.
    pub fn look(&mut self, dataset: &str, keys: &[Key], t: Timestamp) -> Result<Looked> {
        let prepared = self.prepare_again(dataset)?;
        let active = self.active_holds(t)?;
        let scoped: Vec<(Vec<HoldScope>, NewHold)> = active
            .into_iter()
            .map(|h| (scopes(std::slice::from_ref(&h), &prepared.dataset), h.hold))
            .filter(|(scopes, _)| !scopes.is_empty())
            .collect();
        let by_field = scoped.iter().any(|(s, _)| s.iter().any(|s| !s.fields().is_empty()));
        let store = self.store(&prepared.dataset.store.value)?;
        let mut records = Vec::with_capacity(keys.len());
        for record in store.fetch(&prepared.bound, keys)? {
            let fields = match by_field {
                true => store.fields(&prepared.bound, &record.key)?.unwrap_or_default(),
                false => Vec::new(),
            };
            let covering = scoped.iter().filter(|(s, _)| covers(s, &record.key, &fields));
            let covering = covering.map(|(_, h)| h.clone()).collect();
            records.push((record, covering));
        }
        Ok(Looked { prepared, records })
    }

    /// Reads keys of a data set from text, as [`Key::text`] writes them.
    ///
    /// # Errors
    /// When there is no such data set, the store cannot be reached, or one cannot be a key of it.
    pub fn parse_keys(&mut self, dataset: &str, keys: &[String]) -> Result<Vec<Key>> {
        let prepared = self.prepare_again(dataset)?;
        let store = self.store(&prepared.dataset.store.value)?;
        let parsed = keys.iter().map(|k| store.parse_key(&prepared.bound, k));
        Ok(parsed.collect::<std::result::Result<_, _>>()?)
    }
}
