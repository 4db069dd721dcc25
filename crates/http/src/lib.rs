//! Taking HTTP connections, for every interface of Frist: so many at once, TLS where it is asked
//! for, headers within their time, and an end that cuts nobody off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// Connections at once.
const CONNECTIONS: u32 = 512;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// The largest head of a request, bytes.
const HEAD: usize = 32 * 1024;

/// Certificate and key, loaded.
pub type Tls = Arc<rustls::ServerConfig>;

/// From where a request's connection came; every request carries it as an extension.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A running server.
pub struct Running {
    /// Where it really listens.
    pub local: SocketAddr,
    stop: watch::Sender<bool>,
    room: Arc<Semaphore>,
}

impl Running {
    /// Takes no connections any more; answers under way are sent to their end.
    pub fn stop(&self) {
        let _ = self.stop.send(true);
    }

    /// Waits until the last answer under way is sent, after [`Running::stop`].
    pub async fn ended(&self) {
        let _ = self.room.acquire_many(CONNECTIONS).await;
    }
}

/// Begins to listen, on the current tokio runtime; the head of a request must come within
/// `timeout`.
///
/// # Errors
/// When the address cannot be bound.
pub async fn start(
    listen: SocketAddr,
    tls: Option<Tls>,
    timeout: Duration,
    router: Router,
) -> std::io::Result<Running> {
    let listener = TcpListener::bind(listen).await?;
    let local = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let room = Arc::new(Semaphore::new(CONNECTIONS as usize));
    let server = Server { tls: tls.map(TlsAcceptor::from), router, timeout, stopped };
    tokio::spawn(accept(listener, server, Arc::clone(&room)));
    Ok(Running { local, stop, room })
}

#[derive(Clone)]
struct Server {
    tls: Option<TlsAcceptor>,
    router: Router,
    timeout: Duration,
    stopped: watch::Receiver<bool>,
}

async fn accept(listener: TcpListener, server: Server, room: Arc<Semaphore>) {
    let mut stopped = server.stopped.clone();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(_) => {
                    // Out of file handles, most likely.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = told(&mut stopped) => return,
        };
        let server = server.clone();
        tokio::spawn(async move {
            let _place = place;
            server.connection(stream, peer).await;
        });
    }
}

impl Server {
    async fn connection(self, stream: TcpStream, peer: SocketAddr) {
        match self.tls.clone() {
            None => self.serve(stream, peer).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                    self.serve(stream, peer).await;
                }
            }
        }
    }

    async fn serve<S>(self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut stopped = self.stopped;
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.timeout).max_buf_size(HEAD);
        let router = TowerToHyperService::new(self.router);
        let service = hyper::service::service_fn(
            move |mut request: hyper::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                router.call(request)
            },
        );
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            () = told(&mut stopped) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Waits until the server is to end.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // The guard of what was seen is dropped here: it may not be held while waiting.
    let _ = stopped.wait_for(|stop| *stop).await.map(|_| ());
}
