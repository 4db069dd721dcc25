//! Tokens of machines, and the answers that are given again to whoever repeats a request.
//!
//! Of a token only the hash is kept. A scope that shows data of data subjects is asked for first and
//! granted by somebody else; until then it is nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::db::Tx;
use crate::value::Row;
use crate::{Error, Result, State};

/// The number of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenId(pub i64);

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// Its name, by which the ledger knows it after `token:`.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// What it may, each with who granted it; none where it is only asked for.
    pub scopes: BTreeMap<String, Option<String>>,
    /// The data sets whose records it needs to see; `*` is all.
    pub datasets: BTreeSet<String>,
    /// Who made it.
    pub made_by: String,
    /// Who was shown its secret: their hand it is.
    pub shown_to: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
    /// When.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it works at `now`.
    #[must_use]
    pub fn works_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A token to be made.
#[derive(Clone)]
pub struct NewToken {
    /// Its name; never given twice.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// The hash of the secret.
    pub hash: [u8; 32],
    /// What it may, each with who grants it; none where it is only asked for.
    pub scopes: BTreeMap<String, Option<String>>,
    /// The data sets whose records it needs to see.
    pub datasets: BTreeSet<String>,
    /// Who makes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// What is known of a request that came with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new, and begun by this call, which ends it.
    New {
        /// When: what it is ended by.
        at: Timestamp,
        /// Whether the same request was begun before, by a server that died over it: it may have been
        /// done.
        again: bool,
    },
    /// The same request was answered: sealed, as it was kept.
    Answered(Vec<u8>),
    /// The same request was done by a server that died before it had answered.
    Done,
    /// The key belongs to another request.
    Another,
    /// The same request is under way.
    UnderWay,
}

const COLUMNS: &str =
    "id, name, title, made_by, made_at, expires_at, seen_at, revoked_by, revoked_at, shown_to";

impl State {
    /// Makes a token.
    ///
    /// # Errors
    /// [`Error::Refused`] when the name was given before, also to a token that was revoked; when the
    /// database does not answer.
    pub fn add_token(&mut self, new: &NewToken) -> Result<TokenId> {
        self.write("make a token", |tx| {
            let sql =
                "INSERT INTO api_token (name, title, hash, made_by, shown_to, made_at, expires_at)
                VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING RETURNING id";
            let row = tx.one(
                sql,
                &[
                    (&new.name).into(),
                    (&new.title).into(),
                    new.hash.as_slice().into(),
                    (&new.by).into(),
                    new.at.into(),
                    new.expires_at.into(),
                ],
            )?;
            let Some(mut row) = row else {
                return Err(Error::Refused {
                    what: "token",
                    id: new.name.clone(),
                    reason: "was made before; the ledger may name it, so take another name".into(),
                });
            };
            let id = TokenId(row.get(0)?);
            for (scope, by) in &new.scopes {
                put_scope(tx, id, scope, by.as_deref(), new.at)?;
            }
            put_datasets(tx, id, &new.datasets)?;
            Ok(id)
        })
    }

    /// All tokens, also those that no longer work, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn tokens(&mut self) -> Result<Vec<Token>> {
        let sql = format!("SELECT {COLUMNS} FROM api_token ORDER BY name");
        self.read("list the tokens", |tx| {
            let rows = tx.query(&sql, &[])?;
            rows.into_iter().map(|row| token(tx, row)).collect()
        })
    }

    /// The token of this name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn token(&mut self, name: &str) -> Result<Option<Token>> {
        let sql = format!("SELECT {COLUMNS} FROM api_token WHERE name = ?1");
        self.read("read a token", |tx| {
            tx.one(&sql, &[name.into()])?.map(|row| token(tx, row)).transpose()
        })
    }

    /// The token whose secret has this hash, if it works; says that it was seen, at most once a
    /// minute.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn token_by_hash(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<Token>> {
        let sql = format!("SELECT {COLUMNS} FROM api_token WHERE hash = ?1");
        let found = self.read("read a token", |tx| {
            tx.one(&sql, &[hash.as_slice().into()])?.map(|row| token(tx, row)).transpose()
        })?;
        let Some(mut token) = found.filter(|t| t.works_at(now)) else { return Ok(None) };
        let minute = SignedDuration::from_mins(1);
        if token.seen_at.is_none_or(|seen| now.duration_since(seen) >= minute) {
            let sql = "UPDATE api_token SET seen_at = ?2 WHERE id = ?1";
            self.write("keep a token", |tx| tx.execute(sql, &[token.id.0.into(), now.into()]))?;
            token.seen_at = Some(now);
        }
        Ok(Some(token))
    }

    /// Grants these of the scopes that `among` names and takes the others of them back, so that they
    /// are only asked for; and says which data sets the token needs to see. `fresh` is the hash of another
    /// secret, shown to `by`, in place of the one that others have seen.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn grant_token(
        &mut self,
        id: TokenId,
        among: &BTreeSet<String>,
        granted: &BTreeSet<String>,
        datasets: &BTreeSet<String>,
        fresh: Option<&[u8; 32]>,
        (by, at): (&str, Timestamp),
    ) -> Result<()> {
        self.write("grant a token its scopes", |tx| {
            for scope in granted.intersection(among) {
                put_scope(tx, id, scope, Some(by), at)?;
            }
            for scope in among.difference(granted) {
                let sql = "UPDATE api_token_scope SET granted_by = NULL, granted_at = NULL
                    WHERE token = ?1 AND scope = ?2";
                tx.execute(sql, &[id.0.into(), scope.into()])?;
            }
            if let Some(hash) = fresh {
                let sql = "UPDATE api_token SET hash = ?2, shown_to = ?3 WHERE id = ?1";
                tx.execute(sql, &[id.0.into(), hash.as_slice().into(), by.into()])?;
            }
            put_datasets(tx, id, datasets)
        })
    }

    /// Revokes a token: it never works again. Answers whether it did until now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn revoke_token(&mut self, id: TokenId, by: &str, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE api_token SET revoked_by = ?2, revoked_at = ?3
            WHERE id = ?1 AND revoked_at IS NULL";
        let params = [id.0.into(), by.into(), at.into()];
        Ok(self.write("revoke a token", |tx| tx.execute(sql, &params))? == 1)
    }

    /// Begins a request under an idempotency key, unless it was begun before. An answer is kept for
    /// `keep`; a request that has not ended within `patience` is taken to have died with its server.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn begin_answer(
        &mut self,
        name: &[u8; 32],
        request: &[u8; 32],
        now: Timestamp,
        keep: SignedDuration,
        patience: SignedDuration,
    ) -> Result<Begun> {
        let (name, request) = (name.as_slice(), request.as_slice());
        self.write("begin a request", |tx| {
            let insert = "INSERT INTO api_answer (name, request, began_at) VALUES (?1, ?2, ?3)
                ON CONFLICT (name) DO NOTHING";
            if tx.execute(insert, &[name.into(), request.into(), now.into()])? == 1 {
                return Ok(Begun::New { at: now, again: false });
            }
            let sql =
                "SELECT request, began_at, answer, done FROM api_answer WHERE name = ?1 FOR UPDATE";
            let Some(mut row) = tx.one(sql, &[name.into()])? else { return Ok(Begun::UnderWay) };
            let (kept, began): (Vec<u8>, Timestamp) = (row.get(0)?, row.get(1)?);
            let answer: Option<Vec<u8>> = row.get(2)?;
            let done = row.get::<i64>(3)? != 0;
            let age = now.duration_since(began);
            if done && answer.is_none() && kept == request && age >= patience && age < keep {
                return Ok(Begun::Done);
            }
            let over = match answer {
                None if !done => age >= patience,
                _ => age >= keep,
            };
            if over {
                let sql = "UPDATE api_answer
                    SET request = ?2, began_at = ?3, answer = NULL, done = 0 WHERE name = ?1";
                tx.execute(sql, &[name.into(), request.into(), now.into()])?;
                let again = answer.is_none() && kept == request;
                return Ok(Begun::New { at: now, again });
            }
            if kept != request {
                return Ok(Begun::Another);
            }
            Ok(answer.map_or(Begun::UnderWay, Begun::Answered))
        })
    }

    /// Ends a request that was begun at this instant: with its sealed answer, or without one, so that
    /// it can be tried again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn end_answer(
        &mut self,
        name: &[u8; 32],
        began: Timestamp,
        answer: Option<&[u8]>,
    ) -> Result<()> {
        let key = [name.as_slice().into(), began.into()];
        self.write("end a request", |tx| match answer {
            Some(answer) => {
                let sql = "UPDATE api_answer SET answer = ?3
                    WHERE name = ?1 AND began_at = ?2 AND answer IS NULL";
                tx.execute(sql, &[key[0], key[1], answer.into()])
            }
            None => {
                let sql = "DELETE FROM api_answer
                    WHERE name = ?1 AND began_at = ?2 AND answer IS NULL";
                tx.execute(sql, &key)
            }
        })?;
        Ok(())
    }

    /// Erases the answers to requests that began before this instant; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn prune_answers(&mut self, before: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM api_answer WHERE began_at < ?1";
        self.write("erase old answers", |tx| tx.execute(sql, &[before.into()]))
    }
}

/// Says, in the transaction that does it, that a request was done.
pub(crate) fn done(tx: &mut Tx<'_>, request: Option<[u8; 32]>) -> Result<()> {
    let Some(name) = request else { return Ok(()) };
    tx.execute("UPDATE api_answer SET done = 1 WHERE name = ?1", &[name.as_slice().into()])?;
    Ok(())
}

fn token(tx: &mut Tx<'_>, mut row: Row) -> Result<Token> {
    let id: i64 = row.get(0)?;
    let mut scopes = BTreeMap::new();
    let sql = "SELECT scope, granted_by FROM api_token_scope WHERE token = ?1";
    for mut row in tx.query(sql, &[id.into()])? {
        scopes.insert(row.get(0)?, row.get(1)?);
    }
    let sql = "SELECT dataset FROM api_token_dataset WHERE token = ?1";
    let datasets = tx.query(sql, &[id.into()])?;
    let datasets = datasets.into_iter().map(|mut row| row.get(0)).collect::<Result<_>>()?;
    Ok(Token {
        id: TokenId(id),
        name: row.get(1)?,
        title: row.get(2)?,
        scopes,
        datasets,
        made_by: row.get(3)?,
        made_at: row.get(4)?,
        expires_at: row.get(5)?,
        seen_at: row.get(6)?,
        revoked_by: row.get(7)?,
        revoked_at: row.get(8)?,
        shown_to: row.get(9)?,
    })
}

fn put_scope(
    tx: &mut Tx<'_>,
    id: TokenId,
    scope: &str,
    by: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO api_token_scope (token, scope, granted_by, granted_at)
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT (token, scope) DO UPDATE SET
            granted_by = excluded.granted_by, granted_at = excluded.granted_at";
    let when = by.map(|_| at);
    tx.execute(sql, &[id.0.into(), scope.into(), by.into(), when.into()])?;
    Ok(())
}

fn put_datasets(tx: &mut Tx<'_>, id: TokenId, datasets: &BTreeSet<String>) -> Result<()> {
    tx.execute("DELETE FROM api_token_dataset WHERE token = ?1", &[id.0.into()])?;
    for dataset in datasets {
        let sql = "INSERT INTO api_token_dataset (token, dataset) VALUES (?1, ?2)";
        tx.execute(sql, &[id.0.into(), dataset.into()])?;
    }
    Ok(())
}
