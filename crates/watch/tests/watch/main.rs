//! The watch over a real store, a real receiver of webhooks and a real mail server.

mod alarms;
mod kit;
mod mails;
mod scheduling;
mod webhooks;
