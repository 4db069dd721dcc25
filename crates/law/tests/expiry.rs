//! Worked vectors and properties of the pair [`expires`] and [`cutoff`].

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use frist_law::{
    Anchor, Calendar, Cutoff, Expiry, FinancialYears, Period, Start, StartKind, Term, Unit, cutoff,
    expires, last_day, zone,
};
use jiff::civil::{Date, DateTime, date, datetime};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn term(text: &str) -> Term {
    text.parse().unwrap()
}

fn local(text: &str, name: &str) -> Start {
    Start::Local(text.parse().unwrap(), zone(name).unwrap())
}

#[test]
fn worked_examples_of_the_law() {
    let dk = Calendar::denmark();
    for (term_text, start, last, over) in [
        (
            "5 years from the end of the financial year",
            date(2021, 3, 17),
            date(2026, 12, 31),
            "2027-01-01T00:00+01:00",
        ),
        ("5 years", date(2024, 2, 29), date(2029, 2, 28), "2029-03-01T00:00+01:00"),
        ("30 days", date(2026, 3, 1), date(2026, 3, 31), "2026-04-01T00:00+02:00"),
        ("1 month", date(2026, 1, 31), date(2026, 2, 28), "2026-03-01T00:00+01:00"),
        ("0 days", date(2026, 1, 31), date(2026, 1, 31), "2026-02-01T00:00+01:00"),
        (
            "1 month from the end of the month",
            date(2026, 1, 5),
            date(2026, 2, 28),
            "2026-03-01T00:00+01:00",
        ),
        (
            "1 year from the end of the calendar year",
            date(2026, 1, 1),
            date(2027, 12, 31),
            "2028-01-01T00:00+01:00",
        ),
    ] {
        let (term, start) = (term(term_text), Start::Date(start));
        assert_eq!(last_day(term, &start, &dk), Some(last), "{term_text}");
        assert_eq!(expires(term, &start, &dk), Expiry::At(at(over)), "{term_text}");
    }
}

#[test]
fn an_expiry_tells_its_instant() {
    let end = Start::Date(date(2024, 2, 29));
    let over = expires(term("5 years"), &end, &Calendar::denmark());
    assert_eq!(over.at(), Some(at("2029-03-01T00:00+01:00")));
    assert!(over.is_over(at("2029-03-01T00:00+01:00")));
    assert!(!over.is_over(at("2029-02-28T23:59:59.999999999+01:00")));
    assert_eq!(Expiry::Never.at(), None);
}

#[test]
fn the_cutoff_of_bookkeeping_is_the_whole_financial_year() {
    let dk = Calendar::denmark();
    let term = term("5 years from the end of the financial year");
    let eve = at("2027-01-01T00:00+01:00") - SignedDuration::from_nanos(1);
    let cut = |t, kind: &StartKind| cutoff(term, t, kind, &dk);
    assert_eq!(cut(eve, &StartKind::Date), Cutoff::Date(date(2020, 12, 31)));
    let new_year = at("2027-01-01T00:00+01:00");
    assert_eq!(cut(new_year, &StartKind::Date), Cutoff::Date(date(2021, 12, 31)));
    let at = at("2022-01-01T00:00+01:00");
    assert_eq!(cut(new_year, &StartKind::Instant), Cutoff::Instant { at, inclusive: false });
    let at = datetime(2022, 1, 1, 0, 0, 0, 0);
    let kind = StartKind::Local(dk.zone.clone());
    assert_eq!(cut(new_year, &kind), Cutoff::Local { at, inclusive: false });
}

#[test]
fn hours_are_elapsed_time() {
    let dk = Calendar::denmark();
    let start = Start::Instant(at("2026-03-28T12:00+01:00"));
    // Clocks are put forward in the night between: 24 hours later it is 13 o'clock.
    let over = Expiry::At(at("2026-03-29T13:00+02:00"));
    assert_eq!(expires(term("24 hours"), &start, &dk), over);
    // A date counts from the end of its day.
    let start = Start::Date(date(2026, 3, 28));
    let over = Expiry::At(at("2026-03-30T01:00+02:00"));
    assert_eq!(expires(term("24 hours"), &start, &dk), over);
    assert_eq!(last_day(term("24 hours"), &start, &dk), None);
    let start = Start::Instant(at("2026-03-02T08:00Z"));
    let over = Expiry::At(at("2026-04-01T02:00+02:00"));
    assert_eq!(expires(term("2 hours from the end of the month"), &start, &dk), over);
}

#[test]
fn a_local_time_that_comes_twice_means_the_later() {
    let dk = Calendar::denmark();
    let name = "Europe/Copenhagen";
    let starts = [
        ("2026-10-25T01:59", "2026-10-25T01:59+02:00"),
        ("2026-10-25T02:00", "2026-10-25T02:00+01:00"),
        ("2026-10-25T02:59", "2026-10-25T02:59+01:00"),
        // In the gap: the instant of the change.
        ("2026-03-29T02:00", "2026-03-29T03:00+02:00"),
        ("2026-03-29T02:30", "2026-03-29T03:00+02:00"),
        ("2026-03-29T03:00", "2026-03-29T03:00+02:00"),
    ];
    for (text, instant) in starts {
        let over = expires(term("0 hours"), &local(text, name), &dk);
        assert_eq!(over, Expiry::At(at(instant)), "{text}");
    }
}

#[test]
fn the_cutoff_of_local_hours_stops_before_the_hour_that_will_come_again() {
    let dk = Calendar::denmark();
    let kind = StartKind::Local(dk.zone.clone());
    let cut = |t| cutoff(term("96 hours"), at(t), &kind, &dk);
    let repeats = Cutoff::Local { at: datetime(2026, 10, 25, 2, 0, 0, 0), inclusive: false };
    // 96 hours after the first and after the second 02:30.
    assert_eq!(cut("2026-10-29T02:30+02:00"), repeats);
    let second = Cutoff::Local { at: datetime(2026, 10, 25, 2, 30, 0, 0), inclusive: true };
    assert_eq!(cut("2026-10-29T02:30+01:00"), second);
}

#[test]
fn days_that_begin_late_twice_or_never() {
    let on = |name: &str| Calendar::new(zone(name).unwrap(), FinancialYears::calendar());
    for (name, day, over) in [
        // Clocks forward at midnight: the day begins at 01:00.
        ("America/Havana", date(2026, 3, 7), "2026-03-08T01:00-04:00"),
        // Back at 01:00: midnight comes twice, but the date stays after the first.
        ("America/Havana", date(2026, 10, 31), "2026-11-01T00:00-04:00"),
        // Back at 00:01 to 23:01: the old day comes again.
        ("America/St_Johns", date(2010, 11, 6), "2010-11-07T00:00-03:30"),
        // 30 December 2011 was left out.
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-31T00:00+14:00"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-31T00:00+14:00"),
        // 23:30 became 00:30.
        ("America/Toronto", date(1919, 3, 30), "1919-03-31T00:30-04:00"),
    ] {
        let over = Expiry::At(at(over));
        assert_eq!(
            expires(Period::ZERO.into(), &Start::Date(day), &on(name)),
            over,
            "{name} {day}"
        );
    }
    // The minute of the 7th before clocks went back to the 6th, and the 6th come again, both
    // count as the 7th.
    let zero = Term::from(Period::ZERO);
    for t in ["2010-11-07T00:00:30-02:30", "2010-11-06T23:30-03:30"] {
        let last = last_day(zero, &Start::Instant(at(t)), &on("America/St_Johns"));
        assert_eq!(last, Some(date(2010, 11, 7)), "{t}");
    }
}

#[test]
fn far_away_dates_keep_and_nothing_panics() {
    let dk = Calendar::denmark();
    let huge = [Period::years(u32::MAX), Period::months(u32::MAX), Period::days(u32::MAX)];
    for period in huge.into_iter().chain([Period::hours(u32::MAX), Period::years(5)]) {
        let sentinels = [
            Start::Date(date(9999, 12, 31)),
            local("9999-12-31T23:59:59", "Europe/Copenhagen"),
            Start::Instant(Timestamp::MAX),
        ];
        for start in sentinels {
            assert_eq!(expires(period.into(), &start, &dk), Expiry::Never, "{period} {start:?}");
        }
    }
    for text in ["0 days", "0 hours", "0 days from the end of the financial year"] {
        let start = Start::Date(Date::MAX);
        assert_eq!(expires(term(text), &start, &dk), Expiry::Never, "{text}");
    }
    let start = Start::Date(date(2020, 1, 1));
    assert_eq!(expires(Period::years(u32::MAX).into(), &start, &dk), Expiry::Never);
    let first = dk.zone.to_datetime(Timestamp::MIN);
    let before = first - SignedDuration::from_nanos(1);
    for local in [first, before, DateTime::MIN] {
        let over = expires(term("0 hours"), &Start::Local(local, dk.zone.clone()), &dk);
        assert_eq!(over, Expiry::At(Timestamp::MIN), "{local}");
    }
    for kind in [StartKind::Date, StartKind::Instant, StartKind::Local(dk.zone.clone())] {
        assert_eq!(cutoff(term("5 years"), Timestamp::MIN, &kind, &dk), Cutoff::None);
        assert_eq!(cutoff(term("5 hours"), Timestamp::MIN, &kind, &dk), Cutoff::None);
    }
}

#[test]
fn a_start_of_another_kind_is_never_admitted() {
    let start = Start::Instant(Timestamp::MIN);
    assert!(!Cutoff::Date(Date::MAX).admits(&start));
    assert!(!Cutoff::None.admits(&start));
}

// --- properties ---

/// Zones with ordinary, odd and historic changes: at midnight, over midnight, of half an hour, of
/// a whole day, and none.
const ZONES: [&str; 11] = [
    "Europe/Copenhagen",
    "Europe/Copenhagen",
    "Atlantic/Azores",
    "America/Havana",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "America/Juneau",
    "Asia/Kathmandu",
    "UTC",
];

fn any_zone() -> impl Strategy<Value = jiff::tz::TimeZone> {
    proptest::sample::select(&ZONES[..]).prop_map(|name| zone(name).unwrap())
}

fn any_years() -> impl Strategy<Value = FinancialYears> {
    let end =
        || proptest::sample::select(vec!["12-31", "06-30", "02-28", "02-29", "04-30", "09-15"]);
    let changes = proptest::collection::btree_map(any_date(), end(), 0..3);
    (end(), changes).prop_map(|(first, later)| {
        let later = later.into_iter().map(|(from, end)| (Some(from), end));
        FinancialYears::with_changes([(None, first)].into_iter().chain(later)).unwrap()
    })
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    (any_zone(), any_years()).prop_map(|(zone, years)| Calendar::new(zone, years))
}

fn any_term() -> impl Strategy<Value = Term> {
    let unit = proptest::sample::select(vec![Unit::Hours, Unit::Days, Unit::Months, Unit::Years]);
    let anchor = proptest::sample::select(vec![
        Anchor::AsIs,
        Anchor::AsIs,
        Anchor::EndOfMonth,
        Anchor::EndOfCalendarYear,
        Anchor::EndOfFinancialYear,
    ]);
    let count = prop_oneof![0u32..100, 0u32..10_000, Just(u32::MAX)];
    (count, unit, anchor)
        .prop_map(|(count, unit, anchor)| Term::new(Period { count, unit }, anchor))
}

/// Mostly the days that are awkward: month ends, leap days, days of changes, the ends of time.
fn any_date() -> impl Strategy<Value = Date> {
    let day = |year: i16, month: i8, day: i8| {
        let first = Date::constant(year, month, 1);
        first.with().day(day.min(first.days_in_month())).build().unwrap()
    };
    let months = prop_oneof![Just(2i8), Just(3), Just(10), Just(11), Just(12), 1i8..=12];
    let days = prop_oneof![1i8..=31, 28i8..=31, 24i8..=31];
    prop_oneof![
        8 => (1960i16..2060, months, days).prop_map(move |(y, m, d)| day(y, m, d)),
        1 => proptest::sample::select(vec![
            date(2010, 11, 6), date(2010, 11, 7), date(2011, 12, 29), date(2011, 12, 30),
            date(1969, 9, 30), date(1993, 8, 20), date(1993, 8, 21), date(1867, 10, 18),
            date(1867, 10, 19),
        ]),
        1 => proptest::sample::select(vec![
            Date::MIN, date(-9999, 1, 2), date(-9999, 12, 31), date(1, 1, 1), date(9998, 12, 31), date(9999, 12, 29),
            date(9999, 12, 30), Date::MAX,
        ]),
    ]
}

fn any_local() -> impl Strategy<Value = DateTime> {
    let hour = prop_oneof![0i8..4, 0i8..24, Just(23)];
    let minute = prop_oneof![Just(0i8), Just(1), Just(59), 0i8..60];
    let nano = prop_oneof![Just(0i32), Just(1), Just(999_999_999)];
    (any_date(), hour, minute, nano).prop_map(|(date, hour, minute, nano)| {
        let second = if nano == 999_999_999 { 59 } else { 0 };
        date.at(hour, minute, second, nano)
    })
}

fn any_instant() -> impl Strategy<Value = Timestamp> {
    (any_local(), any_zone()).prop_map(|(local, zone)| {
        let at = zone.to_ambiguous_timestamp(local).compatible();
        at.unwrap_or(if local.year() > 0 { Timestamp::MAX } else { Timestamp::MIN })
    })
}

/// A kind of start, and two starts of it.
fn any_starts() -> impl Strategy<Value = (StartKind, Start, Start)> {
    prop_oneof![
        (any_date(), any_date()).prop_map(|(a, b)| (
            StartKind::Date,
            Start::Date(a),
            Start::Date(b)
        )),
        (any_instant(), any_instant()).prop_map(|(a, b)| (
            StartKind::Instant,
            Start::Instant(a),
            Start::Instant(b)
        )),
        (any_local(), any_local(), any_zone()).prop_map(|(a, b, zone)| {
            let (a, b) = (Start::Local(a, zone.clone()), Start::Local(b, zone.clone()));
            (StartKind::Local(zone), a, b)
        }),
    ]
}

fn before(a: &Start, b: &Start) -> bool {
    match (a, b) {
        (Start::Date(a), Start::Date(b)) => a <= b,
        (Start::Local(a, _), Start::Local(b, _)) => a <= b,
        (Start::Instant(a), Start::Instant(b)) => a <= b,
        _ => panic!("two kinds"),
    }
}

/// A start a little or much later or earlier.
fn nudged(start: &Start, by: SignedDuration) -> Start {
    match start {
        Start::Date(d) => Start::Date(d.saturating_add(by)),
        Start::Local(dt, zone) => Start::Local(dt.saturating_add(by), zone.clone()),
        Start::Instant(t) => Start::Instant(t.saturating_add(by).unwrap()),
    }
}

fn any_nudge() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![
        Just(SignedDuration::from_nanos(1)),
        Just(SignedDuration::from_mins(30)),
        Just(SignedDuration::from_hours(1)),
        Just(SignedDuration::from_hours(24)),
        (0i64..3_000).prop_map(SignedDuration::from_mins),
    ]
}

/// `PROPTEST_CASES` sets another number.
fn settings() -> ProptestConfig {
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig { cases: if set { default.cases } else { 4_000 }, ..default }
}

proptest! {
    #![proptest_config(settings())]

    /// `expires(start) <= t` exactly when the start is within `cutoff(t)`: at any instant, and at
    /// the very instants around the expiry.
    #[test]
    fn cutoff_is_the_inverse_of_expires(
        (kind, start, _) in any_starts(),
        term in any_term(),
        calendar in any_calendar(),
        t in any_instant(),
        nudge in any_nudge(),
    ) {
        let mut instants = vec![t];
        if let Expiry::At(over) = expires(term, &start, &calendar) {
            instants.push(over);
            instants.extend([-nudge, nudge].map(|by| over.saturating_add(by).unwrap()));
        }
        for t in instants {
            let cut = cutoff(term, t, &kind, &calendar);
            for start in [start.clone(), nudged(&start, nudge), nudged(&start, -nudge)] {
                let over = expires(term, &start, &calendar).is_over(t);
                prop_assert_eq!(cut.admits(&start), over, "{:?} {:?} at {}", start, cut, t);
            }
        }
    }

    /// Every start on either side of the cutoff itself is decided as `expires` decides it.
    #[test]
    fn the_bound_itself_is_exact(
        term in any_term(),
        calendar in any_calendar(),
        t in any_instant(),
        starts in any_zone(),
    ) {
        for kind in [StartKind::Date, StartKind::Instant, StartKind::Local(starts.clone())] {
            let cut = cutoff(term, t, &kind, &calendar);
            let bound = match cut {
                Cutoff::None => continue,
                Cutoff::Date(at) => Start::Date(at),
                Cutoff::Local { at, .. } => Start::Local(at, starts.clone()),
                Cutoff::Instant { at, .. } => Start::Instant(at),
            };
            let step = match kind {
                StartKind::Date => SignedDuration::from_hours(24),
                _ => SignedDuration::from_nanos(1),
            };
            for start in [nudged(&bound, -step), bound.clone(), nudged(&bound, step)] {
                let over = expires(term, &start, &calendar).is_over(t);
                prop_assert_eq!(cut.admits(&start), over, "{:?} {:?} at {}", start, cut, t);
            }
        }
    }

    /// A later start never expires earlier.
    #[test]
    fn expires_is_monotone(
        (_, a, b) in any_starts(),
        term in any_term(),
        calendar in any_calendar(),
        nudge in any_nudge(),
    ) {
        let (a, b) = if before(&a, &b) { (a, b) } else { (b, a) };
        let over = |start| expires(term, start, &calendar);
        prop_assert!(over(&a) <= over(&b));
        prop_assert!(over(&a) <= over(&nudged(&a, nudge)));
    }

    /// Never early: no record goes before the local end of its last day, and never before the
    /// local date of its start.
    #[test]
    fn nothing_goes_before_its_last_day_is_over(
        (_, start, _) in any_starts(),
        term in any_term(),
        calendar in any_calendar(),
    ) {
        let last = last_day(term, &start, &calendar);
        if let (Some(last), Expiry::At(over)) = (last, expires(term, &start, &calendar)) {
            prop_assert!(calendar.zone.to_datetime(over).date() > last);
        }
        if let (Some(last), Start::Instant(at)) = (last, &start) {
            prop_assert!(last >= calendar.zone.to_datetime(*at).date());
        }
    }

    /// A year end is on or after its date, and a later date has no earlier year end.
    #[test]
    fn financial_years_are_monotone(years in any_years(), a in any_date(), b in any_date()) {
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(years.end_of(a) >= a);
        prop_assert!(years.end_of(a) <= years.end_of(b));
        // A year end is its own year end.
        prop_assert_eq!(years.end_of(years.end_of(a)), years.end_of(a));
    }

    /// What is written can be read, and no text makes reading panic.
    #[test]
    fn terms_are_read_as_written(term in any_term(), text in "\\PC{0,20}") {
        prop_assert_eq!(term.to_string().parse(), Ok(term));
        // In files too, as a whole and in parts.
        let stored = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        prop_assert_eq!(stored(serde_json::to_value(term).unwrap()), term.to_string());
        let period = stored(serde_json::to_value(term.period).unwrap());
        prop_assert_eq!(period.parse(), Ok(term.period));
        let anchor = stored(serde_json::to_value(term.anchor).unwrap());
        prop_assert_eq!(anchor.parse(), Ok(term.anchor));
        let _ = text.parse::<Term>();
        let _ = FinancialYears::new(&text);
    }
}
