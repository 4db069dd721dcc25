//! The register's questions about records, answered one by one and many at once; periodic reviews.

use frist_server::access::Role;

use crate::kit::{Client, House};

const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// The sample company in four years: by then unpaid bills are old enough to be asked about.
fn house() -> House {
    let house = House::new();
    house.later(jiff::SignedDuration::from_hours(4 * 365 * 24));
    house
}

/// The first keys that wait in a data set.
fn keys(client: &mut Client, set: &str) -> Vec<String> {
    let page = client.get(&format!("/reviews/{set}")).body;
    let keys = page.split("name=\"key\" value=\"").skip(1);
    keys.map(|k| k.split('"').next().unwrap().replace("&#38;", "&")).collect()
}

#[test]
fn a_question_is_answered_one_by_one() {
    let house = house();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["invoices"]);
    let list = case.get("/reviews").body;
    assert!(list.contains("/reviews/invoices"), "{list}");
    let waiting = keys(&mut case, "invoices");
    assert!(waiting.len() >= 2, "{waiting:?}");
    let (at, look) = ("/reviews/invoices", "/reviews/invoices/record");
    let shown = case.send(at, look, &[("key", &waiting[0])]);
    for word in ["Det, der står i posten", "<dt>status</dt>", "Regningen er ubetalt"] {
        assert!(shown.body.contains(word), "{word}: {}", shown.body);
    }
    let seen = house.state().looks(Some("sofie"), 1).unwrap();
    assert_eq!((seen[0].what.as_str(), seen[0].about.as_str()), ("Review", "invoices"));
    // What is missing is said, and what was typed is still there.
    let answer = "/reviews/invoices/answer";
    let token = shown.token(answer).unwrap();
    let send = |client: &mut Client, fields: &[(&str, &str)]| {
        let mut all = vec![("token", token.as_str()), ("key", waiting[0].as_str())];
        all.extend_from_slice(fields);
        client.post(answer, &all)
    };
    for (fields, wrong) in [
        (vec![("reason", "x")], "Vælg, om posten"),
        (vec![("answer", "keep"), ("until", "2035-06-01")], "Skriv, hvorfor"),
        (vec![("answer", "keep"), ("until", "2020-01-01"), ("reason", SCRIPT)], "Vælg en dag"),
        (vec![("answer", "keep"), ("until", SCRIPT), ("reason", SCRIPT)], "Vælg en dag"),
    ] {
        let page = send(&mut case, &fields);
        assert!(page.status == 200 && page.body.contains(wrong), "{wrong}: {}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    }
    let keep = [("answer", "keep"), ("until", "2035-06-01"), ("reason", SCRIPT)];
    let done = send(&mut case, &keep);
    assert_eq!(done.status, 303, "{}", done.body);
    let page = case.get(done.location()).body;
    assert!(page.contains("Opbevares: 1 post"), "{page}");
    assert!(!keys(&mut case, "invoices").contains(&waiting[0]));
    assert!(send(&mut case, &keep).location().contains("done=keep"), "a double click");
    let shown = case.send(at, look, &[("key", &waiting[0])]).body;
    assert!(shown.contains("sofie svarede") && !shown.contains("<script"), "{shown}");
    // Taken back, it is asked again; and another is erased by the next sweep.
    let undo = "/reviews/invoices/undo";
    let token = case.send(at, look, &[("key", &waiting[0])]).token(undo).unwrap();
    let back = [("token", token.as_str()), ("key", waiting[0].as_str()), ("sure", "yes")];
    assert_eq!(case.post(undo, &back).status, 303);
    assert_eq!(case.post(undo, &back).status, 303, "a double click");
    assert!(keys(&mut case, "invoices").contains(&waiting[0]));
    let done = send(&mut case, &[("answer", "erase"), ("reason", "")]);
    assert!(case.get(done.location()).body.contains("Slettes ved næste kørsel: 1 post"));
    // No key in an address, a log or the ledger's words.
    assert!(!house.log.lock().unwrap().join("\n").contains(&waiting[0]));
    // Whoever does not need to know gets nowhere.
    for path in ["/reviews/emails", "/reviews/nothing"] {
        assert_eq!(case.get(path).status, 403, "{path}");
    }
    assert_eq!(dpo.get("/reviews/nothing").status, 404);
    assert!(dpo.send(at, look, &[("key", SCRIPT)]).body.contains("ingen post med den nøgle"));
}

#[test]
fn many_are_answered_at_once_when_they_were_seen() {
    let house = house();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let (at, bulk) = ("/reviews/invoices", "/reviews/invoices/bulk");
    let before = keys(&mut dpo, "invoices").len();
    for (conditions, wrong) in [
        ("nothing", "Betingelsen kan ikke forstås"),
        ("<script>=1", "Betingelsen kan ikke forstås"),
        ("status=never so", "Ingen af de poster"),
    ] {
        let fields = [("conditions", conditions), ("answer", "erase")];
        let page = dpo.send(at, bulk, &fields).body;
        assert!(page.contains(wrong) && !page.contains("<script"), "{wrong}: {page}");
    }
    let fields = [
        ("conditions", "status!=betalt"),
        ("answer", "keep"),
        ("until", "2035-01-31"),
        ("reason", "stikprøve"),
    ];
    let seen = dpo.send(at, bulk, &fields);
    assert!(seen.body.contains("Et udsnit") && seen.body.contains("<dt>status"), "{}", seen.body);
    assert_eq!(keys(&mut dpo, "invoices").len(), before, "nothing was answered yet");
    let code = seen.body.split("name=\"code\" value=\"").nth(1).unwrap();
    let code = code.split('"').next().unwrap().to_owned();
    let token = seen.token(bulk).unwrap();
    let mut all = fields.to_vec();
    all.extend([("token", token.as_str()), ("sure", "yes")]);
    // Another answer than the one that was seen has another code.
    let mut other = all.clone();
    other[2].1 = "2036-01-31";
    other.push(("code", &code));
    assert!(dpo.post(bulk, &other).body.contains("Posterne er ændret"));
    all.push(("code", &code));
    let done = dpo.post(bulk, &all);
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(done.location().contains("done=keep"), "{}", done.location());
    assert!(keys(&mut dpo, "invoices").len() < before);
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

#[test]
fn a_consent_is_found_shown_and_withdrawn() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["emails"]);
    let mut knows = house.signed_in("karl", &[Role::Caseworker], &["marketing-consents"]);
    let mut engine = house.engine();
    let by = frist_ledger::Id::new("test").unwrap();
    let given = |who: &str| frist_cases::consent::Given {
        kind: "customer".into(),
        who: who.into(),
        text: "tilbud".into(),
        purposes: Vec::new(),
        channel: "web".into(),
        lang: frist_register::Lang::Da,
        at: house.now(),
        age: None,
        guardian: false,
    };
    frist_cases::consent::give(&mut engine, &given("4711"), &by, [7; 22]).unwrap();
    let second = frist_cases::consent::give(&mut engine, &given("4712"), &by, [8; 22]).unwrap();
    let path = "/consents";
    let find = |client: &mut Client, kind: &str, who: &str| {
        client.send(path, path, &[("kind", kind), ("who", who)])
    };
    let page = find(&mut knows, "customer", "4711");
    for word in ["må sende mig tilbud", "gælder", "Tekstens fingeraftryk", "3 måneder"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    let hidden = find(&mut case, "customer", "4711").body;
    assert!(hidden.contains("ikke har brug for at kende") && !hidden.contains("consent-2026"));
    for (kind, who) in [("customer", "1"), ("customer", SCRIPT), (SCRIPT, SCRIPT)] {
        let none = find(&mut dpo, kind, who).body;
        assert!(none.contains("ingen samtykker fra den person"), "{none}");
        assert!(!none.contains("<script") && !none.contains("<img"), "{none}");
    }
    // One click, no reason asked; and it is said what the organisation must do itself.
    let at = page.body.split("action=\"/consents/consent-").nth(1).unwrap();
    let at = format!("/consents/consent-{}", at.split('"').next().unwrap());
    let token = page.token(&at).unwrap();
    let gone = knows.post(&at, &[("token", &token), ("channel", SCRIPT)]);
    for word in ["Samtykket er trukket tilbage", "withdrawn_at", "Samtykker til markedsføring"] {
        assert!(gone.body.contains(word), "{word}: {}", gone.body);
    }
    assert!(knows.post(&at, &[("token", &token)]).body.contains("allerede trukket tilbage"));
    let page = find(&mut dpo, "customer", "4711").body;
    assert!(page.contains("trukket tilbage") && !page.contains("<script"), "{page}");
    // By the person's own code, which is the shortest way.
    let by_code = "/consents/by-code/withdraw";
    assert!(dpo.send(path, by_code, &[("code", "nothing")]).body.contains("har den kode"));
    let gone = dpo.send(path, by_code, &[("code", &second.token)]);
    assert!(gone.body.contains("Samtykket er trukket tilbage"), "{}", gone.body);
    // The person is in no address and no log.
    let log = house.state().looks(None, 1_000).unwrap();
    assert!(log.iter().all(|l| !l.about.contains("471")));
    assert!(!house.log.lock().unwrap().join("\n").contains("4711"));
}

#[test]
fn a_consent_is_entered_with_its_receipt_and_found_again() {
    let house = House::new();
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["marketing-consents"]);
    let page = case.get("/consents");
    let field = |name: &str| {
        let at = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        at.split('"').next().unwrap().to_owned()
    };
    let (yes, once) = (field("yes"), field("once"));
    let token = page.token("/consents/given").unwrap();
    let given = |more: &[(&str, &str)]| {
        let mut fields = vec![
            ("kind", "customer"),
            ("who", "4713"),
            ("yes", yes.as_str()),
            ("lang", "da"),
            ("channel", "Blanket <script>"),
            ("once", once.as_str()),
            ("token", token.as_str()),
        ];
        for (name, value) in more {
            fields.retain(|(n, _)| n != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        case.clone().post("/consents/given", &fields)
    };
    for (more, wrong) in [
        (("yes", ""), "Sæt kryds ved det"),
        (("who", ""), "skriv nummeret"),
        (("channel", ""), "hvordan samtykket blev givet"),
        (("day", "2027-01-01"), "ligger i fremtiden"),
        (("day", "i går"), "kan ikke læses"),
        (("age", "12"), "for ungt"),
        (("age", "tolv"), "hele år"),
        (("kind", "martian"), "under et nummer"),
        (("yes", "nothing"), "nothing"),
    ] {
        let page = given(&[more]);
        assert!(page.body.contains(wrong), "{wrong}: {} {}", page.status, page.body);
        assert!(!page.body.contains("<script"));
    }
    // Whatever was typed and ticked is there to be put right.
    let again = given(&[("age", "xx"), ("lang", "en")]).fields("/consents/given");
    for (name, value) in [
        ("who", "4713"),
        ("yes", yes.as_str()),
        ("lang", "en"),
        ("channel", "Blanket <script>"),
        ("age", "xx"),
    ] {
        assert!(again.contains(&(name.into(), value.into())), "{name}: {again:?}");
    }
    assert!(house.state().consents().unwrap().is_empty());
    let receipt = given(&[]);
    assert!(receipt.body.contains("kan ikke vises igen"), "{}", receipt.body);
    let code = |body: &str| {
        body.split("<code class=\"long\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let twice = given(&[]);
    assert_eq!(code(&twice.body), code(&receipt.body), "a double click is one consent");
    let kept = house.state().consents().unwrap();
    assert_eq!(
        (kept.len(), kept[0].given_by.as_str(), kept[0].given_at),
        (1, "sofie", house.now())
    );
    let found = case.send("/consents", "/consents", &[("kind", "customer"), ("who", "4713")]).body;
    assert!(found.contains("Blanket &#60;script&#62;") && found.contains("gælder"), "{found}");
    // The code that the person got takes it back.
    let by_code = "/consents/by-code/withdraw";
    let gone = case.send("/consents", by_code, &[("code", &code(&receipt.body))]);
    assert!(gone.body.contains("Samtykket er trukket tilbage"), "{}", gone.body);
    // The age is nowhere, and the person in no log.
    let log = house.log.lock().unwrap().join("\n");
    assert!(!log.contains("4713"), "{log}");
    let looks = house.state().looks(None, 1_000).unwrap();
    assert!(
        looks.iter().any(|l| l.what == "RecordConsent")
            && looks.iter().all(|l| !l.about.contains("471"))
    );
}

#[test]
fn how_long_is_assessed_in_steps_and_kept() {
    let house = House::new();
    let mut engineer = house.signed_in("jens", &[Role::Engineer], &[]);
    let mut auditor = house.signed_in("rie", &[Role::Auditor], &[]);
    let list = auditor.get("/assessments").body;
    assert!(list.contains("ingen vurdering bag reglen") && list.contains("Dina Persson"), "{list}");
    let path = "/assessments/applicants";
    assert!(auditor.get(path).token(path).is_none(), "who changes nothing assesses nothing");
    let mut page = engineer.send(path, path, &[]);
    assert!(page.body.contains("Hvilke oplysninger er det?"), "{}", page.body);
    let answers = [
        ("data", SCRIPT),
        ("purpose.1.for", "new"),
        ("purpose.1.id", "warranty"),
        ("purpose.1.text", "At opfylde garantien"),
        ("purpose.1.basis", "6(1)(b)"),
        ("purpose.1.period", "soon"),
        ("purpose.1.why", "Garantien løber to år"),
        ("so_far", "Ingen har besluttet noget"),
    ];
    let mut period = false;
    for _ in 0..12 {
        if page.body.contains("Forslag til reglen") {
            break;
        }
        let token = page.token(path).unwrap();
        let mut fields = vec![("token".to_owned(), token)];
        for input in page.body.split("name=\"a:").skip(1) {
            let id = input.split('"').next().unwrap().to_owned();
            let tag = &input[..input.find('>').unwrap()];
            let kept = tag.split("value=\"").nth(1).map(|v| v.split('"').next().unwrap());
            let kept = kept.filter(|v| !v.is_empty()).map(|v| {
                v.replace("&#60;", "<")
                    .replace("&#62;", ">")
                    .replace("&#34;", "\"")
                    .replace("&#39;", "'")
            });
            let mine = answers.iter().find(|(known, _)| *known == id).map(|(_, a)| (*a).to_owned());
            let first = input
                .split("<option value=\"")
                .skip(1)
                .map(|o| o.split('"').next().unwrap().to_owned())
                .find(|o| !o.is_empty());
            let select =
                input.starts_with(&format!("{id}\" required>")) || tag.contains("required>");
            let _ = select;
            let mut value =
                mine.or(kept).or(first.filter(|_| id.ends_with(".from"))).unwrap_or_default();
            if id == "purpose.1.period" && page.body.contains("Skriv en periode") {
                (period, value) = (true, "2 years".into());
            }
            if id == "purpose.1.period" && period {
                value = "2 years".into();
            }
            fields.push((format!("a:{id}"), value));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
        page = engineer.post(path, &fields);
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    }
    assert!(period, "a period that is none is asked again");
    assert!(page.body.contains("Forslag til reglen"), "{}", page.body);
    assert!(page.body.contains("[[dataset.keep]]") && page.body.contains("[dataset.assessment]"));
    // What was answered is told in words, and can be changed: back to a step, with its answers.
    assert!(page.body.contains("<dt>Hvilke oplysninger er det?</dt>"), "{}", page.body);
    assert!(!page.body.contains("<dt>purpose."), "{}", page.body);
    let mut back = page.fields(path);
    back.push(("from".into(), "2".into()));
    let back: Vec<(&str, &str)> = back.iter().map(|(a, b)| (&**a, &**b)).collect();
    let back = engineer.clone().post(path, &back);
    assert!(back.body.contains("<option value=\"new\" selected>"), "{}", back.body);
    assert!(!back.body.contains("Forslag til reglen"), "{}", back.body);
    let keep = format!("{path}/keep");
    let token = page.token(&keep).unwrap_or_else(|| panic!("refused: {}", page.body));
    let inputs = page.body.split("name=\"a:").skip(1);
    let mut fields = vec![("token".to_owned(), token)];
    for input in inputs {
        let id = input.split('"').next().unwrap();
        let value = input.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        fields.push((format!("a:{id}"), value.replace("&#60;", "<").replace("&#62;", ">")));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(engineer.post(&keep, &fields).status, 303);
    assert_eq!(engineer.post(&keep, &fields).status, 303, "a double click");
    let kept = house.state().assessments(Some("applicants")).unwrap();
    assert_eq!((kept.len(), kept[0].by.as_str()), (1, "jens"));
    let page = auditor.get(path).body;
    assert!(page.contains("Garantien løber to år") && page.contains("Lavet her"), "{page}");
    assert!(auditor.get("/assessments").body.contains("ikke i registeret endnu"));
    // From there into the register: a change that holds the rule, for another person to approve.
    let change = format!("{path}/change");
    assert!(auditor.get(path).token(&change).is_none());
    let shown = engineer.get(path).body;
    let made = shown.split("name=\"made\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let proposed = engineer.send(path, &change, &[("made", made)]);
    assert_eq!(proposed.status, 303, "{}", proposed.body);
    let at = proposed.location().split('?').next().unwrap().to_owned();
    let page = engineer.get(&at).body;
    assert!(page.contains("warranty") && page.contains("2 years"), "{page}");
    assert!(page.contains("applicants") && page.contains("Tæl virkningen op"), "{page}");
    let again = engineer.send(path, &change, &[("made", made)]);
    assert!(again.status == 200 && again.body.contains("Det står der allerede"), "{}", again.body);
    assert_eq!(engineer.send(path, &change, &[("made", "2026-01-01T00:00:00Z")]).status, 404);
    let live = crate::kit::files(house.dir.path());
    assert!(live.iter().all(|(_, text)| !text.contains("At opfylde garantien")), "nothing is live");
    // Counted, sent, approved by the officer; then the assessment is the register's.
    let step = |client: &mut Client, word: &str, more: &[(&str, &str)]| {
        let page = client.get(&at);
        let seen = page.body.split("name=\"seen\" value=\"").nth(1);
        let seen = seen.map_or(String::new(), |s| s.split('"').next().unwrap().to_owned());
        let mut fields = more.to_vec();
        fields.push(("seen", &seen));
        let done = client.send(&at, &format!("{at}/{word}"), &fields);
        assert_eq!(done.status, 303, "{word}: {}", done.body);
    };
    step(&mut engineer, "count", &[]);
    step(&mut engineer, "submit", &[("why", "Efter vurderingen")]);
    step(&mut house.signed_in("dorte", &[Role::Dpo], &[]), "live", &[("sure", "yes")]);
    let page = engineer.get(path);
    assert!(page.body.contains("i registeret</span>"), "{}", page.body);
    assert!(page.token(&change).is_none() && page.body.contains("Garantien løber"));
    let none = engineer.send("/assessments", "/assessments/new", &[("at", "erp/nothing")]);
    assert!(none.body.contains("ikke sådan en samling"), "{}", none.body);
    assert_eq!(engineer.get("/assessments/nothing").status, 404);
}

#[test]
fn a_hold_by_a_query_and_for_a_few_to_see() {
    let house = House::new();
    let mut dpo = house.signed_in("maria", &[Role::Dpo], &[]);
    let mut case = house.signed_in("sofie", &[Role::Caseworker], &["invoices"]);
    let mut other = house.signed_in("karl", &[Role::Caseworker], &["invoices"]);
    let add =
        |client: &mut Client, id: &str, set: &str, by: &str, what: &str, more: &[(&str, &str)]| {
            let mut fields = vec![
                ("id", id),
                ("matter", "J.nr. 2026-17"),
                ("reason", "krav"),
                ("dataset", set),
                ("by", by),
                ("what", what),
            ];
            fields.extend_from_slice(more);
            client.send("/holds", "/holds", &fields)
        };
    let query = "status=unpaid\nstatus=overdue\r\ncustomer_id=1";
    let done = add(&mut case, "q-1", "invoices", "where", query, &[("viewers", "maria")]);
    assert_eq!(done.status, 303, "{}", done.body);
    let holds = house.state().all_holds().unwrap();
    let frist_state::Scope::Where { fields } = &holds[0].hold.scope else { panic!() };
    assert_eq!(fields.len(), 2);
    assert_eq!(fields[0].1, ["unpaid", "overdue"]);
    // Seen by its owner and those named; of others only that there is one.
    assert!(case.get("/holds").body.contains("q-1") && dpo.get("/holds").body.contains("q-1"));
    let page = other.get("/holds").body;
    assert!(!page.contains("q-1") && page.contains("1 flere, hvis sag"), "{page}");
    // Across data sets, only with the need to know each of them.
    let across = "invoices:customer_id=1\ncustomers:customer_id=1";
    assert_eq!(add(&mut case, "q-2", "invoices", "within", across, &[]).status, 403);
    assert_eq!(add(&mut dpo, "q-2", "", "within", across, &[("ends", "2027-01-31")]).status, 303);
    let two = "customer=1\ncustomer=2";
    assert_eq!(add(&mut dpo, "q-3", "", "subject", two, &[]).status, 303);
    let page = dpo.get("/holds").body;
    assert!(page.contains("1.2.2027") && page.contains("Ses kun af"), "{page}");
    for (set, by, what, more, wrong) in [
        ("", "where", "status=x", ("", ""), "Vælg et datasæt"),
        ("invoices", "where", "nothing=1", ("", ""), "Felterne er: invoice_id"),
        ("invoices", "where", SCRIPT, ("", ""), "ikke feltet"),
        ("invoices", "where", "", ("", ""), "Et felt mangler"),
        ("", "within", "nothing:x=1", ("", ""), "ikke datasættet"),
        ("", "within", "invoices", ("", ""), "DATASET:FIELD=VALUE"),
        ("", "subject", "martian=1", ("", ""), "martian"),
        ("invoices", "all", "", ("ends", "2020-01-01"), "Dagen er gået"),
        ("invoices", "all", "", ("viewers", SCRIPT), "ingen konto"),
    ] {
        let page = add(&mut dpo, "q-9", set, by, what, &[more]);
        assert!(page.status == 200 && page.body.contains(wrong), "{wrong}: {}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    }
}
