//! Spans of the engine's work, made from the steps that it takes: a plan with each data set that was
//! examined, a sweep with each data set that was swept, its batches, and the asking again.
//!
//! A span says data set, store and counts; never a key, a person or a register's text.

use std::collections::BTreeMap;
use std::sync::Arc;

use frist_register::Register;
use frist_sweep::Step;
use jiff::Timestamp;

use crate::traces::{Kind, Place, Span, Traces};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The spans of one piece of work, the work itself around them.
pub struct Work {
    traces: Option<Arc<Traces>>,
    clock: Clock,
    name: &'static str,
    place: Place,
    began: Timestamp,
    /// The store of each data set.
    stores: BTreeMap<String, String>,
    /// The data set that is at work, or being asked again.
    open: Option<Open>,
    /// Since when the batch has been under way.
    batch: Option<Timestamp>,
    records: u64,
}

struct Open {
    name: &'static str,
    dataset: String,
    place: Place,
    began: Timestamp,
    records: u64,
}

impl Work {
    /// Begins a piece of work, such as `sweep`; without traces nothing is gathered.
    #[must_use]
    pub fn begin(
        traces: Option<Arc<Traces>>,
        clock: Clock,
        name: &'static str,
        register: &Register,
    ) -> Self {
        let sets = register.datasets.iter().filter(|_| traces.is_some());
        let stores = sets.map(|d| (d.id.value.clone(), d.store.value.clone())).collect();
        let began = clock();
        let place = Place::root();
        Self { traces, clock, name, place, began, stores, open: None, batch: None, records: 0 }
    }

    /// Hears of a step.
    pub fn hear(&mut self, step: Step<'_>) {
        if self.traces.is_none() {
            return;
        }
        let now = (self.clock)();
        match step {
            Step::Examine { dataset } => self.open("plan.dataset", dataset, now),
            Step::Dataset { dataset, .. } => self.open("sweep.dataset", dataset, now),
            Step::Intent { .. } => self.batch = Some(now),
            Step::Confirmed { dataset, n } | Step::Recovered { dataset, n } => {
                self.records += n;
                if let Some(open) = &mut self.open {
                    open.records += n;
                }
                let began = self.batch.take().unwrap_or(now);
                let inside = self.open.as_ref().map_or(&self.place, |open| &open.place).inside();
                self.add("sweep.batch", began, now, inside, Some((dataset, n)), false);
            }
            Step::Settled { dataset } => self.open("verify.dataset", dataset, now),
            Step::Planned | Step::Verified { .. } | Step::Finished => self.close(now, false),
            _ => {}
        }
    }

    fn open(&mut self, name: &'static str, dataset: &str, now: Timestamp) {
        self.close(now, false);
        let place = self.place.inside();
        let dataset = dataset.to_owned();
        self.open = Some(Open { name, dataset, place, began: now, records: 0 });
    }

    fn close(&mut self, now: Timestamp, failed: bool) {
        if let Some(o) = self.open.take() {
            self.add(o.name, o.began, now, o.place, Some((&o.dataset, o.records)), failed);
        }
    }

    fn add(
        &self,
        name: &str,
        began: Timestamp,
        ended: Timestamp,
        place: Place,
        of: Option<(&str, u64)>,
        failed: bool,
    ) {
        let Some(traces) = &self.traces else { return };
        let mut attributes = Vec::new();
        if let Some((dataset, n)) = of {
            attributes.push(("frist.dataset", dataset.into()));
            if let Some(store) = self.stores.get(dataset) {
                attributes.push(("frist.store", store.as_str().into()));
            }
            attributes.push(("frist.records", n.into()));
        } else {
            attributes.push(("frist.records", self.records.into()));
        }
        let took = ended.duration_since(began).try_into().unwrap_or_default();
        let name = name.to_owned();
        traces.add(Span { name, began, took, attributes, failed, kind: Kind::Internal, place });
    }

    /// The work is over.
    pub fn end(mut self, failed: bool) {
        let now = (self.clock)();
        self.close(now, failed);
        let place = std::mem::replace(&mut self.place, Place::root());
        self.add(self.name, self.began, now, place, None, failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const REGISTER: &str = "[controller]\nname = \"N\"\nemail = \"a@example.org\"\n\
        [[store]]\nid = \"erp\"\nkind = \"sqlite\"\npath = \"erp.sqlite\"\n\
        [[activity]]\nid = \"a\"\ntitle = { en = \"A\" }\n\
        [[activity.purpose]]\nid = \"p\"\ntext = { en = \"to do\" }\nbasis = \"6(1)(b)\"\n\
        [[dataset]]\nid = \"invoices\"\nactivity = \"a\"\nat = \"erp/invoice\"\n\
        subject = { customer = \"id\" }\ncategories = [\"identity\"]\n\
        [dataset.facts]\nbooked = \"date\"\n\
        [[dataset.keep]]\nfor = \"p\"\nfrom = \"booked\"\nperiod = \"1 year\"\n";

    #[test]
    fn a_sweep_becomes_spans_within_each_other() {
        let register = Register::read(&[("r.toml", REGISTER)]).register.unwrap();
        let (traces, spans) = Traces::to_channel();
        let clock: Clock = {
            let at = Mutex::new(0);
            Arc::new(move || {
                let mut at = at.lock().unwrap();
                *at += 1;
                Timestamp::from_second(*at).unwrap()
            })
        };
        let mut work = Work::begin(Some(Arc::new(traces)), clock, "sweep", &register);
        let dataset = "invoices";
        for step in [
            Step::Began,
            Step::Dataset { dataset, planned: 3 },
            Step::Intent { dataset, n: 2 },
            Step::Disposed { dataset, n: 2 },
            Step::Confirmed { dataset, n: 2 },
            Step::Settled { dataset },
            Step::Verified { dataset },
            Step::Finished,
        ] {
            work.hear(step);
        }
        work.end(false);
        let all: Vec<Span> = spans.try_iter().collect();
        let names: Vec<&str> = all.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["sweep.batch", "sweep.dataset", "verify.dataset", "sweep"]);
        let [batch, dataset, verify, sweep] = all.as_slice() else { panic!() };
        assert_eq!(batch.took.as_secs(), 2, "from the journal to the ledger");
        assert!(batch.place.is_inside(&dataset.place) && dataset.place.is_inside(&sweep.place));
        assert!(verify.place.is_inside(&sweep.place) && !verify.place.is_inside(&dataset.place));
        assert!(dataset.attributes.contains(&("frist.store", "erp".into())));
        assert!(dataset.attributes.contains(&("frist.records", 2.into())));
        assert!(sweep.attributes.contains(&("frist.records", 2.into())) && !sweep.failed);
    }

    #[test]
    fn what_fails_fails_where_it_was() {
        let register = Register::read(&[("r.toml", REGISTER)]).register.unwrap();
        let (traces, spans) = Traces::to_channel();
        let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
        let mut work = Work::begin(Some(Arc::new(traces)), Arc::clone(&clock), "sweep", &register);
        work.hear(Step::Dataset { dataset: "invoices", planned: 3 });
        work.end(true);
        let failed: Vec<(String, bool)> = spans.try_iter().map(|s| (s.name, s.failed)).collect();
        assert_eq!(failed, [("sweep.dataset".into(), true), ("sweep".into(), true)]);
        // Without anybody who gathers them there are none.
        let mut work = Work::begin(None, clock, "sweep", &register);
        work.hear(Step::Dataset { dataset: "invoices", planned: 3 });
        work.end(false);
    }
}
