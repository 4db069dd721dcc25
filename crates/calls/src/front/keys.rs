//! Keys: what an INFO says, and sequences such as `*7` that an agent presses. Pure.

use crate::sip::Body;
use std::time::{Duration, Instant};

/// The keys that a telephone has (RFC 4733 section 3.2).
pub const KEYS: &str = "0123456789*#ABCD";

/// The key in an INFO's body: `application/dtmf-relay` (`Signal=5`) or `application/dtmf` (`5`).
pub fn of_info(body: &Body) -> Option<char> {
    let text = std::str::from_utf8(&body.bytes).ok()?;
    let word = if body.is("application/dtmf-relay") {
        let signal = text.lines().find_map(|line| {
            let (name, value) = line.split_once(['=', ':'])?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        });
        signal?
    } else if body.is("application/dtmf") {
        text.trim()
    } else {
        return None;
    };
    let key = match word {
        // Some say the event's number (RFC 4733) instead of the key.
        "10" => '*',
        "11" => '#',
        word => {
            let mut chars = word.chars();
            let key = chars.next()?.to_ascii_uppercase();
            chars.next().is_none().then_some(key)?
        }
    };
    KEYS.contains(key).then_some(key)
}

/// Watches for sequences of keys. A pause of more than three seconds between two of them begins anew.
#[derive(Debug, Clone, Default)]
pub struct Sequences {
    known: Vec<String>,
    pressed: String,
    last: Option<Instant>,
}

impl Sequences {
    /// Watches for these; empty ones are never pressed.
    pub fn new<'s>(known: impl IntoIterator<Item = &'s str>) -> Sequences {
        Sequences { known: known.into_iter().map(str::to_owned).collect(), ..Sequences::default() }
    }

    /// A key was pressed; says which sequence it ends.
    pub fn press(&mut self, key: char, at: Instant) -> Option<usize> {
        if self.last.is_some_and(|last| at.saturating_duration_since(last) > Duration::from_secs(3))
        {
            self.pressed.clear();
        }
        self.last = Some(at);
        self.pressed.push(key);
        let ended = self
            .known
            .iter()
            .position(|one| !one.is_empty() && self.pressed.ends_with(one.as_str()));
        let longest = self.known.iter().map(|one| one.chars().count()).max().unwrap_or(0);
        if ended.is_some() {
            self.pressed.clear();
        }
        while self.pressed.chars().count() > longest {
            self.pressed.remove(0);
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(content_type: &str, text: &str) -> Option<char> {
        of_info(&Body { content_type: content_type.to_owned(), bytes: text.to_owned().into() })
    }

    #[test]
    fn infos() {
        assert_eq!(info("application/dtmf-relay", "Signal=9\r\nDuration=160\r\n"), Some('9'));
        assert_eq!(info("Application/DTMF-Relay;x=y", "Duration= 160\nsignal = *"), Some('*'));
        assert_eq!(info("application/dtmf-relay", "Signal=11"), Some('#'));
        assert_eq!(info("application/dtmf", "5\r\n"), Some('5'));
        assert_eq!(info("application/dtmf", "d"), Some('D'));
        for (content_type, text) in [
            ("application/dtmf", "55"),
            ("application/dtmf", ""),
            ("application/dtmf", "\u{e5}"),
            ("application/dtmf-relay", "Duration=1"),
            ("text/plain", "1"),
        ] {
            assert_eq!(info(content_type, text), None, "{content_type} {text}");
        }
    }

    #[test]
    fn sequences() {
        let mut keys = Sequences::new(["*7", "*8", ""]);
        let now = Instant::now();
        let press = |keys: &mut Sequences, text: &str| -> Vec<Option<usize>> {
            text.chars().map(|key| keys.press(key, now)).collect()
        };
        assert_eq!(press(&mut keys, "1*7"), [None, None, Some(0)]);
        assert_eq!(press(&mut keys, "7**8"), [None, None, None, Some(1)]);
        assert_eq!(press(&mut keys, "*"), [None]);
        assert_eq!(keys.press('7', now + Duration::from_secs(4)), None, "too late");
    }
}
