//! The endpoint: sockets, the tables of transactions and dialogs, and the way to a peer.

use super::client::ClientEvent;
use super::drive::{self, LegInput};
use super::leg::{Incoming, Leg};
use super::message::{Body, Headers, Malformed, Message, Start};
use super::server::ServerTable;
use super::transport::{self, Flow, Receive, Transport};
use super::uri::{NameAddr, Uri};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Where and how to listen. Port 0 takes a free one; see [`Endpoint::local`].
#[derive(Clone)]
pub struct EndpointConfig {
    /// UDP addresses.
    pub udp: Vec<SocketAddr>,
    /// TCP addresses.
    pub tcp: Vec<SocketAddr>,
    /// TLS addresses; they need `tls_server`.
    pub tls: Vec<SocketAddr>,
    /// Certificate and key for inbound TLS.
    pub tls_server: Option<Arc<rustls::ServerConfig>>,
    /// Trusted roots for outbound TLS.
    pub tls_client: Option<Arc<rustls::ClientConfig>>,
    /// The address that Via and Contact say, when it is not the one bound to.
    pub advertised: Option<IpAddr>,
    /// Parameters of our Contact, such as `+sip.srs` (RFC 7866).
    pub contact_params: String,
    /// What `Require` may name besides `timer` and `100rel`, such as `siprec`.
    pub supported: Vec<String>,
    /// The session timer that we ask for (RFC 4028); zero asks for none.
    pub session_expires: Duration,
    /// The shortest session timer that is accepted: 90 seconds (RFC 4028 section 4); shorter only in tests.
    pub min_session: Duration,
    /// T1 of RFC 3261 section 17: 500 ms; shorter only in tests.
    pub t1: Duration,
}

impl Default for EndpointConfig {
    /// Listens nowhere; session timer of 30 minutes.
    fn default() -> EndpointConfig {
        EndpointConfig {
            udp: Vec::new(),
            tcp: Vec::new(),
            tls: Vec::new(),
            tls_server: None,
            tls_client: None,
            advertised: None,
            contact_params: String::new(),
            supported: Vec::new(),
            session_expires: Duration::from_secs(1800),
            min_session: Duration::from_secs(90),
            t1: Duration::from_millis(500),
        }
    }
}

/// A call to make.
#[derive(Debug, Clone)]
pub struct OutboundCall {
    /// Whom to call: the Request-URI and To. `transport=` (or `sips:`) says what it goes over; UDP when nothing does.
    pub to: Uri,
    /// Who calls.
    pub from: NameAddr,
    /// Headers besides the usual ones.
    pub headers: Headers,
    /// The offer.
    pub body: Option<Body>,
}

/// Listens, and makes calls. Clones are the same endpoint.
#[derive(Clone)]
pub struct Endpoint {
    core: Arc<Core>,
}

/// What every task of the endpoint shares.
pub(super) struct Core {
    pub(super) config: EndpointConfig,
    bound: Mutex<Vec<(Transport, SocketAddr)>>,
    sockets: Mutex<Vec<(Arc<UdpSocket>, SocketAddr)>>,
    streams: Mutex<Vec<Flow>>,
    pub(super) server: Mutex<ServerTable>,
    pub(super) clients: Mutex<HashMap<String, Client>>,
    /// Dialogs by Call-ID and our tag.
    pub(super) dialogs: Mutex<HashMap<(String, String), mpsc::UnboundedSender<LegInput>>>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    pub(super) draining: AtomicBool,
}

/// A client transaction's place in the table.
pub(super) struct Client {
    pub(super) events: mpsc::UnboundedSender<ClientEvent>,
    pub(super) flow: Flow,
}

/// A lock whose holder panicked is taken all the same: each table is whole after every single step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Letters and digits that nobody can guess: tags, branches, Call-IDs.
pub(super) fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness no tag is safe; the operating system has none only before it is up.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = uuid_like();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A fallback that is at least unique in this process.
fn uuid_like() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher};
    let state = std::collections::hash_map::RandomState::new();
    let mut out = [0; 16];
    for half in out.chunks_mut(8) {
        half.copy_from_slice(
            &std::collections::hash_map::RandomState::hash_one(&state, half.len()).to_le_bytes(),
        );
        half[0] ^= state.build_hasher().finish() as u8;
    }
    out
}

impl Endpoint {
    /// Binds every address and begins to listen on the current tokio runtime. INVITEs outside of any dialog come by the
    /// receiver. Dropping the receiver refuses them with 503.
    ///
    /// # Errors
    /// When an address cannot be bound, or TLS is asked for without a certificate.
    pub async fn bind(config: EndpointConfig) -> io::Result<(Endpoint, mpsc::Receiver<Incoming>)> {
        let (incoming, receiver) = mpsc::channel(1024);
        let core = Arc::new(Core {
            bound: Mutex::default(),
            sockets: Mutex::default(),
            streams: Mutex::default(),
            server: Mutex::default(),
            clients: Mutex::default(),
            dialogs: Mutex::default(),
            incoming,
            draining: AtomicBool::new(false),
            config,
        });
        let told = |what: &str, addr: SocketAddr, error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("cannot listen for SIP over {what} on {addr}: {error}"),
            )
        };
        for addr in &core.config.udp {
            let socket = UdpSocket::bind(addr).await.map_err(|error| told("UDP", *addr, error))?;
            let local = socket.local_addr()?;
            let socket = Arc::new(socket);
            lock(&core.sockets).push((Arc::clone(&socket), local));
            lock(&core.bound).push((Transport::Udp, local));
            transport::spawn_udp(socket, local, Arc::clone(&core));
        }
        let tls = core.config.tls_server.clone().map(TlsAcceptor::from);
        if tls.is_none() && !core.config.tls.is_empty() {
            return Err(io::Error::other(
                "SIP over TLS needs a certificate and its key; name both in the configuration",
            ));
        }
        let tcp = core.config.tcp.iter().map(|addr| (*addr, Transport::Tcp));
        let streams: Vec<_> =
            tcp.chain(core.config.tls.iter().map(|addr| (*addr, Transport::Tls))).collect();
        for (addr, kind) in streams {
            let listener =
                TcpListener::bind(addr).await.map_err(|error| told(kind.via(), addr, error))?;
            lock(&core.bound).push((kind, listener.local_addr()?));
            let tls = tls.clone().filter(|_| kind == Transport::Tls);
            transport::spawn_listener(listener, tls, Arc::clone(&core), |core, flow| {
                lock(&core.streams).push(flow)
            });
        }
        let table = Arc::downgrade(&core);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let Some(core) = table.upgrade() else { return };
                lock(&core.server).forget_old();
            }
        });
        Ok((Endpoint { core }, receiver))
    }

    /// The addresses that are really listened on.
    pub fn local(&self, transport: Transport) -> Vec<SocketAddr> {
        let bound = lock(&self.core.bound);
        bound.iter().filter(|(have, _)| *have == transport).map(|(_, addr)| *addr).collect()
    }

    /// While draining, OPTIONS are answered 503, so that an exchange sends its calls elsewhere.
    pub fn drain(&self, on: bool) {
        self.core.draining.store(on, Ordering::Release);
    }

    /// Whether it drains.
    pub fn draining(&self) -> bool {
        self.core.draining.load(Ordering::Acquire)
    }

    /// Makes a call. What becomes of it comes as events, also when it cannot even be sent.
    pub fn invite(&self, call: OutboundCall) -> Leg {
        drive::outbound(Arc::clone(&self.core), call)
    }

    /// How many dialogs and transactions are in memory, for figures and for tests that look for leaks.
    pub fn held(&self) -> (usize, usize) {
        let transactions = lock(&self.core.server).len() + lock(&self.core.clients).len();
        (lock(&self.core.dialogs).len(), transactions)
    }
}

/// Why a message cannot be sent. Says nothing of whom it was for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// Its host name cannot be resolved.
    #[error("its host name is not known")]
    Name,
    /// The URI names no host, or a transport that is none of ours.
    #[error("its address names no host, or neither UDP, TCP nor TLS")]
    Address,
    /// No UDP socket of ours is of its address family.
    #[error("nothing here listens over UDP in its address family (IPv4 or IPv6)")]
    Family,
    /// Nothing says which authorities are trusted.
    #[error("no authority is trusted; name them by `trust` in [tls]")]
    Trust,
    /// It did not take the connection.
    #[error("it does not take a connection ({0})")]
    Connection(io::ErrorKind),
    /// Its certificate is not one that is trusted, or not one for this name.
    #[error("its certificate is not accepted ({0})")]
    Certificate(String),
    /// Something else of TLS went wrong.
    #[error("TLS with it does not come about ({0})")]
    Tls(String),
    /// The connection broke, or the system refuses the address.
    #[error("the connection broke, or the system cannot send there")]
    Broken,
}

impl From<io::Error> for Unreachable {
    fn from(error: io::Error) -> Unreachable {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => {
                Unreachable::Certificate(why.to_string())
            }
            Some(other) => Unreachable::Tls(other.to_string()),
            None => Unreachable::Connection(error.kind()),
        }
    }
}

impl Core {
    /// A way to a URI: an open stream to it, a new one, or a UDP socket of the right family.
    pub(super) async fn way_to(self: &Arc<Self>, uri: &Uri) -> Result<Flow, Unreachable> {
        let wanted = uri.param("transport").unwrap_or_default().to_ascii_lowercase();
        let transport = match (uri.scheme.as_str(), wanted.as_str()) {
            (_, "tls") | ("sips", _) => Transport::Tls,
            (_, "tcp") => Transport::Tcp,
            (_, "" | "udp") => Transport::Udp,
            _ => return Err(Unreachable::Address),
        };
        let port = uri.port.unwrap_or(if transport == Transport::Tls { 5061 } else { 5060 });
        let host = uri.param("maddr").filter(|maddr| !maddr.is_empty()).unwrap_or(&uri.host);
        if host.is_empty() {
            return Err(Unreachable::Address);
        }
        let peers: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => {
                let found = tokio::net::lookup_host((host, port)).await;
                found.map_err(|_| Unreachable::Name)?.collect()
            }
        };
        let mut why = Unreachable::Name;
        for peer in peers {
            if transport == Transport::Udp {
                let sockets = lock(&self.sockets);
                let fits = sockets.iter().find(|(_, local)| local.is_ipv4() == peer.is_ipv4());
                if let Some((socket, local)) = fits {
                    return Ok(Flow::udp(Arc::clone(socket), *local, peer));
                }
                why = Unreachable::Family;
                continue;
            }
            let open = lock(&self.streams)
                .iter()
                .find(|flow| flow.transport == transport && flow.peer == peer && flow.is_open())
                .cloned();
            if let Some(flow) = open {
                return Ok(flow);
            }
            let tls = match transport {
                Transport::Tls => {
                    let config = self.config.tls_client.clone().ok_or(Unreachable::Trust)?;
                    let name = rustls::pki_types::ServerName::try_from(host.to_owned())
                        .map_err(|_| Unreachable::Address)?;
                    Some((TlsConnector::from(config), name))
                }
                _ => None,
            };
            match transport::connect(peer, tls, self).await {
                Ok(flow) => {
                    lock(&self.streams).push(flow.clone());
                    return Ok(flow);
                }
                Err(error) => why = error.into(),
            }
        }
        Err(why)
    }

    /// The host and port that a peer reaches us at over this flow, for Via and Contact.
    pub(super) fn reached_at(&self, flow: &Flow) -> String {
        // A stream that we opened has a port that nobody listens on: name the listener's, when there is one.
        let listener = lock(&self.bound)
            .iter()
            .find(|(transport, _)| *transport == flow.transport)
            .map(|(_, addr)| *addr);
        let port =
            listener.filter(|_| flow.reliable()).map_or(flow.local.port(), |addr| addr.port());
        let ip = self.config.advertised.unwrap_or_else(|| {
            let ip = flow.local.ip();
            if ip.is_unspecified() { transport::local_towards(flow.peer).unwrap_or(ip) } else { ip }
        });
        SocketAddr::new(ip, port).to_string()
    }

    /// Our Contact over this flow.
    pub(super) fn contact(&self, flow: &Flow) -> String {
        let transport = match flow.transport {
            Transport::Udp => String::new(),
            other => format!(";transport={}", other.param()),
        };
        let params = &self.config.contact_params;
        let params = if params.is_empty() {
            String::new()
        } else {
            format!(";{}", params.trim_start_matches(';'))
        };
        format!("<sip:frist@{}{transport}>{params}", self.reached_at(flow))
    }
}

impl Receive for Core {
    fn message(self: &Arc<Self>, message: Message, flow: Flow) {
        match message.start {
            Start::Request { .. } => super::server::request(self, message, flow),
            Start::Response { .. } => super::client::response(self, message),
        }
    }

    fn malformed(self: &Arc<Self>, malformed: Malformed, flow: Flow) {
        if let Some(message) = malformed.answer {
            super::server::refuse_malformed(*message, malformed.code, &flow);
        }
    }

    fn closed(self: &Arc<Self>, flow: Flow) {
        lock(&self.streams).retain(|have| !have.same(&flow));
        for client in lock(&self.clients).values().filter(|client| client.flow.same(&flow)) {
            let _ = client.events.send(ClientEvent::Unreachable(Unreachable::Broken));
        }
    }
}
