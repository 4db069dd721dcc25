//! Articles of regulations: what registers, letters and findings refer to. They have labels, not
//! periods.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Text;

/// A regulation whose articles are in the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a regulation")]
pub struct Regulation {
    /// The first part of its articles' ids, such as `eu.gdpr`.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Its number.
    pub citation: Text,
    /// First day on which it applies.
    pub in_force_from: Date,
    /// Its articles, in the order of the file.
    #[serde(rename = "article")]
    pub articles: Vec<Article>,
}

/// An article, paragraph or point of a regulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an article with `ref` and `label`")]
pub struct Article {
    /// The regulation's id and the number with points: `eu.gdpr.6.1.b`. Made when the file is
    /// read.
    #[serde(skip_deserializing)]
    pub id: String,
    /// The number as it is cited: `6(1)(b)`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is about.
    pub label: Text,
}

impl Article {
    /// The number as Danish texts cite it: `artikel 6, stk. 1, litra b`. The parts of Article 4,
    /// the definitions, are numbers.
    pub fn cite_da(&self) -> String {
        let mut text = String::from("artikel");
        for (depth, part) in parts(&self.reference).enumerate() {
            text += match depth {
                0 => " ",
                1 if self.reference.starts_with("4(") => ", nr. ",
                1 => ", stk. ",
                _ => ", litra ",
            };
            text += part;
        }
        text
    }

    /// The number as English texts cite it: `Article 6(1)(b)`.
    pub fn cite_en(&self) -> String {
        format!("Article {}", self.reference)
    }
}

fn parts(reference: &str) -> impl Iterator<Item = &str> {
    reference.split(['(', ')']).filter(|part| !part.is_empty())
}

/// Whether a reference is a number with a paragraph or number and a point, such as `6(1)(b)`.
pub(super) fn is_reference(reference: &str) -> bool {
    let number = |part: &str| part.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == part);
    let point = |part: &str| matches!(part.as_bytes(), [b'a'..=b'z']);
    let parts: Vec<&str> = parts(reference).collect();
    let written = match parts[..] {
        [article] if number(article) => article.to_owned(),
        [article, par] if number(article) && number(par) => format!("{article}({par})"),
        [article, par, p] if number(article) && number(par) && point(p) => {
            format!("{article}({par})({p})")
        }
        _ => return false,
    };
    written == reference
}

/// The id, or the end of one, that a person's way of citing means: `art. 6(1)(b)` and
/// `artikel 6, stk. 1, litra b` are `6.1.b`.
pub(super) fn id_of(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let parts = text.split([' ', '(', ')', ',', '.']).filter(|part| {
        !matches!(*part, "" | "art" | "article" | "artikel" | "stk" | "litra" | "nr")
    });
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn references_are_written_in_one_way() {
        for good in ["6", "12(3)", "6(1)(b)", "30(1)(g)"] {
            assert!(is_reference(good), "{good}");
        }
        for bad in [
            "",
            "0",
            "06",
            "x",
            "0(1)",
            "6(0)",
            "6(x)",
            "6(01)",
            "x(1)",
            "6(1)(B)",
            "6(1)(bb)",
            "6(1)(1)",
            "6(x)(b)",
            "x(1)(b)",
            "6(0)(b)",
            "6(1)b",
            "6(1)(b)(c)",
            "6.1.b",
        ] {
            assert!(!is_reference(bad), "{bad}");
        }
    }
}
