//! What a recording client sends.

#[path = "../../../crates/calls/src/siprec/metadata.rs"]
pub mod metadata;
#[path = "../../../crates/calls/src/siprec/multipart.rs"]
pub mod multipart;
#[path = "../../../crates/calls/src/siprec/request.rs"]
pub mod request;
