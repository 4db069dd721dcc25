//! What callers are told and asked.

use super::{Lang, Text};
use crate::span::{Sp, Span};

/// What a caller is told, and asked for each purpose by itself, before anything is recorded. The
/// answer is a key: `1` is yes, `2` is no, and so is everything else.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// Id.
    pub id: Sp<String>,
    /// Which wording this is: consent records name it, so it changes when the texts do.
    pub version: Sp<String>,
    /// Id of the activity whose purposes are asked for.
    pub activity: Sp<String>,
    /// The languages in which callers are asked, at least one; the first is the usual one.
    pub languages: Vec<Sp<Lang>>,
    /// What is said first: who records, why, how long, where to read more.
    pub before: Spoken,
    /// One question for each purpose, in the order in which they are asked.
    pub questions: Vec<Question>,
    /// What is said when the caller has taken consent back during the call.
    pub withdrawn: Option<Spoken>,
    /// Where `[[announcement]]` stands.
    pub span: Span,
}

/// Words and how they sound.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// The words.
    pub text: Sp<Text>,
    /// A WAV file for each language (8 kHz, one channel, 16 bit), relative to the organisation's
    /// folder, as the paths of stores are.
    pub file: Sp<Text>,
}

/// The question for one purpose.
#[derive(Debug, Clone)]
pub struct Question {
    /// Id of the purpose; it rests on consent.
    pub purpose: Sp<String>,
    /// The question.
    pub spoken: Spoken,
    /// Where `[[announcement.question]]` stands.
    pub span: Span,
}

impl Announcement {
    /// Everything that is said, in the order in which a caller may hear it.
    pub fn spoken(&self) -> impl Iterator<Item = &Spoken> {
        let questions = self.questions.iter().map(|q| &q.spoken);
        std::iter::once(&self.before).chain(questions).chain(&self.withdrawn)
    }
}

impl Spoken {
    /// The file in exactly this language; empty when there is none.
    pub fn file(&self, lang: Lang) -> &str {
        match lang {
            Lang::Da => &self.file.value.da,
            Lang::En => &self.file.value.en,
        }
    }
}
