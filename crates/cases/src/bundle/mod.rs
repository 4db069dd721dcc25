//! The evidence that an inspection asks for.
