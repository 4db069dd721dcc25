//! `controller.toml`: who the controller is, with a question for whatever nobody said.

use frist_register::Lang;

use super::Answers;
use super::toml::{comment, text};
use super::write::{question, say};

/// `controller.toml`.
pub fn controller(answers: &Answers, lang: Lang) -> String {
    let q = |da: &str, en: &str, line: &str| question(lang, da, en, line);
    let mut out = comment(say(
        lang,
        "Fortegnelse over behandlingsaktiviteter (GDPR art. 30). Denne fil: hvem vi er.\n\
         Det, en person skal tage stilling til, er mærket UDFYLD; `frist check` siger, hvad der mangler.",
        "The record of processing activities (GDPR Art. 30). This file: who we are.\n\
         What a person must decide is marked FILL IN; `frist check` says what is missing.",
    ));
    out += "\n[controller]\n";
    match &answers.name {
        Some(name) => out += &format!("name = {}\n", text(name)),
        None => {
            out += &q(
                "Hvad hedder den dataansvarlige?",
                "What is the controller called?",
                "name = \"...\"",
            );
        }
    }
    let kind = if answers.public_authority { "public-authority" } else { "company" };
    out += &comment(say(
        lang,
        "`company` eller `public-authority`: en myndighed kan ikke støtte sine opgaver på legitime interesser.",
        "`company` or `public-authority`: an authority cannot rest its tasks on legitimate interests.",
    ));
    out += &format!("kind = {}\n", text(kind));
    match &answers.email {
        Some(email) => out += &format!("email = {}\n", text(email)),
        None => {
            out += &q(
                "Hvor kan den registrerede skrive til jer? Mindst én: e-mail, adresse eller telefon.",
                "Where can people write to you? At least one of e-mail, address and telephone.",
                "email = \"...\"",
            );
        }
    }
    match &answers.dpo {
        Some((name, email)) => {
            let email =
                email.as_ref().map(|e| format!(", email = {}", text(e))).unwrap_or_default();
            out += &format!("dpo = {{ name = {}{email} }}\n", text(name));
        }
        None => {
            out += &q(
                "Har I en databeskyttelsesrådgiver? En myndighed skal have en (art. 37).",
                "Do you have a data protection officer? A public authority must have one (Art. 37).",
                "dpo = { name = \"...\", email = \"...\" }",
            );
        }
    }
    match &answers.year_end {
        Some(end) => out += &format!("financial_year_end = {}\n", text(end)),
        None => {
            out += &q(
                "Hvornår slutter regnskabsåret? Regnskabsmateriale regnes derfra; siges intet, er det 31. december.",
                "When does the financial year end? Accounting records are counted from there; 31 December when nothing is said.",
                "financial_year_end = \"12-31\"",
            );
        }
    }
    // What stands last belongs to the table above it, however the file is laid out later.
    out += "zone = \"Europe/Copenhagen\"\n";
    out
}

/// What a person writes by hand when no store was read, as comments.
pub fn template(lang: Lang) -> String {
    let mut out = String::from("\n");
    out += &comment(say(
        lang,
        "UDFYLD: Hvor ligger oplysningerne? Skriv en [[store]] for hvert sted, eller slet mappen `register` og lad \
         `frist init --from FIL.sqlite` (eller env:NAVN, eller en mappe) foreslå det hele. For eksempel:",
        "FILL IN: Where does the data lie? Write a [[store]] for each place, or delete the folder `register` and let \
         `frist init --from FILE.sqlite` (or env:NAME, or a folder) propose it all. For example:",
    ));
    for line in [
        "",
        "[[store]]",
        "id = \"erp\"",
        "kind = \"sqlite\"",
        "path = \"data/erp.sqlite\"",
        "",
        "[[activity]]",
        "id = \"...\"",
        "title = { da = \"...\", en = \"...\" }",
        "",
        "[[activity.purpose]]",
        "id = \"...\"",
        "text = { da = \"...\", en = \"...\" }",
        "basis = \"6(1)(...)\"",
        "",
        "[[dataset]]",
        "id = \"...\"",
        "activity = \"...\"",
        "at = \"erp/...\"",
        "subject = { customer = \"...\" }",
        "categories = [\"identity\", \"contact\"]",
        "",
        "[[dataset.keep]]",
        "for = \"...\"",
        "from = \"...\"",
        "period = \"... years\"",
    ] {
        out += format!("# {line}").trim_end();
        out.push('\n');
    }
    out
}
