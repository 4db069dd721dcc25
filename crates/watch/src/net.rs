//! The network, as far as it is needed: one POST to one address that was looked at first, and mail.
//!
//! A webhook's address is written by an administrator, but its name is answered by somebody else's
//! name server. So each try looks the name up once, refuses addresses that are not public, and
//! connects to the very address that was looked at. No redirect is followed, no proxy asked.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::config::Mail;
use crate::mail::Letter;

/// How long one try may take, from looking the name up to the answer's head.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where Debian, Red Hat and Alpine keep the roots that the system trusts.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// What is posted.
#[derive(Debug, Clone)]
pub struct Post<'a> {
    /// Where.
    pub url: &'a str,
    /// With these headers.
    pub headers: Vec<(&'static str, String)>,
    /// What: JSON.
    pub body: &'a str,
    /// Whether the address may be on this machine or in a private network.
    pub private: bool,
    /// Whether it may go without TLS.
    pub insecure: bool,
    /// Certificates that are trusted instead of the system's.
    pub roots: Option<&'a Path>,
}

/// Why a message did not go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSent {
    /// Why, without personal data.
    pub why: String,
    /// Whether it is of no use to try again.
    pub for_good: bool,
}

impl NotSent {
    /// It may go later.
    pub fn now(why: impl fmt::Display) -> Self {
        Self { why: why.to_string(), for_good: false }
    }
    /// It will never go.
    pub fn ever(why: impl fmt::Display) -> Self {
        Self { why: why.to_string(), for_good: true }
    }
}

/// The network.
pub trait Net: Send + Sync {
    /// Posts; answers the status.
    ///
    /// # Errors
    /// When nothing was answered.
    fn post(&self, post: &Post<'_>) -> Result<u16, NotSent>;

    /// Gives a letter to a mail server.
    ///
    /// # Errors
    /// When it did not take it.
    fn mail(&self, mail: &Mail, password: Option<&str>, letter: &Letter) -> Result<(), NotSent>;
}

/// The real one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Internet;

impl Net for Internet {
    fn post(&self, post: &Post<'_>) -> Result<u16, NotSent> {
        check_url(post.url, post.insecure).map_err(NotSent::now)?;
        let roots = certificates(post.roots).map_err(NotSent::now)?;
        let roots: Vec<_> = roots.iter().map(|c| Certificate::from_der(c).to_owned()).collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(roots))).build();
        let config = Config::builder()
            .timeout_global(Some(PATIENCE))
            .https_only(!post.insecure)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(16 * 1024)
            .proxy(None)
            .user_agent("frist")
            .tls_config(tls)
            .build();
        let resolver = Public { private: post.private, inner: DefaultResolver::default() };
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        let mut request = agent.post(post.url).header("content-type", "application/json");
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        // Of the answer only the status is read.
        let answer = request.send(post.body).map_err(NotSent::now)?;
        Ok(answer.status().as_u16())
    }

    fn mail(&self, mail: &Mail, password: Option<&str>, letter: &Letter) -> Result<(), NotSent> {
        crate::mail::send(mail, password, letter)
    }
}

/// Whether this can be the address of a webhook, without asking the network.
///
/// # Errors
/// When it is none, has no TLS and may not be without, or carries a password.
pub fn check_url(url: &str, insecure: bool) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|e| format!("`url` is none: {e}"))?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if insecure => {}
        Some("http") => {
            return Err("`url` is without TLS; write `https://`, or say `insecure = true`".into());
        }
        _ => return Err("`url` must begin with `https://`".into()),
    }
    let authority = uri.authority().ok_or("`url` names no host")?;
    match authority.as_str().contains('@') {
        true => Err("`url` has a user name in it; that is no place for secrets".into()),
        false => Ok(()),
    }
}

/// Certificates that are trusted: those of a file, or the system's.
pub(crate) fn certificates(named: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let system = || SYSTEM_ROOTS.iter().map(PathBuf::from).find(|p| p.exists());
    let path = named.map(Path::to_owned).or_else(system).ok_or(
        "the system has no file of trusted roots; install ca-certificates, or name one with `roots_file`",
    )?;
    let shown = path.display();
    let read = CertificateDer::pem_file_iter(&path)
        .map_err(|e| format!("cannot read the trusted roots in {shown}: {e}"))?;
    let roots: Vec<_> = read.filter_map(Result::ok).collect();
    match roots.is_empty() {
        true => Err(format!("{shown} holds no certificate in PEM form")),
        false => Ok(roots),
    }
}

/// Looks names up, and refuses addresses that are not public. What it answers is what is connected to.
struct Public {
    private: bool,
    inner: DefaultResolver,
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Public")
    }
}

impl Resolver for Public {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.private {
            return Ok(found);
        }
        // One that is not public makes all of them suspect.
        if let Some(bad) = found.iter().find(|a| !is_public(a.ip())) {
            let message = format!(
                "the name leads to {}, which is no public address; if it is meant, say `private = true`",
                bad.ip()
            );
            return Err(ureq::Error::Io(std::io::Error::other(message)));
        }
        Ok(found)
    }
}

/// Whether an address is one of the public internet.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => public_v4(v4),
        IpAddr::V6(v6) => public_v6(v6),
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    );
    !special
}

fn public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let inner =
        |high: u16, low: u16| public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        // An address of version 4 in other clothes: mapped, or behind a translator.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            inner(high, low)
        }
        [0x2002, high, low, ..] => inner(high, low),
        // Teredo, benchmarks, ORCHID, documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Only these are given out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for bad in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
            "64:ff9b:1::1",
            "fec0::1",
        ] {
            assert!(!is_public(bad.parse().unwrap()), "{bad}");
        }
        for good in [
            "1.1.1.1",
            "93.184.216.34",
            "172.15.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "2a00:1450:400f::1",
        ] {
            assert!(is_public(good.parse().unwrap()), "{good}");
        }
    }

    #[test]
    fn addresses_are_looked_at_before_they_are_asked() {
        let post = |url: &str, private, insecure| {
            let sent = Internet.post(&Post {
                url,
                headers: Vec::new(),
                body: "{}",
                private,
                insecure,
                roots: None,
            });
            sent.expect_err("nothing is there").why
        };
        for url in [
            "http://127.0.0.1:9/",
            "http://localhost:9/",
            "http://[::1]:9/",
            "http://2130706433:9/",
            "http://0x7f.1:9/",
        ] {
            let why = post(url, false, true);
            assert!(why.contains("no public address"), "{url}: {why}");
        }
        assert!(post("http://127.0.0.1:9/", false, false).contains("TLS"));
        assert!(!post("http://127.0.0.1:9/", true, true).contains("no public address"));
        assert!(post("ftp://example.dk/", true, true).contains("https"));
        assert!(post("https://a:b@example.dk/", true, true).contains("secrets"));
    }
}
