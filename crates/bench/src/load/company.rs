//! The company that is looked at: the sample company with as much behind it as is asked for.

use std::path::Path;

use frist_cases::request::{Actor, Desk, Known, NewRequest, Person, Right};
use frist_ledger::entry::{Entry, HoldChange, Id, Kind};
use frist_register::{Lang, Register};
use frist_state::case::CaseRecord;
use frist_state::{Location, NewHold, Opened, ReviewAnswer, Scope, Stage, State, Via};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{Args, copy};
use crate::Outcome;
use crate::program::Frist;

/// Who asks for pages.
pub struct Signed {
    /// The cookie of somebody who signed in.
    pub cookie: String,
    /// The token of a machine.
    pub token: String,
    /// A case as most are.
    pub case: String,
    /// The case with many records.
    pub large_case: String,
}

/// Records of the large case.
const MANY: u32 = 5_000;
/// Records that one scale of the sample company has, about.
const AT_ONE: f64 = 200_000.0;

fn state(dir: &Path) -> Outcome<State> {
    let path = dir.join(".frist/state.sqlite");
    Ok(State::open(&Location::parse(&path.to_string_lossy())?)?)
}

#[expect(clippy::disallowed_methods, reason = "it makes a company that works today")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn register() -> Outcome<Register> {
    let read = Register::read(frist_demo::REGISTER);
    Ok(read.register.ok_or("the sample company's register is not sound")?)
}

/// Makes it in memory, where each commit costs nothing, and copies it to its disk.
pub fn make(dir: &Path, args: &Args) -> Outcome {
    let memory = Path::new("/dev/shm");
    let scratch = match memory.is_dir() {
        true => tempfile::tempdir_in(memory)?,
        false => tempfile::tempdir()?,
    };
    let made = scratch.path().join("company");
    let there = Frist::in_folder(&made)?;
    let at = now();
    let scale = f64::from(args.records) / AT_ONE;
    let as_of = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let options = frist_demo::Options { seed: 1, as_of, scale };
    let done = frist_demo::generate(&made, &options, &mut |_, _, _| {})?;
    println!("{done:?}");
    std::fs::create_dir_all(made.join("register"))?;
    for (name, text) in frist_demo::REGISTER {
        std::fs::write(made.join("register").join(name), text)?;
    }
    std::fs::write(
        made.join("server.toml"),
        "[public]\nform = true\nnotices = true\n[api]\nper_minute = 4000000000\n",
    )?;
    // Makes the keys and Frist's own database, and a plan.
    there.run_any(&["plan"])?;
    people(&there)?;
    let mut state = state(&made)?;
    cases(&mut state, args.cases, at)?;
    holds(&mut state, args.holds, at)?;
    answers(&mut state, args.answers, at)?;
    drop(state);
    there.run_any(&["evidence", "-o", "/dev/null"])?;
    std::fs::remove_dir(dir).or_else(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(e),
    })?;
    copy(&made, dir)
}

fn people(frist: &Frist) -> Outcome {
    let mut args = vec!["account", "add", "dpo", "--title", "Fru Holm"];
    for role in ["dpo", "caseworker", "engineer", "auditor"] {
        args.extend(["--role", role]);
    }
    let sets: Vec<String> = register()?.datasets.iter().map(|d| d.id.value.clone()).collect();
    for set in &sets {
        args.extend(["--dataset", set]);
    }
    frist.run_any(&args)?;
    Ok(())
}

/// Requests of people who are customers, received in the last seven weeks: some are late, some answered.
fn cases(state: &mut State, n: u32, at: Timestamp) -> Outcome {
    let register = register()?;
    let by = Actor::Person("dpo");
    for i in 0..n {
        let received = at - SignedDuration::from_hours(24 * i64::from(i % 48) + 1);
        let mut desk = Desk { state, register: &register, by, at: received, signed: "" };
        let rights = [Right::Access, Right::Erasure, Right::Rectification, Right::Objection];
        let new = NewRequest {
            right: rights[i as usize % rights.len()],
            marketing: false,
            received,
            channel: "e-mail".into(),
            person: Person {
                name: format!("Person {i}"),
                email: Some(format!("person{i}@example.org")),
                phone: None,
                address: None,
            },
            lang: Lang::Da,
            known: vec![Known { kind: "customer".into(), value: (10_000 + i).to_string() }],
            words: Some("Jeg vil gerne vide, hvad I har om mig, og have det slettet.".into()),
        };
        let opened = desk.open(new, &[])?;
        let number = opened.kept.case.number;
        if i == 0 {
            let record = |n: u32| CaseRecord {
                dataset: "meter-readings".into(),
                key: format!("{}", 1_000 + n),
                why: "customer = 10000".into(),
                state: "erase".into(),
                ground: None,
                until: None,
                done_at: None,
            };
            let records: Vec<CaseRecord> = (0..MANY).map(record).collect();
            state.put_case_records(&number, &records)?;
        } else if i % 10 == 9 {
            let case = state.case(&number)?.ok_or("the case is gone")?;
            let mut change = case.change();
            change.closed = Some(received + SignedDuration::from_hours(20));
            change.due = None;
            let step = frist_state::case::NewStep {
                at: received + SignedDuration::from_hours(20),
                by: "dpo".into(),
                step: "closed".into(),
                text: None,
            };
            state.change_case(&number, case.version, &change, &step)?;
        }
    }
    Ok(())
}

fn holds(state: &mut State, n: u32, at: Timestamp) -> Outcome {
    let datasets = ["invoices", "contracts", "complaints", "customers"];
    for i in 0..n {
        let begun = at - SignedDuration::from_mins(i64::from(n - i) * 20);
        let id = format!("matter-{i}");
        let entry = |change, at| -> Outcome<Entry> {
            let (hold, by) = (Id::new(id.as_str())?, Id::new("dpo")?);
            Ok(Entry::new(at, Kind::Hold { hold, change, by }))
        };
        let hold = NewHold {
            id: id.clone(),
            matter: format!("Sag {i} ved Forbrugerklagenævnet"),
            reason: "Kravet er ikke afgjort; dokumentationen skal bruges".into(),
            dataset: Some(datasets[i as usize % datasets.len()].into()),
            scope: Scope::Subject { kind: "customer".into(), value: (10_000 + i).to_string() },
            owner: "dpo".into(),
            created_at: begun,
            review_at: Some(
                at + SignedDuration::from_hours(24 * i64::from(i % 90))
                    - SignedDuration::from_hours(1),
            ),
            ends_at: None,
            viewers: Vec::new(),
        };
        state.add_hold(&hold, &entry(HoldChange::Added, begun)?)?;
        if i % 10 != 0 {
            let over = begun + SignedDuration::from_mins(10);
            state.release_hold(&id, "dpo", over, None, &entry(HoldChange::Released, over)?)?;
        }
    }
    Ok(())
}

fn answers(state: &mut State, n: u32, at: Timestamp) -> Outcome {
    for first in (0..n).step_by(1_000) {
        let review = format!("review-{first}");
        let answer = |i: u32| ReviewAnswer {
            dataset: "invoices".into(),
            record: (i + 1).to_string(),
            keep_until: Some(at + SignedDuration::from_hours(24 * 300)),
            reason: "Kravet er under inddrivelse".into(),
            question: "Er kravet afskrevet?".into(),
            by: "dpo".into(),
            at,
            review: review.clone(),
        };
        let answers: Vec<ReviewAnswer> = (first..n.min(first + 1_000)).map(answer).collect();
        let (review, by) = (Id::new(review.as_str())?, Id::new("dpo")?);
        let entry = Entry::new(at, Kind::Hold { hold: review, change: HoldChange::Added, by });
        state.answer_reviews(&answers, &entry)?;
    }
    Ok(())
}

/// Signs somebody in, as a provider does that proves the second factor, and makes a token.
pub fn sign_in(dir: &Path, frist: &Frist) -> Outcome<Signed> {
    let at = now();
    let mut state = state(dir)?;
    let account = state.account("dpo")?.ok_or("there is no account")?;
    let secret = format!("load-{}", at.as_nanosecond());
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let opened = Opened { via: Via::Proven, hint: None };
    state.open_session_by(&hash, account.id, Stage::Whole, &opened, at)?;
    let scopes = [
        "overview:read",
        "datasets:read",
        "sweeps:read",
        "holds:read",
        "cases:read",
        "ledger:read",
    ];
    let name = format!("load-{}", at.as_second());
    let mut args = vec!["token", "add", &name, "--dataset", "*"];
    for scope in scopes {
        args.extend(["--scope", scope]);
    }
    let said = frist.run_any(&args)?.out;
    let token = said.split_whitespace().find(|w| w.starts_with("frist_"));
    let token = token.ok_or_else(|| format!("no token was made: {said}"))?.to_owned();
    let first = state.cases_after(&frist_state::case::CaseFilter::default(), None, 2)?;
    let number = |i: usize| first.get(i).map(|c| c.number.clone()).ok_or("there is no case");
    Ok(Signed {
        cookie: format!("__Host-frist={secret}"),
        token,
        large_case: number(0)?,
        case: number(1)?,
    })
}

/// What is there, counted.
pub fn sizes(dir: &Path) -> Outcome<String> {
    let mut state = state(dir)?;
    let at = now();
    let open: u64 = state.count_cases(at, at)?.iter().map(|c| c.open).sum();
    let (all, held) = (state.all_holds()?.len(), state.count_holds(at)?);
    let answers = state.review_answers("invoices")?.answers.len();
    let entries = state.size()?;
    Ok(format!(
        "{open} open cases, {all} holds ({held} in force), {answers} answers, {entries} entries of the ledger"
    ))
}
