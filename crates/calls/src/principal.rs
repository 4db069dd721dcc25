//! Who acts: a person or a program, by the name and the rights that `calls.toml` gives it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a principal may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Flag calls, pause recording, withdraw for a caller who asks for it.
    Agent,
    /// State what a caller answered.
    Consent,
    /// Ask for and approve transfers of evidence, and hear evidence.
    Evidence,
    /// See who listened to what.
    Dpo,
    /// Stop and resume recording.
    Operator,
}

/// A person or program that acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its name, which goes into logs and the ledger.
    pub name: String,
    /// What it may do.
    #[serde(default)]
    pub roles: BTreeSet<Role>,
    /// The purposes for which it may listen.
    #[serde(default)]
    pub listens: BTreeSet<String>,
}

impl Principal {
    /// Whether it has this role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Whether a text that a person must give says something: at least three letters or digits, and not
/// one of the words that stand for nothing.
#[must_use]
pub fn has_substance(text: &str) -> bool {
    const NOTHING: [&str; 17] = [
        "na",
        "none",
        "nothing",
        "null",
        "nil",
        "unknown",
        "todo",
        "tbd",
        "test",
        "xxx",
        "abc",
        "ingen",
        "intet",
        "ukendt",
        "ikke relevant",
        "asdf",
        "see above",
    ];
    let plain: String =
        text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let letters: Vec<char> = words.chars().filter(|c| c.is_alphanumeric()).collect();
    let one_sign = letters.windows(2).all(|w| w[0] == w[1]);
    let joined: String = letters.iter().collect();
    letters.len() >= 3
        && !one_sign
        && !NOTHING.contains(&words.as_str())
        && !NOTHING.contains(&joined.as_str())
}

#[cfg(test)]
mod tests {
    use super::has_substance;

    #[test]
    fn words_that_say_nothing_are_no_reason() {
        for nothing in [
            "",
            " ",
            "n/a",
            "N / A",
            "-",
            "...",
            "x",
            "xxx",
            "aaaa",
            "None",
            "ikke relevant",
            "tbd!",
        ] {
            assert!(!has_substance(nothing), "{nothing}");
        }
        for reason in ["Kvalitetssamtale med Anna", "J-2026-14", "complaint 77", "§ 266"] {
            assert!(has_substance(reason), "{reason}");
        }
    }
}
