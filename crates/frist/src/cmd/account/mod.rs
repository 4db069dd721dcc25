//! What an authority asks for: inquiries, breaches, attestations, the evidence bundle.

pub mod attest;
pub mod breach;
pub mod bundle;
pub mod inquiry;

use frist_ledger::Checkpoint;
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cmd::proof;
use crate::error::{Failure, Outcome};
use crate::place::Place;

/// A day as a person writes it.
fn date(text: &str) -> Outcome<Date> {
    text.parse()
        .map_err(|_| Failure::usage(format!("`{text}` is no day")).help("write it as 2026-12-31"))
}

/// An instant, a local time in the register's zone, or a day (its first instant).
fn instant(text: &str, zone: &TimeZone) -> Outcome<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let local = text.parse::<jiff::civil::DateTime>().ok();
    // Of an hour that comes twice the first is meant: a deadline then never ends late.
    let found = local.and_then(|at| zone.to_ambiguous_timestamp(at).earlier().ok());
    found.ok_or_else(|| {
        Failure::usage(format!("`{text}` is neither an instant, a local time nor a day"))
            .help("write 2026-11-22T14:30, 2026-11-22T13:30:00Z or 2026-11-22")
    })
}

/// Publishes the ledger after a change.
fn publish(place: &Place, engine: &mut Engine) -> Outcome<Checkpoint> {
    proof::publish(place, engine)
}

/// An instant in the register's zone, to the minute.
fn minute(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}
