//! What no recording client should send, by bytes on a socket: 4xx or handled, never a crash, never
//! a recording.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use frist_calls::config::Net;
use frist_calls::sdp::{Direction, Sdp};
use frist_calls::sip::{EndpointConfig, Message};
use frist_calls::siprec::SrsConfig;

use crate::corpus::{expected, files};
use crate::place::{Place, wait_for};
use crate::sound::block;

/// One who speaks SIP over UDP by hand.
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

    /// A file of the corpus as ours: its Via, branch and Call-ID are made unlike every other's.
    fn ours(&self, bytes: &[u8]) -> Vec<u8> {
        static NUMBER: AtomicU32 = AtomicU32::new(100);
        let number = NUMBER.fetch_add(1, Relaxed);
        let port = self.socket.local_addr().unwrap().port();
        let bytes = replace(
            bytes,
            "198.51.100.1:5060;branch=z9hG4bKcorpus",
            &format!("127.0.0.1:{port};branch=z9hG4bK{number}"),
        );
        replace(&bytes, "rs-8d3f0c2a@", &format!("rs-8d3f0{number}@"))
    }

    /// The final answer to what is sent.
    fn ask(&self, bytes: &[u8]) -> Option<Message> {
        self.socket.send_to(bytes, self.to).unwrap();
        let text = String::from_utf8_lossy(bytes);
        let branch = text.split("branch=").nth(1)?.split(['\r', '\n', ';']).next()?.to_owned();
        self.answer(&branch)
    }

    /// The final answer to the request with this branch. Others are repetitions.
    fn answer(&self, branch: &str) -> Option<Message> {
        loop {
            let mut buffer = [0; 65_535];
            let length = self.socket.recv(&mut buffer).ok()?;
            let message =
                Message::from_datagram(&Bytes::copy_from_slice(&buffer[..length])).unwrap();
            let via = message.headers.via().unwrap();
            if message.code().is_some_and(|code| code >= 200) && via.param("branch") == Some(branch)
            {
                return Some(message);
            }
        }
    }

    /// ACK of an answer, and BYE when it was a call.
    fn end(&self, what: &str, answer: &Message) {
        let get = |name: &str| answer.headers.get(name).unwrap_or_default().to_owned();
        let (via, from, to, id) = (get("Via"), get("From"), get("To"), get("Call-ID"));
        let number = answer.headers.cseq().unwrap().0;
        let branch = answer.headers.via().unwrap().param("branch").unwrap().to_owned();
        let send = |method: &str, via: &str, number: u32| {
            let text = format!(
                "{method} sip:srs@{} SIP/2.0\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {id}\r\n\
                 CSeq: {number} {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
                self.to
            );
            self.socket.send_to(text.as_bytes(), self.to).unwrap();
        };
        if answer.code() == Some(200) {
            let bye = format!("{branch}b");
            send("ACK", &via.replace(&branch, &format!("{branch}a")), number);
            send("BYE", &via.replace(&branch, &bye), number + 1);
            assert_eq!(self.answer(&bye).unwrap().code(), Some(200), "{what}");
        } else {
            send("ACK", &via, number);
        }
    }
}

fn replace(bytes: &[u8], what: &str, by: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(what.len()).position(|w| w == what.as_bytes()) {
        out.extend(&rest[..at]);
        out.extend(by.as_bytes());
        rest = &rest[at + what.len()..];
    }
    out.extend(rest);
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_corpus_is_answered_and_leaves_nothing() {
    let place = Place::new().await;
    let addr = place.addr;
    let seen = tokio::task::spawn_blocking(move || {
        let hand = Hand::new(addr);
        let rtp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut seen = BTreeMap::new();
        for (name, bytes) in files() {
            let Some(answer) = hand.ask(&hand.ours(&bytes)) else {
                seen.insert(name, 0);
                continue;
            };
            let code = answer.code().unwrap();
            if code == 200 {
                assert!(answer.content().unwrap().is("application/sdp"), "{name}");
                assert!(answer.headers.get("Contact").unwrap().contains("+sip.srs"), "{name}");
                let ours = Sdp::parse(&answer.body).unwrap();
                for media in ours.media.iter().filter(|m| m.port != 0) {
                    assert_eq!(media.direction, Direction::Inactive, "{name}");
                    let packet =
                        [&[0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7][..], &block(0, 1)].concat();
                    rtp.send_to(&packet, ("127.0.0.1", media.port)).unwrap();
                }
            }
            hand.end(&name, &answer);
            seen.insert(name, code);
        }
        seen
    })
    .await
    .unwrap();
    for (name, made) in expected() {
        let code = match made.parse::<u16>() {
            Ok(code) => code,
            Err(_) if made == "malformed" => 400,
            Err(_) => 200,
        };
        assert_eq!(seen.get(&name), Some(&code), "{name}");
    }
    place.assert_nothing(&[block(0, 1)]);
    wait_for("the end of all sessions", || (place.srs.figures().live == 0).then_some(())).await;
    wait_for("the end of all calls", || (place.desk.figures().live == 0).then_some(())).await;
    assert!(place.srs.figures().unreadable_metadata >= 5);
    wait_for("the count of packets", || {
        (place.figures().dropped_without_consent > 20).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_recording_client_is_told_why() {
    let config = SrsConfig {
        clients: vec!["127.0.0.1".parse::<Net>().unwrap()],
        most: 1,
        ..Default::default()
    };
    let place = Place::with(EndpointConfig::default(), config, Duration::from_secs(30)).await;
    let strict =
        SrsConfig { clients: vec!["192.0.2.0/24".parse::<Net>().unwrap()], ..Default::default() };
    let other = Place::with(EndpointConfig::default(), strict, Duration::from_secs(30)).await;
    let (addr, elsewhere, srs) = (place.addr, other.addr, place.srs.clone());
    tokio::task::spawn_blocking(move || {
        let files = files();
        let hand = Hand::new(addr);
        let ask = |hand: &Hand, name: &str| {
            let answer = hand.ask(&hand.ours(&files[name])).unwrap();
            if answer.code() != Some(200) {
                hand.end("", &answer);
            }
            answer
        };
        let phone = ask(&hand, "neither");
        assert_eq!((phone.code(), phone.headers.get("Require")), (Some(421), Some("siprec")));
        assert!(phone.headers.get("Warning").unwrap().contains("recording server"));
        let strange = ask(&hand, "wrong-type");
        assert!(strange.headers.get("Accept").unwrap().contains("application/sdp"));
        let hand2 = Hand::new(elsewhere);
        assert_eq!(ask(&hand2, "rfc").code(), Some(403));
        // Draining, and one too many: the client turns to its next server.
        srs.drain(true);
        let draining = ask(&hand, "rfc");
        assert_eq!((draining.code(), draining.headers.get("Retry-After")), (Some(503), Some("60")));
        srs.drain(false);
        let first = ask(&hand, "rfc");
        assert_eq!(first.code(), Some(200));
        let second = Hand::new(addr);
        assert_eq!(ask(&second, "rfc").code(), Some(503));
        hand.end("", &first);
    })
    .await
    .unwrap();
    assert!(place.recordings().is_empty() && other.recordings().is_empty());
    assert_eq!(other.srs.figures().refused, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_tcp_does_not_disturb_others() {
    let place = Place::new().await;
    let addr = place.addr;
    tokio::task::spawn_blocking(move || {
        let files = files();
        for name in ["rfc", "nul-bytes", "length-huge", "bare-lf-all", "cut-datagram"] {
            let mut stream = std::net::TcpStream::connect(addr).unwrap();
            // Cut in the middle, with the connection left to end by itself.
            let bytes = &files[name];
            let _ = stream.write_all(&bytes[..bytes.len() / 2]);
            let _ = stream.write_all(&[0xff; 300]);
        }
        let hand = Hand::new(addr);
        let answer = hand.ask(&hand.ours(&files["rfc"])).unwrap();
        assert_eq!(answer.code(), Some(200));
        hand.end("", &answer);
    })
    .await
    .unwrap();
    place.assert_nothing(&[]);
}
