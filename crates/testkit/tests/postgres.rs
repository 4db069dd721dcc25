//! The kit itself: databases are fresh, separate and dropped; a killed test leaves no server.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use frist_testkit::{Cluster, Options, postgres};

#[test]
fn each_call_gives_a_fresh_database_that_goes_with_its_value() {
    let first = postgres();
    let second = postgres();
    assert_ne!(first.name(), second.name());
    first.connect().batch_execute("CREATE TABLE t (x int)").unwrap();
    second.connect().batch_execute("CREATE TABLE t (x int)").unwrap();
    let count = |name: &str| -> i64 {
        second
            .connect()
            .query_one("SELECT count(*) FROM pg_database WHERE datname = $1", &[&name])
            .unwrap()
            .get(0)
    };
    let name = first.name().to_owned();
    assert_eq!(count(&name), 1);
    // Even with a connection left open.
    let _open = first.connect();
    drop(first);
    assert_eq!(count(&name), 0);
}

/// Not a test of its own: the process that the next test kills.
#[test]
fn held_by_another_test() {
    if std::env::var_os("FRIST_TESTKIT_HOLD").is_some() {
        let cluster = Cluster::start(Options { fsync: true, ..Options::default() });
        println!("\nserver {}", cluster.url());
        std::thread::sleep(Duration::from_secs(60));
    }
}

#[test]
fn a_killed_process_leaves_no_server_behind() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "held_by_another_test", "--nocapture"])
        .env("FRIST_TESTKIT_HOLD", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("server ").map(str::to_owned))
        .unwrap();
    let mut client = ::postgres::Client::connect(&url, ::postgres::NoTls).unwrap();
    let folder: String = client.query_one("SHOW data_directory", &[]).unwrap().get(0);
    assert!(std::path::Path::new(&folder).exists());
    let fsync: String = client.query_one("SHOW fsync", &[]).unwrap().get(0);
    assert_eq!(fsync, "on");
    child.kill().unwrap();
    child.wait().unwrap();
    for _ in 0..100 {
        if !std::path::Path::new(&folder).exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!std::path::Path::new(&folder).exists(), "the folder should be gone");
    assert!(::postgres::Client::connect(&url, ::postgres::NoTls).is_err());
}
