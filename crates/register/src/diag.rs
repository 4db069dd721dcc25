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
            message: message.into(),
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
            first.1 = words.into();
        }
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, words: impl Into<String>) -> Self {
        self.labels.push((span, words.into()));
        self
    }

    /// Names the law or practice that says so.
    #[must_use]
    pub fn law(mut self, citation: impl Into<String>) -> Self {
        self.law = Some(citation.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Gives the change that would settle it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }
}
