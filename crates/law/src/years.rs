//! The controller's financial years, which may end on any day and may have been changed.

use std::str::FromStr;

use jiff::civil::Date;

use crate::LawError;

/// The last days of the controller's financial years.
///
/// A change applies from its date: the year ends on or after that date follow the new day, those
/// before it the old one. The year in between is as long as that makes it: with `12-31` until
/// 2023 and `06-30` from 2023-01-01 it is the half year to 2023-06-30; with `06-30` from
/// 2023-07-01 it runs 18 months, to 2024-06-30.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FinancialYears {
    /// INVARIANT: never empty; the first has no date, the later ones rise.
    rules: Vec<(Option<Date>, YearEnd)>,
}

/// Month and day on which a financial year ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct YearEnd {
    month: i8,
    day: i8,
}

impl FinancialYears {
    /// Years that always end on the same day, written `MM-DD`. Both `02-28` and `02-29` mean the
    /// last day of February.
    pub fn new(end: &str) -> Result<FinancialYears, LawError> {
        Ok(FinancialYears { rules: vec![(None, end.parse()?)] })
    }

    /// Years whose end was changed: the first entry has no date, each later one says from which
    /// date its `MM-DD` applies.
    pub fn with_changes<S: AsRef<str>>(
        changes: impl IntoIterator<Item = (Option<Date>, S)>,
    ) -> Result<FinancialYears, LawError> {
        let mut rules: Vec<(Option<Date>, YearEnd)> = Vec::new();
        for (from, end) in changes {
            let problem = match (rules.last(), from) {
                (None, Some(_)) => Some("the first has a date"),
                (Some(_), None) => Some("a later one has no date"),
                (Some((last, _)), Some(_)) if *last >= from => {
                    Some("one is not later than the one before")
                }
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(LawError::FinancialYears { problem });
            }
            rules.push((from, end.as_ref().parse()?));
        }
        if rules.is_empty() {
            return Err(LawError::FinancialYears { problem: "there is none" });
        }
        Ok(FinancialYears { rules })
    }

    /// Calendar years, the default.
    pub fn calendar() -> FinancialYears {
        FinancialYears { rules: vec![(None, YearEnd { month: 12, day: 31 })] }
    }

    /// The last day of the financial year that `date` falls in: the first year end on or after
    /// it. A later date never has an earlier year end. At the end of the year 9999, where there
    /// is none, it is that year's last day.
    pub fn end_of(&self, date: Date) -> Date {
        let last_change = self.rules.last().and_then(|(from, _)| *from).unwrap_or(date);
        // After the last change a year end comes within a year.
        let last = date.year().max(last_change.year()).saturating_add(1).min(Date::MAX.year());
        (date.year()..=last).find_map(|year| self.end_in(year, date)).unwrap_or(Date::MAX)
    }

    /// The first year end in `year` that is on or after `date`.
    fn end_in(&self, year: i16, date: Date) -> Option<Date> {
        let ends = self.rules.iter().enumerate().filter_map(|(i, (from, end))| {
            let day = end.in_year(year)?;
            let until = self.rules.get(i + 1).and_then(|(next, _)| *next);
            let applies = from.is_none_or(|from| from <= day) && until.is_none_or(|to| day < to);
            (applies && date <= day).then_some(day)
        });
        ends.min()
    }
}

impl Default for FinancialYears {
    fn default() -> FinancialYears {
        FinancialYears::calendar()
    }
}

impl YearEnd {
    fn in_year(self, year: i16) -> Option<Date> {
        let first = Date::new(year, self.month, 1).ok()?;
        if self.month == 2 && self.day >= 28 {
            return Some(first.last_of_month());
        }
        Date::new(year, self.month, self.day).ok()
    }
}

impl FromStr for YearEnd {
    type Err = LawError;

    fn from_str(text: &str) -> Result<YearEnd, LawError> {
        let two = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            if plain { part.parse::<i8>().ok() } else { None }
        };
        text.trim()
            .split_once('-')
            .and_then(|(month, day)| Some((two(month)?, two(day)?)))
            // 2024 is a leap year, so that 02-29 exists.
            .filter(|(month, day)| Date::new(2024, *month, *day).is_ok())
            .map(|(month, day)| YearEnd { month, day })
            .ok_or_else(|| LawError::MonthDay { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn finds_the_end_of_the_year() {
        let years = FinancialYears::new("06-30").unwrap();
        assert_eq!(years.end_of(date(2024, 6, 30)), date(2024, 6, 30));
        assert_eq!(years.end_of(date(2024, 7, 1)), date(2025, 6, 30));
        assert_eq!(years.end_of(date(9999, 7, 1)), Date::MAX);
        assert_eq!(FinancialYears::default().end_of(date(2021, 3, 1)), date(2021, 12, 31));
    }

    #[test]
    fn february_ends_on_its_last_day() {
        for text in ["02-28", "02-29"] {
            let years = FinancialYears::new(text).unwrap();
            assert_eq!(years.end_of(date(2024, 2, 28)), date(2024, 2, 29));
            assert_eq!(years.end_of(date(2024, 3, 1)), date(2025, 2, 28));
        }
    }

    #[test]
    fn a_change_makes_one_shorter_or_longer_year() {
        let short = [(None, "12-31"), (Some(date(2023, 1, 1)), "06-30")];
        let short = FinancialYears::with_changes(short).unwrap();
        assert_eq!(short.end_of(date(2022, 12, 31)), date(2022, 12, 31));
        assert_eq!(short.end_of(date(2023, 1, 1)), date(2023, 6, 30));
        assert_eq!(short.end_of(date(2023, 7, 1)), date(2024, 6, 30));

        let long = [(None, "12-31"), (Some(date(2023, 7, 1)), "06-30")];
        let long = FinancialYears::with_changes(long).unwrap();
        assert_eq!(long.end_of(date(2022, 12, 31)), date(2022, 12, 31));
        assert_eq!(long.end_of(date(2023, 1, 1)), date(2024, 6, 30));

        // The day of the change has the new end already.
        let on_the_end = [(None, "12-31"), (Some(date(2022, 12, 31)), "06-30")];
        let on_the_end = FinancialYears::with_changes(on_the_end).unwrap();
        assert_eq!(on_the_end.end_of(date(2022, 7, 1)), date(2023, 6, 30));
        assert_eq!(on_the_end.end_of(date(2021, 12, 31)), date(2021, 12, 31));
    }

    #[test]
    fn a_year_may_end_on_any_day() {
        for (text, month, day) in [("01-30", 1, 30), ("02-15", 2, 15), ("10-28", 10, 28)] {
            let years = FinancialYears::new(text).unwrap();
            assert_eq!(years.end_of(date(2024, 1, 5)), date(2024, month, day), "{text}");
        }
    }

    #[test]
    fn refuses_what_no_year_has() {
        for text in ["13-01", "04-31", "02-30", "1-1", "12/31", "+1-31", "", "æø-åå"] {
            let wrong = LawError::MonthDay { text: text.to_owned() };
            assert_eq!(FinancialYears::new(text), Err(wrong));
        }
        let none: [(Option<Date>, &str); 0] = [];
        let first_dated = [(Some(date(2023, 1, 1)), "12-31")];
        let second_undated = [(None, "12-31"), (None, "06-30")];
        assert!(FinancialYears::with_changes(none).is_err());
        assert!(FinancialYears::with_changes(first_dated).is_err());
        assert!(FinancialYears::with_changes(second_undated).is_err());
        let d = Some(date(2023, 1, 1));
        let unordered = [(None, "12-31"), (d, "06-30"), (d, "03-31")];
        assert!(FinancialYears::with_changes(unordered).is_err());
    }
}
