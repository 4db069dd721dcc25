//! What is told instead of an answer: problem details (RFC 9457). None of them repeats a value that
//! was sent or read, since it could be somebody's.

use axum::http::StatusCode;
use frist_cases::CasesError;
use frist_register::Lang;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::face::Trouble;

macro_rules! kinds {
    ($($name:ident $id:literal $status:literal $title:literal $da:literal $en:literal;)+) => {
        /// Why there is no answer. Each has a page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($name,)+ }

        impl Kind {
            /// All.
            pub(crate) const ALL: &'static [Kind] = &[$(Kind::$name,)+];

            /// The last part of its address.
            pub(crate) fn id(self) -> &'static str {
                match self { $(Kind::$name => $id,)+ }
            }

            /// The status that it is answered with.
            pub(crate) fn status(self) -> u16 {
                match self { $(Kind::$name => $status,)+ }
            }

            /// Its title, the same each time.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Kind::$name => $title,)+ }
            }

            /// What it means and what to do, for its page.
            pub(crate) fn text(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Kind::$name, Lang::Da) => $da, (Kind::$name, Lang::En) => $en,)+ }
            }
        }
    };
}

kinds! {
    Malformed "malformed" 400 "The request cannot be read"
        "Brødteksten er ikke JSON, eller adressen eller et hoved kan ikke læses."
        "The body is no JSON, or the address or a header cannot be read.";
    Parameter "invalid-parameter" 400 "A parameter is not valid"
        "En parameter i adressen findes ikke, står der to gange eller har en forkert værdi. `errors` nævner den. En `cursor` virker kun på den liste, den kom fra."
        "A parameter of the address is unknown, is there twice or has a wrong value. `errors` names it. A `cursor` works only for the list that it came from.";
    Unauthorized "unauthorized" 401 "A token is needed"
        "Forespørgslen har ingen nøgle, eller den virker ikke: ukendt, udløbet eller tilbagekaldt. Send den som `Authorization: Bearer frist_…`. En administrator laver en ny under Opsætning."
        "The request has no token, or one that does not work: unknown, expired or revoked. Send it as `Authorization: Bearer frist_…`. An administrator makes a new one under Setting up.";
    Forbidden "forbidden" 403 "The token may not do this"
        "Nøglen har ikke det omfang, der skal til, eller ikke behov for at kende datasættet, eller den samme har lavet det, som skal godkendes. Omfang, som viser personoplysninger, virker først, når databeskyttelsesrådgiveren har givet det."
        "The token lacks the scope, or does not need to know the data set, or whoever approves also made it. A scope that shows personal data works only once the data protection officer has granted it.";
    NotFound "not-found" 404 "There is no such thing"
        "Der er intet på den adresse, eller intet med det navn, som nøglen må se."
        "There is nothing at this address, or nothing of this name that the token may see.";
    Method "method-not-allowed" 405 "The method is not allowed here"
        "Adressen findes, men ikke med den metode. Hovedet `Allow` nævner dem, den har."
        "The address exists, but not with this method. The header `Allow` names those that it has.";
    Acceptable "not-acceptable" 406 "No form of the answer is acceptable"
        "`Accept` udelukker den form, som svaret har."
        "`Accept` excludes the form that the answer has.";
    Slow "too-slow" 408 "The request took too long to come in"
        "Brødteksten kom for langsomt."
        "The body came in too slowly.";
    Conflict "conflict" 409 "That is not possible as things stand"
        "Sagen, planen eller tilbageholdelsen er ikke dér, hvor trinnet begynder, eller navnet er brugt. `detail` siger, hvad der kan lade sig gøre i stedet."
        "The case, plan or hold is not where the step begins, or the name is taken. `detail` says what is possible instead.";
    UnderWay "under-way" 409 "The same request is under way"
        "En forespørgsel med den samme `Idempotency-Key` er ikke færdig endnu. Prøv igen om lidt."
        "A request with the same `Idempotency-Key` has not ended yet. Try again in a moment.";
    Precondition "precondition-failed" 412 "It was changed meanwhile"
        "Det, som `If-Match` nævner, er ikke det, der er nu. Hent det igen, se på det, og prøv så."
        "What `If-Match` names is not what is there now. Get it again, look at it, then try.";
    TooLarge "too-large" 413 "The body is too large"
        "Brødteksten er for stor."
        "The body is too large.";
    MediaType "unsupported-media-type" 415 "The body is of another type"
        "Brødteksten skal være `application/json`."
        "The body must be `application/json`.";
    Invalid "invalid" 422 "The body does not fit its schema"
        "Brødteksten er JSON, men ikke i den form, som adressen tager. `errors` nævner hvert sted med en JSON-pointer."
        "The body is JSON, but not of the form that the address takes. `errors` names each place by a JSON pointer.";
    Refused "refused" 422 "What was sent cannot be used"
        "Formen er rigtig, men indholdet kan ikke bruges: for eksempel et felt, som datasættet ikke har, eller en dag, der er for sent. `detail` siger hvad."
        "The form is right, but what it says cannot be used: a field that the data set does not have, say, or a day that is too late. `detail` says what.";
    KeyReused "key-reused" 422 "The idempotency key belongs to another request"
        "Den samme `Idempotency-Key` er inden for et døgn brugt til en anden forespørgsel. Tag en ny."
        "The same `Idempotency-Key` was used for another request within a day. Take a new one.";
    TooMany "too-many-requests" 429 "Too many requests"
        "Nøglen eller adressen har brugt sine forespørgsler. `Retry-After` siger, hvornår der er flere."
        "The token or the address has used up its requests. `Retry-After` says when there are more.";
    Broken "internal" 500 "An error of the program"
        "En fejl i programmet. Loggen på serveren ved mere."
        "An error of the program. The server's log knows more.";
    Counting "counting" 503 "The records are still being counted"
        "Posterne tælles op lige nu, for eksempel fordi serveren er startet for nylig. Spørg igen efter det antal sekunder, som `Retry-After` siger."
        "The records are being counted, for example because the server has just started. Ask again after the seconds that `Retry-After` says.";
    Trouble "unavailable" 503 "Something behind the interface does not answer"
        "En datakilde eller Frists egen database svarer ikke, eller en anden holder den. Prøv igen; `detail` siger, hvad der skete."
        "A store or Frist's own database does not answer, or somebody else holds it. Try again; `detail` says what happened.";
}

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Wrong {
    /// Where in the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which parameter of the address, or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

/// A problem as it is sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Told {
    /// The address of the page about this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words, the same each time.
    pub title: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// The address that was asked, without its query.
    pub instance: String,
    /// Each thing that is wrong with what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Wrong>,
}

/// Why there is no answer, this time.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
    pub(crate) errors: Vec<Wrong>,
    /// Not before this instant.
    pub(crate) until: Option<Timestamp>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), until: None }
    }

    pub(crate) fn none() -> Self {
        Self::new(Kind::NotFound, "there is nothing here that the token may see")
    }

    pub(crate) fn denied() -> Self {
        Self::new(Kind::Forbidden, "the table of access says no, as the matter stands")
    }

    pub(crate) fn counting() -> Self {
        Self::new(Kind::Counting, "the records are being counted; ask again in a moment")
    }

    pub(crate) fn refused(detail: impl Into<String>) -> Self {
        Self::new(Kind::Refused, detail)
    }

    pub(crate) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        let wrong =
            Wrong { pointer: None, parameter: Some(name.to_owned()), detail: detail.into() };
        Self {
            errors: vec![wrong],
            ..Self::new(Kind::Parameter, "a parameter of the address cannot be used; see `errors`")
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether it lies with us or what is behind us, and not with what was asked.
    pub(crate) fn is_ours(&self) -> bool {
        self.kind.status() >= 500 && !matches!(self.kind, Kind::Counting)
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        let help = trouble.help.map(|h| format!("; {h}")).unwrap_or_default();
        Self::new(Kind::Trouble, trouble.message + &help)
    }
}

impl From<frist_state::Error> for Problem {
    fn from(e: frist_state::Error) -> Self {
        use frist_state::Error as E;
        let kind = match &e {
            E::NotFound { .. } => Kind::NotFound,
            E::Refused { .. } => Kind::Conflict,
            E::CaseChanged { .. } => Kind::Precondition,
            E::Value { .. } => Kind::Refused,
            _ => Kind::Trouble,
        };
        let detail = match &e {
            E::NotFound { what, .. } => format!("there is no such {what}"),
            e => e.to_string(),
        };
        Self::new(kind, detail)
    }
}

impl From<frist_stores::StoreError> for Problem {
    fn from(e: frist_stores::StoreError) -> Self {
        let kind = match &e {
            // A key of another shape, a test that the store cannot make.
            frist_stores::StoreError::Unsupported { .. } => Kind::Refused,
            _ => Kind::Trouble,
        };
        Self::new(kind, e.to_string())
    }
}

impl From<frist_ledger::Error> for Problem {
    fn from(e: frist_ledger::Error) -> Self {
        let kind = match &e {
            frist_ledger::Error::Value { .. } => Kind::Refused,
            _ => Kind::Trouble,
        };
        Self::new(kind, e.to_string())
    }
}

impl From<frist_sweep::Error> for Problem {
    fn from(e: frist_sweep::Error) -> Self {
        use frist_sweep::Error as E;
        match e {
            E::State(e) => e.into(),
            E::Store(e) => e.into(),
            E::Ledger(e) => e.into(),
            // Names that nothing of ours has are not repeated.
            E::UnknownDataset(_) => Self::new(Kind::NotFound, "the register has no such data set"),
            E::UnknownPlan(_) => Self::new(Kind::NotFound, "there is no such plan"),
            E::NotErased { .. } | E::NoSuchRecord { .. } => {
                Self::new(Kind::NotFound, e.to_string())
            }
            E::PlanRefused { .. } | E::RegisterChanged => Self::new(Kind::Conflict, e.to_string()),
            E::Busy { until } => {
                Self { until: Some(until), ..Self::new(Kind::Trouble, e.to_string()) }
            }
            E::Rule(_) | E::Clock(_) | E::Damaged { .. } | E::RolledBack { .. } => {
                Self::new(Kind::Trouble, e.to_string())
            }
        }
    }
}

impl From<CasesError> for Problem {
    fn from(e: CasesError) -> Self {
        match e {
            CasesError::State(e) => e.into(),
            CasesError::Sweep(e) => e.into(),
            CasesError::Store(e) => e.into(),
            CasesError::Ledger(e) => e.into(),
            CasesError::NotFound { what, .. } => {
                Self::new(Kind::NotFound, format!("there is no such {what}"))
            }
            CasesError::Step { .. } | CasesError::Refused(_) | CasesError::SecondPerson { .. } => {
                Self::new(Kind::Conflict, e.to_string())
            }
            CasesError::Input { .. } => Self::new(Kind::Refused, e.to_string()),
            e => Self::new(Kind::Trouble, e.to_string()),
        }
    }
}

impl From<frist_documents::Error> for Problem {
    fn from(e: frist_documents::Error) -> Self {
        let kind = match &e {
            frist_documents::Error::NoSubject { .. } => Kind::NotFound,
            _ => Kind::Trouble,
        };
        Self::new(kind, e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_an_address_and_words_of_its_own() {
        let ids: BTreeSet<&str> = Kind::ALL.iter().map(|k| k.id()).collect();
        let titles: BTreeSet<&str> = Kind::ALL.iter().map(|k| k.title()).collect();
        assert_eq!((ids.len(), titles.len()), (Kind::ALL.len(), Kind::ALL.len()));
        for kind in Kind::ALL {
            assert!((400..600).contains(&kind.status()), "{kind:?}");
            assert_ne!(kind.text(Lang::Da), kind.text(Lang::En), "{kind:?}");
        }
    }
}
