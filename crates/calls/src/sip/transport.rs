//! Moves messages over UDP, TCP and TLS. Sending never waits: a datagram goes or is lost (the transaction sends it
//! again), a stream has a bounded queue. Each stream is a task; a peer that says nothing hinders only itself.

use super::message::{MAX_MESSAGE, Malformed, Message};
use bytes::Bytes;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What a message goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP, datagrams up to 64 KB.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// As in a Via.
    pub fn via(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        }
    }

    /// As in a `transport=` parameter.
    pub fn param(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
        }
    }
}

/// More streams at once than this are refused: a front has a handful of neighbours.
const MAX_STREAMS: usize = 2048;
/// A stream on which nothing came for so long is closed, and so is one whose message is not whole after `PARTIAL`.
const IDLE: Duration = Duration::from_secs(4 * 3600);
const PARTIAL: Duration = Duration::from_secs(32);
const HANDSHAKE: Duration = Duration::from_secs(5);
const QUEUE: usize = 256;

/// Where messages go when they were read.
pub(super) trait Receive: Send + Sync + 'static {
    fn message(self: &Arc<Self>, message: Message, flow: Flow);
    fn malformed(self: &Arc<Self>, malformed: Malformed, flow: Flow);
    /// A stream is closed: nothing more comes of it, and what waits for an answer on it waits in vain.
    fn closed(self: &Arc<Self>, flow: Flow);
}

/// A way to a peer: a socket and an address, or a stream.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) transport: Transport,
    /// Our end.
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Udp(Arc<UdpSocket>),
    Stream { queue: mpsc::Sender<Bytes>, open: Arc<AtomicBool> },
}

impl Flow {
    pub(super) fn udp(socket: Arc<UdpSocket>, local: SocketAddr, peer: SocketAddr) -> Flow {
        Flow { transport: Transport::Udp, local, peer, way: Way::Udp(socket) }
    }

    /// The same socket to another address (UDP), or the same stream.
    pub(super) fn to(&self, peer: SocketAddr) -> Flow {
        let mut flow = self.clone();
        if matches!(flow.way, Way::Udp(_)) {
            flow.peer = peer;
        }
        flow
    }

    pub(super) fn reliable(&self) -> bool {
        matches!(self.way, Way::Stream { .. })
    }

    pub(super) fn is_open(&self) -> bool {
        match &self.way {
            Way::Udp(_) => true,
            Way::Stream { open, .. } => open.load(Ordering::Acquire),
        }
    }

    pub(super) fn same(&self, other: &Flow) -> bool {
        match (&self.way, &other.way) {
            (Way::Stream { open: one, .. }, Way::Stream { open: two, .. }) => Arc::ptr_eq(one, two),
            (Way::Udp(one), Way::Udp(two)) => Arc::ptr_eq(one, two) && self.peer == other.peer,
            _ => false,
        }
    }

    /// Sends, or says that it cannot be: the stream is closed or its queue is full, or the system refuses the address.
    pub(super) fn send(&self, bytes: &Bytes) -> bool {
        match &self.way {
            Way::Udp(socket) => match socket.try_send_to(bytes, self.peer) {
                Ok(_) => true,
                // A full socket buffer is a lost datagram; an ICMP answer to an earlier one is no reason to give up.
                Err(error) => matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::ConnectionRefused
                ),
            },
            Way::Stream { queue, .. } => queue.try_send(bytes.clone()).is_ok(),
        }
    }
}

/// Reads datagrams for ever.
pub(super) fn spawn_udp<R: Receive>(socket: Arc<UdpSocket>, local: SocketAddr, receive: Arc<R>) {
    tokio::spawn(async move {
        let mut buffer = vec![0_u8; MAX_MESSAGE + 1];
        loop {
            let (length, peer) = match socket.recv_from(&mut buffer).await {
                Ok(got) => got,
                Err(_) => {
                    // An ICMP error of an earlier send; never spin on a socket that is broken for good.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
            };
            let flow = Flow::udp(Arc::clone(&socket), local, peer);
            if buffer[..length].iter().all(u8::is_ascii_whitespace) {
                // A keep-alive (RFC 5626 section 3.5.1 has STUN for UDP, but many send line breaks): no answer.
                continue;
            }
            match Message::from_datagram(&Bytes::copy_from_slice(&buffer[..length])) {
                Ok(message) => receive.message(message, flow),
                Err(malformed) => receive.malformed(malformed, flow),
            }
        }
    });
}

/// Accepts streams for ever, each in a task of its own.
pub(super) fn spawn_listener<R: Receive>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    receive: Arc<R>,
    add: impl Fn(&Arc<R>, Flow) + Send + Sync + Clone + 'static,
) {
    let streams = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(got) => got,
                Err(_) => {
                    // Out of file handles, most likely: calls that stand go on.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Ok(local) = stream.local_addr() else { continue };
            if streams.fetch_add(1, Ordering::AcqRel) >= MAX_STREAMS {
                streams.fetch_sub(1, Ordering::AcqRel);
                continue;
            }
            let (tls, receive, add, streams) =
                (tls.clone(), Arc::clone(&receive), add.clone(), Arc::clone(&streams));
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                match tls {
                    None => {
                        let (flow, queue) = stream_flow(Transport::Tcp, local, peer);
                        add(&receive, flow.clone());
                        run_stream(stream, flow, queue, &receive).await;
                    }
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                            let (flow, queue) = stream_flow(Transport::Tls, local, peer);
                            add(&receive, flow.clone());
                            run_stream(stream, flow, queue, &receive).await;
                        }
                    }
                }
                streams.fetch_sub(1, Ordering::AcqRel);
            });
        }
    });
}

/// Connects, and reads from then on.
pub(super) async fn connect<R: Receive>(
    peer: SocketAddr,
    tls: Option<(TlsConnector, rustls::pki_types::ServerName<'static>)>,
    receive: &Arc<R>,
) -> std::io::Result<Flow> {
    let late = || std::io::Error::from(std::io::ErrorKind::TimedOut);
    let stream = timeout(HANDSHAKE, TcpStream::connect(peer)).await.map_err(|_| late())??;
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr()?;
    let receive = Arc::clone(receive);
    let flow = match tls {
        None => {
            let (flow, queue) = stream_flow(Transport::Tcp, local, peer);
            let task = flow.clone();
            tokio::spawn(async move { run_stream(stream, task, queue, &receive).await });
            flow
        }
        Some((connector, name)) => {
            let stream =
                timeout(HANDSHAKE, connector.connect(name, stream)).await.map_err(|_| late())??;
            let (flow, queue) = stream_flow(Transport::Tls, local, peer);
            let task = flow.clone();
            tokio::spawn(async move { run_stream(stream, task, queue, &receive).await });
            flow
        }
    };
    Ok(flow)
}

fn stream_flow(
    transport: Transport,
    local: SocketAddr,
    peer: SocketAddr,
) -> (Flow, mpsc::Receiver<Bytes>) {
    let (queue, receiver) = mpsc::channel(QUEUE);
    let way = Way::Stream { queue, open: Arc::new(AtomicBool::new(true)) };
    (Flow { transport, local, peer, way }, receiver)
}

async fn run_stream<S, R>(stream: S, flow: Flow, mut queue: mpsc::Receiver<Bytes>, receive: &Arc<R>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
    R: Receive,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let writer = async {
        while let Some(bytes) = queue.recv().await {
            let whole = timeout(PARTIAL, async {
                write.write_all(&bytes).await?;
                write.flush().await
            });
            if !matches!(whole.await, Ok(Ok(()))) {
                break;
            }
        }
    };
    let reader = async {
        let mut buffer: Vec<u8> = Vec::new();
        let mut piece = vec![0_u8; 16 * 1024];
        loop {
            let patience = if buffer.is_empty() { IDLE } else { PARTIAL };
            let Ok(Ok(length @ 1..)) = timeout(patience, read.read(&mut piece)).await else {
                break;
            };
            buffer.extend_from_slice(&piece[..length]);
            if buffer.starts_with(b"\r\n\r\n") {
                // A keep-alive wants a single line break in answer (RFC 5626 section 3.5.1).
                flow.send(&Bytes::from_static(b"\r\n"));
            }
            loop {
                let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                buffer.drain(..blank);
                match Message::from_stream(&buffer) {
                    Ok(Some((message, length))) => {
                        buffer.drain(..length);
                        receive.message(message, flow.clone());
                    }
                    Ok(None) => break,
                    Err(malformed) => {
                        // Where the next message would begin is not known any more.
                        receive.malformed(malformed, flow.clone());
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        return;
                    }
                }
            }
        }
    };
    tokio::select! {
        () = writer => {}
        () = reader => {}
    }
    if let Way::Stream { open, .. } = &flow.way {
        open.store(false, Ordering::Release);
    }
    receive.closed(flow);
}

/// The address of ours that a peer sees, when the socket is bound to all of them.
pub(super) fn local_towards(peer: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr =
        if peer.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = std::net::UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|addr| addr.ip())
}
