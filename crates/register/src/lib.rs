//! The register of processing activities: reading, checking, formatting, revisions.
