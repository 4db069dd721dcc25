//! Changes of the register on their way to being live.

use frist_state::{Error, NewProposal, ProposalStatus};

use crate::kit::{Kit, at, both};

both! { a_change_goes_its_way }

fn new(maker: &str, files: &str) -> NewProposal {
    NewProposal {
        maker: maker.into(),
        note: String::new(),
        base: "[]".into(),
        files: files.into(),
        hash: format!("hash of {files}"),
    }
}

fn a_change_goes_its_way(kit: &Kit) {
    let mut state = kit.open();
    let now = at("2026-01-05T08:00:00Z");
    let one = new("ida", "a");
    let id = state.save_proposal(&one, None, now).unwrap();
    let other = state.save_proposal(&new("bo", "x"), None, now).unwrap();
    // Another window does not overwrite what this one has not seen.
    for seen in [None, Some("hash of b")] {
        let lost = state.save_proposal(&new("ida", "b"), seen, now);
        assert!(matches!(lost, Err(Error::Refused { .. })), "{lost:?}");
    }
    assert_eq!(state.save_proposal(&new("ida", "b"), Some(&one.hash), now).unwrap(), id);
    let hash = "hash of b";
    assert!(!state.count_proposal(id, &one.hash, "{}", now).unwrap(), "counted for another");
    assert!(state.count_proposal(id, hash, "{}", now).unwrap());
    assert!(!state.end_proposal(id, hash, ProposalStatus::Live, "ea", now).unwrap(), "a draft");
    assert!(!state.submit_proposal(id, &one.hash, "").unwrap());
    assert!(state.submit_proposal(id, hash, "fordi").unwrap());
    assert!(state.return_proposal(id, hash, "ea", "nej", now).unwrap());
    let back = state.proposal_of("ida").unwrap().unwrap();
    assert_eq!((back.status, back.why.as_deref()), (ProposalStatus::Draft, Some("nej")));
    assert_eq!((back.effect.as_deref(), back.new.note.as_str()), (Some("{}"), "fordi"));
    assert!(state.submit_proposal(id, hash, "fordi").unwrap());
    assert!(!state.end_proposal(id, &one.hash, ProposalStatus::Live, "ea", now).unwrap());
    assert!(state.end_proposal(id, hash, ProposalStatus::Live, "ea", now).unwrap());
    assert!(!state.end_proposal(id, hash, ProposalStatus::Live, "ib", now).unwrap(), "once");
    let done = state.proposal(id).unwrap().unwrap();
    assert_eq!((done.status, done.decided_by.as_deref()), (ProposalStatus::Live, Some("ea")));
    assert_eq!(state.proposal_of("ida").unwrap(), None);
    assert_eq!(state.proposal(99).unwrap(), None);
    let ids: Vec<i64> = state.proposals(10).unwrap().iter().map(|p| p.id).collect();
    assert_eq!(ids, [other, id]);
    // What has ended does not stand in the way of the next.
    assert!(state.save_proposal(&new("ida", "c"), None, now).unwrap() > id);
}
