//! Cases: numbers, the log with its ledger entries, versions, papers, records, and that an erased
//! case is gone.

use frist_ledger::entry::{Entry, Kind};
use frist_state::case::{Case, CaseFilter, CaseKind, CaseRecord, NewCase, NewStep, Paper};
use frist_state::{Error, State};
use serde_json::json;

use crate::kit::{Kit, at, both, contains};

both! { numbers_follow_each_other_and_are_given_once every_step_is_in_log_and_ledger
of_two_who_change_a_case_one_is_told what_breaks_first_comes_first records_are_kept_with_the_case
a_closed_case_goes_with_all_that_was_kept }

fn new(kind: CaseKind, year: i16, due: Option<&str>) -> NewCase {
    NewCase {
        kind,
        year,
        received: at("2026-11-20T08:00:00Z"),
        due: due.map(at),
        status: "received".to_owned(),
        owner: None,
        body: json!({"name": "Ida Holm"}),
    }
}

fn step(word: &str, by: &str) -> NewStep {
    NewStep {
        at: at("2026-11-20T09:00:00Z"),
        by: by.to_owned(),
        step: word.to_owned(),
        text: Some("kunden ringede".to_owned()),
    }
}

fn paper(kind: &str, bytes: &[u8]) -> Paper {
    Paper {
        kind: kind.to_owned(),
        lang: Some("da".to_owned()),
        media_type: "text/plain".to_owned(),
        name: format!("{kind}.txt"),
        bytes: bytes.to_vec(),
        made_at: at("2026-11-20T09:00:00Z"),
    }
}

fn open(state: &mut State) -> String {
    let case = new(CaseKind::Request, 2026, Some("2026-12-22T23:00:00Z"));
    state.open_case(&case, &step("opened", "anna")).unwrap()
}

fn case(state: &mut State, number: &str) -> Case {
    state.case(number).unwrap().unwrap()
}

fn numbers_follow_each_other_and_are_given_once(kit: &Kit) {
    let mut state = kit.open();
    let mut number =
        |kind, year| state.open_case(&new(kind, year, None), &step("opened", "anna")).unwrap();
    assert_eq!(number(CaseKind::Request, 2026), "R-2026-0001");
    assert_eq!(number(CaseKind::Request, 2026), "R-2026-0002");
    assert_eq!(number(CaseKind::Inquiry, 2026), "T-2026-0001");
    assert_eq!(number(CaseKind::Breach, 2026), "B-2026-0001");
    assert_eq!(number(CaseKind::Request, 2027), "R-2027-0001");
    // Also after it was erased.
    let mut change = case(&mut state, "R-2026-0002").change();
    change.closed = Some(at("2026-11-21T00:00:00Z"));
    state.change_case("R-2026-0002", 1, &change, &step("closed", "anna")).unwrap();
    state.erase_case("R-2026-0002", "anna", at("2031-11-22T00:00:00Z")).unwrap();
    assert_eq!(open(&mut state), "R-2026-0003");
    // At the same time: each gets its own.
    let mut numbers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&mut kit.open()))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 8);
}

fn every_step_is_in_log_and_ledger(kit: &Kit) {
    let mut state = kit.open();
    let number = open(&mut state);
    let change = case(&mut state, &number).change();
    let papers = [paper("extension", b"Kaere Ida"), paper("extension", b"<p>Kaere Ida")];
    let extended = step("extended", "bo");
    assert_eq!(state.change_case_with(&number, 1, &change, &extended, &papers, None).unwrap(), 2);
    state.add_case_step(&number, &step("noted", "bo"), &[]).unwrap();
    assert_eq!(case(&mut state, &number).version, 2, "a note is no change of the case");
    let log = state.case_log(&number).unwrap();
    let words: Vec<_> = log.iter().map(|s| (s.step.step.as_str(), s.papers.len())).collect();
    assert_eq!(words, [("opened", 0), ("extended", 2), ("noted", 0)]);
    assert_eq!(log[1].step, extended);
    let kept = state.papers(&number).unwrap();
    assert_eq!((kept.len(), kept[0].size), (2, 9));
    assert_eq!(state.paper(kept[0].id).unwrap(), Some((number.clone(), papers[0].clone())));
    assert_eq!(state.paper(99).unwrap(), None);

    let leaves = state.leaves(0, 10).unwrap();
    let told: Vec<_> = leaves
        .iter()
        .map(|leaf| match Entry::parse(&leaf.entry).unwrap().what {
            Kind::Case { case, step, by } => format!("{case} {step} {by}"),
            other => panic!("{other:?}"),
        })
        .collect();
    let r = "R-2026-0001";
    assert_eq!(
        told,
        [format!("{r} opened anna"), format!("{r} extended bo"), format!("{r} noted bo")]
    );
    // A word that cannot stand in the ledger changes nothing at all.
    for bad in [step("ringede til Ida", "bo"), step("noted", "Bo Berg")] {
        assert!(state.change_case(&number, 2, &change, &bad).is_err());
        assert!(state.add_case_step(&number, &bad, &papers).is_err());
        assert!(state.open_case(&new(CaseKind::Request, 2026, None), &bad).is_err());
    }
    assert_eq!(case(&mut state, &number).version, 2);
    assert_eq!(state.papers(&number).unwrap().len(), 2);
    assert_eq!(state.size().unwrap(), 3);
    assert_eq!(open(&mut state), "R-2026-0002", "nor was a number lost");
    let missing = state.add_case_step("R-2026-0099", &step("noted", "bo"), &[]).unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
}

fn of_two_who_change_a_case_one_is_told(kit: &Kit) {
    let mut state = kit.open();
    let number = open(&mut state);
    let change = case(&mut state, &number).change();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let one = |who: &'static str| {
            let (number, mut change) = (number.clone(), change.clone());
            change.status = format!("decided by {who}");
            scope.spawn(move || kit.open().change_case(&number, 1, &change, &step("decided", who)))
        };
        let both = [one("anna"), one("bo")];
        both.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let (done, told): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|o| o.is_ok());
    assert_eq!((done.len(), told.len()), (1, 1));
    let error = told.into_iter().next().unwrap().unwrap_err();
    let winner = state.case_log(&number).unwrap().pop().unwrap().step.by;
    let Error::CaseChanged { by, step, .. } = &error else { panic!("{error}") };
    assert_eq!((by, step.as_str()), (&winner, "decided"));
    let found = case(&mut state, &number);
    assert_eq!((found.version, found.status), (2, format!("decided by {winner}")));
    assert_eq!(state.case_log(&number).unwrap().len(), 2);
}

fn what_breaks_first_comes_first(kit: &Kit) {
    let mut state = kit.open();
    let late = "2026-11-01T00:00:00Z";
    for due in [None, Some("2026-12-22T00:00:00Z"), Some(late), Some("2026-12-01T00:00:00Z")] {
        state.open_case(&new(CaseKind::Request, 2026, due), &step("opened", "anna")).unwrap();
    }
    state
        .open_case(
            &new(CaseKind::Breach, 2026, Some("2026-11-23T00:00:00Z")),
            &step("opened", "bo"),
        )
        .unwrap();
    let mut change = case(&mut state, "R-2026-0004").change();
    change.owner = Some("bo".to_owned());
    state.change_case("R-2026-0004", 1, &change, &step("taken", "bo")).unwrap();
    let mut closed = case(&mut state, "R-2026-0002").change();
    closed.closed = Some(at("2026-11-21T00:00:00Z"));
    state.change_case("R-2026-0002", 1, &closed, &step("closed", "bo")).unwrap();
    let mut list = |filter: &CaseFilter| -> Vec<String> {
        state.cases(filter).unwrap().into_iter().map(|c| c.number).collect()
    };
    let all = CaseFilter::default();
    let numbers = list(&all);
    assert_eq!(
        numbers,
        ["R-2026-0003", "B-2026-0001", "R-2026-0004", "R-2026-0001", "R-2026-0002"]
    );
    let open = CaseFilter { open: Some(true), kind: Some(CaseKind::Request), ..all.clone() };
    assert_eq!(list(&open), ["R-2026-0003", "R-2026-0004", "R-2026-0001"]);
    assert_eq!(list(&CaseFilter { owner: Some("bo".to_owned()), ..all.clone() }), ["R-2026-0004"]);
    let before = |day: &str| CaseFilter { closed_before: Some(at(day)), ..all.clone() };
    assert_eq!(list(&before("2026-11-22T00:00:00Z")), ["R-2026-0002"]);
    assert!(list(&before("2026-11-21T00:00:00Z")).is_empty());
}

fn records_are_kept_with_the_case(kit: &Kit) {
    let mut state = kit.open();
    let number = open(&mut state);
    let record = |key: &str, state: &str, until: Option<&str>| CaseRecord {
        dataset: "invoices".to_owned(),
        key: key.to_owned(),
        why: "customer_id".to_owned(),
        state: state.to_owned(),
        ground: until.map(|_| "17(3)(b) bogføringsloven § 12".to_owned()),
        until: until.map(|day| day.parse().unwrap()),
        done_at: None,
    };
    let first = [record("1", "erase", None), record("2", "refuse", Some("2030-12-31"))];
    state.put_case_records(&number, &first).unwrap();
    assert_eq!(state.case_records(&number).unwrap(), first);
    let second = [record("2", "refuse", Some("2031-12-31"))];
    let change = case(&mut state, &number).change();
    state
        .change_case_with(&number, 1, &change, &step("decided", "bo"), &[], Some(&second))
        .unwrap();
    assert_eq!(state.case_records(&number).unwrap(), second);
    // Counted, as the list would be: the last day is that of the longest, and done is not open.
    let gone =
        CaseRecord { done_at: Some(at("2026-02-01T08:00:00Z")), ..record("4", "erase", None) };
    let third = [
        record("2", "refuse", Some("2031-12-31")),
        record("3", "refuse", Some("2029-12-31")),
        gone,
        record("5", "erase", None),
    ];
    state.put_case_records(&number, &third).unwrap();
    let sums = state.case_sums(&number).unwrap();
    let sums: Vec<_> = sums
        .iter()
        .map(|s| (&*s.dataset, &*s.state, s.done, s.n, s.until.map(|d| d.to_string())))
        .collect();
    let longest = Some("2031-12-31".to_owned());
    assert_eq!(
        sums,
        [
            ("invoices", "erase", false, 1, None),
            ("invoices", "erase", true, 1, None),
            ("invoices", "refuse", false, 2, longest),
        ]
    );
    assert!(state.case_sums("R-2026-0099").unwrap().is_empty());
    state.put_case_records(&number, &second).unwrap();
    // The same record twice: nothing is changed.
    let twice = [record("3", "erase", None), record("3", "erase", None)];
    assert!(state.put_case_records(&number, &twice).is_err());
    assert_eq!(state.case_records(&number).unwrap(), second);
    let missing = state.put_case_records("R-2026-0099", &first).unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
}

fn a_closed_case_goes_with_all_that_was_kept(kit: &Kit) {
    const TABLES: [&str; 4] = ["cases", "case_step", "case_paper", "case_record"];
    let mut state = kit.open();
    // Enough of them, changed often enough, that pages are split and rearranged.
    let mark = |n: usize| format!("Ida-Holm-{n:03}-hemmelig");
    let mut numbers = Vec::new();
    for n in 0..15 {
        let mut case = new(CaseKind::Request, 2026, None);
        case.body = json!({"name": mark(n), "more": "x".repeat(n * 17 % 300)});
        let number = state.open_case(&case, &step("opened", "anna")).unwrap();
        let mut change = self::case(&mut state, &number).change();
        change.body = json!({"name": mark(n), "more": "y".repeat(n * 31 % 700)});
        let mut noted = step("noted", "bo");
        noted.text = Some(format!("ringede: {}", mark(n)));
        let letter =
            paper("granted", format!("{} {}", mark(n), "z".repeat(n * 97 % 900)).as_bytes());
        // In an order in which pages are split, and their second half stays behind as a copy.
        let record = |i: usize| CaseRecord {
            dataset: "invoices".to_owned(),
            key: format!("{:03}-{}", i * 7919 % 211, mark(n)),
            why: mark(n),
            state: "erase".to_owned(),
            ground: None,
            until: None,
            done_at: None,
        };
        let records: Vec<_> = (0..60).map(record).collect();
        state.change_case_with(&number, 1, &change, &noted, &[letter], Some(&records)).unwrap();
        numbers.push(number);
    }
    let error = state.erase_case(&numbers[0], "anna", at("2031-11-22T00:00:00Z")).unwrap_err();
    assert!(error.to_string().contains("close it first"), "{error}");
    assert!(!state.cases_want_scrubbing().unwrap());
    for number in numbers.iter().enumerate().filter(|(n, _)| n % 7 > 0).map(|(_, n)| n) {
        let mut change = case(&mut state, number).change();
        change.closed = Some(at("2026-11-22T00:00:00Z"));
        state.change_case(number, 2, &change, &step("closed", "anna")).unwrap();
        state.erase_case(number, "anna", at("2031-11-22T00:00:00Z")).unwrap();
    }
    assert!(state.cases_want_scrubbing().unwrap());
    assert!(state.case(&numbers[1]).unwrap().is_none());
    assert!(state.papers(&numbers[1]).unwrap().is_empty());
    state.scrub_cases().unwrap();
    assert!(!state.cases_want_scrubbing().unwrap());
    let disk = kit.bytes_on_disk(&TABLES);
    assert!(contains(&disk, mark(0).as_bytes()), "the open case is still there");
    for n in (1..15).filter(|n| n % 7 > 0) {
        assert!(!contains(&disk, mark(n).as_bytes()), "something is left of case {n}");
    }
    let size = state.size().unwrap();
    let last = state.leaves(size - 1, 1).unwrap().pop().unwrap();
    let text = String::from_utf8(last.entry).unwrap();
    assert!(text.contains(r#""step":"case-erased""#), "{text}");
}

#[test]
fn nothing_about_a_person_is_in_debug_or_errors() {
    let kit = Kit::sqlite();
    let mut state = kit.open();
    let number = open(&mut state);
    let found = case(&mut state, &number);
    let letter = paper("granted", b"Ida Holm");
    let record = CaseRecord {
        dataset: "invoices".to_owned(),
        key: "Ida".to_owned(),
        why: "Ida".to_owned(),
        state: "erase".to_owned(),
        ground: None,
        until: None,
        done_at: None,
    };
    let log = state.case_log(&number).unwrap();
    let new = new(CaseKind::Request, 2026, None);
    let text = format!("{found:?} {:?} {letter:?} {record:?} {new:?} {log:?}", found.change());
    assert!(!text.contains("Ida") && !text.contains("ringede"), "{text}");
    let error = state.change_case(&number, 7, &found.change(), &step("noted", "bo")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("Ida"), "{error}");
}
