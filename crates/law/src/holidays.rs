//! Danish public holidays, computed: the fixed days and those that move with Easter.

use jiff::civil::{Date, Weekday};

/// A Danish public holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it; `name_da` and `name_en` give the usual ones")]
pub enum Holiday {
    NewYearsDay,
    MaundyThursday,
    GoodFriday,
    EasterSunday,
    EasterMonday,
    /// The fourth Friday after Easter; a public holiday up to and including 2023.
    GreatPrayerDay,
    AscensionDay,
    WhitSunday,
    WhitMonday,
    ChristmasDay,
    SecondChristmasDay,
}

impl Holiday {
    /// Days after Easter Sunday, for those that move.
    const MOVABLE: [(i32, Holiday); 8] = [
        (-3, Holiday::MaundyThursday),
        (-2, Holiday::GoodFriday),
        (0, Holiday::EasterSunday),
        (1, Holiday::EasterMonday),
        (26, Holiday::GreatPrayerDay),
        (39, Holiday::AscensionDay),
        (49, Holiday::WhitSunday),
        (50, Holiday::WhitMonday),
    ];

    /// The public holiday on this date, if it is one.
    pub fn on(date: Date) -> Option<Holiday> {
        match (date.month(), date.day()) {
            (1, 1) => return Some(Holiday::NewYearsDay),
            (12, 25) => return Some(Holiday::ChristmasDay),
            (12, 26) => return Some(Holiday::SecondChristmasDay),
            _ => {}
        }
        let days = i32::from(date.day_of_year()) - i32::from(easter(date.year())?.day_of_year());
        let (_, holiday) = Holiday::MOVABLE.into_iter().find(|(after, _)| *after == days)?;
        let abolished = holiday == Holiday::GreatPrayerDay && date.year() >= 2024;
        (!abolished).then_some(holiday)
    }

    /// The usual Danish name.
    pub fn name_da(self) -> &'static str {
        self.names().0
    }

    /// The usual English name.
    pub fn name_en(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Holiday::NewYearsDay => ("nytårsdag", "New Year's Day"),
            Holiday::MaundyThursday => ("skærtorsdag", "Maundy Thursday"),
            Holiday::GoodFriday => ("langfredag", "Good Friday"),
            Holiday::EasterSunday => ("påskedag", "Easter Sunday"),
            Holiday::EasterMonday => ("2. påskedag", "Easter Monday"),
            Holiday::GreatPrayerDay => ("store bededag", "Great Prayer Day"),
            Holiday::AscensionDay => ("Kristi himmelfartsdag", "Ascension Day"),
            Holiday::WhitSunday => ("pinsedag", "Whit Sunday"),
            Holiday::WhitMonday => ("2. pinsedag", "Whit Monday"),
            Holiday::ChristmasDay => ("juledag", "Christmas Day"),
            Holiday::SecondChristmasDay => ("2. juledag", "Second Christmas Day"),
        }
    }
}

/// Whether a date is neither Saturday, Sunday nor public holiday. 5 June, 24 December and
/// 31 December are working days.
pub fn is_working_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && Holiday::on(date).is_none()
}

/// Easter Sunday of a year, by the anonymous Gregorian algorithm (Nature, 20 April 1876). `None`
/// before 1583, the first whole year of the Gregorian calendar.
pub fn easter(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let y = i32::from(year);
    let (golden, century, in_century) = (y % 19, y / 100, y % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let n = epact + weekday - 7 * late + 114;
    let (month, day) = (i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?);
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_in_the_first_year_and_in_other_centuries() {
        assert_eq!(easter(1582), None);
        assert_eq!(easter(1583), Some(date(1583, 4, 10)));
        assert_eq!(easter(1700), Some(date(1700, 4, 11)));
        assert_eq!(easter(2100), Some(date(2100, 3, 28)));
        assert_eq!(easter(2200), Some(date(2200, 4, 6)));
    }

    #[test]
    fn holidays_have_their_names() {
        let on = |month, day| Holiday::on(date(2023, month, day)).unwrap();
        assert_eq!(on(1, 1).name_da(), "nytårsdag");
        assert_eq!(on(4, 6).name_da(), "skærtorsdag");
        assert_eq!(on(4, 6).name_en(), "Maundy Thursday");
    }

    #[test]
    fn easter_is_where_it_is_known_to_be() {
        for day in [
            date(1818, 3, 22), // the earliest possible
            date(1943, 4, 25), // the latest possible
            date(1954, 4, 18),
            date(1981, 4, 19),
            date(2000, 4, 23),
            date(2026, 4, 5),
            date(2027, 3, 28),
            date(2028, 4, 16),
        ] {
            assert_eq!(easter(day.year()), Some(day));
        }
        assert_eq!(easter(1582), None);
    }

    #[test]
    fn great_prayer_day_was_abolished() {
        assert_eq!(Holiday::on(date(2023, 5, 5)), Some(Holiday::GreatPrayerDay));
        assert_eq!(Holiday::on(date(2024, 4, 26)), None);
        assert!(is_working_day(date(2024, 4, 26)));
    }

    #[test]
    fn three_days_off_are_working_days_all_the_same() {
        for day in [date(2026, 6, 5), date(2026, 12, 24), date(2026, 12, 31)] {
            assert!(is_working_day(day), "{day}");
        }
    }

    /// Every day of 2000-2040, against a table made by another hand.
    #[test]
    fn agrees_with_an_independent_table() {
        let table = include_str!("../tests/data/dk-holidays-2000-2040.txt");
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        let expected: Vec<(Date, &str)> = lines
            .map(|line| line.split_once(' ').unwrap())
            .map(|(day, name)| (day.parse().unwrap(), name))
            .collect();
        let name = |holiday| match holiday {
            Holiday::WhitSunday => "Pentecost",
            Holiday::WhitMonday => "Pentecost Monday",
            Holiday::SecondChristmasDay => "Second Day of Christmas",
            other => other.name_en(),
        };
        let mut day = date(2000, 1, 1);
        let mut ours = Vec::new();
        while day.year() <= 2040 {
            ours.extend(Holiday::on(day).map(|holiday| (day, name(holiday))));
            day = day.tomorrow().unwrap();
        }
        assert_eq!(ours, expected);
    }
}
