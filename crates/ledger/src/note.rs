//! Signed notes and their keys: C2SP `signed-note`, with Ed25519 (signature type 1) only.
//!
//! A note is text, a blank line and signature lines `— name base64(key id || signature)`. Keys have a name; the text form of a
//! public key ("vkey") is `name+id+base64(type || key)`, that of a private key `PRIVATE+KEY+name+id+base64(type || seed)`.

use std::fmt;
use std::str::FromStr;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// Signature type "Ed25519 as specified by signed-note".
const ED25519: u8 = 1;
/// The largest note that is read.
const MAX_NOTE: usize = 1 << 20;
/// The most signatures that are read; the specification asks for at least 16.
const MAX_SIGNATURES: usize = 100;
/// What a signature line starts with: em dash, space.
const SIGNATURE_LINE: &str = "\u{2014} ";

/// A key's name: not empty, no Unicode spaces, no plus, no control characters.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The key id: the first four bytes of SHA-256(name || 0x0A || type || public key).
fn key_id(name: &str, public: &[u8; 32]) -> u32 {
    let mut hash = Sha256::new_with_prefix(name);
    hash.update([b'\n', ED25519]);
    hash.update(public);
    let digest = hash.finalize();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// Takes the `name+id+base64(type || 32 bytes)` apart that both key forms share.
fn parse_key(text: &str, what: &'static str) -> Result<(String, u32, Zeroizing<[u8; 32]>)> {
    let bad = |reason| Error::Key { what, reason };
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad("expected three parts with a plus sign between them"));
    };
    if !is_name(name) {
        return Err(bad("its name is empty or has spaces"));
    }
    let id = crate::hash::hex(id)
        .map(u32::from_be_bytes)
        .ok_or(bad("its id is not 8 hexadecimal digits"))?;
    let data = Zeroizing::new(
        BASE64_STANDARD.decode(data).map_err(|_| bad("its last part is not base64"))?,
    );
    match data.split_first() {
        Some((&ED25519, key)) => {
            let key = key.try_into().map_err(|_| bad("it is not 32 bytes long"))?;
            Ok((name.to_owned(), id, Zeroizing::new(key)))
        }
        _ => Err(bad("it is not an Ed25519 key")),
    }
}

/// A public key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// The key's name; for a log also the first line of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id, 32 bits.
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    /// Reads the vkey form.
    fn from_str(text: &str) -> Result<VerifierKey> {
        let what = "public key";
        let bad = |reason| Error::Key { what, reason };
        let (name, id, key) = parse_key(text, what)?;
        if id != key_id(&name, &key) {
            return Err(bad("its id does not fit the key"));
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key)
            .map_err(|_| bad("it is not a valid Ed25519 key"))?;
        Ok(VerifierKey { name, id, key })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, BASE64_STANDARD.encode(data))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// Reads a file of public keys: one vkey a line; empty lines and lines that start with `#` are left out.
///
/// # Errors
/// [`Error::Key`] for a line that is none, or when there is no key at all.
pub fn parse_keys(text: &str) -> Result<Vec<VerifierKey>> {
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(str::parse).collect::<Result<Vec<_>>>()?;
    if keys.is_empty() {
        return Err(Error::Key { what: "public key", reason: "there is none in the file" });
    }
    Ok(keys)
}

/// A private key that signs. Wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Makes the key of this name from 32 random bytes.
    ///
    /// # Errors
    /// [`Error::Key`] when the name is empty or has spaces or a plus.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<SigningKey> {
        if !is_name(name) {
            return Err(Error::Key {
                what: "private key",
                reason: "its name is empty or has spaces or a plus sign",
            });
        }
        Ok(SigningKey { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// Reads the private key's text form.
    ///
    /// # Errors
    /// [`Error::Key`] when it is none. The text never appears in it.
    pub fn parse(text: &str) -> Result<SigningKey> {
        let what = "private key";
        let bad = |reason| Error::Key { what, reason };
        let rest =
            text.strip_prefix("PRIVATE+KEY+").ok_or(bad("it does not start with PRIVATE+KEY+"))?;
        let (name, id, seed) = parse_key(rest, what)?;
        let key = SigningKey::from_seed(&name, &seed)?;
        if id != key.verifier().id {
            return Err(bad("its id does not fit the key"));
        }
        Ok(key)
    }

    /// The private key's text form.
    pub fn to_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.key.to_bytes());
        let data = Zeroizing::new([&[ED25519][..], &*seed].concat());
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*data));
        Zeroizing::new(format!("PRIVATE+KEY+{}+{:08x}+{}", self.name, self.verifier().id, *encoded))
    }

    /// The public key that checks what this one signs.
    pub fn verifier(&self) -> VerifierKey {
        let key = self.key.verifying_key();
        VerifierKey { name: self.name.clone(), id: key_id(&self.name, key.as_bytes()), key }
    }

    /// Signs a text and gives the whole note.
    ///
    /// # Errors
    /// [`Error::Value`] when the text does not end in a newline or has other control characters.
    pub fn sign(&self, text: &str) -> Result<String> {
        if !text.ends_with('\n') || has_control(text) {
            let reason = "it must end in a newline and have no other control characters".into();
            return Err(Error::Value { what: "signed text", reason });
        }
        let signature = self.key.sign(text.as_bytes());
        let data = [&self.verifier().id.to_be_bytes()[..], &signature.to_bytes()].concat();
        Ok(format!("{text}\n{SIGNATURE_LINE}{} {}\n", self.name, BASE64_STANDARD.encode(data)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+{:08x})", self.name, self.verifier().id)
    }
}

/// ASCII control characters other than newline, which no note may have.
fn has_control(text: &str) -> bool {
    text.bytes().any(|b| b < 0x20 && b != b'\n')
}

/// Checks a note and gives the text that is signed, with the keys that signed it.
///
/// Signatures by unknown keys are ignored, as the specification has it; one by a known key that does not fit spoils the note.
///
/// # Errors
/// [`Error::Format`], [`Error::BadSignature`] or [`Error::UnknownSigner`].
pub fn open<'n, 'k>(
    note: &'n str,
    keys: &'k [VerifierKey],
) -> Result<(&'n str, Vec<&'k VerifierKey>)> {
    let (text, signatures) = split(note)?;
    let mut signers = Vec::new();
    for (name, id, signature) in &signatures {
        for key in keys.iter().filter(|key| key.name == *name && key.id == *id) {
            let valid = Signature::from_slice(signature)
                .is_ok_and(|signature| key.key.verify_strict(text.as_bytes(), &signature).is_ok());
            if !valid {
                return Err(Error::BadSignature { name: key.name.clone() });
            }
            signers.push(key);
        }
    }
    if signers.is_empty() {
        let given: Vec<String> =
            keys.iter().map(|key| format!("{}+{:08x}", key.name, key.id)).collect();
        let origin = text.lines().next().unwrap_or_default().chars().take(200).collect();
        return Err(Error::UnknownSigner { origin, given: given.join(", ") });
    }
    Ok((text, signers))
}

/// A signature line's key name, key id and signature.
type SignatureLine<'n> = (&'n str, u32, Vec<u8>);

/// Takes a note apart into its text and its signatures.
fn split(note: &str) -> Result<(&str, Vec<SignatureLine<'_>>)> {
    let bad = |line: usize, reason: &str| {
        Err(Error::Format { file: "signed checkpoint", line: line as u64, reason: reason.into() })
    };
    if note.len() > MAX_NOTE || has_control(note) {
        return bad(0, "it is too large or has control characters");
    }
    let Some(at) = note.rfind("\n\n") else {
        return bad(0, "it has no blank line before its signatures");
    };
    let (text, lines) = (&note[..=at], &note[at + 2..]);
    let first = text.lines().count() + 2;
    if !lines.ends_with('\n') {
        return bad(first, "it has no signature, or the last line is cut short");
    }
    let mut signatures = Vec::new();
    for (i, line) in lines.lines().enumerate() {
        let parts = line.strip_prefix(SIGNATURE_LINE).and_then(|rest| rest.split_once(' '));
        let Some((name, encoded)) = parts.filter(|(name, _)| is_name(name)) else {
            return bad(first + i, "it is not a signature line");
        };
        let Some((id, signature)) = BASE64_STANDARD
            .decode(encoded)
            .ok()
            .and_then(|d| d.split_first_chunk::<4>().map(|(i, s)| (*i, s.to_vec())))
        else {
            return bad(first + i, "its signature is not base64 of a key id and a signature");
        };
        if signature.is_empty() || i >= MAX_SIGNATURES {
            return bad(first + i, "its signature is empty, or there are too many");
        }
        signatures.push((name, u32::from_be_bytes(id), signature));
    }
    Ok((text, signatures))
}
