//! G.711 to linear, by the tables that ITU-T G.711 defines, computed when compiled.

const ULAW: [i16; 256] = table(true);
const ALAW: [i16; 256] = table(false);

/// A µ-law sample as 16-bit linear.
#[must_use]
pub fn ulaw(sample: u8) -> i16 {
    ULAW[sample as usize]
}

/// An A-law sample as 16-bit linear.
#[must_use]
pub fn alaw(sample: u8) -> i16 {
    ALAW[sample as usize]
}

const fn table(mu: bool) -> [i16; 256] {
    let mut out = [0; 256];
    let mut i = 0;
    while i < 256 {
        out[i] = if mu { expand_ulaw(i as u8) } else { expand_alaw(i as u8) };
        i += 1;
    }
    out
}

// All bits are inverted on the line; three bits of segment, four of step, and the sign.
const fn expand_ulaw(sample: u8) -> i16 {
    let bits = !sample;
    let size = ((((bits & 0x0f) as i16) << 3) + 0x84) << ((bits & 0x70) >> 4);
    if bits & 0x80 != 0 { 0x84 - size } else { size - 0x84 }
}

// Every other bit is inverted on the line; a set sign bit is positive.
const fn expand_alaw(sample: u8) -> i16 {
    let bits = sample ^ 0x55;
    let step = ((bits & 0x0f) as i16) << 4;
    let size = match (bits & 0x70) >> 4 {
        0 => step + 8,
        segment => (step + 0x108) << (segment - 1),
    };
    if bits & 0x80 != 0 { size } else { -size }
}

/// A 16-bit linear sample as A-law: the value of the interval in which it lies.
#[must_use]
pub fn to_alaw(sample: i16) -> u8 {
    let magnitude = i32::from(sample).unsigned_abs().min(0x7fff);
    // Below the first two segments steps are 16 wide; each segment after them doubles that.
    let segment = (magnitude >> 8).checked_ilog2().map_or(0, |n| n + 1);
    let step = match segment {
        0 => magnitude >> 4,
        segment => magnitude >> (segment + 3),
    } & 0x0f;
    let sign = if sample >= 0 { 0x80 } else { 0 };
    (sign | segment << 4 | step) as u8 ^ 0x55
}
