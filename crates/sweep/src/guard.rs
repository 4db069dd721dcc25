//! The blast radius: when a sweep must not go ahead without a person's word.

use frist_register::Guard;
use jiff::Timestamp;

/// Below this many records, a share of a collection means nothing.
const FEW: u64 = 50;

/// Why approval is asked for.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Trip {
    /// The register asks for a second person for this data set.
    TwoPersons {
        /// Data set.
        dataset: String,
    },
    /// The register does not fit its store, so that only the other data sets would be swept.
    Misfit {
        /// Data set.
        dataset: String,
    },
    /// So long after the last sweep that this machine's clock may be wrong.
    Clock {
        /// Days since then.
        days: u64,
    },
    /// More than the set share of the collection is due.
    Share {
        /// Data set.
        dataset: String,
        /// Due, percent of the collection.
        percent: u64,
        /// The limit, percent.
        limit: u64,
    },
    /// More records than the set count are due.
    Count {
        /// Data set.
        dataset: String,
        /// Due.
        due: u64,
        /// The limit.
        limit: u64,
    },
    /// Far more than the usual sweep.
    Unusual {
        /// Data set.
        dataset: String,
        /// Due.
        due: u64,
        /// What the last sweeps disposed of, median.
        usual: u64,
    },
}

impl Trip {
    /// In a sentence.
    pub fn text(&self) -> String {
        match self {
            Trip::TwoPersons { dataset } => {
                format!("`{dataset}` wants a second person's approval (`approve = \"two\"`)")
            }
            Trip::Misfit { dataset } => format!(
                "`{dataset}` does not fit its store (see `frist check`): only the other data sets would be swept"
            ),
            Trip::Clock { days } => format!(
                "by this machine's clock the last sweep was {days} days ago; look whether the clock is right"
            ),
            Trip::Share { dataset, percent, limit } => {
                format!("{percent} % of `{dataset}` is due, more than the {limit} % of its guard")
            }
            Trip::Count { dataset, due, limit } => {
                format!("{due} records of `{dataset}` are due, more than the {limit} of its guard")
            }
            Trip::Unusual { dataset, due, usual } => {
                format!("{due} records of `{dataset}` are due, far more than the usual {usual}")
            }
        }
    }

    /// Whether the one who made the plan may not approve it.
    pub fn needs_other_person(&self) -> bool {
        matches!(self, Trip::TwoPersons { .. })
    }
}

/// A collection of as many records is large enough that `due` of them pass no share of the guard.
pub fn enough(guard: &Guard, due: u64) -> u64 {
    // Of a share that is not above nothing, any record is too much, however many there are.
    (due as f64 / guard.share.max(f64::MIN_POSITIVE)).ceil().min(u64::MAX as f64 / 4.0) as u64 + 1
}

/// Longer than this nobody leaves it alone: a machine whose clock is far ahead erases early, and a
/// store without a clock of its own cannot contradict it.
const SILENCE: i64 = 100;

/// What trips when the last sweep began at `last`.
pub fn check_clock(last: Timestamp, now: Timestamp) -> Option<Trip> {
    let days = now.duration_since(last).as_hours() / 24;
    (days > SILENCE).then_some(Trip::Clock { days: days.unsigned_abs() })
}

/// What trips for one data set: `due` of `total` records would go; `past` are the counts of its
/// last sweeps.
pub fn check(
    dataset: &str,
    guard: &Guard,
    two_person: bool,
    due: u64,
    total: u64,
    past: &[u64],
) -> Vec<Trip> {
    let mut trips = Vec::new();
    let id = || dataset.to_owned();
    if due == 0 {
        return trips;
    }
    if two_person {
        trips.push(Trip::TwoPersons { dataset: id() });
    }
    // Rounded down to a whole percent, so that a limit of 20 % trips above 20 %.
    let percent = (u128::from(due) * 100 / u128::from(total.max(1))) as u64;
    let limit = (guard.share * 100.0).round() as u64;
    if due > FEW && due as f64 > guard.share * total as f64 {
        trips.push(Trip::Share { dataset: id(), percent, limit });
    }
    if let Some(limit) = guard.count.filter(|c| due > *c) {
        trips.push(Trip::Count { dataset: id(), due, limit });
    }
    let mut past: Vec<u64> = past.iter().copied().filter(|n| *n > 0).collect();
    past.sort_unstable();
    // Three sweeps are the least from which "usual" can be told.
    if let Some(usual) = past.get(past.len() / 2).filter(|_| past.len() >= 3)
        && due > FEW
        && due as f64 > guard.times_usual * *usual as f64
    {
        trips.push(Trip::Unusual { dataset: id(), due, usual: *usual });
    }
    trips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_counted_as_far_as_its_share_must_be_known() {
        for (share, due) in [(0.2, 1_000), (1.0, 7), (0.333, 100), (0.0, 60)] {
            let guard = Guard { share, count: None, times_usual: 10.0 };
            let far = enough(&guard, due);
            let trips = check("d", &guard, false, due, far, &[]);
            assert_eq!(trips.is_empty(), share > 0.0, "{share}");
            assert!(share >= 1.0 || share == 0.0 || far < 6 * due, "{far}");
        }
    }

    #[test]
    fn each_limit_trips_by_itself() {
        let guard = Guard { share: 0.2, count: Some(5_000), times_usual: 10.0 };
        let trips = |due, total, past: &[u64]| check("d", &guard, false, due, total, past).len();
        assert_eq!(trips(0, 0, &[]), 0);
        assert_eq!(trips(50, 50, &[]), 0, "few records");
        assert_eq!(trips(200, 1_000, &[]), 0, "exactly the share");
        assert_eq!(trips(201, 1_000, &[]), 1);
        assert_eq!(trips(5_001, 100_000, &[]), 1);
        assert_eq!(trips(150, 100_000, &[10, 12]), 0, "too few sweeps to tell");
        assert_eq!(trips(150, 100_000, &[10, 12, 14]), 1);
        assert_eq!(
            check("d", &guard, true, 1, 10, &[]),
            [Trip::TwoPersons { dataset: "d".into() }]
        );
    }
}
