//! The WAV file that a recording decodes to, and the ranges of it that HTTP asks for.

use crate::tape::{LEGS, RATE};

/// Bytes before the samples.
pub const HEADER: usize = 44;

/// The header of a file with so many bytes of 16-bit stereo at 8 kHz. A file of more than 4 GiB,
/// which is 37 hours, says the most that its header can.
pub(crate) fn header(pcm: u64) -> [u8; HEADER] {
    let data = u32::try_from(pcm).unwrap_or(u32::MAX - HEADER as u32);
    let frame = LEGS as u16 * 2;
    let mut out = [0; HEADER];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        out[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    put(&(data + HEADER as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&(LEGS as u16).to_le_bytes());
    put(&RATE.to_le_bytes());
    put(&(RATE * u32::from(frame)).to_le_bytes());
    put(&frame.to_le_bytes());
    put(&16_u16.to_le_bytes());
    put(b"data");
    put(&data.to_le_bytes());
    out
}

/// The bytes from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub start: u64,
    /// The one after the last.
    pub end: u64,
}

/// The range lies outside the file: HTTP answers 416.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the range lies outside the recording")]
pub struct Unsatisfiable;

/// Reads a `Range` header (RFC 9110 section 14.1.2) for a file of `len` bytes. None when the whole
/// file should be sent: no single byte range, or a header that makes no sense (section 14.2 lets a
/// server ignore it).
///
/// # Errors
/// [`Unsatisfiable`].
pub fn range(header: &str, len: u64) -> Result<Option<Range>, Unsatisfiable> {
    let Some((unit, set)) = header.split_once('=') else { return Ok(None) };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return Ok(None);
    }
    let Some((first, last)) = set.trim().split_once('-') else { return Ok(None) };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Ok(None);
    }
    // More digits than a number holds are more than any file has.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => Ok(None),
        ("", last) => match number(last).min(len) {
            0 => Err(Unsatisfiable),
            n => Ok(Some(Range { start: len - n, end: len })),
        },
        (first, last) => {
            let start = number(first);
            let end = if last.is_empty() { len } else { number(last).saturating_add(1).min(len) };
            if !last.is_empty() && number(last) < start {
                return Ok(None);
            }
            if start >= len { Err(Unsatisfiable) } else { Ok(Some(Range { start, end })) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Range, Unsatisfiable, header, range};

    #[test]
    fn the_header_is_one_that_another_reader_takes() {
        let mut file = header(8).to_vec();
        file.extend([1, 0, 2, 0, 3, 0, 4, 0]);
        let mut reader = hound::WavReader::new(std::io::Cursor::new(file)).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8000, 16));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1, 2, 3, 4]);
    }

    #[test]
    fn ranges_as_rfc_9110_has_them() {
        let some = |start, end| Ok(Some(Range { start, end }));
        for (text, wanted) in [
            ("bytes=0-0", some(0, 1)),
            ("bytes=10-", some(10, 100)),
            ("bytes=90-400", some(90, 100)),
            ("bytes=-5", some(95, 100)),
            ("bytes=-500", some(0, 100)),
            ("Bytes = 1-2", some(1, 3)),
            ("bytes=99999999999999999999999-", Err(Unsatisfiable)),
            ("bytes=100-", Err(Unsatisfiable)),
            ("bytes=-0", Err(Unsatisfiable)),
            ("bytes=5-4", Ok(None)),
            ("bytes=0-1,5-6", Ok(None)),
            ("bytes=+1-2", Ok(None)),
            ("bytes=-", Ok(None)),
            ("seconds=1-2", Ok(None)),
            ("", Ok(None)),
        ] {
            assert_eq!(range(text, 100), wanted, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), Err(Unsatisfiable));
    }
}
