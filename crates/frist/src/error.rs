//! The one place that turns what went wrong into text, help and an exit code.

use std::process::ExitCode;

/// A failure as a person reads it.
#[derive(Debug)]
pub struct Failure {
    /// What happened.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// How the program ends.
    pub exit: Exit,
}

/// How the program ends; documented in `frist --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing to settle.
    Done = 0,
    /// Something to settle.
    Findings = 1,
    /// Wrong command line.
    Usage = 2,
    /// Could not be done.
    Impossible = 3,
    /// Waits for an approval or an answer.
    Waits = 4,
    /// Another process sweeps.
    Busy = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// The result of a command.
pub type Outcome<T = Exit> = Result<T, Failure>;

impl Failure {
    /// Could not be done.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, exit: Exit::Impossible }
    }
    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }
    /// Waits for a person.
    pub fn waits(message: impl Into<String>) -> Self {
        Self { exit: Exit::Waits, ..Self::new(message) }
    }
    /// With advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    /// A file that cannot be read or written.
    pub fn file(attempt: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {attempt} `{}`: {error}", path.display()))
    }

    /// Prints it to standard error.
    pub fn print(&self, json: bool) {
        if json {
            let value = serde_json::json!({"error": self.message, "help": self.help});
            anstream::eprintln!("{value}");
            return;
        }
        let (red, bold) =
            (anstyle::AnsiColor::Red.on_default().bold(), anstyle::Style::new().bold());
        anstream::eprintln!("{red}error{red:#}{bold}:{bold:#} {}", self.message);
        if let Some(help) = &self.help {
            let cyan = anstyle::AnsiColor::Cyan.on_default();
            anstream::eprintln!(" {cyan}help{cyan:#}: {help}");
        }
    }
}

impl From<frist_sweep::Error> for Failure {
    fn from(e: frist_sweep::Error) -> Self {
        use frist_sweep::Error as E;
        let (exit, help) = match &e {
            E::Busy { .. } => (
                Exit::Busy,
                Some("wait, or look who sweeps; a process that died gives its turn up by itself"),
            ),
            // A name that the register does not have, like a subject or a field that it does not have.
            E::UnknownDataset(_) => (Exit::Usage, None),
            E::PlanRefused { .. } => (Exit::Waits, None),
            E::RolledBack { .. } => (
                Exit::Impossible,
                Some(
                    "nothing is erased, because the holds added since are missing in it; if the newer database is lost for good, move `.frist/ledger` to a safe place (it proves what was done) and enter the holds again",
                ),
            ),
            E::NoSuchRecord { .. } => (
                Exit::Impossible,
                Some(
                    "it may have been erased: `frist receipt` with the same arguments gives the proof",
                ),
            ),
            _ => (Exit::Impossible, None),
        };
        Self { message: e.to_string(), help: help.map(str::to_owned), exit }
    }
}

impl From<frist_state::Error> for Failure {
    fn from(e: frist_state::Error) -> Self {
        Self::new(e.to_string())
    }
}

impl From<frist_paper::PaperError> for Failure {
    fn from(e: frist_paper::PaperError) -> Self {
        use frist_paper::PaperError as E;
        let exit = match &e {
            E::UnknownKind { .. } => Exit::Usage,
            E::Unsaid { .. } | E::Template { .. } => Exit::Findings,
            _ => Exit::Impossible,
        };
        Self { message: e.to_string(), help: e.help(), exit }
    }
}

impl From<frist_ledger::Error> for Failure {
    fn from(e: frist_ledger::Error) -> Self {
        Self::new(e.to_string())
    }
}

impl From<frist_stores::StoreError> for Failure {
    fn from(e: frist_stores::StoreError) -> Self {
        Self::new(e.to_string())
    }
}

impl From<frist_propose::ProposeError> for Failure {
    fn from(e: frist_propose::ProposeError) -> Self {
        Self::new(e.to_string())
    }
}

impl From<frist_cases::CasesError> for Failure {
    fn from(e: frist_cases::CasesError) -> Self {
        use frist_cases::CasesError as E;
        match e {
            E::Refused(refused) => {
                Self { message: refused.message, help: refused.help, exit: Exit::Usage }
            }
            E::State(e) => e.into(),
            E::Sweep(e) => e.into(),
            E::Ledger(e) => e.into(),
            E::Store(e) => e.into(),
            E::Paper(e) => Self { help: e.help(), ..Self::new(e.to_string()) },
            E::Step { possible, id, why, .. } => Self {
                exit: Exit::Findings,
                ..Self::new(format!("`{id}`: {why}; nothing was changed"))
            }
            .help(format!("now possible: {possible}")),
            E::SecondPerson { .. } => Self::waits(e.to_string()),
            E::NotFound { what: "request", .. } => {
                Self::new(e.to_string()).help("`frist case list --all` shows the cases")
            }
            E::NotFound { what: what @ ("inquiry" | "breach"), .. } => {
                Self::new(e.to_string()).help(format!("`frist {what} list --all` shows them"))
            }
            E::Input { .. } => Self::usage(e.to_string()),
            other => Self::new(other.to_string()),
        }
    }
}

impl From<frist_server::Trouble> for Failure {
    fn from(e: frist_server::Trouble) -> Self {
        Self { help: e.help, ..Self::new(e.message) }
    }
}

impl From<Failure> for frist_server::Trouble {
    fn from(e: Failure) -> Self {
        Self { message: e.message, help: e.help }
    }
}

impl From<frist_server::ProblemWithPerson> for Failure {
    fn from(e: frist_server::ProblemWithPerson) -> Self {
        use frist_server::ProblemWithPerson as P;
        match e {
            P::Name(..) | P::Token(_) => Self::usage(e.to_string()),
            P::Unknown(_) => Self::usage(e.to_string()).help("see them with `frist account list`"),
            P::State(e) => e.into(),
            P::Random => Self::new(e.to_string()),
        }
    }
}
