//! The heart of a server: says that it lives, sees who does not, keeps or takes the scheduler's turn,
//! and sees when the scheduler stands still. It asks no store, so that it beats whatever a store does.

use std::collections::BTreeSet;
use std::time::Duration;

use frist_state::{Error, Judged, Lease, State};
use jiff::{SignedDuration, Timestamp};

use crate::alarm::Kind;
use crate::event;
use crate::look::{SCHEDULER, WATCHDOG, at_signs, of};
use crate::outside::Dead;
use crate::threads::Shared;

/// After how long without its database a server says so past it.
const DEAF: Duration = Duration::from_secs(120);
/// How often it says so again.
const AGAIN: Duration = Duration::from_secs(6 * 3_600);

/// What the heart remembers between beats.
#[derive(Default)]
pub(crate) struct Heart {
    state: Option<State>,
    deaf_since: Option<Duration>,
    cried: Option<Duration>,
}

impl Heart {
    /// One beat.
    pub(crate) fn beat(&mut self, shared: &Shared, started: Timestamp) {
        let steady = (shared.outside.steady)();
        match self.try_beat(shared, started) {
            Ok(()) => {
                if self.cried.take().is_some() {
                    shared.log("heart", "Frist's own database answers again");
                }
                self.deaf_since = None;
            }
            Err(e) => {
                // A connection that failed once is not trusted again.
                self.state = None;
                let since = *self.deaf_since.get_or_insert(steady);
                // Nobody leads who cannot say so.
                shared.follow();
                shared.log("heart", &e);
                let due = self.cried.is_none_or(|at| steady.saturating_sub(at) > AGAIN);
                if steady.saturating_sub(since) > DEAF && due {
                    self.cried = Some(steady);
                    shared.cry(&e);
                }
            }
        }
    }

    fn try_beat(&mut self, shared: &Shared, started: Timestamp) -> Result<(), String> {
        let said = |e: Error| e.to_string();
        let state = match &mut self.state {
            Some(state) => state,
            none => none.insert((shared.outside.state)()?),
        };
        let (now, name) = ((shared.outside.clock)(), &shared.outside.name);
        let settings = &shared.settings;
        let scheduled = settings.schedule.on;
        state.beat(name, started, scheduled, now).map_err(said)?;
        let servers = state.servers(now).map_err(said)?;
        let silent = servers.iter().filter(|s| s.silent > settings.pace.dead && s.name != *name);
        shared.dead.are_silent(silent.map(|s| s.name.clone()).collect::<BTreeSet<_>>());
        if scheduled {
            turn(state, shared, now).map_err(said)?;
        }
        signs(state, shared, started, now)
    }
}

/// Keeps the scheduler's turn as long as the scheduler gives signs of life, or takes it.
fn turn(state: &mut State, shared: &Shared, now: Timestamp) -> Result<(), Error> {
    let ttl = shared.settings.pace.dead;
    let alive = shared.alive();
    let lead = shared.lead();
    let next = match lead {
        Some(mut lease) if alive => match state.renew(&mut lease, ttl, now) {
            Ok(()) => Some(lease),
            Err(Error::LeaseLost { .. }) => None,
            Err(e) => return Err(e),
        },
        // It hangs: somebody else shall have the turn.
        Some(lease) => {
            state.release(&lease)?;
            None
        }
        None if alive => take(state, SCHEDULER, &shared.holder, ttl, &shared.dead, now)?,
        None => None,
    };
    if next.is_some() {
        state.set_mark(SCHEDULER, 0, now)?;
    }
    shared.set_lead(next);
    Ok(())
}

/// Takes a lease that is free, has run out, or whose holder is dead.
pub(crate) fn take(
    state: &mut State,
    name: &str,
    holder: &str,
    ttl: SignedDuration,
    dead: &Dead,
    now: Timestamp,
) -> Result<Option<Lease>, Error> {
    if let Some(held) = state.lease(name, now)? {
        if !dead.is_dead(&held.holder) {
            return Ok(None);
        }
        // The fence stops it, should it be alive after all.
        state.release(&held)?;
    }
    state.acquire(name, holder, ttl, now)
}

/// Raises and ends the alarm that the scheduler or the watchdog stands still: each server does, and
/// the first one is heard.
fn signs(
    state: &mut State,
    shared: &Shared,
    started: Timestamp,
    now: Timestamp,
) -> Result<(), String> {
    let settings = &shared.settings;
    let mut found = at_signs(state, started, settings.schedule.on, &settings.alarms, now)
        .map_err(|e| e.to_string())?;
    if !settings.schedule.on {
        // A server that does not schedule sees it of those that do.
        let others = state.servers(now).map_err(|e| e.to_string())?;
        if others.iter().any(|s| s.schedules) {
            found =
                at_signs(state, started, true, &settings.alarms, now).map_err(|e| e.to_string())?;
        }
    }
    // A watchdog that a slow store keeps says so by its own thread, which is another one.
    found.retain(|a| a.about == SCHEDULER || a.about == WATCHDOG);
    let judged = Judged { kinds: &[Kind::Stalled.word()], repeat: settings.alarms.repeat.0 };
    shared.keep(state, None, &found, judged, now)
}

impl Shared {
    /// Says past the database that it does not answer: what cannot be kept must not be lost.
    fn cry(&self, why: &str) {
        let now = (self.outside.clock)();
        let what = of(Kind::Database, "", 0, None, why);
        let alarm = frist_state::Alarm { id: 0, what, since: now, said_at: now, ended_at: None };
        let zone = self.zone();
        for event in event::of_alarm(frist_state::AlarmChange::Raised, &alarm, now) {
            let messages =
                event::messages(&event, &self.settings, &self.outside.organisation, &zone);
            for m in messages.unwrap_or_default() {
                let sender = self.outside.sender(&self.settings);
                if let Err(e) = sender.send(&m.way, &m.message, &m.body) {
                    self.log("outbox", &e.why);
                }
            }
        }
    }
}
