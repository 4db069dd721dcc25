//! `frist demo`: a sample organisation in a folder, and the main job from check to proof.
//!
//! Nothing here is staged: each step runs the very command that it prints, on real files.

use std::fs;
use std::path::{Path, PathBuf};

use frist_demo::Options;
use frist_register::Lang;
use frist_sweep::Engine;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{CheckArgs, Format};
use crate::cli_reviews::HoldCommand;
use crate::cmd::{check, explain, hold, horizon, plan, proof, sweep};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, ask, can_ask, count, counted, say};
use crate::place::{Place, now};

/// Who makes the plans, and who approves them: the register wants two persons.
const ENGINEER: &str = "jens.drift";
const DPO: &str = "maria.dpo";

/// Builds the organisation and walks through the main job.
pub fn demo(place: &Place, dir: &Path, yes: bool, scale: f64, seed: u64, lang: Lang) -> Outcome {
    let dir = place.dir.join(dir);
    let pause = !yes && can_ask();
    let records = build(&dir, scale, seed)?;
    built(&dir, records);
    let engineer = place.at(&dir).acting_as(ENGINEER);
    let dpo = place.at(&dir).acting_as(DPO);

    step(
        pause,
        "1. Check the register: is every purpose, period and field as the law and the stores have it?",
        &format!("frist -C {} check", dir.display()),
    )?;
    let args = CheckArgs { explain: None, format: Format::Text, offline: false };
    if check::check(&engineer, &args, false)? != Exit::Done {
        return Ok(Exit::Findings);
    }

    step(pause, "2. What is due, and why?", "frist plan")?;
    let mut engine = engineer.engine()?;
    let proposed = plan::examine(&mut engine, &frist_sweep::plan::Options::default())?;
    engine.propose(&proposed, &mut |_| {})?;
    plan::print(&proposed, &engine.register.controller.calendar.zone.clone());

    let t = proposed.as_of;
    let mut some = |dataset: &str, n: usize| -> Outcome<Vec<String>> {
        Ok(engine.sample(dataset, t, n)?.into_iter().map(|(key, _)| key).collect())
    };
    let (invoices, applicants) = (some("invoices", 2)?, some("applicants", 1)?);
    let ([first, second], [applicant]) = (invoices.as_slice(), applicants.as_slice()) else {
        return Err(Failure::new("at this scale nothing is due; use a larger `--scale`"));
    };
    step(
        pause,
        "3. Ask about one record: the engine answers down to the paragraph.",
        &format!("frist explain invoices {first}"),
    )?;
    explain::explain(&engineer, "invoices", first, None, lang, false)?;

    step(
        pause,
        "4. A claim is raised over one invoice: hold it.",
        &format!(
            "frist hold add sag-2026-17 --dataset invoices --key {second} --matter ... --reason ..."
        ),
    )?;
    let command = HoldCommand::Add {
        id: "sag-2026-17".into(),
        matter: "J.nr. 2026-17".into(),
        reason: "krav om tilbagebetaling; advokat har bedt om dokumentation".into(),
        dataset: Some("invoices".into()),
        subject: Vec::new(),
        key: Some(second.clone()),
        field: None,
        conditions: Vec::new(),
        within: Vec::new(),
        all: false,
        review: None,
        end: None,
        viewers: Vec::new(),
    };
    hold::hold(&dpo, &command, lang, false)?;

    let witness = witness(&mut engine, applicant)?;
    let store = dir.join("data/hr.sqlite");
    let before = occurrences(&store, &witness)?;

    step(
        pause,
        "5. The plan is large, and one data set wants two persons: somebody else approves it.",
        &format!("frist --as {DPO} approve {}", proposed.id),
    )?;
    dpo.engine()?.approve(&proposed.id)?;
    say!("{GREEN}approved{GREEN:#} by {DPO}; the plan was made by {ENGINEER}");

    step(
        pause,
        "6. Sweep: journal, erase, confirm, ask the stores again.",
        &format!("frist sweep {} --yes", proposed.id),
    )?;
    let report = sweep::run(&mut engine, &proposed.id)?;
    proof::publish(&engineer, &mut engine)?;
    sweep::tell(&report);
    let after = occurrences(&store, &witness)?;
    say!(
        "{DIM}An erased applicant's e-mail address stood {} in the bytes of data/hr.sqlite; now {after}.{DIM:#}",
        counted(before as u64, "time", "times")
    );

    step(
        pause,
        "7. The held invoice is still there, and says why.",
        &format!("frist explain invoices {second}"),
    )?;
    explain::explain(&engineer, "invoices", second, None, lang, false)?;

    let receipt = dir.join("receipt.txt");
    step(
        pause,
        "8. A receipt for the other one, which a stranger can verify offline.",
        &format!(
            "frist receipt invoices {first} -o receipt.txt && frist verify receipt.txt --key .frist/ledger.pub"
        ),
    )?;
    proof::receipt(&engineer, "invoices", first, Some(&receipt), false)?;
    let key = engineer.public_key().to_string_lossy().into_owned();
    let verified = proof::verify(&receipt, &key, None, false)?;
    say!("\n{BOLD}The same receipt with one letter changed:{BOLD:#}");
    tamper(&receipt, &dir.join("forged.txt"))?;
    match proof::verify(&dir.join("forged.txt"), &key, None, false) {
        Err(refused) => refused.print(false),
        Ok(exit) if exit != Exit::Done => {}
        Ok(_) => return Err(Failure::new("a forged receipt was accepted")),
    }

    step(
        pause,
        "9. What comes due from here on, month by month.",
        "frist horizon --svg horizon.svg",
    )?;
    let picture = horizon::compute(&mut engine, now(), 24, lang)?;
    horizon::print(&picture, lang);
    horizon::write(&picture, &dir.join("horizon.svg"), lang)?;

    farewell(&dir);
    let fine = report.green() && verified == Exit::Done && after == 0;
    Ok(if fine { Exit::Done } else { Exit::Findings })
}

/// Builds the organisation in a folder that does not exist or is empty; how many records it has.
pub fn build(dir: &Path, scale: f64, seed: u64) -> Outcome<u64> {
    let taken = fs::read_dir(dir).is_ok_and(|mut d| d.next().is_some());
    if taken {
        return Err(Failure::new(format!("`{}` exists and is not empty", dir.display()))
            .help("name another folder: `frist demo DIR`, `frist -C DIR serve --setup --sample`"));
    }
    fs::create_dir_all(dir).map_err(|e| Failure::file("make the folder", dir, &e))?;
    let zone = frist_law::Calendar::denmark().zone;
    let options = Options { seed, as_of: now().to_zoned(zone).date(), scale };
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
        bar.set_style(style);
    }
    let summary = frist_demo::generate(dir, &options, &mut |what, done, of| {
        bar.set_length(of);
        bar.set_position(done);
        bar.set_message(what.to_owned());
    })
    .map_err(|e| Failure::new(e.to_string()))?;
    bar.finish_and_clear();
    let register = dir.join("register");
    fs::create_dir_all(&register).map_err(|e| Failure::file("make the folder", &register, &e))?;
    for (name, text) in frist_demo::REGISTER {
        let path = register.join(name);
        fs::write(&path, text).map_err(|e| Failure::file("write", &path, &e))?;
    }
    Ok(summary.total())
}

/// Says what was built.
pub fn built(dir: &Path, records: u64) {
    say!(
        "{BOLD}Nordkyst Forsyning A/S{BOLD:#}, a utility company that does not exist, is in {}:\n\
         {} records in two databases and two folders; the register is in {}",
        dir.display(),
        count(records),
        dir.join("register").display()
    );
}

fn step(pause: bool, title: &str, command: &str) -> Outcome<()> {
    if pause {
        ask(&format!("\n{DIM}Enter to go on ...{DIM:#}"))?;
    }
    say!("\n{BOLD}{title}{BOLD:#}\n{DIM}$ {command}{DIM:#}\n");
    Ok(())
}

/// A value that only this applicant has: its e-mail address.
fn witness(engine: &mut Engine, key: &str) -> Outcome<String> {
    let found = engine.explain("applicants", key, now())?;
    let email = found.fields.into_iter().find(|(name, _)| name == "email").and_then(|(_, v)| v);
    email.ok_or_else(|| Failure::new("the applicant has no e-mail address"))
}

/// How often a text stands in the bytes of a database and of its write-ahead log and journal.
fn occurrences(database: &Path, text: &str) -> Outcome<usize> {
    let name = database.to_string_lossy();
    let mut n = 0;
    for path in [
        database.to_owned(),
        PathBuf::from(format!("{name}-wal")),
        PathBuf::from(format!("{name}-journal")),
    ] {
        if let Ok(bytes) = fs::read(&path) {
            n += bytes.windows(text.len()).filter(|w| *w == text.as_bytes()).count();
        }
    }
    Ok(n)
}

fn tamper(from: &Path, to: &Path) -> Outcome<()> {
    let text = fs::read_to_string(from).map_err(|e| Failure::file("read", from, &e))?;
    let forged = text.replacen("disposition: erase", "disposition: erasf", 1);
    fs::write(to, forged).map_err(|e| Failure::file("write", to, &e))
}

fn farewell(dir: &Path) {
    let dir = dir.display();
    say!("\n{BOLD}That was the main job.{BOLD:#} Everything is in {dir}:");
    say!(
        "  register/        the register: read it, change a period, run `frist -C {dir} check` again"
    );
    say!("  horizon.svg      the picture above");
    say!("  receipt.txt      a receipt; `frist verify` needs only it and .frist/ledger.pub");
    say!("See it in a browser: `frist -C {dir} serve --setup`.");
    say!(
        "Your own data: `frist init --from your.sqlite` (or `--from env:ERP_URL`) proposes a register."
    );
}
