//! re-INVITE and UPDATE in both directions, and what happens when they meet (RFC 3261 section 14, RFC 3311).

use super::super::client::ClientEvent;
use super::super::dialog::attach;
use super::super::leg::{Ended, LegEvent};
use super::super::message::Body;
use super::super::server::{self, Responder};
use super::{Sent, State, Task, timers};
use std::time::Duration;
use tokio::time::Instant;

/// Offers of ours.
#[derive(Default)]
pub(super) struct Offers {
    /// One that waits for its answer: its number, whether it is an UPDATE, its body, how often it met another.
    pending: Option<(u32, bool, Body, u32)>,
    /// One that waits until it may be sent.
    queued: Option<(bool, Body, u32)>,
    /// When the queued one may be sent, after glare.
    pub(super) retry_at: Option<Instant>,
}

impl Task {
    /// Sends an offer, or keeps it until the one under way is through. A newer one takes the place of one that waits.
    pub(super) async fn offer(&mut self, body: Body, update: bool) {
        match self.state {
            State::Up => {
                self.offers.queued = Some((update, body, 0));
                self.offers.retry_at = None;
                self.next_offer().await;
            }
            _ => self.tell(LegEvent::OfferRefused { code: 481 }),
        }
    }

    pub(super) async fn next_offer(&mut self) {
        let busy = self.offers.pending.is_some() || self.asked.is_some() || self.unacked.is_some();
        if busy || self.offers.retry_at.is_some() || !matches!(self.state, State::Up) {
            return;
        }
        let Some((update, body, met)) = self.offers.queued.take() else { return };
        let update = update && self.takes_update;
        self.counter += 1;
        let number = self.counter;
        self.offers.pending = Some((number, update, body.clone(), met));
        let method = if update { "UPDATE" } else { "INVITE" };
        self.send(method, Some(body), Sent::Offer(number)).await;
    }

    pub(super) async fn offer_event(&mut self, number: u32, event: ClientEvent) {
        let ours = self.offers.pending.as_ref().is_some_and(|(have, ..)| *have == number);
        if !ours {
            if let ClientEvent::Response(response) = event
                && response.headers.cseq().is_some_and(|(_, method)| method == "INVITE")
            {
                self.answered_again(&response).await;
            }
            return;
        }
        let response = match event {
            ClientEvent::Response(response) => response,
            // Nobody there (RFC 3261 section 14.1 treats a time-out as 408).
            ClientEvent::Timeout => return self.lose(Ended::Lost).await,
            ClientEvent::Unreachable(_) => {
                self.offers.pending = None;
                return self.tell(LegEvent::OfferRefused { code: 503 });
            }
        };
        let code = response.code().unwrap_or(500);
        if code < 200 {
            return;
        }
        let Some((_, update, body, met)) = self.offers.pending.take() else { return };
        match code {
            200..=299 => {
                self.dialog.retarget(&response.headers);
                if !update {
                    self.acknowledge(&response).await;
                }
                self.local_body = Some(body);
                if let Some(session) = timers::agreed(&response.headers) {
                    self.session = Some(session);
                }
                self.tell(LegEvent::OfferAccepted { body: response.content() });
            }
            491 if met < 4 => {
                // Whoever chose the Call-ID waits longer (section 14.1), so that they do not meet again.
                let spread = u64::from(self.counter.wrapping_mul(2_654_435_761) % 1900);
                let chose = self.dialog.remote_sequence.is_none();
                let wait = if chose { 2100 + spread } else { 10 + spread };
                self.offers.queued.get_or_insert((update, body, met + 1));
                self.offers.retry_at = Some(Instant::now() + Duration::from_millis(wait));
                return;
            }
            408 | 481 => return self.lose(Ended::Lost).await,
            code => self.tell(LegEvent::OfferRefused { code }),
        }
        self.next_offer().await;
    }

    /// Their re-INVITE or UPDATE.
    pub(super) fn asked_to_change(&mut self, mut responder: Responder, update: bool) {
        let body = responder.request.content();
        if update && body.is_none() {
            // A refresh (RFC 4028 section 7.4): nothing to decide.
            let mut response = responder.response(200, None);
            return match timers::agree(&self.core, &responder.request, &mut response) {
                None => self.too_short(responder),
                Some(session) => {
                    self.dialog.retarget(&responder.request.headers);
                    response.headers.push("Contact", self.core.contact(responder.flow()));
                    responder.send(&response);
                    if matches!(self.state, State::Up) {
                        self.session = session;
                    }
                }
            };
        }
        if self.offers.pending.is_some() {
            return responder.refuse(491, None);
        }
        let early = !matches!(self.state, State::Up);
        if self.asked.is_some() || (self.unacked.is_some() && !update) || early {
            let mut response = responder.response(500, None);
            response.headers.push("Retry-After", "1");
            return responder.send(&response);
        }
        if !update {
            let trying = responder.response(100, None);
            responder.send(&trying);
        }
        let headers = responder.request.headers.clone();
        self.asked = Some(responder);
        self.tell(LegEvent::Offer { update, body, headers });
    }

    fn too_short(&self, mut responder: Responder) {
        let mut response = responder.response(422, None);
        response.headers.push("Min-SE", self.core.config.min_session.as_secs().to_string());
        responder.send(&response);
    }

    pub(super) fn accept_offer(&mut self, body: Option<Body>) {
        let Some(mut responder) = self.asked.take() else { return };
        let mut response = responder.response(200, None);
        let Some(session) = timers::agree(&self.core, &responder.request, &mut response) else {
            return self.too_short(responder);
        };
        self.session = session;
        self.dialog.retarget(&responder.request.headers);
        response.headers.push("Contact", self.core.contact(responder.flow()));
        server::capabilities(&self.core, &mut response.headers);
        if body.is_some() {
            self.local_body.clone_from(&body);
        }
        attach(&mut response, body);
        responder.send(&response);
        if responder.request.method() == Some("INVITE") {
            self.unacked =
                Some(timers::Unacked::new(&self.core, &response, responder.flow(), false));
        }
    }
}
