//! What the routes do.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::house::House;

fn consent(purpose: &str, granted: bool) -> String {
    json!({
        "answers": [{ "purpose": purpose, "granted": granted }],
        "text_id": "contact-centre", "text_version": "2026-11", "language": "da",
    })
    .to_string()
}

#[test]
fn consent_comes_by_call_id_and_names_what_was_heard() {
    let house = House::new();
    let call = house.call("abc@sbc.example");
    let at = "/v1/calls/abc%40sbc.example/consent";
    let told = house.ask("machine", "POST", at, &consent("quality", true));
    assert_eq!(
        (told.status, told.json()["granted"].clone()),
        (200, json!(["quality"])),
        "{}",
        told.text()
    );
    assert!(house.desk.consent(&call).allows("quality"));
    assert_eq!(house.ask("machine", "POST", at, &consent("threats", true)).status, 422);
    let unheard = consent("training", true).replace("2026-11", "1999");
    assert_eq!(house.ask("machine", "POST", at, &unheard).status, 422);
    assert!(!house.desk.consent(&call).allows("training"));
    let one = house.ask("agent", "GET", &format!("/v1/calls/{call}"), "");
    assert!(!one.text().contains("12345678"), "no telephone number: {}", one.text());
    assert_eq!(one.json()["consent"][0]["decision"], "granted");
    assert_eq!(house.ask("agent", "POST", "/v1/calls/abc%40sbc.example/withdraw", "").status, 204);
    assert!(!house.desk.consent(&call).is_live());
    // What was taken back counts again only when the caller is asked anew.
    assert_eq!(house.ask("machine", "POST", at, &consent("quality", true)).status, 409);
    assert_eq!(house.ask("agent", "POST", "/v1/calls/unknown/withdraw", "").status, 404);
}

#[test]
fn a_call_is_named_by_either_half_of_its_session_id_during_and_after() {
    let house = House::new();
    let halves = ["ab30317f1a784dc48ff824d0d3715d86", "47755a9de7794ba387653f2099600ef2"];
    let call = house.desk.call_began(frist_calls::desk::NewCall {
        sip_call_id: "named@sbc.example".to_owned(),
        session_id: Some(format!("{};remote={}", halves[0], halves[1])),
        caller: "+4512345678".to_owned(),
        callee: "70101010".to_owned(),
        language: "da".to_owned(),
        via: frist_calls::desk::Via::Siprec,
    });
    // 32 digits, as our own ids are: it must not be taken for one of those.
    let at = format!("/v1/calls/{}/consent", halves[1]);
    let told = house.ask("machine", "POST", &at, &consent("quality", true));
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(house.desk.consent(&call).allows("quality"));
    let withdraw = format!("/v1/calls/{}/withdraw", halves[0]);
    assert_eq!(house.ask("machine", "POST", &withdraw, "").status, 204);
    assert!(!house.desk.consent(&call).is_live());
    house.desk.call_ended(&call, frist_calls::desk::Ended::Answered);
    let dashed = "47755A9D-E779-4BA3-8765-3F2099600EF2";
    for name in [halves[0], halves[1], dashed, "named%40sbc.example", call.as_str()] {
        let one = house.ask("supervisor", "GET", &format!("/v1/calls/{name}"), "");
        assert_eq!((one.status, one.json()["id"].as_str()), (200, Some(call.as_str())), "{name}");
    }
    let nobody = "/v1/calls/00000000000000000000000000000001";
    assert_eq!(house.ask("supervisor", "GET", nobody, "").status, 404);
}

#[test]
fn listening_streams_with_ranges_and_is_seen() {
    let house = House::new();
    let (call, recording) = house.recorded("listen@test", &["quality"], 6);
    let at = |purpose: &str, reason: &str| {
        format!("/v1/recordings/{recording}/audio?purpose={purpose}&reason={reason}")
    };
    let good = at("quality", "Kvalitetssamtale%20med%20Anna");
    let whole = house.ask("listener", "GET", &good, "");
    assert_eq!(whole.status, 200, "{}", whole.text());
    assert_eq!(whole.headers["content-type"], "audio/wav");
    assert_eq!(whole.headers["cache-control"], "no-store");
    assert_eq!(whole.body.len(), 44 + 3 * 8000 * 4, "three seconds of 16-bit stereo");
    let part = |range: &str| {
        let token = Some(house.tokens["listener"].as_str());
        house.with(token, "GET", &good, "", &[("range", range)])
    };
    let middle = part("bytes=40-20000");
    assert_eq!((middle.status, &middle.body[..]), (206, &whole.body[40..=20000]));
    assert_eq!(middle.headers["content-range"], format!("bytes 40-20000/{}", whole.body.len()));
    assert_eq!(part("bytes=-10").body, whole.body[whole.body.len() - 10..]);
    assert_eq!(part("bytes=999999-").status, 416);
    // Not without a reason, not for another purpose, not by somebody else.
    assert_eq!(house.ask("listener", "GET", &at("quality", "x"), "").status, 422);
    assert_eq!(house.ask("listener", "GET", &at("training", "Kvalitetssamtale"), "").status, 403);
    assert_eq!(house.ask("dpo", "GET", &good, "").status, 403);
    let lines = house.ask("dpo", "GET", "/v1/listenings", "").json();
    let lines = lines["listenings"].as_array().unwrap();
    // The range that was refused was logged before it was looked at: it could have been heard.
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert_eq!(lines[5]["reason"], "Kvalitetssamtale med Anna");
    assert_eq!(lines[5]["principal"], "listener");
    assert!(lines[0]["refused"].is_string());
    let vcon = house.ask("listener", "GET", &good.replace("/audio", "/vcon"), "");
    assert_eq!((vcon.status, frist_calls::vcon::check(&vcon.json())), (200, Vec::new()));
    // 96 hours later, without any sweep, it cannot be played.
    house.pass(97);
    assert_eq!(house.ask("listener", "GET", &good, "").status, 410);
    assert_eq!(house.ask("listener", "GET", &good.replace("/audio", "/vcon"), "").status, 410);
    let known = house.ask("listener", "GET", &format!("/v1/calls/{call}"), "").json();
    assert_eq!(known["recordings"][0]["id"], json!(recording));
}

#[test]
fn evidence_wants_everything_and_two_persons() {
    let house = House::new();
    let (call, recording) = house.recorded("threat@test", &["quality"], 4);
    let flag = format!("/v1/calls/{call}/flag");
    assert_eq!(house.ask("agent", "POST", &flag, "{\"why\":\"Trussel mod mig\"}").status, 204);
    let at = format!("/v1/recordings/{recording}/transfer");
    let body = json!({
        "grounds": "Trusler mod en medarbejder", "legal_basis": "straffeloven § 119",
        "matter": "J-2026-14", "keep_until": "2027-11-22",
    });
    for field in ["grounds", "legal_basis", "matter", "keep_until"] {
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(field);
        let told = house.ask("evidence", "POST", &at, &less.to_string());
        assert_eq!(told.status, 422, "without {field}: {}", told.text());
    }
    let mut long = body.clone();
    long["keep_until"] = json!("2032-01-01");
    assert_eq!(
        house.ask("evidence", "POST", &at, &long.to_string()).status,
        422,
        "over five years"
    );
    let asked = house.ask("evidence", "POST", &at, &body.to_string());
    assert_eq!(
        (asked.status, asked.json()["status"].clone()),
        (202, json!("asked")),
        "{}",
        asked.text()
    );
    let approve = format!("/v1/transfers/{}/approve", asked.json()["id"].as_str().unwrap());
    assert_eq!(house.ask("evidence", "POST", &approve, "").status, 403, "the same person");
    let done = house.ask("second", "POST", &approve, "");
    assert_eq!(
        (done.status, done.json()["status"].clone()),
        (200, json!("done")),
        "{}",
        done.text()
    );
    assert!(done.json()["ledger_entry"].is_u64());
    assert_eq!(house.ask("second", "POST", &approve, "").status, 404, "twice");
    let all = house.ask("dpo", "GET", "/v1/transfers", "").json();
    assert_eq!(all["transfers"].as_array().unwrap().len(), 1);
    // The evidence is heard by those who may, also when the original's time is up.
    house.pass(97);
    let copy = done.json()["copy"].as_str().unwrap().to_owned();
    let hear = format!("/v1/recordings/{copy}/audio?purpose=evidence&reason=J-2026-14");
    assert_eq!(house.ask("evidence", "GET", &hear, "").body.len(), 44 + 2 * 8000 * 4);
    assert_eq!(house.ask("listener", "GET", &hear, "").status, 403);
}

#[test]
fn the_kill_switch_and_the_figures() {
    let house = House::new();
    let call = house.call("kill@test");
    house.ask("machine", "POST", "/v1/calls/kill@test/consent", &consent("quality", true));
    let tape = house.desk.tape(&call).unwrap();
    assert_eq!(house.ask("supervisor", "GET", "/v1/figures", "").json()["desk"]["recording"], 1);
    assert_eq!(
        house.ask("supervisor", "POST", "/v1/recording/stop", "{\"why\":\"påbud\"}").status,
        200
    );
    let figures = house.ask("dpo", "GET", "/v1/figures", "").json();
    assert_eq!((&figures["desk"]["recording"], &figures["desk"]["live"]), (&json!(0), &json!(1)));
    assert_eq!(figures["stop"]["by"], "supervisor");
    drop(tape);
    assert!(house.desk.tape(&call).is_err());
    let metrics = house.ask("machine", "GET", "/metrics", "");
    assert!(metrics.headers["content-type"].starts_with("text/plain; version=0.0.4"));
    let text = metrics.text();
    for line in [
        "frist_recording_stopped 1",
        "frist_calls_live 1",
        "frist_consent_granted_total{purpose=\"quality\"} 1",
        "# TYPE frist_calls_total counter",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
    }
    assert_eq!(house.ask("supervisor", "POST", "/v1/recording/start", "").status, 200);
    assert!(house.desk.tape(&call).is_ok());
}

#[test]
fn whoever_sends_slowly_or_too_much_is_cut_off() {
    let house = House::new();
    let token = &house.tokens["agent"];
    let mut slow = std::net::TcpStream::connect(house.addr()).unwrap();
    write!(slow, "POST /v1/calls/x/flag HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    let mut headless = std::net::TcpStream::connect(house.addr()).unwrap();
    write!(headless, "GET /healthz HTTP/1.1\r\nHo").unwrap();
    let began = Instant::now();
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    let mut rest = Vec::new();
    headless.read_to_end(&mut rest).unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(house.ask("agent", "GET", "/healthz", "").status, 200);
}

#[test]
fn recordings_of_another_system_come_in_while_the_server_runs() {
    let house = House::new();
    let failed = house.ask("supervisor", "POST", "/v1/import", "").json();
    assert_eq!(failed["what"], "failed", "there is no such folder yet: {failed}");
    let folder = house.dir().join("incoming");
    std::fs::create_dir(&folder).unwrap();
    for name in ["a", "b"] {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(folder.join(format!("{name}.wav")), spec).unwrap();
        (0..8000_i32).for_each(|n| wav.write_sample((n % 200 * 50) as i16).unwrap());
        wav.finalize().unwrap();
    }
    let beside = json!({
        "caller": "+4570101010", "callee": "+4570202020", "started_at": "2026-11-21T10:00:00Z", "language": "da",
        "consent": [{ "purpose": "quality", "granted": true, "at": "2026-11-21T09:59:48Z", "key": "1",
            "text_id": "contact-centre", "text_version": "2026-11" }],
    });
    std::fs::write(folder.join("a.json"), beside.to_string()).unwrap();
    let take = || -> Vec<serde_json::Value> {
        let told = house.ask("supervisor", "POST", "/v1/import", "");
        assert_eq!(told.status, 200, "{}", told.text());
        told.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let told = take();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["file"], &told[0]["what"]), (&json!("a.wav"), &json!("imported")));
    assert_eq!(told[1]["what"], "refused");
    assert!(told[1]["why"].as_str().unwrap().contains("no proof of consent"), "{told:?}");
    assert_eq!(take()[0]["what"], "already");
    let recording = told[0]["recording"].as_str().unwrap();
    let heard = format!("/v1/recordings/{recording}/audio?purpose=quality&reason=Kvalitetssikring");
    assert_eq!(house.ask("listener", "GET", &heard, "").status, 200);
    // Its time is the call's: it ends 96 hours after that, not after the import.
    house.pass(73);
    assert_ne!(house.ask("listener", "GET", &heard, "").status, 200);
}
