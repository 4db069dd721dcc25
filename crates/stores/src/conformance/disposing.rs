//! `dispose` and `erase_again`: exactly what is due at that moment, once, and nothing else.

use std::collections::BTreeSet;

use frist_decide::{HoldScope, Value};
use frist_register::Anonymise;

use super::{Case, KEEP, Site, World, ok, some_persons};
use crate::{Action, Key};

fn ids(site: &dyn Site, world: &World, keys: &BTreeSet<Key>) -> BTreeSet<i64> {
    world
        .persons
        .iter()
        .map(|p| p.id)
        .filter(|id| keys.contains(&site.key("person", *id)))
        .collect()
}

fn without(world: &World, gone: &BTreeSet<i64>) -> World {
    let mut rest = world.clone();
    rest.persons.retain(|p| !gone.contains(&p.id));
    rest
}

/// All keys there are, and some that are not: what is due goes, once, and nothing else.
pub fn exactly_what_is_due_goes(site: &mut dyn Site) {
    site.fill(&some_persons(site, 90));
    let before = site.world();
    let mut case = Case::new(site, "", KEEP, "");
    let compiled = case.compiled(&[]);
    let due = case.due(&compiled, 1000);
    assert!(due.len() > 20, "the suite's own data has nothing due");
    // All keys there are, and some that are not: only those due may go.
    let mut keys: Vec<Key> = before.persons.iter().map(|p| site.key("person", p.id)).collect();
    keys.push(site.key("person", 999_999));
    let disposed = ok(case.store.dispose(&case.bound, &compiled, &keys, &Action::Erase));
    let done: BTreeSet<Key> = disposed.done.iter().map(|r| r.key.clone()).collect();
    assert!(
        done == due.iter().map(|r| r.key.clone()).collect(),
        "`dispose` did not do what was due"
    );
    for record in &disposed.done {
        assert!(due.contains(record), "`dispose` gives other facts than `due`");
    }
    assert_eq!(
        site.world(),
        without(&before, &ids(site, &before, &done)),
        "something else changed"
    );
    let again = ok(case.store.dispose(&case.bound, &compiled, &keys, &Action::Erase));
    assert!(again.done.is_empty(), "repeating `dispose` did something");
    assert!(case.due(&compiled, 10).is_empty());
    let gone: Vec<Key> = done.into_iter().collect();
    assert!(
        ok(case.store.disposed(&case.bound, &gone)) == gone,
        "`disposed` does not tell what is gone"
    );
    // Where the last page ended does not depend on that record being there.
    assert!(ok(case.store.due(&case.bound, &compiled, due.first(), 10)).is_empty());
}

/// A record that is no longer due when it is to be erased.
pub fn what_changed_in_between_stays(site: &mut dyn Site) {
    site.fill(&some_persons(site, 30));
    let mut case = Case::new(site, "", KEEP, "");
    let compiled = case.compiled(&[]);
    let keys: Vec<Key> = case.due(&compiled, 1000).into_iter().map(|r| r.key).collect();
    for (id, ended) in [(2, Some("2025-01-01")), (4, None), (6, site.unreadable())] {
        assert!(keys.contains(&site.key("person", id)), "person {id} is due");
        site.set_ended(id, ended);
    }
    let disposed = ok(case.store.dispose(&case.bound, &compiled, &keys, &Action::Erase));
    let left: BTreeSet<i64> = site.world().persons.iter().map(|p| p.id).collect();
    assert!(
        [2, 4, 6].iter().all(|id| left.contains(id)),
        "a record that changed after `due` was erased"
    );
    assert_eq!(disposed.done.len(), keys.len() - 3);
}

/// A record that was put on hold after it was found.
pub fn what_was_held_in_between_stays(site: &mut dyn Site) {
    site.fill(&some_persons(site, 30));
    let mut case = Case::new(site, "", KEEP, "");
    let compiled = case.compiled(&[]);
    let keys: Vec<Key> = case.due(&compiled, 1000).into_iter().map(|r| r.key).collect();
    let held = case.compiled(&[HoldScope::Keys(vec![keys[0].text()])]);
    let disposed = ok(case.store.dispose(&case.bound, &held, &keys, &Action::Erase));
    assert_eq!(disposed.done.len(), keys.len() - 1);
    assert_eq!(ok(case.store.fetch(&case.bound, &keys)).len(), 1, "a held record was erased");
}

/// `erase_again` asks no rule, and does no harm when repeated.
pub fn replay_erases_by_key(site: &mut dyn Site) {
    site.fill(&some_persons(site, 12));
    let before = site.world();
    let mut case = Case::new(site, "", KEEP, "");
    // 1 is kept, 2 is due, 99 is not there: replay erases what is there.
    let keys = [1, 2, 99].map(|id| site.key("person", id));
    let gone: BTreeSet<Key> = ok(case.store.erase_again(&case.bound, &keys)).into_iter().collect();
    assert!(gone == keys[..2].iter().cloned().collect(), "`erase_again` tells what it erased");
    assert_eq!(site.world(), without(&before, &[1, 2].into()));
    assert!(ok(case.store.erase_again(&case.bound, &keys)).is_empty());
}

/// Only the fields of the rule change, only in what is due, once.
pub fn fields_are_anonymised(site: &mut dyn Site) {
    let fields = [("name", Anonymise::Pseudonym), ("state", Anonymise::Fixed("-".into()))];
    let then = "then = { anonymise = { name = \"pseudonym\", state = { fixed = \"-\" } } }";
    site.fill(&some_persons(site, 60));
    let before = site.world();
    let mut case = Case::new(site, then, KEEP, "");
    let compiled = case.compiled(&[]);
    let due = case.due(&compiled, 7);
    let keys: Vec<Key> = due.iter().map(|r| r.key.clone()).collect();
    let action = Action::Anonymise {
        fields: fields.map(|(name, how)| (name.to_owned(), how)).to_vec(),
        pseudonym_key: [7; 32],
    };
    assert!(ok(case.store.disposed(&case.bound, &keys)).is_empty());
    let disposed = ok(case.store.dispose(&case.bound, &compiled, &keys, &action));
    assert_eq!(disposed.done.len(), due.len());
    let done = ids(site, &before, &keys.iter().cloned().collect());
    let mut names = BTreeSet::new();
    for (was, is) in before.persons.iter().zip(site.world().persons) {
        if done.contains(&was.id) {
            assert!(is.name.starts_with("psn_") && is.name.len() == 36, "no pseudonym was written");
            assert!(names.insert(is.name), "two persons have one pseudonym");
            assert_eq!((is.state.as_deref(), &is.ended), (Some("-"), &was.ended));
        } else {
            assert_eq!(*was, is, "a record that was not due was changed");
        }
    }
    let census = ok(case.store.census(&case.bound, &compiled));
    assert_eq!(census.done, due.len() as u64, "what is anonymised counts as done");
    assert_eq!(ok(case.store.count_due(&case.bound, &compiled)), (0, 0));
    assert!(case.due(&compiled, 10).is_empty(), "what is anonymised is due no more");
    assert!(ok(case.store.disposed(&case.bound, &keys)) == keys);
    let again = ok(case.store.dispose(&case.bound, &compiled, &keys, &action));
    assert!(again.done.is_empty(), "anonymising twice did something");
    assert!(due.iter().all(|r| r.facts.iter().all(|f| *f != Value::Other)));
}
