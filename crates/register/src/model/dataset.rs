//! A data set and its rule: the facts that decide, when what is kept, and what is done when the time is up.

use std::collections::BTreeMap;

use frist_law::{Anchor, Period};

use super::{Assessment, Guard, Restrict, Text};
use crate::span::{Sp, Span};

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
    /// Which field holds which kind of identifier, so that a person is found: (field, [`Identity`](super::Identity)).
    /// The fields of `subjects` are identifiers as well; see [`Register::identity_fields`](super::Register::identity_fields).
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
