//! Finding an agent: one after the other, each with a limit of its own, what they play or ringing heard meanwhile.
//!
//! A proxy before an agent may fork the call: then several provisional answers come, each with a To tag of its own, and
//! the final one is of one of them.

use super::call::{Call, Stage};
use super::clerk::Job;
use super::passed::Why;
use super::side::{Party, description};
use crate::config::Srtp;
use crate::desk::Ended;
use crate::media::Side;
use crate::sdp::Negotiation;
use crate::sip::{Body, Failure, Headers, LegEvent, OutboundCall, Uri};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::time::Instant;

/// Where the hunt stands.
pub(super) struct Hunt {
    /// The agent being called, by its place in the list.
    number: usize,
    /// When the next one is tried.
    pub(super) until: Instant,
    began: Instant,
    /// Something was heard of this agent.
    alive: bool,
    /// What the caller hears now.
    hears: Hears,
    /// The description that each branch of a fork gave last, by its tag.
    early: Vec<(String, Vec<u8>)>,
}

/// Branches of a fork whose descriptions are remembered.
const BRANCHES: usize = 16;

impl Hunt {
    /// Why the agent is passed over when its time is up.
    pub(super) fn waited(&self) -> Why {
        if self.alive { Why::NoAnswer } else { Why::Silent }
    }
}

fn tag(headers: &Headers) -> String {
    headers.addr("To").and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hears {
    Nothing,
    Ringing,
    Agent,
}

impl Call {
    /// Begins with the first agent.
    pub(super) fn hunt(&mut self) {
        self.call_agent(0);
    }

    /// Gives this agent up and tries the next.
    pub(super) fn next_agent(&mut self, why: &Why) {
        let Stage::Hunting(hunt) = &self.stage else { return };
        self.passed_over(hunt.number, why);
        let next = hunt.number + 1;
        // Dropping the leg cancels it, or hangs up if it answers in this moment.
        self.agent = None;
        self.session.relay(false);
        self.session.clear_remote(Side::Agent);
        self.call_agent(next);
    }

    fn passed_over(&self, number: usize, why: &Why) {
        let Some(agent) = self.plan.agents.get(number) else { return };
        if let Some(line) = self.shared.passed.take(agent, why, std::time::Instant::now()) {
            (self.shared.config.say)(&line);
        }
    }

    fn call_agent(&mut self, from: usize) {
        for number in from..self.plan.agents.len() {
            let to = self.plan.agents[number].clone();
            if let Ok(agent) = self.dial(&to) {
                self.agent = Some(agent);
                let now = Instant::now();
                let hears = match &self.stage {
                    Stage::Hunting(before) if before.hears == Hears::Ringing => Hears::Ringing,
                    _ => Hears::Nothing,
                };
                let until = now + self.shared.config.agent_answer;
                let early = Vec::new();
                self.stage =
                    Stage::Hunting(Hunt { number, until, began: now, alive: false, hears, early });
                return;
            }
            self.passed_over(number, &Why::Description);
        }
        // Nobody. The caller has been answered already, so it hears it.
        let busy = Arc::clone(&self.shared.tones.busy);
        self.stage = Stage::Closing { until: Instant::now() + busy.length() };
        self.session.play(Side::Caller, busy);
    }

    fn dial(&self, to: &Uri) -> Result<Party, ()> {
        let secure = to.scheme == "sips"
            || to.param("transport").is_some_and(|over| over.eq_ignore_ascii_case("tls"));
        let srtp = match self.shared.config.agent_srtp {
            Srtp::Off => false,
            Srtp::Optional => secure,
            Srtp::Required => true,
        };
        let codecs = self.caller.agreed.iter().map(|agreed| agreed.codec).collect();
        let line = self.offer_line(Side::Agent, codecs, srtp);
        let mut talk = Negotiation::new(self.shared.media.advertised()).map_err(drop)?;
        let body = talk.offer(&[line]).map(Body::sdp).map_err(drop)?;
        let (from, headers) = self.onward();
        let leg = self.shared.endpoint.invite(OutboundCall {
            to: to.clone(),
            from,
            headers,
            body: Some(body),
        });
        let otherwise = to
            .host
            .parse()
            .map_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 9)), |ip| SocketAddr::new(ip, 9));
        Ok(Party::new(leg, Side::Agent, talk, otherwise))
    }

    /// What the agent's leg says.
    pub(super) fn agent_event(&mut self, event: Option<LegEvent>) {
        match event {
            Some(LegEvent::Provisional { code, body, headers }) => {
                self.rings(code, body.as_ref(), &headers)
            }
            Some(LegEvent::Answered { body, headers }) => self.answered(body.as_ref(), &headers),
            Some(LegEvent::Failed { code, why }) => self.next_agent(&match why {
                Failure::Refused => Why::Refused(code),
                Failure::Silent => Why::Silent,
                Failure::Unreachable(why) => Why::Unreachable(why),
                Failure::GivenUp => Why::Gone,
            }),
            Some(LegEvent::Offer { body, .. }) => self.offered(Side::Agent, body),
            Some(LegEvent::OfferAccepted { body }) => {
                self.offer_accepted(Side::Agent, body.as_ref())
            }
            Some(LegEvent::OfferRefused { .. }) => self.offer_refused(Side::Agent),
            Some(LegEvent::Info { body, .. }) => self.agent_info(body),
            Some(LegEvent::Acked { body }) => self.offer_accepted(Side::Agent, body.as_ref()),
            Some(LegEvent::Ended(why)) if matches!(self.stage, Stage::Bridged) => {
                let lost = !matches!(why, crate::sip::Ended::Bye | crate::sip::Ended::Ours);
                self.finish(if lost { Ended::Lost } else { Ended::Answered });
            }
            Some(LegEvent::Ended(_) | LegEvent::Cancelled) | None => {
                if matches!(self.stage, Stage::Hunting(_)) {
                    self.next_agent(&Why::Gone);
                } else if matches!(self.stage, Stage::Bridged) {
                    self.finish(Ended::Answered);
                } else {
                    self.agent = None;
                }
            }
        }
    }

    /// It rings, or plays something of its own.
    fn rings(&mut self, code: u16, body: Option<&Body>, headers: &Headers) {
        let Stage::Hunting(hunt) = &mut self.stage else { return };
        if !hunt.alive {
            hunt.alive = true;
            hunt.until = hunt.began + self.shared.config.agent_wait;
        }
        if code == 100 {
            return;
        }
        let early = body.and_then(description).is_some_and(|text| {
            let agent = self.agent.as_mut();
            let fits = agent.is_some_and(|agent| agent.accept(&text, &self.session, true).is_ok());
            let tag = tag(headers);
            hunt.early.retain(|(have, _)| *have != tag);
            if fits && hunt.early.len() < BRANCHES {
                hunt.early.push((tag, text));
            }
            fits
        });
        match (early, hunt.hears) {
            (true, before) => {
                if before == Hears::Ringing {
                    self.session.stop_play(Side::Caller);
                }
                hunt.hears = Hears::Agent;
                self.session.relay(true);
            }
            (false, Hears::Nothing) => {
                hunt.hears = Hears::Ringing;
                self.session.play_repeated(Side::Caller, Arc::clone(&self.shared.tones.ringing));
            }
            (false, Hears::Ringing | Hears::Agent) => {}
        }
    }

    /// An agent answered: the bridge stands.
    fn answered(&mut self, body: Option<&Body>, headers: &Headers) {
        let Stage::Hunting(hunt) = &mut self.stage else { return };
        let number = hunt.number;
        let Some(agent) = &mut self.agent else { return };
        // Without one, the answer came in a reliable provisional response of the same branch (RFC 3262 section 5).
        let given = body.and_then(description).or_else(|| {
            let tag = tag(headers);
            let at = hunt.early.iter().position(|(have, _)| *have == tag)?;
            Some(hunt.early.swap_remove(at).1)
        });
        if given.is_none_or(|text| agent.accept(&text, &self.session, false).is_err()) {
            return self.next_agent(&Why::Description);
        }
        self.session.stop_play(Side::Caller);
        self.session.relay(true);
        self.stage = Stage::Bridged;
        self.outcome = Ended::Answered;
        let agent = self.plan.agents.get(number).map(ToString::to_string).unwrap_or_default();
        self.job(Job::Bridged(agent));
        self.fetch_tape();
        // The caller may have gone on or off hold while it rang.
        self.mirror(Side::Agent);
    }
}
