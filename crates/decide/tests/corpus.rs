//! The decision cases of `corpus/`, each decided by the interpreter, by the compiled test in
//! memory (a record at a time, and over columns), in SQLite and in a real PostgreSQL. `corpus/README.md` says how a case is written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use frist_decide::columns::Unit;
use frist_decide::decide::Standing;
use frist_decide::eval::Row as InMemory;
use frist_decide::sql::{BoundFact, Physical, kind_of};
use frist_decide::{
    Decision, HoldScope, Kind, Outcome, Reason, Role, RuleSet, Value, compile, decide, value,
};
use frist_law::{LawBook, Start};
use frist_register::Register;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;

use support::cell::{Cell, Moment};
use support::columns::Columnar;
use support::postgres::Postgres;
use support::sqlite::Sqlite;
use support::{Column, Database, Row};

/// The parts of a register that every case needs and none is about.
const CONTROLLER: &str = "[controller]\nname = \"Nordkyst\"\n";
const ACTIVITY: &str = "\n[[store]]\nid = \"db\"\nkind = \"sqlite\"\npath = \"db\"\n
[[activity]]\nid = \"activity\"\ntitle = { da = \"Sager\", en = \"Cases\" }\n";
const DATASET: &str = "\n[[dataset]]\nid = \"records\"\nactivity = \"activity\"\nat = \"db/t\"
subjects = [\"customer\"]\ncategories = [\"identity\"]\n";

/// One file: a rule and what follows from it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Theme {
    source: Vec<String>,
    #[serde(default)]
    controller: String,
    purposes: String,
    rule: String,
    fields: BTreeMap<String, String>,
    case: Vec<Case>,
}

/// One record at one instant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    source: Vec<String>,
    controller: Option<String>,
    facts: BTreeMap<String, toml::Value>,
    hold: Option<Hold>,
    at: Timestamp,
    outcome: Outcome,
    reasons: Vec<String>,
    #[serde(default)]
    cites: Vec<String>,
    due_since: Option<String>,
    next_change: Option<String>,
}

/// What a hold covers: everything, these keys, or the records that name one of these in `who`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Hold {
    Everything,
    Keys(Vec<String>),
    Who(Vec<String>),
}

fn themes() -> Vec<(String, Theme)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let theme = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, theme)
    };
    files.iter().map(read).collect()
}

/// The rule of a case, read as any register is.
fn rules(theme: &Theme, case: &Case) -> RuleSet {
    let controller = case.controller.as_ref().unwrap_or(&theme.controller);
    let text = [CONTROLLER, controller, ACTIVITY, &theme.purposes, DATASET, &theme.rule].concat();
    let reading = Register::read(&[("case.toml", &text)]);
    let register = reading.register.unwrap_or_else(|| panic!("{:#?}\n{text}", reading.diagnostics));
    let dataset = register.dataset("records").unwrap();
    RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap()
}

/// The columns of a case: the field's type as each database names it.
fn columns(theme: &Theme, rules: &RuleSet, sqlite: bool) -> Vec<Column> {
    let column = |(ix, fact): (usize, &frist_decide::rules::FactRef)| {
        let field = &theme.fields.get(&fact.name);
        let field = field.unwrap_or_else(|| panic!("`fields` has no `{}`", fact.name));
        let (in_sqlite, physical) = match field.as_str() {
            "text" => ("TEXT", Physical::Text),
            "date" => ("DATE", Physical::Date),
            "timestamp" => ("DATETIME", Physical::Timestamp),
            "timestamptz" => ("TEXT", Physical::TimestampTz),
            "bigint" => ("INTEGER", Physical::Integer),
            "boolean" => ("BOOLEAN", Physical::Boolean),
            other => panic!("`{other}` is not a type of a field"),
        };
        let (declared, physical) = match sqlite {
            true => (in_sqlite, Physical::Dynamic(in_sqlite.into())),
            false => (field.as_str(), physical),
        };
        let kind = kind_of(&fact.name, &fact.usage, &physical, &rules.calendar.zone).unwrap();
        // One column a fact: a field may be read in two ways.
        let name = format!("{}_{ix}", fact.name);
        let bound = BoundFact { expr: format!("\"{name}\""), physical, kind };
        Column { name, declared: declared.to_owned(), bound }
    };
    rules.facts.iter().enumerate().map(column).collect()
}

fn cell(fact: Option<&toml::Value>, column: &Column) -> Cell {
    let typed = !matches!(column.bound.physical, Physical::Dynamic(_) | Physical::Text);
    match fact {
        None => Cell::Null,
        Some(toml::Value::Integer(n)) => Cell::Int(*n),
        Some(toml::Value::Boolean(b)) => Cell::Bool(*b),
        Some(toml::Value::String(s)) if typed => {
            // In a typed column only what can be read can be, also where its presence is asked.
            let kind = match column.bound.physical {
                Physical::Date => Kind::Date,
                Physical::Timestamp => Kind::Local(TimeZone::UTC),
                _ => Kind::Instant,
            };
            match value::start(&Value::Text(s.clone()), &kind).unwrap() {
                Start::Date(d) => Cell::Time(Moment::Date(d), 0),
                Start::Local(at, _) => Cell::Time(Moment::Local(at), 0),
                Start::Instant(at) => Cell::Time(Moment::Instant(at), 0),
            }
        }
        Some(toml::Value::String(s)) => Cell::Text(s.clone()),
        Some(other) => panic!("{other:?} is not a value of a field"),
    }
}

/// A day where it is one in the controller's zone, else the local time with its offset.
fn when(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    match local.time() == Time::midnight() {
        true => local.date().to_string(),
        false => local.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
    }
}

/// A reason in one line, as the cases have it.
fn line(reason: &Reason, zone: &TimeZone) -> String {
    let role = match reason.role {
        Role::Permits => "purpose",
        Role::Demands => "duty",
        Role::Limits => "limit",
        Role::Reviews => "review",
    };
    let standing = match &reason.standing {
        Standing::Live(Some(at)) => format!("runs until {}", when(*at, zone)),
        Standing::Live(None) => "runs".to_owned(),
        Standing::Ended(Some(at)) => format!("ended {}", when(*at, zone)),
        Standing::Ended(None) => "ended".to_owned(),
        Standing::NotApplicable => "does not apply".to_owned(),
        Standing::Unknown { fact, problem } => format!("`{fact}` {}", problem.text()),
    };
    format!("{role} {}: {standing}", reason.name)
}

/// The paragraphs of the reasons that concern the record.
fn cites(decision: &Decision) -> Vec<String> {
    let concerns = |r: &&Reason| r.standing != Standing::NotApplicable;
    decision.reasons.iter().filter(concerns).filter_map(|r| r.citation.clone()).collect()
}

fn check(file: &str, theme: &Theme, case: &Case, databases: &mut [(&mut dyn Database, bool)]) {
    let place = format!("{file}, {:?}", case.name);
    let rules = rules(theme, case);
    for name in case.facts.keys() {
        let read = rules.facts.iter().any(|f| f.name == *name);
        assert!(read || name == "who", "{place}: the rule does not read `{name}`");
    }
    let who = case.facts.get("who").and_then(|w| w.as_str()).map(str::to_owned);
    let key = "17".to_owned();
    let holds: Vec<HoldScope> = case.hold.iter().map(scope).collect();
    for (database, sqlite) in databases {
        let columns = columns(theme, &rules, *sqlite);
        let kinds: Vec<Kind> = columns.iter().map(|c| c.bound.kind.clone()).collect();
        let facts = rules.facts.iter().zip(&columns);
        let cells = facts.map(|(f, column)| cell(case.facts.get(&f.name), column)).collect();
        let row = Row { key: key.clone(), who: who.clone(), cells };
        let stored = database.load(&columns, &[row]).remove(0);
        let field = |name: &str| stored.field(name);
        let held = frist_decide::decide::is_held(&holds, &key, &field);
        let decision = decide(&rules, &kinds, &stored.facts, held, case.at);
        expect(&place, case, &decision, &rules.calendar.zone);

        let compiled = compile(&rules, &kinds, case.at, &holds);
        let row = InMemory { key: &key, facts: &stored.facts, field: &field };
        assert_eq!(compiled.outcome(&row), case.outcome, "{place}: in memory");
        let binding = database.binding(&columns);
        let words = database.outcomes(&compiled, &binding);
        assert_eq!(words, [(key.clone(), case.outcome.word().to_owned())], "{place}");
        let due = usize::from(case.outcome == Outcome::Due);
        assert_eq!(database.due(&compiled, &binding).len(), due, "{place}: selected as due");
    }
}

fn scope(hold: &Hold) -> HoldScope {
    match hold {
        Hold::Everything => HoldScope::All,
        Hold::Keys(keys) => HoldScope::Keys(keys.clone()),
        Hold::Who(values) => HoldScope::Field { field: "who".into(), values: values.clone() },
    }
}

fn expect(place: &str, case: &Case, decision: &Decision, zone: &TimeZone) {
    let told = |at: Option<Timestamp>| at.map(|at| when(at, zone));
    let reasons: Vec<String> = decision.reasons.iter().map(|r| line(r, zone)).collect();
    assert_eq!(decision.outcome, case.outcome, "{place}: {reasons:#?}");
    assert_eq!(reasons, case.reasons, "{place}: reasons");
    assert_eq!(cites(decision), case.cites, "{place}: what it cites");
    assert_eq!(told(decision.due_since), case.due_since, "{place}: due since");
    assert_eq!(told(decision.next_change), case.next_change, "{place}: next change");
}

#[test]
fn every_case_is_decided_as_it_says() {
    let (mut sqlite, mut postgres) = (Sqlite::new("UTF-8", "TEXT"), Postgres::new());
    let mut columns = Columnar::new(Unit::Micros);
    let mut outcomes = BTreeSet::new();
    let mut count = 0;
    for (file, theme) in themes() {
        for case in &theme.case {
            check(
                &file,
                &theme,
                case,
                &mut [(&mut sqlite, true), (&mut postgres, false), (&mut columns, true)],
            );
            outcomes.insert(case.outcome);
            count += 1;
        }
    }
    assert!(count >= 150, "only {count} cases");
    assert_eq!(outcomes.len(), Outcome::ALL.len(), "a decision without a case");
}

/// A source is a law of the law book, an article in it, or a decision named by date or number.
#[test]
fn every_case_has_its_source() {
    let book = LawBook::embedded();
    for (file, theme) in themes() {
        for case in &theme.case {
            let sources: Vec<&String> = theme.source.iter().chain(&case.source).collect();
            assert!(!sources.is_empty(), "{file}, {:?} has no source", case.name);
            for source in sources {
                let known = match source.strip_prefix("Datatilsynet ") {
                    Some(decision) => decision.chars().any(|c| c.is_ascii_digit()),
                    None => book.get(source).is_some() || book.article(source).is_some(),
                };
                assert!(known, "{file}, {:?}: nobody knows `{source}`", case.name);
            }
        }
    }
}

/// Law 4 for files: a register split over several files, in any order, is the same register.
#[test]
fn the_order_of_files_does_not_matter() {
    for (file, theme) in themes() {
        let case = &theme.case[0];
        let controller = case.controller.as_ref().unwrap_or(&theme.controller);
        let parts = [
            ("a.toml", [CONTROLLER, controller.as_str()].concat()),
            ("b.toml", [ACTIVITY, theme.purposes.as_str()].concat()),
            ("c.toml", [DATASET, theme.rule.as_str()].concat()),
        ];
        let decided = |order: [usize; 3]| {
            let files = order.map(|ix| parts[ix].clone());
            let register = Register::read(&files).register.unwrap_or_else(|| panic!("{file}"));
            let dataset = register.dataset("records").unwrap();
            let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
            let columns = columns(&theme, &rules, true);
            let kinds: Vec<Kind> = columns.iter().map(|c| c.bound.kind.clone()).collect();
            let facts: Vec<Value> = rules
                .facts
                .iter()
                .zip(&columns)
                .map(|(f, c)| cell(case.facts.get(&f.name), c).value(&c.bound.kind))
                .collect();
            let decision = decide(&rules, &kinds, &facts, case.hold.is_some(), case.at);
            let zone = &rules.calendar.zone;
            let lines: Vec<String> = decision.reasons.iter().map(|r| line(r, zone)).collect();
            (decision.outcome, lines)
        };
        let one = decided([0, 1, 2]);
        for order in [[2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            assert_eq!(decided(order), one, "{file} in the order {order:?}");
        }
    }
}
