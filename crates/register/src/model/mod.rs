//! The register as it is understood: the record of processing activities (GDPR Art. 30), the
//! stores where the data lies, and the rules by which it is kept and erased.
//!
//! Everything a person wrote carries its [`Span`], so that a message, an explanation
//! or a decision can point at the very line.

use std::collections::BTreeMap;

use frist_law::{Anchor, Basis, Calendar, Period};
use jiff::civil::Date;

use crate::span::{Sp, Span};

mod announcement;
mod rights;

pub use announcement::{Announcement, Question, Spoken};
pub use rights::{
    Assessment, ConsentText, Guideline, Identity, IdentityFormat, Letter, Notice, Requests,
    Restrict,
};

/// A text in Danish and English. Either may be empty when only one was written; see [`Text::get`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Danish.
    pub da: String,
    /// English.
    pub en: String,
}

/// The languages Frist speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Danish.
    #[default]
    Da,
    /// English.
    En,
}

impl Text {
    /// The text in `lang`, or in the other language where that one is missing.
    pub fn get(&self, lang: Lang) -> &str {
        let (first, second) = match lang {
            Lang::Da => (&self.da, &self.en),
            Lang::En => (&self.en, &self.da),
        };
        if first.is_empty() { second } else { first }
    }

    /// Whether nothing was written in either language.
    pub fn is_empty(&self) -> bool {
        self.da.is_empty() && self.en.is_empty()
    }
}

/// A whole register, read from one folder.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// The controller, Art. 30(1)(a).
    pub controller: Controller,
    /// Categories of data subjects, by id: those built in and those the register adds.
    pub subjects: BTreeMap<String, Sp<Text>>,
    /// Categories of personal data, by id: those built in and those the register adds.
    pub categories: BTreeMap<String, Category>,
    /// Categories of recipients, Art. 30(1)(d)-(e).
    pub recipients: Vec<Recipient>,
    /// Security measures, Art. 30(1)(g), by id.
    pub measures: BTreeMap<String, Sp<Text>>,
    /// Where data lies.
    pub stores: Vec<Store>,
    /// Processing activities.
    pub activities: Vec<Activity>,
    /// Data sets, each with exactly one rule.
    pub datasets: Vec<DataSet>,
    /// What callers are told and asked before anything is recorded.
    pub announcements: Vec<Announcement>,
    /// Kinds of identifiers by which people are found.
    pub identities: Vec<Identity>,
    /// Letters in the organisation's own words.
    pub letters: Vec<Letter>,
    /// Words around the generated privacy notices.
    pub notices: Vec<Notice>,
    /// What people are asked when they are asked for consent.
    pub consents: Vec<ConsentText>,
    /// Guidelines for staff.
    pub guidelines: Vec<Guideline>,
    /// How requests, reviews and holds are dealt with.
    pub requests: Requests,
}

impl Register {
    /// The data set of this id.
    pub fn dataset(&self, id: &str) -> Option<&DataSet> {
        self.datasets.iter().find(|d| d.id.value == id)
    }
    /// The store of this id.
    pub fn store(&self, id: &str) -> Option<&Store> {
        self.stores.iter().find(|s| s.id.value == id)
    }
    /// The activity of this id.
    pub fn activity(&self, id: &str) -> Option<&Activity> {
        self.activities.iter().find(|a| a.id.value == id)
    }
    /// The announcement of this id.
    pub fn announcement(&self, id: &str) -> Option<&Announcement> {
        self.announcements.iter().find(|a| a.id.value == id)
    }
    /// The activity and the purpose that a data set's ground names.
    pub fn purpose(&self, dataset: &DataSet, id: &str) -> Option<&Purpose> {
        self.activity(&dataset.activity)?.purposes.iter().find(|p| p.id.value == id)
    }
}

/// What kind of organisation the controller is; decides which bases and duties there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ControllerKind {
    /// A private company or association.
    #[default]
    Company,
    /// A public authority: 6(1)(f) is refused, duties to file and to archive apply.
    PublicAuthority,
}

/// A person or body one can write to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Postal address, where given.
    pub address: Option<String>,
    /// E-mail address, where given.
    pub email: Option<String>,
    /// Telephone, where given.
    pub phone: Option<String>,
}

/// The controller and those it acts with, Art. 30(1)(a) and 13(1)(a)-(b).
#[derive(Debug, Clone)]
pub struct Controller {
    /// Name and contact.
    pub contact: Contact,
    /// Company or public authority.
    pub kind: ControllerKind,
    /// Danish company number (CVR), where given.
    pub cvr: Option<String>,
    /// Joint controllers (Art. 26).
    pub joint: Vec<Contact>,
    /// Representative in the Union (Art. 27).
    pub representative: Option<Contact>,
    /// Data protection officer (Art. 37).
    pub dpo: Option<Contact>,
    /// Time zone and financial years, by which every period is counted.
    pub calendar: Calendar,
    /// The ends of the financial year as written, `MM-DD`, each with the date from which it holds.
    /// Empty when not said; `calendar` is what to count with.
    pub year_ends: Vec<(Option<Date>, String)>,
    /// Where `[controller]` stands.
    pub span: Span,
}

impl Default for Controller {
    fn default() -> Self {
        Self {
            contact: Contact::default(),
            kind: ControllerKind::default(),
            cvr: None,
            joint: Vec::new(),
            representative: None,
            dpo: None,
            calendar: Calendar::denmark(),
            year_ends: Vec::new(),
            span: Span::default(),
        }
    }
}

/// A category of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// What it is called.
    pub title: Text,
    /// Ordinary, special (Art. 9) or criminal (Art. 10).
    pub class: CategoryClass,
    /// Where it was declared; none for a category built in.
    pub span: Option<Span>,
}

/// How strictly the GDPR treats a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CategoryClass {
    /// Art. 6 suffices.
    Ordinary,
    /// A national identification number (Art. 87; in Denmark databeskyttelsesloven § 11).
    NationalId,
    /// Art. 9(1): also needs an Art. 9(2) basis.
    Special,
    /// Art. 10: criminal convictions and offences.
    Criminal,
}

/// What a recipient is to the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientRole {
    /// Processes on the controller's behalf (Art. 28).
    Processor,
    /// A controller of its own.
    Controller,
    /// A public authority.
    Authority,
}

/// A category of recipients, Art. 30(1)(d), with its transfer, 30(1)(e).
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Id.
    pub id: Sp<String>,
    /// What it is called.
    pub title: Text,
    /// Its role.
    pub role: RecipientRole,
    /// Third country or international organisation, when data leaves the EU/EEA.
    pub country: Option<Sp<String>>,
    /// Safeguard for the transfer (Art. 46 or 49(1)), mandatory when `country` is outside the EEA.
    pub safeguard: Option<Sp<Text>>,
}

/// The states of the EEA, by ISO 3166 code (`EL` is how the Union writes Greece).
const EEA: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

impl Recipient {
    /// Its country or international organisation, when that is not in the EEA (Art. 30(1)(e)).
    pub fn third_country(&self) -> Option<&Sp<String>> {
        let country = self.country.as_ref()?;
        let code = country.value.trim().to_uppercase();
        (!EEA.contains(&code.as_str())).then_some(country)
    }
}

/// The system in which a store's data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreKind {
    /// A SQLite database file, relative to the register's folder.
    Sqlite {
        /// Path of the database file.
        path: String,
    },
    /// A PostgreSQL database. The URL, with its password, is in an environment variable or a file.
    Postgresql {
        /// Name of the environment variable that holds the URL.
        url_env: Option<String>,
        /// Path of a file that holds the URL.
        url_file: Option<String>,
        /// Schema, `public` when not said.
        schema: String,
    },
    /// A folder of files.
    Files {
        /// The root, which is never left.
        root: String,
    },
    /// A vault of recordings, whose keys are destroyed; its folder, relative to the register's.
    Vault {
        /// Path of the vault's folder.
        path: String,
    },
}

/// Whether Frist vacuums a database after a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vacuum {
    /// Say what should be done.
    #[default]
    Recommend,
    /// Do it.
    Run,
}

/// A place where data lies.
#[derive(Debug, Clone)]
pub struct Store {
    /// Id.
    pub id: Sp<String>,
    /// What it is called.
    pub title: Text,
    /// Which system, and where.
    pub kind: StoreKind,
    /// How long backups of it live; `replay` keeps its hashes this long.
    pub backups: Option<Sp<Period>>,
    /// Records disposed of at a time.
    pub batch: Option<u32>,
    /// Upper limit of the pace, records a second.
    pub max_rows_per_second: Option<u32>,
    /// Longest time one statement may take, milliseconds.
    pub statement_timeout_ms: Option<u64>,
    /// Longest time to wait for a lock, milliseconds.
    pub lock_timeout_ms: Option<u64>,
    /// Pause while a replica lags more than this, milliseconds.
    pub max_replica_lag_ms: Option<u64>,
    /// What to do about dead rows.
    pub vacuum: Vacuum,
    /// Collections without personal data, with the reason: they need no data set.
    pub exempt: Vec<Exempt>,
    /// Where `[[store]]` stands.
    pub span: Span,
}

/// A collection that holds no personal data.
#[derive(Debug, Clone)]
pub struct Exempt {
    /// The collection.
    pub at: Sp<String>,
    /// Why it needs no data set.
    pub why: Sp<Text>,
}

/// In which role the organisation carries out an activity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Role {
    /// As controller, Art. 30(1).
    #[default]
    Controller,
    /// As processor on behalf of others, Art. 30(2).
    Processor {
        /// The controllers it acts for, Art. 30(2)(a).
        on_behalf_of: Vec<Contact>,
    },
}

/// One processing activity, Art. 30(1).
#[derive(Debug, Clone)]
pub struct Activity {
    /// Id.
    pub id: Sp<String>,
    /// What it is called.
    pub title: Text,
    /// Controller or processor.
    pub role: Role,
    /// Purposes, Art. 30(1)(b); for a processor, the categories of processing, 30(2)(b).
    pub purposes: Vec<Purpose>,
    /// Which categories of data about which data subjects, where no data set says it.
    pub about: Vec<About>,
    /// Who receives which data about whom, Art. 30(1)(d).
    pub disclosures: Vec<Disclosure>,
    /// Ids of security measures, Art. 30(1)(g).
    pub measures: Vec<Sp<String>>,
    /// Where the data comes from when not from the data subject, Art. 14(2)(f).
    pub source: Option<Text>,
    /// Whether one must provide the data, and what follows if not, Art. 13(2)(e).
    pub obligation: Option<Text>,
    /// Automated decisions and their logic, Art. 13(2)(f).
    pub automated: Option<Text>,
    /// Where `[[activity]]` stands.
    pub span: Span,
}

/// Which categories of personal data are held about a category of data subjects.
#[derive(Debug, Clone)]
pub struct About {
    /// Category of data subjects.
    pub subject: Sp<String>,
    /// Categories of personal data.
    pub categories: Vec<Sp<String>>,
}

/// Which data about whom a recipient gets.
#[derive(Debug, Clone)]
pub struct Disclosure {
    /// Id of the recipient.
    pub recipient: Sp<String>,
    /// Categories of data subjects.
    pub subjects: Vec<Sp<String>>,
    /// Categories of personal data.
    pub categories: Vec<Sp<String>>,
}

/// Why personal data is processed, and by which right.
#[derive(Debug, Clone)]
pub struct Purpose {
    /// Id, unique within the activity.
    pub id: Sp<String>,
    /// The purpose, in words a data subject understands.
    pub text: Sp<Text>,
    /// Legal basis, Art. 6(1).
    pub basis: Option<Sp<Basis>>,
    /// Basis for special categories, Art. 9(2).
    pub special_basis: Option<Sp<Basis>>,
    /// The law-book id of the statute behind it, such as `dk.bogfoering`.
    pub law: Option<Sp<String>>,
    /// The legitimate interest pursued, for 6(1)(f) (Art. 13(1)(d)).
    pub interest: Option<Sp<Text>>,
    /// The day from which the purpose is no longer pursued: its grounds end.
    pub ended: Option<Sp<Date>>,
    /// Where `[[activity.purpose]]` stands.
    pub span: Span,
}

impl Purpose {
    /// Whether it rests on consent or on a contract, so that the data subject can have the data that
    /// they provided for it moved (Art. 20(1)(a)).
    #[must_use]
    pub fn is_portable(&self) -> bool {
        let basis = self.basis.as_ref().map(|b| b.value);
        let special = self.special_basis.as_ref().map(|b| b.value);
        matches!(basis, Some(Basis::Consent | Basis::Contract))
            || special == Some(Basis::ExplicitConsent)
    }
}

/// Records in one collection of one store that share purpose, basis and subject group.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// Id.
    pub id: Sp<String>,
    /// What it is called.
    pub title: Text,
    /// Id of the activity it belongs to.
    pub activity: Sp<String>,
    /// Id of the store.
    pub store: Sp<String>,
    /// The collection in the store: a table, or a glob below the root of a files store, which may
    /// have named groups: `{camera}/{date}/*.mp4`.
    pub collection: Sp<String>,
    /// The fields that name a record; from the store's catalogue (primary key) when not said.
    pub key: Vec<Sp<String>>,
    /// Which data subjects, and in which field each is named: `customer = "customer_id"`.
    pub subjects: Vec<(Sp<String>, Option<Sp<String>>)>,
    /// Categories of personal data.
    pub categories: Vec<Sp<String>>,
    /// Facts that are declared; a fact that is not is the field of the same name.
    pub facts: BTreeMap<String, Fact>,
    /// Grounds to keep.
    pub keep: Vec<Keep>,
    /// Duties to erase.
    pub erase: Vec<MustErase>,
    /// What is done when the time is up.
    pub then: Sp<Disposition>,
    /// References to other data sets.
    pub links: Vec<Link>,
    /// Periodic review of kept records (recital 39).
    pub review: Option<Review>,
    /// Whether a second person must approve each sweep of it.
    pub two_person: bool,
    /// The blast radius beyond which approval is asked for.
    pub guard: Guard,
    /// Whether a partition wholly due may be dropped instead of deleted row by row.
    pub drop_partitions: bool,
    /// Fields that identify a person directly or single one out, which anonymising must change.
    pub identifiers: Vec<Sp<String>>,
    /// Why these periods: the controller's own assessment (Art. 5(2)).
    pub justification: Option<Text>,
    /// The assessment behind the rule.
    pub assessment: Option<Assessment>,
    /// Which field holds which kind of identifier, so that a person is found: (field, [`Identity`]).
    /// The fields of `subjects` are identifiers as well; see [`Register::identity_fields`].
    pub identity: Vec<(Sp<String>, Sp<String>)>,
    /// Fields that may tell of other people than the data subject: masked in what is handed out
    /// until somebody has looked.
    pub others: Vec<Sp<String>>,
    /// Fields that the data subject has provided, by writing them or by using the service; what was
    /// worked out from them is not among these. What portability hands over (Art. 20(1)). None where
    /// nothing is said, and then the activity's `source` decides about the whole data set.
    pub provided: Option<Vec<Sp<String>>>,
    /// How a record is restricted (Art. 18).
    pub restrict: Option<Sp<Restrict>>,
    /// Where `[[dataset]]` stands.
    pub span: Span,
}

/// How a date is written in the store, when the catalogue does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactType {
    /// A civil date; as text `YYYY-MM-DD`.
    Date,
    /// A local date and time without offset; as text `YYYY-MM-DD HH:MM[:SS[.f]]`, blank or `T`
    /// between. In the named zone, or the controller's.
    DateTime {
        /// IANA zone when it is not the controller's.
        zone: Option<String>,
    },
    /// An instant; as text `YYYY-MM-DDTHH:MM[:SS[.f]]Z`.
    Instant,
    /// Seconds since 1970-01-01T00:00Z, a whole number.
    UnixSeconds,
    /// Milliseconds since 1970-01-01T00:00Z, a whole number.
    UnixMillis,
}

/// Where a fact comes from.
#[derive(Debug, Clone)]
pub enum FactSource {
    /// A field of the record itself.
    Field(Sp<String>),
    /// A field of the one record that this record refers to: `lookup = "invoices.invoice_date", by = "invoice_id"`.
    Lookup {
        /// Data set referred to.
        dataset: Sp<String>,
        /// Its field.
        field: Sp<String>,
        /// The field of this record that holds the other's key.
        by: Sp<String>,
    },
    /// The latest among the records that refer to this one: `latest = "contracts.ended_on", by = "customer_id"`.
    /// An empty field among them means that it has not happened yet: the fact is then empty.
    Latest {
        /// Data set whose records refer here.
        dataset: Sp<String>,
        /// Its field.
        field: Sp<String>,
        /// The field of the other record that holds this one's key.
        by: Sp<String>,
        /// The field of this record that is read when no record refers here.
        or_else: Option<Sp<String>>,
    },
}

/// A declared fact.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Where it comes from.
    pub source: FactSource,
    /// How it is written; from the store's catalogue when not said.
    pub kind: Option<FactType>,
    /// What people call it ("fakturadatoen", "the invoice date"): documents say it in a sentence.
    pub title: Text,
    /// What kind of starting point it is, for the deletion schedule; none when nobody has said.
    pub start: Option<Sp<StartPoint>>,
    /// Where it was declared.
    pub span: Span,
}

/// The kinds of starting points of ISO/IEC 27555.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartPoint {
    /// When the data was collected or made.
    Collection,
    /// When a process ended: a case closed, an invoice paid.
    EndOfProcess,
    /// When the relationship with the person ended.
    EndOfRelationship,
}

impl StartPoint {
    /// As it is written in a register.
    pub fn as_str(self) -> &'static str {
        match self {
            StartPoint::Collection => "collection",
            StartPoint::EndOfProcess => "end of process",
            StartPoint::EndOfRelationship => "end of relationship",
        }
    }
}

/// One ground to keep: a purpose, its starting point and period.
#[derive(Debug, Clone)]
pub struct Keep {
    /// Id of the purpose.
    pub purpose: Sp<String>,
    /// The starting point: a fact. None for a ground that lasts as long as its conditions hold.
    pub from: Option<Sp<String>>,
    /// How long; none when the statute says it.
    pub period: Option<Sp<Period>>,
    /// From where the period is counted; none when the statute says it, or as is.
    pub anchor: Option<Sp<Anchor>>,
    /// A missing starting point means that the period has not begun (still employed).
    pub open: bool,
    /// The ground is there only for records of which all these hold.
    pub when: Vec<Condition>,
    /// A fact that ends the ground at once, such as a withdrawal of consent (Art. 7(3)).
    pub until: Option<Sp<String>>,
    /// A fact that must be there for the ground to exist, such as when consent was given.
    pub given: Option<Sp<String>>,
    /// What a person must assess when this ground has ended, before anything is erased.
    pub review: Option<Sp<Text>>,
    /// Where `[[dataset.keep]]` stands.
    pub span: Span,
}

/// A statutory or own duty to erase.
#[derive(Debug, Clone)]
pub struct MustErase {
    /// Law-book id, when a statute sets it.
    pub law: Option<Sp<String>>,
    /// The starting point.
    pub from: Sp<String>,
    /// How long at most; none when the statute says it.
    pub period: Option<Sp<Period>>,
    /// From where the period is counted.
    pub anchor: Option<Sp<Anchor>>,
    /// A missing starting point means that the period has not begun.
    pub open: bool,
    /// Only for records of which all these hold.
    pub when: Vec<Condition>,
    /// Where `[[dataset.erase]]` stands.
    pub span: Span,
}

/// A state that a condition compares with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Literal {
    /// Text, compared exactly.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false (stored as such, or as 1 and 0).
    Bool(bool),
}

/// What must hold of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionTest {
    /// It is one of these; all literals are of one type.
    In(Vec<Literal>),
    /// It is none of these.
    NotIn(Vec<Literal>),
    /// It has a value (true) or has none (false).
    Set(bool),
}

/// A condition on a state of the record: `when = { status = ["open", "disputed"] }`.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The field, or a declared fact.
    pub fact: Sp<String>,
    /// What must hold.
    pub test: ConditionTest,
}

/// What is done with a record that is due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Disposition {
    /// Erase it.
    #[default]
    Erase,
    /// Change these fields so that nobody can be identified any longer.
    Anonymise(Vec<(Sp<String>, Anonymise)>),
    /// Copy it to this files store (`store/folder`), then erase it.
    Transfer(Sp<String>),
}

/// How one field is made anonymous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anonymise {
    /// Emptied.
    Null,
    /// Replaced by a fixed text.
    Fixed(String),
    /// Replaced by a keyed pseudonym: pseudonymous, not anonymous, while the key lives.
    Pseudonym,
    /// Cut to its first `n` characters.
    Truncate(u32),
    /// A date cut to the first of its month.
    Month,
    /// A date cut to the first of its year.
    Year,
}

/// What becomes of a record that refers to another which is disposed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnErase {
    /// The other is not erased while this one is there.
    #[default]
    Block,
    /// This one is erased along with the other, if it is itself due; else it blocks.
    Cascade,
    /// The reference is emptied.
    Detach,
}

/// A reference from records of this data set to records of another.
#[derive(Debug, Clone)]
pub struct Link {
    /// The data set referred to.
    pub to: Sp<String>,
    /// The field of this record that holds the other's key.
    pub by: Sp<String>,
    /// What becomes of this record when the other is disposed of.
    pub on_erase: OnErase,
    /// Where `[[dataset.link]]` stands.
    pub span: Span,
}

/// Periodic review of records that are kept.
#[derive(Debug, Clone)]
pub struct Review {
    /// A record is reviewed when this long has passed ...
    pub every: Sp<Period>,
    /// ... since this fact.
    pub from: Sp<String>,
    /// What a person must assess.
    pub question: Text,
}

/// When a sweep asks for approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// More than this share of the collection, 0 to 1.
    pub share: f64,
    /// More than this many records.
    pub count: Option<u64>,
    /// More than this many times the median of the last sweeps.
    pub times_usual: f64,
}

impl Default for Guard {
    fn default() -> Self {
        Self { share: 0.2, count: None, times_usual: 10.0 }
    }
}

impl Lang {
    /// `da` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Lang::Da => "da",
            Lang::En => "en",
        }
    }
}
