//! SIP messages and addresses.

#[path = "../../../crates/calls/src/sip/message.rs"]
pub mod message;
#[path = "../../../crates/calls/src/sip/uri.rs"]
pub mod uri;

pub use message::{Body, Headers, Message};
pub use uri::{NameAddr, Uri};
