//! Announcements: read from WAV once, encoded once to both laws, shared by all calls.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Codec;
use super::law;

/// Why a prompt cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The file could not be read or is no WAV file.
    #[error("cannot read the announcement `{path}` as WAV: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the reader said.
        source: hound::Error,
    },
    /// It is a WAV file of another format.
    #[error(
        "the announcement `{path}` has {rate} Hz, {channels} channel(s), {bits} bit; needed are 8000 Hz, 1 channel, 16 bit: convert it with `sox IN.wav -r 8000 -c 1 -b 16 OUT.wav`"
    )]
    Format {
        /// Which file.
        path: PathBuf,
        /// Samples a second.
        rate: u32,
        /// Channels.
        channels: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// There is no sound in it.
    #[error("the announcement `{path}` is empty")]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}

/// A text as sound, ready to be sent in either law.
#[derive(Debug)]
pub struct Prompt {
    alaw: Box<[u8]>,
    ulaw: Box<[u8]>,
}

impl Prompt {
    /// Reads a WAV file of 8000 Hz, one channel, 16-bit integers.
    pub fn from_wav(path: &Path) -> Result<Prompt, PromptError> {
        let read = |source| PromptError::Read { path: path.to_owned(), source };
        let mut reader = hound::WavReader::open(path).map_err(read)?;
        let spec = reader.spec();
        if spec.sample_rate != 8000
            || spec.channels != 1
            || spec.bits_per_sample != 16
            || spec.sample_format != hound::SampleFormat::Int
        {
            return Err(PromptError::Format {
                path: path.to_owned(),
                rate: spec.sample_rate,
                channels: spec.channels,
                bits: spec.bits_per_sample,
            });
        }
        let samples: Vec<i16> = reader.samples().collect::<Result<_, _>>().map_err(read)?;
        if samples.is_empty() {
            return Err(PromptError::Empty { path: path.to_owned() });
        }
        Ok(Prompt::from_samples(&samples))
    }

    /// From samples at 8000 Hz; the last 20 ms are filled up with silence.
    pub fn from_samples(samples: &[i16]) -> Prompt {
        let encode = |codec: Codec| {
            let mut out: Vec<u8> = samples.iter().map(|s| law::encode(codec, *s)).collect();
            out.resize(out.len().next_multiple_of(160), law::silence(codec));
            out.into_boxed_slice()
        };
        Prompt { alaw: encode(Codec::Pcma), ulaw: encode(Codec::Pcmu) }
    }

    /// How long it takes to play.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.alaw.len() as u64 / 8)
    }

    /// The 20 ms from block `n`, 160 bytes; none after the end.
    pub(crate) fn block(&self, codec: Codec, n: usize) -> Option<&[u8]> {
        let sound = match codec {
            Codec::Pcma => &self.alaw,
            Codec::Pcmu => &self.ulaw,
        };
        sound.get(n * 160..(n + 1) * 160)
    }
}
