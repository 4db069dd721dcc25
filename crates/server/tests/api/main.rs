//! The interface for machines, on the real router with real data.

#[path = "../console/kit.rs"]
#[allow(dead_code, reason = "the pages' tests use more of it")]
mod kit;

mod client;
mod journey;
mod once;
mod pages;
mod routes;
mod schemathesis;
mod tokens;
