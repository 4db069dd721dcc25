//! Keeping inquiries as cases: each step is one transaction with its papers and ledger entry.

use frist_paper::Lang;
use frist_register::Register;
use frist_state::State;
use frist_state::case::{Case, CaseKind, NewCase, NewStep, Paper};
use jiff::Timestamp;

use super::{Answer, Deadline, Inquiry, NewInquiry, Outcome, PaperRef, Sending, Status, letter};
use crate::refused::Refused;
use crate::{CasesError, Result};

/// Where inquiries are worked on.
pub struct Desk<'a> {
    /// Frist's own database.
    pub state: &'a mut State,
    /// The register: the controller, its calendar and its letters.
    pub register: &'a Register,
    /// The operator.
    pub by: &'a str,
    /// The instant.
    pub at: Timestamp,
}

/// A file that goes with an answer.
#[derive(Clone)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// What it says.
    pub bytes: Vec<u8>,
}

impl Desk<'_> {
    /// Opens an inquiry; answers its number.
    ///
    /// # Errors
    /// [`CasesError::Refused`]; when the database does not answer.
    pub fn open(&mut self, new: &NewInquiry<'_>) -> Result<String> {
        let inquiry = Inquiry::open(new)?;
        let calendar = &self.register.controller.calendar;
        let received = super::begins(inquiry.received, calendar).unwrap_or(self.at).min(self.at);
        let case = NewCase {
            kind: CaseKind::Inquiry,
            year: inquiry.received.year(),
            received,
            due: inquiry.due(calendar),
            status: inquiry.status().word().to_owned(),
            owner: Some(self.by.to_owned()),
            body: to_value(&inquiry)?,
        };
        let step = self.step("opened", None);
        Ok(self.state.open_case(&case, &step)?)
    }

    /// The inquiry of this number, with its case.
    ///
    /// # Errors
    /// [`CasesError::NotFound`] when there is none; when the database does not answer.
    pub fn read(&mut self, number: &str) -> Result<(Case, Inquiry)> {
        let found = self.state.case(number)?.filter(|c| c.kind == CaseKind::Inquiry);
        let case =
            found.ok_or_else(|| CasesError::NotFound { what: "inquiry", id: number.to_owned() })?;
        let inquiry = crate::bundle::collect::body(&case, "an inquiry")?;
        Ok((case, inquiry))
    }

    /// Adds a question; answers its number.
    ///
    /// # Errors
    /// As [`Desk::answer`].
    pub fn ask(&mut self, number: &str, text: &str) -> Result<u32> {
        let (case, mut inquiry) = self.read(number)?;
        let asked = inquiry.ask(text)?;
        self.keep(&case, &inquiry, &format!("question:{asked}"), None, &[])?;
        Ok(asked)
    }

    /// Puts another deadline in place of the one in force.
    ///
    /// # Errors
    /// As [`Desk::answer`].
    pub fn postpone(&mut self, number: &str, deadline: Deadline) -> Result<Inquiry> {
        let (case, mut inquiry) = self.read(number)?;
        let step = format!("deadline:{}", deadline.last_day);
        let why = deadline.why.clone();
        inquiry.postpone(deadline)?;
        self.keep(&case, &inquiry, &step, why, &[])?;
        Ok(inquiry)
    }

    /// Answers a question, with files.
    ///
    /// # Errors
    /// [`CasesError::Refused`] when the inquiry's rules do not allow it; when somebody else changed
    /// the case meanwhile, or the database does not answer.
    pub fn answer(
        &mut self,
        number: &str,
        question: u32,
        text: &str,
        files: &[File],
    ) -> Result<()> {
        let (case, mut inquiry) = self.read(number)?;
        let papers = files.iter().map(|f| PaperRef::of(&f.name, &f.bytes)).collect();
        let answer = Answer {
            at: self.at,
            by: self.by.to_owned(),
            text: text.to_owned(),
            papers,
            sent: None,
        };
        inquiry.answer(question, answer)?;
        let kept: Vec<Paper> = files
            .iter()
            .map(|f| Paper {
                kind: "document".to_owned(),
                lang: None,
                media_type: f.media_type.clone(),
                name: f.name.clone(),
                bytes: f.bytes.clone(),
                made_at: self.at,
            })
            .collect();
        self.keep(&case, &inquiry, &format!("answered:{question}"), None, &kept)
    }

    /// Sends answers: writes the letter, freezes what goes out, and enters its hash into the ledger.
    ///
    /// # Errors
    /// As [`Desk::answer`]; when the letter cannot be written, or a document that is to go along is
    /// no longer what it was when it was added.
    pub fn send(
        &mut self,
        number: &str,
        questions: &[u32],
        how: &str,
        signed: &str,
        lang: Lang,
    ) -> Result<(Inquiry, Sending)> {
        let (case, mut inquiry) = self.read(number)?;
        let going = inquiry.sendable(questions)?;
        self.intact(number, &inquiry, &going)?;
        let today = self.register.controller.calendar.zone.to_datetime(self.at).date();
        let document = letter(&inquiry, number, &going, self.register, lang, today, signed)?;
        let nth = inquiry.sent.len() + 1;
        let name = |extension: &str| format!("{number}-answer-{nth}.{extension}");
        let mut papers = vec![self.paper(
            "inquiry-answer",
            lang,
            "text/html; charset=utf-8",
            name("html"),
            document.html().into_bytes(),
        )];
        if let Some(bytes) = crate::pages::pdf(&document)? {
            let pdf = self.paper("inquiry-answer", lang, "application/pdf", name("pdf"), bytes);
            papers.push(pdf);
        }
        let main = papers.last().map(|p| PaperRef::of(&p.name, &p.bytes));
        let sending = inquiry.send(&going, self.at, self.by, how, main)?.clone();
        let step = format!("sent:{}:{}", sending.number, sending.sha256);
        self.keep(&case, &inquiry, &step, Some(sending.how.clone()), &papers)?;
        Ok((inquiry, sending))
    }

    /// Enters the authority's decision.
    ///
    /// # Errors
    /// As [`Desk::answer`].
    pub fn close(
        &mut self,
        number: &str,
        outcome: Outcome,
        next: &[(jiff::civil::Date, String)],
    ) -> Result<Inquiry> {
        let (case, mut inquiry) = self.read(number)?;
        inquiry.close(outcome, next)?;
        self.keep(&case, &inquiry, "decided", None, &[])?;
        Ok(inquiry)
    }

    /// Says that a follow-up was done; the last one closes the case.
    ///
    /// # Errors
    /// As [`Desk::answer`].
    pub fn followed_up(&mut self, number: &str, follow_up: u32, how: &str) -> Result<Inquiry> {
        let (case, mut inquiry) = self.read(number)?;
        inquiry.followed_up(follow_up, self.at, self.by, how)?;
        self.keep(&case, &inquiry, &format!("followed-up:{follow_up}"), None, &[])?;
        Ok(inquiry)
    }

    /// The documents that answers name are still there, byte for byte.
    fn intact(&mut self, number: &str, inquiry: &Inquiry, going: &[u32]) -> Result<()> {
        let mut kept = Vec::new();
        for paper in self.state.papers(number)? {
            if let Some((_, paper)) = self.state.paper(paper.id)? {
                kept.push(crate::bundle::manifest::sha256(&paper.bytes));
            }
        }
        let asked = inquiry.questions.iter().filter(|q| going.contains(&q.number));
        for question in asked {
            let papers = question.answers.last().map(|a| a.papers.as_slice()).unwrap_or_default();
            if papers.iter().any(|p| !kept.contains(&p.sha256)) {
                let why = format!(
                    "a document of the answer to question {} is not there as it was added",
                    question.number
                );
                return Err(Refused::new(why)
                    .help("add it again with the answer, then send")
                    .into());
            }
        }
        Ok(())
    }

    fn paper(&self, kind: &str, lang: Lang, media: &str, name: String, bytes: Vec<u8>) -> Paper {
        Paper {
            kind: kind.to_owned(),
            lang: Some(lang.as_str().to_owned()),
            media_type: media.to_owned(),
            name,
            bytes,
            made_at: self.at,
        }
    }

    fn step(&self, step: &str, text: Option<String>) -> NewStep {
        NewStep { at: self.at, by: self.by.to_owned(), step: step.to_owned(), text }
    }

    fn keep(
        &mut self,
        case: &Case,
        inquiry: &Inquiry,
        step: &str,
        text: Option<String>,
        papers: &[Paper],
    ) -> Result<()> {
        let mut change = case.change();
        let status = inquiry.status();
        change.status = status.word().to_owned();
        change.due = inquiry.due(&self.register.controller.calendar);
        change.body = to_value(inquiry)?;
        change.closed = (status == Status::Closed).then_some(self.at);
        let step = self.step(step, text);
        self.state.change_case_with(&case.number, case.version, &change, &step, papers, None)?;
        Ok(())
    }
}

fn to_value(inquiry: &Inquiry) -> Result<serde_json::Value> {
    serde_json::to_value(inquiry)
        .map_err(|e| CasesError::Damaged { what: "an inquiry", why: e.to_string() })
}
