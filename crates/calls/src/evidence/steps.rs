//! The steps of a transfer, each durable before the next, each repeatable.

use frist_ledger::entry::{Entry, Id, Kind};
use frist_vault::{ObjectId, VaultError};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{COLLECTION, Ledger, Refused, Terms, Transfer};
use crate::desk::inner::hex;
use crate::desk::{Desk, DeskError, db, facts};

const COLUMNS: &str = "id, recording_id, call_id, asked_at, asked_by, matter, keep_until, \
                       approved_by, copy_id, content_sha256, status, ledger_entry, missing_ms, ending";

/// Finishes the transfers that were approved and not carried out to the end, and lets lapse what
/// nobody approved in time. Answers how many were finished. One that cannot be is left as it is, and
/// does not keep the others back.
///
/// # Errors
/// The last of what went wrong.
pub fn roll_forward(desk: &Desk, terms: &Terms, ledger: &mut Ledger<'_>) -> Result<usize, Refused> {
    let mut finished = 0;
    let mut result = Ok(());
    let now = desk.inner.time();
    for transfer in all(desk)? {
        match transfer.status.as_str() {
            "approved" | "copied" => match forward(desk, terms, &transfer.id, ledger) {
                Ok(()) => finished += 1,
                Err(e) => result = Err(e),
            },
            "asked" => {
                let asked = db::instant(&transfer.asked_at);
                if asked.is_none_or(|at| now.duration_since(at) > terms.approve_within) {
                    set_status(desk, &transfer.id, "lapsed")?;
                }
            }
            _ => {}
        }
    }
    result.map(|()| finished)
}

/// Takes an approved transfer to its end, from whichever step it is at.
pub(super) fn forward(
    desk: &Desk,
    terms: &Terms,
    id: &str,
    ledger: &mut Ledger<'_>,
) -> Result<(), Refused> {
    let gone = || Refused::NotWaiting(id.to_owned());
    let mut transfer = read(desk, id)?.ok_or_else(gone)?;
    if transfer.status == "approved" {
        match copy(desk, terms, &transfer) {
            // What is gone, or due by now, cannot be transferred later either.
            Err(e @ (Refused::Recording(_) | Refused::Vault(VaultError::Gone(_)))) => {
                set_status(desk, id, "lapsed")?;
                return Err(e);
            }
            other => other?,
        }
        transfer = read(desk, id)?.ok_or_else(gone)?;
    }
    if transfer.status == "copied" {
        enter(desk, terms, &transfer, ledger)?;
    }
    Ok(())
}

/// Makes the copy and holds it against the original.
fn copy(desk: &Desk, terms: &Terms, transfer: &Transfer) -> Result<(), Refused> {
    let vault = &desk.inner.vault;
    let (from, into): (ObjectId, ObjectId) = (transfer.recording.parse()?, transfer.copy.parse()?);
    super::transferable(terms, &vault.facts(&from)?, desk.inner.time())?;
    let before = vault.read(&from)?.content_sha256()?;
    let at = db::text(desk.inner.time());
    let facts = [
        ("call_id".to_owned(), Some(transfer.call.clone())),
        (facts::TRANSFERRED_AT.to_owned(), Some(at)),
        (facts::KEEP_UNTIL.to_owned(), Some(transfer.keep_until.clone())),
    ];
    let made = match vault.keep_copy(&from, COLLECTION, &into, &facts) {
        // A crash came between the copy and its note.
        Err(VaultError::Taken(_)) => Ok(()),
        other => other.map(|_| ()),
    };
    made?;
    let after = vault.read(&into).and_then(|mut copy| copy.content_sha256());
    match after {
        Ok(after) if after == before => {}
        Ok(_) => {
            vault.destroy(&[into])?;
            return Err(Refused::Differs);
        }
        Err(e) => {
            // A copy that a crash cut off is made anew the next time.
            vault.destroy(&[into])?;
            return Err(e.into());
        }
    }
    desk.inner.db.write("note that evidence was copied", |tx| {
        tx.execute(
            "UPDATE transfer SET status = 'copied', content_sha256 = ?2,
                 (ending, missing_ms) = (SELECT ending, missing_ms FROM recording WHERE id = ?3)
             WHERE id = ?1",
            params![transfer.id, hex(&before), transfer.recording],
        )
    })?;
    Ok(())
}

/// Writes the ledger's entry, once, and the end.
fn enter(
    desk: &Desk,
    terms: &Terms,
    transfer: &Transfer,
    ledger: &mut Ledger<'_>,
) -> Result<(), Refused> {
    let text = |e: frist_ledger::Error| Refused::Ledger(e.to_string());
    let id = |name: &str| Id::new(name).map_err(text);
    let leaf = |locator: String| ledger.key.leaf(locator.as_bytes());
    let content = transfer.content_sha256.as_deref().unwrap_or_default();
    let kind = Kind::EvidenceTransfer {
        transfer: id(&transfer.id)?,
        dataset: id(terms.recordings.dataset())?,
        key: ledger.key.id(),
        record: leaf(format!("{}/{}", terms.from, transfer.recording)),
        copy: leaf(format!("{}/{}", terms.into, transfer.copy)),
        content: leaf(format!("sha256/{content}")),
        by: id(&transfer.asked_by)?,
        approved_by: transfer.approved_by.as_deref().map(id).transpose()?,
    };
    let now = desk.inner.time();
    let entry = Entry::new(now, kind);
    let index = ledger
        .state
        .add_evidence_transfer(&transfer.id, &entry)
        .map_err(|e| Refused::Ledger(e.to_string()))?;
    let stored = i64::try_from(index).unwrap_or(i64::MAX);
    desk.inner.db.write("note that evidence was transferred", |tx| {
        tx.execute(
            "UPDATE transfer SET status = 'done', ledger_entry = ?2, done_at = ?3 WHERE id = ?1",
            params![transfer.id, stored, db::text(now)],
        )
    })?;
    Ok(())
}

pub(super) fn set_status(desk: &Desk, id: &str, status: &str) -> Result<(), DeskError> {
    desk.inner
        .db
        .write("note the state of a transfer", |tx| {
            tx.execute("UPDATE transfer SET status = ?2 WHERE id = ?1", [id, status])
        })
        .map(|_| ())
}

pub(super) fn read(desk: &Desk, id: &str) -> Result<Option<Transfer>, DeskError> {
    let sql = format!("SELECT {COLUMNS} FROM transfer WHERE id = ?1");
    desk.inner
        .db
        .read("read a transfer", |db| db.prepare_cached(&sql)?.query_row([id], row).optional())
}

pub(super) fn all(desk: &Desk) -> Result<Vec<Transfer>, DeskError> {
    let sql = format!("SELECT {COLUMNS} FROM transfer ORDER BY asked_at DESC, rowid DESC");
    desk.inner
        .db
        .read("list the transfers", |db| db.prepare_cached(&sql)?.query_map([], row)?.collect())
}

fn row(row: &Row<'_>) -> rusqlite::Result<Transfer> {
    let (entry, missing): (Option<i64>, Option<i64>) = (row.get(11)?, row.get(12)?);
    Ok(Transfer {
        id: row.get(0)?,
        recording: row.get(1)?,
        call: row.get(2)?,
        asked_at: row.get(3)?,
        asked_by: row.get(4)?,
        matter: row.get(5)?,
        keep_until: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        approved_by: row.get(7)?,
        copy: row.get(8)?,
        content_sha256: row.get(9)?,
        status: row.get(10)?,
        ledger_entry: entry.map(i64::unsigned_abs),
        missing_ms: missing.map(i64::unsigned_abs),
        ending: row.get(13)?,
    })
}
