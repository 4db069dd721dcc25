//! How long a hold still holds once it is released.

use frist_law::{Expiry, Start, Term, Unit, expires};
use frist_register::Register;
use jiff::Timestamp;

/// From when a hold that is released at `t` holds no more, by the register's `notice_period`; none when
/// it has none, so that the release counts at once.
pub fn free_at(register: &Register, t: Timestamp) -> Option<Timestamp> {
    let term = Term::from(register.requests.notice_period.as_ref()?.value);
    let calendar = &register.controller.calendar;
    let from = match term.period.unit {
        Unit::Hours => Start::Instant(t),
        _ => Start::Date(t.to_zoned(calendar.zone.clone()).date()),
    };
    match expires(term, &from, calendar) {
        Expiry::At(at) => Some(at),
        Expiry::Never => None,
    }
}
