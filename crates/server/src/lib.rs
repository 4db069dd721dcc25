//! The console: what the data protection officer, the caseworker and the engineer see in a browser.
//!
//! - [`access`]: who may what, one table; `routes`: which page asks for which action, one table;
//! - `web`: a request on its way in and out: session, permission, form token, log, headers; `ctx`:
//!   the request as its handler sees it;
//! - `people`: signing in, on `password`, `factor` and the tables of `frist_state`;
//! - [`Config`]: what `server.toml` says;
//! - `meter`: how long answers took, for monitoring; `frist_watch` sweeps, looks and tells;
//! - `engines`: engines and databases, a few, on threads where waiting is allowed;
//! - `pages` with `templates/`: what people see, Danish and English from `text`;
//! - `api`: the interface for machines; `tokens`: what they sign in with;
//! - [`picture`]: the chart of what comes due, also for the command line.
//!
//! Nothing here reads the clock, the environment or a key file: [`Face`] brings them.

pub mod access;
mod api;
mod config;
mod ctx;
mod engines;
mod face;
mod factor;
mod guard;
mod meter;
mod pages;
mod password;
mod people;
pub mod picture;
mod routes;
mod serve;
mod text;
mod tokens;
mod web;
mod words;

pub use api::{ApiConfig, ApiRoute, Scope, Verb, api_routes, misfits, openapi};
pub use config::Config;
pub use face::{Face, Machine, Settings, Trouble};
pub use people::{Invited, NewPerson, ProblemWithPerson, add_person, invite, set_up};
pub use routes::{Method, Name, ROUTES, Route};
pub use serve::{Console, run, start};
pub use tokens::{DAYS, MOST_DAYS, MadeToken, WantedToken, make_token};
