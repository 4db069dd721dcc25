//! Calls: announcements, vaults, and what a register may not say about recordings.

use frist_law::LawBook;
use frist_register::{
    Code, Diagnostic, Lang, Register, Severity, StoreKind, canonical, check, diff, format,
    revision_hash,
};

const PARTS: &str = r#"
[controller]
name = "Styrelsen"
kind = "public-authority"
email = "a@b.example"
dpo = { name = "Dina" }

[[measure]]
id = "access"
text = "Adgang efter rolle"

[[store]]
id = "calls"
kind = "vault"
path = "vault"

[[activity]]
id = "telephony"
title = "Telefoni"
measures = ["access"]
obligation = "Ingen pligt"

[[activity.purpose]]
id = "quality"
text = "At forbedre betjeningen"
basis = "6(1)(a)"

[[activity.purpose]]
id = "training"
text = "At oplære medarbejdere"
basis = "6(1)(a)"

[[activity.purpose]]
id = "safety"
text = "At dokumentere trusler mod medarbejdere"
basis = "6(1)(e)"
"#;

const ASKING: &str = r#"
[[announcement]]
id = "contact-centre"
version = "1"
activity = "telephony"
languages = ["da", "en"]

[announcement.before]
text = { da = "Velkommen", en = "Welcome" }
file = { da = "before.da.wav", en = "before.en.wav" }

[[announcement.question]]
purpose = "quality"
text = { da = "Kvalitet?", en = "Quality?" }
file = { da = "quality.da.wav", en = "quality.en.wav" }

[[announcement.question]]
purpose = "training"
text = { da = "Oplæring?", en = "Training?" }
file = { da = "training.da.wav", en = "training.en.wav" }
"#;

const RECORDINGS: &str = r#"
[[dataset]]
id = "recordings"
activity = "telephony"
at = "calls/recording"
subjects = ["caller"]
categories = ["voice"]
"#;

fn keep(purpose: &str) -> String {
    format!(
        "[[dataset.keep]]\nfor = \"{purpose}\"\nfrom = \"ended_at\"\nperiod = \"96 hours\"\nopen = true\n\
         given = \"given_{purpose}\"\nuntil = \"withdrawn_{purpose}\"\n"
    )
}

fn right() -> String {
    format!("{PARTS}{ASKING}{RECORDINGS}{}{}{EVIDENCE}", keep("quality"), keep("training"))
}

const EVIDENCE: &str = r#"
[[dataset]]
id = "evidence"
activity = "telephony"
at = "calls/evidence"
subjects = ["caller"]
categories = ["voice"]

[[dataset.keep]]
for = "safety"
from = "keep_until"
period = "0 days"
when = { matter = { set = true } }
"#;

fn read(text: &str) -> Register {
    let reading = Register::read(&[("r.toml", text)]);
    reading.register.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics))
}

fn said(text: &str) -> Vec<Diagnostic> {
    let reading = Register::read(&[("r.toml", text)]);
    let mut said = reading.diagnostics;
    if let Some(register) = &reading.register {
        said.extend(check(register, LawBook::embedded(), &reading.sources));
    }
    said.retain(|d| d.severity != Severity::Info);
    said
}

fn codes(text: &str) -> Vec<Code> {
    said(text).iter().map(|d| d.code).collect()
}

#[test]
fn an_announcement_is_read() {
    assert_eq!(said(&right()), []);
    let register = read(&right());
    let announcement = register.announcement("contact-centre").unwrap();
    assert_eq!(announcement.version.value, "1");
    let languages: Vec<Lang> = announcement.languages.iter().map(|l| l.value).collect();
    assert_eq!(languages, [Lang::Da, Lang::En]);
    assert_eq!(announcement.before.file(Lang::En), "before.en.wav");
    let asked: Vec<&str> = announcement.questions.iter().map(|q| q.purpose.as_str()).collect();
    assert_eq!(asked, ["quality", "training"]);
    assert_eq!(announcement.spoken().count(), 3);
    assert_eq!(register.store("calls").unwrap().kind, StoreKind::Vault { path: "vault".into() });
}

#[test]
fn what_is_announced_is_part_of_the_revision() {
    let (old, new) = (read(&right()), read(&right().replace("Oplæring?", "Oplæring af nye?")));
    assert_ne!(revision_hash(&old), revision_hash(&new));
    let told: Vec<String> = diff(&old, &new).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "announcement `contact-centre`: question for `training`, text, da changed from `Oplæring?` to `Oplæring af nye?`"
        ]
    );
    // The order of questions is what a caller hears.
    let swapped = right()
        .replace("purpose = \"quality\"", "purpose = \"x\"")
        .replace("purpose = \"training\"", "purpose = \"quality\"")
        .replace("purpose = \"x\"", "purpose = \"training\"");
    assert_ne!(canonical(&old), canonical(&read(&swapped)));
    let once = format(&right()).unwrap();
    assert_eq!(canonical(&read(&once)), canonical(&old));
    assert_eq!(format(&once).unwrap(), once);
    // A register without calls has the same form, and so the same hash, as before there were any.
    assert!(!canonical(&read(PARTS)).contains("announcement"));
}

#[test]
fn each_purpose_is_asked_for_by_itself_or_not_recorded() {
    let alone =
        right().replace(&ASKING[ASKING.rfind("[[announcement.question]]").unwrap()..], "\n");
    assert_eq!(codes(&alone), [Code::E0061]);
    assert_eq!(codes(&right().replace(ASKING, "")), [Code::E0061, Code::E0061]);
    let twice = right().replace("purpose = \"training\"", "purpose = \"quality\"");
    assert!(codes(&twice).contains(&Code::E0006), "{:?}", codes(&twice));
    let task = right().replace("purpose = \"training\"", "purpose = \"safety\"");
    assert_eq!(codes(&task), [Code::E0060, Code::E0061]);
    let slip = said(&right().replace("purpose = \"training\"", "purpose = \"trainning\""));
    assert_eq!(slip[0].code, Code::E0021);
    assert_eq!(slip[0].fix.as_ref().unwrap().replacement, "\"training\"");
    assert_eq!(
        codes(&right().replace("activity = \"telephony\"\nlang", "activity = \"tele\"\nlang"))[0],
        Code::E0020
    );
}

#[test]
fn every_language_has_its_words_and_its_sound() {
    let mute = right().replace(", en = \"quality.en.wav\"", "");
    assert_eq!(codes(&mute), [Code::E0004]);
    let wordless = right().replace(", en = \"Training?\"", "");
    assert_eq!(codes(&wordless), [Code::E0004]);
    let danish = wordless.replace("[\"da\", \"en\"]", "[\"da\"]");
    assert_eq!(codes(&danish), []);
    assert_eq!(codes(&right().replace("[\"da\", \"en\"]", "[\"da\", \"de\"]")), [Code::E0005]);
    assert_eq!(codes(&right().replace("[\"da\", \"en\"]", "[\"da\", \"da\"]")), [Code::E0006]);
    assert_eq!(codes(&right().replace("version = \"1\"\n", "")), [Code::E0004]);
    let misspelt = said(&right().replace("file = { da = \"quality", "flie = { da = \"quality"));
    assert_eq!(misspelt.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::E0004, Code::E0002]);
    assert_eq!(misspelt[1].help.as_deref(), Some("did you mean `file`?"));
}

#[test]
fn a_vault_knows_each_consent_by_its_purpose() {
    let without =
        right().replace("given = \"given_training\"\nuntil = \"withdrawn_training\"\n", "");
    assert_eq!(codes(&without), [Code::E0046]);
    assert_eq!(codes(&right().replace("until = \"withdrawn_training\"\n", "")), [Code::E0046]);
    let mixed = said(&right().replace("given = \"given_training\"", "given = \"given_quality\""));
    assert_eq!(mixed[0].code, Code::E0046);
    assert_eq!(mixed[0].message, "consent to `training` is read from `given_quality`");
    assert_eq!(mixed[0].fix.as_ref().unwrap().replacement, "\"given_training\"");
}

#[test]
fn no_vault_records_every_call_to_document_threats() {
    let all = right().replace("when = { matter = { set = true } }\n", "");
    assert_eq!(codes(&all), [Code::E0047]);
    let too = right().replace(
        EVIDENCE,
        &format!("[[dataset.keep]]\nfor = \"safety\"\nfrom = \"ended_at\"\nperiod = \"96 hours\"\nopen = true\n{EVIDENCE}"),
    );
    assert_eq!(codes(&too), [Code::E0047]);
}

#[test]
fn two_rules_for_one_collection_of_a_vault_are_refused() {
    let twice = right().replace("calls/evidence", "calls/Recording");
    assert!(codes(&twice).contains(&Code::E0031), "{:?}", codes(&twice));
    let field = right().replace("path = \"vault\"", "path = \"vault\"\nroot = \"x\"");
    assert_eq!(codes(&field), [Code::E0008]);
    assert_eq!(codes(&right().replace("path = \"vault\"\n", "")), [Code::E0004]);
}
