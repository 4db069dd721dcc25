//! What a person's request has erased: named records, by the steps of any sweep.
//!
//! A request never erases by itself. It leaves grounds out of the rule (consent taken back, an
//! objection that was upheld), and what is then due goes: journaled, tested again in the very
//! statement that erases, confirmed with its ledger entry, its receipts and its replay hashes. A
//! statute's duty is no ground that could be left out, and holds are read at the gate, so that no
//! request erases what must stay. The journal says which grounds were out, so that recovery
//! finishes such a batch by the same rule. How the records go, store by store, is in `together`.

use std::collections::HashSet;

use frist_ledger::entry::{Entry, Id, Kind, Outcome, Swept};
use frist_register::Lang;
use frist_state::{Lease, SweepId};
use frist_stores::Key;
use serde::{Deserialize, Serialize};

use crate::account::number;
use crate::batch::Tally;
use crate::engine::{Engine, Prepared};
use crate::order;
use crate::plan::disposition;
use crate::step::{Observer, Step};
use crate::{Error, Result};

/// The journal's word for a batch of requests; what follows it is [`Granted`].
const WORD: &str = "granted ";

const CAME_BACK: &str = "erased records are there again (or new ones with their keys); see the store's triggers, its replication, and the programs that write to it";

/// As many cases are named in a batch; of more, the first.
const NAMED: usize = 8;

/// For whom records of a batch go, and which grounds no longer count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    cases: Vec<String>,
    /// How many more cases there are.
    more: usize,
    /// As [`frist_decide::RuleSet::without`] knows them.
    without: Vec<String>,
    /// What the journal says is being done.
    #[serde(skip)]
    doing: String,
}

/// Records of one data set that may go for the same reason.
#[derive(Clone)]
pub struct Grant {
    /// The numbers of the cases that ask for it.
    pub cases: Vec<String>,
    /// The data set.
    pub dataset: String,
    /// The grounds that no longer count for these records, by the names of
    /// [`frist_decide::RuleSet::ground_ids`].
    pub without: Vec<String>,
    /// The records.
    pub keys: Vec<Key>,
}

// By hand: the keys are personal data.
impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cases, dataset, without, keys } = self;
        write!(f, "Grant({cases:?}, {dataset}, without {without:?}, {} keys)", keys.len())
    }
}

/// What became of one [`Grant`].
#[derive(Clone)]
pub struct Carried {
    /// The data set.
    pub dataset: String,
    /// Those that were erased (or anonymised), are in the ledger and were seen to be gone after it.
    pub done: Vec<Key>,
    /// Those that are not there (any more), and were not erased by this call.
    pub absent: Vec<Key>,
    /// Those that are still there: kept by a duty or a hold, or by records that refer to them.
    pub left: Vec<Key>,
    /// Why the store could not do it, where it could not. Names no record.
    pub refused: Option<String>,
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { dataset, done, absent, left, refused } = self;
        let n = [done.len(), absent.len(), left.len()];
        write!(f, "Carried({dataset}, [done, absent, left] = {n:?}, {refused:?})")
    }
}

impl Granted {
    pub(crate) fn new(grant: &Grant) -> Result<Self> {
        let (cases, without) = (&grant.cases, grant.without.clone());
        let mut granted = Self {
            cases: cases.iter().take(NAMED).cloned().collect(),
            more: cases.len().saturating_sub(NAMED),
            without,
            doing: String::new(),
        };
        let text = serde_json::to_string(&granted)
            .map_err(|e| Error::Damaged { what: "a request's grounds", why: e.to_string() })?;
        granted.doing = format!("{WORD}{text}");
        Ok(granted)
    }

    /// Reads it from the journal; none for a batch of an ordinary sweep.
    fn read(doing: &str) -> Result<Option<Self>> {
        let Some(text) = doing.strip_prefix(WORD) else { return Ok(None) };
        let granted: Self = serde_json::from_str(text)
            .map_err(|e| Error::Damaged { what: "an open batch's grounds", why: e.to_string() })?;
        Ok(Some(Self { doing: doing.to_owned(), ..granted }))
    }
}

impl Prepared {
    /// The same with the rule that follows from a request.
    pub(crate) fn granted(mut self, granted: Granted) -> Self {
        self.rules = self.rules.without(&granted.without);
        self.granted = Some(granted);
        self
    }

    /// What the journal says is being done.
    pub(crate) fn doing(&self) -> &str {
        match &self.granted {
            Some(granted) => &granted.doing,
            None => disposition(self),
        }
    }

    /// The rule in one line, for the ledger.
    pub(crate) fn rule_text(&self) -> String {
        let rule = self.rules.summary(Lang::En);
        let Some(granted) = &self.granted else { return rule };
        let mut text = format!("on request {}", granted.cases.join(", "));
        if granted.more > 0 {
            text.push_str(&format!(" and {} more", granted.more));
        }
        if !granted.without.is_empty() {
            text.push_str(&format!("; no longer: {}", granted.without.join(", ")));
        }
        if !rule.is_empty() {
            text.push_str(&format!("; {rule}"));
        }
        text
    }
}

impl Engine {
    /// A data set with the rule by which a batch of this description was journaled.
    pub(crate) fn prepare_as(&mut self, dataset: &str, doing: &str) -> Result<Prepared> {
        let prepared = self.prepare(dataset)?;
        Ok(match Granted::read(doing)? {
            Some(granted) => prepared.granted(granted),
            None => prepared,
        })
    }

    /// Erases (or anonymises, where the register says so) what these requests were granted and is
    /// due by the rules without the grounds that no longer count. Answers what became of each grant,
    /// in the order in which they were given; what one store refuses is told there, and the others
    /// go on. A record is in one grant only.
    ///
    /// # Errors
    /// When another process sweeps, or Frist's own database fails: what was erased by then is in
    /// the ledger or will be recovered.
    pub fn carry_out(&mut self, grants: &[Grant], observer: Observer<'_>) -> Result<Vec<Carried>> {
        let mut lease = self.turn()?;
        let result = self.carry_out_in_turn(grants, &mut lease, observer);
        let released = self.state.release(&lease);
        let carried = result?;
        released?;
        Ok(carried)
    }

    fn carry_out_in_turn(
        &mut self,
        grants: &[Grant],
        lease: &mut Lease,
        observer: Observer<'_>,
    ) -> Result<Vec<Carried>> {
        self.recover_in_turn(lease, observer)?;
        self.make_live()?;
        // Children first, as in any sweep.
        let order: Vec<String> =
            order::order(&self.register, None).iter().map(|d| d.id.value.clone()).collect();
        let place = |g: &Grant| order.iter().position(|d| *d == g.dataset).unwrap_or(order.len());
        let mut turns: Vec<usize> = (0..grants.len()).collect();
        turns.sort_by_key(|ix| place(&grants[*ix]));
        let revision = self.revision.to_string();
        let sweep = self.state.begin_sweep(lease, None, &revision, self.now())?;
        observer(Step::Began);
        let mut carried: Vec<Option<Carried>> = vec![None; grants.len()];
        let store =
            |ix: &usize| self.register.dataset(&grants[*ix].dataset).map(|d| &d.store.value);
        let stores: Vec<Vec<usize>> =
            turns.chunk_by(|a, b| store(a) == store(b)).map(<[usize]>::to_vec).collect();
        for these in stores {
            self.keep_turn(lease)?;
            self.store_turn(grants, &these, &mut carried, sweep, lease, observer)?;
        }
        let carried: Vec<Carried> = carried.into_iter().flatten().collect();
        self.close_granted(&carried, sweep, lease)?;
        observer(Step::Finished);
        Ok(carried)
    }

    /// Closes the sweep. It was none of a whole data set, so it says nothing about when those were
    /// swept last.
    fn close_granted(
        &mut self,
        carried: &[Carried],
        sweep: SweepId,
        lease: &mut Lease,
    ) -> Result<()> {
        if self.state.open_batches()?.iter().any(|b| b.sweep == sweep) {
            // Its keys are still needed: the next recovery finishes the batch and closes the sweep.
            return Ok(());
        }
        let mut swept: Vec<Swept> = Vec::new();
        for one in carried {
            let (done, left) = (one.done.len() as u64, one.left.len() as u64);
            match swept.iter_mut().find(|s| s.dataset.as_str() == one.dataset) {
                Some(s) => {
                    s.done += done;
                    s.spared += left;
                }
                None => swept.push(Swept {
                    dataset: Id::new(one.dataset.as_str())?,
                    done,
                    held: 0,
                    blocked: 0,
                    spared: left,
                    unclear: 0,
                    findings: 0,
                }),
            }
        }
        let outcome = match carried.iter().any(|one| one.refused.is_some()) {
            true => Outcome::Aborted,
            false => Outcome::Finished,
        };
        let now = self.now();
        let kind = Kind::Sweep { sweep: number(sweep.0), outcome, datasets: swept };
        self.keep_turn(lease)?;
        self.state.finish_sweep(lease, sweep, outcome, &Entry::new(now, kind), now)?;
        Ok(())
    }
}

/// What one store cannot do is told with its grant; anything else ends the call.
pub(crate) fn in_the_store(done: Result<()>) -> Result<Option<String>> {
    match done {
        Ok(()) => Ok(None),
        Err(
            e @ (Error::Store(_) | Error::Rule(_) | Error::Clock(_) | Error::UnknownDataset(_)),
        ) => Ok(Some(e.to_string())),
        Err(e) => Err(e),
    }
}

pub(crate) fn in_the_store_or<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(e) => in_the_store(Err(e)).map(|_| None),
    }
}

/// `gone`: those that the store says are gone, now that all is over.
pub(crate) fn account_for(
    grant: &Grant,
    tally: Tally,
    gone: Vec<Key>,
    refused: Option<String>,
) -> Carried {
    let ours: HashSet<Key> = tally.gone.into_iter().chain(tally.told).collect();
    let gone: HashSet<Key> = gone.into_iter().collect();
    let mut one = Carried {
        dataset: grant.dataset.clone(),
        done: Vec::new(),
        absent: Vec::new(),
        left: Vec::new(),
        refused,
    };
    if grant.keys.iter().any(|k| ours.contains(k) && !gone.contains(k)) && one.refused.is_none() {
        one.refused = Some(CAME_BACK.into());
    }
    for key in &grant.keys {
        let place = match (gone.contains(key), ours.contains(key)) {
            (true, true) => &mut one.done,
            (true, false) => &mut one.absent,
            (false, _) => &mut one.left,
        };
        place.push(key.clone());
    }
    one
}

impl Engine {
    /// Whether the ledger tells of this record's erasure (or anonymisation).
    ///
    /// # Errors
    /// When the register does not have the data set, or Frist's own database does not answer.
    pub fn is_told(&mut self, dataset: &str, key: &Key) -> Result<bool> {
        let d = self
            .register
            .dataset(dataset)
            .ok_or_else(|| Error::UnknownDataset(dataset.to_owned()))?;
        let locator = format!("{}/{}/{}", d.store.value, d.collection.value, key.text());
        let leaf = self.keys.record.leaf(locator.as_bytes());
        Ok(!self.state.find_record(&leaf)?.is_empty())
    }
}
