//! One round to the provider and back. The state that goes out says when it began and what for, under
//! a keyed hash that is bound to the browser; nonce and PKCE verifier are derived from it by the same
//! key. So nothing is kept while somebody is away, and a state is worth nothing in another browser.

use frist_state::AccountId;
use jiff::{SignedDuration, Timestamp};

use crate::factor::{mac, token};
use crate::password::same;

/// How long somebody may be away.
const AWAY: SignedDuration = SignedDuration::from_mins(10);

/// What somebody goes to the provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To sign in.
    SignIn,
    /// To link the account in which they are signed in.
    Link(AccountId),
}

/// A round that is under way or has come back.
pub(crate) struct Round {
    /// What goes out and comes back.
    pub(crate) state: String,
    /// What for.
    pub(crate) purpose: Purpose,
    secret: [u8; 32],
}

impl Round {
    /// Begins one, in the browser to which `binding` belongs.
    pub(crate) fn begin(
        key: &[u8; 32],
        binding: &str,
        purpose: Purpose,
        now: Timestamp,
        random: &[u8; 32],
    ) -> Self {
        let account = match purpose {
            Purpose::SignIn => 0,
            Purpose::Link(AccountId(id)) => id,
        };
        let plain = format!("{}.{account}.{}", now.as_second(), token(random));
        let secret = secret(key, binding, &plain);
        let state = format!("{plain}.{}", token(&mac(&secret, &[b"state"])));
        Self { state, purpose, secret }
    }

    /// The round of a state that came back: none when it began in another browser, too long ago, or
    /// never.
    pub(crate) fn back(key: &[u8; 32], binding: &str, state: &str, now: Timestamp) -> Option<Self> {
        let (plain, sum) = state.rsplit_once('.').filter(|_| !binding.is_empty())?;
        let secret = secret(key, binding, plain);
        if !same(token(&mac(&secret, &[b"state"])).as_bytes(), sum.as_bytes()) {
            return None;
        }
        let mut parts = plain.split('.');
        let began = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
        let purpose = match parts.next()?.parse().ok()? {
            0 => Purpose::SignIn,
            id => Purpose::Link(AccountId(id)),
        };
        let away = now.duration_since(began);
        // Another server of the same organisation may be a moment ahead.
        let fits = away <= AWAY && away >= -SignedDuration::from_secs(5);
        fits.then(|| Self { state: state.to_owned(), purpose, secret })
    }

    /// Until when its state must be remembered as used.
    pub(crate) fn until(now: Timestamp) -> Timestamp {
        now + AWAY + SignedDuration::from_mins(1)
    }

    pub(crate) fn nonce(&self) -> String {
        token(&mac(&self.secret, &[b"nonce"]))
    }

    pub(crate) fn verifier(&self) -> String {
        token(&mac(&self.secret, &[b"pkce"]))
    }
}

fn secret(key: &[u8; 32], binding: &str, plain: &str) -> [u8; 32] {
    mac(key, &[b"oidc", binding.as_bytes(), plain.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_to_its_browser_in_time_and_unchanged() {
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let (key, random) = ([1; 32], [2; 32]);
        let purpose = Purpose::Link(AccountId(7));
        let round = Round::begin(&key, "browser", purpose, now, &random);
        let back = |binding: &str, state: &str, after: i64| {
            let at = now + SignedDuration::from_secs(after);
            Round::back(&key, binding, state, at)
        };
        let same = back("browser", &round.state, 60).unwrap();
        assert_eq!(same.purpose, purpose);
        assert_eq!((same.nonce(), same.verifier()), (round.nonce(), round.verifier()));
        assert!(round.verifier().len() >= 43, "as RFC 7636 wants");
        assert_ne!(round.nonce(), round.verifier());
        assert!(back("browser", &round.state, 601).is_none(), "too late");
        assert!(back("browser", &round.state, -60).is_none(), "from the future");
        assert!(back("another", &round.state, 60).is_none());
        assert!(back("", &round.state, 60).is_none());
        // Neither the account nor the time can be changed.
        let other = round.state.replacen(".7.", ".8.", 1);
        assert_ne!(other, round.state);
        for wrong in
            [other.as_str(), "", ".", "...", "x", &round.state[1..], &format!("{}x", round.state)]
        {
            assert!(back("browser", wrong, 60).is_none(), "{wrong}");
        }
    }
}
