//! `frist case access` and `frist case portability`.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use frist_cases::access::{self, Shown};

use super::{Work, pair, upper};
use crate::cli_case_exec::PackageArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, json, records, say, table};

/// Reviews, or makes the package.
pub fn package(work: &mut Work<'_>, args: &PackageArgs) -> Outcome {
    let number = upper(&args.number);
    let mut judged = Vec::new();
    judged.extend(args.show.iter().map(|id| (id.clone(), Shown::Whole)));
    judged.extend(args.mask.iter().map(|id| (id.clone(), Shown::Masked)));
    for text in &args.instead {
        let (id, words) = pair(text, "instead", "ITEM=TEXT")?;
        judged.push((id, Shown::Instead(words)));
    }
    for (id, shown) in judged {
        access::judge(&mut work.engine, &work.by, &number, &id, shown, work.at)?;
    }
    let Some(out) = &args.out else { return review(work, &number) };
    // First of all: a package that cannot be written must not be answered.
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .map_err(|e| Failure::file("write", out, &e))?;
    let made = access::deliver(&mut work.engine, &work.by, "", &number, !args.zip, work.at);
    let made = match made {
        Ok(made) => made,
        Err(e) => {
            // Nothing was written to it.
            let _ = std::fs::remove_file(out);
            return Err(e.into());
        }
    };
    file.write_all(&made.bytes).and_then(|()| file.sync_all()).map_err(|e| {
        Failure::file("write", out, &e).help("reopen the case and make the package again")
    })?;
    work.publish()?;
    if work.as_json {
        json(&serde_json::json!({
            "number": number, "file": out, "records": made.records, "masked": made.masked,
            "left_out": made.left_out, "passphrase": made.passphrase,
        }))?;
        return Ok(Exit::Done);
    }
    say!(
        "{GREEN}{number}{GREEN:#}: {} in `{}`, and answered",
        records(made.records),
        out.display()
    );
    for line in &made.left_out {
        say!("  left out: {line}");
    }
    if let Some(phrase) = &made.passphrase {
        say!("  passphrase: {phrase}");
        say!(
            "  It is shown this once and kept nowhere. Give it to the person by another way than the file."
        );
    }
    Ok(Exit::Done)
}

fn review(work: &mut Work<'_>, number: &str) -> Outcome {
    work.publish()?;
    let items = access::review(&mut work.engine, number, work.at)?;
    let waiting = items.iter().filter(|i| i.shown.is_none()).count();
    let exit = if waiting == 0 { Exit::Done } else { Exit::Waits };
    if work.as_json {
        let rows: Vec<_> = items
            .iter()
            .map(|i| {
                serde_json::json!({
                    "item": i.id, "says": i.says, "file": i.file,
                    "shown": i.shown.as_ref().map(|s| format!("{s:?}").to_lowercase()),
                })
            })
            .collect();
        json(&rows)?;
        return Ok(exit);
    }
    if items.is_empty() {
        say!("Nothing of it may tell of other people, by the register.");
        return Ok(exit);
    }
    let mut rows = vec![["item", "decided", "says"].map(str::to_owned).to_vec()];
    for item in &items {
        let decided =
            item.shown.as_ref().map_or_else(|| "-".to_owned(), |s| format!("{s:?}").to_lowercase());
        let says = item.says.clone().unwrap_or_else(|| format!("file {}", item.field));
        rows.push(vec![item.id.clone(), decided, says]);
    }
    say!("{}", table(&rows).trim_end());
    if waiting > 0 {
        say!(
            "{YELLOW}{waiting} to be looked at{YELLOW:#}: `--show ITEM`, `--mask ITEM` or `--instead ITEM=TEXT`"
        );
    }
    Ok(exit)
}
