//! Passwords: Argon2id with a key that is not in the database, rules by OWASP ASVS 5 (6.2), and one
//! computation for every attempt, also where there is no such account.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

/// The shortest password, characters.
pub const SHORTEST: usize = 12;
/// The longest, bytes: more would only be work.
pub const LONGEST: usize = 512;

/// Memory in KiB, passes, lanes: OWASP's advice for Argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Shorter than [`SHORTEST`].
    Short,
    /// Longer than [`LONGEST`].
    Long,
    /// Among those that are tried first.
    Common,
    /// Made of the person's or the organisation's name.
    Name,
}

/// Looks at a new password; `names` are words that are too near at hand.
///
/// # Errors
/// Why it is refused.
pub fn check(password: &str, names: &[&str]) -> Result<(), Weak> {
    if password.len() > LONGEST {
        return Err(Weak::Long);
    }
    if password.chars().count() < SHORTEST {
        return Err(Weak::Short);
    }
    let plain = plain(password);
    let common = include_str!("common.txt").lines().filter(|l| !l.is_empty());
    // A common word with a few signs around it, or repeated, is as common.
    let word = plain.trim_matches(|c: char| !c.is_alphabetic());
    let near = |c: &str| plain == c || word == c || made_of(&plain, c);
    if common.map(str::trim).any(near) || same_or_row(&plain) {
        return Err(Weak::Common);
    }
    let mut names = names.iter().flat_map(|n| n.split_whitespace()).map(self::plain);
    match names.any(|n| n.chars().count() > 3 && (word == n || made_of(&plain, &n))) {
        true => Err(Weak::Name),
        false => Ok(()),
    }
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether it is nothing but repetitions of a word, and digits and signs.
fn made_of(password: &str, word: &str) -> bool {
    word.len() > 2 && password.contains(word) && {
        let rest = password.replace(word, "");
        !rest.chars().any(char::is_alphabetic)
    }
}

/// One sign, or signs that follow each other.
fn same_or_row(password: &str) -> bool {
    let signs: Vec<u32> = password.chars().map(u32::from).collect();
    let step = |by: i64| signs.windows(2).all(|w| i64::from(w[1]) - i64::from(w[0]) == by);
    [0, 1, -1].into_iter().any(step)
}

/// Computes and compares.
pub struct Passwords {
    key: Zeroizing<[u8; 32]>,
    /// A hash of nobody's password, compared with where there is no account.
    nobody: String,
    computed: AtomicU64,
}

impl Passwords {
    /// With the key that is kept outside of the database.
    #[must_use]
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        let nobody = format!("{}${}${}", head(COST), "A".repeat(22), "A".repeat(43));
        Self { key, nobody, computed: AtomicU64::new(0) }
    }

    /// The hash to keep of a password, with this random salt.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, argon2::Error> {
        let sum = self.compute(password, &salt, COST)?;
        Ok(format!("{}${}${}", head(COST), BASE64.encode(salt), BASE64.encode(sum.as_slice())))
    }

    /// Whether this is the password of the kept hash; always no, after as much work, when there is
    /// no hash.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, argon2::Error> {
        let kept = hash.and_then(parse);
        let real = kept.is_some();
        let Some((cost, salt, sum)) = kept.or_else(|| parse(&self.nobody)) else {
            return Ok(false);
        };
        // A longer one was never accepted: it is not worth the work of its length.
        let cut: &str = if password.len() > LONGEST { "" } else { password };
        let found = self.compute(cut, &salt, cost)?;
        Ok(same(found.as_slice(), &sum) && real && cut.len() == password.len())
    }

    /// How often a password was computed, so that a test can see that each attempt costs the same.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    fn compute(
        &self,
        password: &str,
        salt: &[u8],
        (memory, passes, lanes): (u32, u32, u32),
    ) -> Result<Zeroizing<[u8; 32]>, argon2::Error> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let params = Params::new(memory, passes, lanes, Some(32))?;
        let argon =
            Argon2::new_with_secret(&*self.key, Algorithm::Argon2id, Version::V0x13, params)?;
        let mut out = Zeroizing::new([0; 32]);
        argon.hash_password_into(password.as_bytes(), salt, out.as_mut_slice())?;
        Ok(out)
    }
}

fn head((memory, passes, lanes): (u32, u32, u32)) -> String {
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}")
}

/// Cost, salt and sum.
type Kept = ((u32, u32, u32), Vec<u8>, Vec<u8>);

/// The parts of a kept hash.
fn parse(text: &str) -> Option<Kept> {
    let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut cost = parts.next()?.split(',').map(|part| part.split_once('='));
    let mut number =
        |name| cost.next().flatten().filter(|(n, _)| *n == name).and_then(|(_, v)| v.parse().ok());
    let cost = (number("m")?, number("t")?, number("p")?);
    let salt = BASE64.decode(parts.next()?).ok()?;
    let sum = BASE64.decode(parts.next()?).ok()?;
    (parts.next().is_none() && sum.len() == 32).then_some((cost, salt, sum))
}

/// Whether two are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_same_or_it_is_not() {
        let passwords = Passwords::new(Zeroizing::new([7; 32]));
        let hash = passwords.hash("en lang sætning er bedst", [1; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("en lang sætning er bedst", Some(&hash)).unwrap());
        assert!(!passwords.verify("en lang sætning er bedst ", Some(&hash)).unwrap());
        let other = Passwords::new(Zeroizing::new([8; 32]));
        assert!(!other.verify("en lang sætning er bedst", Some(&hash)).unwrap(), "another key");
        let before = passwords.computed();
        assert!(!passwords.verify("x", None).unwrap());
        assert!(!passwords.verify(&"x".repeat(9_999), Some(&hash)).unwrap());
        assert!(!passwords.verify("x", Some("$argon2id$v=19$m=1$broken")).unwrap());
        assert_eq!(passwords.computed() - before, 3, "each costs one computation");
    }

    #[test]
    fn the_rules() {
        assert_eq!(check("kort", &[]), Err(Weak::Short));
        assert_eq!(check(&"æ".repeat(400), &[]), Err(Weak::Long));
        for common in
            ["password1234", "Adgangskode1!", "aaaaaaaaaaaa", "abcdefghijkl", "qwertyuiop12"]
        {
            assert_eq!(check(common, &[]), Err(Weak::Common), "{common}");
        }
        assert_eq!(check("Nordkyst2026!", &["Nordkyst Forsyning A/S"]), Err(Weak::Name));
        // No rules of composition: length is what counts.
        for good in ["korrekt hest batteri", "tolv tegn ok", "ÆØÅ æøå ÆØÅ æøå"] {
            assert_eq!(check(good, &["Anna Holm"]), Ok(()), "{good}");
        }
    }
}
