//! Clients that nobody here wrote, run for real on 127.0.0.1: SIPp, baresip, Kamailio, rtpengine.
//!
//! Every test takes free ports and ends the processes that it started, by their handles.
#![allow(dead_code, unreachable_pub)]

pub mod baresip;
pub mod kamailio;
pub mod script;
pub mod server;
pub mod sipp;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU16, Ordering};

/// A UDP and TCP port on 127.0.0.1 that nobody has now. Ports of one test process never come twice.
pub fn free_port() -> u16 {
    // Below the system's own range for outgoing connections, and begun at a place that differs by process.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(2, Ordering::Relaxed);
        let seed = (std::process::id() as u16).wrapping_mul(97) % 10_000;
        let port = 20_000 + (seed.wrapping_add(step) % 10_000) / 2 * 2;
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port));
        let tcp = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        if udp.is_ok() && tcp.is_ok() {
            return port;
        }
    }
}

/// `127.0.0.1` and a free port.
pub fn free_addr() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()))
}

/// A file of this crate's tests.
pub fn tests_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A process that ends with the test.
pub struct Process {
    /// The process.
    pub child: Child,
    /// What to call it in messages.
    pub name: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Why a test stops when a program is missing.
pub fn missing(program: &str) -> String {
    format!(
        "`{program}` is not installed; `./test` installs what the tests of calls need (Debian packages sip-tester, baresip-core, kamailio, kamailio-tls-modules, rtpengine-daemon, sox)"
    )
}
