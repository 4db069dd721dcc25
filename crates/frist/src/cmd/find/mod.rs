//! `frist find`: where there is something about a person, and why it is thought to be theirs.
//!
//! To look is written down before anything is shown, without saying for whom.

mod show;

pub use show::{Options, questions};

use std::io::Read as _;

use frist_cases::find::{Limits, Occasion, Said, check_reason, find as search, log_search};
use frist_register::Lang;

use crate::cli_find::FindArgs;
use crate::cmd::proof;
use crate::error::{Exit, Failure, Outcome};
use crate::output::json;
use crate::place::Place;

/// Looks for a person.
pub fn find(place: &Place, args: &FindArgs, lang: Lang, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let by = place.operator()?.to_string();
    let occasion = match (&args.case, &args.reason) {
        (Some(number), _) => {
            // Before anything is read: a case that is not there is no occasion.
            engine.state.case(number)?.ok_or_else(|| {
                Failure::new(format!("there is no case `{number}`"))
                    .help("`frist case list` shows them; without a case, say why with --reason")
            })?;
            Occasion::Case(number.clone())
        }
        (None, Some(reason)) => {
            check_reason(reason).map_err(|e| Failure::usage(e.to_string()))?;
            Occasion::Reason(reason.clone())
        }
        (None, None) => return Err(Failure::usage("say for which --case, or with which --reason")),
    };
    let mut known = Vec::new();
    for text in &args.known {
        if text == "-" {
            let mut lines = String::new();
            std::io::stdin()
                .read_to_string(&mut lines)
                .map_err(|e| Failure::new(format!("cannot read standard input: {e}")))?;
            for line in lines.lines().filter(|l| !l.trim().is_empty()) {
                known.push(pair(line, '=', "KIND=VALUE")?);
            }
        } else {
            known.push(pair(text, '=', "KIND=VALUE")?);
        }
    }
    let mut said = Vec::new();
    for text in &args.confirm {
        let (kind, value) = pair(text, '=', "KIND=VALUE")?;
        said.push(Said::Yes { kind, value });
    }
    for text in &args.deny {
        let (kind, value) = pair(text, '=', "KIND=VALUE")?;
        said.push(Said::No { kind, value });
    }
    for text in &args.confirm_record {
        let (dataset, key) = pair(text, '/', "DATASET/KEY")?;
        said.push(Said::YesRecord { dataset, key });
    }
    for text in &args.deny_record {
        let (dataset, key) = pair(text, '/', "DATASET/KEY")?;
        said.push(Said::NoRecord { dataset, key });
    }
    let found = search(&mut engine, &known, &Limits::default(), &said)?;
    log_search(&mut engine, &occasion, &by, &found)?;
    proof::publish(place, &mut engine)?;
    match as_json {
        true => json(&found)?,
        false => show::show(&engine.register, &found, args.show, lang),
    }
    // What cannot be searched at all is the register's to settle, and is said each time.
    let settled = found.asked.is_empty()
        && found.unreachable.is_empty()
        && found.truncated == Default::default();
    Ok(if settled { Exit::Done } else { Exit::Findings })
}

/// The two sides of a text; the text is not repeated, since it tells who somebody is.
fn pair(text: &str, at: char, form: &str) -> Outcome<(String, String)> {
    let (left, right) = text
        .split_once(at)
        .ok_or_else(|| Failure::usage(format!("what was given is not of the form {form}")))?;
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}
