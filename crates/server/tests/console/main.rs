//! The console as browsers meet it: over HTTP, on real data.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must say so and end")]

mod browser;
mod hostile;
mod journeys;
mod kit;
mod ledger;
mod register;
mod routes;
mod signing_in;
