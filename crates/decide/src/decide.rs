//! The reference interpreter: one record, one instant, one decision with its reasons.
//!
//! It reads like the table in the design: the facts give *must keep*, *may keep* and *must erase*,
//! each true, false or unknown; [`row`] is the table; and a record is *unclear* exactly when what
//! is unknown would change the answer.

use frist_law::{Expiry, Start};
use frist_register::ConditionTest;
use frist_register::Span;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::hold::HoldScope;
use crate::rules::{FactIx, Force, Ground, Maximum, Piece, RuleSet, When};
use crate::value::{self, Kind, Problem, Value};

/// What follows for a record at an instant.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A hold covers it: nothing is erased.
    Held,
    /// What decides is missing or malformed: nothing is erased, somebody must settle it.
    Unclear,
    /// Kept for a statute's purpose only (Art. 18, "spærring").
    Restrict,
    /// A person must assess it.
    Review,
    /// Kept.
    Keep,
    /// Disposed of.
    Due,
}

impl Outcome {
    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Held => "held",
            Outcome::Unclear => "unclear",
            Outcome::Restrict => "restrict",
            Outcome::Review => "review",
            Outcome::Keep => "keep",
            Outcome::Due => "due",
        }
    }
    /// The Danish word.
    pub fn word_da(self) -> &'static str {
        match self {
            Outcome::Held => "tilbageholdt",
            Outcome::Unclear => "uafklaret",
            Outcome::Restrict => "begrænset",
            Outcome::Review => "til vurdering",
            Outcome::Keep => "opbevares",
            Outcome::Due => "skal slettes",
        }
    }
    /// All six, in the order of the table.
    pub const ALL: [Outcome; 6] = [
        Outcome::Held,
        Outcome::Unclear,
        Outcome::Restrict,
        Outcome::Review,
        Outcome::Keep,
        Outcome::Due,
    ];
}

/// True, false or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tri {
    No,
    Unknown,
    Yes,
}

impl Tri {
    fn of(b: bool) -> Tri {
        if b { Tri::Yes } else { Tri::No }
    }
    fn not(self) -> Tri {
        match self {
            Tri::No => Tri::Yes,
            Tri::Unknown => Tri::Unknown,
            Tri::Yes => Tri::No,
        }
    }
    fn all(parts: impl IntoIterator<Item = Tri>) -> Tri {
        parts.into_iter().fold(Tri::Yes, |a, b| match (a, b) {
            (Tri::No, _) | (_, Tri::No) => Tri::No,
            (Tri::Yes, Tri::Yes) => Tri::Yes,
            _ => Tri::Unknown,
        })
    }
    fn any(parts: impl IntoIterator<Item = Tri>) -> Tri {
        Tri::all(parts.into_iter().map(Tri::not)).not()
    }
    /// What it may turn out to be.
    fn worlds(self) -> &'static [bool] {
        match self {
            Tri::No => &[false],
            Tri::Yes => &[true],
            Tri::Unknown => &[false, true],
        }
    }
}

/// The table, for a record of which everything is known and which no hold covers.
fn row(must: bool, other: bool, cap: bool, assess: bool, periodic: bool) -> Outcome {
    let may = must || other;
    if must && (!other || cap) {
        Outcome::Restrict
    } else if may && !cap {
        if periodic { Outcome::Review } else { Outcome::Keep }
    } else if !cap && assess {
        Outcome::Review
    } else {
        Outcome::Due
    }
}

/// Where one ground or maximum stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It runs, until this instant where that is known.
    Live(Option<Timestamp>),
    /// It has ended, at this instant where that is known.
    Ended(Option<Timestamp>),
    /// It does not concern this record.
    NotApplicable,
    /// Nobody can say, because of this fact.
    Unknown {
        /// The fact's name.
        fact: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// What role a reason plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A purpose that permits keeping.
    Permits,
    /// A statute that demands keeping.
    Demands,
    /// A duty to erase.
    Limits,
    /// A periodic review.
    Reviews,
}

/// One thing considered.
#[derive(Debug, Clone)]
pub struct Reason {
    /// Its role.
    pub role: Role,
    /// The purpose or statute.
    pub name: String,
    /// In words.
    pub title: frist_register::Text,
    /// The paragraph in force for this record.
    pub citation: Option<String>,
    /// How well the law book knows that paragraph.
    pub verified: Option<frist_law::book::Verified>,
    /// The period.
    pub term: Option<frist_law::Term>,
    /// The starting point's name and, where readable, its value.
    pub start: Option<(String, Option<Start>)>,
    /// The last day of keeping, for periods in calendar units.
    pub last_day: Option<Date>,
    /// Where it stands.
    pub standing: Standing,
    /// The register's line.
    pub span: Option<Span>,
}

/// A decision and why.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What follows.
    pub outcome: Outcome,
    /// The instant decided for.
    pub at: Timestamp,
    /// Everything considered, in the register's order.
    pub reasons: Vec<Reason>,
    /// Since when it is due, when it is.
    pub due_since: Option<Timestamp>,
    /// When this decision can change by time alone.
    pub next_change: Option<Timestamp>,
}

/// Whether a hold covers a record with this key and these fields.
pub fn is_held(holds: &[HoldScope], key: &str, field: &dyn Fn(&str) -> Option<String>) -> bool {
    holds.iter().any(|h| match h {
        HoldScope::All => true,
        HoldScope::Keys(keys) => keys.iter().any(|k| k == key),
        HoldScope::Field { field: name, values } => {
            field(name).is_some_and(|v| values.contains(&v))
        }
    })
}

/// Decides one record: `facts` and `kinds` are in the order of [`RuleSet::facts`].
pub fn decide(
    rules: &RuleSet,
    kinds: &[Kind],
    facts: &[Value],
    held: bool,
    t: Timestamp,
) -> Decision {
    let w =
        Weigher { rules, kinds, facts, t, today: t.to_zoned(rules.calendar.zone.clone()).date() };
    let mut reasons = Vec::new();
    let (mut must, mut other, mut cap, mut assess) = (vec![], vec![], vec![], vec![]);
    let mut lives = Vec::with_capacity(rules.grounds.len());
    for g in &rules.grounds {
        let (live, reason) = w.ground(g);
        lives.push(live);
        if g.review.is_some() {
            assess.push(w.asks(g));
        }
        match g.force {
            Force::Demands => must.push(live),
            Force::Permits => other.push(live),
        }
        reasons.push(reason);
    }
    for m in &rules.maximums {
        let lifted = Tri::any(m.lifted_by.iter().map(|ix| lives[*ix]));
        let (passed, reason) = w.maximum(m, lifted);
        cap.push(passed);
        reasons.push(reason);
    }
    let periodic = match &rules.periodic {
        None => Tri::No,
        Some(p) => {
            let pieces = [Piece {
                from: None,
                to: None,
                term: Some(p.term),
                citation: None,
                verified: None,
            }];
            let seen = w.over(p.from, false, &pieces, Tri::Yes);
            let standing = seen.standing(w.name(p.from), true);
            let over = seen.over;
            reasons.push(seen.reason(Role::Reviews, "review", &p.question, standing, None));
            over
        }
    };
    let [must, other, cap, assess] = [must, other, cap, assess].map(Tri::any);
    let outcome = if held { Outcome::Held } else { settle(must, other, cap, assess, periodic) };
    let due_since = (outcome == Outcome::Due).then(|| due_since(&reasons)).flatten();
    let next_change = reasons
        .iter()
        .filter_map(|r| match r.standing {
            Standing::Live(at) => at,
            _ => None,
        })
        .filter(|at| *at > t)
        .min();
    Decision { outcome, at: t, reasons, due_since, next_change }
}

/// The one answer of all possible worlds, or unclear.
fn settle(must: Tri, other: Tri, cap: Tri, assess: Tri, periodic: Tri) -> Outcome {
    let mut answer = None;
    for &m in must.worlds() {
        for &o in other.worlds() {
            for &c in cap.worlds() {
                for &a in assess.worlds() {
                    for &p in periodic.worlds() {
                        let one = row(m, o, c, a, p);
                        if *answer.get_or_insert(one) != one {
                            return Outcome::Unclear;
                        }
                    }
                }
            }
        }
    }
    answer.unwrap_or(Outcome::Unclear)
}

/// From when a due record was due: when the last demand ended and either the last permission had
/// ended too or the first maximum had run out.
fn due_since(reasons: &[Reason]) -> Option<Timestamp> {
    let ends = |role: Role| {
        reasons.iter().filter(move |r| r.role == role).filter_map(|r| match r.standing {
            Standing::Ended(at) => at,
            _ => None,
        })
    };
    let demands = ends(Role::Demands).max();
    let permits = ends(Role::Permits).max();
    let limits = ends(Role::Limits).min();
    // A permission that still runs means that only a maximum can have made it due.
    let runs = reasons.iter().any(|r| {
        r.role == Role::Permits
            && !matches!(r.standing, Standing::Ended(_) | Standing::NotApplicable)
    });
    let free = match (permits, limits) {
        (_, Some(l)) if runs => Some(l),
        (Some(p), Some(l)) => Some(p.min(l)),
        (p, l) => p.or(l),
    };
    demands.into_iter().chain(free).max()
}

struct Weigher<'a> {
    rules: &'a RuleSet,
    kinds: &'a [Kind],
    facts: &'a [Value],
    t: Timestamp,
    today: Date,
}

/// What a period from a starting point came to.
struct Seen<'a> {
    over: Tri,
    expiry: Option<Timestamp>,
    piece: Option<&'a Piece>,
    start: Option<(String, Option<Start>)>,
    last_day: Option<Date>,
    problem: Option<Problem>,
    applicable: bool,
}

impl Seen<'_> {
    /// `limit`: the standing of a maximum or a review, which *ends* when it has run out.
    fn standing(&self, fact: &str, limit: bool) -> Standing {
        if !self.applicable {
            return Standing::NotApplicable;
        }
        match self.over {
            Tri::Unknown => Standing::Unknown {
                fact: fact.to_owned(),
                problem: self.problem.unwrap_or(Problem::Missing),
            },
            Tri::Yes => Standing::Ended(self.expiry),
            Tri::No if limit && self.expiry.is_none() => Standing::Live(None),
            Tri::No => Standing::Live(self.expiry),
        }
    }

    fn reason(
        self,
        role: Role,
        name: &str,
        title: &frist_register::Text,
        standing: Standing,
        span: Option<Span>,
    ) -> Reason {
        Reason {
            role,
            name: name.to_owned(),
            title: title.clone(),
            citation: self.piece.and_then(|p| p.citation.clone()),
            verified: self.piece.and_then(|p| p.verified),
            term: self.piece.and_then(|p| p.term),
            start: self.start,
            last_day: self.last_day,
            standing,
            span,
        }
    }
}

impl<'a> Weigher<'a> {
    fn name(&self, fact: FactIx) -> &str {
        &self.rules.facts[fact].name
    }

    fn ground(&self, g: &'a Ground) -> (Tri, Reason) {
        let role = match g.force {
            Force::Demands => Role::Demands,
            Force::Permits => Role::Permits,
        };
        let (when, culprit) = self.when(&g.when);
        let seen = match g.from {
            Some(fact) => self.over(fact, g.open, &g.pieces, Tri::Yes),
            None => Seen {
                over: Tri::No,
                expiry: None,
                piece: g.pieces.first(),
                start: None,
                last_day: None,
                problem: None,
                applicable: true,
            },
        };
        let until = self.until(g.until);
        let given = g.given.map(|f| (f, self.facts[f] != Value::Null));
        let given_tri =
            given.map_or(Tri::Yes, |(_, there)| if there { Tri::Yes } else { Tri::Unknown });
        let purpose_ended = g.ended.filter(|d| *d <= self.today);
        let live = match purpose_ended {
            Some(_) => Tri::No,
            None => Tri::all([when, seen.over.not(), until.0.not(), given_tri]),
        };
        let standing = if let Some(day) = purpose_ended {
            let midnight = day.to_zoned(self.rules.calendar.zone.clone()).ok();
            Standing::Ended(midnight.map(|z| z.timestamp()))
        } else if when == Tri::No {
            Standing::NotApplicable
        } else if until.0 == Tri::Yes {
            // Whichever came first.
            let at = [until.1, seen.expiry.filter(|_| seen.over == Tri::Yes)]
                .into_iter()
                .flatten()
                .min();
            Standing::Ended(at)
        } else if live == Tri::Unknown && seen.over != Tri::Unknown {
            let fact = culprit
                .or(g.until.filter(|_| until.0 == Tri::Unknown).map(|f| (f, self.problem(f))))
                .or(given.filter(|(_, there)| !there).map(|(f, _)| (f, Problem::Missing)));
            match fact {
                Some((f, problem)) => Standing::Unknown { fact: self.name(f).to_owned(), problem },
                None => Standing::Unknown { fact: String::new(), problem: Problem::Missing },
            }
        } else {
            let mut standing = seen.standing(g.from.map_or("", |f| self.name(f)), false);
            if let (Standing::Live(at), Some(end)) = (&mut standing, until.1) {
                *at = Some(at.map_or(end, |a| a.min(end)));
            }
            standing
        };
        (live, seen.reason(role, &g.name, &g.title, standing, Some(g.span)))
    }

    fn maximum(&self, m: &'a Maximum, lifted: Tri) -> (Tri, Reason) {
        let (when, culprit) = self.when(&m.when);
        let seen = self.over(m.from, m.open, &m.pieces, Tri::No);
        let passed = Tri::all([when, seen.over, lifted.not()]);
        let standing = match (when, culprit) {
            (Tri::No, _) => Standing::NotApplicable,
            _ if lifted == Tri::Yes => Standing::NotApplicable,
            (Tri::Unknown, Some((f, problem))) if seen.over != Tri::No => {
                Standing::Unknown { fact: self.name(f).to_owned(), problem }
            }
            _ => seen.standing(self.name(m.from), true),
        };
        (passed, seen.reason(Role::Limits, &m.name, &m.title, standing, Some(m.span)))
    }

    fn asks(&self, g: &Ground) -> Tri {
        if g.ended.is_some_and(|d| d <= self.today) {
            return Tri::No;
        }
        Tri::all([self.when(&g.when).0, self.until(g.until).0.not()])
    }

    /// Whether all conditions hold, and the first fact because of which nobody can say.
    fn when(&self, conditions: &[When]) -> (Tri, Option<(FactIx, Problem)>) {
        let mut culprit = None;
        let tri = Tri::all(conditions.iter().map(|c| {
            let value = &self.facts[c.fact];
            let read = |l| value::is_one_of(value, &self.kinds[c.fact], l);
            let answer = match &c.test {
                ConditionTest::In(l) => read(l),
                ConditionTest::NotIn(l) => read(l).map(|b| !b),
                ConditionTest::Set(there) => Ok((*value != Value::Null) == *there),
            };
            match answer {
                Ok(b) => Tri::of(b),
                Err(problem) => {
                    culprit.get_or_insert((c.fact, problem));
                    Tri::Unknown
                }
            }
        }));
        (tri, culprit.filter(|_| tri == Tri::Unknown))
    }

    /// Whether the period from `fact` is over; `outside` is the answer for a record that no
    /// version of the law covers.
    fn over(&self, fact: FactIx, open: bool, pieces: &'a [Piece], outside: Tri) -> Seen<'a> {
        let mut seen = Seen {
            over: Tri::Unknown,
            expiry: None,
            piece: None,
            start: Some((self.name(fact).to_owned(), None)),
            last_day: None,
            problem: None,
            applicable: true,
        };
        let start = match value::start(&self.facts[fact], &self.kinds[fact]) {
            Ok(start) => start,
            Err(Problem::Missing) if open => {
                seen.over = Tri::No;
                seen.piece = pieces.last();
                return seen;
            }
            Err(problem) => {
                seen.problem = Some(problem);
                seen.piece = pieces.last();
                return seen;
            }
        };
        let date = frist_law::last_day(
            frist_law::Term { period: frist_law::Period::ZERO, anchor: frist_law::Anchor::AsIs },
            &start,
            &self.rules.calendar,
        );
        let piece = pieces.iter().find(|p| date.is_some_and(|d| p.covers(d)));
        seen.piece = piece;
        match piece.map(|p| p.term) {
            None => {
                seen.over = outside;
                seen.applicable = false;
            }
            Some(None) => seen.over = Tri::No,
            Some(Some(term)) => {
                let expiry = frist_law::expires(term, &start, &self.rules.calendar);
                seen.over = Tri::of(expiry.is_over(self.t));
                seen.expiry = match expiry {
                    Expiry::At(at) => Some(at),
                    Expiry::Never => None,
                };
                seen.last_day = frist_law::last_day(term, &start, &self.rules.calendar);
            }
        }
        seen.start = Some((self.name(fact).to_owned(), Some(start)));
        seen
    }

    /// Whether the fact that ends a ground has happened, and when.
    fn until(&self, fact: Option<FactIx>) -> (Tri, Option<Timestamp>) {
        let Some(fact) = fact else { return (Tri::No, None) };
        let at = match value::start(&self.facts[fact], &self.kinds[fact]) {
            Err(Problem::Missing) => return (Tri::No, None),
            Err(_) => return (Tri::Unknown, None),
            // What happened on a day counts from the start of that day: it never keeps longer.
            Ok(Start::Date(d)) => {
                let midnight = d.to_zoned(self.rules.calendar.zone.clone());
                midnight.ok().map(|z| z.timestamp())
            }
            Ok(start) => {
                let hours = frist_law::Period { count: 0, unit: frist_law::Unit::Hours };
                let term = frist_law::Term { period: hours, anchor: frist_law::Anchor::AsIs };
                frist_law::expires(term, &start, &self.rules.calendar).at()
            }
        };
        (Tri::of(at.is_some_and(|a| a <= self.t)), at)
    }

    fn problem(&self, fact: FactIx) -> Problem {
        value::start(&self.facts[fact], &self.kinds[fact]).err().unwrap_or(Problem::Missing)
    }
}
