//! What is logged: typed entries and their one canonical form.
//!
//! An entry is one line of JSON with fixed field order, integers only and no white space:
//! `{"v":1,"at":"2026-11-22T03:00:07Z","what":{"erased":{...}}}`. The same entry always gives the same bytes, and the parser
//! refuses every other spelling, so an entry's hash stands for its meaning.
//!
//! No personal data: records appear as counts and a sub-tree root, people only as operators' ids ([`Id`]), and the only texts
//! ([`Text`]) come from the register and the law book. Lists leave out what is zero, so that a sweep over hundreds of data
//! sets still fits in one entry.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::commitment::KeyId;
use crate::hash::{Hash, leaf_hash};
use crate::{Error, Result};

/// The largest entry: C2SP tlog-tiles gives its length in 16 bits.
pub const MAX_ENTRY: usize = 65_535;

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    v: Version,
    /// When it happened, UTC.
    pub at: Timestamp,
    /// What happened.
    pub what: Kind,
}

/// The entry format's version, always 1 here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(v: u32) -> Result<Version, String> {
        if v == 1 { Ok(Version) } else { Err(format!("format version {v} is not known, only 1")) }
    }
}

impl From<Version> for u32 {
    fn from(Version: Version) -> u32 {
        1
    }
}

/// What an entry tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// A revision of the register was made live.
    Register {
        /// The revision's content hash.
        revision: Hash,
        /// The operator who did it.
        by: Id,
    },
    /// A plan was made.
    Plan {
        /// The plan's id.
        plan: Id,
        /// The hash of the plan's text.
        hash: Hash,
        /// The register's revision it was made from.
        revision: Hash,
        /// The instant it was made for.
        as_of: Timestamp,
        /// What is due in each data set that has anything due.
        counts: Vec<Planned>,
    },
    /// A plan was approved.
    Approval {
        /// The plan's id.
        plan: Id,
        /// The hash of the plan's text, as it was approved.
        hash: Hash,
        /// The operator who approved.
        by: Id,
    },
    /// A batch of records was disposed of.
    Erased(Disposal),
    /// A batch that a crash had left open was finished and accounted for.
    Recovered {
        /// The batch, as if it had been disposed of at once.
        disposal: Disposal,
        /// How many of its records recovery found already gone from the store.
        found_absent: u64,
        /// How it was finished.
        how: Recovery,
    },
    /// A sweep ended.
    Sweep {
        /// The sweep's id.
        sweep: Id,
        /// How it ended.
        outcome: Outcome,
        /// What came of each data set that has anything to tell.
        datasets: Vec<Swept>,
    },
    /// A hold was added or released.
    Hold {
        /// The hold's id.
        hold: Id,
        /// Which of the two.
        change: HoldChange,
        /// The operator who did it.
        by: Id,
    },
    /// Something was found that somebody must settle.
    Finding {
        /// The finding's code.
        code: Id,
        /// The data set it is in.
        dataset: Id,
        /// How many records it is about.
        count: u64,
    },
    /// After a restore from backup, records were erased again.
    Replay {
        /// Erasures since this instant were repeated.
        since: Timestamp,
        /// How many records.
        n: u64,
        /// The root of the sub-tree over them; of the empty tree when `n` is 0.
        root: Hash,
    },
    /// A record was copied out of its data set as evidence, under a time of its own; the original's
    /// time goes on. The matter and the grounds stay with whoever transferred it.
    EvidenceTransfer {
        /// The transfer's id.
        transfer: Id,
        /// The data set that it was copied from.
        dataset: Id,
        /// The public id of the key that salts the three leaves.
        key: KeyId,
        /// The original's leaf: the same that its disposal will have.
        record: Hash,
        /// The copy's leaf.
        copy: Hash,
        /// The leaf of what both hold.
        content: Hash,
        /// The operator who transferred it.
        by: Id,
        /// The operator who approved, where two are demanded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved_by: Option<Id>,
    },
    /// A step of a case was taken: of a request, an inquiry, a breach, a review, a consent. What was
    /// asked, by whom and what was answered stays with the case, and goes with it.
    Case {
        /// The case's number, or the id of the consent, review, assessment or attestation.
        case: Id,
        /// The step, as the case's log names it: "opened", "extended".
        step: Id,
        /// The operator who took it.
        by: Id,
    },
    /// A record key was destroyed: its leaves can no longer be linked to records.
    KeyDestroyed {
        /// The key's public id.
        key: KeyId,
        /// The operator who did it.
        by: Id,
    },
    /// From here on checkpoints are signed by another key.
    CheckpointKeyRotated {
        /// The new public key, in C2SP vkey form.
        new: Text,
        /// The operator who did it.
        by: Id,
    },
}

/// A batch of records of one data set that was disposed of under one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposal {
    /// The data set's id.
    pub dataset: Id,
    /// What was done with the records.
    pub disposition: Disposition,
    /// Why their time was up.
    pub rule: Rule,
    /// The register's revision in which the rule stands.
    pub revision: Hash,
    /// The sweep's id.
    pub sweep: Id,
    /// The batch's id.
    pub batch: Id,
    /// How late it was.
    pub late: Lateness,
    /// The public id of the key that salts the records' leaves.
    pub key: KeyId,
    /// How many records.
    pub n: u64,
    /// The root of the sub-tree over the records' leaves.
    pub root: Hash,
}

/// A rule as a person reads it, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule in one line, from the register: "5 years from the end of the financial year of invoice_date".
    pub text: Text,
    /// The laws it cites, from the law book: "bogføringsloven § 12".
    pub laws: Vec<Text>,
}

/// From the instant a record became due to the instant it was gone, over a batch, in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lateness {
    /// Half of the records were at most this late.
    pub p50: u64,
    /// 99 of 100 records were at most this late.
    pub p99: u64,
    /// No record was later than this.
    pub max: u64,
}

/// What is done with a record when its time is up (DESIGN.md: disposition).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// Erased.
    Erase,
    /// Anonymised.
    Anonymise,
    /// Transferred to an archive.
    Transfer,
    /// A reference to it was cut.
    Detach,
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Disposition::Erase => "erase",
            Disposition::Anonymise => "anonymise",
            Disposition::Transfer => "transfer",
            Disposition::Detach => "detach",
        })
    }
}

/// How recovery finished a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// All its records were already gone; only the confirmation was missing.
    AlreadyDone,
    /// Recovery disposed of those that were left.
    Completed,
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It came to its end.
    Finished,
    /// It was stopped, or could not go on.
    Aborted,
}

/// What happened to a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldChange {
    /// It was added.
    Added,
    /// It was released.
    Released,
}

/// What a plan found due in one data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The data set's id.
    pub dataset: Id,
    /// How many records were due.
    pub due: u64,
}

/// What came of one data set in a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swept {
    /// The data set's id.
    pub dataset: Id,
    /// Records disposed of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub done: u64,
    /// Records due but held.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: u64,
    /// Records due but blocked by a record that is kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blocked: u64,
    /// Records that were planned, and still there but no longer due when their turn came.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spared: u64,
    /// Records on which the facts decide nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unclear: u64,
    /// Findings that are open in the data set.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// An identifier of something in the register or of an operator; never of a data subject.
///
/// Letters, digits and `. _ : / @ + - #`, 1 to 128 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

impl Id {
    /// Checks and takes an identifier.
    ///
    /// # Errors
    /// [`Error::Value`] when it is empty, too long or has other characters.
    pub fn new(id: impl Into<String>) -> Result<Id> {
        let id = id.into();
        let fits = |c: char| c.is_alphanumeric() || "._:/@+-#".contains(c);
        if id.is_empty() || id.len() > 128 || !id.chars().all(fits) {
            let reason = "use 1 to 128 letters, digits and the signs . _ : / @ + - #".into();
            return Err(Error::Value { what: "identifier", reason });
        }
        Ok(Id(id))
    }

    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = Error;

    fn try_from(id: String) -> Result<Id> {
        Id::new(id)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> String {
        id.0
    }
}

impl From<u64> for Id {
    fn from(id: u64) -> Id {
        Id(id.to_string())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of text from the register or the law book: at most 300 bytes, nothing that a screen hides or reorders.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

/// The longest [`Text`] in bytes.
const MAX_TEXT: usize = 300;

impl Text {
    /// Checks and takes a line.
    ///
    /// # Errors
    /// [`Error::Value`] when it is empty, too long or has hidden characters.
    pub fn new(text: impl Into<String>) -> Result<Text> {
        let text = text.into();
        if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(is_hidden) {
            let reason =
                format!("use one line of 1 to {MAX_TEXT} bytes without control characters");
            return Err(Error::Value { what: "rule or citation", reason });
        }
        Ok(Text(text))
    }

    /// Takes any text: hidden characters become spaces, what is too long is cut off with an ellipsis.
    pub fn clipped(text: &str) -> Text {
        let mut out: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
        if out.len() > MAX_TEXT {
            out.truncate(out.floor_char_boundary(MAX_TEXT - '…'.len_utf8()));
            out.push('…');
        }
        Text(if out.is_empty() { "-".into() } else { out })
    }

    /// The line's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = Error;

    fn try_from(text: String) -> Result<Text> {
        Text::new(text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that a reader does not see or that change the order of what he sees: control characters, line separators,
/// zero-width and bidirectional marks.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl Entry {
    /// An entry of what happened at this instant.
    pub fn new(at: Timestamp, what: Kind) -> Entry {
        Entry { v: Version, at, what }
    }

    /// The batch that this entry disposes of, if it does: `erased` and `recovered`.
    pub fn disposal(&self) -> Option<&Disposal> {
        match &self.what {
            Kind::Erased(disposal) | Kind::Recovered { disposal, .. } => Some(disposal),
            _ => None,
        }
    }

    /// The sub-tree that this entry commits to: how many leaves, and their root.
    pub fn subtree(&self) -> Option<(u64, Hash)> {
        match &self.what {
            Kind::Replay { n, root, .. } => Some((*n, *root)),
            _ => self.disposal().map(|d| (d.n, d.root)),
        }
    }

    /// The canonical bytes: what is stored, hashed and shown.
    ///
    /// # Errors
    /// [`Error::Value`] when the entry is larger than [`MAX_ENTRY`] or its count and root contradict each other.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let refuse = |reason| Error::Value { what: "entry", reason };
        self.check().map_err(refuse)?;
        let bytes = serde_json::to_vec(self).map_err(|e| refuse(e.to_string()))?;
        if bytes.len() > MAX_ENTRY {
            let reason = format!(
                "it has {} bytes of at most {MAX_ENTRY}; leave out data sets without work",
                bytes.len()
            );
            return Err(refuse(reason));
        }
        Ok(bytes)
    }

    /// Reads canonical bytes, and nothing but them.
    ///
    /// # Errors
    /// [`Error::Entry`] for every other form.
    pub fn parse(bytes: &[u8]) -> Result<Entry> {
        let refuse = |reason: String| Error::Entry { reason };
        if bytes.len() > MAX_ENTRY {
            return Err(refuse(format!("it is longer than {MAX_ENTRY} bytes")));
        }
        // The place is enough to look at; the library's own words may quote the input.
        let entry: Entry = serde_json::from_slice(bytes)
            .map_err(|e| refuse(format!("it cannot be read beyond byte {}", e.column())))?;
        entry.check().map_err(refuse)?;
        if entry.to_bytes()? != bytes {
            return Err(refuse(
                "the same content is written in another way than Frist does".into(),
            ));
        }
        Ok(entry)
    }

    /// The entry's leaf in the ledger, from its canonical bytes.
    pub fn hash(bytes: &[u8]) -> Hash {
        leaf_hash(bytes)
    }

    fn check(&self) -> Result<(), String> {
        match self.subtree() {
            Some((n, root)) if (n == 0) != (root == Hash::EMPTY) => {
                Err(format!("its count is {n}, but its root is not of so many records"))
            }
            _ => Ok(()),
        }
    }
}
