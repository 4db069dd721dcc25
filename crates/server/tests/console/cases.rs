//! Cases as caseworkers meet them: by forms alone, on the sample company's real data.

use frist_cases::access::open_sealed;
use frist_server::access::Role;
use jiff::SignedDuration;

use crate::kit::{Answer, Client, House};

/// The data sets that a customer can be in.
pub(crate) const CUSTOMERS: [&str; 8] = [
    "customers",
    "contracts",
    "invoices",
    "meter-readings",
    "complaints",
    "marketing-consents",
    "emails",
    "applicants",
];
const STAFF: [&str; 4] = ["employees", "working-time", "sick-leave", "applicants"];
/// A customer with records that go and records that stay, and nobody like them.
pub(crate) const CUSTOMER: &str = "6";
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// Opens a request by the form, and answers its path.
pub(crate) fn open(client: &mut Client, right: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("right", right),
        ("received", "2026-11-22"),
        ("channel", "email"),
        ("name", "Karen Prøve"),
        ("letters", "da"),
    ];
    fields.extend_from_slice(more);
    let opened = client.send("/cases/open/request", "/cases/open/request", &fields);
    assert_eq!(opened.status, 303, "{}", opened.body);
    opened.location().split('?').next().unwrap().to_owned()
}

/// Searches, and says that what cannot be searched was looked at by hand.
pub(crate) fn search(client: &mut Client, case: &str) -> Answer {
    let at = format!("{case}/find");
    let page = client.send(&at, &at, &[]);
    assert_eq!(page.status, 200);
    client.send(&at, &at, &[("anyway", "yes")])
}

pub(crate) fn page(client: &mut Client, at: &str) -> String {
    let page = client.get(at);
    assert_eq!(page.status, 200, "{at}: {}", page.body);
    page.body
}

#[test]
fn an_erasure_from_opening_to_receipts_takes_two_persons() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &STAFF);
    let mut maria = house.signed_in("maria", &[Role::Dpo], &[]);
    // Somebody who left long ago: the register wants two persons behind erasing staff files.
    let mut engine = house.engine();
    let due = |n: &String| {
        let found = engine.explain("employees", n, house.now());
        found.is_ok_and(|r| r.decision.outcome == frist_decide::Outcome::Due)
    };
    let employee = (1..100).map(|n| n.to_string()).find(due).unwrap();
    let who = [("known:employee", employee.as_str())];
    let case = open(&mut ida, "erasure", &who);
    let first = page(&mut ida, &case);
    // One month, and 22 December 2026 is a Tuesday.
    assert!(first.contains("Svar senest 22. december 2026."), "{first}");
    assert!(first.contains("30 dage tilbage") && first.contains("Find personen i datakilderne"));
    assert!(first.contains("Kvittering for en anmodning"));
    // What is typed twice is one case.
    assert_eq!(open(&mut ida, "erasure", &who), case);

    let at = format!("{case}/find");
    let found = ida.send(&at, &at, &[]);
    assert!(found.body.contains("Kan ikke gennemsøges: se efter med håndkraft"), "{}", found.body);
    assert!(page(&mut ida, &case).contains("Find personen i datakilderne"), "not over yet");
    let found = ida.send(&at, &at, &[("anyway", "yes")]);
    assert!(found.body.contains("Videre i sagen"), "{}", found.body);
    assert!(found.body.contains("Medarbejdernummer fra anmodningen"), "{}", found.body);

    let at = format!("{case}/decide");
    // Tokens of forms that are on the page now, for whoever tries them when they no longer are.
    let approve = format!("{case}/approve");
    let erase = format!("{case}/erase");
    let decide = maria.get(&at).token(&at).unwrap();
    let decided = ida.send(&at, &at, &[]);
    assert!(decided.location().ends_with("done=decided"), "{}", decided.location());
    let shown = ida.get(&at);
    assert!(
        shown.body.contains("En anden end den, der afgjorde sagen, skal godkende."),
        "{}",
        shown.body
    );
    assert!(shown.token(&approve).is_none() && shown.token(&erase).is_none(), "{}", shown.body);
    let token = maria.get(&at).token(&approve).unwrap();
    let yes = |token: &str| {
        vec![("sure".to_owned(), "yes".to_owned()), ("token".to_owned(), token.to_owned())]
    };
    let send = |client: &mut Client, to: &str, fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        client.post(to, &fields)
    };
    assert_eq!(send(&mut maria, &approve, yes(&token)).status, 303);
    let run = ida.get(&at).token(&erase).unwrap();
    // Decided anew by her who approved, it is approved no longer, and not by her.
    assert_eq!(maria.post(&at, &[("token", &decide)]).status, 303);
    assert_eq!(send(&mut maria, &approve, yes(&token)).status, 403);
    let early = send(&mut ida, &erase, yes(&run));
    assert!(
        early.body.contains("Det kan ikke lade sig gøre, som sagen står nu."),
        "{}",
        early.body
    );
    let before = house.state().case_records(number(&case)).unwrap();
    assert!(before.iter().all(|r| r.done_at.is_none()));
    let approved = ida.send(&at, &approve, &[("sure", "yes")]);
    assert_eq!(approved.status, 303, "{}", approved.body);
    let done = ida.send(&at, &erase, &[("sure", "yes")]);
    assert!(done.location().ends_with("done=erased"), "{}", done.body);
    let after = house.state().case_records(number(&case)).unwrap();
    let gone: Vec<_> = after.iter().filter(|r| r.state == "erase").collect();
    assert!(!gone.is_empty() && gone.iter().all(|r| r.done_at.is_some()));
    let mut engine = house.engine();
    for r in &gone {
        assert!(engine.explain(&r.dataset, &r.key, house.now()).is_err(), "{} is there", r.dataset);
    }
    // Who looked is in the log of access, and whom it was about is not.
    let looks = house.state().looks(None, 1_000).unwrap();
    for what in ["SeeCases", "FindPerson", "DecideRecords", "ApproveErasure"] {
        assert!(looks.iter().any(|l| l.what == what && l.about == number(&case)), "{what}");
    }
    assert!(looks.iter().any(|l| l.what == "denied:ApproveErasure" && l.who == "maria"));
}

/// Where the page says that recipients are told.
fn recipients(page: &str, case: &str) -> Vec<String> {
    let start = format!("action=\"{case}/recipient/");
    let mut out: Vec<String> = page
        .match_indices(&start)
        .map(|(at, _)| {
            let rest = &page[at + "action=\"".len()..];
            rest[..rest.find('"').unwrap()].to_owned()
        })
        .collect();
    out.dedup();
    out
}

#[test]
fn what_a_statute_keeps_is_refused_in_a_letter_and_the_rest_has_receipts() {
    let house = House::new();
    let mut ida = house.signed_in("ida", &[Role::Caseworker], &CUSTOMERS);
    let case = open(&mut ida, "erasure", &[("known:customer", CUSTOMER)]);
    search(&mut ida, &case);
    let at = format!("{case}/decide");
    let erase = format!("{case}/erase");
    let shown = page(&mut ida, &at);
    assert!(shown.contains("artikel 17(3)(b)") && shown.contains("ogføringslov"), "{shown}");
    assert_eq!(ida.send(&at, &at, &[]).status, 303);
    let early = page(&mut ida, &format!("{case}/answer"));
    assert!(early.contains("Det kan ikke lade sig gøre, som sagen står nu."), "{early}");
    let done = ida.send(&at, &erase, &[("sure", "yes")]);
    assert!(done.location().ends_with("done=erased"), "{}", done.body);
    let after = house.state().case_records(number(&case)).unwrap();
    // Each has its receipt.
    let n = after.iter().position(|r| r.state == "erase").unwrap().to_string();
    let receipt = ida.send(&at, &format!("{case}/receipt"), &[("n", &n)]);
    assert!(receipt.header("content-disposition").unwrap().contains("receipt"));
    assert!(receipt.body.contains("disposition"), "{}", receipt.body);

    // The letter is seen before it is written.
    let answer = format!("{case}/answer");
    let draft = page(&mut ida, &answer);
    assert!(draft.contains("Karen Prøve") && draft.contains("Fakturaer"), "{draft}");
    let write = format!("{case}/step/answer");
    let token = ida.get(&answer).token(&write).unwrap();
    let seen = value_of(&ida.get(&answer).body, "seen");
    let fields = [("sure", "yes"), ("token", token.as_str()), ("seen", seen.as_str())];
    let written = ida.post(&write, &fields);
    assert!(written.location().ends_with("done=answered"), "{}", written.body);
    // A double click is no error, and writes no second letter.
    let papers = house.state().papers(number(&case)).unwrap().len();
    assert!(ida.post(&write, &fields).location().ends_with("done=answered"));
    assert_eq!(house.state().papers(number(&case)).unwrap().len(), papers);

    let shown = page(&mut ida, &case);
    assert!(shown.contains("Send brevet, og notér det"), "{shown}");
    let letter = link(&shown, &format!("{case}/paper/"));
    let read = page(&mut ida, &letter);
    assert!(read.contains("Karen Prøve") && !read.contains("<script"), "{read}");
    let file = ida.get(&format!("{letter}?file=1"));
    assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
    let sent = first_paper_form(&shown, &case);
    assert_eq!(ida.send(&case, &sent, &[("how", "Digital Post")]).status, 303);
    assert!(page(&mut ida, &case).contains("Digital Post"));

    // Those who have had the data are told, each of them, and only then can the case be closed.
    let shown = page(&mut ida, &case);
    let waits = "chip warn\">skal underrettes";
    assert!(shown.contains(waits), "{shown}");
    let mut to = recipients(&shown, &case);
    assert!(to.len() > 1 && !shown.contains("/step/close"), "{to:?}");
    let first = to.remove(0);
    let letter = [("act", "letter"), ("name", "yes"), ("lang", "en"), ("about", "Your case 12")];
    let written = ida.send(&case, &first, &letter);
    assert!(written.location().ends_with("done=recipient-letter"), "{}", written.body);
    let papers = house.state().papers(number(&case)).unwrap();
    let text = papers.iter().rfind(|p| p.kind == "recipients" && p.name.ends_with(".txt"));
    let text = page(&mut ida, &format!("{case}/paper/{}", text.unwrap().id));
    assert!(text.contains("Your case 12") && text.contains("Karen Prøve"), "{text}");
    assert!(!text.contains(&format!(": {CUSTOMER}")), "no more of her than was chosen");
    let nothing = ida.send(&case, &first, &[("act", "letter"), ("lang", "da")]);
    assert!(nothing.body.contains("Det kan ikke bruges"), "{}", nothing.body);
    let on = [("act", "told"), ("on", "2026-11-22"), ("how", "Digital Post til modtageren")];
    let told = ida.send(&case, &first, &on);
    assert!(told.location().ends_with("done=recipient-told"), "{}", told.body);
    for other in to {
        let why = [("act", "cannot"), ("why", "firmaet er ophørt")];
        assert_eq!(ida.send(&case, &other, &why).status, 303);
    }
    let shown = page(&mut ida, &case);
    assert!(shown.contains("Digital Post til modtageren") && shown.contains("firmaet er ophørt"));
    assert!(!shown.contains(waits), "{shown}");
    // Who looked is in the log of access, and whom it was about is not.
    let looks = house.state().looks(None, 1_000).unwrap();
    assert!(looks.iter().any(|l| l.what == "GetReceipt" && l.about == number(&case)));
    assert!(looks.iter().all(|l| !l.about.contains("Karen") && l.about != CUSTOMER));
    let log = house.log.lock().unwrap().join("\n");
    assert!(!log.contains("Karen") && !log.contains("R-2026"), "{log}");
}

/// The number of a case, by its path.
fn number(case: &str) -> &str {
    case.trim_start_matches("/cases/")
}

/// The value of a hidden field.
fn value_of(body: &str, name: &str) -> String {
    let at = format!("name=\"{name}\" value=\"");
    body.split(&at).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// The first link that begins so.
fn link(body: &str, begins: &str) -> String {
    let found = body.split("href=\"").skip(1).find(|l| l.starts_with(begins)).unwrap();
    found.split('"').next().unwrap().to_owned()
}

/// Where the first form goes that enters a paper as sent.
fn first_paper_form(body: &str, case: &str) -> String {
    let begins = format!("{case}/paper/");
    let found = body.split("action=\"").skip(1).find(|l| l.starts_with(&begins)).unwrap();
    found.split('"').next().unwrap().to_owned()
}

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
