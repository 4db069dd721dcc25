//! A batch of columns that does not fit its rule is refused, and nothing in it is due.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use frist_decide::columns::{Batch, BatchError, Column, Mark, Unit, Values};
use frist_decide::value::{MAX_INSTANT, MIN_INSTANT};
use frist_decide::{Compiled, HoldScope, Kind, Outcome, Test};
use frist_law::{Cutoff, zone};
use frist_register::Literal;
use jiff::Timestamp;
use jiff::civil::{DateTime, date};

fn compiled(kinds: Vec<Kind>, due: Test) -> Compiled {
    let classes = vec![(Outcome::Due, due.clone())];
    Compiled { dataset: "d".into(), at: Timestamp::UNIX_EPOCH, kinds, due, classes }
}

fn column(values: Values<'_>) -> Column<'_> {
    Column { values, marks: None }
}

/// What is due, whatever the vector said before.
fn due(compiled: &Compiled, batch: &Batch<'_>) -> Result<Vec<bool>, BatchError> {
    let mut due = vec![true; 7];
    let result = compiled.due_columns(batch, &mut due);
    let mut again = vec![false; 7];
    assert_eq!(compiled.due_columns(batch, &mut again), result);
    assert_eq!(again, due);
    if result.is_err() {
        assert!(due.is_empty());
        assert_eq!(compiled.outcome_columns(batch).unwrap_err(), result.clone().unwrap_err());
    }
    result.map(|()| due)
}

fn within() -> Test {
    Test::Within(0, Cutoff::Date(date(1970, 1, 2)))
}

#[test]
fn a_column_of_another_type_is_refused() {
    let (days, times, texts) = ([0, 1, 2], [0i64, 1, 2], [0u32, 1, 2]);
    let (ints, bools) = ([0i64, 1, 2], [true, false, true]);
    let all = || {
        [
            column(Values::Days(&days)),
            column(Values::Times(&times, Unit::Micros)),
            column(Values::Texts { codes: &texts, dictionary: &["a", "b", "c"] }),
            column(Values::Ints(&ints)),
            column(Values::Bools(&bools)),
            column(Values::Presence),
        ]
    };
    let local = Kind::Local(zone("Europe/Copenhagen").unwrap());
    let noon = date(2026, 1, 1).at(12, 0, 0, 0);
    let at = |f: fn(Timestamp) -> Cutoff| Test::Within(0, f(Timestamp::UNIX_EPOCH));
    let instant = || at(|at| Cutoff::Instant { at, inclusive: true });
    let cases = [
        (Kind::Date, within(), 0),
        (local, Test::Within(0, Cutoff::Local { at: noon, inclusive: true }), 1),
        (Kind::Instant, instant(), 1),
        (Kind::UnixSeconds, instant(), 1),
        (Kind::UnixMillis, instant(), 1),
        (Kind::Text, Test::In(0, vec![Literal::Text("a".into())]), 2),
        (Kind::Int, Test::In(0, vec![Literal::Int(1)]), 3),
        (Kind::Bool, Test::NotIn(0, vec![Literal::Bool(true)]), 4),
    ];
    for (kind, test, fits) in cases {
        let compiled = compiled(vec![kind.clone()], test);
        for (ix, column) in all().into_iter().enumerate() {
            let batch = Batch { len: 3, facts: vec![column], held: None };
            let wrong = Err(BatchError::Type { fact: 0 });
            assert_eq!(due(&compiled, &batch).is_ok(), ix == fits, "{kind:?} from {batch:?}");
            assert!(ix == fits || due(&compiled, &batch) == wrong);
        }
        let none = Batch { len: 3, facts: Vec::new(), held: None };
        assert_eq!(due(&compiled, &none), Err(BatchError::Type { fact: 0 }));
    }
}

#[test]
fn a_cutoff_of_another_kind_than_the_fact_is_refused() {
    let at = Timestamp::UNIX_EPOCH;
    let compiled =
        compiled(vec![Kind::Date], Test::Within(0, Cutoff::Instant { at, inclusive: true }));
    let batch = Batch { len: 1, facts: vec![column(Values::Days(&[0]))], held: None };
    assert_eq!(due(&compiled, &batch), Err(BatchError::Type { fact: 0 }));
}

#[test]
fn columns_of_another_length_are_refused() {
    let wrong = |found| Err(BatchError::Length { fact: 0, found, expected: 3 });
    let compiled = compiled(vec![Kind::Date], within());
    for found in [0, 2, 4] {
        let days = vec![0; found];
        let batch = Batch { len: 3, facts: vec![column(Values::Days(&days))], held: None };
        assert_eq!(due(&compiled, &batch), wrong(found));
        let marks = vec![Mark::There; found];
        let facts = vec![Column { values: Values::Days(&[0; 3]), marks: Some(&marks) }];
        assert_eq!(due(&compiled, &Batch { len: 3, facts, held: None }), wrong(found));
    }
}

#[test]
fn a_rule_with_holds_asks_for_them() {
    let holds = vec![HoldScope::All];
    let compiled = compiled(Vec::new(), Test::NotHeld(holds));
    let batch = |held| Batch { len: 3, facts: Vec::new(), held };
    assert_eq!(due(&compiled, &batch(None)), Err(BatchError::Holds));
    assert_eq!(due(&compiled, &batch(Some(&[false; 2]))), Err(BatchError::Holds));
    assert_eq!(due(&compiled, &batch(Some(&[true, false, true]))), Ok(vec![false, true, false]));
}

#[test]
fn a_test_without_parts_and_one_without_columns() {
    let batch = Batch { len: 2, facts: Vec::new(), held: None };
    for (test, answer) in [
        (Test::All(Vec::new()), true),
        (Test::Any(Vec::new()), false),
        (Test::Const(true), true),
        (Test::Const(false), false),
    ] {
        assert_eq!(
            due(&compiled(Vec::new(), test.clone()), &batch),
            Ok(vec![answer; 2]),
            "{test:?}"
        );
    }
}

/// More records than are decided at a time, and not a multiple of them: each answer in its place.
#[test]
fn every_record_has_its_own_answer() {
    let days: Vec<i32> = (0..9_000).map(|n| n % 3).collect();
    let marks: Vec<Mark> = (0..9_000)
        .map(|n| [Mark::There, Mark::Missing, Mark::Unreadable, Mark::There][n % 4])
        .collect();
    let facts = vec![Column { values: Values::Days(&days), marks: Some(&marks) }];
    let batch = Batch { len: days.len(), facts, held: None };
    let kinds = || vec![Kind::Date];
    let expected: Vec<bool> =
        days.iter().zip(&marks).map(|(day, mark)| *mark == Mark::There && *day <= 1).collect();
    assert_eq!(due(&compiled(kinds(), within()), &batch), Ok(expected));
    let empty: Vec<bool> = marks.iter().map(|mark| *mark == Mark::Missing).collect();
    assert_eq!(due(&compiled(kinds(), Test::Empty(0)), &batch), Ok(empty));
    let either: Vec<bool> = days
        .iter()
        .zip(&marks)
        .map(|(day, mark)| match mark {
            Mark::There => *day <= 1,
            Mark::Missing => true,
            Mark::Unreadable => false,
        })
        .collect();
    let test = Test::Any(vec![within(), Test::Empty(0)]);
    assert_eq!(due(&compiled(kinds(), test), &batch), Ok(either));
}

/// Any number of literals, codes that are in no dictionary, and each answer joined to others.
#[test]
fn values_are_compared_with_any_number_of_literals() {
    let words = ["a", "b", "c", "d", "e"];
    let codes = [0, 1, 2, 3, 4, 5, u32::MAX];
    let ints = [0, 1, 2, 3, 4, 5, i64::MIN];
    let facts = vec![
        column(Values::Texts { codes: &codes, dictionary: &words }),
        column(Values::Ints(&ints)),
    ];
    let batch = Batch { len: codes.len(), facts, held: None };
    let kinds = || vec![Kind::Text, Kind::Int];
    for named in 0..=words.len() {
        let texts: Vec<_> = words[..named].iter().map(|w| Literal::Text((*w).to_owned())).collect();
        let numbers: Vec<_> = ints[..named].iter().map(|n| Literal::Int(*n)).collect();
        let yes: Vec<bool> = (0..codes.len()).map(|ix| ix < named).collect();
        let known = |ix: usize| ix < words.len();
        let no: Vec<bool> = (0..codes.len()).map(|ix| known(ix) && ix >= named).collect();
        let numbers_no: Vec<bool> = yes.iter().map(|yes| !yes).collect();
        for (test, answers) in [
            (Test::In(0, texts.clone()), &yes),
            (Test::NotIn(0, texts), &no),
            (Test::In(1, numbers.clone()), &yes),
            (Test::NotIn(1, numbers), &numbers_no),
        ] {
            let all = |parts| due(&compiled(kinds(), Test::All(parts)), &batch);
            let any = |parts| due(&compiled(kinds(), Test::Any(parts)), &batch);
            let first = Test::In(1, vec![Literal::Int(0)]);
            let with = |join: fn(bool, bool) -> bool| {
                let both = answers.iter().enumerate().map(|(ix, answer)| join(ix == 0, *answer));
                both.collect::<Vec<bool>>()
            };
            assert_eq!(
                due(&compiled(kinds(), test.clone()), &batch).as_ref(),
                Ok(answers),
                "{test:?}"
            );
            assert_eq!(all(vec![first.clone(), test.clone()]), Ok(with(|a, b| a && b)), "{test:?}");
            assert_eq!(any(vec![first, test.clone()]), Ok(with(|a, b| a || b)), "{test:?}");
            // Constants in the midst, which a compiled test does not have.
            for c in [true, false] {
                let constant = |join: fn(bool, bool) -> bool| {
                    answers.iter().map(|answer| join(c, *answer)).collect::<Vec<bool>>()
                };
                let parts = || vec![test.clone(), Test::Const(c)];
                assert_eq!(all(parts()), Ok(constant(|a, b| a && b)), "{test:?}");
                assert_eq!(any(parts()), Ok(constant(|a, b| a || b)), "{test:?}");
            }
        }
    }
}

#[test]
fn a_literal_may_be_named_twice() {
    let ints = [0, 1, 2];
    let batch = Batch { len: 3, facts: vec![column(Values::Ints(&ints))], held: None };
    for named in [vec![1, 1], vec![1, 1, 1, 1], vec![1, 1, 3]] {
        let literals: Vec<_> = named.into_iter().map(Literal::Int).collect();
        let found = due(&compiled(vec![Kind::Int], Test::In(0, literals)), &batch);
        assert_eq!(found, Ok(vec![false, true, false]));
    }
}

/// The first and the last point in time that count, in every unit, as they do in other forms.
#[test]
fn what_is_out_of_range_cannot_be_read() {
    let second = 1_000_000_000;
    let day =
        |d: jiff::civil::Date| i128::from(d.duration_since(date(1970, 1, 1)).as_secs()) * second;
    let instants = (i128::from(MIN_INSTANT) * second, i128::from(MAX_INSTANT) * second);
    let locals = (day(date(1, 1, 1)), day(date(9999, 12, 31)) + 86_400 * second);
    let zone = zone("Europe/Copenhagen").unwrap();
    for unit in [Unit::Seconds, Unit::Millis, Unit::Micros] {
        let local = (
            Kind::Local(zone.clone()),
            locals,
            Cutoff::Local { at: DateTime::MAX, inclusive: true },
        );
        let latest = Cutoff::Instant { at: Timestamp::MAX, inclusive: true };
        for (kind, (first, end), last) in [local, (Kind::Instant, instants, latest)] {
            let [first, end] = [first, end].map(|n| i64::try_from(n / unit.nanoseconds()).unwrap());
            let times = [i64::MIN, first - 1, first, 0, end - 1, end, i64::MAX];
            let facts = vec![column(Values::Times(&times, unit))];
            let batch = Batch { len: times.len(), facts, held: None };
            let readable = vec![false, false, true, true, true, false, false];
            for test in [Test::Within(0, last), Test::Beyond(0, Cutoff::None)] {
                let compiled = compiled(vec![kind.clone()], test);
                assert_eq!(due(&compiled, &batch), Ok(readable.clone()), "{kind:?} {unit:?}");
            }
        }
    }
    let days = [i32::MIN, -719_163, -719_162, 0, 2_932_896, 2_932_897, i32::MAX];
    let batch = Batch { len: days.len(), facts: vec![column(Values::Days(&days))], held: None };
    let compiled = compiled(vec![Kind::Date], Test::Beyond(0, Cutoff::None));
    let readable = vec![false, false, true, true, true, false, false];
    assert_eq!(due(&compiled, &batch), Ok(readable));
}
