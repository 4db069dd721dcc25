//! A year of some 2,000 requests, worked on by staff that forgets: on each day the overview shows
//! exactly those that a reckoning of its own, with a list of holidays and its fingers, says are late
//! or due within a week.

use std::collections::BTreeMap;

use frist_cases::request::{
    Actor, Deferred, Desk, Outcome, Right, Stage, Step, Told, overview, summary,
};
use frist_register::Register;
use frist_state::case::CaseFilter;
use frist_state::{Location, State};
use jiff::civil::{Date, Weekday, date};

use crate::kit::{dk, new, register};

/// The public holidays of the year and the next, as a calendar on the wall has them.
const HOLIDAYS: [(i16, i8, i8); 20] = [
    (2026, 1, 1),
    (2026, 4, 2),
    (2026, 4, 3),
    (2026, 4, 5),
    (2026, 4, 6),
    (2026, 5, 14),
    (2026, 5, 24),
    (2026, 5, 25),
    (2026, 12, 25),
    (2026, 12, 26),
    (2027, 1, 1),
    (2027, 3, 25),
    (2027, 3, 26),
    (2027, 3, 28),
    (2027, 3, 29),
    (2027, 5, 6),
    (2027, 5, 16),
    (2027, 5, 17),
    (2027, 12, 25),
    (2027, 12, 26),
];

const MONTH_LENGTHS: [i8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The day so many months later; if it is a day off, the next that is not. Neither year is a leap
/// year.
fn months_on(from: Date, months: i8) -> Date {
    let counted = from.month() - 1 + months;
    let (year, month) = (from.year() + i16::from(counted / 12), counted % 12);
    let length = MONTH_LENGTHS[usize::try_from(month).unwrap()];
    let mut day = date(year, month + 1, from.day().min(length));
    let off = |day: Date| {
        matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
            || HOLIDAYS.contains(&(day.year(), day.month(), day.day()))
    };
    while off(day) {
        day = day.tomorrow().unwrap();
    }
    day
}

/// What the reckoning remembers of a request.
#[derive(Default)]
struct Truth {
    received: Date,
    identity_moved: bool,
    identity_known: Option<Date>,
    extended: bool,
    refused: bool,
    answered: bool,
    closed: bool,
    parts: Vec<(String, Date, bool)>,
    /// How often somebody looks at it, in a hundred days.
    zeal: u64,
    was_late: bool,
    /// Only to choose what somebody tries next; the reckoning does not look at it.
    stage: Option<Stage>,
}

impl Truth {
    fn last_day(&self) -> Option<Date> {
        if self.closed {
            return None;
        }
        if self.answered {
            let open = self.parts.iter().filter(|(_, _, done)| !done);
            return open.map(|(_, until, _)| until.tomorrow().unwrap()).min();
        }
        let moved = self.identity_known.filter(|_| self.identity_moved);
        let months = if self.extended && !self.refused { 3 } else { 1 };
        Some(months_on(moved.unwrap_or(self.received), months))
    }
}

/// Numbers that are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
}

/// What somebody does next with a request, whether or not it is allowed.
fn next_step(stage: Stage, dice: &mut Dice, today: Date, truth: &Truth) -> Step {
    let text = |t: &str| t.to_owned();
    if dice.percent(8) {
        return Step::Extend { reason: text("mange anmodninger på én gang") };
    }
    match stage {
        Stage::Received if dice.percent(25) => Step::AskIdentity {
            reason: text("ukendt adresse"),
            moves: dice.percent(40).then(|| text("besluttet af DPO")),
        },
        Stage::Received | Stage::IdentityKnown => Step::Searched,
        Stage::IdentityAsked if dice.percent(10) => Step::Withdraw { how: text("ringede") },
        Stage::IdentityAsked => Step::IdentityKnown { how: text("MitID") },
        Stage::Searched | Stage::Decided if stage == Stage::Searched || dice.percent(10) => {
            let outcome =
                [Outcome::Granted, Outcome::PartlyGranted, Outcome::Refused, Outcome::Unfounded]
                    [usize::try_from(dice.below(4)).unwrap()];
            let parts = if outcome == Outcome::PartlyGranted { dice.below(3) } else { 0 };
            let part = |n: u64, dice: &mut Dice| Deferred {
                dataset: format!("d{n}"),
                ground: text("17(3)(b)"),
                until: Some(
                    today.checked_add(jiff::Span::new().days(dice.below(90) as i64)).unwrap(),
                ),
                records: 1,
                done: None,
            };
            Step::Decide {
                outcome,
                reasons: Some(text("en grund")),
                deferred: (0..parts).map(|n| part(n, dice)).collect(),
            }
        }
        Stage::Searched | Stage::Decided => Step::Answer,
        Stage::Answered => {
            match truth.parts.iter().find(|(_, until, done)| !done && *until < today) {
                Some((dataset, ..)) => {
                    Step::PartsDone { dataset: dataset.clone(), waiting: Vec::new() }
                }
                None => Step::Close,
            }
        }
        Stage::Closed => Step::Reopen { reason: text("lukket ved en fejl") },
    }
}

/// What the reckoning notes when a step was taken.
fn note(truth: &mut Truth, step: &Step, today: Date) {
    match step {
        Step::AskIdentity { moves, .. } => truth.identity_moved |= moves.is_some(),
        // The first check that moves is the one that counts; none comes after it here.
        Step::IdentityKnown { .. } => {
            truth.identity_known = truth.identity_known.or(Some(today));
            truth.refused = false;
            truth.parts.clear();
        }
        Step::Extend { .. } => truth.extended = true,
        Step::Decide { outcome, deferred, .. } => {
            truth.refused = outcome.is_refusal();
            truth.parts =
                deferred.iter().map(|p| (p.dataset.clone(), p.until.unwrap(), false)).collect();
        }
        Step::Answer => truth.answered = true,
        // Nothing is carried out here that a recipient would be told of.
        Step::Tell { .. } => {}
        Step::PartsDone { dataset, .. } => {
            for part in &mut truth.parts {
                part.2 |= part.0 == *dataset && part.1 < today;
            }
        }
        Step::Withdraw { .. } | Step::Close => truth.closed = true,
        Step::Searched => {
            truth.refused = false;
            truth.parts.clear();
        }
        Step::Reopen { .. } => {
            truth.closed = false;
            truth.answered = false;
            truth.refused = false;
            truth.parts.clear();
        }
    }
}

#[test]
fn no_missed_deadline_goes_unseen() {
    // On a disk in memory, where there is one: ten thousand commits are waited for otherwise.
    let memory = std::path::Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    };
    let place = folder.path().join("state.sqlite").display().to_string();
    let mut state = State::open(&Location::parse(&place).unwrap()).unwrap();
    let register = register("");
    let mut dice = Dice(20_260_101);
    let mut truths: BTreeMap<String, Truth> = BTreeMap::new();
    let (mut seen_late, mut seen_soon, mut extended, mut taken) = (0, 0, 0, 0);
    let mut today = date(2026, 1, 1);
    while today <= date(2027, 1, 5) {
        if today.year() == 2026 {
            // More on some days than on others, also on Sundays and at Christmas.
            for _ in 0..dice.below(12) {
                open(&mut state, &register, &mut dice, today, &mut truths);
            }
        }
        let numbers: Vec<String> =
            truths.iter().filter(|(_, t)| !t.closed).map(|(n, _)| n.clone()).collect();
        for number in numbers {
            let truth = truths.get_mut(&number).unwrap();
            if !dice.percent(truth.zeal) {
                continue;
            }
            let at = local(today, 10, 0);
            let by = Actor::Person("anna");
            let mut desk = Desk { state: &mut state, register: &register, by, at, signed: "" };
            let step = next_step(truth.stage.unwrap_or(Stage::Received), &mut dice, today, truth);
            if let Ok(kept) = desk.take(&number, None, &step, Told::Nothing, None) {
                truth.stage = Some(kept.request.stage);
                note(truth, &step, today);
                taken += 1;
                extended += usize::from(matches!(step, Step::Extend { .. }));
            }
        }
        let now = local(today, 16, 30);
        let open = CaseFilter { open: Some(true), ..CaseFilter::default() };
        let lines = overview(&mut state, &dk(), now, &open).unwrap();
        let shown: BTreeMap<&str, (i32, bool)> = lines
            .iter()
            .filter(|line| line.urgent)
            .map(|line| (line.case.number.as_str(), (line.days_left.unwrap(), line.late)))
            .collect();
        let open_ones = truths.values().filter(|t| !t.closed).count();
        let mut reckoned = BTreeMap::new();
        for (number, truth) in &mut truths {
            let Some(last) = truth.last_day() else { continue };
            let left = (last - today).get_days();
            if left <= 7 {
                reckoned.insert(number.as_str(), (left, left < 0));
            }
            truth.was_late |= left < 0;
        }
        assert_eq!(shown, reckoned, "on {today}");
        // What breaks first comes first.
        let order: Vec<_> =
            lines.iter().map(|l| l.case.due.map_or(i64::MAX, |d| d.as_second())).collect();
        assert!(order.is_sorted(), "on {today}");
        let sum = summary(&lines);
        let late = reckoned.values().filter(|(_, late)| *late).count();
        assert_eq!((sum.late, sum.soon), (late, reckoned.len() - late), "on {today}");
        assert_eq!(sum.open, open_ones);
        seen_late += late;
        seen_soon += reckoned.len() - late;
        today = today.tomorrow().unwrap();
    }
    let was_late = truths.values().filter(|t| t.was_late).count();
    println!(
        "{} requests, {taken} steps, {extended} extended, {was_late} ever late; shown as late {seen_late} times, as due within a week {seen_soon}",
        truths.len()
    );
    assert!(truths.len() > 1_700 && was_late > 100 && extended > 100 && seen_soon > 1_000);
    // Everything is in the ledger: an opening, a receipt and each step.
    assert_eq!(state.size().unwrap(), (2 * truths.len() + taken) as u64);
}

fn open(
    state: &mut State,
    register: &Register,
    dice: &mut Dice,
    today: Date,
    truths: &mut BTreeMap<String, Truth>,
) {
    let right = Right::ALL[usize::try_from(dice.below(7)).unwrap()];
    // Any hour of the day, also the first minutes: which in UTC is the day before.
    let at = local(today, dice.below(10) as i8, dice.below(60) as i8);
    let mut desk = Desk { state, register, by: Actor::Program("form"), at, signed: "" };
    let opened = desk.open(new(right, at), &[]).unwrap();
    assert!(opened.no_receipt.is_none(), "{:?}", opened.no_receipt);
    let zeal = [80, 60, 35, 5][usize::try_from(dice.below(4)).unwrap()];
    let truth = Truth { received: today, zeal, ..Truth::default() };
    truths.insert(opened.kept.case.number, truth);
}

fn local(day: Date, hour: i8, minute: i8) -> jiff::Timestamp {
    day.at(hour, minute, 0, 0).to_zoned(dk().zone).unwrap().timestamp()
}
