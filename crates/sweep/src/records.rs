//! The records of one decision, and what a hold covers: for those who must settle something.

use frist_decide::{Decision, HoldScope, Outcome};
use frist_stores::Key;
use jiff::Timestamp;

use crate::Result;
use crate::engine::{Engine, covers};

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
        let store = self.store(&prepared.dataset.store.value)?;
        let mut out = Vec::new();
        let mut after: Option<Key> = None;
        loop {
            let page = store.keys(&prepared.bound, after.as_ref(), PAGE)?;
            let Some(last) = page.last().cloned() else { return Ok(out) };
            after = Some(last);
            for record in store.fetch(&prepared.bound, &page)? {
                let held = match holds.is_empty() {
                    true => false,
                    false => {
                        let fields = store.fields(&prepared.bound, &record.key)?;
                        covers(&holds, &record.key, &fields.unwrap_or_default())
                    }
                };
                let d = prepared.decide(&record, held, t);
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
