//! Calls that fail before or after they took effect: whatever the store answered, nothing went
//! early, and once it has answered, all that is due is gone and nothing else.

use std::collections::BTreeSet;

use frist_decide::Compiled;
use frist_register::Anonymise;

use super::links::link;
use super::{Case, Flaky, KEEP, Note, Site, World, some_persons};
use crate::{Action, Key, Store, StoreError};

/// Erasing records.
pub fn nothing_early_whatever_it_answers(site: &mut dyn Site) {
    for seed in 1..=4 {
        let world = some_persons(site, 30);
        until_it_answers(site, &world, "", "", &Action::Erase, seed);
    }
}

/// Erasing records that others refer to, which let go.
pub fn nothing_early_along_references(site: &mut dyn Site) {
    let mut world = some_persons(site, 30);
    let note = |id: i64| Note { id, person: Some(1 + id % 30), at: Some("2025-05-01".into()) };
    world.notes = (1..=50).map(note).collect();
    for seed in 5..=7 {
        until_it_answers(site, &world, "", &link("detach"), &Action::Erase, seed);
    }
}

/// Changing fields.
pub fn no_field_early_whatever_it_answers(site: &mut dyn Site) {
    let then = "then = { anonymise = { name = \"pseudonym\" } }";
    let fields = vec![("name".to_owned(), Anonymise::Pseudonym)];
    let action = Action::Anonymise { fields, pseudonym_key: [9; 32] };
    for seed in 8..=10 {
        let world = some_persons(site, 30);
        until_it_answers(site, &world, then, "", &action, seed);
    }
}

/// Half of all calls fail. Meanwhile somebody makes records that are due not due, and due again.
fn until_it_answers(
    site: &mut dyn Site,
    world: &World,
    then: &str,
    notes: &str,
    action: &Action,
    seed: u64,
) {
    site.fill(world);
    let mut before = site.world();
    let mut case = Case::new(site, then, KEEP, notes);
    let compiled = case.compiled(&[]);
    let due = |case: &mut Case| -> BTreeSet<Key> {
        case.due(&compiled, 1000).into_iter().map(|r| r.key).collect()
    };
    let mut may_go = due(&mut case);
    let all = may_go.len();
    let mut store = Flaky::new(std::mem::replace(&mut case.store, gone()), seed, 50);
    let (mut turns, mut spared, mut doubt) = (0, Spared::Nobody, Vec::new());
    loop {
        turns += 1;
        assert!(turns < 1000, "it does not come to an end");
        let answer = step(&mut store, &case, &compiled, action, &mut doubt);
        let now = site.world();
        untouched(site, &before, &now, &may_go);
        // Nothing is said to be gone that is there, nor to be there when it is gone.
        let gone = done(site, &before, &now);
        let keys: Vec<Key> = may_go.iter().cloned().collect();
        if let Ok(disposed) = store.disposed(&case.bound, &keys) {
            let said: BTreeSet<Key> = disposed.into_iter().collect();
            assert!(said == gone, "`disposed` is not true");
        }
        spared = match (spared, answer) {
            // One that was asked for and is still there is no longer due, ...
            (Spared::Nobody, _) => {
                let left = |id: i64| {
                    let key = site.key("person", id);
                    doubt.contains(&key) && !gone.contains(&key)
                };
                match before.persons.iter().find(|p| left(p.id)).cloned() {
                    Some(person) => {
                        may_go.remove(&change(site, &mut before, person.id, Some("2025-01-01")));
                        Spared::Now(person.id, person.ended)
                    }
                    None => Spared::Nobody,
                }
            }
            // ... and due again when all others are gone.
            (Spared::Now(id, ended), Ok(true)) => {
                may_go.insert(change(site, &mut before, id, ended.as_deref()));
                Spared::Over
            }
            (Spared::Over, Ok(true)) => break,
            (spared, _) => spared,
        };
    }
    let now = site.world();
    let gone = done(site, &before, &now);
    assert!(gone == may_go && gone.len() == all, "what is due is not all gone");
    let (early, late) = store.failed;
    assert!(early > 0 && late > 0, "no call failed, so nothing was tried");
}

/// Somebody who is not due for a while, and when that person's time really ended.
enum Spared {
    Nobody,
    Now(i64, Option<String>),
    Over,
}

/// Changes a person's `ended`, there and in what is known of before.
fn change(site: &mut dyn Site, before: &mut World, id: i64, ended: Option<&str>) -> Key {
    site.set_ended(id, ended);
    if let Some(person) = before.persons.iter_mut().find(|p| p.id == id) {
        person.ended = ended.map(str::to_owned);
    }
    site.key("person", id)
}

fn gone() -> Box<dyn Store> {
    Box::new(super::Memory::default())
}

/// One turn of a sweep, in small batches; what a batch before left in doubt is asked for again
/// with the same keys, as recovery does. Whether the store said that nothing is left.
fn step(
    store: &mut impl Store,
    case: &Case,
    compiled: &Compiled,
    action: &Action,
    doubt: &mut Vec<Key>,
) -> Result<bool, StoreError> {
    if doubt.is_empty() {
        let page = store.due(&case.bound, compiled, None, 2)?;
        *doubt = page.into_iter().map(|r| r.key).collect();
        if doubt.is_empty() {
            return Ok(true);
        }
    }
    store.dispose(&case.bound, compiled, doubt, action)?;
    doubt.clear();
    Ok(false)
}

/// The keys of persons that were there and are gone, or have another name.
fn done(site: &dyn Site, before: &World, now: &World) -> BTreeSet<Key> {
    let same = |id: i64, name: &str| now.persons.iter().any(|p| p.id == id && p.name == name);
    let gone = before.persons.iter().filter(|p| !same(p.id, &p.name));
    gone.map(|p| site.key("person", p.id)).collect()
}

fn untouched(site: &dyn Site, before: &World, now: &World, may_go: &BTreeSet<Key>) {
    for person in &before.persons {
        if !may_go.contains(&site.key("person", person.id)) {
            assert!(now.persons.contains(person), "a record that is not due was touched");
        }
    }
    assert!(now.persons.len() <= before.persons.len());
    let gone = done(site, before, now);
    for (was, is) in before.notes.iter().zip(&now.notes) {
        let emptied = was.person.is_some_and(|id| gone.contains(&site.key("person", id)));
        let expected = if emptied { None } else { was.person };
        assert_eq!((was.id, expected, &was.at), (is.id, is.person, &is.at), "a reference");
    }
    assert_eq!(before.notes.len(), now.notes.len(), "a note");
}
