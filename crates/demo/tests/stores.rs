//! The demo's register on the demo's data, through the stores that a sweep uses: every data set can
//! be bound, and the records that are wrong on purpose, and what hangs on them, are what is unclear.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::path::Path;

use frist_decide::{Outcome, RuleSet};
use frist_demo::{Defects, Options, REGISTER, Summary, generate};
use frist_law::LawBook;
use frist_register::{Disposition, Register};
use frist_stores::{Action, Census, Key};
use jiff::Timestamp;
use jiff::civil::date;
use rusqlite::Connection;

/// The morning of the demo's day, for which it is generated.
const NOW: &str = "2026-11-22T08:00:00Z";

fn demo() -> (tempfile::TempDir, Summary) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { seed: 1, as_of: date(2026, 11, 22), scale: 0.05 };
    let summary = generate(dir.path(), &options, &mut |_, _, _| ()).unwrap();
    (dir, summary)
}

/// What follows for every record, by data set.
fn censuses(dir: &Path) -> BTreeMap<String, Census> {
    let register = Register::read(REGISTER).register.unwrap();
    let now: Timestamp = NOW.parse().unwrap();
    let mut found = BTreeMap::new();
    for dataset in &register.datasets {
        let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
        let store = register.store(&dataset.store).unwrap();
        let mut store = frist_stores::open(store, dir, &|_| None).unwrap();
        let bound = store.bind(&register, dataset, &rules).unwrap();
        let compiled = frist_decide::compile(&rules, bound.kinds(), now, &[]);
        found.insert(dataset.id.value.clone(), store.census(&bound, &compiled).unwrap());
    }
    found
}

#[test]
fn every_rule_runs_on_the_data_and_finds_what_plain_sql_finds() {
    let (dir, summary) = demo();
    let found = censuses(dir.path());
    for (id, census) in &found {
        println!("{id}: {:?} blocked {}", census.by_outcome, census.blocked);
        assert!(census.of(Outcome::Due) > 0, "{id} has something to show");
        assert!(census.of(Outcome::Keep) > 0, "{id} keeps something");
        assert_eq!(census.of(Outcome::Held), 0);
    }
    let of = |id: &str, outcome| found[id].of(outcome);

    // Nothing is undecidable but what was made so.
    let wrong = Defects::ALL;
    let dates = wrong.invoices_without_date
        + wrong.invoices_with_impossible_date
        + wrong.invoices_with_word_for_date;
    let hanging = |parent: &str, child_field: &str| {
        let db = Connection::open(dir.path().join("data/erp.sqlite")).unwrap();
        let sql = format!(
            "SELECT count(*) FROM {parent} p WHERE EXISTS (SELECT 1 FROM invoice i
               WHERE i.{child_field} = p.{child_field} AND date(i.invoice_date) IS NOT i.invoice_date)"
        );
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
    };
    assert!(of("invoices", Outcome::Unclear) <= dates && of("invoices", Outcome::Unclear) > 0);
    assert!(of("contracts", Outcome::Unclear) <= hanging("contract", "contract_id"));
    assert!(of("customers", Outcome::Unclear) <= hanging("customer", "customer_id"));
    assert_eq!(of("employees", Outcome::Unclear), wrong.employees_with_wrong_date_format);
    assert_eq!(of("emails", Outcome::Unclear), wrong.mails_without_sidecar);
    for id in [
        "meter-readings",
        "complaints",
        "marketing-consents",
        "working-time",
        "sick-leave",
        "applicants",
        "cctv-recordings",
    ] {
        assert_eq!(of(id, Outcome::Unclear), 0, "{id}");
    }

    // The questions that a person must answer.
    assert!(of("invoices", Outcome::Review) > 0);
    assert!(of("emails", Outcome::Review) > 0);
    // What only the bookkeeping act keeps.
    assert!(of("invoices", Outcome::Restrict) > 0 && of("customers", Outcome::Restrict) > 0);

    // Against plain SQL, by the rules as they are written.
    let count = |db: &str, sql: &str| {
        let db = Connection::open(dir.path().join("data").join(db)).unwrap();
        db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
    };
    let due = |id| of(id, Outcome::Due);
    assert_eq!(
        due("invoices"),
        count(
            "erp.sqlite",
            "SELECT count(*) FROM invoice WHERE date(invoice_date) IS invoice_date
               AND invoice_date <= '2020-12-31' AND status IN ('betalt', 'krediteret')"
        )
    );
    assert_eq!(
        due("meter-readings"),
        count("erp.sqlite", "SELECT count(*) FROM meter_reading WHERE read_at < '2023-11-22'")
    );
    assert_eq!(
        due("complaints"),
        count("erp.sqlite", "SELECT count(*) FROM complaint WHERE closed_on < '2023-11-22'")
    );
    assert_eq!(
        due("marketing-consents"),
        count(
            "erp.sqlite",
            "SELECT count(*) FROM marketing_consent JOIN customer USING (customer_id)
             WHERE (withdrawn_at IS NOT NULL OR relationship_ended_on < '2026-05-22')
               AND (withdrawn_at IS NULL OR withdrawn_at < '2026-08-22')"
        )
    );
    assert_eq!(
        due("employees"),
        count(
            "hr.sqlite",
            "SELECT count(*) FROM employee WHERE ended_on LIKE '____-__-__' AND ended_on < '2021-11-22'"
        )
    );
    assert_eq!(
        due("working-time"),
        count("hr.sqlite", "SELECT count(*) FROM working_time WHERE period_end < '2021-11-22'")
    );
    assert_eq!(
        due("applicants"),
        count(
            "hr.sqlite",
            "SELECT count(*) FROM applicant WHERE CASE
               WHEN outcome NOT IN ('afslag', 'ansat') THEN recruitment_ended_on < '2026-10-22'
               ELSE recruitment_ended_on < '2023-11-22' END"
        )
    );
    let total = summary.count("cctv").unwrap();
    assert_eq!(due("cctv-recordings") + of("cctv-recordings", Outcome::Keep), total);
}

/// What refers to others before what it refers to.
const CHILDREN_FIRST: [&str; 12] = [
    "invoices",
    "meter-readings",
    "contracts",
    "complaints",
    "marketing-consents",
    "customers",
    "working-time",
    "sick-leave",
    "employees",
    "applicants",
    "cctv-recordings",
    "emails",
];

/// Disposes of everything that is due and not blocked.
fn dispose_of_all(dir: &Path) {
    let register = Register::read(REGISTER).register.unwrap();
    let now: Timestamp = NOW.parse().unwrap();
    assert_eq!(register.datasets.len(), CHILDREN_FIRST.len());
    for id in CHILDREN_FIRST {
        let dataset = register.dataset(id).unwrap();
        let rules = RuleSet::resolve(&register, LawBook::embedded(), dataset).unwrap();
        let store = register.store(&dataset.store).unwrap();
        let mut store = frist_stores::open(store, dir, &|_| None).unwrap();
        let bound = store.bind(&register, dataset, &rules).unwrap();
        let compiled = frist_decide::compile(&rules, bound.kinds(), now, &[]);
        let action = match &rules.then {
            Disposition::Anonymise(fields) => Action::Anonymise {
                fields: fields.iter().map(|(f, how)| (f.value.clone(), how.clone())).collect(),
                pseudonym_key: [0; 32],
            },
            _ => Action::Erase,
        };
        let due = store.due(&bound, &compiled, None, usize::MAX >> 1).unwrap();
        let keys: Vec<Key> = due.into_iter().map(|r| r.key).collect();
        let done = store.dispose(&bound, &compiled, &keys, &action).unwrap().done;
        assert_eq!(done.len(), keys.len(), "{id}");
    }
}

#[test]
fn what_is_due_can_go_and_only_open_questions_keep_its_parents() {
    let (dir, summary) = demo();
    let before = censuses(dir.path());
    dispose_of_all(dir.path());
    let after = censuses(dir.path());
    for (id, census) in &after {
        let due = census.of(Outcome::Due) - census.done - census.blocked;
        assert_eq!(due, 0, "{id}");
        if !["contracts", "customers"].contains(&id.as_str()) {
            assert_eq!(census.blocked, 0, "{id}");
        }
        // What is kept, restricted, unclear or to be assessed is as it was: nobody else was touched.
        for outcome in [Outcome::Unclear, Outcome::Restrict, Outcome::Review, Outcome::Keep] {
            assert_eq!(census.of(outcome), before[id].of(outcome), "{id} {outcome:?}");
        }
    }
    // A contract or customer that is due waits only for an invoice that somebody must assess.
    let erp = Connection::open(dir.path().join("data/erp.sqlite")).unwrap();
    for (parent, dataset) in [("contract", "contracts"), ("customer", "customers")] {
        let sql = format!(
            "SELECT count(DISTINCT {parent}_id) FROM invoice
             WHERE invoice_date <= '2020-12-31' AND status IN ('rykket', 'inkasso')"
        );
        let waiting: i64 = erp.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert!(after[dataset].blocked <= waiting.unsigned_abs(), "{dataset}");
    }

    // Applicants are counted still, and are nobody any more.
    let hr = Connection::open(dir.path().join("data/hr.sqlite")).unwrap();
    let nobody: i64 = hr
        .query_row(
            "SELECT count(*) FROM applicant WHERE name = '-' AND email = '-' AND phone = '-'
               AND outcome = '-' AND received_on LIKE '____-01-01'
               AND recruitment_ended_on LIKE '____-01-01' AND length(position) > 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(nobody.unsigned_abs(), before["applicants"].of(Outcome::Due));
    let all: i64 = hr.query_row("SELECT count(*) FROM applicant", [], |row| row.get(0)).unwrap();
    assert_eq!(all.unsigned_abs(), summary.count("hr/applicant").unwrap());
}
