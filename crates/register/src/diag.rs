//! What the reader and the checker have to say: a code, a message, the places, the law, the help.

use crate::codes::Code;
use crate::span::Span;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The register is refused.
    Error,
    /// The register runs, but should be looked at.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A change of the text that would settle a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace.
    pub span: Span,
    /// With what.
    pub replacement: String,
}

/// What is quoted from a register is cut beyond so many characters.
const LONGEST_WORD: usize = 120;
/// No text of a diagnostic has more characters than this, however much it quotes.
const LONGEST_TEXT: usize = 1_000;

/// A text as it can be shown: what is quoted in backticks is cut when it is very long, and what a
/// terminal would take for a command stands there as a replacement character.
fn plain(text: String) -> String {
    if text.len() <= LONGEST_WORD && !text.contains(char::is_control) {
        return text;
    }
    let cut = |text: &str, most: usize| match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    };
    let parts: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(i, part)| if i % 2 == 1 { cut(part, LONGEST_WORD) } else { part.to_owned() })
        .collect();
    cut(&parts.join("`"), LONGEST_TEXT).replace(char::is_control, "\u{fffd}")
}

/// One thing the reader or the checker has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code; [`crate::explain`] has its page.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, the user's words in backticks.
    pub message: String,
    /// Where, the most important place first, each with a few words (which may be empty).
    pub labels: Vec<(Span, String)>,
    /// The citation of the law or practice that says so.
    pub law: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change that would settle it, when there is exactly one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic of `code` at `span`, with the severity that goes with the code.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: plain(message.into()),
            labels: vec![(span, String::new())],
            law: None,
            help: None,
            fix: None,
        }
    }

    /// The most important place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|(span, _)| *span).unwrap_or_default()
    }

    /// Says a few words at the most important place.
    #[must_use]
    pub fn here(mut self, words: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.1 = plain(words.into());
        }
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, words: impl Into<String>) -> Self {
        self.labels.push((span, plain(words.into())));
        self
    }

    /// Names the law or practice that says so.
    #[must_use]
    pub fn law(mut self, citation: impl Into<String>) -> Self {
        self.law = Some(plain(citation.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(plain(help.into()));
        self
    }

    /// Gives the change that would settle it.
    ///
    /// The replacement is written into the file as it is, so nothing of it is cut.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }
}
