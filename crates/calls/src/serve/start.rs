//! The tokio runtime around [`super::run()`], and signals.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{Around, Loaded, run};
use crate::api;
use crate::desk::Desk;

/// Listens until SIGTERM or SIGINT: the first drains, the second ends what is still there.
///
/// # Errors
/// When an address cannot be bound, or the threads cannot be had.
pub fn start(loaded: Loaded, desk: Desk, around: Around) -> io::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().thread_name("frist-calls").build()?;
    let ended = runtime.block_on(async {
        let (told, end) = mpsc::unbounded_channel();
        let (mut term, mut int) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = int.recv() => {}
                }
                if told.send(()).is_err() {
                    return;
                }
            }
        });
        run::run(loaded, desk, around, end).await
    });
    // A listener that reads slowly does not keep the program from ending.
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// The HTTP interface of a process of its own, for a command while no server runs.
pub struct Local {
    running: api::Running,
    _runtime: Runtime,
}

impl Local {
    /// Listens on a free port of this machine.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn start(loaded: &Loaded, desk: &Desk, around: &Around) -> io::Result<Local> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let running = runtime.block_on(run::interface(loaded, desk, around))?;
        Ok(Local { running, _runtime: runtime })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.running.local
    }
}
