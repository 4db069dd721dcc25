//! Tokens of machines: made and revoked by administrators, given what shows data of data subjects by
//! data protection officers, as roles are.

use std::collections::{BTreeMap, BTreeSet};

use frist_state::{NewToken, State, Token};
use jiff::{SignedDuration, Timestamp};

use crate::api::Scope;
use crate::factor::{sha256, token};
use crate::people::{ProblemWithPerson, one_line, random};

/// What every token begins with, so that one that lies about is known for what it is.
pub const PREFIX: &str = "frist_";
/// Before a token's name, where it is named among people; no account has such a sign.
pub(crate) const WHO: &str = "token:";
/// Days for which a token works when nothing is said, and at most.
pub const DAYS: i64 = 90;
/// At most.
pub const MOST_DAYS: i64 = 366;

/// A token to be made.
pub struct WantedToken {
    /// Its name; never given twice, since the ledger names it.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// What it is to do.
    pub scopes: BTreeSet<Scope>,
    /// The data sets whose records it needs to see; `*` is all.
    pub datasets: BTreeSet<String>,
    /// For how many days it works.
    pub days: i64,
    /// Who makes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Whether whoever makes it may also grant what shows data of data subjects. Else that is asked
    /// for, and nothing until a data protection officer has granted it.
    pub grants: bool,
}

/// A token that was made.
pub struct MadeToken {
    /// The secret, shown once. Only its hash is kept.
    pub secret: String,
    /// Until when it works.
    pub until: Timestamp,
}

/// Makes a token.
///
/// # Errors
/// When the name cannot be one or was given before, or the days are out of range.
pub fn make_token(state: &mut State, want: &WantedToken) -> Result<MadeToken, ProblemWithPerson> {
    let name = want.name.trim();
    let bad = |why: &'static str| Err(ProblemWithPerson::Token(why));
    let sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(sign) {
        return bad("its name has 1 to 64 of the letters a to z, digits and the signs . _ -");
    }
    if !(1..=MOST_DAYS).contains(&want.days) {
        return bad("it works for 1 to 366 days");
    }
    let secret = new_secret()?;
    let until = want.at + SignedDuration::from_hours(24 * want.days);
    let grant = |s: &Scope| (want.grants || !s.reads()).then(|| want.by.clone());
    let scopes: BTreeMap<String, Option<String>> =
        want.scopes.iter().map(|s| (s.as_str().to_owned(), grant(s))).collect();
    state.add_token(&NewToken {
        name: name.to_owned(),
        title: one_line(&want.title, 200).unwrap_or_default(),
        hash: sha256(&secret),
        scopes,
        datasets: if want.grants { want.datasets.clone() } else { BTreeSet::new() },
        by: want.by.clone(),
        at: want.at,
        expires_at: until,
    })?;
    Ok(MadeToken { secret, until })
}

/// Grants a token these of the scopes that show data of data subjects, takes back the others, and says
/// which data sets it needs to see. A token that showed nothing before gets another secret: whoever
/// made it knows the old one. Answers that secret.
pub(crate) fn grant(
    state: &mut State,
    of: &Token,
    granted: &BTreeSet<Scope>,
    datasets: &BTreeSet<String>,
    (by, at): (&str, Timestamp),
) -> Result<Option<String>, ProblemWithPerson> {
    let words = |scopes: &mut dyn Iterator<Item = Scope>| -> BTreeSet<String> {
        scopes.map(|s| s.as_str().to_owned()).collect()
    };
    let among = words(&mut Scope::ALL.iter().copied().filter(|s| s.reads()));
    let granted = words(&mut granted.iter().copied().filter(|s| s.reads()));
    let fresh = !reads(of) && (!granted.is_empty() || !datasets.is_empty());
    let secret = match fresh {
        true => Some(new_secret()?),
        false => None,
    };
    let hash = secret.as_deref().map(sha256);
    state.grant_token(of.id, &among, &granted, datasets, hash.as_ref(), by, at)?;
    Ok(secret)
}

/// Whether a token shows data of data subjects.
pub(crate) fn reads(token: &Token) -> bool {
    let granted = token.scopes.iter().filter(|(_, by)| by.is_some());
    let mut scopes = granted.filter_map(|(word, _)| Scope::parse(word));
    !token.datasets.is_empty() || scopes.any(Scope::reads)
}

fn new_secret() -> Result<String, ProblemWithPerson> {
    Ok(format!("{PREFIX}{}", token(&random::<32>()?)))
}

/// Whether a token has this scope, granted.
pub(crate) fn has(token: &Token, scope: Scope) -> bool {
    token.scopes.get(scope.as_str()).is_some_and(Option::is_some)
}

/// Whether two that act are different hands: a token is the hand of whoever was shown its secret.
pub(crate) fn other_hand(
    state: &mut State,
    one: &str,
    other: &str,
) -> Result<bool, frist_state::Error> {
    let mut hand = |who: &str| -> Result<String, frist_state::Error> {
        let Some(name) = who.strip_prefix(WHO) else { return Ok(who.to_owned()) };
        Ok(state.token(name)?.map_or_else(|| who.to_owned(), |t| t.shown_to))
    };
    Ok(hand(one)? != hand(other)?)
}
