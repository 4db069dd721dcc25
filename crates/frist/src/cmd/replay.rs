//! `frist replay`: after a restore from backup.

use frist_sweep::replay::Report;

use crate::cmd::proof;
use crate::error::{Exit, Failure, Outcome};
use crate::output::{GREEN, RED, confirm, count, how_to_agree, json, records, say, table, when};
use crate::place::Place;

/// Erases again what had been erased since the backup was taken.
pub fn replay(place: &Place, since: &str, dry_run: bool, yes: bool, as_json: bool) -> Outcome {
    let mut engine = place.engine()?;
    let zone = engine.register.controller.calendar.zone.clone();
    let since = when(since, &zone)?;
    if !dry_run && !yes {
        // What would be erased is shown before anybody is asked.
        let look = engine.replay(since, true, &mut |_| {})?;
        let back: u64 = look.datasets.iter().map(|d| d.back - d.kept).sum();
        if !as_json {
            show(&look);
        }
        if back > 0 && !confirm(&format!("Erase {} again, for good?", records(back)))? {
            return Err(Failure::waits("nothing was erased").help(how_to_agree()));
        }
    }
    if !dry_run {
        // What cannot be published is found out before anything is erased, not after.
        proof::publish(place, &mut engine)?;
    }
    let report = engine.replay(since, dry_run, &mut |_| {})?;
    proof::publish(place, &mut engine)?;
    let green = report.findings.iter().all(|f| !f.alarm);
    if as_json {
        json(&report)?;
    } else {
        show(&report);
        if green && !dry_run {
            say!("{GREEN}Done{GREEN:#}. Rules erase by themselves: run `frist sweep` as well.");
        }
    }
    Ok(if green { Exit::Done } else { Exit::Findings })
}

fn show(report: &Report) {
    if report.datasets.is_empty() {
        say!(
            "Nothing that was erased since then can be recognised: no store declares `backups`, or the hashes have outlived them."
        );
        return;
    }
    let head = ["data set", ">looked at", ">back again", ">erased again", ">kept"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for d in &report.datasets {
        rows.push(vec![
            d.dataset.clone(),
            count(d.examined),
            count(d.back),
            count(d.erased),
            count(d.kept),
        ]);
    }
    say!("{}", table(&rows).trim_end());
    for f in &report.findings {
        say!("{RED}{}{RED:#}: `{}`, {}: {}", f.code, f.dataset, records(f.count), f.text);
    }
}
