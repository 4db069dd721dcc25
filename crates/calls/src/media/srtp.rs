//! SRTP and SRTCP of one side (RFC 3711, RFC 7714), keys from SDP (RFC 4568).

use webrtc_srtp::context::Context;
use webrtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use webrtc_srtp::protection_profile::ProtectionProfile;
use zeroize::Zeroizing;

use super::{SrtpKeys, SrtpSuite};

/// Streams that a far end may have with one pair of keys.
const MAX_STREAMS: usize = 32;

fn context(suite: SrtpSuite, key_and_salt: &[u8]) -> Option<Context> {
    let profile = match suite {
        SrtpSuite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
        SrtpSuite::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpSuite::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
    };
    let (key, salt) = key_and_salt.split_at_checked(suite.key_len())?;
    let (rtp, rtcp) = (srtp_replay_protection(128), srtcp_replay_protection(128));
    Context::new(key, salt, profile, Some(rtp), Some(rtcp)).ok()
}

/// What comes from a side.
pub(super) struct Opener {
    suite: SrtpSuite,
    key: Zeroizing<Vec<u8>>,
    /// One context a stream. A context keeps a state for every SSRC that it was ever asked about,
    /// authentic or not, so a new SSRC is tried with a context of its own, which is kept only
    /// when the packet was authentic: strangers cannot fill the memory.
    streams: Vec<(u32, Context)>,
}

impl Opener {
    /// Nothing when key and salt have not the suite's length.
    pub fn new(keys: &SrtpKeys) -> Option<Opener> {
        context(keys.suite, &keys.theirs)?;
        Some(Opener { suite: keys.suite, key: keys.theirs.clone(), streams: Vec::new() })
    }

    /// Decrypts in place the first `length` bytes of `buffer`; the new length, or nothing when the
    /// packet is not authentic or was there before.
    pub fn rtp(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        let ssrc = ssrc(buffer.get(8..12)?);
        let plain = self.open(ssrc, |context| context.decrypt_rtp(&buffer[..length]).ok())?;
        buffer[..plain.len()].copy_from_slice(&plain);
        Some(plain.len())
    }

    /// The same for RTCP.
    pub fn rtcp(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        // Header, sender, index and tag: the library reads them without looking at the length, and
        // takes a packet that says that it is not encrypted without looking at the tag. We never
        // agree on unencrypted SRTCP (RFC 4568 section 6.3.2), so such a packet is nobody's.
        let (tag, index) = match self.suite {
            SrtpSuite::AeadAes128Gcm | SrtpSuite::AeadAes256Gcm => (16, length.checked_sub(4)?),
            _ => (10, length.checked_sub(14)?),
        };
        if length < 8 + 4 + tag || buffer[index] & 0x80 == 0 {
            return None;
        }
        let ssrc = ssrc(&buffer[4..8]);
        let plain = self.open(ssrc, |context| context.decrypt_rtcp(&buffer[..length]).ok())?;
        buffer[..plain.len()].copy_from_slice(&plain);
        Some(plain.len())
    }

    fn open<T>(&mut self, ssrc: u32, with: impl Fn(&mut Context) -> Option<T>) -> Option<T> {
        if let Some((_, context)) = self.streams.iter_mut().find(|(known, _)| *known == ssrc) {
            return with(context);
        }
        // Forgetting an old stream would let its packets be replayed, so the number is final.
        if self.streams.len() >= MAX_STREAMS {
            return None;
        }
        let mut context = context(self.suite, &self.key)?;
        let plain = with(&mut context)?;
        self.streams.push((ssrc, context));
        Some(plain)
    }
}

/// What goes to a side.
pub(super) struct Sealer(Context);

impl Sealer {
    /// Nothing when key and salt have not the suite's length.
    pub fn new(keys: &SrtpKeys) -> Option<Sealer> {
        context(keys.suite, &keys.ours).map(Sealer)
    }

    pub fn rtp(&mut self, packet: &[u8]) -> Option<impl AsRef<[u8]> + use<>> {
        self.0.encrypt_rtp(packet).ok()
    }

    pub fn rtcp(&mut self, packet: &[u8]) -> Option<impl AsRef<[u8]> + use<>> {
        self.0.encrypt_rtcp(packet).ok()
    }
}

fn ssrc(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
