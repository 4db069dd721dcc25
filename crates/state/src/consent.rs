//! Consents: records by the fields of ISO/IEC TS 27560, kept while the processing they allow runs.
//!
//! A record holds no text: it names the text of the register, its version and its hash. It goes
//! ([`State::erase_consents`]) once the consent was withdrawn and the short time after that is over.

use std::fmt;

use frist_ledger::Entry;
use jiff::Timestamp;

use crate::value::Row;
use crate::{Error, Result, State, ledger, token};

/// A consent.
#[derive(Clone, PartialEq, Eq)]
pub struct Consent {
    /// Its number (27560: record_id).
    pub id: String,
    /// The version of this form (27560: schema_version).
    pub schema_version: String,
    /// The kind of identifier by which the person is known ("customer").
    pub kind: String,
    /// The identifier, pseudonymous.
    pub who: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// How it was given ("web", "telephone, key 1").
    pub channel: String,
    /// What for: `activity/purpose`.
    pub purposes: Vec<String>,
    /// The id of the register's text that was shown or read out.
    pub text_id: String,
    /// Its version.
    pub text_version: String,
    /// SHA-256 of the text as it was then, hex.
    pub text_hash: String,
    /// The language it was shown in.
    pub lang: String,
    /// The id of the operator or program that recorded it.
    pub given_by: String,
    /// SHA-256 of the token by which the person withdraws it; none when the channel gave none.
    pub token: Option<Vec<u8>>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// Who recorded the withdrawal.
    pub withdrawn_by: Option<String>,
    /// By which route it was withdrawn.
    pub route: Option<String>,
    /// How long the record is kept, in words.
    pub retention: String,
    /// Where the record lies (27560: storage location).
    pub location: String,
    /// From when the record itself must go.
    pub erase_at: Option<Timestamp>,
}

// By hand: who gave it is personal data, and the token opens it.
impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let withdrawn = self.withdrawn_at.is_some();
        write!(
            f,
            "Consent({}, {} {}, withdrawn: {withdrawn})",
            self.id, self.text_id, self.text_version
        )
    }
}

const COLUMNS: &str = "id, schema_version, kind, who, given_at, channel, purposes, text_id, \
    text_version, text_hash, lang, given_by, token, withdrawn_at, withdrawn_by, route, retention, \
    location, erase_at";

impl State {
    /// Keeps consents.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when one of this number exists; when an entry cannot be written or the database
    /// does not answer: then none is kept.
    pub fn give_consents(&mut self, consents: &[Consent], entries: &[Entry]) -> Result<()> {
        let request = self.request;
        self.write("keep a consent", |tx| {
            token::done(tx, request)?;
            for c in consents {
                let purposes = serde_json::to_string(&c.purposes).map_err(|e| Error::Value {
                    what: "a consent's purposes",
                    reason: e.to_string(),
                })?;
                let sql = format!(
                    "INSERT INTO consent ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
                     ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) ON CONFLICT (id) DO NOTHING"
                );
                let added = tx.execute(
                    &sql,
                    &[
                        (&c.id).into(),
                        (&c.schema_version).into(),
                        (&c.kind).into(),
                        (&c.who).into(),
                        c.given_at.into(),
                        (&c.channel).into(),
                        (&purposes).into(),
                        (&c.text_id).into(),
                        (&c.text_version).into(),
                        (&c.text_hash).into(),
                        (&c.lang).into(),
                        (&c.given_by).into(),
                        c.token.as_deref().into(),
                        c.withdrawn_at.into(),
                        c.withdrawn_by.as_deref().into(),
                        c.route.as_deref().into(),
                        (&c.retention).into(),
                        (&c.location).into(),
                        c.erase_at.into(),
                    ],
                )?;
                if added == 0 {
                    return Err(Error::Refused {
                        what: "consent",
                        id: c.id.clone(),
                        reason: "exists already; each consent has its own number".into(),
                    });
                }
            }
            entries.iter().try_for_each(|entry| ledger::append(tx, entry).map(drop))
        })
    }

    /// Notes that a consent was withdrawn; its record goes at `erase_at`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] when it is withdrawn already.
    pub fn withdraw_consent(
        &mut self,
        id: &str,
        at: Timestamp,
        by: &str,
        route: &str,
        erase_at: Timestamp,
        entry: &Entry,
    ) -> Result<u64> {
        self.write("withdraw a consent", |tx| {
            let sql = "SELECT withdrawn_at FROM consent WHERE id = ?1 FOR UPDATE";
            let row = tx.one(sql, &[id.into()])?;
            let mut row =
                row.ok_or_else(|| Error::NotFound { what: "consent", id: id.to_owned() })?;
            if row.get::<Option<Timestamp>>(0)?.is_some() {
                return Err(Error::Refused {
                    what: "consent",
                    id: id.to_owned(),
                    reason: "is withdrawn already".into(),
                });
            }
            tx.execute(
                "UPDATE consent SET withdrawn_at = ?2, withdrawn_by = ?3, route = ?4, erase_at = ?5,
                 token = NULL WHERE id = ?1",
                &[id.into(), at.into(), by.into(), route.into(), erase_at.into()],
            )?;
            ledger::append(tx, entry)
        })
    }

    /// A consent by its number.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn consent(&mut self, id: &str) -> Result<Option<Consent>> {
        Ok(self.some_consents("WHERE id = ?1", &[id.into()])?.pop())
    }

    /// The consent that this token withdraws.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn consent_by_token(&mut self, hash: &[u8]) -> Result<Option<Consent>> {
        Ok(self.some_consents("WHERE token = ?1", &[hash.into()])?.pop())
    }

    /// A person's consents, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn consents_of(&mut self, kind: &str, who: &str) -> Result<Vec<Consent>> {
        self.some_consents("WHERE kind = ?1 AND who = ?2", &[kind.into(), who.into()])
    }

    /// All consents, the oldest first.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn consents(&mut self) -> Result<Vec<Consent>> {
        self.some_consents("", &[])
    }

    /// Erases the records whose time is over, and those of these numbers; answers how many.
    ///
    /// # Errors
    ///
    /// When the database does not answer.
    pub fn erase_consents(&mut self, now: Timestamp, also: &[String]) -> Result<u64> {
        self.write("erase consents whose time is over", |tx| {
            let mut gone = tx.execute("DELETE FROM consent WHERE erase_at <= ?1", &[now.into()])?;
            for id in also {
                gone += tx.execute("DELETE FROM consent WHERE id = ?1", &[id.into()])?;
            }
            Ok(gone)
        })
    }

    fn some_consents(
        &mut self,
        which: &str,
        with: &[crate::value::Val<'_>],
    ) -> Result<Vec<Consent>> {
        let sql = format!("SELECT {COLUMNS} FROM consent {which} ORDER BY given_at, id");
        let rows = self.read("read consents", |tx| tx.query(&sql, with))?;
        rows.into_iter().map(read).collect()
    }
}

fn read(mut row: Row) -> Result<Consent> {
    let id: String = row.get(0)?;
    let purposes = serde_json::from_str(&row.get::<String>(6)?)
        .map_err(|_| Error::damaged(format!("the purposes of consent `{id}` cannot be read")))?;
    Ok(Consent {
        id,
        schema_version: row.get(1)?,
        kind: row.get(2)?,
        who: row.get(3)?,
        given_at: row.get(4)?,
        channel: row.get(5)?,
        purposes,
        text_id: row.get(7)?,
        text_version: row.get(8)?,
        text_hash: row.get(9)?,
        lang: row.get(10)?,
        given_by: row.get(11)?,
        token: row.get(12)?,
        withdrawn_at: row.get(13)?,
        withdrawn_by: row.get(14)?,
        route: row.get(15)?,
        retention: row.get(16)?,
        location: row.get(17)?,
        erase_at: row.get(18)?,
    })
}
