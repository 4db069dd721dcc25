//! Plain arrays in memory, as a store of columns has them.

use std::collections::BTreeSet;

use frist_decide::columns::{Batch, Column as Array, Mark, Unit, Values};
use frist_decide::decide::is_held;
use frist_decide::sql::{Binding, Dialect};
use frist_decide::{Compiled, HoldScope, Kind, Outcome, Problem, Test, Value, value};
use frist_law::Start;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::{Column, Database, Row, Stored};

/// The array of one fact, owned.
#[derive(Debug)]
enum Owned {
    Days(Vec<i32>),
    Times(Vec<i64>, Unit),
    Texts(Vec<u32>, Vec<String>),
    Ints(Vec<i64>),
    Bools(Vec<bool>),
    Presence,
}

/// A table of arrays, whose times are kept in this unit.
pub(crate) struct Columnar {
    unit: Unit,
    stored: Vec<Stored>,
    arrays: Vec<(Owned, Option<Vec<Mark>>)>,
}

impl Columnar {
    pub(crate) fn new(unit: Unit) -> Self {
        Self { unit, stored: Vec::new(), arrays: Vec::new() }
    }

    fn batch<T>(&self, compiled: &Compiled, use_it: impl FnOnce(&Batch<'_>) -> T) -> T {
        let words: Vec<Vec<&str>> = self
            .arrays
            .iter()
            .map(|(array, _)| match array {
                Owned::Texts(_, words) => words.iter().map(String::as_str).collect(),
                _ => Vec::new(),
            })
            .collect();
        let mut facts = Vec::new();
        for ((array, marks), words) in self.arrays.iter().zip(&words) {
            let values = match array {
                Owned::Days(v) => Values::Days(v),
                Owned::Times(v, unit) => Values::Times(v, *unit),
                Owned::Texts(codes, _) => Values::Texts { codes, dictionary: words },
                Owned::Ints(v) => Values::Ints(v),
                Owned::Bools(v) => Values::Bools(v),
                Owned::Presence => Values::Presence,
            };
            facts.push(Array { values, marks: marks.as_deref() });
        }
        let holds = compiled.classes.iter().find_map(|(_, test)| match test {
            Test::Held(holds) => Some(holds.as_slice()),
            _ => None,
        });
        let held: Option<Vec<bool>> = holds.map(|holds: &[HoldScope]| {
            let covered = |s: &Stored| is_held(holds, &s.key, &|name| s.field(name));
            self.stored.iter().map(covered).collect()
        });
        use_it(&Batch { len: self.stored.len(), facts, held: held.as_deref() })
    }
}

impl Database for Columnar {
    fn has_keys(&self) -> bool {
        false
    }
    fn binding(&self, _: &[Column]) -> Binding {
        // Nothing is asked in SQL here.
        let (facts, fields) = (Vec::new(), Vec::new());
        Binding { dialect: Dialect::Sqlite, facts, key_text: String::new(), fields }
    }

    fn load(&mut self, columns: &[Column], rows: &[Row]) -> Vec<Stored> {
        self.arrays.clear();
        let mut kept: Vec<Vec<Value>> = vec![Vec::new(); rows.len()];
        for (ix, column) in columns.iter().enumerate() {
            let kind = &column.bound.kind;
            let values: Vec<Value> = rows.iter().map(|row| row.cells[ix].value(kind)).collect();
            let (array, marks, back) = keep(kind, &values, self.unit);
            // Without a gap there need not be marks.
            let full = marks.iter().all(|m| *m == Mark::There) && ix % 2 == 0;
            self.arrays.push((array, (!full).then_some(marks)));
            kept.iter_mut().zip(back).for_each(|(row, value)| row.push(value));
        }
        let stored = rows.iter().zip(kept).map(|(row, facts)| Stored {
            key: row.key.clone(),
            who: row.who.clone(),
            facts,
        });
        self.stored = stored.collect();
        self.stored.clone()
    }

    fn outcomes(&mut self, compiled: &Compiled, _: &Binding) -> Vec<(String, String)> {
        let outcomes: Vec<Outcome> =
            self.batch(compiled, |batch| compiled.outcome_columns(batch).unwrap());
        let keys = self.stored.iter().map(|s| s.key.clone());
        keys.zip(outcomes.iter().map(|o| o.word().to_owned())).collect()
    }

    fn due(&mut self, compiled: &Compiled, _: &Binding) -> Vec<String> {
        // What was in it before does not matter.
        let mut due = vec![true; 3];
        self.batch(compiled, |batch| compiled.due_columns(batch, &mut due).unwrap());
        assert_eq!(due.len(), self.stored.len());
        self.stored.iter().zip(due).filter(|(_, due)| *due).map(|(s, _)| s.key.clone()).collect()
    }
}

/// The values of a fact as an array, and as a store of arrays would give them back.
fn keep(kind: &Kind, values: &[Value], unit: Unit) -> (Owned, Vec<Mark>, Vec<Value>) {
    match kind {
        Kind::Text => {
            let texts =
                values.iter().filter_map(|v| if let Value::Text(s) = v { Some(s) } else { None });
            let words: Vec<String> = texts.cloned().collect::<BTreeSet<_>>().into_iter().collect();
            let read = |v: &Value| match v {
                Value::Text(s) => words.iter().position(|w| w == s).map(|code| code as u32),
                // A code that is in no dictionary cannot be read either.
                Value::Other => Some(words.len() as u32),
                _ => None,
            };
            let text =
                |code: &u32| words.get(*code as usize).cloned().map_or(Value::Other, Value::Text);
            let (codes, marks, back) = gaps(values, read, text);
            (Owned::Texts(codes, words), marks, back)
        }
        Kind::Int => {
            let read = |v: &Value| if let Value::Int(n) = v { Some(*n) } else { None };
            let (numbers, marks, back) = gaps(values, read, |n| Value::Int(*n));
            (Owned::Ints(numbers), marks, back)
        }
        Kind::Bool => {
            let read = |v: &Value| match v {
                Value::Bool(b) => Some(*b),
                Value::Int(n @ (0 | 1)) => Some(*n == 1),
                _ => None,
            };
            let (truths, marks, back) = gaps(values, read, |b| Value::Bool(*b));
            (Owned::Bools(truths), marks, back)
        }
        Kind::Presence => {
            let (_, marks, back) =
                gaps(values, |v| (*v != Value::Null).then_some(()), |()| Value::Other);
            (Owned::Presence, marks, back)
        }
        Kind::Date => {
            let epoch = Date::constant(1970, 1, 1);
            let read = |v: &Value| match value::start(v, kind) {
                Ok(Start::Date(d)) => Some((d.duration_since(epoch).as_hours() / 24) as i32),
                // Days of no year that counts are numbers too.
                Err(Problem::Impossible) => Some(i32::MIN),
                _ => None,
            };
            let day = |n: &i32| match *n {
                i32::MIN => Value::Text("0000-00-00".into()),
                n => Value::Date(epoch.checked_add(jiff::Span::new().days(n)).unwrap()),
            };
            let (days, marks, back) = gaps(values, read, day);
            (Owned::Days(days), marks, back)
        }
        _ => {
            let local = matches!(kind, Kind::Local(_));
            let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
            let fit = |nanos: i128| i64::try_from(nanos.div_euclid(unit.nanoseconds())).ok();
            let read = |v: &Value| match value::start(v, kind) {
                Ok(Start::Local(at, _)) => fit(at.duration_since(epoch).as_nanos()),
                Ok(Start::Instant(at)) => fit(at.as_nanosecond()),
                Ok(Start::Date(_)) => None,
                Err(Problem::Impossible) if unit != Unit::Nanos => Some(i64::MAX),
                Err(_) => None,
            };
            let time = |n: &i64| {
                if *n == i64::MAX && unit != Unit::Nanos {
                    return match kind {
                        Kind::UnixSeconds | Kind::UnixMillis => Value::Int(i64::MAX),
                        Kind::Instant => Value::Text("0000-00-00 00:00Z".into()),
                        _ => Value::Text("0000-00-00 00:00".into()),
                    };
                }
                let nanos = i128::from(*n) * unit.nanoseconds();
                match (local, kind) {
                    (true, _) => {
                        let since = jiff::SignedDuration::from_nanos_i128(nanos);
                        Value::DateTime(epoch.checked_add(since).unwrap())
                    }
                    // As this kind has it: the column's unit is as coarse or coarser.
                    (_, Kind::UnixSeconds) => Value::Int(nanos.div_euclid(1_000_000_000) as i64),
                    (_, Kind::UnixMillis) => Value::Int(nanos.div_euclid(1_000_000) as i64),
                    _ => Value::Instant(Timestamp::from_nanosecond(nanos).unwrap()),
                }
            };
            let (times, marks, back) = gaps(values, read, time);
            (Owned::Times(times, unit), marks, back)
        }
    }
}

/// What can be read as numbers, with marks for what cannot.
fn gaps<T: Default>(
    values: &[Value],
    read: impl Fn(&Value) -> Option<T>,
    back: impl Fn(&T) -> Value,
) -> (Vec<T>, Vec<Mark>, Vec<Value>) {
    let (mut numbers, mut marks, mut given) = (Vec::new(), Vec::new(), Vec::new());
    for value in values {
        let (number, mark, value) = match (read(value), value) {
            (Some(number), _) => {
                let value = back(&number);
                (number, Mark::There, value)
            }
            (None, Value::Null) => (T::default(), Mark::Missing, Value::Null),
            (None, Value::Unreadable) => (T::default(), Mark::Unreadable, Value::Unreadable),
            (None, _) => (T::default(), Mark::Unreadable, Value::Other),
        };
        numbers.push(number);
        marks.push(mark);
        given.push(value);
    }
    (numbers, marks, given)
}
