//! `due`, `census`, `count_due`, `keys`, `fetch`, `fields`, holds: the store agrees with the
//! interpreter, record by record.

use std::collections::BTreeSet;

use frist_decide::{HoldScope, Outcome, decide};

use super::{Case, KEEP, Site, now, ok, some_persons};
use crate::{Census, Key, Record};

/// What is due, counted and paged through is what the interpreter says of each record.
pub fn agrees_with_the_interpreter(site: &mut dyn Site) {
    site.fill(&some_persons(site, 120));
    let before = site.world();
    agrees(&mut Case::new(site, "", KEEP, ""), &[]);
    let state = "[[dataset.keep]]\nfor = \"q\"\nfrom = \"ended\"\nperiod = \"12 years\"\nwhen = { state = [\"open\"] }\n";
    agrees(&mut Case::new(site, "", &format!("{KEEP}{state}"), ""), &[]);
    let open = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"ended\"\nperiod = \"3 years\"\nopen = true\nreview = { en = \"still needed?\" }\n";
    agrees(&mut Case::new(site, "", open, ""), &[]);
    assert_eq!(site.world(), before, "reading changed something");
}

/// The interpreter's decision on every record, from what `fetch` gives, against the store's.
pub(super) fn agrees(case: &mut Case, holds: &[HoldScope]) -> BTreeSet<Key> {
    let compiled = case.compiled(holds);
    let keys = all_keys(case, 1000);
    for page in [1, 3] {
        assert_eq!(all_keys(case, page), keys, "`keys` in pages of {page} differ");
    }
    let records = ok(case.store.fetch(&case.bound, &keys));
    assert_eq!(
        records.len(),
        keys.len(),
        "`fetch` does not give all records whose keys `keys` gives"
    );
    let mut expected = BTreeSet::new();
    let mut census = Census::default();
    for Record { key, facts } in &records {
        let fields = ok(case.store.fields(&case.bound, key)).unwrap_or_default();
        let field =
            |name: &str| fields.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.clone());
        let held = frist_decide::decide::is_held(holds, &key.text(), &field);
        let outcome = decide(&case.rules, case.bound.kinds(), facts, held, now()).outcome;
        let ix = Outcome::ALL.iter().position(|o| *o == outcome).unwrap_or_default();
        census.by_outcome[ix] += 1;
        if outcome == Outcome::Due {
            expected.insert(key.clone());
        }
    }
    let found = ok(case.store.census(&case.bound, &compiled));
    assert_eq!(found.by_outcome, census.by_outcome, "the census differs from the interpreter");
    let (due, blocked) = ok(case.store.count_due(&case.bound, &compiled));
    assert_eq!(
        (due, blocked),
        (expected.len() as u64, 0),
        "`count_due` differs from the interpreter"
    );
    // Instant by instant, from long ago to far ahead, in one question or in many.
    let years = (-30..60).map(|n| now() + jiff::SignedDuration::from_hours(24 * 91 * n));
    let tests: Vec<_> = years.map(|t| case.compiled_at(t, holds)).collect();
    let each: Vec<u64> =
        tests.iter().map(|test| ok(case.store.count_due(&case.bound, test)).0).collect();
    let all = ok(case.store.count_due_at(&case.bound, &tests));
    assert_eq!(all, each, "`count_due_at` differs from `count_due`");
    for page in [1, 3, 1000] {
        let records = case.due(&compiled, page);
        let keys: BTreeSet<Key> = records.iter().map(|r| r.key.clone()).collect();
        assert_eq!(keys.len(), records.len(), "`due` in pages of {page} repeats a record");
        assert_eq!(keys.len(), expected.len(), "`due` in pages of {page} misses or adds records");
        assert!(keys == expected, "`due` in pages of {page} differs from the interpreter");
    }
    expected
}

fn all_keys(case: &mut Case, page: usize) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    loop {
        let found = ok(case.store.keys(&case.bound, keys.last(), page));
        if found.is_empty() {
            return keys;
        }
        keys.extend(found);
        assert!(keys.len() < 1_000_000, "`keys` does not come to an end");
    }
}

/// Holds by key, by field, on all, and on a field that nobody knows.
pub fn holds_hold(site: &mut dyn Site) {
    site.fill(&some_persons(site, 120));
    let case = &mut Case::new(site, "", KEEP, "");
    let free = agrees(case, &[]);
    let held = site.key("person", 2);
    assert!(free.contains(&held), "person 2 is due");
    let by_key = agrees(case, &[HoldScope::Keys(vec![held.text(), "unknown".into()])]);
    assert_eq!(by_key.len(), free.len() - 1, "a hold by key must hold that record alone");
    assert!(!by_key.contains(&held));
    let state = HoldScope::Field { field: "state".into(), values: vec!["open".into()] };
    let by_field = agrees(case, std::slice::from_ref(&state));
    assert!(
        by_field.len() < free.len() && by_field.is_subset(&free),
        "a hold by field must hold some"
    );
    assert!(agrees(case, &[HoldScope::All]).is_empty(), "a hold on all must hold all");
    let compiled =
        case.compiled(&[HoldScope::Field { field: "nowhere".into(), values: vec!["1".into()] }]);
    assert!(case.due(&compiled, 1000).is_empty(), "a hold on an unknown field must hold all");
}

/// `parse_key`, `fields`, `fetch`, `disposed` and `total`, of what is there and what is not.
pub fn keys_and_fields_are_found(site: &mut dyn Site) {
    site.fill(&some_persons(site, 120));
    let case = &mut Case::new(site, "", KEEP, "");
    for person in site.world().persons {
        let key = site.key("person", person.id);
        let read = ok(case.store.parse_key(&case.bound, &key.text()));
        assert!(read == key, "`parse_key` does not read what `Key::text` writes");
        let Some(fields) = ok(case.store.fields(&case.bound, &key)) else {
            panic!("`fields` does not find a record that is there")
        };
        let field =
            |name: &str| fields.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_deref());
        assert_eq!(field("name"), Some(person.name.as_str()));
        assert_eq!(field("state"), person.state.as_deref());
        assert_eq!(field("ended"), person.ended.as_deref());
    }
    let gone = site.key("person", 999_999);
    assert!(ok(case.store.fields(&case.bound, &gone)).is_none());
    assert!(ok(case.store.fetch(&case.bound, std::slice::from_ref(&gone))).is_empty());
    assert!(ok(case.store.disposed(&case.bound, std::slice::from_ref(&gone))) == [gone]);
    assert!(ok(case.store.disposed(&case.bound, &[site.key("person", 1)])).is_empty());
    assert_eq!(ok(case.store.total(&case.bound, u64::MAX >> 1)), site.world().persons.len() as u64);
}

/// The next starting point after a cutoff, from which the next due date is computed.
pub fn the_earliest_beyond_is_found(site: &mut dyn Site) {
    site.fill(&some_persons(site, 120));
    let mut case = Case::new(site, "", KEEP, "");
    let cutoff = frist_law::Cutoff::Date(jiff::civil::Date::constant(2024, 3, 1));
    let found = ok(case.store.earliest_beyond(&case.bound, 0, &cutoff));
    let next = frist_law::Start::Date(jiff::civil::Date::constant(2024, 4, 1));
    assert_eq!(found, Some(next), "`earliest_beyond` is the first date after the cutoff");
    let far = frist_law::Cutoff::Date(jiff::civil::Date::constant(2024, 12, 31));
    assert_eq!(ok(case.store.earliest_beyond(&case.bound, 0, &far)), None);
}
