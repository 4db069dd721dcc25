//! A data set's lines, resolved to a rule: what each fact is used for, what a duty is called, and
//! what cannot be resolved.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use frist_decide::rules::{Force, Use};
use frist_decide::sql::{BindError, Physical, kind_of};
use frist_decide::{Kind, RuleError, RuleSet};
use frist_law::LawBook;
use frist_register::Register;

fn resolve(purpose: &str, keep: &str) -> Result<RuleSet, RuleError> {
    let text = format!(
        r#"
[controller]
name = "N"
[[store]]
id = "db"
kind = "sqlite"
path = "db"
[[activity]]
id = "a"
title = {{ da = "A", en = "A" }}
[[activity.purpose]]
id = "p"
text = {{ da = "Formål", en = "Purpose" }}
basis = "6(1)(c)"
{purpose}
[[dataset]]
id = "r"
activity = "a"
at = "db/t"
subjects = ["customer"]
categories = ["identity"]
{keep}
"#
    );
    let reading = Register::read(&[("r.toml", &text)]);
    let register = reading.register.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics));
    RuleSet::resolve(&register, LawBook::embedded(), register.dataset("r").unwrap())
}

#[test]
fn a_fact_is_there_once_a_use() {
    let keep = |from: &str, when: &str| {
        format!("[[dataset.keep]]\nfor = \"p\"\nfrom = \"{from}\"\nperiod = \"1 year\"\n{when}\n")
    };
    let both = keep("d", "when = { d = { set = true }, s = \"x\" }") + &keep("d", "until = \"e\"");
    let rules = resolve("", &both).unwrap();
    let facts: Vec<(&str, &Use)> =
        rules.facts.iter().map(|f| (f.name.as_str(), &f.usage)).collect();
    let expected = [
        ("d", &Use::Time(None)),
        ("d", &Use::Presence),
        ("s", &Use::Text),
        ("e", &Use::Time(None)),
    ];
    assert_eq!(facts, expected);
}

#[test]
fn a_duty_has_the_name_of_its_statute() {
    let keep = "[[dataset.keep]]\nfor = \"p\"\nfrom = \"d\"\nperiod = \"6 years\"\n";
    let rules = resolve("law = \"dk.moms\"", keep).unwrap();
    let told: Vec<(&str, Force)> =
        rules.grounds.iter().map(|g| (g.title.da.as_str(), g.force)).collect();
    assert_eq!(told, [("Momsregnskab", Force::Demands), ("Formål", Force::Permits)]);
    let rules =
        resolve("law = \"dk.tv-overvaagning\"", "[[dataset.keep]]\nfor = \"p\"\nfrom = \"d\"\n");
    assert_eq!(rules.unwrap().maximums[0].title.en, "CCTV recordings");
}

#[test]
fn what_has_no_end_is_refused() {
    let no_period = Err(RuleError::NoPeriod { dataset: "r".into(), ground: "p".into() });
    let keep =
        |lines: &str| resolve("", &format!("[[dataset.keep]]\nfor = \"p\"\n{lines}")).map(|_| ());
    // A starting point without a period, also with a condition or an end.
    assert_eq!(keep("from = \"d\""), no_period);
    assert_eq!(keep("from = \"d\"\nwhen = { s = \"x\" }"), no_period);
    assert_eq!(keep("from = \"d\"\nuntil = \"e\""), no_period);
    // Neither a starting point nor anything that ends it.
    assert_eq!(keep(""), no_period);
    assert_eq!(keep("when = { s = \"x\" }"), Ok(()));
    assert_eq!(keep("until = \"e\""), Ok(()));
}

/// What a store's column is called where it does not fit, and what a declared type is read as.
#[test]
fn a_column_that_does_not_fit_is_named() {
    let zone = frist_law::zone("Europe/Copenhagen").unwrap();
    let dynamic = |declared: &str| Physical::Dynamic(declared.to_owned());
    for (physical, name) in [
        (dynamic(""), "untyped"),
        (dynamic("BLOB"), "BLOB"),
        (Physical::Text, "text"),
        (Physical::Integer, "integer"),
        (Physical::Date, "date"),
        (Physical::Timestamp, "timestamp without time zone"),
        (Physical::TimestampTz, "timestamp with time zone"),
        (Physical::Boolean, "boolean"),
        (Physical::Other("json".into()), "json"),
    ] {
        assert_eq!(physical.name(), name);
    }
    let time = |physical: &Physical| kind_of("f", &Use::Time(None), physical, &zone);
    assert_eq!(time(&dynamic("DATE")), Ok(Kind::Date));
    assert_eq!(time(&dynamic("DATETIME")), Ok(Kind::Local(zone.clone())));
    assert_eq!(time(&dynamic("TIMESTAMP(3)")), Ok(Kind::Local(zone.clone())));
    for declared in ["", "TEXT", "INTEGER", "NUMERIC"] {
        assert!(matches!(time(&dynamic(declared)), Err(BindError::SayType { .. })), "{declared}");
    }
}
