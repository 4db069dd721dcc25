//! What people's rights need of a register: how a person is found, how a record is restricted, the
//! assessment behind a rule, and the texts that people get.

use frist_law::Period;
use jiff::civil::Date;

use super::{DataSet, Literal, Register, Text};
use crate::span::{Sp, Span};

/// A kind of identifier, such as a customer number or an e-mail address.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Id.
    pub id: Sp<String>,
    /// What it is called.
    pub title: Text,
    /// How it is written, and so which spellings are the same.
    pub format: IdentityFormat,
    /// Whether several people may have the same (a family's telephone): a record found by it alone
    /// is put before a person. Always so for names.
    pub shared: bool,
    /// Where `[[identity]]` stands.
    pub span: Span,
}

/// How an identifier is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdentityFormat {
    /// As it stands, without blanks around it.
    #[default]
    Text,
    /// An e-mail address; case does not matter.
    Email,
    /// A telephone number; blanks do not matter, nor whether the country's code is written.
    Phone,
    /// A Danish civil registration number; the dash does not matter.
    Cpr,
    /// A person's name, which never says for certain who somebody is.
    Name,
}

/// How a record is kept from ordinary use while it is restricted, Art. 18.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restrict {
    /// These fields get these values.
    Set(Vec<(Sp<String>, Literal)>),
    /// It is moved to this collection of the same store.
    Move(Sp<String>),
    /// It cannot be restricted, and why.
    Cannot(Text),
}

/// The assessment of how long a data set may be kept: the answers to four questions, by whom and
/// when (Art. 5(2)).
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The day it was made.
    pub on: Sp<Date>,
    /// Who made it.
    pub by: Sp<String>,
    /// When it is to be looked at again.
    pub next: Option<Sp<Date>>,
    /// What data is it?
    pub data: Text,
    /// For which purpose?
    pub purpose: Text,
    /// How long has it been kept so far?
    pub so_far: Text,
    /// By which legal basis?
    pub basis: Text,
    /// What remains in doubt.
    pub doubt: Text,
    /// Whether a person with legal training must look at it.
    pub lawyer: bool,
    /// Where `[dataset.assessment]` stands.
    pub span: Span,
}

/// A letter in the organisation's own words.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Which letter it replaces.
    pub id: Sp<String>,
    /// Which wording this is.
    pub version: Sp<String>,
    /// Its heading.
    pub title: Text,
    /// The template.
    pub text: Sp<Text>,
    /// Where `[[letter]]` stands.
    pub span: Span,
}

/// Words around the privacy notice for a category of data subjects.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Id.
    pub id: Sp<String>,
    /// The category of data subjects.
    pub subject: Sp<String>,
    /// Its heading.
    pub title: Text,
    /// What is said first.
    pub before: Text,
    /// What is said last.
    pub after: Text,
    /// Where `[[notice]]` stands.
    pub span: Span,
}

/// What people are asked for consent, Art. 7.
#[derive(Debug, Clone)]
pub struct ConsentText {
    /// Id.
    pub id: Sp<String>,
    /// Which wording this is: consent records name it, so it changes when the text does.
    pub version: Sp<String>,
    /// Id of the activity.
    pub activity: Sp<String>,
    /// Id of the purpose; it rests on consent.
    pub purpose: Sp<String>,
    /// What people are asked.
    pub text: Sp<Text>,
    /// How consent is taken back, Art. 7(3).
    pub withdraw: Text,
    /// How long the record is kept after a withdrawal, to see whether a dispute arises; not at all when
    /// it is not said.
    pub proof: Option<Sp<Period>>,
    /// Where `[[consent]]` stands.
    pub span: Span,
}

/// A guideline for staff, to be attested.
#[derive(Debug, Clone)]
pub struct Guideline {
    /// Id.
    pub id: Sp<String>,
    /// Which wording this is.
    pub version: Sp<String>,
    /// Its heading.
    pub title: Text,
    /// The text.
    pub text: Sp<Text>,
    /// For whom it is.
    pub who: Text,
    /// Where `[[guideline]]` stands.
    pub span: Span,
}

/// How requests, reviews and holds are dealt with.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// How long a case is kept once it is closed; see [`Requests::keep`].
    pub keep: Option<Sp<Period>>,
    /// Where people can make a request.
    pub link: Option<Sp<String>>,
    /// How long a hold still holds after its release.
    pub notice_period: Option<Sp<Period>>,
    /// How often purposes and data sets are reviewed (recital 39).
    pub review_every: Option<Sp<Period>>,
    /// The rights that are carried out only when a second person asks for the very same.
    pub second_person: Vec<Sp<String>>,
    /// Where `[requests]` stands.
    pub span: Span,
}

impl Requests {
    /// How long a case is kept once it is closed: as the register says, else five years.
    pub fn keep(&self) -> Period {
        self.keep.as_ref().map_or(Period::years(5), |k| k.value)
    }
}

impl Register {
    /// The kind of identifier of this id.
    pub fn identity(&self, id: &str) -> Option<&Identity> {
        self.identities.iter().find(|i| i.id.value == id)
    }

    /// The format of an identifier and whether several people may have the same. One that is not
    /// declared is a category of data subjects, and stands for exactly one of them.
    pub fn identity_rules(&self, id: &str) -> (IdentityFormat, bool) {
        self.identity(id).map_or((IdentityFormat::Text, false), |i| {
            (i.format, i.shared || i.format == IdentityFormat::Name)
        })
    }

    /// The fields of a data set that hold identifiers, each with the kind: those of `identity`, and
    /// those of `subject`, which are identifiers of the kind that their category is called.
    pub fn identity_fields<'d>(&self, dataset: &'d DataSet) -> Vec<(&'d str, &'d str)> {
        let own = dataset.identity.iter().map(|(field, id)| (field.as_str(), id.as_str()));
        let named: Vec<(&str, &str)> = own.collect();
        let subjects = dataset.subjects.iter().filter_map(|(category, field)| {
            let field = field.as_ref()?.as_str();
            let said = named.iter().any(|(f, _)| *f == field);
            (!said).then_some((field, category.as_str()))
        });
        let subjects: Vec<(&str, &str)> = subjects.collect();
        named.into_iter().chain(subjects).collect()
    }
}
