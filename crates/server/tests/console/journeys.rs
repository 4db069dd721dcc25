//! The main jobs, by forms alone.

use std::time::{Duration, Instant};

use frist_server::access::Role;

use crate::kit::{Client, House};

fn wait_for(client: &mut Client, at: &str, word: &str) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let page = client.get(at).body;
        if page.contains(word) || Instant::now() > end {
            assert!(page.contains(word), "no {word}: {page}");
            return page;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn planned_by_one_approved_by_another_and_gone() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let today = dpo.get("/").body;
    assert!(today.contains("forsinket"), "{today}");
    assert!(today.contains("søndag den 22. november 2026"), "{today}");
    let next = r#"<a href="/sweeps">Lav den første plan</a>"#;
    assert!(today.contains("Kom i gang") && today.contains(next), "{today}");
    let plan = engineer.send("/sweeps", "/sweeps", &[]).location().to_owned();
    let page = engineer.get(&plan).body;
    assert!(page.contains("En anden end den, der lavede planen"), "{page}");
    let today = engineer.get("/").body;
    assert!(!today.contains(next), "that step is done");
    assert!(today.contains(r#"<a href="/sweeps">Gennemfør planen</a>"#), "{today}");
    // Who made it does not approve it, whatever is sent; and nobody runs it before.
    let (approve, run) = (format!("{plan}/approve"), format!("{plan}/run"));
    let sure = [("sure", "yes")];
    assert!(engineer.get(&plan).token(&run).is_none());
    assert!(engineer.get(&plan).token(&approve).is_none());
    // The examples show records: only to whom they may be shown, and that is logged.
    let sample = format!("{plan}/sample");
    assert!(engineer.get(&plan).token(&sample).is_none());
    let shown = dpo.send(&plan, &sample, &[]).body;
    assert!(shown.contains("Eksempler, læst nu"));
    let looked = house.state().looks(Some("maria"), 1).unwrap();
    assert_eq!(looked[0].what, "SeeSample");
    let key = shown.split("<caption>").nth(1).unwrap().split("<td>").nth(1).unwrap();
    let key = key.split('<').next().unwrap().to_owned();

    assert_eq!(dpo.send(&plan, &approve, &[]).status, 422, "nobody said to be sure");
    assert_eq!(dpo.send(&plan, &approve, &sure).status, 303);
    assert_eq!(engineer.send(&plan, &run, &sure).status, 303);
    let page = wait_for(&mut engineer, &plan, "udført");
    assert!(page.contains("Resultat"), "{page}");
    assert!(!page.contains("kunne ikke gennemføres"), "{page}");
    assert!(dpo.get(&plan).token(&run).is_none(), "not twice");
    assert!(!dpo.get("/").body.contains("Kom i gang"), "nothing is new any more");

    // The proof, taken away and verified.
    let set = shown.split("<caption>").next().unwrap().rsplit("href=\"/datasets/").next().unwrap();
    let set = format!("/datasets/{}", set.split('"').next().unwrap());
    let receipt = dpo.send(&set, &format!("{set}/receipt"), &[("key", &key)]);
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    let keys = frist_ledger::note::parse_keys(&dpo.get("/ledger/key").body).unwrap();
    let verified = frist_ledger::verify(receipt.body.as_bytes(), &keys, None).unwrap();
    assert!(matches!(verified, frist_ledger::Verified::Receipt(_)));
    let evidence = dpo.get("/ledger/evidence");
    assert!(frist_ledger::verify(&evidence.bytes[..], &keys, None).is_ok());
    let ledger = dpo.get("/ledger").body;
    for word in ["maria godkendte plan", "slettekørsel 1 afsluttet", "poster slettet"] {
        assert!(ledger.contains(word), "{word}: {ledger}");
    }
    // An erased record is gone, and the page says where its proof is.
    let gone = dpo.send(&set, &format!("{set}/record"), &[("key", &key)]).body;
    assert!(gone.contains("Der er ingen post med den nøgle"), "{gone}");
    house.runtime.block_on(house.console.stop());
}

#[test]
fn one_sees_what_one_needs_to_know() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["invoices"]);
    let hold = |id: &str, set: &str| {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        vec![
            pair("id", id),
            pair("matter", &format!("J.nr. {id}")),
            pair("reason", "krav"),
            pair("dataset", set),
            pair("by", "all"),
            pair("review", "2026-11-01"),
        ]
    };
    let add = |client: &mut Client, id: &str, set: &str| {
        let fields = hold(id, set);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
        client.send("/holds", "/holds", &fields).status
    };
    assert_eq!(add(&mut dpo, "sag-1", "complaints"), 303);
    assert_eq!(add(&mut dpo, "sag-2", "invoices"), 303);
    assert_eq!(add(&mut dpo, "sag-2", "invoices"), 200, "there is one");
    assert_eq!(add(&mut case, "sag-3", "invoices"), 303);
    assert_eq!(add(&mut case, "sag-4", "complaints"), 403);
    assert_eq!(add(&mut case, "sag-5", ""), 403, "nor everywhere");
    let page = case.get("/holds").body;
    assert!(page.contains("J.nr. sag-2") && page.contains("J.nr. sag-3"), "{page}");
    assert!(!page.contains("sag-1"), "{page}");
    assert!(dpo.get("/").body.contains("skulle være gennemgået"));
    assert!(!case.get("/").body.contains("sag-1"));
    assert_eq!(case.get("/datasets/complaints").token("/datasets/complaints/record"), None);
    let token = case.get("/datasets/invoices");
    assert!(token.token("/datasets/invoices/record").is_some());
    // Released by the officer alone.
    assert_eq!(case.get("/holds").token("/holds/sag-3/release"), None);
    let released = dpo.send("/holds", "/holds/sag-3/release", &[("sure", "yes")]);
    assert_eq!(released.status, 303);
    assert!(!case.get("/holds").body.contains("J.nr. sag-3"));
    assert!(case.get("/holds?all=1").body.contains("J.nr. sag-3"));
}

#[test]
fn an_administrator_lets_nobody_see_personal_data() {
    let house = House::new();
    let mut admin = house.signed_in("admin", &[Role::Administrator], &[]);
    // Alone, the administrator is led to the accounts, and not into stores or plans.
    let today = admin.get("/").body;
    assert!(today.contains(r#"<a href="/people">Opret konti</a>"#), "{today}");
    assert!(
        !today.contains("href=\"/stores/connect\"") && !today.contains("\"/sweeps\""),
        "{today}"
    );
    // As long as there is no officer, the administrator appoints one: not oneself.
    let own = "/people/account/admin";
    assert!(admin.get(own).body.contains("Det er din egen konto"));
    let page = admin.send("/people", "/people", &[("name", "maria"), ("title", "Maria")]).body;
    assert!(page.contains("/welcome/"));
    let (at, reading) = ("/people/account/maria", "/people/account/maria/reading");
    let page = admin.send(at, reading, &[("role", "dpo")]).body;
    let link = page.split("<code class=\"long\">").nth(1).unwrap().split('<').next().unwrap();
    house.choose(link, &[]);
    let mut maria = house.sign_in("maria");

    // From then on only the officer grants what reads, and makes the links of those accounts.
    admin.send("/people", "/people", &[("name", "bo"), ("title", "Bo")]);
    let (at, reading) = ("/people/account/bo", "/people/account/bo/reading");
    let page = admin.get(at);
    let token = page.token(reading).unwrap();
    let fields = [("role", "caseworker"), ("token", token.as_str())];
    assert_eq!(admin.post(reading, &fields).status, 403);
    // The administrator knows Bo's password; what Bo gets then is a new link.
    let page = admin.send(at, "/people/account/bo/link", &[]).body;
    let link = page.split("<code class=\"long\">").nth(1).unwrap().split('<').next().unwrap();
    house.choose(link, &[]);
    let mut bo = house.sign_in("bo");
    let page = maria.send(at, reading, &[("role", "caseworker"), ("dataset", "invoices")]).body;
    assert!(page.contains("gamle adgangskode glemt"), "{page}");
    assert_eq!(bo.get("/account").status, 303, "signed out");
    assert_eq!(house.client().try_sign_in("bo", crate::kit::PASSWORD).status, 200, "forgotten");
    assert!(admin.get(at).token("/people/account/bo/link").is_none());
    // A role that reads is not smuggled in by the other form.
    let fields = [("role", "dpo")];
    assert_eq!(admin.send(at, "/people/account/bo/roles", &fields).status, 422);
    // Closed is closed.
    assert_eq!(admin.send("/people/account/maria", "/people/account/maria/close", &[]).status, 303);
    assert_eq!(maria.get("/").status, 303);
}

#[test]
fn a_page_whose_counts_are_not_there_comes_at_once_and_again() {
    let house = House::with(|settings| settings.patience = Duration::ZERO);
    let mut dpo = house.signed_in("dpo", &[Role::Dpo], &["invoices"]);
    for at in ["/", "/horizon", "/datasets", "/datasets/invoices", "/reviews", "/reviews/invoices"]
    {
        let first = dpo.get(at);
        assert_eq!(first.status, 200, "{at}: {}", first.body);
        let again = |page: &str| page.contains("http-equiv=\"refresh\"");
        if again(&first.body) {
            assert!(first.body.contains("Posterne tælles lige nu"), "{at}: {}", first.body);
            // What was not counted is not said to be nothing.
            for calm in ["Intet er forsinket", "Ingen poster venter"] {
                assert!(!first.body.contains(calm), "{at}: {}", first.body);
            }
        }
        let began = Instant::now();
        loop {
            house.later(jiff::SignedDuration::from_millis(300));
            let page = dpo.get(at);
            if !again(&page.body) {
                assert!(!page.body.contains("Posterne tælles lige nu"), "{at}: {}", page.body);
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{at}: it never comes");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let first = house.signed_in("maria", &[Role::Dpo], &[]).get("/metrics");
    assert!(first.body.contains("frist_due_records"), "{}", first.body);
    let other = House::with(|settings| settings.patience = Duration::ZERO);
    let early = other.signed_in("dpo", &[Role::Dpo], &[]).get("/metrics");
    assert_eq!(early.status, 200);
    assert!(!early.body.contains("frist_due_records"), "a nought that nobody counted");
}
