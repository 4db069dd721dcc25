//! Guidelines for staff: who has read them, in which version.
