//! The few sounds that the front makes itself: ringing, busy, and a short confirmation. Pure.

use crate::media::Prompt;
use std::sync::Arc;

/// The tones, made once.
#[derive(Debug, Clone)]
pub struct Tones {
    /// Ringing: 425 Hz, one second in five (ETSI TR 101 041-2 has it for most of Europe).
    pub ringing: Arc<Prompt>,
    /// Busy: 425 Hz, a quarter of a second on and off, three seconds long.
    pub busy: Arc<Prompt>,
    /// Two short high beeps: what was asked for is done.
    pub done: Arc<Prompt>,
}

impl Default for Tones {
    fn default() -> Tones {
        let busy: Vec<(u32, u32)> = (0..6).flat_map(|_| [(425, 250), (0, 250)]).collect();
        Tones {
            ringing: tone(&[(425, 1000), (0, 4000)]),
            busy: tone(&busy),
            done: tone(&[(880, 120), (0, 60), (1175, 160)]),
        }
    }
}

/// Hertz (0 for silence) and milliseconds, one after the other.
fn tone(parts: &[(u32, u32)]) -> Arc<Prompt> {
    let mut samples = Vec::new();
    for (hertz, milliseconds) in parts {
        let count = milliseconds * 8;
        samples.extend((0..count).map(|at| {
            let turn = f64::from(at) * f64::from(*hertz) / 8000.0 * std::f64::consts::TAU;
            (turn.sin() * 6000.0) as i16
        }));
    }
    Arc::new(Prompt::from_samples(&samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let tones = Tones::default();
        assert_eq!((tones.ringing.length().as_secs(), tones.busy.length().as_secs()), (5, 3));
        assert_eq!(tones.done.length().as_millis(), 340);
    }
}
