//! Test support: a real PostgreSQL in a temporary directory, one fresh database a test.
