//! Writing a session description: short, strict, and with a version that goes up when something
//! changed.

use std::fmt::Write as _;
use std::net::IpAddr;

use zeroize::Zeroizing;

use super::crypto::Key;
use super::parse::MediaLine;
use super::types::{Direction, Protocol};
use super::{Codec, SrtpSuite, name};

/// One `a=crypto` line of ours.
#[derive(Debug, Clone)]
pub(super) struct Crypto {
    pub tag: u32,
    pub suite: SrtpSuite,
    pub key: Key,
}

/// One of our streams.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub kind: String,
    /// 0 declines.
    pub port: u16,
    pub protocol: Protocol,
    pub codecs: Vec<(Codec, u8)>,
    pub dtmf: Option<u8>,
    /// Of a declined stream: the formats as they came, because the line must have some.
    pub formats: Vec<String>,
    pub direction: Direction,
    pub label: Option<String>,
    pub crypto: Vec<Crypto>,
}

impl Line {
    /// A line that declines what the other side offered (RFC 3264 section 6: port zero, the formats
    /// are of no matter).
    pub fn declined(theirs: &MediaLine) -> Self {
        Line {
            kind: theirs.kind.clone(),
            port: 0,
            protocol: theirs.protocol.clone(),
            codecs: Vec::new(),
            dtmf: None,
            formats: theirs.formats.clone(),
            direction: Direction::Inactive,
            label: None,
            crypto: Vec::new(),
        }
    }

    /// Our key under that suite.
    pub fn key(&self, suite: SrtpSuite) -> Option<&Key> {
        self.crypto.iter().find(|c| c.suite == suite).map(|c| &c.key)
    }

    fn render(&self, text: &mut String) {
        let Line { kind, port, protocol, .. } = self;
        let _ = write!(text, "m={kind} {port} {protocol}");
        if *port == 0 {
            if self.formats.is_empty() {
                text.push_str(" 0");
            }
            for format in &self.formats {
                let _ = write!(text, " {format}");
            }
            text.push_str("\r\n");
            return;
        }
        for pt in self.codecs.iter().map(|(_, pt)| pt).chain(&self.dtmf) {
            let _ = write!(text, " {pt}");
        }
        text.push_str("\r\n");
        for (codec, pt) in &self.codecs {
            let _ = write!(text, "a=rtpmap:{pt} {}/8000\r\n", name(*codec));
        }
        if let Some(pt) = self.dtmf {
            let _ = write!(text, "a=rtpmap:{pt} telephone-event/8000\r\na=fmtp:{pt} 0-15\r\n");
        }
        if let Some(label) = &self.label {
            let _ = write!(text, "a=label:{label}\r\n");
        }
        for crypto in &self.crypto {
            let (tag, suite) = (crypto.tag, crypto.suite.name());
            let _ = write!(text, "a=crypto:{tag} {suite} inline:{}\r\n", *crypto.key.inline());
        }
        let _ = write!(text, "a=ptime:20\r\na={}\r\n", self.direction);
    }
}

/// The session's part, and what was written last.
#[derive(Clone)]
pub(super) struct Written {
    address: IpAddr,
    id: u64,
    pub version: u64,
    /// What followed `o=` the last time; it has keys.
    rest: Zeroizing<String>,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Written").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Written {
    pub fn new(address: IpAddr, id: u64) -> Self {
        Written { address, id, version: 0, rest: Zeroizing::default() }
    }

    /// The whole text. The version goes up by one if the text is another than the last (RFC 3264
    /// section 8).
    pub fn render(&mut self, time: Option<&str>, lines: &[Line]) -> String {
        let family = if self.address.is_ipv6() { "IP6" } else { "IP4" };
        let address = format!("IN {family} {}", self.address);
        let mut rest =
            Zeroizing::new(format!("s=-\r\nc={address}\r\nt={}\r\n", time.unwrap_or("0 0")));
        for line in lines {
            line.render(&mut rest);
        }
        if *rest != *self.rest {
            self.version += 1;
            self.rest = rest;
        }
        format!("v=0\r\no=- {} {} {address}\r\n{}", self.id, self.version, *self.rest)
    }
}
