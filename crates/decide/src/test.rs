//! The compiled form: one test per data set and instant, in which every period has become a
//! constant by inversion.
//!
//! `expires(start) <= t` is the same as `start <= cutoff(t)`, so for a fixed `t` a rule is a
//! handful of comparisons. A [`Test`] has no negation: each of the things that can be true, false
//! or unknown is written twice, as *surely true* and as *surely false*. What is missing or
//! malformed satisfies neither, so a null in a database can never turn into a yes.

use frist_law::{Cutoff, Expiry, Period, Start, StartKind, Term};
use frist_register::{ConditionTest, Literal};
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};

use crate::Outcome;
use crate::answer::{Answers, KeySet};
use crate::hold::HoldScope;
use crate::rules::{FactIx, Force, Ground, Maximum, Piece, RuleSet, When};
use crate::value::Kind;

/// A condition on one record, without negation. Each leaf is false of a value that is missing or
/// not readable as its fact's [`Kind`], unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Always or never.
    Const(bool),
    /// All of these.
    All(Vec<Test>),
    /// Any of these.
    Any(Vec<Test>),
    /// The fact is missing.
    Empty(FactIx),
    /// The fact is there, whatever it says.
    Filled(FactIx),
    /// The fact is a readable point in time within the cutoff.
    Within(FactIx, Cutoff),
    /// The fact is a readable point in time beyond the cutoff.
    Beyond(FactIx, Cutoff),
    /// The fact is of the literals' type and is one of them.
    In(FactIx, Vec<Literal>),
    /// The fact is of the literals' type and is none of them.
    NotIn(FactIx, Vec<Literal>),
    /// A hold covers the record.
    Held(Vec<HoldScope>),
    /// No hold covers the record.
    NotHeld(Vec<HoldScope>),
    /// The record's key is one of these: a person answered about it.
    Answered(KeySet),
    /// The record's key is none of these.
    NotAnswered(KeySet),
}

impl Test {
    fn all(parts: impl IntoIterator<Item = Test>) -> Test {
        Self::join(parts, true)
    }
    fn any(parts: impl IntoIterator<Item = Test>) -> Test {
        Self::join(parts, false)
    }
    /// Joins by and (`neutral` is true) or by or (`neutral` is false), folding constants.
    fn join(parts: impl IntoIterator<Item = Test>, neutral: bool) -> Test {
        let mut out: Vec<Test> = Vec::new();
        for part in parts {
            match part {
                Test::Const(c) if c == neutral => {}
                Test::Const(c) => return Test::Const(c),
                Test::All(inner) if neutral => out.extend(inner),
                Test::Any(inner) if !neutral => out.extend(inner),
                other => {
                    if !out.contains(&other) {
                        out.push(other);
                    }
                }
            }
        }
        match out.len() {
            0 => Test::Const(neutral),
            1 => out.remove(0),
            _ if neutral => Test::All(out),
            _ => Test::Any(out),
        }
    }
}

/// One data set's rule at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The data set.
    pub dataset: String,
    /// The instant.
    pub at: Timestamp,
    /// How each fact is to be read.
    pub kinds: Vec<Kind>,
    /// What makes a record due: what a sweep selects, and repeats when it erases.
    pub due: Test,
    /// The other decisions, to be tried in this order; what satisfies none of them is unclear.
    pub classes: Vec<(Outcome, Test)>,
}

/// The two sure forms of something that may be unknown.
struct Sure {
    yes: Test,
    no: Test,
}

/// Compiles `rules` for the instant `t`, with facts read as `kinds` and these holds active.
pub fn compile(rules: &RuleSet, kinds: &[Kind], t: Timestamp, holds: &[HoldScope]) -> Compiled {
    compile_answered(rules, kinds, t, holds, &Answers::default())
}

/// The same where people have answered about some records.
pub fn compile_answered(
    rules: &RuleSet,
    kinds: &[Kind],
    t: Timestamp,
    holds: &[HoldScope],
    answers: &Answers,
) -> Compiled {
    // Each answer leaves one of these tests of the key, and none where nobody answered.
    let answered = |keys: KeySet| match keys.is_empty() {
        true => (Test::Const(false), Test::Const(true)),
        false => (Test::Answered(keys.clone()), Test::NotAnswered(keys)),
    };
    let (kept, not_kept) = answered(answers.those(|v| v.keeps(t)));
    let (erase, not_erase) = answered(answers.those(|v| v.erases(t)));
    let c = Compiler { rules, kinds, t, today: today(rules, t) };
    let lives: Vec<(&Ground, Sure)> = rules.grounds.iter().map(|g| (g, c.live(g))).collect();
    let of = |force: Force| any_of(lives.iter().filter(|(g, _)| g.force == force).map(|(_, s)| s));
    let must = of(Force::Demands);
    let other = of(Force::Permits);
    let caps: Vec<Sure> = rules
        .maximums
        .iter()
        .map(|m| c.passed(m, &any_of(m.lifted_by.iter().map(|ix| &lives[*ix].1))))
        .collect();
    let cap = any_of(caps.iter());
    let asks: Vec<Sure> =
        rules.grounds.iter().filter(|g| g.review.is_some()).map(|g| c.asks(g)).collect();
    let assess = any_of(asks.iter());
    let periodic = c.periodic();

    let (yes, no) = (|s: &Sure| s.yes.clone(), |s: &Sure| s.no.clone());
    let due = Test::all([
        no(&must),
        Test::any([
            yes(&cap),
            Test::all([no(&other), no(&assess)]),
            // Answered: it can go, unless a purpose still runs that nobody was asked about.
            Test::all([Test::any([no(&other), yes(&periodic)]), erase.clone()]),
        ]),
        match holds {
            [] => Test::Const(true),
            _ => Test::NotHeld(holds.to_vec()),
        },
    ]);
    let held = match holds {
        [] => Test::Const(false),
        _ => Test::Held(holds.to_vec()),
    };
    let restrict = Test::all([
        yes(&must),
        Test::any([no(&other), yes(&cap), Test::all([yes(&periodic), erase])]),
    ]);
    // Three ways in which every reading of what is unknown comes to a review.
    let review = Test::all([
        no(&cap),
        Test::any([
            Test::all([yes(&other), yes(&periodic)]),
            Test::all([no(&must), no(&other), yes(&assess)]),
            Test::all([no(&must), yes(&periodic), yes(&assess)]),
        ]),
        not_kept,
        not_erase,
    ]);
    let keep = Test::all([
        no(&cap),
        Test::any([
            Test::all([yes(&other), no(&periodic)]),
            Test::all([Test::any([yes(&other), Test::all([no(&must), yes(&assess)])]), kept]),
        ]),
    ]);
    let classes = vec![
        (Outcome::Held, held),
        (Outcome::Restrict, restrict),
        (Outcome::Review, review),
        (Outcome::Keep, keep),
        (Outcome::Due, due.clone()),
    ];
    Compiled { dataset: rules.dataset.clone(), at: t, kinds: kinds.to_vec(), due, classes }
}

/// The last day that has begun at `t`. Where clocks are put back over midnight it stays begun.
fn today(rules: &RuleSet, t: Timestamp) -> Date {
    let zero = Term::from(Period::ZERO);
    frist_law::last_day(zero, &Start::Instant(t), &rules.calendar).unwrap_or(Date::MAX)
}

fn any_of<'a>(parts: impl Iterator<Item = &'a Sure> + Clone) -> Sure {
    Sure {
        yes: Test::any(parts.clone().map(|s| s.yes.clone())),
        no: Test::all(parts.map(|s| s.no.clone())),
    }
}

struct Compiler<'a> {
    rules: &'a RuleSet,
    kinds: &'a [Kind],
    t: Timestamp,
    today: Date,
}

impl Compiler<'_> {
    fn live(&self, g: &Ground) -> Sure {
        let when = self.when(&g.when);
        let ended = self.ended(g.from, g.open, &g.pieces);
        if g.force == Force::Demands {
            // A statute's duty runs on its own terms: what ends a purpose does not end it.
            return Sure {
                yes: Test::all([when.yes, ended.no]),
                no: Test::any([when.no, ended.yes]),
            };
        }
        if g.ended.is_some_and(|d| d <= self.today) {
            return Sure { yes: Test::Const(false), no: Test::Const(true) };
        }
        let until = self.until(g.until);
        let given = g.given.map_or(Test::Const(true), Test::Filled);
        Sure {
            yes: Test::all([when.yes, ended.no, until.no, given]),
            no: Test::any([when.no, ended.yes, until.yes]),
        }
    }

    fn passed(&self, m: &Maximum, lifted: &Sure) -> Sure {
        let when = self.when(&m.when);
        let over = self.over(m.from, m.open, &m.pieces, false);
        Sure {
            yes: Test::all([when.yes, over.yes, lifted.no.clone()]),
            no: Test::any([when.no, over.no, lifted.yes.clone()]),
        }
    }

    /// A review that this ground asks for when nothing keeps the record any more.
    fn asks(&self, g: &Ground) -> Sure {
        if g.ended.is_some_and(|d| d <= self.today) {
            return Sure { yes: Test::Const(false), no: Test::Const(true) };
        }
        let (when, until) = (self.when(&g.when), self.until(g.until));
        Sure { yes: Test::all([when.yes, until.no]), no: Test::any([when.no, until.yes]) }
    }

    fn when(&self, conditions: &[When]) -> Sure {
        let mut yes = Vec::new();
        let mut no = Vec::new();
        for c in conditions {
            let (y, n) = match &c.test {
                ConditionTest::In(l) => {
                    (Test::In(c.fact, l.clone()), Test::NotIn(c.fact, l.clone()))
                }
                ConditionTest::NotIn(l) => {
                    (Test::NotIn(c.fact, l.clone()), Test::In(c.fact, l.clone()))
                }
                ConditionTest::Set(true) => (Test::Filled(c.fact), Test::Empty(c.fact)),
                ConditionTest::Set(false) => (Test::Empty(c.fact), Test::Filled(c.fact)),
            };
            yes.push(y);
            no.push(n);
        }
        Sure { yes: Test::all(yes), no: Test::any(no) }
    }

    fn ended(&self, from: Option<FactIx>, open: bool, pieces: &[Piece]) -> Sure {
        match from {
            Some(fact) => self.over(fact, open, pieces, true),
            None => Sure { yes: Test::Const(false), no: Test::Const(true) },
        }
    }

    /// Whether the period from `fact` is over. A record that no version covers has no such period:
    /// `outside` says what that counts as (over, for a ground; not over, for a maximum).
    fn over(&self, fact: FactIx, open: bool, pieces: &[Piece], outside: bool) -> Sure {
        let mut yes = Vec::new();
        let mut no = Vec::new();
        for piece in pieces {
            let covered = self.covered(fact, piece);
            match piece.term {
                Some(term) => {
                    let cutoff = self.cutoff(fact, term);
                    yes.push(Test::all(
                        covered.clone().into_iter().chain([Test::Within(fact, cutoff)]),
                    ));
                    no.push(Test::all(covered.into_iter().chain([Test::Beyond(fact, cutoff)])));
                }
                None if covered.is_empty() => no.push(Test::Beyond(fact, Cutoff::None)),
                None => no.push(Test::all(covered)),
            }
        }
        let gap = self.outside(fact, pieces);
        if outside { &mut yes } else { &mut no }.push(gap);
        if open {
            no.push(Test::Empty(fact));
        }
        Sure { yes: Test::any(yes), no: Test::any(no) }
    }

    /// The tests that a record's date lies in the days of `piece`; empty when it has no bounds.
    fn covered(&self, fact: FactIx, piece: &Piece) -> Vec<Test> {
        let mut tests = Vec::new();
        if let Some(from) = piece.from {
            tests.push(Test::Beyond(fact, self.before(fact, from)));
        }
        if let Some(to) = piece.to {
            tests.push(Test::Within(fact, self.through(fact, to)));
        }
        tests
    }

    /// The test that a record's date lies in none of the pieces (which are in order of time).
    fn outside(&self, fact: FactIx, pieces: &[Piece]) -> Test {
        let mut gaps = Vec::new();
        let mut ordered: Vec<&Piece> = pieces.iter().collect();
        ordered.sort_by_key(|p| p.from.unwrap_or(Date::MIN));
        // The first day that no piece so far covers; none when everything later is covered.
        let mut next = Some(Date::MIN);
        for piece in ordered {
            let Some(first) = next else { break };
            let from = piece.from.unwrap_or(Date::MIN);
            if first < from {
                let lower =
                    (first > Date::MIN).then(|| Test::Beyond(fact, self.before(fact, first)));
                gaps.push(Test::all(
                    lower.into_iter().chain([Test::Within(fact, self.before(fact, from))]),
                ));
            }
            next = match piece.to {
                Some(to) => to.checked_add(1.day()).ok().map(|d| d.max(first)),
                None => None,
            };
        }
        match next {
            Some(first) if first > Date::MIN => {
                gaps.push(Test::Beyond(fact, self.before(fact, first)))
            }
            Some(_) => gaps.push(Test::Beyond(fact, Cutoff::None)),
            None => {}
        }
        Test::any(gaps)
    }

    fn until(&self, fact: Option<FactIx>) -> Sure {
        let Some(fact) = fact else {
            return Sure { yes: Test::Const(false), no: Test::Const(true) };
        };
        let cutoff = match &self.kinds[fact] {
            // What happened on a day counts from the start of that day: it never keeps longer.
            Kind::Date => Cutoff::Date(self.today),
            _ => self.cutoff(fact, Term::from(Period::hours(0))),
        };
        Sure {
            yes: Test::Within(fact, cutoff),
            no: Test::any([Test::Empty(fact), Test::Beyond(fact, cutoff)]),
        }
    }

    fn periodic(&self) -> Sure {
        match &self.rules.periodic {
            None => Sure { yes: Test::Const(false), no: Test::Const(true) },
            Some(p) => {
                let cutoff = self.cutoff(p.from, p.term);
                Sure { yes: Test::Within(p.from, cutoff), no: Test::Beyond(p.from, cutoff) }
            }
        }
    }

    fn cutoff(&self, fact: FactIx, term: Term) -> Cutoff {
        frist_law::cutoff(term, self.t, &start_kind(&self.kinds[fact]), &self.rules.calendar)
    }

    /// The cutoff that admits what lies on `day` or before.
    fn through(&self, fact: FactIx, day: Date) -> Cutoff {
        let (kind, zero) = (start_kind(&self.kinds[fact]), Term::from(Period::ZERO));
        let over = frist_law::expires(zero, &Start::Date(day), &self.rules.calendar);
        match (kind, over) {
            (StartKind::Date, _) => Cutoff::Date(day),
            (kind, Expiry::At(over)) => frist_law::cutoff(zero, over, &kind, &self.rules.calendar),
            // The last day there is: everything readable lies on it or before.
            (StartKind::Local(_), Expiry::Never) => {
                Cutoff::Local { at: DateTime::MAX, inclusive: true }
            }
            (StartKind::Instant, Expiry::Never) => {
                Cutoff::Instant { at: Timestamp::MAX, inclusive: true }
            }
        }
    }

    /// The cutoff that admits what lies before `day`.
    fn before(&self, fact: FactIx, day: Date) -> Cutoff {
        match day.yesterday() {
            Ok(d) => self.through(fact, d),
            Err(_) => Cutoff::None,
        }
    }
}

/// How the law crate is to invert for a fact of this kind.
pub fn start_kind(kind: &Kind) -> StartKind {
    match kind {
        Kind::Local(zone) => StartKind::Local(zone.clone()),
        Kind::Instant | Kind::UnixSeconds | Kind::UnixMillis => StartKind::Instant,
        _ => StartKind::Date,
    }
}

impl Test {
    /// An upper bound on `fact` that every record satisfying the test is within, if the test
    /// implies one: what an index on the starting point can serve.
    pub fn bound(&self, fact: FactIx) -> Option<Cutoff> {
        match self {
            Test::Within(f, cutoff) if *f == fact && *cutoff != Cutoff::None => Some(*cutoff),
            // Every part binds, so the tightest does.
            Test::All(parts) => parts
                .iter()
                .filter_map(|p| p.bound(fact))
                .reduce(|a, b| if admits_more(&a, &b) { b } else { a }),
            // Any part may be the one, so only the loosest of all binds.
            Test::Any(parts) => {
                let bounds: Option<Vec<Cutoff>> = parts.iter().map(|p| p.bound(fact)).collect();
                bounds?.into_iter().reduce(|a, b| if admits_more(&a, &b) { a } else { b })
            }
            _ => None,
        }
    }
}

/// Whether `a` admits more than `b`; both are of one kind.
fn admits_more(a: &Cutoff, b: &Cutoff) -> bool {
    match (a, b) {
        (Cutoff::Date(a), Cutoff::Date(b)) => a > b,
        (Cutoff::Local { at: a, inclusive: ai }, Cutoff::Local { at: b, inclusive: bi }) => {
            (a, ai) > (b, bi)
        }
        (Cutoff::Instant { at: a, inclusive: ai }, Cutoff::Instant { at: b, inclusive: bi }) => {
            (a, ai) > (b, bi)
        }
        _ => false,
    }
}
