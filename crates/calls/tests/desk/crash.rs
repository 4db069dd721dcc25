//! `SIGKILL` in the middle of a recording, and what the next start does.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use frist_calls::consent::How;
use frist_calls::desk::{Desk, Remains};

use crate::kit::{self, Place, chunk, fact, new_call, yes};

/// Lets a child record in this folder, and kills it once it has said that it is where it should be.
fn killed(folder: &Path, mode: &str) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::child_that_is_killed", "--exact", "--ignored", "--nocapture"])
        .env("DESK_FOLDER", folder)
        .env("DESK_MODE", mode)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find_map(|line| line.split_once("ready ").map(|(_, call)| call.to_owned()));
    child.kill().unwrap();
    child.wait().unwrap();
    said.expect("the child said what it did")
}

#[test]
#[ignore = "a child of the tests below"]
fn child_that_is_killed() {
    let folder = PathBuf::from(std::env::var("DESK_FOLDER").unwrap());
    let mode = std::env::var("DESK_MODE").unwrap();
    let time = kit::Time::new(kit::START);
    let desk = Desk::open(kit::config(&folder), kit::vault(&folder), time.clock()).unwrap();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    for n in 0..20 {
        tape.chunk(&chunk(n)).unwrap();
    }
    tape.chunk(&chunk(99)[..322]).unwrap();
    if mode == "withdrawn" {
        desk.withdraw(&call, None, How::Key('9')).unwrap();
    }
    // What was taken is with the operating system once the queue is empty.
    let id = desk_object(&folder);
    let want = 20 * 8050;
    while mode == "live" && std::fs::metadata(&id).unwrap().len() < want {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    println!("ready {call}");
    std::thread::sleep(std::time::Duration::from_secs(60));
}

fn desk_object(folder: &Path) -> PathBuf {
    kit::objects(folder).into_iter().next().unwrap_or_default()
}

#[test]
fn killed_in_the_middle_it_is_closed_up_to_the_last_chunk() {
    let place = Place::new();
    let call = killed(place.path(), "live");
    place.time.pass(5, 0);
    let (desk, vault) = place.desk();
    let all = vault.list("recording", None, 10).unwrap();
    assert_eq!(all.len(), 1);
    let id = all[0].id;
    let mut reader = vault.read(&id).unwrap();
    assert_eq!(reader.chunks(), 20);
    (0..20).for_each(|n| assert_eq!(*reader.chunk(n).unwrap(), chunk(n as u8)));
    // It ended ten seconds after it began, not when it was found: its 96 hours count from there.
    let ended = fact(&vault, &id, "ended_at").unwrap();
    assert!(ended.as_str() < "2026-11-22T10:31:00Z", "{ended}");
    let rows = place.ask("SELECT id, outcome, ended_at < '2026-11-22T10:31:00Z' FROM call");
    assert_eq!(rows, [format!("{call}|crashed|1")]);
    assert_eq!(place.ask("SELECT ending FROM recording"), ["crashed"]);
    assert!(desk.find("call-1@127.0.0.1").is_none());
}

#[test]
fn killed_after_a_withdrawal_nothing_is_there() {
    let place = Place::new();
    killed(place.path(), "withdrawn");
    let (_desk, vault) = place.desk();
    assert!(vault.list("recording", None, 10).unwrap().is_empty());
    assert!(kit::objects(place.path()).is_empty());
}

#[test]
fn killed_with_a_recording_that_nobody_consents_to_it_is_destroyed() {
    // As if the process had died between the withdrawal's note and the destruction; and as if the
    // consent were not in the books at all.
    for sql in [
        "UPDATE consent SET withdrawn_at = '2026-11-22T10:30:05Z'",
        "UPDATE consent SET decision = 'refused'",
        "DELETE FROM consent",
    ] {
        let place = Place::new();
        killed(place.path(), "live");
        rusqlite::Connection::open(place.path().join("calls.db"))
            .unwrap()
            .execute(sql, [])
            .unwrap();
        let (_desk, vault) = place.desk();
        assert!(vault.list("recording", None, 10).unwrap().is_empty(), "{sql}");
        kit::wait("the file is gone", || kit::objects(place.path()).is_empty());
        assert_eq!(place.ask("SELECT destroyed_at IS NOT NULL FROM recording"), ["1"]);
    }
}

#[test]
fn where_withdrawn_recordings_are_kept_a_restart_tells_the_vault() {
    let place = Place::new();
    killed(place.path(), "live");
    let sql = "UPDATE consent SET withdrawn_at = '2026-11-22T10:30:05Z'";
    rusqlite::Connection::open(place.path().join("calls.db")).unwrap().execute(sql, []).unwrap();
    let mut config = place.config();
    config.on_withdrawal = Remains::Keep;
    let (_desk, vault) = place.desk_with(config);
    let id = vault.list("recording", None, 10).unwrap()[0].id;
    let withdrawn = fact(&vault, &id, "withdrawn_quality");
    assert_eq!(withdrawn.as_deref(), Some("2026-11-22T10:30:05Z"));
}

#[test]
fn what_was_to_be_destroyed_is_destroyed_at_the_next_start() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let (_, id) = kit::recorded(&desk, &vault, 1, &["quality"], 2);
    drop((desk, vault));
    let sql = "UPDATE recording SET destroy_at = '2026-11-22T10:31:00Z'";
    rusqlite::Connection::open(place.path().join("calls.db")).unwrap().execute(sql, []).unwrap();
    let (_desk, vault) = place.desk();
    assert!(vault.facts(&id).is_err());
}
