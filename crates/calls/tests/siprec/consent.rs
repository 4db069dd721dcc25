//! With and without consent, SIPp as recording client.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use frist_calls::consent::How;
use frist_calls::sip::EndpointConfig;
use frist_calls::siprec::SrsConfig;

use crate::place::{PATIENCE, Place, local, wait_for};
use crate::sound::{Sender, numbers, sockets};
use crate::support::sipp::{self, Running, Sipp};

const ID: &str = "ab30317f1a784dc48ff824d0d3715d86";

/// A recording client with two streams that will come from these ports.
pub fn client(scenario: &str, to: SocketAddr, id: &str, ports: [u16; 2]) -> Sipp {
    let [one, two] = ports.map(|p| p.to_string());
    sipp::caller(scenario, to).key("id", id).key("rtp1", &one).key("rtp2", &two)
}

/// Where the server's 200 says that sound should go.
pub async fn media_ports(client: &Running) -> [SocketAddr; 2] {
    let end = Instant::now() + PATIENCE;
    loop {
        let messages = client.messages();
        let answer = messages.split("SIP/2.0 200").nth(1).unwrap_or_default();
        let ports: Vec<u16> = answer
            .lines()
            .filter_map(|l| l.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok())
            .collect();
        if let [one, two, ..] = ports[..] {
            return [local(one), local(two)];
        }
        assert!(Instant::now() < end, "no answer of the server:\n{messages}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn finish(client: Running) {
    tokio::task::spawn_blocking(move || drop(client.finish())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_the_answer_is_inactive_and_a_client_that_streams_anyway_leaves_no_byte() {
    let place = Place::new().await;
    let mut clients = Vec::new();
    for tcp in [false, true] {
        let (sockets, ports) = sockets();
        let id = format!("{ID}{tcp}");
        let client = client("src_refused", place.addr, &id, ports);
        let client = if tcp { client.tcp() } else { client }.start();
        let to = media_ports(&client).await;
        let sender = Sender::start(sockets, to, None);
        clients.push((client, sender));
    }
    let mut sounds = Vec::new();
    for (client, sender) in clients {
        finish(client).await;
        sounds.extend(sender.sounds());
    }
    assert!(sounds.len() > 160, "the clients streamed: {}", sounds.len());
    place.assert_nothing(&sounds);
    wait_for("the figures", || (place.srs.figures().live == 0).then_some(())).await;
    assert_eq!((place.srs.figures().taken, place.srs.figures().refused), (2, 0));
    wait_for("the count of what was dropped", || {
        (place.figures().dropped_without_consent > 80).then_some(())
    })
    .await;
    assert_eq!(place.desk.figures().live, 0, "the call ended with its recording session");
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_during_the_call_records_from_then_on_and_withdrawal_destroys_it() {
    let place = Place::new().await;
    let (sockets, ports) = sockets();
    let client = client("src_later", place.addr, ID, ports).start();
    let sender = Sender::start(sockets, media_ports(&client).await, None);
    let call = place.call(ID).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    place.assert_nothing(&sender.sounds());
    let granted = Instant::now();
    place.consents(&call);
    wait_for("the recording", || (place.figures().recorded_ms > 900).then_some(())).await;
    assert_eq!(place.recordings().len(), 1);
    let before = place.desk.figures();
    assert_eq!(before.recording, 1);
    // Withdrawn: the key is gone when it returns.
    place.desk.withdraw(&call, None, How::Api { who: "test".to_owned() }).unwrap();
    assert!(place.recordings().is_empty());
    finish(client).await;
    assert!(granted.elapsed() < Duration::from_secs(8));
    wait_for("the object's end", || {
        crate::place::files(&place.dir.path().join("vault/objects")).is_empty().then_some(())
    })
    .await;
    place.assert_nothing(&sender.sounds());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_has_both_legs_as_they_were_sent_and_hold_leaves_no_gap_and_nothing_too_much() {
    let place = Place::new().await;
    let call = place.front(ID);
    place.consents(&call);
    let (sockets, ports) = sockets();
    let client = client("src_hold", place.addr, ID, ports).start();
    let sender = Sender::start(sockets, media_ports(&client).await, None);
    finish(client).await;
    // The call is the front's: it ends with it, not with the recording session.
    assert_eq!(place.desk.figures().live, 1);
    wait_for("the session's end", || (place.srs.figures().live == 0).then_some(())).await;
    place.desk.call_ended(&call, frist_calls::desk::Ended::Answered);
    let sent = sender.sent().len();
    let mut recorded = Vec::new();
    for leg in 0..2 {
        let blocks = wait_for("the whole recording", || Some(place.blocks(leg))).await;
        let numbers = numbers(leg, &blocks, sent);
        assert!(numbers.len() > 60, "leg {leg}: {}", numbers.len());
        let gaps: Vec<u32> =
            numbers.windows(2).map(|w| w[1] - w[0]).filter(|step| *step > 1).collect();
        // One gap, the hold of 700 ms; before and after it every block is there.
        assert_eq!(gaps.len(), 1, "leg {leg}: {gaps:?}");
        assert!((25..=50).contains(&gaps[0]), "leg {leg}: {gaps:?}");
        // The time of the hold is silence on the tape, so that both legs stay in step.
        let begins = blocks.iter().position(|(codec, _)| *codec != 0).unwrap();
        let ends = blocks.iter().rposition(|(codec, _)| *codec != 0).unwrap();
        let lasted = (ends - begins) as u32;
        let meant = numbers[numbers.len() - 1] - numbers[0];
        assert!(lasted.abs_diff(meant) <= 2, "leg {leg}: {lasted} blocks for {meant}");
        recorded.push((begins, numbers[0]));
    }
    let step = |leg: usize| recorded[leg].0 as i64 - i64::from(recorded[leg].1);
    assert!((step(0) - step(1)).abs() <= 1, "the legs are in step");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_sent_twice_is_recorded_once_and_ends_with_the_first() {
    let place = Place::new().await;
    let call = place.front(ID);
    place.consents(&call);
    let ((sockets, one), (_, two)) = (sockets(), sockets());
    let first = client("src_left", place.addr, ID, one).start();
    let sender = Sender::start(sockets, media_ports(&first).await, None);
    wait_for("the recording", || (place.desk.figures().recording == 1).then_some(())).await;
    // There is consent, so the second is answered recvonly; its tape is refused and it is told to
    // send nothing.
    let second = client("src_twice", place.addr, ID, two).start();
    finish(second).await;
    assert_eq!(place.recordings().len(), 1);
    assert!(
        place.desk.figures().refused.get("already").is_some_and(|n| *n > 0),
        "{:?}",
        place.desk.figures().refused
    );
    place.desk.hang_up(&call);
    finish(first).await;
    drop(sender);
    assert_eq!(place.recordings().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_offer_is_answered_in_the_ack_and_recording_goes_on() {
    let place = Place::new().await;
    let call = place.front(ID);
    place.consents(&call);
    let (sockets, ports) = sockets();
    let client = client("src_late_offer", place.addr, ID, ports).start();
    let sender = Sender::start(sockets, media_ports(&client).await, None);
    finish(client).await;
    wait_for("the session's end", || (place.srs.figures().live == 0).then_some(())).await;
    place.desk.call_ended(&call, frist_calls::desk::Ended::Answered);
    let numbers = numbers(0, &place.blocks(0), sender.sent().len());
    assert!(numbers.len() > 30, "{}", numbers.len());
    assert!(numbers.windows(2).all(|w| w[1] - w[0] == 1), "no gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_bye_is_noticed_by_silence_and_the_recording_is_kept() {
    let quiet = Duration::from_secs(1);
    let place = Place::with(EndpointConfig::default(), SrsConfig::default(), quiet).await;
    let call = place.front(ID);
    place.consents(&call);
    let (sockets, ports) = sockets();
    let client = client("src_left", place.addr, ID, ports).start();
    let sender = Sender::start(sockets, media_ports(&client).await, None);
    wait_for("the recording", || (place.figures().recorded_ms > 400).then_some(())).await;
    drop(sender);
    let gone = Instant::now();
    finish(client).await;
    assert!(gone.elapsed() > quiet);
    wait_for("the session's end", || (place.srs.figures().live == 0).then_some(())).await;
    assert_eq!(place.recordings().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_stops_it_and_a_pause_is_silence() {
    let place = Place::new().await;
    let call = place.front(ID);
    place.consents(&call);
    let (sockets, ports) = sockets();
    let client = client("src_stopped", place.addr, ID, ports).start();
    let sender = Sender::start(sockets, media_ports(&client).await, None);
    wait_for("the recording", || (place.figures().recorded_ms > 400).then_some(())).await;
    place.desk.pause(&call);
    tokio::time::sleep(Duration::from_millis(400)).await;
    place.desk.resume(&call);
    // What follows the pause is on the tape when the next chunks were handed over.
    let resumed = place.figures().recorded_ms;
    wait_for("what follows", || (place.figures().recorded_ms > resumed + 900).then_some(())).await;
    place.desk.stop_recording("test", "a test").unwrap();
    finish(client).await;
    let numbers = numbers(1, &place.blocks(1), sender.sent().len());
    let gaps: Vec<u32> = numbers.windows(2).map(|w| w[1] - w[0]).filter(|s| *s > 1).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!((15..=30).contains(&gaps[0]), "{gaps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_what_is_not_answered_and_nothing_else() {
    let place = Place::new().await;
    // Nothing is answered while the database is busy for another program.
    let other = rusqlite::Connection::open(place.dir.path().join("calls.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut clients = Vec::new();
    for tcp in [false, true] {
        let (_sockets, ports) = sockets();
        let client = client("src_cancel", place.addr, &format!("{ID}{tcp}"), ports);
        clients.push(if tcp { client.tcp() } else { client }.start());
    }
    for client in clients {
        finish(client).await;
    }
    other.execute_batch("COMMIT").unwrap();
    wait_for("the sessions' end", || (place.srs.figures().live == 0).then_some(())).await;
    wait_for("the calls' end", || (place.desk.figures().live == 0).then_some(())).await;
    // One that comes after the answer changes nothing.
    let (_sockets, ports) = sockets();
    finish(client("src_cancel_late", place.addr, ID, ports).start()).await;
    wait_for("the session's end", || (place.srs.figures().live == 0).then_some(())).await;
    assert!(place.recordings().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_ends_ends_by_itself() {
    let longest = Duration::from_secs(1);
    let config = SrsConfig { longest, ..SrsConfig::default() };
    let place = Place::with(EndpointConfig::default(), config, Duration::from_secs(30)).await;
    let (_sockets, ports) = sockets();
    // Without consent, so that no packet is expected and none is missed.
    let begun = Instant::now();
    finish(client("src_left", place.addr, ID, ports).start()).await;
    assert!(begun.elapsed() >= longest);
    wait_for("the session's end", || (place.srs.figures().live == 0).then_some(())).await;
    assert_eq!(place.desk.figures().live, 0);
}
