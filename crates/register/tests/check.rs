//! The checker's finer points: what is an error in one register and right in the next.

use frist_law::LawBook;
use frist_register::{Code, Diagnostic, Register, Severity, check, relation};

/// A register whose one activity and one data set are given, and what is said about it.
fn said(controller: &str, activity: &str, dataset: &str) -> Vec<Diagnostic> {
    let own = dataset.starts_with("categories");
    let categories = if own { "" } else { "categories = [\"payment\"]" };
    let text = format!(
        r#"
[controller]
name = "Nordkyst"
email = "a@b.example"
{controller}
[[measure]]
id = "access"
text = "Adgang efter rolle"
[[store]]
id = "erp"
kind = "sqlite"
path = "erp.sqlite"
[[activity]]
id = "billing"
title = "Fakturering"
measures = ["access"]
obligation = "Nødvendigt"
{activity}
[[dataset]]
id = "invoices"
activity = "billing"
at = "erp/invoice"
subject = {{ customer = "customer_id" }}
{categories}
{dataset}
"#
    );
    let reading = Register::read(&[("r.toml", &text)]);
    let register = reading.register.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics));
    let mut said = check(&register, LawBook::embedded(), &reading.sources);
    said.retain(|d| d.severity != Severity::Info);
    said
}

fn codes(controller: &str, activity: &str, dataset: &str) -> Vec<Code> {
    said(controller, activity, dataset).iter().map(|d| d.code).collect()
}

const BOOKS: &str = r#"
[[activity.purpose]]
id = "books"
text = "Regnskab"
basis = "6(1)(c)"
law = "dk.bogfoering"
"#;

const CCTV: &str = r#"
[[activity.purpose]]
id = "security"
text = "Forebygge kriminalitet"
basis = "6(1)(f)"
interest = "Sikkerhed"
law = "dk.tv-overvaagning"
[[activity.purpose]]
id = "dispute"
text = "Afklare en konkret tvist"
basis = "6(1)(f)"
interest = "Retskrav"
law = "dk.tv-overvaagning.tvist"
"#;

fn keep(purpose: &str, rest: &str) -> String {
    format!("[[dataset.keep]]\nfor = \"{purpose}\"\n{rest}\n")
}

#[test]
fn the_anchor_counts() {
    let books = |rest: &str| codes("", BOOKS, &keep("books", &format!("from = \"d\"\n{rest}")));
    assert_eq!(books(""), []);
    // Five years from the day itself are up to a year shorter than from the year's end.
    assert_eq!(books("period = \"5 years\""), [Code::E0042]);
    assert_eq!(books("period = \"5 years\"\nanchor = \"end of financial year\""), []);
    assert_eq!(books("period = \"60 months\"\nanchor = \"end of financial year\""), []);
    assert_eq!(books("period = \"59 months\"\nanchor = \"end of financial year\""), [Code::E0042]);
    assert_eq!(books("period = \"6 years\""), []);
    assert_eq!(books("period = \"5 years\"\nanchor = \"end of calendar year\""), []);
    // With another financial year the calendar year may end before it.
    let odd = codes(
        "financial_year_end = \"06-30\"",
        BOOKS,
        &keep("books", "from = \"d\"\nperiod = \"5 years\"\nanchor = \"end of calendar year\""),
    );
    assert_eq!(odd, [Code::E0042]);
}

#[test]
fn the_statute_is_cited() {
    let said = said("", BOOKS, &keep("books", "from = \"d\"\nperiod = \"3 years\""));
    let [d] = &said[..] else { panic!("{said:#?}") };
    assert!(d.law.as_ref().is_some_and(|l| l.contains("§ 12")), "{d:?}");
    assert!(d.labels[0].1.contains("5 years"), "{d:?}");
    assert_eq!(d.severity, Severity::Error);
}

#[test]
fn a_maximum_against_other_grounds() {
    let security = keep("security", "from = \"recorded\"");
    let dispute = |when: &str| keep("dispute", when);
    let both = |a: &str, b: &str| codes("", CCTV, &format!("{a}{b}"));
    // The exception lifts the maximum.
    assert_eq!(both(&security, &dispute("when = { dispute = true }")), []);
    // Another purpose does not, even without a table of its own for the duty to erase.
    let training = format!(
        "{CCTV}[[activity.purpose]]\nid = \"training\"\ntext = \"Uddannelse\"\nbasis = \"6(1)(b)\"\n"
    );
    let long = keep("training", "from = \"recorded\"\nperiod = \"6 months\"");
    let d = dispute("when = { dispute = true }");
    assert_eq!(codes("", &training, &format!("{security}{d}{long}")), [Code::E0043]);
    // Unless the two never hold for one record.
    let apart = keep("security", "from = \"recorded\"\nwhen = { kind = [\"a\", \"b\"] }");
    let other = keep(
        "training",
        "from = \"recorded\"\nperiod = \"6 months\"\nwhen = { kind = { not = [\"a\", \"b\"] } }",
    );
    assert_eq!(codes("", &training, &format!("{apart}{d}{other}")), []);
    let overlap = other.replace("[\"a\", \"b\"]", "\"a\"");
    assert_eq!(codes("", &training, &format!("{apart}{d}{overlap}")), [Code::E0043]);
}

#[test]
fn a_maximum_that_runs_out_while_a_minimum_is_live() {
    let erase = |period: &str| format!("[[dataset.erase]]\nfrom = \"d\"\nperiod = \"{period}\"\n");
    let with = |period: &str| {
        codes("", BOOKS, &format!("{}{}", keep("books", "from = \"d\""), erase(period)))
    };
    assert_eq!(with("3 years"), [Code::E0043]);
    assert_eq!(with("7 years"), []);
    // Both are five years from the same event: they meet.
    let aml = "[[activity.purpose]]\nid = \"aml\"\ntext = \"Hvidvask\"\nbasis = \"6(1)(c)\"\nlaw = \"dk.hvidvask.keep\"\n";
    let both = format!(
        "{}[[dataset.erase]]\nlaw = \"dk.hvidvask.delete\"\nfrom = \"ended\"\n",
        keep("aml", "from = \"ended\"")
    );
    assert_eq!(codes("", aml, &both), []);
}

#[test]
fn statutes_without_a_period() {
    let files = "[[activity.purpose]]\nid = \"filing\"\ntext = \"Journal\"\nbasis = \"6(1)(c)\"\nlaw = \"dk.offentlighed\"\n";
    assert_eq!(codes("", files, &keep("filing", "")), [Code::E0048]);
    assert_eq!(codes("", files, &keep("filing", "when = { filed = true }")), []);
    let review = "review = { every = \"5 years\", from = \"filed_on\", question = \"Kan sagen kasseres?\" }\n";
    assert_eq!(codes("", files, &format!("{review}{}", keep("filing", ""))), []);
}

#[test]
fn who_needs_which_basis() {
    let contract = "[[activity.purpose]]\nid = \"pay\"\ntext = \"Løn\"\nbasis = \"6(1)(b)\"\n";
    let health =
        |activity: &str| codes("", activity, &keep("pay", "from = \"d\"\nperiod = \"1 year\""));
    assert_eq!(health(contract), []);
    let about =
        format!("about = [{{ subject = \"employee\", categories = [\"health\"] }}]\n{contract}");
    assert_eq!(health(&about), [Code::E0044]);
    // A processor acts on the controller's basis.
    let processor = format!(
        "role = \"processor\"\non_behalf_of = [{{ name = \"X\" }}]\n{}",
        about.replace("basis = \"6(1)(b)\"\n", "")
    );
    assert_eq!(health(&processor), []);
    // Explicit consent is consent.
    let explicit =
        contract.replace("basis = \"6(1)(b)\"", "basis = \"6(1)(b)\"\nspecial_basis = \"9(2)(a)\"");
    assert_eq!(health(&explicit), [Code::E0046]);
}

#[test]
fn an_authority_may_hold_the_number() {
    let task =
        "[[activity.purpose]]\nid = \"task\"\ntext = \"Sagsbehandling\"\nbasis = \"6(1)(e)\"\n";
    let rule = keep("task", "from = \"d\"\nperiod = \"1 year\"");
    let rule = format!("categories = [\"cpr\"]\n{rule}");
    let public = "kind = \"public-authority\"";
    assert_eq!(codes("", task, &rule), [Code::W0004]);
    assert_eq!(codes(public, task, &rule), [Code::E0054]);
    assert_eq!(codes(&format!("{public}\ndpo = {{ name = \"Dina\" }}"), task, &rule), []);
}

#[test]
fn hours_through_a_lookup() {
    let purpose = "[[activity.purpose]]\nid = \"p\"\ntext = \"Opkald\"\nbasis = \"6(1)(b)\"\n";
    let dataset = |kind: &str| {
        format!(
            "[dataset.facts]\nrecorded = {{ lookup = \"calls.at\", by = \"call_id\" }}\n{}\
             [[dataset]]\nid = \"calls\"\nactivity = \"billing\"\nat = \"erp/call\"\nsubjects = [\"caller\"]\n\
             categories = [\"communication\"]\n[dataset.facts]\nat = \"{kind}\"\n{}",
            keep("p", "from = \"recorded\"\nperiod = \"96 hours\""),
            keep("p", "from = \"at\"\nperiod = \"4 days\""),
        )
    };
    assert_eq!(codes("", purpose, &dataset("date")), [Code::E0034]);
    assert_eq!(codes("", purpose, &dataset("unix")), []);
}

#[test]
fn names_are_proposed_with_a_fix() {
    let purpose = "[[activity.purpose]]\nid = \"p\"\ntext = \"Opkald\"\nbasis = \"6(1)(c)\"\nlaw = \"dk.bogforing\"\n";
    let said = said("", purpose, &keep("p", "from = \"d\"\nperiod = \"1 year\""));
    let [d] = &said[..] else { panic!("{said:#?}") };
    assert_eq!((d.code, d.help.as_deref()), (Code::E0028, Some("did you mean `dk.bogfoering`?")));
    assert_eq!(d.fix.as_ref().map(|f| f.replacement.as_str()), Some("\"dk.bogfoering\""));
}

#[test]
fn the_relation() {
    let everything = include_str!("registers/everything.toml");
    let register = Register::read(&[("r.toml", everything)]).register.unwrap();
    let rows = relation(&register);
    let find = |s: &str, c: &str| rows.iter().find(|r| r.subject == s && r.category == c).unwrap();
    let payment = find("customer", "payment");
    assert_eq!(
        (payment.recipients.join(","), payment.datasets.join(",")),
        ("bank".into(), "invoices".into())
    );
    let identity = find("customer", "identity");
    assert_eq!(identity.recipients, ["hosting"]);
    assert_eq!(identity.datasets, ["customers", "invoices"]);
    // What only `about` and a disclosure say is there too, and lies in no data set.
    assert_eq!(find("shareholder", "meter").datasets, [""; 0]);
    assert!(find("customer", "health").special && !identity.special);
    // A recipient gets nothing of what was not disclosed to it.
    assert!(find("customer", "health").recipients.is_empty());
}

#[test]
fn a_ground_that_nothing_ends_is_refused_unless_a_statute_sets_it() {
    let purpose = "[[activity.purpose]]\nid = \"p\"\ntext = \"P\"\nbasis = \"6(1)(b)\"\n";
    let review = "review = { every = \"2 years\", from = \"d\", question = \"Needed?\" }\n";
    // What the rules refuse to resolve: a review or the purpose's end alone set no period.
    assert_eq!(codes("", purpose, &format!("{review}{}", keep("p", ""))), [Code::E0048]);
    let ended = format!("{purpose}ended = 2030-01-01\n");
    assert_eq!(codes("", &ended, &keep("p", "")), [Code::E0048]);
    assert_eq!(codes("", purpose, &format!("{review}{}", keep("p", "when = { a = 1 }"))), []);
    assert_eq!(codes("", purpose, &keep("p", "until = \"u\"")), []);
    // A statute without a fixed period is another matter.
    let statute =
        "[[activity.purpose]]\nid = \"p\"\ntext = \"P\"\nbasis = \"6(1)(c)\"\nlaw = \"dk.arkiv\"\n";
    assert_eq!(codes("", statute, &keep("p", "")), [Code::E0048]);
    assert_eq!(codes("", statute, &format!("{review}{}", keep("p", ""))), []);
}

#[test]
fn records_from_before_a_law_are_told_of_where_it_matters() {
    let law = |id: &str| {
        format!(
            "[[activity.purpose]]\nid = \"p\"\ntext = \"P\"\nbasis = \"6(1)(c)\"\nlaw = \"{id}\"\n"
        )
    };
    let of = |id: &str, rest: &str| codes("", &law(id), &keep("p", rest));
    // In force from 1 July 2024, for five years: what is from June may be wanted still.
    assert_eq!(of("dk.arbejdstid", "from = \"d\""), [Code::W0016]);
    assert_eq!(of("dk.arbejdstid", "from = \"d\"\nperiod = \"5 years\""), []);
    // In force from 1999 at the earliest: nobody misses what is older.
    assert_eq!(of("dk.bogfoering", "from = \"d\""), []);
    // In force as long as anybody remembers.
    assert_eq!(of("dk.moms", "from = \"d\""), []);
}
