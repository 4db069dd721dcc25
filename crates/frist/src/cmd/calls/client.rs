//! Speaking with the server; while none runs, with an interface of this process, so that who may do
//! what is decided in one place.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use frist_calls::config::{Api, Config};
use frist_calls::serve::Local;
use serde_json::Value;

use super::setup;
use crate::cli_calls::CallsArgs;
use crate::error::{Exit, Failure, Outcome};
use crate::place::Place;

/// How long the server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(2);

/// A way to an interface.
pub(super) struct Client {
    agent: ureq::Agent,
    base: String,
    token: String,
    _local: Option<Local>,
}

/// Whether a server answers where calls.toml says.
pub(super) fn runs(config: &Config) -> bool {
    config.api.as_ref().is_some_and(|api| answers(api.listen.value))
}

fn answers(addr: SocketAddr) -> bool {
    let here = match addr.ip().is_unspecified() {
        true => SocketAddr::from(([127, 0, 0, 1], addr.port())),
        false => addr,
    };
    TcpStream::connect_timeout(&here, PATIENCE).is_ok()
}

impl Client {
    /// The running server, or an own interface on the vault.
    pub(super) fn open(place: &Place, args: &CallsArgs) -> Outcome<Client> {
        let token = args.token.clone().ok_or_else(|| {
            Failure::usage("this needs a token that says who acts").help(
                "give it with `--token` or in FRIST_CALLS_TOKEN; `frist calls token new` makes one",
            )
        })?;
        if let Some(url) = &args.url {
            return Ok(Client {
                agent: agent(None)?,
                base: url.trim_end_matches('/').to_owned(),
                token,
                _local: None,
            });
        }
        let config = setup::config(place, args)?;
        if let Some(api) = config.api.as_ref().filter(|_| runs(&config)) {
            let certificate = api.tls.as_ref().map(|(certificate, _)| certificate.value.as_path());
            return Ok(Client { agent: agent(certificate)?, base: base(api), token, _local: None });
        }
        let loaded = setup::load(place, args)?;
        let around = setup::around(place, &Arc::new(AtomicBool::new(false)))?;
        let desk = setup::open(&loaded, &around)?;
        let local = Local::start(&loaded, &desk, &around)
            .map_err(|e| Failure::new(format!("cannot listen on this machine: {e}")))?;
        let base = format!("http://{}", local.addr());
        Ok(Client { agent: agent(None)?, base, token, _local: Some(local) })
    }

    /// Asks, and gives the answer as JSON; nothing is null.
    pub(super) fn ask(&self, post: bool, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let mut text = String::new();
        self.stream(post, path, body)?
            .read_to_string(&mut text)
            .map_err(|e| Failure::new(format!("the server's answer broke off: {e}")))?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text)
            .map_err(|_| Failure::new("the server's answer is not JSON; is it Frist?"))
    }

    /// Asks, and gives the answer to read.
    pub(super) fn stream(
        &self,
        post: bool,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<impl Read + use<>> {
        Ok(self.answer(post, path, body)?.into_body().into_reader())
    }

    /// Asks, and gives the answer with what stands above it.
    pub(super) fn answer(
        &self,
        post: bool,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<ureq::http::Response<ureq::Body>> {
        let url = format!("{}{path}", self.base);
        let bearer = format!("Bearer {}", self.token);
        let sent = match post {
            false => self.agent.get(&url).header("Authorization", &bearer).call(),
            true => {
                let request = self.agent.post(&url).header("Authorization", &bearer);
                match body {
                    Some(body) => request.content_type("application/json").send(body.to_string()),
                    None => request.send_empty(),
                }
            }
        };
        let response = sent.map_err(|e| {
            Failure::new(format!("the server at {} cannot be asked: {e}", self.base))
                .help("`frist calls status` says whether it runs")
        })?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(response);
        }
        let text = response.into_body().read_to_string().unwrap_or_default();
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let detail = problem["detail"]
            .as_str()
            .map_or_else(|| format!("the server answered {status}"), str::to_owned);
        let exit = match status {
            400 | 422 => Exit::Usage,
            _ => Exit::Impossible,
        };
        Err(Failure { exit, ..Failure::new(detail) })
    }
}

fn base(api: &Api) -> String {
    let scheme = if api.tls.is_some() { "https" } else { "http" };
    let addr = api.listen.value;
    match (api.tls.is_some(), addr.ip().is_unspecified() || addr.ip().is_loopback()) {
        // A certificate names no address of the machine itself.
        (true, true) => format!("{scheme}://localhost:{}", addr.port()),
        (false, true) if addr.ip().is_unspecified() => {
            format!("{scheme}://127.0.0.1:{}", addr.port())
        }
        _ => format!("{scheme}://{addr}"),
    }
}

/// An agent; over TLS it trusts the very certificate that calls.toml names, or the usual roots.
fn agent(certificate: Option<&Path>) -> Outcome<ureq::Agent> {
    let mut config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_connect(Some(PATIENCE));
    if let Some(path) = certificate {
        let pem = std::fs::read(path).map_err(|e| Failure::file("read", path, &e))?;
        let certificate = ureq::tls::Certificate::from_pem(&pem)
            .map_err(|e| Failure::new(format!("`{}` is no certificate: {e}", path.display())))?;
        let roots = ureq::tls::RootCerts::new_with_certs(&[certificate]);
        config = config.tls_config(ureq::tls::TlsConfig::builder().root_certs(roots).build());
    }
    Ok(config.build().new_agent())
}

/// A part of a path or query, percent-encoded (RFC 3986 section 2.1).
pub(super) fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A query of what was said.
pub(super) fn query(fields: &[(&str, Option<&str>)]) -> String {
    let said: Vec<String> = fields
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?))))
        .collect();
    if said.is_empty() { String::new() } else { format!("?{}", said.join("&")) }
}
