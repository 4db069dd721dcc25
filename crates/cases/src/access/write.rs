//! The files of a package, the zip around them, and the `age` file around that.

use std::io::{Cursor, Write as _};

use age::secrecy::SecretString;
use frist_paper::{Block, Cell, Document};
use frist_register::Lang;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;

use super::gather::{Gathered, HeldIn, title};
use crate::erase::say;
use crate::{CasesError, Result};

/// 32 signs that nobody mistakes for another.
const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The work factor of the passphrase's key, as a power of two. A passphrase of chance has 100 bits, so
/// that nothing depends on it.
pub(super) const BY_CHANCE: u8 = 14;
/// What a person thought of has fewer: guessing costs more.
pub(super) const BY_A_PERSON: u8 = 16;

/// A new passphrase: five groups of four signs, 100 bits of chance.
///
/// # Errors
/// When the system gives no random numbers.
pub fn passphrase() -> Result<String> {
    let mut random = [0_u8; 20];
    getrandom::fill(&mut random).map_err(|e| failed("make a passphrase", &e))?;
    let signs: Vec<char> = random.iter().map(|b| char::from(SIGNS[usize::from(b % 32)])).collect();
    Ok(signs.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

fn failed(action: &'static str, error: &dyn std::fmt::Display) -> CasesError {
    CasesError::File { action, place: "the package".into(), reason: error.to_string() }
}

/// Encrypts a file with a passphrase, as `age -p` does.
pub(super) fn seal(bytes: &[u8], passphrase: &str, cost: u8) -> Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(cost);
    age::encrypt(&recipient, bytes).map_err(|e| failed("encrypt", &e))
}

/// Opens what a package was sealed into, as `age -d` does.
///
/// # Errors
/// When the passphrase is another, or the file was changed.
pub fn open_sealed(bytes: &[u8], passphrase: &str) -> Result<Vec<u8>> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    // By itself it measures how fast this machine is at the moment, and a busy one opens nothing.
    identity.set_max_work_factor(BY_A_PERSON);
    age::decrypt(&identity, bytes).map_err(|e| failed("open", &e))
}

/// All files of the package in a zip.
pub(super) fn zip(
    gathered: &Gathered,
    letter: Document,
    number: &str,
    revision: &str,
    lang: Lang,
    portable: bool,
    t: Timestamp,
) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| -> Result<()> {
        zip.start_file(name, SimpleFileOptions::default()).map_err(|e| failed("write", &e))?;
        zip.write_all(bytes).map_err(|e| failed("write", &e))
    };
    let data = json(gathered, number, revision, lang, t);
    let text = serde_json::to_vec_pretty(&data).map_err(|e| failed("write", &e))?;
    add(say(lang, "oplysninger.json", "data.json"), &text)?;
    for set in &gathered.sets {
        add(&format!("csv/{}.csv", set.dataset.id.value), &csv(set)?)?;
        for (n, held) in set.records.iter().enumerate() {
            if let Some((name, bytes)) = &held.file {
                add(
                    &format!(
                        "{}/{}/{}-{name}",
                        say(lang, "filer", "files"),
                        set.dataset.id.value,
                        n + 1
                    ),
                    bytes,
                )?;
            }
        }
    }
    if !portable {
        let read = to_read(letter, gathered, lang);
        let name = say(lang, "indsigt", "access");
        match frist_paper::PDF {
            true => add(&format!("{name}.pdf"), &read.pdf()?)?,
            false => add(&format!("{name}.html"), read.html().as_bytes())?,
        }
    }
    let done = zip.finish().map_err(|e| failed("write", &e))?;
    Ok(done.into_inner())
}

/// The letter, with the records after it.
fn to_read(mut letter: Document, gathered: &Gathered, lang: Lang) -> Document {
    letter.blocks.push(Block::PageBreak);
    letter
        .blocks
        .push(Block::Heading(1, say(lang, "Oplysningerne om dig", "The data about you").into()));
    for set in &gathered.sets {
        letter.blocks.push(Block::Heading(2, title(&set.dataset, lang)));
        for (n, held) in set.records.iter().enumerate() {
            let caption = format!("{} {}", say(lang, "Post", "Record"), n + 1);
            letter.blocks.push(Block::Heading(3, caption));
            let rows = held.fields.iter().filter_map(|(name, value)| {
                let called = set.called.get(name).unwrap_or(name);
                Some(vec![Cell::from(called.as_str()), Cell::from(value.clone()?)])
            });
            letter.blocks.push(Block::Table {
                caption: String::new(),
                head: Vec::new(),
                rows: rows.collect(),
                widths: vec![30, 70],
            });
            if let Some((name, _)) = &held.file {
                let words = say(lang, "Filen er vedlagt", "The file is enclosed");
                letter.blocks.push(Block::paragraph(format!("{words}: {name}")));
            }
        }
    }
    letter
}

fn json(gathered: &Gathered, number: &str, revision: &str, lang: Lang, t: Timestamp) -> Value {
    let record = |held: &super::gather::Held| {
        let mut fields = Map::new();
        for (name, value) in &held.fields {
            fields.insert(name.clone(), value.clone().map_or(Value::Null, Value::String));
        }
        if let Some((name, _)) = &held.file {
            return json!({ "fields": fields, "file": name });
        }
        json!({ "fields": fields })
    };
    let set = |set: &HeldIn| {
        let records: Vec<Value> = set.records.iter().map(record).collect();
        json!({ "id": set.dataset.id.value, "title": title(&set.dataset, lang), "records": records })
    };
    let sets: Vec<Value> = gathered.sets.iter().map(set).collect();
    json!({
        "schema": "frist-package/1",
        "case": number,
        "made": t,
        "register": revision,
        "left_out": gathered.left_out,
        "data_sets": sets,
    })
}

/// One line a record, with the names of all fields in the first.
fn csv(set: &HeldIn) -> Result<Vec<u8>> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in set.records.iter().flat_map(|r| &r.fields) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&names).map_err(|e| failed("write", &e))?;
    for held in &set.records {
        let value = |name: &&str| {
            let found = held.fields.iter().find(|(n, _)| n == name);
            safe(found.and_then(|(_, v)| v.as_deref()).unwrap_or_default())
        };
        out.write_record(names.iter().map(value)).map_err(|e| failed("write", &e))?;
    }
    out.into_inner().map_err(|e| failed("write", &e))
}

/// A cell that a spreadsheet takes for a formula is marked as text; numbers stay numbers.
fn safe(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match formula && text.parse::<f64>().is_err() {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_and_no_other() {
        let phrase = passphrase().unwrap();
        assert_eq!((phrase.len(), phrase.matches('-').count()), (24, 4));
        assert_ne!(phrase, passphrase().unwrap());
        let sealed = seal(b"hemmeligt", &phrase, BY_CHANCE).unwrap();
        assert!(!sealed.windows(9).any(|w| w == b"hemmeligt"));
        assert_eq!(open_sealed(&sealed, &phrase).unwrap(), b"hemmeligt");
        assert!(open_sealed(&sealed, &passphrase().unwrap()).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(open_sealed(&changed, &phrase).is_err());
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in
            [("=1+1", "'=1+1"), ("-12.5", "-12.5"), ("@x", "'@x"), ("a", "a"), ("-a", "'-a")]
        {
            assert_eq!(safe(text), cell);
        }
    }
}
