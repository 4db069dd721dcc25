//! Periods, anchors, bases and years as people write them: what is read is written back and read
//! again as the same; and `expires(start) <= t` exactly when the start is within the cutoff.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use frist_fuzz::seeds;
use frist_law::{Anchor, Basis, Calendar, FinancialYears, Period, Start, Term, expires};
use frist_law::{StartKind, cutoff};
use jiff::Timestamp;
use jiff::civil::Date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(examples),
    |text: &str| {
        let mut lines = text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let period: Option<Period> = same(line());
        let anchor: Option<Anchor> = same(line());
        let basis = line();
        let _: Option<Basis> = same(basis);
        let years = FinancialYears::new(line());
        let Some(period) = period else { return };
        assert!(period.text_da().len() < 100);
        let term = Term::new(period, anchor.unwrap_or(Anchor::AsIs));
        let (Ok(date), Ok(t)) = (line().parse::<Date>(), line().parse::<Timestamp>()) else { return };
        let calendar = match years {
            Ok(years) => Calendar::new(Calendar::denmark().zone, years),
            Err(_) => Calendar::denmark(),
        };
        let (start, instant) = (Start::Date(date), Start::Instant(t));
        for start in [start, instant] {
            let kind = match start {
                Start::Date(_) => StartKind::Date,
                _ => StartKind::Instant,
            };
            let over = expires(term, &start, &calendar).is_over(t);
            let cutoff = cutoff(term, t, &kind, &calendar);
            assert_eq!(over, cutoff.admits(&start), "{term} from {start:?} at {t}: {cutoff:?}");
        }
    }
);

/// Reads, writes and reads again.
fn same<T: FromStr<Err: Display> + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let written = value.to_string();
    let again = written.parse::<T>().unwrap_or_else(|e| panic!("{text} became {written}: {e}"));
    assert!(again == value, "{text} became {written}");
    Some(value)
}

fn examples() -> Vec<Vec<u8>> {
    [
        "5 years\nend-of-financial-year\n6(1)(c)\n06-30\n2020-02-29\n2025-07-01T00:00:00Z",
        "72 hours\n\n9(2)(f)\n12-31\n2026-03-28\n2026-03-30T22:00:00Z",
        "1 month\nend-of-month\n6(1)(f)\n02-29\n9999-12-31\n2024-01-31T23:00:00Z",
        "30 days\nend-of-year\n10\n\n0001-01-01\n-009999-01-02T01:59:59Z",
        "4294967295 years\n\n\n\n-009999-01-01\n9999-12-30T22:00:00Z",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
