//! What lies between: a fork, routers of before RFC 3261, and telephone numbers instead of addresses.

use super::*;
use crate::granted::{blocks, heard};
use crate::support::kamailio::Exchange;
use frist_calls::front::Plan;
use frist_calls::sip::Uri;
use std::net::UdpSocket;

fn yes() -> Script {
    Script::caller().wait(FIRST).key('1').wait(NEXT).key('1').wait(500)
}

/// A line for each called number, whose only agent is this user behind the exchange.
fn lines(server_lines: &[(&str, &str)], port: u16) -> Wishes {
    let uri = |user: &str| Uri::parse(&format!("sip:{user}@127.0.0.1:{port}")).unwrap();
    let lines: Vec<(String, Uri)> =
        server_lines.iter().map(|(number, user)| ((*number).to_owned(), uri(user))).collect();
    Wishes {
        front: Box::new(move |front| {
            for (number, agent) in lines {
                let plan = Plan { agents: vec![agent], ..front.plan.clone() };
                front.lines.insert(number, plan);
            }
        }),
        ..Wishes::default()
    }
}

/// Three servers whose calls mostly wait, at the same time.
#[test]
fn what_lies_between() {
    std::thread::scope(|scope| {
        scope.spawn(two_agents_ring_behind_a_fork);
        scope.spawn(strict_routers_on_both_sides_and_telephone_numbers);
        scope.spawn(branches_of_a_fork_are_kept_apart);
    });
}

/// Both agents speak before they answer; one answers, and the exchange cancels the other.
fn two_agents_ring_behind_a_fork() {
    let (port, agents) = (free_port(), [free_port(), free_port()]);
    let server = Server::start(lines(&[("fork", "fork")], port));
    let exchange = Exchange::start(port, server.addr, agents);
    let first = Script::early(700).voice_from(3000, 1500).expect_bye();
    let second = Script::early_cancelled(9000, 3000);
    let running = vec![
        sipp::answers(&first, "first", agents[0]).start(),
        sipp::answers(&second, "second", agents[1]).start(),
    ];
    std::thread::sleep(Duration::from_millis(300));
    let caller = yes().wait(800).voice_from(5000, 1500).wait(1800).bye();
    let caller = sipp::calls(&caller, exchange.addr, "fork").start();
    let wrong: Vec<String> =
        running.into_iter().chain([caller]).filter_map(|one| one.outcome().err()).collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n\n"), exchange.log());
    server.settled();
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    let [caller, agent] = [0, 1].map(|leg| blocks(&server, &recordings[0].id, leg));
    let voices = (heard(&caller, 5000, 75), heard(&agent, 3000, 75), heard(&agent, 9000, 150));
    assert!(voices.0 >= 30 && voices.1 >= 30, "{voices:?}");
    assert!(voices.2 <= 5, "who did not answer is not recorded: {voices:?}");
}

/// Every request within the call goes by the exchange, which must find its own address as the Request-URI.
fn strict_routers_on_both_sides_and_telephone_numbers() {
    let (port, agents) = (free_port(), [free_port(), free_port()]);
    let server = Server::start(lines(&[("+4570101010", "strict")], port));
    let exchange = Exchange::start(port, server.addr, agents);
    let agent = Script::agent(100)
        .voice_from(3000, 1000)
        .wait(1200)
        .reinvite("sendonly")
        .wait(300)
        .reinvite("sendrecv")
        .wait(300)
        .bye();
    let agent = sipp::answers(&agent, "strict", agents[0]).start();
    std::thread::sleep(Duration::from_millis(300));
    let caller = yes()
        .voice_from(5000, 1000)
        .expect_reinvite("sendonly", "recvonly")
        .expect_reinvite("sendrecv", "sendrecv")
        .expect_bye()
        .by_number("+4512345678", "+4570101010");
    let caller = sipp::calls(&caller, exchange.addr, "unused").start();
    let told = [caller.outcome(), agent.outcome()];
    let wrong: Vec<&String> = told.iter().filter_map(|one| one.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{wrong:?}\n{}", exchange.log());
    server.settled();
    // To the caller two re-INVITEs, their ACKs and the BYE; to the agent the ACK of the call.
    let strict = ["INVITE", "ACK", "BYE"].map(|method| exchange.strict(method));
    assert!(strict[0] >= 2 && strict[1] >= 3 && strict[2] >= 1, "{strict:?}\n{}", exchange.log());
    let heard_by_agent = told[1].as_ref().unwrap();
    assert!(heard_by_agent.contains("From: <tel:+4512345678>"), "{heard_by_agent}");
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    let [caller, agent] = [0, 1].map(|leg| blocks(&server, &recordings[0].id, leg));
    let voices = (heard(&caller, 5000, 50), heard(&agent, 3000, 50));
    assert!(voices.0 >= 15 && voices.1 >= 15, "{voices:?} of 50 blocks each");
}

/// One SIPp answers as both branches of a fork would: the caller's voice goes to the one that answered, though the other
/// said last where it takes sound.
fn branches_of_a_fork_are_kept_apart() {
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [one, two] = sockets.each_ref().map(|socket| {
        socket.set_nonblocking(true).unwrap();
        socket.local_addr().unwrap().port().to_string()
    });
    let port = free_port();
    let server = Server::start(lines(&[("branches", "agent")], port));
    let agent = sipp::answers(&Script::forked().expect_bye(), "branches", port)
        .key("one", &one)
        .key("two", &two)
        .start();
    std::thread::sleep(Duration::from_millis(300));
    let caller = yes().wait(1300).voice_from(5000, 1000).wait(1200).bye();
    let caller = sipp::calls(&caller, server.addr, "branches").start();
    let wrong: Vec<String> =
        [caller, agent].into_iter().filter_map(|one| one.outcome().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    server.settled();
    let got = sockets.each_ref().map(|socket| {
        let mut packet = [0; 512];
        std::iter::from_fn(|| socket.recv(&mut packet).ok()).filter(|length| *length == 172).count()
    });
    assert!(got[0] >= 25 && got[1] == 0, "{got:?} packets at the two branches");
}
