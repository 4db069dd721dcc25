//! An outbound INVITE up to its answer.

use super::super::client::{self, ClientEvent};
use super::super::dialog::{add, attach};
use super::super::endpoint::{Core, OutboundCall};
use super::super::leg::{Ended, Failure, LegEvent};
use super::super::message::Message;
use super::super::server;
use super::{Sent, State, Task, timers};
use std::sync::Arc;

/// Branches of a fork whose reliable provisional answers are acknowledged.
const BRANCHES: usize = 16;

/// What is known of it.
pub(super) struct Calling {
    call: OutboundCall,
    sent: Option<client::Sent>,
    attempt: u32,
    /// A provisional answer came: from then on it can be cancelled (RFC 3261 section 9.1).
    ringing: bool,
    given_up: bool,
    cancelled: bool,
    /// The last reliable provisional answer (RFC 3262) that was acknowledged, by the To tag: each branch of a fork
    /// numbers its own.
    rseqs: Vec<(Option<String>, u32)>,
    min_session: Option<u32>,
}

impl Calling {
    pub(super) fn new(call: OutboundCall) -> Calling {
        Calling {
            call,
            sent: None,
            attempt: 0,
            ringing: false,
            given_up: false,
            cancelled: false,
            rseqs: Vec::new(),
            min_session: None,
        }
    }

    /// CANCEL as soon as it is allowed. The task goes on until the final answer came.
    pub(super) fn give_up(&mut self, core: &Arc<Core>) {
        self.given_up = true;
        if self.ringing
            && !self.cancelled
            && let Some(sent) = &self.sent
        {
            self.cancelled = true;
            client::cancel(core, sent);
        }
    }
}

impl Task {
    /// Sends the INVITE.
    pub(super) async fn call(&mut self) {
        let way = self.dialog.way(&self.core).await;
        let State::Calling(calling) = &mut self.state else { return };
        calling.attempt += 1;
        let attempt = calling.attempt;
        let flow = match way {
            Ok(flow) => flow,
            Err(why) => {
                self.over();
                let why = Failure::Unreachable(why);
                return self.tell(LegEvent::Failed { code: 503, why });
            }
        };
        let mut request = self.dialog.request(&self.core, "INVITE", &flow, None);
        server::capabilities(&self.core, &mut request.headers);
        timers::ask_first(&self.core, calling.min_session, &mut request);
        if calling.call.headers.get("Max-Forwards").is_some() {
            request.headers.remove("Max-Forwards");
        }
        add(&mut request, &calling.call.headers);
        self.local_body.clone_from(&calling.call.body);
        attach(&mut request, calling.call.body.clone());
        let sent = self.transact(request, flow, Sent::Invite(attempt));
        if let State::Calling(calling) = &mut self.state {
            calling.sent = Some(sent);
        }
    }

    pub(super) async fn invite_event(&mut self, attempt: u32, event: ClientEvent) {
        let State::Calling(calling) = &mut self.state else {
            // A 2xx that comes again, or one from another branch of a fork.
            if let ClientEvent::Response(response) = event {
                self.answered_again(&response).await;
            }
            return;
        };
        if calling.attempt != attempt {
            return;
        }
        let given_up = calling.given_up;
        let response = match event {
            ClientEvent::Response(response) => response,
            ClientEvent::Timeout => return self.failed(408, Failure::Silent, given_up),
            ClientEvent::Unreachable(why) => {
                return self.failed(503, Failure::Unreachable(why), given_up);
            }
        };
        match response.code().unwrap_or(500) {
            100 => {
                calling.ringing = true;
                if given_up {
                    return calling.give_up(&self.core);
                }
                self.tell(LegEvent::Provisional {
                    code: 100,
                    body: None,
                    headers: response.headers,
                });
            }
            code @ 101..=199 => {
                calling.ringing = true;
                if given_up {
                    return calling.give_up(&self.core);
                }
                self.acknowledge_provisional(&response).await;
                if response.headers.addr("To").is_some_and(|to| to.tag().is_some()) {
                    self.dialog.learn(&response);
                }
                self.takes_update |= response.headers.lists("Allow", "UPDATE");
                self.tell(LegEvent::Provisional {
                    code,
                    body: response.content(),
                    headers: response.headers,
                });
            }
            200..=299 => {
                self.dialog.learn(&response);
                self.takes_update |= response.headers.lists("Allow", "UPDATE");
                self.acknowledge(&response).await;
                self.state = State::Up;
                if given_up {
                    // The answer and our CANCEL crossed.
                    self.send("BYE", None, Sent::Other).await;
                    return self.over();
                }
                self.session = timers::agreed(&response.headers);
                self.tell(LegEvent::Answered {
                    body: response.content(),
                    headers: response.headers,
                });
            }
            422 if calling.attempt < 3 && !given_up => {
                let Some(least) = response.headers.number("Min-SE") else {
                    return self.failed(422, Failure::Refused, given_up);
                };
                calling.min_session = Some(least.min(86_400));
                self.call().await;
            }
            code => self.failed(code, Failure::Refused, given_up),
        }
    }

    fn failed(&mut self, code: u16, why: Failure, given_up: bool) {
        self.over();
        if !given_up {
            self.tell(LegEvent::Failed { code, why });
        }
    }

    /// ACK of a 2xx: made of the dialog, kept for when the 2xx comes again (RFC 3261 section 13.2.2.4).
    pub(super) async fn acknowledge(&mut self, response: &Message) {
        let number = response.headers.cseq().map_or(0, |(number, _)| number);
        let Ok(flow) = self.dialog.way(&self.core).await else { return };
        let ack = self.dialog.request(&self.core, "ACK", &flow, Some(number));
        let bytes = client::outside(&self.core, ack, &flow).to_bytes();
        flow.send(&bytes);
        self.acks.retain(|(have, _, _)| number.saturating_sub(*have) < 8);
        self.acks.push((number, bytes, flow));
    }

    /// A 2xx that comes again is acknowledged again; one from another branch is acknowledged and hung up.
    pub(super) async fn answered_again(&mut self, response: &Message) {
        if !response.code().is_some_and(|code| (200..300).contains(&code)) {
            return;
        }
        let tag = response.headers.addr("To").and_then(|to| to.tag().map(str::to_owned));
        if tag == self.dialog.remote_tag {
            let number = response.headers.cseq().map_or(0, |(number, _)| number);
            if let Some((_, ack, flow)) = self.acks.iter().find(|(have, _, _)| *have == number) {
                flow.send(ack);
            }
            return;
        }
        let mut other = self.dialog.clone();
        other.learn(response);
        let Ok(flow) = other.way(&self.core).await else { return };
        let number = response.headers.cseq().map(|(number, _)| number);
        let ack = other.request(&self.core, "ACK", &flow, number);
        flow.send(&client::outside(&self.core, ack, &flow).to_bytes());
        let bye = other.request(&self.core, "BYE", &flow, None);
        client::send(&self.core, bye, flow, |_| {});
    }

    /// PRACK of a reliable provisional answer (RFC 3262 section 4).
    async fn acknowledge_provisional(&mut self, response: &Message) {
        let Some(rseq) =
            response.headers.number("RSeq").filter(|_| response.headers.lists("Require", "100rel"))
        else {
            return;
        };
        let State::Calling(calling) = &mut self.state else { return };
        let tag = response.headers.addr("To").and_then(|to| to.tag().map(str::to_owned));
        let rseqs = &mut calling.rseqs;
        match rseqs.iter().position(|(have, _)| *have == tag) {
            Some(at) if rseq <= rseqs[at].1 => return,
            Some(at) => rseqs[at].1 = rseq,
            None if rseqs.len() >= BRANCHES => return,
            None => rseqs.push((tag, rseq)),
        }
        self.dialog.learn(response);
        let Ok(flow) = self.dialog.way(&self.core).await else { return };
        let mut prack = self.dialog.request(&self.core, "PRACK", &flow, None);
        let (number, method) = response.headers.cseq().unwrap_or_default();
        prack.headers.push("RAck", format!("{rseq} {number} {method}"));
        self.transact(prack, flow, Sent::Other);
    }

    /// Ends a call whose peer has vanished.
    pub(super) async fn lose(&mut self, why: Ended) {
        if matches!(self.state, State::Up) {
            self.hangup(why).await;
        }
    }
}
