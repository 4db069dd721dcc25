//! A data set bound to a collection in memory, and what its rule says of a record.

use std::cmp::Ordering;

use frist_decide::rules::Use;
use frist_decide::sql::{Physical, kind_of};
use frist_decide::{Compiled, HoldScope, Kind, Outcome, RuleSet, Test, Value, decide, value};
use frist_law::Start;
use frist_register::{Anonymise, DataSet, Disposition, FactSource, OnErase, Register};

use super::{Table, Tables};
use crate::{Key, KeyPart, Record, StoreError};

/// What is known of a bound data set.
pub(super) struct Detail {
    pub(super) table: String,
    pub(super) rules: RuleSet,
    pub(super) kinds: Vec<Kind>,
    pub(super) facts: Vec<Fact>,
    pub(super) links: Vec<Link>,
    pub(super) anonymise: Vec<(usize, Anonymise)>,
}

/// Where a fact lies: fields by their place.
pub(super) enum Fact {
    Own(usize),
    Lookup { table: String, field: usize, by: usize },
    Latest { table: String, field: usize, by: usize, or_else: Option<usize>, kind: Kind },
}

/// Records of a collection that refer to those of the data set.
pub(super) struct Link {
    pub(super) table: String,
    pub(super) by: usize,
    pub(super) detach: bool,
}

impl Detail {
    pub(super) fn new(
        tables: &Tables,
        register: &Register,
        dataset: &DataSet,
        rules: &RuleSet,
    ) -> Result<Self, StoreError> {
        let missing = |what: String| StoreError::Missing {
            dataset: dataset.id.value.clone(),
            store: dataset.store.value.clone(),
            what,
            hint: String::new(),
        };
        let unsupported = |what: &str| StoreError::Unsupported {
            dataset: dataset.id.value.clone(),
            what: what.to_owned(),
        };
        let table_of = |name: &str| {
            tables.get(name).ok_or_else(|| missing(format!("the collection `{name}`")))
        };
        let place = |table: &Table, field: &str| {
            table.field(field).ok_or_else(|| missing(format!("the field `{field}`")))
        };
        let collection = |id: &str| {
            let found = register.dataset(id).map(|d| d.collection.value.clone());
            found.ok_or_else(|| missing(format!("the data set `{id}`")))
        };
        let name = dataset.collection.value.clone();
        let own = table_of(&name)?;
        let (mut facts, mut kinds) = (Vec::new(), Vec::new());
        for fact in &rules.facts {
            let physical = Physical::Dynamic(String::new());
            let kind = |usage: &Use| {
                kind_of(&fact.name, usage, &physical, &rules.calendar.zone).map_err(|source| {
                    StoreError::Bind { dataset: dataset.id.value.clone(), source }
                })
            };
            kinds.push(kind(&fact.usage)?);
            facts.push(match &fact.source {
                FactSource::Field(field) => Fact::Own(place(own, field)?),
                FactSource::Lookup { dataset, field, by } => {
                    let table = collection(dataset)?;
                    let field = place(table_of(&table)?, field)?;
                    Fact::Lookup { table, field, by: place(own, by)? }
                }
                FactSource::Latest { dataset: other, field, by, or_else } => {
                    let table = collection(other)?;
                    let declared = dataset.facts.get(&fact.name).and_then(|f| f.kind.clone());
                    Fact::Latest {
                        field: place(table_of(&table)?, field)?,
                        by: place(table_of(&table)?, by)?,
                        or_else: or_else.as_ref().map(|f| place(own, f)).transpose()?,
                        kind: kind(&Use::Time(declared))?,
                        table,
                    }
                }
            });
        }
        let mut links: Vec<Link> = Vec::new();
        for other in &register.datasets {
            for link in other.links.iter().filter(|l| l.to.value == dataset.id.value) {
                let table = other.collection.value.clone();
                let by = place(table_of(&table)?, &link.by)?;
                links.push(Link { table, by, detach: link.on_erase == OnErase::Detach });
            }
        }
        // What the register does not say blocks.
        for (table, content) in tables {
            for (field, to) in &content.foreign {
                let by = place(content, field)?;
                if *to == name && !links.iter().any(|l| l.table == *table && l.by == by) {
                    links.push(Link { table: table.clone(), by, detach: false });
                }
            }
        }
        let anonymise = match &rules.then {
            Disposition::Erase => Vec::new(),
            Disposition::Transfer(_) => return Err(unsupported("nothing can be transferred")),
            Disposition::Anonymise(fields) => fields
                .iter()
                .map(|(field, how)| Ok((place(own, field)?, how.clone())))
                .collect::<Result<_, StoreError>>()?,
        };
        Ok(Self { table: name, rules: rules.clone(), kinds, facts, links, anonymise })
    }

    pub(super) fn record(&self, tables: &Tables, key: &Key, row: &[Value]) -> Record {
        let facts = self.facts.iter().map(|f| fact(tables, f, key, row)).collect();
        Record { key: key.clone(), facts }
    }

    /// The interpreter's word, at the instant and under the holds that were compiled.
    pub(super) fn outcome(&self, tables: &Tables, compiled: &Compiled, key: &Key) -> Outcome {
        let Some((table, row)) = tables.get(&self.table).and_then(|t| Some((t, t.rows.get(key)?)))
        else {
            return Outcome::Unclear;
        };
        let field = |name: &str| table.field(name).and_then(|ix| text(&row[ix]));
        let holds: &[HoldScope] = match compiled.classes.first() {
            Some((Outcome::Held, Test::Held(holds))) => holds,
            _ => &[],
        };
        let unknown =
            |hold: &HoldScope| hold.fields().iter().any(|field| table.field(field).is_none());
        let held = holds.iter().any(unknown) || decide::is_held(holds, &key.text(), &field);
        let record = self.record(tables, key, row);
        frist_decide::decide(&self.rules, &self.kinds, &record.facts, held, compiled.at).outcome
    }

    /// Whether the record of this key needs nothing more: it is gone, or anonymised.
    pub(super) fn disposed(&self, tables: &Tables, key: &Key) -> bool {
        let row = tables.get(&self.table).and_then(|t| t.rows.get(key));
        row.is_none_or(|row| self.is_done(row))
    }

    pub(super) fn is_done(&self, row: &[Value]) -> bool {
        let done = |(ix, how): &(usize, Anonymise)| match (text(&row[*ix]), how) {
            (value, Anonymise::Fixed(to)) => value.as_ref() == Some(to),
            (None, _) => true,
            (Some(value), Anonymise::Pseudonym) => {
                value.len() == 36
                    && value.strip_prefix("psn_").is_some_and(|rest| {
                        rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                    })
            }
            (Some(value), how) => text(&becomes(&value, how, &[0; 32])) == Some(value),
        };
        !self.anonymise.is_empty() && self.anonymise.iter().all(done)
    }

    /// The keys of records that refer to this one, in whichever collection.
    pub(super) fn referring<'t>(&self, tables: &'t Tables, link: &Link, to: &Key) -> Vec<&'t Key> {
        let by = |row: &[Value]| key_of(&row[link.by]).as_ref() == Some(to);
        let rows = tables.get(&link.table).map(|t| t.rows.iter());
        rows.into_iter().flatten().filter(|(_, row)| by(row)).map(|(key, _)| key).collect()
    }

    /// Whether a record of another collection stands in the way.
    pub(super) fn blocked_by_others(&self, tables: &Tables, key: &Key) -> bool {
        let others = self.links.iter().filter(|l| !l.detach && l.table != self.table);
        others.into_iter().any(|l| !self.referring(tables, l, key).is_empty())
    }

    /// The records of the same collection that refer to this one and are not itself.
    pub(super) fn own_referring(&self, tables: &Tables, key: &Key) -> Vec<Key> {
        let own = self.links.iter().filter(|l| !l.detach && l.table == self.table);
        let all = own.flat_map(|l| self.referring(tables, l, key));
        all.filter(|other| *other != key).cloned().collect()
    }
}

/// What a field becomes.
pub(super) fn becomes(value: &str, how: &Anonymise, secret: &[u8; 32]) -> Value {
    let first = |n: usize| value.chars().take(n).collect::<String>();
    Value::Text(match how {
        Anonymise::Null => return Value::Null,
        Anonymise::Fixed(to) => to.clone(),
        Anonymise::Truncate(n) => first(*n as usize),
        Anonymise::Pseudonym => crate::sql::anonymise::pseudonym(secret, value),
        Anonymise::Month => format!("{}-01", first(7)),
        Anonymise::Year => format!("{}-01-01", first(4)),
    })
}

fn fact(tables: &Tables, fact: &Fact, key: &Key, row: &[Value]) -> Value {
    match fact {
        Fact::Own(ix) => row[*ix].clone(),
        Fact::Lookup { table, field, by } => {
            let other = key_of(&row[*by]).and_then(|k| tables.get(table)?.rows.get(&k));
            other.map_or(Value::Null, |other| other[*field].clone())
        }
        Fact::Latest { table, field, by, or_else, kind } => {
            let rows = tables.get(table).map(|t| t.rows.values()).into_iter().flatten();
            let mine = |other: &&Vec<Value>| key_of(&other[*by]).as_ref() == Some(key);
            let values: Vec<&Value> = rows.filter(mine).map(|other| &other[*field]).collect();
            if values.is_empty() {
                return or_else.map_or(Value::Null, |ix| row[ix].clone());
            }
            let there = || values.iter().filter(|v| ***v != Value::Null);
            let read: Option<Vec<(Start, &Value)>> =
                there().map(|v| Some((value::start(v, kind).ok()?, *v))).collect();
            match read {
                // One that is no time: nobody can say which is the latest.
                None => Value::Other,
                Some(read) if read.len() < values.len() => Value::Null,
                Some(read) => {
                    let latest = read.into_iter().max_by(|(a, _), (b, _)| order(a, b));
                    latest.map_or(Value::Null, |(_, v)| v.clone())
                }
            }
        }
    }
}

/// Two starting points of one kind in order.
pub(super) fn order(a: &Start, b: &Start) -> Ordering {
    match (a, b) {
        (Start::Date(a), Start::Date(b)) => a.cmp(b),
        (Start::Local(a, _), Start::Local(b, _)) => a.cmp(b),
        (Start::Instant(a), Start::Instant(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

fn key_of(value: &Value) -> Option<Key> {
    match value {
        Value::Int(n) => Some(Key(vec![KeyPart::Int(*n)])),
        Value::Text(t) => Some(Key(vec![KeyPart::Text(t.clone())])),
        _ => None,
    }
}

/// A field as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(t) => Some(t.clone()),
        Value::Int(n) => Some(n.to_string()),
        _ => None,
    }
}
