//! Bringing messages where they belong: one at a time, again after growing pauses, for days.

use frist_state::State;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::config::Webhook;
use crate::event::MAIL;
use crate::mail::Letter;
use crate::net::{Net, NotSent, Post};
use crate::outside::{Outside, Settings, unique};
use crate::traces::{self, Span};
use crate::webhook;

/// For how long a server has a message to itself: longer than any try takes.
const CLAIM: SignedDuration = SignedDuration::from_secs(120);

/// The pauses after the first, second, ... try, seconds: about four days in all.
const PAUSES: [i64; 10] = [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The pause after so many tries; none when it is given up.
fn pause(tries: u32, random: u8) -> Option<SignedDuration> {
    let at = usize::try_from(tries.max(1) - 1).ok()?;
    let secs = *PAUSES.get(at)?;
    // A fifth more or less, so that those who failed together do not come again together.
    let share = 800 + i64::from(random) * 400 / 255;
    Some(SignedDuration::from_millis(secs * share))
}

/// Sends the message that has waited longest; answers whether there was one. A message whose server
/// dies now is sent by another when the claim has run out, with the same id.
///
/// # Errors
/// When Frist's own database does not answer.
pub fn deliver_once(
    state: &mut State,
    outside: &Outside,
    settings: &Settings,
) -> Result<bool, String> {
    let said = |e: frist_state::Error| e.to_string();
    let claim = unique("")?;
    let Some(message) = state.claim_message(&claim, CLAIM, (outside.clock)()).map_err(said)? else {
        return Ok(false);
    };
    let what = &message.what;
    let began = (outside.clock)();
    let sent = outside.sender(settings).send(&what.way, &what.message, &what.body);
    let now = (outside.clock)();
    if let Some(traces) = &outside.traces {
        traces.add(Span {
            name: "deliver".into(),
            began,
            took: now.duration_since(began).try_into().unwrap_or_default(),
            attributes: vec![
                ("frist.way", what.way.as_str().into()),
                ("frist.event", what.event.as_str().into()),
                ("frist.try", message.tries.into()),
            ],
            failed: sent.is_err(),
            kind: traces::Kind::Client,
            place: traces::Place::root(),
        });
    }
    let log = |outcome: &str| {
        let line = serde_json::json!({
            "at": now, "log": "outbox", "way": message.what.way, "event": message.what.event,
            "message": message.what.message, "try": message.tries, "outcome": outcome,
        });
        (outside.log)(&line.to_string());
    };
    match sent {
        Ok(()) => {
            log("sent");
            state.message_sent(message.id, &claim, now).map_err(said)?;
        }
        Err(problem) => {
            let random = claim.as_bytes().iter().fold(0_u8, |a, b| a.wrapping_mul(31) ^ b);
            let pause = pause(message.tries, random).filter(|_| !problem.for_good);
            log(if pause.is_some() { "later" } else { "given up" });
            state
                .message_failed(message.id, &claim, pause, &clipped(&problem.why), now)
                .map_err(said)?;
        }
    }
    Ok(true)
}

/// What it takes to send something, past the outbox.
pub struct Sender<'a> {
    /// The ways out.
    pub settings: &'a Settings,
    /// The network.
    pub net: &'a dyn Net,
    /// The secret that a variable of the environment has.
    pub secret: &'a dyn Fn(&str) -> Option<Zeroizing<String>>,
    /// What time it is.
    pub now: Timestamp,
}

impl Sender<'_> {
    /// Sends a body by a way (`mail`, `webhook/NAME`).
    ///
    /// # Errors
    /// When it did not arrive.
    pub fn send(&self, way: &str, id: &str, body: &str) -> Result<(), NotSent> {
        if way == MAIL {
            let Some(mail) = &self.settings.mail else {
                return Err(NotSent::ever("`server.toml` names no mail server any more"));
            };
            let password = mail.password_env.as_deref().and_then(|name| (self.secret)(name));
            let (subject, text) = body.split_once('\n').unwrap_or((body, ""));
            let letter =
                Letter { id: id.into(), subject: subject.into(), text: text.trim_start().into() };
            return self.net.mail(mail, password.as_ref().map(|p| p.as_str()), &letter);
        }
        let named = way.strip_prefix("webhook/");
        let hook = self.settings.webhooks.iter().find(|h| Some(h.name.as_str()) == named);
        let Some(hook) = hook else {
            return Err(NotSent::ever("`server.toml` names no such webhook any more"));
        };
        self.post(hook, id, body)
    }

    fn post(&self, hook: &Webhook, id: &str, body: &str) -> Result<(), NotSent> {
        let secret = (self.secret)(&hook.secret_env).ok_or_else(|| {
            NotSent::now(format!(
                "the variable `{}`, which has the secret, is not set",
                hook.secret_env
            ))
        })?;
        let key = webhook::key(&secret).map_err(NotSent::now)?;
        let seconds = self.now.as_second();
        let headers = vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", webhook::sign(&key, id, seconds, body)),
        ];
        let status = self.net.post(&Post {
            url: &hook.url,
            headers,
            body,
            private: hook.private,
            insecure: hook.insecure,
            roots: hook.roots_file.as_deref(),
        })?;
        match status {
            200..=299 => Ok(()),
            410 => Err(NotSent::ever("the receiver says that it is gone for good (410)")),
            300..=399 => Err(NotSent::now(format!(
                "the receiver answered {status}: it sends elsewhere, and that is not followed"
            ))),
            _ => Err(NotSent::now(format!("the receiver answered {status}"))),
        }
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_over_days_and_end() {
        let mut all = SignedDuration::ZERO;
        let mut last = SignedDuration::ZERO;
        for tries in 1..=10 {
            let (least, most) = (pause(tries, 0).unwrap(), pause(tries, 255).unwrap());
            assert!(least > last && most > least, "{tries}");
            last = least;
            all += least;
        }
        assert!((48..120).contains(&all.as_hours()), "{all}");
        assert_eq!(pause(11, 0), None);
        assert_eq!(pause(u32::MAX, 0), None);
    }
}
