//! One recording session: from INVITE to BYE, and when it may record.
//!
//! Three things happen to it: what the client says on its leg, what the desk says of consent, and
//! what the media plane notices. After each of them [`Session::settle`] brings media and client to
//! what the desk allows.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::desk::{self, CallId, Desk, DeskEvent, NewCall, Via};
use crate::media::{MediaEvent, Purpose};
use crate::sdp::{Direction, Sdp};
use crate::sip::{Body, Ended, Headers, Incoming, LegControl, LegEvent};

use super::metadata::Metadata;
use super::request::{self, Refused, Said};
use super::server::{Place, Shared, refuse, refuse_for};
use super::streams::Streams;

/// How long to wait before a re-INVITE that was refused is tried again, and how often.
const AGAIN: (Duration, u32) = (Duration::from_secs(5), 3);
/// How long no packet at all may come after every leg was said to be quiet.
const DOUBT: Duration = Duration::from_secs(4);
/// How long a recording waits for its last sound from a media thread that has no time.
const LAST_SOUND: Duration = Duration::from_secs(2);

struct Session {
    shared: Arc<Shared>,
    control: LegControl,
    streams: Streams,
    metadata: Option<Metadata>,
    headers: Headers,
    /// The names of the recorded call.
    ids: Vec<String>,
    call: CallId,
    /// Nobody knew the call before: it begins and ends with this session.
    ours: bool,
    /// The ACK has come: offers of ours may be sent.
    acked: bool,
    /// The desk refused a tape although there is consent; until something changes there.
    blocked: bool,
    recording: bool,
    paused: bool,
    /// When a refused re-INVITE is tried again, and how often it was.
    again: Option<Instant>,
    tries: u32,
    /// The legs that were said to be quiet. They may have spoken since.
    quiet: [bool; 2],
    /// All legs seem quiet: when that is looked at again, and how many packets had come by then.
    doubt: Option<(Instant, u64)>,
    /// When it ends in any case.
    longest: Instant,
}

/// Runs a recording session to its end.
pub(super) async fn run(place: Place, mut invite: Incoming) {
    let shared = Arc::clone(&place.0);
    let (media_events, mut media) = mpsc::unbounded_channel();
    // Before anything is asked of the desk, so that nothing said in between is missed.
    let mut desk = shared.desk.events();
    let mut ending = shared.ending.subscribe();
    let Some(mut session) = Session::begin(&shared, &invite, media_events).await else { return };
    session.settle().await;
    let mut how = desk::Ended::Answered;
    loop {
        let alarm = session.again.into_iter().chain(session.doubt.map(|d| d.0)).min();
        let alarm = alarm.map_or(session.longest, |at| at.min(session.longest));
        tokio::select! {
            event = invite.leg.events.recv() => match event {
                Some(LegEvent::Ended(why)) => {
                    if matches!(why, Ended::Lapsed | Ended::NotAcked | Ended::Lost) {
                        how = desk::Ended::Lost;
                    }
                    break;
                }
                Some(LegEvent::Cancelled | LegEvent::Failed { .. }) | None => break,
                Some(event) => session.said(event),
            },
            event = desk.recv() => match event {
                Ok(event) => session.desk_said(event),
                Err(RecvError::Lagged(_)) => session.changed(),
                Err(RecvError::Closed) => session.control.hangup(),
            },
            Some(event) = media.recv() => session.heard(event),
            Ok(()) = ending.changed() => session.control.hangup(),
            () = sleep_until(alarm) => {
                let lost = session.is_lost();
                if lost {
                    how = desk::Ended::Lost;
                }
                if lost || session.longest <= Instant::now() {
                    session.control.hangup();
                }
            }
        }
        session.settle().await;
    }
    session.end(how, media).await;
    drop(place);
}

impl Session {
    /// Reads the INVITE and answers it; None when it was refused.
    async fn begin(
        shared: &Arc<Shared>,
        invite: &Incoming,
        events: mpsc::UnboundedSender<MediaEvent>,
    ) -> Option<Session> {
        let request = &invite.request;
        let content_type = request.headers.get("Content-Type");
        let said = match request::read(content_type, &request.body) {
            Ok(Said { sdp: None, .. }) => Err(Refused::NoOffer),
            read => read,
        };
        let said = match said {
            Ok(said) => said,
            Err(why) => {
                refuse_for(shared, invite, &why);
                return None;
            }
        };
        if said.unreadable.is_some() {
            shared.unreadable_metadata.fetch_add(1, Relaxed);
        }
        let (offer, metadata) = (said.sdp?, said.metadata);
        let control = invite.leg.control.clone();
        let ids = request::ids(
            &request.headers,
            &shared.config.id_headers,
            metadata.as_ref(),
            control.call_id(),
        );
        let known = find(&shared.desk, &ids, None);
        let allowed = known.as_ref().is_some_and(|call| allows(&shared.desk, call));
        let Ok(mut streams) = open(shared, invite.source.ip(), events) else {
            // No port, or no random number: another server may have some.
            refuse(shared, invite, 503, Headers::new());
            return None;
        };
        let body = match streams.answer(&offer, metadata.as_ref(), willing(allowed)) {
            Ok(body) => body,
            Err(why) => {
                refuse_for(shared, invite, &Refused::Negotiation(why.to_string()));
                return None;
            }
        };
        let ours = known.is_none();
        let call = match known {
            Some(call) => call,
            None => began(shared, &ids, &request.headers, metadata.as_ref()).await?,
        };
        control.answer(Some(Body::sdp(body)), Headers::new());
        shared.taken.fetch_add(1, Relaxed);
        Some(Session {
            longest: Instant::now() + shared.config.longest,
            shared: Arc::clone(shared),
            control,
            streams,
            metadata,
            headers: request.headers.clone(),
            ids,
            call,
            ours,
            acked: false,
            blocked: false,
            recording: false,
            paused: false,
            again: None,
            tries: 0,
            quiet: [false; 2],
            doubt: None,
        })
    }

    /// Brings media and client to what the desk allows, at once and in this order: nothing is taken
    /// any more when it does not; a tape when it does and the client sends; and the client is told.
    async fn settle(&mut self) {
        self.find_again().await;
        let mut allowed = !self.blocked && allows(&self.shared.desk, &self.call);
        if !allowed && self.recording {
            // The desk has ended the tape already, and has kept or destroyed what was on it.
            self.streams.media().record(None);
            self.recording = false;
        }
        self.streams.apply(allowed);
        if allowed && !self.recording && self.streams.receives() {
            allowed = self.record().await;
        }
        let willing = willing(allowed);
        if self.acked
            && self.again.is_none()
            && self.streams.must_tell(willing)
            && self.tries <= AGAIN.1
        {
            match self.streams.offer(willing) {
                Ok(body) => self.control.offer(Body::sdp(body), false),
                Err(_) => self.try_again(),
            }
        }
    }

    /// Asks the desk for a tape, which makes the key.
    async fn record(&mut self) -> bool {
        let (desk, call) = (self.shared.desk.clone(), self.call.clone());
        match tokio::task::spawn_blocking(move || desk.tape(&call)).await {
            Ok(Ok(tape)) => {
                self.streams.media().record(Some(tape));
                self.streams.media().pause(self.paused);
                self.recording = true;
            }
            // The reason is in the desk's figures. Nothing is recorded, and the client is told to
            // send nothing.
            Ok(Err(_)) | Err(_) => {
                self.blocked = true;
                self.streams.apply(false);
            }
        }
        self.recording
    }

    /// The consent front may hear of the call only after us: then the call is the front's.
    async fn find_again(&mut self) {
        if self.recording {
            return;
        }
        let Some(call) = find(&self.shared.desk, &self.ids, Some(&self.call)) else { return };
        let before = std::mem::replace(&mut self.call, call);
        if std::mem::take(&mut self.ours) {
            end_call(&self.shared.desk, before, desk::Ended::Answered).await;
        }
    }

    /// What the client says.
    fn said(&mut self, event: LegEvent) {
        match event {
            LegEvent::Acked { body } => {
                self.acked = true;
                if let Some(body) = body {
                    self.answered(Some(body));
                }
            }
            LegEvent::Offer { update, body, headers } => self.offered(update, body, headers),
            LegEvent::OfferAccepted { body } => self.answered(body),
            LegEvent::OfferRefused { .. } => {
                self.shared.reinvites_refused.fetch_add(1, Relaxed);
                self.streams.refused();
                self.try_again();
            }
            _ => {}
        }
    }

    /// A re-INVITE or UPDATE: other streams, hold, or only other metadata.
    fn offered(&mut self, update: bool, body: Option<Body>, headers: Headers) {
        let said = match &body {
            None => Ok(Said::default()),
            Some(body) if body.content_type.is_empty() => request::read(None, &body.bytes),
            Some(body) => request::read(Some(&body.content_type), &body.bytes),
        };
        let said = match said {
            Ok(said) => said,
            Err(why) => return self.control.refuse_offer(why.code()),
        };
        if said.unreadable.is_some() {
            self.shared.unreadable_metadata.fetch_add(1, Relaxed);
        }
        if let Some(metadata) = said.metadata {
            match &mut self.metadata {
                Some(before) => before.update(metadata),
                none => *none = Some(metadata),
            }
        }
        self.name(&headers);
        let willing = willing(!self.blocked && allows(&self.shared.desk, &self.call));
        let answer = match (&said.sdp, update) {
            (Some(offer), _) => {
                self.streams.answer(offer, self.metadata.as_ref(), willing).map(Some)
            }
            (None, true) => Ok(None),
            // Without an offer the 200 makes one, and the ACK answers it (RFC 3261 section 14.2).
            (None, false) => {
                self.streams.refused();
                self.streams.offer(willing).map(Some)
            }
        };
        match answer {
            Ok(body) => self.control.accept_offer(body.map(Body::sdp)),
            Err(_) => self.control.refuse_offer(488),
        }
    }

    /// Takes in names of the call that came later.
    fn name(&mut self, headers: &Headers) {
        let (names, call_id) = (&self.shared.config.id_headers, self.control.call_id());
        let later = request::ids(headers, names, self.metadata.as_ref(), call_id);
        let first = request::ids(&self.headers, names, self.metadata.as_ref(), call_id);
        self.ids = later;
        for id in first {
            if !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
    }

    /// The client's answer to an offer of ours.
    fn answered(&mut self, body: Option<Body>) {
        let answer = body
            .and_then(|b| request::read(Some(&b.content_type), &b.bytes).ok())
            .and_then(|s| s.sdp);
        let accepted = answer.is_some_and(|sdp: Sdp| self.streams.accept(&sdp).is_ok());
        match accepted {
            true => self.tries = 0,
            false => {
                self.streams.refused();
                self.try_again();
            }
        }
    }

    fn try_again(&mut self) {
        self.tries += 1;
        self.again = Some(Instant::now() + AGAIN.0);
    }

    /// What the desk says. Whatever is said of this call is looked at anew by [`Session::settle`].
    fn desk_said(&mut self, event: DeskEvent) {
        match event {
            DeskEvent::Pause(call) if call == self.call => {
                self.paused = true;
                self.streams.media().pause(true);
            }
            DeskEvent::Resume(call) if call == self.call => {
                self.paused = false;
                self.streams.media().pause(false);
            }
            DeskEvent::Hangup(call) if call == self.call => self.control.hangup(),
            DeskEvent::Stopped(call) | DeskEvent::Withdrawn(call) if call == self.call => {
                // What of the sound was not yet handed over goes no further.
                self.streams.media().record(None);
                self.recording = false;
                self.changed();
            }
            DeskEvent::Granted(_) | DeskEvent::StopAll | DeskEvent::ResumeAll => self.changed(),
            _ => {}
        }
    }

    /// Something changed at the desk: what it refused before may be asked again.
    fn changed(&mut self) {
        (self.blocked, self.tries, self.again) = (false, 0, None);
    }

    /// What the media plane noticed.
    fn heard(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::TapeFailed => {
                self.recording = false;
                self.blocked = true;
            }
            MediaEvent::First { side } => self.quiet[side.index()] = false,
            MediaEvent::Quiet { side } => {
                self.quiet[side.index()] = true;
                // One leg may say nothing for long; all of them together mean that a BYE was lost.
                if self.recording && self.streams.all_quiet(self.quiet) {
                    self.doubt = Some((Instant::now() + DOUBT, self.received()));
                }
            }
            MediaEvent::Digit { .. } | MediaEvent::PlayEnded { .. } => {}
        }
    }

    /// What is due of the two alarms: a re-INVITE may be tried again, and whether nobody is there
    /// any more.
    fn is_lost(&mut self) -> bool {
        let now = Instant::now();
        self.again = self.again.filter(|at| *at > now);
        let Some((_, before)) = self.doubt.filter(|(at, _)| *at <= now) else { return false };
        self.doubt = None;
        self.recording && self.streams.receives() && self.received() == before
    }

    fn received(&self) -> u64 {
        self.streams.media().figures().received
    }

    async fn end(self, how: desk::Ended, mut media: mpsc::UnboundedReceiver<MediaEvent>) {
        let Session { shared, streams, call, ours, .. } = self;
        // The tape gets its last sound before the desk closes the recording: the media thread hands over
        // what it has, and then lets go of the session.
        drop(streams);
        let let_go = async { while media.recv().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_SOUND, let_go).await;
        if ours {
            end_call(&shared.desk, call, how).await;
        }
    }
}

/// The widest direction that we agree to.
fn willing(allowed: bool) -> Direction {
    match allowed {
        true => Direction::RecvOnly,
        false => Direction::Inactive,
    }
}

/// Whether a call may be recorded now, as far as the desk can say before it is asked for a tape.
fn allows(desk: &Desk, call: &CallId) -> bool {
    desk.consent(call).is_live() && desk.stopped().is_none()
}

/// The live call with one of these names, other than this one.
fn find(desk: &Desk, ids: &[String], but: Option<&CallId>) -> Option<CallId> {
    ids.iter().filter_map(|id| desk.find(id)).find(|call| Some(call) != but)
}

fn open(
    shared: &Shared,
    source: IpAddr,
    events: mpsc::UnboundedSender<MediaEvent>,
) -> Result<Streams, Box<dyn std::error::Error>> {
    let media = shared.media.session(Purpose::Siprec, events)?;
    Ok(Streams::new(media, shared.media.advertised(), shared.config.srtp, source)?)
}

/// Tells the desk of a call that it does not know.
async fn began(
    shared: &Shared,
    ids: &[String],
    headers: &Headers,
    metadata: Option<&Metadata>,
) -> Option<CallId> {
    let (caller, callee) = request::parties(headers, metadata);
    let (session_id, sip_call_id) = request::names(ids);
    let language = shared.config.language.clone();
    let new = NewCall { sip_call_id, session_id, caller, callee, language, via: Via::Siprec };
    let desk = shared.desk.clone();
    tokio::task::spawn_blocking(move || desk.call_began(new)).await.ok()
}

async fn end_call(desk: &Desk, call: CallId, how: desk::Ended) {
    let desk = desk.clone();
    let _ = tokio::task::spawn_blocking(move || desk.call_ended(&call, how)).await;
}
