//! Encrypted objects whose keys can be destroyed.
