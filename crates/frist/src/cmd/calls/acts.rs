//! The commands that speak with the interface.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::client::{Client, encode, query, runs};
use super::setup;
use crate::cli_calls::{CallsArgs, CallsCommand as C, Heard};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, GREEN, RED, YELLOW, count, json as print_json, say, table};
use crate::place::Place;

/// Does one of them.
pub fn act(place: &Place, args: &CallsArgs, as_json: bool) -> Outcome {
    if let C::Status = args.command {
        return status(place, args, as_json);
    }
    let client = Client::open(place, args)?;
    let call = |call: &str, act: &str| format!("/v1/calls/{}/{act}", encode(call));
    let told = |value: Value, words: String| -> Outcome {
        match (as_json, value) {
            (true, Value::Null) => print_json(&json!({ "done": true }))?,
            (true, value) => print_json(&value)?,
            (false, _) => say!("{words}"),
        }
        Ok(Exit::Done)
    };
    match &args.command {
        C::Consent { call: id, granted, refused, text, version, language } => {
            let answer =
                |purpose: &String, granted| json!({ "purpose": purpose, "granted": granted });
            let answers: Vec<Value> = granted
                .iter()
                .map(|p| answer(p, true))
                .chain(refused.iter().map(|p| answer(p, false)))
                .collect();
            let language = if *language == Heard::Da { "da" } else { "en" };
            let body = json!({ "answers": answers, "text_id": text, "text_version": version, "language": language });
            let done = client.ask(true, &call(id, "consent"), Some(&body))?;
            let list: Vec<&str> = done["granted"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let words = match list.is_empty() {
                true => format!("{YELLOW}nothing is granted{YELLOW:#}: the call is not recorded"),
                false => format!("{GREEN}granted{GREEN:#}: {}", list.join(", ")),
            };
            told(done, words)
        }
        C::Withdraw { call: id, purpose } => {
            let body = json!({ "purpose": purpose });
            let done = client.ask(true, &call(id, "withdraw"), Some(&body))?;
            told(done, format!("{GREEN}withdrawn{GREEN:#}"))
        }
        C::Pause { call: id } => {
            told(client.ask(true, &call(id, "pause"), None)?, "paused: silence is recorded".into())
        }
        C::Resume { call: id } => {
            told(client.ask(true, &call(id, "resume"), None)?, "resumed".into())
        }
        C::Flag { call: id, why } => {
            let done = client.ask(true, &call(id, "flag"), Some(&json!({ "why": why })))?;
            told(
                done,
                "flagged; a flag keeps nothing beyond its time: `frist calls transfer` does".into(),
            )
        }
        C::List { live, limit } => list(&client, *live, *limit, as_json),
        C::Transfer { recording, grounds, basis, matter, keep_until, keep_as } => {
            let body = json!({
                "grounds": grounds, "legal_basis": basis, "matter": matter,
                "keep_until": keep_until, "keep_as": keep_as,
            });
            let path = format!("/v1/recordings/{}/transfer", encode(recording));
            let done = client.ask(true, &path, Some(&body))?;
            let id = done["id"].as_str().unwrap_or_default().to_owned();
            let words = match done["status"].as_str() {
                Some("asked") => format!(
                    "{YELLOW}waits{YELLOW:#} for a second person: `frist calls approve {id}`; the original's time runs on"
                ),
                _ => format!("{GREEN}transferred{GREEN:#}: {id}; the original's time runs on"),
            };
            told(done, words)
        }
        C::Approve { transfer } => {
            let done =
                client.ask(true, &format!("/v1/transfers/{}/approve", encode(transfer)), None)?;
            told(done, format!("{GREEN}transferred{GREEN:#}: {transfer}"))
        }
        C::Transfers => rows(
            client.ask(false, "/v1/transfers", None)?,
            "transfers",
            &["id", "status", "matter", "asked_by", "asked_at", "approved_by", "keep_until"],
            as_json,
        ),
        C::Listenings { since, until, by, recording } => {
            let asked = query(&[
                ("since", since.as_deref()),
                ("until", until.as_deref()),
                ("principal", by.as_deref()),
                ("recording", recording.as_deref()),
            ]);
            rows(
                client.ask(false, &format!("/v1/listenings{asked}"), None)?,
                "listenings",
                &["at", "principal", "purpose", "reason", "recording", "act", "refused"],
                as_json,
            )
        }
        C::Listen { recording, purpose, reason, out } => {
            fetch(&client, recording, "audio", purpose, reason, out)
        }
        C::Export { recording, purpose, reason, out } => {
            fetch(&client, recording, "vcon", purpose, reason, out)
        }
        // The others were done before.
        _ => Err(Failure::usage("this is no command for the interface")),
    }
}

/// Live figures, also when the server is down: then it says so.
fn status(place: &Place, args: &CallsArgs, as_json: bool) -> Outcome {
    let config = setup::config(place, args)?;
    let stopped = frist_calls::desk::stopped(&config.data);
    if args.url.is_none() && !runs(&config) {
        match as_json {
            true => print_json(&json!({ "running": false, "stop": stopped }))?,
            false => {
                say!(
                    "{RED}no server runs{RED:#}: nothing answers where calls.toml has [api]; start it with `frist calls serve`"
                );
                if let Some(stop) = stopped {
                    say!("{YELLOW}all recording is stopped{YELLOW:#}, by {}", stop.by);
                }
            }
        }
        return Ok(Exit::Findings);
    }
    let client = Client::open(place, args)?;
    let mut figures = client.ask(false, "/v1/figures", None)?;
    if as_json {
        figures["running"] = json!(true);
        print_json(&figures)?;
        return Ok(Exit::Done);
    }
    let n = |v: &Value| count(v.as_u64().unwrap_or(0));
    let desk = &figures["desk"];
    say!(
        "{BOLD}{} calls under way, {} of them recorded{BOLD:#}",
        n(&desk["live"]),
        n(&desk["recording"])
    );
    say!(
        "since the start: {} calls, {} recordings begun, {} destroyed by withdrawal",
        n(&desk["calls"]),
        n(&desk["recorded"]),
        n(&desk["destroyed"])
    );
    let mut lines =
        vec![["purpose", ">asked", ">yes", ">taken back", ">rate"].map(str::to_owned).to_vec()];
    for (purpose, of) in desk["purposes"].as_object().into_iter().flatten() {
        let (asked, granted) =
            (of["asked"].as_u64().unwrap_or(0), of["granted"].as_u64().unwrap_or(0));
        let rate =
            (granted * 100).checked_div(asked).map_or_else(String::new, |p| format!("{p} %"));
        lines.push(vec![purpose.clone(), count(asked), count(granted), n(&of["withdrawn"]), rate]);
    }
    if lines.len() > 1 {
        say!("{}", table(&lines).trim_end());
    }
    let refused: Vec<String> = desk["refused"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(why, times)| format!("{why} {}", n(times)))
        .collect();
    if !refused.is_empty() {
        say!("recordings refused: {}", refused.join(", "));
    }
    let mut calm = true;
    if desk["failed"].as_u64().is_some_and(|failed| failed > 0) {
        say!(
            "{YELLOW}{} recordings stopped in mid-call{YELLOW:#}: the disk, the vault or the database failed",
            n(&desk["failed"])
        );
    }
    let media = &figures["media"];
    say!(
        "packets: {} received, {} lost, {} too late, {} dropped without consent",
        n(&media["received"]),
        n(&media["lost"]),
        n(&media["late"]),
        n(&media["dropped_without_consent"])
    );
    let seconds = |ms: &Value| format!("{:.1}", ms.as_f64().unwrap_or(0.0) / 1000.0);
    say!(
        "recorded: {} seconds; {} seconds of sound, of either side, are missing in recordings",
        n(&media["recorded_seconds"]),
        seconds(&media["missing_ms"])
    );
    if !figures["stop"].is_null() {
        calm = false;
        let of = |name: &str| figures["stop"][name].as_str().unwrap_or_default();
        say!("{YELLOW}all recording is stopped{YELLOW:#}, by {}: {}", of("by"), of("why"));
    }
    if figures["draining"] == json!(true) {
        say!("{YELLOW}draining{YELLOW:#}: no new calls are taken");
    }
    if figures["sweep_alarm"] == json!(true) {
        calm = false;
        say!("{RED}the sweep of recordings is not green{RED:#}: see `frist status`");
    }
    Ok(if calm { Exit::Done } else { Exit::Findings })
}

fn list(client: &Client, live: bool, limit: u32, as_json: bool) -> Outcome {
    let mut answer = client.ask(false, &format!("/v1/calls?live={live}&limit={limit}"), None)?;
    if as_json {
        print_json(&answer)?;
        return Ok(Exit::Done);
    }
    for call in answer["calls"].as_array_mut().into_iter().flatten() {
        let join = |list: &Value, what: &dyn Fn(&Value) -> String| {
            list.as_array().into_iter().flatten().map(what).collect::<Vec<_>>().join(", ")
        };
        let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
        let consent = join(&call["consent"], &|c| {
            let taken_back = !c["withdrawn_at"].is_null();
            let how = if taken_back { "withdrawn".to_owned() } else { text(c, "decision") };
            format!("{} {how}", text(c, "purpose"))
        });
        let recordings = join(&call["recordings"], &|r| {
            let mut notes = Vec::new();
            if !r["destroyed_at"].is_null() {
                notes.push("destroyed".to_owned());
            }
            if let Some(how) = r["ending"].as_str().filter(|how| *how != "ended") {
                notes.push(how.to_owned());
            }
            if let Some(ms) = r["missing_ms"].as_u64().filter(|ms| *ms > 0) {
                notes.push(format!("{} missing", lacks(ms)));
            }
            let notes =
                if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
            text(r, "id") + &notes
        });
        call["consent"] = json!(consent);
        call["recordings"] = json!(recordings);
    }
    rows(
        answer,
        "calls",
        &["id", "began_at", "ended_at", "outcome", "consent", "recordings"],
        false,
    )
}

/// Milliseconds as seconds.
fn lacks(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

fn rows(answer: Value, list: &str, columns: &[&str], as_json: bool) -> Outcome {
    if as_json {
        print_json(&answer)?;
        return Ok(Exit::Done);
    }
    let mut lines = vec![columns.iter().map(|c| c.replace('_', " ")).collect::<Vec<_>>()];
    for row in answer[list].as_array().into_iter().flatten() {
        let cell = |c: &&str| match &row[*c] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        lines.push(columns.iter().map(cell).collect());
    }
    match lines.len() {
        1 => say!("There are no {list}."),
        _ => say!("{}", table(&lines).trim_end()),
    }
    Ok(Exit::Done)
}

/// Writes a recording to a file, piece by piece, and says that it is outside the vault.
fn fetch(
    client: &Client,
    recording: &str,
    what: &str,
    purpose: &str,
    reason: &str,
    out: &Path,
) -> Outcome {
    let asked = query(&[("purpose", Some(purpose)), ("reason", Some(reason))]);
    let answer = client.answer(
        false,
        &format!("/v1/recordings/{}/{what}{asked}", encode(recording)),
        None,
    )?;
    let told = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(ms) = told("frist-missing-ms").and_then(|v| v.parse().ok()).filter(|ms| *ms > 0) {
        anstream::eprintln!(
            "{YELLOW}not whole{YELLOW:#}: {} of sound, of either side, was lost on the way or came too late; silence stands there",
            lacks(ms)
        );
    }
    if let Some(how) = told("frist-ending").filter(|how| *how != "ended") {
        anstream::eprintln!(
            "{YELLOW}not whole{YELLOW:#}: the recording stops before the call does ({how})"
        );
    }
    let mut from = answer.into_body().into_reader();
    let written = if out == Path::new("-") {
        let mut to = std::io::stdout().lock();
        copy(&mut from, &mut to).and_then(|n| to.flush().map(|()| n))
    } else {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(out);
        let mut file = file.map_err(|e| {
            Failure::file("make", out, &e).help("name a file that is not there yet")
        })?;
        copy(&mut from, &mut file).and_then(|n| file.sync_all().map(|()| n))
    };
    let bytes = written.map_err(|e| {
        if out != Path::new("-") {
            let _ = std::fs::remove_file(out);
        }
        Failure::new(format!("the recording broke off: {e}"))
            .help("what was written of it is removed")
    })?;
    anstream::eprintln!(
        "{YELLOW}outside the vault{YELLOW:#}: {} bytes that no sweep erases; destroy them when you have heard them",
        count(bytes)
    );
    Ok(Exit::Done)
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> std::io::Result<u64> {
    let mut piece = zeroize::Zeroizing::new(vec![0; 64 * 1024]);
    let mut bytes = 0;
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(bytes),
            n => {
                to.write_all(&piece[..n])?;
                bytes += n as u64;
            }
        }
    }
}
