//! A full disk, a slow vault, a database that is gone: recording stops, calls go on.

use std::fs;
use std::process::Command;

use frist_calls::consent::How;
use frist_calls::desk::{Desk, DeskEvent, Ended, Refusal, Remains};
use frist_calls::tape::TapeError;

use crate::kit::{self, Place, chunk, new_call, objects, sealed, wait, yes};

#[test]
fn a_disk_with_too_little_room_is_not_recorded_to() {
    let place = Place::new();
    let mut config = place.config();
    config.min_free = u64::MAX;
    let (desk, _vault) = place.desk_with(config);
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    assert_eq!(desk.tape(&call).err(), Some(Refusal::Disk));
    assert!(objects(place.path()).is_empty());
    desk.call_ended(&call, Ended::Answered);
}

#[test]
fn a_database_that_is_replaced_stops_recording_and_not_the_call() {
    for (remains, left) in [(Remains::Keep, 1), (Remains::Destroy, 0)] {
        let place = Place::new();
        let mut config = place.config();
        config.on_failure = remains;
        let (desk, vault) = place.desk_with(config);
        let mut events = desk.events();
        let call = desk.call_began(new_call(1));
        yes(&desk, &call, &["quality"]);
        let mut tape = desk.tape(&call).unwrap();
        tape.chunk(&chunk(1)).unwrap();
        let other = place.path().join("other.db");
        fs::write(&other, "").unwrap();
        fs::rename(&other, place.path().join("calls.db")).unwrap();
        wait("the tape stops", || tape.chunk(&chunk(2)) == Err(TapeError::Stopped));
        wait("it is settled", || {
            let all = vault.list("recording", None, 10).unwrap();
            all.len() == left && sealed(&vault).len() == left
        });
        assert_eq!(events.try_recv(), Ok(DeskEvent::Granted(call.clone())));
        wait("it is told", || events.try_recv() == Ok(DeskEvent::Stopped(call.clone())));
        wait("it is counted", || desk.figures().failed == 1);
        let figures = desk.figures();
        assert_eq!((figures.live, figures.recording, figures.failed), (1, 0, 1));
        assert!(matches!(desk.tape(&call), Err(Refusal::Database(_))));
        // A withdrawal destroys all the same, and says that it could not be written down.
        assert!(desk.withdraw(&call, None, How::Key('9')).is_err());
        assert!(vault.list("recording", None, 10).unwrap().is_empty());
        desk.call_ended(&call, Ended::Answered);
        assert_eq!(desk.figures().live, 0);
    }
}

#[test]
fn a_folder_that_is_gone_stops_recording() {
    let place = Place::new();
    let home = place.path().join("desk");
    fs::create_dir(&home).unwrap();
    let mut config = place.config();
    config.folder = home.clone();
    let (desk, vault) = place.desk_with(config);
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    fs::rename(&home, place.path().join("elsewhere")).unwrap();
    wait("the tape stops", || tape.chunk(&chunk(1)) == Err(TapeError::Stopped));
    wait("it is closed", || sealed(&vault).len() == 1);
    assert_eq!(desk.tape(&call).err(), Some(Refusal::Stopped), "nobody can say that it is not");
}

/// The writer's thread stands still while this process holds the vault's index.
#[test]
fn a_queue_that_fills_stops_the_recording() {
    let place = Place::new();
    let mut config = place.config();
    config.queue = 3;
    let (desk, vault) = place.desk_with(config);
    let blocker = desk.call_began(new_call(1));
    yes(&desk, &blocker, &["quality"]);
    let call = desk.call_began(new_call(2));
    yes(&desk, &call, &["quality"]);
    let first = desk.tape(&blocker).unwrap();
    let mut tape = desk.tape(&call).unwrap();
    let index = rusqlite::Connection::open(place.path().join("vault/index.db")).unwrap();
    index.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Closing the first one waits for the index; the other's chunks wait behind it.
    first.finish();
    let mut taken = 0;
    let refused = loop {
        match tape.chunk(&chunk(7)) {
            Ok(()) => taken += 1,
            Err(e) => break e,
        }
        assert!(taken < 1000);
    };
    assert_eq!(refused, TapeError::Slow);
    assert_eq!(tape.chunk(&chunk(7)), Err(TapeError::Stopped));
    assert_eq!(desk.figures().failed, 1);
    index.execute_batch("ROLLBACK").unwrap();
    drop(index);
    wait("both are closed", || sealed(&vault).len() == 2);
    let chunks = |id| vault.read(&id).unwrap().chunks();
    assert_eq!(sealed(&vault).into_iter().map(chunks).sum::<u64>(), taken);
}

/// Run again as a child whose files may not grow beyond a size: writing fails as on a full disk.
#[test]
fn a_file_that_cannot_grow_stops_the_recording() {
    for (mode, left) in [("keep", 1), ("destroy", 0)] {
        let place = Place::new();
        let me = std::env::current_exe().unwrap();
        // Blocks of 1024 bytes (bash): room for the databases and some chunks.
        let script = format!(
            "ulimit -f 400; trap '' XFSZ; exec {} trouble::child_of_a_full_disk --exact --ignored --nocapture",
            me.display()
        );
        let output = Command::new("bash")
            .args(["-c", &script])
            .env("DESK_FOLDER", place.path())
            .env("DESK_MODE", mode)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("stopped and the call went on"), "{text}");
        let (_desk, vault) = place.desk();
        let all = vault.list("recording", None, 10).unwrap();
        assert_eq!(all.len(), left);
        for listed in all {
            assert!(kit::fact(&vault, &listed.id, "ended_at").is_some());
            let mut reader = vault.read(&listed.id).unwrap();
            assert!(reader.chunks() > 3, "what was written stays readable");
            (0..reader.chunks()).for_each(|n| assert_eq!(*reader.chunk(n).unwrap(), chunk(5)));
        }
    }
}

#[test]
#[ignore = "a child of the test above"]
fn child_of_a_full_disk() {
    let folder = std::path::PathBuf::from(std::env::var("DESK_FOLDER").unwrap());
    let mut config = kit::config(&folder);
    if std::env::var("DESK_MODE").unwrap() == "destroy" {
        config.on_failure = Remains::Destroy;
    }
    let time = kit::Time::new(kit::START);
    let desk = Desk::open(config, kit::vault(&folder), time.clock()).unwrap();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    wait("the disk is full", || {
        let refused = tape.chunk(&chunk(5)).is_err();
        std::thread::sleep(std::time::Duration::from_millis(1));
        refused
    });
    wait("it is counted", || desk.figures().failed == 1);
    assert_eq!(desk.figures().live, 1);
    desk.call_ended(&call, Ended::Answered);
    println!("stopped and the call went on");
}
