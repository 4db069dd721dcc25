//! The facts of a recording: the columns of its row in the vault that the register's rules read.
//!
//! A register that asks for several purposes says of each
//! `when = { given_<purpose> = { set = true } }` beside `given` and `until`: to the engine a consent
//! that is missing is unknown, not refused, and a recording made for one purpose alone would be
//! *unclear* instead of due for as long as the other purpose's period would run.

/// The fact that says when a recording was transferred as evidence; evidence alone has it.
pub const TRANSFERRED_AT: &str = "transferred_at";
/// The fact that says until when evidence is kept, where the transfer named an instant.
pub const KEEP_UNTIL: &str = "keep_until";

/// The fact that says when a purpose was consented to: `given_<purpose>`.
#[must_use]
pub fn given(purpose: &str) -> String {
    format!("given_{}", column(purpose))
}

/// The fact that says when that consent was withdrawn: `withdrawn_<purpose>`.
#[must_use]
pub fn withdrawn(purpose: &str) -> String {
    format!("withdrawn_{}", column(purpose))
}

/// All facts that recordings of these purposes have besides the vault's own `started_at` and
/// `ended_at`: what the vault is opened with.
///
/// - `call_id`: the call, in `calls.db`;
/// - `given_<purpose>`, `withdrawn_<purpose>`: instants, null when not.
#[must_use]
pub fn names(purposes: &[String]) -> Vec<String> {
    let mut names = vec!["call_id".to_owned()];
    for purpose in purposes {
        names.extend([given(purpose), withdrawn(purpose)]);
    }
    names
}

/// The facts of evidence besides `started_at` and `ended_at`; the matter itself is in `calls.db`.
pub(crate) const EVIDENCE: [&str; 3] = ["call_id", TRANSFERRED_AT, KEEP_UNTIL];

/// A purpose's id as a part of a column's name.
fn column(purpose: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    purpose.chars().map(part).collect()
}
