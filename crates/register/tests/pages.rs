//! Every code has a page, and the page tells the truth: its bad example gives that code and no
//! other, its good example gives nothing.
//!
//! An example shows only what matters. What it leaves out is filled in here by the parts of a
//! small, right register: a part is added when the example has no table of that kind.

use frist_law::LawBook;
use frist_register::{Code, Diagnostic, Register, Severity, check, explain};

const CONTROLLER: &str = r#"
[controller]
name = "Nordkyst Forsyning A/S"
email = "persondata@nordkyst.example"
"#;
const MEASURE: &str = r#"
[[measure]]
id = "access"
text = { da = "Adgang efter rolle", en = "Access by role" }
"#;
const STORE: &str = r#"
[[store]]
id = "erp"
kind = "sqlite"
path = "data/erp.sqlite"
"#;
const ACTIVITY: &str = r#"
[[activity]]
id = "billing"
title = { da = "Fakturering", en = "Billing" }
measures = ["access"]
obligation = { da = "Uden oplysningerne kan vi ikke levere", en = "Without the data we cannot supply" }

[[activity.purpose]]
id = "invoicing"
text = { da = "At opkræve betaling", en = "To charge for what was supplied" }
basis = "6(1)(b)"
"#;
const DATASET: &str = r#"
[[dataset]]
id = "invoices"
activity = "billing"
at = "erp/invoice"
subject = { customer = "customer_id" }
categories = ["identity", "payment"]

[[dataset.keep]]
for = "invoicing"
from = "invoice_date"
period = "3 years"
"#;

fn diagnose(example: &str) -> Vec<Diagnostic> {
    let mut files = vec![("example.toml", example)];
    for (header, part) in [
        ("[controller]", CONTROLLER),
        ("[[measure]]", MEASURE),
        ("[[store]]", STORE),
        ("[[activity]]", ACTIVITY),
        ("[[dataset]]", DATASET),
    ] {
        // `# no [controller]` in an example says that the missing part is what it is about.
        if !example.contains(header) {
            files.push((header, part));
        }
    }
    let reading = Register::read(&files);
    let mut said = reading.diagnostics;
    if let Some(register) = &reading.register {
        said.extend(check(register, LawBook::embedded(), &reading.sources));
    }
    said
}

/// The examples of a page in fences ` ```toml bad ` and ` ```toml good `.
fn examples<'p>(page: &'p str, kind: &str) -> Vec<&'p str> {
    let fence = format!("```toml {kind}\n");
    page.split(fence.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect()
}

#[test]
fn the_parts_alone_are_right() {
    let said = diagnose("");
    assert!(said.is_empty(), "{said:#?}");
}

#[test]
fn every_page_tells_the_truth() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let page = explain(*code);
        let head = format!("# {code}: {}\n", code.title());
        if !page.starts_with(&head) {
            wrong.push(format!("{code}: the page does not begin with `{}`", head.trim()));
        }
        let (bad, good) = (examples(page, "bad"), examples(page, "good"));
        if bad.is_empty() || good.is_empty() {
            wrong.push(format!("{code}: the page lacks an example"));
        }
        // What only a store can tell is tested with a real one, where the program asks it.
        let by_store = page.contains("```sql\n") || page.contains("```wav\n");
        // What only the writer of letters can tell is tested beside it, in `crates/paper`.
        let by_store = by_store || code.as_str().starts_with("E008");
        for example in bad {
            if by_store {
                let said = diagnose(example);
                if !said.is_empty() {
                    wrong.push(format!("{code}: files alone give {}", list(&said)));
                }
                continue;
            }
            // Information about the law book does not make an example wrong.
            let said: Vec<Diagnostic> = diagnose(example)
                .into_iter()
                .filter(|d| d.code == *code || d.severity != Severity::Info)
                .collect();
            if said.is_empty() || said.iter().any(|d| d.code != *code) {
                wrong.push(format!("{code}: the bad example gives {}", list(&said)));
            }
        }
        for example in good {
            let said: Vec<Diagnostic> = diagnose(example)
                .into_iter()
                .filter(|d| d.severity != Severity::Info || code.severity() == Severity::Info)
                .collect();
            if !said.is_empty() {
                wrong.push(format!("{code}: the good example gives {}", list(&said)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn list(said: &[Diagnostic]) -> String {
    said.iter().map(|d| format!("[{} {}]", d.code, d.message)).collect::<Vec<_>>().join(" ")
}

#[test]
fn messages_are_plain() {
    for code in Code::ALL {
        for example in examples(explain(*code), "bad") {
            for d in diagnose(example) {
                let m = &d.message;
                assert!(!m.ends_with('.') && !m.contains('\n'), "{code}: {m}");
                let first = m.chars().next().unwrap();
                assert!(!first.is_uppercase() || m.starts_with("TOML"), "{code}: {m}");
                for word in ["Option", "Some(", "None", "Vec<", "String", "::", "Sp {"] {
                    assert!(!m.contains(word), "{code}: {m}");
                }
                let file = d.span().file;
                assert!(file < 6, "{code}: {d:?}");
            }
        }
    }
}
