//! `frist case find`.

use frist_cases::erase;
use frist_cases::find::Said;

use super::{Work, pair, record, upper};
use crate::cli_case_exec::FindArgs;
use crate::cmd::find::{Options, questions};
use crate::error::{Exit, Outcome};
use crate::output::{GREEN, YELLOW, json, records, say, table};

/// Records shown of each question.
const SHOWN: usize = 5;

/// Searches.
pub fn find(work: &mut Work<'_>, args: &FindArgs) -> Outcome {
    let number = upper(&args.number);
    let form = "KIND=VALUE";
    let ids: Vec<_> = args.ids.iter().map(|t| pair(t, "id", form)).collect::<Outcome<_>>()?;
    let mut said = Vec::new();
    for text in &args.yes {
        let (kind, value) = pair(text, "yes", form)?;
        said.push(Said::Yes { kind, value });
    }
    for text in &args.no {
        let (kind, value) = pair(text, "no", form)?;
        said.push(Said::No { kind, value });
    }
    for text in &args.record {
        let (dataset, key) = record(text)?;
        said.push(Said::YesRecord { dataset, key });
    }
    for text in &args.not_record {
        let (dataset, key) = record(text)?;
        said.push(Said::NoRecord { dataset, key });
    }
    let (engine, by, at) = (&mut work.engine, &work.by, work.at);
    let found = erase::search(engine, by, &number, &ids, &said, args.anyway, at)?;
    work.publish()?;
    let complete = found.is_complete() || (args.anyway && found.asked.is_empty());
    let exit = if complete { Exit::Done } else { Exit::Findings };
    if work.as_json {
        json(
            &serde_json::json!({"number": number, "complete": found.is_complete(), "found": found}),
        )?;
        return Ok(exit);
    }
    say!(
        "{GREEN}{number}{GREEN:#}: {} in {} data sets searched",
        records(found.hits.len() as u64),
        found.searched.len()
    );
    let rows = work.engine.state.case_records(&number)?;
    if !rows.is_empty() {
        let mut lines = vec![["record", "why"].map(str::to_owned).to_vec()];
        lines.extend(rows.iter().map(|r| vec![format!("{}/{}", r.dataset, r.key), r.why.clone()]));
        say!("{}", table(&lines).trim_end());
    }
    let options = Options { yes: "--yes", no: "--no", more: "" };
    questions(&work.engine.register, &found, SHOWN, &options, work.lang);
    for (what, why) in found.unreachable.iter().chain(&found.unsearchable) {
        say!("{YELLOW}not searched{YELLOW:#}: `{what}`: {why}");
    }
    if !complete {
        say!(
            "Answer the questions (`--yes`, `--no`, `--record`, `--not-record`) and search again; with `--anyway` what was not searched counts as looked at by hand."
        );
    } else {
        say!("`frist case show {number}` says what is next.");
    }
    Ok(exit)
}
