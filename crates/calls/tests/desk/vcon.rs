//! vCon out and in, and recordings with a plain JSON file beside them.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use frist_calls::consent::How;
use frist_calls::desk::{Desk, Ended};
use frist_calls::listen::Denied;
use frist_calls::principal::{Principal, Role};
use frist_calls::vcon::{self, ExportError, Folder, Imported, NotImported, Sound, check};
use frist_vault::ObjectId;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::kit::{Place, answer, chunk, fact, new_call, principal, rules, sealed, wait};

const WHY: &str = "request of access, case 12";

fn bo() -> Principal {
    principal("bo", &[Role::Operator], &["quality"])
}

/// A call with a yes, a no, and a yes that was taken back.
fn a_call(desk: &Desk, vault: &frist_vault::Vault) -> ObjectId {
    let call = desk.call_began(new_call(1));
    let said = [answer("quality", true, How::Key('1')), answer("training", true, How::Key('1'))];
    desk.decide(&call, &said).unwrap();
    desk.call_bridged(&call, "sip:anna@127.0.0.1");
    let mut tape = desk.tape(&call).unwrap();
    (0..3).for_each(|n| tape.chunk(&chunk(n)).unwrap());
    desk.withdraw(&call, Some("training"), How::Key('9')).unwrap();
    tape.finish();
    desk.call_ended(&call, Ended::Answered);
    wait("it is closed", || sealed(vault).len() == 1);
    sealed(vault)[0]
}

fn inline(desk: &Desk, id: &ObjectId) -> Result<Value, ExportError> {
    let mut out = Vec::new();
    vcon::export(desk, &rules(), &bo(), id, "quality", WHY, Sound::Inline, &mut out)?;
    Ok(serde_json::from_slice(&out).unwrap())
}

#[test]
fn a_vcon_has_the_sound_the_consent_and_the_key_press() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let id = a_call(&desk, &vault);
    let v = inline(&desk, &id).unwrap();
    assert_eq!(check(&v), Vec::<String>::new());
    assert_eq!(v["uuid"].as_str().unwrap().as_bytes()[14], b'8');
    assert_eq!(v["extensions"], json!(["lawful_basis"]));
    assert_eq!(v["parties"][0], json!({ "tel": "+4570101001", "type": "caller" }));
    assert_eq!(v["parties"][1], json!({ "sip": "sip:anna@127.0.0.1", "type": "agent" }));
    let dialog = &v["dialog"][0];
    assert_eq!(
        (dialog["type"].as_str(), dialog["duration"].as_f64()),
        (Some("recording"), Some(1.5))
    );
    assert_eq!(dialog["parties"], json!([0, 1]));
    let wav = URL_SAFE_NO_PAD.decode(dialog["body"].as_str().unwrap()).unwrap();
    let hash = URL_SAFE_NO_PAD.encode(Sha512::digest(&wav));
    assert_eq!(dialog["content_hash"], format!("sha512-{hash}"));
    let reader = hound::WavReader::new(&wav[..]).unwrap();
    assert_eq!((reader.spec().channels, reader.duration()), (2, 3 * 4000));
    let history = dialog["party_history"].as_array().unwrap();
    let keys: Vec<&str> = history.iter().map(|e| e["button"].as_str().unwrap()).collect();
    assert_eq!(keys, ["1", "1", "9"]);
    assert!(history.iter().all(|e| e["event"] == "keydown" && e["party"] == 0));
    let basis = &v["attachments"][0];
    assert_eq!((&basis["purpose"], &basis["encoding"]), (&json!("lawful_basis"), &json!("json")));
    assert_eq!(basis["body"]["lawful_basis"], "consent");
    let grants = basis["body"]["purpose_grants"].as_array().unwrap();
    assert_eq!(grants.len(), 2);
    assert_eq!(grants[0]["purpose"], "quality");
    assert_eq!(grants[0]["granted"], true);
    let proof = &basis["body"]["proof_mechanisms"][0];
    assert_eq!(proof["proof_type"], "external_system");
    assert_eq!(proof["proof_data"]["key_pressed"], "1");
    assert_eq!(proof["proof_data"]["text_version"], "3");
    // The register's 96 hours from the end.
    assert!(basis["body"]["expiration"].as_str().unwrap().starts_with("2026-11-26T10:30"));
    let withdrawn = &v["attachments"][1]["body"]["purpose_grants"][0];
    assert_eq!((&withdrawn["purpose"], &withdrawn["granted"]), (&json!("training"), &json!(false)));
    // The same recording is the same vCon; each export is in the log.
    assert_eq!(inline(&desk, &id).unwrap()["uuid"], v["uuid"]);
    assert_eq!(place.ask("SELECT act, count(*) FROM listening GROUP BY 1"), ["export|2"]);
}

#[test]
fn the_sound_can_lie_beside_and_what_may_not_be_heard_may_not_leave() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let id = a_call(&desk, &vault);
    let (mut wav, mut out) = (Vec::new(), Vec::new());
    let url = "https://example.org/r.wav".to_owned();
    let sound = Sound::Beside { url: url.clone(), wav: &mut wav };
    vcon::export(&desk, &rules(), &bo(), &id, "quality", WHY, sound, &mut out).unwrap();
    let v: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(check(&v), Vec::<String>::new());
    assert_eq!(v["dialog"][0]["url"], url);
    assert!(v["dialog"][0].get("body").is_none());
    let hash = URL_SAFE_NO_PAD.encode(Sha512::digest(&wav));
    assert_eq!(v["dialog"][0]["content_hash"], format!("sha512-{hash}"));
    let export = |who: &Principal, purpose: &str, url: &str| {
        let sound = Sound::Beside { url: url.to_owned(), wav: &mut Vec::new() };
        vcon::export(&desk, &rules(), who, &id, purpose, WHY, sound, &mut std::io::sink())
    };
    assert!(matches!(export(&bo(), "quality", "http://example.org/r.wav"), Err(ExportError::Url)));
    let refused = export(&bo(), "training", &url);
    assert!(matches!(refused, Err(ExportError::Denied(Denied::NotNamed { .. }))));
    place.time.pass(97, 0);
    assert!(matches!(export(&bo(), "quality", &url), Err(ExportError::Denied(Denied::Over(_)))));
}

#[test]
fn the_check_finds_what_is_wrong() {
    let good = json!({
        "uuid": "0191d2f0-1111-8222-8333-444455556666", "created_at": "2026-11-22T10:00:00Z",
        "parties": [{ "tel": "+4570101010" }, {}],
        "dialog": [{ "type": "recording", "start": "2026-11-22T10:00:00Z", "parties": [0, 1],
            "mediatype": "audio/x-wav", "body": "AA", "encoding": "base64url",
            "party_history": [{ "party": 0, "time": "2026-11-22T10:00:00Z", "event": "keydown", "button": "1" }] }],
        "attachments": [{ "start": "2026-11-22T10:00:00Z", "party": 0, "dialog": 0, "purpose": "x",
            "encoding": "json", "body": {} }]
    });
    assert_eq!(check(&good), Vec::<String>::new());
    for (place, value, says) in [
        ("/uuid", json!("4711"), "/uuid: is no UUID"),
        ("/created_at", json!("yesterday"), "/created_at: is no RFC 3339"),
        ("/parties/0/tel", json!(4570101010_u64), "/parties/0/tel: is no string"),
        ("/dialog/0/type", json!("call"), "/dialog/0/type: is none of"),
        ("/dialog/0/start", json!(null), "/dialog/0/start: is no RFC 3339"),
        ("/dialog/0/parties", json!([0, 2]), "/dialog/0/parties/1: names nothing"),
        ("/dialog/0/encoding", json!("base64"), "/dialog/0/encoding: is none of"),
        ("/dialog/0/party_history/0/event", json!("press"), "/event: is none of"),
        ("/dialog/0/party_history/0/party", json!(-1), "/party: names nothing"),
        ("/attachments/0/dialog", json!(1), "/attachments/0/dialog: names nothing"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let wrong = check(&bad);
        assert!(wrong.len() == 1 && wrong[0].contains(says), "{place}: {wrong:?}");
    }
    for (place, name, says) in [
        ("", "uuid", "/uuid: is missing"),
        ("", "created_at", "/created_at: is missing"),
        ("/dialog/0", "mediatype", "/dialog/0/mediatype: is missing"),
        ("/dialog/0/party_history/0", "button", "/button: is missing"),
        ("/attachments/0", "start", "/attachments/0/start: is missing"),
        ("/attachments/0", "party", "/attachments/0/party: is missing"),
    ] {
        let mut bad = good.clone();
        bad.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name);
        let wrong = check(&bad);
        assert!(wrong.len() == 1 && wrong[0].contains(says), "{place}/{name}: {wrong:?}");
    }
    let mut twice = good.clone();
    twice["dialog"][0]["url"] = json!("http://example.org");
    assert_eq!(check(&twice).len(), 3, "{:?}", check(&twice));
    assert_eq!(check(&json!([])).len(), 1);
}

/// A file of 16-bit samples of one channel.
fn wav(path: &Path, seconds: u32, level: i16) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    (0..8000 * seconds).for_each(|n| writer.write_sample(level + (n % 7) as i16).unwrap());
    writer.finalize().unwrap();
}

fn beside() -> Value {
    json!({ "caller": "+4570101010", "callee": "+4570202020", "agent": "sip:anna@127.0.0.1",
        "started_at": "2026-11-20T10:00:00Z", "language": "da",
        "consent": [{ "purpose": "quality", "granted": true, "at": "2026-11-20T09:59:48Z",
            "key": "1", "text_id": "welcome", "text_version": "3" }] })
}

fn import(place: &Place, desk: &Desk, beside: Option<&Value>) -> Result<Imported, NotImported> {
    let file = place.path().join("in.wav");
    let json = file.with_extension("json");
    match beside {
        Some(value) => fs::write(json, value.to_string()).unwrap(),
        None => drop(fs::remove_file(json)),
    }
    one(place, desk, &bo())
}

/// What became of a file, by its name.
type Became = (String, Result<Imported, NotImported>);

/// Every WAV file of a folder, in their order, and what became of it.
fn all(desk: &Desk, who: &Principal, folder: &Path) -> Result<Vec<Became>, NotImported> {
    let mut done = Vec::new();
    vcon::import(desk, &rules(), who, &Folder(folder.to_owned()), &mut |name, what| {
        done.push((name.to_owned(), what));
        true
    })?;
    Ok(done)
}

/// The place's only WAV file.
fn one(place: &Place, desk: &Desk, who: &Principal) -> Result<Imported, NotImported> {
    let mut done = all(desk, who, place.path())?;
    assert_eq!((done.len(), done[0].0.as_str()), (1, "in.wav"));
    done.remove(0).1
}

#[test]
fn an_import_has_the_time_of_its_call_and_comes_once() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    wav(&place.path().join("in.wav"), 3, 400);
    let Imported::New(id) = import(&place, &desk, Some(&beside())).unwrap() else { panic!("new") };
    assert_eq!(fact(&vault, &id, "started_at").as_deref(), Some("2026-11-20T10:00:00Z"));
    assert_eq!(fact(&vault, &id, "ended_at").as_deref(), Some("2026-11-20T10:00:03Z"));
    assert_eq!(fact(&vault, &id, "given_quality").as_deref(), Some("2026-11-20T09:59:48Z"));
    assert_eq!(fact(&vault, &id, "given_training"), None);
    let due = rules().recordings.due_after(&vault.facts(&id).unwrap(), place.time.now());
    assert_eq!(due, Some(crate::kit::at("2026-11-24T10:00:03Z")), "96 hours from the call");
    assert_eq!(import(&place, &desk, Some(&beside())).unwrap(), Imported::Already);
    assert_eq!(sealed(&vault).len(), 1);
    let call = place.ask("SELECT via, caller, agent, outcome, began_at FROM call");
    assert_eq!(call, ["import|+4570101010|sip:anna@127.0.0.1|answered|2026-11-20T10:00:00Z"]);
    let consent =
        place.ask("SELECT purpose, decision, key_pressed, text_id, decided_at FROM consent");
    assert_eq!(consent, ["quality|granted|1|welcome|2026-11-20T09:59:48Z"]);
    // It can be heard, and taken out again, as any other.
    let v = inline(&desk, &id).unwrap();
    assert_eq!(check(&v), Vec::<String>::new());
    assert_eq!(v["dialog"][0]["start"], "2026-11-20T10:00:00Z");
}

#[test]
fn an_import_without_proof_of_consent_is_refused_and_says_what_is_missing() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    wav(&place.path().join("in.wav"), 1, 0);
    let refused = |value: Option<&Value>| import(&place, &desk, value).unwrap_err().to_string();
    assert!(refused(None).contains("put a `.json` or `.vcon`"), "{}", refused(None));
    for (place, value, says) in [
        ("/consent", json!([]), "nothing was consented to"),
        ("/consent/0/granted", json!(false), "nothing was consented to"),
        ("/consent/0/key", json!("2"), "`quality` lacks how"),
        ("/consent/0/key", json!(null), "`quality` lacks how"),
        ("/consent/0/at", json!(null), "`quality` lacks when (`at`)"),
        ("/consent/0/text_version", json!(" "), "`quality` lacks what was asked"),
        ("/consent/0/purpose", json!("profiling"), "`profiling` is no purpose"),
        ("/consent/0/at", json!("2026-11-20T10:00:01Z"), "after the recording began"),
        ("/started_at", json!("2026-11-22T11:30:00Z"), "ends in the future"),
        ("/started_at", json!("2026-11-18T10:00:00Z"), "after the recording began"),
    ] {
        let mut bad = beside();
        *bad.pointer_mut(place).unwrap() = value;
        let said = refused(Some(&bad));
        assert!(said.contains(says), "{place}: {said}");
    }
    let mut old = beside();
    old["started_at"] = json!("2026-11-18T10:00:00Z");
    old["consent"][0]["at"] = json!("2026-11-18T09:59:00Z");
    assert!(refused(Some(&old)).contains("its time is up already"));
    let mut withdrawn = beside();
    withdrawn["consent"][0]["withdrawn_at"] = json!("2026-11-20T10:00:02Z");
    assert!(refused(Some(&withdrawn)).contains("nothing was consented to"));
    let mut odd = beside();
    odd["consent"][0]["recorded_anyway"] = json!(true);
    assert!(refused(Some(&odd)).contains("says more"));
    fs::write(place.path().join("in.json"), "{ not json").unwrap();
    let said = one(&place, &desk, &bo());
    assert!(said.unwrap_err().to_string().contains("cannot be read at line 1"));
    let nobody = principal("anna", &[Role::Evidence], &["quality"]);
    let said = one(&place, &desk, &nobody);
    assert!(matches!(said, Err(NotImported::Role(_))));
    desk.stop_recording("bo", "drill").unwrap();
    assert!(refused(Some(&beside())).contains("all recording is stopped"));
    assert!(vault.list("recording", None, 10).unwrap().is_empty());
    assert!(place.ask("SELECT id FROM call UNION SELECT record_id FROM consent").is_empty());
}

#[test]
fn what_was_exported_is_imported_elsewhere_for_what_is_still_consented_to() {
    let (from, to) = (Place::new(), Place::new());
    let (desk, vault) = from.desk();
    let id = a_call(&desk, &vault);
    let mut v = inline(&desk, &id).unwrap();
    let (other, others) = to.desk();
    let folder = to.path().join("in");
    fs::create_dir(&folder).unwrap();
    let sound = URL_SAFE_NO_PAD.decode(v["dialog"][0]["body"].as_str().unwrap()).unwrap();
    to.time.pass(0, 5);
    let take = |v: &Value| {
        fs::write(folder.join("a.wav"), &sound).unwrap();
        fs::write(folder.join("a.vcon"), v.to_string()).unwrap();
        fs::write(folder.join("b.wav"), b"RIFF").unwrap();
        let mut done = all(&other, &bo(), &folder).unwrap();
        assert_eq!(done.len(), 2);
        assert!(matches!(done[1].1, Err(NotImported::NoConsent(_))));
        done.remove(0).1
    };
    // Without the key press and without a record of it, a grant alone is no proof.
    let mut bare = v.clone();
    bare["dialog"][0].as_object_mut().unwrap().remove("party_history");
    bare["attachments"][0]["body"].as_object_mut().unwrap().remove("proof_mechanisms");
    let refused = take(&bare).unwrap_err().to_string();
    assert!(refused.contains("`quality` lacks how"), "{refused}");
    v["attachments"][0]["body"]["lawful_basis"] = json!("legitimate_interests");
    assert!(take(&v).unwrap_err().to_string().contains("no proof of consent"));
    v["attachments"][0]["body"]["lawful_basis"] = json!("consent");
    let Imported::New(copy) = take(&v).unwrap() else { panic!("new") };
    assert_eq!(take(&v).unwrap(), Imported::Already);
    assert_eq!(fact(&others, &copy, "given_quality"), fact(&vault, &id, "given_quality"));
    assert_eq!(fact(&others, &copy, "given_training"), None, "withdrawn before it left");
    // A-law through linear and back is the same.
    let sounds = |vault: &frist_vault::Vault, id| vault.read(id).unwrap().content_sha256().unwrap();
    assert_eq!(sounds(&others, &copy), sounds(&vault, &id));
    let how = to.ask("SELECT channel, key_pressed, text_id, text_version FROM consent");
    assert_eq!(how, ["dtmf|1|welcome|3"]);
}

#[test]
fn an_import_that_a_crash_cut_off_is_destroyed_and_comes_anew() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    wav(&place.path().join("in.wav"), 2, 100);
    import(&place, &desk, Some(&beside())).unwrap();
    drop((desk, vault));
    let sql = "UPDATE recording SET ended_at = NULL, ending = NULL";
    rusqlite::Connection::open(place.path().join("calls.db")).unwrap().execute(sql, []).unwrap();
    let (desk, vault) = place.desk();
    assert!(vault.list("recording", None, 10).unwrap().is_empty());
    assert!(place.ask("SELECT id FROM call UNION SELECT record_id FROM consent").is_empty());
    assert!(matches!(import(&place, &desk, Some(&beside())), Ok(Imported::New(_))));
    assert_eq!(sealed(&vault).len(), 1);
}

/// From a real object storage; `crates/vault/tests/swift.sh` starts one.
#[test]
#[ignore = "needs an object storage: FRIST_S3_TEST, FRIST_S3_KEY, FRIST_S3_SECRET"]
fn a_bucket_is_imported() {
    let env = |name: &str| std::env::var(name).ok();
    let need = |name: &str| env(name).unwrap_or_else(|| panic!("{name} is not set"));
    let name = format!("calls-{}", &ObjectId::random().unwrap().to_string()[..12]);
    let endpoint = need("FRIST_S3_TEST").parse().unwrap();
    let bucket = Bucket::new(endpoint, UrlStyle::Path, name.clone(), "us-east-1").unwrap();
    let keys = Credentials::new(need("FRIST_S3_KEY"), need("FRIST_S3_SECRET"));
    let put = |url: &str, bytes: &[u8]| {
        assert!(ureq::put(url).send(bytes).unwrap().status().is_success());
    };
    let minute = std::time::Duration::from_secs(60);
    put(bucket.create_bucket(&keys).sign(minute).as_str(), b"");
    let place = Place::new();
    let (desk, vault) = place.desk();
    let folder = place.path().join("in");
    fs::create_dir(&folder).unwrap();
    // With a space and a letter that URLs encode.
    wav(&folder.join("a.wav"), 3, 400);
    fs::write(folder.join("a.json"), beside().to_string()).unwrap();
    for (file, at) in [
        ("a.wav", "2026/opkald æ.wav"),
        ("a.json", "2026/opkald æ.json"),
        ("a.wav", "2026/without.wav"),
        ("a.wav", "2025/another.wav"),
    ] {
        let url = bucket.put_object(Some(&keys), at).sign(minute);
        put(url.as_str(), &fs::read(folder.join(file)).unwrap());
    }
    let import = frist_calls::config::Import::Bucket(frist_vault::S3Config {
        endpoint: need("FRIST_S3_TEST"),
        bucket: name,
        region: "us-east-1".into(),
        prefix: "2026/".into(),
        path_style: true,
        key_env: "FRIST_S3_KEY".into(),
        secret_env: "FRIST_S3_SECRET".into(),
    });
    let mut done = Vec::new();
    let from = vcon::open(&import, &env).unwrap();
    vcon::import(&desk, &rules(), &bo(), &*from, &mut |name, what| {
        done.push((name.to_owned(), what));
        true
    })
    .unwrap();
    assert_eq!(done.len(), 2, "{done:?}");
    assert!(
        matches!(&done[0], (name, Ok(Imported::New(_))) if name == "2026/opkald æ.wav"),
        "{done:?}"
    );
    assert!(matches!(&done[1].1, Err(NotImported::NoConsent(_))), "{done:?}");
    assert_eq!(sealed(&vault).len(), 1);
}

/// By programs that nobody here wrote; see `vcon_others.py`.
#[test]
#[ignore = "needs FRIST_VCON_PYTHON, a Python with the packages vcon (0.10) and jsonschema; FRIST_VCON_SCHEMA names the schema"]
fn others_take_our_vcons_for_vcons() {
    let place = Place::new();
    let (desk, vault) = place.desk();
    let id = a_call(&desk, &vault);
    let whole = inline(&desk, &id).unwrap();
    let mut beside = Vec::new();
    let mut wav = Vec::new();
    let sound = Sound::Beside { url: "https://example.org/a.wav".into(), wav: &mut wav };
    vcon::export(&desk, &rules(), &bo(), &id, "quality", WHY, sound, &mut beside).unwrap();
    let beside: Value = serde_json::from_slice(&beside).unwrap();
    // And what is none, or the validators were not asked.
    let broken = |pointer: &str, value: Value| {
        let mut v = whole.clone();
        *v.pointer_mut(pointer).unwrap() = value;
        v
    };
    let wrong = [
        broken("/dialog/0/parties", json!([0, 7])),
        broken("/attachments/0/body/lawful_basis", json!("because")),
        broken("/attachments/0/encoding", json!("rot13")),
        // Only the schema asks for these.
        broken("/dialog/0/party_history/0/event", json!("whistle")),
        broken("/attachments/0/party", json!("caller")),
    ];
    let asked = if std::env::var_os("FRIST_VCON_SCHEMA").is_some() { 5 } else { 3 };
    let python = std::env::var("FRIST_VCON_PYTHON").expect("FRIST_VCON_PYTHON is a Python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desk/vcon_others.py");
    let mut child = std::process::Command::new(python)
        .arg(script)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    {
        use std::io::Write as _;
        let mut lines = child.stdin.take().unwrap();
        for v in [&whole, &beside].into_iter().chain(&wrong) {
            writeln!(lines, "{v}").unwrap();
        }
    }
    let told = child.wait_with_output().unwrap();
    let said = String::from_utf8(told.stdout).unwrap();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), 7, "{said:?}");
    assert_eq!(said[..2], ["", ""], "ours are in order");
    assert!(said[2..2 + asked].iter().all(|wrong| !wrong.is_empty()), "{said:?}");
}
