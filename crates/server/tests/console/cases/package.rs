//! Access: the package, what is masked in it, and how it is handed over.

use frist_cases::access::open_sealed;
use frist_server::access::Role;
use jiff::SignedDuration;

use super::{CUSTOMER, CUSTOMERS, open, page, search};
use crate::kit::{Client, House};

/// The page of the package, once all that may tell of others was looked at, one by one.
fn reviewed(ida: &mut Client, case: &str) -> String {
    let at = format!("{case}/package");
    let shown = page(ida, &at);
    let review = format!("{case}/package/review");
    if !shown.contains(&review) {
        return shown;
    }
    assert!(!shown.contains("Adgangskode til filen"), "{shown}");
    let items: Vec<(String, String)> = shown
        .split("name=\"item-")
        .skip(1)
        .map(|part| {
            let n = part.split('"').next().unwrap().to_owned();
            let id = part.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
            (n, unescape(id))
        })
        .collect();
    let mut fields = Vec::new();
    for (n, id) in &items {
        fields.push((format!("item-{n}"), id.clone()));
        fields.push((format!("shown-{n}"), "masked".to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let judged = ida.send(&at, &review, &fields);
    assert_eq!(judged.status, 303, "{}", judged.body);
    page(ida, &at)
}

#[test]
fn access_is_one_encrypted_file_and_a_letter() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &CUSTOMERS);
    let case = open(&mut ida, "access", &[("known:customer", CUSTOMER)]);
    search(&mut ida, &case);
    let at = format!("{case}/package");
    let shown = reviewed(&mut ida, &case);
    let offered = value_of_input(&shown, "phrase");
    assert!(offered.len() >= 20, "{offered}");
    let answer = format!("{case}/package/answer");
    let early = ida.send(&at, &answer, &[("sure", "yes")]);
    assert!(
        early.body.contains("Det kan ikke lade sig gøre, som sagen står nu."),
        "{}",
        early.body
    );
    let short = ida.send(&at, &at, &[("phrase", "kort")]);
    assert!(short.body.contains("Adgangskoden er for kort"), "{}", short.body);
    let file = ida.send(&at, &at, &[("phrase", &offered)]);
    assert!(file.header("content-disposition").unwrap().contains(".zip.age"), "{}", file.body);
    let zip = open_sealed(&file.bytes, &offered).unwrap();
    assert!(zip.starts_with(b"PK"));
    assert!(open_sealed(&file.bytes, "en helt anden kode").is_err());
    // The same once more, since it was lost; then it is handed over.
    assert_eq!(ida.send(&at, &at, &[("phrase", "min egen lange kode")]).status, 200);
    let handed = ida.send(&at, &answer, &[("sure", "yes")]);
    assert!(handed.location().ends_with("done=answered"), "{}", handed.body);
    let shown = page(&mut ida, &case);
    assert!(shown.contains("Svar på anmodning om indsigt"), "{shown}");
    assert!(page(&mut ida, &at).contains("Anmodningen er besvaret"));
    let log = house.log.lock().unwrap().join("\n");
    assert!(!log.contains(&offered), "the passphrase is in no log");
    let state = std::fs::read(house.dir.path().join("state.sqlite")).unwrap();
    let holds = |text: &str| state.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!holds(&offered), "the passphrase is kept nowhere");
}

#[test]
fn a_citizen_fetches_the_package_by_a_private_link_and_its_code() {
    let house = House::with(|settings| {
        settings.config.public.packages = true;
        settings.config.address = Some("https://ret.nordkyst.example/".into());
    });
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &CUSTOMERS);
    let case = open(&mut ida, "access", &[("known:customer", CUSTOMER)]);
    search(&mut ida, &case);
    let at = format!("{case}/package");
    let code = value_of_input(&reviewed(&mut ida, &case), "phrase");
    let made = ida.send(&at, &at, &[("phrase", &code), ("way", "link"), ("days", "3")]);
    assert!(made.body.contains("Linket er lavet") && made.body.contains(&code), "{}", made.body);
    let begins = "https://ret.nordkyst.example";
    let link = made.body.split(begins).nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(link.starts_with("/p/d/") && link.len() == 69, "{link}");
    assert!(!page(&mut ida, &at).contains(&link), "it is shown once");
    let handed = ida.send(&at, &format!("{case}/package/answer"), &[("sure", "yes")]);
    assert!(handed.location().ends_with("done=answered"), "{}", handed.body);

    let mut citizen = house.client();
    let shown = citizen.get(&link);
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(shown.header("referrer-policy"), Some("no-referrer"));
    let number = case.rsplit('/').next().unwrap();
    assert!(!shown.body.contains(number), "{}", shown.body);
    let wrong = citizen.send(&link, &link, &[("code", "en helt anden kode")]);
    assert!(wrong.body.contains("Antal forsøg tilbage: 9"), "{}", wrong.body);
    let file = citizen.send(&link, &link, &[("code", &code)]);
    assert_eq!(file.header("content-type"), Some("application/zip"));
    assert!(file.bytes.starts_with(b"PK"));
    // Another link tells no more than one that is over.
    let none = citizen.get(&format!("/p/d/{}", "0".repeat(64)));
    house.later(SignedDuration::from_hours(24 * 5));
    let over = citizen.get(&link);
    assert_eq!((none.status, over.status), (404, 404));
    assert!(over.body.contains("Linket virker ikke længere") && none.body.contains("virker ikke"));
    let mut state = house.state();
    let steps: Vec<String> =
        state.case_log(number).unwrap().into_iter().map(|s| s.step.step).collect();
    for step in ["package-laid-out", "package-code-wrong:9", "package-fetched:4"] {
        assert!(steps.iter().any(|s| s == step), "{step}: {steps:?}");
    }
    let log = house.log.lock().unwrap().join("\n");
    assert!(!log.contains(&code) && !log.contains(link.trim_start_matches("/p/d/")), "{log}");
}

#[test]
fn no_link_is_made_where_the_public_side_gives_no_packages_out() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &CUSTOMERS);
    let case = open(&mut ida, "access", &[("known:customer", CUSTOMER)]);
    search(&mut ida, &case);
    let at = format!("{case}/package");
    let shown = reviewed(&mut ida, &case);
    assert!(!shown.contains("value=\"link\""), "{shown}");
    let code = value_of_input(&shown, "phrase");
    let made = ida.send(&at, &at, &[("phrase", &code), ("way", "link")]);
    assert!(made.header("content-disposition").is_some(), "{}", made.body);
    assert_eq!(house.client().get(&format!("/p/d/{}", "0".repeat(64))).status, 404);
}

fn value_of_input(body: &str, id: &str) -> String {
    let tag = body.split("<input ").find(|t| t.starts_with(&format!("id=\"{id}\""))).unwrap();
    tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn unescape(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
}
