//! `frist case access` and `frist case portability`.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use frist_cases::access::{self, Shown};

use super::{Work, pair, upper};
use crate::cli_calls::{CallsArgs, CallsCommand};
use crate::cli_case_exec::PackageArgs;
use crate::cmd::calls::Sound;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, YELLOW, json, records, say, table};
use crate::place::Place;

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
    if let Some(days) = args.link {
        return link(work, &number, args, days);
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
    let mut heard = Heard { place: work.place, args, client: None };
    let heard = Some(&mut heard as &mut dyn access::Recordings);
    let made = access::deliver(&mut work.engine, &work.by, "", &number, !args.zip, heard, work.at);
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

/// Lays the package out to be fetched by a private link, and answers.
fn link(work: &mut Work<'_>, number: &str, args: &PackageArgs, days: u16) -> Outcome {
    let mut heard = Heard { place: work.place, args, client: None };
    let heard = Some(&mut heard as &mut dyn access::Recordings);
    let (engine, by, at) = (&mut work.engine, &work.by, work.at);
    let made = access::make(engine, by, "", number, access::Seal::Fresh, heard, at)?;
    let link = access::lay_out(engine, by, number, &made, days, at)?;
    access::hand_over(engine, by, "", number, at)?;
    work.publish()?;
    let path = format!("/p/d/{}", link.secret);
    if work.as_json {
        json(&serde_json::json!({
            "number": number, "link": path, "until": link.until, "records": made.records,
            "masked": made.masked, "left_out": made.left_out, "passphrase": made.passphrase,
        }))?;
        return Ok(Exit::Done);
    }
    say!("{GREEN}{number}{GREEN:#}: {}, and answered", records(made.records));
    for line in &made.left_out {
        say!("  left out: {line}");
    }
    say!("  link: {path} at the server's address, until and including {}", link.until);
    say!("  passphrase: {}", made.passphrase.as_deref().unwrap_or_default());
    say!(
        "  Both are shown this once. Give them to the person by two different ways. It needs `packages = true` in `[public]` of server.toml."
    );
    Ok(Exit::Done)
}

/// Recordings as whoever has the token may hear them, by the server of calls and in its log.
struct Heard<'a> {
    place: &'a Place,
    args: &'a PackageArgs,
    client: Option<Sound>,
}

impl access::Recordings for Heard<'_> {
    fn sound(
        &mut self,
        recording: &str,
        purposes: &[String],
        reason: &str,
    ) -> Result<Vec<u8>, String> {
        let client = match &mut self.client {
            Some(client) => client,
            none => {
                let calls = CallsArgs {
                    config: None,
                    token: self.args.calls_token.clone(),
                    url: self.args.calls_url.clone(),
                    command: CallsCommand::Status,
                };
                none.insert(Sound::open(self.place, &calls).map_err(|e| e.message)?)
            }
        };
        client.wav(recording, purposes, reason).map_err(|e| e.message)
    }
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
