//! The consent front with clients that nobody here wrote, as caller and as agent.
#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

#[path = "../support/mod.rs"]
mod support;

mod agents;
mod granted;
mod others;
mod policy;
mod refused;
mod routed;
mod tls;

use std::time::Duration;
use support::script::Script;
use support::server::{BEFORE, QUESTION, Server, WAIT, Wishes};
use support::{free_port, sipp};

/// One caller's story and its agents'.
struct Story {
    name: &'static str,
    caller: Script,
    /// In the order of the list; `None` is a place where nobody listens.
    agents: Vec<Option<Script>>,
    tcp: bool,
}

fn story(name: &'static str, caller: Script, agent: Script) -> Story {
    Story { name, caller, agents: vec![Some(agent)], tcp: false }
}

/// Starts a server with a line for each story, tells them all at the same time, and waits for their good end. `during`
/// is done meanwhile, with what the agents of the first story heard.
fn tell(
    stories: Vec<Story>,
    wishes: Wishes,
    during: impl FnOnce(&Server, &dyn Fn() -> String),
) -> Server {
    let ports: Vec<Vec<u16>> =
        stories.iter().map(|one| one.agents.iter().map(|_| free_port()).collect()).collect();
    let lines = stories
        .iter()
        .zip(&ports)
        .map(|(one, ports)| (one.name.to_owned(), ports.clone()))
        .collect();
    let server = Server::start(Wishes { lines, ..wishes });
    let mut running = Vec::new();
    for (story, ports) in stories.iter().zip(&ports) {
        for (agent, port) in story.agents.iter().zip(ports) {
            if let Some(agent) = agent {
                running.push(sipp::answers(agent, story.name, *port).start());
            }
        }
    }
    std::thread::sleep(Duration::from_millis(300));
    for story in &stories {
        let sipp = sipp::calls(&story.caller, server.addr, story.name);
        running.push(if story.tcp { sipp.tcp() } else { sipp }.start());
    }
    during(&server, &|| running.first().map(sipp::Running::messages).unwrap_or_default());
    let wrong: Vec<String> = running.into_iter().filter_map(|one| one.outcome().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    server.settled();
    server
}

/// The first question has begun and can be answered.
const FIRST: u32 = BEFORE + 400;
/// From one answer to when the next can be given.
const NEXT: u32 = 400;
/// Nothing is answered at all.
const SILENCE: u32 = BEFORE + 2 * (QUESTION + WAIT) + 400;

fn agent() -> Script {
    Script::agent(100).voice(500).expect_bye()
}
