//! Access and portability: everything of the person, nothing of anybody else, nothing unseen.

use std::collections::BTreeMap;
use std::io::Read as _;

use frist_cases::access::{Shown, deliver, judge, open_sealed, review};
use frist_cases::request::Right;

use super::support::*;

const RULES: &str = r#"
[[store]]
id = "f"
kind = "files"
root = "root"
[[recipient]]
id = "collector"
title = { da = "Prøve Inkasso ApS", en = "Sample Collections" }
role = "controller"
[[recipient]]
id = "payroll"
title = { da = "Prøve Lønbureau", en = "Sample Payroll" }
[[activity]]
id = "service"
title = { da = "Kundeservice", en = "Customer service" }
source = { da = "Fra netselskabet", en = "From the grid company" }
[[activity.purpose]]
id = "answers"
text = { da = "At besvare henvendelser", en = "To answer letters" }
basis = "6(1)(b)"
[[activity.purpose]]
id = "books"
text = { da = "At opfylde bogføringsloven", en = "To comply with the bookkeeping act" }
basis = "6(1)(c)"
law = "dk.bogfoering"
[[activity.disclosures]]
recipient = "collector"
subjects = ["customer"]
categories = ["payment"]
[[activity.disclosures]]
recipient = "payroll"
subjects = ["employee"]
categories = ["payment"]
[[activity]]
id = "news"
title = { da = "Nyheder", en = "News" }
[[activity.purpose]]
id = "news"
text = { da = "At sende nyhedsbreve", en = "To send newsletters" }
basis = "6(1)(a)"
[[dataset]]
id = "letters"
title = { da = "Breve", en = "Letters" }
activity = "service"
at = "s/letter"
subject = { customer = "customer_id" }
categories = ["communication"]
others = ["text"]
facts = { sent = "date" }
[[dataset.keep]]
for = "answers"
from = "sent"
period = "3 years"
[[dataset]]
id = "invoices"
title = { da = "Fakturaer", en = "Invoices" }
activity = "service"
at = "s/invoice"
subject = { customer = "customer_id" }
categories = ["payment"]
facts = { day = "date" }
[[dataset.keep]]
for = "books"
from = "day"
[[dataset]]
id = "news"
title = { da = "Nyhedsbreve", en = "Newsletters" }
activity = "news"
at = "s/news"
subject = { customer = "customer_id" }
categories = ["contact"]
facts = { given_on = "date" }
[[dataset.keep]]
for = "news"
from = "given_on"
period = "10 years"
[[dataset]]
id = "scans"
title = { da = "Indscannede breve", en = "Scans" }
activity = "service"
at = "f/in/{n}.txt"
subject = { customer = "customer" }
categories = ["communication"]
facts = { sent = "date" }
[[dataset.keep]]
for = "answers"
from = "sent"
period = "3 years"
"#;

fn org() -> Org {
    org_of(RULES)
}

fn org_of(rules: &str) -> Org {
    let org = Org::new(
        "",
        rules,
        "CREATE TABLE letter (id INTEGER PRIMARY KEY, customer_id INTEGER, sent TEXT, text TEXT);
         CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER, day TEXT, amount TEXT);
         CREATE TABLE news (id INTEGER PRIMARY KEY, customer_id INTEGER, given_on TEXT, email TEXT);
         INSERT INTO letter VALUES (1, 7, '2025-01-01', 'Min nabo Opdigtet Naboesen klagede'), (2, 7, '2025-01-02', NULL),
            (3, 8, '2025-01-01', 'FREMMED');
         INSERT INTO invoice VALUES (1, 7, '2025-01-01', '-12,50'), (2, 8, '2025-01-01', 'FREMMED');
         INSERT INTO news VALUES (1, 7, '2025-01-01', '=cmd()'), (2, 8, '2025-01-01', 'FREMMED');",
    );
    let root = org.dir.path().join("root/in");
    std::fs::create_dir_all(&root).unwrap();
    for (n, customer, text) in [(1, 7, "et brev"), (2, 8, "FREMMED")] {
        std::fs::write(root.join(format!("{n}.txt")), text).unwrap();
        let beside = format!("{{\"customer\":\"{customer}\",\"sent\":\"2025-01-01\"}}");
        std::fs::write(root.join(format!("{n}.txt.json")), beside).unwrap();
    }
    org
}

pub fn files(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|ix| {
            let mut file = archive.by_index(ix).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn a_package_has_all_of_the_person_and_nothing_of_others_or_unseen() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Access, 7);
    let t = org.clock.now();
    // What may tell of others waits for a person, a text that is empty does not.
    let items = review(&mut engine, &number, t).unwrap();
    let ids: Vec<&str> = items.iter().map(|i| i.id.as_str()).collect();
    assert_eq!(ids, ["letters/1/text", "scans/in/1.txt/"]);
    assert!(deliver(&mut engine, "ida", "", &number, true, None, t).is_err());
    let instead = Shown::Instead("Min nabo klagede".into());
    judge(&mut engine, "ida", &number, "letters/1/text", instead.clone(), t).unwrap();
    assert!(judge(&mut engine, "ida", &number, "letters/3/text", Shown::Whole, t).is_err());
    assert!(judge(&mut engine, "ida", &number, "scans/in/1.txt/", instead, t).is_err());
    assert!(deliver(&mut engine, "ida", "", &number, true, None, t).is_err());
    judge(&mut engine, "ida", &number, "scans/in/1.txt/", Shown::Whole, t).unwrap();
    let package = deliver(&mut engine, "ida", "", &number, true, None, t).unwrap();
    assert_eq!((package.records, package.masked), (5, 0));
    let phrase = package.passphrase.clone().unwrap();
    assert!(!format!("{package:?}").contains(&phrase));
    let files = files(&open_sealed(&package.bytes, &phrase).unwrap());
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("FREMMED") && !text.contains("Naboesen"), "{name}");
    }
    assert_eq!(files["filer/scans/1-1.txt"], b"et brev");
    let csv = String::from_utf8_lossy(&files["csv/invoices.csv"]).into_owned();
    assert_eq!(csv, "id,customer_id,day,amount\n1,7,2025-01-01,\"'-12,50\"\n");
    assert!(String::from_utf8_lossy(&files["csv/news.csv"]).contains("'=cmd()"));
    let data: serde_json::Value = serde_json::from_slice(&files["oplysninger.json"]).unwrap();
    assert_eq!(data["data_sets"][0]["records"][0]["fields"]["text"], "Min nabo klagede");
    assert_eq!(data["data_sets"].as_array().unwrap().len(), 4);
    if !frist_paper::PDF {
        assert!(String::from_utf8_lossy(&files["indsigt.html"]).contains("Min nabo klagede"));
    }
    // Art. 15(1)(a) to (h).
    let page = letter(&mut engine, &number, "access");
    for words in [
        "At besvare henvendelser",
        "bogføringsloven",
        "At sende nyhedsbreve",
        "litra c",
        "Prøve Inkasso ApS",
        "3 år",
        "10 år",
        "berigtige",
        "Datatilsynet",
        "Fra netselskabet",
        "automatiske afgørelser",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    // Who gets other people's data only is none of their recipients.
    assert!(!page.contains("Lønbureau"), "{page}");
    // Answered: no second package.
    assert!(deliver(&mut engine, "ida", "", &number, true, None, t).is_err());
    let log = engine.state.case_log(&number).unwrap();
    let text: String = log.iter().filter_map(|s| s.step.text.clone()).collect();
    assert!(text.contains("sha256") && !text.contains(&phrase));
}

#[test]
fn masked_means_left_out_and_said() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Access, 7);
    let t = org.clock.now();
    for id in ["letters/1/text", "scans/in/1.txt/"] {
        judge(&mut engine, "ida", &number, id, Shown::Masked, t).unwrap();
    }
    let package = deliver(&mut engine, "ida", "", &number, false, None, t).unwrap();
    assert_eq!((package.masked, package.passphrase.is_none()), (2, true));
    let files = files(&package.bytes);
    assert!(!files.keys().any(|n| n.starts_with("filer/")));
    assert!(String::from_utf8_lossy(&files["csv/letters.csv"]).contains("[udeladt"));
    assert!(letter(&mut engine, &number, "access").contains("handler om andre personer: 2"));
}

#[test]
fn portability_is_what_rests_on_consent_or_contract_and_came_from_the_person() {
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Portability, 7);
    let t = org.clock.now();
    assert!(review(&mut engine, &number, t).unwrap().is_empty());
    let package = deliver(&mut engine, "ida", "", &number, false, None, t).unwrap();
    let files = files(&package.bytes);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["csv/news.csv", "oplysninger.json"]);
    // Invoices rest on a statute, and letters come from elsewhere.
    assert_eq!(package.left_out.len(), 3, "{:?}", package.left_out);
}

#[test]
fn portability_hands_over_the_fields_that_the_person_provided() {
    // Said by field, the activity's source no longer stands against the whole data set; of a data set
    // of which nothing was provided nothing is handed over.
    let rules = RULES
        .replacen("others = [\"text\"]", "others = [\"text\"]\nprovided = [\"ID\", \"sent\"]", 1)
        .replacen("at = \"s/news\"", "at = \"s/news\"\nprovided = []", 1);
    let org = org_of(&rules);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Portability, 7);
    let t = org.clock.now();
    // What is not handed over needs no reviewer.
    assert!(review(&mut engine, &number, t).unwrap().is_empty());
    let package = deliver(&mut engine, "ida", "", &number, false, None, t).unwrap();
    let files = files(&package.bytes);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["csv/letters.csv", "oplysninger.json"]);
    let csv = String::from_utf8_lossy(&files["csv/letters.csv"]).into_owned();
    assert_eq!(csv, "id,sent\n1,2025-01-01\n2,2025-01-02\n");
    let said = package.left_out.join("\n");
    assert!(
        said.contains(
            "Breve: felter, som ikke kommer fra dig selv (artikel 20, stk. 1): customer_id, text"
        ),
        "{said}"
    );
    assert!(said.contains("Nyhedsbreve: kommer ikke fra dig selv"), "{said}");
    // Access is to all of it.
    let number = org.open(&mut engine, Right::Access, 7);
    assert_eq!(review(&mut engine, &number, t).unwrap().len(), 2);
}

#[test]
fn a_package_is_made_as_often_as_needed_and_handed_over_once() {
    use frist_cases::access::{Seal, hand_over, judge_all, made, make};
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Access, 7);
    let t = org.clock.now();
    let items = review(&mut engine, &number, t).unwrap();
    let all: Vec<_> = items.into_iter().map(|i| (i.id, Shown::Masked)).collect();
    judge_all(&mut engine, "ida", &number, &all, t).unwrap();
    assert!(hand_over(&mut engine, "ida", "", &number, t).is_err(), "nothing was made");
    let typed = |phrase| Seal::With(phrase);
    assert!(make(&mut engine, "ida", "", &number, typed("for kort"), None, t).is_err());
    let phrase = "en ganske lang kode";
    let first = make(&mut engine, "ida", "", &number, typed(phrase), None, t).unwrap();
    let again = make(&mut engine, "ida", "", &number, typed(phrase), None, t).unwrap();
    assert_eq!(first.records, again.records);
    assert_ne!(first.bytes, again.bytes, "each file has a key of its own");
    assert!(files(&open_sealed(&again.bytes, phrase).unwrap()).len() > 3);
    hand_over(&mut engine, "ida", "Karen Holm", &number, t).unwrap();
    assert!(letter(&mut engine, &number, "access").contains("Karen Holm"));
    assert!(
        make(&mut engine, "ida", "", &number, typed(phrase), None, t).is_err(),
        "it is answered"
    );
    let case = engine.state.case(&number).unwrap().unwrap();
    let request = frist_cases::request::Request::read(&number, &case.body).unwrap();
    let kept = frist_cases::request::Kept { case, request };
    assert_eq!(made(&kept).unwrap(), Some(t));
    assert!(!kept.case.body.to_string().contains(phrase));
}

#[test]
fn a_package_waits_for_a_second_person_where_the_register_says_so() {
    use frist_cases::CasesError;
    use frist_cases::access::{Seal, make};
    use frist_cases::second::waiting;
    let rules = format!("{RULES}[requests]\nsecond_person = [\"access\"]\n");
    let org = org_of(&rules);
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Access, 7);
    let t = org.clock.now();
    for id in ["letters/1/text", "scans/in/1.txt/"] {
        judge(&mut engine, "ida", &number, id, Shown::Masked, t).unwrap();
    }
    let by = |engine: &mut frist_sweep::Engine, who: &str| {
        make(engine, who, "", &number, Seal::Fresh, None, t)
    };
    let waits = |r: Result<_, CasesError>| matches!(r, Err(CasesError::SecondPerson { .. }));
    // However often the first asks, it is one person.
    assert!(waits(by(&mut engine, "ida")) && waits(by(&mut engine, "ida")));
    // What is handed out changed: the second has not agreed to that, and is now the first.
    judge(&mut engine, "ida", &number, "letters/1/text", Shown::Whole, t).unwrap();
    assert!(waits(by(&mut engine, "bo")));
    assert_eq!(by(&mut engine, "ida").unwrap().records, 5);
    // Both have agreed to this: either makes it again, and hands it over.
    assert!(by(&mut engine, "bo").is_ok());
    let kept = |engine: &mut frist_sweep::Engine| {
        let case = engine.state.case(&number).unwrap().unwrap();
        let request = frist_cases::request::Request::read(&number, &case.body).unwrap();
        frist_cases::request::Kept { case, request }
    };
    let agreed = waiting(&kept(&mut engine)).unwrap().unwrap();
    assert_eq!((agreed.first.as_str(), agreed.second.as_deref()), ("bo", Some("ida")));
    frist_cases::access::hand_over(&mut engine, "ida", "", &number, t).unwrap();
    let log = engine.state.case_log(&number).unwrap();
    assert!(log.iter().any(|s| s.step.step == "second-person" && s.step.by == "ida"));
    // Portability is not named, and waits for nobody.
    let number = org.open(&mut engine, Right::Portability, 7);
    assert!(make(&mut engine, "ida", "", &number, Seal::Fresh, None, t).is_ok());
}

#[test]
fn a_link_gives_the_package_to_whoever_has_the_code_for_a_while_and_tells_nothing_else() {
    use frist_cases::access::{Fetched, Seal, TRIES, fetch, hand_over, lay_out, make, until};
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Access, 7);
    let t = org.clock.now();
    for id in ["letters/1/text", "scans/in/1.txt/"] {
        judge(&mut engine, "ida", &number, id, Shown::Masked, t).unwrap();
    }
    let open = make(&mut engine, "ida", "", &number, Seal::Open, None, t).unwrap();
    assert!(lay_out(&mut engine, "ida", &number, &open, 14, t).is_err(), "it is not encrypted");
    let package = make(&mut engine, "ida", "", &number, Seal::Fresh, None, t).unwrap();
    let phrase = package.passphrase.clone().unwrap();
    for days in [0, 91] {
        assert!(lay_out(&mut engine, "ida", &number, &package, days, t).is_err());
    }
    let first = lay_out(&mut engine, "ida", &number, &package, 14, t).unwrap();
    let link = lay_out(&mut engine, "ida", &number, &package, 14, t).unwrap();
    assert_eq!(link.until.to_string(), "2026-03-16");
    assert_eq!(link.secret.len(), 64);
    // A new link ends the earlier one; another's tells nothing.
    for secret in [first.secret.as_str(), "", &"0".repeat(64)] {
        assert_eq!(until(&mut engine.state, secret, t).unwrap(), None);
    }
    hand_over(&mut engine, "ida", "", &number, t).unwrap();
    let page = letter(&mut engine, &number, "access");
    assert!(page.contains("privat link") && page.contains("16. marts 2026"), "{page}");
    let mut get = |phrase: &str, at| {
        fetch(&mut engine.state, &link.secret, phrase, "public/form", at).unwrap()
    };
    assert!(
        matches!(get("en anden kode helt", t), Fetched::WrongCode { left } if left == TRIES - 1)
    );
    let Fetched::File { name, bytes } = get(&format!(" {phrase} "), t) else { panic!() };
    assert_eq!(name, format!("{number}.zip"));
    assert_eq!(bytes, open_sealed(&package.bytes, &phrase).unwrap());
    // The last day counts to its end, and then nothing is there.
    let last = "2026-03-16T22:59:59Z".parse().unwrap();
    assert!(matches!(get(&phrase, last), Fetched::File { .. }));
    let over = "2026-03-16T23:00:00Z".parse().unwrap();
    assert!(matches!(get(&phrase, over), Fetched::Gone));
    for left in [2, 1, 0] {
        let Fetched::File { .. } = get(&phrase, t) else { panic!("{left} more") };
    }
    assert!(matches!(get(&phrase, t), Fetched::Gone), "five times, and no more");
    assert_eq!(engine.state.drop_parcels(t).unwrap(), 1);
    let log = engine.state.case_log(&number).unwrap();
    let count = |word: &str| log.iter().filter(|s| s.step.step.starts_with(word)).count();
    assert_eq!((count("package-fetched"), count("package-code-wrong")), (5, 1));
    let all = format!("{log:?}");
    assert!(!all.contains(&link.secret) && !all.contains(&phrase));
    // Neither the secret nor the code is anywhere in Frist's own database.
    drop(engine);
    let kept = std::fs::read(org.dir.path().join("state.sqlite")).unwrap();
    for secret in [link.secret.as_bytes(), phrase.as_bytes()] {
        assert!(!kept.windows(secret.len()).any(|w| w == secret));
    }
}

#[test]
fn ten_wrong_codes_end_a_link() {
    use frist_cases::access::{Fetched, Seal, TRIES, fetch, lay_out, make};
    let org = org();
    let mut engine = org.engine();
    let number = org.open(&mut engine, Right::Portability, 7);
    let t = org.clock.now();
    let package = make(&mut engine, "ida", "", &number, Seal::Fresh, None, t).unwrap();
    let link = lay_out(&mut engine, "ida", &number, &package, 1, t).unwrap();
    for left in (0..TRIES).rev() {
        let got = fetch(&mut engine.state, &link.secret, "forkert", "public/form", t).unwrap();
        assert!(
            matches!(got, Fetched::WrongCode { left: l } if l == left && l > 0)
                || (left == 0 && matches!(got, Fetched::Gone))
        );
    }
    let phrase = package.passphrase.unwrap();
    let got = fetch(&mut engine.state, &link.secret, &phrase, "public/form", t).unwrap();
    assert!(matches!(got, Fetched::Gone), "the right code comes too late");
}
