//! What the desk does when it opens after a crash, before it takes a call.

use frist_vault::ObjectId;

use super::inner::Inner;
use super::types::{DeskError, Remains};
use super::{facts, tables};

impl Inner {
    /// Closes what was live, finishes what was being destroyed, and destroys what was live and has no
    /// consent in force.
    pub(crate) fn recover(&self) -> Result<(), DeskError> {
        let now = self.time();
        let vault = |attempt| {
            move |e: frist_vault::VaultError| DeskError::Vault { attempt, why: e.to_string() }
        };
        let cut = self.vault.recover(now).map_err(vault("close what a crash left open"))?;
        let (mut doomed, cut_imports, unended) =
            self.db.read("look for what a crash left open", |db| {
                Ok((tables::to_destroy(db)?, tables::unimported(db)?, tables::unended(db)?))
            })?;
        doomed.extend(&cut_imports);
        for (id, _) in &cut.closed {
            if !doomed.contains(id) && !self.may_stay(id)? {
                doomed.push(*id);
            }
        }
        self.vault.destroy(&doomed).map_err(vault("destroy what nobody consents to"))?;
        self.db.write("close what a crash left open", |tx| {
            for id in &cut_imports {
                tables::unimport(tx, id, now)?;
            }
            for id in &unended {
                let end = cut.closed.iter().find(|(cut, _)| cut == id).map(|(_, end)| *end);
                tables::end_recording(tx, id, "crashed", end.unwrap_or(now))?;
            }
            for id in &doomed {
                tables::destroy(tx, id, now, Some(now))?;
            }
            tables::end_all(tx)?;
            Ok(())
        })
    }

    /// Whether a recording that was cut off may stay: `calls.db` knows of a consent in force to one of
    /// its purposes, or of withdrawn ones that leave recordings as they are. Withdrawals that the
    /// vault does not know of yet are told to it.
    fn may_stay(&self, id: &ObjectId) -> Result<bool, DeskError> {
        let facts = self.vault.facts(id).map_err(|e| DeskError::Vault {
            attempt: "tell the facts of a recording",
            why: e.to_string(),
        })?;
        let fact =
            |name: &str| facts.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.clone());
        let Some(call) = fact("call_id").as_deref().and_then(super::types::CallId::parse) else {
            return Ok(false);
        };
        let withdrawn = self.db.read("look up consents", |db| tables::consents(db, &call))?;
        let mut live = false;
        let mut taken_back = Vec::new();
        for (purpose, when) in withdrawn {
            if fact(&facts::given(&purpose)).is_none() {
                continue;
            }
            match when {
                None => live |= fact(&facts::withdrawn(&purpose)).is_none(),
                Some(at) => taken_back.push((facts::withdrawn(&purpose), Some(at))),
            }
        }
        if live || (self.config.on_withdrawal == Remains::Keep && !taken_back.is_empty()) {
            self.vault.set_facts(id, &taken_back).map_err(|e| DeskError::Vault {
                attempt: "note a withdrawal",
                why: e.to_string(),
            })?;
            return Ok(true);
        }
        Ok(false)
    }
}
