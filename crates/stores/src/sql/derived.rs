//! Facts that lie in another table, as correlated subqueries on the row `t`.
//!
//! A test mentions a fact many times, and a database runs a subquery as often as it is written. So
//! a statement that tests a derived fact writes it once, as the column of a subselect with a limit
//! that limits nothing: neither SQLite nor PostgreSQL dissolves such a subselect, and what is
//! tested is then a value.

use frist_decide::sql::{Binding, BoundFact, Dialect, Physical, render};
use frist_decide::{Kind, Test};
use frist_law::Cutoff;

use super::SqlBound;

/// What a subselect ends with that is to be computed on its own.
fn fence(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => " OFFSET 0",
        Dialect::Sqlite => " LIMIT -1 OFFSET 0",
    }
}

/// The facts that a test mentions.
fn mentioned(test: &Test) -> Vec<usize> {
    match test {
        Test::Const(_)
        | Test::Held(_)
        | Test::NotHeld(_)
        | Test::Answered(_)
        | Test::NotAnswered(_) => Vec::new(),
        Test::All(parts) | Test::Any(parts) => parts.iter().flat_map(mentioned).collect(),
        Test::Empty(f)
        | Test::Filled(f)
        | Test::Within(f, _)
        | Test::Beyond(f, _)
        | Test::In(f, _)
        | Test::NotIn(f, _) => vec![*f],
    }
}

impl SqlBound {
    /// The derived ones among `facts`, each once.
    fn derived_among(&self, facts: &[usize]) -> Vec<usize> {
        self.derived.iter().copied().filter(|f| facts.contains(f)).collect()
    }

    /// The test on the row `t` as a condition. What is tested of the row itself stays bare and
    /// first, so that an index serves it and no fact is derived for a row that it rules out.
    pub(crate) fn test(&self, test: &Test) -> String {
        let derives = |t: &Test| !self.derived_among(&mentioned(t)).is_empty();
        match test {
            Test::All(parts) => {
                let (theirs, own): (Vec<Test>, Vec<Test>) =
                    parts.iter().cloned().partition(|p| derives(p));
                match (own.is_empty(), theirs.is_empty()) {
                    (_, true) => render(test, &self.binding),
                    (true, false) => self.once(test),
                    (false, false) => format!(
                        "({} AND {})",
                        render(&Test::All(own), &self.binding),
                        self.once(&Test::All(theirs))
                    ),
                }
            }
            _ if derives(test) => self.once(test),
            _ => render(test, &self.binding),
        }
    }

    /// The test over a single row `d` of the derived facts that it mentions. There is always that
    /// one row, so the test's own answer comes out, null included.
    fn once(&self, test: &Test) -> String {
        let mut binding = self.binding.clone();
        let mut columns = Vec::new();
        for ix in self.derived_among(&mentioned(test)) {
            let expr = std::mem::replace(&mut binding.facts[ix].expr, format!("d.f{ix}"));
            columns.push(format!("{expr} AS f{ix}"));
        }
        let (test, columns) = (render(test, &binding), columns.join(", "));
        format!("(SELECT {test} FROM (SELECT {columns}{}) AS d)", fence(self.dialect))
    }

    /// The table as `t`, with these facts among its columns where they are derived, and how the
    /// facts are called then. For statements that read the whole table: no index serves a condition
    /// on it from outside.
    pub(crate) fn with_derived(&self, facts: &[usize]) -> (String, Binding) {
        let mut binding = self.binding.clone();
        let derived = self.derived_among(facts);
        if derived.is_empty() {
            return (format!("FROM {} AS t", self.table), binding);
        }
        let mut name = "fact_".to_owned();
        let taken = |name: &str| {
            let start = |column: &str| column.get(..name.len()).map(str::to_ascii_lowercase);
            self.binding.fields.iter().any(|(column, _)| start(column).as_deref() == Some(name))
        };
        while taken(&name) {
            name.push('_');
        }
        let mut columns = String::new();
        for ix in derived {
            let column = format!("{name}{ix}");
            let expr = std::mem::replace(&mut binding.facts[ix].expr, format!("t.{column}"));
            columns += &format!(", {expr} AS {column}");
        }
        let fence = fence(self.dialect);
        (format!("FROM (SELECT t.*{columns} FROM {} AS t{fence}) AS t", self.table), binding)
    }

    /// The table with the facts of all these tests, as [`Self::with_derived`].
    pub(crate) fn with_facts_of<'a>(
        &self,
        tests: impl IntoIterator<Item = &'a Test>,
    ) -> (String, Binding) {
        let facts: Vec<usize> = tests.into_iter().flat_map(mentioned).collect();
        self.with_derived(&facts)
    }
}

/// The field of the one row that `t` refers to.
pub(crate) fn lookup(table: &str, field: &str, key: &str, by: &str) -> String {
    format!("(SELECT {field} FROM {table} AS o WHERE o.{key} = {by})")
}

/// The latest of `field` (an expression on `o`) among the rows whose `by` is `key`:
/// no such row: `or_else`; any of them not a readable point in time: not readable either, so that
/// the record is unclear; else any of them empty: empty, it has not happened yet; else the latest.
pub(crate) fn latest(
    dialect: Dialect,
    table: &str,
    by: &str,
    key: &str,
    field: &BoundFact,
    or_else: Option<&str>,
) -> String {
    let x = &field.expr;
    let binding = frist_decide::sql::Binding {
        dialect,
        facts: vec![field.clone()],
        key_text: String::new(),
        fields: Vec::new(),
    };
    // What is beyond no cutoff at all is whatever can be read.
    let readable = render(&Test::Beyond(0, Cutoff::None), &binding);
    let (unreadable, newest) = match (dialect, &field.physical) {
        (Dialect::Postgres, Physical::Date) => ("DATE 'infinity'", format!("max({x})")),
        (Dialect::Postgres, Physical::Timestamp) => ("TIMESTAMP 'infinity'", format!("max({x})")),
        (Dialect::Postgres, Physical::TimestampTz) => {
            ("TIMESTAMPTZ 'infinity'", format!("max({x})"))
        }
        (Dialect::Postgres, Physical::Integer) => {
            ("9223372036854775807::bigint", format!("max({x})::bigint"))
        }
        _ => ("'unreadable'", newest_text(dialect, x, &field.kind)),
    };
    let or_else = or_else.unwrap_or("NULL");
    format!(
        "(SELECT CASE WHEN count(*) = 0 THEN {or_else} \
         WHEN count(CASE WHEN {x} IS NULL THEN NULL WHEN {readable} THEN NULL ELSE 1 END) > 0 \
         THEN {unreadable} \
         WHEN count({x}) < count(*) THEN NULL ELSE {newest} END FROM {table} AS o WHERE o.{by} = {key})"
    )
}

/// Times are written in several forms that do not sort as text, so the latest is given in one that
/// does, and that reads as the same time.
fn newest_text(dialect: Dialect, x: &str, kind: &Kind) -> String {
    let plain = match dialect {
        Dialect::Postgres => format!("({x} COLLATE \"C\")"),
        Dialect::Sqlite => x.to_owned(),
    };
    extreme("max", &plain, kind)
}

/// The earliest or latest (`min` or `max`) of readable texts.
pub(crate) fn extreme(which: &str, x: &str, kind: &Kind) -> String {
    match kind {
        Kind::Local(_) => format!("{which}({})", normal(x)),
        Kind::Instant => {
            format!("{which}({}) || 'Z'", normal(&format!("substr({x}, 1, length({x}) - 1)")))
        }
        _ => format!("{which}({x})"),
    }
}

/// `YYYY-MM-DD HH:MM:SS.fffffffff` of a valid date and time.
fn normal(x: &str) -> String {
    format!(
        "substr({x}, 1, 10) || ' ' || substr(CASE length({x}) WHEN 16 THEN {x} || ':00.000000000' \
         WHEN 19 THEN {x} || '.000000000' ELSE {x} || '000000000' END, 12, 18)"
    )
}

#[cfg(test)]
mod tests {
    use frist_decide::{Compiled, Outcome};
    use frist_register::Literal;
    use jiff::civil::DateTime;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::sql::{Driver, KeyColumn, KeyReads};

    fn bound() -> SqlBound {
        let kind = Kind::Local(TimeZone::UTC);
        let physical = Physical::Dynamic("TEXT".into());
        let fact = |expr: &str, kind: &Kind| BoundFact {
            expr: expr.into(),
            physical: physical.clone(),
            kind: kind.clone(),
        };
        let at = fact("o.\"at\"", &kind);
        let last = latest(Dialect::Sqlite, "\"c\"", "\"t\"", "t.\"id\"", &at, None);
        let column = |name: &str| (name.to_owned(), format!("t.\"{name}\""));
        SqlBound {
            dialect: Dialect::Sqlite,
            table: "\"t\"".into(),
            name: "t".into(),
            key: vec![KeyColumn {
                column: "\"id\"".into(),
                cast: "INTEGER".into(),
                reads: KeyReads::Int,
            }],
            binding: Binding {
                dialect: Dialect::Sqlite,
                facts: vec![
                    fact("t.\"d\"", &kind),
                    fact(&last, &kind),
                    fact("t.\"state\"", &Kind::Text),
                ],
                key_text: "t.\"id\"".into(),
                fields: vec![column("id"), column("d"), column("state"), column("FACT_1")],
            },
            derived: vec![1],
            columns: 4,
            searchable: Vec::new(),
            inbound: vec![],
            anonymise: vec![],
            drivers: vec![Driver { fact: 0, expr: "t.\"d\"".into(), cast: "TEXT".into() }],
            drop_partitions: false,
            place: None,
            advice: vec![],
        }
    }

    fn compiled(own: bool) -> Compiled {
        let cutoff =
            Cutoff::Local { at: DateTime::constant(2022, 6, 1, 12, 0, 0, 0), inclusive: true };
        let last = Test::Within(1, cutoff);
        let closed = Test::In(2, vec![Literal::Text("closed".into())]);
        let due = match own {
            true => Test::All(vec![Test::Within(0, cutoff), closed, last]),
            false => Test::Any(vec![closed, last]),
        };
        let keep = Test::Beyond(1, cutoff);
        Compiled {
            dataset: "t".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            kinds: bound().binding.facts.into_iter().map(|f| f.kind).collect(),
            classes: vec![(Outcome::Due, due.clone()), (Outcome::Keep, keep)],
            due,
        }
    }

    /// The steps of the plan, over tables in which a column has the name that a fact would have.
    fn plan(sql: &str) -> Vec<String> {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, d TEXT, state TEXT, FACT_1 TEXT);
             CREATE TABLE c (id INTEGER PRIMARY KEY, t INTEGER, at TEXT);
             CREATE INDEX t_d ON t (d); CREATE INDEX c_t ON c (t)",
        )
        .unwrap();
        let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = statement.query_map([], |row| row.get(3)).unwrap();
        steps.map(Result::unwrap).collect()
    }

    fn looks(plan: &[String], step: &str) -> usize {
        plan.iter().filter(|s| s.contains(step)).count()
    }

    #[test]
    fn a_fact_is_looked_up_once_a_record() {
        const LOOK: &str = "SEARCH o USING INDEX c_t (t=?)";
        let bound = bound();
        for own in [true, false] {
            let compiled = compiled(own);
            for sql in [bound.census(&compiled), bound.count_due(&compiled)] {
                let plan = plan(&sql);
                assert_eq!(looks(&plan, LOOK), 1, "{plan:#?}\n{sql}");
            }
            // Once for the test, and once for the fact of a record that satisfies it.
            let (sql, _) = bound.due(&compiled, None, 10);
            let plan = plan(&sql);
            assert_eq!(looks(&plan, LOOK), 2, "{plan:#?}\n{sql}");
            let index = looks(&plan, "SEARCH t USING INDEX t_d (d<?)");
            assert_eq!(index, usize::from(own), "{plan:#?}\n{sql}");
            // The index gives the order of the pages, so that none reads more than it must.
            assert_eq!(looks(&plan, "TEMP B-TREE"), 0, "{plan:#?}\n{sql}");
        }
        let plan = plan(&bound.earliest(1, Cutoff::None));
        assert_eq!(looks(&plan, LOOK), 1, "{plan:#?}");
    }

    #[test]
    fn what_the_row_itself_rules_out_derives_nothing() {
        let bound = bound();
        let sql = bound.test(&compiled(true).due);
        let (own, theirs) = sql.split_once(" AND (SELECT ").unwrap();
        assert!(own.contains("t.\"d\"") && own.contains("'closed'"), "{sql}");
        assert!(!theirs.contains("t.\"d\"") && !theirs.contains("'closed'"), "{sql}");
        let plain = Test::Within(0, Cutoff::None);
        assert_eq!(bound.test(&plain), render(&plain, &bound.binding));
        assert_eq!(bound.with_derived(&[0, 2]).0, "FROM \"t\" AS t");
    }

    /// A binding of facts that are looked up: each column of `o` read in each of these ways.
    fn lookups(dialect: Dialect, columns: &[(&str, Physical, &[Kind])]) -> SqlBound {
        let fact = |(column, physical, kinds): &(&str, Physical, &[Kind])| {
            let expr = lookup("\"o\"", column, "\"id\"", "t.\"o\"");
            let one = |kind: &Kind| BoundFact {
                expr: expr.clone(),
                physical: physical.clone(),
                kind: kind.clone(),
            };
            kinds.iter().map(one).collect::<Vec<_>>()
        };
        let facts: Vec<BoundFact> = columns.iter().flat_map(fact).collect();
        let mut bound = bound();
        bound.dialect = dialect;
        bound.derived = (0..facts.len()).collect();
        bound.binding = Binding { dialect, facts, ..bound.binding };
        bound
    }

    /// Every way to ask about the facts, also together.
    fn questions(bound: &SqlBound) -> Vec<Test> {
        let at = DateTime::constant(2022, 6, 1, 12, 0, 0, 0);
        let literals = vec![
            Literal::Text("a".into()),
            Literal::Text("20".into()),
            Literal::Int(20),
            Literal::Bool(true),
        ];
        let about = |(ix, fact): (usize, &BoundFact)| {
            let cutoff = match fact.kind {
                Kind::Date => Cutoff::Date(at.date()),
                Kind::Local(_) => Cutoff::Local { at, inclusive: true },
                _ => Cutoff::Instant {
                    at: at.to_zoned(TimeZone::UTC).unwrap().timestamp(),
                    inclusive: true,
                },
            };
            let mut tests = vec![Test::Empty(ix), Test::Filled(ix)];
            match fact.kind {
                Kind::Presence => {}
                Kind::Text | Kind::Int | Kind::Bool => {
                    tests.push(Test::In(ix, literals.clone()));
                    tests.push(Test::NotIn(ix, literals.clone()));
                }
                _ => {
                    tests.push(Test::Within(ix, cutoff));
                    tests.push(Test::Beyond(ix, cutoff));
                    tests.push(Test::Beyond(ix, Cutoff::None));
                }
            }
            tests
        };
        let single: Vec<Test> = bound.binding.facts.iter().enumerate().flat_map(about).collect();
        let pairs = single.windows(2).flat_map(|pair| {
            let mixed = Test::All(vec![Test::Const(true), Test::Any(pair.to_vec())]);
            [Test::All(pair.to_vec()), Test::Any(pair.to_vec()), mixed]
        });
        pairs.chain(single.clone()).collect()
    }

    /// The same answer for every row, true, false or unknown, however the fact is written.
    fn same_answers(bound: &SqlBound, ask: &mut dyn FnMut(&str) -> Vec<String>) {
        let word = |test: &str| {
            format!("SELECT CASE WHEN {test} THEN 'yes' WHEN NOT {test} THEN 'no' ELSE '?' END")
        };
        let mut seen = std::collections::BTreeSet::new();
        for test in questions(bound) {
            let pasted = render(&test, &bound.binding);
            let pasted = ask(&format!("{} FROM t AS t ORDER BY t.id", word(&pasted)));
            let once = ask(&format!("{} FROM t AS t ORDER BY t.id", word(&bound.test(&test))));
            assert_eq!(once, pasted, "{test:?}");
            let (from, binding) = bound.with_facts_of([&test]);
            let column = ask(&format!("{} {from} ORDER BY t.id", word(&render(&test, &binding))));
            assert_eq!(column, pasted, "{test:?}");
            seen.extend(pasted);
        }
        assert!(seen.contains("yes") && seen.contains("no"));
    }

    #[test]
    fn sqlite_answers_the_same_of_a_fact_computed_once() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        let values = [
            "NULL",
            "'a'",
            "'A'",
            "'a '",
            "20",
            "'20'",
            "20.0",
            "1",
            "0",
            "x'61'",
            "''",
            "'2022-06-01'",
            "'2022-06-02'",
            "'2022-02-30'",
            "'2022-06-01 12:00'",
            "'2022-06-01T12:00:00.1'",
            "'2022-06-01T12:00:00Z'",
            "1654084800",
            "1654084801",
            "'1654084800'",
            "'a' || char(0)",
        ];
        let types = [
            ("a", "TEXT"),
            ("b", "INTEGER"),
            ("c", "TEXT COLLATE NOCASE"),
            ("d", ""),
            ("e", "NUMERIC"),
        ];
        let columns = types.map(|(name, declared)| format!("{name} {declared}")).join(", ");
        db.execute_batch(&format!(
            "CREATE TABLE o (id INTEGER PRIMARY KEY, {columns}); CREATE TABLE t (id INTEGER PRIMARY KEY, o INTEGER);
             INSERT INTO t VALUES (0, NULL)"
        ))
        .unwrap();
        for (id, v) in values.iter().enumerate() {
            db.execute_batch(&format!(
                "INSERT INTO o VALUES ({id}, {v}, {v}, {v}, {v}, {v}); INSERT INTO t VALUES ({id} + 1, {id})"
            ))
            .unwrap();
        }
        let kinds = [
            Kind::Presence,
            Kind::Text,
            Kind::Int,
            Kind::Bool,
            Kind::Date,
            Kind::Local(TimeZone::UTC),
            Kind::Instant,
            Kind::UnixSeconds,
        ];
        let names = types.map(|(name, _)| format!("o.{name}"));
        let columns: Vec<(&str, Physical, &[Kind])> = names
            .iter()
            .map(|name| (name.as_str(), Physical::Dynamic(String::new()), kinds.as_slice()))
            .collect();
        same_answers(&lookups(Dialect::Sqlite, &columns), &mut |sql| {
            let mut statement = db.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        });
    }
}
