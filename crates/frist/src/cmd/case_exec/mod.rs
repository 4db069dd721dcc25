//! `frist case find|decide|approve|erase|restrict|unrestrict|access|portability|rectify`.

mod decide;
mod find;
mod package;

use frist_cases::{erase, restrict};
use frist_register::Lang;
use frist_stores::FieldValue;
use frist_sweep::Engine;
use jiff::Timestamp;

use crate::cli_case_exec::{ExecCommand, RestrictionName};
use crate::cmd::proof;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, confirm, how_to_agree, json, records, say};
use crate::place::{Place, now};

/// What a command works with.
struct Work<'p> {
    place: &'p Place,
    engine: Engine,
    by: String,
    at: Timestamp,
    lang: Lang,
    as_json: bool,
}

impl Work<'_> {
    fn publish(&mut self) -> Outcome<()> {
        proof::publish(self.place, &mut self.engine).map(drop)
    }
}

/// Does one.
pub fn exec(place: &Place, command: &ExecCommand, lang: Lang, as_json: bool) -> Outcome {
    let engine = place.engine()?;
    let by = place.operator()?.to_string();
    let mut work = Work { place, engine, by, at: now(), lang, as_json };
    match command {
        ExecCommand::Find(args) => find::find(&mut work, args),
        ExecCommand::Decide(args) => decide::decide(&mut work, args),
        ExecCommand::Approve { number } => {
            let number = upper(number);
            erase::approve(&mut work.engine, &work.by, &number, work.at)?;
            work.publish()?;
            match as_json {
                true => json(&serde_json::json!({"approved": number}))?,
                false => {
                    say!("{GREEN}approved{GREEN:#}: {number}; `frist case erase {number}` does it")
                }
            }
            Ok(Exit::Done)
        }
        ExecCommand::Erase { numbers, yes, answer } => erased(&mut work, numbers, *yes, *answer),
        ExecCommand::Restrict { number, article } => {
            restricted(&mut work, &upper(number), *article)
        }
        ExecCommand::Unrestrict { number, on, why } => {
            lifted(&mut work, &upper(number), on.as_deref(), why.as_deref())
        }
        ExecCommand::Access(args) | ExecCommand::Portability(args) => {
            package::package(&mut work, args)
        }
        ExecCommand::Rectify { number, record, set, empty, done } => {
            rectified(&mut work, &upper(number), record.as_deref(), set, empty, *done)
        }
    }
}

/// A number as people write it: also in small letters.
fn upper(text: &str) -> String {
    text.trim().to_uppercase()
}

/// `NAME=VALUE`.
fn pair(text: &str, option: &str, form: &str) -> Outcome<(String, String)> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| Failure::usage(format!("`--{option}` is of the form {form}")))
}

/// `DATASET/KEY`; data sets have no `/` in their names.
fn record(text: &str) -> Outcome<(String, String)> {
    text.split_once('/')
        .filter(|(dataset, key)| !dataset.is_empty() && !key.is_empty())
        .map(|(dataset, key)| (dataset.to_owned(), key.to_owned()))
        .ok_or_else(|| {
            Failure::usage("a record is written DATASET/KEY, as `frist case find` shows it")
        })
}

fn erased(work: &mut Work<'_>, numbers: &[String], yes: bool, answer: bool) -> Outcome {
    let numbers: Vec<String> = numbers.iter().map(|n| upper(n)).collect();
    if !yes {
        let mut n = 0;
        for number in &numbers {
            let of = work.engine.state.case_records(number)?;
            n +=
                of.iter().filter(|r| r.state == erase::ERASE && r.done_at.is_none()).count() as u64;
        }
        if !confirm(&format!("Erase {} for {}?", records(n), numbers.join(", ")))? {
            return Err(Failure::waits("nothing was erased").help(how_to_agree()));
        }
    }
    // What cannot be published is found out before anything is erased, not after.
    work.publish()?;
    let done = erase::execute(&mut work.engine, &work.by, &numbers, &mut |_| ())?;
    work.publish()?;
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    for one in &done {
        if one.open > 0 {
            exit = Exit::Findings;
        }
        let answered = answer && one.open == 0;
        if answered {
            erase::answer(&mut work.engine, &work.by, "", &one.number, now())?;
        }
        if work.as_json {
            rows.push(serde_json::json!({
                "number": one.number, "erased": one.erased, "absent": one.absent, "kept": one.kept,
                "open": one.open, "refused": one.refused, "answered": answered,
            }));
            continue;
        }
        say!("{GREEN}{}{GREEN:#}: {} erased", one.number, records(one.erased));
        if one.absent > 0 {
            say!("  {} not there any more", records(one.absent));
        }
        if one.kept > 0 {
            say!(
                "  {} kept by what has come since, or because records that stay refer to them",
                records(one.kept)
            );
        }
        if one.open > 0 {
            say!(
                "  {YELLOW}{} left{YELLOW:#}: {}; do it again",
                records(one.open),
                one.refused.join("; ")
            );
        } else if answered {
            say!("  answered; `frist case letter {}` shows the letter", one.number);
        } else {
            say!("  `frist case answer {}` writes the letter", one.number);
        }
    }
    if work.as_json {
        json(&rows)?;
    }
    if answer {
        work.publish()?;
    }
    Ok(exit)
}

fn restricted(work: &mut Work<'_>, number: &str, article: RestrictionName) -> Outcome {
    let article = restrict::ARTICLES[article as usize];
    let done = restrict::restrict(&mut work.engine, &work.by, "", number, article, work.at)?;
    work.publish()?;
    if work.as_json {
        let cannot: Vec<_> = done
            .cannot
            .iter()
            .map(|(d, n, why)| serde_json::json!({"dataset": d, "records": n, "why": why}))
            .collect();
        json(&serde_json::json!({"number": number, "marked": done.marked, "cannot": cannot}))?;
    } else {
        say!(
            "{GREEN}{number}{GREEN:#}: {} kept from ordinary use, and answered",
            records(done.marked)
        );
        for (dataset, n, why) in &done.cannot {
            say!("  {YELLOW}{} of `{dataset}` cannot be marked{YELLOW:#}: {why}", records(*n));
        }
        say!("  nothing of it is erased until the restriction is lifted");
    }
    Ok(if done.cannot.is_empty() { Exit::Done } else { Exit::Findings })
}

fn lifted(work: &mut Work<'_>, number: &str, on: Option<&str>, why: Option<&str>) -> Outcome {
    let Some(on) = on else {
        let n = restrict::unrestrict(&mut work.engine, &work.by, number, work.at)?;
        work.publish()?;
        match work.as_json {
            true => json(&serde_json::json!({"number": number, "lifted": n}))?,
            false => say!("{GREEN}{number}{GREEN:#}: lifted; {} as before", records(n)),
        }
        return Ok(Exit::Done);
    };
    let day: jiff::civil::Date = on
        .parse()
        .map_err(|_| Failure::usage("`--on` is not a day").help("write it as YYYY-MM-DD"))?;
    let why = why.unwrap_or_default();
    restrict::announce_lifting(&mut work.engine, &work.by, "", number, day, why, work.at)?;
    work.publish()?;
    match work.as_json {
        true => json(&serde_json::json!({"number": number, "announced": day}))?,
        false => say!(
            "{GREEN}{number}{GREEN:#}: the letter is written; on {day} `frist case unrestrict {number}` lifts it"
        ),
    }
    Ok(Exit::Done)
}

fn rectified(
    work: &mut Work<'_>,
    number: &str,
    place: Option<&str>,
    set: &[String],
    empty: &[String],
    done: bool,
) -> Outcome {
    let mut fields = Vec::new();
    for text in set {
        let (field, to) = pair(text, "set", "FIELD=VALUE")?;
        fields.push(FieldValue { field, to: Some(to) });
    }
    fields.extend(empty.iter().map(|field| FieldValue { field: field.clone(), to: None }));
    let (dataset, key) = match place {
        Some(text) => record(text)?,
        // Nothing more is changed: any record of the case is as good.
        None => {
            let first = work.engine.state.case_records(number)?.into_iter().next();
            first.map(|r| (r.dataset, r.key)).ok_or_else(|| {
                Failure::new("nothing was found for the person, so nothing can be put right")
            })?
        }
    };
    let changes = restrict::rectify(
        &mut work.engine,
        &work.by,
        "",
        number,
        (&dataset, &key),
        &fields,
        done,
        work.at,
    )?;
    work.publish()?;
    match work.as_json {
        true => json(
            &serde_json::json!({"number": number, "changed": changes.len(), "answered": done}),
        )?,
        false => {
            let n = changes.len();
            say!("{GREEN}{number}{GREEN:#}: {n} field{} changed", if n == 1 { "" } else { "s" });
            if done {
                say!("  answered; `frist case letter {number}` shows the letter");
            }
        }
    }
    Ok(Exit::Done)
}
