//! A yes, and everything that may happen during the call.

use super::*;
use crate::support::script::voice_block;
use crate::support::server::eventually;
use frist_calls::consent::How;
use frist_calls::desk::CallId;
use frist_calls::tape;
use frist_vault::ObjectId;

/// Says yes to both.
fn yes() -> Script {
    Script::caller().wait(FIRST).key('1').wait(NEXT).key('1').wait(500)
}

/// The blocks of one leg of a recording, in order: codec and sound.
pub fn blocks(server: &Server, id: &ObjectId, leg: usize) -> Vec<(u8, Vec<u8>)> {
    let mut reader = server.vault.read(id).unwrap();
    let mut found = Vec::new();
    for number in 0..reader.chunks() {
        let chunk = reader.chunk(number).unwrap();
        for pair in chunk.chunks(tape::PAIR) {
            let block = &pair[leg * tape::BLOCK..][..tape::BLOCK];
            found.push((block[0], block[1..].to_vec()));
        }
    }
    found
}

/// Which of the voice's blocks from `first` on are there.
pub fn heard(blocks: &[(u8, Vec<u8>)], first: u32, count: u32) -> usize {
    (first..first + count)
        .filter(|at| blocks.iter().any(|(_, sound)| sound[..] == voice_block(*at)))
        .count()
}

fn fact(server: &Server, id: &ObjectId, name: &str) -> Option<String> {
    let facts = server.vault.facts(id).unwrap();
    facts.into_iter().find(|(have, _)| have == name).and_then(|(_, value)| value)
}

/// Three calls that mostly wait, each with a server of its own, at the same time.
#[test]
fn what_is_recorded_and_what_not() {
    std::thread::scope(|scope| {
        scope.spawn(a_yes_is_recorded_from_the_bridge_on);
        scope.spawn(whom_nobody_hears_is_not_recorded);
        scope.spawn(an_agent_pauses_and_resumes);
        scope.spawn(nothing_is_recorded_after_the_nine);
    });
}

/// Where what was recorded up to a withdrawal is kept, it shows when the recording stopped.
fn nothing_is_recorded_after_the_nine() {
    let said = |how: Script| how.wait(60).voice_from(7000, 600).wait(800).bye();
    let stories = vec![
        story(
            "by-key",
            said(yes().wait(500).voice_from(5000, 1700).wait(1710).key('9')),
            Script::agent(50).expect_bye(),
        ),
        story(
            "by-info",
            yes().wait(500).voice_from(5000, 2700).wait(1700).info('9').wait(1300).bye(),
            Script::agent(50).expect_bye(),
        ),
    ];
    let wishes = Wishes {
        desk: Box::new(|desk| desk.on_withdrawal = frist_calls::desk::Remains::Keep),
        ..Wishes::default()
    };
    let server = tell(stories, wishes, |_, _| {});
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 2, "kept up to that point");
    for recording in recordings {
        assert!(fact(&server, &recording.id, "withdrawn_quality").is_some());
        let caller = blocks(&server, &recording.id, 0);
        // The last 0.7 s may not have been handed over when it came.
        let before = heard(&caller, 5000, 40);
        assert!(before >= 36, "{before} of 40 blocks before it");
        // By INFO it is pressed in the middle of a word, at block 5085.
        let after = (heard(&caller, 7000, 30), heard(&caller, 5095, 40));
        assert_eq!(after, (0, 0), "blocks of later than 0.1 s and more after it");
    }
}

fn a_yes_is_recorded_from_the_bridge_on() {
    let caller = Script::caller()
        .voice_from(1000, 900)
        .wait(FIRST)
        .key('1')
        .wait(NEXT)
        .key('1')
        .wait(700)
        .voice_from(5000, 500)
        .wait(520)
        .key('5')
        .wait(200)
        .voice_from(7000, 500)
        .wait(900)
        .bye();
    let agent = Script::agent(100).wait(300).voice_from(3000, 1000).expect_bye();
    let server = tell(vec![story("yes", caller, agent)], Wishes::default(), |_, _| {});
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1);
    let id = recordings[0].id;
    for name in ["given_quality", "given_training", "call_id"] {
        assert!(fact(&server, &id, name).is_some(), "{name}");
    }
    let (caller, agent) = (blocks(&server, &id, 0), blocks(&server, &id, 1));
    assert_eq!(heard(&caller, 1000, 45), 0, "what was said before the keys");
    // The key itself is silence, and a little of what lies just before it.
    let said = (heard(&caller, 5000, 25), heard(&caller, 7000, 25));
    assert!(said.0 >= 20 && said.1 >= 24, "{said:?} of 25 and 25 blocks of the caller");
    let answered = heard(&agent, 3000, 50);
    assert!(answered >= 48, "{answered} of 50 blocks of the agent");
    assert_eq!(heard(&caller, 3000, 50), 0, "each leg by itself");
}

/// How many blocks of the caller's voice from 5000 to 5119 are missing in one piece, and which are there.
fn longest_gap(server: &Server, id: &ObjectId) -> (u32, Vec<u32>) {
    let caller = blocks(server, id, 0);
    let there = |at: &u32| caller.iter().any(|(_, sound)| sound[..] == voice_block(*at));
    let voices: Vec<u32> = (5000..5120).filter(there).collect();
    (voices.windows(2).map(|two| two[1] - two[0]).max().unwrap_or(0), voices)
}

fn whom_nobody_hears_is_not_recorded() {
    let caller = yes()
        .wait(300)
        .voice_from(5000, 2400)
        .expect_reinvite("sendonly", "recvonly")
        .expect_reinvite("sendrecv", "sendrecv")
        .expect_bye();
    let agent = Script::agent(50)
        .wait(1700)
        .reinvite("sendonly")
        .wait(700)
        .reinvite("sendrecv")
        .wait(1500)
        .bye();
    let server = tell(vec![story("held", caller, agent)], Wishes::default(), |_, _| {});
    let (longest, voices) = longest_gap(&server, &server.recordings()[0].id);
    assert!((30..60).contains(&longest), "{longest} blocks of 20 ms in {voices:?}");
    assert!(voices.contains(&5118), "recorded again to the end");
}

fn an_agent_pauses_and_resumes() {
    let caller = yes().wait(500).voice_from(5000, 2400).wait(2600).bye();
    let agent =
        Script::agent(50).wait(1600).key('*').key('7').wait(700).key('*').key('8').expect_bye();
    let server = tell(vec![story("paused", caller, agent)], Wishes::default(), |_, _| {});
    let id = server.recordings()[0].id;
    let (longest, voices) = longest_gap(&server, &id);
    assert!((30..60).contains(&longest), "{longest} blocks of 20 ms in {voices:?}");
    assert!(voices.contains(&5118), "recorded again to the end");
}

#[test]
fn each_purpose_by_itself_and_everything_taken_back() {
    let mixed = Script::caller().wait(FIRST).key('1').wait(NEXT).key('2').wait(900).bye();
    let stories = vec![
        story("mixed", mixed, agent()),
        story("nine", yes().wait(600).voice(400).key('9').wait(600).bye(), agent()),
        story("nine-info", yes().wait(600).info('9').wait(500).bye(), agent()),
    ];
    let server = tell(stories, Wishes::default(), |_, _| {});
    let recordings = server.recordings();
    assert_eq!(recordings.len(), 1, "what was taken back is destroyed");
    let id = recordings[0].id;
    assert!(fact(&server, &id, "given_quality").is_some());
    assert!(fact(&server, &id, "given_training").is_none());
    let figures = server.desk.figures();
    assert_eq!((figures.recorded, figures.destroyed), (3, 2));
    assert_eq!(figures.purposes["training"].withdrawn, 2);
}

#[test]
fn holding_updating_and_the_ways_a_call_ends() {
    let hold = |how: Script| how.wait(300).reinvite("sendrecv").wait(300).bye();
    let held = |offered: &str, answer: &str| {
        Script::agent(100)
            .expect_reinvite(offered, answer)
            .expect_reinvite("sendrecv", "sendrecv")
            .expect_bye()
    };
    let busy = || Some(Script::refusing("486 Busy Here"));
    let unheard = yes().wait(500);
    let mut tcp = story(
        "tcp",
        yes().wait(300).reinvite("sendonly").wait(300).bye(),
        Script::agent(100).expect_reinvite("sendonly", "recvonly").expect_bye(),
    );
    tcp.tcp = true;
    let stories = vec![
        tcp,
        story("hold", hold(yes().wait(300).reinvite("sendonly")), held("sendonly", "recvonly")),
        story("old-hold", hold(yes().wait(300).reinvite_old_hold()), held("sendonly", "recvonly")),
        story("update", hold(yes().wait(300).update("inactive")), held("inactive", "inactive")),
        story(
            "agent-holds",
            yes().expect_reinvite("sendonly", "recvonly").expect_bye(),
            Script::agent(100).wait(1200).reinvite("sendonly").wait(400).bye(),
        ),
        story("agent-ends", yes().expect_bye(), Script::agent(100).voice(600).wait(900).bye()),
        story("early-media", yes().wait(900).bye(), Script::early(400).expect_bye()),
        story("lost-bye", unheard, Script::agent(100).expect_bye()),
        Story {
            name: "failover",
            caller: yes().wait(2500).bye(),
            agents: vec![busy(), None, Some(agent())],
            tcp: false,
        },
        Story {
            name: "all-busy",
            caller: yes().expect_bye(),
            agents: vec![busy(), busy()],
            tcp: false,
        },
    ];
    let wishes = Wishes {
        front: Box::new(|front| {
            front.quiet = Duration::from_secs(3);
            front.wait = Duration::from_secs(3);
            front.agent_answer = Duration::from_millis(900);
        }),
        ..Wishes::default()
    };
    let server = tell(stories, wishes, |_, _| {});
    assert_eq!(server.recordings().len(), 9, "all but the one whom nobody answered");
    assert_eq!(server.endpoint.held().0.min(40), server.endpoint.held().0);
}

/// The id of a call, as the agent's screen is told it.
fn told(messages: &str) -> Option<CallId> {
    let rest = messages.split("X-Frist-Call: ").nth(1)?;
    CallId::parse(rest.lines().next()?.trim())
}

#[test]
fn the_desk_says_stop_and_the_call_goes_on() {
    let stories = vec![story("stopped", yes().wait(3500).bye(), Script::agent(50).expect_bye())];
    let server = tell(stories, Wishes::default(), |server, messages| {
        eventually("the recording to begin", || server.desk.figures().recording == 1);
        let call = told(&messages()).expect("the agent is told the call's id");
        server.desk.withdraw(&call, Some("quality"), How::Api { who: "test".into() }).unwrap();
        assert!(server.desk.is_recording(&call), "the other purpose stands");
        server.desk.withdraw(&call, None, How::Api { who: "test".into() }).unwrap();
        assert!(!server.desk.is_recording(&call));
        assert!(server.recordings().is_empty());
        // Asked anew and granted: recorded again, and stopped for all.
        server.desk.ask(&call, &["quality"]);
        let answer = frist_calls::desk::Answer {
            purpose: "quality".into(),
            granted: true,
            how: How::Api { who: "test".into() },
            text_id: "front-desk".into(),
            text_version: "1".into(),
            language: "da".into(),
        };
        server.desk.decide(&call, &[answer]).unwrap();
        eventually("the recording to begin again", || server.desk.is_recording(&call));
        server.desk.stop_recording("test", "a test").unwrap();
        assert!(!server.desk.is_recording(&call));
        assert_eq!(server.front.live(), 1, "the call goes on");
    });
    assert_eq!(server.recordings().len(), 1, "what was recorded up to the stop is kept");
}

/// In the middle of a recorded call the database goes, or the vault's disk.
#[test]
fn a_lost_database_or_disk_stops_recording_and_not_the_call() {
    let lose = |what: &'static str| {
        let disk = tempfile::tempdir().unwrap();
        let at = disk.path().to_owned();
        let wishes = Wishes { desk: Box::new(move |desk| desk.disk = at), ..Wishes::default() };
        let caller = yes().voice_from(5000, 3500).wait(4000).bye();
        let stories = vec![story("goes-on", caller, Script::agent(50).expect_bye())];
        let server = tell(stories, wishes, |server, _| {
            eventually("the recording to begin", || server.desk.figures().recording == 1);
            std::thread::sleep(Duration::from_millis(2000));
            match what {
                "disk" => std::fs::remove_dir(disk.path()).unwrap(),
                _ => {
                    let db = server.dir.path().join("desk/calls.db");
                    std::fs::rename(&db, db.with_extension("gone")).unwrap();
                }
            }
            eventually("the recording to stop", || server.desk.figures().recording == 0);
            assert_eq!(server.desk.figures().failed, 1, "{what}");
            let relayed = server.media.figures().sent;
            std::thread::sleep(Duration::from_millis(700));
            assert_eq!(server.front.live(), 1, "{what}: the call goes on");
            assert!(server.media.figures().sent > relayed + 20, "{what}: with its sound");
        });
        // What there was is kept for its time, as `on_failure` says.
        let recordings = server.recordings();
        assert_eq!(recordings.len(), 1, "{what}");
        let caller = blocks(&server, &recordings[0].id, 0);
        assert!(heard(&caller, 5000, 40) >= 15, "{what}");
    };
    std::thread::scope(|scope| {
        scope.spawn(|| lose("disk"));
        scope.spawn(|| lose("database"));
    });
}

#[test]
fn a_hundred_calls_at_once() {
    let port = free_port();
    let lines = vec![("many".to_owned(), vec![port])];
    // SIPp takes an INVITE that comes again while it is busy for another one: let none come again.
    let endpoint = Box::new(|endpoint: &mut frist_calls::sip::EndpointConfig| {
        endpoint.t1 = Duration::from_secs(3);
    });
    let front = Box::new(|front: &mut frist_calls::front::FrontConfig| {
        front.wait = Duration::from_secs(5);
    });
    let server = Server::start(Wishes { lines, endpoint, front, ..Wishes::default() });
    let caller =
        Script::caller().wait(FIRST + 1500).info('1').wait(2000).info('2').wait(3500).bye();
    let agents =
        sipp::answers(&Script::agent(100).expect_bye(), "many", port).calls(100).within(40).start();
    std::thread::sleep(Duration::from_millis(200));
    sipp::calls(&caller, server.addr, "many").calls(100).within(40).start().finish();
    agents.finish();
    server.settled();
    assert_eq!(server.recordings().len(), 100);
}
