//! Who may hear what, that it is logged first, and that what they hear is what was said.

use std::sync::Arc;

use frist_calls::consent::How;
use frist_calls::desk::{Desk, Ended, Remains};
use frist_calls::listen::{self, Denied, Filter, Listening};
use frist_calls::principal::{Principal, Role};
use frist_calls::tape::{CHUNK_PCM, alaw};
use frist_vault::ObjectId;

use crate::kit::{Place, chunk, fact, new_call, principal, recorded, rules, sealed, wait, yes};

const WHY: &str = "coaching with Anna";

fn anna() -> Principal {
    principal("anna", &[], &["quality"])
}

fn open(
    desk: &Desk,
    who: &Principal,
    id: &ObjectId,
    purpose: &str,
    why: &str,
) -> Result<Listening, Denied> {
    listen::open(desk, &rules(), who, id, purpose, why)
}

fn all(listening: &mut Listening, from: u64, end: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while from + (out.len() as u64) < end.min(listening.len()) {
        let piece = listening.piece(from + out.len() as u64, end).unwrap();
        assert!(!piece.is_empty());
        out.extend_from_slice(&piece);
    }
    out
}

#[test]
fn what_is_heard_is_what_was_said_from_any_byte_on() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let (call, id) = recorded(&desk, &vault, 1, &["quality"], 4);
    let mut listening = open(&desk, &anna(), &id, "quality", WHY).unwrap();
    assert_eq!(listening.len(), 44 + 4 * CHUNK_PCM as u64);
    assert_eq!(listening.milliseconds(), 2000);
    let end = listening.len();
    let whole = all(&mut listening, 0, end);
    let mut reader = hound::WavReader::new(std::io::Cursor::new(&whole)).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8000, 16));
    for (n, sample) in reader.samples::<i16>().enumerate() {
        assert_eq!(sample.unwrap(), alaw((n / 8000) as u8), "sample {n}");
    }
    for (from, to) in
        [(0, 1), (43, 45), (1000, 1001), (16_040, 16_050), (16_044, 32_044), (end - 1, end)]
    {
        assert_eq!(all(&mut listening, from, to), whole[from as usize..to as usize], "{from}-{to}");
    }
    assert!(listening.piece(end, end + 9).unwrap().is_empty());
    // Nothing of it is on disk in plain.
    assert!(crate::kit::objects(place.path()).len() == 1);
    let log = place.ask(
        "SELECT principal, purpose, reason, recording_id, call_id, act, refused FROM listening",
    );
    assert_eq!(log, [format!("anna|quality|{WHY}|{id}|{call}|listen|-")]);
}

#[test]
fn only_those_named_with_a_reason_and_for_what_was_consented_to() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let (_, id) = recorded(&desk, &vault, 1, &["quality"], 1);
    let both = principal("bo", &[], &["quality", "training"]);
    let dpo = principal("dpo", &[Role::Dpo], &[]);
    let nobody = ObjectId::random().unwrap();
    for (who, id, purpose, why, says) in [
        (&dpo, &id, "quality", WHY, "is not named for listening"),
        (&anna(), &id, "training", WHY, "is not named for listening"),
        (&both, &id, "training", WHY, "did not consent to `training`"),
        (&both, &id, "quality", "", "say in a few words why"),
        (&both, &id, "quality", "n/a", "say in a few words why"),
        (&both, &nobody, "quality", WHY, "there is no recording"),
        (&both, &id, "evidence", WHY, "is not named for listening"),
    ] {
        let refused = open(&desk, who, id, purpose, why).err().unwrap().to_string();
        assert!(refused.contains(says), "{refused}");
    }
    let seen = listen::heard(&desk, &dpo, &Filter::default()).unwrap();
    assert_eq!(seen.len(), 7, "refusals are logged as well");
    assert!(seen.iter().all(|line| line.refused.is_some()));
    assert!(listen::heard(&desk, &both, &Filter::default()).is_err());
    open(&desk, &both, &id, "quality", "=HYPERLINK(\"x\"), \"said\"").unwrap();
    let mine = Filter { recording: Some(id), limit: Some(1), ..Filter::default() };
    let seen = listen::heard(&desk, &dpo, &mine).unwrap();
    assert_eq!((seen.len(), seen[0].refused.as_deref()), (1, None));
    let csv = listen::csv(&seen);
    assert!(csv.starts_with("at,principal,purpose,reason,recording,call,act,refused\r\n"), "{csv}");
    assert!(csv.contains(",bo,quality,\"'=HYPERLINK(\"\"x\"\"), \"\"said\"\"\","), "{csv}");
    let after = Filter {
        since: Some(place.time.now() + jiff::SignedDuration::from_hours(1)),
        ..Filter::default()
    };
    assert!(listen::heard(&desk, &dpo, &after).unwrap().is_empty());
}

#[test]
fn without_a_log_nothing_is_played() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let (_, id) = recorded(&desk, &vault, 1, &["quality"], 1);
    std::fs::remove_file(place.path().join("calls.db")).unwrap();
    let refused = open(&desk, &anna(), &id, "quality", WHY).err().unwrap();
    assert!(matches!(refused, Denied::NoLog(_)), "{refused}");
}

#[test]
fn a_live_call_is_not_played() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let call = desk.call_began(new_call(1));
    yes(&desk, &call, &["quality"]);
    let mut tape = desk.tape(&call).unwrap();
    tape.chunk(&chunk(1)).unwrap();
    let id = vault.list("recording", None, 1).unwrap()[0].id;
    assert!(matches!(open(&desk, &anna(), &id, "quality", WHY), Err(Denied::Live)));
    drop(tape);
    desk.call_ended(&call, Ended::Answered);
    wait("it is closed", || sealed(&vault).len() == 1);
    assert!(open(&desk, &anna(), &id, "quality", WHY).is_ok());
}

/// Each of these makes a recording silent for those who listen, also in the middle.
#[test]
fn what_ends_a_recording_ends_the_stream() {
    type Act = fn(&Place, &Desk, &frist_calls::desk::CallId);
    let acts: [(&str, Act); 3] = [
        ("there is no recording", |_, desk, call| {
            desk.withdraw(call, None, How::Api { who: "dpo".into() }).unwrap();
        }),
        ("time is up", |place, _, _| place.time.pass(96, 1)),
        ("is stopped", |_, desk, _| desk.stop_recording("bo", "drill").unwrap()),
    ];
    for (says, act) in acts {
        let place = Place::new();
        let (desk, vault) = place.desk();
        let (call, id) = recorded(&desk, &vault, 1, &["quality"], 3);
        place.time.pass(95, 58);
        let mut listening = open(&desk, &anna(), &id, "quality", WHY).unwrap();
        assert!(!listening.piece(44, u64::MAX).unwrap().is_empty());
        act(&place, &desk, &call);
        let refused = listening.piece(44, u64::MAX).unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
        let refused = open(&desk, &anna(), &id, "quality", WHY).err().unwrap().to_string();
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn each_purpose_has_its_own_time_and_its_own_withdrawal() {
    let place = Place::new();
    let mut config = place.config();
    config.on_withdrawal = Remains::Keep;
    let (desk, vault) = place.desk_with(config);
    let (call, id) = recorded(&desk, &vault, 1, &["quality", "training"], 1);
    let bo = principal("bo", &[], &["quality", "training"]);
    place.time.pass(97, 0);
    // The recording stays for training; for quality its time is up.
    let refused = open(&desk, &bo, &id, "quality", WHY).err().unwrap();
    assert!(refused.to_string().contains("does not keep the recording for `quality`"), "{refused}");
    assert!(open(&desk, &bo, &id, "training", WHY).is_ok());
    desk.withdraw(&call, Some("training"), How::Api { who: "dpo".into() }).unwrap();
    assert!(fact(&vault, &id, "withdrawn_training").is_some());
    assert!(matches!(open(&desk, &bo, &id, "training", WHY), Err(Denied::Withdrawn(_))));
}

#[test]
fn the_rule_speaks_of_recordings_as_the_store_does() {
    let rules = Arc::clone(&rules());
    let facts = |list: &[(&str, &str)]| -> Vec<(String, Option<String>)> {
        let names = [
            "started_at",
            "ended_at",
            "given_quality",
            "withdrawn_quality",
            "given_training",
            "withdrawn_training",
        ];
        names
            .map(|n| {
                let value = list.iter().find(|(name, _)| *name == n).map(|(_, v)| (*v).to_owned());
                (n.to_owned(), value)
            })
            .to_vec()
    };
    let at = |text: &str| text.parse().unwrap();
    let given = ("given_quality", "2026-11-22T10:30:00Z");
    let ended = ("ended_at", "2026-11-22T10:40:00Z");
    let outcome = |list: &[(&str, &str)], t| rules.recordings.outcome(&facts(list), at(t)).word();
    assert_eq!(outcome(&[given], "2027-11-22T10:30:00Z"), "keep", "while it is live");
    assert_eq!(outcome(&[given, ended], "2026-11-26T10:39:59Z"), "keep");
    assert_eq!(outcome(&[given, ended], "2026-11-26T10:40:00Z"), "due", "96 hours");
    let until = rules.recordings.due_after(&facts(&[given, ended]), at("2026-11-22T11:00:00Z"));
    assert_eq!(until, Some(at("2026-11-26T10:40:00Z")));
    assert_eq!(rules.recordings.due_after(&facts(&[given]), at("2026-11-22T11:00:00Z")), None);
}
