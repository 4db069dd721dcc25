//! SIP for a back-to-back user agent and a recording server: UDP, TCP and TLS, transactions, dialogs, session timers.
//!
//! `message` and `uri` read and write (pure); `transport` moves bytes; `endpoint` matches transactions (RFC 3261 section
//! 17, RFC 6026) and answers what needs no call; `leg` is one side of a call as others see it, `drive` is what it does.
//!
//! An own stack, after reading those that there are. What listens to a public telephone line must answer a malformed
//! request instead of dropping it, must not stop accepting TLS because one peer says nothing, must match transactions by
//! sent-by as well (RFC 3261 section 17.2.3), must keep messages in their order, and must never write a number into a
//! log. Not here: registration, digest authentication, SRV and NAPTR records, SUBSCRIBE and REFER.

pub mod leg;
pub mod message;
pub mod uri;

mod client;
mod dialog;
mod drive;
mod endpoint;
mod server;
mod session;
mod transport;

pub use endpoint::{Endpoint, EndpointConfig, OutboundCall};
pub use leg::{Ended, Failure, Incoming, Leg, LegControl, LegEvent, Unreachable};
pub use message::{Body, Headers, Message};
pub use transport::Transport;
pub use uri::{NameAddr, Uri};
