//! Collecting the figures from the register, Frist's own database and the stores.

mod doing;
mod people;
mod rules;

pub(crate) use people::body;

use std::collections::BTreeMap;

use frist_ledger::entry::Kind;
use frist_ledger::{Checkpoint, Entry};
use frist_sweep::Engine;
use jiff::Timestamp;

use super::proven::{Period, Proof, Proven};
use super::{Access, Calls, Controller, Figures, Role};
use crate::Result;

/// What only the face knows.
#[derive(Debug)]
pub struct Given {
    /// The period.
    pub period: Period,
    /// When the bundle is made.
    pub made: Timestamp,
    /// The operator who makes it.
    pub by: String,
    /// The program, with its version.
    pub program: String,
    /// Calls; none where none are recorded.
    pub calls: Option<Calls>,
    /// Tokens of the call interface; none where there is none.
    pub tokens: Option<Vec<Role>>,
}

/// A file of a revision, to be put into the bundle.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisterFile {
    /// The part.
    pub part: String,
    /// Its text.
    pub text: String,
}

impl std::fmt::Debug for RegisterFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RegisterFile({}, {} bytes)", self.part, self.text.len())
    }
}

/// Collects everything. `head` is the published head up to which the evidence goes.
///
/// # Errors
/// When Frist's own database does not answer. A store that does not is told in the figures.
pub fn figures(
    engine: &mut Engine,
    given: Given,
    head: &Checkpoint,
) -> Result<(Figures, Vec<RegisterFile>)> {
    let (proven, operators) = ledger(engine, given.period, head.size)?;
    let (revisions, files) = rules::revisions(engine, &proven)?;
    let calendar = engine.register.controller.calendar.clone();
    let controller = &engine.register.controller;
    let figures = Figures {
        format: "frist-figures@v1".to_owned(),
        program: given.program,
        made: given.made,
        by: given.by,
        period: given.period,
        zone: calendar.zone.iana_name().unwrap_or("UTC").to_owned(),
        controller: Controller {
            name: controller.contact.name.clone(),
            cvr: controller.cvr.clone(),
            public_authority: controller.kind == frist_register::ControllerKind::PublicAuthority,
            contact: controller.contact.email.clone(),
        },
        ledger: head.origin.clone(),
        ledger_entries: head.size,
        revisions,
        rules: rules::rules(engine),
        sweeps: doing::sweeps(engine, given.period)?,
        last_swept: doing::last_swept(engine)?,
        findings: doing::findings(engine, given.period)?,
        holds: doing::holds(engine, given.made)?,
        requests: people::requests(engine, given.period, given.made)?,
        inquiries: people::inquiries(engine, given.period, given.made)?,
        breaches: people::breaches(engine, given.period)?,
        calls: given.calls,
        access: Access {
            operators,
            accounts: people::accounts(engine)?,
            api_tokens: people::api_tokens(engine, given.made)?,
            tokens: given.tokens,
        },
        backups: doing::backups(engine)?,
        coverage: doing::coverage(engine),
        staff: people::staff(engine, given.made)?,
        proven,
    };
    Ok((figures, files))
}

/// Goes through the ledger once: what it proves, and which operators did what in the period.
fn ledger(engine: &mut Engine, period: Period, size: u64) -> Result<(Proven, Vec<Role>)> {
    let mut proof = Proof::new(period);
    let mut acts: BTreeMap<String, BTreeMap<&'static str, u64>> = BTreeMap::new();
    super::seal::each(&mut engine.state, size, &mut |_, bytes| {
        let entry = Entry::parse(bytes)?;
        proof.take(&entry);
        if period.has(entry.at)
            && let Some((by, act)) = act(&entry)
        {
            *acts.entry(by).or_default().entry(act).or_default() += 1;
        }
        Ok(())
    })?;
    let roles = |acts: BTreeMap<&'static str, u64>| {
        acts.into_iter().map(|(act, n)| format!("{act}: {n}")).collect()
    };
    let operators = acts
        .into_iter()
        .map(|(name, acts)| Role { name, roles: roles(acts), until: None })
        .collect();
    Ok((proof.finish(), operators))
}

/// Who did what, in a word.
fn act(entry: &Entry) -> Option<(String, &'static str)> {
    let (by, act) = match &entry.what {
        Kind::Register { by, .. } => (by, "register"),
        Kind::Approval { by, .. } => (by, "approval"),
        Kind::Hold { by, .. } => (by, "hold"),
        Kind::Case { by, .. } => (by, "case"),
        Kind::EvidenceTransfer { by, .. } => (by, "evidence"),
        Kind::KeyDestroyed { by, .. } | Kind::CheckpointKeyRotated { by, .. } => (by, "key"),
        _ => return None,
    };
    Some((by.to_string(), act))
}
