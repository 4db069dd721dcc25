//! Keeps Frist at work and makes a silent failure loud: sweeps when something is due, looks whether
//! everything is as it should be, and tells people and programs when it is not.
//!
//! - [`Watch`]: the threads of a running server; `heart` says that it lives, and who leads;
//! - [`schedule`]: what the leader does when something is due;
//! - [`look`]: what is wrong, as [`alarm::Kind`]s; [`words`]: the same for people;
//! - [`event`]: what is told, to whom, and kept until they have it; `deliver`: bringing it there;
//! - [`webhook`] and [`mail`]: the two ways out, over [`net`];
//! - [`figures`]: Prometheus' text form; [`traces`]: OTLP; [`config`]: what `server.toml` says of all this.
//!
//! No server for HTTP is in here, and nothing reads the clock, the environment or a key: [`Outside`]
//! brings them.

pub mod alarm;
pub mod config;
mod deliver;
pub mod disk;
pub mod event;
pub mod figures;
mod heart;
pub mod look;
pub mod mail;
pub mod net;
mod outside;
pub mod schedule;
pub mod spans;
mod threads;
pub mod traces;
pub mod webhook;
pub mod words;

pub use alarm::Kind;
pub use config::{Alarms, Mail, Schedule, Webhook};
pub use deliver::{Sender, deliver_once};
pub use outside::{Dead, Outside, Pace, Settings};
pub use threads::Watch;
