//! A consent is given and withdrawn in one call each, and its proof goes.

use frist_cases::consent::{self, Given, Route};
use frist_register::Lang;
use jiff::{SignedDuration, Timestamp};

use super::{by, company, engine_of, files, now};

const TEXT: &str = r#"
[[consent]]
id = "nyhedsbrev"
version = "2"
activity = "marketing"
purpose = "direct-marketing"
text = { da = "Må vi sende dig tilbud?", en = "May we send you offers?" }
withdraw = { da = "Følg linket i brevet", en = "Follow the link in the letter" }
proof = "3 months"
"#;

fn given(at: Timestamp) -> Given {
    Given {
        kind: "customer".into(),
        who: "4711".into(),
        text: "nyhedsbrev".into(),
        purposes: Vec::new(),
        channel: "web".into(),
        lang: Lang::Da,
        at,
        age: None,
        guardian: false,
    }
}

#[test]
fn consent_is_given_withdrawn_and_forgotten() {
    let dir = company();
    let mut all = files(dir.path());
    all.push(("register/samtykke.toml".into(), TEXT.into()));
    let mut e = engine_of(dir.path(), all, now());
    let t = now();
    let receipt = consent::give(&mut e, &given(t), &by(), [9; 22]).unwrap();
    let kept = consent::of(&mut e, "customer", "4711").unwrap();
    let c = &kept[0];
    assert_eq!((c.id.as_str(), c.text_version.as_str()), (receipt.id.as_str(), "2"));
    assert_eq!(c.purposes, ["marketing/direct-marketing"]);
    // The hash of the very words that were shown.
    use sha2::Digest;
    let words = sha2::Sha256::digest("Må vi sende dig tilbud?");
    assert_eq!(c.text_hash, words.iter().map(|b| format!("{b:02x}")).collect::<String>());
    assert!(!format!("{c:?}").contains("4711"));

    // Names and CPR numbers are no pseudonyms; an unknown text or kind is refused; a child under 15 too.
    assert!(
        consent::give(&mut e, &Given { kind: "nobody".into(), ..given(t) }, &by(), [1; 22])
            .is_err()
    );
    assert!(
        consent::give(&mut e, &Given { text: "x".into(), ..given(t) }, &by(), [2; 22]).is_err()
    );
    let child =
        |age, guardian, at| Given { age: Some(age), guardian, who: "12".into(), ..given(at) };
    let refused = consent::give(&mut e, &child(14, false, t), &by(), [3; 22]).unwrap_err();
    assert!(refused.to_string().contains("secondary source"), "{refused}");
    consent::give(&mut e, &child(14, true, t), &by(), [4; 22]).unwrap();
    // Thirteen was enough before 2024.
    let then = "2023-06-01T10:00:00Z".parse().unwrap();
    consent::give(&mut e, &child(14, false, then), &by(), [5; 22]).unwrap();

    // One call by the token, which is nowhere kept as it is.
    let route = Route::Token(receipt.token.clone());
    let gone = consent::withdraw(&mut e, &route, None, &by(), t).unwrap();
    assert_eq!(gone[0].route.as_deref(), Some("web"));
    assert!(consent::withdraw(&mut e, &route, None, &by(), t).is_err(), "it is withdrawn");
    let follows = consent::follows(&e.register, &gone[0].purposes);
    let data = follows.iter().find(|f| f.dataset == "marketing-consents").unwrap();
    assert!(data.withdrawn.is_some(), "{follows:?}");
    let bytes = std::fs::read(dir.path().join("state.sqlite")).unwrap();
    assert!(!bytes.windows(receipt.token.len()).any(|w| w == receipt.token.as_bytes()));

    // The proof stays for the three months that the register says, and no longer.
    let end = gone[0].erase_at.unwrap();
    assert_eq!(end.to_string(), "2027-02-22T23:00:00Z");
    assert_eq!(consent::tidy(&mut e, end - SignedDuration::from_secs(1)).unwrap(), 0);
    assert_eq!(consent::tidy(&mut e, end).unwrap(), 1);
    assert_eq!(consent::of(&mut e, "customer", "4711").unwrap(), []);
    assert!(e.register.consents.iter().any(|c| c.id.value == "nyhedsbrev"), "the text stays");
}

#[test]
fn consents_from_elsewhere_are_taken_whole_or_not_at_all() {
    let dir = company();
    let mut all = files(dir.path());
    all.push(("register/samtykke.toml".into(), TEXT.into()));
    let mut e = engine_of(dir.path(), all, now());
    let head = "kind,who,given_at,channel,text,version,lang,withdrawn_at\n";
    let good = "customer,1,2025-01-01T10:00:00Z,web,nyhedsbrev,2,da,\n\
                customer,2,2025-01-01T10:00:00Z,web,nyhedsbrev,1,da,\n\
                customer,3,2020-01-01T10:00:00Z,web,nyhedsbrev,1,da,2021-01-01T10:00:00Z\n";
    let mut import = |text: &str| consent::import(&mut e, text, &[1; 32], &by(), now());
    let bad = format!("{head}{good}customer,4,yesterday,web,nyhedsbrev,2,da,\n");
    let refused = import(&bad).unwrap_err().to_string();
    assert!(refused.contains("line 5") && !refused.contains("yesterday"), "{refused}");
    let done = import(&format!("{head}{good}")).unwrap();
    // The one withdrawn years ago may not be kept just in case.
    assert_eq!((done.taken, done.unknown_text, done.over, done.known), (2, 2, 1, 0));
    let again = import(&format!("{head}{good}")).unwrap();
    assert_eq!((again.taken, again.known, again.over), (0, 2, 1));
    assert_eq!(e.state.consents().unwrap().len(), 2);
}
