//! What is decided and done for each record of a person, end to end on real databases: the founding
//! documents' cases by name, then what must never happen.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod along;
mod answering;
mod founding;
mod held;
mod killed;
mod never;
mod objecting;
mod packages;
mod recipients;
mod restricting;
mod support;
