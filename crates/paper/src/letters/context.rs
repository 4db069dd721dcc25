//! What a letter is made from. Everything is civil dates and plain text; a template sees these
//! fields under these names and nothing else.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a letter is made from: `serde_json::to_value` of this goes to
/// [`render`](super::render). What is not said is empty. `Debug` is not derived, because nearly
/// every field is personal data.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LetterContext {
    /// The letter's date.
    pub date: Option<Date>,
    /// Who sends it.
    pub controller: Sender,
    /// The data protection officer, if there is one.
    pub dpo: Option<Contact>,
    /// To whom it goes: the person, a recipient of the data (Art. 19), or the authority.
    pub to: Addressee,
    /// Who signs, such as `Karen Holm, jurist`; empty: the controller's name only.
    pub signed: String,
    /// The case.
    pub case: CaseLine,
    /// Whom the case is about, where that is not the addressee: as much as the recipient needs to
    /// find the person, line by line (Art. 19 notices).
    pub about: Vec<String>,
    /// What is decided, one line for each kind of data.
    pub decisions: Vec<DecisionLine>,
    /// Why, in sentences: refusal, extension of a request, an objection that is not met.
    pub reasons: Vec<String>,
    /// Who else has had the data, and whether they were told (Art. 19).
    pub recipients: Vec<RecipientLine>,
    /// What is needed to be sure who asks (Art. 12(6)).
    pub identity: Option<IdentityAsk>,
    /// The new deadline (Art. 12(3)).
    pub extension: Option<Extension>,
    /// What Art. 15(1)(a)-(h) asks for, one entry for each purpose.
    pub access: Vec<AccessLine>,
    /// How the data itself is handed over (access, portability).
    pub delivery: Option<Delivery>,
    /// The restriction (Art. 18).
    pub restriction: Option<Restriction>,
    /// What was put right (Art. 16).
    pub rectified: Vec<RectifiedLine>,
    /// The objection (Art. 21).
    pub objection: Option<Objection>,
    /// The consent that was withdrawn (Art. 7(3)).
    pub consent: Option<Consent>,
    /// The authority's inquiry.
    pub inquiry: Option<Inquiry>,
    /// The names of the files that go with the letter.
    pub enclosures: Vec<String>,
}

/// Who sends a letter: the controller.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sender {
    /// Its name.
    pub name: String,
    /// Its address, line by line.
    pub address: Vec<String>,
    /// E-mail address.
    pub email: String,
    /// Telephone number.
    pub phone: String,
    /// Its number in the business register (CVR).
    pub number: String,
}

/// Whom one can ask.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Telephone number.
    pub phone: String,
}

/// To whom a letter goes.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Addressee {
    /// Name.
    pub name: String,
    /// Address, line by line.
    pub address: Vec<String>,
}

/// The case.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaseLine {
    /// Its number, such as `R-2026-0001`.
    pub number: String,
    /// The right that is used: `access`, `rectification`, `erasure`, `restriction`, `portability`,
    /// `objection`, `consent`. The filter `right` writes it in words.
    pub right: String,
    /// When the request or inquiry was received.
    pub received: Option<Date>,
    /// When it is to be answered at the latest.
    pub due: Option<Date>,
    /// The addressee's own reference.
    pub reference: String,
    /// What was asked, in a few words; may be empty.
    pub asked: String,
}

/// What is decided about one kind of data.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionLine {
    /// Which data, in words: `Fakturaer 2023-2025`.
    pub what: String,
    /// `erase`, `refuse`, `anonymise` or `person` (still being looked at). The filter `answer`
    /// writes it in words.
    pub answer: String,
    /// Why it is refused, in words: `Bogføringslovens § 12`, or the matter that a claim is about.
    pub ground: String,
    /// The article: `17(3)(b)`, `17(3)(e)`.
    pub article: String,
    /// The last day on which the ground holds, where that is known.
    pub until: Option<Date>,
    /// How many records, where that helps.
    pub count: Option<u64>,
    /// Whether the person is told when what is refused goes.
    pub told: bool,
}

/// Somebody who has had the data.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecipientLine {
    /// Who.
    pub name: String,
    /// What they had, in words.
    pub what: String,
    /// When they were told.
    pub told: Option<Date>,
    /// Why they could not be told (impossible, or disproportionate effort).
    pub cannot: String,
}

/// What is needed to be sure who asks.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityAsk {
    /// Why there is doubt.
    pub doubt: String,
    /// What would settle it, one of these.
    pub proofs: Vec<String>,
    /// How it is to be sent.
    pub how: String,
}

/// A new deadline.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extension {
    /// The new last day.
    pub until: Option<Date>,
    /// Why: how complex the request is, or how many there are.
    pub reason: String,
}

/// One purpose for which the person's data is processed: Art. 15(1)(a)-(h).
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessLine {
    /// (a) The purpose.
    pub purpose: String,
    /// The legal basis, with the interest or the law where it has one.
    pub basis: String,
    /// (b) The categories of data.
    pub categories: Vec<String>,
    /// (c) Recipients, or categories of them, with third countries; empty: nobody.
    pub recipients: Vec<String>,
    /// (d) How long, or by which criteria.
    pub period: String,
    /// (g) Where the data comes from, when not from the person.
    pub source: String,
    /// (h) Automated decisions: the logic and what it means for the person; empty: none.
    pub automated: String,
}

/// How the data is handed over.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// How: `en krypteret fil, som du får koden til særskilt`.
    pub how: String,
    /// The last day on which it can be fetched.
    pub until: Option<Date>,
    /// The formats, such as `JSON` and `CSV`.
    pub formats: Vec<String>,
    /// Why something is left out or masked, such as other people's data.
    pub left_out: Vec<String>,
}

/// A restriction of processing.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Restriction {
    /// Why, `18(1)(a)` to `18(1)(d)`. The filter `article_text` writes it in words.
    pub article: String,
    /// From which day.
    pub from: Option<Date>,
    /// When it ends, for [`RestrictionLifted`](super::LetterKind::RestrictionLifted).
    pub lifted: Option<Date>,
    /// Why it ends.
    pub why: String,
}

/// Something that was put right.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RectifiedLine {
    /// Which data.
    pub what: String,
    /// What it said before; may be left out.
    pub before: String,
    /// What it says now.
    pub now: String,
}

/// An objection.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objection {
    /// The purposes that it is against, in words.
    pub against: String,
    /// Direct marketing: always met (Art. 21(2)-(3)).
    pub marketing: bool,
    /// `met`, `partly` (`not_met` says what is not, with `reasons`), `pending` (restricted meanwhile,
    /// Art. 18(1)(d)) or `refused` (with `reasons`).
    pub outcome: String,
    /// The purposes for which the objection is not met, in words.
    pub not_met: String,
}

/// A consent that was withdrawn.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Consent {
    /// To which purposes, in words.
    pub purpose: String,
    /// When it was given.
    pub given: Option<Date>,
    /// When it was withdrawn.
    pub withdrawn: Option<Date>,
}

/// An authority's inquiry.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inquiry {
    /// What it is about.
    pub about: String,
    /// Its questions and the answers.
    pub answers: Vec<InquiryLine>,
}

/// A question and its answer.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InquiryLine {
    /// What was asked.
    pub question: String,
    /// What is answered.
    pub answer: String,
}

impl From<&frist_register::Controller> for Sender {
    /// The controller as its register has it.
    fn from(controller: &frist_register::Controller) -> Self {
        let contact = &controller.contact;
        Sender {
            name: contact.name.clone(),
            address: lines(contact.address.as_deref().unwrap_or_default()),
            email: contact.email.clone().unwrap_or_default(),
            phone: contact.phone.clone().unwrap_or_default(),
            number: controller.cvr.clone().unwrap_or_default(),
        }
    }
}

impl From<&frist_register::Contact> for Contact {
    fn from(contact: &frist_register::Contact) -> Self {
        Contact {
            name: contact.name.clone(),
            email: contact.email.clone().unwrap_or_default(),
            phone: contact.phone.clone().unwrap_or_default(),
        }
    }
}

/// An address as its lines: parted by newlines, or else by commas.
fn lines(address: &str) -> Vec<String> {
    let mark = if address.contains('\n') { '\n' } else { ',' };
    address.split(mark).map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect()
}
