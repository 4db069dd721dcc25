//! Signing in through an OpenID Connect provider: the authorisation code flow with PKCE (S256),
//! state and nonce.
//!
//! - `config`: `[oidc]` of `server.toml`;
//! - `round`: the state that goes out and must come back to the same browser, and what is derived
//!   from it;
//! - `provider`: talking with the provider and verifying what it says, by the crate `openidconnect`.
//!
//! An account is linked to issuer and subject. An e-mail address never identifies anybody here: many
//! providers let people choose it.

mod config;
mod provider;
mod round;

pub use config::OidcConfig;
pub(crate) use provider::{Known, Problem, Provider, word};
pub(crate) use round::{Purpose, Round};
