//! The trait for a SQL database of either kind.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use frist_decide::{Compiled, Outcome, RuleSet, Value};
use frist_law::{Cutoff, Start};
use frist_register::{DataSet, Register};
use jiff::Timestamp;

use super::SqlBound;
use super::backend::{Backend, Param};
use super::catalogue::{Indexed, Table};
use super::closed::parts;
use crate::bound::Bound;
use crate::{
    Action, Aftercare, Amended, Census, CollectionInfo, Disposed, FieldInfo, FieldMatch,
    FieldValue, Fields, Key, Looked, Part, Partition, Record, Search, Store, StoreError,
};

/// A SQL database.
pub(crate) struct SqlStore<B> {
    pub(super) backend: B,
    /// Where the records of the pages that were read last lay; shared with what reads beside.
    pages: Arc<Mutex<Vec<Page>>>,
}

/// How many pages are remembered: the one that is disposed of, and the next.
const PAGES: usize = 2;

/// Where the records of a page lay when they were read.
struct Page {
    table: String,
    /// A hash of the keys: what goes at these places is looked at all the same.
    keys: u64,
    /// The places of the keys, as the text of a PostgreSQL array.
    places: String,
}

impl<B: Backend> SqlStore<B> {
    pub(crate) fn new(backend: B) -> Self {
        Self { backend, pages: Arc::default() }
    }

    fn remember(&self, page: Page) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= PAGES {
            pages.remove(0);
        }
        pages.push(page);
    }

    /// Where just these records lay when they were read, if that is known still.
    pub(super) fn places_of(&self, bound: &SqlBound, keys: &[Key]) -> Option<String> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = fingerprint(keys.iter());
        let at = pages.iter().rposition(|p| p.table == bound.table && p.keys == keys)?;
        Some(pages.remove(at).places)
    }

    pub(super) fn refused(&self, attempt: &str, why: &str, transient: bool) -> StoreError {
        StoreError::Refused {
            store: self.backend.store().to_owned(),
            attempt: attempt.to_owned(),
            why: why.to_owned(),
            transient,
        }
    }

    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = self.attempt(|store| work(store).map(Some));
        done.transpose().unwrap_or_else(|| Err(self.refused("finish", "nothing was done", false)))
    }

    /// A transaction that counts only when its work answers something.
    pub(super) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.backend.begin()?;
        let done = match work(self) {
            Ok(Some(value)) => self.backend.commit().map(|()| Some(value)),
            other => other,
        };
        if !matches!(done, Ok(Some(_))) {
            self.backend.rollback();
        }
        done
    }

    pub(super) fn key_of(&self, bound: &SqlBound, row: &[Value]) -> Result<Key, StoreError> {
        bound.key_of(row).ok_or_else(|| self.no_key(bound))
    }

    pub(super) fn record_of(
        &self,
        bound: &SqlBound,
        row: Vec<Value>,
    ) -> Result<Record, StoreError> {
        bound.record_of(row).ok_or_else(|| self.no_key(bound))
    }

    pub(super) fn no_key(&self, bound: &SqlBound) -> StoreError {
        let why = format!(
            "a record of `{}` has a key that is empty or neither a whole number nor a text; name another `key` in the register",
            bound.name
        );
        self.refused("read keys", &why, false)
    }

    pub(super) fn detail<'b>(&self, bound: &'b Bound) -> Result<&'b SqlBound, StoreError> {
        bound.detail::<SqlBound>().filter(|b| b.dialect == self.backend.dialect()).ok_or_else(
            || {
                self.refused(
                    "use a data set",
                    "it was bound by another store; bind it with this one",
                    false,
                )
            },
        )
    }
}

fn fingerprint<'k>(keys: impl Iterator<Item = &'k Key>) -> u64 {
    let mut hasher = DefaultHasher::new();
    keys.for_each(|key| key.hash(&mut hasher));
    hasher.finish()
}

/// Takes the last column off the rows, which is each one's place.
fn places(rows: &mut [Vec<Value>]) -> Option<String> {
    let mut out = String::from("{");
    for row in rows {
        let Some(Value::Int(place)) = row.pop() else { return None };
        let comma = if out.len() > 1 { "," } else { "" };
        // Writing to a text cannot fail.
        let _ = write!(out, "{comma}\"({},{})\"", place >> 16, place & 0xffff);
    }
    out.push('}');
    Some(out)
}

/// The number in a column of the first row.
pub(super) fn count(rows: &[Vec<Value>], column: usize) -> u64 {
    match rows.first().and_then(|row| row.get(column)) {
        Some(Value::Int(n)) => u64::try_from(*n).unwrap_or_default(),
        _ => 0,
    }
}

impl<B: Backend> Store for SqlStore<B> {
    fn catalogue(&mut self) -> Result<Vec<CollectionInfo>, StoreError> {
        let names = self.backend.tables()?;
        names.iter().map(|name| self.backend.table(name).map(info)).collect()
    }

    fn bind(
        &mut self,
        register: &Register,
        dataset: &DataSet,
        rules: &RuleSet,
    ) -> Result<Bound, StoreError> {
        super::bind::bind(&mut self.backend, register, dataset, rules)
    }

    fn census(&mut self, bound: &Bound, compiled: &Compiled) -> Result<Census, StoreError> {
        let bound = self.detail(bound)?;
        let rows = self.backend.query("count by decision", &bound.census(compiled), &[])?;
        let mut census = Census::default();
        for row in &rows {
            let Some(Value::Text(word)) = row.first() else { continue };
            if let Some(ix) = Outcome::ALL.iter().position(|o| o.word() == word) {
                census.by_outcome[ix] += count(std::slice::from_ref(row), 1);
                census.done += count(std::slice::from_ref(row), 2);
                census.blocked += count(std::slice::from_ref(row), 3);
            }
        }
        Ok(census)
    }

    fn count_due(&mut self, bound: &Bound, compiled: &Compiled) -> Result<(u64, u64), StoreError> {
        let bound = self.detail(bound)?;
        let rows = self.backend.query("count what is due", &bound.count_due(compiled), &[])?;
        Ok((count(&rows, 0), count(&rows, 1)))
    }

    fn count_due_at(&mut self, bound: &Bound, tests: &[Compiled]) -> Result<Vec<u64>, StoreError> {
        // Each statement counts from the beginning, and has so many tests that databases take it.
        const TESTS: usize = 30;
        let bound = self.detail(bound)?;
        let mut due = Vec::with_capacity(tests.len());
        for tests in tests.chunks(TESTS) {
            let Some(sql) = bound.count_due_at(tests) else { continue };
            let rows = self.backend.query("count what comes due", &sql, &[])?;
            let mut first = vec![0; tests.len()];
            for row in &rows {
                let at = usize::try_from(count(std::slice::from_ref(row), 0)).unwrap_or(usize::MAX);
                if let Some(n) = first.get_mut(at) {
                    *n += count(std::slice::from_ref(row), 1);
                }
            }
            due.extend(first.iter().scan(0, |sum, n| {
                *sum += n;
                Some(*sum)
            }));
        }
        Ok(due)
    }

    fn total(&mut self, bound: &Bound, up_to: u64) -> Result<u64, StoreError> {
        let bound = self.detail(bound)?;
        if let Some(estimate) = self.backend.estimate(bound)? {
            return Ok(estimate.min(up_to));
        }
        let sql =
            format!("SELECT count(*) FROM (SELECT 1 FROM {} AS t LIMIT {up_to}) AS x", bound.table);
        Ok(count(&self.backend.query("count the records", &sql, &[])?, 0))
    }

    fn due(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        after: Option<&Record>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let bound = self.detail(bound)?;
        let (sql, params) = bound.due(compiled, after, limit);
        let mut rows = self.backend.query("find what is due", &sql, &params)?;
        let places = bound.place.and_then(|_| places(&mut rows));
        let records: Vec<Record> =
            rows.into_iter().map(|row| self.record_of(bound, row)).collect::<Result<_, _>>()?;
        if let Some(places) = places {
            let keys = fingerprint(records.iter().map(|r| &r.key));
            self.remember(Page { table: bound.table.clone(), keys, places });
        }
        Ok(records)
    }

    fn beside(&mut self, bound: &Bound) -> Option<Box<dyn Store>> {
        // Where no record can go only after another went, the next page is the same before and after.
        let bound = self.detail(bound).ok()?;
        let alone = bound.stands_alone() && bound.anonymise.is_empty();
        if !alone || self.backend.has_triggers().ok()? {
            return None;
        }
        let backend = self.backend.beside()?;
        Some(Box::new(Self { backend, pages: Arc::clone(&self.pages) }))
    }

    fn pace(&mut self, rows: usize) -> Result<(), StoreError> {
        self.backend.pace(rows)
    }

    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        let bound = self.detail(bound)?;
        match action {
            _ if keys.is_empty() => Ok(Disposed::default()),
            Action::Erase => self.erase(bound, Some(compiled), keys),
            Action::Anonymise { fields, pseudonym_key } => {
                self.anonymise(bound, compiled, keys, fields, pseudonym_key)
            }
        }
    }

    fn takes_together(&self) -> bool {
        true
    }

    fn dispose_together(&mut self, parts: &[Part<'_>]) -> Result<Vec<Disposed>, StoreError> {
        let mut bound = Vec::with_capacity(parts.len());
        for part in parts {
            bound.push((self.detail(part.bound)?, part));
        }
        self.together(&bound)
    }

    fn due_cycle(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let bound = self.detail(bound)?;
        if !bound.anonymise.is_empty() || bound.blocking(true).next().is_none() {
            return Ok(Vec::new());
        }
        let test = format!("{} AND {}", bound.test(&compiled.due), bound.free_of_others());
        let rows = self.backend.query("find a cycle", &bound.keys_where(&test), &[])?;
        let keys = rows.iter().map(|row| self.key_of(bound, row)).collect::<Result<Vec<_>, _>>()?;
        let (set, pairs) = self.own_closed(bound, keys)?;
        Ok(parts(&set, &pairs, limit))
    }

    fn fetch(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Record>, StoreError> {
        let bound = self.detail(bound)?;
        let rows =
            self.backend.query("read records", &bound.among("(1=1)"), &[bound.keys_param(keys)])?;
        rows.into_iter().map(|row| self.record_of(bound, row)).collect()
    }

    fn find(
        &mut self,
        bound: &Bound,
        any_of: &[FieldMatch],
        wanted: &[String],
        limit: usize,
    ) -> Result<Looked, StoreError> {
        let (any_of, wanted) = (any_of.to_vec(), wanted.to_vec());
        self.look(&Search { bound, any_of, wanted, limit })
    }

    fn find_all(&mut self, searches: &[Search<'_>]) -> Vec<Result<Looked, StoreError>> {
        self.look_all(searches)
    }

    fn amend(
        &mut self,
        bound: &Bound,
        keys: &[Key],
        set: &[FieldValue],
    ) -> Result<Vec<Amended>, StoreError> {
        let bound = self.detail(bound)?;
        self.set_fields(bound, keys, set)
    }

    fn relocate(
        &mut self,
        bound: &Bound,
        keys: &[Key],
        other: &str,
        back: bool,
    ) -> Result<Vec<Key>, StoreError> {
        let bound = self.detail(bound)?;
        self.move_rows(bound, keys, other, back)
    }

    fn fields(&mut self, bound: &Bound, key: &Key) -> Result<Option<Fields>, StoreError> {
        let bound = self.detail(bound)?;
        let fields = &bound.binding.fields[..bound.columns];
        let rows = self.backend.query(
            "read a record",
            &bound.fields(fields),
            &[bound.keys_param([key])],
        )?;
        let text = |value| match value {
            Value::Text(t) => Some(t),
            _ => None,
        };
        let named = |row: Vec<Value>| {
            fields.iter().map(|(name, _)| name.clone()).zip(row.into_iter().map(text)).collect()
        };
        Ok(rows.into_iter().next().map(named))
    }

    fn keys(
        &mut self,
        bound: &Bound,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let bound = self.detail(bound)?;
        let (sql, params) = bound.keys(after, limit);
        let rows = self.backend.query("read keys", &sql, &params)?;
        rows.iter().map(|row| self.key_of(bound, row)).collect()
    }

    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        let dataset = &bound.common().dataset;
        let bound = self.detail(bound)?;
        bound.parse_key(text).ok_or_else(|| {
            let columns: Vec<&str> = bound.key.iter().map(|k| k.column.as_str()).collect();
            StoreError::Unsupported {
                dataset: dataset.clone(),
                what: format!(
                    "that is not a key; a key of `{}` is {}",
                    bound.name,
                    columns.join(", ")
                ),
            }
        })
    }

    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let bound = self.detail(bound)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let disposed = self.erase(bound, None, keys)?;
        Ok(disposed.done.into_iter().map(|r| r.key).collect())
    }

    fn disposed(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let bound = self.detail(bound)?;
        let sql = bound.among(&format!("NOT {}", bound.done()));
        let rows =
            self.backend.query("look whether records are gone", &sql, &[bound.keys_param(keys)])?;
        let there =
            rows.iter().map(|row| self.key_of(bound, row)).collect::<Result<HashSet<_>, _>>()?;
        Ok(keys.iter().filter(|k| !there.contains(k)).cloned().collect())
    }

    fn earliest_beyond(
        &mut self,
        bound: &Bound,
        fact: usize,
        cutoff: &Cutoff,
    ) -> Result<Option<Start>, StoreError> {
        const ATTEMPT: &str = "find what comes next";
        let bound = self.detail(bound)?;
        let Some(kind) = bound.binding.facts.get(fact).map(|f| &f.kind) else { return Ok(None) };
        let mut rows = self.backend.query(ATTEMPT, &bound.earliest(fact, *cutoff), &[])?;
        if let Some([Value::Text(text)]) = rows.first().map(Vec::as_slice)
            && bound.is_text(fact)
        {
            let day = [Param::Text(text.chars().take(10).collect())];
            rows = self.backend.query(ATTEMPT, &bound.earliest_on(fact, *cutoff), &day)?;
        }
        let value = rows.first().and_then(|row| row.first());
        Ok(value.and_then(|v| frist_decide::value::start(v, kind).ok()))
    }

    fn partitions(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
    ) -> Result<Vec<Partition>, StoreError> {
        let bound = self.detail(bound)?;
        self.whole_partitions(bound, compiled)
    }

    fn partition_keys(&mut self, bound: &Bound, partition: &str) -> Result<Vec<Key>, StoreError> {
        let bound = self.detail(bound)?;
        self.keys_of_partition(bound, partition)
    }

    fn dispose_partition(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        partition: &str,
        keys: &[Key],
    ) -> Result<Disposed, StoreError> {
        let bound = self.detail(bound)?;
        self.empty_partition(bound, compiled, partition, keys)
    }

    fn settle(&mut self, bound: &Bound) -> Result<Aftercare, StoreError> {
        let bound = self.detail(bound)?;
        let mut care = self.backend.settle(bound)?;
        care.advice.extend(bound.advice.iter().cloned());
        Ok(care)
    }

    fn clears_up(&self) -> bool {
        self.backend.clears_up()
    }

    fn was_cut_off(&self) -> bool {
        self.backend.was_cut_off()
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.backend.clock()
    }

    fn version(&mut self) -> Result<Option<String>, StoreError> {
        self.backend.version()
    }

    fn lacking(&mut self, bound: &Bound) -> Result<Vec<String>, StoreError> {
        let bound = self.detail(bound)?;
        self.backend.lacking(bound)
    }
}

fn info(table: Table) -> CollectionInfo {
    let single = |fk: &super::catalogue::ForeignKey| {
        let to = fk.to.clone();
        let pairs = fk.pairs.iter().map(move |(by, other)| (by.clone(), to.clone(), other.clone()));
        pairs.collect::<Vec<_>>()
    };
    CollectionInfo {
        view: table.relation != super::catalogue::Relation::Table,
        references: table.outbound.iter().flat_map(single).collect(),
        fields: table
            .columns
            .into_iter()
            .map(|c| FieldInfo {
                name: c.name,
                type_name: c.type_name,
                generated: c.generated,
                nullable: c.nullable,
                indexed: c.indexed != Indexed::No,
            })
            .collect(),
        name: table.name,
        key: table.key,
        estimate: table.estimate,
    }
}
