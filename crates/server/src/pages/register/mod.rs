//! The register: read, changed by form or as text, and made live by another person.

mod change;
mod edit;
mod raw;
mod read;

pub(super) use change::{approve, change, count, give_back, renew, submit, withdraw};
pub(super) use edit::{edit, form};
pub(super) use raw::{edit_text, text};
pub(super) use read::read;

use frist_register::Severity;
use frist_state::{NewProposal, Proposal};

use crate::ctx::{Ctx, Refusal};
use crate::face::Trouble;
use crate::on_disk::Files;
use crate::register::{self, Said};
use crate::text::register::RegisterTexts;

/// What somebody edits: the own change under way, or the register's files.
pub(super) struct Desk {
    /// The files from which the change begins.
    base: Files,
    /// As they would be.
    pub(super) files: Files,
    /// The change under way.
    open: Option<Proposal>,
}

impl Desk {
    pub(super) fn of(ctx: &Ctx<'_>) -> Result<Self, Refusal> {
        let maker = ctx.name().to_owned();
        let open = match ctx.offers(crate::access::Action::EditRegister) {
            true => ctx.state(|state| state.proposal_of(&maker))?,
            false => None,
        };
        Ok(match open {
            Some(open) => {
                let (base, files) = (texts(&open.new.base)?, texts(&open.new.files)?);
                Self { base, files, open: Some(open) }
            }
            None => {
                let base = (ctx.app.face.read)()?;
                Self { files: base.clone(), base, open: None }
            }
        })
    }

    /// What was shown: a form that was made over something else is not applied.
    fn hash(&self) -> String {
        register::hash(&self.files)
    }

    /// Keeps other files in the change, and says its number.
    pub(super) fn keep(&self, ctx: &Ctx<'_>, files: &Files) -> Result<i64, Refusal> {
        let new = NewProposal {
            maker: ctx.name().to_owned(),
            note: self.open.as_ref().map_or_else(String::new, |p| p.new.note.clone()),
            base: json(&self.base)?,
            files: json(files)?,
            hash: register::hash(files),
        };
        let seen = self.open.as_ref().map(|p| p.new.hash.clone());
        let now = ctx.now;
        ctx.state(|state| state.save_proposal(&new, seen.as_deref(), now))
    }
}

/// The files that a proposal keeps.
fn texts(json: &str) -> Result<Files, Refusal> {
    serde_json::from_str(json).map_err(|e| {
        let message = format!("a change of the register that is kept cannot be read: {e}");
        Refusal::Trouble(Trouble { message, help: None })
    })
}

fn json(files: &Files) -> Result<String, Refusal> {
    serde_json::to_string(files).map_err(|_| Refusal::Broken)
}

/// Whether nothing of this forbids to go on.
fn sound(said: &[Said]) -> bool {
    said.iter().all(|s| s.severity != Severity::Error)
}

/// What the checker says, as it is shown.
pub(super) struct Note {
    pub(super) class: &'static str,
    pub(super) chip: &'static str,
    pub(super) code: &'static str,
    /// What it is about, where the page is not in the language of the message.
    pub(super) title: String,
    pub(super) message: String,
    pub(super) law: String,
    pub(super) help: String,
    pub(super) fix: String,
    pub(super) place: String,
    /// The page where it is put right, where that is known.
    pub(super) href: String,
}

fn note(said: &Said, t: &RegisterTexts) -> Note {
    Note {
        class: said.class(),
        chip: match said.severity {
            Severity::Error => t.error,
            Severity::Warning => t.warning,
            Severity::Info => t.info,
        },
        code: said.code,
        title: if t.own == "da" { capital(said.danish) } else { String::new() },
        message: plain(&said.message),
        law: said.law.clone().unwrap_or_default(),
        help: said.help.as_deref().map_or_else(String::new, plain),
        fix: said.fix.as_ref().map_or_else(String::new, |(old, new)| match old.as_str() {
            "" => format!("{} {new}", t.fix),
            old => format!("{} {new} {} {old}", t.fix, t.instead_of),
        }),
        place: format!("{}, {} {}", said.name, t.line, said.line),
        href: String::new(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Names in backticks, as the command line has them, in quotes that people read.
pub(super) fn plain(text: &str) -> String {
    let mut open = false;
    let quote = |c: char| match c {
        '`' => {
            open = !open;
            if open { '“' } else { '”' }
        }
        c => c,
    };
    text.chars().map(quote).collect()
}

fn notes(said: &[Said], t: &RegisterTexts) -> Vec<Note> {
    said.iter().map(|s| note(s, t)).collect()
}

/// The same, each with the way to the form or the text where it is put right.
fn notes_with_ways(said: &[Said], files: &Files, t: &RegisterTexts) -> Vec<Note> {
    let parts = register::parts(files);
    let one = |s: &Said| {
        let part = parts.iter().find(|p| p.has(s));
        let form = part.filter(|p| crate::register::fields::form(&p.kind).is_some());
        let href = match form {
            Some(p) if p.id.is_empty() => format!("/register/part/{}/{}", p.kind, p.kind),
            Some(p) => format!("/register/part/{}/{}", p.kind, p.id),
            None => format!("/register/text/{}", stem(&s.name)),
        };
        Note { href, ..note(s, t) }
    };
    said.iter().map(one).collect()
}

/// The same, for pages of others.
pub(super) fn notes_of(said: &[Said], lang: frist_register::Lang) -> Vec<Note> {
    notes(said, crate::text::register::register_texts(lang))
}

/// How far a change has come, and how that is shown.
fn status(proposal: &Proposal, t: &RegisterTexts) -> (&'static str, &'static str) {
    use frist_state::ProposalStatus as S;
    match proposal.status {
        S::Draft => (t.draft, ""),
        S::Proposed => (t.proposed, "warn"),
        S::Live => (t.live, "ok"),
        S::Withdrawn => (t.withdrawn, ""),
    }
}

/// The name of a file by which its page is known: without folder and ending.
pub(super) fn stem(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.strip_suffix(".toml").unwrap_or(name)
}
