//! The bundle as data. Its version is in its first line; other fields are another version.

use frist_register::{Lang, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::proven::{Period, Proven};
use crate::attest::{Count, Trained};

/// A text in Danish and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Danish.
    pub da: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The text in a language, or in the other where it is missing.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        let (first, second) = match lang {
            Lang::Da => (&self.da, &self.en),
            Lang::En => (&self.en, &self.da),
        };
        if first.is_empty() { second } else { first }
    }
}

impl From<&Text> for Words {
    fn from(text: &Text) -> Self {
        Self { da: text.da.clone(), en: text.en.clone() }
    }
}

/// Everything that the bundle says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// `frist-figures@v1`.
    pub format: String,
    /// The program that made it.
    pub program: String,
    /// When it was made.
    pub made: Timestamp,
    /// The operator who made it.
    pub by: String,
    /// The period.
    pub period: Period,
    /// The zone in which days are told.
    pub zone: String,
    /// Who answers for the data.
    pub controller: Controller,
    /// The ledger's name.
    pub ledger: String,
    /// How many entries the evidence has.
    pub ledger_entries: u64,
    /// What the ledger proves: recomputed by whoever verifies.
    pub proven: Proven,
    /// The register's revisions that were in force, each with its files.
    pub revisions: Vec<Revision>,
    /// The rules now in force, one a data set.
    pub rules: Vec<RuleRow>,
    /// The sweeps of the period, the newest first.
    pub sweeps: Vec<SweepRow>,
    /// What each data set's last sweep came to.
    pub last_swept: Vec<LastSweep>,
    /// Findings that are open, or were settled in the period.
    pub findings: Vec<FindingRow>,
    /// Holds that are in force, by data set.
    pub holds: Vec<HoldRow>,
    /// People's requests.
    pub requests: Requests,
    /// Authorities' inquiries.
    pub inquiries: Vec<InquiryRow>,
    /// The log of breaches.
    pub breaches: Vec<BreachRow>,
    /// Calls; none where no calls are recorded.
    pub calls: Option<Calls>,
    /// Who may do what.
    pub access: Access,
    /// Backups, by store.
    pub backups: Vec<Backup>,
    /// What no data set covers, by store.
    pub coverage: Vec<Coverage>,
    /// Guidelines and training of the staff.
    pub staff: Staff,
}

/// The controller, Art. 30(1)(a).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// Its name.
    pub name: String,
    /// Its company number.
    pub cvr: Option<String>,
    /// Whether it is a public authority.
    pub public_authority: bool,
    /// The data protection officer's address for questions.
    pub contact: Option<String>,
}

/// A revision of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Its content hash.
    pub hash: String,
    /// From when it was in force.
    pub from: Timestamp,
    /// The operator who made it live.
    pub by: String,
    /// Its files; empty when its text is not kept.
    pub files: Vec<FileRow>,
}

/// A file of a revision: its name in the register, and the part of the bundle that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRow {
    /// Its name, as the register was read.
    pub name: String,
    /// The part.
    pub part: String,
}

/// One reason to keep, or one duty to erase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The purpose or the statute, in words.
    pub title: Words,
    /// `must`, `may` or `erase-by`.
    pub force: String,
    /// How long, in words; none while its conditions hold.
    pub term: Option<Words>,
    /// The fact that it runs from, by the register's words where it has any.
    pub from: Option<Words>,
    /// The legal basis, such as `6(1)(c)`.
    pub basis: Option<String>,
    /// The paragraphs it rests on.
    pub citations: Vec<String>,
    /// How well the law book has checked them: `verified`, `secondary`, `unverified`.
    pub checked: Option<String>,
}

/// A data set's rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRow {
    /// The data set's id.
    pub dataset: String,
    /// What it is called.
    pub title: Words,
    /// Where it lies: `store/collection`.
    pub place: String,
    /// Grounds to keep and duties to erase.
    pub grounds: Vec<Ground>,
    /// What is done when the time is up.
    pub then: Words,
    /// Whether two people are needed for each sweep.
    pub two_person: bool,
    /// Why these periods.
    pub justification: Option<Words>,
    /// The day of the assessment behind the rule.
    pub assessed_on: Option<Date>,
    /// The day by which it is to be looked at again.
    pub assess_again: Option<Date>,
    /// Why the rule cannot be resolved; none when it can.
    pub problem: Option<String>,
}

/// A sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepRow {
    /// Its number.
    pub sweep: i64,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// `running`, `finished` or `aborted`.
    pub status: String,
    /// The revision it followed.
    pub revision: String,
    /// How many approved its plan.
    pub approvals: u64,
    /// Records disposed of.
    pub done: u64,
    /// Data sets that it did not come through with.
    pub incomplete: u64,
}

/// What came of a data set in the last sweep that it was in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastSweep {
    /// The data set.
    pub dataset: String,
    /// When; none if it was never swept.
    pub at: Option<Timestamp>,
    /// Whether everything due was dealt with.
    pub complete: bool,
    /// Records disposed of.
    pub done: u64,
    /// Held back by holds.
    pub held: u64,
    /// Blocked by other records.
    pub blocked: u64,
    /// Undecidable.
    pub unclear: u64,
    /// Half of the records were at most this late, in seconds.
    pub late_p50_seconds: u64,
    /// No record was later, in seconds.
    pub late_max_seconds: u64,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRow {
    /// Its code.
    pub code: String,
    /// The data set.
    pub dataset: String,
    /// How many records.
    pub records: u64,
    /// When it was first found.
    pub first_seen: Timestamp,
    /// When it was found settled; none while it is open.
    pub settled: Option<Timestamp>,
}

/// Holds in force on one data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRow {
    /// The data set; none for those on all.
    pub dataset: Option<String>,
    /// How many are in force.
    pub holds: u64,
    /// Of these: whose review date has passed.
    pub review_overdue: u64,
    /// Since when the oldest holds.
    pub oldest: Timestamp,
}

/// People's requests, in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// By right.
    pub by_right: Vec<RightRow>,
    /// One line a request, without the person.
    pub rows: Vec<RequestRow>,
}

/// Requests of one right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightRow {
    /// The article.
    pub right: String,
    /// Received in the period.
    pub received: u64,
    /// Answered in time.
    pub in_time: u64,
    /// Answered late.
    pub late: u64,
    /// Not answered, and the deadline has not passed.
    pub open: u64,
    /// Not answered, and the deadline has passed.
    pub overdue: u64,
    /// Withdrawn by the person before it was answered.
    pub withdrawn: u64,
    /// Extended by two months.
    pub extended: u64,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRow {
    /// The case's number.
    pub case: String,
    /// The article.
    pub right: String,
    /// The day it was received.
    pub received: Date,
    /// The last day of the deadline in force.
    pub deadline: Option<Date>,
    /// The day it was answered.
    pub answered: Option<Date>,
    /// Whether the deadline was extended.
    pub extended: bool,
    /// `in-time`, `late`, `open`, `overdue`, `withdrawn`.
    pub state: String,
}

/// An authority's inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InquiryRow {
    /// The case's number.
    pub case: String,
    /// The authority.
    pub authority: String,
    /// Its reference.
    pub reference: Option<String>,
    /// The day it was received.
    pub received: Date,
    /// The last day of the deadline.
    pub deadline: Date,
    /// How many questions, and how many of them were answered and sent.
    pub questions: (u64, u64),
    /// Whether everything was sent in time; none while it is open.
    pub in_time: Option<bool>,
    /// What the authority decided.
    pub outcome: Vec<String>,
    /// Follow-ups, and how many of them are done.
    pub follow_ups: (u64, u64),
}

/// A breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreachRow {
    /// The case's number.
    pub case: String,
    /// When somebody became aware of it.
    pub aware: Timestamp,
    /// When the authority was first notified.
    pub notified: Option<Timestamp>,
    /// Whether that was within 72 hours; none when it was not notified.
    pub in_time: Option<bool>,
    /// The risk as assessed: `unlikely`, `risk`, `high`; none when nobody has assessed it.
    pub risk: Option<String>,
    /// About how many people.
    pub persons: Option<u64>,
    /// The data sets concerned.
    pub datasets: Vec<String>,
    /// Whether the data subjects were told; none when nothing was decided.
    pub told: Option<bool>,
    /// Whether it is closed.
    pub closed: bool,
}

/// Recorded calls: who listened, in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// Calls of the period.
    pub calls: u64,
    /// Recordings that were made in it.
    pub recordings: u64,
    /// Of these: destroyed.
    pub destroyed: u64,
    /// Answers to the question for consent: granted, refused, withdrawn.
    pub consents: (u64, u64, u64),
    /// Who listened, by purpose.
    pub listening: Vec<Listening>,
    /// Each time that somebody listened or tried to, the latest first, at most [`MOST_HEARD`].
    pub log: Vec<HeardRow>,
    /// Why the log could not be read; none when it could.
    pub problem: Option<String>,
}

/// The log of listening is told line by line up to so many lines; its sums are of all of them.
pub const MOST_HEARD: usize = 2_000;

/// One time that somebody listened, or tried to. Not the words of the reason: they can name people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeardRow {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// For which purpose.
    pub purpose: String,
    /// `listen` or `export`.
    pub act: String,
    /// The recording's number, which is random.
    pub recording: String,
    /// Whether a reason was given.
    pub reason: bool,
    /// Whether it was allowed.
    pub allowed: bool,
}

/// Listening for one purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// The purpose.
    pub purpose: String,
    /// `listen` or `export`.
    pub act: String,
    /// How often it was allowed.
    pub allowed: u64,
    /// How often it was refused.
    pub refused: u64,
    /// By how many people.
    pub people: u64,
    /// With how many different reasons; the words stay in the log.
    pub reasons: u64,
    /// Without any reason.
    pub without_reason: u64,
}

/// Who may do what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Operators who did something in the period, by what the ledger says they did.
    pub operators: Vec<Role>,
    /// The accounts of the console, also those that are closed.
    pub accounts: Vec<AccountRow>,
    /// The tokens of the interface for machines that still work.
    pub api_tokens: Vec<AccountRow>,
    /// Tokens of the call interface; none where there is none.
    pub tokens: Option<Vec<Role>>,
}

/// An account of the console, or a token of the interface for machines: what it may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    /// The name that it acts under.
    pub name: String,
    /// Its roles or scopes.
    pub roles: Vec<String>,
    /// The data sets whose records it may see; `*` is all.
    pub datasets: Vec<String>,
    /// Whether an account has a second factor here; none where that does not apply.
    pub second_factor: Option<bool>,
    /// The last day on which it is good, or the day on which it was closed.
    pub until: Option<Date>,
    /// Whether it is closed.
    pub closed: bool,
}

/// A person or program, and what it may do or did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its roles, or what it did with how often.
    pub roles: Vec<String>,
    /// The last day on which it is good.
    pub until: Option<Date>,
}

/// Backups of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The store.
    pub store: String,
    /// How long its backups live, in words; none when it is said to have none.
    pub kept: Option<Words>,
    /// Sets of keyed hashes by which erased records are erased again after a restore.
    pub replay_sets: u64,
    /// Of these: how many are, hash by hash, the records that the ledger says were erased.
    pub sets_in_ledger: u64,
    /// The oldest erasure that such a set holds.
    pub oldest: Option<Timestamp>,
    /// Until when the last of them is kept.
    pub until: Option<Timestamp>,
}

/// A store, and what of it no data set covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// The store.
    pub store: String,
    /// What it is called.
    pub title: Words,
    /// Data sets in it.
    pub datasets: u64,
    /// Collections said to hold no personal data, with the reason.
    pub exempt: Vec<Uncovered>,
    /// Collections that no data set covers.
    pub uncovered: Vec<Uncovered>,
    /// Why it could not be asked; none when it was.
    pub problem: Option<String>,
}

/// A collection without a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uncovered {
    /// The collection; empty for files, whose folders can be called after people.
    pub at: String,
    /// How many files.
    pub files: Option<u64>,
    /// The reason, where there is one.
    pub why: Option<Words>,
}

/// Guidelines and training of the staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// How many are employed.
    pub employed: u64,
    /// Guidelines.
    pub guidelines: Vec<Count>,
    /// Trainings.
    pub trainings: Vec<Trained>,
}
