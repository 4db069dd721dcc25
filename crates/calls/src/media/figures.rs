//! What is counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts of a session or of all. Recorded time is in milliseconds of one call (not of
        /// each side).
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl std::ops::AddAssign for Figures {
            fn add_assign(&mut self, other: Figures) {
                $(self.$name += other.$name;)*
            }
        }

        impl std::ops::Sub for Figures {
            type Output = Figures;
            fn sub(self, other: Figures) -> Figures {
                Figures { $($name: self.$name.wrapping_sub(other.$name),)* }
            }
        }

        /// [`Figures`] that one thread writes and all can read.
        #[derive(Default)]
        pub(super) struct Counters {
            $($name: AtomicU64,)*
        }

        impl Counters {
            pub fn read(&self) -> Figures {
                Figures { $($name: self.$name.load(Relaxed),)* }
            }

            /// One writer only, so no read-modify-write is needed.
            pub fn write(&self, now: &Figures) {
                $(self.$name.store(now.$name, Relaxed);)*
            }
        }
    };
}

figures! {
    /// Sessions that are open.
    sessions,
    /// Sessions that have a tape.
    recording,
    /// RTP packets accepted, both sides.
    received,
    /// RTP packets sent, both sides.
    sent,
    /// RTP packets that never came, by their sequence numbers.
    lost,
    /// Dropped: no RTP, or RTP that contradicts itself.
    malformed,
    /// Dropped: from an address that is not the far end's.
    foreign,
    /// Dropped: SRTP whose tag was wrong, that was replayed, or that was not SRTP at all.
    unauthenticated,
    /// Dropped: a payload type that was not agreed on.
    unknown_payload,
    /// Dropped: the direction says that nothing is to be received.
    unwanted,
    /// Dropped: SIPREC without a tape, so without consent.
    dropped_without_consent,
    /// Not relayed or not recorded: came too late for it.
    late,
    /// Could not be sent (the network or the system refused).
    send_failed,
    /// Sound that was given to tapes, in milliseconds.
    recorded_ms,
    /// Sound of either side that was sent while a tape ran and is not on it (lost on the way, or too
    /// late), in milliseconds.
    missing_ms,
    /// Blocks of 20 ms that were silenced on tapes because a digit was in them.
    masked_blocks,
}
