//! Signing in: accounts, links that work once, passwords, codes, sessions.
//!
//! An attempt costs the same whether there is such an account or not, and is slowed down by the name
//! that was typed, known or not, and by the address it came from; both are kept as keyed hashes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, PoisonError};

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use frist_ledger::Id;
use frist_state::{
    Account, AccountId, Identity, Limits, LinkFor, Look, NewAccount, Opened, Slowing, Stage, State,
    Via,
};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::access::Role;
use crate::factor::{self, Factor, mac, sha256, token};
use crate::guard::network;
use crate::password::Passwords;

/// How long a link to choose a password works.
const LINK: SignedDuration = SignedDuration::from_hours(48);
/// How long the link to make the first account works.
const SETUP: SignedDuration = SignedDuration::from_hours(2);
/// The log of access is kept so long.
pub(crate) const LOG: SignedDuration = SignedDuration::from_hours(24 * 365);
/// Passwords computed at once: each takes 19 MiB.
const AT_ONCE: usize = 2;

const BY_NAME: Slowing = slowing(5);
const BY_ADDRESS: Slowing = slowing(30);

const fn slowing(free: i64) -> Slowing {
    Slowing { free, most: SignedDuration::from_mins(15), forget: SignedDuration::from_hours(24) }
}

/// What cannot be done with an account.
#[derive(Debug, thiserror::Error)]
pub enum ProblemWithPerson {
    /// The name cannot be one.
    #[error("`{0}` cannot be a name to sign in with: {1}")]
    Name(String, String),
    /// A token that cannot be made.
    #[error("such a token cannot be made: {0}")]
    Token(&'static str),
    /// There is no such account.
    #[error("there is no account `{0}`")]
    Unknown(String),
    /// Frist's own database.
    #[error(transparent)]
    State(#[from] frist_state::Error),
    /// No random numbers.
    #[error("the operating system gave no random numbers")]
    Random,
}

/// Somebody to get an account.
pub struct NewPerson {
    /// The name to sign in with, and by which the ledger will know who acted.
    pub name: String,
    /// What the person is called.
    pub title: String,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Who makes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A link that works once.
pub struct Invited {
    /// Path of the link, below the console's address. A secret.
    pub path: String,
    /// Until when it works.
    pub until: Timestamp,
}

/// Makes an account; nobody can sign in with it before a link was used.
///
/// # Errors
/// When the name cannot be one or is taken.
pub fn add_person(state: &mut State, new: &NewPerson) -> Result<AccountId, ProblemWithPerson> {
    let name = new.name.trim();
    let bad = |why: &str| Err(ProblemWithPerson::Name(name.to_owned(), why.to_owned()));
    if name.chars().count() > 64 {
        return bad("use at most 64 signs");
    }
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._@+-".contains(c)) {
        return bad("use the letters a to z, digits and the signs . _ @ + -");
    }
    if let Err(e) = Id::new(name) {
        return bad(&e.to_string());
    }
    let account = NewAccount {
        name: name.to_owned(),
        title: one_line(&new.title, 120).unwrap_or_else(|| name.to_owned()),
        at: new.at,
        by: new.by.clone(),
    };
    let roles = new.roles.iter().map(|r| r.as_str().to_owned()).collect();
    Ok(state.add_account(&account, &roles)?)
}

/// A link with which a person chooses a password, in place of an earlier one.
///
/// # Errors
/// When there is no such account.
pub fn invite(
    state: &mut State,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<Invited, ProblemWithPerson> {
    let account =
        state.account(name)?.ok_or_else(|| ProblemWithPerson::Unknown(name.to_owned()))?;
    link(state, LinkFor::Account(account.id), by, now, LINK)
}

/// A link with which the first administrator makes an account; none when there is an account.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn set_up(
    state: &mut State,
    by: &str,
    now: Timestamp,
) -> Result<Option<Invited>, ProblemWithPerson> {
    match state.accounts()?.is_empty() {
        true => link(state, LinkFor::Setup, by, now, SETUP).map(Some),
        false => Ok(None),
    }
}

fn link(
    state: &mut State,
    to: LinkFor,
    by: &str,
    now: Timestamp,
    lives: SignedDuration,
) -> Result<Invited, ProblemWithPerson> {
    let secret = token(&random::<32>()?);
    let until = now + lives;
    state.add_link(&sha256(&secret), to, until, by)?;
    Ok(Invited { path: format!("/welcome/{secret}"), until })
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ProblemWithPerson> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ProblemWithPerson::Random)?;
    Ok(bytes)
}

/// What was typed into a field of one line: trimmed, without signs that are not seen, cut; none
/// when nothing is left.
pub(crate) fn one_line(text: &str, most: usize) -> Option<String> {
    let seen: String = text.chars().filter(|c| !c.is_control()).take(most).collect();
    let trimmed = seen.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// The roles of an account; words that no role has are none.
pub(crate) fn roles(account: &Account) -> BTreeSet<Role> {
    account.roles.iter().filter_map(|word| Role::parse(word)).collect()
}

/// Whether an account shows data of data subjects: by a role, or by a data set it needs to know.
pub(crate) fn reads(account: &Account) -> bool {
    !account.datasets.is_empty() || roles(account).into_iter().any(Role::reads)
}

/// Keys for each use, from the one that is kept outside of the database.
pub(crate) struct Keys {
    pub(crate) passwords: Passwords,
    pub(crate) forms: Zeroizing<[u8; 32]>,
    pub(crate) factors: Zeroizing<[u8; 32]>,
    /// Of cursors and of answers that are kept.
    pub(crate) api: Zeroizing<[u8; 32]>,
    attempts: Zeroizing<[u8; 32]>,
    room: Mutex<usize>,
    back: Condvar,
}

impl Keys {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let own = |what: &[u8]| Zeroizing::new(mac(key, &[what]));
        Self {
            passwords: Passwords::new(own(b"passwords")),
            forms: own(b"forms"),
            factors: own(b"factors"),
            api: own(b"api"),
            attempts: own(b"attempts"),
            room: Mutex::new(AT_ONCE),
            back: Condvar::new(),
        }
    }

    /// Computes a password, a few at once.
    pub(crate) fn compute<T>(&self, what: impl FnOnce(&Passwords) -> T) -> T {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        while *room == 0 {
            room = self.back.wait(room).unwrap_or_else(PoisonError::into_inner);
        }
        *room -= 1;
        drop(room);
        let answer = what(&self.passwords);
        *self.room.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.back.notify_one();
        answer
    }

    fn by_name(&self, what: &[u8], name: &str) -> ([u8; 32], Slowing) {
        (mac(&*self.attempts, &[what, name.to_lowercase().as_bytes()]), BY_NAME)
    }

    fn by_address(&self, address: IpAddr) -> ([u8; 32], Slowing) {
        (mac(&*self.attempts, &[b"address", &network(address)]), BY_ADDRESS)
    }

    /// The second factor of an account.
    pub(crate) fn factor(&self, account: &Account, kept: &[u8]) -> Factor {
        Factor::derive(&self.factors, &account.id.0.to_string(), kept)
    }
}

/// What came of an attempt to sign in.
pub(crate) enum Attempt {
    /// Wrong; whose, if there is such an account, for the log alone.
    Wrong(Option<String>),
    /// Too many: not before this instant.
    Wait(Timestamp),
    /// The password is right; the token of a session that asks for the second factor.
    Half(String),
    /// Signed in: the session's token.
    Whole(String),
}

/// Signs in by name and password.
pub(crate) fn sign_in(
    state: &mut State,
    keys: &Keys,
    (name, password): (&str, &str),
    address: IpAddr,
    now: Timestamp,
) -> Result<Attempt, ProblemWithPerson> {
    let (by_name, by_address) = (keys.by_name(b"name", name), keys.by_address(address));
    if let Some(until) = state.attempt(&[by_name, by_address], now)? {
        return Ok(Attempt::Wait(until));
    }
    let account = state.account(name)?;
    let open = account.as_ref().filter(|a| a.disabled_at.is_none());
    let hash = open.and_then(|a| a.password.as_deref());
    // No memory for it is as good as wrong.
    let right = keys.compute(|p| p.verify(password, hash)).unwrap_or(false);
    let Some(account) = open.filter(|_| right) else {
        return Ok(Attempt::Wrong(account.map(|a| a.name)));
    };
    state.forget_attempts(&by_name.0)?;
    state.forget_attempts(&by_address.0)?;
    let stage = if account.totp.is_some() { Stage::Half } else { Stage::Whole };
    let secret = token(&random::<32>()?);
    state.open_session(&sha256(&secret), account.id, stage, now)?;
    Ok(opened(stage, secret))
}

fn opened(stage: Stage, secret: String) -> Attempt {
    match stage {
        Stage::Half => Attempt::Half(secret),
        Stage::Whole => Attempt::Whole(secret),
    }
}

/// Whether answers of a provider come too often from this address: then until when.
pub(crate) fn too_often(
    state: &mut State,
    keys: &Keys,
    address: IpAddr,
    now: Timestamp,
) -> Result<Option<Timestamp>, ProblemWithPerson> {
    Ok(state.attempt(&[keys.by_address(address)], now)?)
}

/// Opens a session for somebody whom a provider has signed in. The second factor is asked for here,
/// unless the provider has proved it; `token` is what the provider wants to hear at the end.
pub(crate) fn sign_in_by_provider(
    state: &mut State,
    keys: &Keys,
    account: &Account,
    (proven, hint): (bool, &str),
    (address, now): (IpAddr, Timestamp),
) -> Result<Attempt, ProblemWithPerson> {
    state.forget_attempts(&keys.by_address(address).0)?;
    let via = if proven { Via::Proven } else { Via::Provider };
    let half = !proven && account.totp.is_some();
    let stage = if half { Stage::Half } else { Stage::Whole };
    let secret = token(&random::<32>()?);
    // The whole session has another token: what a half one keeps could not be opened there.
    let hint = if half { None } else { seal(&seal_key(&secret), hint) };
    let how = Opened { via, hint };
    state.open_session_by(&sha256(&secret), account.id, stage, &how, now)?;
    Ok(opened(stage, secret))
}

/// Makes an account, without any role, for somebody whom only the provider knows.
pub(crate) fn add_newcomer(
    state: &mut State,
    (name, title): (Option<&str>, Option<&str>),
    identity: &Identity,
    now: Timestamp,
) -> Result<AccountId, ProblemWithPerson> {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._@+-".contains(*c);
    let plain: String = name.unwrap_or_default().to_lowercase().chars().filter(allowed).collect();
    let plain: String = plain.chars().take(56).collect();
    let plain = if Id::new(&plain).is_ok() { plain } else { "person".into() };
    let title = title.unwrap_or(&plain).to_owned();
    for n in 1..1_000 {
        let name = if n == 1 { plain.clone() } else { format!("{plain}-{n}") };
        if state.account(&name)?.is_some() {
            continue;
        }
        let roles = BTreeSet::new();
        let new = NewPerson { name, title: title.clone(), roles, by: "provider".into(), at: now };
        let id = match add_person(state, &new) {
            Ok(id) => id,
            // Somebody took the name in this moment.
            Err(ProblemWithPerson::State(frist_state::Error::Refused { .. })) => continue,
            Err(e) => return Err(e),
        };
        state.link_identity(id, identity)?;
        return Ok(id);
    }
    Err(ProblemWithPerson::Name(plain, "it is taken, with every number after it".into()))
}

/// Goes on with the code of the second factor, or with a recovery code. The half session ends and
/// another takes its place.
pub(crate) fn second(
    state: &mut State,
    keys: &Keys,
    (account, half, via): (&Account, &[u8; 32], Via),
    code: &str,
    now: Timestamp,
) -> Result<Attempt, ProblemWithPerson> {
    let by_name = keys.by_name(b"code", &account.name);
    if let Some(until) = state.attempt(&[by_name], now)? {
        return Ok(Attempt::Wait(until));
    }
    if !proves(state, keys, account, code, now)? {
        return Ok(Attempt::Wrong(Some(account.name.clone())));
    }
    state.forget_attempts(&by_name.0)?;
    state.end_session(half)?;
    let secret = token(&random::<32>()?);
    let how = Opened { via, hint: None };
    state.open_session_by(&sha256(&secret), account.id, Stage::Whole, &how, now)?;
    Ok(Attempt::Whole(secret))
}

fn proves(
    state: &mut State,
    keys: &Keys,
    account: &Account,
    code: &str,
    now: Timestamp,
) -> Result<bool, ProblemWithPerson> {
    let Some(kept) = &account.totp else { return Ok(false) };
    if let Some(step) = keys.factor(account, kept).step(code, now.as_second()) {
        return Ok(state.use_totp(account.id, step)?);
    }
    // Six digits are never a recovery code; nor need the database be asked for what is short.
    let long = code.chars().filter(char::is_ascii_alphanumeric).count() >= 16;
    Ok(long && state.use_recovery(account.id, &factor::recovery_hash(code))?)
}

/// Whether this is the person's password, asked again before something important; slowed down like
/// signing in.
pub(crate) fn again(
    state: &mut State,
    keys: &Keys,
    account: &Account,
    password: &str,
    now: Timestamp,
) -> Result<Attempt, ProblemWithPerson> {
    let by_name = keys.by_name(b"again", &account.name);
    if let Some(until) = state.attempt(&[by_name], now)? {
        return Ok(Attempt::Wait(until));
    }
    let right = keys.compute(|p| p.verify(password, account.password.as_deref()));
    if !right.unwrap_or(false) {
        return Ok(Attempt::Wrong(Some(account.name.clone())));
    }
    state.forget_attempts(&by_name.0)?;
    Ok(Attempt::Whole(String::new()))
}

/// The key of what a session keeps sealed, from its token.
pub(crate) fn seal_key(secret: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(mac(secret.as_bytes(), &[b"seal"]))
}

/// Seals what only the session's own cookie opens. Each key seals once, so the nonce is fixed.
pub(crate) fn seal(key: &[u8; 32], plain: &str) -> Option<Vec<u8>> {
    ChaCha20Poly1305::new(key.into()).encrypt(&[0; 12].into(), plain.as_bytes()).ok()
}

/// Opens what [`seal`] has sealed.
pub(crate) fn unseal(key: &[u8; 32], sealed: &[u8]) -> Option<Zeroizing<String>> {
    let plain = ChaCha20Poly1305::new(key.into()).decrypt(&[0; 12].into(), sealed).ok()?;
    String::from_utf8(plain).ok().map(Zeroizing::new)
}

/// A line of the log.
pub(crate) fn look(at: Timestamp, who: &str, what: &str, about: &str) -> Look {
    Look { at, who: who.to_owned(), what: what.to_owned(), about: about.to_owned() }
}

/// How long sessions last.
pub(crate) fn limits() -> Limits {
    Limits::default()
}
