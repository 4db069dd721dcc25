//! Giving and withdrawing.

use std::fmt;

use frist_law::{Expiry, Start, Term};
use frist_ledger::entry::{Entry, Id};
use frist_register::{IdentityFormat, Lang, Register, Text};
use frist_state::Consent;
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::review::task::entry;
use crate::{CasesError, Result};

/// The version of this form of record.
pub const SCHEMA_VERSION: &str = "frist-consent-1";

/// From this day the age from which a child consents itself is [`AGE`]; before, it was [`AGE_BEFORE`].
/// Databeskyttelsesloven § 6(2), seen in a secondary source only.
const AGE_FROM: Date = Date::constant(2024, 1, 1);
const AGE: u8 = 15;
const AGE_BEFORE: u8 = 13;

/// What is said where the age counts: the law book has it from a secondary source only.
pub const AGE_CAUTION: &str =
    "databeskyttelsesloven § 6(2), seen in a secondary source only; check it";

/// A consent as it is given.
#[derive(Clone)]
pub struct Given {
    /// The kind of identifier ("customer").
    pub kind: String,
    /// The identifier: a number or another pseudonym.
    pub who: String,
    /// The id of the register's `[[consent]]` or `[[announcement]]` that was shown or read out.
    pub text: String,
    /// For an announcement, which of its purposes were consented to; empty for a `[[consent]]`.
    pub purposes: Vec<String>,
    /// How it was given ("web", "telephone, key 1").
    pub channel: String,
    /// The language it was shown in.
    pub lang: Lang,
    /// When.
    pub at: Timestamp,
    /// The person's age in whole years, where the service is offered to children; it is not kept.
    pub age: Option<u8>,
    /// Whether the holder of parental responsibility gave it.
    pub guardian: bool,
}

// By hand: who gives it is personal data.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({}, {}, {})", self.kind, self.text, self.channel)
    }
}

/// What the person gets.
#[derive(Clone, serde::Serialize)]
pub struct Receipt {
    /// The record's number.
    pub id: String,
    /// The token by which the person withdraws it again; only its hash is kept.
    pub token: String,
    /// How it is withdrawn, in the register's words.
    #[serde(skip)]
    pub withdraw: Text,
}

// By hand: whoever has the token can withdraw the consent.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receipt({})", self.id)
    }
}

/// By what a consent is named when it is withdrawn.
#[derive(Clone)]
pub enum Route {
    /// By the token from the receipt: the person's own way.
    Token(String),
    /// By its number.
    Id(String),
    /// By the person and the text: all of theirs that are in force.
    Person {
        /// The kind of identifier.
        kind: String,
        /// The identifier.
        who: String,
        /// The text's id.
        text: String,
    },
}

/// The purposes of a text, its version and words.
pub(super) struct Shown {
    pub(super) activity: String,
    pub(super) purposes: Vec<String>,
    pub(super) version: String,
    pub(super) words: String,
    pub(super) withdraw: Text,
    proof: Option<Term>,
}

/// The text of this id as the register has it now.
pub(super) fn shown(
    register: &Register,
    id: &str,
    purposes: &[String],
    lang: Lang,
) -> Result<Shown> {
    if let Some(c) = register.consents.iter().find(|c| c.id.value == id) {
        if purposes.iter().any(|p| *p != c.purpose.value) {
            return Err(CasesError::Input {
                what: "the purpose",
                why: format!("the text `{id}` asks for `{}` only", c.purpose.value),
            });
        }
        return Ok(Shown {
            activity: c.activity.value.clone(),
            purposes: vec![c.purpose.value.clone()],
            version: c.version.value.clone(),
            words: c.text.value.get(lang).to_owned(),
            withdraw: c.withdraw.clone(),
            proof: c.proof.as_ref().map(|p| Term::from(p.value)),
        });
    }
    let Some(a) = register.announcement(id) else {
        return Err(CasesError::NotFound {
            what: "[[consent]] or [[announcement]]",
            id: id.to_owned(),
        });
    };
    let asked = |p: &String| a.questions.iter().any(|q| q.purpose.value == *p);
    if purposes.is_empty() || !purposes.iter().all(asked) {
        let known: Vec<&str> = a.questions.iter().map(|q| q.purpose.as_str()).collect();
        return Err(CasesError::Input {
            what: "the purposes",
            why: format!(
                "say which of the announcement's were consented to, each by itself: {}",
                known.join(", ")
            ),
        });
    }
    let words: Vec<&str> = a.spoken().map(|s| s.text.value.get(lang)).collect();
    Ok(Shown {
        activity: a.activity.value.clone(),
        purposes: purposes.to_vec(),
        version: a.version.value.clone(),
        words: words.join("\n"),
        withdraw: Text::default(),
        proof: None,
    })
}

/// Whether a person may be named so in a consent record.
pub(super) fn named(register: &Register, kind: &str, who: &str) -> Result<()> {
    let input = |why: String| Err(CasesError::Input { what: "the person", why });
    let known = register.subjects.contains_key(kind) || register.identity(kind).is_some();
    if !known {
        return input(format!(
            "`{kind}` is neither a category of data subjects nor an [[identity]]"
        ));
    }
    if who.trim().is_empty() {
        return input("the identifier is empty".into());
    }
    match register.identity_rules(kind).0 {
        IdentityFormat::Name | IdentityFormat::Cpr => input(format!(
            "a consent record names people by a pseudonym, such as a customer number, and `{kind}` is none"
        )),
        _ => Ok(()),
    }
}

/// Keeps a consent; one call. `random` makes its number and its token: called again with the same, it
/// keeps nothing more and answers the same.
///
/// # Errors
/// When the text or the kind of identifier is not the register's, a child cannot consent by itself, or
/// Frist's own database does not answer.
pub fn give(engine: &mut Engine, given: &Given, by: &Id, random: [u8; 22]) -> Result<Receipt> {
    let register = &engine.register;
    named(register, &given.kind, &given.who)?;
    let shown = shown(register, &given.text, &given.purposes, given.lang)?;
    let zone = register.controller.calendar.zone.clone();
    let today = given.at.to_zoned(zone).date();
    let least = if today < AGE_FROM { AGE_BEFORE } else { AGE };
    if given.age.is_some_and(|age| age < least) && !given.guardian {
        return Err(CasesError::Input {
            what: "the person's age",
            why: format!(
                "a child under {least} cannot consent by itself to a service offered to it: ask the holder of parental responsibility ({AGE_CAUTION})"
            ),
        });
    }
    if given.channel.trim().is_empty() {
        return Err(CasesError::Input {
            what: "the channel",
            why: "say how it was given, such as `web`".into(),
        });
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let (number, token) = random.split_at(6);
    let token = hex(token);
    let id = format!("consent-{}-{}", today.strftime("%Y%m%d"), hex(number));
    let guardian = if given.guardian { ", by the holder of parental responsibility" } else { "" };
    let consent = Consent {
        id: id.clone(),
        schema_version: SCHEMA_VERSION.into(),
        kind: given.kind.clone(),
        who: given.who.trim().to_owned(),
        given_at: given.at,
        channel: format!("{}{guardian}", given.channel.trim()),
        purposes: shown.purposes.iter().map(|p| format!("{}/{p}", shown.activity)).collect(),
        text_id: given.text.clone(),
        text_version: shown.version,
        text_hash: text_hash(&shown.words),
        lang: code(given.lang).into(),
        given_by: by.to_string(),
        token: Some(hash(&token)),
        withdrawn_at: None,
        withdrawn_by: None,
        route: None,
        retention: retention(shown.proof),
        location: "frist/state".into(),
        erase_at: None,
    };
    let kept = consent.token.clone();
    let entries = [entry(&id, "given", by, given.at)?];
    if let Err(e) = engine.state.give_consents(&[consent], &entries) {
        // The same number and token: this very call was made before.
        let there = engine.state.consent(&id)?;
        if !there.is_some_and(|c| c.token.is_some() && c.token == kept) {
            return Err(e.into());
        }
    }
    Ok(Receipt { id, token, withdraw: shown.withdraw })
}

/// Withdraws consents; one call. Answers their numbers. What it means for the data, [`super::follows`] says.
///
/// # Errors
/// When there is no such consent in force, or Frist's own database does not answer.
pub fn withdraw(
    engine: &mut Engine,
    route: &Route,
    channel: Option<&str>,
    by: &Id,
    t: Timestamp,
) -> Result<Vec<Consent>> {
    let none = |id: &str| CasesError::NotFound { what: "consent in force", id: id.to_owned() };
    let mut found: Vec<Consent> = match route {
        Route::Token(token) => {
            engine.state.consent_by_token(&hash(token.trim()))?.into_iter().collect()
        }
        Route::Id(id) => engine.state.consent(id)?.into_iter().collect(),
        Route::Person { kind, who, text } => {
            let mut all = engine.state.consents_of(kind, who)?;
            all.retain(|c| c.text_id == *text);
            all
        }
    };
    found.retain(|c| c.withdrawn_at.is_none());
    if found.is_empty() {
        return Err(match route {
            Route::Token(_) => none("of this token"),
            Route::Id(id) => none(id),
            Route::Person { text, .. } => none(text),
        });
    }
    for c in &mut found {
        let gone = erase_at(&engine.register, &c.text_id, t);
        // As it was given, when nothing else is said: the same way out as in.
        let route = channel.unwrap_or(&c.channel).to_owned();
        let told: Entry = entry(&c.id, "withdrawn", by, t)?;
        engine.state.withdraw_consent(&c.id, t, by.as_str(), &route, gone, &told)?;
        (c.withdrawn_at, c.route, c.erase_at) = (Some(t), Some(route), Some(gone));
    }
    Ok(found)
}

/// A person's consents, also those that were withdrawn and are still there.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn of(engine: &mut Engine, kind: &str, who: &str) -> Result<Vec<Consent>> {
    Ok(engine.state.consents_of(kind, who)?)
}

/// When the record of a consent that was withdrawn at `t` goes.
pub(super) fn erase_at(register: &Register, text: &str, t: Timestamp) -> Timestamp {
    let proof =
        register.consents.iter().find(|c| c.id.value == text).and_then(|c| c.proof.as_ref());
    let Some(proof) = proof else { return t };
    let calendar = &register.controller.calendar;
    match frist_law::expires(Term::from(proof.value), &Start::Instant(t), calendar) {
        Expiry::At(at) => at,
        Expiry::Never => t,
    }
}

/// Erases the records whose time is over: those withdrawn whose short time has passed, and those of purposes
/// that are no longer pursued, since no processing runs that they prove. Answers how many.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn tidy(engine: &mut Engine, t: Timestamp) -> Result<u64> {
    let today = t.to_zoned(engine.register.controller.calendar.zone.clone()).date();
    let runs = |name: &String| {
        // What the register does not name any more may be a mistake in it: kept, and shown.
        let Some((a, p)) = name.split_once('/') else { return true };
        let activity = engine.register.activity(a);
        let purpose = activity.and_then(|a| a.purposes.iter().find(|x| x.id.value == p));
        purpose.is_none_or(|p| p.ended.as_ref().is_none_or(|e| e.value > today))
    };
    let over: Vec<String> = engine
        .state
        .consents()?
        .into_iter()
        .filter(|c| c.withdrawn_at.is_none() && !c.purposes.iter().any(runs))
        .map(|c| c.id)
        .collect();
    Ok(engine.state.erase_consents(t, &over)?)
}

pub(super) fn retention(proof: Option<Term>) -> String {
    match proof {
        Some(term) => format!("while the processing runs, and {term} after a withdrawal"),
        None => "while the processing runs; erased with the withdrawal".into(),
    }
}

pub(super) fn proof_of(shown: &Shown) -> Option<Term> {
    shown.proof
}

/// SHA-256 of a text, hex.
pub(super) fn text_hash(words: &str) -> String {
    Sha256::digest(words.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

pub(super) fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => "da",
        Lang::En => "en",
    }
}
