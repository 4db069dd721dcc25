//! Flags that keep nothing, and transfers that need everything.

use frist_calls::desk::{CallId, Desk};
use frist_calls::evidence::{self, Keep, Ledger, Refused, Request, Terms, Transfer};
use frist_calls::listen;
use frist_calls::principal::{Principal, Role};
use frist_ledger::RecordKey;
use frist_ledger::entry::{Entry, Kind};
use frist_state::{Location, State};
use frist_vault::{ObjectId, Vault};
use jiff::SignedDuration;

use crate::kit::{
    Place, at, chunk, fact, new_call, objects, principal, recorded, rule, rules, wait,
};

fn terms(two_persons: bool) -> Terms {
    Terms {
        recordings: rule("recordings"),
        periods: vec![rule("threats")],
        from: "calls/recording".to_owned(),
        into: "calls/evidence".to_owned(),
        two_persons,
        approve_within: SignedDuration::from_hours(24),
    }
}

fn eva() -> Principal {
    principal("eva", &[Role::Evidence], &[])
}

fn request(recording: ObjectId) -> Request {
    Request {
        recording,
        grounds: "The caller threatens to come by with a knife".to_owned(),
        legal_basis: "GDPR Art. 6(1)(e); straffelovens § 119".to_owned(),
        matter: "J-2026-14".to_owned(),
        keep: Some(Keep::Until(at("2027-06-01T00:00:00Z"))),
    }
}

struct Books {
    state: State,
    key: RecordKey,
}

impl Books {
    fn new(place: &Place) -> Books {
        let path = place.path().join("state.sqlite");
        let state = State::open(&Location::parse(path.to_str().unwrap()).unwrap()).unwrap();
        Books { state, key: RecordKey::new([9; 32]) }
    }
    fn ledger(&mut self) -> Ledger<'_> {
        Ledger { state: &mut self.state, key: &self.key }
    }
    fn entries(&mut self) -> Vec<Entry> {
        let leaves = self.state.leaves(0, 100).unwrap();
        leaves.iter().map(|l| Entry::parse(&l.entry).unwrap()).collect()
    }
}

fn hash(vault: &Vault, id: &ObjectId) -> [u8; 32] {
    vault.read(id).unwrap().content_sha256().unwrap()
}

#[test]
fn a_flag_marks_a_call_and_keeps_nothing() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    let agent = principal("anna", &[Role::Agent], &[]);
    evidence::flag(&desk, &agent, &call, "shouts and threatens").unwrap();
    assert!(matches!(evidence::flag(&desk, &agent, &call, "n/a"), Err(Refused::Missing(_))));
    let other = principal("bo", &[Role::Dpo], &["quality"]);
    assert!(matches!(evidence::flag(&desk, &other, &call, "shouts"), Err(Refused::Role { .. })));
    let unknown = CallId::parse(&"0".repeat(32)).unwrap();
    assert!(matches!(evidence::flag(&desk, &agent, &unknown, "shouts"), Err(Refused::Desk(_))));
    assert_eq!(place.ask("SELECT flagged FROM call"), ["1"]);
    assert_eq!(
        place.ask("SELECT call_id, flagged_by, why FROM flag"),
        [format!("{call}|anna|shouts and threatens")]
    );
    // Flagged or not: nothing is recorded without consent, and what is has its own time.
    assert!(desk.tape(&call).is_err());
    let (call, id) = recorded(&desk, &vault, 2, &["quality"], 1);
    evidence::flag(&desk, &agent, &call, "shouts and threatens").unwrap();
    let due = rule("recordings").due_after(&vault.facts(&id).unwrap(), place.time.now());
    assert!(due.unwrap() < at(crate::kit::START) + SignedDuration::from_mins(96 * 60 + 1));
}

#[test]
fn a_transfer_without_any_of_its_parts_is_refused_and_says_what_is_missing() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut books = Books::new(&place);
    let (_, id) = recorded(&desk, &vault, 1, &["quality"], 2);
    let terms = terms(false);
    type Spoil = fn(&mut Request);
    let spoils: [(&str, Spoil); 9] = [
        ("missing: grounds", |r| r.grounds = "n/a".into()),
        ("missing: a legal basis", |r| r.legal_basis = String::new()),
        ("missing: a legal basis", |r| r.legal_basis = "the law".into()),
        ("missing: a matter number", |r| r.matter = "-".into()),
        ("an own retention (a date", |r| r.keep = None),
        ("lies in the future", |r| r.keep = Some(Keep::Until(at("2026-11-22T10:00:00Z")))),
        ("`nothing` is not a data set", |r| r.keep = Some(Keep::As("nothing".into()))),
        ("grounds (why this recording is evidence, in words); a legal basis", |r| {
            (r.grounds, r.legal_basis) = (String::new(), String::new());
        }),
        ("the vault has no object", |r| r.recording = ObjectId::random().unwrap()),
    ];
    for (says, spoil) in spoils {
        let mut request = request(id);
        spoil(&mut request);
        let refused = evidence::transfer(&desk, &terms, &eva(), &request, &mut books.ledger());
        let text = match refused {
            Err(Refused::Vault(e)) => e.to_string(),
            other => other.unwrap_err().to_string(),
        };
        assert!(text.contains(says), "{text}");
    }
    let agent = principal("anna", &[Role::Agent], &["quality"]);
    let refused = evidence::transfer(&desk, &terms, &agent, &request(id), &mut books.ledger());
    assert!(matches!(refused, Err(Refused::Role { .. })));
    // What is due is not kept on.
    place.time.pass(96, 1);
    let refused = evidence::transfer(&desk, &terms, &eva(), &request(id), &mut books.ledger());
    assert!(refused.unwrap_err().to_string().contains("its time is up"));
    assert!(place.ask("SELECT * FROM transfer").is_empty());
    assert!(books.entries().is_empty());
    assert!(vault.list("evidence", None, 10).unwrap().is_empty());
}

#[test]
fn a_transfer_copies_the_same_content_and_stands_in_the_ledger_without_a_name() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut books = Books::new(&place);
    let (call, id) = recorded(&desk, &vault, 1, &["quality"], 3);
    let before = hash(&vault, &id);
    let done = evidence::transfer(&desk, &terms(false), &eva(), &request(id), &mut books.ledger())
        .unwrap();
    assert_eq!((done.status.as_str(), done.ledger_entry), ("done", Some(0)));
    let copy: ObjectId = done.copy.parse().unwrap();
    assert_eq!((hash(&vault, &id), hash(&vault, &copy)), (before, before));
    assert_eq!(fact(&vault, &copy, "keep_until").as_deref(), Some("2027-06-01T00:00:00Z"));
    assert_eq!(fact(&vault, &copy, "call_id").as_deref(), Some(call.as_str()));
    let entries = books.entries();
    let Kind::EvidenceTransfer { record, copy: copied, content, by, approved_by, dataset, .. } =
        &entries[0].what
    else {
        panic!("{entries:?}");
    };
    assert_eq!((by.as_str(), approved_by, dataset.as_str()), ("eva", &None, "recordings"));
    // The same leaf that the sweep's entry will have of it.
    assert_eq!(*record, books.key.leaf(format!("calls/recording/{id}").as_bytes()));
    assert_eq!(*copied, books.key.leaf(format!("calls/evidence/{copy}").as_bytes()));
    let hex: String = before.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(done.content_sha256.as_deref(), Some(hex.as_str()));
    assert_eq!(*content, books.key.leaf(format!("sha256/{hex}").as_bytes()));
    let text = String::from_utf8(entries[0].to_bytes().unwrap()).unwrap();
    for secret in ["knife", "J-2026", "70101", call.as_str(), &id.to_string(), &hex] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // The original's time goes on; the copy stays when it is gone.
    assert_eq!(fact(&vault, &id, "ended_at"), fact(&vault, &copy, "ended_at"));
    vault.destroy(&[id]).unwrap();
    assert_eq!(hash(&vault, &copy), before);
    assert_eq!(*vault.read(&copy).unwrap().chunk(2).unwrap(), chunk(2));
    // Evidence is for those with the role, while its own time lasts.
    let why = "report to the police";
    let hear = |who: &Principal, purpose| listen::open(&desk, &rules(), who, &copy, purpose, why);
    assert!(hear(&eva(), "evidence").is_ok());
    assert!(hear(&principal("bo", &[], &["quality", "evidence"]), "evidence").is_err());
    assert!(hear(&principal("bo", &[Role::Evidence], &["quality"]), "quality").is_err());
    place.time.pass(24 * 194, 0);
    let late = hear(&eva(), "evidence").err().unwrap().to_string();
    assert!(late.contains("time is up"), "{late}");
    assert!(
        evidence::transfer(&desk, &terms(false), &eva(), &request(copy), &mut books.ledger())
            .is_err()
    );
}

#[test]
fn a_period_of_the_register_becomes_a_date() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut books = Books::new(&place);
    let (_, id) = recorded(&desk, &vault, 1, &["quality"], 1);
    let request = Request { keep: Some(Keep::As("threats".into())), ..request(id) };
    let done =
        evidence::transfer(&desk, &terms(false), &eva(), &request, &mut books.ledger()).unwrap();
    // Two years from the 22nd of November, kept through the last day (in Copenhagen).
    assert_eq!(done.keep_until, "2028-11-22T23:00:00Z");
}

fn ask_for(desk: &Desk, id: ObjectId, books: &mut Books) -> Transfer {
    evidence::transfer(desk, &terms(true), &eva(), &request(id), &mut books.ledger()).unwrap()
}

#[test]
fn two_persons_where_two_are_demanded() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut books = Books::new(&place);
    let (_, id) = recorded(&desk, &vault, 1, &["quality"], 1);
    let terms = terms(true);
    let asked = ask_for(&desk, id, &mut books);
    assert_eq!(asked.status, "asked");
    assert!(vault.list("evidence", None, 10).unwrap().is_empty());
    let mut approve =
        |who: &Principal, id: &str| evidence::approve(&desk, &terms, who, id, &mut books.ledger());
    assert!(matches!(approve(&eva(), &asked.id), Err(Refused::SamePerson)));
    let again = principal(" EVA ", &[Role::Evidence], &[]);
    assert!(matches!(approve(&again, &asked.id), Err(Refused::SamePerson)));
    let finn = principal("finn", &[Role::Evidence], &[]);
    assert!(matches!(
        approve(&principal("gry", &[Role::Agent], &[]), &asked.id),
        Err(Refused::Role { .. })
    ));
    assert!(matches!(approve(&finn, "no such"), Err(Refused::NotWaiting(_))));
    let done = approve(&finn, &asked.id).unwrap();
    assert_eq!((done.status.as_str(), done.approved_by.as_deref()), ("done", Some("finn")));
    assert!(matches!(approve(&finn, &asked.id), Err(Refused::NotWaiting(_))));
    let entries = books.entries();
    assert!(
        matches!(&entries[0].what, Kind::EvidenceTransfer { by, approved_by: Some(a), .. } if by.as_str() == "eva" && a.as_str() == "finn")
    );
    // Not approved in time.
    let asked = ask_for(&desk, id, &mut books);
    place.time.pass(24, 1);
    let late = evidence::approve(&desk, &terms, &finn, &asked.id, &mut books.ledger());
    assert!(matches!(late, Err(Refused::Lapsed)));
    // Approved, but by then its time is up.
    let asked = ask_for(&desk, id, &mut books);
    place.time.pass(23, 0);
    place.time.pass(72, 0);
    let terms = Terms { approve_within: SignedDuration::from_hours(200), ..terms };
    let late = evidence::approve(&desk, &terms, &finn, &asked.id, &mut books.ledger());
    assert!(matches!(late, Err(Refused::Recording(_))), "{late:?}");
    let states: Vec<String> =
        evidence::transfers(&desk, &eva()).unwrap().into_iter().map(|t| t.status).collect();
    assert_eq!(states, ["lapsed", "lapsed", "done"]);
    assert!(evidence::transfers(&desk, &principal("gry", &[Role::Agent], &[])).is_err());
}

/// As a crash leaves it after each step: everything is finished once, and once only.
#[test]
fn a_transfer_that_a_crash_cut_off_rolls_forward() {
    for (step, sql) in [
        (
            "approved",
            "UPDATE transfer SET status = 'approved', content_sha256 = NULL, ledger_entry = NULL",
        ),
        ("copied", "UPDATE transfer SET status = 'copied', ledger_entry = NULL"),
    ] {
        for copy_is_there in [true, false] {
            let place = Place::new();
            let (desk, vault) = place.desk();
            let mut books = Books::new(&place);
            let (_, id) = recorded(&desk, &vault, 1, &["quality"], 2);
            let terms = terms(false);
            let done = evidence::transfer(&desk, &terms, &eva(), &request(id), &mut books.ledger())
                .unwrap();
            rusqlite::Connection::open(place.path().join("calls.db"))
                .unwrap()
                .execute(sql, [])
                .unwrap();
            if !copy_is_there && step == "approved" {
                vault.destroy(&[done.copy.parse().unwrap()]).unwrap();
                // The key is gone at once, the object a moment later.
                wait("only the original is left", || objects(place.path()).len() == 1);
            }
            assert_eq!(evidence::roll_forward(&desk, &terms, &mut books.ledger()).unwrap(), 1);
            let now = evidence::transfers(&desk, &eva()).unwrap();
            assert_eq!(now[0], done, "{step}");
            assert_eq!(books.entries().len(), 1);
            assert_eq!(hash(&vault, &done.copy.parse().unwrap()), hash(&vault, &id));
            assert_eq!(vault.list("evidence", None, 10).unwrap().len(), 1);
            assert_eq!(evidence::roll_forward(&desk, &terms, &mut books.ledger()).unwrap(), 0);
        }
    }
}

/// What a recording lacks goes with its copy, which rests on its transfer and not on consent: so says the vCon.
#[test]
fn evidence_says_what_it_lacks_and_what_it_rests_on() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut books = Books::new(&place);
    let call = desk.call_began(new_call(1));
    crate::kit::yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    tape.missing(340);
    tape.finish();
    desk.call_ended(&call, frist_calls::desk::Ended::Answered);
    wait("it is closed", || crate::kit::sealed(&vault).len() == 1);
    wait("it is noted", || place.ask("SELECT missing_ms FROM recording") == ["340"]);
    let id = crate::kit::sealed(&vault)[0];
    let terms = terms(false);
    let done =
        evidence::transfer(&desk, &terms, &eva(), &request(id), &mut books.ledger()).unwrap();
    assert_eq!((done.missing_ms, done.ending.as_deref()), (Some(340), Some("ended")));
    let copy: ObjectId = done.copy.parse().unwrap();
    let export = |id: &ObjectId, who: &Principal, purpose: &str| -> serde_json::Value {
        let (mut out, why) = (Vec::new(), "matter J-2026-14");
        let sound = frist_calls::vcon::Sound::Inline;
        frist_calls::vcon::export(&desk, &rules(), who, id, purpose, why, sound, &mut out).unwrap();
        let v = serde_json::from_slice(&out).unwrap();
        assert_eq!(frist_calls::vcon::check(&v), Vec::<String>::new());
        v
    };
    let purposes = |v: &serde_json::Value| -> Vec<String> {
        let all = v["attachments"].as_array().unwrap();
        all.iter().map(|a| a["purpose"].as_str().unwrap().to_owned()).collect()
    };
    let bo = principal("bo", &[], &["quality"]);
    let original = export(&id, &bo, "quality");
    assert_eq!(purposes(&original), ["lawful_basis", "recording_incomplete"]);
    assert_eq!(original["attachments"][1]["body"]["missing_ms"], 340);
    // The books of the recording end before the evidence does.
    let db = rusqlite::Connection::open(place.path().join("calls.db")).unwrap();
    db.execute_batch("DELETE FROM recording; DELETE FROM consent").unwrap();
    let v = export(&copy, &eva(), "evidence");
    assert_eq!(purposes(&v), ["evidence_transfer", "lawful_basis", "recording_incomplete"]);
    let [transfer, basis, lacks] = [0, 1, 2].map(|n| &v["attachments"][n]["body"]);
    assert_eq!(
        (&transfer["matter"], &basis["lawful_basis"]),
        (&"J-2026-14".into(), &"public_task".into())
    );
    assert_eq!(lacks["missing_ms"], 340);
    assert_eq!(basis["expiration"], "2027-06-01T00:00:00Z");
}
