//! Entries: one canonical form, and nothing else is read.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use frist_ledger::entry::*;
use frist_ledger::hash::{Hash, leaf_hash};
use frist_ledger::{KeyId, SubTree};
use jiff::Timestamp;

fn id(s: &str) -> Id {
    Id::new(s).unwrap()
}

fn at() -> Timestamp {
    "2026-11-22T03:00:07.25Z".parse().unwrap()
}

fn disposal() -> Disposal {
    Disposal {
        dataset: id("invoices"),
        disposition: Disposition::Erase,
        rule: Rule {
            text: Text::new("5 years from the end of the financial year of invoice_date").unwrap(),
            laws: vec![Text::new("bogføringsloven (lov nr. 700/2022) § 12, stk. 1").unwrap()],
        },
        revision: leaf_hash(b"revision"),
        sweep: id("s-1"),
        batch: Id::from(7u64),
        late: Lateness { p50: 10, p99: 3600, max: 86_400 },
        key: KeyId([1; 8]),
        n: 5000,
        root: leaf_hash(b"root"),
    }
}

fn every_kind() -> Vec<Kind> {
    let (hash, by) = (leaf_hash(b"h"), id("drift@nordkyst"));
    vec![
        Kind::Register { revision: hash, by: by.clone() },
        Kind::Plan {
            plan: id("p-1"),
            hash,
            revision: hash,
            as_of: at(),
            counts: vec![Planned { dataset: id("invoices"), due: 5000 }],
        },
        Kind::Approval { plan: id("p-1"), hash, by: by.clone() },
        Kind::Erased(disposal()),
        Kind::Recovered { disposal: disposal(), found_absent: 12, how: Recovery::Completed },
        Kind::Sweep {
            sweep: id("s-1"),
            outcome: Outcome::Finished,
            datasets: vec![Swept {
                dataset: id("invoices"),
                done: 5000,
                held: 1,
                blocked: 0,
                spared: 0,
                unclear: 12,
                findings: 3,
            }],
        },
        Kind::Hold { hold: id("h-1"), change: HoldChange::Added, by: by.clone() },
        Kind::Finding { code: id("F0001"), dataset: id("invoices"), count: 12 },
        Kind::Replay { since: at(), n: 0, root: Hash::EMPTY },
        Kind::KeyDestroyed { key: KeyId([2; 8]), by: by.clone() },
        Kind::CheckpointKeyRotated {
            new: Text::new("frist.example/log+00000000+AQ==").unwrap(),
            by: by.clone(),
        },
        Kind::Case { case: id("R-2026-0001"), step: id("opened"), by: by.clone() },
        transfer(Some(id("bo"))),
        transfer(None),
    ]
}

fn transfer(approved_by: Option<Id>) -> Kind {
    Kind::EvidenceTransfer {
        transfer: id("t-1"),
        dataset: id("recordings"),
        key: KeyId([1; 8]),
        record: Hash([1; 32]),
        copy: Hash([2; 32]),
        content: Hash([3; 32]),
        by: id("anna"),
        approved_by,
    }
}

#[test]
fn a_transfer_of_evidence_has_one_form() {
    let text = |by| String::from_utf8(Entry::new(at(), transfer(by)).to_bytes().unwrap()).unwrap();
    let two = text(Some(id("bo")));
    assert!(two.contains(r#""what":{"evidence-transfer":{"transfer":"t-1","dataset":"recordings","key":"0101010101010101","record":"0101"#), "{two}");
    assert!(two.ends_with(r#""by":"anna","approved_by":"bo"}}}"#), "{two}");
    assert!(text(None).ends_with(r#""by":"anna"}}}"#));
    let null = two.replace(r#""approved_by":"bo""#, r#""approved_by":null"#);
    assert!(Entry::parse(null.as_bytes()).is_err(), "another spelling of nobody");
}

#[test]
fn a_step_of_a_case_has_one_form() {
    let step = Kind::Case { case: id("R-2026-0001"), step: id("opened"), by: id("anna") };
    let text = String::from_utf8(Entry::new(at(), step).to_bytes().unwrap()).unwrap();
    let what = r#""what":{"case":{"case":"R-2026-0001","step":"opened","by":"anna"}}}"#;
    assert!(text.ends_with(what), "{text}");
    let more = text.replace(r#""by":"anna""#, r#""by":"anna","name":"Ida Holm""#);
    assert!(Entry::parse(more.as_bytes()).is_err(), "nothing else has a place in it");
}

#[test]
fn every_kind_comes_back() {
    for kind in every_kind() {
        let entry = Entry::new(at(), kind);
        let bytes = entry.to_bytes().unwrap();
        assert_eq!(Entry::parse(&bytes).unwrap(), entry);
        assert_eq!(entry.to_bytes().unwrap(), bytes);
    }
}

#[test]
fn the_form_is_fixed() {
    let text: Vec<String> = every_kind()
        .into_iter()
        .map(|kind| String::from_utf8(Entry::new(at(), kind).to_bytes().unwrap()).unwrap())
        .collect();
    assert_eq!(
        text[3],
        concat!(
            r#"{"v":1,"at":"2026-11-22T03:00:07.25Z","what":{"erased":{"dataset":"invoices","disposition":"erase","#,
            r#""rule":{"text":"5 years from the end of the financial year of invoice_date","#,
            r#""laws":["bogføringsloven (lov nr. 700/2022) § 12, stk. 1"]},"#,
            r#""revision":"2fca70dc54310253a61af0b3d7e72dc7458e3ddab658ea64a8e984a8ca85fb5b","#,
            r#""sweep":"s-1","batch":"7","late":{"p50":10,"p99":3600,"max":86400},"key":"0101010101010101","n":5000,"#,
            r#""root":"3c06f9a65725af605261f636672c9620d409731d89a451d7455fe9c4ae167829"}}}"#
        )
    );
    assert_eq!(
        text[5],
        concat!(
            r#"{"v":1,"at":"2026-11-22T03:00:07.25Z","what":{"sweep":{"sweep":"s-1","outcome":"finished","#,
            r#""datasets":[{"dataset":"invoices","done":5000,"held":1,"unclear":12,"findings":3}]}}}"#
        )
    );
    assert_eq!(
        text[8],
        concat!(
            r#"{"v":1,"at":"2026-11-22T03:00:07.25Z","what":{"replay":{"since":"2026-11-22T03:00:07.25Z","n":0,"#,
            r#""root":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}}"#
        )
    );
}

#[test]
fn other_spellings_are_refused() {
    let bytes = Entry::new(at(), every_kind().remove(7)).to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        (r#""v":1"#, r#""v":2"#),
        (r#""v":1"#, r#""v":1.0"#),
        (r#""v":1,"#, r#""v": 1,"#),
        (r#""v":1,"#, ""),
        (r#""count":12"#, r#""count":12,"more":1"#),
        (r#""count":12"#, r#""count":12.0"#),
        (r#""count":12"#, r#""count":-12"#),
        (r#""count":12"#, r#""count":"12""#),
        (r#""invoices""#, r#""in\u0076oices""#),
        (r#""invoices""#, r#""in voices""#),
        (r#""invoices""#, r#""""#),
        ("07.25Z", "07.250Z"),
        ("07.25Z", "07.25+00:00"),
        ("07.25Z", "07.25"),
        (r#""code":"F0001","dataset":"invoices""#, r#""dataset":"invoices","code":"F0001""#),
        (r#""count":12"#, r#""count":12,"count":12"#),
        ("finding", "fynding"),
        ("}}}", "}}} "),
        ("}}}", "}}}{}"),
        ("}}}", "}}"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert!(Entry::parse(changed.as_bytes()).is_err(), "{changed}");
    }
    let zero = r#"{"v":1,"at":"2026-11-22T03:00:07Z","what":{"sweep":{"sweep":"s","outcome":"finished","datasets":[{"dataset":"a","done":0}]}}}"#;
    assert!(Entry::parse(zero.as_bytes()).is_err(), "a zero is left out, never written");
}

#[test]
fn texts_and_identifiers_keep_out_what_does_not_belong() {
    for bad in ["", "has space", "line\nbreak", "quote\"", &"x".repeat(129), "a\u{202e}b"] {
        assert!(Id::new(bad).is_err(), "{bad:?}");
    }
    assert_eq!(id("løn/2026").as_str(), "løn/2026");
    for bad in ["", "a\nb", "a\u{202e}b", "a\u{200b}b", &"x".repeat(301)] {
        assert!(Text::new(bad).is_err(), "{bad:?}");
    }
    assert_eq!(Text::clipped("a\nb").as_str(), "a b");
    assert_eq!(Text::clipped("").as_str(), "-");
    let long = Text::clipped(&"ø".repeat(400));
    assert!(long.as_str().len() <= 300 && long.as_str().ends_with('…'));
    assert!(Text::new(long.as_str()).is_ok());
}

#[test]
fn count_and_root_must_agree_and_size_is_limited() {
    let wrong = Entry::new(at(), Kind::Replay { since: at(), n: 1, root: Hash::EMPTY });
    assert!(wrong.to_bytes().is_err());
    let none = Entry::new(at(), Kind::Erased(Disposal { n: 0, ..disposal() }));
    assert!(none.to_bytes().is_err());
    let counts = (0..3000u64)
        .map(|i| Planned { dataset: id(&format!("dataset-number-{i}")), due: i })
        .collect::<Vec<_>>();
    let plan = |counts: &[Planned]| {
        let hash = leaf_hash(b"plan");
        Entry::new(
            at(),
            Kind::Plan {
                plan: id("p"),
                hash,
                revision: hash,
                as_of: at(),
                counts: counts.to_vec(),
            },
        )
    };
    assert!(plan(&counts[..1000]).to_bytes().is_ok());
    let error = plan(&counts).to_bytes().unwrap_err().to_string();
    assert!(error.contains("leave out data sets without work"), "{error}");
}

#[test]
fn an_entry_says_what_subtree_it_commits_to() {
    let tree = SubTree::from_bytes(&[]).unwrap();
    let replay = Entry::new(at(), Kind::Replay { since: at(), n: tree.count(), root: tree.root() });
    assert_eq!(replay.subtree(), Some((0, Hash::EMPTY)));
    let erased = Entry::new(at(), Kind::Erased(disposal()));
    assert_eq!(erased.subtree(), Some((5000, leaf_hash(b"root"))));
    let hold = Kind::Hold { hold: id("h"), change: HoldChange::Released, by: id("b") };
    assert_eq!(Entry::new(at(), hold).subtree(), None);
}
