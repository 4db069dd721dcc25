//! What a copy that is evidence rests on, in a vCon: its transfer.

use frist_vault::ObjectId;
use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};

use super::super::LAWFUL_BASIS;
use super::{RECORDER, attachment};
use crate::desk::{Desk, DeskError};

/// The purpose of the attachment that tells of the transfer.
const TRANSFER: &str = "evidence_transfer";

/// The bases of GDPR Art. 6(1)(a) to (f), as draft-howe-vcon-lawful-basis-00 calls them.
const BASES: [&str; 6] = [
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
];

/// The transfer, and the lawful basis where the transfer names one point of Art. 6(1).
pub(super) fn attachments(desk: &Desk, copy: &ObjectId) -> Result<Vec<Value>, DeskError> {
    let found = desk.inner.db.read("tell of a transfer", |db| {
        db.prepare_cached(
            "SELECT id, asked_at, legal_basis, matter, keep_until, content_sha256, done_at FROM transfer
             WHERE copy_id = ?1",
        )?
        .query_row([copy.to_string()], |row| {
            let text = |n: usize| row.get::<_, Option<String>>(n).map(Option::unwrap_or_default);
            Ok([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?])
        })
        .optional()
    })?;
    let Some([id, asked, basis, matter, until, content, done]) = found else {
        return Ok(Vec::new());
    };
    let at = if done.is_empty() { asked } else { done };
    let system = &desk.inner.config.system;
    let transfer = json!({
        "system": system, "transfer": id, "legal_basis": basis, "matter": matter,
        "keep_until": until, "content_sha256": content,
    });
    let mut all = vec![attachment(TRANSFER, &at, RECORDER, transfer)];
    if let Some(point) = point(&basis) {
        let body = json!({
            "lawful_basis": point,
            "expiration": until,
            "purpose_grants": [{ "purpose": "evidence", "granted": true, "granted_at": at }],
            "proof_mechanisms": [{
                "proof_type": "external_system",
                "timestamp": at,
                "proof_data": { "system": system, "record_id": id, "purpose": "evidence" },
            }],
        });
        all.push(attachment(LAWFUL_BASIS, &at, RECORDER, body));
    }
    Ok(all)
}

/// The one point of Art. 6(1) that a text names, in English (`6(1)(e)`) or in Danish (`6, stk. 1, litra e`).
fn point(text: &str) -> Option<&'static str> {
    let bare: String = text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let mut named = ["6(1)(", "6,stk.1,litra"].iter().flat_map(|before| {
        let after = |(at, _): (usize, &str)| {
            // Not of Article 16 or 26.
            let own = !bare[..at].ends_with(|c: char| c.is_ascii_digit());
            bare[at + before.len()..].chars().next().filter(|_| own)
        };
        bare.match_indices(before).filter_map(after).collect::<Vec<char>>()
    });
    let first = named.next()?;
    let place = ('a'..='f').position(|point| point == first)?;
    named.all(|other| other == first).then_some(BASES[place])
}

#[cfg(test)]
mod tests {
    use super::point;

    #[test]
    fn one_point_or_none() {
        for (text, wanted) in [
            ("GDPR Art. 6(1)(e); straffelovens § 119", Some("public_task")),
            ("databeskyttelsesforordningens artikel 6, stk. 1, litra c", Some("legal_obligation")),
            ("Art. 6 (1) (F)", Some("legitimate_interests")),
            ("6(1)(c) and 6(1)(e)", None),
            ("Art. 16(1)(e)", None),
            ("straffelovens § 119", None),
            ("6(1)(", None),
            ("6(1)(x)", None),
        ] {
            assert_eq!(point(text), wanted, "{text}");
        }
    }
}
