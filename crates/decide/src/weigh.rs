//! Weighing one record: each ground and limit against its facts, once for all instants.
//!
//! Everything that time alone changes, it changes once and for good: a period runs out, a consent
//! is withdrawn, a purpose ends. So each is a [`Turn`], and a decision at any instant is a few
//! comparisons.

use frist_law::{Expiry, Start};
use frist_register::ConditionTest;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::decide::{Reason, Role, Standing, Tri};
use crate::rules::{FactIx, Force, Ground, Maximum, Periodic, Piece, RuleSet, When};
use crate::value::{self, Kind, Problem, Value};

/// When something comes to pass.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// It has from the start.
    Always,
    /// At this instant.
    At(Timestamp),
    /// Not within the years that count.
    Never,
    /// Nobody can say.
    Unknown,
}

impl Turn {
    /// Whether it has come to pass at `t`.
    pub(crate) fn come(self, t: Timestamp) -> Tri {
        match self {
            Turn::Always => Tri::Yes,
            Turn::At(at) => Tri::of(at <= t),
            Turn::Never => Tri::No,
            Turn::Unknown => Tri::Unknown,
        }
    }

    fn at(self) -> Option<Timestamp> {
        if let Turn::At(at) = self { Some(at) } else { None }
    }
}

/// What a ground, a maximum or a review comes to for one record.
pub(crate) struct Weighed<'a> {
    /// Whether it is a statute's, which runs on its own terms: what ends a purpose does not end
    /// the duty.
    duty: bool,
    /// Whether it concerns the record.
    pub(crate) when: Tri,
    /// When its period is over.
    pub(crate) over: Turn,
    /// When the fact that ends it happens.
    until: Turn,
    /// When its purpose is no longer pursued.
    ended: Turn,
    given: Tri,
    /// The first condition that cannot be read.
    culprit: Option<(FactIx, Problem)>,
    piece: Option<&'a Piece>,
    start: Option<(FactIx, Option<Start>)>,
    last_day: Option<Date>,
    problem: Option<Problem>,
}

impl Weighed<'_> {
    /// Whether a ground is live at `t`.
    pub(crate) fn live(&self, t: Timestamp) -> Tri {
        let runs = self.over.come(t).not();
        match self.duty {
            true => Tri::all([self.when, runs]),
            false => Tri::all([self.asks(t), runs, self.given]),
        }
    }

    /// The instants at which it ceases to be live.
    fn ends(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let others = if self.duty { [Turn::Never; 2] } else { [self.until, self.ended] };
        others.into_iter().chain([self.over]).filter_map(Turn::at)
    }

    /// Whether a ground would ask for a person's assessment at `t`, once it is over.
    pub(crate) fn asks(&self, t: Timestamp) -> Tri {
        Tri::all([self.when, self.until.come(t).not(), self.ended.come(t).not()])
    }

    /// The instants at which it changes.
    pub(crate) fn instants(&self) -> impl Iterator<Item = Timestamp> + use<> {
        [self.over, self.until, self.ended].into_iter().filter_map(Turn::at)
    }

    /// The standing of what has a period and no other end.
    fn standing(&self, w: &Weigher<'_>, t: Timestamp) -> Standing {
        match (self.over.come(t), self.over) {
            (Tri::Unknown, _) => w.unknown(self.start.as_ref().map(|s| s.0), self.problem),
            (Tri::Yes, over) => Standing::Ended(over.at()),
            (Tri::No, over) => Standing::Live(over.at()),
        }
    }

    fn reason(
        self,
        w: &Weigher<'_>,
        role: Role,
        name: &str,
        title: &frist_register::Text,
        standing: Standing,
    ) -> Reason {
        Reason {
            role,
            name: name.to_owned(),
            title: title.clone(),
            citation: self.piece.and_then(|p| p.citation.clone()),
            verified: self.piece.and_then(|p| p.verified),
            term: self.piece.and_then(|p| p.term),
            start: self.start.map(|(fact, start)| (w.name(fact).to_owned(), start)),
            last_day: self.last_day,
            standing,
            span: None,
        }
    }
}

/// The rule and the record's facts.
pub(crate) struct Weigher<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) kinds: &'a [Kind],
    pub(crate) facts: &'a [Value],
}

impl<'a> Weigher<'a> {
    fn name(&self, fact: FactIx) -> &str {
        &self.rules.facts[fact].name
    }

    fn unknown(&self, fact: Option<FactIx>, problem: Option<Problem>) -> Standing {
        let fact = fact.map_or_else(String::new, |f| self.name(f).to_owned());
        Standing::Unknown { fact, problem: problem.unwrap_or(Problem::Missing) }
    }

    pub(crate) fn ground(&self, g: &'a Ground) -> Weighed<'a> {
        let mut weighed = match g.from {
            Some(fact) => self.over(fact, g.open, &g.pieces, Turn::Always),
            None => Weighed { piece: g.pieces.first(), ..Weighed::endless() },
        };
        (weighed.when, weighed.culprit) = self.when(&g.when);
        weighed.until = g.until.map_or(Turn::Never, |f| self.until(f));
        weighed.duty = g.force == Force::Demands;
        weighed.ended = g.ended.map_or(Turn::Never, |d| self.begins(d));
        if g.given.is_some_and(|f| value::is_there(&self.facts[f]) != Ok(true)) {
            weighed.given = Tri::Unknown;
        }
        weighed
    }

    /// `unclear`: whether the decision is, so that what is unknown about a review is told too.
    pub(crate) fn ground_reason(
        &self,
        g: &Ground,
        weighed: Weighed<'a>,
        t: Timestamp,
        unclear: bool,
    ) -> Reason {
        let w = &weighed;
        let role = match g.force {
            Force::Demands => Role::Demands,
            Force::Permits => Role::Permits,
        };
        // A review that nobody can tell whether it is asked for is unknown even after the end.
        let over = w.live(t) == Tri::No;
        let asks_unknown = unclear && g.review.is_some() && over && w.asks(t) == Tri::Unknown;
        let open_question = asks_unknown || w.live(t) == Tri::Unknown;
        let until_unknown = w.until.come(t) == Tri::Unknown;
        let standing = if w.when == Tri::No || matches!(w.over, Turn::Always) && !asks_unknown {
            Standing::NotApplicable
        } else if open_question && w.over.come(t) == Tri::Unknown {
            w.standing(self, t)
        } else if open_question {
            let until = g.until.filter(|_| until_unknown).map(|f| (f, self.problem(f)));
            let absent = |f| value::is_there(&self.facts[f]).err().unwrap_or(Problem::Missing);
            let given = g.given.map(|f| (f, absent(f)));
            let culprit = w.culprit.or(until).or(given);
            self.unknown(culprit.map(|c| c.0), culprit.map(|c| c.1))
        } else if w.live(t) == Tri::Yes {
            Standing::Live(w.ends().min())
        } else {
            // Whichever came first.
            Standing::Ended(w.ends().filter(|at| *at <= t).min())
        };
        Reason { span: Some(g.span), ..weighed.reason(self, role, &g.name, &g.title, standing) }
    }

    pub(crate) fn maximum(&self, m: &'a Maximum) -> Weighed<'a> {
        let (when, culprit) = self.when(&m.when);
        Weighed { when, culprit, ..self.over(m.from, m.open, &m.pieces, Turn::Never) }
    }

    pub(crate) fn maximum_reason(
        &self,
        m: &Maximum,
        weighed: Weighed<'a>,
        lifted: Tri,
        t: Timestamp,
    ) -> Reason {
        let w = &weighed;
        let outside = w.piece.is_none();
        let standing = match (w.when, w.culprit) {
            (Tri::No, _) => Standing::NotApplicable,
            _ if outside || lifted == Tri::Yes => Standing::NotApplicable,
            (Tri::Unknown, Some((fact, problem))) if w.over.come(t) != Tri::No => {
                self.unknown(Some(fact), Some(problem))
            }
            _ => w.standing(self, t),
        };
        let reason = weighed.reason(self, Role::Limits, &m.name, &m.title, standing);
        Reason { span: Some(m.span), ..reason }
    }

    pub(crate) fn periodic(&self, p: &Periodic) -> Weighed<'a> {
        let mut weighed = Weighed::endless();
        weighed.start = Some((p.from, None));
        match self.read(p.from) {
            Ok(start) => {
                weighed.run(p.term, &start, self.rules);
                weighed.start = Some((p.from, Some(start)));
            }
            Err(problem) => {
                weighed.over = Turn::Unknown;
                weighed.problem = Some(problem);
            }
        }
        weighed
    }

    pub(crate) fn periodic_reason(
        &self,
        p: &Periodic,
        weighed: Weighed<'a>,
        t: Timestamp,
    ) -> Reason {
        let standing = weighed.standing(self, t);
        let reason = weighed.reason(self, Role::Reviews, "review", &p.question, standing);
        Reason { term: Some(p.term), ..reason }
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
                ConditionTest::Set(there) => value::is_there(value).map(|b| b == *there),
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

    /// When the period from `fact` is over; `outside` is the answer for a record that no version
    /// of the law covers.
    fn over(&self, fact: FactIx, open: bool, pieces: &'a [Piece], outside: Turn) -> Weighed<'a> {
        let mut weighed = Weighed { start: Some((fact, None)), ..Weighed::endless() };
        let start = match self.read(fact) {
            Ok(start) => start,
            Err(problem) => {
                weighed.piece = pieces.last();
                if !(open && problem == Problem::Missing) {
                    weighed.over = Turn::Unknown;
                    weighed.problem = Some(problem);
                }
                return weighed;
            }
        };
        // A local time past the last instant, such as the placeholder 9999-12-31, is on the last
        // day there is.
        let zero = frist_law::Term::from(frist_law::Period::ZERO);
        let day = frist_law::last_day(zero, &start, &self.rules.calendar).unwrap_or(Date::MAX);
        weighed.piece = pieces.iter().find(|p| p.covers(day));
        match weighed.piece.map(|p| p.term) {
            None => weighed.over = outside,
            Some(None) => {}
            Some(Some(term)) => weighed.run(term, &start, self.rules),
        }
        weighed.start = Some((fact, Some(start)));
        weighed
    }

    /// When the fact that ends a ground happens.
    fn until(&self, fact: FactIx) -> Turn {
        match self.read(fact) {
            Err(Problem::Missing) => Turn::Never,
            Err(_) => Turn::Unknown,
            // What happened on a day counts from the start of that day: it never keeps longer.
            Ok(Start::Date(d)) => self.begins(d),
            Ok(start) => {
                let term = frist_law::Term::from(frist_law::Period::hours(0));
                turn(frist_law::expires(term, &start, &self.rules.calendar))
            }
        }
    }

    /// When a day begins.
    fn begins(&self, day: Date) -> Turn {
        let midnight = day.to_zoned(self.rules.calendar.zone.clone());
        match midnight.and_then(|z| z.start_of_day()) {
            Ok(z) => Turn::At(z.timestamp()),
            Err(_) if day.year() > 0 => Turn::Never,
            Err(_) => Turn::Always,
        }
    }

    fn read(&self, fact: FactIx) -> Result<Start, Problem> {
        value::start(&self.facts[fact], &self.kinds[fact])
    }

    fn problem(&self, fact: FactIx) -> Problem {
        self.read(fact).err().unwrap_or(Problem::Missing)
    }
}

impl Weighed<'_> {
    /// What never ends by itself.
    fn endless() -> Self {
        Weighed {
            duty: false,
            when: Tri::Yes,
            over: Turn::Never,
            until: Turn::Never,
            ended: Turn::Never,
            given: Tri::Yes,
            culprit: None,
            piece: None,
            start: None,
            last_day: None,
            problem: None,
        }
    }

    fn run(&mut self, term: frist_law::Term, start: &Start, rules: &RuleSet) {
        self.over = turn(frist_law::expires(term, start, &rules.calendar));
        self.last_day = frist_law::last_day(term, start, &rules.calendar);
    }
}

fn turn(expiry: Expiry) -> Turn {
    match expiry {
        Expiry::At(at) => Turn::At(at),
        Expiry::Never => Turn::Never,
    }
}
