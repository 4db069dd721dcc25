//! The threads of a running server: the heart, the scheduler, the watchdog, and the one that delivers.
//! Each has connections of its own, so that none waits for another's store.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use frist_state::{Error, Judged, Lease, NewAlarm, NewMessage, State};
use frist_sweep::{Engine, Step};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::alarm::Kind;
use crate::event::{self, TOLD};
use crate::heart::{Heart, take};
use crate::look::{self, SCHEDULER, WATCHDOG, of};
use crate::outside::{Dead, Outside, Settings, unique};
use crate::schedule::{self, Memory};
use crate::spans::Work;

/// For how long the watchdog has its turn: longer than a look takes. A server that is seen dead loses
/// it at once.
const WATCH: SignedDuration = SignedDuration::from_mins(10);
/// For how long alarms that ended and messages that were sent are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Entries of the ledger told of at once.
const ENTRIES: u32 = 500;
/// For how long a jump of the clock is an alarm: nothing else ends it.
const JUMPED: Duration = Duration::from_secs(3_600);

/// What the threads share.
pub(crate) struct Shared {
    pub(crate) outside: Outside,
    pub(crate) settings: Settings,
    pub(crate) dead: Arc<Dead>,
    /// By what name this server holds leases.
    pub(crate) holder: String,
    lead: Mutex<Option<Lease>>,
    /// When the scheduler last gave a sign, by the steady clock.
    signed: Mutex<Duration>,
    zone: Mutex<TimeZone>,
    stop: AtomicBool,
    bell: Mutex<()>,
    rung: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each value is put in its place at once, so that what a panic left is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn log(&self, what: &str, message: &str) {
        let at = (self.outside.clock)();
        (self.outside.log)(
            &serde_json::json!({"at": at, "log": "watch", "part": what, "message": message})
                .to_string(),
        );
    }

    pub(crate) fn lead(&self) -> Option<Lease> {
        lock(&self.lead).clone()
    }

    pub(crate) fn set_lead(&self, lease: Option<Lease>) {
        let mut lead = lock(&self.lead);
        let news = lead.is_some() != lease.is_some();
        let leads = lease.is_some();
        *lead = lease;
        drop(lead);
        if news {
            self.log("scheduler", if leads { "this server leads" } else { "another may lead" });
            self.rung.notify_all();
        }
    }

    pub(crate) fn follow(&self) {
        self.set_lead(None);
    }

    pub(crate) fn zone(&self) -> TimeZone {
        lock(&self.zone).clone()
    }

    fn sign(&self) {
        *lock(&self.signed) = (self.outside.steady)();
    }

    /// Whether the scheduler has given a sign lately.
    pub(crate) fn alive(&self) -> bool {
        let age = (self.outside.steady)().saturating_sub(*lock(&self.signed));
        SignedDuration::try_from(age).is_ok_and(|age| age < self.settings.alarms.stalled.0)
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits, until somebody rings or it is to end.
    fn wait(&self, time: Duration) {
        let bell = lock(&self.bell);
        if !self.stops() {
            let _ = self.rung.wait_timeout(bell, time);
        }
    }

    /// Keeps alarms, with the messages that tell of their changes.
    pub(crate) fn keep(
        &self,
        state: &mut State,
        lease: Option<&Lease>,
        found: &[NewAlarm],
        judged: Judged<'_>,
        now: Timestamp,
    ) -> Result<(), String> {
        let zone = self.zone();
        let changes = state.keep_alarms(lease, found, judged, now, |change, alarm| {
            let events = event::of_alarm(change, alarm, now);
            events.iter().flat_map(|e| self.messages(e, &zone)).collect()
        });
        let changes = changes.map_err(|e| e.to_string())?;
        for (change, alarm) in &changes {
            let line = serde_json::json!({
                "at": now, "log": "alarm", "change": format!("{change:?}").to_lowercase(),
                "kind": alarm.what.kind, "about": alarm.what.about, "count": alarm.what.n,
            });
            (self.outside.log)(&line.to_string());
        }
        if !changes.is_empty() {
            self.rung.notify_all();
        }
        Ok(())
    }

    fn messages(&self, event: &event::Event, zone: &TimeZone) -> Vec<NewMessage> {
        let made = event::messages(event, &self.settings, &self.outside.organisation, zone);
        made.unwrap_or_else(|e| {
            self.log("outbox", &e);
            Vec::new()
        })
    }
}

/// A running watch.
pub struct Watch {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Watch {
    /// Begins; `zone` is the controller's.
    ///
    /// # Errors
    /// When the system gives no threads or random numbers.
    pub fn start(
        outside: Outside,
        settings: Settings,
        dead: Arc<Dead>,
        zone: TimeZone,
    ) -> Result<Self, String> {
        let holder = format!("{}/{}", outside.name, &unique("")?[..8]);
        let steady = (outside.steady)();
        let shared = Arc::new(Shared {
            outside,
            settings,
            dead,
            holder,
            lead: Mutex::default(),
            signed: Mutex::new(steady),
            zone: Mutex::new(zone),
            stop: AtomicBool::new(false),
            bell: Mutex::default(),
            rung: Condvar::new(),
        });
        let mut threads = Vec::new();
        let mut start = |name: &str, work: fn(&Shared)| -> Result<(), String> {
            let own = Arc::clone(&shared);
            let named = std::thread::Builder::new().name(name.into());
            let thread = named.spawn(move || work(&own));
            threads.push(thread.map_err(|e| format!("the system gives no thread: {e}"))?);
            Ok(())
        };
        start("heart", heart)?;
        start("watchdog", watchdog)?;
        start("outbox", outbox)?;
        if shared.settings.schedule.on {
            start("scheduler", scheduler)?;
        }
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    /// Whether this server leads the scheduler.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.shared.lead().is_some()
    }

    /// Sends a message by this way at once, to try whether it arrives.
    ///
    /// # Errors
    /// When it does not.
    pub fn test(&self, way: &str) -> Result<(), String> {
        let shared = &self.shared;
        let event = event::test((shared.outside.clock)());
        let messages =
            event::test_messages(&event, &shared.settings, &shared.outside.organisation)?;
        let message = messages.into_iter().find(|m| m.way == way);
        let m = message.ok_or_else(|| format!("`server.toml` names no such way as `{way}`"))?;
        let sender = shared.outside.sender(&shared.settings);
        sender.send(way, &m.message, &m.body).map_err(|e| e.why)
    }

    /// Sends what waits to be sent, now.
    pub fn ring(&self) {
        self.shared.rung.notify_all();
    }

    /// Ends: a sweep under way is finished first, and the turn given back.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Who has just looked and is about to wait holds the bell until it does.
        drop(lock(&self.shared.bell));
        self.shared.rung.notify_all();
        for thread in lock(&self.threads).drain(..) {
            // One that panicked has ended too.
            let _ = thread.join();
        }
    }
}

/// Runs again and again what may panic, until it is to end.
fn forever(shared: &Shared, part: &str, mut once: impl FnMut() -> Duration) {
    while !shared.stops() {
        let pause = catch_unwind(AssertUnwindSafe(&mut once)).unwrap_or_else(|_| {
            shared.log(part, "an error of the program");
            shared.settings.pace.after_trouble
        });
        shared.wait(pause);
    }
}

fn heart(shared: &Shared) {
    let started = (shared.outside.clock)();
    let mut heart = Heart::default();
    while !shared.stops() {
        let beaten = catch_unwind(AssertUnwindSafe(|| heart.beat(shared, started)));
        if beaten.is_err() {
            heart = Heart::default();
            shared.log("heart", "an error of the program");
        }
        // It beats at its own pace, whoever rings.
        let mut left = shared.settings.pace.beat;
        while !left.is_zero() && !shared.stops() {
            let step = left.min(Duration::from_millis(200));
            std::thread::sleep(step);
            left -= step;
        }
    }
    if let Ok(mut state) = (shared.outside.state)() {
        let _ = state.end_server(&shared.outside.name);
        if let Some(lease) = shared.lead() {
            let _ = state.release(&lease);
        }
    }
}

fn scheduler(shared: &Shared) {
    let mut engine: Option<(u64, Engine)> = None;
    let mut memory = Memory::default();
    forever(shared, "scheduler", || {
        shared.sign();
        let pace = shared.settings.pace;
        let Some(lease) = shared.lead() else {
            engine = None;
            return pace.beat;
        };
        let stamp = (shared.outside.stamp)();
        engine = engine.take().filter(|(made, _)| *made == stamp);
        let mut own = match engine.take() {
            Some((_, own)) => own,
            None => match (shared.outside.engine)() {
                Ok(own) => own,
                Err(e) => {
                    failed(shared, &lease, &e);
                    return pace.after_trouble;
                }
            },
        };
        let same = || shared.lead().is_some_and(|l| l.fence == lease.fence) && !shared.stops();
        let publish = |engine: &mut Engine| {
            let published = (shared.outside.publish)(engine);
            let found: Vec<NewAlarm> = published
                .as_ref()
                .err()
                .map(|e| of(Kind::Ledger, "", 0, None, e))
                .into_iter()
                .collect();
            let now = engine.now();
            let judged =
                Judged { kinds: &[Kind::Ledger.word()], repeat: shared.settings.alarms.repeat.0 };
            shared.keep(&mut engine.state, Some(&lease), &found, judged, now)?;
            published
        };
        let (traces, clock) = (shared.outside.traces.clone(), Arc::clone(&shared.outside.clock));
        let work = RefCell::new(Work::begin(traces, clock, "schedule", &own.register));
        let hear = |step: Option<Step<'_>>| {
            shared.sign();
            if let Some(step) = step {
                work.borrow_mut().hear(step);
            }
        };
        let done = schedule::round(
            &mut own,
            &shared.settings.schedule,
            &mut memory,
            &publish,
            &hear,
            &same,
        );
        work.into_inner().end(done.is_err());
        match done {
            Ok(round) => {
                told(shared, &round);
                let trouble = round.reports.iter().any(|r| !r.green());
                worked(shared, &lease, &mut own, None);
                let left = round.next.map(|t| t.duration_since(own.now()));
                engine = Some((stamp, own));
                if trouble {
                    return pace.after_trouble;
                }
                let left = left.and_then(|d| Duration::try_from(d).ok()).unwrap_or(pace.doze);
                left.clamp(Duration::from_millis(200), pace.doze)
            }
            Err(e) => {
                failed(shared, &lease, &e);
                pace.after_trouble.min(Duration::from_secs(60))
            }
        }
    });
}

fn told(shared: &Shared, round: &schedule::Round) {
    if round.recovered > 0 {
        shared.log("scheduler", "what an earlier process left open was finished");
    }
    for r in &round.reports {
        let line = serde_json::json!({
            "at": (shared.outside.clock)(), "log": "sweep", "sweep": r.sweep, "plan": r.plan,
            "erased": r.done(), "green": r.green(),
        });
        (shared.outside.log)(&line.to_string());
    }
    for id in &round.waits {
        shared.log("scheduler", &format!("plan {id} waits for approval"));
    }
}

/// The scheduler could not do its work, and says so by a connection of its own.
fn failed(shared: &Shared, lease: &Lease, why: &str) {
    shared.log("scheduler", why);
    if let Ok(mut state) = (shared.outside.state)() {
        keep_failed(shared, lease, &mut state, Some(why));
    }
}

fn worked(shared: &Shared, lease: &Lease, engine: &mut Engine, why: Option<&str>) {
    keep_failed(shared, lease, &mut engine.state, why);
}

fn keep_failed(shared: &Shared, lease: &Lease, state: &mut State, why: Option<&str>) {
    let found: Vec<NewAlarm> =
        why.map(|e| of(Kind::SchedulerFailed, "", 0, None, e)).into_iter().collect();
    let kinds = &[Kind::SchedulerFailed.word()];
    let judged = Judged { kinds, repeat: shared.settings.alarms.repeat.0 };
    let now = (shared.outside.clock)();
    if let Err(e) = shared.keep(state, Some(lease), &found, judged, now) {
        shared.log(SCHEDULER, &e);
    }
}

/// What the watchdog remembers between looks.
struct Dog {
    engine: Option<(u64, Engine)>,
    state: Option<State>,
    lease: Option<Lease>,
    looked: Option<Duration>,
    /// The clock and the steady time at the last look.
    clocks: Option<(Timestamp, Duration)>,
    jumped: Option<(Duration, SignedDuration)>,
}

fn watchdog(shared: &Shared) {
    let mut dog =
        Dog { engine: None, state: None, lease: None, looked: None, clocks: None, jumped: None };
    forever(shared, "watchdog", || {
        if let Err(e) = dog.go(shared) {
            shared.log(WATCHDOG, &e);
            dog.state = None;
            dog.engine = None;
        }
        shared.settings.pace.beat
    });
    if let (Some(state), Some(lease)) = (&mut dog.state, &dog.lease) {
        let _ = state.release(lease);
    }
}

impl Dog {
    fn go(&mut self, shared: &Shared) -> Result<(), String> {
        let said = |e: Error| e.to_string();
        let settings = &shared.settings;
        let c = &settings.alarms;
        let (now, steady) = ((shared.outside.clock)(), (shared.outside.steady)());
        let state = match &mut self.state {
            Some(state) => state,
            none => none.insert((shared.outside.state)()?),
        };
        // Each server looks at its own machine.
        if let Some((then, before)) = self.clocks.replace((now, steady)) {
            let went = SignedDuration::try_from(steady.saturating_sub(before)).unwrap_or_default();
            let off = now.duration_since(then) - went;
            if off.abs() > c.clock.0 {
                self.jumped = Some((steady, off));
            }
        }
        let jump = self.jumped.filter(|(at, _)| steady.saturating_sub(*at) < JUMPED);
        let ahead = state.clock_ahead(now).map_err(said)?;
        let off = jump.map_or(ahead, |(_, off)| off);
        let own = look::at_machine(&shared.outside.name, &(shared.outside.disks)(), Some(off), c);
        let host = shared.outside.name.split('/').next().unwrap_or_default().to_owned();
        // What other machines found stays theirs, as long as they have a server that lives.
        let servers = state.servers(now).map_err(said)?;
        let lives = |about: &str| {
            let machine = about.split(':').next().unwrap_or_default();
            let mut living = servers.iter().filter(|s| s.silent <= settings.pace.dead);
            machine != host && living.any(|s| s.name.split('/').next() == Some(machine))
        };
        let others = state.alarms().map_err(said)?.into_iter().map(|a| a.what).filter(|a| {
            let machine = a.kind == Kind::Disk.word() || a.kind == Kind::Clock.word();
            machine && lives(&a.about)
        });
        let found: Vec<NewAlarm> = own.into_iter().chain(others).collect();
        let kinds = [Kind::Disk.word(), Kind::Clock.word()];
        let judged = Judged { kinds: &kinds, repeat: c.repeat.0 };
        shared.keep(state, None, &found, judged, now)?;
        // One of all servers looks at the rest.
        let lease = match self.lease.take() {
            Some(mut lease) => match state.renew(&mut lease, WATCH, now) {
                Ok(()) => Some(lease),
                Err(Error::LeaseLost { .. }) => None,
                Err(e) => return Err(e.to_string()),
            },
            None => {
                take(state, WATCHDOG, &shared.holder, WATCH, &shared.dead, now).map_err(said)?
            }
        };
        let Some(lease) = lease else {
            self.engine = None;
            return Ok(());
        };
        self.lease = Some(lease.clone());
        tell(state, shared, &lease, now)?;
        let wait = Duration::try_from(c.every.0).unwrap_or_default();
        if self.looked.is_some_and(|at| steady.saturating_sub(at) < wait) {
            state.set_mark(WATCHDOG, 0, now).map_err(said)?;
            return Ok(());
        }
        self.looked = Some(steady);
        self.look(shared, &lease, now)
    }

    fn look(&mut self, shared: &Shared, lease: &Lease, now: Timestamp) -> Result<(), String> {
        let c = &shared.settings.alarms;
        let stamp = (shared.outside.stamp)();
        self.engine = self.engine.take().filter(|(made, _)| *made == stamp);
        let made = match self.engine.take() {
            Some((_, engine)) => Ok(engine),
            None => (shared.outside.engine)(),
        };
        let mut found = look::Found::default();
        let calendar = match made {
            Ok(mut engine) => {
                let calendar = engine.register.controller.calendar.clone();
                *lock(&shared.zone) = calendar.zone.clone();
                found = look::at_stores(&mut engine, c, now).map_err(|e| e.to_string())?;
                found.judged.push(Kind::Interrupted.word());
                if engine.is_interrupted().map_err(|e| e.to_string())? {
                    found.alarms.push(of(Kind::Interrupted, "", 0, None, ""));
                }
                self.engine = Some((stamp, engine));
                calendar
            }
            Err(e) => {
                found.judged.push(Kind::Register.word());
                found.alarms.push(of(Kind::Register, "", 0, None, &e));
                frist_law::Calendar::denmark()
            }
        };
        let Some(state) = &mut self.state else { return Ok(()) };
        let more = look::at_state(state, &calendar, c, now).map_err(|e| e.to_string())?;
        found.alarms.extend(more.alarms);
        found.judged.extend(more.judged);
        let judged = Judged { kinds: &found.judged, repeat: c.repeat.0 };
        shared.keep(state, Some(lease), &found.alarms, judged, now)?;
        state.set_mark(WATCHDOG, 0, now).map_err(|e| e.to_string())?;
        state.prune_watch(now - KEPT).map_err(|e| e.to_string())
    }
}

/// Tells of what is new in the ledger.
fn tell(state: &mut State, shared: &Shared, lease: &Lease, now: Timestamp) -> Result<(), String> {
    let said = |e: Error| e.to_string();
    loop {
        let (from, entries) = state.new_entries(TOLD, ENTRIES, now).map_err(said)?;
        if entries.is_empty() {
            return Ok(());
        }
        let zone = shared.zone();
        let mut messages = Vec::new();
        for entry in &entries {
            if let Some(event) = event::of_entry(entry, state).map_err(said)? {
                messages.extend(shared.messages(&event, &zone));
            }
        }
        let to = from + entries.len() as u64;
        state.note_entries(lease, TOLD, (from, to), &messages, now).map_err(said)?;
        if !messages.is_empty() {
            shared.rung.notify_all();
        }
    }
}

fn outbox(shared: &Shared) {
    let mut state: Option<State> = None;
    forever(shared, "outbox", || {
        let once = |state: &mut Option<State>| {
            let own = match state {
                Some(own) => own,
                none => none.insert((shared.outside.state)()?),
            };
            while crate::deliver_once(own, &shared.outside, &shared.settings)? {
                if shared.stops() {
                    break;
                }
            }
            Ok::<(), String>(())
        };
        if let Err(e) = once(&mut state) {
            shared.log("outbox", &e);
            state = None;
        }
        Duration::from_secs(1)
    });
}
