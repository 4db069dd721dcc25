//! Precision and recall in generated organisations: never another person's record as certain.

use std::collections::BTreeSet;
use std::path::Path;

use frist_cases::find::{Finder, Found, Limits, Said};
use frist_demo::{Options, Person, REGISTER, Truth, generate_with_truth};
use frist_sweep::Engine;
use rusqlite::Connection;

use super::support::engine;

type Record = (String, String);

/// What there is about a person, read without Frist.
fn records(dir: &Path, person: &Person) -> BTreeSet<Record> {
    let mut all: BTreeSet<Record> = BTreeSet::new();
    let erp = Connection::open(dir.join("data/erp.sqlite")).unwrap();
    for (dataset, sql) in [
        ("customers", "SELECT customer_id FROM customer WHERE customer_id = ?1"),
        ("contracts", "SELECT contract_id FROM contract WHERE customer_id = ?1"),
        ("invoices", "SELECT invoice_id FROM invoice WHERE customer_id = ?1"),
        (
            "meter-readings",
            "SELECT reading_id FROM meter_reading JOIN contract USING (contract_id) WHERE customer_id = ?1",
        ),
        ("complaints", "SELECT complaint_id FROM complaint WHERE customer_id = ?1"),
        ("marketing-consents", "SELECT consent_id FROM marketing_consent WHERE customer_id = ?1"),
    ] {
        let mut rows = erp.prepare_cached(sql).unwrap();
        let ids = rows.query_map([person.customer], |row| row.get::<_, i64>(0)).unwrap();
        all.extend(ids.map(|id| (dataset.to_owned(), id.unwrap().to_string())));
    }
    all.extend(person.applications.iter().map(|id| ("applicants".to_owned(), id.to_string())));
    all.extend(person.mails.iter().map(|path| ("emails".to_owned(), path.clone())));
    all
}

fn hits(found: &Found) -> BTreeSet<Record> {
    found.hits.iter().map(|h| (h.dataset.clone(), h.key.text())).collect()
}

/// Counts of one way of asking.
#[derive(Default, Debug)]
struct Score {
    found: usize,
    wrong: usize,
    missed: usize,
    asked: usize,
}

impl Score {
    fn recall(&self) -> f64 {
        self.found as f64 / (self.found + self.missed) as f64
    }
}

fn ask(
    engine: &mut Engine,
    finder: &Finder,
    known: &[(&str, &str)],
    said: &[Said],
    truth: &BTreeSet<Record>,
    score: &mut Score,
) -> Found {
    let known: Vec<(String, String)> =
        known.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let found = finder.find(engine, &known, &Limits::default(), said).unwrap();
    let hits = hits(&found);
    score.found += hits.intersection(truth).count();
    score.wrong += hits.difference(truth).count();
    score.missed += truth.difference(&hits).count();
    score.asked += found.asked.len();
    assert!(found.hits.iter().all(|h| !h.why.is_empty()), "a hit without a reason");
    assert!(
        found.unsearchable.iter().any(|(d, _)| d == "cctv-recordings"),
        "recordings cannot be searched, and that is not said"
    );
    found
}

fn generated(seed: u64) -> (tempfile::TempDir, Truth) {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let options = Options { seed, as_of: jiff::civil::date(2026, 11, 22), scale: 0.08 };
    let (_, truth) = generate_with_truth(dir.path(), &options, &mut |_, _, _| ()).unwrap();
    (dir, truth)
}

/// Those who make it hard (who share a telephone, have a namesake, have changed their address, write
/// and apply for jobs), as many as the test has time for, and some others.
fn some(truth: &Truth) -> Vec<&Person> {
    let hard = |p: &&Person| {
        let shares =
            |o: &Person| o.customer != p.customer && (o.phone == p.phone || o.name == p.name);
        (p.emails.len() > 1 && !p.mails.is_empty())
            || !p.applications.is_empty()
            || (truth.people.iter().any(shares) && !p.mails.is_empty())
    };
    let hard = truth.people.iter().filter(hard).take(20);
    hard.chain(truth.people.iter().step_by(90)).collect()
}

#[test]
fn nobody_else_is_found_and_nearly_everything_is() {
    let [mut by_number, mut by_email, mut by_phone, mut after_a_word] =
        [(); 4].map(|()| Score::default());
    let (mut shared, mut persons) = (0, 0);
    for seed in [1, 2, 3] {
        let (dir, truth) = generated(seed);
        let mut engine = engine(dir.path(), REGISTER, None);
        let finder = Finder::new(&mut engine);
        for person in some(&truth) {
            let theirs = records(dir.path(), person);
            let number = person.customer.to_string();
            persons += 1;
            let known = [("customer", &*number)];
            ask(&mut engine, &finder, &known, &[], &theirs, &mut by_number);
            let old = person.emails.last().unwrap();
            let known = [("email", &*person.emails[0]), ("email", old)];
            ask(&mut engine, &finder, &known, &[], &theirs, &mut by_email);
            // A telephone alone is never certain.
            let known = [("phone", &*person.phone)];
            let found = ask(&mut engine, &finder, &known, &[], &theirs, &mut by_phone);
            assert!(found.hits.is_empty() && !found.asked.is_empty());
            let family = truth.people.iter().filter(|p| p.phone == person.phone).count();
            if family > 1 {
                shared += 1;
                continue;
            }
            // A person says that it is theirs alone.
            let yes = Said::Yes { kind: "phone".into(), value: person.phone.clone() };
            ask(&mut engine, &finder, &[], &[yes], &theirs, &mut after_a_word);
        }
    }
    println!("{persons} people, {shared} of whom share a telephone");
    for (name, score) in [
        ("customer number", &by_number),
        ("e-mail addresses", &by_email),
        ("telephone alone", &by_phone),
        ("telephone, confirmed", &after_a_word),
    ] {
        println!("{name}: recall {:.4}, {score:?}", score.recall());
        assert_eq!(score.wrong, 0, "another person's record was taken for certain, by {name}");
    }
    assert!(shared > 10, "families share telephones in the demo");
    assert!(by_number.recall() > 0.99 && by_email.recall() > 0.99 && after_a_word.recall() > 0.99);
}

#[test]
fn staff_are_found_and_a_namesake_is_asked_about() {
    let (dir, _) = generated(4);
    let mut engine = engine(dir.path(), REGISTER, None);
    let finder = Finder::new(&mut engine);
    let hr = Connection::open(dir.path().join("data/hr.sqlite")).unwrap();
    let ids = |sql: &str, id: i64| -> BTreeSet<String> {
        let mut rows = hr.prepare(sql).unwrap();
        let ids = rows.query_map([id], |row| row.get::<_, i64>(0)).unwrap();
        ids.map(|id| id.unwrap().to_string()).collect()
    };
    for id in 1..=8 {
        let cpr: String = hr
            .query_row("SELECT cpr FROM employee WHERE employee_id = ?1", [id], |r| r.get(0))
            .unwrap();
        // Without the dash, as people write it.
        let known = [("cpr".to_owned(), cpr.replace('-', ""))];
        let found = finder.find(&mut engine, &known, &Limits::default(), &[]).unwrap();
        let of = |dataset: &str| -> BTreeSet<String> {
            found.hits.iter().filter(|h| h.dataset == dataset).map(|h| h.key.text()).collect()
        };
        assert_eq!(of("employees"), BTreeSet::from([id.to_string()]));
        let time = "SELECT entry_id FROM working_time WHERE employee_id = ?1";
        assert_eq!(of("working-time"), ids(time, id));
        let sick = "SELECT sick_leave_id FROM sick_leave WHERE employee_id = ?1";
        assert_eq!(of("sick-leave"), ids(sick, id));
        assert!(of("customers").is_empty() && of("applicants").is_empty(), "no more than a name");
    }
}

#[test]
fn no_package_has_another_persons_record() {
    use frist_cases::access::{Seal, Shown, judge_all, make, review};
    use frist_cases::erase::search;
    use frist_cases::request::{Actor, Desk, Known, NewRequest, Person as Asks, Right};
    let (dir, truth) = generated(5);
    let mut engine = engine(dir.path(), REGISTER, None);
    let t: jiff::Timestamp = super::support::NOW.parse().unwrap();
    let (mut packages, mut records_in, mut missed) = (0, 0, 0);
    for person in some(&truth).into_iter().take(12) {
        let theirs = records(dir.path(), person);
        let new = NewRequest {
            right: Right::Access,
            marketing: false,
            received: t,
            channel: "letter".into(),
            person: Asks { name: "Prøve Eksempelsen".into(), ..Asks::default() },
            lang: frist_register::Lang::Da,
            known: vec![Known { kind: "customer".into(), value: person.customer.to_string() }],
            words: None,
        };
        let mut desk = Desk {
            state: &mut engine.state,
            register: &engine.register,
            by: Actor::Person("ida"),
            at: t,
            signed: "",
        };
        let number = desk.open(new, &[]).unwrap().kept.case.number;
        // Whoever works on it says no to all that is not certain: nothing of it may go in.
        let found = search(&mut engine, "ida", &number, &[], &[], true, t).unwrap();
        let values = found.asked.iter().flat_map(|q| &q.values);
        let no = values.map(|v| Said::No { kind: v.kind.clone(), value: v.value.clone() });
        let no: Vec<Said> = no.collect();
        search(&mut engine, "ida", &number, &[], &no, true, t).unwrap();
        let items = review(&mut engine, &number, t).unwrap();
        let masked: Vec<_> = items.into_iter().map(|i| (i.id, Shown::Masked)).collect();
        judge_all(&mut engine, "ida", &number, &masked, t).unwrap();
        let package = make(&mut engine, "ida", "", &number, Seal::Open, None, t).unwrap();
        let kept: BTreeSet<Record> = engine
            .state
            .case_records(&number)
            .unwrap()
            .into_iter()
            .map(|r| (r.dataset, r.key))
            .collect();
        assert!(kept.is_subset(&theirs), "another person's record was taken for certain");
        assert_eq!(package.records, kept.len() as u64);
        missed += theirs.difference(&kept).count();
        (packages, records_in) = (packages + 1, records_in + package.records);
        // And by what the file itself says, whatever the program thinks.
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(package.bytes)).unwrap();
        let json = std::io::read_to_string(zip.by_name("oplysninger.json").unwrap()).unwrap();
        let data: serde_json::Value = serde_json::from_str(&json).unwrap();
        let own = person.customer.to_string();
        let mut seen = 0;
        for set in data["data_sets"].as_array().unwrap() {
            for record in set["records"].as_array().unwrap() {
                if let Some(id) = record["fields"]["customer_id"].as_str() {
                    assert_eq!(id, own, "in {}", set["id"]);
                    seen += 1;
                }
            }
        }
        assert!(seen > 0, "nothing says whose it is");
    }
    println!("{packages} packages, {records_in} records, none of another person, {missed} missed");
    assert!(packages == 12 && missed * 100 <= records_in as usize);
}
