//! Where the data lies: SQLite, PostgreSQL and files behind one trait.
