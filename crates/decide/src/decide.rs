//! The reference interpreter: one record, one instant, one decision with its reasons.
//!
//! It reads like the table in the design: the facts give *must keep*, *may keep* and *must erase*,
//! each true, false or unknown; `row` is the table; and a record is *unclear* exactly when what
//! is unknown would change the answer.

use frist_law::Start;
use frist_register::Span;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::answer::Verdict;
use crate::hold::HoldScope;
use crate::rules::{Force, RuleSet};
use crate::value::{Kind, Problem, Value};
use crate::weigh::{Weighed, Weigher};

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
pub(crate) enum Tri {
    No,
    Unknown,
    Yes,
}

impl Tri {
    pub(crate) fn of(b: bool) -> Tri {
        if b { Tri::Yes } else { Tri::No }
    }
    pub(crate) fn not(self) -> Tri {
        match self {
            Tri::No => Tri::Yes,
            Tri::Unknown => Tri::Unknown,
            Tri::Yes => Tri::No,
        }
    }
    pub(crate) fn all(parts: impl IntoIterator<Item = Tri>) -> Tri {
        parts.into_iter().fold(Tri::Yes, |a, b| match (a, b) {
            (Tri::No, _) | (_, Tri::No) => Tri::No,
            (Tri::Yes, Tri::Yes) => Tri::Yes,
            _ => Tri::Unknown,
        })
    }
    pub(crate) fn any(parts: impl IntoIterator<Item = Tri>) -> Tri {
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
fn row(
    must: bool,
    other: bool,
    cap: bool,
    assess: bool,
    periodic: bool,
    answer: Answer,
) -> Outcome {
    let may = must || other;
    let asked = match answer {
        Answer::None => Outcome::Review,
        Answer::Keep => Outcome::Keep,
        // Whoever answers that it can go has given up every purpose of their own, but no statute's.
        Answer::Erase if must => Outcome::Restrict,
        Answer::Erase => Outcome::Due,
    };
    if must && (!other || cap) {
        Outcome::Restrict
    } else if may && !cap {
        if periodic { asked } else { Outcome::Keep }
    } else if !cap && assess {
        asked
    } else {
        Outcome::Due
    }
}

/// What a person's answer says at one instant.
#[derive(Debug, Clone, Copy)]
enum Answer {
    None,
    Keep,
    Erase,
}

impl Answer {
    fn at(verdict: Option<Verdict>, t: Timestamp) -> Self {
        match verdict {
            Some(v) if v.keeps(t) => Answer::Keep,
            Some(v) if v.erases(t) => Answer::Erase,
            _ => Answer::None,
        }
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
    /// The person's answer, where it made the decision what it is.
    pub answered: Option<Verdict>,
    /// Since when it is due, when it is: the first instant at which it was. None also for a record
    /// that no ground ever concerned.
    pub due_since: Option<Timestamp>,
    /// The first instant at which time alone will change this decision; none when it never will. A
    /// record that is held or due stays so.
    pub next_change: Option<Timestamp>,
}

/// Whether a hold covers a record with this key and these fields.
pub fn is_held(holds: &[HoldScope], key: &str, field: &dyn Fn(&str) -> Option<String>) -> bool {
    holds.iter().any(|hold| hold.covers(key, field))
}

/// Decides one record: `facts` and `kinds` are in the order of [`RuleSet::facts`].
pub fn decide(
    rules: &RuleSet,
    kinds: &[Kind],
    facts: &[Value],
    held: bool,
    t: Timestamp,
) -> Decision {
    decide_answered(rules, kinds, facts, held, None, t)
}

/// Decides one record about which a person may have answered.
pub fn decide_answered(
    rules: &RuleSet,
    kinds: &[Kind],
    facts: &[Value],
    held: bool,
    answer: Option<Verdict>,
    t: Timestamp,
) -> Decision {
    let w = Weigher { rules, kinds, facts };
    let course = Course {
        rules,
        grounds: rules.grounds.iter().map(|g| w.ground(g)).collect(),
        maximums: rules.maximums.iter().map(|m| w.maximum(m)).collect(),
        periodic: rules.periodic.as_ref().map(|p| w.periodic(p)),
        answer,
    };
    let without = answer.is_some().then(|| course.settle(t, Answer::None));
    let unheld = course.outcome(t);
    let outcome = if held { Outcome::Held } else { unheld };
    let due_since = (outcome == Outcome::Due).then(|| course.due_since(t)).flatten();
    let next_change = (!held).then(|| course.next_change(t, outcome)).flatten();
    let reasons = course.reasons(&w, t, unheld == Outcome::Unclear);
    let answered = answer.filter(|_| !held && without.is_some_and(|w| w != unheld));
    Decision { outcome, at: t, reasons, answered, due_since, next_change }
}

/// How a record's grounds and limits run, whatever the instant.
struct Course<'a> {
    rules: &'a RuleSet,
    grounds: Vec<Weighed<'a>>,
    maximums: Vec<Weighed<'a>>,
    periodic: Option<Weighed<'a>>,
    answer: Option<Verdict>,
}

impl Course<'_> {
    /// The decision at `t` for a record that no hold covers.
    fn outcome(&self, t: Timestamp) -> Outcome {
        self.settle(t, Answer::at(self.answer, t))
    }

    fn settle(&self, t: Timestamp, answer: Answer) -> Outcome {
        let grounds = || self.rules.grounds.iter().zip(&self.grounds);
        let live = |force: Force| {
            Tri::any(grounds().filter(|(g, _)| g.force == force).map(|(_, w)| w.live(t)))
        };
        let (must, other) = (live(Force::Demands), live(Force::Permits));
        let cap = Tri::any((0..self.maximums.len()).map(|ix| self.passed(ix, t)));
        let assess =
            Tri::any(grounds().filter(|(g, _)| g.review.is_some()).map(|(_, w)| w.asks(t)));
        let periodic = self.periodic.as_ref().map_or(Tri::No, |w| w.over.come(t));
        settle(must, other, cap, assess, periodic, answer)
    }

    /// Whether a maximum has run out, and nothing lifts it.
    fn passed(&self, ix: usize, t: Timestamp) -> Tri {
        let w = &self.maximums[ix];
        Tri::all([w.when, w.over.come(t), self.lifted(ix, t).not()])
    }

    fn lifted(&self, ix: usize, t: Timestamp) -> Tri {
        let by = &self.rules.maximums[ix].lifted_by;
        Tri::any(by.iter().map(|ground| self.grounds[*ground].live(t)))
    }

    fn reasons(self, w: &Weigher<'_>, t: Timestamp, unclear: bool) -> Vec<Reason> {
        let lifted: Vec<Tri> = (0..self.maximums.len()).map(|ix| self.lifted(ix, t)).collect();
        let mut reasons = Vec::new();
        for (g, weighed) in self.rules.grounds.iter().zip(self.grounds) {
            reasons.push(w.ground_reason(g, weighed, t, unclear));
        }
        for ((m, weighed), lifted) in self.rules.maximums.iter().zip(self.maximums).zip(lifted) {
            reasons.push(w.maximum_reason(m, weighed, lifted, t));
        }
        if let Some((p, weighed)) = self.rules.periodic.as_ref().zip(self.periodic) {
            reasons.push(w.periodic_reason(p, weighed, t));
        }
        reasons
    }

    /// The instants at which something begins or ends, in order.
    fn instants(&self) -> Vec<Timestamp> {
        let all = self.grounds.iter().chain(&self.maximums).chain(&self.periodic);
        let mut at: Vec<Timestamp> = all.flat_map(Weighed::instants).collect();
        at.extend(self.answer.map(Verdict::instant));
        at.sort_unstable();
        at
    }

    /// From when a record due at `t` was due. What is due stays due, so it is the first instant
    /// at which it was; none when it was due before anything began or ended.
    fn due_since(&self, t: Timestamp) -> Option<Timestamp> {
        let due = |at: Timestamp| self.outcome(at) == Outcome::Due;
        let first = self.instants().into_iter().take_while(|at| *at <= t).find(|at| due(*at))?;
        let before = first.checked_sub(SignedDuration::from_nanos(1)).ok()?;
        (!due(before)).then_some(first)
    }

    fn next_change(&self, t: Timestamp, now: Outcome) -> Option<Timestamp> {
        self.instants().into_iter().filter(|at| *at > t).find(|at| self.outcome(*at) != now)
    }
}

/// The one answer of all possible worlds, or unclear.
fn settle(must: Tri, other: Tri, cap: Tri, assess: Tri, periodic: Tri, answer: Answer) -> Outcome {
    let mut found = None;
    for &m in must.worlds() {
        for &o in other.worlds() {
            for &c in cap.worlds() {
                for &a in assess.worlds() {
                    for &p in periodic.worlds() {
                        let one = row(m, o, c, a, p, answer);
                        if *found.get_or_insert(one) != one {
                            return Outcome::Unclear;
                        }
                    }
                }
            }
        }
    }
    found.unwrap_or(Outcome::Unclear)
}
