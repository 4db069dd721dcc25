//! The HTTP interface over a real desk and vault, set up from `examples/calls`: every route with every
//! role, and what each does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod house;
mod routes;
mod things;
