//! How long may we keep this? The guided assessment of a data set.
