//! Agents that a call passed over: counted by reason, and what an operator can do something about is said.

use crate::sip::{Unreachable, Uri};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The same is said of the same agent at most this often: every call passes a dead agent over.
const AGAIN: Duration = Duration::from_secs(60);

/// Why an agent was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// It could not be called.
    Unreachable(Unreachable),
    /// It was called and said nothing at all.
    Silent,
    /// It rang and nobody answered.
    NoAnswer,
    /// It refused with this code.
    Refused(u16),
    /// It answered, and its session description fits nothing of ours.
    Description,
    /// It hung up before it had answered, or was given up.
    Gone,
}

impl Why {
    /// The place in [`PassedOver::BY`].
    fn number(&self) -> usize {
        match self {
            Why::Unreachable(Unreachable::Certificate(_)) => 1,
            Why::Unreachable(_) => 0,
            Why::Silent => 2,
            Why::NoAnswer | Why::Gone => 3,
            // Busy, or not there: what phones say all day.
            Why::Refused(408 | 480 | 486 | 487 | 600 | 603) => 4,
            Why::Refused(_) => 5,
            Why::Description => 6,
        }
    }

    /// What an operator should hear of it; nothing of what happens every day.
    fn text(&self) -> Option<String> {
        match self {
            Why::Unreachable(why) => Some(why.to_string()),
            Why::Silent => Some("it says nothing".to_owned()),
            Why::Refused(code) if self.number() == 5 => Some(format!("it answers {code}")),
            Why::Description => {
                Some("its session description fits nothing that was offered".to_owned())
            }
            Why::NoAnswer | Why::Refused(_) | Why::Gone => None,
        }
    }
}

/// How often agents were passed over since the start, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassedOver([u64; PassedOver::BY.len()]);

impl PassedOver {
    const BY: [&'static str; 7] =
        ["unreachable", "certificate", "silent", "no-answer", "busy", "refused", "description"];

    /// Each reason, as a word for figures, and its count.
    pub fn by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        PassedOver::BY.into_iter().zip(self.0)
    }
}

/// Counts them, and remembers what was said when.
#[derive(Default)]
pub(super) struct Ledger {
    counts: [AtomicU64; PassedOver::BY.len()],
    said: Mutex<HashMap<(String, usize), Instant>>,
}

impl Ledger {
    /// Counts one; the line to say, if there is one to say now. It has the agent's host and no number of anybody.
    pub(super) fn take(&self, agent: &Uri, why: &Why, now: Instant) -> Option<String> {
        self.counts[why.number()].fetch_add(1, Relaxed);
        let text = why.text()?;
        let agent = agent.without_user();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let before = said.insert((agent.clone(), why.number()), now);
        if let Some(before) = before.filter(|before| now.duration_since(*before) < AGAIN) {
            said.insert((agent, why.number()), before);
            return None;
        }
        Some(format!("agent {agent} was passed over: {text}"))
    }

    pub(super) fn figures(&self) -> PassedOver {
        PassedOver(std::array::from_fn(|at| self.counts[at].load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn said_once_a_minute_for_each_agent_and_reason_and_counted_each_time() {
        let ledger = Ledger::default();
        let one = Uri::parse("sip:4512345678@one.example:5061;transport=tls").unwrap();
        let two = Uri::parse("sip:two.example").unwrap();
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let said = ledger.take(&one, &Why::Silent, at(0)).unwrap();
        assert_eq!(
            said,
            "agent sip:one.example:5061;transport=tls was passed over: it says nothing"
        );
        assert_eq!(ledger.take(&one, &Why::Silent, at(59)), None);
        assert!(ledger.take(&two, &Why::Silent, at(59)).is_some());
        assert!(ledger.take(&one, &Why::Refused(503), at(59)).is_some());
        assert!(ledger.take(&one, &Why::Silent, at(61)).is_some(), "a minute after it was said");
        assert_eq!(ledger.take(&one, &Why::Refused(486), at(61)), None, "busy is no news");
        let counts: HashMap<_, _> = ledger.figures().by_reason().collect();
        assert_eq!((counts["silent"], counts["refused"], counts["busy"]), (4, 1, 1));
    }
}
