//! `frist assess`: how long may we keep this? The guided assessment.

use std::fs;

use frist_cases::assess::{self, Ages, Answers, Doubt, File, Look, Proposal, Question, Wants};
use frist_law::Period;
use frist_register::Lang;

use crate::cli_reviews::AssessArgs;
use crate::cmd::proof;
use crate::cmd::review::{posts, tell};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, ask, can_ask, confirm, json, say};
use crate::place::{Place, now};

/// Assesses a data set.
pub fn assess(place: &Place, args: &AssessArgs, lang: Lang, as_json: bool) -> Outcome {
    let checked = place.check()?;
    let mut engine = place.engine()?;
    let t = now();
    let today = t.to_zoned(engine.register.controller.calendar.zone.clone()).date();
    let what = args.dataset.as_deref().or(args.at.as_deref()).unwrap_or_default();
    let look = assess::look(&mut engine, what, t)?;
    let mut answers = match &args.answers {
        None => Answers::new(),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|e| Failure::file("read", path, &e))?;
            assess::flatten(&text)?
        }
    };
    let (register, book) = (engine.register.clone(), engine.book);
    if !as_json {
        seen(&look, lang);
    }
    while let Some(q) = assess::next(&look, &register, book, &answers)? {
        match (&q.usual, can_ask() && !as_json) {
            // On a terminal everything is asked; a script is asked only what has no usual answer.
            (_, true) => {
                let answer = asked(&q, &register, lang)?;
                answers.insert(q.id.clone(), answer);
            }
            (Some(usual), false) => {
                answers.insert(q.id.clone(), usual.clone());
            }
            (None, false) => return missing(&q, &look, lang, as_json),
        }
    }
    let by = place.operator()?;
    let proposal =
        assess::propose(&look, &register, book, &answers, &checked.files, by.as_str(), today)?;
    if as_json {
        json(&serde_json::json!({"look": look, "answers": answers, "proposal": proposal}))?;
    } else {
        print(&proposal, lang);
    }
    if !proposal.refusals.is_empty() {
        if args.write && !as_json {
            say!(
                "\n{RED}{}{RED:#}",
                tell(
                    lang,
                    "Intet er skrevet: ret det først.",
                    "Nothing was written: settle that first."
                )
            );
        }
        return Ok(Exit::Findings);
    }
    let write = args.write
        || (!as_json
            && can_ask()
            && confirm(tell(
                lang,
                "Skriv vurderingen i fortegnelsen?",
                "Write the assessment into the register?",
            ))?);
    if write {
        let rule = args.accept
            || (!as_json
                && can_ask()
                && confirm(tell(lang, "Skriv også reglen?", "Write the rule too?"))?);
        put(place, if rule { &proposal.ruled } else { &proposal.assessed })?;
        let id = format!("assessment-{}", proposal.dataset);
        let case = frist_ledger::Id::new(id)?;
        let step = frist_ledger::Id::new("assessed")?;
        let kind = frist_ledger::entry::Kind::Case { case, step, by };
        engine.state.note(&frist_ledger::entry::Entry::new(t, kind))?;
        proof::publish(place, &mut engine)?;
        if !as_json {
            let files: Vec<&str> = proposal.assessed.iter().map(|f| f.name.as_str()).collect();
            say!(
                "{GREEN}{}{GREEN:#} {}",
                tell(lang, "skrevet i", "written into"),
                files.join(", ")
            );
            if !rule {
                say!(
                    "{YELLOW}{}{YELLOW:#}",
                    tell(
                        lang,
                        "Reglen i fortegnelsen står, som den stod; forslaget skrives med `--accept`.",
                        "The register's rule stands as it stood; `--accept` writes the proposed one."
                    )
                );
            }
            say!("{BOLD}{}{BOLD:#} frist diff", tell(lang, "Næste:", "Next:"));
        }
    }
    Ok(if proposal.lawyer { Exit::Findings } else { Exit::Done })
}

/// Writes the files: each whole, in place of the old one.
fn put(place: &Place, files: &[File]) -> Outcome<()> {
    for file in files {
        let path = place.dir.join(&file.name);
        let beside = path.with_extension("toml.new");
        let failed = |e: std::io::Error| Failure::file("write", &path, &e);
        fs::write(&beside, &file.text).map_err(failed)?;
        fs::rename(&beside, &path).map_err(failed)?;
    }
    Ok(())
}

/// What the look into the store told.
fn seen(look: &Look, lang: Lang) {
    say!("{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}", look.dataset, look.place);
    let Some(ages) = &look.ages else {
        say!(
            "{YELLOW}{}{YELLOW:#}\n",
            tell(
                lang,
                "intet felt ligner en dato, som en frist kan regnes fra",
                "no field looks like a date from which a period could be counted"
            )
        );
        return;
    };
    age(ages, look.records, lang);
}

fn age(ages: &Ages, records: u64, lang: Lang) {
    let n = posts(records, lang);
    let oldest = ages.oldest.map_or_else(|| "–".to_owned(), |d| d.to_string());
    match lang {
        Lang::Da => say!("{n}; den ældste `{}` er {oldest}", ages.from),
        Lang::En => say!("{n}; the oldest `{}` is {oldest}", ages.from),
    }
    for (period, older) in ages.older.iter().filter(|(_, n)| *n > 0) {
        let bar = "█".repeat((older * 30 / records.max(1)) as usize);
        let words = period.parse::<Period>().map_or_else(
            |_| period.clone(),
            |p| match lang {
                Lang::Da => p.text_da(),
                Lang::En => p.to_string(),
            },
        );
        say!(
            "  {} {words:<9} {:>10}  {DIM}{bar}{DIM:#}",
            tell(lang, "ældre end", "older than"),
            crate::output::count(*older)
        );
    }
    if ages.unreadable > 0 {
        let n = posts(ages.unreadable, lang);
        match lang {
            Lang::Da => say!("  {YELLOW}{n} uden læsbar `{}`{YELLOW:#}", ages.from),
            Lang::En => say!("  {YELLOW}{n} without a readable `{}`{YELLOW:#}", ages.from),
        }
    }
    say!("");
}

/// Asks one question until the answer fits.
fn asked(q: &Question, register: &frist_register::Register, lang: Lang) -> Outcome<String> {
    let (text, help) = match lang {
        Lang::Da => (&q.da, &q.help_da),
        Lang::En => (&q.en, &q.help_en),
    };
    anstream::eprintln!("{BOLD}{text}{BOLD:#}");
    if !help.is_empty() {
        anstream::eprintln!("{DIM}{help}{DIM:#}");
    }
    if let Wants::OneOf(choices) = &q.wants {
        for (id, da, en) in choices {
            anstream::eprintln!("  {id}  {DIM}{}{DIM:#}", tell(lang, da, en));
        }
    }
    loop {
        let usual = q.usual.as_deref().filter(|u| !u.is_empty());
        let given = ask(&usual.map_or_else(|| "> ".to_owned(), |u| format!("[{u}] > ")))?;
        let given = match (given.is_empty(), usual) {
            (true, Some(usual)) => usual.to_owned(),
            _ => given,
        };
        let given = match (&q.wants, given.to_lowercase().as_str()) {
            (Wants::YesNo, "y" | "j" | "ja") => "yes".to_owned(),
            (Wants::YesNo, "n" | "nej") => "no".to_owned(),
            _ => given,
        };
        match assess::fits(q, register, &given) {
            Ok(()) => return Ok(given),
            // Without an end of input there is no end of asking.
            Err(e) if given.is_empty() && !can_ask() => return Err(e.into()),
            Err(e) => anstream::eprintln!("{YELLOW}{e}{YELLOW:#}"),
        }
    }
}

/// A script's next question: what it has to answer.
fn missing(q: &Question, look: &Look, lang: Lang, as_json: bool) -> Outcome {
    if as_json {
        json(&serde_json::json!({"look": look, "next": q}))?;
        return Ok(Exit::Waits);
    }
    let text = tell(lang, &q.da, &q.en);
    Err(Failure::waits(format!("`{}` is not answered: {text}", q.id)).help(
        "answer it in the file of `--answers`, or run without one on a terminal; `--json` prints the question",
    ))
}

fn print(p: &Proposal, lang: Lang) {
    say!("{BOLD}{}{BOLD:#}", tell(lang, "Forslag", "Proposal"));
    for line in p.rule.lines() {
        say!("  {DIM}{line}{DIM:#}");
    }
    say!("\n{BOLD}{}{BOLD:#}", tell(lang, "Begrundelse", "Reasons"));
    for (da, en) in &p.reasons {
        say!("  - {}", tell(lang, da, en));
    }
    let list = |all: &[Doubt], style: anstyle::Style| {
        for d in all {
            let code = d.code.as_ref().map_or(String::new(), |c| format!("{c} "));
            let law = d.law.as_ref().map_or(String::new(), |l| format!(" ({l})"));
            say!("  {style}-{style:#} {code}{}{DIM}{law}{DIM:#}", tell(lang, &d.da, &d.en));
        }
    };
    if !p.refusals.is_empty() {
        say!(
            "\n{RED}{BOLD}{}{BOLD:#}{RED:#}",
            tell(lang, "Kan ikke lade sig gøre sådan", "Refused as it stands")
        );
        list(&p.refusals, RED);
    }
    if !p.doubts.is_empty() {
        say!("\n{YELLOW}{BOLD}{}{BOLD:#}{YELLOW:#}", tell(lang, "Tvivl", "Doubts"));
        list(&p.doubts, YELLOW);
    }
    if p.lawyer {
        say!(
            "\n{YELLOW}{}{YELLOW:#}",
            tell(
                lang,
                "Skal ses af en jurist, før reglen tages i brug.",
                "A person with legal training must look at it before the rule is used."
            )
        );
    }
}
