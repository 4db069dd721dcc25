//! Where recorded sound goes. Stands in until the `tape` module of the crate is merged.

/// Recording has stopped, whatever the reason; the call goes on.
#[derive(Debug, thiserror::Error)]
#[error("the recording has stopped: {0}")]
pub struct TapeError(pub String);

/// Takes half-seconds of sound of both sides.
pub trait Tape: Send {
    /// The next half-second: 25 blocks for the caller, then 25 for the agent.
    fn chunk(&mut self, plain: &[u8]) -> Result<(), TapeError>;
    /// The recording ended and is kept.
    fn finish(self: Box<Self>);
    /// The recording ended and its key goes.
    fn destroy(self: Box<Self>);
}
