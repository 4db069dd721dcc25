//! SRTP and SRTCP of one side in one direction (RFC 3711, RFC 7714), keys from SDP (RFC 4568).

use webrtc_srtp::context::Context;
use webrtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use webrtc_srtp::protection_profile::ProtectionProfile;

use super::SrtpSuite;

/// New SSRCs that a far end may have per set of keys. The library keeps a state for each SSRC it
/// is asked about, authentic or not; without a limit a stranger could fill the memory.
const MAX_SSRCS: usize = 64;

pub(super) struct Crypt {
    context: Context,
    ssrcs: Vec<u32>,
    suite: SrtpSuite,
}

impl Crypt {
    /// Nothing when key and salt have not the suite's length.
    pub fn new(suite: SrtpSuite, key_and_salt: &[u8]) -> Option<Crypt> {
        let profile = match suite {
            SrtpSuite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            SrtpSuite::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
            SrtpSuite::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpSuite::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        };
        let (key, salt) = key_and_salt.split_at_checked(suite.key_len())?;
        let context = Context::new(
            key,
            salt,
            profile,
            Some(srtp_replay_protection(128)),
            Some(srtcp_replay_protection(128)),
        )
        .ok()?;
        Some(Crypt { context, ssrcs: Vec::new(), suite })
    }

    /// Decrypts into `buffer`, whose first `length` bytes are the packet; the new length, or
    /// nothing when it is not authentic or was there before.
    pub fn open(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        let ssrc = ssrc(buffer.get(8..12)?);
        self.known(ssrc)?;
        let plain = self.context.decrypt_rtp(&buffer[..length]).ok()?;
        self.accepted(ssrc);
        buffer[..plain.len()].copy_from_slice(&plain);
        Some(plain.len())
    }

    /// The same for RTCP.
    pub fn open_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        // Header, sender, index and tag; the library reads these without looking at the length.
        let tag = match self.suite {
            SrtpSuite::AeadAes128Gcm | SrtpSuite::AeadAes256Gcm => 16,
            _ => 10,
        };
        if length < 8 + 4 + tag {
            return None;
        }
        let ssrc = ssrc(&buffer[4..8]);
        self.known(ssrc)?;
        let plain = self.context.decrypt_rtcp(&buffer[..length]).ok()?;
        self.accepted(ssrc);
        buffer[..plain.len()].copy_from_slice(&plain);
        Some(plain.len())
    }

    pub fn seal(&mut self, packet: &[u8]) -> Option<impl AsRef<[u8]> + use<>> {
        self.context.encrypt_rtp(packet).ok()
    }

    pub fn seal_rtcp(&mut self, packet: &[u8]) -> Option<impl AsRef<[u8]> + use<>> {
        self.context.encrypt_rtcp(packet).ok()
    }

    fn known(&mut self, ssrc: u32) -> Option<()> {
        if !self.ssrcs.contains(&ssrc) {
            if self.ssrcs.len() >= MAX_SSRCS {
                return None;
            }
            self.ssrcs.push(ssrc);
        }
        Some(())
    }

    fn accepted(&mut self, _ssrc: u32) {}
}

fn ssrc(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
