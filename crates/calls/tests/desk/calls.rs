//! Consent, recording, withdrawal, the kill switch.

use std::time::{Duration, Instant};

use frist_calls::consent::How;
use frist_calls::desk::{
    self, CallId, Desk, DeskError, DeskEvent, Ended, Refusal, Remains, STOP_FILE,
};
use frist_calls::tape::TapeError;

use crate::kit::{Place, answer, chunk, fact, new_call, objects, recorded, sealed, wait, yes};

fn nothing_is_there(place: &Place) {
    assert!(objects(place.path()).is_empty());
    assert!(
        crate::kit::ask(&place.path().join("vault/index.db"), "SELECT * FROM recording").is_empty()
    );
    assert!(
        crate::kit::ask(&place.path().join("vault/hours.db"), "SELECT * FROM hour_key").is_empty()
    );
}

#[test]
fn without_a_yes_there_is_no_key_no_file_and_no_byte() {
    let place = Place::new();
    let (desk, _vault) = place.desk();
    let hows =
        [How::NoKey, How::WrongKey, How::HungUp, How::Key('2'), How::Agent { who: "a".into() }];
    for (n, how) in hows.into_iter().enumerate() {
        let call = desk.call_began(new_call(n as u32));
        assert_eq!(desk.tape(&call).err(), Some(Refusal::NoConsent));
        // Whatever the caller of this claims.
        desk.decide(&call, &[answer("quality", true, how)]).unwrap();
        assert_eq!(desk.tape(&call).err(), Some(Refusal::NoConsent));
        desk.call_ended(&call, Ended::Answered);
        assert_eq!(desk.tape(&call).err(), Some(Refusal::NoCall));
    }
    nothing_is_there(&place);
    let rows =
        place.ask("SELECT decision, channel, key_pressed, count(*) FROM consent GROUP BY 1, 2, 3");
    assert_eq!(
        rows,
        ["refused|agent|-|1", "refused|dtmf|-|1", "refused|dtmf|2|1", "refused|none|-|2"]
    );
    let figures = desk.figures();
    assert_eq!((figures.calls, figures.live, figures.recorded), (5, 0, 0));
    assert_eq!(figures.refused["no-consent"], 10);
    assert_eq!(figures.purposes["quality"].asked, 5);
    assert_eq!(figures.purposes["quality"].granted, 0);
}

#[test]
fn a_yes_is_on_disk_with_all_its_fields_before_the_key_is_made() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    let decided =
        [answer("quality", true, How::Key('1')), answer("training", false, How::Key('2'))];
    desk.decide(&call, &decided).unwrap();
    let rows = place.ask(
        "SELECT purpose, decision, decided_at, channel, key_pressed, text_id, text_version, language,
             schema_version, system_id, withdrawn_at, length(caller_pseudonym), length(record_id)
         FROM consent ORDER BY purpose",
    );
    let rest = "welcome|3|da|frist-consent-1|test|-|64|32";
    assert_eq!(rows[0], format!("quality|granted|2026-11-22T10:30:00Z|dtmf|1|{rest}"));
    assert_eq!(rows[1], format!("training|refused|2026-11-22T10:30:00Z|dtmf|2|{rest}"));
    let mut tape = desk.tape(&call).unwrap();
    assert_eq!(desk.tape(&call).err(), Some(Refusal::Already));
    tape.chunk(&chunk(1)).unwrap();
    tape.chunk(&chunk(2)[..322 * 3]).unwrap();
    assert_eq!(tape.chunk(&chunk(2)[..321]), Err(TapeError::Layout));
    assert_eq!(tape.chunk(&[]), Err(TapeError::Layout));
    assert_eq!(desk.figures().recording, 1);
    place.time.pass(0, 3);
    tape.finish();
    desk.call_bridged(&call, "sip:anna@127.0.0.1");
    desk.call_ended(&call, Ended::Answered);
    wait("it is closed", || sealed(&vault).len() == 1);
    let id = sealed(&vault)[0];
    assert_eq!(fact(&vault, &id, "call_id").as_deref(), Some(call.as_str()));
    assert_eq!(fact(&vault, &id, "started_at").as_deref(), Some("2026-11-22T10:30:00Z"));
    assert!(fact(&vault, &id, "ended_at").unwrap().as_str() >= "2026-11-22T10:33:00Z");
    assert_eq!(fact(&vault, &id, "given_quality").as_deref(), Some("2026-11-22T10:30:00Z"));
    assert_eq!(fact(&vault, &id, "given_training"), None);
    let mut reader = vault.read(&id).unwrap();
    assert_eq!(reader.chunks(), 2);
    assert_eq!(&*reader.chunk(0).unwrap(), &chunk(1)[..]);
    assert_eq!(reader.chunk(1).unwrap().len(), 322 * 3);
    let row = place.ask("SELECT agent, outcome, flagged, via FROM call");
    assert_eq!(row, ["sip:anna@127.0.0.1|answered|0|front"]);
    wait("the books are written", || {
        place.ask("SELECT purposes, ending FROM recording") == ["quality|ended"]
    });
    // A pseudonym is the same for the same number, and tells nothing of it.
    let again = desk.call_began(new_call(1));
    yes(&desk, &again, &["quality"]);
    assert_eq!(place.ask("SELECT DISTINCT caller_pseudonym FROM consent").len(), 1);
}

#[test]
fn withdrawal_destroys_the_key_at_once_whatever_is_queued() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut events = desk.events();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    assert_eq!(events.try_recv(), Ok(DeskEvent::Granted(call.clone())));
    let mut tape = desk.tape(&call).unwrap();
    for _ in 0..4 {
        tape.chunk(&chunk(1)).unwrap();
    }
    let began = Instant::now();
    desk.withdraw(&call, None, How::Key('9')).unwrap();
    let took = began.elapsed();
    assert!(took < Duration::from_millis(100), "{took:?}");
    assert!(vault.list("recording", None, 10).unwrap().is_empty(), "the row with the key is gone");
    assert_eq!(tape.chunk(&chunk(2)), Err(TapeError::Stopped));
    assert_eq!(events.try_recv(), Ok(DeskEvent::Withdrawn(call.clone())));
    drop(tape);
    wait("the file is gone", || objects(place.path()).is_empty());
    let row =
        place.ask("SELECT withdrawn_at IS NOT NULL, withdrawn_channel, withdrawn_key FROM consent");
    assert_eq!(row, ["1|dtmf|9"]);
    // Nobody makes it live again but by asking anew.
    assert_eq!(desk.tape(&call).err(), Some(Refusal::NoConsent));
    let late = desk.decide(&call, &[answer("quality", true, How::Key('1'))]);
    assert!(matches!(late, Err(DeskError::Refused(_))), "{late:?}");
    desk.ask(&call, &["quality"]);
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(3)).unwrap();
    tape.finish();
    wait("the second recording is closed", || sealed(&vault).len() == 1);
    assert_eq!(desk.figures().destroyed, 1);
}

/// Another process (a sweep) holds the database: the key does not wait for it.
#[test]
fn withdrawal_does_not_wait_for_the_database() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    let other = rusqlite::Connection::open(place.path().join("calls.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let began = Instant::now();
        let withdrawing = scope.spawn(|| desk.withdraw(&call, None, How::Key('9')));
        wait("the key is gone", || vault.list("recording", None, 1).unwrap().is_empty());
        let took = began.elapsed();
        assert!(took < Duration::from_millis(100), "{took:?}");
        wait("it is seen", || !desk.consent(&call).is_live());
        assert!(withdrawing.join().unwrap().is_err(), "and it could not be written down yet");
    });
    other.execute_batch("ROLLBACK").unwrap();
    wait("it is written down", || {
        place.ask("SELECT withdrawn_key FROM consent WHERE withdrawn_at IS NOT NULL") == ["9"]
    });
}

#[test]
fn what_was_recorded_can_be_kept_up_to_the_withdrawal() {
    let place = Place::new();
    let mut config = place.config();
    config.on_withdrawal = Remains::Keep;
    let (desk, vault) = place.desk_with(config);
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    desk.withdraw(&call, None, How::Api { who: "ivr".into() }).unwrap();
    assert_eq!(tape.chunk(&chunk(2)), Err(TapeError::Stopped));
    wait("it is closed", || sealed(&vault).len() == 1);
    let id = sealed(&vault)[0];
    assert_eq!(vault.read(&id).unwrap().chunks(), 1);
    assert!(fact(&vault, &id, "withdrawn_quality").is_some(), "and due at once by the register");
    let facts = vault.facts(&id).unwrap();
    let outcome = crate::kit::rule("recordings").outcome(&facts, place.time.now());
    assert_eq!(outcome.word(), "due");
}

#[test]
fn withdrawing_one_of_several_purposes_leaves_the_recording_to_the_others() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality", "training"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    desk.withdraw(&call, Some("training"), How::Agent { who: "anna".into() }).unwrap();
    tape.chunk(&chunk(2)).unwrap();
    let id = vault.list("recording", None, 10).unwrap()[0].id;
    assert!(fact(&vault, &id, "withdrawn_training").is_some());
    assert_eq!(fact(&vault, &id, "withdrawn_quality"), None);
    desk.withdraw(&call, Some("training"), How::Key('9')).unwrap();
    tape.chunk(&chunk(3)).unwrap();
    desk.withdraw(&call, Some("quality"), How::Key('9')).unwrap();
    assert_eq!(tape.chunk(&chunk(4)), Err(TapeError::Stopped));
    assert!(vault.list("recording", None, 10).unwrap().is_empty());
    let rows = place.ask("SELECT purpose, withdrawn_channel FROM consent ORDER BY 1");
    assert_eq!(rows, ["quality|dtmf", "training|agent"]);
}

#[test]
fn a_purpose_granted_later_gets_a_recording_of_its_own() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    yes(&desk, &call, &["training"]);
    // This chunk began before the second key press, so neither recording has it.
    tape.chunk(&chunk(2)).unwrap();
    tape.chunk(&chunk(3)).unwrap();
    tape.finish();
    desk.call_ended(&call, Ended::Answered);
    wait("both are closed", || sealed(&vault).len() == 2);
    for id in sealed(&vault) {
        let first = vault.read(&id).unwrap().chunk(0).unwrap()[1];
        match fact(&vault, &id, "given_training") {
            None => assert_eq!(first, 1),
            Some(_) => assert_eq!(first, 3),
        }
        assert_eq!(vault.read(&id).unwrap().chunks(), 1);
        assert!(fact(&vault, &id, "given_quality").is_some());
    }
    // Taking back the first purpose after the call destroys what was made for it alone.
    desk.withdraw(&call, Some("quality"), How::Api { who: "dpo".into() }).unwrap();
    assert_eq!(sealed(&vault).len(), 1);
    desk.withdraw(&call, None, How::Api { who: "dpo".into() }).unwrap();
    assert!(sealed(&vault).is_empty());
    let unknown = CallId::parse(&"0".repeat(32)).unwrap();
    assert!(desk.withdraw(&unknown, None, How::Key('9')).is_err());
}

#[test]
fn a_no_to_what_was_granted_is_a_withdrawal() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let _tape = desk.tape(&call).unwrap();
    desk.decide(&call, &[answer("quality", false, How::Key('2'))]).unwrap();
    assert!(vault.list("recording", None, 10).unwrap().is_empty());
    assert_eq!(place.ask("SELECT decision, withdrawn_key FROM consent"), ["granted|2"]);
}

#[test]
fn answers_that_are_not_known_change_nothing() {
    let place = Place::new();
    let (desk, _vault) = place.desk();
    let call = desk.call_began(new_call(1));
    let odd = [answer("quality", true, How::Key('1')), answer("profiling", true, How::Key('1'))];
    assert!(matches!(desk.decide(&call, &odd), Err(DeskError::Purpose(p)) if p == "profiling"));
    assert!(!desk.consent(&call).is_live());
    assert!(place.ask("SELECT * FROM consent").is_empty());
    desk.call_ended(&call, Ended::Abandoned);
    let late = desk.decide(&call, &[answer("quality", true, How::Key('1'))]);
    assert!(matches!(late, Err(DeskError::NoCall { .. })));
}

#[test]
fn a_call_is_found_by_its_ids_while_it_is_live() {
    let place = Place::new();
    let (desk, _vault) = place.desk();
    let call = desk.call_began(new_call(7));
    assert_eq!(desk.find("call-7@127.0.0.1"), Some(call.clone()));
    // Each end of the call writes its own half first, with or without dashes and in any case.
    let other = format!("{:032X};remote={:032x}", 7 + 0x1000, 99);
    for id in [format!("{:032x}", 7), other] {
        assert_eq!(desk.find(&id), Some(call.clone()), "{id}");
    }
    for id in ["", "call-8@127.0.0.1", &"0".repeat(32), &format!("{:032x}", 8)] {
        assert_eq!(desk.find(id), None, "{id}");
    }
    desk.call_ended(&call, Ended::Answered);
    assert_eq!(desk.find("call-7@127.0.0.1"), None);
}

#[test]
fn the_kill_switch_stops_all_recording_at_once_and_survives_a_restart() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let mut events = desk.events();
    let calls: Vec<CallId> = (0..3).map(|n| desk.call_began(new_call(n))).collect();
    let mut tapes = Vec::new();
    for call in &calls {
        yes(&desk, call, &["quality"]);
        tapes.push(desk.tape(call).unwrap());
    }
    tapes.iter_mut().for_each(|t| t.chunk(&chunk(1)).unwrap());
    desk.stop_recording("anna", "the authority asked for it").unwrap();
    for tape in &mut tapes {
        assert_eq!(tape.chunk(&chunk(2)), Err(TapeError::Stopped));
    }
    assert_eq!(desk.tape(&calls[0]).err(), Some(Refusal::Stopped));
    let seen: Vec<DeskEvent> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    assert!(seen.contains(&DeskEvent::StopAll), "{seen:?}");
    assert_eq!(desk.figures().live, 3, "calls go on");
    wait("what was recorded is closed", || sealed(&vault).len() == 3);
    drop((tapes, desk, vault));
    let (desk, _vault) = place.desk();
    let stop = desk.stopped().unwrap();
    assert_eq!((stop.by.as_str(), stop.why.as_str()), ("anna", "the authority asked for it"));
    let call = desk.call_began(new_call(9));
    yes(&desk, &call, &["quality"]);
    assert_eq!(desk.tape(&call).err(), Some(Refusal::Stopped));
    desk.resume_recording("bo").unwrap();
    assert!(desk.tape(&call).is_ok());
    let log = place.ask("SELECT change, switched_by, why FROM switch");
    assert_eq!(log, ["stopped|anna|the authority asked for it", "resumed|bo|"]);
}

#[test]
fn the_kill_switch_works_from_another_process_and_with_touch_alone() {
    let place = Place::new();
    let (desk, _vault) = place.desk();
    let recording = |n| {
        let call = desk.call_began(new_call(n));
        yes(&desk, &call, &["quality"]);
        let tape = desk.tape(&call).unwrap();
        (call, tape)
    };
    let (call, mut tape) = recording(1);
    desk::stop(place.path(), "cli", "drill", place.time.now()).unwrap();
    // Also before anybody has looked: the key is what asks.
    let next = desk.call_began(new_call(2));
    yes(&desk, &next, &["quality"]);
    assert_eq!(desk.tape(&next).err(), Some(Refusal::Stopped));
    wait("the tape stops", || tape.chunk(&chunk(1)) == Err(TapeError::Stopped));
    desk::resume(place.path()).unwrap();
    wait("the stop is over", || desk.stopped().is_none());
    wait("it can be recorded again", || desk.tape(&call).is_ok());
    std::fs::write(place.path().join(STOP_FILE), "").unwrap();
    assert!(desk.stopped().unwrap().why.contains("says nothing more"));
    wait("it stops again", || desk.figures().recording == 0);
}

#[test]
fn a_call_without_a_database_has_an_id_and_no_consent() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let keep = place.path().join("kept.db");
    std::fs::rename(place.path().join("calls.db"), &keep).unwrap();
    let call = desk.call_began(new_call(1));
    assert_eq!(desk.find("call-1@127.0.0.1"), Some(call.clone()));
    let refused = desk.decide(&call, &[answer("quality", true, How::Key('1'))]);
    assert!(refused.unwrap_err().to_string().contains("was removed or replaced"));
    assert_eq!(desk.tape(&call).err(), Some(Refusal::NoConsent));
    // The file comes back, and so does everything else.
    std::fs::rename(&keep, place.path().join("calls.db")).unwrap();
    yes(&desk, &call, &["quality"]);
    drop(desk.tape(&call).unwrap());
    wait("an empty recording is closed", || sealed(&vault).len() == 1);
    desk.call_ended(&call, Ended::Answered);
    assert_eq!(place.ask("SELECT outcome FROM call"), ["answered"]);
}

#[test]
fn many_calls_at_once_each_get_their_own_sound() {
    let place = Place::new();
    let mut config = place.config();
    config.writers = 2;
    let (desk, vault) = place.desk_with(config);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let desk: &Desk = &desk;
            scope.spawn(move || {
                let call = desk.call_began(new_call(n));
                yes(desk, &call, &["quality"]);
                let mut tape = desk.tape(&call).unwrap();
                for _ in 0..5 {
                    tape.chunk(&chunk(n as u8)).unwrap();
                    std::thread::sleep(Duration::from_millis(2));
                }
                if n % 4 == 0 {
                    desk.withdraw(&call, None, How::Key('9')).unwrap();
                }
                desk.call_ended(&call, Ended::Answered);
            });
        }
    });
    wait("six are closed", || sealed(&vault).len() == 6);
    let mut levels = Vec::new();
    for id in sealed(&vault) {
        let mut reader = vault.read(&id).unwrap();
        assert_eq!(reader.chunks(), 5);
        let level = reader.chunk(0).unwrap()[1];
        assert!((0..5).all(|n| *reader.chunk(n).unwrap() == chunk(level)));
        levels.push(level);
    }
    levels.sort_unstable();
    assert_eq!(levels, [1, 2, 3, 5, 6, 7]);
    assert_eq!(place.ask("SELECT via, count(*) FROM call GROUP BY 1"), ["front|8"]);
    let (_, id) = recorded(&desk, &vault, 50, &["quality"], 3);
    assert_eq!(vault.read(&id).unwrap().chunks(), 3);
}

#[test]
fn closing_waits_until_all_is_written() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    (0..40).for_each(|n| tape.chunk(&chunk(n)).unwrap());
    place.time.pass(0, 2);
    assert!(desk.close(Duration::from_secs(20)));
    let id = sealed(&vault)[0];
    assert_eq!(vault.read(&id).unwrap().chunks(), 40);
    assert_eq!(tape.chunk(&chunk(1)), Err(TapeError::Stopped));
    drop((tape, desk, vault));
    // The call was not ended: the next start ends it where the desk was last alive.
    let (_desk, _vault) = place.desk();
    let ended = place.ask("SELECT outcome, substr(ended_at, 1, 16) FROM call");
    assert_eq!(ended, ["crashed|2026-11-22T10:32"]);
}

/// What a recording lacks stands with it, is told to whoever hears or takes it out, and goes with evidence.
#[test]
fn a_recording_with_holes_says_so() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    tape.missing(1480);
    // A second consent: another recording, which lacks only what was missing since.
    yes(&desk, &call, &["training"]);
    tape.chunk(&chunk(2)).unwrap();
    tape.chunk(&chunk(3)).unwrap();
    tape.missing(20);
    tape.finish();
    desk.call_ended(&call, Ended::Answered);
    wait("they are closed", || sealed(&vault).len() == 2);
    let sql = "SELECT ending, missing_ms FROM recording ORDER BY began_at, missing_ms DESC";
    wait("it is noted", || place.ask(sql) == ["ended|1480", "ended|20"]);
}
