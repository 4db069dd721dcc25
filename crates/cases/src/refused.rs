//! A step that a case does not allow, in words for the person who tried it.

/// Why a step was not taken. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// What was refused, and why.
    pub message: String,
    /// What to do instead.
    pub help: Option<String>,
}

impl Refused {
    /// A refusal.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// With what to do instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A text that a person must give; without it the step is refused.
pub(crate) fn said(what: &str, text: &str) -> Result<String, Refused> {
    match text.trim() {
        "" => Err(Refused::new(format!("{what} is empty")).help("say it in a sentence")),
        text => Ok(text.to_owned()),
    }
}
