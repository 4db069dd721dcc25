//! What the routes do: a file a kind of thing. Each has its own types, so that what programs see does
//! not change when something inside does.

pub(super) mod cases;
pub(super) mod consents;
pub(super) mod datasets;
pub(super) mod documents;
pub(super) mod holds;
pub(super) mod ledger;
pub(super) mod overview;
pub(super) mod plans;
pub(super) mod register;
pub(super) mod reviews;
pub(super) mod work;
