//! The pages of the codes W0020-W0029: the bad example gives the code, the good one none of them. What
//! an example leaves out is filled in by the parts of a small register that lacks nothing.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use frist_law::LawBook;
use frist_register::{Code, Register, Severity, explain};

const PARTS: [(&str, &str); 5] = [
    (
        "[controller]",
        "[controller]\nname = \"Nordkyst Forsyning A/S\"\nemail = \"persondata@nordkyst.example\"\n",
    ),
    (
        "[[measure]]",
        "[[measure]]\nid = \"access\"\ntext = { da = \"Adgang efter rolle\", en = \"Access by role\" }\n",
    ),
    ("[[store]]", "[[store]]\nid = \"erp\"\nkind = \"sqlite\"\npath = \"data/erp.sqlite\"\n"),
    (
        "[[activity]]",
        r#"
[[activity]]
id = "billing"
title = { da = "Fakturering", en = "Billing" }
measures = ["access"]
obligation = { da = "Uden oplysningerne kan vi ikke levere", en = "Without the data we cannot supply" }
automated = { da = "Ingen", en = "None" }

[[activity.purpose]]
id = "invoicing"
text = { da = "At opkræve betaling", en = "To charge for what was supplied" }
basis = "6(1)(b)"
"#,
    ),
    (
        "[[dataset]]",
        r#"
[[dataset]]
id = "invoices"
activity = "billing"
at = "erp/invoice"
subject = { customer = "customer_id" }
categories = ["identity", "payment"]
justification = { da = "Kunden kan gøre indsigelse", en = "The customer can object" }

[dataset.facts]
invoice_date = { title = { da = "fakturaens dato", en = "the date of the invoice" } }

[[dataset.keep]]
for = "invoicing"
from = "invoice_date"
period = "3 years"
"#,
    ),
];

fn codes(example: &str) -> Vec<Code> {
    let mut files = vec![("example.toml", example)];
    files.extend(PARTS.iter().filter(|(head, _)| !example.contains(head)));
    let reading = Register::read(&files);
    let errors = reading.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    assert_eq!(errors.count(), 0, "{:#?}", reading.diagnostics);
    let said = frist_documents::check(&reading.register.unwrap(), LawBook::embedded());
    said.into_iter().map(|d| d.code).collect()
}

fn examples<'p>(page: &'p str, kind: &str) -> Vec<&'p str> {
    let fence = format!("```toml {kind}\n");
    let parts = page.split(fence.as_str()).skip(1);
    parts.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn every_page_tells_the_truth() {
    let ours = Code::ALL.iter().filter(|c| c.as_str().starts_with("W002"));
    let mut seen = 0;
    for code in ours {
        let page = explain(*code);
        for example in examples(page, "bad") {
            assert_eq!(codes(example), [*code], "the bad example of {code}");
            seen += 1;
        }
        for example in examples(page, "good") {
            assert_eq!(codes(example), [], "the good example of {code}");
        }
    }
    assert_eq!(seen, 6);
}
