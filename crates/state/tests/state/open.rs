//! Opening: from nothing, again, at the same time, and when it must be refused.

use std::os::unix::fs::PermissionsExt as _;

use frist_state::{Error, Location, State};
use frist_testkit::{Cluster, Options};

use crate::kit::{Kit, both, entry};

both! { everything_is_there_again_after_reopening newer_tables_are_refused
foreign_tables_are_refused several_may_open_it_first }

fn everything_is_there_again_after_reopening(kit: &Kit) {
    let mut state = kit.open();
    assert_eq!(state.size().unwrap(), 0);
    state.set_meta("host", "a").unwrap();
    state.set_meta("host", "b").unwrap();
    state.append(&entry("h1")).unwrap();
    let edge = state.frontier().unwrap();
    drop(state);
    let mut state = kit.open();
    assert_eq!(state.meta("host").unwrap().as_deref(), Some("b"));
    assert_eq!(state.meta("schema").unwrap(), None, "the crate's own settings are apart");
    assert_eq!(state.frontier().unwrap(), edge);
}

fn newer_tables_are_refused(kit: &Kit) {
    drop(kit.open());
    kit.raw("UPDATE meta SET value = '99' WHERE key = 'schema'");
    let error = State::open(&kit.location()).err().expect("must be refused");
    assert!(matches!(error, Error::NewerSchema { found: 99, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("run the newer Frist"), "{text}");
    assert!(!text.contains("postgres:postgres"), "{text}");
}

fn foreign_tables_are_refused(kit: &Kit) {
    match kit {
        Kit::Sqlite(_) => kit.raw("CREATE TABLE customer (x)"),
        Kit::Postgres(_) => kit.raw("CREATE SCHEMA frist; CREATE TABLE frist.customer (x int)"),
    }
    let error = State::open(&kit.location()).err().expect("must be refused");
    assert!(matches!(error, Error::NotOurs { .. }), "{error}");
}

fn several_may_open_it_first(kit: &Kit) {
    std::thread::scope(|scope| {
        let opening = || State::open(&kit.location()).map(drop);
        // As many as it takes to meet the refusals that SQLite gives without waiting.
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(opening)).collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
}

#[test]
fn the_file_is_for_its_owner_alone() {
    let kit = Kit::sqlite();
    let mut state = kit.open();
    state.append(&entry("h1")).unwrap();
    let Kit::Sqlite(folder) = &kit else { unreachable!() };
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let kit = Kit::sqlite();
    std::fs::write(kit.file(), "id;name\n1;Anna\n".repeat(100)).unwrap();
    let error = State::open(&kit.location()).err().expect("must be refused");
    assert!(matches!(error, Error::Open { .. }), "{error}");
    let missing = Location::parse("/no/such/folder/frist.db").unwrap();
    let error = State::open(&missing).err().expect("must be refused").to_string();
    assert!(error.contains("folder does not exist"), "{error}");
}

#[test]
fn a_wrong_password_is_not_repeated_in_the_error() {
    let database = frist_testkit::postgres();
    let (scheme, rest) = database.url.split_once("://").unwrap();
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let url = format!("{scheme}://nobody_here:s3cret@{host}");
    let error = State::open(&Location::parse(&url).unwrap()).err().expect("must be refused");
    assert!(matches!(error, Error::Open { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
}

#[test]
fn tls_is_used_when_asked_for_and_the_certificate_verified() {
    let cluster = Cluster::start(Options { tls: true, ..Options::default() });
    let database = cluster.database();
    let roots = cluster.certificate().unwrap().display();
    let url = format!("{}?sslmode=require&sslrootcert={roots}", database.url);
    let _open = State::open(&Location::parse(&url).unwrap()).unwrap();
    let sql = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE ssl AND application_name = 'frist'";
    let encrypted: i64 = database.connect().query_one(sql, &[]).unwrap().get(0);
    assert_eq!(encrypted, 1);

    // Another root does not vouch for this server.
    let other = Cluster::start(Options { tls: true, ..Options::default() });
    let roots = other.certificate().unwrap().display();
    let url = format!("{}?sslmode=require&sslrootcert={roots}", database.url);
    assert!(State::open(&Location::parse(&url).unwrap()).is_err());
    // A server without TLS is not talked to in the clear.
    let plain = frist_testkit::postgres();
    let url = format!("{}?sslmode=require&sslrootcert={roots}", plain.url);
    assert!(State::open(&Location::parse(&url).unwrap()).is_err());
}

#[test]
fn a_state_can_go_to_another_thread() {
    let kit = Kit::sqlite();
    let mut state = kit.open();
    let size = std::thread::spawn(move || state.size().unwrap()).join().unwrap();
    assert_eq!(size, 0);
}
