//! Finding a person in all stores.
