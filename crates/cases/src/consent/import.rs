//! Consents that were given elsewhere, from a table: one line each.

use std::collections::BTreeMap;

use frist_ledger::entry::{Entry, Id};
use frist_register::Lang;
use frist_state::Consent;
use frist_sweep::Engine;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::record::{self, SCHEMA_VERSION};
use crate::review::task::entry;
use crate::{CasesError, Result};

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// How many were taken.
    pub taken: u64,
    /// How many were here already, from an earlier import.
    pub known: u64,
    /// How many were withdrawn so long ago that their record may not be kept any more.
    pub over: u64,
    /// How many are of a version of their text that the register no longer has, so that its hash is not known.
    pub unknown_text: u64,
}

/// Reads consents from CSV with the columns `kind, who, given_at, channel, text, version, lang` and, where
/// they have any, `purposes` (divided by blanks) and `withdrawn_at`, `route`. All are taken, or none. The same
/// line read twice is the same consent; `key` makes its number.
///
/// # Errors
/// When a line cannot be read (its number is told, and not what it says), or Frist's own database does not
/// answer.
pub fn import(
    engine: &mut Engine,
    csv: &str,
    key: &[u8; 32],
    by: &Id,
    t: Timestamp,
) -> Result<Imported> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.as_bytes());
    let refused = |line: usize, why: String| CasesError::Input {
        what: "the table of consents",
        why: format!("line {line}: {why}; nothing was taken"),
    };
    let head = reader.headers().map_err(|e| refused(1, e.to_string()))?.clone();
    let columns: BTreeMap<&str, usize> =
        head.iter().enumerate().map(|(ix, name)| (name, ix)).collect();
    for needed in ["kind", "who", "given_at", "channel", "text", "version"] {
        if !columns.contains_key(needed) {
            return Err(refused(1, format!("there is no column `{needed}`")));
        }
    }
    let mut done = Imported::default();
    let (mut consents, mut entries): (Vec<Consent>, Vec<Entry>) = (Vec::new(), Vec::new());
    for (ix, row) in reader.records().enumerate() {
        let line = ix + 2;
        // The reader's own words would quote the line.
        let row =
            row.map_err(|_| refused(line, "it has another number of fields than the head".into()))?;
        let get = |name: &str| columns.get(name).and_then(|ix| row.get(*ix)).unwrap_or_default();
        let instant = |name: &str| {
            get(name).parse::<Timestamp>().map_err(|_| {
                refused(line, format!("`{name}` is no instant such as 2026-12-31T12:00:00Z"))
            })
        };
        let given_at = instant("given_at")?;
        let withdrawn_at = match get("withdrawn_at") {
            "" => None,
            _ => Some(instant("withdrawn_at")?),
        };
        if given_at > t || withdrawn_at.is_some_and(|w| w < given_at || w > t) {
            return Err(refused(
                line,
                "its instants are not in order, or lie in the future".into(),
            ));
        }
        let lang = match get("lang") {
            "" | "da" => Lang::Da,
            "en" => Lang::En,
            _ => return Err(refused(line, "`lang` is neither da nor en".into())),
        };
        let in_line = |e: CasesError| refused(line, e.to_string());
        record::named(&engine.register, get("kind"), get("who")).map_err(in_line)?;
        let purposes: Vec<String> = get("purposes").split_whitespace().map(str::to_owned).collect();
        let shown =
            record::shown(&engine.register, get("text"), &purposes, lang).map_err(in_line)?;
        let same = shown.version == get("version");
        done.unknown_text += u64::from(!same);
        let id = number(&row, key, given_at);
        if engine.state.consent(&id)?.is_some() || consents.iter().any(|c| c.id == id) {
            done.known += 1;
            continue;
        }
        let erase_at = withdrawn_at.map(|w| record::erase_at(&engine.register, get("text"), w));
        if erase_at.is_some_and(|at| at <= t) {
            // Its time is over already: to take it would be to keep it just in case.
            done.over += 1;
            continue;
        }
        entries.push(entry(&id, "imported", by, t)?);
        consents.push(Consent {
            id,
            schema_version: SCHEMA_VERSION.into(),
            kind: get("kind").to_owned(),
            who: get("who").to_owned(),
            given_at,
            channel: get("channel").to_owned(),
            purposes: shown.purposes.iter().map(|p| format!("{}/{p}", shown.activity)).collect(),
            text_id: get("text").to_owned(),
            text_version: get("version").to_owned(),
            text_hash: if same { record::text_hash(&shown.words) } else { String::new() },
            lang: record::code(lang).into(),
            given_by: by.to_string(),
            token: None,
            withdrawn_at,
            withdrawn_by: withdrawn_at.map(|_| by.to_string()),
            route: withdrawn_at.map(|_| get("route").to_owned()),
            retention: record::retention(record::proof_of(&shown)),
            location: "frist/state".into(),
            erase_at,
        });
    }
    done.taken = consents.len() as u64;
    engine.state.give_consents(&consents, &entries)?;
    Ok(done)
}

/// A number that the same line always gets; keyed, because the ledger names it and the line names a person.
fn number(row: &csv::StringRecord, key: &[u8; 32], given_at: Timestamp) -> String {
    let mut hash = Sha256::new();
    hash.update(key);
    for field in row {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    let hash: String = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    let day = given_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    format!("consent-{}-{hash}", day.strftime("%Y%m%d"))
}
