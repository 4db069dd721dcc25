//! Accounts of those who work with Frist: their names, roles, data sets, passwords and second
//! factors.
//!
//! Passwords arrive hashed, recovery codes and links as hashes of random secrets. The secret of a
//! second factor is derived from the number kept here and a key outside of the database, so that a
//! copy of the database opens no account.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State};

/// The number of an account; never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

/// An account. No `Debug` shows who it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// The name to sign in with, by which the ledger knows who acted.
    pub name: String,
    /// What the person is called.
    pub title: String,
    /// The password's hash; none until the person has chosen one.
    pub password: Option<String>,
    /// From what the second factor's secret is derived; none without a second factor.
    pub totp: Option<Vec<u8>>,
    /// The chosen language.
    pub lang: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When the password was last chosen.
    pub password_at: Option<Timestamp>,
    /// Since when nobody can sign in with it.
    pub disabled_at: Option<Timestamp>,
    /// What the person may, in the caller's words.
    pub roles: BTreeSet<String>,
    /// The data sets whose records the person needs to see.
    pub datasets: BTreeSet<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({}, {:?})", self.id.0, self.roles)
    }
}

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// The name to sign in with.
    pub name: String,
    /// What the person is called.
    pub title: String,
    /// When it is made.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFor {
    /// To make the first account.
    Setup,
    /// To choose a password.
    Account(AccountId),
}

const COLUMNS: &str = "id, name, title, password, totp, lang, created_at, created_by, password_at, \
                       disabled_at";

impl State {
    /// Makes an account with these roles; nobody can sign in with it until a password is chosen.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is one of this name; when the database does not answer.
    pub fn add_account(&mut self, new: &NewAccount, roles: &BTreeSet<String>) -> Result<AccountId> {
        self.write("make an account", |tx| {
            let added = tx.execute(
                "INSERT INTO account (name, title, created_at, created_by) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO NOTHING",
                &[(&new.name).into(), (&new.title).into(), new.at.into(), (&new.by).into()],
            )?;
            if added == 0 {
                return Err(Error::Refused {
                    what: "account",
                    id: new.name.clone(),
                    reason: "exists already; choose another name".into(),
                });
            }
            let row = tx.one("SELECT id FROM account WHERE name = ?1", &[(&new.name).into()])?;
            let id = row.ok_or_else(|| Error::damaged("a new account is missing"))?.get(0)?;
            replace_roles(tx, AccountId(id), roles, &new.by, new.at)?;
            Ok(AccountId(id))
        })
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn accounts(&mut self) -> Result<Vec<Account>> {
        let sql = format!("SELECT {COLUMNS} FROM account ORDER BY name");
        self.read("list the accounts", |tx| {
            let rows = tx.query(&sql, &[])?;
            rows.into_iter().map(|row| whole(tx, row)).collect()
        })
    }

    /// The account of this name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn account(&mut self, name: &str) -> Result<Option<Account>> {
        let sql = format!("SELECT {COLUMNS} FROM account WHERE name = ?1");
        self.read("read an account", |tx| {
            tx.one(&sql, &[name.into()])?.map(|row| whole(tx, row)).transpose()
        })
    }

    /// The account of this number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn account_by_id(&mut self, id: AccountId) -> Result<Option<Account>> {
        self.read("read an account", |tx| by_id(tx, id))
    }

    /// Keeps the hash of a new password. All sessions of the account end, and links to it with them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_password(&mut self, id: AccountId, hash: &str, at: Timestamp) -> Result<()> {
        self.write("keep a password", |tx| {
            tx.execute(
                "UPDATE account SET password = ?2, password_at = ?3 WHERE id = ?1",
                &[id.0.into(), hash.into(), at.into()],
            )?;
            tx.execute("DELETE FROM account_link WHERE account = ?1", &[id.0.into()])?;
            tx.execute("DELETE FROM session WHERE account = ?1", &[id.0.into()])?;
            Ok(())
        })
    }

    /// Forgets an account's password, its second factor and what it was linked to afterwards; its
    /// sessions and links end. Nobody can sign in with it before a new link was used, but the person
    /// of a provider for whom the account was made: nobody else ever had that.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn forget_password(&mut self, id: AccountId) -> Result<()> {
        self.write("forget a password", |tx| {
            for sql in [
                "UPDATE account SET password = NULL, password_at = NULL, totp = NULL WHERE id = ?1",
                "DELETE FROM account_recovery WHERE account = ?1",
                "DELETE FROM account_link WHERE account = ?1",
                "DELETE FROM account_identity WHERE account = ?1 AND how <> 'origin'",
                "DELETE FROM session WHERE account = ?1",
            ] {
                tx.execute(sql, &[id.0.into()])?;
            }
            Ok(())
        })
    }

    /// Gives an account exactly these roles. Its sessions end: what it may is read anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_roles(
        &mut self,
        id: AccountId,
        roles: &BTreeSet<String>,
        by: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.write("keep the roles of an account", |tx| {
            replace_roles(tx, id, roles, by, at)?;
            tx.execute("DELETE FROM session WHERE account = ?1", &[id.0.into()])?;
            Ok(())
        })
    }

    /// Says of exactly these data sets that the person needs to see their records.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_need_to_know(&mut self, id: AccountId, datasets: &BTreeSet<String>) -> Result<()> {
        self.write("keep what an account may see", |tx| {
            tx.execute("DELETE FROM account_dataset WHERE account = ?1", &[id.0.into()])?;
            for dataset in datasets {
                let sql = "INSERT INTO account_dataset (account, dataset) VALUES (?1, ?2)";
                tx.execute(sql, &[id.0.into(), dataset.into()])?;
            }
            Ok(())
        })
    }

    /// Closes an account (its sessions and links end) or opens it again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_disabled(&mut self, id: AccountId, since: Option<Timestamp>) -> Result<()> {
        self.write("close or open an account", |tx| {
            let sql = "UPDATE account SET disabled_at = ?2 WHERE id = ?1";
            tx.execute(sql, &[id.0.into(), since.into()])?;
            tx.execute("DELETE FROM account_link WHERE account = ?1", &[id.0.into()])?;
            tx.execute("DELETE FROM session WHERE account = ?1", &[id.0.into()])?;
            Ok(())
        })
    }

    /// Keeps the language that a person chose.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_lang(&mut self, id: AccountId, lang: &str) -> Result<()> {
        let sql = "UPDATE account SET lang = ?2 WHERE id = ?1";
        self.write("keep a language", |tx| tx.execute(sql, &[id.0.into(), lang.into()]))?;
        Ok(())
    }

    /// Keeps a second factor with the hashes of its recovery codes, in place of an earlier one; none
    /// takes it away. `step` is that of the code by which it was proved, which works no more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn set_totp(
        &mut self,
        id: AccountId,
        totp: Option<(&[u8], i64)>,
        recovery: &[[u8; 32]],
    ) -> Result<()> {
        self.write("keep a second factor", |tx| {
            tx.execute(
                "UPDATE account SET totp = ?2, totp_step = ?3 WHERE id = ?1",
                &[id.0.into(), totp.map(|t| t.0).into(), totp.map_or(0, |t| t.1).into()],
            )?;
            tx.execute("DELETE FROM account_recovery WHERE account = ?1", &[id.0.into()])?;
            for hash in recovery {
                let sql = "INSERT INTO account_recovery (account, hash) VALUES (?1, ?2)";
                tx.execute(sql, &[id.0.into(), hash.as_slice().into()])?;
            }
            Ok(())
        })
    }

    /// Uses the code of a time step, once: answers whether it had not been used, nor a later one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn use_totp(&mut self, id: AccountId, step: i64) -> Result<bool> {
        let sql = "UPDATE account SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2";
        let used = self.write("use a code", |tx| tx.execute(sql, &[id.0.into(), step.into()]))?;
        Ok(used == 1)
    }

    /// Uses a recovery code, once: answers whether there was one of this hash.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn use_recovery(&mut self, id: AccountId, hash: &[u8; 32]) -> Result<bool> {
        let sql = "DELETE FROM account_recovery WHERE account = ?1 AND hash = ?2";
        let params = [id.0.into(), hash.as_slice().into()];
        Ok(self.write("use a recovery code", |tx| tx.execute(sql, &params))? == 1)
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn recovery_left(&mut self, id: AccountId) -> Result<u64> {
        let sql = "SELECT count(*) FROM account_recovery WHERE account = ?1";
        let row = self.read("count recovery codes", |tx| tx.one(sql, &[id.0.into()]))?;
        row.ok_or_else(|| Error::damaged("a number is missing"))?.get(0)
    }

    /// Keeps a link that works once, in place of earlier ones for the same.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn add_link(
        &mut self,
        hash: &[u8; 32],
        link: LinkFor,
        until: Timestamp,
        by: &str,
    ) -> Result<()> {
        let account = account_of(link);
        self.write("keep a link", |tx| {
            match account {
                None => tx.execute("DELETE FROM account_link WHERE account IS NULL", &[])?,
                Some(id) => {
                    tx.execute("DELETE FROM account_link WHERE account = ?1", &[id.into()])?
                }
            };
            tx.execute(
                "INSERT INTO account_link (hash, account, until, made_by) VALUES (?1, ?2, ?3, ?4)",
                &[hash.as_slice().into(), account.into(), until.into(), by.into()],
            )?;
            Ok(())
        })
    }

    /// What the link of this hash is for, while it works.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn link(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<LinkFor>> {
        let sql = "SELECT account FROM account_link WHERE hash = ?1 AND until > ?2";
        let params = [hash.as_slice().into(), now.into()];
        let row = self.read("look for a link", |tx| tx.one(sql, &params))?;
        let Some(mut row) = row else { return Ok(None) };
        let account: Option<i64> = row.get(0)?;
        Ok(Some(account.map_or(LinkFor::Setup, |id| LinkFor::Account(AccountId(id)))))
    }

    /// Uses a link: answers whether it worked and was not used before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn use_link(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        let sql = "DELETE FROM account_link WHERE hash = ?1 AND until > ?2";
        let params = [hash.as_slice().into(), now.into()];
        Ok(self.write("use a link", |tx| tx.execute(sql, &params))? == 1)
    }
}

fn account_of(link: LinkFor) -> Option<i64> {
    match link {
        LinkFor::Setup => None,
        LinkFor::Account(id) => Some(id.0),
    }
}

fn replace_roles(
    tx: &mut Tx<'_>,
    id: AccountId,
    roles: &BTreeSet<String>,
    by: &str,
    at: Timestamp,
) -> Result<()> {
    tx.execute("DELETE FROM account_role WHERE account = ?1", &[id.0.into()])?;
    for role in roles {
        tx.execute(
            "INSERT INTO account_role (account, role, granted_by, granted_at)
             VALUES (?1, ?2, ?3, ?4)",
            &[id.0.into(), role.into(), by.into(), at.into()],
        )?;
    }
    Ok(())
}

/// The account of this number, within a transaction.
pub(crate) fn by_id(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>> {
    let sql = format!("SELECT {COLUMNS} FROM account WHERE id = ?1");
    tx.one(&sql, &[id.0.into()])?.map(|row| whole(tx, row)).transpose()
}

fn whole(tx: &mut Tx<'_>, mut row: Row) -> Result<Account> {
    let id: i64 = row.get(0)?;
    let mut words = |sql: &str| -> Result<BTreeSet<String>> {
        tx.query(sql, &[id.into()])?.into_iter().map(|mut row| row.get(0)).collect()
    };
    Ok(Account {
        id: AccountId(id),
        name: row.get(1)?,
        title: row.get(2)?,
        password: row.get(3)?,
        totp: row.get(4)?,
        lang: row.get(5)?,
        created_at: row.get(6)?,
        created_by: row.get(7)?,
        password_at: row.get(8)?,
        disabled_at: row.get(9)?,
        roles: words("SELECT role FROM account_role WHERE account = ?1")?,
        datasets: words("SELECT dataset FROM account_dataset WHERE account = ?1")?,
    })
}
