//! How sound is laid out on its way to the vault and back.
//!
//! A *block* is 20 ms of one leg: one byte that says the codec, and 160 bytes of G.711 as they were
//! received. A *pair* is the caller's block and then the agent's, for the same 20 ms. A *chunk* is
//! up to 25 pairs (half a second); only the last chunk of a recording may have fewer, but never a
//! part of a pair. Where a leg sent nothing, was on hold or was paused, its block is [`SILENT`] and
//! its 160 bytes are zero.
//!
//! The vault encrypts chunks without knowing any of this. Decoding gives 16-bit stereo at 8 kHz:
//! the caller left, the agent right.

mod g711;

pub use g711::{alaw, to_alaw, ulaw};

/// Samples a second, of each leg.
pub const RATE: u32 = 8000;
/// Bytes of G.711 (and so samples) in a block.
pub const SAMPLES: usize = 160;
/// Milliseconds that a block lasts.
pub const BLOCK_MS: u32 = 20;
/// Bytes of a block: the codec's byte and its samples.
pub const BLOCK: usize = 1 + SAMPLES;
/// Legs: the caller is 0, the agent is 1.
pub const LEGS: usize = 2;
/// Bytes of a pair of blocks.
pub const PAIR: usize = LEGS * BLOCK;
/// Pairs in a full chunk: half a second.
pub const PAIRS: usize = 25;
/// Bytes of a full chunk.
pub const CHUNK: usize = PAIRS * PAIR;
/// Bytes of 16-bit stereo that a pair decodes to.
pub const PAIR_PCM: usize = SAMPLES * LEGS * 2;
/// Bytes of 16-bit stereo that a full chunk decodes to.
pub const CHUNK_PCM: usize = PAIRS * PAIR_PCM;

/// A block's codec byte: nothing was received, or recording was paused.
pub const SILENT: u8 = 0;
/// A block's codec byte: G.711 µ-law (RFC 3551 section 4.5.14, payload type 0).
pub const PCMU: u8 = 1;
/// A block's codec byte: G.711 A-law (RFC 3551 section 4.5.14, payload type 8).
pub const PCMA: u8 = 2;

/// What a recording's header in the vault says: the layout's name and version. No personal data.
pub const HEADER: &[u8] = b"frist tape 1: pairs of 20 ms, g711, caller then agent";

/// Takes the sound of one call's recording, chunk by chunk.
///
/// Dropping a tape is like [`Tape::finish`]: what was taken stays.
pub trait Tape: Send {
    /// Takes the next chunk: whole pairs, at most [`PAIRS`] of them. Never waits for a disk.
    ///
    /// # Errors
    /// When nothing more is recorded; the tape should then be dropped, and the call goes on.
    fn chunk(&mut self, plain: &[u8]) -> Result<(), TapeError>;
    /// Sound of so many more milliseconds, of either leg, was sent and did not come, or came too late:
    /// there is silence instead of it.
    fn missing(&mut self, ms: u64);
    /// Ends the recording; what was taken stays.
    fn finish(self: Box<Self>);
    /// Ends the recording and destroys what was taken.
    fn destroy(self: Box<Self>);
}

/// Why a tape takes nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TapeError {
    /// Consent was withdrawn, recording was stopped, or the call has ended.
    #[error("recording of this call was stopped")]
    Stopped,
    /// The disk did not take the chunks as fast as they came.
    #[error("the vault cannot keep up; recording of this call was stopped")]
    Slow,
    /// The vault refused a chunk: a full disk, a lost database.
    #[error("the vault cannot write; recording of this call was stopped")]
    Failed,
    /// The chunk is not made of whole pairs, is empty or too long.
    #[error("the chunk is not made of 1 to 25 pairs of blocks")]
    Layout,
}

/// What is wrong with a chunk that is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// It has another length than 1 to 25 pairs.
    #[error("a chunk of {0} bytes is not made of 1 to 25 pairs of blocks")]
    Length(usize),
    /// A block says a codec that is not known.
    #[error("a block has the unknown codec {0}")]
    Codec(u8),
}

/// Decodes a chunk to 16-bit little-endian stereo, appended to `pcm`.
///
/// # Errors
/// [`ChunkError`], and then nothing is appended.
pub fn decode(plain: &[u8], pcm: &mut Vec<u8>) -> Result<(), ChunkError> {
    if plain.is_empty() || plain.len() > CHUNK || !plain.len().is_multiple_of(PAIR) {
        return Err(ChunkError::Length(plain.len()));
    }
    let (blocks, _) = plain.as_chunks::<BLOCK>();
    if let Some(odd) = blocks.iter().find(|b| b[0] > PCMA) {
        return Err(ChunkError::Codec(odd[0]));
    }
    pcm.reserve(plain.len() / PAIR * PAIR_PCM);
    for pair in plain.chunks_exact(PAIR) {
        let (caller, agent) = pair.split_at(BLOCK);
        let (left, right) = (expander(caller[0]), expander(agent[0]));
        for (l, r) in caller[1..].iter().zip(&agent[1..]) {
            pcm.extend_from_slice(&left(*l).to_le_bytes());
            pcm.extend_from_slice(&right(*r).to_le_bytes());
        }
    }
    Ok(())
}

/// How a sample of this codec becomes linear.
fn expander(codec: u8) -> fn(u8) -> i16 {
    match codec {
        PCMU => ulaw,
        PCMA => alaw,
        _ => |_| 0,
    }
}

#[cfg(test)]
mod tests;
