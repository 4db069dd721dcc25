//! The answers, and the articles that they rest on.

use std::fmt;
use std::str::FromStr;

use frist_law::Basis;
use frist_law::book::Verified;
use frist_register::Text;
use frist_stores::Key;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

macro_rules! articles {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The article of the GDPR that an answer rests on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Article {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Article {
            /// As it is cited: `17(3)(b)`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }

        impl FromStr for Article {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($word => Ok(Self::$name),)* _ => Err(()) }
            }
        }
    };
}

articles! {
    /// No longer necessary.
    NotNecessary = "17(1)(a)",
    /// Consent taken back, and no other ground.
    ConsentTakenBack = "17(1)(b)",
    /// Objection, without overriding grounds; or against direct marketing.
    Objected = "17(1)(c)",
    /// A legal duty to erase.
    DutyToErase = "17(1)(e)",
    /// None of Art. 17(1): still necessary for its purpose, or by another ground.
    NoneOfThese = "17(1)",
    /// Freedom of expression and information.
    Expression = "17(3)(a)",
    /// A legal obligation to keep, or a public task.
    Obligation = "17(3)(b)",
    /// Public health.
    Health = "17(3)(c)",
    /// Archiving, research, statistics.
    Archive = "17(3)(d)",
    /// Legal claims.
    Claims = "17(3)(e)",
    /// Compelling legitimate grounds against an objection.
    Overriding = "21(1)",
}

impl fmt::Display for Article {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What only a person can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// A fact that decides is missing or malformed; it is put right in the store.
    Settle {
        /// The fact.
        fact: String,
        /// What is wrong with it, in words.
        problem: Text,
    },
    /// Do the interests of the person prevail over this one (Art. 21(1))?
    Weigh {
        /// The purpose.
        purpose: String,
        /// In words.
        title: Text,
        /// The legitimate interest that the register states.
        interest: Option<Text>,
    },
    /// Is this purpose direct marketing, against which the objection is?
    Marketing {
        /// The purpose.
        purpose: String,
        /// In words.
        title: Text,
    },
    /// The register's own question about records of which a ground has ended.
    Review {
        /// The question.
        text: Text,
    },
    /// The record is restricted for this very person (Art. 18), who may want it kept.
    Restricted {
        /// The case in which it was.
        case: String,
    },
}

/// What is answered for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes.
    Erase {
        /// Why.
        article: Article,
        /// Since when it should have been gone by the rules, when it was late.
        late_since: Option<Timestamp>,
    },
    /// It stays.
    Refuse {
        /// Why.
        article: Article,
        /// The paragraph, in the version in force for the record's own date.
        citation: Option<String>,
        /// The last day on which it stays; none where nobody can say yet.
        until: Option<Date>,
        /// The hold's matter; only where the choices let it be named.
        matter: Option<String>,
        /// A decision of Datatilsynet on the same point.
        practice: Option<&'static str>,
        /// The reason in a person's words, where one decided it.
        reason: Option<String>,
    },
    /// A person must answer first; nothing is erased until then.
    Person {
        /// What.
        question: Question,
    },
    /// What is objected to or taken back concerns no ground of it: it stays as it was, and nothing is
    /// refused by that.
    Untouched,
    /// It is not there (any more).
    Absent,
}

impl Answer {
    /// The word under which it is kept with the case.
    pub fn word(&self) -> &'static str {
        match self {
            Answer::Erase { .. } => "erase",
            Answer::Refuse { .. } => "refuse",
            Answer::Person { .. } => "person",
            Answer::Untouched => "untouched",
            Answer::Absent => "absent",
        }
    }

    /// A refusal with nothing but its article.
    pub(super) fn refuse(article: Article) -> Self {
        let (citation, until, matter, practice, reason) = (None, None, None, None, None);
        Answer::Refuse { article, citation, until, matter, practice, reason }
    }
}

/// Where one ground stands in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// A statute's duty, in force.
    Duty,
    /// Still necessary.
    Needed,
    /// Ended by the request itself: consent taken back.
    TakenBack,
    /// Ended by the objection.
    Objected,
    /// A person must weigh it.
    Weigh,
    /// It overrides the objection.
    Overrides,
    /// Had ended already.
    Ended,
    /// Does not concern this record.
    NotConcerned,
    /// Nobody can say.
    Unknown,
}

/// One ground that was considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroundAnswer {
    /// The purpose, by its id.
    pub purpose: String,
    /// The purpose or the statute, in words.
    pub title: Text,
    /// The legal basis.
    pub basis: Option<Basis>,
    /// The paragraph.
    pub citation: Option<String>,
    /// How well the law book knows it.
    pub verified: Option<Verified>,
    /// The last day on which it keeps; none where it is unknown or open-ended.
    pub ends: Option<Date>,
    /// Where it stands.
    pub stands: Stands,
}

/// What is answered for one record, and why.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordAnswer {
    /// The data set.
    pub dataset: String,
    /// The record.
    pub key: Key,
    /// The answer.
    pub answer: Answer,
    /// Every ground that was considered, in the register's order.
    pub reasons: Vec<GroundAnswer>,
    /// The grounds that no longer count, as [`frist_decide::RuleSet::without`] knows them.
    pub without: Vec<String>,
    /// The ids of the holds by which it is refused.
    pub holds: Vec<String>,
    /// Further questions, that would not change the answer today but the day on which it goes.
    pub open: Vec<Question>,
}

// By hand: the key is personal data.
impl fmt::Debug for RecordAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dataset, answer, without, .. } = self;
        write!(f, "RecordAnswer({dataset}, {answer:?}, without {without:?})")
    }
}

impl RecordAnswer {
    pub(super) fn absent(dataset: &str, key: &Key) -> Self {
        Self {
            dataset: dataset.to_owned(),
            key: key.clone(),
            answer: Answer::Absent,
            reasons: Vec::new(),
            without: Vec::new(),
            holds: Vec::new(),
            open: Vec::new(),
        }
    }
}
