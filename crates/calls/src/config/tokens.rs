//! Who may use the HTTP interface: tokens, of which only hashes are kept, and roles.

use std::collections::BTreeSet;

use frist_register::strict::Tab;
use frist_register::{Code, Diagnostic, Severity, Sources, Sp};
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::shape::{ROLES, TOKEN, TOKEN_ROOT, TOKENS};

/// What a token may be used for. Each route of the API names the roles that may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Another system: says what a caller consented to, and reads figures.
    Machine,
    /// A person who takes calls: withdraws for the caller, pauses, flags.
    Agent,
    /// Sees calls under way, and stops and resumes all recording.
    Supervisor,
    /// Listens, for the purposes that the token names.
    Listener,
    /// Transfers flagged calls to evidence.
    Evidence,
    /// The data protection officer: sees who listened, why, and who stopped recording.
    Dpo,
}

impl Role {
    /// Every role, in the order in which they are written of.
    pub const ALL: [Role; 6] =
        [Role::Machine, Role::Agent, Role::Supervisor, Role::Listener, Role::Evidence, Role::Dpo];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ROLES[self as usize]
    }

    /// The role of this word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.as_str() == text)
    }
}

/// One token: who has it and what it may do. The token itself is not known.
#[derive(Debug, Clone)]
pub struct Token {
    /// Who has it.
    pub name: String,
    /// What it may be used for.
    pub roles: BTreeSet<Role>,
    /// The purposes for which recordings may be heard.
    pub purposes: Vec<Sp<String>>,
    /// The last day on which it is good, in the controller's zone.
    pub until: Option<Date>,
    hash: [u8; 32],
}

/// All tokens.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Vec<Token>);

/// A token that was just made: what is told to its owner, once, and what is kept.
pub struct NewToken {
    /// The token.
    pub secret: Zeroizing<String>,
    /// The table for the tokens file.
    pub table: String,
}

impl Tokens {
    /// Reads a tokens file.
    pub fn read(name: &str, text: &str) -> (Option<Tokens>, Sources, Vec<Diagnostic>) {
        let (tokens, sources, said) = frist_register::strict::read(
            name,
            text,
            TOKENS,
            &TOKEN_ROOT,
            |tab| -> Vec<(Sp<String>, Token)> {
                tab.tables("token", &TOKEN).iter().filter_map(token).collect()
            },
        );
        let mut said = said;
        let mut seen: Vec<&Sp<String>> = Vec::new();
        for (name, _) in &tokens {
            if let Some(first) = seen.iter().find(|s| **s == name) {
                let message = format!("two tokens are called `{}`", name.value);
                said.push(
                    Diagnostic::new(Code::E0006, name.span, message)
                        .label(first.span, "the first is here")
                        .help("the logs name who listened: give each a name of its own"),
                );
            }
            seen.push(name);
        }
        let failed = said.iter().any(|d| d.severity == Severity::Error);
        let tokens = Tokens(tokens.into_iter().map(|(_, t)| t).collect());
        ((!failed).then_some(tokens), sources, said)
    }

    /// The token that this is, when it is one and still good on this day. Takes the same time for
    /// every wrong token: what is compared are hashes, all of them and to the end.
    #[must_use]
    pub fn find(&self, secret: &str, today: Date) -> Option<&Token> {
        let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let mut found = None;
        for token in &self.0 {
            let differ = token.hash.iter().zip(&hash).fold(0u8, |d, (a, b)| d | (a ^ b));
            if std::hint::black_box(differ) == 0 {
                found = Some(token);
            }
        }
        found.filter(|t| t.until.is_none_or(|day| today <= day))
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Token> {
        self.0.iter()
    }
}

fn token(table: &Tab<'_>) -> Option<(Sp<String>, Token)> {
    let name = table.id();
    let mut roles = BTreeSet::new();
    if !table.has("roles") {
        table.missing("roles");
    }
    for word in table.strings("roles") {
        match Role::parse(&word.value) {
            Some(role) => drop(roles.insert(role)),
            None => {
                let message = format!("there is no role `{}`", word.value);
                table.say(
                    Diagnostic::new(Code::E0005, word.span, message)
                        .help(format!("the roles are {}", ROLES.join(", "))),
                );
            }
        }
    }
    let purposes = table.strings("purposes");
    if let Some(first) = purposes.first().filter(|_| !roles.contains(&Role::Listener)) {
        table.say(
            Diagnostic::new(Code::E0008, first.span, "`purposes` is for those who listen")
                .help("add the role `listener`, or take `purposes` out"),
        );
    }
    if roles.contains(&Role::Listener) && purposes.is_empty() {
        table.say(
            Diagnostic::new(Code::E0004, table.span, "a listener lacks `purposes`").help(
                "name the purposes for which recordings may be heard: purposes = [\"quality\"]",
            ),
        );
    }
    let hash = table.need_str("sha256").and_then(|text| {
        let hash = unhex(&text.value);
        if hash.is_none() {
            table.say(
                Diagnostic::new(Code::E0005, text.span, "this is no SHA-256 in hexadecimal")
                    .help("make a token with `frist calls token new`; only its hash belongs here"),
            );
        }
        hash
    });
    let until = table.date("until").map(|d| d.value);
    table.finish();
    let name = name?;
    Some((name.clone(), Token { name: name.value, roles, purposes, until, hash: hash? }))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|c| c.to_digit(16)).collect();
    let bytes: Vec<u8> = digits?.chunks_exact(2).map(|d| (d[0] * 16 + d[1]) as u8).collect();
    if text.trim().len() == 64 { bytes.try_into().ok() } else { None }
}

/// Makes a token of 256 random bits.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn new_token(
    name: &str,
    roles: &BTreeSet<Role>,
    purposes: &[String],
    until: Option<Date>,
) -> Result<NewToken, getrandom::Error> {
    use base64::Engine as _;
    let mut bytes = Zeroizing::new([0u8; 32]);
    getrandom::fill(bytes.as_mut_slice())?;
    let secret = Zeroizing::new(format!(
        "frist_{}",
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes.as_slice())
    ));
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    let list =
        |words: Vec<&str>| words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
    let mut table = format!("[[token]]\nid = \"{name}\"\n");
    table += &format!("roles = [{}]\n", list(roles.iter().map(|r| r.as_str()).collect()));
    if !purposes.is_empty() {
        table += &format!("purposes = [{}]\n", list(purposes.iter().map(String::as_str).collect()));
    }
    if let Some(day) = until {
        table += &format!("until = {day}\n");
    }
    table += &format!("sha256 = \"{hex}\"\n");
    Ok(NewToken { secret, table })
}
