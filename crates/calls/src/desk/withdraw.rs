//! A caller takes consent back, during the call or later.

use std::sync::Arc;

use frist_vault::ObjectId;
use jiff::Timestamp;

use super::inner::{Chore, Inner, lock};
use super::live::Made;
use super::types::{CallId, DeskError, DeskEvent, Remains};
use super::writer::{Ending, Recording};
use super::{db, facts, tables};
use crate::consent::{Event, How, Said};

impl Inner {
    /// Withdraws from one purpose, or all. What is recorded stops and dies first; what can wait (the
    /// books) comes after, so that a slow database delays nothing.
    pub(crate) fn withdraw(
        &self,
        id: &CallId,
        purpose: Option<&str>,
        how: How,
    ) -> Result<(), DeskError> {
        let said = Said { at: self.time(), how };
        match self.live.get(id) {
            Some(call) => self.withdraw_live(&call, purpose, said),
            None => self.withdraw_ended(id, purpose, &said),
        }
    }

    fn withdraw_live(
        &self,
        call: &super::live::Call,
        purpose: Option<&str>,
        said: Said,
    ) -> Result<(), DeskError> {
        if purpose.is_none()
            && let Some(recording) = call.slot.take()
        {
            // Nothing can be left of any consent: no need to wait for whoever is writing about it.
            match self.config.on_withdrawal {
                Remains::Destroy => self.destroy(recording.id, Some(&recording), Ending::Withdrawn),
                Remains::Keep => self.close(&recording, Ending::Withdrawn),
            }
        }
        let mut state = call.state();
        let gone: Vec<String> = state
            .consent
            .granted()
            .filter(|p| purpose.is_none_or(|q| q == *p))
            .map(str::to_owned)
            .collect();
        for p in &gone {
            call.apply(&mut state, p, Event::Withdrew(said.clone()));
        }
        let consent = &state.consent;
        let allows = |p: &str| consent.allows(p);
        let under_way = call.slot.get();
        // Stop first: from here on the tape takes nothing.
        if let Some(recording) = &under_way
            && !consent.is_live()
        {
            call.slot.take_if(recording);
        }
        let noted = self.unmake(&state.made, &gone, &allows, said.at, under_way.as_ref());
        if !consent.is_live() && !gone.is_empty() {
            self.send(DeskEvent::Withdrawn(call.id.clone()));
        }
        self.note_withdrawal(&call.id, &gone, &said)?;
        noted
    }

    fn withdraw_ended(
        &self,
        id: &CallId,
        purpose: Option<&str>,
        said: &Said,
    ) -> Result<(), DeskError> {
        let (known, mut left, made) = self.db.read("look up a call", |db| {
            let known = tables::is_call(db, id)?;
            Ok((known, tables::in_force(db, id)?, tables::recordings(db, id)?))
        })?;
        if !known && left.is_empty() {
            return Err(DeskError::NoCall { what: "known", id: id.to_string() });
        }
        let gone: Vec<String> =
            left.extract_if(.., |p| purpose.is_none_or(|q| q == p.as_str())).collect();
        let allows = |p: &str| left.iter().any(|l| l == p);
        let noted = self.unmake(&made, &gone, &allows, said.at, None);
        self.note_withdrawal(id, &gone, said)?;
        noted
    }

    /// Destroys (or closes) the recordings for which no consent is left, and writes the withdrawal
    /// into the others' facts.
    fn unmake(
        &self,
        made: &[Made],
        gone: &[String],
        allows: &dyn Fn(&str) -> bool,
        at: Timestamp,
        under_way: Option<&Arc<Recording>>,
    ) -> Result<(), DeskError> {
        let touched = made.iter().filter(|m| m.purposes.iter().any(|p| gone.contains(p)));
        let (lost, kept): (Vec<&Made>, Vec<&Made>) =
            touched.partition(|m| !m.purposes.iter().any(|p| allows(p)));
        let destroys = self.config.on_withdrawal == Remains::Destroy;
        if destroys {
            for made in &lost {
                self.destroy(made.id, under_way, Ending::Withdrawn);
            }
        } else if let Some(recording) =
            under_way.filter(|r| lost.iter().any(|made| made.id == r.id))
        {
            self.close(recording, Ending::Withdrawn);
        }
        let mut result = Ok(());
        let facts_of = if destroys { kept } else { kept.into_iter().chain(lost).collect() };
        for made in facts_of {
            let facts: Vec<(String, Option<String>)> = made
                .purposes
                .iter()
                .filter(|p| gone.contains(p))
                .map(|p| (facts::withdrawn(p), Some(db::text(at))))
                .collect();
            if let Err(e) = self.vault.set_facts(&made.id, &facts)
                && !self.is_gone(&made.id)
            {
                // A consent that cannot be seen to be withdrawn would be played.
                self.destroy(made.id, under_way, Ending::Failed);
                result = Err(DeskError::Vault {
                    attempt: "note a withdrawal, so that the recording was destroyed",
                    why: e.to_string(),
                });
            }
        }
        result
    }

    /// Whether the vault says that there is no such recording (any more).
    pub(crate) fn is_gone(&self, id: &ObjectId) -> bool {
        matches!(self.vault.facts(id), Err(frist_vault::VaultError::Gone(_)))
    }

    fn note_withdrawal(&self, id: &CallId, gone: &[String], said: &Said) -> Result<(), DeskError> {
        if gone.is_empty() {
            return Ok(());
        }
        {
            let mut counts = lock(&self.counts);
            for p in gone {
                counts.purposes.entry(p.clone()).or_default().withdrawn += 1;
            }
        }
        let noted = self.db.write("note a withdrawal", |tx| {
            tables::withdraw(tx, id, gone, &said.how, said.at).map(|_| ())
        });
        if noted.is_err() {
            self.chore(Chore::Withdrawal(Box::new((id.clone(), gone.to_vec(), said.clone()))));
        }
        noted
    }
}
