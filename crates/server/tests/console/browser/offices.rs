//! What an officer, an engineer and a caseworker do on an ordinary day, each step in a real browser,
//! in both languages and without a script.

use frist_server::access::Role;
use jiff::SignedDuration;

use super::Browser;
use crate::calls_house::House as Calls;
use crate::kit::House;

/// The id of the field of this name.
fn id_of(b: &mut Browser, name: &str) -> String {
    b.text(&format!("(document.getElementsByName('{name}')[0] || {{}}).id || ''"))
}

/// Puts a file into a file field, as its dialogue does.
fn choose_file(b: &mut Browser, selector: &str, path: &std::path::Path) {
    b.unfold(&format!("document.querySelector('{selector}')"));
    let root = b.ask("DOM.getDocument", serde_json::json!({}));
    let params = serde_json::json!({"nodeId": root["root"]["nodeId"], "selector": selector});
    let node = b.ask("DOM.querySelector", params);
    let params = serde_json::json!({"nodeId": node["nodeId"], "files": [path.to_str().unwrap()]});
    b.ask("DOM.setFileInputFiles", params);
}

/// An assessment, question after question, to its proposal.
fn assess(b: &mut Browser, set: &str, say: impl Fn(&'static str, &'static str) -> &'static str) {
    let at = format!("/assessments/{set}");
    b.go(&at);
    b.press(&at);
    for _ in 0..14 {
        let keep = format!("form[action=\"{at}/keep\"]");
        if b.js(&format!("!!document.querySelector('{keep}')")) == true {
            break;
        }
        let open = b.js(
            "[...document.querySelectorAll('[name^=\"a:\"]')].filter(e => e.type != 'hidden').map(e => [e.id, e.name, e.tagName, e.value])",
        );
        for field in open.as_array().unwrap() {
            let of = |n: usize| field[n].as_str().unwrap().to_owned();
            let (id, name) = (of(0), of(1));
            let answer = match name.trim_start_matches("a:") {
                "purpose.1.for" => "new",
                "purpose.1.id" => "warranty",
                "purpose.1.text" => "At opfylde garantien",
                "purpose.1.basis" => "6(1)(b)",
                "purpose.1.period" => say("2 år", "2 years"),
                "purpose.1.why" => "Garantien løber to år",
                "data" => "Navn, e-mail og ansøgning",
                "so_far" => "Ingen har besluttet noget",
                _ if of(2) == "SELECT" && of(3).is_empty() => {
                    b.js(&format!(
                        "(e => {{ e.selectedIndex = 1 }})(document.getElementById('{id}'))"
                    ));
                    continue;
                }
                _ => continue,
            };
            match of(2).as_str() {
                "SELECT" => b.tick(&format!("#{id} option[value=\"{answer}\"]")),
                _ => b.fill(&id, answer),
            }
        }
        b.press(&at);
    }
    b.says(say("Forslag til reglen", "The proposed rule"));
    b.press(&format!("{at}/keep"));
    b.says(say("Vurderingen er gemt", "The assessment is kept"));
    b.press(&format!("{at}/change"));
    b.says(say("Gemt i din ændring", "Kept in your change"));
}

/// Counts a change, sends it, and lets the officer make it live.
fn goes_live(b: &mut Browser, why: &str, say: impl Fn(&'static str, &'static str) -> &'static str) {
    let at = b.text("location.pathname");
    assert!(at.starts_with("/register/change/"), "{at}");
    b.press(&format!("{at}/count"));
    b.fill("why", why);
    b.press(&format!("{at}/submit"));
    let own = b.js(&format!("!!document.querySelector('form[action=\"{at}/live\"]')"));
    assert_eq!(own, false, "nobody approves one's own");
    b.sign_out();
    b.sign_in("maria");
    b.go(&at);
    b.says(why);
    b.tick("#sure");
    b.press(&format!("{at}/live"));
    b.says(say("sat i kraft", "live"));
    b.sign_out();
}

fn an_ordinary_day(da: bool) {
    let say = move |danish: &'static str, english: &'static str| if da { danish } else { english };
    let house = House::new();
    house.person("jens", &[Role::Engineer], &[]);
    house.person("maria", &[Role::Dpo], &[]);
    house.person("ida", &[Role::Caseworker], &["customers", "invoices", "marketing-consents"]);
    let mut state = house.state();
    for name in ["jens", "maria", "ida"] {
        let id = state.account(name).unwrap().unwrap().id;
        state.set_lang(id, if da { "da" } else { "en" }).unwrap();
    }
    let Some(mut b) = Browser::before(&house) else { return };
    b.without_scripts();

    // The register: a period by form, its effect, approved by another, live.
    b.sign_in("jens");
    b.go("/register/part/dataset/invoices");
    let period = id_of(&mut b, "keep.0.period");
    b.fill(&period, say("3 årr", "3 yaers"));
    b.press("/register/part/dataset/invoices");
    let beside = b.js(&format!(
        "document.getElementById('{period}').closest('p,div,fieldset,section').innerText.includes('E0')"
    ));
    assert_eq!(beside, true, "what is wrong is said beside its field");
    b.fill(&period, say("7 år", "7 years"));
    b.press("/register/part/dataset/invoices");
    goes_live(&mut b, "Klagefristen er ny", say);

    // How long may we keep this? From the questions into the register.
    house.later(SignedDuration::from_secs(60));
    b.sign_in("jens");
    assess(&mut b, "applicants", say);
    goes_live(&mut b, "Efter vurderingen", say);

    // A database of one's own.
    house.later(SignedDuration::from_secs(60));
    crate::stores::crm(&house);
    b.sign_in("jens");
    b.go("/stores/connect");
    b.tick("#kind-sqlite");
    b.fill("at", "data/crm.sqlite");
    b.fill("id", "crm");
    b.fill("backups", say("35 dage", "35 days"));
    b.press("/stores/connect");
    b.says("ended_on");
    let open = b.js("[...document.querySelectorAll('[id^=text-]')].filter(e => e.tagName == 'INPUT').map(e => e.id)");
    for id in open.as_array().unwrap() {
        b.fill(id.as_str().unwrap(), "At betjene kunden");
    }
    let open = b.js("[...document.querySelectorAll('[id^=period-]')].filter(e => e.tagName == 'INPUT').map(e => e.id)");
    for id in open.as_array().unwrap() {
        b.fill(id.as_str().unwrap(), say("3 år", "3 years"));
    }
    b.js("document.querySelectorAll('select[id^=basis-]').forEach(e => e.value = '6(1)(b)'); document.querySelectorAll('select[id^=from-]').forEach(e => e.selectedIndex = 1)");
    b.press("/stores/connect");
    b.says(say("Gemt i din ændring", "Kept in your change"));
    goes_live(&mut b, "Kundesystemet", say);

    // The officer: consents, the proof, documents, the horizon.
    house.later(SignedDuration::from_secs(60));
    b.sign_in("maria");
    b.go("/consents");
    b.fill("give-who", "4713");
    b.tick("#yes-1");
    b.fill("give-how", "Blanket");
    b.press("/consents/given");
    let code = b.text("document.querySelector('code.long').innerText");
    b.go("/consents");
    b.fill("code", &code);
    b.press("/consents/by-code/withdraw");
    b.says(say("Samtykket er trukket tilbage", "The consent is withdrawn"));
    let downloads = b.downloads();
    let evidence = house.sign_in("maria").get("/ledger/evidence").bytes;
    let file = downloads.join("evidence.frist");
    std::fs::write(&file, evidence).unwrap();
    b.go("/ledger/verify");
    choose_file(&mut b, "#file", &file);
    b.press("/ledger/verify");
    b.wait("document.querySelector('.verdict.ok')");
    b.go("/documents");
    b.go("/documents/record");
    let wide = b.js("[...document.querySelectorAll('col')].every(c => !c.hasAttribute('style'))");
    assert_eq!(wide, true, "widths are classes, which the policy lets in");
    // Into the picture: a month, and from there one of its data sets.
    b.go("/horizon");
    b.moves(|b| b.click("[...document.querySelectorAll('.chart a')].find(a => a.querySelectorAll('rect').length > 1)"));
    b.says(say("Forfalder i", "Due in"));
    b.moves(|b| b.click("document.querySelector('#month tbody a')"));
    b.says(say("Reglen", "The rule"));
    b.sign_out();

    // The caseworker: a paper that came in, a proof that goes again; questions about records.
    house.later(SignedDuration::from_secs(60));
    let mut ida = house.sign_in("ida");
    let case = crate::cases::open(&mut ida, "erasure", &[]);
    let paper = downloads.join("pas.png");
    std::fs::write(&paper, b"\x89PNG\r\n\x1a\n0123").unwrap();
    b.sign_in("ida");
    b.go(&case);
    choose_file(&mut b, "#paper-file", &paper);
    b.tick("#what-identity");
    b.press(&format!("{case}/papers"));
    b.says(say("Bevis for identitet: pas.png", "Proof of identity: pas.png"));
    let remove =
        b.text("document.querySelector('form[action$=\"/remove\"]').getAttribute('action')");
    b.press(&remove);
    b.says(say("Beviset er slettet", "The proof is erased"));
    // In four years unpaid bills are old enough to be asked about.
    house.later(SignedDuration::from_hours(4 * 365 * 24));
    b.sign_in("ida");
    b.go("/reviews/invoices");
    b.press("/reviews/invoices/record");
    b.tick("input[name=answer][value=keep]");
    b.js("document.querySelector('input[name=until]').value = '2035-06-01'");
    let reason = id_of(&mut b, "reason");
    b.fill(&reason, "Kravet er ikke betalt");
    b.press("/reviews/invoices/answer");
    b.says(say("Opbevares: 1 post", "Kept: 1 record"));
    b.go("/reviews/invoices");
    b.fill("conditions", "status!=betalt");
    b.tick("form[action=\"/reviews/invoices/bulk\"] input[name=answer][value=keep]");
    b.js("document.querySelector('form[action=\"/reviews/invoices/bulk\"] [name=until]').value = '2035-01-31'; document.querySelector('form[action=\"/reviews/invoices/bulk\"] [name=reason]').value = 'stikprøve'");
    b.press("/reviews/invoices/bulk");
    b.says(say("Et udsnit", "Some of them"));
    b.tick("#sure");
    b.press("/reviews/invoices/bulk");
    b.sign_out();
}

#[test]
fn an_ordinary_day_in_danish() {
    an_ordinary_day(true);
}

#[test]
fn an_ordinary_day_in_english() {
    an_ordinary_day(false);
}

/// Calls: seen, flagged and paused by the supervisor; heard by the listener, with a reason.
#[test]
fn calls_are_handled_and_heard() {
    let calls = Calls::new();
    let (_, recording) = calls.recorded("a@b", &["quality"], 4);
    let (live, _tape) = calls.under_way("c@d", &["quality"], 2);
    let house = crate::calls::house(&calls);
    house.person("sune", &[Role::Supervisor], &[]);
    house.person("lis", &[Role::Listener], &["recordings"]);
    let Some(mut b) = Browser::before(&house) else { return };
    b.without_scripts();
    b.sign_in("sune");
    b.go("/calls");
    b.says("timer (til");
    let pause = format!("form[action=\"/calls/call/{live}\"]:has(input[value=pause]) button");
    b.moves(|b| b.click(&format!("document.querySelector('{pause}')")));
    b.moves(|b| b.click("[...document.links].find(a => a.innerText.startsWith('Håndtér'))"));
    b.fill(&format!("f-{live}"), "Trussel");
    let flag = format!("form[action=\"/calls/call/{live}\"]:has(input[value=flag]) button");
    b.moves(|b| b.click(&format!("document.querySelector('{flag}')")));
    b.says("markeret");
    b.sign_out();
    b.sign_in("lis");
    b.go("/calls?still=1");
    b.fill(&format!("r-{recording}"), "Kvalitetssamtale med medarbejderen");
    b.press(&format!("/calls/recording/{recording}/listen"));
    // The sound is in the page, and the browser can play it.
    b.wait("document.querySelector('audio') && document.querySelector('audio').readyState > 0");
    let seconds = b.js("document.querySelector('audio').duration");
    assert!(seconds.as_f64().is_some_and(|s| s > 0.0), "{seconds}");
}
