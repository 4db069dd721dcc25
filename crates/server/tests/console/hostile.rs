//! With a hostile mind: forged forms, stored scripts, odd requests.

use frist_server::access::Role;
use frist_server::{Method, ROUTES};

use crate::kit::House;

const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

#[test]
fn a_form_from_elsewhere_does_nothing() {
    let house = House::new();
    let mut dpo = house.signed_in("dpo", &[Role::Dpo], &[]);
    let mut other = house.signed_in("other", &[Role::Dpo], &[]);
    let page = dpo.get("/holds");
    let token = page.token("/holds").unwrap();
    let hold = |token: &str| {
        vec![
            ("id", "h1".to_owned()),
            ("matter", "m".into()),
            ("reason", "r".into()),
            ("dataset", "invoices".into()),
            ("by", "all".into()),
            ("token", token.to_owned()),
        ]
    };
    let send = |client: &mut crate::kit::Client, token: &str| {
        let fields = hold(token);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        client.post("/holds", &fields).status
    };
    assert_eq!(send(&mut dpo, ""), 403, "no token");
    assert_eq!(send(&mut dpo, &page.token("/sign-out").unwrap()), 403, "another form's");
    assert_eq!(send(&mut other, &token), 403, "another person's");
    let stranger = house.client().get("/sign-in").token("/sign-in").unwrap();
    assert_eq!(send(&mut dpo, &stranger), 403, "one from before signing in");
    for site in [Some("cross-site"), Some("same-site"), Some("none"), None] {
        dpo.fetch = site;
        assert_eq!(send(&mut dpo, &token), 403, "{site:?}, and no Origin");
    }
    assert!(house.state().all_holds().unwrap().is_empty());
    dpo.fetch = Some("same-origin");
    assert_eq!(send(&mut dpo, &token), 303);
    assert_eq!(house.state().all_holds().unwrap().len(), 1);
    // The form to sign in is bound as well, to a cookie: nobody is signed in as somebody else.
    let mut victim = house.client();
    let page = house.client().get("/sign-in");
    let token = page.token("/sign-in").unwrap();
    let fields = [("name", "dpo"), ("password", crate::kit::PASSWORD), ("token", token.as_str())];
    assert_eq!(victim.post("/sign-in", &fields).status, 403);
}

#[test]
fn a_script_in_any_field_comes_back_as_text() {
    let house = House::new();
    let mut dpo = house.signed_in("dpo", &[Role::Dpo], &[]);
    let mut admin = house.signed_in("admin", &[Role::Administrator], &[]);
    let mut seen = Vec::new();
    // What is typed wrong is shown again.
    seen.push(house.client().try_sign_in(SCRIPT, SCRIPT).body);
    seen.push(dpo.send("/datasets/invoices", "/datasets/invoices/record", &[("key", SCRIPT)]).body);
    seen.push(
        dpo.send("/datasets/invoices", "/datasets/invoices/receipt", &[("key", SCRIPT)]).body,
    );
    let all = [
        ("id", SCRIPT),
        ("matter", SCRIPT),
        ("reason", SCRIPT),
        ("dataset", SCRIPT),
        ("by", SCRIPT),
        ("what", SCRIPT),
        ("review", SCRIPT),
    ];
    seen.push(dpo.send("/holds", "/holds", &all).body);
    // What is stored is shown to others.
    let good = [
        ("id", "h1"),
        ("matter", SCRIPT),
        ("reason", SCRIPT),
        ("dataset", "invoices"),
        ("by", "key"),
        ("what", SCRIPT),
    ];
    assert_eq!(dpo.send("/holds", "/holds", &good).status, 303);
    seen.push(dpo.get("/holds").body);
    let person = [("name", "x"), ("title", SCRIPT)];
    seen.push(admin.send("/people", "/people", &person).body);
    seen.push(admin.send("/people", "/people", &[("name", SCRIPT), ("title", SCRIPT)]).body);
    for at in ["/people", "/people/account/x", "/", "/people/log", "/ledger"] {
        seen.push(dpo.get(at).body);
    }
    let encoded = crate::kit::encode(SCRIPT);
    for at in [
        format!("/horizon?months={encoded}"),
        format!("/ledger?from={encoded}"),
        format!("/sweeps?done={encoded}"),
        format!("/datasets/{encoded}"),
        format!("/sweeps/{encoded}"),
        format!("/people/account/{encoded}"),
        format!("/welcome/{encoded}"),
        format!("/language/{encoded}"),
        format!("/{encoded}"),
    ] {
        seen.push(dpo.get(&at).body);
    }
    for page in &seen {
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("<img"), "{page}");
        assert!(!page.contains("\"'>"), "{page}");
    }
    let shown = seen.iter().filter(|p| p.contains("alert(1)")).count();
    assert!(shown >= 5, "only {shown} pages show it at all");
}

#[test]
fn odd_requests_are_refused_and_the_server_goes_on() {
    let house = House::new();
    let mut dpo = house.signed_in("dpo", &[Role::Dpo], &[]);
    let large = format!("name={}", "x".repeat(70_000));
    assert_eq!(dpo.ask("POST", "/holds", &[], Some(&large)).status, 413);
    for body in ["%", "a=%zz", "a=%00", "a=%ff"] {
        assert_eq!(dpo.ask("POST", "/holds", &[], Some(body)).status, 403, "{body}");
    }
    for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"] {
        let status = dpo.ask(method, "/holds", &[], None).status;
        assert!([404, 405].contains(&status), "{method}: {status}");
    }
    assert_eq!(dpo.get("/sweeps/..%2F..%2Fetc").status, 404);
    let long = format!("/datasets/{}", "x".repeat(20_000));
    assert_eq!(dpo.get(&long).status, 404);
    let too_long = "x".repeat(200_000);
    assert!([400, 431].contains(&dpo.ask("GET", "/", &[("X-Odd", &too_long)], None).status));
    assert_eq!(dpo.get("/").status, 200);
    // Too many from one address.
    let statuses: Vec<u16> = (0..200).map(|_| dpo.get("/assets/frist.css").status).collect();
    assert!(statuses.contains(&429));
    house.later(jiff::SignedDuration::from_secs(10));
    assert_eq!(dpo.get("/").status, 200);
}

#[test]
fn every_form_has_its_token() {
    let house = House::new();
    let mut dpo = house.signed_in("dpo", &[Role::Dpo, Role::Administrator], &[]);
    for route in ROUTES.iter().filter(|r| r.method == Method::Get && !r.path.contains("{id}")) {
        let page = dpo.get(route.path).body;
        for form in page.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("name=\"token\""), "{}: {form}", route.path);
            assert!(form.starts_with("method=\"post\""), "{}: {form}", route.path);
        }
    }
}
