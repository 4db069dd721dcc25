//! What can go wrong with paper.

use crate::Lang;
use crate::letters::LetterKind;

/// Why a document or a letter could not be made. No variant carries what a letter says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// The program was built without the feature `pdf`.
    #[error("this program was built without PDF")]
    NoPdf,
    /// The PDF writer refused.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
    /// There is no letter of that kind.
    #[error("there is no letter `{word}`")]
    UnknownKind {
        /// What was asked for.
        word: String,
        /// The kind that may have been meant.
        nearest: Option<&'static str>,
    },
    /// A letter was asked for without something that it must say.
    #[error("the letter `{kind}` needs `{field}` ({law})")]
    Missing {
        /// Which letter.
        kind: LetterKind,
        /// The field of [`LetterContext`](crate::letters::LetterContext).
        field: &'static str,
        /// Who demands it.
        law: &'static str,
    },
    /// What the letter is to be made from has not the form of a
    /// [`LetterContext`](crate::letters::LetterContext).
    #[error("the letter `{kind}` cannot be made from this: {why}")]
    Context {
        /// Which letter.
        kind: LetterKind,
        /// What is wrong, without the values.
        why: String,
    },
    /// The text leaves out what the law demands.
    #[error("the text of the letter `{kind}` ({}) does not say `{field}` ({law})", lang_name(*.lang))]
    Unsaid {
        /// Which letter.
        kind: LetterKind,
        /// In which language.
        lang: Lang,
        /// The field that does not stand in the letter, or what it is to tell.
        field: &'static str,
        /// Who demands it.
        law: &'static str,
    },
    /// A template cannot be used.
    #[error("the text of the letter `{kind}` ({}) cannot be used: {why}", lang_name(*.lang))]
    Template {
        /// Which letter.
        kind: LetterKind,
        /// In which language.
        lang: Lang,
        /// The template's line, from 1, where known.
        line: Option<usize>,
        /// What is wrong.
        why: String,
    },
}

impl PaperError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            PaperError::NoPdf => "releases of Frist write PDF; with your own build: \
                 `cargo build --release --features letters-pdf`. `--html` gives a page that a browser prints or saves as PDF"
                .to_owned(),
            PaperError::Pdf(_) => "the same document as HTML: `--html`".to_owned(),
            PaperError::UnknownKind { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            PaperError::UnknownKind { nearest: None, .. } => {
                "`frist letter list` names them".to_owned()
            }
            PaperError::Missing { .. } => {
                "a letter without it would break the law, so none is written: fill it in".to_owned()
            }
            PaperError::Context { .. } => return None,
            PaperError::Template { .. } | PaperError::Unsaid { .. } => {
                "correct the [[letter]] in the register; `frist check` shows where".to_owned()
            }
        })
    }
}

pub(crate) fn lang_name(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => "da",
        Lang::En => "en",
    }
}
