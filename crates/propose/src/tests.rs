//! Proposals for whole databases: what is proposed, and that the register can be read and asks only
//! for what a person must say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use frist_law::LawBook;
use frist_register::{Code, Lang, Register};

use super::look::Form;
use super::propose::{Proposal, Set, Start};
use super::{Answers, Place, files, read};

/// What stands for "a person must fill this in"; nothing else may be said of a proposal.
const TO_FILL_IN: &[Code] = &[
    Code::E0040,
    Code::E0044,
    Code::E0048,
    Code::E0054,
    Code::E0056,
    Code::E0058,
    Code::W0004,
    Code::W0005,
    Code::W0008,
    Code::W0014,
    Code::I0001,
];

fn answers() -> Answers {
    Answers {
        name: Some("Nordkyst".into()),
        email: Some("a@nordkyst.example".into()),
        ..Answers::default()
    }
}

/// Reads the store, writes the register in both languages, and checks it.
fn register(id: &str, at: &Place, base: &Path) -> (Proposal, Register, BTreeSet<Code>) {
    let proposal =
        read(id, at, &|store| frist_stores::open(store, base, &|name| std::env::var(name).ok()))
            .map_err(|e| e.to_string())
            .expect("the store can be read");
    let mut last = None;
    for lang in [Lang::Da, Lang::En] {
        let texts = files(&answers(), Some((id, at, &proposal)), lang)
            .map_err(|e| e.to_string())
            .expect("TOML");
        for (name, text) in &texts {
            assert_eq!(frist_register::format(text).as_ref(), Ok(text), "{name} is laid out");
        }
        let reading = Register::read(&texts);
        let said: Vec<&str> = reading.diagnostics.iter().map(|d| d.message.as_str()).collect();
        let register = reading.register.unwrap_or_else(|| panic!("{said:?}\n{}", texts[1].1));
        let said = frist_register::check(&register, LawBook::embedded(), &reading.sources);
        for d in &said {
            assert!(TO_FILL_IN.contains(&d.code), "{}: {}\n{}", d.code, d.message, texts[1].1);
        }
        let codes: BTreeSet<Code> = said.iter().map(|d| d.code).collect();
        last = Some((register, codes));
    }
    let (register, codes) = last.expect("two languages");
    (proposal, register, codes)
}

fn sqlite(sql: &str) -> (Proposal, Register, BTreeSet<Code>) {
    let dir = tempfile::tempdir().expect("a folder");
    let db = rusqlite::Connection::open(dir.path().join("erp.sqlite")).expect("a database");
    db.execute_batch(sql).expect("the schema");
    drop(db);
    register("erp", &Place::Sqlite("erp.sqlite".into()), dir.path())
}

fn set<'p>(proposal: &'p Proposal, collection: &str) -> &'p Set {
    proposal
        .sets
        .iter()
        .find(|s| s.collection == collection)
        .unwrap_or_else(|| panic!("no {collection}"))
}

fn collections(proposal: &Proposal) -> Vec<&str> {
    proposal.sets.iter().map(|s| s.collection.as_str()).collect()
}

const CHINOOK: &str = "
    CREATE TABLE Artist (ArtistId INTEGER PRIMARY KEY, Name NVARCHAR(120));
    CREATE TABLE Album (AlbumId INTEGER PRIMARY KEY, Title NVARCHAR(160) NOT NULL,
        ArtistId INTEGER NOT NULL REFERENCES Artist (ArtistId));
    CREATE TABLE Genre (GenreId INTEGER PRIMARY KEY, Name NVARCHAR(120));
    CREATE TABLE Track (TrackId INTEGER PRIMARY KEY, Name NVARCHAR(200) NOT NULL, AlbumId INTEGER REFERENCES Album (AlbumId),
        GenreId INTEGER REFERENCES Genre, Composer NVARCHAR(220), Milliseconds INTEGER NOT NULL, UnitPrice NUMERIC(10,2));
    CREATE TABLE Playlist (PlaylistId INTEGER PRIMARY KEY, Name NVARCHAR(120));
    CREATE TABLE PlaylistTrack (PlaylistId INTEGER REFERENCES Playlist, TrackId INTEGER REFERENCES Track, PRIMARY KEY (PlaylistId, TrackId));
    CREATE TABLE Employee (EmployeeId INTEGER PRIMARY KEY, LastName NVARCHAR(20) NOT NULL, FirstName NVARCHAR(20) NOT NULL,
        Title NVARCHAR(30), ReportsTo INTEGER REFERENCES Employee (EmployeeId), BirthDate DATETIME, HireDate DATETIME,
        Address NVARCHAR(70), City NVARCHAR(40), PostalCode NVARCHAR(10), Phone NVARCHAR(24), Email NVARCHAR(60));
    CREATE TABLE Customer (CustomerId INTEGER PRIMARY KEY, FirstName NVARCHAR(40) NOT NULL, LastName NVARCHAR(20) NOT NULL,
        Company NVARCHAR(80), Address NVARCHAR(70), City NVARCHAR(40), Phone NVARCHAR(24), Email NVARCHAR(60) NOT NULL,
        SupportRepId INTEGER REFERENCES Employee (EmployeeId));
    CREATE TABLE Invoice (InvoiceId INTEGER PRIMARY KEY, CustomerId INTEGER NOT NULL REFERENCES Customer (CustomerId),
        InvoiceDate DATETIME NOT NULL, BillingAddress NVARCHAR(70), BillingCity NVARCHAR(40), Total NUMERIC(10,2) NOT NULL);
    CREATE TABLE InvoiceLine (InvoiceLineId INTEGER PRIMARY KEY, InvoiceId INTEGER NOT NULL REFERENCES Invoice (InvoiceId),
        TrackId INTEGER NOT NULL REFERENCES Track (TrackId), UnitPrice NUMERIC(10,2) NOT NULL, Quantity INTEGER NOT NULL);
    CREATE VIEW InvoiceTotals AS SELECT CustomerId, sum(Total) FROM Invoice GROUP BY 1;
    INSERT INTO Employee VALUES (1, 'Adams', 'Andrew', 'Boss', NULL, '1962-02-18 00:00:00', '2002-08-14 00:00:00', 'x', 'y', 'z', '1', 'a@b');
    INSERT INTO Customer VALUES (1, 'Luis', 'Gonzalez', NULL, 'x', 'y', '1', 'l@b', 1);
    INSERT INTO Invoice VALUES (1, 1, '2009-01-01 00:00:00', 'x', 'y', 1.98);
    INSERT INTO InvoiceLine VALUES (1, 1, 1, 0.99, 2);
";

#[test]
fn chinook() {
    let (proposal, register, codes) =
        sqlite(&CHINOOK.replace("INSERT INTO InvoiceLine VALUES (1, 1, 1, 0.99, 2);", ""));
    assert_eq!(collections(&proposal), ["Customer", "Employee", "Invoice", "InvoiceLine"]);
    let exempt: Vec<&str> = proposal.exempt.iter().map(|e| e.at.as_str()).collect();
    assert_eq!(exempt, ["Album", "Artist", "Genre", "Playlist", "PlaylistTrack", "Track"]);
    assert_eq!(proposal.exempt[1].look_at, ["Name"], "an artist is a person, perhaps");
    assert_eq!(proposal.left_alone, ["InvoiceTotals"]);

    let invoice = register.dataset("invoice").expect("proposed");
    assert_eq!(invoice.subjects[0].0.value, "customer");
    assert_eq!(invoice.subjects[0].1.as_ref().map(|f| f.value.as_str()), Some("CustomerId"));
    assert_eq!(invoice.keep[0].from.as_ref().map(|f| f.value.as_str()), Some("InvoiceDate"));
    assert_eq!(invoice.links[0].to.value, "customer");
    assert!(invoice.two_person, "nobody has looked it through");
    let purpose = register.purpose(invoice, "bookkeeping").expect("proposed");
    assert_eq!(purpose.law.as_ref().map(|l| l.value.as_str()), Some("dk.bogfoering"));
    assert!(set(&proposal, "InvoiceLine").complete(), "its date is looked up");
    let line = register.dataset("invoice-line").expect("proposed");
    assert_eq!(line.keep[0].from.as_ref().map(|f| f.value.as_str()), Some("InvoiceDate"));

    // No statute says how long: neither a basis nor a period is made up.
    let customer = register.dataset("customer").expect("proposed");
    let keep = &customer.keep[0];
    assert!(keep.period.is_none() && keep.from.is_none());
    assert!(register.purpose(customer, &keep.purpose).is_some_and(|p| p.basis.is_none()));
    let employee = register.dataset("employee").expect("proposed");
    let purpose = register.purpose(employee, &employee.keep[0].purpose).expect("proposed");
    assert_eq!(purpose.law.as_ref().map(|l| l.value.as_str()), Some("dk.personalesag"));
    assert!(purpose.basis.is_none(), "practice is no basis");
    assert!(codes.contains(&Code::E0040) && codes.contains(&Code::E0048));
}

/// Where the records do not tell how a date is written, the register asks, and the answer fits.
#[test]
fn a_date_that_is_always_empty_is_asked_about() {
    let dir = tempfile::tempdir().expect("a folder");
    let db = rusqlite::Connection::open(dir.path().join("erp.sqlite")).expect("a database");
    db.execute_batch(
        "CREATE TABLE medarbejder (id INTEGER PRIMARY KEY, navn TEXT, cpr TEXT, fratrådt_dato TEXT);
         INSERT INTO medarbejder VALUES (1, 'Ida', '0102031234', NULL)",
    )
    .expect("the schema");
    let at = Place::Sqlite("erp.sqlite".into());
    let (proposal, ..) = register("erp", &at, dir.path());
    let set = set(&proposal, "medarbejder");
    assert_eq!(set.start, Start::Open);
    assert_eq!((set.other_days[0].field.as_str(), set.other_days[0].form), ("fratrådt_dato", None));
    binds_once_answered("erp", &at, dir.path(), &proposal);
}

/// What the law book says all of can be run once the rest is filled in: it binds to the store.
#[test]
fn accounts_alone_are_in_order_and_can_be_bound() {
    let dir = tempfile::tempdir().expect("a folder");
    let db = rusqlite::Connection::open(dir.path().join("erp.sqlite")).expect("a database");
    db.execute_batch(
        "CREATE TABLE faktura (faktura_nr INTEGER PRIMARY KEY, kunde_navn TEXT, fakturadato TEXT);
         CREATE TABLE fakturalinje (id INTEGER PRIMARY KEY, faktura INTEGER REFERENCES faktura, tekst TEXT);
         INSERT INTO faktura VALUES (1, 'Ida', '2015-03-01'), (2, 'Bo', '2025-03-01');
         INSERT INTO fakturalinje VALUES (1, 1, 'el')",
    )
    .expect("the schema");
    let at = Place::Sqlite("erp.sqlite".into());
    let (_, register, codes) = register("erp", &at, dir.path());
    let errors: Vec<_> = codes.iter().filter(|c| c.as_str().starts_with('E')).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut store =
        frist_stores::open(&register.stores[0], dir.path(), &|_| None).expect("it opens");
    for dataset in &register.datasets {
        let rules = frist_decide::RuleSet::resolve(&register, LawBook::embedded(), dataset)
            .expect("a rule");
        store.bind(&register, dataset, &rules).expect("it can be bound");
    }
    assert_eq!(register.datasets.len(), 2);
}

/// A person answers every question, and the whole then binds to the store: the lines that are
/// commented out are right as they stand, but for what only a person knows.
fn binds_once_answered(id: &str, at: &Place, base: &Path, proposal: &Proposal) {
    let mut texts = files(&answers(), Some((id, at, proposal)), Lang::En)
        .map_err(|e| e.to_string())
        .expect("TOML");
    for (_, text) in &mut texts {
        for (question, answer) in [
            ("# basis = \"6(1)(...)\"", "basis = \"6(1)(b)\""),
            ("# special_basis = \"9(2)(...)\"", "special_basis = \"9(2)(b)\""),
            ("# period = \"... years\"", "period = \"3 years\""),
            ("# period = \"... days\"", "period = \"30 days\""),
            ("# text = {", "text = {"),
            ("# from = ", "from = "),
            ("# [dataset.facts]\n  # ", "[dataset.facts]\n  "),
            ("# on_erase = ", "on_erase = "),
            ("# backups = ", "backups = "),
            ("# obligation = ", "obligation = "),
            ("# financial_year_end = ", "financial_year_end = "),
            ("# dpo = ", "dpo = "),
        ] {
            *text = text.replace(question, answer);
        }
    }
    let reading = Register::read(&texts);
    let register = reading.register.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
    for d in frist_register::check(&register, LawBook::embedded(), &reading.sources) {
        assert_ne!(d.severity, frist_register::Severity::Error, "{}: {}", d.code, d.message);
    }
    let mut store = frist_stores::open(&register.stores[0], base, &|_| None).expect("it opens");
    for dataset in &register.datasets {
        let rules = frist_decide::RuleSet::resolve(&register, LawBook::embedded(), dataset)
            .expect("a rule");
        store.bind(&register, dataset, &rules).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn the_demo() {
    let dir = tempfile::tempdir().expect("a folder");
    let options =
        frist_demo::Options { seed: 1, as_of: jiff::civil::date(2026, 11, 1), scale: 0.01 };
    frist_demo::generate(dir.path(), &options, &mut |_, _, _| {}).expect("the demo");

    let (erp, read_erp, codes) =
        register("erp", &Place::Sqlite("data/erp.sqlite".into()), dir.path());
    assert_eq!(
        collections(&erp),
        ["complaint", "contract", "customer", "invoice", "marketing_consent", "meter_reading"]
    );
    assert!(erp.exempt.is_empty());
    let from = |p: &Proposal, c: &str| match &set(p, c).start {
        Start::Own(day) => Some((day.field.clone(), day.form)),
        _ => None,
    };
    let date = |field: &str| Some((field.to_owned(), Some(Form::Date)));
    assert_eq!(from(&erp, "customer"), date("relationship_ended_on"));
    assert_eq!(from(&erp, "contract"), date("ended_on"));
    assert_eq!(from(&erp, "invoice"), date("invoice_date"), "in spite of the defects");
    assert_eq!(from(&erp, "meter_reading"), Some(("read_at".into(), Some(Form::DateTime))));
    assert_eq!(set(&erp, "meter_reading").subjects, [("customer", None)], "by way of the contract");
    let contract = read_erp.dataset("contract").expect("proposed");
    assert!(contract.keep[0].open, "an end date may be empty");
    assert!(contract.keep[0].period.is_none());
    let complete: Vec<&str> =
        erp.sets.iter().filter(|s| s.complete()).map(|s| s.id.as_str()).collect();
    assert_eq!(complete, ["invoice"]);
    assert!(codes.contains(&Code::E0040) && codes.contains(&Code::E0056));
    binds_once_answered("erp", &Place::Sqlite("data/erp.sqlite".into()), dir.path(), &erp);

    let (hr, read_hr, codes) = register("hr", &Place::Sqlite("data/hr.sqlite".into()), dir.path());
    assert_eq!(collections(&hr), ["applicant", "employee", "sick_leave", "working_time"]);
    assert!(set(&hr, "sick_leave").special());
    assert!(codes.contains(&Code::E0044), "no basis for health data is made up");
    assert!(set(&hr, "employee").categories.contains(&"cpr"));
    let own = &set(&hr, "employee").links;
    assert_eq!((own[0].to.as_str(), own[0].by.as_str()), ("employee", "manager_id"));
    let applicant = read_hr.dataset("applicant").expect("proposed");
    let purpose = read_hr.purpose(applicant, &applicant.keep[0].purpose).expect("proposed");
    assert_eq!(purpose.law.as_ref().map(|l| l.value.as_str()), Some("dk.ansoegere"));
    assert_eq!(
        applicant.keep[0].from.as_ref().map(|f| f.value.as_str()),
        Some("recruitment_ended_on")
    );
    assert!(read_hr.activities.iter().flat_map(|a| &a.purposes).all(|p| p.basis.is_none()));

    binds_once_answered("hr", &Place::Sqlite("data/hr.sqlite".into()), dir.path(), &hr);

    let (cctv, read_cctv, codes) = register("cctv", &Place::Folder("data/cctv".into()), dir.path());
    assert_eq!(collections(&cctv), ["**"], "one rule for all cameras");
    assert_eq!(
        read_cctv.datasets[0].erase[0].law.as_ref().map(|l| l.value.as_str()),
        Some("dk.tv-overvaagning")
    );
    assert!(codes.contains(&Code::E0040) && codes.contains(&Code::E0056));
    let (mail, _, _) = register("mail", &Place::Folder("data/mail".into()), dir.path());
    assert_eq!(collections(&mail), ["**"]);
    binds_once_answered("cctv", &Place::Folder("data/cctv".into()), dir.path(), &cctv);
    binds_once_answered("mail", &Place::Folder("data/mail".into()), dir.path(), &mail);
}

#[test]
fn any_name_is_written_so_that_it_can_be_read() {
    let (proposal, register, _) = sqlite(
        r#"CREATE TABLE "Kunde ""A/S"" \ 'æøå'" ("kunde nr." INTEGER PRIMARY KEY, "e-mail #1" TEXT, "ophørt den" DATE, "then" TEXT);
           CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "kunde" INTEGER REFERENCES "Kunde ""A/S"" \ 'æøå'", "when" TEXT);
           CREATE TABLE "日本" (id INTEGER PRIMARY KEY, email TEXT, "a
b" TEXT);
           CREATE TABLE "中国" (id INTEGER PRIMARY KEY, email TEXT);
           CREATE TABLE "a/b/**" (id INTEGER PRIMARY KEY, x TEXT);
           CREATE TABLE "controller" (id INTEGER PRIMARY KEY, cpr TEXT, "opr
ettet dato" DATE);
           CREATE TABLE keyless (email TEXT);"#,
    );
    assert_eq!(proposal.sets.len(), 6);
    let customer = register
        .datasets
        .iter()
        .find(|d| d.collection.value.starts_with("Kunde"))
        .expect("proposed");
    assert_eq!(customer.collection.value, r#"Kunde "A/S" \ 'æøå'"#);
    assert_eq!(customer.id.value, "kunde-a-s-aeoeaa");
    assert_eq!(customer.subjects[0].1.as_ref().map(|f| f.value.as_str()), Some("kunde nr."));
    assert_eq!(customer.identifiers[0].value, "e-mail #1");
    assert_eq!(customer.keep[0].from.as_ref().map(|f| f.value.as_str()), Some("ophørt den"));
    let ids: BTreeSet<&str> = register.datasets.iter().map(|d| d.id.as_str()).collect();
    assert!(ids.contains("table") && ids.contains("table-2"), "{ids:?}");
    assert_eq!(register.stores[0].exempt[0].at.value, "a/b/**");
}

#[test]
fn numbers_are_dates_only_when_they_are_called_so() {
    let (proposal, ..) = sqlite(
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, cpr TEXT, ean INTEGER, seen_at INTEGER);
         INSERT INTO customer VALUES (1, 'Ida', '0102031234', 1234567890123, 1767225600)",
    );
    match &set(&proposal, "customer").start {
        Start::Own(day) => {
            assert_eq!((day.field.as_str(), day.form), ("seen_at", Some(Form::Unix)))
        }
        other => panic!("{other:?}"),
    }
    assert!(set(&proposal, "customer").other_days.is_empty());
}

#[test]
fn an_empty_database_and_an_empty_template() {
    let (proposal, register, codes) = {
        let dir = tempfile::tempdir().expect("a folder");
        rusqlite::Connection::open(dir.path().join("e.sqlite"))
            .and_then(|db| db.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY)"))
            .expect("a database");
        super::tests::register("e", &Place::Sqlite("e.sqlite".into()), dir.path())
    };
    assert!(proposal.sets.is_empty() && codes.is_empty(), "{codes:?}");
    assert_eq!(register.stores[0].exempt.len(), 1);
    for lang in [Lang::Da, Lang::En] {
        let texts = files(&answers(), None, lang).map_err(|e| e.to_string()).expect("TOML");
        assert_eq!(texts.len(), 1);
        assert!(Register::read(&texts).register.is_some());
        // Nobody is named where nobody said who it is: the reader asks for it.
        let nameless =
            files(&Answers::default(), None, lang).map_err(|e| e.to_string()).expect("TOML");
        let said = Register::read(&nameless).diagnostics;
        let codes: Vec<Code> = said.iter().map(|d| d.code).collect();
        assert_eq!(codes, [Code::E0004]);
    }
}

#[test]
fn postgresql() {
    let db = frist_testkit::postgres();
    db.connect()
        .batch_execute(
            "CREATE TABLE kunde (kunde_id bigint PRIMARY KEY, navn text, email text, oprettet timestamptz, lukket_dato date);
             CREATE TABLE faktura (faktura_id bigint PRIMARY KEY, kunde_id bigint REFERENCES kunde, fakturadato date NOT NULL);
             CREATE TABLE \"Vare\" (id bigint PRIMARY KEY, navn text);
             CREATE TABLE besøg (id bigint PRIMARY KEY, kunde_id bigint REFERENCES kunde, set_den text, mødt_dato text);
             INSERT INTO kunde VALUES (1, 'Ida', 'i@x', now(), NULL);
             INSERT INTO besøg VALUES (1, 1, '-', '2026-01-01 10:00')",
        )
        .expect("the schema");
    // The URL is in a file here; a program's own environment cannot be changed safely in a test.
    let dir = tempfile::tempdir().expect("a folder");
    let url = dir.path().join("url");
    std::fs::write(&url, &db.url).expect("written");
    let entry = format!(
        "[controller]\nname = \"-\"\n[[store]]\nid = \"look\"\nkind = \"postgresql\"\nurl_file = {}\n",
        super::toml::text(&url.to_string_lossy())
    );
    let reading = Register::read(&[("s.toml", &entry)]);
    let stores = reading.register.expect("a register").stores;
    let mut store = frist_stores::open(&stores[0], dir.path(), &|_| None).expect("it opens");
    let catalogue = store.catalogue().expect("a catalogue");
    let (_, text) = entry.split_once("\n[[store]]").expect("a store");
    let text = format!("[[store]]{text}");
    let forms: BTreeMap<_, _> = catalogue
        .iter()
        .map(|i| (i.name.clone(), super::look::forms(store.as_mut(), &text, i)))
        .collect();
    let proposal = super::propose::database(&catalogue, &forms);
    assert_eq!(collections(&proposal), ["besøg", "faktura", "kunde"]);
    let exempt: Vec<&str> = proposal.exempt.iter().map(|e| e.at.as_str()).collect();
    assert_eq!(exempt, ["Vare"]);
    let Start::Own(day) = &set(&proposal, "kunde").start else { panic!("a start") };
    assert_eq!(
        (day.field.as_str(), day.form, day.declare),
        ("lukket_dato", Some(Form::Date), false)
    );
    let Start::Own(day) = &set(&proposal, "besøg").start else { panic!("a start") };
    assert_eq!(
        (day.field.as_str(), day.form, day.declare),
        ("mødt_dato", Some(Form::DateTime), true)
    );
    assert!(set(&proposal, "faktura").complete());

    let at = Place::Postgres("ERP_URL".into());
    let texts = files(&answers(), Some(("erp", &at, &proposal)), Lang::En)
        .map_err(|e| e.to_string())
        .expect("TOML");
    assert!(texts[1].1.contains("url_env = \"ERP_URL\""));
    assert!(!texts[1].1.contains("postgres://"), "no URL in a register");
    let reading = Register::read(&texts);
    let register = reading.register.expect("a register");
    for d in frist_register::check(&register, LawBook::embedded(), &reading.sources) {
        assert!(TO_FILL_IN.contains(&d.code), "{}: {}", d.code, d.message);
    }
}
