//! What was erased or anonymised is nowhere in the store's own files.

use std::collections::BTreeSet;

use super::{Case, KEEP, Person, Site, World, marker, ok};
use crate::{Action, Key};

const COUNT: i64 = 3000;

/// A few records a batch: what is split and merged on the way leaves copies behind.
pub fn bytes_of_small_batches_are_gone(site: &mut dyn Site) {
    erased(site, 250);
}

/// All in one batch.
pub fn bytes_of_a_large_batch_are_gone(site: &mut dyn Site) {
    erased(site, 3000);
}

/// Every third person is due; some names are so long that they do not fit on one page.
fn world() -> World {
    let person = |id: i64| {
        let tail = if id % 50 == 0 { "x".repeat(9000) } else { String::new() };
        Person {
            id,
            name: format!("{}{tail}{}", marker(id), marker(id)),
            ended: Some(if id % 3 == 0 { "2010-01-01" } else { "2025-01-01" }.into()),
            state: None,
            boss: None,
        }
    };
    World { persons: (1..=COUNT).map(person).collect(), notes: Vec::new() }
}

fn erased(site: &mut dyn Site, batch: usize) {
    site.fill(&world());
    let mut case = Case::new(site, "", KEEP, "");
    let compiled = case.compiled(&[]);
    loop {
        let due = ok(case.store.due(&case.bound, &compiled, None, batch));
        if due.is_empty() {
            break;
        }
        let keys: Vec<Key> = due.into_iter().map(|r| r.key).collect();
        ok(case.store.dispose(&case.bound, &compiled, &keys, &Action::Erase));
    }
    ok(case.store.settle(&case.bound));
    look(site, |id| id % 3 == 0);
}

/// What a field was before it became a pseudonym.
pub fn bytes_of_changed_fields_are_gone(site: &mut dyn Site) {
    site.fill(&world());
    let mut case = Case::new(site, "then = { anonymise = { name = \"pseudonym\" } }", KEEP, "");
    let compiled = case.compiled(&[]);
    let keys: Vec<Key> = case.due(&compiled, 1000).into_iter().map(|r| r.key).collect();
    let fields = vec![("name".to_owned(), frist_register::Anonymise::Pseudonym)];
    let action = Action::Anonymise { fields, pseudonym_key: [1; 32] };
    let done = ok(case.store.dispose(&case.bound, &compiled, &keys, &action)).done;
    assert_eq!(done.len() as i64, COUNT / 3);
    ok(case.store.settle(&case.bound));
    look(site, |id| id % 3 == 0);
}

fn look(site: &mut dyn Site, gone: impl Fn(i64) -> bool) {
    let Some(bytes) = site.bytes() else {
        panic!("the site does not show its store's files");
    };
    let length = marker(1).len();
    let found: BTreeSet<&[u8]> = bytes.windows(length).filter(|w| w.starts_with(b"Qz")).collect();
    let mut left = 0;
    for id in 1..=COUNT {
        let there = found.contains(marker(id).as_bytes());
        match gone(id) {
            true => left += usize::from(there),
            false => assert!(there, "the search does not find what is there"),
        }
    }
    assert_eq!(left, 0, "the store's files still hold values of erased records");
}
