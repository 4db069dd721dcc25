//! The endpoint.

use super::leg::{Incoming, Leg};
use super::message::{Body, Headers};
use super::transport::Transport;
use super::uri::{NameAddr, Uri};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

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
    /// The session timer that we ask for (RFC 4028); zero asks for none. At least 90 seconds is what peers accept.
    pub session_expires: Duration,
    /// T1 of RFC 3261 section 17: 500 ms; shorter only in tests.
    pub t1: Duration,
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

/// Listens, and makes calls.
#[derive(Clone)]
pub struct Endpoint {}

impl Endpoint {
    /// Binds every address and begins to listen on the current tokio runtime. INVITEs outside of any dialog come by the
    /// receiver. Dropping the receiver refuses them with 503.
    ///
    /// # Errors
    /// When an address cannot be bound, or TLS is asked for without a certificate.
    pub async fn bind(
        _config: EndpointConfig,
    ) -> std::io::Result<(Endpoint, mpsc::Receiver<Incoming>)> {
        Err(std::io::Error::other("not yet"))
    }

    /// The addresses that are really listened on.
    pub fn local(&self, _transport: Transport) -> Vec<SocketAddr> {
        Vec::new()
    }

    /// While draining, OPTIONS are answered 503, so that an exchange sends its calls elsewhere.
    pub fn drain(&self, _on: bool) {}

    /// Makes a call. What becomes of it comes as events, also when it cannot even be sent.
    pub fn invite(&self, _call: OutboundCall) -> Leg {
        let (commands, _) = mpsc::unbounded_channel();
        let (_, events) = mpsc::unbounded_channel();
        Leg { control: super::leg::LegControl { commands, call_id: "".into() }, events }
    }
}
