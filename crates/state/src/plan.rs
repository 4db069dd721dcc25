//! Plans of what to dispose of, and who approved them.

use frist_ledger::Entry;
use jiff::Timestamp;

use crate::db::Tx;
use crate::value::{Row, words};
use crate::{Error, Result, State, ledger, token};

words! {
    /// How far a plan has come.
    PlanStatus {
        /// Waits for an approval, or to be run if it needs none.
        Proposed = "proposed",
        /// May be run.
        Approved = "approved",
        /// A sweep is carrying it out.
        Running = "running",
        /// A sweep carried it out.
        Done = "done",
        /// Will not be carried out, or only in part.
        Abandoned = "abandoned",
    }
}

/// A plan to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    /// Its id, chosen by the caller.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The id of the operator, or the part of Frist, that made it.
    pub proposed_by: String,
    /// The instant that it decides for.
    pub as_of: Timestamp,
    /// The hash of the register's revision that it follows.
    pub revision: String,
    /// The hash of the plan itself, which an approval names.
    pub hash: String,
    /// The plan in the caller's form (JSON).
    pub body: String,
    /// Why somebody must approve it first; none when nobody needs to.
    pub needs_approval: Option<String>,
}

/// A plan that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The plan as it was made.
    pub plan: NewPlan,
    /// How far it has come.
    pub status: PlanStatus,
}

/// Somebody's approval of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The id of the operator.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

const COLUMNS: &str =
    "id, created_at, proposed_by, as_of, revision, hash, body, needs_approval, status";

impl State {
    /// Keeps a new plan, as proposed.
    ///
    /// # Errors
    ///
    /// When a plan of this id exists, the entry cannot be written, or the database does not answer.
    pub fn propose(&mut self, plan: &NewPlan, entry: &Entry) -> Result<u64> {
        let request = self.request;
        self.write("keep a plan", |tx| {
            token::done(tx, request)?;
            tx.execute(
                &format!(
                    "INSERT INTO plan ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                ),
                &[
                    (&plan.id).into(),
                    plan.created_at.into(),
                    (&plan.proposed_by).into(),
                    plan.as_of.into(),
                    (&plan.revision).into(),
                    (&plan.hash).into(),
                    (&plan.body).into(),
                    plan.needs_approval.as_deref().into(),
                    PlanStatus::Proposed.as_str().into(),
                ],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// Approves the plan with this id and hash. Who may approve, and whether that can be the one
    /// who proposed, is for the caller to decide.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] when the hash is another (what was read is not what
    /// would run), this operator has approved already, or the plan is past approving.
    pub fn approve(
        &mut self,
        id: &str,
        hash: &str,
        approval: &Approval,
        entry: &Entry,
    ) -> Result<u64> {
        self.write("keep an approval", |tx| {
            let plan = locked(tx, id)?;
            if plan.plan.hash != hash {
                return Err(refused(id, "is not the plan that was shown for approval"));
            }
            if !matches!(plan.status, PlanStatus::Proposed | PlanStatus::Approved) {
                return Err(refused(id, &format!("is {} already", plan.status)));
            }
            let added = tx.execute(
                "INSERT INTO approval (plan, who, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (plan, who) DO NOTHING",
                &[id.into(), (&approval.by).into(), approval.at.into()],
            )?;
            if added == 0 {
                return Err(refused(id, "was approved by this operator before"));
            }
            set_status(tx, id, PlanStatus::Approved)?;
            ledger::append(tx, entry)
        })
    }

    /// Abandons a plan that no sweep has begun.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] when it is running or past that.
    pub fn abandon(&mut self, id: &str) -> Result<()> {
        self.write("abandon a plan", |tx| {
            let status = locked(tx, id)?.status;
            if !matches!(status, PlanStatus::Proposed | PlanStatus::Approved) {
                return Err(refused(id, &format!("is {status} already")));
            }
            set_status(tx, id, PlanStatus::Abandoned)
        })
    }

    /// The plan with this id.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn plan(&mut self, id: &str) -> Result<Option<Plan>> {
        let sql = format!("SELECT {COLUMNS} FROM plan WHERE id = ?1");
        let row = self.read("read a plan", |tx| tx.one(&sql, &[id.into()]))?;
        row.map(read).transpose()
    }

    /// The newest plans, the newest first, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn plans(&mut self, limit: u32) -> Result<Vec<Plan>> {
        let sql = format!("SELECT {COLUMNS} FROM plan ORDER BY created_at DESC, id LIMIT ?1");
        let rows = self.read("list the plans", |tx| tx.query(&sql, &[i64::from(limit).into()]))?;
        rows.into_iter().map(read).collect()
    }

    /// The approvals of a plan, the first one first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn approvals(&mut self, id: &str) -> Result<Vec<Approval>> {
        let sql = "SELECT who, at FROM approval WHERE plan = ?1 ORDER BY at, who";
        let rows = self.read("list a plan's approvals", |tx| tx.query(sql, &[id.into()]))?;
        let read = |mut row: Row| Ok(Approval { by: row.get(0)?, at: row.get(1)? });
        rows.into_iter().map(read).collect()
    }
}

/// Takes a plan into a sweep: it must be approved, or need no approval.
pub(crate) fn start(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let plan = locked(tx, id)?;
    match (plan.status, plan.plan.needs_approval) {
        (PlanStatus::Approved, _) | (PlanStatus::Proposed, None) => {
            set_status(tx, id, PlanStatus::Running)
        }
        (PlanStatus::Proposed, Some(_)) => Err(refused(id, "waits for an approval")),
        (status, _) => Err(refused(id, &format!("is {status} already"))),
    }
}

pub(crate) fn set_status(tx: &mut Tx<'_>, id: &str, status: PlanStatus) -> Result<()> {
    let sql = "UPDATE plan SET status = ?2 WHERE id = ?1";
    tx.execute(sql, &[id.into(), status.as_str().into()])?;
    Ok(())
}

fn locked(tx: &mut Tx<'_>, id: &str) -> Result<Plan> {
    let row =
        tx.one(&format!("SELECT {COLUMNS} FROM plan WHERE id = ?1 FOR UPDATE"), &[id.into()])?;
    read(row.ok_or_else(|| Error::NotFound { what: "plan", id: id.to_owned() })?)
}

fn refused(id: &str, reason: &str) -> Error {
    Error::Refused { what: "plan", id: id.to_owned(), reason: reason.to_owned() }
}

fn read(mut row: Row) -> Result<Plan> {
    let plan = NewPlan {
        id: row.get(0)?,
        created_at: row.get(1)?,
        proposed_by: row.get(2)?,
        as_of: row.get(3)?,
        revision: row.get(4)?,
        hash: row.get(5)?,
        body: row.get(6)?,
        needs_approval: row.get(7)?,
    };
    Ok(Plan { plan, status: row.get(8)? })
}
