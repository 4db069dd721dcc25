//! What a leg does by the clock: 2xx and reliable provisional answers again, session refreshes, lapse.

use super::super::client::ClientEvent;
use super::super::dialog::{add, attach};
use super::super::endpoint::Core;
use super::super::leg::{Ended, LegEvent};
use super::super::message::{Body, Headers, Message};
use super::super::server::Responder;
use super::super::session::{self, Session};
use super::super::transport::Flow;
use super::{Sent, State, Task};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// A message that is sent again until it is acknowledged.
struct Again {
    bytes: Bytes,
    flow: Flow,
    at: Instant,
    interval: Duration,
    until: Instant,
}

impl Again {
    fn new(core: &Core, response: &Message, flow: &Flow) -> Again {
        let (now, t1) = (Instant::now(), core.config.t1);
        Again {
            bytes: response.to_bytes(),
            flow: flow.clone(),
            at: now + t1,
            interval: t1,
            until: now + 64 * t1,
        }
    }

    /// Sends it again when it is time; false when nobody will acknowledge it any more.
    fn step(&mut self, now: Instant, most: Duration) -> bool {
        if now >= self.until {
            return false;
        }
        if now >= self.at {
            self.flow.send(&self.bytes);
            self.interval = (2 * self.interval).min(most);
            self.at = now + self.interval;
        }
        true
    }
}

/// A 2xx without its ACK (RFC 3261 section 13.3.1.4: also on reliable transports).
pub(super) struct Unacked {
    again: Again,
    number: u32,
    first: bool,
}

impl Unacked {
    pub(super) fn new(core: &Core, response: &Message, flow: &Flow, first: bool) -> Unacked {
        let number = response.headers.cseq().map_or(0, |(number, _)| number);
        Unacked { again: Again::new(core, response, flow), number, first }
    }
}

/// A reliable provisional answer without its PRACK (RFC 3262 section 3).
pub(super) struct Unpracked {
    again: Again,
    rack: String,
}

/// Puts the session timer into our 2xx and says what runs from now on; `None` when the answer must be 422.
pub(super) fn agree(
    core: &Core,
    request: &Message,
    response: &mut Message,
) -> Option<Option<Session>> {
    match session::answer(&request.headers, core.config.session_expires, core.config.min_session) {
        session::Answer::None => Some(None),
        session::Answer::TooShort(_) => None,
        session::Answer::Runs { seconds, asker, known } => {
            // A peer that knows no timers is refreshed without telling it of them.
            if known {
                let who = if asker { "uac" } else { "uas" };
                response.headers.push("Session-Expires", format!("{seconds};refresher={who}"));
                if asker {
                    response.headers.push("Require", "timer");
                }
            }
            Some(Some(Session::begin(Duration::from_secs(seconds.into()), !asker, Instant::now())))
        }
    }
}

/// What a 2xx to a request of ours agreed on (section 7.2).
pub(super) fn agreed(headers: &Headers) -> Option<Session> {
    let (seconds, refresher) = session::expires(headers)?;
    let ours = refresher.as_deref() != Some("uas");
    Some(Session::begin(Duration::from_secs(seconds.max(1).into()), ours, Instant::now()))
}

/// Asks for a timer in the first INVITE.
pub(super) fn ask_first(core: &Core, least: Option<u32>, request: &mut Message) {
    if core.config.session_expires.is_zero() {
        return;
    }
    let floor = (core.config.min_session.as_secs() as u32).max(least.unwrap_or(0));
    let seconds = (core.config.session_expires.as_secs() as u32).max(floor);
    request.headers.push("Session-Expires", seconds.to_string());
    request.headers.push("Min-SE", floor.to_string());
}

/// Asks for the same timer again in a request within the dialog; the roles stay as they are.
pub(super) fn ask(session: Option<&Session>, core: &Core, request: &mut Message) {
    if let Some(session) = session {
        let who = if session.ours { "uac" } else { "uas" };
        request
            .headers
            .push("Session-Expires", format!("{};refresher={who}", session.interval.as_secs()));
        request.headers.push("Min-SE", core.config.min_session.as_secs().to_string());
    }
}

impl Task {
    pub(super) fn next_timer(&self) -> Option<Instant> {
        let over = match self.state {
            State::Over { until } => Some(until),
            _ => None,
        };
        let again = |again: &Again| again.at.min(again.until);
        [
            over,
            self.unacked.as_ref().map(|one| again(&one.again)),
            self.unpracked.as_ref().map(|one| again(&one.again)),
            self.offers.retry_at,
            self.session.map(|session| {
                session.refresh_at.map_or(session.lapse_at, |at| at.min(session.lapse_at))
            }),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(super) async fn timer(&mut self) {
        let (now, most) = (Instant::now(), 8 * self.core.config.t1);
        if let Some(one) = &mut self.unacked
            && !one.again.step(now, most)
        {
            self.unacked = None;
            return self.hangup(Ended::NotAcked).await;
        }
        if let Some(one) = &mut self.unpracked
            && !one.again.step(now, 64 * most)
        {
            self.unpracked = None;
        }
        if self.offers.retry_at.is_some_and(|at| now >= at) {
            self.offers.retry_at = None;
            self.next_offer().await;
        }
        let Some(session) = &mut self.session else { return };
        if now >= session.lapse_at {
            return self.hangup(Ended::Lapsed).await;
        }
        if session.refresh_at.is_some_and(|at| now >= at) {
            session.refresh_at = None;
            self.refresh().await;
        }
    }

    /// Keeps the session up: an UPDATE without a body, or a re-INVITE with the session as it stands.
    async fn refresh(&mut self) {
        self.counter += 1;
        let sent = Sent::Refresh(self.counter);
        if self.takes_update {
            self.send("UPDATE", None, sent).await;
        } else {
            let body = self.local_body.clone();
            self.send("INVITE", body, sent).await;
        }
    }

    pub(super) async fn refresh_event(&mut self, _number: u32, event: ClientEvent) {
        let response = match event {
            ClientEvent::Response(response) => response,
            ClientEvent::Timeout => return self.lose(Ended::Lost).await,
            ClientEvent::Unreachable(_) => return self.later(),
        };
        let invite = response.headers.cseq().is_some_and(|(_, method)| method == "INVITE");
        match response.code().unwrap_or(500) {
            ..200 => {}
            200..=299 => {
                let number = response.headers.cseq().map_or(0, |(number, _)| number);
                if invite && self.acks.iter().any(|(have, _, _)| *have == number) {
                    return self.answered_again(&response).await;
                }
                self.dialog.retarget(&response.headers);
                if invite {
                    self.acknowledge(&response).await;
                }
                if let Some(session) = self.session {
                    let same = Session::begin(session.interval, true, Instant::now());
                    self.session = Some(agreed(&response.headers).unwrap_or(same));
                }
            }
            408 | 481 => self.lose(Ended::Lost).await,
            _ => self.later(),
        }
    }

    /// A refresh that did not work is tried again before the session lapses.
    fn later(&mut self) {
        if let Some(session) = &mut self.session {
            let now = Instant::now();
            session.refresh_at = Some(
                now + session.lapse_at.saturating_duration_since(now) / 2
                    + Duration::from_millis(200),
            );
        }
    }

    pub(super) fn acked(&mut self, ack: &Message) {
        let number = ack.headers.cseq().map_or(0, |(number, _)| number);
        let Some(one) = self.unacked.take_if(|one| one.number == number) else { return };
        let body = ack.content();
        if one.first || body.is_some() {
            self.tell(LegEvent::Acked { body });
        }
        if self.offers.retry_at.is_none() {
            self.offers.retry_at = Some(Instant::now());
        }
    }

    pub(super) fn provisional(&mut self, code: u16, body: Option<Body>, headers: &Headers) {
        let State::Inbound(responder) = &mut self.state else { return };
        let mut response = responder.response(code.clamp(101, 199), Some(&self.dialog.local_tag));
        response.headers.push("Contact", self.core.contact(responder.flow()));
        response.headers.push("Allow", super::super::server::ALLOW);
        add(&mut response, headers);
        attach(&mut response, body);
        if self.reliable_wanted {
            if self.unpracked.is_some() {
                // One at a time (section 3); the final answer follows anyway.
                return;
            }
            self.rseq += 1;
            response.headers.push("Require", "100rel");
            response.headers.push("RSeq", self.rseq.to_string());
            let rack = format!(
                "{} {}",
                self.rseq,
                responder.request.headers.get("CSeq").unwrap_or_default()
            );
            self.unpracked = Some(Unpracked {
                again: Again::new(&self.core, &response, responder.flow()),
                rack,
            });
        }
        responder.send(&response);
    }

    pub(super) fn pracked(&mut self, responder: Responder) {
        let same = |rack: &str, want: &str| rack.split_whitespace().eq(want.split_whitespace());
        let rack = responder.request.headers.get("RAck").unwrap_or_default().to_owned();
        let known = self.unpracked.take_if(|one| same(&rack, &one.rack)).is_some();
        responder.refuse(if known { 200 } else { 481 }, None);
    }
}
