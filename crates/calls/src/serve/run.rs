//! Listens until it is told to end.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use frist_vault::Vault;
use tokio::sync::mpsc;

use super::Loaded;
use crate::api::{self, Gauges, OpenLedger};
use crate::config::{Listen, Srtp, Wire};
use crate::desk::{Clock, Desk, DeskConfig, DeskError};
use crate::front::{Front, FrontConfig, Plan};
use crate::media::{Media, MediaConfig};
use crate::sdp;
use crate::sip::{Endpoint, EndpointConfig, Transport, Uri};
use crate::siprec::{self, Srs, SrsConfig};

/// What comes from outside of this crate.
#[derive(Clone)]
pub struct Around {
    /// The key of callers' pseudonyms.
    pub pseudonym_key: [u8; 32],
    /// What time it is.
    pub clock: Clock,
    /// Opens the ledger for transfers.
    pub ledger: OpenLedger,
    /// Reads a variable of the environment.
    pub env: api::Env,
    /// Set while the sweep of recordings is not green.
    pub sweep_alarm: Arc<AtomicBool>,
    /// Hears what is worth saying to the operator.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
}

/// How long calls that are hung up may take to end.
const HANG_UP: Duration = Duration::from_secs(4);
/// How long a disk may take to write what was recorded last.
const CLOSE: Duration = Duration::from_secs(10);

/// That it should end: each message is one signal.
pub type End = mpsc::UnboundedReceiver<()>;

impl Loaded {
    /// What the desk is told.
    #[must_use]
    pub fn desk(&self, around: &Around) -> DeskConfig {
        let config = &self.config;
        let usual =
            DeskConfig::new(config.data.value.clone(), self.purposes.clone(), around.pseudonym_key);
        DeskConfig {
            system: config.system.clone(),
            disk: config.vault.value.clone(),
            on_withdrawal: config.consent.on_withdrawal,
            on_failure: config.consent.on_failure,
            min_free: config.limits.free_space,
            retention: self.retention.clone(),
            storage: self.storage.clone(),
            ..usual
        }
    }

    /// The facts that the vault is opened with.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        crate::desk::facts::names(&self.purposes)
    }

    fn plan(&self, line: Option<&crate::config::Line>) -> Plan {
        let consent = &self.config.consent;
        let language = line.and_then(|l| l.language).unwrap_or(consent.language).as_str();
        let named = line.and_then(|l| l.announcement.as_ref()).map_or(&self.first, |a| &a.value);
        let front = self.config.front.as_ref();
        let own = line.map(|l| &l.agents).filter(|a| !a.is_empty());
        let agents = own.or(front.map(|f| &f.agents)).into_iter().flatten();
        Plan {
            announcement: self.announcements.get(&(named.clone(), language)).cloned(),
            language: language.to_owned(),
            agents: agents.filter_map(|a| Uri::parse(&a.value).ok()).collect(),
        }
    }

    fn front(&self, front: &crate::config::Front, around: &Around) -> FrontConfig {
        let trunks = front.trunks.clone();
        let lines: HashMap<String, Plan> =
            front.lines.iter().map(|l| (l.called.value.clone(), self.plan(Some(l)))).collect();
        let usual = FrontConfig::new(
            Arc::new(move |ip| trunks.iter().any(|net| net.contains(ip))),
            self.plan(None),
        );
        FrontConfig {
            lines,
            wait: self.config.consent.wait,
            withdraw_key: self.config.consent.withdraw_key,
            agent_wait: front.agent_wait,
            agent_answer: front.agent_answer,
            trunk_srtp: front.srtp,
            agent_srtp: front.srtp,
            pause_keys: front.pause_keys.clone(),
            resume_keys: front.resume_keys.clone(),
            pass_keys: !front.withhold_keys,
            longest: self.config.limits.longest_call,
            quiet: self.config.media.quiet,
            calls: self.config.limits.calls,
            say: Arc::clone(&around.say),
            ..usual
        }
    }

    fn endpoint(
        &self,
        listen: &[frist_register::Sp<Listen>],
        advertised: Option<std::net::IpAddr>,
        timer: Duration,
    ) -> EndpointConfig {
        let of = |wire: Wire| -> Vec<SocketAddr> {
            listen.iter().filter(|l| l.wire == wire).map(|l| l.addr).collect()
        };
        EndpointConfig {
            udp: of(Wire::Udp),
            tcp: of(Wire::Tcp),
            tls: of(Wire::Tls),
            tls_server: self.tls_server.clone(),
            tls_client: self.tls_client.clone(),
            advertised,
            session_expires: timer,
            ..EndpointConfig::default()
        }
    }

    fn media(&self) -> MediaConfig {
        let media = &self.config.media;
        MediaConfig {
            ip: media.ip.value,
            advertised: media.advertised,
            ports: media.ports.clone(),
            threads: media.threads,
            quiet: media.quiet,
            ..MediaConfig::default()
        }
    }
}

/// Opens the desk on a vault: what a crash left open is closed.
///
/// # Errors
/// When the folder, its database or the vault cannot be used.
pub fn desk(loaded: &Loaded, vault: Vault, around: &Around) -> Result<Desk, DeskError> {
    Desk::open(loaded.desk(around), vault, Arc::clone(&around.clock))
}

/// Listens until told to end, on the current tokio runtime. The first message of `end` begins to
/// drain: no new calls, and those under way may go on for as long as `limits.drain` says; the second
/// ends them.
///
/// # Errors
/// When an address cannot be bound. Nothing is listened on then.
pub async fn run(loaded: Loaded, desk: Desk, around: Around, mut end: End) -> io::Result<()> {
    let say = Arc::clone(&around.say);
    let media = Media::start(loaded.media())?;
    let mut front = None;
    if let Some(config) = &loaded.config.front {
        let endpoint = loaded.endpoint(&config.listen, config.advertised, config.session_timer);
        let (endpoint, incoming) =
            Endpoint::bind(endpoint).await.map_err(|e| named("[front]", &e))?;
        tell(&say, "front", &endpoint);
        let started = loaded.front(config, &around);
        front = Some(Front::start(started, endpoint, incoming, media.clone(), desk.clone()));
    }
    let mut srs = None;
    // The endpoint listens for as long as it is held.
    let mut srs_endpoint = None;
    if let Some(config) = &loaded.config.siprec {
        let endpoint = loaded.endpoint(&config.listen, config.advertised, Duration::ZERO);
        let bound = Endpoint::bind(siprec::endpoint(endpoint)).await;
        let (endpoint, incoming) = bound.map_err(|e| named("[siprec]", &e))?;
        tell(&say, "siprec", &endpoint);
        let started = SrsConfig {
            clients: config.clients.clone(),
            srtp: match config.srtp {
                Srtp::Off => sdp::Srtp::Never,
                Srtp::Optional => sdp::Srtp::AsOffered,
                Srtp::Required => sdp::Srtp::Required,
            },
            language: loaded.config.consent.language.as_str().to_owned(),
            most: loaded.config.limits.calls,
            longest: loaded.config.limits.longest_call,
            ..SrsConfig::default()
        };
        srs = Some(Srs::start(started, incoming, media.clone(), desk.clone()));
        srs_endpoint = Some(endpoint);
    }
    let draining = Arc::new(AtomicBool::new(false));
    let mut interface = None;
    if let Some(config) = &loaded.config.api {
        let gauges = gauges(&media, &front, &srs, &around);
        let shared = shared(&loaded, &desk, &around, &draining, gauges)?;
        let started =
            api::start(config.listen.value, loaded.api_tls.clone(), Arc::new(shared)).await;
        let running = started.map_err(|e| named("[api]", &e))?;
        say(&format!("api listens on {}", running.local));
        interface = Some(running);
    }
    say("ready");
    let _ = end.recv().await;
    draining.store(true, Ordering::Release);
    front.iter().for_each(Front::drain);
    srs.iter().for_each(|s| s.drain(true));
    let live =
        || front.as_ref().map_or(0, Front::live) + srs.as_ref().map_or(0, |s| s.figures().live);
    if live() > 0 {
        let limit = loaded.config.limits.drain;
        say(&format!(
            "draining: {} under way, at most {} s; a second signal ends them",
            live(),
            limit.as_secs()
        ));
        let until = Instant::now() + limit;
        while live() > 0 && Instant::now() < until {
            tokio::select! {
                _ = end.recv() => break,
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        }
    }
    if live() > 0 {
        say(&format!("ending {} calls", live()));
        front.iter().for_each(Front::hang_up_all);
        srs.iter().for_each(Srs::hang_up_all);
        let until = Instant::now() + HANG_UP;
        while live() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    interface.iter().for_each(api::Running::stop);
    drop(srs_endpoint);
    // What was recorded to the last word is on disk before the process ends.
    let closing = desk.clone();
    let written = tokio::task::spawn_blocking(move || closing.close(CLOSE)).await;
    if !written.unwrap_or(false) {
        say(
            "alarm: not all that was recorded could be written in time; the next start closes what there is",
        );
    }
    say("ended");
    Ok(())
}

/// Only the HTTP interface, for commands while no server runs. Answers where it listens.
///
/// # Errors
/// When no port of this machine can be had.
pub async fn interface(loaded: &Loaded, desk: &Desk, around: &Around) -> io::Result<api::Running> {
    let quiet = Arc::new(Gauges::default);
    let shared = shared(loaded, desk, around, &Arc::default(), quiet)?;
    api::start(SocketAddr::from(([127, 0, 0, 1], 0)), None, Arc::new(shared)).await
}

fn shared(
    loaded: &Loaded,
    desk: &Desk,
    around: &Around,
    draining: &Arc<AtomicBool>,
    gauges: Arc<dyn Fn() -> Gauges + Send + Sync>,
) -> io::Result<api::Shared> {
    let file = loaded.config.api.as_ref().map(|api| api.tokens.value.clone());
    Ok(api::Shared {
        desk: desk.clone(),
        door: api::Door::open(loaded.tokens.clone(), file, Arc::clone(&around.say))?,
        import: loaded.config.import.clone(),
        env: Arc::clone(&around.env),
        importing: std::sync::Mutex::new(()),
        rules: Arc::clone(&loaded.rules),
        terms: Arc::clone(&loaded.terms),
        longest: loaded.config.evidence.longest,
        calendar: loaded.calendar.clone(),
        texts: loaded.texts.clone(),
        ledger: Arc::clone(&around.ledger),
        turn: std::sync::Mutex::new(()),
        gauges,
        clock: Arc::clone(&around.clock),
        zone: loaded.zone.clone(),
        draining: Arc::clone(draining),
        timeout: loaded.config.api.as_ref().map_or(Duration::from_secs(10), |a| a.timeout),
    })
}

fn gauges(
    media: &Media,
    front: &Option<Front>,
    srs: &Option<Srs>,
    around: &Around,
) -> Arc<dyn Fn() -> Gauges + Send + Sync> {
    let (media, front, srs) = (media.clone(), front.clone(), srs.clone());
    let alarm = Arc::clone(&around.sweep_alarm);
    Arc::new(move || Gauges {
        media: media.figures(),
        front_live: front.as_ref().map_or(0, |f| f.live() as u64),
        passed_over: front.as_ref().map(Front::passed_over).unwrap_or_default(),
        siprec: srs.as_ref().map(Srs::figures).unwrap_or_default(),
        sweep_alarm: alarm.load(Ordering::Acquire),
    })
}

fn tell(say: &Arc<dyn Fn(&str) + Send + Sync>, what: &str, endpoint: &Endpoint) {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        for local in endpoint.local(transport) {
            say(&format!("{what} listens on {}:{local}", transport.param()));
        }
    }
}

fn named(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what} of calls.toml: {error}"))
}
