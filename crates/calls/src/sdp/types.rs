//! The small values that reading and answering share.

use std::fmt;

use crate::media;

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

impl From<Direction> for media::Direction {
    fn from(ours: Direction) -> Self {
        media::Direction { send: ours.sends(), receive: ours.receives() }
    }
}
