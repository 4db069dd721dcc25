//! What people come for, from the first link to the receipt, in both languages.

use std::time::{Duration, Instant};

use frist_server::access::Role;
use jiff::SignedDuration;

use super::Browser;
use crate::kit::{House, PASSWORD};

/// Follows a link and chooses a password there.
fn choose(b: &mut Browser, link: &str) {
    if b.text("location.pathname") != link {
        b.go(link);
    }
    b.fill("password", PASSWORD);
    b.fill("again", PASSWORD);
    b.press(link);
    b.wait("location.pathname == '/sign-in'");
}

/// The link that a page shows once.
fn link(b: &mut Browser) -> String {
    b.text("document.querySelector('code.long').innerText")
}

/// From nothing to a swept organisation, without a script: the first administrator, a data
/// protection officer, an engineer; a plan, its approval by another, the sweep, a receipt that
/// verifies; a record explained; a hold.
fn from_the_first_link_to_the_receipt(da: bool) {
    let say = |danish: &'static str, english: &'static str| if da { danish } else { english };
    let house = House::new();
    let Some(mut b) = Browser::before(&house) else { return };
    b.without_scripts();
    if !da {
        b.go("/sign-in");
        b.tick("footer a[lang=en]");
        b.wait("document.documentElement.lang == 'en'");
    }
    let first = frist_server::set_up(&mut house.state(), "setup", house.now()).unwrap().unwrap();
    b.go(&first.path);
    b.says(say("den første administrator", "the first administrator"));
    b.fill("name", "root");
    b.fill("title", "Rikke Rod");
    choose(&mut b, &first.path);
    b.says(say("Adgangskoden er gemt", "The password is saved"));

    b.sign_in("root");
    let mut links = Vec::new();
    for (name, title, role, form) in
        [("jens", "Jens Holm", "engineer", "roles"), ("maria", "Maria Dam", "dpo", "reading")]
    {
        b.go("/people");
        b.fill("name", name);
        b.fill("title", title);
        b.press("/people");
        let made = link(&mut b);
        b.go(&format!("/people/account/{name}"));
        b.tick(&format!("#r-{role}"));
        b.press(&format!("/people/account/{name}/{form}"));
        // Who gets a role that reads gets a new link with it.
        links.push(if form == "reading" { link(&mut b) } else { made });
    }
    b.go("/datasets");
    b.says(say("Det har du ikke adgang til", "You do not have access to this"));
    b.go("/account");
    b.sign_out();
    links.iter().for_each(|link| choose(&mut b, link));

    house.later(SignedDuration::from_secs(20));
    b.sign_in("jens");
    b.go("/sweeps");
    b.press("/sweeps");
    let plan = b.text("location.pathname");
    assert!(plan.starts_with("/sweeps/"), "{plan}");
    assert_eq!(b.js("!!document.getElementById('sure')"), false, "nobody approves one's own");
    b.sign_out();

    b.sign_in("maria");
    b.says(say("I dag", "Today"));
    b.go(&plan);
    b.press(&format!("{plan}/sample"));
    b.says(say("Eksempler, læst nu", "Examples, read now"));
    let key = b.text("document.querySelector('caption ~ tbody td').innerText");
    let set =
        b.text("document.querySelector('caption').closest('section').querySelector('a').pathname");
    b.go(&set);
    b.fill("key", &key);
    b.press(&format!("{set}/record"));
    b.says(say("Det, der er taget i betragtning", "What was considered"));
    b.go(&plan);
    b.tick("#sure");
    b.press(&format!("{plan}/approve"));
    b.says(say("godkendt", "approved"));
    b.tick("#sure-run");
    b.press(&format!("{plan}/run"));
    b.wait(&format!("document.body.innerText.includes('{}')", say("Resultat", "Outcome")));

    // The receipt is a file, which anybody can verify without the console.
    let downloads = b.downloads();
    b.go(&set);
    b.fill("rkey", &key);
    b.click(&format!("document.querySelector('form[action=\"{set}/receipt\"] button')"));
    let end = Instant::now() + Duration::from_secs(30);
    let receipt = loop {
        let file = std::fs::read_dir(&downloads).unwrap().filter_map(Result::ok).map(|f| f.path());
        let whole = |p: &std::path::PathBuf| p.extension().is_none_or(|e| e != "crdownload");
        let file = file.filter(whole).find_map(|p| std::fs::read(p).ok().filter(|b| !b.is_empty()));
        if let Some(bytes) = file {
            break bytes;
        }
        if Instant::now() > end {
            let log = house.log.lock().unwrap().clone();
            panic!("no receipt came: {:?}", log.iter().rev().take(4).collect::<Vec<_>>());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let keys = house.sign_in("maria").get("/ledger/key").body;
    let keys = frist_ledger::note::parse_keys(&keys).unwrap();
    let verified = frist_ledger::verify(&receipt[..], &keys, None).unwrap();
    assert!(matches!(verified, frist_ledger::Verified::Receipt(_)));

    // A hold, and its release.
    b.go("/holds");
    b.fill("id", "sag-17");
    b.fill("matter", "J.nr. 2026-17");
    b.fill("reason", "Krav om erstatning");
    b.tick("#dataset option[value=invoices]");
    b.tick("input[name=by][value=all]");
    b.press("/holds");
    b.says("J.nr. 2026-17");
    b.tick("form[action=\"/holds/sag-17/release\"] input[type=checkbox]");
    b.press("/holds/sag-17/release");
    let text = b.text("document.body.innerText");
    assert!(!text.contains("J.nr. 2026-17"), "{text}");
    b.go("/ledger");
    b.says(say("maria godkendte plan", "maria approved plan"));
    b.sign_out();
    b.says(say("Du er logget ud", "You are signed out"));
}

#[test]
fn from_the_first_link_to_the_receipt_in_danish() {
    from_the_first_link_to_the_receipt(true);
}

#[test]
fn from_the_first_link_to_the_receipt_in_english() {
    from_the_first_link_to_the_receipt(false);
}

#[test]
fn a_hold_by_the_keyboard_alone() {
    let house = House::new();
    house.person("maria", &[Role::Dpo], &[]);
    let Some(mut b) = Browser::before(&house) else { return };
    let typed = |b: &mut Browser, text: &str| {
        drop(b.ask("Input.insertText", serde_json::json!({"text": text})))
    };
    b.go("/sign-in");
    // The name has the focus.
    typed(&mut b, "maria");
    b.tab_to("e.name == 'password'");
    typed(&mut b, PASSWORD);
    b.moves(|b| b.key("Enter"));
    b.wait("location.pathname == '/'");
    // The first thing on a page leads past its navigation.
    b.tab_to("e.classList.contains('skip')");
    assert_eq!(b.js("document.activeElement.getBoundingClientRect().top >= 0"), true, "it is seen");
    b.key("Enter");
    b.wait("document.activeElement.id == 'content' || location.hash == '#content'");
    b.go("/");
    b.tab_to("e.pathname == '/holds' && e.closest('nav')");
    b.moves(|b| b.key("Enter"));
    b.wait("location.pathname == '/holds'");
    for (id, text) in [("id", "sag-1"), ("matter", "J.nr. 1"), ("reason", "Krav")] {
        b.tab_to(&format!("e.id == '{id}'"));
        typed(&mut b, text);
    }
    b.tab_to("e.name == 'by'");
    for _ in 0..6 {
        if b.text("document.activeElement.value") != "all" {
            b.key("ArrowDown");
        }
    }
    b.key(" ");
    b.tab_to("e.tagName == 'BUTTON' && e.form.getAttribute('action') == '/holds'");
    b.moves(|b| b.key("Enter"));
    let checked = b.js("(document.querySelector('input[name=by]:checked') || {}).value");
    assert!(b.text("document.body.innerText").contains("J.nr. 1"), "{checked}");
    b.tab_to("e.tagName == 'SUMMARY' && e.parentElement.querySelector('form')");
    b.key("Enter");
    b.tab_to("e.type == 'checkbox' && e.form.getAttribute('action') == '/holds/sag-1/release'");
    b.key(" ");
    b.tab_to("e.tagName == 'BUTTON'");
    b.moves(|b| b.key("Enter"));
    b.wait("document.querySelector('[role=status]')");
    assert!(!b.text("document.body.innerText").contains("J.nr. 1"));
}

/// A request for erasure, from the search to the answer.
fn a_case_to_its_erasure(da: bool) {
    let say = |danish: &'static str, english: &'static str| if da { danish } else { english };
    let house = House::new();
    let sets = [
        "customers",
        "contracts",
        "invoices",
        "meter-readings",
        "complaints",
        "marketing-consents",
        "emails",
        "applicants",
    ];
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &sets);
    let words =
        [("known:customer", "6"), ("words", "Jeg beder jer slette alt, hvad I har om mig.")];
    let case = crate::cases::open(&mut ida, "erasure", &words);
    let mut state = house.state();
    let id = state.account("ida").unwrap().unwrap().id;
    state.set_lang(id, if da { "da" } else { "en" }).unwrap();
    let Some(mut b) = Browser::before(&house) else { return };
    b.without_scripts();
    b.sign_in("ida");
    b.go("/cases");
    b.says(say("Sager", "Cases"));
    b.go(&format!("{case}/find"));
    b.press(&format!("{case}/find"));
    b.tick("#anyway");
    b.press(&format!("{case}/find"));
    b.go(&format!("{case}/decide"));
    b.press(&format!("{case}/decide"));
    b.tick("#sure-erase");
    b.press(&format!("{case}/erase"));
    b.wait(&format!("document.body.innerText.includes('{}')", say("Kvitteringer", "Receipts")));
    b.go(&format!("{case}/answer"));
    b.js("document.querySelectorAll('input[type=date]').forEach(e => e.value = '2026-11-22')");
    b.tick("#sure");
    b.press(&format!("{case}/step/answer"));
    b.says(say("Svaret er skrevet", "The answer is written"));
}

#[test]
fn a_case_to_its_erasure_in_danish() {
    a_case_to_its_erasure(true);
}

#[test]
fn a_case_to_its_erasure_in_english() {
    a_case_to_its_erasure(false);
}

/// What somebody without an account does: two steps, a receipt, and the way back by its link.
#[test]
fn a_request_by_the_public_form_in_both_languages() {
    let house = House::with(|settings| {
        settings.config.public.form = true;
        settings.config.public.notices = true;
    });
    let Some(mut b) = Browser::before(&house) else { return };
    b.without_scripts();
    for lang in ["da", "en"] {
        b.go(&format!("/p?lang={lang}"));
        assert_eq!(b.text("document.documentElement.lang"), lang);
        b.tick("#right-erasure");
        b.fill("words", "Jeg var kunde indtil 2019.");
        b.press("/p");
        house.later(SignedDuration::from_secs(60));
        b.fill("name", "Karen Holm");
        b.fill("email", "karen@example.dk");
        b.press("/p/send");
        let link = b.text(r"document.body.innerHTML.match(/\/p\/s\/[A-Za-z0-9_-]+/)[0]");
        b.go(&link);
        let text = b.text("document.body.innerText");
        assert!(!text.contains("findes ikke") && !text.contains("no such page"), "{text}");
        b.go("/p/notices");
        house.later(SignedDuration::from_mins(30));
    }
}
