//! The socket on which a side's sound comes and goes.
//!
//! By the system calls themselves: the C library's own make room for the cancelling of threads around each, which costs
//! as much as copying the packet. Once it is settled where the far end is, the socket is tied to it (`connect`): the
//! system then drops what comes from anywhere else, and need not look for a route for each packet.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

pub(super) struct Wire {
    socket: UdpSocket,
    tied: Option<SocketAddr>,
}

impl Wire {
    pub fn new(socket: UdpSocket) -> Wire {
        Wire { socket, tied: None }
    }

    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// The next datagram, when there is one: its length and where it came from.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, _, from) = rustix::net::recvfrom(&self.socket, buffer, RecvFlags::empty())?;
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        Ok((length, from.ok_or(Errno::AFNOSUPPORT)?))
    }

    /// Sends, or loses the packet.
    pub fn send(&self, packet: &[u8], to: SocketAddr) -> bool {
        let flags = SendFlags::empty();
        if self.tied != Some(to) {
            return rustix::net::sendto(&self.socket, packet, flags, &to).is_ok();
        }
        match rustix::net::send(&self.socket, packet, flags) {
            // That nobody took an earlier packet says nothing of this one, which was not sent.
            Err(Errno::CONNREFUSED) => rustix::net::send(&self.socket, packet, flags).is_ok(),
            sent => sent.is_ok(),
        }
    }

    /// From now on only this far end. What others sent before may still be in the queue, and is told with its address.
    pub fn tie(&mut self, to: SocketAddr) {
        if self.tied != Some(to) && rustix::net::connect(&self.socket, &to).is_ok() {
            self.tied = Some(to);
        }
    }

    /// Any far end again.
    pub fn untie(&mut self) {
        // When it fails the socket stays tied, and what is tied stays said.
        if self.tied.is_some() && rustix::net::connect_unspec(&self.socket).is_ok() {
            self.tied = None;
        }
    }
}
