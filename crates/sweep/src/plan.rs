//! Planning: what is due, where, why, and whether a person must approve it.
//!
//! A plan is a value: printed, hashed and kept before anything is erased. It names no record: a
//! list of what is about to be erased would outlive the erasure. Those who approve see a sample,
//! read from the store at that moment.

use frist_decide::Outcome;
use frist_ledger::Hash;
use frist_ledger::entry::{Entry, Id, Kind, Planned};
use frist_register::{Disposition, Lang};
use frist_state::{Approval, Hold, NewPlan, PlanStatus};
use frist_stores::{Census, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Prepared, scopes};
use crate::guard::{self, Trip};
use crate::late::Since;
use crate::step::{Observer, Step};
use crate::{Error, Result, order};

/// A plan runs within this many hours, or must be made anew.
pub const PLAN_HOURS: i64 = 7 * 24;

/// What is to be disposed of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// When it was made, UTC.
    pub created_at: Timestamp,
    /// The instant it decides for, UTC; a plan for the future only shows what will be due.
    pub as_of: Timestamp,
    /// The register's revision.
    pub revision: String,
    /// The data sets, in the order in which they are swept.
    pub items: Vec<Item>,
    /// Data sets that could not be examined: the sweep cannot be green.
    pub problems: Vec<Problem>,
    /// Why approval is asked for; empty when it is not.
    pub trips: Vec<Trip>,
}

/// One data set of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The data set.
    pub dataset: String,
    /// `store/collection`.
    pub place: String,
    /// `erase` or `anonymise`.
    pub disposition: String,
    /// The rule in one line.
    pub rule: String,
    /// The paragraphs it rests on.
    pub citations: Vec<String>,
    /// Records in the collection.
    pub total: u64,
    /// It has more than that: they were not all counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// Records by decision, where they were counted.
    pub counts: Option<Counts>,
    /// Records to dispose of now.
    pub due: u64,
    /// Records due that a record referring to them keeps back; some go once those are gone.
    pub blocked: u64,
    /// Since when the longest overdue has been due, and no hold covered it; none when nothing is due
    /// that could go, and when nobody can say.
    pub oldest: Option<Timestamp>,
    /// Nobody can say since when the longest overdue has been due: nothing in the rule ever kept it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ever: bool,
    /// The field whose index serves the sweep; none when the whole collection must be read.
    pub index: Option<String>,
}

/// Records by decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Covered by a hold.
    pub held: u64,
    /// Undecidable.
    pub unclear: u64,
    /// Kept for a statute only.
    pub restrict: u64,
    /// Waiting for a person.
    pub review: u64,
    /// Kept.
    pub keep: u64,
    /// Due, without those already anonymised.
    pub due: u64,
    /// Anonymised already.
    pub done: u64,
}

impl From<&Census> for Counts {
    fn from(c: &Census) -> Self {
        Self {
            held: c.of(Outcome::Held),
            unclear: c.of(Outcome::Unclear),
            restrict: c.of(Outcome::Restrict),
            review: c.of(Outcome::Review),
            keep: c.of(Outcome::Keep),
            due: c.of(Outcome::Due).saturating_sub(c.done),
            done: c.done,
        }
    }
}

/// A data set that could not be examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The data set.
    pub dataset: String,
    /// What happened and what to do.
    pub text: String,
}

/// What to plan.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only these data sets; none for all.
    pub datasets: Option<Vec<String>>,
    /// The instant to decide for; none for now.
    pub as_of: Option<Timestamp>,
    /// What to count.
    pub count: Count,
}

/// What is counted in each collection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Count {
    /// Every record, by decision.
    #[default]
    All,
    /// Every record of a collection of up to [`SMALL`]; of larger ones only what is due.
    AllOfSmall,
    /// Only what is due: the cost then follows what is due, not what is stored.
    Due,
}

/// Up to as many records are counted in a moment.
pub const SMALL: u64 = 100_000;

impl Plan {
    /// All records to dispose of.
    pub fn due(&self) -> u64 {
        self.items.iter().map(|i| i.due).sum()
    }

    /// The hash that an approval names.
    ///
    /// # Errors
    /// Never in practice: a plan is plain data.
    pub fn hash(&self) -> Result<Hash> {
        Ok(frist_ledger::hash::leaf_hash(self.body()?.as_bytes()))
    }

    fn body(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|e| Error::Damaged { what: "a plan", why: e.to_string() })
    }
}

impl Engine {
    /// Examines the data sets and says what is due. Nothing is kept and nothing is changed.
    ///
    /// # Errors
    /// When a data set is named that the register does not have, or Frist's own database does not
    /// answer. A store that cannot be reached is a [`Problem`] in the plan.
    pub fn examine(&mut self, options: &Options, observer: Observer<'_>) -> Result<Plan> {
        if let Some(ids) = &options.datasets
            && let Some(id) = ids.iter().find(|id| self.register.dataset(id).is_none())
        {
            return Err(Error::UnknownDataset(id.clone()));
        }
        let now = self.now();
        let as_of = options.as_of.unwrap_or(now);
        let ids: Vec<String> = order::order(&self.register, options.datasets.as_deref())
            .iter()
            .map(|d| d.id.value.clone())
            .collect();
        let mut plan = Plan {
            id: plan_id(now),
            created_at: now,
            as_of,
            revision: self.revision.to_string(),
            items: Vec::new(),
            problems: Vec::new(),
            trips: Vec::new(),
        };
        // Once for all data sets: there may be a hundred thousand.
        let holds = self.state.all_holds()?;
        for id in ids {
            observer(Step::Examine { dataset: &id });
            match self.item(&id, &holds, as_of, options.count) {
                Ok((item, mut trips)) => {
                    plan.items.push(item);
                    plan.trips.append(&mut trips);
                }
                Err(e @ (Error::Store(_) | Error::Rule(_))) => {
                    if let Some(d) = self.register.dataset(&id) {
                        let store = d.store.value.clone();
                        self.drop_store(&store);
                    }
                    // A store that cannot be reached may be there tomorrow; a register that does not
                    // fit is a mistake that somebody must have seen before anything goes.
                    let away = matches!(
                        e,
                        Error::Store(StoreError::Unreachable { .. } | StoreError::Refused { .. })
                    );
                    if !away {
                        plan.trips.push(Trip::Misfit { dataset: id.clone() });
                    }
                    plan.problems.push(Problem { dataset: id, text: e.to_string() });
                }
                Err(e) => return Err(e),
            }
        }
        if plan.due() > 0
            && let Some(last) = self.state.sweeps(1)?.first()
        {
            plan.trips.extend(guard::check_clock(last.started_at, now));
        }
        Ok(plan)
    }

    fn item(
        &mut self,
        id: &str,
        all: &[Hold],
        as_of: Timestamp,
        wanted: Count,
    ) -> Result<(Item, Vec<Trip>)> {
        let prepared = self.prepare(id)?;
        let holds = scopes(all.iter().filter(|h| h.holds_at(as_of)), &prepared.dataset);
        let compiled = prepared.compile(as_of, &holds);
        let store_id = prepared.dataset.store.value.clone();
        let store = self.store(&store_id)?;
        let every = match wanted {
            Count::All => true,
            Count::AllOfSmall => store.total(&prepared.bound, SMALL + 1)? <= SMALL,
            Count::Due => false,
        };
        let (total, more, counts, due, blocked) = if every {
            let census = store.census(&prepared.bound, &compiled)?;
            let counts = Counts::from(&census);
            (census.total(), false, Some(counts), counts.due, census.blocked)
        } else {
            let (due, blocked) = store.count_due(&prepared.bound, &compiled)?;
            // Counted only as far as the guard must know whether its share is passed.
            let far = guard::enough(&prepared.dataset.guard, due).max(SMALL);
            let total = store.total(&prepared.bound, far)?;
            (total, total >= far, None, due, blocked)
        };
        let since = match due > blocked {
            true => self.overdue_since(&prepared, all, as_of)?,
            false => None,
        };
        let past = self.past_counts(id)?;
        let d = &prepared.dataset;
        let trips = guard::check(id, &d.guard, d.two_person, due, total, &past);
        let item = Item {
            dataset: id.to_owned(),
            place: prepared.place(),
            disposition: disposition(&prepared).into(),
            rule: prepared.rules.summary(Lang::En),
            citations: prepared.rules.citations(),
            total,
            more,
            counts,
            due: due - blocked.min(due),
            blocked,
            oldest: match since {
                Some(Since::At(at)) => Some(at),
                _ => None,
            },
            ever: since == Some(Since::Ever),
            index: prepared.bound.common().driver.clone().ok(),
        };
        Ok((item, trips))
    }

    /// What the last sweeps disposed of in a data set.
    fn past_counts(&mut self, dataset: &str) -> Result<Vec<u64>> {
        let mut counts = Vec::new();
        for sweep in self.state.sweeps(10)? {
            let swept = self.state.swept(sweep.id)?;
            counts.extend(
                swept
                    .iter()
                    .filter(|s| s.counts.dataset.as_str() == dataset)
                    .map(|s| s.counts.done),
            );
        }
        Ok(counts)
    }

    /// Keeps a plan, so that it can be approved and run.
    ///
    /// # Errors
    /// When the plan is for the future, or Frist's own database does not answer.
    pub fn propose(&mut self, plan: &Plan, observer: Observer<'_>) -> Result<()> {
        if plan.as_of > self.now() {
            return Err(Error::PlanRefused {
                plan: plan.id.clone(),
                why: "it decides for the future, and nothing is erased before its time; it only shows what will be due".into(),
            });
        }
        self.make_live()?;
        let hash = plan.hash()?;
        let counts = plan
            .items
            .iter()
            .filter(|i| i.due > 0)
            .map(|i| Ok(Planned { dataset: Id::new(i.dataset.as_str())?, due: i.due }))
            .collect::<Result<_>>()?;
        let kind = Kind::Plan {
            plan: Id::new(plan.id.as_str())?,
            hash,
            revision: self.revision,
            as_of: plan.as_of,
            counts,
        };
        let why: Vec<String> = plan.trips.iter().map(Trip::text).collect();
        let kept = NewPlan {
            id: plan.id.clone(),
            created_at: plan.created_at,
            proposed_by: self.operator.to_string(),
            as_of: plan.as_of,
            revision: plan.revision.clone(),
            hash: hash.to_string(),
            body: plan.body()?,
            needs_approval: (!why.is_empty()).then(|| why.join("; ")),
        };
        self.state.propose(&kept, &Entry::new(self.now(), kind))?;
        observer(Step::Planned);
        Ok(())
    }

    /// A plan that was kept, and how far it has come.
    ///
    /// # Errors
    /// When it is not there.
    pub fn plan(&mut self, id: &str) -> Result<(Plan, frist_state::Plan)> {
        let kept = self.state.plan(id)?.ok_or_else(|| Error::UnknownPlan(id.to_owned()))?;
        let plan: Plan = serde_json::from_str(&kept.plan.body)
            .map_err(|e| Error::Damaged { what: "a plan", why: e.to_string() })?;
        if plan.hash()?.to_string() != kept.plan.hash {
            return Err(Error::Damaged { what: "a plan", why: "its hash is another".into() });
        }
        Ok((plan, kept))
    }

    /// Approves a plan, as the operator of this engine.
    ///
    /// # Errors
    /// When the plan is past approving, or wants another person than the one who made it.
    pub fn approve(&mut self, id: &str) -> Result<()> {
        let (plan, kept) = self.plan(id)?;
        let own = kept.plan.proposed_by == self.operator.as_str();
        if own && plan.trips.iter().any(Trip::needs_other_person) {
            return Err(Error::PlanRefused {
                plan: id.to_owned(),
                why: format!(
                    "it wants a second person, and `{}` made it; let somebody else run `frist approve {id}`",
                    kept.plan.proposed_by
                ),
            });
        }
        let now = self.now();
        let kind =
            Kind::Approval { plan: Id::new(id)?, hash: plan.hash()?, by: self.operator.clone() };
        let approval = Approval { by: self.operator.to_string(), at: now };
        self.state.approve(id, &kept.plan.hash, &approval, &Entry::new(now, kind))?;
        Ok(())
    }

    /// Whether a plan may run now.
    pub(crate) fn may_run(&self, plan: &Plan, kept: &frist_state::Plan) -> Result<()> {
        let refuse = |why: String| Err(Error::PlanRefused { plan: plan.id.clone(), why });
        let now = self.now();
        match kept.status {
            PlanStatus::Done => {
                return refuse(
                    "it was carried out already; make a new one with `frist plan`".into(),
                );
            }
            PlanStatus::Abandoned => {
                return refuse("it was abandoned; make a new one with `frist plan`".into());
            }
            // By the plan itself, which its hash protects.
            PlanStatus::Proposed if !plan.trips.is_empty() => {
                let why: Vec<String> = plan.trips.iter().map(Trip::text).collect();
                return refuse(format!(
                    "it needs approval: {}; run `frist approve {}`",
                    why.join("; "),
                    plan.id
                ));
            }
            PlanStatus::Proposed | PlanStatus::Approved | PlanStatus::Running => {}
        }
        if plan.as_of > now {
            return refuse(
                "it decides for an instant that has not come; is the clock right?".into(),
            );
        }
        if now.duration_since(plan.created_at).as_hours() > PLAN_HOURS {
            return refuse(format!(
                "it is more than {} days old; make a new one with `frist plan`",
                PLAN_HOURS / 24
            ));
        }
        if plan.revision != self.revision.to_string() {
            return refuse(
                "the register has changed since it was made; make a new one with `frist plan`"
                    .into(),
            );
        }
        Ok(())
    }
}

pub(crate) fn disposition(prepared: &Prepared) -> &'static str {
    match prepared.rules.then {
        Disposition::Erase => "erase",
        Disposition::Anonymise(_) => "anonymise",
        Disposition::Transfer(_) => "transfer",
    }
}

/// `20261122-030007-004207`: sortable by time, and unlikely to meet another of the same second.
fn plan_id(now: Timestamp) -> String {
    let z = now.to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}-{:06}", z.strftime("%Y%m%d-%H%M%S"), now.subsec_nanosecond() / 1_000)
}
