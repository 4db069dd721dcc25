//! The console: what the data protection officer, the caseworker and the engineer see in a browser.
//!
//! - [`access`]: who may what, one table; `routes`: which page asks for which action, one table;
//! - `web`: a request on its way in and out: session, permission, form token, log, headers; `ctx`:
//!   the request as its handler sees it;
//! - `people`: signing in, on `password`, `factor` and the tables of `frist_state`;
//! - [`Config`]: what `server.toml` says;
//! - [`OnDisk`]: the register's files, replaced all or none;
//! - `engines`: engines and databases, a few, on threads where waiting is allowed;
//! - `pages` with `templates/`: what people see, Danish and English from `text`;
//! - `register`: the register's texts as they are edited, and what a change would do;
//! - [`picture`]: the chart of what comes due, also for the command line.
//!
//! Nothing here reads the clock, the environment or a key file: [`Face`] brings them.

pub mod access;
mod calls;
mod config;
mod ctx;
mod engines;
mod face;
mod factor;
mod guard;
mod on_disk;
mod pages;
mod password;
mod people;
pub mod picture;
mod register;
mod routes;
mod serve;
mod text;
mod upload;
mod web;
mod words;

pub use calls::CallsConfig;
pub use config::Config;
pub use face::{Face, Settings, Trouble};
pub use on_disk::{Files, OnDisk};
pub use people::{Invited, NewPerson, ProblemWithPerson, add_person, invite, set_up};
pub use routes::{Method, Name, ROUTES, Route};
pub use serve::{Console, run, start};
