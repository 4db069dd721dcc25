//! A session as its thread has it: two legs, perhaps a recording.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::dtmf::Event;
use super::engine::New;
use super::figures::{Counters, Figures};
use super::leg::{Buffer, Kind, Leg, Taken};
use super::record::Recorder;
use super::{MediaEvent, Purpose, Side, Tape};

/// Seconds between reports (RFC 3550 section 6.2).
const REPORTS: u32 = 5;
/// Keys that a side can press in a second: twice as many as a dialler does (40 ms each, 40 ms
/// between them).
const KEYS: u32 = 25;

pub(super) struct Call {
    pub id: u64,
    purpose: Purpose,
    events: UnboundedSender<MediaEvent>,
    pub legs: [Leg; 2],
    pub relay: bool,
    paused: bool,
    /// Keys of each side that never reach the other.
    pub withheld: [String; 2],
    recorder: Option<Recorder>,
    pub figures: Figures,
    counters: Arc<Counters>,
    next_second: Instant,
    seconds: u32,
    turns: u32,
    begun: Instant,
}

impl Call {
    pub fn new(new: New, now: Instant) -> Call {
        let [caller, agent] = new.pairs;
        let [one, two] = new.random;
        Call {
            id: new.id,
            purpose: new.purpose,
            events: new.events,
            legs: [Leg::new(caller, one, now), Leg::new(agent, two, now)],
            relay: false,
            paused: false,
            withheld: [String::new(), String::new()],
            recorder: None,
            figures: Figures { sessions: 1, ..Figures::default() },
            counters: new.counters,
            next_second: now + Duration::from_secs(1),
            seconds: 0,
            turns: 0,
            begun: now,
        }
    }

    /// Whether anybody is to hear what comes: on a SIPREC session only a tape does.
    fn listens(&self) -> bool {
        self.purpose == Purpose::Front || self.recorder.is_some()
    }

    /// Whether all is there that a side has said up to now, as far as a tape shows it.
    pub fn is_up_to(&self, leg: usize, now: Instant) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.is_up_to(leg, now))
    }

    /// How many packets each side's streams have lost so far.
    fn lost(&self) -> [u64; 2] {
        [self.legs[0].received.lost(), self.legs[1].received.lost()]
    }

    /// A datagram on the RTP port of `leg`.
    pub fn packet(
        &mut self,
        leg: usize,
        buffer: &mut Buffer,
        length: usize,
        from: SocketAddr,
        latch: Duration,
        now: Instant,
    ) {
        // Not even looked at.
        if !self.listens() {
            self.figures.dropped_without_consent += 1;
            return;
        }
        let [caller, agent] = &mut self.legs;
        let (this, other) = if leg == 0 { (caller, agent) } else { (agent, caller) };
        let figures = &mut self.figures;
        let Taken::Rtp(header) = this.take(buffer, length, from, latch, now, figures) else {
            return;
        };
        let Some(kind) = this.link.as_ref().and_then(|link| link.kind(header.pt)) else { return };
        figures.received += 1;
        let arrival = super::rtp::samples(now, self.begun) as i64;
        this.received.packet(&header, arrival);
        let side = Side::BOTH[leg];
        this.quiet_said = false;
        if !this.first_said {
            this.first_said = true;
            let _ = self.events.send(MediaEvent::First { side });
        }
        let payload = header.start..header.end;
        let event = match kind {
            Kind::Press => Event::parse(&buffer[payload.clone()]),
            _ => None,
        };
        if let Some(event) = event {
            if let Some(key) = this.presses.packet(header.ssrc, header.timestamp, event)
                && this.keys < KEYS
            {
                this.keys += 1;
                let _ = self.events.send(MediaEvent::Digit { side, key, at: now });
            }
            if let Some(recorder) = &mut self.recorder {
                recorder.press(leg, &header, event, now);
            }
        }
        if let (Kind::Audio(codec), Some(recorder)) = (kind, &mut self.recorder)
            && !recorder.sound(leg, codec, &header, &buffer[payload], now)
        {
            figures.late += 1;
        }
        if other.plays() {
            return;
        }
        if !self.relay || self.purpose == Purpose::Siprec {
            other.out.rests();
            return;
        }
        let withheld =
            event.and_then(Event::key).is_some_and(|key| self.withheld[leg].contains(key));
        let in_time = match kind {
            Kind::Audio(codec) => other.relay(buffer, &header, Some(codec), now, figures),
            Kind::Press if event.is_some() && !withheld => {
                other.relay(buffer, &header, None, now, figures)
            }
            _ => {
                // A key that is kept back, or comfort noise, which the other side may not know: silence by itself.
                other.out.skipped(&header);
                true
            }
        };
        if !in_time {
            figures.late += 1;
        }
    }

    /// What is to be done every 20 ms.
    pub fn look_after(
        &mut self,
        now: Instant,
        origin: Instant,
        (latch, quiet): (Duration, Duration),
        buffer: &mut Buffer,
    ) {
        for side in Side::BOTH {
            if self.legs[side.index()].pace(now, buffer, &mut self.figures) {
                let _ = self.events.send(MediaEvent::PlayEnded { side });
            }
        }
        let lost = self.lost();
        if let Some(recorder) = &mut self.recorder {
            recorder.lost(lost);
            if recorder.tick(now).is_err() {
                recorder.done.add_to(&mut self.figures);
                self.recorder = None;
                let _ = self.events.send(MediaEvent::TapeFailed);
            }
        }
        self.turns += 1;
        if self.turns.is_multiple_of(10) {
            self.publish();
        }
        if now < self.next_second {
            return;
        }
        self.next_second += Duration::from_secs(1);
        self.seconds += 1;
        let listens = self.listens();
        for side in Side::BOTH {
            let leg = &mut self.legs[side.index()];
            if self.seconds.is_multiple_of(REPORTS) {
                leg.report(origin, now);
            }
            leg.keys = 0;
            leg.settle(latch, now);
            let expected = listens && leg.link.as_ref().is_some_and(|link| link.direction.receive);
            if expected
                && !quiet.is_zero()
                && !leg.quiet_said
                && now.saturating_duration_since(leg.heard) >= quiet
            {
                leg.quiet_said = true;
                let _ = self.events.send(MediaEvent::Quiet { side });
            }
        }
    }

    /// Begins a recording, or ends it and keeps it.
    pub fn record(&mut self, tape: Option<Box<dyn Tape>>, now: Instant) {
        let lost = self.lost();
        if let Some(mut recorder) = self.recorder.take() {
            recorder.lost(lost);
            let (mut done, failed) = (recorder.done, recorder.finish(now));
            match failed {
                Ok(all) => done = all,
                Err(_) => drop(self.events.send(MediaEvent::TapeFailed)),
            }
            done.add_to(&mut self.figures);
        }
        if !self.listens() {
            self.legs.iter_mut().for_each(|leg| leg.heard = now);
        }
        self.recorder = tape.map(|tape| {
            let mut recorder = Recorder::new(tape, lost, now);
            recorder.pause(self.paused, now);
            recorder
        });
        self.publish();
    }

    /// Ends a recording and destroys it.
    pub fn destroy_recording(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            recorder.done.add_to(&mut self.figures);
            recorder.destroy();
        }
        self.publish();
    }

    pub fn pause(&mut self, paused: bool, now: Instant) {
        self.paused = paused;
        let lost = self.lost();
        if let Some(recorder) = &mut self.recorder {
            recorder.lost(lost);
            recorder.pause(paused, now);
        }
    }

    /// The counts as of now.
    pub fn figures(&self) -> Figures {
        let mut figures = self.figures;
        figures.lost = self.legs.iter().map(|leg| leg.received.lost()).sum();
        if let Some(recorder) = &self.recorder {
            figures.recording = 1;
            recorder.done.add_to(&mut figures);
        }
        figures
    }

    /// Lets the handle see them.
    pub fn publish(&self) {
        self.counters.write(&self.figures());
    }
}
