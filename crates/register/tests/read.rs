//! The reader: a register with every field, and what is said about each kind of slip.

use frist_register::{
    Anonymise, Code, ConditionTest, Disposition, FactSource, FactType, Literal, OnErase, Reading,
    Register, Role, StoreKind,
};

const EVERYTHING: &str = include_str!("registers/everything.toml");

fn read(text: &str) -> Reading {
    Register::read(&[("register.toml", text)])
}

/// The diagnostics of a text, as `code line:column message`.
fn said(text: &str) -> Vec<String> {
    let reading = read(text);
    reading
        .diagnostics
        .iter()
        .map(|d| {
            let at = reading.sources.position(0, d.span().start);
            format!("{} {}:{} {}", d.code, at.line, at.column, d.message)
        })
        .collect()
}

#[test]
fn everything_is_read() {
    let reading = read(EVERYTHING);
    assert_eq!(said(EVERYTHING), Vec::<String>::new());
    let register = reading.register.unwrap();
    assert_eq!(register.controller.contact.name, "Nordkyst Forsyning A/S");
    assert_eq!(register.stores.len(), 6);
    let erp = register.store("erp").unwrap();
    assert_eq!(erp.kind, StoreKind::Sqlite { path: "data/erp.sqlite".to_owned() });
    assert_eq!((erp.statement_timeout_ms, erp.lock_timeout_ms), (Some(30_000), Some(2_000)));
    let roles: Vec<bool> =
        register.activities.iter().map(|a| matches!(a.role, Role::Processor { .. })).collect();
    assert_eq!(roles, [false, true]);

    let customers = register.dataset("customers").unwrap();
    assert_eq!((customers.store.as_str(), customers.collection.as_str()), ("erp", "customer"));
    assert!(customers.two_person);
    assert_eq!((customers.guard.share, customers.guard.count), (0.2, Some(10_000)));
    let left = customers.facts.get("left").unwrap();
    assert_eq!(left.kind, Some(FactType::Date));
    let FactSource::Latest { dataset, field, by, or_else } = &left.source else {
        panic!("{:?}", left.source)
    };
    assert_eq!(
        (dataset.as_str(), field.as_str(), by.as_str()),
        ("contracts", "ended_on", "customer_id")
    );
    assert_eq!(or_else.as_ref().unwrap().as_str(), "created_at");
    assert_eq!(reading.sources.slice(field.span), "ended_on");
    assert_eq!(reading.sources.slice(customers.collection.span), "customer");
    assert_eq!(reading.sources.slice(customers.span), "[[dataset]]");

    let contracts = register.dataset("contracts").unwrap();
    assert!(
        matches!(&*contracts.then, Disposition::Transfer(to) if to.value == "archive/contracts")
    );
    assert_eq!(contracts.links[0].on_erase, OnErase::Cascade);
    let when = &contracts.keep[0].when;
    assert_eq!(when[1].test, ConditionTest::NotIn(vec![Literal::Text("x".to_owned())]));
    assert_eq!(when[2].test, ConditionTest::Set(false));
    assert_eq!(when[3].test, ConditionTest::In(vec![Literal::Bool(true)]));
    assert_eq!(when[4].test, ConditionTest::In(vec![Literal::Int(3)]));

    let invoices = register.dataset("invoices").unwrap();
    assert_eq!(invoices.key.len(), 2);
    let Disposition::Anonymise(fields) = &*invoices.then else { panic!() };
    assert_eq!(fields[3].1, Anonymise::Truncate(2));
}

#[test]
fn files_are_read_together() {
    let (one, two) = EVERYTHING.split_at(EVERYTHING.find("[[activity]]").unwrap());
    let reading = Register::read(&[("b.toml", two), ("a.toml", one)]);
    assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
    assert_eq!(reading.register.unwrap().datasets.len(), 9);
}

#[test]
fn a_key_in_the_wrong_table_is_understood() {
    let text = EVERYTHING.replace(
        "for = \"invoicing\"\nfrom = \"left\"",
        "for = \"invoicing\"\nthen = \"erase\"\nfrom = \"left\"",
    );
    let reading = read(&text);
    let [d] = &reading.diagnostics[..] else { panic!("{:?}", reading.diagnostics) };
    assert_eq!(d.code, Code::E0002);
    assert_eq!(d.labels[0].1, "this field belongs to [[dataset]]");
    assert!(d.help.as_ref().unwrap().contains("until the next header"));

    let text = EVERYTHING.replace("paid = \"unix\"", "paid = \"unix\"\nthen = \"erase\"");
    let reading = read(&text);
    assert_eq!(reading.diagnostics[0].code, Code::E0002, "{:?}", reading.diagnostics);
}

#[test]
fn several_slips_are_told_at_once() {
    let text = EVERYTHING
        .replace("period = \"13 months\"", "peroid = \"13 months\"")
        .replace("kind = \"postgresql\"\nurl_env", "kind = \"postgres\"\nurl_env")
        .replace("approve = \"two\"", "approve = true")
        .replace("basis = \"6(1)(d)\"", "basis = \"6(1)(g)\"")
        .replace("id = \"meters\"", "id = \"invoices\"");
    let codes: Vec<&str> = read(&text).diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes.len(), 5, "{:?}", said(&text));
    for code in ["E0002", "E0003", "E0005", "E0006"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    let reading = read(&text);
    let near = reading.diagnostics.iter().find(|d| d.message.contains("peroid")).unwrap();
    assert_eq!(near.help.as_deref(), Some("did you mean `period`?"));
    assert_eq!(near.fix.as_ref().unwrap().replacement, "period");
}

#[test]
fn no_password_in_the_register() {
    let text = EVERYTHING.replace("url_env = \"CRM_URL\"", "url = \"postgres://u:secret@h/d\"");
    let reading = read(&text);
    let [d] = &reading.diagnostics[..] else { panic!("{:?}", reading.diagnostics) };
    assert_eq!(d.code, Code::E0007);
    assert!(!format!("{d:?}").contains("secret"));
}

#[test]
fn a_vault_is_a_store() {
    let vault = |lines: &str| {
        let text = format!("[[store]]\nid = \"calls\"\nkind = \"vault\"\n{lines}\n");
        said(&format!("{}{text}", "[controller]\nname = \"A\"\n"))
    };
    let said = |lines: &str| vault(lines).join("\n");
    assert!(!said("path = \"data/calls\"").contains("kind"), "{}", said("path = \"data/calls\""));
    assert!(said("").contains("`path`"), "{}", said(""));
    assert!(said("path = \"\"").contains("empty"));
    let other = said("path = \"x\"\nroot = \"y\"");
    assert!(
        other.contains("`root` is for stores of kind `files`, and this one is `vault`"),
        "{other}"
    );
}
