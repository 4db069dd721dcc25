//! Asking the stores until the judge has nothing more to ask for.
//!
//! Each store is asked on a thread of its own, over its own connection, for all of its data sets at
//! once where it can, one question each, with all values that are new in this round. Values that prove nothing by
//! themselves are asked for separately and read only as far as a person can look through.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use frist_stores::{Bound, FieldMatch, FoundRow, Key, Looked, Search, Store, StoreError};
use frist_sweep::Engine;

use super::fields::Fields;
use super::follow::{Follower, follow, links};
use super::judge::{Outside, Row, Teller, Value, Verdict, judge};
use super::value::{normal, spellings};
use super::{Found, Limits, NO_FIELD, Said};
use crate::{CasesError, Result};

/// Looks for persons by one register, whose data sets it has bound to their stores once.
pub struct Finder {
    fields: Fields,
    /// Of each place, what its store knows of it; none where it cannot be searched.
    bound: Vec<Option<Bound>>,
    /// Of each place, its store.
    stores: Vec<String>,
    unreachable: Vec<(String, String)>,
    unsearchable: Vec<(String, String)>,
    /// Data sets without identifiers that are reached through others.
    followers: Vec<Follower>,
}

/// What one data set is asked in one round.
struct Ask {
    place: usize,
    matches: Vec<FieldMatch>,
    limit: usize,
    /// Whether for values that prove something.
    strong: bool,
}

/// The answer of one data set.
type Answer = (Ask, Result<Looked, StoreError>);

/// What was gathered so far.
#[derive(Default)]
struct Pool {
    rows: Vec<Row>,
    at: HashMap<(usize, Key), usize>,
    /// Places of which not everything that proves nothing was read.
    more: HashSet<usize>,
    found: Found,
    asked: HashSet<Value>,
    /// Places that were asked, and those that failed.
    searched: BTreeSet<usize>,
    failed: HashSet<usize>,
    unread: BTreeMap<usize, u64>,
    slow: BTreeSet<(usize, String)>,
}

impl Finder {
    /// Reads from the register what can be looked for where, and binds its data sets. What cannot be
    /// opened or bound is part of every answer.
    pub fn new(engine: &mut Engine) -> Self {
        let fields = Fields::new(&engine.register);
        let mut finder = Self {
            bound: Vec::new(),
            stores: Vec::new(),
            unreachable: Vec::new(),
            unsearchable: Vec::new(),
            followers: Vec::new(),
            fields,
        };
        finder.followers(engine);
        let reached = |d: &String| finder.followers.iter().any(|f| f.dataset == *d);
        let without = finder.fields.without.iter().filter(|d| !reached(d));
        let without: Vec<_> = without.map(|d| (d.clone(), NO_FIELD.to_owned())).collect();
        finder.unsearchable.extend(without);
        for place in &finder.fields.places {
            let dataset = engine.register.dataset(&place.dataset);
            let store = dataset.map(|d| d.store.value.clone()).unwrap_or_default();
            let closed = finder.unreachable.iter().any(|(s, _)| *s == store);
            let bound = match engine.store(&store) {
                _ if closed => None,
                Err(e) => {
                    finder.unreachable.push((store.clone(), e.to_string()));
                    None
                }
                Ok(_) => match engine.prepare(&place.dataset) {
                    Ok(prepared) => Some(prepared.bound),
                    Err(e) => {
                        finder.unsearchable.push((place.dataset.clone(), e.to_string()));
                        None
                    }
                },
            };
            finder.bound.push(bound);
            finder.stores.push(store);
        }
        finder
    }

    /// What can be reached through others; what cannot be bound is said to be unsearchable.
    fn followers(&mut self, engine: &mut Engine) {
        let known = self.fields.places.iter().map(|p| p.dataset.as_str()).collect();
        for (dataset, to, by) in links(&engine.register, &known, &self.fields.without) {
            let store = engine.register.dataset(&dataset).map(|d| d.store.value.clone());
            // What cannot be bound stays among those that nobody can search.
            if let (Some(store), Ok(prepared)) = (store, engine.prepare(&dataset)) {
                self.followers.push(Follower { dataset, to, by, store, bound: prepared.bound });
            }
        }
    }

    /// The kinds of values by which a person can be looked for.
    pub fn kinds(&self) -> Vec<&str> {
        self.fields.ids()
    }

    /// Finds a person; as [`super::find`]. The engine must be the one that this was made with, or
    /// one of the same register.
    ///
    /// # Errors
    /// As [`super::find`].
    pub fn find(
        &self,
        engine: &mut Engine,
        known: &[(String, String)],
        limits: &Limits,
        said: &[Said],
    ) -> Result<Found> {
        let outside = self.outside(known, said)?;
        let mut pool = Pool::default();
        self.records_said(engine, said, &mut pool)?;
        let mut verdict = judge(&self.fields, &pool.rows, &outside, limits.identifiers);
        loop {
            let asks = self.asks(&verdict, &outside, &mut pool, limits);
            if asks.is_empty() {
                break;
            }
            if pool.found.rounds == limits.rounds {
                pool.found.truncated.rounds = true;
                break;
            }
            pool.found.rounds += 1;
            for (ask, answer) in self.ask(engine, asks) {
                self.take(&ask, answer, &mut pool, limits);
            }
            verdict = judge(&self.fields, &pool.rows, &outside, limits.identifiers);
        }
        let mut found = self.tell(&verdict, &outside, pool);
        follow(engine, &self.followers, limits, &mut found);
        Ok(found)
    }

    fn value(&self, kind: &str, text: &str) -> Result<(Value, String)> {
        let wrong = |why| CasesError::Input { what: "a value that tells who somebody is", why };
        let ix = self.fields.kind_of(kind).ok_or_else(|| {
            let all = self.fields.ids().join(", ");
            wrong(match all.is_empty() {
                true => "the register names no field that tells who a record is about; add `identity = { field = \"kind\" }` to its data sets".to_owned(),
                false => format!("the register has no kind `{kind}`; it has {all}"),
            })
        })?;
        let format = self.fields.kinds[ix].format;
        let normal = normal(format, text)
            .ok_or_else(|| wrong(format!("what was given as `{kind}` cannot be anybody's")))?;
        Ok(((ix, normal), text.to_owned()))
    }

    fn outside(&self, known: &[(String, String)], said: &[Said]) -> Result<Outside> {
        let mut outside = Outside::default();
        for (kind, text) in known {
            outside.given.push(self.value(kind, text)?);
        }
        for word in said {
            match word {
                Said::Yes { kind, value } => outside.yes.push(self.value(kind, value)?),
                Said::No { kind, value } => _ = outside.no.insert(self.value(kind, value)?.0),
                Said::YesRecord { dataset, key } => {
                    outside.yes_records.insert((self.place(dataset)?, key.clone()));
                }
                Said::NoRecord { dataset, key } => {
                    outside.no_records.insert((self.place(dataset)?, key.clone()));
                }
            }
        }
        if outside.given.is_empty() && outside.yes.is_empty() && outside.yes_records.is_empty() {
            let why = format!(
                "nothing says whom to look for; give at least one of {}",
                self.fields.ids().join(", ")
            );
            return Err(CasesError::Input { what: "the search", why });
        }
        Ok(outside)
    }

    fn place(&self, dataset: &str) -> Result<usize> {
        self.fields.places.iter().position(|p| p.dataset == dataset).ok_or_else(|| {
            CasesError::NotFound { what: "data set that can be searched", id: dataset.to_owned() }
        })
    }

    /// Reads the records that a person has said are the person's; one that is gone is gone.
    fn records_said(&self, engine: &mut Engine, said: &[Said], pool: &mut Pool) -> Result<()> {
        for word in said {
            let Said::YesRecord { dataset, key } = word else { continue };
            let place = self.place(dataset)?;
            let Some(bound) = &self.bound[place] else { continue };
            let store = engine.store(&self.stores[place])?;
            let key = store.parse_key(bound, key)?;
            if let Some(fields) = store.fields(bound, &key)? {
                let values = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
                self.add(place, FoundRow { key, values: values.collect() }, pool);
            }
        }
        Ok(())
    }

    /// What is new to ask for, in each data set.
    fn asks(
        &self,
        verdict: &Verdict,
        outside: &Outside,
        pool: &mut Pool,
        limits: &Limits,
    ) -> Vec<Ask> {
        let mut new: HashMap<usize, (Vec<String>, Vec<String>)> = HashMap::new();
        for (value, strong, raw) in verdict.values() {
            if outside.no.contains(value) || !pool.asked.insert(value.clone()) {
                continue;
            }
            let all = spellings(self.fields.kinds[value.0].format, raw);
            let (proving, other) = new.entry(value.0).or_default();
            if strong { proving } else { other }.extend(all);
        }
        let mut asks = Vec::new();
        for (ix, place) in self.fields.places.iter().enumerate() {
            if self.bound[ix].is_none() || pool.failed.contains(&ix) {
                continue;
            }
            for strong in [true, false] {
                let limit = if strong { limits.records } else { limits.asked };
                let spelled = |kind: &usize| {
                    let both = new.get(kind);
                    both.map(|(proving, other)| if strong { proving } else { other })
                };
                // Every field each time, so that the store sees the same question.
                let matches: Vec<FieldMatch> = place
                    .fields
                    .iter()
                    .map(|field| FieldMatch {
                        field: field.name.clone(),
                        spellings: field
                            .kinds
                            .iter()
                            .filter_map(spelled)
                            .flatten()
                            .cloned()
                            .collect(),
                    })
                    .collect();
                if matches.iter().any(|m| !m.spellings.is_empty()) {
                    asks.push(Ask { place: ix, matches, limit, strong });
                }
            }
        }
        asks
    }

    /// Asks, each store on a thread of its own. A store that cannot be had answers for all.
    fn ask(&self, engine: &mut Engine, asks: Vec<Ask>) -> Vec<Answer> {
        let mut by_store: BTreeMap<&str, Vec<Ask>> = BTreeMap::new();
        for ask in asks {
            by_store.entry(&self.stores[ask.place]).or_default().push(ask);
        }
        let mut answers = Vec::new();
        let mut work: Vec<(&str, Box<dyn Store>, Vec<Ask>)> = Vec::new();
        for (id, asks) in by_store {
            match engine.lend_store(id) {
                Ok(store) => work.push((id, store, asks)),
                Err(e) => answers.extend(asks.into_iter().map(|ask| {
                    let why = e.to_string();
                    (ask, Err(StoreError::Unreachable { store: id.to_owned(), why }))
                })),
            }
        }
        // The last one here: one store alone needs no thread.
        let here = work.pop();
        let one = |store: &mut Box<dyn Store>, asks: Vec<Ask>| self.look(store.as_mut(), asks);
        let mut back = std::thread::scope(|scope| {
            let threads: Vec<_> = work
                .into_iter()
                .map(|(id, mut store, asks)| {
                    scope.spawn(move || {
                        let found = one(&mut store, asks);
                        (id, store, found)
                    })
                })
                .collect();
            let mut back: Vec<_> = here
                .map(|(id, mut store, asks)| {
                    let found = one(&mut store, asks);
                    (id, store, found)
                })
                .into_iter()
                .collect();
            for thread in threads {
                match thread.join() {
                    Ok(done) => back.push(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            back
        });
        back.sort_by_key(|(id, ..)| *id);
        for (id, store, found) in back {
            engine.return_store(id, store);
            answers.extend(found);
        }
        answers
    }

    fn look(&self, store: &mut dyn Store, asks: Vec<Ask>) -> Vec<Answer> {
        let search = |ask: &Ask| {
            let fields = &self.fields.places[ask.place].fields;
            Some(Search {
                bound: self.bound[ask.place].as_ref()?,
                any_of: ask.matches.clone(),
                wanted: fields.iter().map(|f| f.name.clone()).collect(),
                // One more than wanted tells that there are more.
                limit: ask.limit.saturating_add(1),
            })
        };
        // What is not bound is not asked.
        let searches: Vec<Search<'_>> = asks.iter().filter_map(search).collect();
        let found = store.find_all(&searches);
        drop(searches);
        asks.into_iter().zip(found).collect()
    }

    fn take(
        &self,
        ask: &Ask,
        answer: Result<Looked, StoreError>,
        pool: &mut Pool,
        limits: &Limits,
    ) {
        let dataset = &self.fields.places[ask.place].dataset;
        let mut looked = match answer {
            Ok(looked) => looked,
            Err(
                StoreError::Missing { .. }
                | StoreError::Unsupported { .. }
                | StoreError::Bind { .. },
            ) if pool.failed.contains(&ask.place) => return,
            Err(
                e @ (StoreError::Missing { .. }
                | StoreError::Unsupported { .. }
                | StoreError::Bind { .. }),
            ) => {
                pool.failed.insert(ask.place);
                pool.found.unsearchable.push((dataset.clone(), e.to_string()));
                return;
            }
            Err(e) => {
                let store = &self.stores[ask.place];
                pool.failed.insert(ask.place);
                if !pool.found.unreachable.iter().any(|(s, _)| s == store) {
                    pool.found.unreachable.push((store.clone(), e.to_string()));
                }
                return;
            }
        };
        pool.searched.insert(ask.place);
        pool.slow.extend(looked.slow.drain(..).map(|field| (ask.place, field)));
        let unread = pool.unread.entry(ask.place).or_default();
        *unread = (*unread).max(looked.unread);
        if looked.rows.len() > ask.limit {
            looked.rows.truncate(ask.limit);
            match ask.strong {
                true if !pool.found.truncated.datasets.contains(dataset) => {
                    pool.found.truncated.datasets.push(dataset.clone());
                }
                true => {}
                false => _ = pool.more.insert(ask.place),
            }
        }
        for row in looked.rows {
            if pool.rows.len() >= limits.total {
                pool.found.truncated.total = true;
                return;
            }
            self.add(ask.place, row, pool);
        }
    }

    fn add(&self, place: usize, row: FoundRow, pool: &mut Pool) {
        let FoundRow { key, values } = row;
        let next = pool.rows.len();
        if *pool.at.entry((place, key.clone())).or_insert(next) != next {
            return;
        }
        let fields = &self.fields.places[place].fields;
        let values = values
            .into_iter()
            .filter_map(|(name, value)| Some((fields.iter().position(|f| f.name == name)?, value)))
            .collect();
        pool.rows.push(Row { place, key, values });
    }

    fn tell(&self, verdict: &Verdict, outside: &Outside, pool: Pool) -> Found {
        let name = |place: usize| self.fields.places[place].dataset.clone();
        let Pool { rows, more, mut found, searched, failed, unread, slow, .. } = pool;
        let teller = Teller { verdict, fields: &self.fields, rows: &rows, outside };
        found.hits = teller.hits();
        found.asked = teller.asked(&more);
        found.identifiers = teller.identifiers();
        found.truncated.identifiers |= verdict.cut;
        found.searched =
            searched.difference(&failed.into_iter().collect()).map(|p| name(*p)).collect();
        found.unread =
            unread.into_iter().filter(|(_, n)| *n > 0).map(|(p, n)| (name(p), n)).collect();
        found.slow = slow.into_iter().map(|(p, field)| (name(p), field)).collect();
        found.unreachable.extend(self.unreachable.iter().cloned());
        found.unsearchable.extend(self.unsearchable.iter().cloned());
        for (ix, place) in self.fields.places.iter().enumerate() {
            let was_asked = found.searched.contains(&place.dataset)
                || found.unsearchable.iter().any(|(d, _)| *d == place.dataset)
                || found.unreachable.iter().any(|(s, _)| *s == self.stores[ix]);
            if !was_asked {
                let kinds = place.fields.iter().flat_map(|f| &f.kinds);
                let mut kinds: Vec<String> =
                    kinds.map(|k| self.fields.kinds[*k].id.clone()).collect();
                kinds.sort_unstable();
                kinds.dedup();
                found.not_asked.push((place.dataset.clone(), kinds));
            }
        }
        found
    }
}
