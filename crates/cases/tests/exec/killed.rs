//! A restriction that is killed in the middle: doing it again finishes it, nothing is lost or there
//! twice, and lifting it gives back what the fields said before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use frist_cases::request::Right;
use frist_cases::restrict::{announce_lifting, restrict, unrestrict};
use frist_sweep::Engine;

use super::restricting::org;
use super::support::*;

/// Where the child finds the organisation: its folder, and the number of the request.
const PLACE: &str = "FRIST_TEST_KILLED";

/// The system calls by which the child leaves something behind.
const LEAVING: [&str; 2] = ["pwrite64", "fsync"];

fn engine_in(dir: &Path) -> Engine {
    let register = std::fs::read_to_string(dir.join("register.toml")).unwrap();
    engine_at(dir, &register, None, Clock::at(TODAY))
}

/// The child's part; in the parent it does nothing.
#[test]
fn child() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let (dir, number) = place.split_once('|').unwrap();
    let mut engine = engine_in(Path::new(dir));
    let t = TODAY.parse().unwrap();
    restrict(&mut engine, "ida", "", number, "18(1)(a)", t).unwrap();
}

/// Runs the child under `strace` with these arguments.
fn run(dir: &Path, number: &str, args: &[&str]) -> bool {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(dir.join("trace")).args(args);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "killed::child", "--test-threads=1"]);
    command.env(PLACE, format!("{}|{number}", dir.display()));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().unwrap().success()
}

fn permitted() -> bool {
    let done = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    let permitted = done.is_ok_and(|status| status.success());
    if !permitted {
        println!("no strace here: not tested");
    }
    permitted
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir_in(from.parent().unwrap()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    to
}

fn ids(dir: &Path, table: &str) -> Vec<i64> {
    let db = rusqlite::Connection::open(dir.join("s.sqlite")).unwrap();
    let mut statement = db.prepare(&format!("SELECT id FROM {table} ORDER BY id")).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

#[test]
fn a_restriction_killed_anywhere_is_finished_by_doing_it_again() {
    if !permitted() {
        return;
    }
    let first = org(None);
    // What a field said before must come back, not only the usual value.
    first.sql("UPDATE customer SET locked = 5 WHERE id = 7");
    std::fs::write(first.dir.path().join("register.toml"), &first.register).unwrap();
    let number = {
        let mut engine = first.engine();
        first.open(&mut engine, Right::Restriction, 7)
    };
    let counts = {
        let dir = copy(first.dir.path());
        let trace = format!("--trace={}", LEAVING.join(","));
        assert!(run(dir.path(), &number, &[&trace]));
        let text = std::fs::read_to_string(dir.path().join("trace")).unwrap();
        LEAVING.map(|call| text.matches(&format!("{call}(")).count())
    };
    let long = std::env::var_os("FRIST_LONG").is_some();
    let (mut killed, mut marked_before) = (0, 0);
    for (call, count) in LEAVING.into_iter().zip(counts) {
        let step = if long { 1 } else { count.div_ceil(6).max(1) };
        for n in (1..=count).step_by(step) {
            let dir = copy(first.dir.path());
            let kill = [format!("--trace={call}"), format!("--inject={call}:signal=KILL:when={n}")];
            killed += usize::from(!run(dir.path(), &number, &kill.each_ref().map(String::as_str)));
            finish(dir.path(), &number, &format!("{call} {n} of {count}"), &mut marked_before);
        }
    }
    println!(
        "killed {killed} times, {marked_before} of them after something was marked; calls {counts:?}"
    );
    assert!(killed > 6 && marked_before > 0, "the blow never fell in the middle");
}

/// Does it again, looks at everything, and lifts it.
fn finish(dir: &Path, number: &str, what: &str, marked_before: &mut usize) {
    let (notes, moved) = (ids(dir, "note"), ids(dir, "note_restricted"));
    assert_eq!([notes.clone(), moved.clone()].concat().len(), 2, "{what}: {notes:?} {moved:?}");
    let mut engine = engine_in(dir);
    let t = TODAY.parse().unwrap();
    let answered = engine.state.case_log(number).unwrap().iter().any(|s| s.step.step == "answered");
    if !answered {
        *marked_before += usize::from(ids(dir, "customer WHERE locked = 1") == [7]);
        let done = restrict(&mut engine, "ida", "", number, "18(1)(a)", t).unwrap();
        assert_eq!(done.cannot.len(), 1, "{what}");
    }
    assert_eq!(ids(dir, "customer WHERE locked = 1"), [7], "{what}");
    assert_eq!((ids(dir, "note"), ids(dir, "note_restricted")), (vec![2], vec![1]), "{what}");
    let holds = engine.state.holds(t).unwrap();
    assert_eq!(holds.len(), 1, "{what}");
    let letters = engine.state.papers(number).unwrap();
    let written = letters.iter().filter(|p| p.kind == "restricted" && p.name.ends_with(".txt"));
    assert_eq!(written.count(), 1, "{what}: one letter");
    let on = jiff::civil::date(2026, 3, 3);
    announce_lifting(&mut engine, "ida", "", number, on, "kontrolleret", t).unwrap();
    let tomorrow = t + jiff::SignedDuration::from_hours(24);
    unrestrict(&mut engine, "ida", number, tomorrow).unwrap();
    assert_eq!(ids(dir, "customer WHERE locked = 5"), [7], "{what}: what it said before is lost");
    assert_eq!((ids(dir, "note"), ids(dir, "note_restricted")), (vec![1, 2], vec![]), "{what}");
    assert!(engine.state.holds(tomorrow).unwrap().is_empty(), "{what}");
}
