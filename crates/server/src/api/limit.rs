//! How often a token may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use frist_state::TokenId;
use jiff::Timestamp;

/// What is left of a token's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Requests in a minute.
    pub(crate) quota: u32,
    /// Left now.
    pub(crate) left: u32,
    /// Seconds until all are back.
    pub(crate) full: u32,
    /// Whether this request is one too many: then the seconds until the next.
    pub(crate) wait: Option<u32>,
}

/// How often each token asked: a bucket that fills within a minute.
#[derive(Default)]
pub(crate) struct Limits(Mutex<HashMap<i64, (f64, Timestamp)>>);

impl Limits {
    /// Takes one request of a token's quota.
    pub(crate) fn take(&self, token: TokenId, quota: u32, now: Timestamp) -> Left {
        let quota = quota.max(1);
        let most = f64::from(quota);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = seen.entry(token.0).or_insert((most, now));
        let since = now.duration_since(one.1).as_millis_f64().max(0.0) / 60_000.0;
        let level = (one.0 + since * most).min(most);
        let ok = level >= 1.0;
        let level = if ok { level - 1.0 } else { level };
        *one = (level, now);
        // Cut by intent: a part of a request is none.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let whole = |x: f64| x as u32;
        Left {
            quota,
            left: whole(level),
            full: whole(((most - level) * 60.0 / most).ceil()),
            wait: (!ok).then(|| whole(((1.0 - level) * 60.0 / most).ceil()).max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn a_token_has_its_quota_each_minute_and_no_other_token_pays() {
        let limits = Limits::default();
        let now = Timestamp::UNIX_EPOCH;
        let (one, two) = (TokenId(1), TokenId(2));
        let first = limits.take(one, 60, now);
        assert_eq!(first, Left { quota: 60, left: 59, full: 1, wait: None });
        assert_eq!((0..99).filter(|_| limits.take(one, 60, now).wait.is_none()).count(), 59);
        assert_eq!(limits.take(one, 60, now).wait, Some(1));
        assert_eq!(limits.take(two, 60, now).wait, None);
        let later = now + SignedDuration::from_secs(2);
        assert_eq!((0..9).filter(|_| limits.take(one, 60, later).wait.is_none()).count(), 2);
    }
}
