//! The SIP endpoint against SIPp and against bytes on a socket.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod support;

use bytes::Bytes;
use frist_calls::sip::{
    Body, Ended, Endpoint, EndpointConfig, Incoming, LegEvent, Message, Transport,
};
use frist_calls::sip::{Headers, NameAddr, OutboundCall, Uri};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use support::{free_addr, sipp};

const PATIENCE: Duration = Duration::from_secs(8);

/// Answers every call, offers something else once it is acknowledged, and hangs up when that was taken.
async fn answers(incoming: Incoming) {
    let mut leg = incoming.leg;
    assert!(incoming.request.content().unwrap().is("multipart/mixed"));
    leg.control.answer(Some(Body::sdp("v=0\r\n")), Headers::new());
    while let Some(event) = leg.events.recv().await {
        match event {
            LegEvent::Acked { .. } => leg.control.offer(Body::sdp("v=0\r\na=x\r\n"), false),
            LegEvent::OfferAccepted { .. } => leg.control.hangup(),
            LegEvent::Ended(why) => return assert_eq!(why, Ended::Ours),
            other => panic!("{other:?}"),
        }
    }
}

async fn endpoint(config: EndpointConfig) -> (Endpoint, tokio::sync::mpsc::Receiver<Incoming>) {
    Endpoint::bind(EndpointConfig { supported: vec!["siprec".into()], ..config }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sipp_calls_over_udp_and_tcp() {
    let addr = free_addr();
    let (endpoint, mut calls) =
        endpoint(EndpointConfig { udp: vec![addr], tcp: vec![addr], ..Default::default() }).await;
    tokio::spawn(async move {
        while let Some(incoming) = calls.recv().await {
            tokio::spawn(answers(incoming));
        }
    });
    assert_eq!(endpoint.local(Transport::Tcp), [addr]);
    let udp = sipp::caller("endpoint_caller", addr).calls(20).start();
    let tcp = sipp::caller("endpoint_caller", addr).calls(20).tcp().start();
    tokio::task::spawn_blocking(move || (udp.finish(), tcp.finish())).await.unwrap();
}

/// A caller who requires reliable provisional answers (RFC 3262) gets them one by one, each sent again until its PRACK.
#[tokio::test(flavor = "multi_thread")]
async fn sipp_acknowledges_our_provisional_answers() {
    let addr = free_addr();
    let (_endpoint, mut calls) =
        endpoint(EndpointConfig { udp: vec![addr], ..Default::default() }).await;
    let caller = sipp::caller("endpoint_prack", addr).start();
    let mut call = tokio::time::timeout(PATIENCE, calls.recv()).await.unwrap().unwrap();
    call.leg.control.provisional(183, Some(Body::sdp("v=0\r\n")), Headers::new());
    // The caller lets it come twice before it answers.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    call.leg.control.provisional(180, None, Headers::new());
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.leg.control.answer(None, Headers::new());
    assert!(matches!(call.leg.events.recv().await, Some(LegEvent::Acked { .. })));
    call.leg.control.hangup();
    let told = tokio::task::spawn_blocking(move || caller.finish()).await.unwrap();
    assert!(told.matches("RSeq: 1").count() >= 2, "sent again until it is acknowledged");
}

/// One who speaks SIP by hand.
struct Hand {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Hand {
    fn new(to: SocketAddr) -> Hand {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        Hand { socket, to }
    }

    fn send(&self, text: &str) {
        self.socket.send_to(text.replace('\n', "\r\n").as_bytes(), self.to).unwrap();
    }

    /// A request with what every one needs.
    fn request(&self, method: &str, number: u32, id: &str, to_tag: &str, extra: &str) {
        let port = self.socket.local_addr().unwrap().port();
        self.send(&format!(
            "{method} sip:x@{} SIP/2.0\nv: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{id}{number}{}\nf: <sip:h@h>;tag=h\n\
             t: <sip:x@x>{to_tag}\ni: {id}\nCSeq: {number} {method}\nm: <sip:h@127.0.0.1:{port}>\n{extra}l: 0\n\n",
            self.to,
            if matches!(method, "ACK" | "CANCEL" | "INVITE") { "" } else { method },
        ));
    }

    fn message(&self) -> Message {
        let mut buffer = [0; 65_535];
        let length = self.socket.recv(&mut buffer).expect("an answer");
        Message::from_datagram(&Bytes::copy_from_slice(&buffer[..length])).unwrap()
    }

    /// The next response that is not 100.
    fn code(&self) -> u16 {
        loop {
            match self.message().code() {
                Some(100) | None => {}
                Some(code) => return code,
            }
        }
    }

    fn tag(message: &Message) -> String {
        format!(";tag={}", message.headers.addr("To").unwrap().tag().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_call_is_answered_as_it_deserves() {
    let addr = free_addr();
    let (endpoint, _calls) =
        endpoint(EndpointConfig { udp: vec![addr], ..Default::default() }).await;
    tokio::task::spawn_blocking(move || {
        let hand = Hand::new(addr);
        hand.request("OPTIONS", 1, "a", "", "");
        let options = hand.message();
        assert_eq!(options.code(), Some(200));
        assert!(options.headers.lists("Allow", "UPDATE"));
        let cases = [
            ("REGISTER", "", "", 405),
            ("MESSAGE", "", "", 405),
            ("FROBNICATE", "", "", 501),
            ("BYE", ";tag=nobody", "", 481),
            ("BYE", "", "", 481),
            ("INFO", ";tag=nobody", "", 481),
            ("INVITE", ";tag=nobody", "", 481),
            ("CANCEL", "", "", 481),
            ("INVITE", "", "Require: teleport\n", 420),
            ("INVITE", "", "From: <sip:second@h>\n", 400),
            ("OPTIONS", "", "CSeq: 8 BYE\n", 400),
        ];
        for (at, (method, to, extra, code)) in cases.into_iter().enumerate() {
            hand.request(method, 2, &format!("case{at}"), to, extra);
            assert_eq!(hand.code(), code, "{method} {to} {extra}");
            hand.request("ACK", 2, &format!("case{at}"), to, "");
        }
        hand.send("INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx;rport\nCall-ID: x\nContent-Length: 999\n\n");
        assert_eq!(hand.code(), 400);
        hand.send("INVITE sip:a@b SIP/7.0\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKy;rport\nCall-ID: x\n\n");
        assert_eq!(hand.code(), 505);
        hand.send("OPTIONS http://a SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKz;rport\nf: <sip:a@a>;tag=1\nt: <sip:a@a>\ni: x\nCSeq: 1 OPTIONS\n\n");
        assert_eq!(hand.code(), 416);
        endpoint.drain(true);
        hand.request("OPTIONS", 3, "b", "", "");
        assert_eq!(hand.code(), 503);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_repetition_and_an_answer_without_ack() {
    let addr = free_addr();
    let config =
        EndpointConfig { udp: vec![addr], t1: Duration::from_millis(15), ..Default::default() };
    let (endpoint, mut calls) = endpoint(config).await;
    let hand = tokio::task::spawn_blocking(move || {
        let hand = Hand::new(addr);
        hand.request("INVITE", 1, "c", "", "");
        assert_eq!(hand.message().code(), Some(100));
        hand.request("INVITE", 1, "c", "", "");
        assert_eq!(hand.message().code(), Some(100), "the same answer to the same request");
        hand
    });
    let hand = hand.await.unwrap();
    let mut first = calls.recv().await.unwrap();
    assert!(calls.try_recv().is_err(), "a repetition is no second call");
    first.leg.control.provisional(180, None, Headers::new());
    let hand = tokio::task::spawn_blocking(move || {
        assert_eq!(hand.code(), 180);
        hand.request("CANCEL", 1, "c", "", "");
        let mut codes = [hand.code(), hand.code()];
        codes.sort_unstable();
        assert_eq!(codes, [200, 487]);
        assert_eq!(hand.code(), 487, "sent again until it is acknowledged");
        hand.request("ACK", 1, "c", "", "");
        hand.request("INVITE", 1, "d", "", "");
        hand
    });
    let hand = hand.await.unwrap();
    assert!(matches!(first.leg.events.recv().await, Some(LegEvent::Cancelled)));
    // Nobody acknowledges: the 200 is sent again and again, then BYE.
    let mut second = calls.recv().await.unwrap();
    second.leg.control.answer(None, Headers::new());
    let told = tokio::time::timeout(PATIENCE, second.leg.events.recv()).await.unwrap();
    assert!(matches!(told, Some(LegEvent::Ended(Ended::NotAcked))), "{told:?}");
    tokio::task::spawn_blocking(move || {
        let mut answers = 0;
        loop {
            let message = hand.message();
            match (message.code(), message.method()) {
                (Some(200), _) => answers += 1,
                (_, Some("BYE")) => break,
                _ => {}
            }
        }
        assert!(answers > 5, "{answers}");
    })
    .await
    .unwrap();
    let _ = endpoint;
}

#[tokio::test(flavor = "multi_thread")]
async fn glare_refresh_and_lapse() {
    let addr = free_addr();
    let config = EndpointConfig {
        udp: vec![addr],
        min_session: Duration::from_secs(1),
        t1: Duration::from_millis(50),
        ..Default::default()
    };
    let (_endpoint, mut calls) = endpoint(config).await;
    let begun = Instant::now();
    let hand = tokio::task::spawn_blocking(move || {
        let hand = Hand::new(addr);
        hand.request("INVITE", 1, "e", "", "k: timer\nx: 2;refresher=uac\n");
        let answer = loop {
            let message = hand.message();
            if message.code() == Some(200) {
                break message;
            }
        };
        assert_eq!(answer.headers.get("Session-Expires"), Some("2;refresher=uac"));
        assert!(answer.headers.lists("Require", "timer"));
        let tag = Hand::tag(&answer);
        hand.request("ACK", 1, "e", &tag, "");
        // Our offer comes; an offer of theirs meanwhile is glare.
        while hand.message().method() != Some("INVITE") {}
        hand.request("UPDATE", 2, "e", &tag, "k: timer\nx: 2;refresher=uac\n");
        assert_eq!(hand.code(), 200, "an UPDATE without a body is a refresh");
        hand.request("INVITE", 3, "e", &tag, "");
        assert_eq!(hand.code(), 491);
        hand.request("ACK", 3, "e", &tag, "");
        hand.request("INFO", 2, "e", &tag, "");
        assert_eq!(hand.code(), 500, "out of order");
        // No refresh any more: BYE after two thirds of the interval.
        while hand.message().method() != Some("BYE") {}
    });
    let mut call = calls.recv().await.unwrap();
    call.leg.control.answer(None, Headers::new());
    assert!(matches!(call.leg.events.recv().await, Some(LegEvent::Acked { .. })));
    call.leg.control.offer(Body::sdp("v=0\r\n"), false);
    let end = tokio::time::timeout(PATIENCE, call.leg.events.recv()).await.unwrap();
    assert!(matches!(end, Some(LegEvent::Ended(Ended::Lapsed))), "{end:?}");
    assert!(begun.elapsed() > Duration::from_millis(1200));
    hand.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_endpoint_calls_another() {
    let (here, there) = (free_addr(), free_addr());
    let config = |addr| EndpointConfig { udp: vec![addr], tcp: vec![addr], ..Default::default() };
    let (caller, _none) = endpoint(config(here)).await;
    let (_called, mut calls) = endpoint(config(there)).await;
    for transport in ["udp", "tcp"] {
        let to = Uri::parse(&format!("sip:agent@{there};transport={transport}")).unwrap();
        let from = NameAddr::parse("<sip:frist@here>").unwrap();
        let body = Some(Body::sdp("v=0\r\n"));
        let mut out = caller.invite(OutboundCall {
            to: to.clone(),
            from: from.clone(),
            headers: Headers::new(),
            body,
        });
        let mut call = calls.recv().await.unwrap();
        assert_eq!(call.transport.param(), transport);
        call.leg.control.provisional(183, Some(Body::sdp("v=0\r\n")), Headers::new());
        assert!(matches!(out.events.recv().await, Some(LegEvent::Provisional { code: 100, .. })));
        let early = out.events.recv().await;
        assert!(
            matches!(early, Some(LegEvent::Provisional { code: 183, body: Some(_), .. })),
            "{early:?}"
        );
        call.leg.control.answer(Some(Body::sdp("v=0\r\n")), Headers::new());
        assert!(matches!(out.events.recv().await, Some(LegEvent::Answered { body: Some(_), .. })));
        assert!(matches!(call.leg.events.recv().await, Some(LegEvent::Acked { body: None })));
        out.control.offer(Body::sdp("v=0\r\na=inactive\r\n"), true);
        assert!(matches!(call.leg.events.recv().await, Some(LegEvent::Offer { update: true, .. })));
        call.leg.control.accept_offer(Some(Body::sdp("v=0\r\n")));
        assert!(matches!(out.events.recv().await, Some(LegEvent::OfferAccepted { body: Some(_) })));
        call.leg.control.info(Body {
            content_type: "application/dtmf-relay".into(),
            bytes: "Signal=9\r\n".into(),
        });
        assert!(matches!(out.events.recv().await, Some(LegEvent::Info { body: Some(_), .. })));
        drop(call);
        assert!(
            matches!(out.events.recv().await, Some(LegEvent::Ended(Ended::Bye))),
            "dropping a leg hangs up"
        );

        // Rung and given up: CANCEL.
        let mut out = caller.invite(OutboundCall {
            to,
            from: from.clone(),
            headers: Headers::new(),
            body: None,
        });
        let mut call = calls.recv().await.unwrap();
        call.leg.control.provisional(180, None, Headers::new());
        assert!(matches!(out.events.recv().await, Some(LegEvent::Provisional { code: 100, .. })));
        assert!(matches!(out.events.recv().await, Some(LegEvent::Provisional { code: 180, .. })));
        out.control.hangup();
        assert!(matches!(out.events.recv().await, Some(LegEvent::Failed { code: 487, .. })));
        assert!(matches!(call.leg.events.recv().await, Some(LegEvent::Cancelled)));
    }
    let nobody = Uri::parse(&format!("sip:agent@{};transport=tcp", free_addr())).unwrap();
    let from = NameAddr::parse("<sip:frist@here>").unwrap();
    let mut out =
        caller.invite(OutboundCall { to: nobody, from, headers: Headers::new(), body: None });
    assert!(matches!(out.events.recv().await, Some(LegEvent::Failed { code: 503, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_connection_is_gone_takes_another() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let addr = free_addr();
    let (_endpoint, mut calls) =
        endpoint(EndpointConfig { tcp: vec![addr], ..Default::default() }).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let request = |method: &str, tag: &str| {
        format!(
            "{method} sip:x@{addr} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:{port};branch=z9hG4bKanew{method}\r\n\
             From: <sip:h@h>;tag=h\r\nTo: <sip:x@x>{tag}\r\nCall-ID: anew\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:h@127.0.0.1:{port};transport=tcp>\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let mut first = tokio::net::TcpStream::connect(addr).await.unwrap();
    first.write_all(request("INVITE", "").as_bytes()).await.unwrap();
    let mut call = calls.recv().await.unwrap();
    drop(first);
    tokio::time::sleep(Duration::from_millis(200)).await;
    call.leg.control.answer(Some(Body::sdp("v=0\r\n")), Headers::new());
    let (mut second, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let mut bytes = vec![0; 4096];
    let length = second.read(&mut bytes).await.unwrap();
    let answer = Message::from_datagram(&Bytes::copy_from_slice(&bytes[..length])).unwrap();
    assert_eq!(answer.code(), Some(200));
    second.write_all(request("ACK", &Hand::tag(&answer)).as_bytes()).await.unwrap();
    let told = tokio::time::timeout(PATIENCE, call.leg.events.recv()).await.unwrap();
    assert!(matches!(told, Some(LegEvent::Acked { .. })), "{told:?}");
}
