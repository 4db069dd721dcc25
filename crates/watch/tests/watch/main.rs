//! The watch over a real store, a real receiver of webhooks and a real mail server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must say so and end")]

mod alarms;
mod kit;
mod mails;
mod scheduling;
mod webhooks;
