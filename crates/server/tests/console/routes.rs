//! Every route with every role, on the real router.

use frist_server::access::{Action, Condition, Facts, Role, allowed};
use frist_server::{Method, Name, ROUTES, Route};

use crate::kit::House;

const DENIED: &str = "Det har du ikke adgang til";
const FORM: &str = "Formularen blev ikke modtaget";

pub(crate) fn path(route: &Route, plan: &str) -> String {
    let id = match route.path {
        // In the order in which `cases` opens them.
        p if p.starts_with("/cases") && p.ends_with("/package") => "R-2026-0002",
        p if p.starts_with("/cases") && p.ends_with("/rectify") => "R-2026-0003",
        p if p.starts_with("/cases") => "R-2026-0001",
        p if p.starts_with("/datasets") => "invoices",
        p if p.starts_with("/sweeps") => plan,
        p if p.starts_with("/people") => "another",
        p if p.starts_with("/language") => "da",
        p if p.starts_with("/register/part") => "dataset",
        p if p.starts_with("/register/text") => "afregning",
        // The change that somebody else proposes.
        p if p.starts_with("/register/change") => "1",
        p if p.starts_with("/documents") => "record",
        p if p.starts_with("/reviews") || p.starts_with("/assessments") => "invoices",
        _ => "x",
    };
    let part = match route.path {
        p if p.starts_with("/register") => "invoices",
        p if p.starts_with("/documents") => "txt",
        _ => "1",
    };
    route.path.replace("{id}", id).replace("{part}", part)
}

/// Something on the pages that show what people entered.
pub(crate) fn filled(house: &House) {
    let mut dpo = house.signed_in("officer", &[Role::Dpo], &[]);
    let hold = [
        ("id", "sag-17"),
        ("matter", "J.nr. 2026-17"),
        ("reason", "Krav om erstatning"),
        ("dataset", "invoices"),
        ("by", "all"),
        ("review", "2026-11-30"),
    ];
    assert_eq!(dpo.send("/holds", "/holds", &hold).status, 303);
    cases(house);
    crate::register::a_change(house);
}

/// The pages of the documentation's pictures: file, page, scheme.
pub(crate) fn main_pages(plan: &str) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("today", "/".into(), "light"),
        ("horizon", "/horizon".into(), "dark"),
        ("dataset", "/datasets/invoices".into(), "light"),
        ("sweep", format!("/sweeps/{plan}"), "light"),
        ("case", "/cases/R-2026-0001".into(), "light"),
        ("register", "/register/part/dataset/invoices".into(), "light"),
    ]
}

/// A plan that somebody else made.
pub(crate) fn a_plan(house: &House) -> String {
    let mut maker = house.signed_in("maker", &[Role::Engineer], &[]);
    let made = maker.send("/sweeps", "/sweeps", &[]);
    made.location().trim_start_matches("/sweeps/").to_owned()
}

/// Cases that somebody else opened: an erasure, an access, a rectification.
fn cases(house: &House) {
    let mut opener = house.signed_in("opener", &[Role::Dpo], &[]);
    for right in ["erasure", "access", "rectification"] {
        crate::cases::open(&mut opener, right, &[]);
    }
}

#[test]
fn every_route_asks_for_its_action() {
    let house = House::new();
    house.person("another", &[Role::Auditor], &[]);
    cases(&house);
    let plan = a_plan(&house);
    crate::register::a_change(&house);
    // With the need to know of one data set, and nothing else.
    let facts = Facts::default()
        .with(Condition::NeedToKnow, true)
        .with(Condition::NotMaker, true)
        .with(Condition::NotOneself, true)
        // Asked of the server of calls, once the form is in order.
        .with(Condition::Named, true)
        .with(Condition::TwoPersons, true);
    for role in Role::ALL {
        let mut client = house.signed_in(role.as_str(), &[role], &["invoices"]);
        // All come from one address, which may not come too often.
        house.later(jiff::SignedDuration::from_secs(10));
        for route in ROUTES {
            let Some(action) = route.action else { continue };
            let may = allowed(&[role].into(), action, &facts);
            house.later(jiff::SignedDuration::from_millis(100));
            let at = path(route, &plan);
            let answer = match route.method {
                Method::Get => client.get(&at),
                // Without a token: who may gets as far as the form, and no further.
                Method::Post => client.post(&at, &[]),
            };
            // Only while there is no officer an administrator grants: in this house there is one.
            let conceivable = role == Role::Administrator && action == Action::GrantReading;
            let denied = answer.body.contains(DENIED);
            if !conceivable {
                assert_eq!(denied, !may, "{role:?} {at}: {} {}", answer.status, answer.body);
            }
            match (may, route.method) {
                (true, Method::Get) => assert_eq!(answer.status, 200, "{role:?} {at}"),
                (true, Method::Post) => assert!(answer.body.contains(FORM), "{role:?} {at}"),
                (false, _) => assert_eq!(answer.status, 403, "{role:?} {at}"),
            }
        }
    }
    let log = house.state().looks(None, 10_000).unwrap();
    assert!(log.iter().any(|l| l.what == "denied:SeeRecord" && l.who == "auditor"));
    assert!(log.iter().any(|l| l.what == "SeeHolds" && l.who == "dpo"), "a look is logged");
}

#[test]
fn nobody_gets_in_without_signing_in() {
    let house = House::new();
    let mut client = house.client();
    for route in ROUTES.iter().filter(|r| r.action.is_some()) {
        let at = path(route, "x");
        house.later(jiff::SignedDuration::from_millis(200));
        match route.method {
            Method::Get => {
                let answer = client.get(&at);
                assert_eq!(answer.status, 303, "{at}");
                assert!(answer.location().starts_with("/sign-in"), "{at}");
                let machine = client.ask("GET", &at, &[("Accept", "application/json")], None);
                assert_eq!(machine.status, 401, "{at}");
                let kind = machine.header("content-type");
                assert_eq!(kind, Some("application/problem+json"), "{at}");
            }
            Method::Post => assert_eq!(client.post(&at, &[]).status, 401, "{at}"),
        }
    }
    for none in ["/nothing", "/datasets/", "/../etc/passwd", "/assets/..%2f..%2fCargo.toml"] {
        assert_eq!(client.get(none).status, 404, "{none}");
    }
    assert_eq!(client.get("/healthz").status, 200);
}

#[test]
fn every_answer_has_the_headers() {
    let house = House::new();
    let mut client = house.signed_in("dpo", &[Role::Dpo], &[]);
    for at in ["/", "/sign-in", "/nothing", "/assets/frist.css", "/datasets/invoices", "/metrics"] {
        let answer = client.get(at);
        let has =
            |name: &str| answer.header(name).unwrap_or_else(|| panic!("{at} {name}")).to_owned();
        let csp = has("content-security-policy");
        assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"));
        assert!(!csp.contains("unsafe") && !csp.contains("script-src"), "{csp}");
        assert_eq!(has("x-content-type-options"), "nosniff");
        assert_eq!(has("x-frame-options"), "DENY");
        assert_eq!(has("cache-control"), "no-store");
        assert_eq!(has("referrer-policy"), "same-origin");
        assert_eq!(answer.header("strict-transport-security"), None, "no TLS was said");
        // Nothing on a page needs what the policy forbids.
        let forbidden = ["<script", "<style", " style=", " onclick="];
        assert!(!forbidden.iter().any(|f| answer.body.contains(f)), "{at}");
    }
    let secure = House::with(|s| s.tls = true);
    let mut client = secure.client();
    let answer = client.get("/sign-in");
    assert!(answer.header("strict-transport-security").unwrap().starts_with("max-age=63072000"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-frist-form="), "{cookie}");
    for flag in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
}

#[test]
fn the_log_names_routes_and_nobody() {
    let house = House::new();
    let mut client = house.signed_in("dpo", &[Role::Dpo], &[]);
    client.send("/datasets/invoices", "/datasets/invoices/record", &[("key", "987654321")]);
    client.get("/people/account/dpo?q=hemmelig");
    let log = house.log.lock().unwrap().join("\n");
    assert!(log.contains(Name::Record.route().path), "{log}");
    for word in ["987654321", "hemmelig", "127.0.0.1", "account/dpo", "Holm"] {
        assert!(!log.contains(word), "{word} in {log}");
    }
}
