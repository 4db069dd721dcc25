//! The trait, in memory: everything happens under one lock.

use std::collections::BTreeSet;

use frist_decide::{Compiled, Outcome, RuleSet, Value, value};
use frist_law::{Cutoff, Start};
use frist_register::{DataSet, Register};
use jiff::Timestamp;

use super::bind::{Detail, becomes, order, text};
use super::{Memory, Tables};
use crate::bound::{Bound, Common};
use crate::{
    Action, Aftercare, Census, CollectionInfo, Disposed, FieldInfo, FieldMatch, Fields, FoundRow,
    Key, KeyPart, Looked, Record, Store, StoreError,
};

fn detail(bound: &Bound) -> Result<&Detail, StoreError> {
    bound.detail::<Detail>().ok_or_else(|| StoreError::Unsupported {
        dataset: bound.common().dataset.clone(),
        what: "it was bound by another store".into(),
    })
}

impl Detail {
    /// The keys of what is due and still to be done.
    fn due<'t>(&self, tables: &'t Tables, compiled: &Compiled) -> Vec<&'t Key> {
        let rows = tables.get(&self.table).map(|t| t.rows.iter()).into_iter().flatten();
        let open = rows.filter(|(_, row)| !self.is_done(row)).map(|(key, _)| key);
        open.filter(|key| self.outcome(tables, compiled, key) == Outcome::Due).collect()
    }

    /// Whether something stands in the way of erasing it alone. Anonymising leaves the record.
    fn blocked(&self, tables: &Tables, key: &Key) -> bool {
        self.anonymise.is_empty()
            && (self.blocked_by_others(tables, key) || !self.own_referring(tables, key).is_empty())
    }

    /// The greatest part of `keys` that can go together: nothing outside of it refers to it.
    fn closed(&self, tables: &Tables, keys: impl IntoIterator<Item = Key>) -> BTreeSet<Key> {
        let mut set: BTreeSet<Key> =
            keys.into_iter().filter(|k| !self.blocked_by_others(tables, k)).collect();
        loop {
            let stays = |k: &&Key| self.own_referring(tables, k).iter().any(|r| !set.contains(r));
            let out: Vec<Key> = set.iter().filter(stays).cloned().collect();
            if out.is_empty() {
                return set;
            }
            set.retain(|k| !out.contains(k));
        }
    }

    fn erase(&self, tables: &mut Tables, keys: BTreeSet<Key>) -> Disposed {
        let going = self.closed(tables, keys);
        let row = |k: &Key| Some(self.record(tables, k, tables.get(&self.table)?.rows.get(k)?));
        let done: Vec<Record> = going.iter().filter_map(row).collect();
        let mut detached = 0;
        for link in self.links.iter().filter(|l| l.detach) {
            let from: Vec<Key> =
                going.iter().flat_map(|to| self.referring(tables, link, to)).cloned().collect();
            for key in from {
                if let Some(row) = tables.get_mut(&link.table).and_then(|t| t.rows.get_mut(&key)) {
                    row[link.by] = Value::Null;
                    detached += 1;
                }
            }
        }
        if let Some(table) = tables.get_mut(&self.table) {
            table.rows.retain(|key, _| !going.contains(key));
        }
        Disposed { done, detached }
    }
}

impl Store for Memory {
    fn catalogue(&mut self) -> Result<Vec<CollectionInfo>, StoreError> {
        let info = |(name, table): (&String, &super::Table)| CollectionInfo {
            name: name.clone(),
            fields: table
                .fields
                .iter()
                .map(|f| FieldInfo { name: f.clone(), nullable: true, ..FieldInfo::default() })
                .collect(),
            key: table.fields.first().cloned().into_iter().collect(),
            estimate: Some(table.rows.len() as u64),
            ..CollectionInfo::default()
        };
        Ok(self.tables().iter().map(info).collect())
    }

    fn bind(
        &mut self,
        register: &Register,
        dataset: &DataSet,
        rules: &RuleSet,
    ) -> Result<Bound, StoreError> {
        let detail = Detail::new(&self.tables(), register, dataset, rules)?;
        let common = Common {
            dataset: dataset.id.value.clone(),
            store: dataset.store.value.clone(),
            collection: detail.table.clone(),
            kinds: detail.kinds.clone(),
            driver: Err("memory has no indexes".into()),
        };
        Ok(Bound::new(common, detail))
    }

    fn census(&mut self, bound: &Bound, compiled: &Compiled) -> Result<Census, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let mut census = Census::default();
        for (key, row) in tables.get(&detail.table).map(|t| t.rows.iter()).into_iter().flatten() {
            let outcome = detail.outcome(&tables, compiled, key);
            let ix = Outcome::ALL.iter().position(|o| *o == outcome).unwrap_or_default();
            census.by_outcome[ix] += 1;
            if outcome == Outcome::Due && detail.is_done(row) {
                census.done += 1;
            } else if outcome == Outcome::Due && detail.blocked(&tables, key) {
                census.blocked += 1;
            }
        }
        Ok(census)
    }

    fn count_due(&mut self, bound: &Bound, compiled: &Compiled) -> Result<(u64, u64), StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let due = detail.due(&tables, compiled);
        let blocked = due.iter().filter(|key| detail.blocked(&tables, key)).count();
        Ok((due.len() as u64, blocked as u64))
    }

    fn total(&mut self, bound: &Bound, up_to: u64) -> Result<u64, StoreError> {
        let detail = detail(bound)?;
        Ok(self.tables().get(&detail.table).map_or(0, |t| t.rows.len() as u64).min(up_to))
    }

    fn due(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        after: Option<&Record>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let Some(table) = tables.get(&detail.table) else { return Ok(Vec::new()) };
        let due = detail.due(&tables, compiled).into_iter();
        let page = due
            .filter(|key| after.is_none_or(|a| **key > a.key) && !detail.blocked(&tables, key))
            .take(limit);
        Ok(page.map(|key| detail.record(&tables, key, &table.rows[key])).collect())
    }

    fn dispose(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        keys: &[Key],
        action: &Action,
    ) -> Result<Disposed, StoreError> {
        let (detail, mut tables) = (detail(bound)?, self.tables());
        let due: BTreeSet<Key> = detail
            .due(&tables, compiled)
            .into_iter()
            .filter(|key| keys.contains(key))
            .cloned()
            .collect();
        let Action::Anonymise { pseudonym_key, .. } = action else {
            return Ok(detail.erase(&mut tables, due));
        };
        let mut done = Vec::new();
        for key in due {
            let Some(row) = tables.get(&detail.table).and_then(|t| t.rows.get(&key)) else {
                continue;
            };
            done.push(detail.record(&tables, &key, row));
            let Some(row) = tables.get_mut(&detail.table).and_then(|t| t.rows.get_mut(&key)) else {
                continue;
            };
            for (ix, how) in &detail.anonymise {
                let fixed = matches!(how, frist_register::Anonymise::Fixed(_));
                let was = text(&row[*ix]);
                if was.is_some() || fixed {
                    row[*ix] = becomes(&was.unwrap_or_default(), how, pseudonym_key);
                }
            }
        }
        Ok(Disposed { done, detached: 0 })
    }

    fn due_cycle(
        &mut self,
        bound: &Bound,
        compiled: &Compiled,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        if !detail.anonymise.is_empty() {
            return Ok(Vec::new());
        }
        let due: Vec<Key> = detail.due(&tables, compiled).into_iter().cloned().collect();
        let mut left = detail.closed(&tables, due);
        let mut all: Vec<Key> = Vec::new();
        while let Some(first) = left.pop_first() {
            // All that hangs together with it, in either direction.
            let mut part = vec![first];
            let mut next = 0;
            while let Some(key) = part.get(next).cloned() {
                next += 1;
                let refers = |other: &Key| detail.own_referring(&tables, &key).contains(other);
                let referred = |other: &Key| detail.own_referring(&tables, other).contains(&key);
                let near: Vec<Key> =
                    left.iter().filter(|o| refers(o) || referred(o)).cloned().collect();
                left.retain(|k| !near.contains(k));
                part.extend(near);
            }
            if !all.is_empty() && all.len() + part.len() > limit {
                break;
            }
            all.extend(part);
        }
        Ok(all)
    }

    fn fetch(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Record>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let keys: BTreeSet<&Key> = keys.iter().collect();
        let record =
            |key| Some(detail.record(&tables, key, tables.get(&detail.table)?.rows.get(key)?));
        Ok(keys.into_iter().filter_map(record).collect())
    }

    fn find(
        &mut self,
        bound: &Bound,
        any_of: &[FieldMatch],
        wanted: &[String],
        limit: usize,
    ) -> Result<Looked, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let Some(table) = tables.get(&detail.table) else { return Ok(Looked::default()) };
        let place = |field: &String| {
            table.field(field).ok_or_else(|| StoreError::Missing {
                dataset: bound.common().dataset.clone(),
                store: bound.common().store.clone(),
                what: format!("the field `{field}`"),
                hint: String::new(),
            })
        };
        let tests: Vec<(usize, &Vec<String>)> = any_of
            .iter()
            .map(|m| Ok((place(&m.field)?, &m.spellings)))
            .collect::<Result<_, StoreError>>()?;
        let wanted: Vec<(usize, &String)> =
            wanted.iter().map(|f| Ok((place(f)?, f))).collect::<Result<_, StoreError>>()?;
        let matches = |row: &[Value]| {
            tests.iter().any(|(ix, all)| text(&row[*ix]).is_some_and(|v| all.contains(&v)))
        };
        let found = |(key, row): (&Key, &Vec<Value>)| FoundRow {
            key: key.clone(),
            values: wanted
                .iter()
                .filter_map(|(ix, name)| Some(((*name).clone(), text(&row[*ix])?)))
                .collect(),
        };
        let rows = table.rows.iter().filter(|(_, row)| matches(row)).take(limit).map(found);
        Ok(Looked { rows: rows.collect(), ..Looked::default() })
    }

    fn fields(&mut self, bound: &Bound, key: &Key) -> Result<Option<Fields>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        Ok(tables.get(&detail.table).and_then(|table| {
            let row = table.rows.get(key)?;
            Some(table.fields.iter().cloned().zip(row.iter().map(text)).collect())
        }))
    }

    fn keys(
        &mut self,
        bound: &Bound,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let keys = tables.get(&detail.table).map(|t| t.rows.keys()).into_iter().flatten();
        Ok(keys.filter(|k| after.is_none_or(|a| *k > a)).take(limit).cloned().collect())
    }

    fn parse_key(&self, bound: &Bound, text: &str) -> Result<Key, StoreError> {
        let number = text.parse::<i64>().ok().filter(|n| n.to_string() == text);
        let part = number.map(KeyPart::Int).ok_or_else(|| StoreError::Unsupported {
            dataset: bound.common().dataset.clone(),
            what: "that is not a key; keys are whole numbers".into(),
        })?;
        Ok(Key(vec![part]))
    }

    fn erase_again(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let (detail, mut tables) = (detail(bound)?, self.tables());
        let there =
            |key: &&Key| tables.get(&detail.table).is_some_and(|t| t.rows.contains_key(*key));
        let keys: BTreeSet<Key> = keys.iter().filter(there).cloned().collect();
        Ok(detail.erase(&mut tables, keys).done.into_iter().map(|r| r.key).collect())
    }

    fn disposed(&mut self, bound: &Bound, keys: &[Key]) -> Result<Vec<Key>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        Ok(keys.iter().filter(|key| detail.disposed(&tables, key)).cloned().collect())
    }

    fn earliest_beyond(
        &mut self,
        bound: &Bound,
        fact: usize,
        cutoff: &Cutoff,
    ) -> Result<Option<Start>, StoreError> {
        let (detail, tables) = (detail(bound)?, self.tables());
        let rows = tables.get(&detail.table).map(|t| t.rows.iter()).into_iter().flatten();
        let start = |(key, row): (&Key, &Vec<Value>)| {
            let record = detail.record(&tables, key, row);
            value::start(record.facts.get(fact)?, detail.kinds.get(fact)?).ok()
        };
        Ok(rows.filter_map(start).filter(|s| !cutoff.admits(s)).min_by(order))
    }

    fn settle(&mut self, _bound: &Bound) -> Result<Aftercare, StoreError> {
        Ok(Aftercare::default())
    }

    fn clock(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }
}
