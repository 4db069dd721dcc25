//! Packages that wait to be fetched by a private link. What is kept is ciphertext; of the link there
//! is only the hash. Wrong codes are counted before the code is tried, so that many guesses at once
//! get no further than as many one after the other.

use jiff::Timestamp;

use super::log::{self, NewStep};
use crate::{Result, State};

/// A package that is laid out.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The case.
    pub number: String,
    /// What the file is called when it is opened.
    pub name: String,
    /// The file, encrypted.
    pub bytes: Vec<u8>,
    /// When it was laid out.
    pub made_at: Timestamp,
    /// From this instant on it is not given out.
    pub expires_at: Timestamp,
    /// How often it can still be fetched.
    pub fetches: u32,
    /// How many codes can still be tried.
    pub tries: u32,
}

// By hand: the file is a person's.
impl std::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parcel({}, {} bytes, until {})", self.number, self.bytes.len(), self.expires_at)
    }
}

const ALIVE: &str = "hash = ?1 AND expires_at > ?2 AND fetches > 0 AND tries > 0";

impl State {
    /// Lays a package out, in place of an earlier one of its case.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) when there is no such case; when the database does
    /// not answer.
    pub fn lay_out_parcel(
        &mut self,
        link: &[u8; 32],
        parcel: &Parcel,
        step: &NewStep,
    ) -> Result<()> {
        self.write("lay out a package", |tx| {
            super::lock(tx, &parcel.number, None)?;
            let number = (&parcel.number).into();
            tx.execute("DELETE FROM case_parcel WHERE number = ?1", &[number])?;
            tx.execute(
                "INSERT INTO case_parcel
                     (hash, number, name, bytes, made_at, expires_at, fetches, tries)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                &[
                    link.as_slice().into(),
                    (&parcel.number).into(),
                    (&parcel.name).into(),
                    parcel.bytes.as_slice().into(),
                    parcel.made_at.into(),
                    parcel.expires_at.into(),
                    i64::from(parcel.fetches).into(),
                    i64::from(parcel.tries).into(),
                ],
            )?;
            log::add(tx, &parcel.number, step, &[])
        })
    }

    /// When the package of this link is over; none when there is none any more.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn parcel_until(&mut self, link: &[u8; 32], at: Timestamp) -> Result<Option<Timestamp>> {
        let sql = format!("SELECT expires_at FROM case_parcel WHERE {ALIVE}");
        let row = self
            .read("look for a package", |tx| tx.one(&sql, &[link.as_slice().into(), at.into()]))?;
        row.map(|mut row| row.get(0)).transpose()
    }

    /// Takes one of the tries of this link and answers the package, with the tries that are left; none
    /// when it is over, fetched often enough, or too many codes were wrong.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn try_parcel(&mut self, link: &[u8; 32], at: Timestamp) -> Result<Option<Parcel>> {
        let sql = format!(
            "UPDATE case_parcel SET tries = tries - 1 WHERE {ALIVE}
             RETURNING number, name, bytes, made_at, expires_at, fetches, tries"
        );
        self.write("try a package's code", |tx| {
            let row = tx.one(&sql, &[link.as_slice().into(), at.into()])?;
            let Some(mut row) = row else { return Ok(None) };
            Ok(Some(Parcel {
                number: row.get(0)?,
                name: row.get(1)?,
                bytes: row.get(2)?,
                made_at: row.get(3)?,
                expires_at: row.get(4)?,
                fetches: row.get::<u64>(5)?.try_into().unwrap_or(0),
                tries: row.get::<u64>(6)?.try_into().unwrap_or(0),
            }))
        })
    }

    /// Enters that the package of this link was opened with its code and is given out, and gives the
    /// try back. False when somebody else took the last time meanwhile: then it is not given out.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn parcel_fetched(&mut self, link: &[u8; 32], step: &NewStep) -> Result<bool> {
        self.write("give a package out", |tx| {
            let row = tx.one(
                "UPDATE case_parcel SET fetches = fetches - 1, tries = tries + 1
                 WHERE hash = ?1 AND fetches > 0 RETURNING number",
                &[link.as_slice().into()],
            )?;
            let Some(mut row) = row else { return Ok(false) };
            let number: String = row.get(0)?;
            log::add(tx, &number, step, &[])?;
            Ok(true)
        })
    }

    /// Removes the packages that are over at `at`, or that nobody can fetch any more; answers how many.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn drop_parcels(&mut self, at: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM case_parcel WHERE expires_at <= ?1 OR fetches <= 0 OR tries <= 0";
        self.write("remove packages that are over", |tx| tx.execute(sql, &[at.into()]))
    }
}
