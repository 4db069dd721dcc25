//! The public side: a form in two steps, a case, a private link, and notices.

use frist_server::access::Role;
use frist_state::case::{CaseFilter, CaseKind};
use jiff::SignedDuration;

use crate::kit::{Answer, Client, House, encode};

/// Every field with something that a browser would run, if it were not text.
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

fn house() -> House {
    House::with(|settings| {
        settings.config.public.form = true;
        settings.config.public.notices = true;
        settings.config.public.per_hour = 8;
        settings.config.address = Some("https://ret.nordkyst.example/".into());
    })
}

fn value(page: &Answer, name: &str) -> String {
    let after = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
    after.unwrap_or_else(|| panic!("no {name}: {}", page.body)).split('"').next().unwrap().into()
}

/// Fills in the first step; the page of the second.
fn first(client: &mut Client, right: &str, words: &str) -> Answer {
    client.send("/p", "/p", &[("right", right), ("words", words)])
}

/// Sends the second step that this page has.
fn second(client: &mut Client, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let (sealed, token) = (value(page, "sealed"), page.token("/p/send").unwrap());
    let mut all = vec![("sealed", sealed.as_str()), ("token", token.as_str())];
    all.extend_from_slice(fields);
    client.post("/p/send", &all)
}

fn cases(house: &House) -> Vec<frist_state::case::Case> {
    house.state().cases(&CaseFilter::default()).unwrap()
}

#[test]
fn two_steps_make_one_case_with_receipt_and_private_link() {
    let house = house();
    let mut citizen = house.client();
    let page = first(&mut citizen, "erasure", "Jeg flyttede i 2019.\nSlet mig.");
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Jeg flyttede i 2019."), "said again: {}", page.body);
    assert!(cases(&house).is_empty(), "nothing is kept after the first step");
    let sealed = value(&page, "sealed");
    assert!(!sealed.contains("flyttede") && page.header("location").is_none());
    // Back to the first step, with what was said.
    let token = page.token("/p").unwrap();
    let back = citizen.post("/p", &[("token", &token), ("sealed", &sealed), ("back", "1")]);
    assert!(back.body.contains("Jeg flyttede i 2019.\nSlet mig.</textarea>"), "{}", back.body);
    assert!(
        back.body.contains("value=\"erasure\" required aria-describedby=\"help-erasure\" checked")
    );

    house.later(SignedDuration::from_secs(10));
    let fields = [
        ("name", "Karen Holm"),
        ("email", "karen@nordkyst.example"),
        ("known-customer", "100042"),
        ("website", ""),
    ];
    let sent = second(&mut citizen, &page, &fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let at = sent.location().to_owned();
    // A double click is one case, and the same page.
    assert_eq!(second(&mut citizen, &page, &fields).location(), at);
    let all = cases(&house);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].kind, all[0].number.as_str()), (CaseKind::Request, "R-2026-0001"));
    let request = frist_cases::request::Request::read(&all[0].number, &all[0].body).unwrap();
    assert_eq!(request.right, frist_cases::request::Right::Erasure);
    assert_eq!(request.words.as_deref(), Some("Jeg flyttede i 2019.\nSlet mig."));
    let known: Vec<(&str, &str)> =
        request.known.iter().map(|k| (k.kind.as_str(), k.value.as_str())).collect();
    assert_eq!(known, [("customer", "100042"), ("email", "karen@nordkyst.example")]);

    let page = citizen.get(&at);
    for word in ["Vi har modtaget din anmodning", "R-2026-0001", "sletning", "22.12.2026"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    assert!(page.body.contains("https://ret.nordkyst.example/p/s/"), "{}", page.body);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    // Who asked is not on the page: whoever finds the link on a machine learns no name.
    assert!(!page.body.contains("Karen") && !page.body.contains("100042"), "{}", page.body);
    let link = at.split('?').next().unwrap().to_owned();
    let letter = citizen.get(&format!("{link}/txt"));
    assert_eq!(letter.status, 200);
    assert!(letter.body.contains("Karen Holm") && letter.body.contains("R-2026-0001"));
    assert!(letter.header("content-disposition").unwrap().starts_with("attachment"));
    assert!(citizen.get(&format!("{link}/html")).body.contains("Karen Holm"));
    assert_eq!(citizen.get(&format!("{link}/exe")).status, 404);
    // Only the link's hash is kept, and neither it nor what was written is in any line of the log.
    let secret = link.rsplit('/').next().unwrap();
    let file = std::fs::read(house.dir.path().join("state.sqlite")).unwrap();
    let wal = std::fs::read(house.dir.path().join("state.sqlite-wal")).unwrap_or_default();
    for bytes in [file, wal] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
    }
    let log = house.log.lock().unwrap().join("\n");
    for word in [secret, "Karen", "100042", "flyttede"] {
        assert!(!log.contains(word), "{word}");
    }
    // In English, too; and the ledger names the form, not a person.
    let english = citizen.get(&format!("{link}?lang=en")).body;
    assert!(english.contains("You have an answer by"), "{english}");
    assert!(english.contains("2026-12-22"), "{english}");
}

#[test]
fn the_link_ends_with_the_case() {
    let house = house();
    let mut citizen = house.client();
    let page = first(&mut citizen, "access", "");
    house.later(SignedDuration::from_secs(10));
    let sent = second(&mut citizen, &page, &[("name", "Bo"), ("phone", "12 34 56 78")]);
    let link = sent.location().split('?').next().unwrap().to_owned();
    assert!(citizen.get(&link).body.contains("Vi ser på den"));
    // Nobody without the link: neither by number nor by a link that is nearly right.
    for wrong in ["/p/s/R-2026-0001", "/p/s/x", &link[..link.len() - 1], &format!("{link}A")] {
        assert_eq!(house.client().get(wrong).status, 404, "{wrong}");
    }
    let mut state = house.state();
    let case = cases(&house).remove(0);
    let mut change = case.change();
    change.closed = Some(house.now());
    let step = frist_state::case::NewStep {
        at: house.now(),
        by: "test".into(),
        step: "closed".into(),
        text: None,
    };
    state.change_case(&case.number, case.version, &change, &step).unwrap();
    assert_eq!(citizen.get(&link).status, 200);
    state.erase_case(&case.number, "test", house.now()).unwrap();
    let gone = citizen.get(&link);
    assert_eq!(gone.status, 404, "{}", gone.body);
    assert!(!gone.body.contains("/sign-in") && !gone.body.contains("href=\"/\""), "{}", gone.body);
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_lost() {
    let house = house();
    let mut citizen = house.client();
    let long = "a".repeat(4_001);
    for (right, words, wrong) in [
        ("", "uden valg", "Vælg, hvad du vil"),
        ("everything", "noget andet", "Vælg, hvad du vil"),
        ("access", long.as_str(), "Teksten er for lang"),
    ] {
        let page = first(&mut citizen, right, words);
        assert!(page.body.contains(wrong) && page.body.contains(words), "{wrong}: {}", page.body);
    }
    let page = first(&mut citizen, "access", "Mine ord");
    let name = ("name", "Ida Bang");
    // Faster than a person: asked to wait, with everything still there.
    let fast = second(&mut citizen, &page, &[name, ("phone", "1")]);
    assert!(fast.body.contains("Det gik meget hurtigt") && fast.body.contains("Ida Bang"));
    house.later(SignedDuration::from_secs(10));
    for (fields, wrong) in [
        (vec![("name", " "), ("phone", "1")], "Skriv dit navn"),
        (vec![name], "Skriv en e-mail"),
        (vec![name, ("email", "ida")], "kan ikke være rigtig"),
        (vec![name, ("phone", "1"), ("website", "http://spam")], "skal være tomt"),
    ] {
        let again = second(&mut citizen, &page, &fields);
        assert_eq!(again.status, 200);
        assert!(again.body.contains(wrong) && again.body.contains("Mine ord"), "{}", again.body);
        assert_eq!(value(&again, "sealed"), value(&page, "sealed"));
    }
    assert!(cases(&house).is_empty());
    // Not from another site, not without the form's token, not changed, not a day later.
    let token = page.token("/p/send").unwrap();
    let sealed = value(&page, "sealed");
    let all = [("token", token.as_str()), ("sealed", sealed.as_str()), name, ("phone", "1")];
    let mut elsewhere = citizen.clone();
    elsewhere.fetch = Some("cross-site");
    assert_eq!(elsewhere.post("/p/send", &all).status, 403);
    assert_eq!(citizen.post("/p/send", &all[1..]).status, 403);
    let mut changed = all;
    let other = format!("A{}", &sealed[1..]);
    changed[1].1 = &other;
    assert!(citizen.post("/p/send", &changed).body.contains("for lang tid"));
    house.later(SignedDuration::from_hours(13));
    assert!(second(&mut citizen, &page, &[name, ("phone", "1")]).body.contains("for lang tid"));
    assert!(cases(&house).is_empty());
    let huge = format!("words={}", encode(&"æ".repeat(40_000)));
    assert_eq!(citizen.ask("POST", "/p", &[], Some(&huge)).status, 413);
}

#[test]
fn a_flood_is_slowed_and_the_console_stays_open() {
    let house = house();
    let mut worker = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut citizen = house.client();
    let mut last = None;
    for n in 0..6 {
        let page = first(&mut citizen, "access", &format!("nr. {n}"));
        house.later(SignedDuration::from_secs(5));
        let sent = second(&mut citizen, &page, &[("name", "Bo"), ("phone", "1")]);
        last = Some((sent.status, sent.body, page));
    }
    let (status, body, page) = last.unwrap();
    assert_eq!(status, 429, "{body}");
    assert!(body.contains("dpo@nordkyst.example") && body.contains("nr. 5"), "{body}");
    assert_eq!(cases(&house).len(), 5);
    // What was written is still there, and goes through later.
    house.later(SignedDuration::from_mins(13));
    assert_eq!(second(&mut citizen, &page, &[("name", "Bo"), ("phone", "1")]).status, 303);
    // Pages are counted apart from those of people who work here.
    let stopped = (0..200).filter(|_| house.client().get("/p/s/x").status == 429).count();
    assert!(stopped > 100, "{stopped}");
    assert_eq!(worker.get("/").status, 200);
}

#[test]
fn script_is_text_and_nothing_is_said_of_anybody() {
    let house = house();
    let mut citizen = house.client();
    let page = first(&mut citizen, "objection", SCRIPT);
    assert!(page.body.contains("&#60;script&#62;") && !page.body.contains("<script"));
    house.later(SignedDuration::from_secs(10));
    let fields = [
        ("name", SCRIPT),
        ("email", SCRIPT),
        ("phone", SCRIPT),
        ("address", SCRIPT),
        ("known-customer", SCRIPT),
    ];
    let again = second(&mut citizen, &page, &fields);
    assert!(again.body.contains("kan ikke være rigtig"));
    assert!(!again.body.contains("<script") && !again.body.contains("<img"), "{}", again.body);
    let sent = second(&mut citizen, &page, &[fields[0], fields[2], fields[3], fields[4]]);
    let link = sent.location().split('?').next().unwrap().to_owned();
    for end in ["", "/html"] {
        let body = citizen.get(&format!("{link}{end}")).body;
        assert!(!body.contains("<script") && !body.contains("<img"), "{body}");
    }
    for bad in ["/p?lang=<script>", "/p?right=<script>alert(1)</script>", "/p/notices/<script>"] {
        let body = citizen
            .get(&encode(bad).replace("%2F", "/").replace("%3F", "?").replace("%3D", "="))
            .body;
        assert!(!body.contains("<script"), "{body}");
    }
    // Somebody who is in the register and somebody who is not see the same.
    let mut pages = Vec::new();
    for customer in ["100042", "no-such-customer"] {
        let mut client = house.client();
        let page = first(&mut client, "access", "");
        house.later(SignedDuration::from_secs(10));
        let fields = [("name", "Bo"), ("phone", "1"), ("known-customer", customer)];
        let at = second(&mut client, &page, &fields).location().to_owned();
        let body = client.get(&at).body;
        let (secret, number) = (at[5..].split('?').next().unwrap(), &body);
        let number = number.split("R-2026-").nth(1).unwrap()[..4].to_owned();
        pages.push(body.replace(secret, "").replace(&number, ""));
    }
    assert_eq!(pages[0], pages[1]);
}

#[test]
fn notices_are_published_and_the_console_is_not_shown() {
    let house = house();
    let mut worker = house.signed_in("maria", &[Role::Dpo], &[]);
    let list = worker.get("/p/notices").body;
    assert!(!list.contains("<nav") && !list.contains("href=\"/register\""), "{list}");
    assert!(list.contains("/p/notices/customer"), "{list}");
    let mut client = house.client();
    let danish = client.get("/p/notices/customer").body;
    assert!(danish.contains("bogføringsloven") || danish.contains("Bogføringsloven"), "{danish}");
    let english = client.get("/p/notices/customer?lang=en").body;
    assert!(english.contains("<html lang=\"en\">") && english != danish);
    assert!(!danish.contains("<style"), "no style that the policy forbids");
    assert_eq!(client.get("/p/notices/nobody").status, 404);
    // Off unless it is said.
    let house = House::new();
    for path in ["/p", "/p/notices", "/p/notices/customer", "/p/s/x", "/p/s/x/txt"] {
        assert_eq!(house.client().get(path).status, 404, "{path}");
    }
}
