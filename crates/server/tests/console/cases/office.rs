//! Refusals, who sees what, inquiries of authorities, breaches, and script in any field.

use frist_server::access::Role;

use super::{CUSTOMER, CUSTOMERS, number, open, page, search, value_of};
use crate::kit::House;

const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

#[test]
fn a_refusal_tells_its_ground_and_the_case_can_be_reopened() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &CUSTOMERS);
    let case = open(&mut ida, "erasure", &[("words", "Slet alt")]);
    let step = |name: &str| format!("{case}/step/{name}");
    // Identity, extension with its reason, a note; each with what the person saw.
    let mut act = |name: &str, fields: &[(&str, &str)]| {
        let seen = value_of(&page(&mut ida, &case), "seen");
        let mut fields = fields.to_vec();
        fields.push(("seen", &seen));
        ida.send(&case, &step(name), &fields)
    };
    assert_eq!(act("ask", &[("reason", "ukendt e-mail")]).status, 303);
    assert_eq!(act("known", &[("reason", "oplyste kundenummer")]).status, 303);
    assert_eq!(act("extend", &[("reason", "mange systemer")]).status, 303);
    let none = act("refuse", &[("reason", " ")]);
    assert!(none.body.contains("Skriv en begrundelse."), "{}", none.body);
    assert_eq!(act("note", &[("reason", "Ringede til personen.")]).status, 303);
    assert_eq!(act("refuse", &[("reason", "Vi har et retskrav mod dig.")]).status, 303);
    let shown = page(&mut ida, &case);
    assert!(shown.contains("Fristforlængelse") && shown.contains("mange systemer"), "{shown}");
    // A refusal has its one month in spite of the extension (Art. 12(4)).
    assert!(shown.contains("Afslag senest 22. december 2026."), "{shown}");
    let draft = page(&mut ida, &format!("{case}/answer"));
    assert!(draft.contains("Vi har et retskrav mod dig."), "{draft}");
    assert!(draft.contains("Datatilsynet"), "where to complain: {draft}");
    let answered = ida.send(&format!("{case}/answer"), &step("answer"), &[("sure", "yes")]);
    assert!(answered.location().ends_with("done=answered"), "{}", answered.body);
    assert!(page(&mut ida, "/cases?state=closed").contains(number(&case)));
    assert!(!page(&mut ida, "/cases").contains(number(&case)));
    let again = ida.send(&case, &step("reopen"), &[("reason", "klage")]);
    assert_eq!(again.status, 303, "{}", again.body);
    assert!(page(&mut ida, "/cases").contains(number(&case)));
    // Somebody who saw an older version changes nothing.
    let token = ida.get(&case).token(&step("withdraw")).unwrap();
    let old = [("reason", "x"), ("seen", "1"), ("token", token.as_str())];
    let refused = ida.post(&step("withdraw"), &old);
    assert!(refused.body.contains("Sagen er ændret, siden du hentede siden."), "{}", refused.body);
}

#[test]
fn who_does_not_need_to_know_sees_numbers_and_decides_nothing() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &["customers"]);
    let mut nobody = house.signed_in("bo", &[Role::Caseworker], &[]);
    let case = open(&mut ida, "erasure", &[("known:customer", CUSTOMER)]);
    let at = format!("{case}/find");
    assert_eq!(nobody.get(&at).status, 403);
    search(&mut ida, &case);
    let shown = page(&mut ida, &at);
    assert!(shown.contains("Du har ikke adgang til datasættet"), "{shown}");
    let records = house.state().case_records(number(&case)).unwrap();
    let hidden = records.iter().find(|r| r.dataset == "invoices").unwrap();
    assert!(!shown.contains(&format!("<code>{}</code>", hidden.key)), "{shown}");
    let at = format!("{case}/decide");
    let shown = page(&mut ida, &at);
    assert!(shown.contains("Den, der afgør sagen, skal have adgang til dem alle."), "{shown}");
    assert!(!shown.contains(&format!("<code>{}</code>", hidden.key)), "{shown}");
    // The form of whoever knew them all does not help when they no longer do.
    let mut state = house.state();
    let id = state.account("ida").unwrap().unwrap().id;
    let mut know = |sets: &[&str]| {
        state.set_need_to_know(id, &sets.iter().map(|d| (*d).to_owned()).collect()).unwrap();
    };
    know(&CUSTOMERS);
    let token = ida.get(&at).token(&at).unwrap();
    know(&["customers"]);
    assert_eq!(ida.post(&at, &[("token", &token)]).status, 403);
    know(&CUSTOMERS);
    assert_eq!(ida.post(&at, &[("token", &token)]).status, 303);
}

#[test]
fn an_inquiry_is_answered_in_time_and_a_breach_within_72_hours() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &[]);
    let fields = [
        ("authority", "Datatilsynet"),
        ("reference", "2020-32-1566"),
        ("about", "Optagelse af samtaler"),
        ("received", "2026-11-20"),
        ("count", "4"),
        ("unit", "weeks"),
        ("questions", "Hvor længe opbevares optagelser?\nHvem lytter?"),
    ];
    let opened = ida.send("/cases/open/inquiry", "/cases/open/inquiry", &fields);
    let case = opened.location().split('?').next().unwrap().to_owned();
    assert!(page(&mut ida, &case).contains("Svar senest 18. december 2026."));
    for (n, text) in [("1", "I 96 timer."), ("2", "To navngivne medlyttere.")] {
        let to = format!("{case}/inquiry/answer");
        assert_eq!(ida.send(&case, &to, &[("n", n), ("text", text)]).status, 303);
    }
    let to = format!("{case}/inquiry/send");
    let sent = ida.send(&case, &to, &[("how", "Digital Post"), ("sure", "yes")]);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let shown = page(&mut ida, &case);
    assert!(
        shown.contains("Myndigheden skal afgøre sagen") && shown.contains("SHA-256"),
        "{shown}"
    );
    let to = format!("{case}/inquiry/close");
    let order = ida.send(&case, &to, &[("on", "2026-11-22"), ("power", "order")]);
    assert!(order.body.contains("Et påbud eller forbud skal følges op"), "{}", order.body);
    let next = [
        ("on", "2026-11-22"),
        ("power", "order"),
        ("what-0", "Stop optagelsen"),
        ("due-0", "2026-12-20"),
    ];
    assert_eq!(ida.send(&case, &to, &next).status, 303);
    let to = format!("{case}/inquiry/done");
    assert_eq!(ida.send(&case, &to, &[("n", "1"), ("how", "slukket")]).status, 303);
    assert!(page(&mut ida, &case).contains("lukket"));

    // Aware at 15:00 on a Friday: the weekend moves nothing.
    let fields = [
        ("aware", "2026-11-20"),
        ("time", "15:00"),
        ("what", "En mail gik til en forkert"),
        ("dataset", "customers"),
    ];
    let opened = ida.send("/cases/open/breach", "/cases/open/breach", &fields);
    let case = opened.location().split('?').next().unwrap().to_owned();
    let shown = page(&mut ida, &case);
    // 72 hours on, Monday at 15:00.
    assert!(shown.contains("Anmeldes senest 23.11.2026 kl. 15.00."), "{shown}");
    let list = page(&mut ida, "/cases");
    assert!(list.contains("30 t. 0 min. tilbage"), "{list}");
    let to = format!("{case}/breach/assess");
    let assess = [
        ("risk", "high"),
        ("reason", "følsomme oplysninger"),
        ("consequences", "identitetstyveri"),
        ("measures", "modtageren har slettet"),
    ];
    assert_eq!(ida.send(&case, &to, &assess).status, 303);
    house.later(jiff::SignedDuration::from_hours(40));
    ida = house.sign_in("ida");
    let to = format!("{case}/breach/notify");
    let notify = [("sent", "2026-11-23"), ("time", "20:00"), ("sure", "yes")];
    let late = ida.send(&case, &to, &notify);
    assert!(late.body.contains("mere end 72 timer"), "a late one says why: {}", late.body);
    let mut notify = notify.to_vec();
    notify.push(("late", "opdaget for sent internt"));
    assert_eq!(ida.send(&case, &to, &notify).status, 303);
    let to = format!("{case}/breach/tell");
    assert_eq!(ida.send(&case, &to, &[("how", "brev")]).status, 303);
    let to = format!("{case}/breach/close");
    assert_eq!(ida.send(&case, &to, &[]).status, 303);
    let shown = page(&mut ida, &case);
    assert!(
        shown.contains("anmeldt for sent") && shown.contains("Anmeldelse til tilsynsmyndigheden"),
        "{shown}"
    );
}

#[test]
fn a_script_in_any_field_of_a_case_is_text() {
    let house = House::new();
    let mut dpo = house.signed_in("dpo", &[Role::Dpo], &[]);
    let mut seen = Vec::new();
    let all = [
        "right",
        "received",
        "channel",
        "name",
        "email",
        "phone",
        "address",
        "words",
        "letters",
        "known:customer",
        "known:email",
    ];
    let bad: Vec<(&str, &str)> = all.iter().map(|n| (*n, SCRIPT)).collect();
    seen.push(dpo.send("/cases/open/request", "/cases/open/request", &bad).body);
    let case = open(
        &mut dpo,
        "erasure",
        &[
            ("name", ""),
            ("words", SCRIPT),
            ("address", SCRIPT),
            ("phone", SCRIPT),
            ("known:customer", SCRIPT),
            ("email", SCRIPT),
        ],
    );
    let rename = open(&mut dpo, "access", &[("words", SCRIPT), ("known:contract", SCRIPT)]);
    let step = |name: &str| format!("{case}/step/{name}");
    for name in ["ask", "known", "extend", "refuse", "note"] {
        let fields = [("reason", SCRIPT), ("proof", SCRIPT), ("moves", SCRIPT)];
        let answer = dpo.send(&case, &step(name), &fields);
        assert_eq!(answer.status, 303, "{name}: {}", answer.body);
    }
    let at = format!("{rename}/find");
    seen.push(dpo.send(&at, &at, &[("kind", SCRIPT), ("value", SCRIPT)]).body);
    seen.push(dpo.send(&at, &at, &[("kind", "email"), ("value", SCRIPT)]).body);
    for at in [
        &case,
        &format!("{case}/answer"),
        &rename,
        &"/cases".to_owned(),
        &format!("{rename}/package"),
    ] {
        seen.push(page(&mut dpo, at));
    }
    let shown = page(&mut dpo, &case);
    for part in shown.split(&format!("href=\"{case}/paper/")).skip(1) {
        let id = part.split('"').next().unwrap();
        if !id.contains('?') {
            seen.push(page(&mut dpo, &format!("{case}/paper/{id}")));
        }
    }
    let fields = ["authority", "reference", "about", "questions", "count"].map(|n| (n, SCRIPT));
    seen.push(dpo.send("/cases/open/inquiry", "/cases/open/inquiry", &fields).body);
    let mut fields = fields.to_vec();
    fields.retain(|(n, _)| *n != "count");
    fields.extend([("received", "2026-11-20"), ("deadline", "2026-12-20")]);
    let opened = dpo.send("/cases/open/inquiry", "/cases/open/inquiry", &fields);
    let inquiry = opened.location().split('?').next().unwrap().to_owned();
    let to = format!("{inquiry}/inquiry/answer");
    assert_eq!(dpo.send(&inquiry, &to, &[("n", "1"), ("text", SCRIPT)]).status, 303);
    seen.push(page(&mut dpo, &inquiry));
    let fields = ["what", "occurred", "consequences", "measures"].map(|n| (n, SCRIPT));
    seen.push(dpo.send("/cases/open/breach", "/cases/open/breach", &fields).body);
    let mut fields = fields.to_vec();
    fields.extend([("aware", "2026-11-22"), ("time", "08:00")]);
    let opened = dpo.send("/cases/open/breach", "/cases/open/breach", &fields);
    let breach = opened.location().split('?').next().unwrap().to_owned();
    let to = format!("{breach}/breach/assess");
    assert_eq!(dpo.send(&breach, &to, &[("risk", "risk"), ("reason", SCRIPT)]).status, 303);
    seen.push(page(&mut dpo, &breach));
    seen.push(page(&mut dpo, "/cases"));
    let encoded = crate::kit::encode(SCRIPT);
    for at in [
        format!("/cases/{encoded}"),
        format!("/cases?kind={encoded}&state={encoded}&done={encoded}"),
        format!("{case}/paper/{encoded}"),
        format!("{case}/rectify?n={encoded}"),
    ] {
        seen.push(dpo.get(&at).body);
    }
    for page in &seen {
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains("\"'>"),
            "{page}"
        );
    }
    let shown = seen.iter().filter(|p| p.contains("alert(1)")).count();
    assert!(shown >= 10, "only {shown} pages show it at all");
    // A number that is none stands in no log.
    let looks = house.state().looks(None, 1_000).unwrap();
    assert!(looks.iter().all(|l| !l.about.contains("script")));
}
