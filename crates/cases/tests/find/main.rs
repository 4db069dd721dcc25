//! Finding people, in generated organisations where the truth is known and in a small one made by
//! hand for each thing that must not go wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod by_hand;
mod demo;
mod support;
