//! References: what blocks, what is let go of, and records that only block each other.

use std::collections::BTreeSet;

use super::{Case, KEEP, Note, Person, Site, World, marker, ok};
use crate::{Action, Key};

const NOTES: &str = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"1 year\"\n";

fn person(id: i64, ended: &str, boss: Option<i64>) -> Person {
    Person { id, name: marker(id), ended: Some(ended.into()), state: None, boss }
}

fn note(id: i64, person: i64, at: &str) -> Note {
    Note { id, person: Some(person), at: Some(at.into()) }
}

pub(super) fn link(effect: &str) -> String {
    format!("{NOTES}[[dataset.link]]\nto = \"persons\"\nby = \"person\"\non_erase = \"{effect}\"\n")
}

const OLD: &str = "2015-01-01";
const NEW: &str = "2025-05-01";

fn world() -> World {
    World {
        persons: (1..=4).map(|id| person(id, OLD, None)).collect(),
        notes: vec![note(1, 1, NEW), note(2, 2, OLD), note(3, 2, NEW), note(4, 3, OLD)],
    }
}

fn erase_all(case: &mut Case, keys: &[Key]) -> crate::Disposed {
    let compiled = case.compiled(&[]);
    ok(case.store.dispose(&case.bound, &compiled, keys, &Action::Erase))
}

fn keys(site: &dyn Site, ids: impl IntoIterator<Item = i64>) -> Vec<Key> {
    ids.into_iter().map(|id| site.key("person", id)).collect()
}

/// A record that something refers to is not erased, by replay neither.
pub fn who_is_referred_to_stays(site: &mut dyn Site) {
    for effect in ["block", "cascade"] {
        site.fill(&world());
        let before = site.world();
        let mut case = Case::new(site, "", KEEP, &link(effect));
        let compiled = case.compiled(&[]);
        assert_eq!(ok(case.store.count_due(&case.bound, &compiled)), (4, 3));
        assert_eq!(ok(case.store.census(&case.bound, &compiled)).blocked, 3);
        let all = keys(site, 1..=4);
        let done = erase_all(&mut case, &all).done;
        assert_eq!(done.len(), 1, "only who is referred to by nobody may go");
        let mut expected = before.clone();
        expected.persons.retain(|p| p.id != 4);
        assert_eq!(site.world(), expected);
        assert_eq!(ok(case.store.erase_again(&case.bound, &all)), [], "replay respects links too");
    }
}

/// `detach`: references to what goes are emptied, and no others.
pub fn references_are_let_go_of(site: &mut dyn Site) {
    site.fill(&world());
    let mut case = Case::new(site, "", KEEP, &link("detach"));
    site.set_ended(2, Some(NEW));
    let disposed = erase_all(&mut case, &keys(site, 1..=4));
    assert_eq!(disposed.done.len(), 3);
    assert!(disposed.detached == 2 || site.loses_answers());
    let left: Vec<Option<i64>> = site.world().notes.iter().map(|n| n.person).collect();
    assert_eq!(left, [None, Some(2), Some(2), None], "references to what stays are left alone");
}

const OWN: &str = "[[dataset.link]]\nto = \"persons\"\nby = \"boss\"\n";

/// Chains of references go from their ends.
pub fn leaves_go_first(site: &mut dyn Site) {
    // 1 <- 2 <- 3, and 4 <- 5 of whom 5 is kept; 6 is his own boss.
    let persons = vec![
        person(1, OLD, None),
        person(2, OLD, Some(1)),
        person(3, OLD, Some(2)),
        person(4, OLD, None),
        person(5, NEW, Some(4)),
        person(6, OLD, Some(6)),
    ];
    site.fill(&World { persons, notes: Vec::new() });
    let mut case = Case::new(site, "", &format!("{KEEP}{OWN}"), "");
    let mut rounds = Vec::new();
    loop {
        let compiled = case.compiled(&[]);
        let due: Vec<Key> = case.due(&compiled, 1).into_iter().map(|r| r.key).collect();
        if due.is_empty() {
            break;
        }
        let done = erase_all(&mut case, &due).done.len();
        assert_eq!(done, due.len());
        rounds.push(done);
    }
    assert_eq!(rounds, [2, 1, 1], "leaves go first, then those they referred to");
    let left: Vec<i64> = site.world().persons.iter().map(|p| p.id).collect();
    assert_eq!(left, [4, 5]);
}

/// Records that only refer to each other go whole or not at all.
pub fn cycles_go_together(site: &mut dyn Site) {
    // 1 <-> 2 with 3 below; 4 -> 5 -> 6 -> 4 with the kept 7 below: the second may not go.
    let persons = vec![
        person(1, OLD, Some(2)),
        person(2, OLD, Some(1)),
        person(3, OLD, Some(2)),
        person(4, OLD, Some(5)),
        person(5, OLD, Some(6)),
        person(6, OLD, Some(4)),
        person(7, NEW, Some(6)),
    ];
    site.fill(&World { persons, notes: Vec::new() });
    let mut case = Case::new(site, "", &format!("{KEEP}{OWN}"), "");
    let compiled = case.compiled(&[]);
    let leaf: Vec<Key> = case.due(&compiled, 10).into_iter().map(|r| r.key).collect();
    assert!(leaf == keys(site, [3]));
    assert_eq!(erase_all(&mut case, &leaf).done.len(), 1);
    assert!(case.due(&compiled, 10).is_empty());
    let cycle: BTreeSet<Key> =
        ok(case.store.due_cycle(&case.bound, &compiled, 1)).into_iter().collect();
    assert!(cycle == keys(site, [1, 2]).into_iter().collect(), "a cycle is found whole");
    // One of them alone may not go, and with one that changed neither may.
    assert!(erase_all(&mut case, &keys(site, [1])).done.is_empty());
    site.set_ended(1, Some(NEW));
    assert!(erase_all(&mut case, &keys(site, [1, 2])).done.is_empty());
    site.set_ended(1, Some(OLD));
    assert_eq!(erase_all(&mut case, &keys(site, [1, 2])).done.len(), 2);
    assert!(ok(case.store.due_cycle(&case.bound, &compiled, 10)).is_empty());
    assert_eq!(site.world().persons.len(), 4);
}

/// Facts that lie in the other collection.
pub fn facts_of_other_records(site: &mut dyn Site) {
    let mut world = world();
    world.notes.push(Note { id: 5, person: Some(4), at: None });
    world.notes.push(note(6, 4, OLD));
    world.persons.push(person(5, OLD, None));
    world.persons.push(person(6, NEW, None));
    if let Some(unreadable) = site.unreadable() {
        world.persons.push(person(7, OLD, None));
        world.notes.push(note(7, 7, unreadable));
        world.notes.push(note(8, 7, OLD));
    }
    site.fill(&world);
    let latest = "last = { latest = \"notes.at\", by = \"person\", else = \"ended\", type = \"date\" }\n\
        [[dataset.keep]]\nfor = \"p\"\nfrom = \"last\"\nperiod = \"3 years\"\n";
    let mut case = Case::new(site, "", latest, &link("detach"));
    // 1, 2: a new note. 3: an old note. 4: a note without a date. 5: none, so its own date.
    let due = super::deciding::agrees(&mut case, &[]);
    assert!(due == keys(site, [3, 5]).into_iter().collect(), "`latest` is the latest of all");
    let done = erase_all(&mut case, &keys(site, 1..=7)).done;
    assert_eq!(done.len(), 2, "emptying references does not make the test look at other facts");
    site.fill(&world);
    let lookup = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"ended\"\nperiod = \"3 years\"\n";
    let theirs = "theirs = { lookup = \"persons.ended\", by = \"person\", type = \"date\" }\n\
        [[dataset.keep]]\nfor = \"p\"\nfrom = \"theirs\"\nperiod = \"3 years\"\n";
    let mut case = Case::new(site, "", lookup, theirs);
    let (rules, bound) = super::bind(&case.register, 1, case.store.as_mut());
    case.rules = rules;
    case.bound = bound;
    let due = super::deciding::agrees(&mut case, &[]);
    assert_eq!(due.len(), world.notes.len(), "`lookup` is the field of the record referred to");
}
