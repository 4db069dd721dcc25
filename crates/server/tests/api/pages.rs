//! The pages of tokens: an administrator makes one and sees no personal data by it; a data protection
//! officer grants that.

use frist_server::Scope;
use frist_server::access::Role;

use crate::client::Program;
use crate::kit::{Answer, House};

fn secret(page: &Answer) -> String {
    let from = page.body.find("frist_").unwrap_or_else(|| panic!("{}", page.body));
    page.body[from..].split('<').next().unwrap().to_owned()
}

#[test]
fn an_administrator_makes_a_token_and_an_officer_grants_what_shows_personal_data() {
    let house = House::new();
    let mut admin = house.signed_in("admin", &[Role::Administrator], &[]);
    let mut dpo = house.signed_in("dpo", &[Role::Dpo], &[]);
    let mut auditor = house.signed_in("auditor", &[Role::Auditor], &[]);
    let at = "/setup/tokens";
    let fields = [
        ("name", "crm"),
        ("purpose", "Anmodninger fra formularen"),
        ("days", "30"),
        ("scope", "register:read"),
        ("scope", "cases:read"),
    ];
    let none = admin.send(at, at, &fields[..3]);
    assert!(none.body.contains("Vælg mindst én ting"), "{}", none.body);
    let made = admin.send(at, at, &fields);
    assert_eq!(made.status, 200, "{}", made.body);
    let first = Program { house: &house, secret: Some(secret(&made)) };
    assert_eq!(first.get("/register").status, 200);
    assert_eq!(first.get("/cases").status, 403, "it is only asked for");
    assert!(!admin.get(at).body.contains("frist_"), "the secret is shown once");
    let taken = admin.send(at, at, &fields);
    assert!(taken.body.contains("Navnet er brugt før"), "{}", taken.body);

    // The administrator cannot grant it, the auditor not at all.
    let grant = "/setup/tokens/crm/grant";
    assert!(admin.get(at).token(grant).is_none());
    let page = auditor.get(at);
    assert_eq!(page.status, 200);
    assert!(page.token(grant).is_none() && page.token(at).is_none());
    // What was asked for is ticked; once granted, the secret that the administrator knows is no more.
    let page = dpo.get(at);
    assert!(page.body.contains("value=\"cases:read\" checked"), "{}", page.body);
    let granted = dpo.send(at, grant, &[("scope", "cases:read"), ("dataset", "invoices")]);
    assert_eq!(granted.status, 200, "{}", granted.body);
    assert!(granted.body.contains("ny hemmelighed"));
    assert_eq!(first.get("/register").status, 401);
    let second = Program { house: &house, secret: Some(secret(&granted)) };
    assert_eq!(second.get("/cases").status, 200);
    assert_eq!(second.get("/holds").status, 403);
    // More of it later keeps the secret; taking it back leaves the rest.
    let more =
        dpo.send(at, grant, &[("scope", "cases:read"), ("scope", "holds:read"), ("dataset", "*")]);
    assert_eq!(more.status, 303, "{}", more.body);
    assert_eq!(second.get("/holds").status, 200);
    dpo.send(at, grant, &[]);
    assert_eq!(second.get("/cases").status, 403);
    assert_eq!(second.get("/register").status, 200);

    let revoke = "/setup/tokens/crm/revoke";
    assert_eq!(admin.send(at, revoke, &[]).status, 422, "without being sure");
    assert_eq!(admin.send(at, revoke, &[("sure", "yes")]).status, 303);
    assert_eq!(second.get("/register").status, 401);
    let log = house.state().looks(None, 100).unwrap();
    assert!(log.iter().any(|l| l.who == "dpo" && l.what == "GrantReading" && l.about == "crm"));
    assert!(log.iter().any(|l| l.who == "admin" && l.what == "Configure" && l.about == "crm"));
}

#[test]
fn a_plan_of_a_token_is_not_approved_by_whoever_has_the_token() {
    let house = House::new();
    let own = crate::client::by(&house, "robot", &[Scope::SweepsPlan], &[], "anna");
    let made = own.well(own.post("/plans", serde_json::json!({})));
    let plan = made["plan"]["id"].as_str().unwrap();
    assert_eq!(made["plan"]["status"], "waits", "the sample asks for approval");
    let (page, form) = (format!("/sweeps/{plan}"), format!("/sweeps/{plan}/approve"));
    let mut anna = house.signed_in("anna", &[Role::Engineer], &[]);
    assert!(anna.get(&page).token(&form).is_none(), "her token made it");
    let mut bent = house.signed_in("bent", &[Role::Engineer], &[]);
    assert_eq!(bent.send(&page, &form, &[("sure", "yes")]).status, 303);
}

#[test]
fn the_interface_and_each_problem_have_a_page() {
    let house = House::new();
    let mut client = house.client();
    let page = client.get("/api");
    assert_eq!(page.status, 200);
    for route in frist_server::api_routes() {
        let line = format!("{} /api/v1{}", route.verb.as_str(), route.path);
        assert!(page.body.contains(&line), "{line}");
    }
    let problems: Vec<&str> = page.body.split("href=\"/api/problems/").skip(1).collect();
    assert!(problems.len() >= 15);
    for problem in problems {
        let id = problem.split('"').next().unwrap();
        assert_eq!(client.get(&format!("/api/problems/{id}")).status, 200, "{id}");
    }
    assert_eq!(client.get("/api/problems/nothing").status, 404);
    assert_eq!(client.get("/api/v1/openapi.json").status, 200);
}
