//! The console as browsers meet it: over HTTP, on real data.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must say so and end")]

mod attacks;
mod browser;
mod calls;
#[path = "../../../calls/tests/api/house.rs"]
#[expect(dead_code, reason = "made for the tests of the calls' own interface")]
mod calls_house;
mod cases;
mod documents;
mod glewlwyd;
mod hostile;
mod journeys;
mod kit;
mod ledger;
mod oidc;
mod papers;
mod public;
mod register;
mod reviews;
mod rights;
mod routes;
mod signing_in;
mod stores;
mod tls;
mod watching;
