//! The console: what the data protection officer, the caseworker and the engineer see in a browser.
//!
//! - [`access`]: who may what, one table; `routes`: which page asks for which action, one table;
//! - `web`: a request on its way in and out: session, permission, form token, log, headers; `ctx`:
//!   the request as its handler sees it;
//! - `people`: signing in, on `password`, `factor` and the tables of `frist_state`;
//! - `oidc`: signing in through a provider; `tls`: TLS of our own;
//! - [`Config`]: what `server.toml` says;
//! - `meter`: how long answers took, for monitoring; `frist_watch` sweeps, looks and tells;
//! - [`OnDisk`]: the register's files, replaced all or none;
//! - `engines`: engines and databases, a few, on threads where waiting is allowed;
//! - `pages` with `templates/`: what people see, Danish and English from `text`;
//! - `register`: the register's texts as they are edited, and what a change would do;
//! - [`Public`]: what people without an account see, when it is said;
//! - `api`: the interface for machines; `tokens`: what they sign in with;
//! - [`picture`]: the chart of what comes due, also for the command line.
//!
//! Nothing here reads the clock, the environment or a key file: [`Face`] brings them.

pub mod access;
mod api;
mod calls;
mod config;
mod ctx;
mod engines;
mod face;
mod factor;
mod guard;
mod kept;
mod looks;
mod meter;
mod oidc;
mod on_disk;
mod pages;
mod password;
mod people;
pub mod picture;
mod public;
mod register;
mod routes;
mod serve;
mod text;
mod tls;
mod tokens;
mod upload;
mod web;
mod words;

pub use api::{ApiConfig, ApiRoute, Scope, Verb, api_routes, misfits, openapi};
pub use calls::CallsConfig;
pub use config::Config;
pub use face::{Face, Machine, Settings, Trouble};
pub use oidc::OidcConfig;
pub use on_disk::{Files, OnDisk};
pub use people::{Invited, NewPerson, ProblemWithPerson, add_person, invite, set_up};
pub use public::Public;
pub use routes::{Method, Name, ROUTES, Route};
pub use serve::{Console, run, start};
pub use tls::TlsConfig;
pub use tokens::{DAYS, MOST_DAYS, MadeToken, WantedToken, make_token};
