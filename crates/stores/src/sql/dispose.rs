//! Erasing and anonymising a batch, in one transaction.
//!
//! First the rows are locked (SQLite: the database is), then what may go is decided under that
//! lock, then it goes; when not exactly that would go, nothing does.

use std::collections::HashSet;

use frist_decide::sql::Dialect;
use frist_decide::{Compiled, Test, Value};
use frist_register::Anonymise;

use super::anonymise::{Field, pseudonym};
use super::backend::{Backend, Param};
use super::closed::{Pairs, closed};
use super::store::{SqlStore, count};
use super::{SqlBound, key};
use crate::{Action, Disposed, Key, KeyPart, Part, Record, StoreError};

/// What is attempted, as errors say it.
const ERASE: &str = "erase a batch";

impl<B: Backend> SqlStore<B> {
    /// Erases those among `keys` that satisfy `test` and are not blocked.
    pub(super) fn erase(
        &mut self,
        bound: &SqlBound,
        test: Option<&Compiled>,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        let due = bound.test(test.map_or(&Test::Const(true), |c| &c.due));
        let may_go = format!("{due} AND {}", bound.free_of_others());
        if bound.stands_alone()
            && let Some(disposed) = self.erase_at_once(bound, &may_go, keys)?
        {
            return Ok(disposed);
        }
        self.transaction(|store| store.erase_locked(bound, &may_go, keys))
    }

    /// Within a transaction: locks, tests, erases.
    fn erase_locked(
        &mut self,
        bound: &SqlBound,
        may_go: &str,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        self.lock(bound, keys)?;
        let mut records = self.records_among(bound, may_go, keys)?;
        if bound.blocking(true).next().is_some() {
            let set = self.own_closed(bound, records.iter().map(|r| r.key.clone()).collect())?.0;
            records.retain(|r| set.contains(&r.key));
        }
        if records.is_empty() {
            return Ok(Disposed::default());
        }
        let batch = [bound.keys_param(records.iter().map(|r| &r.key))];
        let detached = self.detach(bound, &batch)?;
        // Emptying references may change facts that are taken from the referring rows; those
        // were tested under the lock just now.
        let again = match bound.detaching().next() {
            Some(_) => String::new(),
            None => format!(" AND {may_go}"),
        };
        let sql =
            format!("DELETE FROM {} AS t WHERE {}{again}", bound.table, bound.key_among("t", 1));
        let gone = self.backend.execute(ERASE, &sql, &batch)?;
        self.all_or_none(gone, records.len(), ERASE)?;
        self.stays_gone(bound, &records)?;
        Ok(Disposed { done: records, detached })
    }

    /// Erases and anonymises in several tables, in one transaction. Where nothing but a record
    /// itself decides and no trigger could do something else, one statement tests and erases.
    pub(super) fn together(
        &mut self,
        parts: &[(&SqlBound, &Part<'_>)],
    ) -> Result<Vec<Disposed>, StoreError> {
        let plain = !self.backend.has_triggers()?;
        let mut at_once = false;
        self.transaction(|store| {
            let mut out = Vec::with_capacity(parts.len());
            for (bound, part) in parts {
                let due = bound.test(&part.compiled.due);
                let may_go = || format!("{due} AND {}", bound.free_of_others());
                out.push(match part.action {
                    _ if part.keys.is_empty() => Disposed::default(),
                    Action::Erase if plain && bound.stands_alone() => {
                        at_once = true;
                        let done = store.erase_those(bound, &may_go(), part.keys, Vec::new())?;
                        Disposed { done, detached: 0 }
                    }
                    Action::Erase => store.erase_locked(bound, &may_go(), part.keys)?,
                    Action::Anonymise { fields, pseudonym_key } => store.anonymise_locked(
                        bound,
                        part.compiled,
                        part.keys,
                        fields,
                        pseudonym_key,
                    )?,
                });
            }
            // Asked once more, now that nobody can give the tables one before this is over.
            if at_once && store.backend.has_triggers()? {
                let why = "a trigger or rule was added in the same moment; nothing of the batch was changed";
                return Err(store.refused(ERASE, why, true));
            }
            Ok(out)
        })
    }

    /// Erases the page that was read last where it lay: one statement tests and erases, and answers
    /// which went; the database tests each row again under its lock. None when that says too little,
    /// and the batch must be locked, tested and erased step by step: when it is no such page, when a
    /// trigger or rule could do something else, or when another record has come to lie in such a
    /// place and would have gone too.
    fn erase_at_once(
        &mut self,
        bound: &SqlBound,
        may_go: &str,
        keys: &[Key],
    ) -> Result<Option<Disposed>, StoreError> {
        let places = self.places_of(bound, keys);
        let Some((places, place)) = places.zip(bound.place) else { return Ok(None) };
        if self.backend.has_triggers()? {
            return Ok(None);
        }
        self.attempt(|store| {
            let places = [Param::Text(places)];
            let sql = bound.delete_at(place, may_go);
            let rows = store.backend.query_writing(ERASE, &sql, &places)?;
            let mut done = store.records_of(bound, rows)?;
            let mut left: HashSet<&Key> = keys.iter().collect();
            if !done.iter().all(|record| left.remove(&record.key)) {
                return Ok(None);
            }
            if !left.is_empty() {
                // They have moved, or are no longer due.
                let left: Vec<Key> = left.into_iter().cloned().collect();
                done = store.erase_those(bound, may_go, &left, done)?;
            }
            // Asked once more, now that nobody can give the table one before this is over.
            let done = Disposed { done, detached: 0 };
            Ok((!store.backend.has_triggers()?).then_some(done))
        })
    }

    /// Within a transaction: erases by key what satisfies the test, in the statement that tests; adds
    /// it to `done`.
    fn erase_those(
        &mut self,
        bound: &SqlBound,
        may_go: &str,
        keys: &[Key],
        mut done: Vec<Record>,
    ) -> Result<Vec<Record>, StoreError> {
        let before = done.len();
        let sql = bound.delete_among(may_go);
        let rows = self.backend.query_writing(ERASE, &sql, &[bound.keys_param(keys)])?;
        done.extend(self.records_of(bound, rows)?);
        if done.len() - before < keys.len() {
            let left = self.records_among(bound, may_go, keys)?;
            self.all_or_none(done.len() as u64, done.len() + left.len(), ERASE)?;
        }
        Ok(done)
    }

    fn records_of(
        &self,
        bound: &SqlBound,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Record>, StoreError> {
        rows.into_iter().map(|row| self.record_of(bound, row)).collect()
    }

    /// Anonymises those among `keys` that are due and not done yet.
    pub(super) fn anonymise(
        &mut self,
        bound: &SqlBound,
        compiled: &Compiled,
        keys: &[Key],
        fields: &[(String, Anonymise)],
        pseudonym_key: &[u8; 32],
    ) -> Result<Disposed, StoreError> {
        self.transaction(|store| {
            store.anonymise_locked(bound, compiled, keys, fields, pseudonym_key)
        })
    }

    /// Within a transaction: locks, tests, anonymises, looks.
    fn anonymise_locked(
        &mut self,
        bound: &SqlBound,
        compiled: &Compiled,
        keys: &[Key],
        fields: &[(String, Anonymise)],
        pseudonym_key: &[u8; 32],
    ) -> Result<Disposed, StoreError> {
        const ATTEMPT: &str = "anonymise a batch";
        self.same_fields(bound, fields)?;
        let due = bound.test(&compiled.due);
        self.lock(bound, keys)?;
        let test = format!("{due} AND NOT {}", bound.done());
        let records = self.records_among(bound, &test, keys)?;
        if records.is_empty() {
            return Ok(Disposed::default());
        }
        let batch = [bound.keys_param(records.iter().map(|r| &r.key))];
        let among = bound.key_among("t", 1);
        let names: Vec<(&Field, Vec<(Key, String)>)> = bound
            .anonymise
            .iter()
            .filter(|f| f.becomes.is_none())
            .map(|f| Ok((f, self.pseudonyms(bound, f, &batch, pseudonym_key)?)))
            .collect::<Result<_, StoreError>>()?;
        let set: Vec<String> = bound
            .anonymise
            .iter()
            .filter_map(|f| Some(format!("{} = {}", f.column, f.becomes.as_ref()?)))
            .collect();
        if !set.is_empty() {
            let sql = format!(
                "UPDATE {} AS t SET {} WHERE {among} AND {test}",
                bound.table,
                set.join(", ")
            );
            let changed = self.backend.execute(ATTEMPT, &sql, &batch)?;
            self.all_or_none(changed, records.len(), ATTEMPT)?;
        }
        for (field, values) in &names {
            self.write_pseudonyms(bound, field, values)?;
        }
        // A column that cannot take its new value, or a trigger that changes it back, must
        // not be taken for done.
        self.backend.fire_deferred()?;
        let sql =
            format!("SELECT count(*) FROM {} AS t WHERE {among} AND {}", bound.table, bound.done());
        let done = count(&self.backend.query(ATTEMPT, &sql, &batch)?, 0);
        if done != records.len() as u64 {
            return Err(self.refused(
                    ATTEMPT,
                    "a field did not keep its new value; look for its type, its constraints and triggers",
                    false,
                ));
        }
        Ok(Disposed { done: records, detached: 0 })
    }

    /// The greatest part of `keys` to which no row outside it refers, with the references found.
    pub(super) fn own_closed(
        &mut self,
        bound: &SqlBound,
        keys: Vec<Key>,
    ) -> Result<(HashSet<Key>, Pairs), StoreError> {
        let batch = [bound.keys_param(&keys)];
        let mut pairs = Vec::new();
        for inbound in bound.blocking(true) {
            for row in self.backend.query("read references", &bound.own_pairs(inbound), &batch)? {
                let (from, to) = row.split_at(bound.key.len());
                pairs.push((self.key_of(bound, from)?, self.key_of(bound, to)?));
            }
        }
        pairs.retain(|(from, to)| from != to);
        Ok((closed(keys, &pairs), pairs))
    }

    pub(super) fn lock(&mut self, bound: &SqlBound, keys: &[Key]) -> Result<(), StoreError> {
        if bound.dialect == Dialect::Sqlite {
            return Ok(());
        }
        // In the order of the key, so that two who lock the same rows wait instead of deadlocking.
        let sql = format!(
            "SELECT 1 FROM {} AS t WHERE {} ORDER BY {} FOR UPDATE",
            bound.table,
            bound.key_among("t", 1),
            bound.key_columns("t").join(", ")
        );
        self.backend.query("lock a batch", &sql, &[bound.keys_param(keys)]).map(|_| ())
    }

    fn records_among(
        &mut self,
        bound: &SqlBound,
        test: &str,
        keys: &[Key],
    ) -> Result<Vec<Record>, StoreError> {
        let rows = self.backend.query(
            "test a batch again",
            &bound.among(test),
            &[bound.keys_param(keys)],
        )?;
        self.records_of(bound, rows)
    }

    fn detach(&mut self, bound: &SqlBound, batch: &[Param; 1]) -> Result<u64, StoreError> {
        let mut detached = 0;
        for inbound in bound.detaching() {
            for (by, to) in &inbound.pairs {
                let sql = format!(
                    "UPDATE {} AS r SET {by} = NULL WHERE r.{by} IN (SELECT t.{to} FROM {} AS t WHERE {})",
                    inbound.table,
                    bound.table,
                    bound.key_among("t", 1)
                );
                detached += self.backend.execute("empty references", &sql, batch)?;
            }
        }
        Ok(detached)
    }

    pub(super) fn all_or_none(
        &self,
        found: u64,
        wanted: usize,
        attempt: &str,
    ) -> Result<(), StoreError> {
        if found == wanted as u64 {
            return Ok(());
        }
        let why = "records changed in the same moment, or a trigger keeps them; nothing of the batch was changed";
        Err(self.refused(attempt, why, true))
    }

    fn same_fields(
        &self,
        bound: &SqlBound,
        fields: &[(String, Anonymise)],
    ) -> Result<(), StoreError> {
        let same = fields.len() == bound.anonymise.len()
            && fields.iter().all(|(name, how)| {
                bound.anonymise.iter().any(|f| f.name == *name && f.how == *how)
            });
        match same {
            true => Ok(()),
            false => Err(self.refused(
                "anonymise a batch",
                "the fields are not those of the data set's rule; bind the data set again",
                false,
            )),
        }
    }

    /// What the field becomes in each record of the batch in which it is not empty or done.
    fn pseudonyms(
        &mut self,
        bound: &SqlBound,
        field: &Field,
        batch: &[Param; 1],
        secret: &[u8; 32],
    ) -> Result<Vec<(Key, String)>, StoreError> {
        let text = match bound.dialect {
            Dialect::Postgres => format!("(t.{})::text", field.column),
            Dialect::Sqlite => format!("CAST(t.{} AS TEXT)", field.column),
        };
        let sql = format!(
            "SELECT {}, {text} FROM {} AS t WHERE {} AND NOT {}",
            bound.key_select("t").join(", "),
            bound.table,
            bound.key_among("t", 1),
            field.done
        );
        let rows = self.backend.query("read what becomes a pseudonym", &sql, batch)?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.key_of(bound, &row)?;
            if let Some(Value::Text(value)) = row.last() {
                out.push((key, pseudonym(secret, value)));
            }
        }
        Ok(out)
    }

    fn write_pseudonyms(
        &mut self,
        bound: &SqlBound,
        field: &Field,
        values: &[(Key, String)],
    ) -> Result<(), StoreError> {
        // Each row of the JSON is a key and, as its last element, the pseudonym.
        let rows: Vec<Key> = values
            .iter()
            .map(|(key, value)| {
                let mut row = key.clone();
                row.0.push(KeyPart::Text(value.clone()));
                row
            })
            .collect();
        let last = bound.key.len();
        let (value, from) = match bound.dialect {
            Dialect::Postgres => {
                (format!("e.v ->> {last}"), "jsonb_array_elements(CAST($1::text AS jsonb)) AS e(v)")
            }
            Dialect::Sqlite => {
                (format!("json_extract(e.value, '$[{last}]')"), "json_each(?1) AS e")
            }
        };
        let same: Vec<String> = bound
            .key
            .iter()
            .enumerate()
            .map(|(i, k)| match bound.dialect {
                Dialect::Postgres => format!("t.{} = CAST(e.v ->> {i} AS {})", k.column, k.cast),
                Dialect::Sqlite => format!("t.{} = json_extract(e.value, '$[{i}]')", k.column),
            })
            .collect();
        let sql = format!(
            "UPDATE {} AS t SET {} = {value} FROM {from} WHERE {}",
            bound.table,
            field.column,
            same.join(" AND ")
        );
        self.backend.execute("write pseudonyms", &sql, &[Param::Text(key::json(&rows))])?;
        Ok(())
    }
}
