//! Requests as they are kept: letters, log, two caseworkers at once, retention.

use frist_cases::CasesError;
use frist_cases::request::letters::answer_kind;
use frist_cases::request::{Actor, Desk, NewRequest, Outcome, Right, Stage, Step, Told, tidy};
use frist_law::Period;
use frist_paper::letters::LetterKind;
use frist_register::{Lang, Register};
use frist_state::case::Paper;
use frist_state::{Error, Location, State};
use jiff::Timestamp;

use crate::kit::{new, noon, register};

struct House {
    folder: tempfile::TempDir,
    register: Register,
}

impl House {
    fn new(more: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), register: register(more) }
    }

    fn state(&self) -> State {
        let place = self.folder.path().join("state.sqlite").display().to_string();
        State::open(&Location::parse(&place).unwrap()).unwrap()
    }

    fn desk<'a>(&'a self, state: &'a mut State, who: &'a str, day: &str) -> Desk<'a> {
        Desk { state, register: &self.register, by: Actor::Person(who), at: noon(day), signed: "" }
    }
}

fn letter(state: &mut State, number: &str, kind: &str) -> String {
    let papers = state.papers(number).unwrap();
    let text = papers.iter().rfind(|p| p.kind == kind && p.media_type.starts_with("text/plain"));
    let (_, paper) = state.paper(text.unwrap().id).unwrap().unwrap();
    // As it reads, wherever its lines end.
    String::from_utf8(paper.bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words(state: &mut State, number: &str) -> Vec<String> {
    state.case_log(number).unwrap().into_iter().map(|s| s.step.step).collect()
}

#[test]
fn from_receipt_to_refusal_with_letters() {
    let house = House::new("");
    let mut state = house.state();
    let came = Paper {
        kind: "received".to_owned(),
        lang: None,
        media_type: "application/pdf".to_owned(),
        name: "brev.pdf".to_owned(),
        bytes: b"%PDF-1.7".to_vec(),
        made_at: noon("2026-11-20"),
    };
    let mut desk = house.desk(&mut state, "anna", "2026-11-20");
    let opened = desk.open(new(Right::Erasure, noon("2026-11-20")), &[came]).unwrap();
    assert!(opened.no_receipt.is_none(), "{:?}", opened.no_receipt);
    let number = opened.kept.case.number.clone();
    assert_eq!(number, "R-2026-0001");
    let receipt = letter(&mut state, &number, "receipt");
    for part in ["Ida Holm", "R-2026-0001", "20. november 2026", "21. december 2026"] {
        assert!(receipt.contains(part), "{part}: {receipt}");
    }

    let mut desk = house.desk(&mut state, "anna", "2026-11-23");
    let doubt = "Du skriver fra en adresse, som vi ikke kender".to_owned();
    desk.ask_identity(&number, None, doubt, None, vec!["dit kundenummer".to_owned()]).unwrap();
    assert!(letter(&mut state, &number, "identity").contains("dit kundenummer"));
    let mut desk = house.desk(&mut state, "bo", "2026-11-25");
    let known = Step::IdentityKnown { how: "kundenummer oplyst".to_owned() };
    desk.take(&number, None, &known, Told::Nothing, None).unwrap();
    desk.take(&number, None, &Step::Searched, Told::Nothing, None).unwrap();
    desk.extend(&number, None, "Dine oplysninger ligger i ti systemer.".to_owned()).unwrap();
    let extension = letter(&mut state, &number, "extension");
    // Saturday 20 February 2027, so Monday.
    for part in ["22. februar 2027", "ti systemer"] {
        assert!(extension.contains(part), "{part}: {extension}");
    }

    let mut desk = house.desk(&mut state, "bo", "2026-12-01");
    let reasons = "Bogføringslovens § 12".to_owned();
    let decide = Step::Decide {
        outcome: Outcome::Refused,
        reasons: Some(reasons.clone()),
        deferred: Vec::new(),
    };
    let kept = desk.take(&number, None, &decide, Told::Nothing, None).unwrap();
    let mut context = desk.context(&kept);
    context.reasons = vec![reasons];
    let kind = answer_kind(Right::Erasure, Outcome::Refused);
    assert_eq!(kind, LetterKind::Refused);
    let told = Told::Letter(kind, Box::new(context));
    desk.take(&number, None, &Step::Answer, told, None).unwrap();
    assert!(desk.close_if_done(&number).unwrap());
    let refusal = letter(&mut state, &number, "refused");
    for part in ["Bogføringslovens § 12", "Datatilsynet"] {
        assert!(refusal.contains(part), "{part}: {refusal}");
    }
    assert_eq!(
        words(&mut state, &number),
        [
            "opened",
            "receipt",
            "identity-asked",
            "identity-known",
            "searched",
            "extended",
            "decided",
            "answered",
            "closed"
        ]
    );
    let case = state.case(&number).unwrap().unwrap();
    assert_eq!((case.status.as_str(), case.due), ("closed", None));
    assert_eq!(case.closed, Some(noon("2026-12-01")));
    let log = state.case_log(&number).unwrap();
    assert_eq!(log[0].papers.len(), 1, "what came with it");
    assert!(log[1].papers.len() >= 2, "HTML and text at least");
}

#[test]
fn letters_are_in_the_persons_language_and_the_organisations_words() {
    let house = House::new(
        r#"
[[letter]]
id = "receipt"
version = "1"
title = { da = "Kvittering", en = "Receipt" }
text = { da = """
# Tak for din henvendelse

Sagen har nummer {{ case.number }}.
""" }
"#,
    );
    let mut state = house.state();
    let mut desk = house.desk(&mut state, "anna", "2026-11-20");
    let danish = desk.open(new(Right::Access, noon("2026-11-20")), &[]).unwrap();
    assert!(danish.no_receipt.is_none(), "{:?}", danish.no_receipt);
    let english = NewRequest { lang: Lang::En, ..new(Right::Access, noon("2026-11-20")) };
    let english = desk.open(english, &[]).unwrap();
    let text = letter(&mut state, &danish.kept.case.number, "receipt");
    assert!(text.contains("Sagen har nummer R-2026-0001"), "{text}");
    let text = letter(&mut state, &english.kept.case.number, "receipt");
    assert!(text.contains("21 December 2026") || text.contains("December 21, 2026"), "{text}");
}

#[test]
fn a_case_is_open_also_when_its_receipt_cannot_be_written() {
    let house = House::new(
        r#"
[[letter]]
id = "receipt"
version = "1"
title = { da = "Kvittering", en = "Receipt" }
text = { da = "Kaere {{ kunde }}", en = "Dear {{ customer }}" }
"#,
    );
    let mut state = house.state();
    let mut desk = house.desk(&mut state, "anna", "2026-11-20");
    let opened = desk.open(new(Right::Access, noon("2026-11-20")), &[]).unwrap();
    assert!(opened.no_receipt.is_some());
    assert_eq!(words(&mut state, "R-2026-0001"), ["opened"]);
    // A step whose letter cannot be written is not taken.
    let mut desk = house.desk(&mut state, "anna", "2026-11-21");
    let nothing = desk.ask_identity("R-2026-0001", None, "tvivl".to_owned(), None, Vec::new());
    assert!(matches!(nothing, Err(CasesError::Paper(_))), "{nothing:?}");
    assert_eq!(desk.load("R-2026-0001").unwrap().request.stage, Stage::Received);
}

#[test]
fn of_two_caseworkers_one_is_told() {
    let house = House::new("");
    let mut state = house.state();
    let mut desk = house.desk(&mut state, "anna", "2026-11-20");
    let number = desk.open(new(Right::Access, noon("2026-11-20")), &[]).unwrap().kept.case.number;
    let seen = desk.load(&number).unwrap().case.version;
    let mut other = house.state();
    let mut bo = house.desk(&mut other, "bo", "2026-11-21");
    bo.take(&number, Some(seen), &Step::Searched, Told::Nothing, None).unwrap();
    // Anna still looks at what was there before: she is told who was faster, and nothing is done.
    let mut anna = house.desk(&mut state, "anna", "2026-11-21");
    let reason = "mange systemer".to_owned();
    let error = anna.extend(&number, Some(seen), reason.clone()).unwrap_err();
    let CasesError::State(Error::CaseChanged { by, step, .. }) = &error else { panic!("{error}") };
    assert_eq!((by.as_str(), step.as_str()), ("bo", "searched"));
    let kept = anna.load(&number).unwrap();
    assert!(kept.request.extension.is_none());
    assert_eq!(words(anna.state, &number), ["opened", "receipt", "searched"]);
    assert!(anna.state.papers(&number).unwrap().iter().all(|p| p.kind != "extension"));
    // A note by another is no change that she must look at.
    bo.note(&number, "ringede").unwrap();
    anna.extend(&number, Some(kept.case.version), reason).unwrap();
    assert!(anna.assign(&number, Some(seen), "anna").is_err());
    assert_eq!(anna.assign(&number, None, "anna").unwrap().case.owner.as_deref(), Some("anna"));
}

fn closed(house: &House, state: &mut State, day: &str) -> String {
    let mut desk = house.desk(state, "anna", day);
    let number = desk.open(new(Right::Access, noon(day)), &[]).unwrap().kept.case.number;
    desk.note(&number, "Ida-Holm-hemmelig ringede").unwrap();
    let how = "ringede".to_owned();
    desk.take(&number, None, &Step::Withdraw { how }, Told::Nothing, None).unwrap();
    number
}

#[test]
fn closed_cases_go_when_their_time_is_up() {
    let house = House::new("");
    let mut state = house.state();
    let number = closed(&house, &mut state, "2026-11-20");
    let mut desk = house.desk(&mut state, "anna", "2026-11-20");
    desk.open(new(Right::Access, noon("2026-11-20")), &[]).unwrap();
    // Five years; the last day is kept whole.
    let midnight = |day: &str| -> Timestamp {
        let day: jiff::civil::Date = day.parse().unwrap();
        day.to_zoned(crate::kit::dk().zone).unwrap().timestamp()
    };
    let before = tidy(&mut state, &house.register, "frist", noon("2031-11-20")).unwrap();
    assert!(before.erased.is_empty());
    let after = tidy(&mut state, &house.register, "frist", midnight("2031-11-21")).unwrap();
    assert_eq!(after.erased, [number.as_str()]);
    assert!(after.not_scrubbed.is_none(), "{:?}", after.not_scrubbed);
    assert!(state.case(&number).unwrap().is_none());
    assert!(state.case("R-2026-0002").unwrap().is_some(), "an open case stays, however old");
    let bytes: Vec<u8> = std::fs::read_dir(house.folder.path())
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    let left = bytes.windows(16).any(|w| w == b"Ida-Holm-hemmeli");
    assert!(!left, "the note is still in the file");
    assert!(bytes.windows(8).any(|w| w == b"Ida Holm"), "the open case is");
    // The ledger tells that it was erased.
    let size = state.size().unwrap();
    let last = String::from_utf8(state.leaves(size - 1, 1).unwrap().remove(0).entry).unwrap();
    assert!(last.contains("case-erased") && last.contains(&number), "{last}");
    let again = tidy(&mut state, &house.register, "frist", midnight("2031-11-21")).unwrap();
    assert!(again.erased.is_empty());
}

#[test]
fn the_register_says_how_long_closed_cases_are_kept() {
    let house = House::new("[requests]\nkeep = \"2 years\"\n");
    assert_eq!(house.register.requests.keep(), Period::years(2));
    let mut state = house.state();
    let number = closed(&house, &mut state, "2026-11-20");
    assert!(
        tidy(&mut state, &house.register, "frist", noon("2028-11-20")).unwrap().erased.is_empty()
    );
    let tidied = tidy(&mut state, &house.register, "frist", noon("2028-11-21")).unwrap();
    assert_eq!(tidied.erased, [number]);
}

#[test]
fn what_could_not_be_overwritten_is_overwritten_by_the_next() {
    let house = House::new("");
    let mut state = house.state();
    let number = closed(&house, &mut state, "2026-11-20");
    // As if the process had died between the two.
    state.erase_case(&number, "frist", noon("2031-11-21")).unwrap();
    assert!(state.cases_want_scrubbing().unwrap());
    let tidied = tidy(&mut state, &house.register, "frist", noon("2031-11-21")).unwrap();
    assert!(tidied.erased.is_empty() && tidied.not_scrubbed.is_none());
    assert!(!state.cases_want_scrubbing().unwrap());
}
