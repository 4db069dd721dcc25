//! The overview of all cases: what breaks first first.

use frist_law::Calendar;
use frist_state::State;
use frist_state::case::{Case, CaseCount, CaseFilter, CaseKind};
use jiff::Timestamp;

use super::clock::{day_of, days_between};
use super::model::Request;
use super::standing::{SOON, Standing};
use crate::Result;

/// A case in the overview.
#[derive(Clone, Debug)]
pub struct Line {
    /// The case.
    pub case: Case,
    /// The request, where it is one that can be read.
    pub request: Option<Request>,
    /// How the request stands.
    pub standing: Option<Standing>,
    /// Days until the last day of what is due: 0 on it, negative after it; none when nothing is.
    pub days_left: Option<i32>,
    /// Whether what is due is late.
    pub late: bool,
    /// Whether it is late or becomes so within a week.
    pub urgent: bool,
}

/// The cases of a filter with how they stand at `now`: open ones first, what breaks first at the
/// top. A case that cannot be read is shown all the same.
///
/// # Errors
///
/// When the database does not answer.
pub fn overview(
    state: &mut State,
    calendar: &Calendar,
    now: Timestamp,
    filter: &CaseFilter,
) -> Result<Vec<Line>> {
    Ok(state.cases(filter)?.into_iter().map(|case| line(case, calendar, now)).collect())
}

/// A page of an overview: `limit` of its lines after the first `skip`, without reading the others.
///
/// # Errors
///
/// When the database does not answer.
pub fn overview_page(
    state: &mut State,
    calendar: &Calendar,
    now: Timestamp,
    filter: &CaseFilter,
    skip: u64,
    limit: u32,
) -> Result<Vec<Line>> {
    let cases = state.case_page(filter, skip, limit)?;
    Ok(cases.into_iter().map(|case| line(case, calendar, now)).collect())
}

/// The last instant at which something can be due that is urgent at `now`: late, or late within a week.
#[must_use]
pub fn soon(calendar: &Calendar, now: Timestamp) -> Timestamp {
    let after = day_of(now, calendar).checked_add(jiff::Span::new().days(SOON + 1));
    let begins = after.ok().and_then(|day| day.to_zoned(calendar.zone.clone()).ok());
    begins.map_or(now, |day| day.timestamp())
}

/// How the open cases stand together at `now`, counted without reading them.
///
/// # Errors
///
/// When the database does not answer.
pub fn standing_of_open(state: &mut State, calendar: &Calendar, now: Timestamp) -> Result<Summary> {
    let counts = state.count_cases(now, soon(calendar, now))?;
    let sum = |of: fn(&CaseCount) -> u64| counts.iter().map(of).sum::<u64>();
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let to_come = CaseFilter { open: Some(true), due_after: Some(now), ..CaseFilter::default() };
    let next = state.case_page(&to_come, 0, 1)?.pop();
    Ok(Summary {
        open: number(sum(|c| c.open)),
        late: number(sum(|c| c.late)),
        soon: number(sum(|c| c.urgent - c.late)),
        next: next.and_then(|case| Some((case.number, case.due?))),
    })
}

/// A case with how it stands at `now`.
#[must_use]
pub fn line(case: Case, calendar: &Calendar, now: Timestamp) -> Line {
    let request = (case.kind == CaseKind::Request)
        .then(|| Request::read(&case.number, &case.body).ok())
        .flatten();
    let standing = request.as_ref().map(|request| request.standing(now, calendar));
    let (days_left, late) = match (&standing, case.due) {
        (Some(standing), _) => (standing.days_left, standing.late),
        // The last day is that of the last instant which is not too late.
        (None, Some(due)) if case.closed.is_none() => {
            let last = due.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(due);
            let left = days_between(day_of(now, calendar), day_of(last, calendar));
            (Some(left), now >= due)
        }
        _ => (None, false),
    };
    let urgent = late || days_left.is_some_and(|days| days <= SOON);
    Line { case, request, standing, days_left, late, urgent }
}

/// How the open cases stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many are open.
    pub open: usize,
    /// How many are late.
    pub late: usize,
    /// How many become late within a week.
    pub soon: usize,
    /// The number of the open case that breaks first among those not late, and when.
    pub next: Option<(String, Timestamp)>,
}

/// The summary of an overview.
#[must_use]
pub fn summary(lines: &[Line]) -> Summary {
    let open = || lines.iter().filter(|line| line.case.closed.is_none());
    Summary {
        open: open().count(),
        late: open().filter(|line| line.late).count(),
        soon: open().filter(|line| line.urgent && !line.late).count(),
        next: open()
            .filter(|line| !line.late)
            .filter_map(|line| Some((line.case.number.clone(), line.case.due?)))
            .min_by_key(|(_, due)| *due),
    }
}
