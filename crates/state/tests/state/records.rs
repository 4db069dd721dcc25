//! Revisions, plans, holds and findings.

use frist_state::{
    Approval, Error, NewFinding, NewHold, NewPlan, Outcome, PlanStatus, Revision, Scope, State,
};

use crate::kit::{Kit, at, both, entry, lease, now, sweep_entry};

both! { the_newest_revision_made_live_is_live a_plan_runs_only_when_approved
an_approval_is_for_the_plan_that_was_read holds_stay_until_released_and_then_as_history
findings_are_settled_only_where_somebody_looked }

fn the_newest_revision_made_live_is_live(kit: &Kit) {
    let mut state = kit.open();
    assert_eq!(state.live_revision().unwrap(), None);
    let revision = |hash: &str, when: &str| Revision {
        hash: hash.to_owned(),
        text: format!("text of {hash}: æøå"),
        made_live_at: at(when),
        by: "anna".to_owned(),
    };
    let first = revision("r1", "2026-01-01T00:00:00Z");
    let second = revision("r2", "2026-02-01T00:00:00Z");
    let again = revision("r1", "2026-03-01T00:00:00Z");
    for (number, each) in [&first, &second, &again].into_iter().enumerate() {
        assert_eq!(state.make_live(each, &entry("h")).unwrap(), number as u64);
        assert_eq!(state.live_revision().unwrap().as_ref(), Some(each));
    }
    assert_eq!(state.revision("r2").unwrap(), Some(second));
    assert_eq!(state.revision("r3").unwrap(), None);
    let hashes: Vec<_> = state.revisions().unwrap().into_iter().map(|live| live.hash).collect();
    assert_eq!(hashes, ["r1", "r2", "r1"]);
}

fn plan(id: &str, needs_approval: Option<&str>) -> NewPlan {
    NewPlan {
        id: id.to_owned(),
        created_at: at("2026-11-22T12:00:00.000001Z"),
        proposed_by: "bo".to_owned(),
        as_of: at("2026-11-22T11:00:00Z"),
        revision: "r1".to_owned(),
        hash: format!("hash of {id}"),
        body: "{}".to_owned(),
        needs_approval: needs_approval.map(str::to_owned),
    }
}

fn status(state: &mut State, id: &str) -> PlanStatus {
    state.plan(id).unwrap().unwrap().status
}

fn a_plan_runs_only_when_approved(kit: &Kit) {
    let mut state = kit.open();
    let lease = lease(&mut state);
    let four_eyes = plan("p1", Some("four eyes"));
    state.propose(&four_eyes, &entry("p1")).unwrap();
    assert_eq!(state.plan("p1").unwrap().unwrap().plan, four_eyes);
    assert!(state.propose(&four_eyes, &entry("p1")).is_err(), "the id is taken");
    assert_eq!(state.size().unwrap(), 1);

    let error = state.begin_sweep(&lease, Some("p1"), "r1", now()).unwrap_err();
    assert!(error.to_string().contains("waits for an approval"), "{error}");
    assert!(state.running_sweeps().unwrap().is_empty());
    let approval = Approval { by: "anna".to_owned(), at: at("2026-11-22T13:00:00Z") };
    state.approve("p1", "hash of p1", &approval, &entry("a")).unwrap();
    assert_eq!(state.approvals("p1").unwrap(), [approval]);
    let sweep = state.begin_sweep(&lease, Some("p1"), "r1", now()).unwrap();
    assert_eq!(status(&mut state, "p1"), PlanStatus::Running);
    assert!(state.begin_sweep(&lease, Some("p1"), "r1", now()).is_err(), "it is running");
    assert!(state.abandon("p1").is_err(), "it is running");
    state.finish_sweep(&lease, sweep, Outcome::Finished, &sweep_entry(), now()).unwrap();
    assert_eq!(status(&mut state, "p1"), PlanStatus::Done);

    state.propose(&plan("p2", None), &entry("p2")).unwrap();
    let sweep = state.begin_sweep(&lease, Some("p2"), "r1", now()).unwrap();
    assert_eq!(state.sweep(sweep).unwrap().unwrap().plan.as_deref(), Some("p2"));
    state.finish_sweep(&lease, sweep, Outcome::Aborted, &sweep_entry(), now()).unwrap();
    assert_eq!(status(&mut state, "p2"), PlanStatus::Abandoned);

    state.propose(&plan("p3", None), &entry("p3")).unwrap();
    state.abandon("p3").unwrap();
    assert!(state.begin_sweep(&lease, Some("p3"), "r1", now()).is_err(), "it is abandoned");
    let unknown = state.begin_sweep(&lease, Some("p4"), "r1", now()).unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown}");
    assert_eq!(state.plans(2).unwrap().len(), 2);
}

fn an_approval_is_for_the_plan_that_was_read(kit: &Kit) {
    let mut state = kit.open();
    state.propose(&plan("p1", Some("four eyes")), &entry("p1")).unwrap();
    let approval = Approval { by: "anna".to_owned(), at: at("2026-11-22T13:00:00Z") };
    let error = state.approve("p1", "another hash", &approval, &entry("a")).unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert_eq!(status(&mut state, "p1"), PlanStatus::Proposed);
    state.approve("p1", "hash of p1", &approval, &entry("a")).unwrap();
    let twice = state.approve("p1", "hash of p1", &approval, &entry("a"));
    assert!(matches!(twice, Err(Error::Refused { .. })));
    assert_eq!(state.size().unwrap(), 2);
}

fn holds_stay_until_released_and_then_as_history(kit: &Kit) {
    let mut state = kit.open();
    let hold = |id: &str, dataset: Option<&str>, scope| NewHold {
        id: id.to_owned(),
        matter: "sag 2026-17".to_owned(),
        reason: "erstatningskrav".to_owned(),
        dataset: dataset.map(str::to_owned),
        scope,
        owner: "anna".to_owned(),
        created_at: at("2026-01-01T00:00:00Z"),
        review_at: Some(at("2026-06-01T00:00:00Z")),
        ends_at: None,
        viewers: Vec::new(),
    };
    let text = str::to_owned;
    let holds = [
        hold("h1", None, Scope::Subject { kind: text("customer"), value: text("17") }),
        hold("h2", Some("invoices"), Scope::Key { key: text("4711") }),
        hold("h3", Some("invoices"), Scope::All),
        hold(
            "h4",
            Some("invoices"),
            Scope::Field { name: text("Vestergade"), field: text("street"), value: text("V") },
        ),
    ];
    for hold in &holds {
        state.add_hold(hold, &entry(&hold.id)).unwrap();
    }
    assert!(state.add_hold(&holds[0], &entry("h1")).is_err(), "the id is taken");
    let active = |state: &mut State, when: &str| -> Vec<String> {
        state.holds(at(when)).unwrap().into_iter().map(|hold| hold.hold.id).collect()
    };
    assert!(active(&mut state, "2025-12-31T23:59:59Z").is_empty());
    // The review date has passed and they still hold.
    assert_eq!(active(&mut state, "2027-01-01T00:00:00Z"), ["h1", "h2", "h3", "h4"]);
    let kept: Vec<_> = state.all_holds().unwrap().into_iter().map(|hold| hold.hold).collect();
    assert_eq!(kept, holds);
    assert!(!format!("{kept:?}").contains("4711"), "a log must not name a record");

    state.release_hold("h2", "bo", at("2026-03-01T00:00:00Z"), None, &entry("h2")).unwrap();
    assert_eq!(active(&mut state, "2026-03-01T00:00:00Z"), ["h1", "h3", "h4"]);
    assert_eq!(active(&mut state, "2026-02-28T00:00:00Z").len(), 4);
    let twice = state.release_hold("h2", "bo", at("2026-03-02T00:00:00Z"), None, &entry("h2"));
    assert!(matches!(twice, Err(Error::Refused { .. })));
    let unknown = state.release_hold("h9", "bo", at("2026-03-02T00:00:00Z"), None, &entry("h9"));
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
    let history = state.all_holds().unwrap();
    assert_eq!(history[1].released_at, Some(at("2026-03-01T00:00:00Z")));
    assert_eq!(history[1].released_by.as_deref(), Some("bo"));
    assert_eq!(state.size().unwrap(), 5);
}

fn findings_are_settled_only_where_somebody_looked(kit: &Kit) {
    let mut state = kit.open();
    let finding = |code: &str, dataset: &str, count| NewFinding {
        code: code.to_owned(),
        dataset: dataset.to_owned(),
        count,
        detail: "the starting point is missing".to_owned(),
    };
    let days = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"].map(at);
    let both = ["invoices", "employees"];
    let found =
        [finding("F1", "invoices", 7), finding("F2", "invoices", 1), finding("F1", "employees", 2)];
    state.keep_findings(&both, &found, &[entry("f1"), entry("f2")], days[0]).unwrap();
    assert_eq!(state.size().unwrap(), 2);
    assert_eq!(state.open_findings().unwrap().len(), 3);

    // The next day nobody could look into the employees.
    state.keep_findings(&["invoices"], &[finding("F1", "invoices", 9)], &[], days[1]).unwrap();
    let open = state.open_findings().unwrap();
    let names: Vec<_> = open.iter().map(|f| (&*f.finding.code, &*f.finding.dataset)).collect();
    assert_eq!(names, [("F1", "employees"), ("F1", "invoices")]);
    assert_eq!(open[1].finding.count, 9);
    assert_eq!((open[1].first_seen, open[1].last_seen), (days[0], days[1]));

    // One that was settled comes back, and counts from then.
    state.keep_findings(&both, &[finding("F2", "invoices", 3)], &[], days[2]).unwrap();
    let all = state.findings().unwrap();
    assert_eq!(all.len(), 3);
    let back = all.iter().find(|f| f.finding.code == "F2").unwrap();
    assert_eq!((back.first_seen, back.settled_at), (days[2], None));
    assert_eq!(all.iter().filter(|f| f.settled_at == Some(days[2])).count(), 2);
}
