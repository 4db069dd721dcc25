//! Findings: what a sweep came upon that somebody must settle, one for each code and data set.

use frist_ledger::Entry;
use jiff::Timestamp;

use crate::value::{Row, count};
use crate::{Result, State, ledger};

/// A finding as a sweep made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// Its stable code.
    pub code: String,
    /// The data set.
    pub dataset: String,
    /// How many records.
    pub count: u64,
    /// What it is, without personal data.
    pub detail: String,
}

/// A finding with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its number.
    pub id: i64,
    /// The finding as it was last made.
    pub finding: NewFinding,
    /// When it was first made, since it was last settled.
    pub first_seen: Timestamp,
    /// When it was last made.
    pub last_seen: Timestamp,
    /// When it was found settled; none while it is open.
    pub settled_at: Option<Timestamp>,
}

impl State {
    /// Keeps the findings of a sweep. The open findings of the data sets that it `examined` which
    /// it did not make again are settled; those of other data sets stay, since nobody looked.
    ///
    /// # Errors
    ///
    /// When an entry cannot be written or the database does not answer.
    pub fn keep_findings(
        &mut self,
        examined: &[&str],
        findings: &[NewFinding],
        entries: &[Entry],
        at: Timestamp,
    ) -> Result<()> {
        self.write("keep the findings", |tx| {
            for finding in findings {
                tx.execute(
                    "INSERT INTO finding (code, dataset, n, detail, first_seen, last_seen)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                     ON CONFLICT (code, dataset) DO UPDATE SET
                         n = excluded.n, detail = excluded.detail, last_seen = excluded.last_seen,
                         first_seen = CASE WHEN finding.settled_at IS NULL
                             THEN finding.first_seen ELSE excluded.first_seen END,
                         settled_at = NULL",
                    &[
                        (&finding.code).into(),
                        (&finding.dataset).into(),
                        count("a finding's count", finding.count)?.into(),
                        (&finding.detail).into(),
                        at.into(),
                    ],
                )?;
            }
            for dataset in examined {
                let open = tx.query(
                    "SELECT id, code FROM finding WHERE dataset = ?1 AND settled_at IS NULL",
                    &[(*dataset).into()],
                )?;
                for mut row in open {
                    let (id, code) = (row.get::<i64>(0)?, row.get::<String>(1)?);
                    if !findings.iter().any(|f| f.code == code && f.dataset == *dataset) {
                        let sql = "UPDATE finding SET settled_at = ?2 WHERE id = ?1";
                        tx.execute(sql, &[id.into(), at.into()])?;
                    }
                }
            }
            entries.iter().try_for_each(|entry| ledger::append(tx, entry).map(drop))
        })
    }

    /// The findings that are open, by data set and code.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn open_findings(&mut self) -> Result<Vec<Finding>> {
        self.list_findings("WHERE settled_at IS NULL")
    }

    /// All findings, also those settled, by data set and code.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn findings(&mut self) -> Result<Vec<Finding>> {
        self.list_findings("")
    }

    fn list_findings(&mut self, which: &str) -> Result<Vec<Finding>> {
        let sql = format!(
            "SELECT id, code, dataset, n, detail, first_seen, last_seen, settled_at FROM finding
             {which} ORDER BY dataset, code"
        );
        let rows = self.read("list the findings", |tx| tx.query(&sql, &[]))?;
        rows.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<Finding> {
    let finding = NewFinding {
        code: row.get(1)?,
        dataset: row.get(2)?,
        count: row.get(3)?,
        detail: row.get(4)?,
    };
    Ok(Finding {
        id: row.get(0)?,
        finding,
        first_seen: row.get(5)?,
        last_seen: row.get(6)?,
        settled_at: row.get(7)?,
    })
}
