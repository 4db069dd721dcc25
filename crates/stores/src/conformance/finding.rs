//! `find`: a person's records are found by any of their fields, and nobody else's.

use std::collections::BTreeSet;

use super::{Case, KEEP, Site, marker, ok, some_persons};
use crate::{FieldMatch, FoundRow, Key, StoreError};

const PERSONS: i64 = 60;

fn of(field: &str, spellings: &[&str]) -> FieldMatch {
    FieldMatch {
        field: field.to_owned(),
        spellings: spellings.iter().map(|s| (*s).to_owned()).collect(),
    }
}

fn keys(rows: &[FoundRow]) -> BTreeSet<Key> {
    let keys: BTreeSet<Key> = rows.iter().map(|r| r.key.clone()).collect();
    assert_eq!(keys.len(), rows.len(), "`find` gives a record twice");
    keys
}

fn wanted() -> Vec<String> {
    ["name", "state"].map(str::to_owned).to_vec()
}

/// By one field or another, whatever the rule says of the record, with the values asked for.
pub fn who_is_looked_for_is_found(site: &mut dyn Site) {
    site.fill(&some_persons(site, PERSONS));
    let before = site.world();
    let mut case = Case::new(site, "", KEEP, "");
    let wanted = wanted();
    for person in before.persons.iter().step_by(7) {
        let spellings = ["nobody", &person.name, "'; --"];
        let looked = ok(case.store.find(&case.bound, &[of("name", &spellings)], &wanted, 9));
        let [row] = &looked.rows[..] else {
            panic!("one record has this name, and `find` gives {}", looked.rows.len())
        };
        assert_eq!(row.key, site.key("person", person.id), "`find` gives another record");
        assert!(row.values.contains(&("name".into(), person.name.clone())), "no name");
        let state = row.values.iter().find(|(f, _)| f == "state").map(|(_, v)| v.clone());
        assert_eq!(state, person.state, "another state than the record's");
    }
    // Several fields, several spellings; what comes to more than one match is there once.
    let names = [marker(3), marker(4), marker(5)];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let asked = [of("name", &names), of("state", &["closed"]), of("boss", &[])];
    let looked = ok(case.store.find(&case.bound, &asked, &wanted, 1000));
    let expected = before
        .persons
        .iter()
        .filter(|p| names.contains(&p.name.as_str()) || p.state.as_deref() == Some("closed"));
    let expected: BTreeSet<Key> = expected.map(|p| site.key("person", p.id)).collect();
    assert!(keys(&looked.rows) == expected, "`find` misses or adds records");
    assert_eq!(looked.unread, 0, "every record of this site can be read");
    // No more than the limit, and as many as it when there are more.
    for limit in [0, 1, 5] {
        let looked = ok(case.store.find(&case.bound, &asked, &wanted, limit));
        assert!(keys(&looked.rows).is_subset(&expected), "`find` adds records");
        assert_eq!(looked.rows.len(), limit.min(expected.len()), "`find` minds no limit");
    }
    assert_eq!(site.world(), before, "looking changed something");
}

/// What is nobody's finds nobody: nothing, other types, pieces of SQL, a field that is not there.
pub fn nobody_else_is_found(site: &mut dyn Site) {
    site.fill(&some_persons(site, PERSONS));
    let mut case = Case::new(site, "", KEEP, "");
    let hostile = [
        "",
        " ",
        "%",
        "_",
        "*",
        "NULL",
        "null",
        "0",
        "-1",
        "99999999999999999999",
        "1 OR 1=1",
        "' OR ''='",
        "\") OR 1=1 --",
        "{}",
        "{a,b}",
        "\\",
        "[\"a\"]",
        "a\0b",
        "\u{202e}",
        "2019-13-45",
        "true",
    ];
    for field in ["id", "name", "boss", "ended"] {
        let asked = [of(field, &hostile)];
        let asked: &[FieldMatch] = if field == "id" && site.key("person", 1).text() != "1" {
            // Where the key is no field of its own.
            continue;
        } else {
            &asked
        };
        let looked = ok(case.store.find(&case.bound, asked, &wanted(), 1000));
        assert!(looked.rows.is_empty(), "`find` gives {} records for nobody", looked.rows.len());
    }
    let looked = ok(case.store.find(&case.bound, &[], &wanted(), 1000));
    assert!(looked.rows.is_empty(), "`find` gives records although nothing was asked");
    let looked = ok(case.store.find(&case.bound, &[of("name", &[])], &wanted(), 1000));
    assert!(looked.rows.is_empty(), "a field without spellings matches something");
    match case.store.find(&case.bound, &[of("no\"such", &["x"])], &wanted(), 10) {
        Ok(looked) => assert!(looked.rows.is_empty(), "a field that is not there matches"),
        Err(StoreError::Missing { .. } | StoreError::Refused { transient: true, .. }) => {}
        Err(e) => panic!("a field that is not there: {e}"),
    }
}
