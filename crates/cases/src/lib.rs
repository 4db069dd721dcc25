//! People's rights: requests, finding a person, deciding and executing, reviews, holds, consents,
//! inquiries, breaches.
//!
//! A case is kept by [`frist_state::case`]; its body is JSON that one module here understands.
//! What follows from what is worked out by pure functions over that body and the instant, which is
//! an argument; only then is the case changed, in one transaction with its ledger entry.
//!
//! [`request`] is the life of a request and its deadlines; [`find`] finds a person in the stores;
//! [`decide`], [`erase`], [`restrict`] and [`access`] answer for each record and do it, with [`second`] where two must; [`assess`],
//! [`hold`] says what a hold covers; [`review`] and [`consent`] are what is looked at regularly; [`inquiry`], [`breach`], [`attest`]
//! and [`bundle`] are what an authority asks for.

pub mod access;
pub mod assess;
pub mod attest;
pub mod breach;
pub mod bundle;
pub mod consent;
pub mod decide;
pub mod due;
pub mod erase;
mod error;
mod fields;
pub mod find;
pub mod hold;
pub mod inquiry;
mod pages;
pub mod recipients;
mod refused;
pub mod request;
pub mod restrict;
pub mod review;
pub mod second;

pub use error::{CasesError, Result};
pub use refused::Refused;
