//! Keeping breaches as cases: each step is one transaction with its papers and ledger entry.

use frist_paper::Lang;
use frist_register::Register;
use frist_state::State;
use frist_state::case::{Case, CaseKind, NewCase, NewStep, Paper};
use jiff::Timestamp;

use super::{Amount, Breach, NewBreach, Notify, Risk, Status, notification};
use crate::bundle::manifest::sha256;
use crate::{CasesError, Result};

/// Where breaches are worked on.
pub struct Desk<'a> {
    /// Frist's own database.
    pub state: &'a mut State,
    /// The register.
    pub register: &'a Register,
    /// The operator.
    pub by: &'a str,
    /// The instant.
    pub at: Timestamp,
}

impl Desk<'_> {
    /// Opens the log's entry; answers its number.
    ///
    /// # Errors
    /// [`CasesError::Refused`]; when the database does not answer.
    pub fn open(&mut self, aware: Timestamp, new: &NewBreach<'_>) -> Result<String> {
        let breach = Breach::open(aware, self.at, new, self.register)?;
        let zone = &self.register.controller.calendar.zone;
        let case = NewCase {
            kind: CaseKind::Breach,
            year: zone.to_datetime(aware).year(),
            received: aware,
            due: breach.due(),
            status: breach.status().word().to_owned(),
            owner: Some(self.by.to_owned()),
            body: to_value(&breach)?,
        };
        let step = self.step("opened", None);
        Ok(self.state.open_case(&case, &step)?)
    }

    /// The breach of this number, with its case.
    ///
    /// # Errors
    /// [`CasesError::NotFound`] when there is none; when the database does not answer.
    pub fn read(&mut self, number: &str) -> Result<(Case, Breach)> {
        let found = self.state.case(number)?.filter(|c| c.kind == CaseKind::Breach);
        let case =
            found.ok_or_else(|| CasesError::NotFound { what: "breach", id: number.to_owned() })?;
        let breach = crate::bundle::collect::body(&case, "a breach")?;
        Ok((case, breach))
    }

    /// Enters what was learnt, and the assessment if there is one.
    ///
    /// # Errors
    /// [`CasesError::Refused`] when the log's rules do not allow it; when somebody else changed the
    /// case meanwhile, or the database does not answer.
    pub fn assess(
        &mut self,
        number: &str,
        new: &NewBreach<'_>,
        risk: Option<(Risk, &str)>,
    ) -> Result<Breach> {
        let (case, mut breach) = self.read(number)?;
        breach.learn(new, self.register)?;
        if let Some((risk, reason)) = risk {
            breach.assess(risk, reason, self.at, self.by)?;
        }
        let step = if risk.is_some() { "assessed" } else { "learnt" };
        self.keep(&case, &breach, step, None, &[])?;
        Ok(breach)
    }

    /// Enters that the authority was notified at `sent`, and keeps the notification.
    ///
    /// # Errors
    /// As [`Desk::assess`].
    pub fn notify(
        &mut self,
        number: &str,
        new: &Notify<'_>,
        sent: Timestamp,
        lang: Lang,
    ) -> Result<Breach> {
        let (case, mut breach) = self.read(number)?;
        let mut told = breach.clone();
        // The text tells of this very notification: its phase, and why it is late.
        told.notify(new, sent, self.by)?;
        let document = notification(&told, number, self.register, lang, sent);
        let html = document.html().into_bytes();
        let pdf = crate::pages::pdf(&document)?;
        let hash = sha256(pdf.as_ref().unwrap_or(&html));
        let new = Notify { sha256: Some(hash.clone()), ..new.clone() };
        let phase = breach.notify(&new, sent, self.by)?;
        let paper = |media: &str, extension: &str, bytes: Vec<u8>| Paper {
            kind: "notification".to_owned(),
            lang: Some(lang.as_str().to_owned()),
            media_type: media.to_owned(),
            name: format!("{number}-notification-{phase}.{extension}"),
            bytes,
            made_at: self.at,
        };
        let mut papers = vec![paper("text/html; charset=utf-8", "html", html)];
        papers.extend(pdf.map(|bytes| paper("application/pdf", "pdf", bytes)));
        self.keep(&case, &breach, &format!("notified:{phase}:{hash}"), None, &papers)?;
        Ok(breach)
    }

    /// Enters that the data subjects were told, or why not.
    ///
    /// # Errors
    /// As [`Desk::assess`].
    pub fn tell(
        &mut self,
        number: &str,
        how: Option<&str>,
        why_not: Option<&str>,
        persons: Option<Amount>,
    ) -> Result<Breach> {
        let (case, mut breach) = self.read(number)?;
        breach.tell(how, why_not, persons, self.at, self.by)?;
        let step = if how.is_some() { "told" } else { "not-told" };
        self.keep(&case, &breach, step, None, &[])?;
        Ok(breach)
    }

    /// Closes the log's entry.
    ///
    /// # Errors
    /// As [`Desk::assess`]; when something is left to do.
    pub fn close(&mut self, number: &str) -> Result<Breach> {
        let (case, mut breach) = self.read(number)?;
        breach.close(self.at, self.by)?;
        self.keep(&case, &breach, "closed", None, &[])?;
        Ok(breach)
    }

    fn step(&self, step: &str, text: Option<String>) -> NewStep {
        NewStep { at: self.at, by: self.by.to_owned(), step: step.to_owned(), text }
    }

    fn keep(
        &mut self,
        case: &Case,
        breach: &Breach,
        step: &str,
        text: Option<String>,
        papers: &[Paper],
    ) -> Result<()> {
        let mut change = case.change();
        let status = breach.status();
        change.status = status.word().to_owned();
        change.due = breach.due();
        change.body = to_value(breach)?;
        change.closed = (status == Status::Closed).then_some(self.at);
        let step = self.step(step, text);
        self.state.change_case_with(&case.number, case.version, &change, &step, papers, None)?;
        Ok(())
    }
}

fn to_value(breach: &Breach) -> Result<serde_json::Value> {
    serde_json::to_value(breach)
        .map_err(|e| CasesError::Damaged { what: "a breach", why: e.to_string() })
}
