//! `frist calls serve` as a process, with the example's register, and SIPp as caller and as agent.
//!
//! One story of callers, because a server takes seconds to be put together: a call that is recorded; another in
//! the middle of which all recording is stopped; a drain; a start after an outage, and one without a
//! ledger.

mod house;

use std::time::{Duration, Instant};

use house::{House, agent, caller, count, recorder, refused};

#[test]
fn from_the_first_call_to_the_start_after_an_outage() {
    let house = House::new();
    assert_eq!(house.frist(&["calls", "check"]).0, 0, "{}", house.frist(&["calls", "check"]).1);
    // The kill switch and the figures need no server.
    let (exit, told) = house.frist(&["calls", "status"]);
    assert!(exit == 1 && told.contains("no server runs"), "{told}");

    let server = house.serve();
    let queue = agent(&house);
    // Yes to both: recorded.
    caller(&house, "1", "1", 1500).finish();
    let calls = house.json("supervisor", &["calls", "list"]);
    let first = &calls["calls"][0];
    assert_eq!(first["outcome"], "answered", "{first}");
    let recording = first["recordings"][0]["id"].as_str().expect("a recording").to_owned();
    let wav = house.path("heard.wav");
    let listen = [
        "calls",
        "listen",
        &recording,
        "--purpose",
        "quality",
        "--reason",
        "Kvalitetssamtale",
        "-o",
        &wav,
    ];
    let (exit, told) = house.frist_as("listener", &listen);
    assert!(exit == 0 && told.contains("outside the vault"), "{told}");
    let heard = std::fs::read(&wav).expect("a WAV file");
    let figures = house.json("supervisor", &["calls", "status"]);
    assert!(
        heard.starts_with(b"RIFF") && heard.len() > 44 + 8000 * 4,
        "{} bytes {figures} {first}",
        heard.len()
    );
    assert!(heard[44..].iter().any(|b| *b != 0), "only silence");
    a_caller_gets_the_recording(&house, &heard);
    // No to both: the same service, and nothing of it.
    caller(&house, "2", "2", 300).finish();
    let calls = house.json("supervisor", &["calls", "list"]);
    assert_eq!(calls["calls"][0]["outcome"], "answered");
    assert_eq!(calls["calls"][0]["recordings"].as_array().map(Vec::len), Some(0));
    assert_eq!(count(&house, "SELECT count(*) FROM recording"), 1);

    // The kill switch in the middle of a call, by another process: recording stops, the call goes on.
    let long = caller(&house, "1", "1", 1800);
    house.until("being recorded", || house.figure("recording") == 1);
    let (exit, told) = house.frist(&["calls", "stop-recording", "--why", "påbud"]);
    assert_eq!(exit, 0, "{told}");
    house.until("stopped", || house.figure("recording") == 0);
    assert_eq!(house.figure("live"), 1, "the call goes on");
    long.finish();
    caller(&house, "1", "1", 300).finish();
    assert_eq!(count(&house, "SELECT count(*) FROM recording"), 2, "nothing while it is stopped");
    assert_eq!(house.frist(&["calls", "resume-recording"]).0, 0);

    // SIGTERM: no new calls, those under way to their end.
    let last = caller(&house, "1", "1", 1800);
    house.until("being recorded", || house.figure("recording") == 1);
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    refused(&house).finish();
    last.finish();
    let log = server.end(0);
    assert!(log.contains("draining: 1 under way") && log.contains("ended"), "{log}");
    drop(queue);

    ended_in_the_middle_of_a_call(&house);

    // The machine was off for five days; it destroys before it listens, and has receipts.
    assert_eq!(count(&house, "SELECT count(*) FROM recording"), 5);
    house.vault("UPDATE recording SET ended_at = '2026-01-01T00:00:00Z'");
    let server = house.serve();
    let log = server.log();
    let (gone, listens) = (log.find("recordings: 5 erased"), log.find("front listens"));
    assert!(gone.is_some() && gone < listens, "{log}");
    assert_eq!(count(&house, "SELECT count(*) FROM recording"), 0);
    let receipt = house.path("receipt.json");
    let (exit, told) = house.frist(&["receipt", "recordings", &recording, "-o", &receipt]);
    assert_eq!(exit, 0, "{told}");
    let (exit, told) =
        house.frist(&["verify", &receipt, "--key", &house.path(".frist/ledger.pub")]);
    assert_eq!(exit, 0, "{told}");
    let (exit, _) = house.frist_as(
        "listener",
        &[
            "calls",
            "listen",
            &recording,
            "--purpose",
            "quality",
            "--reason",
            "Kvalitetssamtale",
            "-o",
            &house.path("again.wav"),
        ],
    );
    assert_eq!(exit, 3);
    server.signal("TERM");
    server.end(0);

    // A ledger that is lost is an alarm, and no reason to take no calls.
    std::fs::write(house.path(".frist/state.sqlite"), vec![0xa5; 40_000]).expect("written");
    let server = house.serve();
    assert!(server.log().contains("alarm"), "{}", server.log());
    let queue = agent(&house);
    caller(&house, "1", "2", 300).finish();
    assert_eq!(house.figure("calls"), 1);
    drop(queue);
    let began = Instant::now();
    server.signal("TERM");
    server.end(0);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// A server that ends while a caller speaks, by two SIGTERM and by SIGKILL: told twice, it hangs up and loses no word;
/// killed, what was said up to the last second is there, and says how it ended.
fn ended_in_the_middle_of_a_call(house: &House) {
    for (signals, outcome, ending, lost) in
        [(&["TERM", "TERM"][..], "answered", "ended", 0.4), (&["KILL"], "crashed", "crashed", 1.0)]
    {
        let server = house.serve();
        let queue = agent(house);
        let cut = caller(house, "1", "1", 9000);
        house.until("being recorded", || house.figure("recording") == 1);
        let began = Instant::now();
        std::thread::sleep(Duration::from_millis(1800));
        let recorded = began.elapsed().as_secs_f64();
        for signal in signals {
            server.signal(signal);
            std::thread::sleep(Duration::from_millis(200));
        }
        match outcome {
            "answered" => drop(server.end(0)),
            _ => drop(server),
        }
        drop((cut, queue));
        // The first command that opens the vault closes what was cut off.
        let calls = house.json("supervisor", &["calls", "list"]);
        let (call, recording) = (&calls["calls"][0], &calls["calls"][0]["recordings"][0]);
        assert_eq!(
            (call["outcome"].as_str(), recording["ending"].as_str()),
            (Some(outcome), Some(ending))
        );
        let (id, wav) = (recording["id"].as_str().expect("its id"), house.path(outcome));
        let why = ["--purpose", "quality", "--reason", "Kvalitetssamtale", "-o", &wav];
        let (exit, told) =
            house.frist_as("listener", &[&["calls", "listen", id], &why[..]].concat());
        assert_eq!((exit, told.contains("(crashed)")), (0, ending == "crashed"), "{told}");
        let heard = std::fs::read(&wav).expect("a WAV file");
        let seconds = (heard.len() - 44) as f64 / 32_000.0;
        assert!(seconds >= recorded - lost, "{outcome}: {seconds} of {recorded} seconds");
        let last = &heard[heard.len() - 3200..];
        assert!(last.iter().any(|b| *b != 0), "{outcome}: sound up to its end");
    }
}

/// A caller asks for access: their number leads to the call, the call to the recording, and that is
/// enclosed, by whoever may hear it, and in the log of listening.
fn a_caller_gets_the_recording(house: &House, heard: &[u8]) {
    let db = rusqlite::Connection::open(house.path("calls/calls.db")).expect("the database");
    let caller: String =
        db.query_row("SELECT caller FROM call", [], |r| r.get(0)).expect("one call");
    let id = format!("caller={caller}");
    let opened = house.json(
        "listener",
        &["case", "open", "--right", "access", "--name", "Prøve Eksempelsen", "--id", &id],
    );
    let number = opened["number"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned();
    let (exit, told) = house.frist_as("listener", &["case", "find", &number, "--anyway"]);
    assert!(exit == 0 && told.contains("recordings"), "{told}");
    let items = house.json("listener", &["case", "access", &number, "--review"]);
    let item = items[0]["item"].as_str().unwrap_or_else(|| panic!("{items}")).to_owned();
    assert!(item.starts_with("recordings/") && items[0]["file"] == true, "{items}");
    let out = house.path("package.zip");
    let make = ["case", "access", &number, "--show", &item, "--zip", "--out", &out];
    // Who has no token for listening encloses nothing, and answers nothing.
    let (exit, told) = house.frist_as("nobody", &make);
    assert!(exit != 0 && told.contains("cannot be heard"), "{told}");
    assert!(!std::path::Path::new(&out).exists());
    let (exit, told) = house.frist_as("listener", &make);
    assert_eq!(exit, 0, "{told}");
    let unzip = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-e", &out, &house.path("package")])
        .status();
    assert!(unzip.is_ok_and(|s| s.success()));
    let folder = house.path("package/filer/recordings");
    let files: Vec<_> = std::fs::read_dir(folder).expect("files").flatten().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::read(files[0].path()).expect("the sound"), heard);
    let logged: i64 = db
        .query_row(
            "SELECT count(*) FROM listening WHERE reason LIKE ?1",
            [format!("%{number}")],
            |r| r.get(0),
        )
        .expect("a number");
    assert_eq!(logged, 1, "no recording is handed out without its line in the log");
}

/// A session border controller forks a call before anybody asked its caller; the queue system says later, by HTTP, what
/// the caller answered.
#[test]
fn consent_by_http_records_a_forked_call_from_then_on_and_withdrawal_destroys_it() {
    let house = House::new();
    let server = house.serve();
    let id = "f81d4fae7dec11d0a76500a0c91e6bf6";
    let recorder = recorder(&house, id);
    let dropped = || {
        let figures = house.json("supervisor", &["calls", "status"]);
        figures["media"]["dropped_without_consent"].as_u64().unwrap_or_else(|| panic!("{figures}"))
    };
    house.until("dropping what comes without consent", || dropped() > 20);
    let objects = || house.files("vault/objects").len();
    assert_eq!((count(&house, "SELECT count(*) FROM recording"), objects()), (0, 0));

    let answer = |granted: bool| {
        serde_json::json!({
            "answers": [{ "purpose": "quality", "granted": granted }],
            "text_id": "contact-centre", "text_version": "2026-11", "language": "da",
        })
    };
    let path = format!("/v1/calls/{id}/consent");
    assert_eq!(house.post("supervisor", &path, &answer(true)).0, 403, "not everybody says so");
    let (status, told) = house.post("machine", &path, &answer(true));
    assert_eq!((status, told.contains("quality")), (200, true), "{told}");
    house.until("being recorded", || {
        house.json("supervisor", &["calls", "status"])["media"]["recorded_seconds"].as_u64()
            > Some(0)
    });
    assert_eq!((count(&house, "SELECT count(*) FROM recording"), objects()), (1, 1));

    let (status, told) =
        house.post("machine", &format!("/v1/calls/{id}/withdraw"), &serde_json::json!({}));
    assert_eq!(status, 204, "{told}");
    assert_eq!(count(&house, "SELECT count(*) FROM recording"), 0, "the key is gone at once");
    let before = dropped();
    // The client is told to stop; what it goes on to send is dropped.
    recorder.finish();
    assert!(dropped() >= before);
    house.until("removed", || objects() == 0);
    let speech = std::fs::read(house.path("speech.al")).expect("the speech");
    assert_eq!(
        house.with_bytes(&speech[..96]),
        [std::path::PathBuf::from(house.path("speech.al"))]
    );
    server.signal("TERM");
    server.end(0);
}
