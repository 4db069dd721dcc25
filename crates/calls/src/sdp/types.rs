//! The small values that reading and answering share.

use std::fmt;

use zeroize::Zeroize;

/// The sound formats that can be recorded: G.711, as in RFC 3551 section 4.5.14.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// µ-law, payload type 0 unless mapped otherwise.
    Pcmu,
    /// A-law, payload type 8 unless mapped otherwise.
    Pcma,
}

impl Codec {
    /// The name in an `a=rtpmap` line.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
        }
    }

    /// The payload type that needs no `a=rtpmap`.
    pub fn static_pt(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }
}

/// Which way sound may flow, seen from the side that wrote the line (RFC 3264 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Both ways; what a line without a direction means.
    #[default]
    SendRecv,
    /// The writer sends and does not listen.
    SendOnly,
    /// The writer listens and does not send.
    RecvOnly,
    /// Nothing flows.
    Inactive,
}

impl Direction {
    /// From the two halves.
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// Whether the writer sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether the writer listens.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The same flow seen from the other side.
    pub fn reversed(self) -> Self {
        Direction::of(self.receives(), self.sends())
    }

    /// What both allow.
    pub fn and(self, other: Self) -> Self {
        Direction::of(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// Whether everything that `self` allows is allowed by `other` as well.
    pub fn within(self, other: Self) -> bool {
        self.and(other) == self
    }

    pub(super) fn read(name: &str) -> Option<Self> {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|d| d.to_string().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        })
    }
}

/// The transport of a stream, the third word of `m=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// `RTP/AVP`, or `RTP/AVPF` (RFC 4585) when `feedback`.
    Rtp {
        /// The F at the end. Taken, and written back; no feedback is sent.
        feedback: bool,
    },
    /// `RTP/SAVP`, or `RTP/SAVPF` (RFC 5124) when `feedback`: SRTP.
    Srtp {
        /// The F at the end.
        feedback: bool,
    },
    /// Anything else, DTLS-SRTP among it: declined, and written back as it came.
    Other(String),
}

impl Protocol {
    pub(super) fn read(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "RTP/AVP" => Protocol::Rtp { feedback: false },
            "RTP/AVPF" => Protocol::Rtp { feedback: true },
            "RTP/SAVP" => Protocol::Srtp { feedback: false },
            "RTP/SAVPF" => Protocol::Srtp { feedback: true },
            _ => Protocol::Other(word.to_owned()),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Rtp { feedback: false } => "RTP/AVP",
            Protocol::Rtp { feedback: true } => "RTP/AVPF",
            Protocol::Srtp { feedback: false } => "RTP/SAVP",
            Protocol::Srtp { feedback: true } => "RTP/SAVPF",
            Protocol::Other(word) => word,
        })
    }
}

/// A protection profile of SRTP, by its name in `a=crypto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpSuite {
    /// `AES_CM_128_HMAC_SHA1_80` (RFC 4568 section 6.2.1), the one that everybody has.
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32` (RFC 4568 section 6.2.2).
    AesCm128HmacSha1_32,
    /// `AEAD_AES_128_GCM` (RFC 7714 section 14.2).
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM` (RFC 7714 section 14.2).
    AeadAes256Gcm,
}

impl SrtpSuite {
    /// Every suite, the one to offer first in front.
    pub const ALL: [SrtpSuite; 4] = [
        SrtpSuite::AesCm128HmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_32,
        SrtpSuite::AeadAes128Gcm,
        SrtpSuite::AeadAes256Gcm,
    ];

    /// The name in an `a=crypto` line.
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
        SrtpSuite::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(name))
    }

    /// Bytes of the master key.
    pub fn key_len(self) -> usize {
        match self {
            SrtpSuite::AeadAes256Gcm => 32,
            _ => 16,
        }
    }

    /// Bytes of the master salt.
    pub fn salt_len(self) -> usize {
        match self {
            SrtpSuite::AeadAes128Gcm | SrtpSuite::AeadAes256Gcm => 12,
            _ => 14,
        }
    }
}

/// The keys of one stream, one each way, under one suite. Wiped when dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtpKeys {
    /// The suite that both ways use.
    pub suite: SrtpSuite,
    /// Master key and salt of what comes: the other side's `inline:`, decoded.
    pub theirs: Vec<u8>,
    /// Master key and salt of what goes: our `inline:`.
    pub ours: Vec<u8>,
}

impl Drop for SrtpKeys {
    fn drop(&mut self) {
        self.theirs.zeroize();
        self.ours.zeroize();
    }
}

impl fmt::Debug for SrtpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SrtpKeys").field("suite", &self.suite).finish_non_exhaustive()
    }
}
