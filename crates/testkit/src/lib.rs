//! Test support: a real PostgreSQL in a temporary directory, one fresh database a test.
//!
//! [`postgres()`] is all that most tests need. The server it talks to is
//!
//! - the one that `FRIST_TEST_POSTGRES` names (a superuser URL, for example
//!   `postgres://postgres@127.0.0.1:54329/postgres`), if that is set, or else
//! - one cluster of the test process's own, started at the first call from the newest PostgreSQL
//!   installed, on a free port of the loopback address, and gone when the process is.
//!
//! What goes wrong here panics with a message that says what to do: a test without its database
//! cannot go on.

mod cluster;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use cluster::{Cluster, Options, psql};

/// The environment variable with the URL of a server to use instead of an own one.
pub const SERVER: &str = "FRIST_TEST_POSTGRES";

/// An empty database that is dropped, as well as possible, when this value is.
#[derive(Debug)]
pub struct TestDatabase {
    /// The URL to connect with, as superuser: `postgres://user:password@host:port/name`.
    pub url: String,
    admin: String,
    name: String,
}

/// A fresh, empty database.
///
/// # Panics
///
/// When there is no PostgreSQL, or it does not start.
#[must_use]
pub fn postgres() -> TestDatabase {
    static OWN: OnceLock<Cluster> = OnceLock::new();
    match std::env::var(SERVER) {
        Ok(url) if !url.is_empty() => TestDatabase::create(&url),
        _ => OWN.get_or_init(|| Cluster::start(Options::default())).database(),
    }
}

impl TestDatabase {
    /// A fresh database on the server that `admin`, a superuser's URL, names.
    fn create(admin: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // Several processes, also in several containers, may share one server.
        let name = format!("frist_test_{}_{number}_{}", std::process::id(), cluster::random_hex(4));
        let mut client = postgres::Client::connect(admin, postgres::NoTls)
            .unwrap_or_else(|e| panic!("cannot connect to the test server ({SERVER}): {e}"));
        client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap_or_else(|e| panic!("cannot create a test database: {e}"));
        Self { url: with_database(admin, &name), admin: admin.to_owned(), name }
    }

    /// Another database with the same content. Nobody may be connected to this one meanwhile.
    ///
    /// # Panics
    ///
    /// When the server does not answer, or somebody is connected.
    #[must_use]
    pub fn copy(&self) -> Self {
        let Ok(mut client) = postgres::Client::connect(&self.admin, postgres::NoTls) else {
            panic!("cannot connect to the test server ({SERVER})")
        };
        let name = format!("frist_test_{}_{}", std::process::id(), cluster::random_hex(4));
        // From version 15 on, a copy is otherwise written through the log page by page.
        let version = client
            .query_one("SELECT current_setting('server_version_num')::int", &[])
            .map_or(0, |row| row.get::<_, i32>(0));
        let how = if version >= 150_000 { " STRATEGY FILE_COPY" } else { "" };
        client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {}{how}", self.name))
            .unwrap_or_else(|e| panic!("cannot copy a test database: {e}"));
        Self { url: with_database(&self.admin, &name), admin: self.admin.clone(), name }
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new connection to this database.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn connect(&self) -> postgres::Client {
        postgres::Client::connect(&self.url, postgres::NoTls)
            .unwrap_or_else(|e| panic!("cannot connect to the test database: {e}"))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // FORCE (PostgreSQL 13 and later) ends connections that a failed test left behind. An
        // error must not hide the test's own, so it is dropped: at worst a database stays behind
        // in a cluster that is about to go.
        if let Ok(mut client) = postgres::Client::connect(&self.admin, postgres::NoTls) {
            let _ = client
                .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// The same URL with another database name.
fn with_database(url: &str, name: &str) -> String {
    let (main, query) = match url.split_once('?') {
        Some((main, query)) => (main, format!("?{query}")),
        None => (url, String::new()),
    };
    let authority = main.find("://").map_or(0, |at| at + 3);
    let end = main[authority..].find('/').map_or(main.len(), |at| authority + at);
    format!("{}/{name}{query}", &main[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_name_is_replaced_and_the_rest_kept() {
        for (url, expected) in [
            ("postgres://a:b@h:5/old", "postgres://a:b@h:5/new"),
            ("postgres://h", "postgres://h/new"),
            ("postgres://h/old?sslmode=disable", "postgres://h/new?sslmode=disable"),
            ("postgres://h?connect_timeout=3", "postgres://h/new?connect_timeout=3"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
