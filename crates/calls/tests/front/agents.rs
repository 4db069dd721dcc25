//! What agents may do that few do: reliable provisional answers, session timers of their own, and a call that is too long.

use super::*;
use crate::granted::{blocks, heard};
use std::time::Instant;

fn yes() -> Script {
    Script::caller().wait(FIRST).key('1').wait(NEXT).key('1').wait(500)
}

/// Three servers whose calls mostly wait, at the same time.
#[test]
fn what_few_agents_do_and_a_call_that_is_too_long() {
    std::thread::scope(|scope| {
        scope.spawn(the_whole_answer_in_a_reliable_183_is_acknowledged_and_used);
        scope.spawn(timers_that_the_agent_asks_for);
        scope.spawn(a_call_that_is_too_long_is_hung_up_on_both_sides);
    });
}

fn the_whole_answer_in_a_reliable_183_is_acknowledged_and_used() {
    let stories = vec![story(
        "prack",
        yes().wait(600).voice_from(5000, 1500).wait(2000).bye(),
        Script::reliable(300).voice_from(3000, 1500).expect_bye(),
    )];
    let server = tell(stories, Wishes::default(), |_, _| {});
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    let [caller, agent] = [0, 1].map(|leg| blocks(&server, &recordings[0].id, leg));
    let voices = (heard(&caller, 5000, 75), heard(&agent, 3000, 75));
    // A busy machine takes its time to bridge.
    assert!(voices.0 >= 30 && voices.1 >= 30, "{voices:?} of 75 blocks each");
}

/// A 422 is tried again with what the agent asks for, and the call is kept up by UPDATE, or by re-INVITE with an agent
/// that knows no UPDATE.
fn timers_that_the_agent_asks_for() {
    let scripts = [
        Script::timed("INVITE, ACK, BYE, CANCEL, UPDATE").expect_update().expect_update(),
        Script::timed("INVITE, ACK, BYE, CANCEL").expect_refresh().expect_refresh(),
    ];
    let ports = [free_port(), free_port()];
    let server = Server::start(Wishes {
        lines: vec![("update".to_owned(), vec![ports[0]]), ("reinvite".to_owned(), vec![ports[1]])],
        endpoint: Box::new(|endpoint| {
            endpoint.session_expires = Duration::from_secs(1);
            endpoint.min_session = Duration::from_secs(1);
        }),
        ..Wishes::default()
    });
    let mut running = Vec::new();
    for (script, port) in scripts.into_iter().zip(ports) {
        running.push(sipp::answers(&script.expect_bye(), "timed", port).start());
    }
    std::thread::sleep(Duration::from_millis(300));
    for name in ["update", "reinvite"] {
        // `-aa`: the callers are kept up as well, and take it.
        let caller = yes().wait(3300).bye();
        running.push(sipp::calls(&caller, server.addr, name).arg("-aa").start());
    }
    let wrong: Vec<String> = running.into_iter().filter_map(|one| one.outcome().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    server.settled();
}

fn a_call_that_is_too_long_is_hung_up_on_both_sides() {
    let stories = vec![
        story(
            "talking",
            yes().voice_from(5000, 4000).expect_bye(),
            Script::agent(100).expect_bye(),
        ),
        // Silent and never asked for anything: the limit knows no difference.
        story(
            "refusing",
            Script::caller().voice(4000).expect_bye(),
            Script::agent(100).expect_bye(),
        ),
    ];
    let limit = Duration::from_secs(5);
    let wishes = Wishes {
        front: Box::new(move |front| {
            front.longest = limit;
            front.wait = Duration::from_millis(600);
        }),
        ..Wishes::default()
    };
    let begun = Instant::now();
    let server = tell(stories, wishes, |_, _| {});
    let lasted = begun.elapsed();
    assert!(lasted >= limit && lasted < limit + Duration::from_secs(6), "{lasted:?}");
    // It ends like any other: what was said up to then is kept.
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    let caller = blocks(&server, &recordings[0].id, 0);
    assert!(heard(&caller, 5000, 75) >= 30);
}
