//! The watcher: a thread that looks at the kill switch, the disk and the database, and does again
//! what could not be done at once.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::inner::{Chore, Inner, lock};
use super::types::{DeskEvent, Remains};
use super::writer::Ending;
use super::{stop, tables};

/// How often the desk writes down that it is alive while calls are under way: the most by which a
/// crashed call's end is wrong. It also shows that the database can still be written.
const PULSE: Duration = Duration::from_secs(5);

/// Starts the thread. It ends soon after the desk is dropped.
pub(crate) fn start(desk: &Arc<Inner>) -> std::io::Result<()> {
    let weak = Arc::downgrade(desk);
    let every = desk.config.watch;
    std::thread::Builder::new().name("desk-watcher".to_owned()).spawn(move || run(&weak, every))?;
    Ok(())
}

fn run(desk: &Weak<Inner>, every: Duration) {
    let mut beat = Instant::now();
    loop {
        std::thread::sleep(every);
        let Some(desk) = desk.upgrade() else { return };
        desk.look_at_switch();
        let mut well = desk.room().is_ok() && desk.db.is_there("be watched").is_ok();
        if well && beat.elapsed() >= PULSE && !desk.live.all().is_empty() {
            beat = Instant::now();
            let at = desk.time();
            well = desk.db.write("note that the desk is alive", |tx| tables::pulse(tx, at)).is_ok();
        }
        if !well {
            let n = desk.end_all(Ending::Failed, desk.config.on_failure);
            lock(&desk.counts).failed += n as u64;
        }
        desk.do_chores();
    }
}

impl Inner {
    /// Follows the kill switch's file, which another process may have made or removed.
    pub(crate) fn look_at_switch(&self) {
        let turn = lock(&self.switching);
        let now = stop::stopped(&self.config.folder);
        let (began, ended) = {
            let mut known = lock(&self.stop);
            let changed = (known.is_none() && now.is_some(), known.is_some() && now.is_none());
            if changed.1 && self.unwritten.load(Ordering::SeqCst) {
                // A stop that could not be written down is in force as long as the process lives.
                return;
            }
            known.clone_from(&now);
            changed
        };
        drop(turn);
        if let Some(stop) = now.filter(|_| began) {
            self.end_all(Ending::Stopped, Remains::Keep);
            self.send(DeskEvent::StopAll);
            self.note_switch("stopped", &stop.by, &stop.why);
        }
        if ended {
            self.send(DeskEvent::ResumeAll);
        }
    }

    /// The stop could not be written: it holds until it is taken back here.
    pub(crate) fn hold_stop(&self) {
        self.unwritten.store(true, Ordering::SeqCst);
    }

    /// The stop is taken back.
    pub(crate) fn release_stop(&self) {
        self.unwritten.store(false, Ordering::SeqCst);
    }

    /// Writes into the books that the switch was used; the file is what counts.
    pub(crate) fn note_switch(&self, change: &str, by: &str, why: &str) {
        let at = self.time();
        let _ =
            self.db.write("note the kill switch", |tx| tables::switched(tx, change, by, why, at));
    }

    /// Does what is to be done again; what still fails stays on the list.
    pub(crate) fn do_chores(&self) {
        let chores = std::mem::take(&mut *lock(&self.chores));
        for chore in chores {
            if !self.done(&chore) {
                self.chore(chore);
            }
        }
    }

    fn done(&self, chore: &Chore) -> bool {
        match chore {
            Chore::Note(id, ending, at, missing) => {
                let note = |tx: &rusqlite::Transaction<'_>| {
                    tables::end_recording(tx, id, ending.word(), *at, Some(*missing))
                };
                self.db.write("note the end of a recording", note).is_ok()
            }
            Chore::End(id, at) => self.vault.close(id, *at).is_ok() || self.is_gone(id),
            Chore::Destroy(id, at) => {
                if self.vault.destroy(&[*id]).is_err() && !self.is_gone(id) {
                    return false;
                }
                let now = self.time();
                let note = |tx: &rusqlite::Transaction<'_>| tables::destroy(tx, id, *at, Some(now));
                let _ = self.db.write("note that a recording is destroyed", note);
                true
            }
            Chore::Ended(call, outcome, at) => {
                let note = |tx: &rusqlite::Transaction<'_>| {
                    tables::add_call(tx, call)?;
                    tables::ended(tx, &call.id, *outcome, *at)
                };
                self.db.write("note that a call ended", note).is_ok()
            }
            Chore::Withdrawal(it) => {
                let (id, gone, said) = &**it;
                let note = |tx: &rusqlite::Transaction<'_>| {
                    tables::withdraw(tx, id, gone, &said.how, said.at)
                };
                self.db.write("note a withdrawal", note).is_ok()
            }
        }
    }
}
