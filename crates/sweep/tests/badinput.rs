//! Databases that do not do what they should: each is a finding or a refusal in plain words, nothing
//! is lost and nothing goes early, and once it is put right a sweep is green.
//!
//! What the command line says of Frist's own files is tested in `crates/frist/tests/badinput.rs`,
//! what a database does wrong while it works in `faults.rs`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use std::io::{Seek as _, SeekFrom, Write as _};

use frist_sweep::{Error, Report, Step};
use jiff::SignedDuration;
use support::*;

/// After the trouble: a healthy sweep is green, and everything that went is told of once.
fn healthy(org: &Org, all: u64, what: &str) {
    org.clock.step(1);
    let report = sweep(org);
    assert!(report.green(), "{what}: {:?}", report.findings);
    assert_eq!((org.rows("person"), org.ledger("persons")), (0, all), "{what}");
    assert!(org.state().open_findings().unwrap().is_empty(), "{what}");
    assert!(org.state().open_batches().unwrap().is_empty(), "{what}");
}

/// One alarm, with this code, number and words, and the others were swept.
fn one_alarm(report: &Report, (code, count, says): (&str, u64, &str), what: &str) {
    assert!(!report.green(), "{what}");
    let alarms: Vec<_> = report.findings.iter().filter(|f| f.alarm).collect();
    assert_eq!(alarms.len(), 1, "{what}: {alarms:?}");
    assert_eq!((alarms[0].code, alarms[0].count), (code, count), "{what}: {alarms:?}");
    assert!(alarms[0].text.contains(says), "{what}: {}", alarms[0].text);
}

/// Sweeps, and does something at the n-th batch that is journaled.
fn sweep_and(org: &Org, n: usize, does: &mut dyn FnMut()) -> Report {
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let mut batch = 0;
    engine
        .sweep(&plan.id, &mut |step| {
            if matches!(step, Step::Intent { dataset: "persons", .. }) {
                batch += 1;
                if batch == n {
                    does();
                }
            }
        })
        .unwrap()
}

#[test]
fn a_database_that_is_locked() {
    // By another session from before the plan, or from when a batch is journaled.
    for (store, state) in BOTH {
        for early in [true, false] {
            let org = Org::new(store, state, PERSONS);
            org.register_with("lock_timeout = \"200 ms\"\nbatch = 2", PERSONS);
            org.persons(1..=4, 800);
            let what = format!("{store:?}, early {early}");
            let (mut file, mut server) = (None, None);
            let mut lock = || match &org.place.url {
                None => {
                    let db = rusqlite::Connection::open(org.file()).unwrap();
                    let kind = if early { "EXCLUSIVE" } else { "IMMEDIATE" };
                    db.execute_batch(&format!("BEGIN {kind}")).unwrap();
                    file = Some(db);
                }
                Some(url) => {
                    let mut client = connect(url);
                    let kind = if early { "ACCESS EXCLUSIVE" } else { "ROW EXCLUSIVE" };
                    let lock = format!("BEGIN; LOCK TABLE person IN {kind} MODE");
                    client.batch_execute(&lock).unwrap();
                    if !early {
                        client.batch_execute("SELECT 1 FROM person FOR UPDATE").unwrap();
                    }
                    server = Some(client);
                }
            };
            let report = if early {
                lock();
                sweep(&org)
            } else {
                sweep_and(&org, 1, &mut lock)
            };
            drop((file, server));
            let says = match (store, early) {
                (Db::Sqlite, _) => "another program has locked the database",
                (Db::Postgres, _) => "another session holds a lock",
            };
            match early {
                true => one_alarm(&report, ("unreachable", 0, says), &what),
                false => one_alarm(&report, ("refused", 4, says), &what),
            }
            assert_eq!((org.rows("person"), org.ledger("persons")), (4, 0), "{what}");
            healthy(&org, 4, &what);
        }
    }
}

#[test]
fn a_file_that_is_moved_or_deleted_in_the_middle() {
    for wal in [false, true] {
        for replaced in [false, true] {
            let what = format!("wal {wal}, replaced {replaced}");
            let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
            org.register_with("batch = 2", PERSONS);
            if wal {
                org.sql("PRAGMA journal_mode = WAL");
            }
            org.persons(1..=6, 800);
            let (file, away) = (org.file(), org.place.dir.join("away.sqlite"));
            let copy = org.place.dir.join("copy.sqlite");
            let report = sweep_and(&org, 2, &mut || {
                if replaced {
                    // A backup is put in its place: it has everything that was erased.
                    org.sql(&format!("VACUUM INTO '{}'", copy.display()));
                }
                std::fs::rename(&file, &away).unwrap();
                for end in ["-wal", "-shm"] {
                    let _ = std::fs::rename(
                        file.with_extension(format!("sqlite{end}")),
                        away.with_extension(format!("sqlite{end}")),
                    );
                }
                if replaced {
                    std::fs::rename(&copy, &file).unwrap();
                }
            });
            one_alarm(
                &report,
                ("refused", if replaced { 2 } else { 4 }, "was moved, deleted or replaced"),
                &what,
            );
            // In the one that is there now, what the ledger tells of is gone, and nothing else.
            let recovered = if replaced { 4 } else { 2 };
            assert_eq!(org.ledger("persons"), recovered, "{what}");
            if replaced {
                assert_eq!(org.rows("person"), 2, "{what}");
            } else {
                std::fs::rename(&away, &file).unwrap();
                for end in ["-wal", "-shm"] {
                    let _ = std::fs::rename(
                        away.with_extension(format!("sqlite{end}")),
                        file.with_extension(format!("sqlite{end}")),
                    );
                }
                assert_eq!(org.rows("person"), 4, "{what}");
            }
            healthy(&org, 6, &what);
        }
    }
}

#[test]
fn a_connection_that_is_ended_and_a_server_that_starts_again() {
    // A server of its own: others would lose their connections too.
    let cluster = frist_testkit::Cluster::start(frist_testkit::Options::default());
    let databases = vec![cluster.database()];
    let org = Org::again(Db::Postgres, Db::Sqlite, PERSONS, databases);
    let admin = cluster.url().to_owned();
    for restarts in [false, true] {
        org.register_with("batch = 2", PERSONS);
        org.persons(1..=6, 800);
        let before = org.ledger("persons");
        let report = sweep_and(&org, 2, &mut || {
            if restarts {
                let data: String =
                    connect(&admin).query_one("SHOW data_directory", &[]).unwrap().get(0);
                let pg_ctl = frist_testkit::psql().with_file_name("pg_ctl");
                let script = format!(
                    "exec {} restart --wait --silent --mode=immediate -D {data} >/dev/null 2>&1",
                    pg_ctl.display()
                );
                let mut command = match is_root() {
                    true => {
                        let mut command = std::process::Command::new("runuser");
                        command.args(["-u", "postgres", "--"]).arg("sh");
                        command
                    }
                    false => std::process::Command::new("sh"),
                };
                let status = command.arg("-c").arg(script).current_dir("/").status().unwrap();
                assert!(status.success());
            } else {
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'frist'";
                connect(&admin).batch_execute(end).unwrap();
            }
        });
        let what = format!("restarts {restarts}");
        // A connection that is seen to be closed is made again; one that breaks while the store is
        // asked ends the turn, once it is known what went.
        match report.green() {
            true => assert_eq!(org.rows("person"), 0, "{what}"),
            false => one_alarm(&report, ("refused", org.rows("person"), "the"), &what),
        }
        assert_eq!(org.ledger("persons") - before, 6 - org.rows("person"), "{what}");
        healthy(&org, before + 6, &what);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

#[test]
fn a_field_that_is_dropped_renamed_or_of_another_type() {
    for (store, state) in BOTH {
        for (sql, undo) in [
            (
                "ALTER TABLE person RENAME COLUMN ended TO slut",
                "ALTER TABLE person RENAME COLUMN slut TO ended",
            ),
            (
                "ALTER TABLE person ADD COLUMN kept BIGINT; UPDATE person SET kept = 1; ALTER TABLE person RENAME COLUMN ended TO was; ALTER TABLE person RENAME COLUMN kept TO ended",
                "ALTER TABLE person RENAME COLUMN ended TO kept; ALTER TABLE person RENAME COLUMN was TO ended",
            ),
        ] {
            for at in [0, 2] {
                let what = format!("{store:?}, {sql}, at {at}");
                let org = Org::new(store, state, PERSONS);
                org.register_with("batch = 2", PERSONS);
                org.persons(1..=6, 800);
                let report = match at {
                    0 => {
                        let mut engine = org.engine();
                        let plan = plan(&mut engine);
                        org.sql(sql);
                        carry_out(&org, &mut engine, &plan).unwrap()
                    }
                    n => sweep_and(&org, n, &mut || org.sql(sql)),
                };
                let gone = 6 - org.number("SELECT count(*) FROM person");
                assert!(gone <= 2, "{what}");
                assert!(!report.green(), "{what}: {:?}", report.findings);
                assert_eq!(done(&report, "persons"), gone, "{what}");
                assert_eq!(org.ledger("persons"), gone, "{what}");
                let alarm = report.findings.iter().find(|f| f.alarm).unwrap();
                assert_eq!(alarm.count, 6 - gone, "{what}: {alarm:?}");
                org.sql(undo);
                healthy(&org, 6, &what);
            }
        }
    }
}

#[test]
fn a_clock_that_jumps() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.persons(1..=3, 800);
    let now = org.clock.now();
    // Back, between plan and sweep.
    let mut engine = org.engine();
    let early = plan(&mut engine);
    engine.propose(&early, &mut |_| ()).unwrap();
    org.clock.set(now - SignedDuration::from_hours(24));
    let refused = engine.sweep(&early.id, &mut |_| ());
    assert!(refused.is_err_and(|e| e.to_string().contains("is the clock right?")));
    assert_eq!((org.rows("person"), org.ledger("persons")), (3, 0));
    org.clock.set(now);
    healthy(&org, 3, "the clock is right again");
    // Forward by years, where the store has no clock: somebody must look first.
    org.persons(1..=3, 20);
    org.clock.set(now + SignedDuration::from_hours(24 * 365 * 3));
    for _ in 0..2 {
        org.clock.step(1);
        let mut engine = org.engine();
        let far = plan(&mut engine);
        engine.propose(&far, &mut |_| ()).unwrap();
        assert!(far.trips[0].text().contains("look whether the clock is right"), "{:?}", far.trips);
        let refused = engine.sweep(&far.id, &mut |_| ());
        assert!(matches!(refused, Err(Error::PlanRefused { .. })), "{refused:?}");
    }
    assert_eq!((org.rows("person"), org.ledger("persons")), (3, 3));
    org.clock.set(now + SignedDuration::from_secs(10));
    let report = sweep(&org);
    assert!(report.green() && report.done() == 0, "{:?}", report.findings);
    assert_eq!(org.rows("person"), 3, "not due by the right clock");
}

#[test]
fn a_register_that_makes_everything_due() {
    for (store, state) in BOTH {
        let org = Org::new(store, state, &PERSONS.replace("guard = { share = 1.0 }", ""));
        org.persons(1..=60, 800);
        let mut engine = org.engine();
        let plan = plan(&mut engine);
        engine.propose(&plan, &mut |_| ()).unwrap();
        assert!(plan.trips[0].text().contains("100 % of `persons` is due"), "{:?}", plan.trips);
        let refused = engine.sweep(&plan.id, &mut |_| ());
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("frist approve"), "{refused}");
        assert_eq!((org.rows("person"), org.ledger("persons")), (60, 0), "{store:?}");
        org.clock.step(1);
        healthy(&org, 60, "approved");
    }
}

#[test]
fn a_file_that_is_damaged() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.register_with("batch = 100", PERSONS);
    org.persons(1..=2_000, 800);
    let whole = std::fs::read(org.file()).unwrap();
    assert!(whole.len() > 8 * 4096);
    for (name, at, len, says) in [
        ("its beginning", 0_u64, 100_usize, "not a SQLite database"),
        ("its schema", 100, 300, "damaged"),
        ("its pages", 4096 * 3, 4096 * 4, "damaged"),
    ] {
        let mut file = std::fs::OpenOptions::new().write(true).open(org.file()).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&vec![0xa5; len]).unwrap();
        file.sync_all().unwrap();
        drop(file);
        let report = sweep(&org);
        let alarm = report.findings.iter().find(|f| f.alarm);
        let alarm = alarm.unwrap_or_else(|| panic!("{name}: {:?}", report.findings));
        assert!(alarm.text.contains(says), "{name}: {}", alarm.text);
        assert_eq!(report.done(), org.ledger("persons"), "{name}");
        assert_eq!(report.done(), 0, "{name}");
        // Restored from the backup.
        std::fs::write(org.file(), &whole).unwrap();
    }
    // The plan's promise was not kept three times; now it is.
    healthy(&org, 2_000, "restored");
}

/// A small file system of its own; none where mounting is not allowed.
struct Tiny(std::path::PathBuf);

impl Tiny {
    fn mount(at: std::path::PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs"]).arg(&at);
        if mount.output().is_ok_and(|o| o.status.success()) {
            return Some(Self(at));
        }
        eprintln!("NOT TESTED: a full disk, because this system does not allow to mount one");
        None
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0; 1]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }

    /// Puts a file there, and a link in its place.
    fn take(&self, file: &std::path::Path) {
        let to = self.0.join(file.file_name().unwrap());
        std::fs::copy(file, &to).unwrap();
        std::fs::remove_file(file).unwrap();
        std::os::unix::fs::symlink(to, file).unwrap();
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_full() {
    let org = Org::new(Db::Sqlite, Db::Sqlite, PERSONS);
    org.register_with("batch = 100", PERSONS);
    org.persons(1..=200, 800);
    let Some(disk) = Tiny::mount(org.place.dir.join("tiny")) else { return };
    // That of the store.
    disk.take(&org.file());
    disk.fill();
    let report = sweep(&org);
    disk.make_room();
    one_alarm(&report, ("refused", 200, "the disk is full"), "the store");
    assert_eq!((org.rows("person"), org.ledger("persons")), (200, 0));
    // That of Frist's own database, right after the store has erased.
    disk.take(&org.place.dir.join("state.sqlite"));
    org.clock.step(1);
    let mut engine = org.engine();
    let plan = plan(&mut engine);
    engine.propose(&plan, &mut |_| ()).unwrap();
    let failed = engine.sweep(&plan.id, &mut |step| {
        if matches!(step, Step::Disposed { .. }) {
            disk.fill();
        }
    });
    drop(engine);
    disk.make_room();
    let failed = failed.map(|r| r.findings).unwrap_err().to_string();
    assert!(failed.contains("make room"), "{failed}");
    assert_eq!((org.rows("person"), org.ledger("persons")), (100, 0));
    org.clock.step(200);
    healthy_after_recovery(&org, 200);
    drop(disk);
}

fn healthy_after_recovery(org: &Org, all: u64) {
    let before = org.ledger("persons");
    let (recovered, open) = org.engine().recover(&mut |_| ()).unwrap();
    assert_eq!(open, []);
    assert_eq!(recovered.iter().map(|r| r.done).sum::<u64>(), org.ledger("persons") - before);
    assert_eq!(org.ledger("persons"), all - org.rows("person"));
    healthy(org, all, "recovered");
}

/// To erase a row takes no room on PostgreSQL, but to anonymise it does.
#[test]
fn a_server_whose_disk_is_full() {
    let anonymised = "guard = { share = 1.0 }\nthen = { anonymise = { name = \"null\" } }";
    let rule = PERSONS.replace("guard = { share = 1.0 }", anonymised);
    let org = Org::new(Db::Postgres, Db::Sqlite, &rule);
    // In a folder that the server may enter.
    let open = std::env::temp_dir().join(format!("frist-tiny-{}", std::process::id()));
    let Some(disk) = Tiny::mount(open.clone()) else {
        std::fs::remove_dir(&open).unwrap();
        return;
    };
    let space = disk.0.join("space");
    std::fs::create_dir(&space).unwrap();
    let owner = std::process::Command::new("chown").arg("postgres").arg(&space).status().unwrap();
    assert!(owner.success());
    let name = format!("tiny_{}", std::process::id());
    // Which may not be made in a transaction, nor in one message with others.
    org.sql(&format!("CREATE TABLESPACE {name} LOCATION '{}'", space.display()));
    org.sql(&format!("ALTER TABLE person SET TABLESPACE {name}"));
    org.persons(1..=500, 800);
    disk.fill();
    let report = sweep(&org);
    disk.make_room();
    one_alarm(&report, ("refused", 500, "No space left on device"), "the server");
    let named = "SELECT count(*) FROM person WHERE name IS NOT NULL";
    assert_eq!((org.number(named), org.ledger("persons")), (500, 0));
    org.clock.step(1);
    assert!(sweep(&org).green());
    assert_eq!((org.number(named), org.ledger("persons")), (0, 500));
    org.sql("DROP TABLE person");
    org.sql(&format!("DROP TABLESPACE {name}"));
    drop(disk);
    std::fs::remove_dir(&open).unwrap();
}

/// Frist's own database goes in the middle: the sweep ends there, and the next one finishes it.
#[test]
fn frists_own_database_that_goes() {
    for (store, state) in BOTH {
        for disposed in [false, true] {
            let what = format!("{state:?}, disposed {disposed}");
            let org = Org::new(store, state, PERSONS);
            org.register_with("batch = 2", PERSONS);
            org.persons(1..=6, 800);
            let (file, away) = (org.place.dir.join("state.sqlite"), org.place.dir.join("away"));
            let mut engine = org.engine();
            let plan = plan(&mut engine);
            engine.propose(&plan, &mut |_| ()).unwrap();
            let mut batches = 0;
            let failed = engine.sweep(&plan.id, &mut |step| {
                batches += usize::from(matches!(step, Step::Intent { .. }));
                let now = match step {
                    Step::Intent { .. } => !disposed,
                    Step::Disposed { .. } => disposed,
                    _ => false,
                };
                match &org.place.state {
                    _ if batches != 2 || !now => {}
                    None => std::fs::rename(&file, &away).unwrap(),
                    Some(url) => connect(url)
                        .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'frist' AND datname = current_database()")
                        .unwrap(),
                }
            });
            let failed = failed.map(|r| r.findings).unwrap_err().to_string();
            let says = if state == Db::Sqlite {
                "was moved, deleted"
            } else {
                "Frist's database answered"
            };
            assert!(failed.contains(says), "{what}: {failed}");
            drop(engine);
            // Without it nothing more is asked of the store.
            assert_eq!(org.rows("person"), if disposed { 2 } else { 4 }, "{what}");
            match &org.place.state {
                None => std::fs::rename(&away, &file).unwrap(),
                // This lease runs by the server's clock, which cannot be set.
                Some(url) => {
                    connect(url).batch_execute("UPDATE frist.lease SET until = 0").unwrap();
                }
            }
            org.clock.step(200);
            assert_eq!(org.ledger("persons"), 2, "{what}");
            healthy_after_recovery(&org, 6);
        }
    }
}
