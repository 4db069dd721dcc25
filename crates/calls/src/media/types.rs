//! What is said to the media plane and what it says back.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// One of the two legs of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The person who rang, or SIPREC's first stream.
    Caller,
    /// The agent or queue, or SIPREC's second stream.
    Agent,
}

impl Side {
    /// Both, in the order in which a tape holds them.
    pub const BOTH: [Side; 2] = [Side::Caller, Side::Agent];

    /// 0 for the caller, 1 for the agent.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The one across.
    pub fn other(self) -> Side {
        match self {
            Side::Caller => Side::Agent,
            Side::Agent => Side::Caller,
        }
    }
}

/// The two laws of G.711, 8000 samples a second, one byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// µ-law; static payload type 0 (RFC 3551 section 6).
    Pcmu,
    /// A-law; static payload type 8.
    Pcma,
}

impl Codec {
    /// The payload type that needs no `a=rtpmap`.
    pub fn static_pt(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }
}

/// What flows on a side, seen from here (the SDP attribute of the far end is the mirror of it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// We may send to that side.
    pub send: bool,
    /// We take what that side sends.
    pub receive: bool,
}

impl Direction {
    /// Both ways.
    pub const BOTH: Direction = Direction { send: true, receive: true };
    /// We only listen: SIPREC while recording.
    pub const RECEIVE: Direction = Direction { send: false, receive: true };
    /// We only send: the far end was put on hold by us, or plays nothing itself.
    pub const SEND: Direction = Direction { send: true, receive: false };
    /// Nothing flows.
    pub const NONE: Direction = Direction { send: false, receive: false };
}

/// A crypto suite of SDP security descriptions (RFC 4568 section 6.2, RFC 7714 section 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpSuite {
    /// `AES_CM_128_HMAC_SHA1_80`
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`
    AesCm128HmacSha1_32,
    /// `AEAD_AES_128_GCM`
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`
    AeadAes256Gcm,
}

impl SrtpSuite {
    /// All, the one preferred first.
    pub const ALL: [SrtpSuite; 4] = [
        SrtpSuite::AeadAes256Gcm,
        SrtpSuite::AeadAes128Gcm,
        SrtpSuite::AesCm128HmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_32,
    ];

    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            SrtpSuite::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            SrtpSuite::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            SrtpSuite::AeadAes128Gcm => "AEAD_AES_128_GCM",
            SrtpSuite::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    /// The suite of that name; the case does not count.
    pub fn from_name(name: &str) -> Option<SrtpSuite> {
        SrtpSuite::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))
    }

    /// Bytes of the master key.
    pub fn key_len(self) -> usize {
        match self {
            SrtpSuite::AeadAes256Gcm => 32,
            _ => 16,
        }
    }

    /// Bytes of the master salt, which follows the key in `inline:`.
    pub fn salt_len(self) -> usize {
        match self {
            SrtpSuite::AeadAes128Gcm | SrtpSuite::AeadAes256Gcm => 12,
            _ => 14,
        }
    }
}

/// The keys of one side: what we decrypt with and what we encrypt with. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtpKeys {
    /// The suite, the same both ways.
    pub suite: SrtpSuite,
    /// Master key and salt, concatenated, of what comes (the far end's `inline:`, decoded).
    pub theirs: Zeroizing<Vec<u8>>,
    /// Master key and salt of what goes (our `inline:`).
    pub ours: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for SrtpKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SrtpKeys").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// The far end of a side, from its SDP.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where it takes RTP.
    pub addr: SocketAddr,
    /// Where it takes RTCP; the port above RTP's when nothing else was said (RFC 3550 section 11).
    pub rtcp: Option<SocketAddr>,
    /// The law that was agreed on.
    pub audio: Codec,
    /// Its payload type in both directions.
    pub pt: u8,
    /// The payload type of `telephone-event/8000`, when agreed on.
    pub dtmf_pt: Option<u8>,
    /// What flows.
    pub direction: Direction,
    /// SRTP, when agreed on; then plain RTP is refused.
    pub srtp: Option<SrtpKeys>,
}

impl Remote {
    /// A far end with plain RTP both ways, the law's static payload type and telephone-event 101.
    pub fn plain(addr: SocketAddr, audio: Codec) -> Remote {
        Remote {
            addr,
            rtcp: None,
            audio,
            pt: audio.static_pt(),
            dtmf_pt: Some(101),
            direction: Direction::BOTH,
            srtp: None,
        }
    }
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Two people talk through it; packets without a tape are simply relayed.
    Front,
    /// A fork of a call for recording; packets without a tape are counted as dropped without consent.
    Siprec,
}

/// What happens on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaEvent {
    /// A key was pressed (RFC 4733): once a press, at its first packet.
    Digit {
        /// Who pressed it.
        side: Side,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: char,
        /// When the first packet of the press was read.
        at: Instant,
    },
    /// A prompt was heard to its end (not: stopped).
    PlayEnded {
        /// To whom it was played.
        side: Side,
    },
    /// The tape refused a chunk; the recording has stopped, the call goes on.
    TapeFailed,
    /// The first packet that was accepted from a side since its address was last set.
    First {
        /// From whom.
        side: Side,
    },
    /// Nothing came from a side that should be sending, for as long as the configuration says.
    Quiet {
        /// From whom.
        side: Side,
    },
}

/// How the media plane is set up.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// The address to bind.
    pub ip: IpAddr,
    /// The address for SDP, when it is another one (behind address translation).
    pub advertised: Option<IpAddr>,
    /// UDP ports for RTP (even) and RTCP (the odd one above). Four for each session.
    pub ports: RangeInclusive<u16>,
    /// Media threads; 0 is one a core.
    pub threads: usize,
    /// For how long after `set_remote` a first packet from any address may say where the far end
    /// really is (RFC 7362). After it, and always when zero, only the SDP's IP address counts.
    pub latch: Duration,
    /// After how long without a packet `Quiet` is said; zero is never.
    pub quiet: Duration,
}

impl Default for MediaConfig {
    fn default() -> Self {
        MediaConfig {
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertised: None,
            ports: 20_000..=29_999,
            threads: 0,
            latch: Duration::from_secs(5),
            quiet: Duration::from_secs(30),
        }
    }
}
