//! Reading a session description (RFC 8866), leniently.

use std::net::IpAddr;

use super::crypto::{CryptoLine, Unusable};
use super::types::{Direction, Protocol};
use super::{Codec, name};

/// More `m=` lines than this are not a call.
const MOST_MEDIA: usize = 32;
/// More payload types or crypto lines than this in one stream are not a call either; the rest is
/// not read.
const MOST_FORMATS: usize = 64;

/// Why a text is not a session description that can be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// It does not begin with `v=0`.
    #[error(
        "the body is not a session description: its first line is not v=0 (RFC 8866 section 5.1)"
    )]
    NotSdp,
    /// An `m=` line that cannot be read. It cannot be passed over, because the answer must have as
    /// many.
    #[error(
        "line {line} of the session description: the m= line cannot be read (RFC 8866 section 5.14)"
    )]
    Media {
        /// Counted from 1.
        line: usize,
    },
    /// Too many `m=` lines.
    #[error("the session description has more than {MOST_MEDIA} m= lines")]
    TooManyMedia,
}

/// A session description as it was read: what answering needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdp {
    /// The `t=` line's value, for the answer to repeat (RFC 3264 section 6); only digits and a
    /// space.
    pub(super) time: Option<String>,
    /// Session id and version of `o=`, as text.
    pub origin: Option<(String, String)>,
    /// The streams, in order.
    pub media: Vec<MediaLine>,
}

/// One payload type's meaning, from `a=rtpmap`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtpMap {
    /// The payload type, 0 to 127.
    pub payload_type: u8,
    /// The name of the format, as written.
    pub name: String,
    /// The clock rate in Hz.
    pub rate: u32,
    /// The number of channels.
    pub channels: u32,
}

/// One stream: an `m=` line and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLine {
    /// `audio`, `video`, `image`, ...
    pub kind: String,
    /// The port; 0 when the stream is declined or ended.
    pub port: u16,
    /// The transport.
    pub protocol: Protocol,
    /// The payload types as text (other transports have words there).
    pub formats: Vec<String>,
    /// Where to send to: the stream's `c=` or else the session's. None when there is none, when it
    /// is a host name, and when it is `0.0.0.0` or `::`, the old way to say hold.
    pub address: Option<IpAddr>,
    /// `0.0.0.0` or `::` was given: the writer does not listen (RFC 3264 section 8.4).
    pub on_hold: bool,
    /// The direction as written, seen from the writer; the session's when the stream has none.
    pub direction: Direction,
    /// `a=label` (RFC 4574), whatever its shape.
    pub label: Option<String>,
    /// `a=ptime` in milliseconds.
    pub ptime: Option<u32>,
    /// `a=rtpmap` lines.
    pub maps: Vec<RtpMap>,
    /// `a=crypto` lines, with the reason for those that cannot be used.
    pub crypto: Vec<Result<CryptoLine, Unusable>>,
    /// The port of RTCP when it is not the next one (RFC 3605).
    pub rtcp_port: Option<u16>,
}

impl MediaLine {
    /// The direction with the old way to say hold taken in.
    pub fn flow(&self) -> Direction {
        match self.on_hold {
            true => self.direction.and(Direction::SendOnly),
            false => self.direction,
        }
    }

    /// The payload types that are G.711 at 8000 Hz in one channel, in the writer's order.
    pub fn codecs(&self) -> impl Iterator<Item = (Codec, u8)> + '_ {
        self.payload_types().filter_map(|pt| {
            let codec = match self.map(pt) {
                Some(map) if map.rate == 8000 && map.channels == 1 => [Codec::Pcmu, Codec::Pcma]
                    .into_iter()
                    .find(|c| name(*c).eq_ignore_ascii_case(&map.name)),
                Some(_) => None,
                // The two have their numbers without an a=rtpmap line (RFC 3551 section 6).
                None => [Codec::Pcmu, Codec::Pcma].into_iter().find(|c| c.static_pt() == pt),
            };
            codec.map(|codec| (codec, pt))
        })
    }

    /// The payload type of keys pressed (RFC 4733), at the sound's clock rate.
    pub fn telephone_event(&self) -> Option<u8> {
        self.payload_types().find(|pt| {
            self.map(*pt)
                .is_some_and(|m| m.rate == 8000 && m.name.eq_ignore_ascii_case("telephone-event"))
        })
    }

    /// The payload types that are numbers, written as numbers are: the answer repeats them letter
    /// by letter.
    pub(super) fn payload_types(&self) -> impl Iterator<Item = u8> + '_ {
        let number =
            |f: &String| f.parse().ok().filter(|pt: &u8| *pt <= 127 && pt.to_string() == *f);
        self.formats.iter().filter_map(number)
    }

    fn map(&self, payload_type: u8) -> Option<&RtpMap> {
        self.maps.iter().find(|m| m.payload_type == payload_type)
    }
}

/// A `c=` line.
#[derive(Clone, Copy)]
enum Connection {
    Address(IpAddr),
    Hold,
    Name,
}

impl Sdp {
    /// Reads a body. Bytes that are not UTF-8 are taken for a sign nobody needs.
    ///
    /// # Errors
    /// When it is no session description at all, or an `m=` line cannot be read.
    pub fn parse(body: &[u8]) -> Result<Self, SdpError> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}');
        let end = if text.contains('\n') { '\n' } else { '\r' };
        let mut lines = text
            .split(end)
            .map(|l| l.trim_matches(|c: char| c.is_whitespace() || c == '\0'))
            .zip(1..)
            .filter(|(l, _)| !l.is_empty());
        if lines.next().is_none_or(|(first, _)| first != "v=0") {
            return Err(SdpError::NotSdp);
        }
        let mut sdp = Sdp { time: None, origin: None, media: Vec::new() };
        let mut session = (None, None);
        // Beside the media lines: what each says itself, so that the session's values can fill in
        // the rest at the end.
        let mut own: Vec<(Option<Connection>, Option<Direction>)> = Vec::new();
        for (line, number) in lines {
            let Some((letter, value)) = line.split_once('=') else { continue };
            let (letter, value) = (letter.trim(), value.trim());
            match letter {
                "o" => sdp.origin = origin(value),
                "t" => sdp.time = sdp.time.or_else(|| time(value)),
                "c" => {
                    let place = own.last_mut().map_or(&mut session.0, |o| &mut o.0);
                    *place = place.or_else(|| connection(value));
                }
                "m" => {
                    if sdp.media.len() == MOST_MEDIA {
                        return Err(SdpError::TooManyMedia);
                    }
                    sdp.media.push(media(value).ok_or(SdpError::Media { line: number })?);
                    own.push((None, None));
                }
                "a" => {
                    if let Some(direction) = Direction::read(value) {
                        *own.last_mut().map_or(&mut session.1, |o| &mut o.1) = Some(direction);
                    } else if let (Some(media), Some((name, value))) =
                        (sdp.media.last_mut(), value.split_once(':'))
                    {
                        attribute(media, name.trim(), value.trim());
                    }
                }
                _ => {}
            }
        }
        for (media, (connection, direction)) in sdp.media.iter_mut().zip(own) {
            media.direction = direction.or(session.1).unwrap_or_default();
            match connection.or(session.0) {
                Some(Connection::Address(address)) => media.address = Some(address),
                Some(Connection::Hold) => media.on_hold = true,
                Some(Connection::Name) | None => {}
            }
        }
        Ok(sdp)
    }
}

/// `o=<name> <id> <version> ...`
fn origin(value: &str) -> Option<(String, String)> {
    let mut words = value.split_ascii_whitespace().skip(1);
    Some((words.next()?.to_owned(), words.next()?.to_owned()))
}

/// `t=<start> <stop>`, when both are plain numbers.
fn time(value: &str) -> Option<String> {
    let mut words = value.split_ascii_whitespace();
    let (start, stop) = (words.next()?, words.next()?);
    let number = |w: &str| w.len() <= 20 && w.bytes().all(|b| b.is_ascii_digit());
    (number(start) && number(stop) && words.next().is_none()).then(|| format!("{start} {stop}"))
}

/// `c=IN IP4 <address>[/ttl]`.
fn connection(value: &str) -> Option<Connection> {
    let address = value.split_ascii_whitespace().nth(2)?;
    let address = address.split('/').next()?.trim_matches(['[', ']']);
    Some(match address.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => Connection::Hold,
        Ok(ip) => Connection::Address(ip),
        Err(_) => Connection::Name,
    })
}

/// `m=<kind> <port>[/<number>] <transport> <formats>`.
fn media(value: &str) -> Option<MediaLine> {
    let mut words = value.split_ascii_whitespace();
    let token = |w: &&str| w.len() <= 64 && w.bytes().all(|b| b.is_ascii_graphic());
    let kind = words.next().filter(token)?;
    let port = words.next()?.split('/').next()?;
    let port = port.bytes().all(|b| b.is_ascii_digit()).then(|| port.parse().ok())??;
    let protocol = words.next().filter(token)?;
    let formats: Vec<String> = words.filter(token).take(MOST_FORMATS).map(str::to_owned).collect();
    Some(MediaLine {
        kind: kind.to_ascii_lowercase(),
        port,
        protocol: Protocol::read(protocol),
        formats,
        address: None,
        on_hold: false,
        direction: Direction::SendRecv,
        label: None,
        ptime: None,
        maps: Vec::new(),
        crypto: Vec::new(),
        rtcp_port: None,
    })
}

/// The attributes that are needed; what cannot be read is passed over.
fn attribute(media: &mut MediaLine, name: &str, value: &str) {
    match name.to_ascii_lowercase().as_str() {
        "label" => {
            media.label =
                media.label.take().or_else(|| Some(value.to_owned()).filter(|v| !v.is_empty()))
        }
        "ptime" => media.ptime = value.split('.').next().and_then(|v| v.parse().ok()),
        "rtcp" => {
            media.rtcp_port = value.split_ascii_whitespace().next().and_then(|v| v.parse().ok())
        }
        "crypto" if media.crypto.len() < MOST_FORMATS => media.crypto.push(CryptoLine::read(value)),
        "rtpmap" if media.maps.len() < MOST_FORMATS => media.maps.extend(rtpmap(value)),
        _ => {}
    }
}

/// `<payload type> <name>/<rate>[/<channels>]`.
fn rtpmap(value: &str) -> Option<RtpMap> {
    let (payload_type, format) = value.split_once(char::is_whitespace)?;
    let mut parts = format.trim().split('/').map(str::trim);
    Some(RtpMap {
        payload_type: payload_type.parse().ok().filter(|pt| *pt <= 127)?,
        name: parts.next()?.to_owned(),
        rate: parts.next()?.parse().ok()?,
        channels: parts.next().map_or(Some(1), |c| c.parse().ok())?,
    })
}
