//! The name of an object: 128 random bits, written as 32 lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use crate::error::VaultError;

/// The name of an object. It says nothing of what the object holds or of whom it tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 16]);

impl ObjectId {
    /// A new name.
    ///
    /// # Errors
    /// [`VaultError::Random`] when the system gives no random numbers.
    pub fn random() -> Result<Self, VaultError> {
        let mut bytes = [0; 16];
        crate::key::random(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The name with these bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

impl FromStr for ObjectId {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, VaultError> {
        let digit = |c: u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 16];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(VaultError::Id);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
                return Err(VaultError::Id);
            };
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectId;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let id = ObjectId::random().unwrap();
        assert_eq!(id.to_string().parse::<ObjectId>().unwrap(), id);
        let upper = id.to_string().to_uppercase();
        let bad =
            ["", "12", "../../../../../../etc/passwd0000", "zz00000000000000000000000000000000"];
        for text in bad.into_iter().chain([upper.as_str()].into_iter().filter(|u| u.contains('A')))
        {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
    }
}
