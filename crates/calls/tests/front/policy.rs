//! Who gets in, what happens without prompts or disk, and that a no waits no longer than a yes. Caller and agent are
//! this crate's own endpoints here, because instants are measured in one process.

use super::*;
use crate::support::free_addr;
use crate::support::server::agent_uri;
use frist_calls::front::{Draining, FrontConfig};
use frist_calls::sip::{
    Body, Endpoint, EndpointConfig, Headers, Incoming, Leg, LegEvent, NameAddr, OutboundCall, Uri,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

async fn phone() -> (Endpoint, mpsc::Receiver<Incoming>, SocketAddr) {
    let addr = free_addr();
    let config = EndpointConfig { udp: vec![addr], ..EndpointConfig::default() };
    let (endpoint, calls) = Endpoint::bind(config).await.unwrap();
    (endpoint, calls, addr)
}

/// A description of a phone whose media port nobody reads.
fn sdp(events: bool) -> Body {
    let (formats, map) =
        if events { (" 101", "a=rtpmap:101 telephone-event/8000\r\n") } else { ("", "") };
    Body::sdp(format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8{formats}\r\n{map}"
    ))
}

fn call(phone: &Endpoint, to: SocketAddr, number: &str, body: Option<Body>) -> Leg {
    phone.invite(OutboundCall {
        to: Uri::parse(&format!("sip:{number}@{to}")).unwrap(),
        from: NameAddr::parse("<sip:4512345678@127.0.0.1>").unwrap(),
        headers: Headers::new(),
        body,
    })
}

/// The final code of a call, 200 when it was answered.
async fn code(leg: &mut Leg) -> u16 {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), leg.events.recv()).await.unwrap() {
            Some(LegEvent::Answered { .. }) => return 200,
            Some(LegEvent::Failed { code, .. }) => return code,
            Some(_) => {}
            None => return 0,
        }
    }
}

fn press(leg: &Leg, key: char) {
    let bytes = format!("Signal={key}\r\n").into();
    leg.control.info(Body { content_type: "application/dtmf-relay".to_owned(), bytes });
}

async fn next(calls: &mut mpsc::Receiver<Incoming>) -> Incoming {
    tokio::time::timeout(Duration::from_secs(10), calls.recv()).await.unwrap().unwrap()
}

#[test]
fn a_no_waits_no_longer_than_a_yes() {
    let runtime = runtime();
    let (phone, _none, _) = runtime.block_on(phone());
    let (_agent, mut calls, agent) = runtime.block_on(self::phone());
    let lines = vec![("queue".to_owned(), vec![agent.port()])];
    let server = Server::start(Wishes { lines, ..Wishes::default() });
    let mut times: [Vec<Duration>; 2] = Default::default();
    runtime.block_on(async {
        for round in 0..12 {
            let key = if round % 2 == 0 { '1' } else { '2' };
            let mut leg = call(&phone, server.addr, "queue", Some(sdp(true)));
            assert_eq!(code(&mut leg).await, 200);
            tokio::time::sleep(Duration::from_millis(FIRST.into())).await;
            press(&leg, key);
            tokio::time::sleep(Duration::from_millis(150)).await;
            let pressed = Instant::now();
            press(&leg, key);
            let incoming = next(&mut calls).await;
            times[round % 2].push(pressed.elapsed());
            incoming.leg.control.answer(Some(sdp(true)), Headers::new());
            leg.control.hangup();
        }
    });
    let [yes, no] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    println!(
        "from the last key to the agent: {yes:?} after a yes, {no:?} after a no (medians of 6)"
    );
    assert!(yes.abs_diff(no) < Duration::from_millis(25), "{yes:?} after a yes, {no:?} after a no");
    server.settled();
}

#[test]
fn who_gets_in() {
    let runtime = runtime();
    let (phone, _none, _) = runtime.block_on(phone());
    let refused = |front: fn(&mut FrontConfig)| {
        Server::start(Wishes { front: Box::new(front), ..Wishes::default() })
    };
    let strangers = refused(|front| front.trunks = Arc::new(|_| false));
    let full = refused(|front| front.calls = 0);
    let (drained, open) = (refused(|_| {}), refused(|_| {}));
    drained.front.drain();
    runtime.block_on(async {
        for (server, expected) in [(&strangers, 403), (&full, 503), (&drained, 503)] {
            assert_eq!(code(&mut call(&phone, server.addr, "x", Some(sdp(true)))).await, expected);
        }
        let video = Body::sdp("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 9 RTP/AVP 96\r\n");
        assert_eq!(code(&mut call(&phone, open.addr, "x", Some(video))).await, 488);
        let letter = Body { content_type: "text/plain".to_owned(), bytes: "hello".into() };
        assert_eq!(code(&mut call(&phone, open.addr, "x", Some(letter))).await, 415);
        assert_eq!(open.desk.figures().calls, 0);
    });
}

#[test]
fn without_prompts_or_database_the_call_goes_on() {
    let runtime = runtime();
    let (phone, _none, _) = runtime.block_on(phone());
    let (_agent, mut calls, agent) = runtime.block_on(self::phone());
    let silent = Server::start(Wishes {
        front: Box::new(move |front| {
            front.plan.announcement = None;
            front.plan.agents = vec![agent_uri(agent.port())];
        }),
        ..Wishes::default()
    });
    let broken = Server::start(Wishes {
        lines: vec![("queue".to_owned(), vec![agent.port()])],
        ..Wishes::default()
    });
    let draining = Server::start(Wishes {
        lines: vec![("queue".to_owned(), vec![agent.port()])],
        front: Box::new(|front| front.draining = Draining::BridgeUnasked),
        ..Wishes::default()
    });
    draining.front.drain();
    // The database is gone while the server runs.
    for (path, _) in broken.files() {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("calls.db")) {
            std::fs::remove_file(&path).unwrap();
            std::fs::create_dir(&path).unwrap();
        }
    }
    std::thread::sleep(Duration::from_millis(400));
    runtime.block_on(async {
        for (server, number, keys) in
            [(&silent, "anyone", 0), (&draining, "queue", 0), (&broken, "queue", 2)]
        {
            let mut leg = call(&phone, server.addr, number, Some(sdp(true)));
            assert_eq!(code(&mut leg).await, 200);
            for _ in 0..keys {
                tokio::time::sleep(Duration::from_millis(FIRST.into())).await;
                press(&leg, '1');
            }
            let mut incoming = next(&mut calls).await;
            incoming.leg.control.answer(Some(sdp(false)), Headers::new());
            assert!(matches!(incoming.leg.events.recv().await, Some(LegEvent::Acked { .. })));
            tokio::time::sleep(Duration::from_millis(300)).await;
            // An agent that does not know telephone-event gets the caller's keys by INFO; never the one that withdraws.
            press(&leg, '9');
            press(&leg, '5');
            let told = tokio::time::timeout(Duration::from_secs(5), incoming.leg.events.recv())
                .await
                .unwrap();
            let Some(LegEvent::Info { body: Some(body), .. }) = told else { panic!("{told:?}") };
            assert!(body.bytes.starts_with(b"Signal=5"), "{body:?}");
            leg.control.hangup();
            assert!(matches!(incoming.leg.events.recv().await, Some(LegEvent::Ended(_))));
            server.settled();
            assert_eq!((server.desk.figures().recorded, server.recordings().len()), (0, 0));
        }
    });
}

#[test]
fn an_invite_without_an_offer_gets_one() {
    let runtime = runtime();
    let (phone, _none, _) = runtime.block_on(phone());
    let server = Server::start(Wishes::default());
    runtime.block_on(async {
        let mut leg = call(&phone, server.addr, "x", None);
        let answered = loop {
            match leg.events.recv().await.unwrap() {
                LegEvent::Answered { body, .. } => break body,
                LegEvent::Provisional { .. } => {}
                other => panic!("{other:?}"),
            }
        };
        let text = String::from_utf8(answered.expect("an offer").bytes.to_vec()).unwrap();
        assert!(text.contains("m=audio") && text.contains("telephone-event"), "{text}");
        // Our ACK brought no answer: the call cannot stand.
        let end = tokio::time::timeout(Duration::from_secs(5), leg.events.recv()).await.unwrap();
        assert!(matches!(end, Some(LegEvent::Ended(_))), "{end:?}");
    });
}
