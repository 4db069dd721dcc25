//! Accounting for a batch: the ledger's entry, the records' leaves, how late they went, and the
//! hashes by which a restore is recognised.

use std::collections::HashSet;

use frist_decide::Value;
use frist_ledger::entry::{Disposal, Disposition as Done, Entry, Id, Kind, Lateness, Rule, Text};
use frist_ledger::{Hash, RecordKey, SubTree, SubTreeBuilder};
use frist_register::{Disposition, Register};
use frist_state::{BatchId, BatchOutcome, Confirm, Lease, NewBatch, NewReplay, State, SweepId};
use frist_stores::{Key, Record};
use jiff::{SignedDuration, Timestamp};

use crate::Result;
use crate::engine::Prepared;

/// How a batch is accounted for.
pub(crate) struct Account {
    pub(crate) sweep: SweepId,
    pub(crate) batch: BatchId,
    pub(crate) figures: Lateness,
    pub(crate) spared: u64,
    pub(crate) absent: u64,
    pub(crate) recovered: bool,
}

/// What accounting works with: everything of the engine but the stores.
pub(crate) struct Books<'e> {
    pub(crate) state: &'e mut State,
    pub(crate) register: &'e Register,
    pub(crate) revision: Hash,
    pub(crate) record: &'e RecordKey,
    pub(crate) turn: SignedDuration,
    /// When the batch's answer came.
    pub(crate) now: Timestamp,
}

/// All that is kept of a batch but its leaves.
pub(crate) struct Told {
    entry: Entry,
    outcome: BatchOutcome,
    /// Until when its hashes are kept for replay.
    keep_until: Option<Timestamp>,
}

impl Told {
    pub(crate) fn confirm<'t>(&'t self, leaves: &'t SubTree) -> Confirm<'t> {
        let replay = self.keep_until.map(|keep_until| {
            let hashes = leaves.leaves_bytes();
            NewReplay { hashes, keep_until }
        });
        Confirm { outcome: self.outcome, entry: &self.entry, leaves, replay }
    }
}

/// The leaves of these records.
pub(crate) fn leaves<'k>(
    record: &RecordKey,
    place: &str,
    keys: impl ExactSizeIterator<Item = &'k Key>,
) -> SubTree {
    let mut tree = SubTreeBuilder::new(record, keys.len());
    for key in keys {
        tree.push(&[place.as_bytes(), b"/", key.text().as_bytes()]);
    }
    tree.build()
}

impl Books<'_> {
    /// Confirms a batch: the ledger's entry, the records' leaves and the replay hashes, at once.
    pub(crate) fn account(
        &mut self,
        prepared: &Prepared,
        tree: &SubTree,
        account: &Account,
        lease: &Lease,
    ) -> Result<()> {
        let told = self.told(prepared, tree, account)?;
        self.state.confirm(lease, account.batch, &told.confirm(tree), self.now)?;
        Ok(())
    }

    /// The same, and journals the next batch with it; answers that one's number.
    pub(crate) fn account_and_journal(
        &mut self,
        prepared: &Prepared,
        tree: &SubTree,
        account: &Account,
        next: NewBatch<'_>,
        lease: &mut Lease,
    ) -> Result<BatchId> {
        let told = self.told(prepared, tree, account)?;
        let (turn, now) = (self.turn, self.now);
        let (batch, sweep) = (account.batch, account.sweep);
        Ok(self.state.confirm_and_intent(
            lease,
            turn,
            batch,
            &told.confirm(tree),
            sweep,
            next,
            now,
        )?)
    }

    /// All that is kept of a batch but its leaves.
    pub(crate) fn told(
        &self,
        prepared: &Prepared,
        tree: &SubTree,
        account: &Account,
    ) -> Result<Told> {
        let disposal = Disposal {
            dataset: Id::new(prepared.id())?,
            disposition: match prepared.rules.then {
                Disposition::Erase => Done::Erase,
                Disposition::Anonymise(_) => Done::Anonymise,
                Disposition::Transfer(_) => Done::Transfer,
            },
            rule: Rule {
                text: Text::clipped(&prepared.rule_text()),
                laws: prepared.rules.citations().iter().map(|c| Text::clipped(c)).collect(),
            },
            revision: self.revision,
            sweep: number(account.sweep.0),
            batch: number(account.batch.0),
            late: account.figures,
            key: self.record.id(),
            n: tree.count(),
            root: tree.root(),
        };
        let kind = match account.recovered {
            false => Kind::Erased(disposal),
            true => Kind::Recovered {
                how: match account.absent == disposal.n {
                    true => frist_ledger::entry::Recovery::AlreadyDone,
                    false => frist_ledger::entry::Recovery::Completed,
                },
                found_absent: account.absent,
                disposal,
            },
        };
        let backups = self.register.store(&prepared.dataset.store).and_then(|s| s.backups.as_ref());
        let keep_until = backups.and_then(|p| {
            let zone = self.register.controller.calendar.zone.clone();
            let until = frist_law::expires(
                frist_law::Term::new(p.value, frist_law::Anchor::AsIs),
                &frist_law::Start::Date(self.now.to_zoned(zone).date()),
                &self.register.controller.calendar,
            );
            until.at()
        });
        let outcome = BatchOutcome {
            done: tree.count(),
            not_due: account.spared,
            absent: account.absent,
            late: account.figures,
        };
        Ok(Told { entry: Entry::new(self.now, kind), outcome, keep_until })
    }
}

/// How late each record went, in whole seconds from the instant it became due.
pub(crate) fn late(prepared: &Prepared, done: &[Record], gone_at: Timestamp) -> Vec<u64> {
    // In the order of their starting points many have the same facts as the one before.
    let mut last: Option<(&[Value], Option<Timestamp>)> = None;
    let mut late = Vec::with_capacity(done.len());
    for record in done {
        let since = match last {
            Some((facts, since)) if facts == record.facts && prepared.answers.is_empty() => since,
            _ => prepared.decide(record, false, gone_at).due_since,
        };
        last = Some((&record.facts, since));
        let seconds = since.map(|s| gone_at.duration_since(s).as_secs());
        late.extend(seconds.and_then(|s| u64::try_from(s).ok()));
    }
    late
}

pub(crate) fn number(n: i64) -> Id {
    Id::from(n.unsigned_abs())
}

/// Nearest-rank percentiles.
pub(crate) fn lateness(late: &mut [u64]) -> Lateness {
    late.sort_unstable();
    let at = |share: usize| {
        // Nearest rank: the least of them that so many per cent are not above.
        late.get((late.len() * share).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0)
    };
    Lateness { p50: at(50), p99: at(99), max: late.last().copied().unwrap_or(0) }
}

/// Whether these are the records with just those keys.
pub(crate) fn are_all(records: &[Record], mut keys: HashSet<&Key>) -> bool {
    records.len() == keys.len() && records.iter().all(|r| keys.remove(&r.key))
}
