//! Continuously: when does something next become due?
//!
//! For each period that a rule reads, the earliest starting point that has not yet expired says
//! when the next one will. That is one look at the end of an index, not a pass over the data.

use frist_decide::test::start_kind;
use frist_law::{Expiry, Term};
use jiff::Timestamp;

use crate::engine::{Engine, Prepared, scopes};
use crate::{Error, Options, Result};

impl Engine {
    /// The next instant after `t` at which a record of the data set may become due by time alone.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn next_change(&mut self, prepared: &Prepared, t: Timestamp) -> Result<Option<Timestamp>> {
        let rules = &prepared.rules;
        let mut terms: Vec<(usize, Term)> = Vec::new();
        let grounds = rules.grounds.iter().filter_map(|g| g.from.map(|f| (f, &g.pieces)));
        let maximums = rules.maximums.iter().map(|m| (m.from, &m.pieces));
        for (fact, pieces) in grounds.chain(maximums) {
            terms.extend(pieces.iter().filter_map(|p| p.term.map(|t| (fact, t))));
        }
        terms.sort_by_key(|(f, t)| (*f, t.to_string()));
        terms.dedup();
        let kinds = prepared.bound.kinds();
        let store = self.store(&prepared.dataset.store.value)?;
        let mut next: Option<Timestamp> = None;
        for (fact, term) in terms {
            let cutoff = frist_law::cutoff(term, t, &start_kind(&kinds[fact]), &rules.calendar);
            if let Some(start) = store.earliest_beyond(&prepared.bound, fact, &cutoff)?
                && let Expiry::At(at) = frist_law::expires(term, &start, &rules.calendar)
            {
                next = Some(next.map_or(at, |n| n.min(at)));
            }
        }
        Ok(next)
    }
}

impl Engine {
    /// The next instant after `t` at which a record of any chosen data set may become due.
    ///
    /// # Errors
    /// When Frist's own database does not answer. A store that cannot be reached says nothing.
    pub fn next_due(&mut self, options: &Options, t: Timestamp) -> Result<Option<Timestamp>> {
        let ids: Vec<String> = crate::order::order(&self.register, options.datasets.as_deref())
            .iter()
            .map(|d| d.id.value.clone())
            .collect();
        let mut next: Option<Timestamp> = None;
        for id in ids {
            let at = self.prepare(&id).and_then(|p| self.next_change(&p, t));
            match at {
                Ok(at) => next = [next, at].into_iter().flatten().min(),
                Err(Error::Store(_) | Error::Rule(_)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(next)
    }

    /// What comes due: for each data set the records overdue at `instants[0]`, then those that
    /// become due by each of the later instants.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub fn horizon(&mut self, instants: &[Timestamp]) -> Result<Vec<(String, Vec<u64>)>> {
        let ids: Vec<String> = self.register.datasets.iter().map(|d| d.id.value.clone()).collect();
        let now = instants.first().copied().unwrap_or_else(|| self.now());
        let active = self.active_holds(now)?;
        let mut out = Vec::new();
        for id in ids {
            let prepared = self.prepare(&id)?;
            let holds = scopes(&active, &prepared.dataset);
            let tests: Vec<_> = instants.iter().map(|t| prepared.compile(*t, &holds)).collect();
            let store = self.store(&prepared.dataset.store.value)?;
            let mut counts = store.count_due_at(&prepared.bound, &tests)?;
            let mut before = 0;
            for (i, n) in counts.iter_mut().enumerate() {
                let due = std::mem::replace(&mut before, *n);
                *n = if i == 0 { *n } else { n.saturating_sub(due) };
            }
            out.push((id, counts));
        }
        Ok(out)
    }

    /// A few of the records that are due in a data set, with the instant since which they are: for
    /// the eyes of those who approve, never kept.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub fn sample(
        &mut self,
        dataset: &str,
        t: Timestamp,
        n: usize,
    ) -> Result<Vec<(String, Option<Timestamp>)>> {
        let prepared = self.prepare(dataset)?;
        let holds = self.holds(&prepared.dataset, t)?;
        let compiled = prepared.compile(t, &holds);
        let store = self.store(&prepared.dataset.store.value)?;
        let due = store.due(&prepared.bound, &compiled, None, n)?;
        Ok(due.iter().map(|r| (r.key.text(), prepared.decide(r, false, t).due_since)).collect())
    }
}
