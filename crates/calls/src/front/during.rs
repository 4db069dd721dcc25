//! While two people talk: holding, keys, pausing, taking back, and what the desk says.

use super::Told;
use super::call::{Call, Stage, by_key, key_body};
use super::clerk::Job;
use super::keys;
use super::side::description;
use crate::desk::{DeskEvent, Ended, Refusal};
use crate::media::Side;
use crate::sip::Body;
use crate::tape::Tape;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

impl Call {
    /// Asks for a tape when there is a consent and two people talk: never before.
    pub(super) fn fetch_tape(&mut self) {
        if matches!(self.stage, Stage::Bridged) && self.granted && !self.fetching && !self.taping {
            self.fetching = true;
            self.job(Job::Tape);
        }
    }

    pub(super) fn tape(&mut self, tape: Result<Box<dyn Tape>, Refusal>) {
        self.fetching = false;
        // A tape that was stopped on its way takes nothing any more; a consent that came since asks for another.
        if std::mem::take(&mut self.stale) {
            drop(tape);
            return self.fetch_tape();
        }
        if let Ok(tape) = tape {
            self.taping = true;
            self.session.record(Some(tape));
        }
    }

    /// A key of the caller or the agent while they are connected, or about to be.
    pub(super) fn key_during(&mut self, side: Side, key: char, at: Instant, info: bool) {
        let config = &self.shared.config;
        match side {
            Side::Caller if key == config.withdraw_key => {
                // Silence from this moment; the desk then ends or destroys what there is.
                self.session.pause(true);
                self.job(Job::Withdraw(by_key(key)));
            }
            Side::Caller => self.pass(key, info),
            Side::Agent => match self.sequences.press(key, at.into_std()) {
                Some(0) => self.job(Job::Pause(true)),
                Some(_) => self.job(Job::Pause(false)),
                None => {}
            },
        }
    }

    /// Passes a caller's key on. One by RFC 4733 goes with the sound when the agent takes such events.
    fn pass(&self, key: char, info: bool) {
        let (true, Stage::Bridged, Some(agent)) =
            (self.shared.config.pass_keys, &self.stage, &self.agent)
        else {
            return;
        };
        match (info, agent.takes_events()) {
            (true, true) => self.session.send_digit(Side::Agent, key),
            (_, false) => agent.control.info(key_body(key)),
            (false, true) => {}
        }
    }

    pub(super) fn agent_info(&mut self, body: Option<Body>) {
        let Some(body) = body else { return };
        if let Some(key) = keys::of_info(&body) {
            self.key_during(Side::Agent, key, Instant::now(), true);
        }
    }

    /// Recording has stopped because the caller said so. One who had consented to nothing hears that the key was taken,
    /// and nothing of a consent.
    pub(super) fn withdrawn_by_key(&mut self, given: bool) {
        self.stop_tape();
        self.granted = false;
        self.session.pause(self.paused);
        let said = self.plan.announcement.as_ref().filter(|_| given);
        let said = said.and_then(|announcement| announcement.withdrawn.clone());
        let said = said.unwrap_or_else(|| Arc::clone(&self.shared.tones.done));
        if matches!(self.stage, Stage::Bridged) {
            self.session.play(Side::Caller, said);
        }
    }

    fn stop_tape(&mut self) {
        self.taping = false;
        self.stale = self.fetching;
        self.session.record(None);
    }

    pub(super) fn told(&mut self, told: Told) {
        match told {
            Told::Desk(DeskEvent::Granted(_)) => {
                self.granted = true;
                self.fetch_tape();
            }
            Told::Desk(DeskEvent::Withdrawn(_)) => {
                self.stop_tape();
                self.granted = false;
            }
            Told::Desk(DeskEvent::Stopped(_) | DeskEvent::StopAll) => self.stop_tape(),
            Told::Desk(DeskEvent::ResumeAll) => self.fetch_tape(),
            Told::Desk(DeskEvent::Pause(_)) => self.paused(true),
            Told::Desk(DeskEvent::Resume(_)) => self.paused(false),
            Told::Desk(DeskEvent::Hangup(_)) => self.finish(Ended::Answered),
            Told::Look => {
                if self.shared.ending.load(Ordering::Acquire) {
                    return self.finish(Ended::Answered);
                }
                // Events were lost: what the desk says now is what holds.
                let Some(id) = self.id.clone() else { return };
                self.granted = self.shared.desk.consent(&id).is_live();
                if self.taping && !self.shared.desk.is_recording(&id) {
                    self.stop_tape();
                }
                self.fetch_tape();
            }
        }
    }

    fn paused(&mut self, paused: bool) {
        self.paused = paused;
        self.session.pause(paused);
        if matches!(self.stage, Stage::Bridged) {
            self.session.play(Side::Agent, Arc::clone(&self.shared.tones.done));
        }
    }

    /// A re-INVITE or UPDATE of one side: answered at once, and the other side told what it means for it.
    pub(super) fn offered(&mut self, side: Side, body: Option<Body>) {
        let srtp = match side {
            Side::Caller => self.trunk_srtp(),
            Side::Agent => crate::sdp::Srtp::AsOffered,
        };
        let party = match (side, &mut self.agent) {
            (Side::Caller, _) => &mut self.caller,
            (Side::Agent, Some(agent)) => agent,
            (Side::Agent, None) => return,
        };
        let answer = match &body {
            None => party.offer_again(),
            Some(body) => match description(body) {
                Some(text) => party.answer(&text, &self.session, srtp),
                None => return party.control.refuse_offer(415),
            },
        };
        match answer {
            Ok(answer) => {
                party.control.accept_offer(Some(answer));
                if body.is_some() {
                    self.mirror(across(side));
                }
            }
            Err(()) => party.control.refuse_offer(488),
        }
    }

    pub(super) fn offer_accepted(&mut self, side: Side, body: Option<&Body>) {
        let party = match (side, &mut self.agent) {
            (Side::Caller, _) => &mut self.caller,
            (Side::Agent, Some(agent)) => agent,
            (Side::Agent, None) => return,
        };
        let taken =
            body.and_then(description).map(|text| party.accept(&text, &self.session, false));
        if !matches!(taken, Some(Ok(()))) {
            party.refused();
        }
        // Something may have changed meanwhile.
        if let Some(Ok(())) = taken {
            self.mirror(side);
        }
    }

    pub(super) fn offer_refused(&mut self, side: Side) {
        match (side, &mut self.agent) {
            (Side::Caller, _) => self.caller.refused(),
            (Side::Agent, Some(agent)) => agent.refused(),
            (Side::Agent, None) => {}
        }
    }

    /// Brings `to` in line with the other side. Only a bridged call has another side.
    pub(super) fn mirror(&mut self, to: Side) {
        let (Stage::Bridged, Some(agent)) = (&self.stage, &mut self.agent) else { return };
        match to {
            Side::Caller => self.caller.mirror(agent.direction(), &self.session),
            Side::Agent => agent.mirror(self.caller.direction(), &self.session),
        }
    }
}

fn across(side: Side) -> Side {
    side.other()
}
