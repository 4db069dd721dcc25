//! Generated scenarios: rules that say everything a rule may say, instants, holds and records.

use frist_decide::rules::{FactRef, Force, Ground, Maximum, Periodic, Piece, Use, When};
use frist_decide::sql::{BoundFact, Physical};
use frist_decide::{HoldScope, Kind, RuleSet, Value};
use frist_law::{Anchor, Calendar, FinancialYears, Period, Term};
use frist_register::{ConditionTest, Disposition, FactSource, Literal, Sp, Span, Text};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::sample::select;

use super::seed::{JUNK, Seed, WORDS, seed};
use super::{Column, Row};

/// Facts that are points in time, states, and only there or not, in this order.
pub(crate) const TIMES: usize = 3;
pub(crate) const STATES: usize = 2;
pub(crate) const PRESENCES: usize = 1;

/// A rule, how its facts are kept, the instants to decide for, and the records.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) rules: RuleSet,
    pub(crate) kinds: Vec<Kind>,
    /// By fact: how SQLite and PostgreSQL keep it.
    pub(crate) declared: Vec<(&'static str, &'static str)>,
    pub(crate) instants: Vec<Timestamp>,
    pub(crate) holds: Vec<HoldScope>,
    pub(crate) seeds: Vec<(Vec<Seed>, Option<String>)>,
}

impl Scenario {
    /// The records, as cells.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |(ix, (seeds, who)): (usize, &(Vec<Seed>, Option<String>))| Row {
            key: key(ix),
            who: who.clone(),
            cells: (0..self.kinds.len()).map(|fact| self.cell(fact, &seeds[fact], ix)).collect(),
        };
        self.seeds.iter().enumerate().map(row).collect()
    }

    /// The scenario in a few lines, for a failure.
    pub(crate) fn told(&self) -> String {
        let mut text = format!("zone: {:?}\n", self.rules.calendar);
        for (kind, declared) in self.kinds.iter().zip(&self.declared) {
            text += &format!("fact: {kind:?} as {declared:?}\n");
        }
        for g in &self.rules.grounds {
            text += &format!("{g:?}\n");
        }
        for m in &self.rules.maximums {
            text += &format!("{m:?}\n");
        }
        text += &format!("periodic: {:?}\n", self.rules.periodic);
        text += &format!("holds: {:?}\ninstants: {:?}\n", self.holds, self.instants);
        for row in self.rows() {
            text += &format!("{row:?}\n");
        }
        text
    }

    /// The columns of SQLite.
    pub(crate) fn sqlite(&self) -> Vec<Column> {
        let physical = |declared: &str| Physical::Dynamic(declared.to_uppercase());
        self.columns(|fact| (self.declared[fact].0, "", physical(self.declared[fact].0)))
    }

    /// The columns of PostgreSQL.
    pub(crate) fn postgres(&self) -> Vec<Column> {
        self.columns(|fact| {
            let declared = self.declared[fact].1;
            match declared {
                "date" => (declared, "", Physical::Date),
                "timestamp" => (declared, "", Physical::Timestamp),
                "timestamptz" => (declared, "", Physical::TimestampTz),
                "bigint" | "integer" => (declared, "", Physical::Integer),
                "boolean" => (declared, "", Physical::Boolean),
                "double precision" => (declared, "", Physical::Other(declared.into())),
                _ => (declared, "::text", Physical::Text),
            }
        })
    }

    fn columns<'a>(
        &'a self,
        of: impl Fn(usize) -> (&'a str, &'static str, Physical),
    ) -> Vec<Column> {
        let column = |(fact, kind): (usize, &Kind)| {
            let name = self.rules.facts[fact].name.clone();
            let (declared, cast, physical) = of(fact);
            let expr = format!("(\"{name}\"){cast}");
            let bound = BoundFact { expr, physical, kind: kind.clone() };
            Column { name, declared: declared.to_owned(), bound }
        };
        self.kinds.iter().enumerate().map(column).collect()
    }

    /// The records as a store in memory would give them: their facts.
    pub(crate) fn facts(&self) -> Vec<Vec<Value>> {
        let values =
            |row: Row| row.cells.iter().zip(&self.kinds).map(|(c, k)| c.value(k)).collect();
        self.rows().into_iter().map(values).collect()
    }
}

/// The key of a record.
pub(crate) fn key(ix: usize) -> String {
    format!("k{ix:03}")
}

fn text() -> Text {
    Text { da: "spørgsmål".into(), en: "question".into() }
}

fn zones() -> impl Strategy<Value = TimeZone> {
    let names = [
        "Europe/Copenhagen",
        "Europe/Copenhagen",
        "UTC",
        "America/St_Johns",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
    ];
    select(names.to_vec()).prop_map(|name| frist_law::zone(name).unwrap())
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let years = || {
        let changed = [(None, "12-31"), (Some(Date::constant(2023, 1, 1)), "06-30")];
        vec![
            FinancialYears::calendar(),
            FinancialYears::new("06-30").unwrap(),
            FinancialYears::new("02-29").unwrap(),
            FinancialYears::with_changes(changed).unwrap(),
        ]
    };
    (zones(), select(years())).prop_map(|(zone, years)| Calendar::new(zone, years))
}

pub(crate) fn term() -> impl Strategy<Value = Term> {
    let periods = vec![
        Period::hours(0),
        Period::hours(1),
        Period::hours(96),
        Period::days(0),
        Period::days(1),
        Period::days(30),
        Period::months(1),
        Period::months(6),
        Period::years(1),
        Period::years(3),
        Period::years(5),
        Period::years(5),
        Period::years(9_000),
        Period::hours(u32::MAX),
    ];
    let anchors = vec![
        Anchor::AsIs,
        Anchor::AsIs,
        Anchor::EndOfMonth,
        Anchor::EndOfCalendarYear,
        Anchor::EndOfFinancialYear,
    ];
    (select(periods), select(anchors)).prop_map(|(period, anchor)| Term::new(period, anchor))
}

/// One version for all time, or up to three, in order, with or without gaps and ends.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let term = || prop_oneof![9 => term().prop_map(Some), 1 => Just(None)];
    let one = term().prop_map(|term| vec![piece(None, None, term)]);
    let first_day =
        (2012i16..2027, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Date::constant(y, m, d));
    let lengths =
        prop::collection::vec((term(), 0i32..1500, prop_oneof![Just(0), 1i32..400]), 1..=3);
    let some = (first_day, any::<(bool, bool)>(), lengths).prop_map(|(first, ends, lengths)| {
        let mut pieces = Vec::new();
        let mut from = first;
        for (term, length, gap) in lengths {
            let to = from.saturating_add(length.days());
            pieces.push(piece(Some(from), Some(to), term));
            from = to.saturating_add((1 + gap).days());
        }
        if ends.0 {
            pieces.first_mut().unwrap().from = None;
        }
        if ends.1 {
            pieces.last_mut().unwrap().to = None;
        }
        pieces
    });
    prop_oneof![2 => one, 1 => some]
}

fn piece(from: Option<Date>, to: Option<Date>, term: Option<Term>) -> Piece {
    Piece { from, to, term, citation: Some("§ 1".into()), verified: None }
}

type Whens = Vec<(usize, usize, Vec<usize>)>;

/// Which fact, how it is tested, and against which literals.
fn whens() -> impl Strategy<Value = Whens> {
    let one = (0..STATES + PRESENCES, 0usize..4, prop::collection::vec(0usize..10, 1..3));
    prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(one, 1..3)]
}

fn conditions(whens: Whens, kinds: &[Kind]) -> Vec<When> {
    let condition = |(which, how, values): (usize, usize, Vec<usize>)| {
        let fact = TIMES + which;
        let literals = values.into_iter().map(|ix| match &kinds[fact] {
            Kind::Int => Literal::Int([0, 1, -1, i64::MAX][ix % 4]),
            Kind::Bool => Literal::Bool(ix % 2 == 0),
            _ => Literal::Text(WORDS[ix].to_owned()),
        });
        let test = match how {
            _ if kinds[fact] == Kind::Presence => ConditionTest::Set(how % 2 == 0),
            0 | 1 => ConditionTest::In(literals.collect()),
            _ => ConditionTest::NotIn(literals.collect()),
        };
        When { fact, test }
    };
    whens.into_iter().map(condition).collect()
}

fn day() -> impl Strategy<Value = Date> {
    (2018i16..2032, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Date::constant(y, m, d))
}

/// A ground, but for its conditions, which need to know the kinds.
fn ground() -> impl Strategy<Value = (Ground, Whens)> {
    let from = prop_oneof![9 => (0..TIMES).prop_map(Some), 1 => Just(None)];
    let until = prop_oneof![3 => Just(None), 1 => (0..TIMES).prop_map(Some)];
    let given = prop_oneof![7 => Just(None), 1 => Just(Some(TIMES + STATES))];
    let review = prop_oneof![3 => Just(None), 1 => Just(Some(text()))];
    let ended = prop_oneof![4 => Just(None), 1 => day().prop_map(Some)];
    let demands = any::<bool>();
    (demands, from, pieces(), any::<bool>(), whens(), until, given, review, ended).prop_map(
        |(demands, from, pieces, open, when, until, given, review, ended)| {
            let ground = Ground {
                name: "ground".into(),
                title: text(),
                force: if demands { Force::Demands } else { Force::Permits },
                basis: None,
                law: None,
                from,
                pieces: if from.is_some() { pieces } else { vec![piece(None, None, None)] },
                open,
                when: Vec::new(),
                until,
                given,
                review,
                ended,
                span: Span::default(),
            };
            (ground, when)
        },
    )
}

/// A maximum, its conditions, and what may lift it.
fn maximum() -> impl Strategy<Value = (Maximum, Whens)> {
    let lifts = prop::collection::vec(0usize..4, 0..2);
    (0..TIMES, pieces(), any::<bool>(), whens(), lifts).prop_map(
        |(from, pieces, open, when, lifted_by)| {
            let maximum = Maximum {
                name: "maximum".into(),
                title: text(),
                from,
                pieces,
                open,
                when: Vec::new(),
                lifted_by,
                span: Span::default(),
            };
            (maximum, when)
        },
    )
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    let time = || {
        prop_oneof![
            3 => Just(Kind::Date),
            2 => zones().prop_map(Kind::Local),
            2 => Just(Kind::Instant),
            1 => Just(Kind::UnixSeconds),
            1 => Just(Kind::UnixMillis),
        ]
    };
    let state = || select(vec![Kind::Text, Kind::Text, Kind::Int, Kind::Bool]);
    (prop::collection::vec(time(), TIMES), prop::collection::vec(state(), STATES)).prop_map(
        |(mut kinds, states)| {
            kinds.extend(states);
            kinds.extend(vec![Kind::Presence; PRESENCES]);
            kinds
        },
    )
}

/// How the two databases keep a fact of this kind.
fn declared(kind: &Kind, pick: (usize, usize)) -> (&'static str, &'static str) {
    let sqlite = [
        "TEXT",
        "DATE",
        "",
        "DATETIME",
        "NUMERIC",
        "INTEGER",
        "BLOB",
        "TEXT COLLATE NOCASE",
        "TEXT COLLATE RTRIM",
        "REAL",
    ];
    let postgres: &[&str] = match kind {
        Kind::Date => &["date", "date", "text", "varchar(80)", "text COLLATE loose"],
        Kind::Local(_) => &["timestamp", "timestamp", "text", "text COLLATE loose"],
        Kind::Instant => &["timestamptz", "timestamptz", "text", "text COLLATE loose"],
        Kind::UnixSeconds | Kind::UnixMillis => &["bigint", "bigint", "integer"],
        Kind::Text => &["text", "state", "text COLLATE loose"],
        Kind::Int => &["bigint", "integer"],
        Kind::Bool => &["boolean", "integer"],
        Kind::Presence => &["text", "double precision"],
    };
    (sqlite[pick.0 % sqlite.len()], postgres[pick.1 % postgres.len()])
}

fn instant() -> impl Strategy<Value = Timestamp> {
    const TURNS: [&str; 10] = [
        "2027-01-01T00:00:00+01:00",
        "2026-07-01T00:00:00+02:00",
        "2026-04-01T00:00:00+02:00",
        "2026-03-29T01:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00Z",
        "2024-03-01T00:00:00Z",
        // Clocks put back over midnight: 7 November begins, ends, and begins again.
        "2010-11-07T02:30:30Z",
        "2010-11-07T03:00:00Z",
        "2011-12-30T10:00:00Z",
    ];
    let nanos = vec![0, 0, -1, 1, -1_000_000_000, 1_800_000_000_000];
    let turn = (select(TURNS.to_vec()), select(nanos)).prop_map(|(text, nanos)| {
        text.parse::<Timestamp>().unwrap() + SignedDuration::from_nanos(nanos)
    });
    let anywhere = (1_262_304_000i64..2_000_000_000).prop_map(|s| Timestamp::new(s, 0).unwrap());
    prop_oneof![turn, anywhere]
}

/// Whom records and holds name: the same but for case, a blank and a NUL.
pub(crate) const NAMES: [&str; 6] = ["anna", "Anna", "anna ", "a\0b", "ab", "7"];

fn holds(records: usize) -> impl Strategy<Value = Vec<HoldScope>> {
    let names = || prop::collection::vec(select(NAMES.map(str::to_owned).to_vec()), 0..3);
    let one = prop_oneof![
        1 => Just(HoldScope::All),
        4 => prop::collection::vec((0..records).prop_map(key), 0..4).prop_map(HoldScope::Keys),
        4 => names().prop_map(|values| HoldScope::Field { field: "who".into(), values }),
    ];
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(one, 1..3)]
}

/// A scenario with up to this many records and instants.
pub(crate) fn scenario(records: usize, instants: usize) -> impl Strategy<Value = Scenario> {
    let row = (
        (0..TIMES + STATES + PRESENCES).map(seed).collect::<Vec<_>>(),
        prop_oneof![1 => Just(None), 2 => select(NAMES.to_vec()).prop_map(|n| Some(n.to_owned()))],
    );
    let periodic = prop_oneof![4 => Just(None), 1 => (0..TIMES, term()).prop_map(Some)];
    (
        (calendar(), kinds(), periodic),
        prop::collection::vec(ground(), 1..5),
        prop_oneof![
            1 => Just(Vec::new()),
            1 => prop::collection::vec(maximum(), 1..3)
        ],
        prop::collection::vec(any::<(usize, usize)>(), TIMES + STATES + PRESENCES),
        prop::collection::vec(instant(), 1..=instants),
        holds(records),
        prop::collection::vec(row, 1..=records),
    )
        .prop_map(
            |((calendar, kinds, periodic), grounds, maximums, picks, instants, holds, seeds)| {
                let declared = kinds.iter().zip(picks).map(|(k, p)| declared(k, p)).collect();
                let rules = rule_set(calendar, &kinds, periodic, grounds, maximums);
                Scenario { rules, kinds, declared, instants, holds, seeds }
            },
        )
}

/// A rule of one period, and a record at every step around each of its turns, besides everything
/// that is special or junk.
pub(crate) fn around(
    kind: &Kind,
    term: Term,
    picks: (usize, usize),
    instants: Vec<Timestamp>,
) -> Scenario {
    let mut kinds = vec![kind.clone()];
    kinds.extend(vec![Kind::Date; TIMES - 1]);
    kinds.extend(vec![Kind::Text; STATES]);
    kinds.extend(vec![Kind::Presence; PRESENCES]);
    let ground = Ground {
        name: "ground".into(),
        title: text(),
        force: Force::Permits,
        basis: None,
        law: None,
        from: Some(0),
        pieces: vec![piece(None, None, Some(term))],
        open: false,
        when: Vec::new(),
        until: None,
        given: None,
        review: None,
        ended: None,
        span: Span::default(),
    };
    let near = (0..2 * instants.len()).flat_map(|turn| (0..16).map(move |s| Seed::Near(turn, s)));
    let seeds = near.chain((0..16).map(Seed::Special)).chain((0..JUNK).map(Seed::Junk));
    let row = |seed: Seed| {
        let mut row = vec![Seed::Null; kinds.len()];
        row[0] = seed;
        (row, None)
    };
    Scenario {
        rules: rule_set(Calendar::denmark(), &kinds, None, vec![(ground, Vec::new())], Vec::new()),
        declared: kinds.iter().map(|k| declared(k, picks)).collect(),
        seeds: seeds.map(row).collect(),
        kinds,
        instants,
        holds: Vec::new(),
    }
}

fn rule_set(
    calendar: Calendar,
    kinds: &[Kind],
    periodic: Option<(usize, Term)>,
    grounds: Vec<(Ground, Whens)>,
    maximums: Vec<(Maximum, Whens)>,
) -> RuleSet {
    let fact = |(ix, kind): (usize, &Kind)| {
        let usage = match kind {
            Kind::Text => Use::Text,
            Kind::Int => Use::Int,
            Kind::Bool => Use::Bool,
            Kind::Presence => Use::Presence,
            _ => Use::Time(None),
        };
        let name = format!("f{ix}");
        let source = FactSource::Field(Sp::new(name.clone(), Span::default()));
        FactRef { name, source, usage }
    };
    let count = grounds.len();
    RuleSet {
        dataset: "set".into(),
        calendar,
        facts: kinds.iter().enumerate().map(fact).collect(),
        grounds: grounds
            .into_iter()
            .map(|(ground, when)| Ground { when: conditions(when, kinds), ..ground })
            .collect(),
        maximums: maximums
            .into_iter()
            .map(|(maximum, when)| {
                let mut lifted_by: Vec<usize> =
                    maximum.lifted_by.iter().map(|ix| ix % count).collect();
                lifted_by.dedup();
                Maximum { when: conditions(when, kinds), lifted_by, ..maximum }
            })
            .collect(),
        periodic: periodic.map(|(from, term)| Periodic { from, term, question: text() }),
        then: Disposition::Erase,
    }
}
