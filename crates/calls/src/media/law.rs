//! The two laws of G.711 (ITU-T), by table.

use super::Codec;

/// The byte that is silence.
pub fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0xff,
        Codec::Pcma => 0xd5,
    }
}

/// Bytes to linear samples of 16 bits.
pub fn table(codec: Codec) -> &'static [i16; 256] {
    match codec {
        Codec::Pcmu => &ULAW,
        Codec::Pcma => &ALAW,
    }
}

/// A linear sample of 16 bits to one byte.
pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcmu => encode_ulaw(sample),
        Codec::Pcma => encode_alaw(sample),
    }
}

/// The same sound in the other law: the table for `from`.
pub fn other(from: Codec) -> &'static [u8; 256] {
    match from {
        Codec::Pcmu => &ULAW_TO_ALAW,
        Codec::Pcma => &ALAW_TO_ULAW,
    }
}

const fn decode_ulaw(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((((byte & 0x0f) as i16) << 3) + 0x84) << ((byte & 0x70) >> 4);
    if byte & 0x80 != 0 { 0x84 - magnitude } else { magnitude - 0x84 }
}

const fn decode_alaw(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let exponent = (byte & 0x70) >> 4;
    let mut magnitude = ((byte & 0x0f) as i16) << 4;
    magnitude = match exponent {
        0 => magnitude + 8,
        1 => magnitude + 0x108,
        e => (magnitude + 0x108) << (e - 1),
    };
    if byte & 0x80 != 0 { magnitude } else { -magnitude }
}

const fn encode_ulaw(sample: i16) -> u8 {
    let negative = sample < 0;
    let mut magnitude = (sample as i32).abs();
    if magnitude > 32635 {
        magnitude = 32635;
    }
    magnitude += 0x84;
    let exponent = 31 - (magnitude as u32).leading_zeros() as i32 - 7;
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    let byte = ((exponent << 4) | mantissa) as u8;
    !(byte | if negative { 0x80 } else { 0 })
}

const fn encode_alaw(sample: i16) -> u8 {
    let positive = sample >= 0;
    let magnitude = if positive { sample as i32 } else { -(sample as i32) - 1 } >> 3;
    let byte = if magnitude < 32 {
        magnitude >> 1
    } else {
        let exponent = 31 - (magnitude as u32).leading_zeros() as i32 - 4;
        (exponent << 4) | ((magnitude >> exponent) & 0x0f)
    } as u8;
    (byte | if positive { 0x80 } else { 0 }) ^ 0x55
}

const fn decoded(alaw: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = if alaw { decode_alaw(i as u8) } else { decode_ulaw(i as u8) };
        i += 1;
    }
    table
}

const fn across(from_alaw: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = if from_alaw {
            encode_ulaw(decode_alaw(i as u8))
        } else {
            encode_alaw(decode_ulaw(i as u8))
        };
        i += 1;
    }
    table
}

static ULAW: [i16; 256] = decoded(false);
static ALAW: [i16; 256] = decoded(true);
static ULAW_TO_ALAW: [u8; 256] = across(false);
static ALAW_TO_ULAW: [u8; 256] = across(true);

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(codec: Codec, byte: u8) -> i16 {
        table(codec)[byte as usize]
    }

    #[test]
    fn known_values() {
        assert_eq!(decode(Codec::Pcmu, 0xff), 0);
        assert_eq!(decode(Codec::Pcmu, 0x80), 32124);
        assert_eq!(decode(Codec::Pcmu, 0x00), -32124);
        assert_eq!(decode(Codec::Pcma, 0xd5), 8);
        assert_eq!(decode(Codec::Pcma, 0x55), -8);
        assert_eq!(decode(Codec::Pcma, 0xaa), 32256);
        assert_eq!(decode(Codec::Pcma, 0x2a), -32256);
    }

    #[test]
    fn what_was_decoded_encodes_to_the_same_sound() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            for byte in 0..=255 {
                let sample = decode(codec, byte);
                assert_eq!(decode(codec, encode(codec, sample)), sample, "{codec:?} {byte:#x}");
            }
        }
    }

    #[test]
    fn encoding_is_near_and_does_not_overflow() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            for sample in i16::MIN..=i16::MAX {
                let back = decode(codec, encode(codec, sample)) as i32;
                let error = (back - sample as i32).abs();
                assert!(error <= 16 + (sample as i32).abs() / 24, "{codec:?} {sample} {back}");
            }
        }
    }

    #[test]
    fn silence_stays_silence_across() {
        assert!(decode(Codec::Pcmu, other(Codec::Pcma)[0xd5]).abs() <= 8);
        assert!(decode(Codec::Pcma, other(Codec::Pcmu)[0xff]).abs() <= 8);
    }
}
