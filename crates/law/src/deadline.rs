//! Deadlines that somebody must meet: answering a request within one month, notifying a breach
//! within 72 hours. They follow Article 3 of Regulation (EEC, Euratom) No 1182/71; limitation
//! periods also § 27 of the Danish limitation act (forældelsesloven).
//!
//! This is the other direction from [`crate::expires`]: a period of keeping never ends early, a
//! deadline never ends late where the event is only roughly known.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::{earliest, latest};
use crate::holidays::is_working_day;
use crate::{Calendar, Period, Start, Unit};

/// Which rule says when a period that ends on a day off ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Regulation 1182/71 Art. 3 with the Danish public holidays: what a controller must meet.
    Regulation1182,
    /// § 27 of the limitation act: also 5 June, 24 December and 31 December move the end. Only
    /// for limitation periods.
    LimitationAct,
}

/// The end of a period that must be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deadline {
    /// The last day, in the calendar's zone. `None` for a period in hours.
    pub last_day: Option<Date>,
    /// The first instant that is too late.
    pub over: Timestamp,
}

/// When something must be done that is due within `period` of `event`. `None` past the year 9999.
///
/// In days, months and years the day of the event is not counted and the period runs to the end
/// of its [`last_day`]. Hours are strictly elapsed time with no regard to weekends; where the
/// event is only known as a date, they count from its beginning.
pub fn deadline(
    period: Period,
    event: &Start,
    rule: Rule,
    calendar: &Calendar,
) -> Option<Deadline> {
    if let Some(elapsed) = period.elapsed() {
        let from = match event {
            Start::Date(date) => calendar.day_begins(*date)?,
            Start::Local(local, zone) => earliest(*local, zone)?,
            Start::Instant(at) => *at,
        };
        return Some(Deadline { last_day: None, over: from.checked_add(elapsed).ok()? });
    }
    let day = match event {
        Start::Date(date) => *date,
        Start::Local(local, zone) => calendar.zone.to_datetime(latest(*local, zone)?).date(),
        Start::Instant(at) => calendar.zone.to_datetime(*at).date(),
    };
    let last = last_day(period, day, rule)?;
    Some(Deadline { last_day: Some(last), over: calendar.day_over(last)? })
}

/// The last day of a period in days, months or years after the day of the event. `None` for
/// hours, and past the year 9999.
///
/// The period ends on the day of the same number, or the month's last day where there is none; a
/// day off moves the end to the next working day; a period of two days or more includes at least
/// two working days.
pub fn last_day(period: Period, event: Date, rule: Rule) -> Option<Date> {
    let mut last = next_working(period.after(event)?, rule)?;
    let two_days_or_more = match period.unit {
        Unit::Hours => false,
        Unit::Days => period.count >= 2,
        Unit::Months | Unit::Years => period.count >= 1,
    };
    if two_days_or_more && working_days_after(event, last, rule) < 2 {
        last = next_working(last.tomorrow().ok()?, rule)?;
    }
    Some(last)
}

/// The date itself, or the next working day if it is a day off.
fn next_working(mut date: Date, rule: Rule) -> Option<Date> {
    while !rule.is_working_day(date) {
        date = date.tomorrow().ok()?;
    }
    Some(date)
}

/// How many working days lie after `event`, up to and including `last`; counting stops at two.
fn working_days_after(event: Date, last: Date, rule: Rule) -> usize {
    let days = event.series(jiff::Span::new().days(1)).skip(1);
    days.take_while(|day| *day <= last).filter(|day| rule.is_working_day(*day)).take(2).count()
}

impl Rule {
    fn is_working_day(self, date: Date) -> bool {
        let also_off = matches!((date.month(), date.day()), (6, 5) | (12, 24) | (12, 31));
        is_working_day(date) && !(also_off && self == Rule::LimitationAct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn last(period: &str, event: &str, rule: Rule) -> String {
        let (period, event) = (period.parse().unwrap(), event.parse().unwrap());
        last_day(period, event, rule).unwrap().to_string()
    }

    #[test]
    fn one_month_to_answer() {
        for (received, one_month_on) in [
            ("2026-01-31", "2026-03-02"),
            ("2026-03-05", "2026-04-07"), // Easter
            ("2026-08-31", "2026-09-30"),
            ("2026-04-14", "2026-05-15"), // Ascension
            ("2026-11-24", "2026-12-24"),
            ("2026-05-05", "2026-06-05"),
            ("2025-12-31", "2026-02-02"),
            ("2023-04-05", "2023-05-08"), // Great Prayer Day
            ("2024-03-26", "2024-04-26"), // abolished
        ] {
            assert_eq!(last("1 month", received, Rule::Regulation1182), one_month_on);
        }
        assert_eq!(last("3 months", "2025-12-31", Rule::Regulation1182), "2026-03-31");
    }

    #[test]
    fn limitation_moves_past_three_more_days() {
        for (from, five_years_on, three_years_on) in [
            ("2021-06-05", "2026-06-08", "2024-06-06"), // Friday; Wednesday
            ("2021-12-24", "2026-12-28", "2024-12-27"), // Christmas and the weekend; Christmas
            ("2021-12-31", "2027-01-04", "2025-01-02"),
        ] {
            assert_eq!(last("5 years", from, Rule::LimitationAct), five_years_on);
            assert_eq!(last("3 years", from, Rule::LimitationAct), three_years_on);
        }
        // The same days are working days for what a controller must meet.
        assert_eq!(last("3 years", "2021-06-05", Rule::Regulation1182), "2024-06-05");
        assert_eq!(last("3 years", "2021-12-24", Rule::Regulation1182), "2024-12-24");
    }

    #[test]
    fn two_days_or_more_include_two_working_days() {
        // From a Friday: Sunday, so Monday, the first working day; Tuesday is the second.
        assert_eq!(last("2 days", "2026-11-20", Rule::Regulation1182), "2026-11-24");
        assert_eq!(last("1 day", "2026-11-20", Rule::Regulation1182), "2026-11-23");
        assert_eq!(last("2 days", "2026-11-17", Rule::Regulation1182), "2026-11-19");
        // From the Wednesday before Easter 2026: Friday to Monday are off, Tuesday and Wednesday.
        assert_eq!(last("2 days", "2026-04-01", Rule::Regulation1182), "2026-04-08");
        assert_eq!(last("4 weeks", "2026-11-24", Rule::Regulation1182), "2026-12-22");
        // Shorter ones need not, also in months.
        assert_eq!(last("0 months", "2026-11-17", Rule::Regulation1182), "2026-11-17");
        assert_eq!(last("1 day", "2026-11-17", Rule::Regulation1182), "2026-11-18");
    }

    #[test]
    fn seventy_two_hours_are_seventy_two_hours() {
        let dk = Calendar::denmark();
        let due = |event| deadline(Period::hours(72), &event, Rule::Regulation1182, &dk).unwrap();
        // A Friday before a weekend in which clocks are put back.
        let friday: Timestamp = "2026-10-23T16:00+02:00".parse().unwrap();
        let monday: Timestamp = "2026-10-26T15:00+01:00".parse().unwrap();
        assert_eq!(due(Start::Instant(friday)), Deadline { last_day: None, over: monday });
        // Only the date is known: from its beginning. The hour that comes twice: the first.
        let over: Timestamp = "2026-10-26T00:00+01:00".parse().unwrap();
        let from_date = deadline(
            Period::hours(73),
            &Start::Date(date(2026, 10, 23)),
            Rule::Regulation1182,
            &dk,
        );
        assert_eq!(from_date.unwrap().over, over);
        let zone = zone("Europe/Copenhagen").unwrap();
        let twice = date(2026, 10, 25).at(2, 30, 0, 0);
        let over: Timestamp = "2026-10-28T01:30+01:00".parse().unwrap();
        assert_eq!(due(Start::Local(twice, zone)).over, over);
    }

    #[test]
    fn a_day_is_over_at_local_midnight() {
        let dk = Calendar::denmark();
        // 23:30 UTC is the next day in Denmark.
        let event = Start::Instant("2026-08-30T23:30Z".parse().unwrap());
        let due = deadline(Period::months(1), &event, Rule::Regulation1182, &dk).unwrap();
        assert_eq!(due.last_day, Some(date(2026, 9, 30)));
        assert_eq!(due.over, "2026-10-01T00:00+02:00".parse().unwrap());
    }

    #[test]
    fn past_the_last_year_there_is_no_deadline() {
        let dk = Calendar::denmark();
        for period in [Period::days(1), Period::hours(1), Period::years(u32::MAX)] {
            let event = Start::Date(Date::MAX);
            assert_eq!(deadline(period, &event, Rule::Regulation1182, &dk), None);
        }
        assert_eq!(last_day(Period::hours(72), date(2026, 1, 1), Rule::Regulation1182), None);
    }

    proptest! {
        /// The end is a working day, not before the bare period, at most a long Easter after it,
        /// and a later event never has an earlier deadline.
        #[test]
        fn ends_on_a_working_day(
            offset in 0i32..30_000,
            more in 0i32..60,
            count in 0u32..60,
            months in any::<bool>(),
            limitation in any::<bool>(),
        ) {
            let event = date(1990, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
            let later = event.checked_add(jiff::Span::new().days(more)).unwrap();
            let period = if months { Period::months(count) } else { Period::days(count) };
            let rule = if limitation { Rule::LimitationAct } else { Rule::Regulation1182 };
            let last = last_day(period, event, rule).unwrap();
            prop_assert!(rule.is_working_day(last));
            let bare = period.after(event).unwrap();
            prop_assert!(last >= bare);
            prop_assert!((last - bare).get_days() <= 7);
            if (months && count >= 1) || count >= 2 {
                prop_assert!(working_days_after(event, last, rule) >= 2);
            }
            prop_assert!(last <= last_day(period, later, rule).unwrap());
        }
    }
}
