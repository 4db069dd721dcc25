//! The steps of a breach: what is learnt, assessed, notified, told, closed.

use frist_register::Register;
use jiff::Timestamp;

use super::{Amount, Assessed, Breach, NewBreach, Notified, Risk, Told, over};
use crate::refused::{Refused, said};

/// A notification to be entered.
#[derive(Clone, Default)]
pub struct Notify<'a> {
    /// The authority's receipt or reference.
    pub reference: Option<&'a str>,
    /// Whether more is to follow.
    pub more: bool,
    /// Why it came late.
    pub late: Option<&'a str>,
    /// SHA-256 of the notification as it was sent.
    pub sha256: Option<String>,
}

impl Breach {
    /// Enters what was learnt since; what is not given stays. Numbers and texts are replaced, data
    /// sets and categories are added.
    ///
    /// # Errors
    /// When it is closed, or a data set or category is not in the register.
    pub fn learn(&mut self, new: &NewBreach<'_>, register: &Register) -> Result<(), Refused> {
        self.open_still()?;
        let mut next = self.clone();
        for id in new.datasets {
            let dataset = register.dataset(id).ok_or_else(|| {
                Refused::new(format!("the register has no data set `{id}`"))
                    .help("its data sets are listed by `frist plan`")
            })?;
            add(&mut next.datasets, id);
            dataset.subjects.iter().for_each(|(s, _)| add(&mut next.subjects, &s.value));
            dataset.categories.iter().for_each(|c| add(&mut next.categories, &c.value));
        }
        for id in new.subjects {
            if !register.subjects.contains_key(id) {
                return Err(Refused::new(format!(
                    "the register has no category of data subjects `{id}`"
                )));
            }
            add(&mut next.subjects, id);
        }
        for id in new.categories {
            if !register.categories.contains_key(id) {
                return Err(Refused::new(format!(
                    "the register has no category of personal data `{id}`"
                )));
            }
            add(&mut next.categories, id);
        }
        let text = |what: &str, new: Option<&str>, old: Option<String>| match new {
            Some(text) => said(what, text).map(Some),
            None => Ok(old),
        };
        if !new.what.trim().is_empty() {
            next.what = said("what happened", new.what)?;
        }
        next.occurred = text("when it happened", new.occurred, next.occurred)?;
        next.consequences = text("the consequences", new.consequences, next.consequences)?;
        next.measures = text("the measures", new.measures, next.measures)?;
        next.persons = new.persons.or(next.persons);
        next.records = new.records.or(next.records);
        *self = next;
        Ok(())
    }

    /// Assesses the risk, with the reason.
    ///
    /// # Errors
    /// When it is closed, or the reason is empty.
    pub fn assess(
        &mut self,
        risk: Risk,
        reason: &str,
        at: Timestamp,
        by: &str,
    ) -> Result<(), Refused> {
        self.open_still()?;
        let reason = said("the reason of the assessment", reason)?;
        self.assessed.push(Assessed { at, by: by.to_owned(), risk, reason });
        Ok(())
    }

    /// Enters that the authority was notified, at this instant. Answers its phase.
    ///
    /// # Errors
    /// When it is closed, the instant is before becoming aware, or the first notification is later
    /// than 72 hours and no reason is given (33(1)).
    pub fn notify(&mut self, new: &Notify<'_>, at: Timestamp, by: &str) -> Result<u32, Refused> {
        self.open_still()?;
        if at < self.aware {
            return Err(Refused::new("the notification is from before anybody was aware"));
        }
        let first = self.notified.is_empty();
        let too_late = over(self.aware).is_some_and(|over| at >= over);
        let late = new.late.map(|l| said("the reason of the delay", l)).transpose()?;
        if first && too_late && late.is_none() {
            return Err(Refused::new(
                "more than 72 hours have passed since becoming aware; a late notification says why (Art. 33(1))",
            )
            .help("give the reason with `--late`"));
        }
        if self.assessed.is_empty() {
            return Err(Refused::new("the risk has not been assessed")
                .help("assess it first with `frist breach assess`: that is why it is notified"));
        }
        let phase = u32::try_from(self.notified.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.notified.push(Notified {
            phase,
            at,
            by: by.to_owned(),
            reference: new.reference.map(|r| said("the reference", r)).transpose()?,
            more: new.more,
            late: late.filter(|_| first && too_late),
            sha256: new.sha256.clone(),
        });
        Ok(phase)
    }

    /// Enters that the data subjects were told (`how`), or why they were not (`why_not`).
    ///
    /// # Errors
    /// When it is closed, or not exactly one of the two is given.
    pub fn tell(
        &mut self,
        how: Option<&str>,
        why_not: Option<&str>,
        persons: Option<Amount>,
        at: Timestamp,
        by: &str,
    ) -> Result<(), Refused> {
        self.open_still()?;
        if how.is_some() == why_not.is_some() {
            return Err(Refused::new("say either how the data subjects were told, or why not"));
        }
        let how = how.map(|h| said("how they were told", h)).transpose()?;
        let why_not = why_not.map(|w| said("why they were not told", w)).transpose()?;
        self.told = Some(Told { at, by: by.to_owned(), how, why_not, persons });
        Ok(())
    }

    /// Closes the log's entry.
    ///
    /// # Errors
    /// When something is left to do; the refusal says what.
    pub fn close(&mut self, at: Timestamp, by: &str) -> Result<(), Refused> {
        self.open_still()?;
        let missing: Vec<&str> = self.missing().iter().map(|(_, en)| *en).collect();
        if !missing.is_empty() {
            return Err(Refused::new(format!("it cannot be closed: {}", missing.join("; "))));
        }
        self.closed = Some((at, by.to_owned()));
        Ok(())
    }

    fn open_still(&self) -> Result<(), Refused> {
        match self.closed {
            None => Ok(()),
            Some(_) => Err(Refused::new("the breach is closed; its log stays as it is")),
        }
    }
}

fn add(list: &mut Vec<String>, id: &str) {
    if !list.iter().any(|known| known == id) {
        list.push(id.to_owned());
    }
}
