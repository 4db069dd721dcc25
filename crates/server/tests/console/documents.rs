//! Documents from the register: read, taken away, compared, attested; the evidence bundle.

use std::io::Cursor;

use frist_cases::bundle::{Zipped, verify};
use frist_server::access::Role;

use crate::kit::House;

#[test]
fn every_document_is_read_and_taken_away() {
    let house = House::new();
    let mut auditor = house.signed_in("rie", &[Role::Auditor], &[]);
    let list = auditor.get("/documents").body;
    for word in ["Fortegnelse (artikel 30)", "Sletteplan", "Forbipasserende", "postkasser/read"] {
        assert_eq!(list.contains(word), word != "postkasser/read", "{word}: {list}");
    }
    assert_eq!(list.contains("/pdf\""), frist_paper::PDF, "PDF only when it was built with it");
    let links: Vec<String> = list
        .split("href=\"/documents/")
        .skip(1)
        .map(|l| format!("/documents/{}", l.split('"').next().unwrap()))
        .collect();
    assert!(links.len() > 40, "{links:?}");
    for link in &links {
        house.later(jiff::SignedDuration::from_secs(1));
        let answer = auditor.get(link);
        assert_eq!(answer.status, 200, "{link}: {}", answer.body);
        if link.matches('/').count() == 3 {
            assert!(answer.header("content-disposition").unwrap().contains("attachment"));
            assert!(!answer.bytes.is_empty(), "{link}");
        }
    }
    let view = auditor.get("/documents/record?in=en").body;
    assert!(view.contains("lang=\"en\">") && view.contains("Nordkyst Forsyning"), "{view}");
    assert!(!view.contains("<style"), "no style that the policy forbids");
    assert!(auditor.get("/documents/schedule/csv").header("content-type").unwrap().contains("csv"));
    for none in ["x", "notice-nobody", "record/exe", "guidelines/csv", "notice-customer/csv"] {
        assert_eq!(auditor.get(&format!("/documents/{none}")).status, 404, "{none}");
    }
    let quoted = auditor.get("/documents/notice-%3Cscript%3E");
    assert!(quoted.status == 404 && !quoted.body.contains("<script"));
}

#[test]
fn a_guideline_is_attested_in_the_version_in_force() {
    let house = House::new();
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &[]);
    let path = "/documents/postkasser/read";
    let fields = [("version", "2026-1"), ("sure", "yes")];
    let old = case.send("/documents", path, &[("version", "2025-1"), ("sure", "yes")]);
    assert!(old.body.contains("gælder ikke længere"), "{}", old.body);
    assert!(house.state().attestations().unwrap().is_empty());
    assert_eq!(case.send("/documents", path, &fields[..1]).status, 422, "nobody said to be sure");
    let token = case.get("/documents").token(path).unwrap();
    let all = [fields[0], fields[1], ("token", token.as_str())];
    assert_eq!(case.post(path, &all).status, 303);
    assert_eq!(case.post(path, &all).status, 303, "a double click");
    let kept = house.state().attestations().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].person.as_str(), kept[0].version.as_str()), ("sofie", "2026-1"));
    let page = case.get("/documents").body;
    assert!(page.contains("Du har læst den.") && !page.contains("Jeg har læst den"), "{page}");
    // Who only looks attests nothing.
    let mut auditor = house.signed_in("rie", &[Role::Auditor], &[]);
    assert_eq!(auditor.get("/documents").token(path), None);
    assert_eq!(auditor.post(path, &all).status, 403);
}

#[test]
fn a_bundle_is_made_and_verified_by_a_stranger() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let path = "/documents/bundle";
    assert_eq!(engineer.get("/documents").token(path), None);
    assert_eq!(engineer.post(path, &[]).status, 403);
    for (since, until) in [("2026-05-01", "2026-04-01"), ("<script>", "2026-05-01"), ("", "")] {
        let answer = dpo.send("/documents", path, &[("since", since), ("until", until)]);
        assert_eq!(answer.status, 422, "{}", answer.body);
    }
    let made = dpo.send("/documents", path, &[("since", "2025-11-22"), ("until", "2026-11-22")]);
    assert_eq!(made.header("content-type"), Some("application/zip"), "{}", made.body);
    let keys = frist_ledger::note::parse_keys(&dpo.get("/ledger/key").body).unwrap();
    let mut zip = Zipped::new(Cursor::new(&made.bytes[..])).unwrap();
    let looked = verify::verify(&mut zip, &keys, None).unwrap();
    assert!(looked.valid(), "{:?}", looked.faults);
    assert_eq!(looked.sealed.unwrap().by.as_str(), "maria");
    let log = house.state().looks(Some("maria"), 10).unwrap();
    assert!(log.iter().any(|l| l.what == "GetBundle"));
    // With a bit changed it is no bundle any more.
    let mut bytes = made.bytes.clone();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    let wrong = Zipped::new(Cursor::new(&bytes[..]))
        .and_then(|mut zip| verify::verify(&mut zip, &keys, None));
    assert!(wrong.is_err() || !wrong.unwrap().valid());
}

#[test]
fn notices_are_compared_with_an_earlier_revision() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    assert!(dpo.get("/documents/changes").body.contains("intet at sammenligne med"));
    // A revision in which invoices were kept for two years, made live before this one.
    let files: Vec<(String, String)> = frist_demo::REGISTER
        .iter()
        .map(|(name, text)| {
            let older = text.replace(
                "from = \"invoice_date\"\n  period = \"3 years\"",
                "from = \"invoice_date\"\n  period = \"2 years\"",
            );
            ((*name).to_owned(), older)
        })
        .collect();
    let register = frist_register::Register::read(&files).register.unwrap();
    let hash = frist_register::revision_hash(&register);
    let text = serde_json::to_string(&files).unwrap();
    let kind = frist_ledger::entry::Kind::Case {
        case: frist_ledger::Id::new("test").unwrap(),
        step: frist_ledger::Id::new("live").unwrap(),
        by: frist_ledger::Id::new("test").unwrap(),
    };
    let entry = frist_ledger::Entry::new(house.now(), kind);
    let (made_live_at, by) = (house.now(), "test".to_owned());
    let revision = frist_state::Revision { hash: hash.clone(), text, made_live_at, by };
    house.state().make_live(&revision, &entry).unwrap();
    let page = dpo.get("/documents/changes").body;
    let page = dpo.get(&format!("/documents/changes?against={}", &hash[..12])).body + &page;
    for word in ["Kunder", "<del>", "<ins>", "2 år", "3 år"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert_eq!(dpo.get("/documents/changes?against=ffff").status, 404);
}
