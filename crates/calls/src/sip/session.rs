//! Session timers (RFC 4028): who refreshes, when, and when a session has lapsed. Pure but for the monotonic instant.

use super::message::Headers;
use super::uri::{param, split_params};
use std::time::Duration;
use tokio::time::Instant;

/// A session timer that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) interval: Duration,
    /// Whether we send the refreshes.
    pub(super) ours: bool,
    /// When we send the next one.
    pub(super) refresh_at: Option<Instant>,
    /// When the session is over unless it was refreshed.
    pub(super) lapse_at: Instant,
}

impl Session {
    /// Begins to run, or begins anew after a refresh.
    pub(super) fn begin(interval: Duration, ours: bool, now: Instant) -> Session {
        // Section 10: the other side hangs up 32 seconds before the end, or a third of a short interval.
        let margin = Duration::from_secs(32).min(interval / 3);
        let lapse_at = now + if ours { interval } else { interval - margin };
        Session { interval, ours, refresh_at: ours.then(|| now + interval / 2), lapse_at }
    }
}

/// Session-Expires: seconds and who refreshes (`uac`, `uas`).
pub(super) fn expires(headers: &Headers) -> Option<(u32, Option<String>)> {
    let (seconds, params) = split_params(headers.get("Session-Expires")?);
    let refresher = param(&params, "refresher").map(str::to_ascii_lowercase);
    Some((seconds.trim().parse().ok()?, refresher))
}

/// What a UAS does with the timer of an INVITE or UPDATE (section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// No timer.
    None,
    /// 422: the interval is too short; Min-SE in seconds.
    TooShort(u32),
    /// The timer runs; whether the one who asked refreshes, and whether it said that it knows timers.
    Runs { seconds: u32, asker: bool, known: bool },
}

/// Decides what to answer. `wanted` of zero asks for no timer of our own accord.
pub(super) fn answer(request: &Headers, wanted: Duration, least: Duration) -> Answer {
    let known = request.lists("Supported", "timer") || request.lists("Require", "timer");
    let least = least.as_secs() as u32;
    let floor = least.max(request.number("Min-SE").unwrap_or(0).min(86_400));
    let wanted = (!wanted.is_zero()).then_some(wanted.as_secs() as u32);
    match expires(request) {
        Some((seconds, _)) if seconds < least => {
            if known {
                Answer::TooShort(least)
            } else {
                Answer::None
            }
        }
        Some((seconds, refresher)) => {
            let seconds = wanted.map_or(seconds, |wanted| seconds.min(wanted)).max(floor);
            Answer::Runs { seconds, asker: known && refresher.as_deref() != Some("uas"), known }
        }
        None => match wanted {
            Some(seconds) => Answer::Runs { seconds: seconds.max(floor), asker: known, known },
            None => Answer::None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in lines {
            headers.push(name, *value);
        }
        headers
    }

    #[test]
    fn a_short_session_is_refused_and_a_long_one_shortened() {
        let (half_hour, least) = (Duration::from_secs(1800), Duration::from_secs(90));
        let asked = headers(&[("Session-Expires", "60"), ("Supported", "timer")]);
        assert_eq!(answer(&asked, half_hour, least), Answer::TooShort(90));
        let asked =
            headers(&[("Session-Expires", "7200;refresher=uas"), ("Supported", "timer, 100rel")]);
        assert_eq!(
            answer(&asked, half_hour, least),
            Answer::Runs { seconds: 1800, asker: false, known: true }
        );
        let asked = headers(&[
            ("Session-Expires", "7200;refresher=uac"),
            ("Supported", "timer"),
            ("Min-SE", "3600"),
        ]);
        assert_eq!(
            answer(&asked, half_hour, least),
            Answer::Runs { seconds: 3600, asker: true, known: true }
        );
        // Who knows no timers is refreshed by us, so that a peer that vanished is noticed.
        assert_eq!(
            answer(&headers(&[]), half_hour, least),
            Answer::Runs { seconds: 1800, asker: false, known: false }
        );
        assert_eq!(answer(&headers(&[]), Duration::ZERO, least), Answer::None);
    }
}
