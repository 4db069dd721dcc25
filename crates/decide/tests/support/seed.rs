//! Values where they matter: each a [`Seed`], relative to the points where the rule turns, and only
//! then made into a cell. So most records lie within days, or a nanosecond, of a turn.

use frist_decide::Kind;
use frist_decide::rules::Piece;
use frist_decide::test::start_kind;
use frist_decide::value::{MAX_INSTANT, MIN_INSTANT};
use frist_law::{Cutoff, Period, StartKind, Term};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use super::cell::{Cell, Moment};
use super::generate::{Scenario, TIMES};

/// What a value is to be.
#[derive(Debug, Clone)]
pub(crate) enum Seed {
    /// This step away from one of the points where the rule turns.
    Near(usize, usize),
    /// One of the days and times that are special to calendars and clocks.
    Special(usize),
    /// Anywhere in these years.
    Anywhere(i64),
    /// Something that the kind may not be read from.
    Junk(usize),
    /// A state, or any value where only its presence counts.
    State(usize),
    Null,
}

impl Scenario {
    /// The value of a fact in the record of this number, which says how times are written.
    pub(crate) fn cell(&self, fact: usize, seed: &Seed, record: usize) -> Cell {
        let kind = &self.kinds[fact];
        let time = |moment| Cell::Time(moment, (fact * 7 + record) as u8);
        match seed {
            Seed::Null => Cell::Null,
            Seed::Junk(ix) => junk(kind, *ix),
            Seed::State(ix) => state(kind, *ix),
            _ if fact >= TIMES => Cell::Null,
            Seed::Near(which, step) => {
                let turns = self.turns(fact);
                match turns.get(which % turns.len().max(1)) {
                    Some(turn) => time(step_from(*turn, *step)),
                    None => time(special(kind, *step)),
                }
            }
            Seed::Special(ix) => time(special(kind, *ix)),
            Seed::Anywhere(second) => time(at_kind(Timestamp::from_second(*second).unwrap(), kind)),
        }
    }

    /// The points at which something turns for this fact, at any of the instants.
    fn turns(&self, fact: usize) -> Vec<Moment> {
        let grounds =
            self.rules.grounds.iter().filter(|g| g.from == Some(fact)).flat_map(|g| &g.pieces);
        let maximums =
            self.rules.maximums.iter().filter(|m| m.from == fact).flat_map(|m| &m.pieces);
        let pieces: Vec<&Piece> = grounds.chain(maximums).collect();
        let mut terms: Vec<Term> = pieces.iter().filter_map(|p| p.term).collect();
        terms.extend(self.rules.periodic.iter().filter(|p| p.from == fact).map(|p| p.term));
        terms.push(Term::from(Period::hours(0)));
        let kind = &self.kinds[fact];
        let mut turns = Vec::new();
        for t in &self.instants {
            for term in &terms {
                match frist_law::cutoff(*term, *t, &start_kind(kind), &self.rules.calendar) {
                    Cutoff::Date(d) => turns.push(Moment::Date(d)),
                    Cutoff::Local { at, .. } => turns.push(Moment::Local(at)),
                    Cutoff::Instant { at, .. } => turns.push(Moment::Instant(at)),
                    Cutoff::None => {}
                }
            }
        }
        for day in pieces.iter().flat_map(|p| [p.from, p.to]).flatten() {
            for day in [day, day.tomorrow().unwrap_or(day)] {
                let zone = self.rules.calendar.zone.clone();
                let at = day.to_zoned(zone).unwrap().timestamp();
                turns.push(match start_kind(kind) {
                    StartKind::Date => Moment::Date(day),
                    StartKind::Local(zone) => Moment::Local(zone.to_datetime(at)),
                    StartKind::Instant => Moment::Instant(at),
                });
            }
        }
        turns
    }
}

/// A moment a little before, at, or a little after another; within the years that are dates.
fn step_from(moment: Moment, step: usize) -> Moment {
    let nanos = [0, 0, 1, 1_000, 1_000_000, 1_000_000_000, 3_600_000_000_000, 86_400_000_000_000];
    let sign = if step.is_multiple_of(2) { 1 } else { -1 };
    let by = SignedDuration::from_nanos(nanos[step / 2 % nanos.len()] * sign);
    match moment {
        Moment::Date(d) => {
            let days = [0, 1, -1, 2, -2, 31, -366, 0][step % 8];
            let day = d.saturating_add(days.days());
            Moment::Date(if day.year() < 1 { Date::constant(1, 1, 1) } else { day })
        }
        Moment::Local(at) => {
            let at = at.saturating_add(by);
            Moment::Local(if at.year() < 1 { Date::constant(1, 1, 1).at(0, 0, 0, 0) } else { at })
        }
        Moment::Instant(at) => Moment::Instant(at.saturating_add(by).unwrap_or(at).max(early())),
    }
}

fn early() -> Timestamp {
    Timestamp::constant(MIN_INSTANT, 0)
}

/// A day or time that is special to calendars and clocks.
fn special(kind: &Kind, ix: usize) -> Moment {
    const LOCAL: [&str; 16] = [
        "2024-02-29T12:00:00",
        "2023-02-28T23:59:59.999999999",
        "2026-03-29T02:30:00",
        "2026-10-25T02:30:00",
        "2026-10-25T01:59:59.999999",
        "2026-10-25T03:00:00",
        "2010-11-07T00:00:30",
        "2010-11-06T23:30:00",
        "2011-12-30T12:00:00",
        "2011-12-29T23:59:59",
        "0001-01-01T00:00:00",
        "0001-01-03T00:00:00",
        "1970-01-01T00:00:00",
        "9999-12-29T23:59:59.999",
        "9999-12-31T00:00:00",
        "9999-12-31T23:59:59.999999999",
    ];
    let at: DateTime = LOCAL[ix % LOCAL.len()].parse().unwrap();
    match start_kind(kind) {
        StartKind::Date => Moment::Date(at.date()),
        StartKind::Local(_) => Moment::Local(at),
        StartKind::Instant => {
            Moment::Instant(at.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |z| z.timestamp()))
        }
    }
}

fn at_kind(at: Timestamp, kind: &Kind) -> Moment {
    match start_kind(kind) {
        StartKind::Date => Moment::Date(at.to_zoned(TimeZone::UTC).date()),
        StartKind::Local(_) => Moment::Local(at.to_zoned(TimeZone::UTC).datetime()),
        StartKind::Instant => Moment::Instant(at),
    }
}

/// How many kinds of junk there are.
pub(crate) const JUNK: usize = 43;

/// What no date, or no state of the kind, is read from; and near misses.
fn junk(kind: &Kind, ix: usize) -> Cell {
    const TEXTS: [&str; 30] = [
        "",
        " ",
        "ukendt",
        "2021-02-30",
        "2021-02-29 10:00",
        "2021-02-29T10:00:00Z",
        "0000-00-00",
        "0000-01-01 00:00Z",
        "2021-1-1",
        "2021-01-01 ",
        " 2021-01-01",
        "2021-01-01\0",
        "2021-01-01\0junk",
        "2021-01-01 10:00\0",
        "2021-01-01 10:00Z\0x",
        "2021-01-01 10:00\0Z",
        "2021-01-01 10:00:00.5\0\0",
        "2021-01-01 10:00:00.5\0Z",
        "２０２１-01-01",
        "2021-01-0１",
        "2021-01-01 10:00:00.1２",
        "2021-01-01 24:00",
        "2021-01-01 23:59:60Z",
        "2021-01-01T10:00:00.",
        "2021-01-01t10:00:00z",
        "2021-01-01 10:00:00.1234567890",
        "2021-01-01T10:00:00+01:00",
        "2021-01-01\n",
        "now",
        "2459216.5",
    ];
    const STRANGE: [&str; 4] = ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"];
    let time = !matches!(kind, Kind::Text | Kind::Int | Kind::Bool | Kind::Presence);
    // The last and the first number that counts as a time, and those beyond.
    let scale = if *kind == Kind::UnixMillis { 1_000 } else { 1 };
    let (first, end) = (MIN_INSTANT * scale, MAX_INSTANT * scale);
    match ix % JUNK {
        ix @ 0..30 => Cell::Text(TEXTS[ix].to_owned()),
        30 => Cell::Int(2021),
        31 => Cell::Int(i64::MIN),
        32 => Cell::Int(i64::MAX),
        33 => Cell::Int(first - 1),
        40 => Cell::Int(first),
        41 => Cell::Int(end - 1),
        42 => Cell::Int(end),
        34 => Cell::Real(1_609_459_200.0),
        35 => Cell::Real(1_609_459_200.5),
        36 => Cell::Blob(b"2021-01-01".to_vec()),
        37 => Cell::Garbled(b"2021-01-0\xff".to_vec()),
        ix if time => Cell::Strange(STRANGE[ix % 4]),
        _ => Cell::Null,
    }
}

pub(crate) const WORDS: [&str; 10] =
    ["open", "closed", "Open", "open ", "", "it's", "a\0b", "ab", "œ", "o%n"];

/// A value of a state.
fn state(kind: &Kind, ix: usize) -> Cell {
    let number = [0, 1, 2, -1, i64::MAX, 70_000][ix % 6];
    match kind {
        Kind::Int => Cell::Int(number),
        Kind::Bool if ix.is_multiple_of(4) => Cell::Int(number),
        Kind::Bool => Cell::Bool(ix.is_multiple_of(2)),
        _ => Cell::Text(WORDS[ix % WORDS.len()].to_owned()),
    }
}

pub(crate) fn seed(fact: usize) -> BoxedStrategy<Seed> {
    if fact < TIMES {
        prop_oneof![
            8 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Seed::Near(a, b)),
            2 => any::<usize>().prop_map(Seed::Special),
            4 => (1_262_304_000i64..2_000_000_000).prop_map(Seed::Anywhere),
            2 => Just(Seed::Null),
            2 => any::<usize>().prop_map(Seed::Junk),
        ]
        .boxed()
    } else {
        prop_oneof![
            8 => any::<usize>().prop_map(Seed::State),
            1 => Just(Seed::Null),
            1 => any::<usize>().prop_map(Seed::Junk),
        ]
        .boxed()
    }
}
