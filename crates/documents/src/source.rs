//! What every document is made from, and the words that all of them share.

use frist_law::{Basis, LawBook};
use frist_register::{Contact, Lang, Register, Text};
use jiff::civil::Date;
use serde::Serialize;

/// What a document is made from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The register; one without errors.
    pub register: &'a Register,
    /// The law book.
    pub book: &'a LawBook,
    /// The revision's hash, which stands on every document.
    pub revision: &'a str,
    /// The language.
    pub lang: Lang,
    /// The document's date: the day on which the revision was made live, or another that was asked
    /// for. Without one the law is as on the law book's own day, and no date is written.
    pub date: Option<Date>,
}

/// Why a document cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The register has an error; the checker says where.
    #[error("the register cannot be put in words: {0}")]
    Rule(#[from] frist_decide::RuleError),
    /// Nobody of this kind is in the register.
    #[error("the register holds nothing about `{subject}`; it knows {known}")]
    NoSubject {
        /// What was asked for.
        subject: String,
        /// The categories of data subjects that it has data about.
        known: String,
    },
    /// The document is not to be had in this form.
    #[error("this document has no form as `{format}`")]
    NoFormat {
        /// The form.
        format: &'static str,
    },
    /// The text could not be written as CSV, JSON or PDF.
    #[error("cannot write {what}: {why}")]
    Write {
        /// Which format.
        what: &'static str,
        /// What the writer said.
        why: String,
    },
}

/// The result of making a document.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl<'a> Source<'a> {
    /// Whether the language is Danish.
    pub fn da(&self) -> bool {
        self.lang == Lang::Da
    }

    /// One of two texts.
    pub(crate) fn pick<'t>(&self, da: &'t str, en: &'t str) -> &'t str {
        if self.da() { da } else { en }
    }

    /// The day whose law applies: the document's, or the one on which the law book was written.
    pub fn law_day(&self) -> Date {
        let written = self.book.files().map(|(_, as_of)| as_of).max();
        self.date.or(written).unwrap_or(Date::MIN)
    }

    /// A text in the language, or an id where nothing was written.
    pub(crate) fn text(&self, text: &Text, id: &str) -> String {
        match text.get(self.lang).trim() {
            "" => id.to_owned(),
            text => text.to_owned(),
        }
    }

    /// What a category of data subjects is called.
    pub fn subject(&self, id: &str) -> String {
        let text = self.register.subjects.get(id);
        text.map_or_else(|| id.to_owned(), |t| self.text(&t.value, id))
    }

    /// What a category of personal data is called.
    pub fn category(&self, id: &str) -> String {
        let category = self.register.categories.get(id);
        category.map_or_else(|| id.to_owned(), |c| self.text(&c.title, id))
    }

    /// What a recipient is called.
    pub fn recipient(&self, id: &str) -> String {
        let recipient = self.register.recipients.iter().find(|r| r.id.value == id);
        recipient.map_or_else(|| id.to_owned(), |r| self.text(&r.title, id))
    }

    /// What a store is called.
    pub fn store(&self, id: &str) -> String {
        self.register.store(id).map_or_else(|| id.to_owned(), |s| self.text(&s.title, id))
    }

    /// What a security measure says.
    pub(crate) fn measure(&self, id: &str) -> String {
        let measure = self.register.measures.get(id);
        measure.map_or_else(|| id.to_owned(), |m| self.text(&m.value, id))
    }

    /// An article of the GDPR as the language cites it: `artikel 6, stk. 1, litra b`.
    pub fn article(&self, reference: &str) -> String {
        match self.book.article(reference) {
            Some(article) if self.da() => article.cite_da(),
            Some(article) => article.cite_en(),
            None => self.pick("artikel ", "Article ").to_owned() + reference,
        }
    }

    /// A legal basis with its name.
    pub(crate) fn basis(&self, basis: Basis) -> BasisView {
        let label = basis.label();
        BasisView {
            reference: basis.reference().to_owned(),
            citation: self.article(basis.reference()),
            label: plain_label(self.pick(&label.da, &label.en)).to_owned(),
        }
    }

    /// A date as it is written in a sentence: `1. juli 2022`, `1 July 2022`.
    pub fn day(&self, date: Date) -> String {
        const DA: [&str; 12] = [
            "januar",
            "februar",
            "marts",
            "april",
            "maj",
            "juni",
            "juli",
            "august",
            "september",
            "oktober",
            "november",
            "december",
        ];
        if self.da() {
            let month = DA[usize::from(date.month().unsigned_abs()) - 1];
            format!("{}. {month} {}", date.day(), date.year())
        } else {
            date.strftime("%-d %B %Y").to_string()
        }
    }

    /// `a, b og c`.
    pub fn and(&self, items: &[String]) -> String {
        list(items, self.pick("og", "and"))
    }

    /// `a, b eller c`.
    pub fn or(&self, items: &[String]) -> String {
        list(items, self.pick("eller", "or"))
    }
}

fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A text with a small first letter, as it stands inside a sentence. What begins with an
/// abbreviation (`CPR-nummer`) keeps it.
pub fn small(text: &str) -> String {
    let mut chars = text.chars();
    let second_is_small = text.chars().nth(1).is_none_or(|c| !c.is_uppercase());
    match chars.next() {
        Some(first) if second_is_small => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// A label without what stands in parentheses: `Legitim interesse`.
pub(crate) fn plain_label(label: &str) -> &str {
    label.split(" (").next().unwrap_or(label)
}

/// Names as they stand inside a sentence, with commas.
pub(crate) fn enumerated<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|n| small(n.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A text with a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A text that ends as a sentence does.
pub(crate) fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { text } else { text + "." }
}

/// A legal basis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BasisView {
    /// The article, `6(1)(b)`.
    pub reference: String,
    /// The article as the language cites it.
    pub citation: String,
    /// What it is called.
    pub label: String,
}

/// Somebody who can be written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// Name.
    pub name: String,
    /// Company number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvr: Option<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl From<&Contact> for ContactView {
    fn from(c: &Contact) -> Self {
        let said = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
        ContactView {
            name: c.name.clone(),
            cvr: None,
            address: said(&c.address),
            email: said(&c.email),
            phone: said(&c.phone),
        }
    }
}

impl ContactView {
    /// Name and everything by which to reach it, in one line.
    pub fn line(&self, source: &Source<'_>) -> String {
        let mut parts = vec![self.name.clone()];
        parts.extend(
            self.cvr
                .as_ref()
                .map(|cvr| format!("{} {cvr}", source.pick("CVR-nr.", "company number (CVR)"))),
        );
        parts.extend(self.address.clone());
        parts.extend(self.email.clone());
        parts.extend(self.phone.as_ref().map(|p| format!("{} {p}", source.pick("tlf.", "tel."))));
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_into_sentences() {
        assert_eq!(small("Fakturadatoen"), "fakturadatoen");
        assert_eq!(small("CPR-nummer"), "CPR-nummer");
        assert_eq!(small(""), "");
        assert_eq!(sentence("uden dem kan vi ikke levere"), "Uden dem kan vi ikke levere.");
        assert_eq!(sentence("Ja."), "Ja.");
        let items: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(list(&items, "og"), "a, b og c");
        assert_eq!(list(&items[..1], "og"), "a");
    }
}
