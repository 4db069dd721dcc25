//! Which tables and fields a register has. The reader refuses what is not here, and the JSON
//! Schema is made from it, so that the two cannot part.

/// What may stand in a field.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Any text.
    Str,
    /// An id of our own: lower case letters, digits, `-` and `_`.
    Id,
    /// A text in one or both languages.
    Text,
    /// True or false.
    Bool,
    /// A whole number from 1.
    Count,
    /// `5 years`, `96 hours`.
    Period,
    /// `30 s`, `500 ms`.
    Duration,
    /// A date.
    Date,
    /// A list of texts.
    Strings,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of some of these texts.
    SomeOf(&'static [&'static str]),
    /// A table of this shape.
    Table(&'static Shape),
    /// A list of tables of this shape.
    Tables(&'static Shape),
    /// Anything that this JSON Schema describes; the reader has its own code for it.
    Special(&'static str),
}

/// One field of a table.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for, one sentence.
    pub doc: &'static str,
}

/// A table and its fields.
#[derive(Debug)]
pub struct Shape {
    /// Path, such as `dataset.keep`.
    pub path: &'static str,
    /// How a person writes it, such as `[[dataset.keep]]`.
    pub header: &'static str,
    /// What it is, one sentence.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

impl Shape {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// A field that must be there.
pub const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: true, doc }
}

/// A field that may be left out.
pub const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: false, doc }
}

macro_rules! shapes {
    ($($name:ident $path:literal $header:literal $doc:literal [$($field:expr,)*])*) => {
        $(pub(crate) static $name: Shape =
            Shape { path: $path, header: $header, doc: $doc, fields: &[$($field,)*] };)*
        /// Every shape there is.
        pub(crate) static ALL: &[&Shape] = &[$(&$name,)*];
    };
}

pub(crate) const KINDS: &[&str] = &["company", "public-authority"];
pub(crate) const CLASSES: &[&str] = &["ordinary", "national-id", "special", "criminal"];
pub(crate) const RECIPIENT_ROLES: &[&str] = &["processor", "controller", "authority"];
pub(crate) const STORE_KINDS: &[&str] = &["sqlite", "postgresql", "files", "vault"];
pub(crate) const VACUUMS: &[&str] = &["recommend", "run"];
pub(crate) const LANGUAGES: &[&str] = &["da", "en"];
pub(crate) const IDENTITY_FORMATS: &[&str] = &["text", "email", "phone", "cpr", "name"];
pub(crate) const RIGHTS_BY_TWO: &[&str] =
    &["access", "portability", "rectification", "restriction"];
pub(crate) const ROLES: &[&str] = &["controller", "processor"];
pub(crate) const FACT_TYPES: &[&str] = &["date", "datetime", "instant", "unix", "unix-ms"];
pub(crate) const START_POINTS: &[&str] = &["collection", "end of process", "end of relationship"];
pub(crate) const ON_ERASE: &[&str] = &["block", "cascade", "detach"];
pub(crate) const ANCHORS: &[&str] =
    &["as is", "end of month", "end of calendar year", "end of financial year"];

shapes! {
    ROOT "" "the register" "A register of processing activities (GDPR Art. 30); the files of one folder are read together." [
        may("controller", Kind::Table(&CONTROLLER), "Who decides why and how the data is processed; exactly once in the folder."),
        may("subject", Kind::Tables(&SUBJECT), "A category of data subjects, in addition to those built in."),
        may("category", Kind::Tables(&CATEGORY), "A category of personal data, in addition to those built in."),
        may("recipient", Kind::Tables(&RECIPIENT), "A category of recipients, Art. 30(1)(d)-(e)."),
        may("measure", Kind::Tables(&MEASURE), "A security measure, Art. 30(1)(g)."),
        may("store", Kind::Tables(&STORE), "A place where data lies."),
        may("activity", Kind::Tables(&ACTIVITY), "A processing activity, Art. 30(1)."),
        may("announcement", Kind::Tables(&ANNOUNCEMENT), "What callers are told and asked before anything is recorded."),
        may("identity", Kind::Tables(&IDENTITY), "A kind of identifier by which people are found."),
        may("letter", Kind::Tables(&LETTER), "A letter in the organisation's own words."),
        may("notice", Kind::Tables(&NOTICE), "Words around the generated privacy notice for a category of data subjects."),
        may("consent", Kind::Tables(&CONSENT), "What people are asked when they are asked for consent, Art. 7."),
        may("guideline", Kind::Tables(&GUIDELINE), "A guideline for staff, to be attested."),
        may("requests", Kind::Table(&REQUESTS), "How requests, reviews and holds are dealt with; at most once in the folder."),
        may("dataset", Kind::Tables(&DATASET), "Records in one collection of one store that share purpose, basis and subject group, with exactly one rule."),
    ]
    CONTACT "contact" "a contact" "A person or body one can write to." [
        must("name", Kind::Str, "Name."),
        may("address", Kind::Str, "Postal address."),
        may("email", Kind::Str, "E-mail address."),
        may("phone", Kind::Str, "Telephone."),
    ]
    CONTROLLER "controller" "[controller]" "The controller and those it acts with, Art. 30(1)(a)." [
        must("name", Kind::Str, "Name of the controller."),
        may("kind", Kind::OneOf(KINDS), "`company` (the default) or `public-authority`, which may not rest on legitimate interests."),
        may("cvr", Kind::Str, "Danish company number, eight digits."),
        may("address", Kind::Str, "Postal address."),
        may("email", Kind::Str, "E-mail address for questions about personal data."),
        may("phone", Kind::Str, "Telephone."),
        may("dpo", Kind::Table(&CONTACT), "Data protection officer, Art. 37."),
        may("representative", Kind::Table(&CONTACT), "Representative in the Union, Art. 27."),
        may("joint", Kind::Tables(&CONTACT), "Joint controllers, Art. 26."),
        may("zone", Kind::Str, "IANA time zone in which days are counted; `Europe/Copenhagen` when not said."),
        may("financial_year_end", Kind::Special(r#"{"oneOf":[{"type":"string","pattern":"^[0-9]{2}-[0-9]{2}$"},{"type":"array","items":{"type":"object","properties":{"from":{"type":"string"},"end":{"type":"string","pattern":"^[0-9]{2}-[0-9]{2}$"}},"required":["end"],"additionalProperties":false}}]}"#), "Last day of the financial year as `MM-DD`, or a list of changes over time; `12-31` when not said."),
    ]
    SUBJECT "subject" "[[subject]]" "A category of data subjects." [
        must("id", Kind::Id, "Id."),
        must("title", Kind::Text, "What it is called."),
    ]
    CATEGORY "category" "[[category]]" "A category of personal data." [
        must("id", Kind::Id, "Id."),
        must("title", Kind::Text, "What it is called."),
        may("class", Kind::OneOf(CLASSES), "How strictly the GDPR treats it; `ordinary` when not said."),
    ]
    RECIPIENT "recipient" "[[recipient]]" "A category of recipients." [
        must("id", Kind::Id, "Id."),
        must("title", Kind::Text, "What it is called."),
        may("role", Kind::OneOf(RECIPIENT_ROLES), "`processor` (Art. 28), `controller` (the default) or `authority`."),
        may("country", Kind::Str, "Country by its two-letter code, or the international organisation; not needed within Denmark."),
        may("safeguard", Kind::Text, "Safeguard for a transfer outside the EEA, Art. 45, 46 or 49."),
    ]
    MEASURE "measure" "[[measure]]" "A security measure, Art. 32." [
        must("id", Kind::Id, "Id."),
        must("text", Kind::Text, "General description of the measure."),
    ]
    STORE "store" "[[store]]" "A place where data lies." [
        must("id", Kind::Id, "Id."),
        may("title", Kind::Text, "What it is called."),
        must("kind", Kind::OneOf(STORE_KINDS), "Which system it is."),
        may("path", Kind::Str, "sqlite: path of the database file; vault: path of the vault's folder; relative to the register's folder."),
        may("url_env", Kind::Str, "postgresql: name of the environment variable that holds the URL."),
        may("url_file", Kind::Str, "postgresql: path of a file that holds the URL."),
        may("schema", Kind::Str, "postgresql: schema; `public` when not said."),
        may("root", Kind::Str, "files: the folder, which is never left."),
        may("backups", Kind::Period, "How long backups of it live."),
        may("batch", Kind::Count, "Records disposed of at a time."),
        may("max_rows_per_second", Kind::Count, "Upper limit of the pace."),
        may("statement_timeout", Kind::Duration, "Longest time one statement may take."),
        may("lock_timeout", Kind::Duration, "Longest time to wait for a lock."),
        may("max_replica_lag", Kind::Duration, "Pause while a replica lags more than this."),
        may("vacuum", Kind::OneOf(VACUUMS), "What to do about dead rows: `recommend` (the default) or `run`."),
        may("exempt", Kind::Tables(&EXEMPT), "Collections without personal data, which need no data set."),
    ]
    EXEMPT "store.exempt" "[[store.exempt]]" "A collection that holds no personal data." [
        must("at", Kind::Str, "The collection."),
        must("why", Kind::Text, "Why it needs no data set."),
    ]
    ACTIVITY "activity" "[[activity]]" "A processing activity, Art. 30(1)." [
        must("id", Kind::Id, "Id."),
        must("title", Kind::Text, "What it is called."),
        may("role", Kind::OneOf(ROLES), "`controller` (the default) or `processor`, Art. 30(2)."),
        may("on_behalf_of", Kind::Tables(&CONTACT), "processor: the controllers it acts for, Art. 30(2)(a)."),
        may("measures", Kind::Strings, "Ids of security measures, Art. 30(1)(g)."),
        may("about", Kind::Tables(&ABOUT), "Which categories of data about which data subjects, where no data set says it."),
        may("disclosures", Kind::Tables(&DISCLOSURE), "Who receives which data about whom, Art. 30(1)(d)."),
        may("source", Kind::Text, "Where the data comes from when not from the data subject, Art. 14(2)(f)."),
        may("obligation", Kind::Text, "Whether one must provide the data, and what follows if not, Art. 13(2)(e)."),
        may("automated", Kind::Text, "Automated decisions and their logic, Art. 13(2)(f)."),
        may("purpose", Kind::Tables(&PURPOSE), "Why the data is processed, Art. 30(1)(b)."),
    ]
    ABOUT "activity.about" "[[activity.about]]" "Categories of personal data about a category of data subjects." [
        must("subject", Kind::Str, "Category of data subjects."),
        must("categories", Kind::Strings, "Categories of personal data."),
    ]
    DISCLOSURE "activity.disclosures" "[[activity.disclosures]]" "Which data about whom a recipient gets." [
        must("recipient", Kind::Str, "Id of the recipient."),
        must("subjects", Kind::Strings, "Categories of data subjects."),
        must("categories", Kind::Strings, "Categories of personal data."),
    ]
    PURPOSE "activity.purpose" "[[activity.purpose]]" "Why personal data is processed, and by which right." [
        must("id", Kind::Id, "Id, unique within the activity."),
        may("text", Kind::Text, "The purpose, in words a data subject understands."),
        may("basis", Kind::Special(r#"{"type":"string","pattern":"^6\\(1\\)\\([a-f]\\)$","examples":["6(1)(b)","6(1)(c)"]}"#), "Legal basis, Art. 6(1)."),
        may("special_basis", Kind::Special(r#"{"type":"string","pattern":"^9\\(2\\)\\([a-j]\\)$","examples":["9(2)(b)"]}"#), "Basis for special categories, Art. 9(2)."),
        may("law", Kind::Str, "Law-book id of the statute behind it, such as `dk.bogfoering`."),
        may("interest", Kind::Text, "The legitimate interest pursued, for 6(1)(f)."),
        may("ended", Kind::Date, "The day from which the purpose is no longer pursued."),
    ]
    ANNOUNCEMENT "announcement" "[[announcement]]" "What callers are told and asked before anything is recorded; key 1 is yes, 2 and everything else is no." [
        must("id", Kind::Id, "Id."),
        must("version", Kind::Str, "Which wording this is; consent records name it."),
        must("activity", Kind::Str, "Id of the activity whose purposes are asked for."),
        must("languages", Kind::Strings, "The languages in which callers are asked, `da` and `en`; the first is the usual one."),
        must("before", Kind::Table(&SPOKEN), "What is said first: who records, why, how long, where to read more."),
        must("question", Kind::Tables(&QUESTION), "One question for each purpose."),
        may("withdrawn", Kind::Table(&SPOKEN), "What is said when the caller has taken consent back during the call."),
    ]
    SPOKEN "announcement.before" "[announcement.before]" "Words and how they sound." [
        must("text", Kind::Text, "The words."),
        must("file", Kind::Text, "A WAV file for each language, 8 kHz, one channel, 16 bit."),
    ]
    QUESTION "announcement.question" "[[announcement.question]]" "The question for one purpose." [
        must("purpose", Kind::Str, "Id of the purpose, which rests on consent."),
        must("text", Kind::Text, "The question."),
        must("file", Kind::Text, "A WAV file for each language, 8 kHz, one channel, 16 bit."),
    ]
    IDENTITY "identity" "[[identity]]" "A kind of identifier by which people are found." [
        must("id", Kind::Id, "Id."),
        may("title", Kind::Text, "What it is called."),
        may("format", Kind::OneOf(IDENTITY_FORMATS), "How it is written, and so which spellings are the same; `text` when not said."),
        may("shared", Kind::Bool, "Whether several people may have the same, as a family its telephone; names always."),
    ]
    LETTER "letter" "[[letter]]" "A letter in the organisation's own words; `frist letter list` says which there are." [
        must("id", Kind::Id, "Which letter it replaces."),
        must("version", Kind::Str, "Which wording this is."),
        may("title", Kind::Text, "Its heading."),
        must("text", Kind::Text, "The template; `frist letter show` prints the one built in."),
    ]
    NOTICE "notice" "[[notice]]" "Words around the generated privacy notice, Art. 13 and 14." [
        must("id", Kind::Id, "Id."),
        must("subject", Kind::Str, "The category of data subjects it is for."),
        may("title", Kind::Text, "Its heading."),
        may("before", Kind::Text, "What is said first."),
        may("after", Kind::Text, "What is said last."),
    ]
    CONSENT "consent" "[[consent]]" "What people are asked for consent, Art. 7." [
        must("id", Kind::Id, "Id."),
        must("version", Kind::Str, "Which wording this is; consent records name it."),
        must("activity", Kind::Str, "Id of the activity."),
        must("purpose", Kind::Str, "Id of the purpose, which rests on consent."),
        must("text", Kind::Text, "What people are asked."),
        may("withdraw", Kind::Text, "How consent is taken back, Art. 7(3)."),
        may("proof", Kind::Period, "How long the record is kept after a withdrawal, to see whether a dispute arises."),
    ]
    GUIDELINE "guideline" "[[guideline]]" "A guideline for staff, to be attested." [
        must("id", Kind::Id, "Id."),
        must("version", Kind::Str, "Which wording this is; who attested an older one is asked again."),
        may("title", Kind::Text, "Its heading."),
        must("text", Kind::Text, "The text."),
        may("who", Kind::Text, "For whom it is."),
    ]
    REQUESTS "requests" "[requests]" "How requests, reviews and holds are dealt with." [
        may("keep", Kind::Period, "How long a case is kept once it is closed; `5 years` when not said."),
        may("link", Kind::Str, "Where people can make a request."),
        may("notice_period", Kind::Period, "How long a hold still holds after its release."),
        may("review_every", Kind::Period, "How often purposes and data sets are reviewed, recital 39."),
        may("second_person", Kind::SomeOf(RIGHTS_BY_TWO), "Rights that are carried out only when a second person asks for the very same: `access`, `portability`, `rectification`, `restriction`. For erasure a data set says `approve = \"two\"`."),
    ]
    ASSESSMENT "dataset.assessment" "[dataset.assessment]" "How long may we keep this? The answers behind the rule, Art. 5(2)." [
        must("on", Kind::Date, "The day it was made."),
        must("by", Kind::Str, "Who made it."),
        may("next", Kind::Date, "When it is to be looked at again."),
        may("data", Kind::Text, "What data is it?"),
        may("purpose", Kind::Text, "For which purpose?"),
        may("so_far", Kind::Text, "How long has it been kept so far?"),
        may("basis", Kind::Text, "By which legal basis?"),
        may("doubt", Kind::Text, "What remains in doubt."),
        may("lawyer", Kind::Bool, "Whether a person with legal training must look at it."),
    ]
    DATASET "dataset" "[[dataset]]" "Records in one collection with exactly one rule." [
        must("id", Kind::Id, "Id."),
        may("title", Kind::Text, "What it is called."),
        must("activity", Kind::Str, "Id of the activity it belongs to."),
        must("at", Kind::Special(r#"{"type":"string","pattern":"^[^/]+/.+$","examples":["erp/invoice"]}"#), "Where it lies: store, a slash, and the collection."),
        may("key", Kind::Special(r#"{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}"#), "Field or fields that name a record; the primary key when not said."),
        may("subject", Kind::Special(r#"{"type":"object","additionalProperties":{"type":"string"},"examples":[{"customer":"customer_id"}]}"#), "Which data subjects, and the field that names each."),
        may("subjects", Kind::Strings, "Which data subjects, where no field names them."),
        must("categories", Kind::Strings, "Categories of personal data."),
        may("identifiers", Kind::Strings, "Fields that identify a person, which anonymising must change."),
        may("approve", Kind::OneOf(&["one", "two"]), "`two` when a second person must approve each sweep."),
        may("drop_partitions", Kind::Bool, "Whether a partition wholly due may be dropped."),
        may("guard", Kind::Table(&GUARD), "When a sweep asks for approval."),
        may("justification", Kind::Text, "Why these periods, Art. 5(2)."),
        may("assessment", Kind::Table(&ASSESSMENT), "The assessment behind the rule, Art. 5(2)."),
        may("identity", Kind::Special(r#"{"type":"object","additionalProperties":{"type":"string"},"examples":[{"email":"email-address"}]}"#), "Which field holds which kind of identifier."),
        may("others", Kind::Strings, "Fields that may tell of other people: masked in what is handed out until somebody has looked."),
        may("provided", Kind::Strings, "Fields that the data subject has provided, which portability hands over, Art. 20; `[]` when none was. Not said, the activity's `source` decides."),
        may("restrict", Kind::Special(r#"{"type":"object","properties":{"set":{"type":"object","minProperties":1,"additionalProperties":{"type":["string","integer","boolean"]}},"move":{"type":"string"},"cannot":{"oneOf":[{"type":"string"},{"type":"object","properties":{"da":{"type":"string"},"en":{"type":"string"}},"additionalProperties":false}]}},"minProperties":1,"maxProperties":1,"additionalProperties":false}"#), "How a record is restricted, Art. 18: fields set, moved, or why it cannot be."),
        may("review", Kind::Table(&REVIEW), "Periodic review of kept records, recital 39."),
        may("then", Kind::Special(r#"{"oneOf":[{"const":"erase"},{"type":"object","properties":{"anonymise":{"type":"object","additionalProperties":{"oneOf":[{"type":"string","pattern":"^(null|pseudonym|month|year|truncate\\([0-9]+\\))$"},{"type":"object","properties":{"fixed":{"type":"string"}},"required":["fixed"],"additionalProperties":false}]}},"transfer":{"type":"string","pattern":"^[^/]+/.+$"}},"minProperties":1,"maxProperties":1,"additionalProperties":false}]}"#), "What is done when the time is up: `erase` (the default), anonymise or transfer."),
        may("facts", Kind::Special(r##"{"type":"object","additionalProperties":{"oneOf":[{"enum":["date","datetime","instant","unix","unix-ms"]},{"$ref":"#/$defs/dataset.facts"}]}}"##), "Facts and how they are written, or where they come from."),
        may("keep", Kind::Tables(&KEEP), "A ground to keep."),
        may("erase", Kind::Tables(&ERASE), "A duty to erase."),
        may("link", Kind::Tables(&LINK), "A reference to records of another data set."),
    ]
    GUARD "dataset.guard" "guard" "The blast radius beyond which a sweep asks for approval." [
        may("share", Kind::Special(r#"{"oneOf":[{"type":"number","minimum":0,"maximum":1},{"type":"string","pattern":"^[0-9]+([.][0-9]+)? ?%$"}]}"#), "More than this share of the collection, such as `20 %`."),
        may("count", Kind::Count, "More than this many records."),
        may("times_usual", Kind::Special(r#"{"type":"number","minimum":1}"#), "More than this many times the median of the last sweeps."),
    ]
    REVIEW "dataset.review" "review" "Periodic review of records that are kept." [
        must("every", Kind::Period, "How often."),
        must("from", Kind::Str, "Counted from this fact."),
        must("question", Kind::Text, "What a person must assess."),
    ]
    FACT "dataset.facts" "[dataset.facts]" "Where a fact comes from and how it is written." [
        may("type", Kind::OneOf(FACT_TYPES), "How it is written; from the store's catalogue when not said."),
        may("zone", Kind::Str, "IANA zone of a `datetime` when it is not the controller's."),
        may("field", Kind::Str, "The field, when it is named otherwise than the fact."),
        may("lookup", Kind::Special(r#"{"type":"string","pattern":"^[^.]+[.].+$","examples":["invoices.invoice_date"]}"#), "Data set and field of the one record this record refers to."),
        may("latest", Kind::Special(r#"{"type":"string","pattern":"^[^.]+[.].+$","examples":["contracts.ended_on"]}"#), "Data set and field; the latest among the records that refer to this one."),
        may("by", Kind::Str, "lookup: the field here that holds the other's key; latest: the field there that holds this one's."),
        may("else", Kind::Str, "latest: the field here that is read when no record refers to this one."),
        may("title", Kind::Text, "What people call it, as documents say it in a sentence: \"fakturadatoen\", \"the invoice date\"."),
        may("start", Kind::OneOf(START_POINTS), "What kind of starting point it is, for the deletion schedule (ISO/IEC 27555)."),
    ]
    KEEP "dataset.keep" "[[dataset.keep]]" "One ground to keep: a purpose, a starting point and a period." [
        must("for", Kind::Str, "Id of the purpose."),
        may("from", Kind::Str, "The starting point: a fact."),
        may("period", Kind::Period, "How long; not needed when the purpose's law says it."),
        may("anchor", Kind::OneOf(ANCHORS), "From where the period is counted."),
        may("open", Kind::Bool, "Whether a missing starting point means that the period has not begun."),
        may("when", Kind::Special(WHEN), "Only for records of which all these hold."),
        may("until", Kind::Str, "A fact that ends the ground at once, such as a withdrawal."),
        may("given", Kind::Str, "A fact that must be there, such as when consent was given."),
        may("review", Kind::Text, "What a person must assess before anything is erased."),
    ]
    ERASE "dataset.erase" "[[dataset.erase]]" "A statutory or own duty to erase." [
        may("law", Kind::Str, "Law-book id of the statute that sets it."),
        must("from", Kind::Str, "The starting point: a fact."),
        may("period", Kind::Period, "How long at most; not needed when the law says it."),
        may("anchor", Kind::OneOf(ANCHORS), "From where the period is counted."),
        may("open", Kind::Bool, "Whether a missing starting point means that the period has not begun."),
        may("when", Kind::Special(WHEN), "Only for records of which all these hold."),
    ]
    LINK "dataset.link" "[[dataset.link]]" "A reference from records here to records of another data set." [
        must("to", Kind::Str, "The data set referred to."),
        must("by", Kind::Str, "The field here that holds the other's key."),
        may("on_erase", Kind::OneOf(ON_ERASE), "`block` (the default), `cascade` or `detach`."),
    ]
}

const WHEN: &str = r#"{"type":"object","additionalProperties":{"oneOf":[{"type":["string","integer","boolean"]},{"type":"array","minItems":1,"items":{"type":["string","integer","boolean"]}},{"type":"object","properties":{"not":{"oneOf":[{"type":["string","integer","boolean"]},{"type":"array","minItems":1,"items":{"type":["string","integer","boolean"]}}]},"set":{"type":"boolean"}},"minProperties":1,"maxProperties":1,"additionalProperties":false}]}}"#;
