//! The demo's register: right by the law book, and about the data that is really generated.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use frist_decide::RuleSet;
use frist_demo::{ORGANISATION, Options, REGISTER, generate};
use frist_law::LawBook;
use frist_register::{Code, DataSet, Disposition, FactSource, Register, Sources, StoreKind};
use jiff::civil::date;
use rusqlite::Connection;

fn register() -> (Register, Sources) {
    let reading = Register::read(REGISTER);
    assert_eq!(reading.diagnostics, []);
    (reading.register.unwrap(), reading.sources)
}

#[test]
fn every_file_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("register");
    let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(on_disk, REGISTER.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn it_is_laid_out_as_frist_would() {
    for (name, text) in REGISTER {
        assert_eq!(frist_register::format(text).unwrap(), *text, "{name}");
    }
}

#[test]
fn it_checks_clean() {
    let (register, sources) = register();
    assert_eq!(register.controller.contact.name, ORGANISATION);
    let said: Vec<_> = frist_register::check(&register, LawBook::embedded(), &sources)
        .into_iter()
        .map(|d| (d.code, d.severity, sources.place(d.span()), d.message))
        .filter(|(code, ..)| *code != Code::I0001)
        .collect();
    assert_eq!(said, [], "only what the law book has not verified may be said");
}

#[test]
fn everything_is_in_both_languages() {
    let (register, _) = register();
    let mut texts: Vec<&frist_register::Text> = Vec::new();
    texts.extend(register.measures.values().map(|m| &m.value));
    texts.extend(register.recipients.iter().map(|r| &r.title));
    texts.extend(register.stores.iter().map(|s| &s.title));
    for activity in &register.activities {
        texts.push(&activity.title);
        texts.extend(
            [&activity.source, &activity.obligation, &activity.automated].into_iter().flatten(),
        );
        for purpose in &activity.purposes {
            texts.push(&purpose.text);
            texts.extend(purpose.interest.as_ref().map(|i| &i.value));
        }
    }
    for dataset in &register.datasets {
        texts.push(&dataset.title);
        // The controller's own assessment is what an authority asks for first.
        texts.push(dataset.justification.as_ref().unwrap());
        texts.extend(dataset.keep.iter().filter_map(|k| k.review.as_ref()).map(|r| &r.value));
    }
    for text in texts {
        assert!(!text.da.is_empty() && !text.en.is_empty(), "{text:?}");
    }
}

#[test]
fn every_rule_resolves() {
    let (register, _) = register();
    for dataset in &register.datasets {
        let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
        assert!(!rules.grounds.is_empty(), "{}", rules.dataset);
    }
}

/// The fields of its own collection that a data set names.
fn own_fields(dataset: &DataSet, register: &Register) -> BTreeSet<String> {
    let mut fields: BTreeSet<String> = BTreeSet::new();
    let rules = RuleSet::resolve(register, LawBook::embedded(), dataset).unwrap();
    for fact in rules.facts {
        match fact.source {
            FactSource::Field(field) => fields.insert(field.value),
            FactSource::Lookup { by, .. } => fields.insert(by.value),
            FactSource::Latest { or_else, .. } => fields.insert(or_else.unwrap().value),
        };
    }
    fields.extend(dataset.key.iter().map(|f| f.value.clone()));
    fields.extend(dataset.subjects.iter().filter_map(|(_, f)| f.as_ref()).map(|f| f.value.clone()));
    fields.extend(dataset.identifiers.iter().map(|f| f.value.clone()));
    fields.extend(dataset.links.iter().map(|l| l.by.value.clone()));
    if let Disposition::Anonymise(changed) = &dataset.then.value {
        fields.extend(changed.iter().map(|(f, _)| f.value.clone()));
    }
    fields
}

#[test]
fn everything_it_names_is_generated_and_everything_generated_is_named() {
    let (register, _) = register();
    let dir = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, as_of: date(2026, 11, 22), scale: 0.01 };
    generate(dir.path(), &options, &mut |_, _, _| ()).unwrap();

    // Tables and columns of the databases, by store.
    let mut tables: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for store in &register.stores {
        match &store.kind {
            StoreKind::Sqlite { path } => {
                let db = Connection::open(dir.path().join(path)).unwrap();
                let mut columns = db
                    .prepare(
                        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
                         WHERE m.type = 'table'",
                    )
                    .unwrap();
                let mut rows = columns.query([]).unwrap();
                while let Some(row) = rows.next().unwrap() {
                    let table = (store.id.value.clone(), row.get(0).unwrap());
                    tables.entry(table).or_default().insert(row.get(1).unwrap());
                }
            }
            StoreKind::Files { root } => assert!(dir.path().join(root).is_dir(), "{root}"),
            StoreKind::Postgresql { .. } | StoreKind::Vault { .. } => {
                panic!("the demo needs no server")
            }
        }
    }
    assert_eq!(tables.len(), 10);

    let mut named = BTreeSet::new();
    for dataset in &register.datasets {
        let files = matches!(register.store(&dataset.store).unwrap().kind, StoreKind::Files { .. });
        if files {
            continue;
        }
        let table = (dataset.store.value.clone(), dataset.collection.value.clone());
        let columns = tables.get(&table).unwrap_or_else(|| panic!("there is no {table:?}"));
        let fields = own_fields(dataset, &register);
        assert!(fields.is_subset(columns), "{table:?}: {:?}", fields.difference(columns));
        named.insert(table);
        for fact in dataset.facts.values() {
            let (other, field) = match &fact.source {
                FactSource::Lookup { dataset, field, .. } => (dataset, field),
                FactSource::Latest { dataset, field, by, .. } => {
                    let other = register.dataset(dataset).unwrap();
                    let table = (other.store.value.clone(), other.collection.value.clone());
                    assert!(tables[&table].contains(&by.value), "{table:?}: {}", by.value);
                    (dataset, field)
                }
                FactSource::Field(_) => continue,
            };
            let other = register.dataset(other).unwrap();
            let table = (other.store.value.clone(), other.collection.value.clone());
            assert!(tables[&table].contains(&field.value), "{table:?}: {}", field.value);
        }
    }
    // No table without a rule.
    assert_eq!(named, tables.into_keys().collect());
}

#[test]
fn every_reference_in_the_databases_is_a_link() {
    let (register, _) = register();
    let dir = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, as_of: date(2026, 11, 22), scale: 0.01 };
    generate(dir.path(), &options, &mut |_, _, _| ()).unwrap();
    let linked: BTreeSet<(String, String, String)> = register
        .datasets
        .iter()
        .flat_map(|d| d.links.iter().map(move |l| (d, l)))
        .map(|(d, l)| {
            let to = register.dataset(&l.to).unwrap().collection.value.clone();
            (d.collection.value.clone(), l.by.value.clone(), to)
        })
        .collect();
    let mut referred = BTreeSet::new();
    for name in ["data/erp.sqlite", "data/hr.sqlite"] {
        let db = Connection::open(dir.path().join(name)).unwrap();
        let mut keys = db
            .prepare(
                r#"SELECT m.name, f."from", f."table"
                   FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"#,
            )
            .unwrap();
        let rows = keys.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap();
        referred.extend(rows.map(Result::unwrap));
    }
    assert_eq!(linked, referred);
}

#[test]
fn a_first_sweep_is_stopped_and_employees_need_two() {
    let (register, _) = register();
    let two: Vec<&str> =
        register.datasets.iter().filter(|d| d.two_person).map(|d| d.id.as_str()).collect();
    assert_eq!(two, ["employees"]);

    // Twelve years of invoices of which nothing was ever erased: on 22 November 2026 those of the
    // financial years up to 2020 are due, except what is still to be collected.
    let dir = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, as_of: date(2026, 11, 22), scale: 0.1 };
    generate(dir.path(), &options, &mut |_, _, _| ()).unwrap();
    let db = Connection::open(dir.path().join("data/erp.sqlite")).unwrap();
    let (due, all): (f64, f64) = db
        .query_row(
            "SELECT count(*) FILTER (WHERE date(invoice_date) <= '2020-12-31'
                                     AND status IN ('betalt', 'krediteret')), count(*)
             FROM invoice",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let guard = &register.dataset("invoices").unwrap().guard;
    assert!(due / all > guard.share, "{due} of {all}");
}
