//! Periods, deadlines, calendars and the law book. Pure: no I/O, no clock.
