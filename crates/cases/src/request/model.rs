//! What is kept about a request: the body of its case, as JSON.

use std::fmt;

use frist_register::Lang;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::recipient::Recipient;
use crate::{CasesError, Result};

/// Which right is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Access, Art. 15.
    Access,
    /// Rectification, Art. 16.
    Rectification,
    /// Erasure, Art. 17.
    Erasure,
    /// Restriction, Art. 18.
    Restriction,
    /// Portability, Art. 20.
    Portability,
    /// Objection, Art. 21; against direct marketing it is absolute.
    Objection,
    /// Withdrawal of consent, Art. 7(3).
    ConsentWithdrawal,
}

impl Right {
    /// All of them, in the order of their articles.
    pub const ALL: [Right; 7] = [
        Right::ConsentWithdrawal,
        Right::Access,
        Right::Rectification,
        Right::Erasure,
        Right::Restriction,
        Right::Portability,
        Right::Objection,
    ];

    /// The word it is stored and asked for as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Right::Access => "access",
            Right::Rectification => "rectification",
            Right::Erasure => "erasure",
            Right::Restriction => "restriction",
            Right::Portability => "portability",
            Right::Objection => "objection",
            Right::ConsentWithdrawal => "consent-withdrawal",
        }
    }

    /// The article of the GDPR, such as `15` or `7(3)`.
    #[must_use]
    pub fn article(self) -> &'static str {
        match self {
            Right::Access => "15",
            Right::Rectification => "16",
            Right::Erasure => "17",
            Right::Restriction => "18",
            Right::Portability => "20",
            Right::Objection => "21",
            Right::ConsentWithdrawal => "7(3)",
        }
    }
}

impl std::str::FromStr for Right {
    type Err = CasesError;

    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == word).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|r| r.as_str()).collect();
            CasesError::Input {
                what: "the right",
                why: format!("there is no such right; it is one of {}", all.join(", ")),
            }
        })
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a request has come. Only a closed one is over; an answered one may have parts that wait
/// for their ground to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It has come in.
    Received,
    /// The person was asked to show who they are.
    IdentityAsked,
    /// The person has shown it.
    IdentityKnown,
    /// The stores were searched for the person.
    Searched,
    /// It is decided what is done and answered.
    Decided,
    /// The person has the answer.
    Answered,
    /// It is over.
    Closed,
}

impl Stage {
    /// The word it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Received => "received",
            Stage::IdentityAsked => "identity-asked",
            Stage::IdentityKnown => "identity-known",
            Stage::Searched => "searched",
            Stage::Decided => "decided",
            Stage::Answered => "answered",
            Stage::Closed => "closed",
        }
    }
}

/// What a request was decided to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All that was asked for.
    Granted,
    /// Some of it; the rest is refused, or waits for its ground to end.
    PartlyGranted,
    /// None of it.
    Refused,
    /// Manifestly unfounded or excessive, Art. 12(5): only a person decides that.
    Unfounded,
}

impl Outcome {
    /// The word it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Granted => "granted",
            Outcome::PartlyGranted => "partly-granted",
            Outcome::Refused => "refused",
            Outcome::Unfounded => "unfounded",
        }
    }

    /// Whether nothing is done of what was asked, so that Art. 12(4) sets the time to say so.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Outcome::Refused | Outcome::Unfounded)
    }
}

/// Who asks, and where the answer goes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    /// The name as it was given.
    pub name: String,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A postal address; lines are separated by line feeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// An identifier that came with the request: `customer` = `4711`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its kind, as the register names it.
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// One time that a person was asked to show who they are, Art. 12(6).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityCheck {
    /// When they were asked.
    pub asked: Timestamp,
    /// What the reasonable doubt is.
    pub reason: String,
    /// Why the month is counted from when the identity is known, where somebody decided that. Not
    /// said, it goes on counting from the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<String>,
    /// When they showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Timestamp>,
    /// How they showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// The extension by two further months, Art. 12(3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// When it was taken and the person told.
    pub at: Timestamp,
    /// Why: complexity or number of requests.
    pub reason: String,
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// To what.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why; demanded unless everything is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<String>,
}

/// A part of a request that is done when the ground that stands against it has ended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deferred {
    /// The data set.
    pub dataset: String,
    /// The ground, such as `17(3)(b)`, and the statute.
    pub ground: String,
    /// The last day on which the ground stands: it is done the day after. None for a hold, which
    /// stands until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// How many records.
    pub records: u64,
    /// When it was done and the person told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Timestamp>,
}

/// A request.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    v: u32,
    /// Which right.
    pub right: Right,
    /// An objection against direct marketing, which is absolute: Art. 21(2)-(3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marketing: bool,
    /// When it was received.
    pub received: Timestamp,
    /// How it came: `form`, `letter`, `email`, `phone`, `api`.
    pub channel: String,
    /// Who asks.
    pub person: Person,
    /// The language of the letters.
    #[serde(with = "lang")]
    pub lang: Lang,
    /// The identifiers that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
    /// What is asked, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// The times that the person was asked to show who they are; the last is the one that counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<IdentityCheck>,
    /// The extension, if it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// When the stores were searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched: Option<Timestamp>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// When and how the person took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// The parts that wait for their ground to end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Deferred>,
    /// Those who have had what was erased, rectified or restricted, and what they were told (Art. 19).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Recipient>,
    /// What finding, deciding and executing keep with the request, each under its own name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub work: Map<String, Value>,
}

/// A request as it comes in.
#[derive(Clone, PartialEq)]
pub struct NewRequest {
    /// Which right.
    pub right: Right,
    /// Whether it is an objection against direct marketing.
    pub marketing: bool,
    /// When it was received.
    pub received: Timestamp,
    /// How it came.
    pub channel: String,
    /// Who asks.
    pub person: Person,
    /// The language of the letters.
    pub lang: Lang,
    /// The identifiers that came with it.
    pub known: Vec<Known>,
    /// What is asked, in the person's own words.
    pub words: Option<String>,
}

impl Request {
    /// A request that has just come in.
    ///
    /// # Errors
    ///
    /// [`CasesError::Input`] when it does not say who asks, was received after `now`, or is an
    /// objection to marketing under another right.
    pub fn new(new: NewRequest, now: Timestamp) -> Result<Self> {
        let refuse = |what, why: &str| Err(CasesError::Input { what, why: why.to_owned() });
        if new.person.name.trim().is_empty() {
            return refuse("the name", "say who asks; the letters are written to that name");
        }
        if new.received > now {
            return refuse(
                "the day of receipt",
                "it is in the future; the month would begin too late",
            );
        }
        if new.marketing && new.right != Right::Objection {
            return refuse(
                "marketing",
                "only an objection (Art. 21) can be against direct marketing",
            );
        }
        if new.known.iter().any(|k| k.kind.is_empty() || k.value.is_empty()) {
            return refuse("an identifier", "write it as KIND=VALUE, such as customer=4711");
        }
        Ok(Self {
            v: 1,
            right: new.right,
            marketing: new.marketing,
            received: new.received,
            channel: new.channel,
            person: new.person,
            lang: new.lang,
            known: new.known,
            words: new.words,
            stage: Stage::Received,
            identity: Vec::new(),
            extension: None,
            searched: None,
            decision: None,
            answered: None,
            withdrawn: None,
            deferred: Vec::new(),
            recipients: Vec::new(),
            work: Map::new(),
        })
    }

    /// The request that a case's body holds.
    ///
    /// # Errors
    ///
    /// [`CasesError::Damaged`] when it is none, or one of a newer Frist.
    pub fn read(number: &str, body: &Value) -> Result<Self> {
        // serde's own message may repeat a value, so that only the place is told.
        let read = Request::deserialize(body);
        read.ok().filter(|r| r.v == 1).ok_or_else(|| CasesError::Damaged {
            what: "a request",
            why: format!("case `{number}` is none of version 1"),
        })
    }

    /// As the body of a case.
    ///
    /// # Errors
    ///
    /// [`CasesError::Damaged`]; does not happen.
    pub fn body(&self) -> Result<Value> {
        let told =
            |e: serde_json::Error| CasesError::Damaged { what: "a request", why: e.to_string() };
        serde_json::to_value(self).map_err(told)
    }

    /// The check of identity that counts, if the person was asked.
    #[must_use]
    pub fn check(&self) -> Option<&IdentityCheck> {
        self.identity.last()
    }

    /// The parts that are still to be done.
    pub fn open_parts(&self) -> impl Iterator<Item = &Deferred> {
        self.deferred.iter().filter(|d| d.done.is_none())
    }
}

mod lang {
    use frist_register::Lang;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(lang: &Lang, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(match lang {
            Lang::Da => "da",
            Lang::En => "en",
        })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Lang, D::Error> {
        match String::deserialize(d)?.as_str() {
            "da" => Ok(Lang::Da),
            "en" => Ok(Lang::En),
            _ => Err(D::Error::custom("a language is da or en")),
        }
    }
}

/// `Debug` by hand: what is kept about people, or in their words, must not get into a log.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
hidden! { Person Known IdentityCheck Extension Decision Deferred }

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({}, {})", self.right, self.stage.as_str())
    }
}

impl fmt::Debug for NewRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewRequest({})", self.right)
    }
}
