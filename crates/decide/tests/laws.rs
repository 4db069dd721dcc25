//! The laws of the engine (DESIGN.md, section 2) as properties of the reference interpreter, on
//! generated rules, records and instants. Law 6 is `differential.rs`; law 7 is the stores'.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use frist_decide::decide::Standing;
use frist_decide::eval::Row;
use frist_decide::rules::{Force, Ground, Piece, When};
use frist_decide::value::{self, Problem};
use frist_decide::{
    Decision, HoldScope, Kind, Outcome, Role, RuleSet, Test, Value, Verdict, compile, decide,
    decide_answered,
};
use frist_law::{Cutoff, Expiry, Period, Start, Term};
use frist_register::{ConditionTest, Literal};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;

use support::generate::{PRESENCES, STATES, Scenario, TIMES, around, scenario, term};

const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);

/// `FRIST_LONG=1` tries more, `PROPTEST_CASES` a number of one's own; a failure is written to
/// `laws.proptest-regressions`.
fn settings() -> ProptestConfig {
    let long = std::env::var_os("FRIST_LONG").is_some_and(|v| v == "1");
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if set {
            default.cases
        } else if long {
            20_000
        } else {
            200
        },
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource(
            "proptest-regressions",
        ))),
        ..default
    }
}

fn records() -> impl Strategy<Value = Scenario> {
    scenario(8, 2)
}

/// The decision about each record at each instant.
fn decisions(s: &Scenario) -> Vec<(Vec<Value>, Timestamp, Decision)> {
    let all = |t: &Timestamp| {
        let t = *t;
        let decided = |facts: Vec<Value>| {
            let decision = decide(&s.rules, &s.kinds, &facts, false, t);
            (facts, t, decision)
        };
        s.facts().into_iter().map(decided).collect::<Vec<_>>()
    };
    s.instants.iter().flat_map(all).collect()
}

fn outcome(rules: &RuleSet, kinds: &[Kind], facts: &[Value], t: Timestamp) -> Outcome {
    decide(rules, kinds, facts, false, t).outcome
}

/// An independent reading of a condition: true, false, or nobody can say.
fn holds(test: &ConditionTest, value: &Value) -> Option<bool> {
    let read = |literals: &[Literal]| match (literals.first()?, value) {
        (Literal::Text(_), Value::Text(s)) => Some(literals.contains(&Literal::Text(s.clone()))),
        (Literal::Int(_), Value::Int(n)) => Some(literals.contains(&Literal::Int(*n))),
        (Literal::Bool(_), Value::Bool(b)) => Some(literals.contains(&Literal::Bool(*b))),
        (Literal::Bool(_), Value::Int(n @ 0..=1)) => {
            Some(literals.contains(&Literal::Bool(*n == 1)))
        }
        _ => None,
    };
    match test {
        ConditionTest::In(l) => read(l),
        ConditionTest::NotIn(l) => read(l).map(|b| !b),
        ConditionTest::Set(there) => Some((*value != Value::Null) == *there),
    }
}

/// Why a duty to keep does not stand in the way of erasure, worked out from the period alone.
fn is_over(s: &Scenario, g: &Ground, facts: &[Value], t: Timestamp) -> Result<(), String> {
    if g.when.iter().any(|w| holds(&w.test, &facts[w.fact]) == Some(false)) {
        return Ok(());
    }
    let fact = g.from.ok_or("it has no starting point and so no end")?;
    let start = value::start(&facts[fact], &s.kinds[fact])
        .map_err(|problem| format!("its starting point {}", problem.text()))?;
    let day = match &start {
        Start::Date(d) => *d,
        Start::Local(at, zone) if *zone == s.rules.calendar.zone => at.date(),
        // In another zone: by way of a period of no days, which ends with its day.
        _ => match frist_law::last_day(Term::from(Period::ZERO), &start, &s.rules.calendar) {
            Some(d) => d,
            None => Date::MAX,
        },
    };
    let in_force = |p: &&Piece| p.from.is_none_or(|f| f <= day) && p.to.is_none_or(|to| day <= to);
    let Some(piece) = g.pieces.iter().find(in_force) else { return Ok(()) };
    let term = piece.term.ok_or("it is open-ended")?;
    match frist_law::expires(term, &start, &s.rules.calendar) {
        Expiry::At(at) if at <= t => Ok(()),
        Expiry::At(at) => Err(format!("it runs until {at}")),
        Expiry::Never => Err("it never ends".into()),
    }
}

/// Where clocks are put back over midnight, 7 November 2010 begins at 02:30 UTC, is the 6th again
/// from 02:31, and the 7th again from 03:30: what ended with the 7th stays ended.
#[test]
fn a_day_that_has_begun_stays_begun() {
    let at = |text: &str| format!("2010-11-07T{text}Z").parse::<Timestamp>().unwrap();
    let day = Date::constant(2010, 11, 7);
    let mut s = around(&Kind::Date, "1 year".parse().unwrap(), (0, 0), vec![at("03:00:00")]);
    s.rules.calendar.zone = frist_law::zone("America/St_Johns").unwrap();
    let (mut withdrawn, mut ended) = (s.rules.clone(), s.rules);
    withdrawn.grounds[0].until = Some(1);
    ended.grounds[0].ended = Some(day);
    let mut facts = vec![Value::Null; s.kinds.len()];
    facts[0] = Value::Date(Date::constant(2010, 6, 1));
    facts[1] = Value::Date(day);
    for (rules, name) in [(withdrawn, "withdrawn"), (ended, "ended")] {
        for (t, expected) in [
            ("02:29:59.999999999", Outcome::Keep),
            ("02:30:00", Outcome::Due),
            ("02:31:00", Outcome::Due),
            ("03:00:00", Outcome::Due),
            ("03:30:00", Outcome::Due),
        ] {
            let decision = decide(&rules, &s.kinds, &facts, false, at(t));
            assert_eq!(decision.outcome, expected, "{name} at {t}");
            let row = Row { key: "", facts: &facts, field: &|_| None };
            let compiled = compile(&rules, &s.kinds, at(t), &[]);
            assert_eq!(compiled.outcome(&row), expected, "{name} at {t}, compiled");
        }
    }
}

/// One period, no more: the compiled test is one comparison, which an index serves.
#[test]
fn a_plain_rule_is_a_plain_test() {
    let at: Timestamp = "2027-01-01T00:00:00+01:00".parse().unwrap();
    let s = around(&Kind::Date, "1 year".parse().unwrap(), (0, 0), vec![at]);
    let within = Test::Within(0, Cutoff::Date(Date::constant(2025, 12, 31)));
    let compiled = compile(&s.rules, &s.kinds, at, &[]);
    assert_eq!(compiled.due, within);
    assert_eq!(compiled.classes[0], (Outcome::Held, Test::Const(false)));
    let holds = vec![HoldScope::All];
    let compiled = compile(&s.rules, &s.kinds, at, &holds);
    assert_eq!(compiled.due, Test::All(vec![within.clone(), Test::NotHeld(holds.clone())]));
    assert_eq!(compiled.classes[0], (Outcome::Held, Test::Held(holds)));
    // Two grounds with conditions: neither an and in an and, nor an or in an or.
    let mut two = s.rules.clone();
    let when = |state: &str| When {
        fact: TIMES,
        test: ConditionTest::In(vec![Literal::Text(state.to_owned())]),
    };
    two.grounds[0].when = vec![when("a"), when("b")];
    two.grounds.push(s.rules.grounds[0].clone());
    two.grounds[1].pieces[0].term = Some("2 years".parse().unwrap());
    let not = |state: &str| Test::NotIn(TIMES, vec![Literal::Text(state.to_owned())]);
    let longer = Test::Within(0, Cutoff::Date(Date::constant(2024, 12, 31)));
    let expected = vec![Test::Any(vec![not("a"), not("b"), within]), longer];
    assert_eq!(compile(&two, &s.kinds, at, &[]).due, Test::All(expected.clone()));
    let holds = vec![HoldScope::All];
    let held = [expected, vec![Test::NotHeld(holds.clone())]].concat();
    assert_eq!(compile(&two, &s.kinds, at, &holds).due, Test::All(held));
}

/// The bound that an index serves: of an and the tightest, of an or the loosest, and none where a
/// part does not bind the fact.
#[test]
fn a_test_binds_its_starting_point() {
    let date = |day| Cutoff::Date(Date::constant(2020, 1, day));
    let local = |nanos, inclusive| {
        let at = Date::constant(2020, 1, 1).at(0, 0, 0, nanos);
        Cutoff::Local { at, inclusive }
    };
    let instant = |nanos, inclusive| {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_nanos(nanos);
        Cutoff::Instant { at, inclusive }
    };
    // Each pair from tight to loose.
    for (tight, loose) in [
        (date(1), date(2)),
        (local(0, true), local(1, false)),
        (local(1, false), local(1, true)),
        (instant(0, true), instant(1, false)),
        (instant(1, false), instant(1, true)),
    ] {
        let (a, b) = (Test::Within(0, tight), Test::Within(0, loose));
        assert_eq!((a.bound(0), a.bound(1)), (Some(tight), None));
        for parts in [vec![a.clone(), b.clone()], vec![b.clone(), a.clone()]] {
            assert_eq!(Test::All(parts.clone()).bound(0), Some(tight));
            assert_eq!(Test::Any(parts).bound(0), Some(loose));
        }
        let other = Test::Empty(1);
        assert_eq!(Test::All(vec![other.clone(), b.clone()]).bound(0), Some(loose));
        assert_eq!(Test::Any(vec![b.clone(), other]).bound(0), None);
        assert_eq!(Test::Any(vec![b, Test::Within(1, tight)]).bound(0), None);
        assert_eq!(Test::Beyond(0, tight).bound(0), None);
    }
    assert_eq!(Test::Within(0, Cutoff::None).bound(0), None);
    let at: Timestamp = "2027-01-01T00:00:00+01:00".parse().unwrap();
    let s = around(&Kind::Date, "1 year".parse().unwrap(), (0, 0), vec![at]);
    let last = Cutoff::Date(Date::constant(2025, 12, 31));
    assert_eq!(compile(&s.rules, &s.kinds, at, &[HoldScope::All]).due.bound(0), Some(last));
}

/// The words of the six decisions, which files, reports and people use.
#[test]
fn decisions_have_their_words() {
    let words = Outcome::ALL.map(|o| (o.word(), o.word_da()));
    let expected = [
        ("held", "tilbageholdt"),
        ("unclear", "uafklaret"),
        ("restrict", "begrænset"),
        ("review", "til vurdering"),
        ("keep", "opbevares"),
        ("due", "skal slettes"),
    ];
    assert_eq!(words, expected);
    let problems = [Problem::Missing, Problem::WrongType, Problem::Impossible];
    let expected = [
        ("is missing", "mangler"),
        ("is not written as the register says", "er ikke skrevet, som fortegnelsen siger"),
        (
            "names a day or time that does not exist",
            "angiver en dag eller et tidspunkt, der ikke findes",
        ),
    ];
    assert_eq!(problems.map(|p| (p.text(), p.text_da())), expected);
}

proptest! {
    #![proptest_config(settings())]

    /// Law 1, never early: a record is due only when every duty to keep that concerns it is over
    /// by its own period, in whatever way the rule is put together; and never under a hold.
    #[test]
    fn never_early(s in records()) {
        for (facts, t, decision) in decisions(&s) {
            let held = decide(&s.rules, &s.kinds, &facts, true, t);
            prop_assert_eq!(held.outcome, Outcome::Held);
            prop_assert_eq!((held.due_since, held.next_change), (None, None));
            if decision.outcome == Outcome::Due {
                for g in s.rules.grounds.iter().filter(|g| g.force == Force::Demands) {
                    let over = is_over(&s, g, &facts, t);
                    prop_assert_eq!(over, Ok(()), "due at {}: {:?}\n{:?}", t, g, facts);
                }
            }
        }
    }

    /// Law 1 for purposes: without a maximum, a record is due only when each purpose is over too,
    /// by its period, by the fact that ends it, or with the purpose itself.
    #[test]
    fn never_early_for_a_purpose(s in records()) {
        let mut s = s;
        s.rules.maximums.clear();
        for (facts, t, decision) in decisions(&s) {
            if decision.outcome != Outcome::Due {
                continue;
            }
            for g in &s.rules.grounds {
                let local = |zone: &jiff::tz::TimeZone| t.to_zoned(zone.clone()).date();
                // A day of room: where clocks are put back over midnight a day has begun already.
                let today = local(&s.rules.calendar.zone).tomorrow().unwrap();
                let ended = g.ended.is_some_and(|d| d <= today);
                let until = g.until.and_then(|f| value::start(&facts[f], &s.kinds[f]).ok());
                let until = until.is_some_and(|start| match start {
                    Start::Date(d) => d <= today,
                    Start::Local(at, zone) => at.date() <= local(&zone).tomorrow().unwrap(),
                    Start::Instant(at) => at <= t,
                });
                let over = is_over(&s, g, &facts, t);
                prop_assert!(over.is_ok() || until || ended, "{over:?}: {g:?}\n{facts:?} at {t}");
            }
        }
    }

    /// Law 2, silence keeps: a record that is due with a fact missing is due whatever that fact
    /// says. So leaving a fact out never makes anything due that saying it would keep. (Facts of
    /// which a rule asks whether they are there are another matter: absence is what they say.)
    #[test]
    fn silence_keeps(s in records(), fact in 0..TIMES + STATES) {
        for (facts, t, decision) in decisions(&s) {
            let mut silent = facts.clone();
            silent[fact] = Value::Null;
            if outcome(&s.rules, &s.kinds, &silent, t) == Outcome::Due {
                prop_assert_eq!(decision.outcome, Outcome::Due, "{:?} at {}", facts, t);
            }
        }
    }

    /// Law 2, a legitimately open end: a starting point that is declared open and missing keeps,
    /// whatever the other grounds say.
    #[test]
    fn an_open_end_keeps(s in records(), which: Index) {
        let mut s = s;
        s.rules.maximums.clear();
        let ix = which.index(s.rules.grounds.len());
        let g = &mut s.rules.grounds[ix];
        (g.force, g.from, g.open) = (Force::Permits, Some(0), true);
        (g.until, g.given, g.ended, g.when) = (None, None, None, Vec::new());
        if g.pieces.iter().all(|p| p.term.is_none()) {
            g.pieces = vec![Piece { from: None, to: None, term: Some(Period::years(1).into()), citation: None, verified: None }];
        }
        for (mut facts, t, _) in decisions(&s) {
            facts[0] = Value::Null;
            let decided = outcome(&s.rules, &s.kinds, &facts, t);
            // Only whether it is to be reviewed may be open.
            let kept = match s.rules.periodic {
                None => decided == Outcome::Keep,
                Some(_) => [Outcome::Keep, Outcome::Review, Outcome::Unclear].contains(&decided),
            };
            prop_assert!(kept, "{:?}: {:?} at {}", decided, facts, t);
        }
    }

    /// Law 2, what cannot be read: a record that is due with a fact that could not be read at all
    /// is due whatever it says, or if it is not there; so also with a state or a starting point
    /// of which only that can be said that it is there. The compiled test decides the same.
    #[test]
    fn what_cannot_be_read_keeps(
        s in records(), fact in 0..TIMES + STATES + PRESENCES, other in any::<bool>(),
    ) {
        let value = if other && fact < TIMES + STATES { Value::Other } else { Value::Unreadable };
        for (facts, t, decision) in decisions(&s) {
            let mut unreadable = facts.clone();
            unreadable[fact] = value.clone();
            let decided = outcome(&s.rules, &s.kinds, &unreadable, t);
            if decided == Outcome::Due {
                prop_assert_eq!(decision.outcome, Outcome::Due, "{:?} at {}", facts, t);
            }
            let row = Row { key: "", facts: &unreadable, field: &|_| None };
            let compiled = compile(&s.rules, &s.kinds, t, &[]);
            prop_assert_eq!(compiled.outcome(&row), decided, "{:?} at {}", unreadable, t);
        }
    }

    /// Law 3, monotone in time: once due always due; once no longer plainly kept never again.
    #[test]
    fn time_moves_towards_due(s in records(), seconds in 0i64..400_000_000, nanos in 0i64..2) {
        let by = SignedDuration::from_secs(seconds) + SignedDuration::from_nanos(nanos);
        for (facts, t, decision) in decisions(&s) {
            let later = outcome(&s.rules, &s.kinds, &facts, t + by);
            if decision.outcome == Outcome::Due {
                prop_assert_eq!(later, Outcome::Due, "{:?} at {} and {} later", facts, t, by);
            }
            if later == Outcome::Keep {
                prop_assert_eq!(decision.outcome, Outcome::Keep);
            }
        }
    }

    /// Law 3: adding a duty to keep, or a purpose, never makes anything due.
    #[test]
    fn a_further_ground_never_makes_due(s in records(), other in records(), which: Index) {
        let mut more = s.rules.clone();
        more.grounds.push(which.get(&other.rules.grounds).clone());
        // Its conditions are about facts of kinds that this record need not have: unknown, then.
        for (facts, t, decision) in decisions(&s) {
            if outcome(&more, &s.kinds, &facts, t) == Outcome::Due {
                prop_assert_eq!(decision.outcome, Outcome::Due, "{:?} at {}", facts, t);
            }
        }
    }

    /// Law 3: a withdrawal (or any other fact that ends a purpose at once) and the end of a
    /// purpose never keep anything longer: what was due stays due.
    #[test]
    fn ending_a_purpose_never_keeps(
        s in records(), which: Index, fact in 0..TIMES, ended in any::<bool>(), day in 0i64..20_000,
    ) {
        let mut s = s;
        let ix = which.index(s.rules.grounds.len());
        s.rules.grounds[ix].until = None;
        s.rules.grounds[ix].ended = None;
        let mut ending = s.rules.clone();
        if ended {
            let day = Date::constant(1990, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            ending.grounds[ix].ended = Some(day);
        } else {
            ending.grounds[ix].until = Some(fact);
        }
        for (facts, t, decision) in decisions(&s) {
            let readable = matches!(
                value::start(&facts[fact], &s.kinds[fact]),
                Ok(_) | Err(Problem::Missing)
            );
            if decision.outcome == Outcome::Due && (ended || readable) {
                let then = outcome(&ending, &s.kinds, &facts, t);
                prop_assert_eq!(then, Outcome::Due, "{:?} at {}", facts, t);
            }
        }
    }

    /// Law 4, order does not matter: grounds, maximums, conditions, versions and facts in any
    /// order give the same outcome, the same dates, and the same reasons in another order.
    #[test]
    fn order_does_not_matter(
        (s, order) in records().prop_flat_map(|s| {
            let order = Just((0..s.rules.grounds.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(s), order)
        }),
    ) {
        let mut other = s.rules.clone();
        other.grounds = order.iter().map(|ix| s.rules.grounds[*ix].clone()).collect();
        let now_at = |old: usize| order.iter().position(|ix| *ix == old).unwrap();
        for m in &mut other.maximums {
            m.lifted_by = m.lifted_by.iter().map(|ix| now_at(*ix)).collect();
            m.when.reverse();
            m.pieces.reverse();
        }
        for g in &mut other.grounds {
            g.when.reverse();
            g.pieces.reverse();
        }
        other.maximums.reverse();
        for (facts, t, one) in decisions(&s) {
            let two = decide(&other, &s.kinds, &facts, false, t);
            prop_assert_eq!(one.outcome, two.outcome);
            prop_assert_eq!(one.due_since, two.due_since);
            prop_assert_eq!(one.next_change, two.next_change);
            let sorted = |d: &Decision| {
                let told = |r: &frist_decide::Reason| match &r.standing {
                    // Of several facts that cannot be read, the first is named.
                    Standing::Unknown { .. } => format!("{:?} unknown", r.role),
                    standing => format!("{:?} {standing:?} {:?} {:?}", r.role, r.start, r.last_day),
                };
                let mut told: Vec<String> = d.reasons.iter().map(told).collect();
                told.sort();
                told
            };
            prop_assert_eq!(sorted(&one), sorted(&two));
        }
    }

    /// Law 5, every answer has reasons: one for each ground, each maximum and the review. What is
    /// kept has a ground that runs, what is restricted a duty that runs, what is unclear a fact
    /// that somebody can put right, and what is due none that runs, unless a maximum ran out.
    #[test]
    fn every_answer_has_reasons(s in records()) {
        for (facts, t, d) in decisions(&s) {
            let rules = &s.rules;
            let limits = rules.maximums.len() + usize::from(rules.periodic.is_some());
            prop_assert_eq!(d.reasons.len(), rules.grounds.len() + limits);
            prop_assert_eq!(d.at, t);
            let is = |role, f: fn(&Standing) -> bool| {
                d.reasons.iter().any(|r| r.role == role && f(&r.standing))
            };
            let live = |s: &Standing| matches!(s, Standing::Live(_));
            let unknown = |s: &Standing| matches!(s, Standing::Unknown { .. });
            let ended = |s: &Standing| matches!(s, Standing::Ended(_));
            let case = format!("{:?}: {:?} at {t}", d.outcome, facts);
            match d.outcome {
                Outcome::Keep => prop_assert!(is(Role::Permits, live), "{case}"),
                Outcome::Restrict => prop_assert!(is(Role::Demands, live), "{case}"),
                Outcome::Unclear => {
                    prop_assert!(d.reasons.iter().any(|r| unknown(&r.standing)), "{case}")
                }
                Outcome::Due => {
                    prop_assert!(!is(Role::Demands, live) && !is(Role::Demands, unknown), "{case}");
                    let runs = is(Role::Permits, live) || is(Role::Permits, unknown);
                    prop_assert!(!runs || is(Role::Limits, ended), "{case}");
                }
                Outcome::Review | Outcome::Held => {}
            }
            for reason in &d.reasons {
                match &reason.standing {
                    Standing::Unknown { fact, .. } => prop_assert!(!fact.is_empty(), "{case}"),
                    Standing::Ended(Some(at)) => prop_assert!(*at <= t, "{case}"),
                    Standing::Live(Some(at)) => prop_assert!(*at > t, "{case}"),
                    _ => {}
                }
            }
        }
    }

    /// Law 5, since when: a due record was due at `due_since`, not a nanosecond before. A due
    /// record without one was due before any of its dates.
    #[test]
    fn due_since_is_the_first_instant(s in records()) {
        let early: Timestamp = "0001-01-02T00:00:00Z".parse().unwrap();
        for (facts, t, d) in decisions(&s) {
            let at = |t| outcome(&s.rules, &s.kinds, &facts, t);
            match (d.outcome, d.due_since) {
                (Outcome::Due, Some(since)) => {
                    prop_assert!(since <= t);
                    prop_assert_eq!(at(since), Outcome::Due, "{:?} since {}", facts, since);
                    let before = since - NANOSECOND;
                    prop_assert_ne!(at(before), Outcome::Due, "{:?} since {}", facts, since);
                }
                (Outcome::Due, None) => prop_assert_eq!(at(early), Outcome::Due, "{:?}", facts),
                (_, since) => prop_assert_eq!(since, None),
            }
        }
    }

    /// Law 5, until when: up to `next_change` the decision is the same at every instant, and at
    /// `next_change` it is another; without one it stays the same. That is by time alone: a fact
    /// that is put right, a hold or a person's assessment may change it sooner.
    #[test]
    fn next_change_is_the_next_change(s in records(), share in 0u8..=255, far in 0i64..9_000_000_000) {
        for (facts, t, d) in decisions(&s) {
            let at = |t| outcome(&s.rules, &s.kinds, &facts, t);
            let case = format!("{:?} at {t}: {facts:?}, then {:?}", d.outcome, d.next_change);
            match d.next_change {
                Some(next) => {
                    prop_assert!(next > t);
                    prop_assert_ne!(at(next), d.outcome, "{}", &case);
                    prop_assert_eq!(at(next - NANOSECOND), d.outcome, "{}", &case);
                    let seconds = next.duration_since(t).as_secs() / 256 * i64::from(share);
                    let between = t + SignedDuration::from_secs(seconds);
                    prop_assert_eq!(at(between), d.outcome, "{}", &case);
                }
                None => prop_assert_eq!(at(t + SignedDuration::from_secs(far)), d.outcome, "{}", &case),
            }
        }
    }

    /// An end that never comes, such as 9999-12-31 for "not yet", keeps: in whatever form.
    #[test]
    fn a_placeholder_for_never_keeps(s in records(), term in term(), time in select(vec![0i8, 12, 23])) {
        let mut s = s;
        s.rules.maximums.clear();
        s.rules.grounds.truncate(1);
        let g = &mut s.rules.grounds[0];
        (g.from, g.until, g.ended, g.when) = (Some(0), None, None, Vec::new());
        g.pieces = vec![Piece { from: None, to: None, term: Some(term), citation: None, verified: None }];
        let end = Date::constant(9999, 12, 31);
        let value = match &s.kinds[0] {
            Kind::Date => Value::Date(end),
            Kind::Local(_) => Value::DateTime(end.at(time, 59, 0, 0)),
            Kind::Instant => Value::Instant(Timestamp::MAX),
            Kind::UnixSeconds => Value::Int(253_402_300_799),
            _ => Value::Int(253_402_300_799_999),
        };
        for (mut facts, t, _) in decisions(&s) {
            facts[0] = value.clone();
            prop_assert_ne!(outcome(&s.rules, &s.kinds, &facts, t), Outcome::Due);
        }
    }

    /// An answer decides only where the rule asks: it never breaks a duty to keep, never outlives a duty to
    /// erase, and what it says is told.
    #[test]
    fn an_answer_decides_only_what_is_asked(s in records(), seconds in -100_000_000i64..100_000_000) {
        for (facts, t, without) in decisions(&s) {
            let at = t + SignedDuration::from_secs(seconds);
            for verdict in [Verdict::Keep { until: at }, Verdict::Erase { since: at }] {
                let d = decide_answered(&s.rules, &s.kinds, &facts, false, Some(verdict), t);
                prop_assert_eq!(d.answered.is_some(), d.outcome != without.outcome);
                let counts = verdict.keeps(t) || verdict.erases(t);
                prop_assert!(counts || d.outcome == without.outcome);
                let duty = d.reasons.iter().any(|r| r.role == Role::Demands
                    && matches!(r.standing, Standing::Live(_) | Standing::Unknown { .. }));
                match (without.outcome, d.outcome) {
                    (a, b) if a == b => prop_assert!(!counts || a != Outcome::Review),
                    (Outcome::Review | Outcome::Unclear, Outcome::Keep) => {
                        prop_assert!(verdict.keeps(t));
                    }
                    (Outcome::Review | Outcome::Unclear, Outcome::Due) => {
                        prop_assert!(verdict.erases(t) && !duty);
                    }
                    (Outcome::Review | Outcome::Unclear, Outcome::Restrict)
                    // No ground is left but a duty of which a fact does not say whether it concerns it.
                    | (Outcome::Review, Outcome::Unclear) => {
                        prop_assert!(verdict.erases(t) && duty);
                    }
                    (a, b) => prop_assert!(false, "{a:?} became {b:?}"),
                }
                if let Some(next) = d.next_change {
                    let then = |t| decide_answered(&s.rules, &s.kinds, &facts, false, Some(verdict), t).outcome;
                    prop_assert_eq!(then(next - NANOSECOND), d.outcome);
                    prop_assert_ne!(then(next), d.outcome);
                }
            }
        }
    }
}
