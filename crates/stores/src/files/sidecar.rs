//! A file's sidecar: a JSON object beside it, whose top-level fields are facts of the record.

use std::fmt;
use std::io::Read;
use std::os::fd::AsFd;

use frist_decide::Value;
use rustix::fs::{Mode, OFlags};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value as Json;

use super::folder::is_regular;

/// A sidecar larger than this is not read: it is no sidecar.
const LARGEST: u64 = 1 << 20;

/// What the sidecar says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sidecar {
    /// Nobody can say: there is none, it cannot be read, or it is no JSON object.
    Unreadable,
    /// Its fields.
    Fields(Vec<(String, Json)>),
}

impl Sidecar {
    /// Reads the sidecar `name` in `folder`. Whatever goes wrong, its fields are unreadable, and
    /// what cannot be read never makes a record due.
    pub(super) fn read(folder: impl AsFd, name: &str) -> Self {
        Self::try_read(folder, name).unwrap_or(Self::Unreadable)
    }

    fn try_read(folder: impl AsFd, name: &str) -> Option<Self> {
        // Without O_NONBLOCK, a pipe of that name would stop the sweep for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::openat(folder, name, flags, Mode::empty()).ok()?;
        if !is_regular(&rustix::fs::fstat(&fd).ok()?) {
            return None;
        }
        let mut text = Vec::new();
        std::fs::File::from(fd).take(LARGEST + 1).read_to_end(&mut text).ok()?;
        if text.len() as u64 > LARGEST {
            return None;
        }
        let Object(fields) = serde_json::from_slice(&text).ok()?;
        Some(Self::Fields(fields))
    }

    /// A field as a fact. A key that is not in a readable sidecar is empty.
    pub(super) fn fact(&self, field: &str) -> Value {
        match self {
            Self::Unreadable => Value::Unreadable,
            Self::Fields(_) => match self.get(field) {
                None | Some(Json::Null) => Value::Null,
                Some(Json::String(s)) => Value::Text(s.clone()),
                Some(Json::Bool(b)) => Value::Bool(*b),
                Some(Json::Number(n)) => n.as_i64().map_or(Value::Other, Value::Int),
                Some(Json::Array(_) | Json::Object(_)) => Value::Other,
            },
        }
    }

    /// A field of a readable sidecar.
    pub(super) fn get(&self, field: &str) -> Option<&Json> {
        match self {
            Self::Unreadable => None,
            Self::Fields(fields) => fields.iter().find(|(k, _)| k == field).map(|(_, v)| v),
        }
    }
}

/// A field's value as text, as a hold or a person names it.
pub(super) fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(s) => Some(s.clone()),
        other => Some(other.to_string()),
    }
}

/// A JSON object in which no key stands twice: of two dates nobody can say which one counts.
struct Object(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields: Vec<(String, Json)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Json>()? {
                    if fields.iter().any(|(k, _)| *k == key) {
                        return Err(A::Error::custom("a key stands twice"));
                    }
                    fields.push((key, value));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Sidecar {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.json"), text).unwrap();
        Sidecar::read(std::fs::File::open(dir.path()).unwrap(), "a.json")
    }

    #[test]
    fn fields_are_values() {
        let sidecar = read(
            br#"{"t": "2024-01-01", "i": 7, "b": true, "n": null, "f": 1.5, "l": [1], "o": {},
                "big": 18446744073709551615}"#,
        );
        for (field, value) in [
            ("t", Value::Text("2024-01-01".into())),
            ("i", Value::Int(7)),
            ("b", Value::Bool(true)),
            ("n", Value::Null),
            ("absent", Value::Null),
            ("f", Value::Other),
            ("l", Value::Other),
            ("o", Value::Other),
            ("big", Value::Other),
        ] {
            assert_eq!(sidecar.fact(field), value, "{field}");
        }
    }

    #[test]
    fn a_broken_sidecar_says_nothing() {
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(LARGEST as usize));
        for text in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            b"{\"a\": 1, \"a\": 2}",
            b"{\"a\": 1} x",
            b"\xff",
            large.as_bytes(),
        ] {
            let sidecar = read(text);
            assert_eq!(sidecar, Sidecar::Unreadable);
            assert_eq!(sidecar.fact("a"), Value::Unreadable);
        }
    }

    #[test]
    fn links_and_pipes_are_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("real.json"), b"{\"a\": 1}").unwrap();
        std::os::unix::fs::symlink(at("real.json"), at("link.json")).unwrap();
        let folder = std::fs::File::open(dir.path()).unwrap();
        let pipe = rustix::fs::mknodat(
            &folder,
            "pipe.json",
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        );
        pipe.unwrap();
        std::fs::create_dir(at("dir.json")).unwrap();
        for name in ["link.json", "pipe.json", "dir.json", "none.json"] {
            assert_eq!(Sidecar::read(&folder, name), Sidecar::Unreadable, "{name}");
        }
        assert_eq!(Sidecar::read(&folder, "real.json").fact("a"), Value::Int(1));
    }
}
