//! A no of any kind: the same service, and not a byte.

use super::*;
use crate::support::script::voice_block;

fn alone(name: &'static str, caller: Script) -> Story {
    Story { name, caller, agents: Vec::new(), tcp: false }
}

#[test]
fn a_no_of_any_kind_is_bridged_and_leaves_no_byte() {
    let no_key = Script::caller().voice(3000).wait(SILENCE).wait(600).bye();
    let mut over_tcp = story("tcp", no_key.clone(), agent());
    over_tcp.tcp = true;
    let stories = vec![
        story("nokey", no_key, agent()),
        over_tcp,
        story(
            "two",
            Script::caller().voice(2000).wait(FIRST).key('2').wait(NEXT).key('2').wait(900).bye(),
            agent(),
        ),
        story(
            "wrong",
            Script::caller().voice(2000).wait(FIRST).key('5').wait(NEXT).info('*').wait(900).bye(),
            agent(),
        ),
        // Pressed before anything was asked, and not after.
        story("early", Script::caller().wait(50).key('1').wait(SILENCE).wait(600).bye(), agent()),
        alone("gone", Script::caller().voice(2000).wait(FIRST).bye()),
        alone("gone-at-once", Script::caller().bye()),
        alone("gone-after-one", Script::caller().voice(500).wait(FIRST).info('1').bye()),
        // The agent is told to stop ringing when the caller goes.
        story(
            "gone-while-it-rings",
            Script::caller().wait(FIRST).info('2').wait(NEXT).info('2').wait(400).bye(),
            Script::cancelled(),
        ),
    ];
    let server = tell(stories, Wishes::default(), |_, _| {});
    assert!(server.recordings().is_empty(), "a key was made");
    let figures = server.desk.figures();
    assert_eq!((figures.calls, figures.recorded, figures.live), (9, 0, 0));
    assert_eq!(
        figures.purposes["quality"].granted, 1,
        "gone-after-one said yes to the first and hung up"
    );
    let objects = server.dir.path().join("vault").join("objects");
    for (path, length) in server.files() {
        assert!(!path.starts_with(&objects), "{} has {length} bytes", path.display());
        let bytes = std::fs::read(&path).unwrap();
        for at in [0, 7, 40, 90] {
            let voice = voice_block(at);
            let found = bytes.windows(24).any(|window| window == &voice[40..64]);
            assert!(!found, "block {at} of the caller's voice is in {}", path.display());
        }
    }
}
