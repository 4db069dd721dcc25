//! `frist bundle`, and verifying one.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use frist_cases::bundle::collect::Given;
use frist_cases::bundle::verify::{Looked, is_bundle};
use frist_cases::bundle::{self, Calls, Folder, HeardRow, Listening, Parts, Period, Role, Zipped};
use frist_ledger::{Checkpoint, VerifierKey};
use frist_register::Lang;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{instant, publish};
use crate::cli_account::BundleArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, count, counted, json, records, say};
use crate::place::{Place, now, random};

/// Makes a bundle.
pub fn bundle(place: &Place, args: &BundleArgs, lang: Lang, as_json: bool) -> Outcome {
    let out = &args.out;
    if out.exists() {
        return Err(Failure::usage(format!("`{}` exists already", out.display()))
            .help("name a folder or zip that does not exist; nothing was overwritten"));
    }
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let t = now();
    let period = period(args, &zone, t)?;
    let (calls, tokens) = calls(place, args.calls.as_deref(), period)?;
    let given = Given {
        period,
        made: t,
        by: place.operator()?.to_string(),
        program: concat!("frist ", env!("CARGO_PKG_VERSION")).to_owned(),
        calls,
        tokens,
    };
    let zip = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    // Made beside its place and then moved there, so that half a bundle never has its name.
    let work = beside(out)?;
    fs::create_dir(&work).map_err(|e| Failure::file("make the folder", &work, &e))?;
    let keys = [place.signing_key()?.verifier()];
    let made = bundle::make(&mut engine, given, &work, lang, &keys, &mut |engine| {
        publish(place, engine).map(drop)
    });
    let made = made.and_then(|made| {
        if zip {
            let file = fs::File::create_new(out).map_err(|e| Failure::file("write", out, &e))?;
            bundle::zip_folder(&work, file)?;
            fs::remove_dir_all(&work).map_err(|e| Failure::file("remove", &work, &e))?;
        } else {
            fs::rename(&work, out).map_err(|e| Failure::file("make the folder", out, &e))?;
        }
        Ok(made)
    });
    let made = made.inspect_err(|_| drop(fs::remove_dir_all(&work)))?;
    let f = &made.figures;
    if as_json {
        json(&serde_json::json!({
            "out": out, "manifest_sha256": made.manifest_sha256, "pdf": made.pdf,
            "records": f.proven.records(), "entries": f.ledger_entries,
            "since": period.since, "until": period.until,
        }))?;
    } else {
        say!("wrote {} for {:.0} to {:.0}", out.display(), period.since, period.until);
        say!(
            "  {} erased in the period; {} in the ledger",
            records(f.proven.records()),
            counted(f.ledger_entries, "entry", "entries")
        );
        say!("  sealed in the ledger: {DIM}SHA-256 {}{DIM:#}", made.manifest_sha256);
        if !made.pdf {
            say!("  without PDF: this program was built without it; report.html prints well");
        }
        say!(
            "verify it with `frist verify {} --key {}`",
            out.display(),
            place.public_key().display()
        );
    }
    Ok(Exit::Done)
}

fn beside(out: &Path) -> Outcome<PathBuf> {
    let mark = random::<4>()?.iter().fold(String::new(), |s, b| format!("{s}{b:02x}"));
    let name = out.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| Failure::usage("`--out` names no folder"))?;
    Ok(out.with_file_name(format!(".{name}.{mark}")))
}

fn period(args: &BundleArgs, zone: &TimeZone, t: Timestamp) -> Outcome<Period> {
    let until = match args.until.as_deref() {
        None => t,
        // A day is meant to its end.
        Some(text) => match text.parse::<jiff::civil::Date>() {
            Ok(day) => day
                .tomorrow()
                .and_then(|d| d.to_zoned(zone.clone()))
                .map_err(|_| Failure::usage(format!("`{text}` is no day")))?
                .timestamp(),
            Err(_) => instant(text, zone)?,
        },
    };
    let until = until.min(t);
    let since = match args.since.as_deref() {
        Some(text) => instant(text, zone)?,
        None => until
            .to_zoned(zone.clone())
            .checked_sub(jiff::Span::new().years(1))
            .map_err(|e| Failure::usage(format!("the period cannot be counted: {e}")))?
            .timestamp(),
    };
    if since >= until {
        return Err(Failure::usage("the period is empty: `--since` is not before `--until`"));
    }
    Ok(Period { since, until })
}

/// Figures and tokens of recorded calls, where there is an installation: its configuration is `named`,
/// or lies with the register.
pub fn calls(
    place: &Place,
    named: Option<&Path>,
    period: Period,
) -> Outcome<(Option<Calls>, Option<Vec<Role>>)> {
    let path = named.map_or_else(|| place.dir.join("calls.toml"), Path::to_path_buf);
    if !path.exists() && named.is_none() {
        return Ok((None, None));
    }
    let text = fs::read_to_string(&path).map_err(|e| Failure::file("read", &path, &e))?;
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let reading = frist_calls::config::read(&path.display().to_string(), &text, &folder);
    let config = reading.config.ok_or_else(|| {
        Failure::new(format!("`{}` has errors", path.display()))
            .help("see them with `frist calls check`")
    })?;
    let tokens = match &config.api {
        None => None,
        Some(api) => Some(tokens(&api.tokens.value)?),
    };
    let (since, until) = (period.since, period.until);
    let account =
        frist_calls::account::account(&config.data.value, since, until, bundle::MOST_HEARD);
    let calls = match account {
        Err(e) => Calls { problem: Some(e.to_string()), ..Calls::default() },
        Ok(a) => Calls {
            calls: a.calls,
            recordings: a.recordings,
            destroyed: a.destroyed,
            consents: (a.granted, a.refused, a.withdrawn),
            listening: a
                .listening
                .into_iter()
                .map(|h| Listening {
                    purpose: h.purpose,
                    act: h.act,
                    allowed: h.allowed,
                    refused: h.refused,
                    people: h.people,
                    reasons: h.reasons,
                    without_reason: h.without_reason,
                })
                .collect(),
            log: a
                .log
                .into_iter()
                .map(|h| HeardRow {
                    at: h.at,
                    who: h.who,
                    purpose: h.purpose,
                    act: h.act,
                    recording: h.recording,
                    reason: h.reason,
                    allowed: h.allowed,
                })
                .collect(),
            problem: None,
        },
    };
    Ok((Some(calls), tokens))
}

fn tokens(path: &Path) -> Outcome<Vec<Role>> {
    let text = fs::read_to_string(path).map_err(|e| Failure::file("read", path, &e))?;
    let (tokens, ..) = frist_calls::config::Tokens::read(&path.display().to_string(), &text);
    let tokens = tokens.ok_or_else(|| {
        Failure::new(format!("`{}` has errors", path.display()))
            .help("see them with `frist calls check`")
    })?;
    Ok(tokens
        .iter()
        .map(|t| {
            let mut roles: Vec<String> = t.roles.iter().map(|r| r.as_str().to_owned()).collect();
            roles.extend(t.purposes.iter().map(|p| format!("listener: {}", p.value)));
            Role { name: t.name.clone(), roles, until: t.until }
        })
        .collect())
}

/// The bundle at this path, if it is one: a folder with a manifest, or a zip with one.
pub fn at(path: &Path) -> Outcome<Option<Box<dyn Parts>>> {
    if path.is_dir() {
        let mut folder = Folder::new(path);
        return match is_bundle(&mut folder)? {
            true => Ok(Some(Box::new(folder))),
            false => Err(Failure {
                exit: Exit::Findings,
                ..Failure::new(format!("`{}` is no bundle: it has no manifest", path.display()))
            }
            .help("give the folder that `frist bundle` wrote, as it was handed out")),
        };
    }
    let mut file = fs::File::open(path).map_err(|e| Failure::file("read", path, &e))?;
    let mut start = [0; 4];
    if file.read_exact(&mut start).is_err() || &start != b"PK\x03\x04" {
        return Ok(None);
    }
    let not = |why: String| Failure {
        exit: Exit::Findings,
        ..Failure::new(format!("it does not verify: the zip is damaged: {why}"))
    };
    let mut zipped = Zipped::new(file).map_err(|e| not(e.to_string()))?;
    match is_bundle(&mut zipped).map_err(|e| not(e.to_string()))? {
        true => Ok(Some(Box::new(zipped))),
        false => Err(Failure {
            exit: Exit::Findings,
            ..Failure::new(format!("`{}` is no bundle: it has no manifest", path.display()))
        }),
    }
}

/// Verifies a bundle.
pub fn verify(
    parts: &mut dyn Parts,
    keys: &[VerifierKey],
    against: Option<&Checkpoint>,
    as_json: bool,
) -> Outcome {
    let looked = bundle::verify::verify(parts, keys, against)?;
    if as_json {
        return tell_json(&looked);
    }
    if !looked.valid() {
        for fault in &looked.faults {
            say!("{RED}not valid{RED:#}: {fault}");
        }
        return Err(Failure {
            exit: Exit::Findings,
            ..Failure::new(
                format!(
                    "the bundle does not verify: {}",
                    counted(looked.faults.len() as u64, "part is", "parts are")
                ) + " not what was sealed",
            )
        }
        .help("ask for the bundle and the key anew, from their source; do not rely on this one"));
    }
    let (Some(evidence), Some(sealed)) = (&looked.evidence, &looked.sealed) else {
        return Err(Failure::new("the bundle was not looked through to its end"));
    };
    let ledger = &evidence.checkpoint.origin;
    say!("{GREEN}valid{GREEN:#}: a bundle of {BOLD}{ledger}{BOLD:#}");
    if let Some(m) = &looked.manifest {
        say!("  period       {:.0} to {:.0}", m.period.since, m.period.until);
        say!("  parts        {}, each as it was sealed", count(m.parts.len() as u64));
    }
    say!("  sealed       {:.0} by {}, as entry {}", sealed.at, sealed.by, sealed.index);
    if let Some(f) = &looked.figures {
        say!("  erased       {}, computed again from the ledger", records(f.proven.records()));
        say!(
            "  register     {} in force, made again from their files",
            counted(looked.revisions as u64, "revision", "revisions")
        );
    }
    say!(
        "  {DIM}{}, {} checked, {} recomputed record by record{DIM:#}",
        counted(evidence.checkpoint.size, "entry", "entries"),
        counted(evidence.checkpoints, "signature", "signatures"),
        counted(evidence.batches_recomputed, "batch", "batches")
    );
    for (name, same) in &looked.same_words {
        match same {
            true => say!("  report       {name} says what this program writes from the figures"),
            false => say!(
                "  {YELLOW}report{YELLOW:#}       {name} is not what this version of Frist writes from the figures; another version may have, else rely on figures.json"
            ),
        }
    }
    if let Some(size) = evidence.extends {
        say!(
            "  {GREEN}contains{GREEN:#} the older checkpoint over {} unchanged",
            counted(size, "entry", "entries")
        );
    }
    Ok(Exit::Done)
}

fn tell_json(looked: &Looked) -> Outcome {
    let faults: Vec<_> =
        looked.faults.iter().map(|f| serde_json::json!({"part": f.part, "what": f.what})).collect();
    let valid = looked.valid();
    json(&serde_json::json!({
        "valid": valid, "kind": "bundle", "faults": faults,
        "ledger": looked.evidence.as_ref().map(|e| e.checkpoint.origin.clone()),
        "entries": looked.evidence.as_ref().map(|e| e.checkpoint.size),
        "sealed": looked.sealed.as_ref().map(|s| serde_json::json!({"at": s.at, "by": s.by, "index": s.index})),
        "parts": looked.manifest.as_ref().map(|m| m.parts.len()),
        "records": looked.figures.as_ref().map(|f| f.proven.records()),
        "revisions": looked.revisions,
        "same_words": looked.same_words.iter().map(|(name, same)| serde_json::json!({"part": name, "same": same})).collect::<Vec<_>>(),
    }))?;
    Ok(if valid { Exit::Done } else { Exit::Findings })
}
