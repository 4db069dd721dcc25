//! Agents over TLS: Kamailio is their side, and its certificate is checked.

use super::*;
use crate::granted::{blocks, heard};
use crate::support::kamailio::{Agents, Authority};
use frist_calls::config::Srtp;
use frist_calls::sip::{EndpointConfig, Uri};
use std::sync::Arc;

fn agents(first: u16, then: u16) -> Vec<Uri> {
    vec![
        Uri::parse(&format!("sip:agent@127.0.0.1:{first};transport=tls")).unwrap(),
        Uri::parse(&format!("sip:agent@127.0.0.1:{then}")).unwrap(),
    ]
}

#[test]
fn agents_over_tls_are_called_only_with_a_certificate_that_is_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let ours = Authority::new(dir.path(), "ours");
    let theirs = Authority::new(dir.path(), "theirs");
    let ports: [u16; 3] = std::array::from_fn(|_| free_port());
    let behind = free_port();
    let kamailio = Agents::start(
        dir.path(),
        behind,
        &[
            (ports[0], ours.certificate("right", "IP:127.0.0.1")),
            (ports[1], theirs.certificate("stranger", "IP:127.0.0.1")),
            (ports[2], ours.certificate("other-name", "IP:127.0.0.2,DNS:localhost")),
        ],
    );
    let trusted = ours.trusted_by();
    let second: [u16; 4] = std::array::from_fn(|_| free_port());
    // Nobody listens at the last one's first place.
    let ports = [ports[0], ports[1], ports[2], free_port()];
    let said = Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
    let hears = Arc::clone(&said);
    let server = Server::start(Wishes {
        front: Box::new(move |front| {
            // SIPp knows no SRTP, which agents over TLS are offered otherwise.
            front.agent_srtp = Srtp::Off;
            front.say = Arc::new(move |line| hears.lock().unwrap().push(line.to_owned()));
            for (name, at) in [("right", 0), ("stranger", 1), ("other-name", 2), ("closed", 3)] {
                let plan = frist_calls::front::Plan {
                    agents: agents(ports[at], second[at]),
                    ..front.plan.clone()
                };
                front.lines.insert(name.to_owned(), plan);
            }
        }),
        endpoint: Box::new(move |endpoint: &mut EndpointConfig| {
            endpoint.tls_client = Some(Arc::new(trusted));
        }),
        ..Wishes::default()
    });
    let yes = || Script::caller().wait(FIRST).key('1').wait(NEXT).key('1').wait(700);
    // Bridged, held and hung up by the agent, all over the connection that we opened. Both speak for long, since a busy
    // machine takes its time to shake hands: a fifth of what they say is enough to know them by.
    let right = Script::agent(100)
        .voice_from(3000, 2000)
        .wait(2200)
        .reinvite("sendonly")
        .wait(300)
        .reinvite("sendrecv")
        .wait(300)
        .bye();
    let mut running = vec![sipp::answers(&right, "right", behind).start()];
    std::thread::sleep(Duration::from_millis(300));
    let held = yes()
        .voice_from(5000, 2000)
        .expect_reinvite("sendonly", "recvonly")
        .expect_reinvite("sendrecv", "sendrecv")
        .expect_bye();
    running.push(sipp::calls(&held, server.addr, "right").start());
    // By itself: a Kamailio with four at once on a busy machine may need longer to shake hands than an agent is given.
    let ended = |running: Vec<sipp::Running>| -> Vec<String> {
        running.into_iter().filter_map(|one| one.outcome().err()).collect()
    };
    let mut wrong = ended(running);
    let mut running = Vec::new();
    for (name, port) in ["stranger", "other-name", "closed"].into_iter().zip(&second[1..]) {
        running.push(sipp::answers(&Script::agent(100).expect_bye(), name, *port).start());
    }
    std::thread::sleep(Duration::from_millis(300));
    for name in ["stranger", "other-name", "closed"] {
        running.push(sipp::calls(&yes().wait(600).bye(), server.addr, name).start());
    }
    // A Kamailio that let one of the two in would have taken over more than one call.
    wrong.extend(ended(running));
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n\n"), kamailio.log());
    server.settled();
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 4, "a certificate that is wrong costs an agent, not the call");
    let both = recordings.iter().any(|one| {
        let [caller, agent] = [0, 1].map(|leg| blocks(&server, &one.id, leg));
        heard(&caller, 5000, 100) >= 20 && heard(&agent, 3000, 100) >= 20
    });
    assert!(both, "no recording has both voices of the call over TLS");
    assert_eq!(kamailio.taken(), 1, "{}", kamailio.log());
    // The operator is told whom and why, and nobody's number.
    let said = said.lock().unwrap();
    for (at, why) in [
        (1, "its certificate is not accepted (UnknownIssuer)"),
        (2, "its certificate is not accepted (certificate not valid for name"),
        (3, "it does not take a connection (connection refused)"),
    ] {
        let line =
            format!("agent sip:127.0.0.1:{};transport=tls was passed over: {why}", ports[at]);
        assert!(said.iter().any(|one| one.starts_with(&line)), "{line}\n{said:?}");
    }
    assert!(said.len() == 3 && !said.concat().contains("4512345678"), "{said:?}");
    let passed: Vec<_> = server.front.passed_over().by_reason().filter(|(_, n)| *n > 0).collect();
    assert_eq!(passed, [("unreachable", 1), ("certificate", 2)]);
}
