//! Cases as caseworkers meet them: by forms alone, on the sample company's real data. Here what
//! they share, and erasure; `package` has access, `office` the rest.

mod office;
mod package;

use frist_server::access::Role;

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
