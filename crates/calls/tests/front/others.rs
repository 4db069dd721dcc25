//! Other clients: baresip with SRTP on both sides, Kamailio over TLS with rtpengine between.

use super::*;
use crate::granted::{blocks, heard};
use crate::support::baresip::Baresip;
use crate::support::kamailio::{Between, certificate, server_config};
use crate::support::server::eventually;
use frist_calls::config::Srtp;
use frist_calls::sip::Transport;
use frist_calls::tape;
use std::sync::Arc;

#[test]
fn baresip_calls_baresip_by_srtp() {
    let mut agent = Baresip::start("agent", ";answermode=auto;mediaenc=srtp-mand", 1000.0);
    let lines = vec![("queue".to_owned(), vec![agent.port])];
    let front = Box::new(|front: &mut frist_calls::front::FrontConfig| {
        front.trunk_srtp = Srtp::Required;
        front.agent_srtp = Srtp::Required;
        front.wait = Duration::from_secs(4);
    });
    let server = Server::start(Wishes { lines, front, ..Wishes::default() });
    let mut caller = Baresip::start("caller", ";mediaenc=srtp-mand", 400.0);
    caller.say("dial", &format!("sip:queue@{}", server.addr));
    eventually("the call to begin", || server.front.live() == 1);
    std::thread::sleep(Duration::from_millis(u64::from(FIRST) + 300));
    for _ in 0..2 {
        caller.say("sndcode", "1");
        std::thread::sleep(Duration::from_millis(500));
    }
    let end = std::time::Instant::now() + Duration::from_secs(6);
    while server.desk.figures().recording == 0 {
        assert!(std::time::Instant::now() < end, "not recorded\n{}\n{}", caller.log(), agent.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(1500));
    agent.say("hangup", "");
    server.settled();
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    for leg in 0..2 {
        let blocks = blocks(&server, &recordings[0].id, leg);
        let loud = blocks
            .iter()
            .filter(|(codec, sound)| {
                *codec == tape::PCMA && sound.iter().any(|byte| byte & 0x70 != 0x50)
            })
            .count();
        assert!(loud >= 50, "leg {leg}: {loud} of {} blocks have sound", blocks.len());
    }
    drop(caller);
}

#[test]
fn kamailio_over_tls_and_rtpengine_between() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(dir.path());
    let tls = support::free_addr();
    let port = free_port();
    let endpoint = Box::new(move |endpoint: &mut frist_calls::sip::EndpointConfig| {
        endpoint.tls = vec![tls];
        endpoint.tls_server = Some(Arc::new(server_config(&certificate, &key)));
    });
    let lines = vec![("queue".to_owned(), vec![port])];
    let server = Server::start(Wishes { lines, endpoint, ..Wishes::default() });
    assert_eq!(server.endpoint.local(Transport::Tls), [tls]);
    // A client that says nothing keeps nobody else out.
    let _silent: Vec<_> = (0..3).map(|_| std::net::TcpStream::connect(tls).unwrap()).collect();
    let between = Between::start(tls);
    let caller = Script::caller()
        .voice_from(100, 400)
        .wait(FIRST)
        .key('1')
        .wait(NEXT)
        .info('1')
        .wait(900)
        .voice_from(3000, 600)
        .wait(300)
        .reinvite("sendonly")
        .wait(300)
        .reinvite("sendrecv")
        .wait(700)
        .bye();
    let agent = Script::agent(100)
        .expect_reinvite("sendonly", "recvonly")
        .expect_reinvite("sendrecv", "sendrecv")
        .expect_bye();
    let agent = sipp::answers(&agent, "queue", port).start();
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sipp::calls(&caller, between.addr, "queue").run()
    }));
    assert!(told.is_ok(), "{}", between.log());
    agent.finish();
    server.settled();
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    let said = blocks(&server, &recordings[0].id, 0);
    assert_eq!(heard(&said, 100, 20), 0);
    let count = heard(&said, 3000, 30);
    assert!(count >= 10, "{count} blocks through rtpengine");
}
