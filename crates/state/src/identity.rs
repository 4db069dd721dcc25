//! Whom an OpenID Connect provider knows by which name, and answers of it that were used.

use jiff::Timestamp;

use crate::account::{self, Account, AccountId};
use crate::value::words;
use crate::{Error, Result, State};

words! {
    /// How an account came to its provider.
    Linking {
        /// The account was made when the person first signed in so.
        Origin = "origin",
        /// The person linked the account afterwards.
        Person = "person",
    }
}

/// A person as a provider knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Its name for the person, which it never gives to another.
    pub subject: String,
    /// Since when the account is linked.
    pub linked_at: Timestamp,
    /// How.
    pub how: Linking,
}

impl State {
    /// The account that is linked to a provider's subject.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn account_by_identity(&mut self, issuer: &str, subject: &str) -> Result<Option<Account>> {
        let sql = "SELECT account FROM account_identity WHERE issuer = ?1 AND subject = ?2";
        self.read("look for a linked account", |tx| {
            match tx.one(sql, &[issuer.into(), subject.into()])? {
                None => Ok(None),
                Some(mut row) => account::by_id(tx, AccountId(row.get(0)?)),
            }
        })
    }

    /// Links an account to a provider's subject, in place of another subject of that provider.
    ///
    /// # Errors
    /// [`Error::Refused`] when another account has this subject; when the database does not answer.
    pub fn link_identity(&mut self, id: AccountId, new: &Identity) -> Result<()> {
        self.write("link an account to a provider", |tx| {
            tx.execute(
                "DELETE FROM account_identity WHERE account = ?1 AND issuer = ?2",
                &[id.0.into(), (&new.issuer).into()],
            )?;
            let added = tx.execute(
                "INSERT INTO account_identity (issuer, subject, account, linked_at, how)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (issuer, subject) DO NOTHING",
                &[
                    (&new.issuer).into(),
                    (&new.subject).into(),
                    id.0.into(),
                    new.linked_at.into(),
                    new.how.as_str().into(),
                ],
            )?;
            if added == 1 {
                return Ok(());
            }
            Err(Error::Refused {
                what: "link to a provider",
                id: id.0.to_string(),
                reason: "another account is linked to the same person there".into(),
            })
        })
    }

    /// Takes all links of an account to providers away; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn unlink_identities(&mut self, id: AccountId) -> Result<u64> {
        let sql = "DELETE FROM account_identity WHERE account = ?1";
        self.write("take a link to a provider away", |tx| tx.execute(sql, &[id.0.into()]))
    }

    /// To whom an account is linked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn identities(&mut self, id: AccountId) -> Result<Vec<Identity>> {
        let sql = "SELECT issuer, subject, linked_at, how FROM account_identity
            WHERE account = ?1 ORDER BY issuer";
        let rows = self.read("read links to providers", |tx| tx.query(sql, &[id.0.into()]))?;
        let read = |mut row: crate::value::Row| {
            let (issuer, subject) = (row.get(0)?, row.get(1)?);
            Ok(Identity { issuer, subject, linked_at: row.get(2)?, how: row.get(3)? })
        };
        rows.into_iter().map(read).collect()
    }

    /// Uses an answer of a provider, once: answers whether it had not been used.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn use_once(&mut self, hash: &[u8; 32], until: Timestamp) -> Result<bool> {
        let sql = "INSERT INTO sign_in_used (hash, until) VALUES (?1, ?2)
            ON CONFLICT (hash) DO NOTHING";
        let params = [hash.as_slice().into(), until.into()];
        Ok(self.write("use an answer of a provider", |tx| tx.execute(sql, &params))? == 1)
    }
}
