//! What the desk does when it opens after a crash, before it takes a call.

use frist_vault::ObjectId;
use jiff::Timestamp;

use super::inner::Inner;
use super::types::{DeskError, Remains};
use super::{db, facts, tables};

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
        let mut ended = Vec::new();
        let others = cut.closed.iter().map(|(id, _)| id).filter(|id| !unended.contains(id));
        for id in unended.iter().chain(others) {
            let end = if doomed.contains(id) { None } else { self.end_of(id)? };
            ended.push((*id, end.unwrap_or(now)));
            if end.is_none() && !doomed.contains(id) {
                doomed.push(*id);
            }
        }
        self.vault.destroy(&doomed).map_err(vault("destroy what nobody consents to"))?;
        self.db.write("close what a crash left open", |tx| {
            for id in &cut_imports {
                tables::unimport(tx, id, now)?;
            }
            for (id, end) in &ended {
                tables::end_recording(tx, id, "crashed", *end, None)?;
            }
            for id in &doomed {
                tables::destroy(tx, id, now, Some(now))?;
            }
            tables::end_all(tx)?;
            Ok(())
        })
    }

    /// When a recording that was cut off ended; none when it must go: no consent to it is in force,
    /// it is gone already, or it has no end, so that nobody could say when its time is up.
    fn end_of(&self, id: &ObjectId) -> Result<Option<Timestamp>, DeskError> {
        let facts = match self.vault.facts(id) {
            Err(frist_vault::VaultError::Gone(_)) => return Ok(None),
            other => other.map_err(|e| DeskError::Vault {
                attempt: "tell the facts of a recording",
                why: e.to_string(),
            })?,
        };
        let fact =
            |name: &str| facts.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.clone());
        let end = fact("ended_at").as_deref().and_then(db::instant);
        Ok(if self.may_stay(id, &fact)? { end } else { None })
    }

    /// Whether a recording that was cut off may stay: `calls.db` knows of a consent in force to one of
    /// its purposes, or of withdrawn ones that leave recordings as they are. Withdrawals that the
    /// vault does not know of yet are told to it.
    fn may_stay(
        &self,
        id: &ObjectId,
        fact: &dyn Fn(&str) -> Option<String>,
    ) -> Result<bool, DeskError> {
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
