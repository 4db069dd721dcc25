//! The contract of [`Store`], as tests that every kind of store must pass.
//!
//! A [`Site`] is a store under test with a back door: it fills it, changes it behind Frist's back
//! and reads what is there without Frist. [`store_conformance!`](crate::store_conformance) makes a
//! test of each case; one that fails says which line of the contract is broken. All data is made up
//! here, from fixed seeds.
//!
//! [`Memory`] is the model with which the others are compared, and [`FlakySite`] holds any of them
//! against the contract while it fails at random.

mod bytes;
mod deciding;
mod disposing;
mod finding;
mod flaky;
mod links;
mod memory;
mod model;
mod random;
mod trouble;

pub use flaky::{Flaky, FlakySite, Patient};
pub use memory::Memory;

/// The cases; [`store_conformance!`](crate::store_conformance) lists them.
pub mod cases {
    pub use super::bytes::*;
    pub use super::deciding::*;
    pub use super::disposing::*;
    pub use super::finding::*;
    pub use super::links::*;
    pub use super::model::*;
    pub use super::random::*;
    pub use super::trouble::*;
}

use std::path::PathBuf;

use frist_decide::{Compiled, HoldScope, RuleSet, compile};
use frist_law::LawBook;
use frist_register::Register;
use jiff::Timestamp;

use crate::{Bound, Key, Record, Store, StoreError, open};

/// A record of the first collection, `person`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The key.
    pub id: i64,
    /// A text that stands nowhere else.
    pub name: String,
    /// The starting point, `YYYY-MM-DD`; or what [`Site::unreadable`] gives.
    pub ended: Option<String>,
    /// A state.
    pub state: Option<String>,
    /// Another person, where the store has references.
    pub boss: Option<i64>,
}

/// A record of the second collection, `note`, which refers to the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The key.
    pub id: i64,
    /// The person it is about.
    pub person: Option<i64>,
    /// Its date.
    pub at: Option<String>,
}

/// All records, each list in the order of the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// The collection `person`: fields `id`, `name`, `ended`, `state`, `boss`.
    pub persons: Vec<Person>,
    /// The collection `note`: fields `id`, `person`, `at`.
    pub notes: Vec<Note>,
}

/// A store under test, and a back door to it.
pub trait Site {
    /// Lines of `[[store]]` after its id, such as `kind = "sqlite"` and `path = "a.sqlite"`.
    fn store(&self) -> String;
    /// The register's folder.
    fn base_dir(&self) -> PathBuf {
        PathBuf::from(".")
    }
    /// An environment variable.
    fn env(&self, _name: &str) -> Option<String> {
        None
    }
    /// The store, opened anew.
    ///
    /// # Errors
    /// When it does not open.
    fn open(&self, register: &Register) -> Result<Box<dyn Store>, StoreError> {
        open(&register.stores[0], &self.base_dir(), &|name| self.env(name))
    }
    /// What the register calls the collection `person` or `note`.
    fn collection(&self, name: &str) -> String {
        name.to_owned()
    }
    /// A line for the data set when its key must be said, such as `key = "id"`.
    fn key_line(&self) -> String {
        String::new()
    }
    /// The key of a record.
    fn key(&self, _collection: &str, id: i64) -> Key {
        Key(vec![crate::KeyPart::Int(id)])
    }
    /// Replaces everything by these records.
    fn fill(&mut self, world: &World);
    /// Changes a person's `ended`.
    fn set_ended(&mut self, person: i64, ended: Option<&str>);
    /// What is there.
    fn world(&mut self) -> World;
    /// A value of `ended` that can be stored but is no date.
    fn unreadable(&self) -> Option<&'static str>;
    /// Whether an answer can be lost on its way: then nobody knows how many references were emptied.
    fn loses_answers(&self) -> bool {
        false
    }
    /// Everything that the store's own files hold, where it claims that erased bytes are gone
    /// after `settle`.
    fn bytes(&mut self) -> Option<Vec<u8>>;
}

/// The instant of all checks.
pub(crate) const NOW: &str = "2025-06-01T10:00:00Z";

/// A person is kept for three years after `ended`.
pub(crate) const KEEP: &str =
    "[[dataset.keep]]\nfor = \"p\"\nfrom = \"ended\"\nperiod = \"3 years\"\n";

/// Makes a module `$name` with a test of each case for the site that `$site` makes anew each time.
///
/// `records` is what every store must do. The other groups are for stores that can: `references`
/// (links between records), `fields` (anonymising), `bytes` (what is erased is not in the store's
/// own files once it is settled), `field_bytes` (nor what was anonymised).
///
/// ```ignore
/// store_conformance!(sqlite, SqliteSite::new("wal"), records, references, fields, bytes);
/// ```
#[macro_export]
macro_rules! store_conformance {
    (@group records, $site:expr) => {
        $crate::store_conformance!(@cases $site;
            agrees_with_the_interpreter, holds_hold, keys_and_fields_are_found,
            the_earliest_beyond_is_found, who_is_looked_for_is_found,
            nobody_else_is_found, random_records_are_decided_alike,
            exactly_what_is_due_goes, what_changed_in_between_stays, what_was_held_in_between_stays,
            replay_erases_by_key, the_model_says_the_same, nothing_early_whatever_it_answers);
    };
    (@group references, $site:expr) => {
        $crate::store_conformance!(@cases $site;
            who_is_referred_to_stays, references_are_let_go_of, leaves_go_first,
            cycles_go_together, facts_of_other_records, the_model_says_the_same_of_references,
            nothing_early_along_references);
    };
    (@group fields, $site:expr) => {
        $crate::store_conformance!(@cases $site;
            fields_are_anonymised, the_model_says_the_same_of_fields,
            no_field_early_whatever_it_answers);
    };
    (@group bytes, $site:expr) => {
        $crate::store_conformance!(@cases $site;
            bytes_of_small_batches_are_gone, bytes_of_a_large_batch_are_gone);
    };
    (@group field_bytes, $site:expr) => {
        $crate::store_conformance!(@cases $site; bytes_of_changed_fields_are_gone);
    };
    (@cases $site:expr; $($case:ident),+) => {
        $(
            #[test]
            fn $case() {
                $crate::conformance::cases::$case(&mut $site);
            }
        )+
    };
    ($name:ident, $site:expr, $($group:ident),+ $(,)?) => {
        mod $name {
            use super::*;
            $( $crate::store_conformance!(@group $group, $site); )+
        }
    };
}

/// One data set under one rule.
pub(crate) struct Case {
    pub(crate) register: Register,
    pub(crate) rules: RuleSet,
    pub(crate) store: Box<dyn Store>,
    pub(crate) bound: Bound,
}

impl Case {
    /// `person` is the table `[[dataset]]` of persons with this rule, after `then` where given;
    /// `note` likewise, left out when empty.
    pub(crate) fn new(site: &dyn Site, then: &str, person: &str, note: &str) -> Self {
        let notes = match note {
            "" => String::new(),
            rule => format!(
                "[[dataset]]\nid = \"notes\"\nactivity = \"a\"\nat = \"s/{}\"\n{}\nsubjects = [\"customer\"]\ncategories = [\"communication\"]\n[dataset.facts]\nat = \"date\"\n{rule}",
                site.collection("note"),
                site.key_line()
            ),
        };
        let text = format!(
            "[controller]\nname = \"A\"\n[[store]]\nid = \"s\"\n{}\n\
             [[activity]]\nid = \"a\"\ntitle = {{ en = \"A\" }}\n\
             [[activity.purpose]]\nid = \"p\"\ntext = {{ en = \"service\" }}\nbasis = \"6(1)(b)\"\n\
             [[activity.purpose]]\nid = \"q\"\ntext = {{ en = \"claims\" }}\nbasis = \"6(1)(b)\"\n\
             [[dataset]]\nid = \"persons\"\nactivity = \"a\"\nat = \"s/{}\"\n{}\nsubject = {{ customer = \"id\" }}\ncategories = [\"identity\"]\n{then}\n\
             [dataset.facts]\nended = \"date\"\n{person}\n{notes}",
            site.store(),
            site.collection("person"),
            site.key_line()
        );
        let reading = Register::read(&[("register.toml", &text)]);
        let Some(register) = reading.register else {
            panic!("the suite's own register is wrong: {:?}\n{text}", reading.diagnostics)
        };
        let mut store =
            site.open(&register).unwrap_or_else(|e| panic!("the store does not open: {e}"));
        let (rules, bound) = bind(&register, 0, store.as_mut());
        Self { register, rules, store, bound }
    }

    /// The rule at [`NOW`].
    pub(crate) fn compiled(&self, holds: &[HoldScope]) -> Compiled {
        self.compiled_at(now(), holds)
    }

    pub(crate) fn compiled_at(&self, t: Timestamp, holds: &[HoldScope]) -> Compiled {
        compile(&self.rules, self.bound.kinds(), t, holds)
    }

    /// All that is due, by pages.
    pub(crate) fn due(&mut self, compiled: &Compiled, page: usize) -> Vec<Record> {
        let mut all: Vec<Record> = Vec::new();
        loop {
            let found = ok(self.store.due(&self.bound, compiled, all.last(), page));
            assert!(found.len() <= page, "`due` gave more than the limit");
            if found.is_empty() {
                return all;
            }
            all.extend(found);
            assert!(all.len() < 1_000_000, "`due` does not come to an end");
        }
    }
}

/// Binds a data set of the register.
pub(crate) fn bind(register: &Register, dataset: usize, store: &mut dyn Store) -> (RuleSet, Bound) {
    let dataset = &register.datasets[dataset];
    let rules = match RuleSet::resolve(register, LawBook::embedded(), dataset) {
        Ok(rules) => rules,
        Err(e) => panic!("the suite's own rule is wrong: {e}"),
    };
    let bound = ok(store.bind(register, dataset, &rules));
    (rules, bound)
}

pub(crate) fn now() -> Timestamp {
    match NOW.parse() {
        Ok(now) => now,
        Err(e) => panic!("{e}"),
    }
}

pub(crate) fn ok<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|e| panic!("the store failed: {e}"))
}

/// Persons: even ids ended long ago, odd ones lately; every seventh has nothing or what is no date.
pub(crate) fn some_persons(site: &dyn Site, count: i64) -> World {
    let ended = |id: i64| match id % 7 {
        0 if id % 2 == 0 => None,
        0 => site.unreadable().map(str::to_owned),
        _ if id % 2 == 0 => Some(format!("{}-{:02}-15", 2012 + id % 9, 1 + id % 12)),
        _ => Some(format!("2024-{:02}-01", 1 + id % 12)),
    };
    let state = |id: i64| ["open", "closed", ""].get((id % 4) as usize).map(|s| (*s).to_owned());
    let persons = (1..=count)
        .map(|id| Person { id, name: marker(id), ended: ended(id), state: state(id), boss: None })
        .collect();
    World { persons, notes: Vec::new() }
}

/// A text that stands nowhere else.
pub(crate) fn marker(id: i64) -> String {
    format!("Qz{id:06}Marker{:08x}", (id as u32).wrapping_mul(2_654_435_761))
}
