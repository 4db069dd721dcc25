//! The register as it is understood: the record of processing activities (GDPR Art. 30), the
//! stores where the data lies, and the rules by which it is kept and erased.
//!
//! Everything a person wrote carries its [`Span`], so that a message, an explanation
//! or a decision can point at the very line.

use std::collections::BTreeMap;

use frist_law::{Basis, Calendar};
use jiff::civil::Date;

use crate::span::{Sp, Span};

mod announcement;
mod dataset;
mod rights;
mod store;

pub use announcement::{Announcement, Question, Spoken};
pub use dataset::{
    Anonymise, Condition, ConditionTest, DataSet, Disposition, Fact, FactSource, FactType, Keep,
    Link, Literal, MustErase, OnErase, Review, StartPoint,
};
pub use rights::{
    Assessment, ConsentText, Guideline, Identity, IdentityFormat, Letter, Notice, Requests,
    Restrict,
};
pub use store::{Exempt, Store, StoreKind, Vacuum};

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

    /// What its country is called; as it is written where that is no third country's ISO 3166 code.
    pub fn country_name(&self, lang: Lang) -> Option<&str> {
        let written = self.country.as_ref()?.value.as_str();
        Some(crate::country(written, lang).unwrap_or(written))
    }
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
