//! What every step of a sweep works with: the register, the stores, Frist's own database, keys and
//! a clock, all given from outside.

use std::collections::BTreeMap;

use frist_decide::decide::is_held;
use frist_decide::{Answers, Compiled, Decision, HoldScope, RuleSet, Verdict};
use frist_law::LawBook;
use frist_ledger::entry::{Entry, Id, Kind};
use frist_ledger::{Hash, RecordKey};
use frist_register::{DataSet, Register};
use frist_state::{Hold, Lease, ReviewAnswer, Revision, Scope, State};
use frist_stores::{Bound, Fields, Key, Record, Store, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::account::Books;
use crate::granted::Granted;
use crate::{Error, Result};

/// Opens a store of the register; given from outside, because it reads files and the environment.
pub type Opener =
    Box<dyn Fn(&frist_register::Store) -> std::result::Result<Box<dyn Store>, StoreError> + Send>;

/// How long a turn at the work lasts when it is not renewed. It is renewed before every batch and
/// every data set, so nothing in between may take longer.
const TURN: SignedDuration = SignedDuration::from_secs(180);

/// As long a bound data set counts as fresh; a sweep uses one for all of its turn.
const MOMENT: SignedDuration = SignedDuration::from_secs(10);

/// Whether the process that calls itself so is surely dead.
pub type IsDead = Box<dyn Fn(&str) -> bool + Send>;

/// The secrets that a sweep needs.
pub struct Keys {
    /// Makes records' leaves in the ledger.
    pub record: RecordKey,
    /// Makes pseudonyms.
    pub pseudonym: [u8; 32],
}

/// A register that has been read and found without errors.
pub struct Loaded {
    /// The register.
    pub register: Register,
    /// Its content hash.
    pub revision: Hash,
    /// Its files, name and text, as they are kept with the revision.
    pub files: Vec<(String, String)>,
}

/// The engine.
pub struct Engine {
    /// The register.
    pub register: Register,
    /// Its content hash.
    pub revision: Hash,
    files: Vec<(String, String)>,
    /// The law book.
    pub book: &'static LawBook,
    /// Frist's own database.
    pub state: State,
    pub(crate) keys: Keys,
    pub(crate) operator: Id,
    pub(crate) holder: String,
    pub(crate) turn: SignedDuration,
    pub(crate) is_dead: IsDead,
    /// Whether the next page is looked for while a batch is accounted for.
    pub(crate) ahead: bool,
    opener: Opener,
    stores: BTreeMap<String, Box<dyn Store>>,
    clock: Box<dyn Fn() -> Timestamp + Send>,
    /// Whether this register was seen to be the live one.
    was_live: bool,
    /// Data sets bound a moment ago, for [`Engine::prepare_again`].
    lately: BTreeMap<String, (Timestamp, Prepared)>,
    /// What people answered about each data set's records, with the change that was read.
    answered: BTreeMap<String, (i64, Answers)>,
}

/// A data set ready to be asked about: its rule resolved and bound to its collection.
#[derive(Clone)]
pub struct Prepared {
    /// The data set.
    pub dataset: DataSet,
    /// Its rule.
    pub rules: RuleSet,
    /// Where it lies.
    pub bound: Bound,
    /// What people answered about its records.
    pub answers: Answers,
    /// Which change of the answers that is.
    change: i64,
    /// The requests for which its records go, when its rule is the variant that follows from them.
    pub(crate) granted: Option<Granted>,
}

impl Prepared {
    /// The data set's id.
    pub fn id(&self) -> &str {
        &self.dataset.id
    }
    /// `store/collection`.
    pub fn place(&self) -> String {
        format!("{}/{}", self.dataset.store.value, self.dataset.collection.value)
    }
    /// The test at `t` with these holds.
    pub fn compile(&self, t: Timestamp, holds: &[HoldScope]) -> Compiled {
        self.compile_with(t, holds, &self.answers)
    }

    fn compile_with(&self, t: Timestamp, holds: &[HoldScope], answers: &Answers) -> Compiled {
        frist_decide::compile_answered(&self.rules, self.bound.kinds(), t, holds, answers)
    }

    /// Decides one record of it, whether a hold covers it being known.
    pub fn decide(&self, record: &Record, held: bool, t: Timestamp) -> Decision {
        let answer = match self.answers.is_empty() {
            true => None,
            false => self.answers.get(&record.key.text()),
        };
        let kinds = self.bound.kinds();
        frist_decide::decide_answered(&self.rules, kinds, &record.facts, held, answer, t)
    }
}

impl Engine {
    /// An engine for a register; `operator` is who acts, `holder` names this process among others.
    #[expect(clippy::too_many_arguments, reason = "all that is given from outside, once")]
    pub fn new(
        loaded: Loaded,
        book: &'static LawBook,
        state: State,
        keys: Keys,
        operator: Id,
        holder: String,
        opener: Opener,
        clock: Box<dyn Fn() -> Timestamp + Send>,
    ) -> Self {
        let Loaded { register, revision, files } = loaded;
        let stores = BTreeMap::new();
        Self {
            register,
            revision,
            files,
            book,
            state,
            keys,
            operator,
            holder,
            turn: TURN,
            is_dead: Box::new(|_| false),
            ahead: true,
            opener,
            stores,
            clock,
            was_live: false,
            lately: BTreeMap::new(),
            answered: BTreeMap::new(),
        }
    }

    /// Changes how long a turn lasts when it is not renewed (180 s): as long another process waits
    /// after this one was killed.
    #[must_use]
    pub fn with_turn(mut self, turn: SignedDuration) -> Self {
        self.turn = turn;
        self
    }

    /// One thing after the other, on one thread: slower, and the same each time, which is what somebody
    /// who traces its system calls wants.
    #[must_use]
    pub fn in_one_thread(mut self) -> Self {
        self.ahead = false;
        self
    }

    /// From now on somebody else acts, as a server does for one person after the other.
    pub fn act_as(&mut self, operator: Id) {
        self.operator = operator;
    }

    /// How to tell that the process which calls itself so is surely dead; without it, nobody is.
    #[must_use]
    pub fn with_dead(mut self, is_dead: IsDead) -> Self {
        self.is_dead = is_dead;
        self
    }

    /// Whether a sweep that began and did not end has lost its process.
    ///
    /// # Errors
    /// When Frist's own database does not answer.
    pub fn is_interrupted(&mut self) -> Result<bool> {
        if self.state.running_sweeps()?.is_empty() {
            return Ok(false);
        }
        let now = self.now();
        let holder = self.state.lease("sweep", now)?.filter(|l| l.until > now).map(|l| l.holder);
        Ok(holder.is_none_or(|h| (self.is_dead)(&h)))
    }

    /// The register's files, name and text.
    #[must_use]
    pub fn files(&self) -> &[(String, String)] {
        &self.files
    }

    /// The instant now, by the clock that was given.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The store of this id, opened when first asked for.
    ///
    /// # Errors
    /// When the register does not have it, or it cannot be opened.
    pub fn store(&mut self, id: &str) -> Result<&mut dyn Store> {
        if !self.stores.contains_key(id) {
            let declared = self.register.store(id).ok_or_else(|| StoreError::Unreachable {
                store: id.to_owned(),
                why: "the register does not declare it; run `frist check`".into(),
            })?;
            let store = (self.opener)(declared)?;
            self.stores.insert(id.to_owned(), store);
        }
        match self.stores.get_mut(id) {
            Some(store) => Ok(store.as_mut()),
            None => Err(Error::UnknownDataset(id.to_owned())),
        }
    }

    /// Hands a store out, opened if need be, so that several can be asked at once on threads of their
    /// own. Give it back by [`Engine::return_store`]; until then the next use opens another.
    ///
    /// # Errors
    /// As [`Engine::store`].
    pub fn lend_store(&mut self, id: &str) -> Result<Box<dyn Store>> {
        self.store(id)?;
        self.stores.remove(id).ok_or_else(|| Error::UnknownDataset(id.to_owned()))
    }

    /// Takes a store back that was handed out.
    pub fn return_store(&mut self, id: &str, store: Box<dyn Store>) {
        self.stores.insert(id.to_owned(), store);
    }

    /// The books, and the stores beside them: while one batch is accounted for, the next can be
    /// looked for.
    pub(crate) fn books(
        &mut self,
        now: Timestamp,
    ) -> (Books<'_>, &mut BTreeMap<String, Box<dyn Store>>) {
        let books = Books {
            state: &mut self.state,
            register: &self.register,
            revision: self.revision,
            record: &self.keys.record,
            turn: self.turn,
            now,
        };
        (books, &mut self.stores)
    }

    /// Forgets all open stores: another register may mean other places by the same names.
    pub(crate) fn drop_stores(&mut self) {
        self.lately.clear();
        self.stores.clear();
    }

    /// Forgets an open store, so that the next use connects anew.
    pub(crate) fn drop_store(&mut self, id: &str) {
        self.lately.retain(|_, (_, p)| p.dataset.store.value != id);
        self.stores.remove(id);
    }

    /// Resolves a data set's rule and binds it to its collection.
    ///
    /// # Errors
    /// When the rule cannot be resolved, or the store does not have what it reads.
    pub fn prepare(&mut self, id: &str) -> Result<Prepared> {
        let dataset =
            self.register.dataset(id).ok_or_else(|| Error::UnknownDataset(id.to_owned()))?.clone();
        let rules = RuleSet::resolve(&self.register, self.book, &dataset)?;
        let store = dataset.store.value.as_str();
        self.store(store)?;
        // The store and the register are borrowed from one engine, so the register steps aside.
        let register = std::mem::take(&mut self.register);
        let bound = self.store(store).and_then(|s| Ok(s.bind(&register, &dataset, &rules)?));
        self.register = register;
        let bound = bound?;
        let (change, answers) = self.answers(id)?;
        Ok(Prepared { bound, dataset, rules, answers, change, granted: None })
    }

    /// [`Engine::prepare`], or what it answered a moment ago: looking up a store's catalogue takes
    /// longer than erasing one person's records. What people answered is read anew.
    ///
    /// # Errors
    /// As [`Engine::prepare`].
    pub fn prepare_again(&mut self, id: &str) -> Result<Prepared> {
        let now = self.now();
        let fresh = |at: Timestamp| now.duration_since(at).abs() < MOMENT;
        if let Some((_, prepared)) = self.lately.get(id).filter(|(at, _)| fresh(*at)) {
            let mut prepared = prepared.clone();
            (prepared.change, prepared.answers) = self.answers(id)?;
            return Ok(prepared);
        }
        let prepared = self.prepare(id)?;
        self.lately.insert(id.to_owned(), (now, prepared.clone()));
        Ok(prepared)
    }

    /// What people answered about a data set's records, read only when it has changed: there may be
    /// a hundred thousand answers.
    fn answers(&mut self, id: &str) -> Result<(i64, Answers)> {
        let (known, kept) = self.answered.get(id).cloned().unwrap_or_default();
        let Some(anew) = self.state.review_answers_since(id, known)? else {
            return Ok((known, kept));
        };
        let read = (anew.change, answers(&anew.answers));
        self.answered.insert(id.to_owned(), read.clone());
        Ok(read)
    }

    /// What the holds that are not released by `at` cover in a data set. A hold never lapses by
    /// itself, and also holds before its own date: a clock that was set back must not undo it.
    ///
    /// # Errors
    /// When Frist's own database does not answer.
    pub fn holds(&mut self, dataset: &DataSet, at: Timestamp) -> Result<Vec<HoldScope>> {
        Ok(scopes(&self.active_holds(at)?, dataset))
    }

    pub(crate) fn active_holds(&mut self, at: Timestamp) -> Result<Vec<Hold>> {
        Ok(self.state.standing_holds(at)?)
    }

    /// Asks a store to dispose of something, with the data set's test and the scopes of the holds
    /// as they are at this instant: until it has answered, no hold is added or released, no
    /// register made live, and nobody takes the turn.
    ///
    /// # Errors
    /// When the turn was lost, another register is live, or Frist's own database does not answer:
    /// then the store was not asked.
    pub(crate) fn at_gate<T>(
        &mut self,
        prepared: &Prepared,
        lease: &Lease,
        ask: impl FnOnce(&mut dyn Store, &Compiled, &[HoldScope]) -> T,
    ) -> Result<T> {
        self.at_gate_all(&[prepared], lease, |store, tests| {
            let (compiled, holds) = &tests[0];
            ask(store, compiled, holds)
        })
    }

    /// The same for several data sets of one store; their tests come in the order given.
    ///
    /// # Errors
    /// As [`Engine::at_gate`].
    pub(crate) fn at_gate_all<T>(
        &mut self,
        prepared: &[&Prepared],
        lease: &Lease,
        ask: impl FnOnce(&mut dyn Store, &[(Compiled, Vec<HoldScope>)]) -> T,
    ) -> Result<T> {
        let id = prepared.first().map_or("", |p| p.dataset.store.value.as_str());
        // Opened before: to connect may take long.
        self.store(id)?;
        let now = self.now();
        let revision = self.revision.to_string();
        let Some(store) = self.stores.get_mut(id) else {
            return Err(Error::UnknownDataset(id.to_owned()));
        };
        let known: Vec<(&str, i64)> = prepared.iter().map(|p| (p.id(), p.change)).collect();
        self.state.at_gate_of(lease, now, &known, |gate| {
            if gate.live.as_ref().is_some_and(|live| *live != revision) {
                return Err(Error::RegisterChanged);
            }
            let active: Vec<&Hold> = gate.holds.iter().filter(|h| h.holds_at(now)).collect();
            let test = |(prepared, anew): (&&Prepared, &Option<Vec<ReviewAnswer>>)| {
                let holds = scopes(active.iter().copied(), &prepared.dataset);
                let compiled = match anew {
                    None => prepared.compile(now, &holds),
                    Some(anew) => prepared.compile_with(now, &holds, &answers(anew)),
                };
                (compiled, holds)
            };
            let tests: Vec<_> = prepared.iter().zip(&gate.answers).map(test).collect();
            Ok(ask(store.as_mut(), &tests))
        })?
    }

    /// Makes this register's revision the live one, if it is not.
    ///
    /// # Errors
    /// When it was live before, and somebody else has made another one live since: a process that
    /// runs long must not undo that. When Frist's own database does not answer.
    pub fn make_live(&mut self) -> Result<bool> {
        let hash = self.revision.to_string();
        if self.state.live_revision()?.is_some_and(|r| r.hash == hash) {
            self.was_live = true;
            return Ok(false);
        }
        if self.was_live {
            return Err(Error::RegisterChanged);
        }
        let now = self.now();
        let entry =
            Entry::new(now, Kind::Register { revision: self.revision, by: self.operator.clone() });
        let text = serde_json::to_string(&self.files)
            .map_err(|e| Error::Damaged { what: "the register's text", why: e.to_string() })?;
        let revision = Revision { hash, text, made_live_at: now, by: self.operator.to_string() };
        self.state.make_live(&revision, &entry)?;
        self.was_live = true;
        Ok(true)
    }
}

/// Answers as the rules take them.
fn answers(kept: &[ReviewAnswer]) -> Answers {
    let verdict = |a: &ReviewAnswer| match a.keep_until {
        Some(until) => Verdict::Keep { until },
        None => Verdict::Erase { since: a.at },
    };
    kept.iter().map(|a| (a.record.clone(), verdict(a))).collect()
}

/// The scopes of those holds that concern a data set.
pub fn scopes<'h>(holds: impl IntoIterator<Item = &'h Hold>, dataset: &DataSet) -> Vec<HoldScope> {
    let mut out = Vec::new();
    for hold in holds {
        gather(hold.hold.dataset.as_deref(), &hold.hold.scope, dataset, &mut out);
    }
    out
}

/// Adds what a scope, in this data set or in all, covers of `dataset`.
fn gather(of: Option<&str>, scope: &Scope, dataset: &DataSet, out: &mut Vec<HoldScope>) {
    if of.is_some_and(|d| d != dataset.id.value) {
        return;
    }
    let field = |name: &str, value: &str| HoldScope::Field {
        field: name.to_owned(),
        values: vec![value.to_owned()],
    };
    match scope {
        Scope::All => out.push(HoldScope::All),
        // Those of one hold together: a restriction may have thousands.
        Scope::Key { key } => match out.last_mut() {
            Some(HoldScope::Keys(keys)) => keys.push(key.clone()),
            _ => out.push(HoldScope::Keys(vec![key.clone()])),
        },
        Scope::Field { field: name, value, .. } => out.push(field(name, value)),
        Scope::Where { fields } => {
            let part = |(name, values): &(String, Vec<String>)| HoldScope::Field {
                field: name.clone(),
                values: values.clone(),
            };
            out.push(HoldScope::Every(fields.iter().map(part).collect()));
        }
        Scope::Any { parts } => {
            parts.iter().for_each(|p| gather(p.dataset.as_deref(), &p.scope, dataset, out));
        }
        // A data set that does not know this kind of subject has no records about it.
        Scope::Subject { kind, value } => {
            for (_, name) in dataset.subjects.iter().filter(|(s, _)| s.value == *kind) {
                out.push(match name {
                    Some(name) => field(name, value),
                    // Nobody can say which records are about whom: all are kept.
                    None => HoldScope::All,
                });
            }
            // Any identifier that the data set declares, such as an e-mail address.
            for (name, _) in dataset.identity.iter().filter(|(_, id)| id.value == *kind) {
                out.push(field(name, value));
            }
        }
    }
}

/// Whether one of the scopes covers a record with this key and these fields. Of a field that is
/// not there nobody can say whom the hold means: it then covers every record, as in the stores.
pub(crate) fn covers(scopes: &[HoldScope], key: &Key, fields: &Fields) -> bool {
    let value = |name: &str| fields.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.clone());
    let unknown = |scope: &HoldScope| {
        scope.fields().iter().any(|field| !fields.iter().any(|(n, _)| n == field))
    };
    scopes.iter().any(unknown) || is_held(scopes, &key.text(), &value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use frist_stores::KeyPart;

    #[test]
    fn a_hold_on_a_field_that_is_not_there_covers_everything() {
        let key = Key(vec![KeyPart::Int(1)]);
        let fields =
            vec![("case_no".to_owned(), Some("17".to_owned())), ("empty".to_owned(), None)];
        let on = |field: &str, value: &str| {
            let scope = HoldScope::Field { field: field.into(), values: vec![value.into()] };
            covers(&[scope], &key, &fields)
        };
        assert!(on("case_no", "17"));
        assert!(!on("case_no", "18"));
        assert!(!on("empty", "17"));
        assert!(on("sag", "17"));
    }
}
