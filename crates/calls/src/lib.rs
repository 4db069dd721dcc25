//! Calls recorded only with consent.
