//! Keeping requests as cases: opening, taking steps with their letters, notes and papers.
//!
//! Each step is read, worked out by [`super::steps`], and written in one transaction with its log,
//! its letters and its ledger entry. Who changes a case that somebody else changed meanwhile is
//! told, and nothing is changed.

use frist_law::Calendar;
use frist_paper::letters::{LetterContext, LetterKind};
use frist_register::Register;
use frist_state::State;
use frist_state::case::{Case, CaseChange, CaseKind, CaseRecord, NewCase, NewStep, Paper};
use jiff::Timestamp;

use super::clock::day_of;
use super::letters;
use super::model::{NewRequest, Request, Stage};
use super::steps::{Actor, Step};
use crate::{CasesError, Result};

/// Where requests are worked on: Frist's own database, the register, who works and when.
pub struct Desk<'a> {
    /// Frist's own database.
    pub state: &'a mut State,
    /// The register: the controller, its calendar and its letters.
    pub register: &'a Register,
    /// Who works.
    pub by: Actor<'a>,
    /// The instant.
    pub at: Timestamp,
    /// Who signs letters; nobody but the controller when empty.
    pub signed: &'a str,
}

/// A request as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its case.
    pub case: Case,
    /// What the case's body holds.
    pub request: Request,
}

/// What the person is told in a step.
pub enum Told {
    /// Nothing, or not by Frist.
    Nothing,
    /// By a letter that is written and kept in the step.
    Letter(LetterKind, Box<LetterContext>),
    /// By papers made elsewhere, which are kept in the step.
    Papers(Vec<Paper>),
}

/// A request that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The request.
    pub kept: Kept,
    /// Why no receipt could be written. The case is open all the same: its time runs.
    pub no_receipt: Option<CasesError>,
}

impl<'a> Desk<'a> {
    /// The controller's calendar.
    #[must_use]
    pub fn calendar(&self) -> &'a Calendar {
        &self.register.controller.calendar
    }

    /// Opens a case for a request, with the papers it came in, and writes the receipt at once.
    ///
    /// # Errors
    ///
    /// [`CasesError::Input`] when the request cannot be used; when the database does not answer.
    /// That the receipt could not be written is no error, but told.
    pub fn open(&mut self, new: NewRequest, papers: &[Paper]) -> Result<Opened> {
        let (case, log) = self.new_case(new)?;
        let number = self.state.open_case_with(&case, &log, papers)?;
        self.opened(&number)
    }

    /// As [`Desk::open`], for somebody who comes back by a private link, of which this is the hash.
    /// What is sent twice with the same link is one request: the second call answers what the first
    /// one opened.
    ///
    /// # Errors
    ///
    /// As [`Desk::open`].
    pub fn open_linked(&mut self, new: NewRequest, link: &[u8; 32]) -> Result<Opened> {
        let (case, log) = self.new_case(new)?;
        match self.state.open_case_linked(&case, &log, &[], link)? {
            (number, true) => self.opened(&number),
            (number, false) => Ok(Opened { kept: self.load(&number)?, no_receipt: None }),
        }
    }

    /// The case of a request that has come in, and the first line of its log.
    fn new_case(&self, new: NewRequest) -> Result<(NewCase, NewStep)> {
        let request = Request::new(new, self.at)?;
        let due = request.due(self.calendar()).ok_or_else(|| CasesError::Input {
            what: "the day of receipt",
            why: "a month from it is past the last year of the calendar".to_owned(),
        })?;
        let received = day_of(request.received, self.calendar());
        let case = NewCase {
            kind: CaseKind::Request,
            year: received.year(),
            received: request.received,
            due: Some(due.over),
            status: request.stage.as_str().to_owned(),
            owner: None,
            body: request.body()?,
        };
        let right = request.right;
        let text = format!(
            "{right} (Art. {}), received {received} by {}",
            right.article(),
            request.channel
        );
        Ok((case, self.log("opened", Some(text))))
    }

    /// A case that was just opened, with its receipt.
    fn opened(&mut self, number: &str) -> Result<Opened> {
        let no_receipt = self.receipt(number).err();
        Ok(Opened { kept: self.load(number)?, no_receipt })
    }

    fn receipt(&mut self, number: &str) -> Result<()> {
        let kept = self.load(number)?;
        let context = self.context(&kept);
        let papers = letters::write(LetterKind::Receipt, &context, &kept, self.register, self.at)?;
        Ok(self.state.add_case_step(number, &self.log("receipt", None), &papers)?)
    }

    /// The request with this number.
    ///
    /// # Errors
    ///
    /// [`CasesError::NotFound`]; also when the case is no request.
    pub fn load(&mut self, number: &str) -> Result<Kept> {
        let case = self.state.case(number)?.filter(|c| c.kind == CaseKind::Request);
        let case =
            case.ok_or_else(|| CasesError::NotFound { what: "request", id: number.to_owned() })?;
        let request = Request::read(&case.number, &case.body)?;
        Ok(Kept { case, request })
    }

    /// What a letter in this case is made from, as far as every letter has it.
    #[must_use]
    pub fn context(&self, kept: &Kept) -> LetterContext {
        letters::context(kept, self.register, self.at, self.signed)
    }

    /// Takes a step. `seen` is the version that the caller looked at; without one it is the version
    /// found now.
    ///
    /// # Errors
    ///
    /// [`CasesError::Step`] with what is possible instead; [`frist_state::Error::CaseChanged`] when
    /// somebody else was faster; when a letter cannot be written. Nothing is changed then.
    pub fn take(
        &mut self,
        number: &str,
        seen: Option<u64>,
        step: &Step,
        told: Told,
        records: Option<&[CaseRecord]>,
    ) -> Result<Kept> {
        let kept = self.load(number)?;
        let next = self.after(&kept, step)?;
        let mut after = Kept { case: kept.case.clone(), request: next };
        let papers = match told {
            Told::Nothing => Vec::new(),
            Told::Papers(papers) => papers,
            Told::Letter(kind, context) => {
                letters::write(kind, &context, &after, self.register, self.at)?
            }
        };
        let change = CaseChange {
            status: after.request.stage.as_str().to_owned(),
            owner: kept.case.owner.clone(),
            due: after.request.due(self.calendar()).map(|due| due.over),
            body: after.request.body()?,
            closed: (after.request.stage == Stage::Closed).then_some(self.at),
        };
        let log = self.log(step.name().as_str(), letters::particulars(step));
        let version = seen.unwrap_or(kept.case.version);
        let version =
            self.state.change_case_with(number, version, &change, &log, &papers, records)?;
        after.case = Case {
            version,
            status: change.status,
            due: change.due,
            changed: self.at,
            closed: change.closed,
            body: change.body,
            ..kept.case
        };
        Ok(after)
    }

    /// The request after a step, which is not taken: so that a letter can tell of what follows.
    ///
    /// # Errors
    ///
    /// [`CasesError::Step`] with what is possible instead.
    pub fn after(&self, kept: &Kept, step: &Step) -> Result<Request> {
        kept.request.take(step, self.by, self.at, self.calendar()).map_err(|not| CasesError::Step {
            id: kept.case.number.clone(),
            step: not.step.as_str(),
            possible: not.possible_in_words(),
            why: not.why,
        })
    }

    /// Asks the person to show who they are, with the letter. `proofs` are what would settle it,
    /// any one of them.
    ///
    /// # Errors
    ///
    /// As [`Desk::take`].
    pub fn ask_identity(
        &mut self,
        number: &str,
        seen: Option<u64>,
        reason: String,
        moves: Option<String>,
        proofs: Vec<String>,
    ) -> Result<Kept> {
        let kept = self.load(number)?;
        let mut context = self.context(&kept);
        context.identity = Some(frist_paper::letters::IdentityAsk {
            doubt: reason.clone(),
            proofs,
            how: String::new(),
        });
        let told = Told::Letter(LetterKind::Identity, Box::new(context));
        self.take(number, seen, &Step::AskIdentity { reason, moves }, told, None)
    }

    /// Extends the time to answer by two months, with the letter.
    ///
    /// # Errors
    ///
    /// As [`Desk::take`].
    pub fn extend(&mut self, number: &str, seen: Option<u64>, reason: String) -> Result<Kept> {
        let kept = self.load(number)?;
        let step = Step::Extend { reason: reason.clone() };
        let next = self.after(&kept, &step)?;
        let mut context = self.context(&kept);
        context.extension = Some(frist_paper::letters::Extension {
            until: next.answer_due(self.calendar()).map(|due| due.last_day),
            reason,
        });
        self.take(number, seen, &step, Told::Letter(LetterKind::Extension, Box::new(context)), None)
    }

    /// Closes the request if it is answered, no part of it is open and every recipient is told;
    /// answers whether it did.
    ///
    /// # Errors
    ///
    /// As [`Desk::take`].
    pub fn close_if_done(&mut self, number: &str) -> Result<bool> {
        let kept = self.load(number)?;
        let request = &kept.request;
        let done = request.stage == Stage::Answered
            && request.open_parts().next().is_none()
            && request.untold().next().is_none();
        if done {
            self.take(number, None, &Step::Close, Told::Nothing, None)?;
        }
        Ok(done)
    }

    /// Makes somebody the owner of a case.
    ///
    /// # Errors
    ///
    /// As [`Desk::take`].
    pub fn assign(&mut self, number: &str, seen: Option<u64>, owner: &str) -> Result<Kept> {
        let mut kept = self.load(number)?;
        let change = CaseChange { owner: Some(owner.to_owned()), ..kept.case.change() };
        let version = seen.unwrap_or(kept.case.version);
        let log = self.log("taken", Some(owner.to_owned()));
        kept.case.version = self.state.change_case(number, version, &change, &log)?;
        kept.case.owner = change.owner;
        Ok(kept)
    }

    /// Notes something in the log.
    ///
    /// # Errors
    ///
    /// [`CasesError::Input`] when nothing is said; when there is no such request.
    pub fn note(&mut self, number: &str, text: &str) -> Result<()> {
        if text.trim().is_empty() {
            return Err(CasesError::Input { what: "the note", why: "it says nothing".to_owned() });
        }
        self.load(number)?;
        Ok(self.state.add_case_step(number, &self.log("noted", Some(text.to_owned())), &[])?)
    }

    /// Keeps a paper that was received or sent.
    ///
    /// # Errors
    ///
    /// When there is no such request.
    pub fn attach(&mut self, number: &str, paper: Paper) -> Result<()> {
        self.load(number)?;
        let log = self.log("attached", Some(paper.name.clone()));
        Ok(self.state.add_case_step(number, &log, &[paper])?)
    }

    /// Enters that a paper of the case was sent, and by which way.
    ///
    /// # Errors
    ///
    /// [`CasesError::NotFound`] when the case has no such paper; [`CasesError::Input`] when it was
    /// entered as sent already, or nothing is said of the way.
    pub fn sent(&mut self, number: &str, paper: i64, how: &str) -> Result<()> {
        if how.trim().is_empty() {
            let why = "say by which way it was sent".to_owned();
            return Err(CasesError::Input { what: "the way", why });
        }
        self.load(number)?;
        if !self.state.papers(number)?.iter().any(|p| p.id == paper) {
            return Err(CasesError::NotFound { what: "paper of the case", id: paper.to_string() });
        }
        let word = format!("sent:{paper}");
        if self.state.case_log(number)?.iter().any(|s| s.step.step == word) {
            let why = "it is entered as sent already".to_owned();
            return Err(CasesError::Input { what: "the paper", why });
        }
        Ok(self.state.add_case_step(number, &self.log(&word, Some(how.trim().to_owned())), &[])?)
    }

    /// Writes a letter and keeps it, without any other step.
    ///
    /// # Errors
    ///
    /// When the letter cannot be written, or there is no such request.
    pub fn letter(
        &mut self,
        number: &str,
        kind: LetterKind,
        context: &LetterContext,
    ) -> Result<()> {
        let kept = self.load(number)?;
        let papers = letters::write(kind, context, &kept, self.register, self.at)?;
        let log = self.log("letter", Some(kind.id().to_owned()));
        Ok(self.state.add_case_step(number, &log, &papers)?)
    }

    fn log(&self, step: &str, text: Option<String>) -> NewStep {
        NewStep { at: self.at, by: self.by.id().to_owned(), step: step.to_owned(), text }
    }
}
