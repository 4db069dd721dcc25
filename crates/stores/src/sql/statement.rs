//! The statements that read, as text.

use frist_decide::sql::{BoundFact, Dialect, Physical, literal, render, render_outcome};
use frist_decide::{Compiled, Kind, Test, Value};
use frist_law::Cutoff;

use super::backend::Param;
use super::{Driver, Inbound, SqlBound, derived};
use crate::{Key, Record};

impl SqlBound {
    fn from(&self) -> String {
        format!("FROM {} AS t", self.table)
    }

    /// The placeholder of the parameter `n`, read as `cast`.
    fn param(&self, n: usize, cast: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("?{n}"),
            Dialect::Postgres => format!("CAST(${n}::text AS {cast})"),
        }
    }

    fn record_columns(&self) -> String {
        let mut columns = self.key_select("t");
        columns.extend(self.binding.facts.iter().map(|f| f.expr.clone()));
        columns.join(", ")
    }

    /// A row of `inbound` refers to `t`.
    fn refers(&self, inbound: &Inbound) -> String {
        let mut on: Vec<String> =
            inbound.pairs.iter().map(|(by, to)| format!("r.{by} = t.{to}")).collect();
        if inbound.own {
            // Who refers to himself does not stand in his own way.
            let same: Vec<String> =
                self.key.iter().map(|k| format!("r.{0} = t.{0}", k.column)).collect();
            on.push(format!("NOT ({})", same.join(" AND ")));
        }
        format!("EXISTS (SELECT 1 FROM {} AS r WHERE {})", inbound.table, on.join(" AND "))
    }

    /// That no other table's rows stand in the way of erasing `t`.
    pub(crate) fn free_of_others(&self) -> String {
        all(self.blocking(false).map(|i| format!("NOT {}", self.refers(i))))
    }

    /// That nothing stands in the way of erasing `t`. Anonymising leaves the row, and with it what
    /// refers to it.
    pub(crate) fn free(&self) -> String {
        if !self.anonymise.is_empty() {
            return "(1=1)".into();
        }
        all([true, false]
            .into_iter()
            .flat_map(|own| self.blocking(own).map(|i| format!("NOT {}", self.refers(i)))))
    }

    /// That all fields are already anonymised; never of a data set that is erased.
    pub(crate) fn done(&self) -> String {
        match self.anonymise.is_empty() {
            true => "(1=0)".into(),
            false => all(self.anonymise.iter().map(|f| f.done.clone())),
        }
    }

    /// A bare bound on what is due that an index serves.
    fn served(&self, compiled: &Compiled) -> Option<(&Driver, String)> {
        self.drivers.iter().find_map(|driver| {
            let cutoff = compiled.due.bound(driver.fact)?;
            let fact = &self.binding.facts[driver.fact];
            Some((driver, bare(&driver.expr, fact, cutoff, self)))
        })
    }

    /// What is due, with that bound first.
    fn due_test(&self, compiled: &Compiled) -> (String, Option<&Driver>) {
        let due = self.test(&compiled.due);
        match self.served(compiled) {
            None => (due, None),
            Some((driver, bare)) => (format!("{bare} AND {due}"), Some(driver)),
        }
    }

    /// Counts by decision: word, records, done, blocked.
    pub(crate) fn census(&self, compiled: &Compiled) -> String {
        let tests = compiled.classes.iter().map(|(_, test)| test).chain([&compiled.due]);
        let (from, binding) = self.with_facts_of(tests);
        let due = render(&compiled.due, &binding);
        let (done, free) = (self.done(), self.free());
        format!(
            "SELECT x.o, count(*), sum(x.d), sum(x.b) FROM (SELECT {} AS o, \
             CASE WHEN {due} AND {done} THEN 1 ELSE 0 END AS d, \
             CASE WHEN {due} AND NOT {done} AND NOT {free} THEN 1 ELSE 0 END AS b {from}) AS x GROUP BY x.o",
            render_outcome(compiled, &binding),
        )
    }

    /// Counts what is due and not done, and the blocked among it.
    pub(crate) fn count_due(&self, compiled: &Compiled) -> String {
        let (due, _) = self.due_test(compiled);
        format!(
            "SELECT count(*), COALESCE(sum(CASE WHEN {} THEN 0 ELSE 1 END), 0) {} WHERE {due} AND NOT {}",
            self.free(),
            self.from(),
            self.done()
        )
    }

    /// Counts what is due by the last of these tests and not done, by the first of them by which it is.
    pub(crate) fn count_due_at(&self, tests: &[Compiled]) -> Option<String> {
        let (last, earlier) = tests.split_last()?;
        // Derived facts are derived once a row, for all tests.
        let (from, binding) = self.with_facts_of(tests.iter().map(|test| &test.due));
        let bare = self.served(last).map_or(String::new(), |(_, bare)| format!("{bare} AND "));
        let due = render(&last.due, &binding);
        let held = held_of(&last.due);
        let cases: Vec<String> = earlier
            .iter()
            .enumerate()
            .map(|(n, test)| {
                // Whatever the last test lets through is not held: thousands of holds stand there once.
                let test = match held_of(&test.due) == held {
                    true => render(&without_holds(&test.due), &binding),
                    false => render(&test.due, &binding),
                };
                format!("WHEN {test} THEN {n} ")
            })
            .collect();
        let n = earlier.len();
        let first = match n {
            0 => "0".to_owned(),
            n => format!("CASE {}ELSE {n} END", cases.concat()),
        };
        Some(format!(
            "SELECT x.n, count(*) FROM (SELECT {first} AS n {from} WHERE {bare}{due} AND NOT {}) AS x \
             GROUP BY x.n",
            self.done()
        ))
    }

    /// One page of what is due and can go.
    pub(crate) fn due(
        &self,
        compiled: &Compiled,
        after: Option<&Record>,
        limit: usize,
    ) -> (String, Vec<Param>) {
        let (due, driver) = self.due_test(compiled);
        let mut order = self.key_columns("t");
        let mut params = Vec::new();
        let mut bounds = Vec::new();
        if let Some(driver) = driver {
            order.insert(0, driver.expr.clone());
        }
        if let Some(after) = after {
            if let Some(driver) = driver
                && let Some(value) = param_of(&after.facts[driver.fact])
            {
                params.push(value);
                bounds.push(self.param(params.len(), &driver.cast));
            }
            self.key_params(&after.key, &mut params, &mut bounds);
        }
        let columns = order.join(", ");
        // Where the last page ended, so that rows that are gone are not scanned again.
        let further = match bounds.len() == order.len() {
            true => format!("({columns}) > ({}) AND ", bounds.join(", ")),
            false => String::new(),
        };
        let place = self.place.map_or(String::new(), |place| format!(", t.{place}"));
        let sql = format!(
            "SELECT {}{place} {} WHERE {further}{due} AND NOT {} AND {} ORDER BY {columns} LIMIT {limit}",
            self.record_columns(),
            self.from(),
            self.done(),
            self.free()
        );
        (sql, params)
    }

    fn key_params(&self, key: &Key, params: &mut Vec<Param>, bounds: &mut Vec<String>) {
        for (part, column) in key.0.iter().zip(&self.key) {
            params.push(part.into());
            bounds.push(self.param(params.len(), &column.cast));
        }
    }

    /// The records among the keys in parameter 1 that satisfy `test`.
    pub(crate) fn among(&self, test: &str) -> String {
        format!(
            "SELECT {} {} WHERE {} AND {test}",
            self.record_columns(),
            self.from(),
            self.key_among("t", 1)
        )
    }

    /// Erases those among the keys in parameter 1 that satisfy `test`; answers what went.
    pub(crate) fn delete_among(&self, test: &str) -> String {
        self.delete(&self.key_among("t", 1), test)
    }

    /// Erases what lies at the places in parameter 1 and satisfies `test`; answers what went.
    pub(crate) fn delete_at(&self, place: &str, test: &str) -> String {
        let among = format!("t.{place} = ANY (ARRAY(SELECT unnest(CAST($1::text AS tid[]))))");
        self.delete(&among, test)
    }

    fn delete(&self, among: &str, test: &str) -> String {
        let columns = self.record_columns();
        format!("DELETE FROM {} AS t WHERE {among} AND {test} RETURNING {columns}", self.table)
    }

    /// The value of a time fact that is earliest in the order of the column among those beyond the
    /// cutoff. Texts of one day need not stand in order of time: for those, [`Self::earliest_on`].
    pub(crate) fn earliest(&self, fact: usize, cutoff: Cutoff) -> String {
        let Beyond { value, order, from, test } = self.beyond(fact, cutoff);
        format!("SELECT {value} {from} WHERE {test} ORDER BY {order} LIMIT 1")
    }

    /// The earliest time written as text on the day in parameter 1.
    pub(crate) fn earliest_on(&self, fact: usize, cutoff: Cutoff) -> String {
        let Beyond { order, from, test, .. } = self.beyond(fact, cutoff);
        let earliest = derived::extreme("min", &order, &self.binding.facts[fact].kind);
        let day = self.param(1, "text");
        format!("SELECT {earliest} {from} WHERE {test} AND substr({order}, 1, 10) = {day}")
    }

    /// Whether points in time of the fact are written as text.
    pub(crate) fn is_text(&self, fact: usize) -> bool {
        let fact = &self.binding.facts[fact];
        matches!(fact.physical, Physical::Text | Physical::Dynamic(_))
            && matches!(fact.kind, Kind::Local(_) | Kind::Instant)
    }

    fn beyond(&self, fact: usize, cutoff: Cutoff) -> Beyond {
        let (from, binding) = self.with_derived(&[fact]);
        let driver = self.drivers.iter().find(|d| d.fact == fact);
        let bound = &binding.facts[fact];
        let order = match (driver, self.dialect, &bound.physical) {
            (Some(driver), ..) => driver.expr.clone(),
            (None, Dialect::Postgres, Physical::Text) => format!("({} COLLATE \"C\")", bound.expr),
            _ => bound.expr.clone(),
        };
        let test = render(&Test::Beyond(fact, cutoff), &binding);
        let day = match cutoff {
            Cutoff::Local { at, .. } => Some(at.date()),
            Cutoff::Instant { at, .. } => Some(at.to_zoned(jiff::tz::TimeZone::UTC).date()),
            Cutoff::None | Cutoff::Date(_) => None,
        };
        let bare = match day.filter(|d| self.is_text(fact) && d.year() >= 1) {
            Some(day) => format!("{order} >= '{day}' AND "),
            None => String::new(),
        };
        Beyond { value: bound.expr.clone(), order, from, test: format!("{bare}{test}") }
    }

    /// Reads no row, but all that the other statements are made of.
    pub(crate) fn try_out(&self) -> String {
        let fields: Vec<&str> = self.binding.fields.iter().map(|(_, e)| e.as_str()).collect();
        let pairs = self.inbound.iter().map(|i| format!("({})", self.refers(i)));
        let becomes = self.anonymise.iter().filter_map(|f| f.becomes.clone());
        let more: Vec<String> = pairs.chain(becomes).map(|e| format!(", {e}")).collect();
        format!(
            "SELECT {}, {}, {}, {}{} {} WHERE (1=0)",
            self.record_columns(),
            self.binding.key_text,
            fields.join(", "),
            self.done(),
            more.concat(),
            self.from()
        )
    }

    /// All records.
    pub(crate) fn all_records(&self) -> String {
        format!("SELECT {} {}", self.record_columns(), self.from())
    }

    /// The keys of all records that satisfy `test`.
    pub(crate) fn keys_where(&self, test: &str) -> String {
        format!("SELECT {} {} WHERE {test}", self.key_select("t").join(", "), self.from())
    }

    /// (referring key, key referred to) for the keys in parameter 1.
    pub(crate) fn own_pairs(&self, inbound: &Inbound) -> String {
        let on: Vec<String> =
            inbound.pairs.iter().map(|(by, to)| format!("r.{by} = t.{to}")).collect();
        let mut columns = self.key_select("r");
        columns.extend(self.key_select("t"));
        format!(
            "SELECT {} FROM {1} AS t JOIN {1} AS r ON {2} WHERE {3}",
            columns.join(", "),
            self.table,
            on.join(" AND "),
            self.key_among("t", 1)
        )
    }

    /// One page of keys.
    pub(crate) fn keys(&self, after: Option<&Key>, limit: usize) -> (String, Vec<Param>) {
        let columns = self.key_columns("t").join(", ");
        let (mut params, mut bounds) = (Vec::new(), Vec::new());
        if let Some(key) = after {
            self.key_params(key, &mut params, &mut bounds);
        }
        let further = match after.is_some() {
            true => format!("WHERE ({columns}) > ({}) ", bounds.join(", ")),
            false => String::new(),
        };
        let sql = format!(
            "SELECT {} {} {further}ORDER BY {columns} LIMIT {limit}",
            self.key_select("t").join(", "),
            self.from()
        );
        (sql, params)
    }

    /// All fields, as text, of the record whose key is in parameter 1.
    pub(crate) fn fields(&self, fields: &[(String, String)]) -> String {
        let columns: Vec<&str> = fields.iter().map(|(_, expr)| expr.as_str()).collect();
        format!("SELECT {} {} WHERE {}", columns.join(", "), self.from(), self.key_among("t", 1))
    }
}

/// The holds that a test asks for among its conditions.
fn held_of(test: &Test) -> Option<&Test> {
    match test {
        Test::All(parts) => parts.iter().find(|p| matches!(p, Test::NotHeld(_))),
        _ => None,
    }
}

/// The other conditions.
fn without_holds(test: &Test) -> Test {
    match test {
        Test::All(parts) => {
            Test::All(parts.iter().filter(|p| !matches!(p, Test::NotHeld(_))).cloned().collect())
        }
        test => test.clone(),
    }
}

/// The records in which a fact is beyond a cutoff.
struct Beyond {
    /// The fact.
    value: String,
    /// In an order that an index may serve.
    order: String,
    from: String,
    test: String,
}

/// The parameter for the value of an indexed fact.
fn param_of(value: &Value) -> Option<Param> {
    match value {
        Value::Int(n) => Some(Param::Int(*n)),
        Value::Text(t) => Some(Param::Text(t.clone())),
        Value::Date(d) => Some(Param::Text(d.to_string())),
        Value::DateTime(dt) => Some(Param::Text(dt.to_string())),
        Value::Instant(t) => Some(Param::Text(t.to_string())),
        Value::Null | Value::Bool(_) | Value::Other | Value::Unreadable => None,
    }
}

/// A bare comparison that everything within the cutoff satisfies, in a form that an index serves.
fn bare(expr: &str, fact: &BoundFact, cutoff: Cutoff, bound: &SqlBound) -> String {
    let texts = matches!(fact.physical, Physical::Text | Physical::Dynamic(_));
    let day = match (&fact.kind, cutoff) {
        (Kind::Date, Cutoff::Date(d)) => Some(d),
        (Kind::Local(_), Cutoff::Local { at, .. }) => Some(at.date()),
        (Kind::Instant, Cutoff::Instant { at, .. }) => {
            Some(at.to_zoned(jiff::tz::TimeZone::UTC).date())
        }
        _ => None,
    };
    match day.filter(|d| texts && d.year() >= 1).map(|d| d.tomorrow()) {
        // The next day in text is greater than every time of this one.
        Some(Ok(next)) => format!("{expr} < {}", literal(&next.to_string())),
        Some(Err(_)) => "(1=1)".into(),
        None => {
            let binding =
                frist_decide::sql::Binding { facts: vec![fact.clone()], ..bound.binding.clone() };
            render(&Test::Within(0, cutoff), &binding)
        }
    }
}

fn all(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    match parts.is_empty() {
        true => "(1=1)".into(),
        false => format!("({})", parts.join(" AND ")),
    }
}

#[cfg(test)]
mod tests {
    use frist_decide::Outcome;
    use frist_decide::sql::Binding;
    use jiff::civil::Date;

    use super::*;
    use crate::KeyPart;
    use crate::sql::{Effect, KeyColumn, KeyReads};

    fn bound(dialect: Dialect, physical: Physical) -> SqlBound {
        let fact = BoundFact { expr: "t.\"d\"".into(), physical, kind: Kind::Date };
        SqlBound {
            dialect,
            table: "\"x\"".into(),
            name: "x".into(),
            key: vec![KeyColumn {
                column: "\"id\"".into(),
                cast: "uuid".into(),
                reads: KeyReads::Text,
            }],
            binding: Binding { dialect, facts: vec![fact], key_text: "k".into(), fields: vec![] },
            derived: vec![],
            columns: 0,
            searchable: Vec::new(),
            inbound: vec![Inbound {
                table: "\"y\"".into(),
                pairs: vec![("\"x\"".into(), "\"id\"".into())],
                effect: Effect::Blocks,
                own: false,
            }],
            anonymise: vec![],
            drivers: vec![Driver { fact: 0, expr: "t.\"d\"".into(), cast: "date".into() }],
            drop_partitions: false,
            place: None,
            advice: vec![],
        }
    }

    fn page(dialect: Dialect, physical: Physical) -> (String, Vec<Param>) {
        let due = Test::Within(0, Cutoff::Date(Date::constant(2022, 5, 31)));
        let compiled = Compiled {
            dataset: "x".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            kinds: vec![Kind::Date],
            classes: vec![(Outcome::Due, due.clone())],
            due,
        };
        let after = Record {
            key: Key(vec![KeyPart::Text("a'b".into())]),
            facts: vec![Value::Date(Date::constant(2015, 1, 1))],
        };
        bound(dialect, physical).due(&compiled, Some(&after), 10)
    }

    #[test]
    fn a_page_starts_after_the_last_one_and_binds_the_index() {
        let (sql, params) = page(Dialect::Postgres, Physical::Date);
        assert_eq!(
            sql,
            "SELECT (t.\"id\")::text, t.\"d\" FROM \"x\" AS t WHERE \
             (t.\"d\", t.\"id\") > (CAST($1::text AS date), CAST($2::text AS uuid)) AND \
             (t.\"d\" <= DATE '2022-05-31' AND t.\"d\" >= DATE '0001-01-01') AND \
             (t.\"d\" <= DATE '2022-05-31' AND t.\"d\" >= DATE '0001-01-01') AND NOT (1=0) AND \
             (NOT EXISTS (SELECT 1 FROM \"y\" AS r WHERE r.\"x\" = t.\"id\")) \
             ORDER BY t.\"d\", t.\"id\" LIMIT 10"
        );
        // Values travel beside the statement, never in it.
        assert!(params == [Param::Text("2015-01-01".into()), Param::Text("a'b".into())]);
        let (sql, _) = page(Dialect::Sqlite, Physical::Dynamic("TEXT".into()));
        assert!(
            sql.contains("WHERE (t.\"d\", t.\"id\") > (?1, ?2) AND t.\"d\" < '2022-06-01' AND "),
            "{sql}"
        );
    }
}
