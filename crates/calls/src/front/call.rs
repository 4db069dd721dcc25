//! One call from its INVITE to its end.

use super::ask::{Ask, Input, Step};
use super::clerk::{self, Done, Job};
use super::config::Plan;
use super::hunt::Hunt;
use super::keys::Sequences;
use super::side::{Party, description};
use super::{Shared, Told};
use crate::config::Srtp;
use crate::consent::How;
use crate::desk::{Answer, CallId, Ended, NewCall, Via};
use crate::media::{Codec, MediaEvent, Purpose, Session, Side};
use crate::sdp::{self, Direction, Negotiation, OfferLine};
use crate::sip::{Body, Headers, Incoming, LegEvent, Message, NameAddr};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// How long a recording waits for its last sound from a media thread that has no time.
const LAST_SOUND: Duration = Duration::from_secs(2);

/// Where a call stands.
pub(super) enum Stage {
    /// Our 200 OK is not acknowledged yet.
    Answering,
    /// The caller is being asked.
    Asking { ask: Ask, begun: Instant, until: Option<Instant> },
    /// An agent is being called.
    Hunting(Hunt),
    /// Two people talk.
    Bridged,
    /// The caller hears that nobody can be reached.
    Closing { until: Instant },
}

pub(super) struct Call {
    pub(super) shared: Arc<Shared>,
    pub(super) plan: Plan,
    pub(super) request: Message,
    pub(super) caller: Party,
    pub(super) agent: Option<Party>,
    pub(super) session: Session,
    pub(super) stage: Stage,
    pub(super) jobs: mpsc::UnboundedSender<Job>,
    pub(super) id: Option<CallId>,
    unasked: bool,
    /// The desk says that a consent is in force.
    pub(super) granted: bool,
    /// A tape was asked for and has not come.
    pub(super) fetching: bool,
    /// Recording was stopped since a tape was asked for: what comes is of no use.
    pub(super) stale: bool,
    /// A tape runs.
    pub(super) taping: bool,
    /// The agent paused the recording.
    pub(super) paused: bool,
    pub(super) sequences: Sequences,
    pub(super) outcome: Ended,
    pub(super) over: bool,
    tell: mpsc::UnboundedSender<Told>,
    longest: Instant,
    look: Instant,
    received: u64,
    heard: Instant,
}

/// Runs a call.
pub(super) async fn run(shared: Arc<Shared>, incoming: Incoming, unasked: bool) {
    let control = incoming.leg.control.clone();
    let (media_events, mut media) = mpsc::unbounded_channel();
    let Ok(session) = shared.media.session(Purpose::Front, media_events) else {
        let mut headers = Headers::new();
        headers.push("Retry-After", "5");
        return control.reject(503, headers);
    };
    let Ok(talk) = Negotiation::new(shared.media.advertised()) else {
        return control.reject(500, Headers::new());
    };
    let (jobs, mut done) = clerk::start(shared.desk.clone());
    let (tell, mut told) = mpsc::unbounded_channel();
    let request = incoming.request;
    let otherwise = SocketAddr::new(incoming.source.ip(), 9);
    let plan = plan(&shared, &request);
    let now = Instant::now();
    let longest = now + shared.config.longest;
    let sequences = Sequences::new([shared.config.pause_keys.as_str(), &shared.config.resume_keys]);
    let mut call = Call {
        caller: Party::new(incoming.leg, Side::Caller, talk, otherwise),
        agent: None,
        stage: Stage::Answering,
        id: None,
        granted: false,
        fetching: false,
        stale: false,
        taping: false,
        paused: false,
        sequences,
        outcome: Ended::Abandoned,
        over: false,
        look: now + Duration::from_secs(1),
        received: 0,
        heard: now,
        shared,
        plan,
        request,
        session,
        jobs,
        unasked,
        tell,
        longest,
    };
    if !call.answer() {
        return;
    }
    while !call.over {
        let deadline = call.deadline();
        tokio::select! {
            event = call.caller.events.recv() => call.caller_event(event),
            event = next(&mut call.agent) => call.agent_event(event),
            Some(event) = media.recv() => call.media_event(event),
            Some(done) = done.recv() => call.done(done),
            Some(told) = told.recv() => call.told(told),
            () = sleep_until(deadline) => call.timer(),
        }
    }
    call.end(media).await;
}

/// The agent's next event; never, without an agent.
async fn next(agent: &mut Option<Party>) -> Option<LegEvent> {
    match agent {
        Some(agent) => agent.events.recv().await,
        None => std::future::pending().await,
    }
}

fn plan(shared: &Shared, request: &Message) -> Plan {
    let called = match &request.start {
        crate::sip::message::Start::Request { uri, .. } => {
            crate::sip::Uri::parse(uri).ok().and_then(|uri| uri.user)
        }
        crate::sip::message::Start::Response { .. } => None,
    };
    let line =
        called.and_then(|user| shared.config.lines.get(user.split(';').next().unwrap_or_default()));
    line.unwrap_or(&shared.config.plan).clone()
}

impl Call {
    /// Answers the INVITE; false when it was refused.
    fn answer(&mut self) -> bool {
        let srtp = self.trunk_srtp();
        let body = match self.request.content() {
            // No offer: we make one, and the ACK brings the answer.
            None => {
                let line = self.offer_line(
                    Side::Caller,
                    Vec::new(),
                    self.shared.config.trunk_srtp == Srtp::Required,
                );
                self.caller.offer(line)
            }
            Some(body) => match description(&body) {
                None => {
                    self.caller.control.reject(415, Headers::new());
                    return false;
                }
                Some(text) if self.shared.config.trunk_srtp == Srtp::Off && only_srtp(&text) => {
                    Err(())
                }
                Some(text) => self.caller.answer(&text, &self.session, srtp),
            },
        };
        let Ok(body) = body else {
            self.caller.control.reject(488, Headers::new());
            return false;
        };
        let uri = |name: &str| {
            self.request.headers.addr(name).map(|addr| addr.uri.to_string()).unwrap_or_default()
        };
        let language = match &self.plan.announcement {
            Some(announcement) => announcement.language.clone(),
            None => self.plan.language.clone(),
        };
        let new = NewCall {
            sip_call_id: self.caller.control.call_id().to_owned(),
            session_id: self.request.headers.get("Session-ID").map(str::to_owned),
            caller: uri("From"),
            callee: uri("To"),
            language,
            via: Via::Front,
        };
        self.job(Job::Began(Box::new(new)));
        self.caller.control.answer(Some(body), Headers::new());
        let config = &self.shared.config;
        let withdraw = config.withdraw_key.to_string();
        self.session
            .withhold(Side::Caller, if config.pass_keys { &withdraw } else { super::keys::KEYS });
        true
    }

    pub(super) fn trunk_srtp(&self) -> sdp::Srtp {
        match self.shared.config.trunk_srtp {
            Srtp::Required => sdp::Srtp::Required,
            Srtp::Off | Srtp::Optional => sdp::Srtp::AsOffered,
        }
    }

    /// An offer of ours: both laws, the one that the other side uses first, so that nothing need be converted.
    pub(super) fn offer_line(&self, side: Side, mut codecs: Vec<Codec>, srtp: bool) -> OfferLine {
        for codec in [Codec::Pcma, Codec::Pcmu] {
            if !codecs.contains(&codec) {
                codecs.push(codec);
            }
        }
        let port = self.session.port(side);
        OfferLine {
            port,
            codecs,
            dtmf_pt: Some(101),
            direction: Direction::SendRecv,
            srtp,
            label: None,
        }
    }

    pub(super) fn job(&self, job: Job) {
        // The clerk lives as long as the sender.
        let _ = self.jobs.send(job);
    }

    /// The caller is on the line: ask, or bridge at once.
    fn begin(&mut self) {
        let announcement = self.plan.announcement.clone().filter(|_| !self.unasked);
        let Some(announcement) = announcement else { return self.hunt() };
        let purposes: Vec<String> =
            announcement.questions.iter().map(|one| one.purpose.clone()).collect();
        self.job(Job::Ask(purposes.clone()));
        let (ask, step) = Ask::new(purposes);
        self.stage = Stage::Asking { ask, begun: Instant::now(), until: None };
        self.step(step);
    }

    fn step(&mut self, step: Step) {
        let Some(announcement) = self.plan.announcement.clone() else { return };
        let Stage::Asking { begun, until, .. } = &mut self.stage else { return };
        match step {
            Step::Nothing => {}
            Step::Announce => self.session.play(Side::Caller, Arc::clone(&announcement.before)),
            Step::Question(number) => {
                *until = None;
                *begun = Instant::now();
                if let Some(question) = announcement.questions.get(number) {
                    self.session.play(Side::Caller, Arc::clone(&question.prompt));
                }
            }
            Step::Wait(_) => *until = Some(Instant::now() + self.shared.config.wait),
            Step::Done => {
                self.session.stop_play(Side::Caller);
                self.decide();
                // At once, whatever was answered, and without waiting for a disk.
                self.hunt();
            }
        }
    }

    /// Hands the answers to the desk.
    fn decide(&mut self) {
        let (Stage::Asking { ask, .. }, Some(announcement)) =
            (&self.stage, &self.plan.announcement)
        else {
            return;
        };
        let answers = ask.answers().iter().map(|one| Answer {
            purpose: one.purpose.clone(),
            granted: one.granted,
            how: one.how.clone(),
            text_id: announcement.id.clone(),
            text_version: announcement.version.clone(),
            language: announcement.language.clone(),
        });
        let answers: Vec<Answer> = answers.collect();
        if !answers.is_empty() {
            self.job(Job::Decide(answers));
        }
    }

    fn asked(&mut self, input: Input) {
        if let Stage::Asking { ask, .. } = &mut self.stage {
            let step = ask.take(input);
            self.step(step);
        }
    }

    fn caller_event(&mut self, event: Option<LegEvent>) {
        match event {
            Some(LegEvent::Acked { body }) => {
                if let Some(text) = body.as_ref().and_then(description) {
                    let taken = self.caller.accept(&text, &self.session, false);
                    if taken.is_err() && self.caller.agreed.is_none() {
                        return self.finish(Ended::Lost);
                    }
                }
                if matches!(self.stage, Stage::Answering) {
                    if self.caller.agreed.is_none() {
                        // An ACK without the answer that it owes (RFC 3261 section 13.2.2.4).
                        return self.finish(Ended::Lost);
                    }
                    self.begin();
                }
            }
            Some(LegEvent::Offer { body, .. }) => self.offered(Side::Caller, body),
            Some(LegEvent::OfferAccepted { body }) => {
                self.offer_accepted(Side::Caller, body.as_ref())
            }
            Some(LegEvent::OfferRefused { .. }) => self.offer_refused(Side::Caller),
            Some(LegEvent::Info { body, .. }) => {
                if let Some(key) = body.as_ref().and_then(super::keys::of_info) {
                    self.key(Side::Caller, key, Instant::now(), true);
                }
            }
            Some(LegEvent::Ended(why)) => {
                let lost = !matches!(why, crate::sip::Ended::Bye | crate::sip::Ended::Ours);
                self.gone(lost);
            }
            Some(LegEvent::Cancelled) | None => self.gone(false),
            Some(
                LegEvent::Provisional { .. } | LegEvent::Answered { .. } | LegEvent::Failed { .. },
            ) => {}
        }
    }

    /// The caller is gone.
    fn gone(&mut self, lost: bool) {
        if let Stage::Asking { ask, .. } = &mut self.stage
            && ask.take(Input::HungUp) == Step::Done
        {
            self.decide();
        }
        let spoke = matches!(self.stage, Stage::Bridged);
        self.finish(match (lost, spoke) {
            (true, _) => Ended::Lost,
            (false, true) => Ended::Answered,
            (false, false) => Ended::Abandoned,
        });
    }

    pub(super) fn finish(&mut self, outcome: Ended) {
        self.outcome = outcome;
        self.over = true;
    }

    fn media_event(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::Digit { side, key, at } => self.key(side, key, at.into(), false),
            MediaEvent::PlayEnded { side: Side::Caller } => self.asked(Input::Played),
            MediaEvent::PlayEnded { side: Side::Agent } => {}
            MediaEvent::TapeFailed => self.taping = false,
            MediaEvent::First { .. } | MediaEvent::Quiet { .. } => {}
        }
    }

    /// A key of either side, by RFC 4733 or INFO.
    fn key(&mut self, side: Side, key: char, at: Instant, info: bool) {
        match (&self.stage, side) {
            (Stage::Asking { begun, .. }, Side::Caller)
                if at.saturating_duration_since(*begun) >= self.shared.config.guard =>
            {
                self.asked(Input::Key(key));
            }
            (Stage::Hunting(_) | Stage::Bridged, _) => self.key_during(side, key, at, info),
            _ => {}
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Began(id) => {
                self.shared.told().insert(id.clone(), self.tell.clone());
                self.id = Some(id);
            }
            Done::Decided(granted) => {
                self.granted |= granted;
                self.fetch_tape();
            }
            Done::Tape(tape) => self.tape(tape),
            Done::Withdrawn(given) => self.withdrawn_by_key(given),
        }
    }

    fn deadline(&self) -> Instant {
        let stage = match &self.stage {
            Stage::Asking { until, .. } => *until,
            Stage::Hunting(hunt) => Some(hunt.until),
            Stage::Closing { until } => Some(*until),
            Stage::Answering | Stage::Bridged => None,
        };
        let usual = self.look.min(self.longest);
        stage.map_or(usual, |stage| stage.min(usual))
    }

    fn timer(&mut self) {
        let now = Instant::now();
        if now >= self.longest {
            return self.finish(Ended::Answered);
        }
        match &self.stage {
            Stage::Asking { ask, until: Some(until), .. } if now >= *until => {
                if let Some(question) = ask.question() {
                    self.asked(Input::TimeOut(question));
                }
            }
            Stage::Hunting(hunt) if now >= hunt.until => {
                let why = hunt.waited();
                self.next_agent(&why);
            }
            Stage::Closing { until } if now >= *until => return self.finish(Ended::Unreachable),
            _ => {}
        }
        if now >= self.look {
            self.look = now + Duration::from_secs(1);
            self.look_for_sound(now);
        }
    }

    /// A call from which nothing is heard any more is lost: somebody's BYE never came.
    fn look_for_sound(&mut self, now: Instant) {
        let received = self.session.figures().received;
        let agent = self.agent.as_ref().is_some_and(|agent| agent.direction().receives());
        // On hold on both sides nobody is expected to send; the session timer watches then.
        let expected = self.caller.direction().receives() || agent;
        if received != self.received || !expected {
            self.received = received;
            self.heard = now;
        } else if now - self.heard >= self.shared.config.quiet {
            self.finish(Ended::Lost);
        }
    }

    /// Hangs up what is still there and closes the books.
    async fn end(self, mut media: mpsc::UnboundedReceiver<MediaEvent>) {
        self.caller.control.hangup();
        if let Some(agent) = &self.agent {
            agent.control.hangup();
        }
        if let Some(id) = &self.id {
            self.shared.told().remove(id);
        }
        // What was heard goes to the tape before the desk closes the recording.
        let lost = self.session.figures().lost;
        self.shared.desk.count_packets(0, lost);
        self.session.close();
        if self.taping {
            // The media thread hands over what it has, and then lets go of the session: usually within milliseconds.
            let let_go = async { while media.recv().await.is_some() {} };
            let _ = tokio::time::timeout(LAST_SOUND, let_go).await;
        }
        let _ = self.jobs.send(Job::Ended(self.outcome));
    }

    /// From and the headers that tell the agent who calls; Max-Forwards goes down by one.
    pub(super) fn onward(&self) -> (NameAddr, Headers) {
        let mut headers = Headers::new();
        let hops =
            self.request.headers.number("Max-Forwards").unwrap_or(70).min(70).saturating_sub(1);
        headers.push("Max-Forwards", hops.to_string());
        let pass = [
            "P-Asserted-Identity",
            "Privacy",
            "Diversion",
            "History-Info",
            "Session-ID",
            "Subject",
            "User-to-User",
        ];
        for (name, value) in self.request.headers.iter() {
            if pass.iter().any(|one| one.eq_ignore_ascii_case(name)) {
                headers.push(name, value);
            }
        }
        if let Some(id) = &self.id {
            // So that the agent's screen can pause, flag or withdraw this call by the HTTP interface.
            headers.push("X-Frist-Call", id.as_str());
        }
        let anonymous = || NameAddr {
            name: "Anonymous".to_owned(),
            uri: crate::sip::Uri {
                scheme: "sip".to_owned(),
                user: Some("anonymous".to_owned()),
                host: "anonymous.invalid".to_owned(),
                port: None,
                params: Vec::new(),
            },
            params: Vec::new(),
        };
        (self.request.headers.addr("From").unwrap_or_else(anonymous), headers)
    }
}

fn only_srtp(text: &[u8]) -> bool {
    sdp::Sdp::parse(text).is_ok_and(|sdp| {
        let mut audio =
            sdp.media.iter().filter(|one| one.kind == "audio" && one.port != 0).peekable();
        audio.peek().is_some()
            && audio.all(|one| matches!(one.protocol, sdp::Protocol::Srtp { .. }))
    })
}

/// A body for an INFO that carries a key.
pub(super) fn key_body(key: char) -> Body {
    let text = format!("Signal={key}\r\nDuration=160\r\n");
    Body { content_type: "application/dtmf-relay".to_owned(), bytes: text.into() }
}

/// How a withdrawal by key is written down.
pub(super) fn by_key(key: char) -> How {
    How::Key(key)
}
