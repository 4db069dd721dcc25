//! Binding a data set to its table: every name is looked up in the catalogue, every fact gets the
//! expression that yields it, and everything that refers to the records is found.

use std::collections::BTreeMap;

use frist_decide::rules::{FactRef, Use};
use frist_decide::sql::{Binding, BoundFact, Dialect, Physical, identifier, kind_of};
use frist_decide::{Kind, RuleSet};
use frist_register::{DataSet, Disposition, FactSource, OnErase, Register};

use super::backend::Backend;
use super::catalogue::{Column, Indexed, Relation, Table, spelled};
use super::{Driver, Effect, Inbound, KeyColumn, KeyReads, SqlBound, anonymise, derived};
use crate::StoreError;
use crate::bound::{Bound, Common};

/// Binds `dataset`.
///
/// # Errors
/// As [`crate::Store::bind`].
pub(super) fn bind<B: Backend>(
    backend: &mut B,
    register: &Register,
    dataset: &DataSet,
    rules: &RuleSet,
) -> Result<Bound, StoreError> {
    let names = backend.tables()?;
    let mut binder =
        Binder { backend, register, dataset, names, tables: BTreeMap::new(), advice: Vec::new() };
    let table = binder.table(dataset)?;
    let key = binder.key(dataset, &table)?;
    let own = key
        .iter()
        .map(|name| binder.column(&table, name).map(|c| binder.key_column(c)))
        .collect::<Result<Vec<_>, _>>()?;
    let facts = rules
        .facts
        .iter()
        .map(|fact| binder.fact(&table, &key, fact, rules))
        .collect::<Result<Vec<_>, _>>()?;
    let inbound = binder.inbound(&table, &key)?;
    let (fields, columns) = binder.fields(&table);
    let anonymise = binder.anonymise(&table, &key, rules)?;
    let (drivers, driver) = binder.drivers(&table, rules, &facts);
    let bound = SqlBound {
        dialect: binder.backend.dialect(),
        table: table.sql.clone(),
        name: table.name.clone(),
        binding: Binding {
            dialect: binder.backend.dialect(),
            key_text: key_text(binder.backend.dialect(), &own),
            facts,
            fields,
        },
        derived: rules
            .facts
            .iter()
            .enumerate()
            .filter(|(_, fact)| !matches!(fact.source, FactSource::Field(_)))
            .map(|(ix, _)| ix)
            .collect(),
        columns,
        searchable: table.columns.iter().map(super::find::Searchable::new).collect(),
        key: own.into_iter().map(|o| o.column).collect(),
        inbound,
        anonymise,
        drivers,
        drop_partitions: dataset.drop_partitions,
        place: table.place,
        advice: std::mem::take(&mut binder.advice),
    };
    binder.check_key(&table, &key, &bound)?;
    binder.try_out(&bound)?;
    let common = Common {
        dataset: dataset.id.value.clone(),
        store: dataset.store.value.clone(),
        collection: table.name,
        kinds: bound.binding.facts.iter().map(|f| f.kind.clone()).collect(),
        driver,
    };
    Ok(Bound::new(common, bound))
}

struct Binder<'a, B> {
    backend: &'a mut B,
    register: &'a Register,
    dataset: &'a DataSet,
    names: Vec<String>,
    tables: BTreeMap<String, Table>,
    advice: Vec<String>,
}

struct Own {
    column: KeyColumn,
    text: String,
}

impl<B: Backend> Binder<'_, B> {
    fn unsupported(&self, what: String) -> StoreError {
        StoreError::Unsupported { dataset: self.dataset.id.value.clone(), what }
    }

    fn missing(&self, what: String, hint: String) -> StoreError {
        StoreError::Missing {
            dataset: self.dataset.id.value.clone(),
            store: self.dataset.store.value.clone(),
            what,
            hint,
        }
    }

    fn pg(&self) -> bool {
        self.backend.dialect() == Dialect::Postgres
    }

    /// The table of a data set of this store.
    fn table(&mut self, of: &DataSet) -> Result<Table, StoreError> {
        let wanted = &of.collection.value;
        let name = spelled(&self.names, wanted, |n| n)
            .map_err(|hint| self.missing(format!("the table `{wanted}`"), hint))?
            .clone();
        if let Some(table) = self.tables.get(&name) {
            return Ok(table.clone());
        }
        let table = self.backend.table(&name)?;
        match table.relation {
            Relation::Table => {}
            Relation::View => {
                return Err(self.unsupported(format!(
                    "`{name}` is a view, which Frist leaves alone; name the table behind it"
                )));
            }
            Relation::Foreign => {
                return Err(self.unsupported(format!(
                    "`{name}` lies in another database; make that database a store of its own"
                )));
            }
        }
        self.tables.insert(name, table.clone());
        Ok(table)
    }

    fn column<'t>(&self, table: &'t Table, name: &str) -> Result<&'t Column, StoreError> {
        table
            .column(name)
            .map_err(|hint| self.missing(format!("the field `{name}` of `{}`", table.name), hint))
    }

    /// The key's columns as the catalogue spells them.
    fn key(&self, of: &DataSet, table: &Table) -> Result<Vec<String>, StoreError> {
        if of.key.is_empty() {
            if table.key.is_empty() {
                return Err(self.unsupported(format!(
                    "the table `{}` has no primary key; say which fields name a record: `key = \"...\"`",
                    table.name
                )));
            }
            return Ok(table.key.clone());
        }
        of.key.iter().map(|k| self.column(table, k).map(|c| c.name.clone())).collect()
    }

    fn key_column(&self, column: &Column) -> Own {
        let x = format!("t.{}", identifier(&column.name));
        let declared = column.type_name.to_ascii_uppercase();
        let reads = match (&column.physical, self.backend.dialect()) {
            (Physical::Integer, _) => KeyReads::Int,
            (_, Dialect::Postgres) => KeyReads::Text,
            // SQLite's rules of affinity.
            _ if declared.contains("INT") => KeyReads::Either,
            _ if ["CHAR", "CLOB", "TEXT"].iter().any(|t| declared.contains(t)) => KeyReads::Text,
            _ => KeyReads::Either,
        };
        let text = match self.backend.dialect() {
            Dialect::Postgres => format!("({x})::text"),
            Dialect::Sqlite => format!("CAST({x} AS TEXT)"),
        };
        Own {
            column: KeyColumn {
                column: identifier(&column.name),
                cast: column.type_name.clone(),
                reads,
            },
            text,
        }
    }

    /// A column on an alias, as the tests read it.
    fn expr(&self, alias: &str, column: &Column) -> String {
        let bare = format!("{alias}.{}", identifier(&column.name));
        // Enumerations and padded texts compare as plain text only when they are made so.
        let plain = ["text", "character varying"].contains(&column.type_name.as_str());
        match column.physical {
            Physical::Text if self.pg() && !plain => format!("({bare})::text"),
            _ => bare,
        }
    }

    fn fact(
        &mut self,
        table: &Table,
        key: &[String],
        fact: &FactRef,
        rules: &RuleSet,
    ) -> Result<BoundFact, StoreError> {
        let zone = &rules.calendar.zone;
        let dataset = self.dataset.id.value.clone();
        let kind = |usage: &Use, physical: &Physical| {
            kind_of(&fact.name, usage, physical, zone)
                .map_err(|source| StoreError::Bind { dataset: dataset.clone(), source })
        };
        match &fact.source {
            FactSource::Field(field) => {
                let column = self.column(table, field)?;
                Ok(BoundFact {
                    expr: self.expr("t", column),
                    physical: column.physical.clone(),
                    kind: kind(&fact.usage, &column.physical)?,
                })
            }
            FactSource::Lookup { dataset: other, field, by } => {
                let other = &other.value;
                let (other_table, other_key) = self.other(fact, other)?;
                let column = self.column(&other_table, field)?;
                let by = self.column(table, by)?;
                let [other_key] = other_key.as_slice() else {
                    return Err(self.unsupported(format!(
                        "the fact `{}` looks up `{other}`, whose key has several fields; that cannot be looked up by one",
                        fact.name
                    )));
                };
                if !other_table.is_unique(std::slice::from_ref(other_key)) {
                    return Err(self.unsupported(format!(
                        "the fact `{}` looks up `{other}` by `{other_key}`, but nothing makes that unique; add a unique index",
                        fact.name
                    )));
                }
                let by = format!("t.{}", identifier(&by.name));
                let expr = derived::lookup(
                    &other_table.sql,
                    &self.expr("o", column),
                    &identifier(other_key),
                    &by,
                );
                let kind = kind(&fact.usage, &column.physical)?;
                Ok(BoundFact { expr, physical: column.physical.clone(), kind })
            }
            FactSource::Latest { dataset: other, field, by, or_else } => {
                let (other_table, _) = self.other(fact, other)?;
                let column = self.column(&other_table, field)?;
                let by = self.column(&other_table, by)?;
                self.wants_index(&other_table, &[&by.name]);
                let [key] = key else {
                    return Err(self.unsupported(format!(
                        "the fact `{}` asks who refers to a record, but the key of `{}` has several fields",
                        fact.name, table.name
                    )));
                };
                let declared = self.dataset.facts.get(&fact.name).and_then(|f| f.kind.clone());
                // Only times have a latest; whether there is one is also a question of times.
                let time = match &fact.usage {
                    Use::Time(_) | Use::Presence => {
                        kind(&Use::Time(declared.clone()), &column.physical)?
                    }
                    _ => {
                        return Err(self.unsupported(format!(
                            "the fact `{}` is the latest of several, so it is a point in time and no state",
                            fact.name
                        )));
                    }
                };
                let other_field = BoundFact {
                    expr: self.expr("o", column),
                    physical: column.physical.clone(),
                    kind: time.clone(),
                };
                let own = or_else.as_ref().map(|f| self.column(table, f)).transpose()?;
                if let Some(own) = own
                    && (kind(&Use::Time(declared), &own.physical)? != time
                        || (self.pg() && own.physical != column.physical))
                {
                    return Err(self.unsupported(format!(
                        "the fact `{}`: `{}` is `{}` and `{}` is `{}`, so one cannot stand in for the other",
                        fact.name, column.name, column.type_name, own.name, own.type_name
                    )));
                }
                let expr = derived::latest(
                    self.backend.dialect(),
                    &other_table.sql,
                    &identifier(&by.name),
                    &format!("t.{}", identifier(key)),
                    &other_field,
                    own.map(|c| self.expr("t", c)).as_deref(),
                );
                let kind = if fact.usage == Use::Presence { Kind::Presence } else { time };
                Ok(BoundFact { expr, physical: column.physical.clone(), kind })
            }
        }
    }

    /// The table and the key of the data set that a fact names.
    fn other(&mut self, fact: &FactRef, id: &str) -> Result<(Table, Vec<String>), StoreError> {
        let register = self.register;
        let other = register
            .dataset(id)
            .filter(|d| d.store.value == self.dataset.store.value)
            .ok_or_else(|| {
                self.unsupported(format!(
                    "the fact `{}` names `{id}`, which is no data set of this store",
                    fact.name
                ))
            })?;
        let table = self.table(other)?;
        let key = self.key(other, &table).unwrap_or_default();
        Ok((table, key))
    }

    /// Rows of `table` are looked for by these columns, for one record at a time.
    fn wants_index(&mut self, table: &Table, by: &[&String]) {
        let served = |c: &Column| c.indexed != Indexed::No && by.contains(&&c.name);
        if let Some(first) = by.first()
            && !table.columns.iter().any(served)
        {
            let advice = format!(
                "no index serves `{first}` of `{0}`, so `{0}` is read whole for every record that it may refer to; consider an index on {1} ({2})",
                table.name,
                table.sql,
                by.iter().map(|by| identifier(by)).collect::<Vec<_>>().join(", ")
            );
            if !self.advice.contains(&advice) {
                self.advice.push(advice);
            }
        }
    }

    /// Links of the register, then foreign keys of the database that no link names: those block,
    /// which is the default, and so nothing outside the data set is ever erased along with it.
    fn inbound(&mut self, table: &Table, key: &[String]) -> Result<Vec<Inbound>, StoreError> {
        let register = self.register;
        let mut found: Vec<(Inbound, String)> = Vec::new();
        let here = register.datasets.iter().filter(|d| d.store.value == self.dataset.store.value);
        for other in here {
            for link in other.links.iter().filter(|l| l.to.value == self.dataset.id.value) {
                let referring = self.table(other)?;
                let by = self.column(&referring, &link.by)?;
                self.wants_index(&referring, &[&by.name]);
                let [key] = key else {
                    return Err(self.unsupported(format!(
                        "`{}` links here by one field, but the key of `{}` has several",
                        other.id.value, table.name
                    )));
                };
                let effect = match link.on_erase {
                    OnErase::Block | OnErase::Cascade => Effect::Blocks,
                    OnErase::Detach if !by.nullable || by.generated => {
                        return Err(self.unsupported(format!(
                            "`{}` is to let go of its reference, but its field `{}` may not be empty; use `on_erase = \"block\"`",
                            other.id.value, by.name
                        )));
                    }
                    OnErase::Detach => Effect::Detaches,
                };
                let inbound = Inbound {
                    table: referring.sql.clone(),
                    pairs: vec![(identifier(&by.name), identifier(key))],
                    effect,
                    own: referring.sql == table.sql,
                };
                found.push((inbound, by.name.clone()));
            }
        }
        for foreign in &table.inbound {
            let declared = found.iter().any(|(inbound, by)| {
                inbound.table == foreign.table_sql && foreign.pairs.iter().any(|(f, _)| f == by)
            });
            if !declared {
                // What lies in another schema is not looked at.
                if self.names.contains(&foreign.table) {
                    let referring = self.backend.table(&foreign.table)?;
                    let by: Vec<&String> = foreign.pairs.iter().map(|(by, _)| by).collect();
                    if referring.sql == foreign.table_sql {
                        self.wants_index(&referring, &by);
                    }
                }
                let pairs =
                    foreign.pairs.iter().map(|(f, t)| (identifier(f), identifier(t))).collect();
                let inbound = Inbound {
                    table: foreign.table_sql.clone(),
                    pairs,
                    effect: Effect::Blocks,
                    own: foreign.table_sql == table.sql,
                };
                found.push((inbound, String::new()));
            }
        }
        Ok(found.into_iter().map(|(inbound, _)| inbound).collect())
    }

    /// Every column as text, then those that the register spells otherwise.
    fn fields(&self, table: &Table) -> (Vec<(String, String)>, usize) {
        let text = |c: &Column| {
            let x = format!("t.{}", identifier(&c.name));
            match self.backend.dialect() {
                Dialect::Postgres => format!("(({x})::text COLLATE \"C\")"),
                Dialect::Sqlite => format!(
                    "(CASE typeof({x}) WHEN 'blob' THEN hex({x}) ELSE CAST({x} AS TEXT) END COLLATE BINARY)"
                ),
            }
        };
        let mut fields: Vec<(String, String)> =
            table.columns.iter().map(|c| (c.name.clone(), text(c))).collect();
        let columns = fields.len();
        let subjects = self.dataset.subjects.iter().filter_map(|(_, f)| f.as_ref());
        let named = subjects.chain(&self.dataset.key).chain(&self.dataset.identifiers);
        for name in named {
            if let Ok(column) = table.column(name)
                && !fields.iter().any(|(n, _)| *n == name.value)
            {
                fields.push((name.value.clone(), text(column)));
            }
        }
        (fields, columns)
    }

    fn anonymise(
        &self,
        table: &Table,
        key: &[String],
        rules: &RuleSet,
    ) -> Result<Vec<anonymise::Field>, StoreError> {
        let Disposition::Anonymise(fields) = &rules.then else { return Ok(Vec::new()) };
        let mut out = Vec::with_capacity(fields.len());
        for (name, how) in fields {
            let name = &name.value;
            let column = self.column(table, name)?;
            if key.contains(&column.name) {
                return Err(self.unsupported(format!(
                    "`{name}` is the key, which cannot be anonymised in place; erase the record instead"
                )));
            }
            let declared = self.dataset.facts.values().find_map(|f| match &f.source {
                FactSource::Field(field) if field.eq_ignore_ascii_case(&column.name) => {
                    f.kind.clone()
                }
                _ => None,
            });
            let kind =
                kind_of(name, &Use::Time(declared), &column.physical, &rules.calendar.zone).ok();
            let field = anonymise::field(self.backend.dialect(), name, column, how, kind.as_ref())
                .map_err(|why| self.unsupported(format!("the field `{name}` {why}")))?;
            out.push(field);
        }
        Ok(out)
    }

    /// Starting points that an index serves, and what to tell people.
    fn drivers(
        &self,
        table: &Table,
        rules: &RuleSet,
        facts: &[BoundFact],
    ) -> (Vec<Driver>, Result<String, String>) {
        let mut drivers = Vec::new();
        let mut names = Vec::new();
        let mut plain = Vec::new();
        for (ix, fact) in rules.facts.iter().enumerate() {
            let (FactSource::Field(field), Use::Time(_)) = (&fact.source, &fact.usage) else {
                continue;
            };
            let Ok(column) = table.column(field) else { continue };
            match &column.indexed {
                Indexed::Serves { collate } => {
                    drivers.push(Driver {
                        fact: ix,
                        expr: format!("{}{collate}", facts[ix].expr),
                        cast: column.type_name.clone(),
                    });
                    names.push(column.name.clone());
                }
                Indexed::OtherOrder => {
                    plain.push(format!("{} COLLATE \"C\"", identifier(&column.name)))
                }
                Indexed::No => plain.push(identifier(&column.name)),
            }
        }
        let driver = match (names.into_iter().next(), plain.first()) {
            (Some(name), _) => Ok(name),
            (None, Some(column)) => Err(format!(
                "no index serves the test on `{0}`, so every sweep reads the whole table; consider CREATE INDEX ON {0} ({column})",
                table.name
            )),
            (None, None) => Err(format!(
                "the rule has no starting point of its own in `{}`, so every sweep reads the whole table",
                table.name
            )),
        };
        (drivers, driver)
    }

    /// A key must name one record: a database that does not promise it is asked.
    fn check_key(
        &mut self,
        table: &Table,
        key: &[String],
        bound: &SqlBound,
    ) -> Result<(), StoreError> {
        let columns: Vec<&Column> = key.iter().filter_map(|k| table.column(k).ok()).collect();
        let mut tests = Vec::new();
        for column in &columns {
            let x = format!("t.{}", identifier(&column.name));
            if column.nullable {
                tests.push(format!("{x} IS NULL"));
            }
            // Only in the alias of SQLite's row number can there be nothing but whole numbers.
            let row_number = column.type_name.eq_ignore_ascii_case("INTEGER")
                && table.key == key
                && key.len() == 1;
            if !self.pg() && !row_number {
                tests.push(format!("typeof({x}) NOT IN ('integer', 'text')"));
            }
        }
        if !tests.is_empty() {
            let sql =
                format!("SELECT 1 FROM {} AS t WHERE {} LIMIT 1", bound.table, tests.join(" OR "));
            if !self.backend.query("check the key", &sql, &[])?.is_empty() {
                return Err(self.unsupported(format!(
                    "some records of `{}` have a key that is empty or neither a whole number nor a text; name another `key`",
                    table.name
                )));
            }
        }
        if !table.is_unique(key) {
            let columns = bound.key_columns("t").join(", ");
            let sql = format!(
                "SELECT 1 FROM {} AS t GROUP BY {columns} HAVING count(*) > 1 LIMIT 1",
                bound.table
            );
            if !self.backend.query("check the key", &sql, &[])?.is_empty() {
                return Err(self.unsupported(format!(
                    "several records of `{}` have the same key; name fields that are unique together",
                    table.name
                )));
            }
        }
        Ok(())
    }

    /// Lets the database read all expressions once, so that types that do not fit are found now.
    fn try_out(&mut self, bound: &SqlBound) -> Result<(), StoreError> {
        let sql = bound.try_out();
        self.backend.query("prepare", &sql, &[]).map(|_| ()).map_err(|e| match e {
            StoreError::Refused { why, transient: false, .. } => self.unsupported(format!(
                "the store cannot compare its fields as the register says ({why}); look at the types of keys and references"
            )),
            other => other,
        })
    }
}

/// The key as text, as `Key::text` writes it.
fn key_text(dialect: Dialect, key: &[Own]) -> String {
    let parts: Vec<String> = match key {
        [one] => vec![one.text.clone()],
        many => many
            .iter()
            .map(|o| format!("replace(replace({}, '\\', '\\\\'), ',', '\\,')", o.text))
            .collect(),
    };
    let joined = parts.join(" || ',' || ");
    match dialect {
        Dialect::Postgres => format!("(({joined}) COLLATE \"C\")"),
        Dialect::Sqlite => format!("(({joined}) COLLATE BINARY)"),
    }
}
