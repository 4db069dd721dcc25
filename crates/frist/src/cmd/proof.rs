//! `frist receipt`, `evidence` and `verify`, and publishing the ledger after each change.

use std::fs;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use frist_ledger::evidence::Report;
use frist_ledger::note::parse_keys;
use frist_ledger::receipt::escape;
use frist_ledger::tiles::Tiles;
use frist_ledger::{Checkpoint, Verified, VerifierKey};
use frist_sweep::Engine;

use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, count, counted, json, records, say, table};
use crate::place::Place;

/// Publishes the ledger's new entries under `.frist/ledger`, with a signed checkpoint.
pub fn publish(place: &Place, engine: &mut Engine) -> Outcome<Checkpoint> {
    // One at a time: another process must not put an older checkpoint in place of a newer one.
    let _turn = place.publishing()?;
    let key = place.signing_key()?;
    engine.publish(&Tiles::new(place.ledger_dir()), &key).map_err(|e| match &e {
        frist_sweep::Error::Ledger(_) => Failure::new(format!(
            "the published ledger in `{}` cannot be continued: {e}",
            place.ledger_dir().display()
        ))
        .help("bring the folder back from a backup, or move it to a safe place: it is then published anew from Frist's own database"),
        _ => e.into(),
    })
}

/// Writes a receipt.
pub fn receipt(place: &Place, at: &str, key: &str, out: Option<&Path>, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    publish(place, &mut engine)?;
    let receipt = engine.receipt(at, key, &Tiles::new(place.ledger_dir()))?;
    let text = receipt.to_text()?;
    match out {
        None if as_json => json(&serde_json::json!({"receipt": text}))?,
        None => anstream::print!("{text}"),
        Some(path) => {
            fs::write(path, text).map_err(|e| Failure::file("write", path, &e))?;
            match as_json {
                true => json(&serde_json::json!({"file": path}))?,
                false => say!("wrote {}", path.display()),
            }
        }
    }
    Ok(Exit::Done)
}

/// Writes the evidence.
pub fn evidence(place: &Place, out: &Path, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    publish(place, &mut engine)?;
    let file = fs::File::create(out).map_err(|e| Failure::file("write", out, &e))?;
    let entries = engine.evidence(BufWriter::new(file))?;
    match as_json {
        true => json(&serde_json::json!({"file": out, "entries": entries}))?,
        false => say!(
            "wrote {} to {}; verify it with `frist verify {} --key {}`",
            counted(entries, "entry", "entries"),
            out.display(),
            out.display(),
            place.public_key().display()
        ),
    }
    Ok(Exit::Done)
}

/// Verifies a file with nothing but the public key.
pub fn verify(file: &Path, key: &str, against: Option<&Path>, as_json: bool) -> Outcome {
    let keys = read_keys(key)?;
    let older = match against {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|e| Failure::file("read", path, &e))?;
            Some(Checkpoint::open(&text, &keys).map_err(refused)?)
        }
    };
    if let Some(mut parts) = crate::cmd::account::bundle::at(file)? {
        return crate::cmd::account::bundle::verify(&mut *parts, &keys, older.as_ref(), as_json);
    }
    let open = fs::File::open(file).map_err(|e| Failure::file("read", file, &e))?;
    let verified =
        frist_ledger::verify(BufReader::new(open), &keys, older.as_ref()).map_err(refused)?;
    match verified {
        Verified::Receipt(r) => {
            let d = r.disposal();
            if as_json {
                json(
                    &serde_json::json!({"valid": true, "kind": "receipt", "record": escape(&r.locator), "entry": r.entry, "index": r.index, "ledger": r.checkpoint.origin, "size": r.checkpoint.size}),
                )?;
            } else {
                say!("{GREEN}valid{GREEN:#}: a receipt of {BOLD}{}{BOLD:#}", r.checkpoint.origin);
                say!("  record       {}", escape(&r.locator));
                say!("  disposed of  {}", r.entry.at);
                if let Some(d) = d {
                    say!("  how          {}", d.disposition);
                    say!("  rule         {}", d.rule.text);
                    for law in &d.rule.laws {
                        say!("  law          {law}");
                    }
                    say!("  register     {}", d.revision);
                }
                say!(
                    "  {DIM}entry {} of a ledger of {}, signed{DIM:#}",
                    r.index,
                    count(r.checkpoint.size)
                );
            }
        }
        Verified::Evidence(e) => tell(&e, as_json)?,
        Verified::Checkpoint(c) => {
            if as_json {
                json(
                    &serde_json::json!({"valid": true, "kind": "checkpoint", "ledger": c.origin, "size": c.size, "root": c.root}),
                )?;
            } else {
                say!(
                    "{GREEN}valid{GREEN:#}: a checkpoint of {BOLD}{}{BOLD:#} over {}",
                    c.origin,
                    counted(c.size, "entry", "entries")
                );
            }
        }
        _ => say!("{GREEN}valid{GREEN:#}"),
    }
    Ok(Exit::Done)
}

/// What the evidence of a ledger says.
fn tell(e: &Report, as_json: bool) -> Outcome<()> {
    let disposed = e.disposed.iter().map(|((set, how), d)| (set.to_string(), how.to_string(), d));
    if as_json {
        let rows: Vec<_> = disposed
            .map(|(set, how, d)| serde_json::json!({"dataset": set, "disposition": how, "records": d.records, "batches": d.batches}))
            .collect();
        return json(&serde_json::json!({
            "valid": true, "kind": "evidence", "ledger": e.checkpoint.origin, "entries": e.checkpoint.size,
            "from": e.from, "records": e.records(), "disposed": rows, "replayed": e.replayed,
            "checkpoints": e.checkpoints, "batches_recomputed": e.batches_recomputed, "extends": e.extends,
        }));
    }
    let c = &e.checkpoint;
    say!(
        "{GREEN}valid{GREEN:#}: evidence of {BOLD}{}{BOLD:#} over {}",
        c.origin,
        counted(c.size - e.from, "entry", "entries")
    );
    if let Some((first, last)) = e.span {
        say!("  from {first} to {last}");
    }
    let mut rows = vec![["data set", "how", ">records", ">batches"].map(str::to_owned).to_vec()];
    rows.extend(disposed.map(|(set, how, d)| vec![set, how, count(d.records), count(d.batches)]));
    say!("{}", table(&rows).trim_end());
    say!(
        "  {} ended, {} did not; {} erased again after a restore",
        counted(e.sweeps.0, "sweep", "sweeps"),
        e.sweeps.1,
        records(e.replayed)
    );
    say!(
        "  {DIM}{} checked, {} recomputed record by record{DIM:#}",
        counted(e.checkpoints, "signature", "signatures"),
        counted(e.batches_recomputed, "batch", "batches")
    );
    if let Some(size) = e.extends {
        say!(
            "  {GREEN}contains{GREEN:#} the older checkpoint over {} unchanged",
            counted(size, "entry", "entries")
        );
    }
    Ok(())
}

fn refused(e: frist_ledger::Error) -> Failure {
    if matches!(e, frist_ledger::Error::NoProof { .. }) {
        return Failure { exit: Exit::Findings, ..Failure::new(e.to_string()) }.help(
            "give the file that `frist receipt` or `frist evidence` wrote, as it was handed out",
        );
    }
    Failure { exit: Exit::Findings, ..Failure::new(format!("it does not verify: {e}")) }
        .help("the file, or the ledger behind it, was changed, or the key is another; ask for the file and the key anew, from their source")
}

/// A public key from a file, or as it stands.
fn read_keys(key: &str) -> Outcome<Vec<VerifierKey>> {
    let path = Path::new(key);
    let text = match path.is_file() {
        true => fs::read_to_string(path).map_err(|e| Failure::file("read", path, &e))?,
        false => key.to_owned(),
    };
    parse_keys(&text).map_err(|e| {
        Failure::usage(format!("`{key}` is neither a file with a public key nor a key: {e}"))
            .help("the key is in `.frist/ledger.pub` of the one who erased; get it from them by a way you trust")
    })
}
