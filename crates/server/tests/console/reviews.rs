//! The register's questions about records, answered one by one and many at once; periodic reviews.

use frist_server::access::Role;

use crate::kit::{Client, House};

const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// The first keys that wait in a data set.
fn keys(client: &mut Client, set: &str) -> Vec<String> {
    let page = client.get(&format!("/reviews/{set}")).body;
    let keys = page.split("name=\"key\" value=\"").skip(1);
    keys.map(|k| k.split('"').next().unwrap().replace("&#38;", "&")).collect()
}

#[test]
fn a_question_is_answered_one_by_one() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["emails"]);
    let list = case.get("/reviews").body;
    assert!(list.contains("/reviews/emails"), "{list}");
    let waiting = keys(&mut case, "emails");
    assert!(waiting.len() >= 2, "{waiting:?}");
    let (at, look) = ("/reviews/emails", "/reviews/emails/record");
    let shown = case.send(at, look, &[("key", &waiting[0])]);
    for word in ["Det, der står i posten", "<dt>contract</dt>", "Løber aftalen stadig"] {
        let other = word.starts_with("Løber") && shown.body.contains("Ingen har taget stilling");
        assert!(shown.body.contains(word) || other, "{word}: {}", shown.body);
    }
    let seen = house.state().looks(Some("sofie"), 1).unwrap();
    assert_eq!((seen[0].what.as_str(), seen[0].about.as_str()), ("Review", "emails"));
    // What is missing is said, and what was typed is still there.
    let answer = "/reviews/emails/answer";
    let token = shown.token(answer).unwrap();
    let send = |client: &mut Client, fields: &[(&str, &str)]| {
        let mut all = vec![("token", token.as_str()), ("key", waiting[0].as_str())];
        all.extend_from_slice(fields);
        client.post(answer, &all)
    };
    for (fields, wrong) in [
        (vec![("reason", "x")], "Vælg, om posten"),
        (vec![("answer", "keep"), ("until", "2027-06-01")], "Skriv, hvorfor"),
        (vec![("answer", "keep"), ("until", "2020-01-01"), ("reason", SCRIPT)], "Vælg en dag"),
        (vec![("answer", "keep"), ("until", SCRIPT), ("reason", SCRIPT)], "Vælg en dag"),
    ] {
        let page = send(&mut case, &fields);
        assert!(page.status == 200 && page.body.contains(wrong), "{wrong}: {}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    }
    let keep = [("answer", "keep"), ("until", "2027-06-01"), ("reason", SCRIPT)];
    let done = send(&mut case, &keep);
    assert_eq!(done.status, 303, "{}", done.body);
    let page = case.get(done.location()).body;
    assert!(page.contains("Opbevares: 1 post"), "{page}");
    assert!(!keys(&mut case, "emails").contains(&waiting[0]));
    assert!(send(&mut case, &keep).location().ends_with("done=already"), "a double click");
    let shown = case.send(at, look, &[("key", &waiting[0])]).body;
    assert!(shown.contains("sofie svarede") && !shown.contains("<script"), "{shown}");
    // Taken back, it is asked again; and another is erased by the next sweep.
    let undo = "/reviews/emails/undo";
    let token = case.send(at, look, &[("key", &waiting[0])]).token(undo).unwrap();
    let back = [("token", token.as_str()), ("key", waiting[0].as_str()), ("sure", "yes")];
    assert_eq!(case.post(undo, &back).status, 303);
    assert_eq!(case.post(undo, &back).status, 303, "a double click");
    assert!(keys(&mut case, "emails").contains(&waiting[0]));
    let done = send(&mut case, &[("answer", "erase"), ("reason", "")]);
    assert!(case.get(done.location()).body.contains("Slettes ved næste kørsel: 1 post"));
    // No key in an address, a log or the ledger's words.
    assert!(!house.log.lock().unwrap().join("\n").contains(&waiting[0]));
    // Whoever does not need to know gets nowhere.
    for path in ["/reviews/invoices", "/reviews/nothing"] {
        assert_eq!(case.get(path).status, 403, "{path}");
    }
    assert_eq!(dpo.get("/reviews/nothing").status, 404);
    assert!(dpo.send(at, look, &[("key", SCRIPT)]).body.contains("ingen post med den nøgle"));
}

#[test]
fn many_are_answered_at_once_when_they_were_seen() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let (at, bulk) = ("/reviews/emails", "/reviews/emails/bulk");
    let before = keys(&mut dpo, "emails").len();
    for (conditions, wrong) in [
        ("nothing", "Betingelsen kan ikke forstås"),
        ("<script>=1", "Betingelsen kan ikke forstås"),
        ("contract=never so", "Ingen af de poster"),
    ] {
        let fields = [("conditions", conditions), ("answer", "erase")];
        let page = dpo.send(at, bulk, &fields).body;
        assert!(page.contains(wrong) && !page.contains("<script"), "{wrong}: {page}");
    }
    let fields = [
        ("conditions", "contract="),
        ("answer", "keep"),
        ("until", "2027-01-31"),
        ("reason", "stikprøve"),
    ];
    let seen = dpo.send(at, bulk, &fields);
    assert!(seen.body.contains("Et udsnit") && seen.body.contains("<dt>contract"), "{}", seen.body);
    assert_eq!(keys(&mut dpo, "emails").len(), before, "nothing was answered yet");
    let code = seen.body.split("name=\"code\" value=\"").nth(1).unwrap();
    let code = code.split('"').next().unwrap().to_owned();
    let token = seen.token(bulk).unwrap();
    let mut all = fields.to_vec();
    all.extend([("token", token.as_str()), ("sure", "yes")]);
    // Another answer than the one that was seen has another code.
    let mut other = all.clone();
    other[2].1 = "2028-01-31";
    other.push(("code", &code));
    assert!(dpo.post(bulk, &other).body.contains("Posterne er ændret"));
    all.push(("code", &code));
    let done = dpo.post(bulk, &all);
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(done.location().contains("done=keep"), "{}", done.location());
    assert!(keys(&mut dpo, "emails").len() < before);
}

#[test]
fn what_nobody_looked_at_is_shown_and_recorded() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["emails"]);
    let page = dpo.get("/reviews").body;
    assert!(page.contains("aldrig") && page.contains("ingen vurdering bag reglen"), "{page}");
    assert!(page.contains("Dina Persson"), "the register's own assessment counts: {page}");
    let path = "/reviews/looked";
    let note = |client: &mut Client, what: &str, note: &str| {
        client.send("/reviews", path, &[("what", what), ("note", note)])
    };
    assert!(note(&mut dpo, "emails", " ").body.contains("beviser intet"));
    assert_eq!(note(&mut case, "emails", SCRIPT).status, 303);
    assert_eq!(note(&mut dpo, "correspondence/enquiries", "formålet er der endnu").status, 303);
    assert_eq!(note(&mut case, "invoices", "x").status, 403);
    assert_eq!(note(&mut case, "correspondence/enquiries", "x").status, 403, "a purpose is wider");
    assert_eq!(note(&mut dpo, "nothing", "x").status, 404);
    let done = house.state().reviewed().unwrap();
    let done: Vec<(&str, &str)> = done.iter().map(|d| (d.what.as_str(), d.by.as_str())).collect();
    assert_eq!(done, [("emails", "sofie"), ("correspondence/enquiries", "maria")]);
    let page = dpo.get("/reviews?done=noted").body;
    assert!(page.contains("Gennemgangen er noteret") && !page.contains("<script"), "{page}");
}
