//! The console as browsers meet it: over HTTP, on real data.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must say so and end")]

mod attacks;
mod browser;
mod documents;
mod glewlwyd;
mod hostile;
mod journeys;
mod kit;
mod oidc;
mod public;
mod register;
mod reviews;
mod routes;
mod signing_in;
mod tls;
