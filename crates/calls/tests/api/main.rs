//! The HTTP interface over a real desk and vault, set up from `examples/calls`: every route with every
//! role, and what each does.

mod house;
mod routes;
mod things;
