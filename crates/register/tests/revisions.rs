//! Formatting, the canonical form, its hash, and the differences between revisions.

use frist_law::LawBook;
use frist_register::{
    Change, Code, Register, canonical, check, diff, explain, format, revision_hash,
};

const EVERYTHING: &str = include_str!("registers/everything.toml");

fn read(text: &str) -> Register {
    let reading = Register::read(&[("register.toml", text)]);
    reading.register.unwrap_or_else(|| panic!("{:#?}", reading.diagnostics))
}

/// All examples of the pages, good and bad, and the register with everything.
fn examples() -> Vec<String> {
    let mut all = vec![EVERYTHING.to_owned()];
    for code in Code::ALL {
        for (i, part) in explain(*code).split("```").enumerate() {
            if i % 2 == 1 {
                all.extend(part.split_once('\n').map(|(_, text)| text.to_owned()));
            }
        }
    }
    all
}

#[test]
fn formatting_is_done_once_and_changes_no_meaning() {
    let mut formatted = 0;
    for example in examples() {
        let Ok(once) = format(&example) else { continue };
        assert_eq!(format(&once).as_deref(), Ok(once.as_str()));
        let (old, new) = (Register::read(&[("a", &example)]), Register::read(&[("a", &once)]));
        let codes = |r: &frist_register::Reading| -> Vec<_> {
            r.diagnostics.iter().map(|d| (d.code, d.message.clone())).collect()
        };
        assert_eq!(codes(&old), codes(&new), "{once}");
        if let (Some(old), Some(new)) = (old.register, new.register) {
            assert_eq!(canonical(&old), canonical(&new));
            formatted += 1;
        }
    }
    assert!(formatted > 5, "{formatted}");
}

#[test]
fn formatting_keeps_comments() {
    let text = "\n\n# At the top\n[controller] # who\n\n\n# The name\nname   =\"Nordkyst\"# inc\nemail='a@b.example'\n\
        dpo = {name=\"Dina\",email  = \"d@b.example\"}\n# before the header\n[[dataset]]\nid=\"x\"\n  [[dataset.keep]]\nfor=\"y\"\n\
        when={status=[\"open\" ,\"closed\"]}\n# last\n";
    let wanted = "\
# At the top
[controller]  # who
# The name
name = \"Nordkyst\"  # inc
email = 'a@b.example'
dpo = { name = \"Dina\", email = \"d@b.example\" }

# before the header
[[dataset]]
id = \"x\"

  [[dataset.keep]]
  for = \"y\"
  when = { status = [\"open\", \"closed\"] }
# last
";
    assert_eq!(format(text).unwrap(), wanted);
    assert_eq!(format(wanted).unwrap(), wanted);
}

#[test]
fn formatting_breaks_long_lists() {
    let long: Vec<String> = (0..12).map(|i| format!("\"category-{i}\"")).collect();
    let text = format!("categories = [{}]\n", long.join(", "));
    let out = format(&text).unwrap();
    assert!(out.starts_with("categories = [\n    \"category-0\",\n"), "{out}");
    assert!(out.ends_with("\"category-11\",\n]\n"), "{out}");
    assert_eq!(format(&out).unwrap(), out);
    // A comment in a list stays where it is.
    let text = "a = [ # why\n  \"b\", # because\n]\n";
    assert_eq!(format(text).unwrap(), "a = [ # why\n  \"b\", # because\n]\n");
}

#[test]
fn formatting_refuses_what_is_not_toml() {
    let error = format("a = [1, \n b = ").unwrap_err();
    assert!(error.to_string().starts_with("the text cannot be formatted"), "{error}");
    assert!(error.span.is_some());
}

#[test]
fn everything_is_right() {
    let reading = Register::read(&[("register.toml", EVERYTHING)]);
    let register = reading.register.unwrap();
    let said: Vec<String> = check(&register, LawBook::embedded(), &reading.sources)
        .iter()
        .filter(|d| d.code != Code::I0001)
        .map(|d| format!("{} {} {}", d.code, reading.sources.place(d.span()), d.message))
        .collect();
    assert!(said.is_empty(), "{said:#?}");
}

#[test]
fn order_and_layout_do_not_matter() {
    let register = read(EVERYTHING);
    // Tables at the top in another order and in several files.
    let mut blocks: Vec<String> = Vec::new();
    for line in EVERYTHING.lines() {
        let top = line.starts_with('[') && !line.contains('.') && !line.contains('=');
        if top || blocks.is_empty() {
            blocks.push(String::new());
        }
        let last = blocks.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    blocks.reverse();
    let files: Vec<(String, &str)> =
        blocks.iter().enumerate().map(|(i, b)| (format!("{i}.toml"), b.as_str())).collect();
    let reading = Register::read(&files);
    assert!(reading.diagnostics.is_empty(), "{:#?}", reading.diagnostics);
    assert_eq!(canonical(&reading.register.unwrap()), canonical(&register));

    let same = EVERYTHING
        .replace(
            "categories = [\"identity\", \"contact\", \"address\"]",
            "# x\ncategories = [\"address\", \"identity\", \"contact\"]",
        )
        .replace("status = [\"open\", \"disputed\"]", "status = [\"disputed\", \"open\"]")
        .replace("open = false\n", "");
    assert_eq!(revision_hash(&read(&same)), revision_hash(&register));
    // The order of the fields of a key means something.
    let other = EVERYTHING.replace("[\"series\", \"invoice_no\"]", "[\"invoice_no\", \"series\"]");
    assert_ne!(revision_hash(&read(&other)), revision_hash(&register));
    assert_eq!(revision_hash(&register).len(), 64);
}

#[test]
fn every_field_is_in_the_canonical_form() {
    // Each change of one value changes the hash: nothing that decides is left out.
    let hash = revision_hash(&read(EVERYTHING));
    let changes = [
        ("\"35 days\"", "\"36 days\""),
        ("batch = 10_000", "batch = 10_001"),
        ("vacuum = \"run\"", "vacuum = \"recommend\""),
        ("open = true\n", "open = false\n"),
        ("until = \"withdrawn\"", "until = \"ended\""),
        ("given = \"consented\"", "given = \"given\""),
        ("closed = { set = false }", "closed = { set = true }"),
        ("region = { not = [\"x\"] }", "region = \"x\""),
        ("paid = true, level", "paid = false, level"),
        ("level = 3", "level = 4"),
        ("anchor = \"end of financial year\"\n\n", "anchor = \"end of calendar year\"\n\n"),
        ("\"truncate(2)\"", "\"truncate(3)\""),
        ("ended = 2040-01-01", "ended = 2041-01-01"),
        ("on_erase = \"detach\"", "on_erase = \"block\""),
        ("drop_partitions = true", "drop_partitions = false"),
        ("approve = \"two\"", "approve = \"one\""),
        ("share = \"20 %\", count = 10000", "share = \"21 %\", count = 10000"),
        ("share = \"20 %\", count = 10000", "share = \"20 %\", count = 10001"),
        ("zone = \"UTC\"", "zone = \"Europe/Oslo\""),
        ("end = \"06-30\"", "end = \"03-31\""),
        ("read_at = \"unix-ms\"", "read_at = \"unix\""),
        ("else = \"created_at\", ", ""),
        ("special_basis = \"9(2)(c)\"", "special_basis = \"9(2)(a)\""),
        ("every = \"1 year\"", "every = \"2 years\""),
        ("review = { da = \"Er der en tvist?\"", "review = { da = \"Er der tvist?\""),
        ("kind = \"company\"", "kind = \"public-authority\""),
        ("country = \"US\"", "country = \"GB\""),
        ("disputed = false", "disputed = true"),
        ("provided = [\"note\"]", "provided = [\"other\"]"),
        // None is another thing than not said.
        ("provided = [\"note\"]", "provided = []"),
        ("provided = [\"note\"]\n", ""),
    ];
    for (old, new) in changes {
        let changed = EVERYTHING.replacen(old, new, 1);
        assert_ne!(changed, EVERYTHING, "{old} is not in the register");
        assert_ne!(revision_hash(&read(&changed)), hash, "{old} -> {new}");
    }
}

#[test]
fn differences_in_words() {
    let old = read(EVERYTHING);
    let new = read(
        &EVERYTHING
            .replace("period = \"13 months\"", "period = \"2 years\"")
            .replace("law = \"dk.bogfoering\"", "law = \"dk.moms\"")
            .replace(
                "[[dataset.link]]\nto = \"invoices\"\nby = \"invoice_no\"\non_erase = \"detach\"\n",
                "",
            )
            .replace("phone = \"+45 00 00 00 00\"\n", ""),
    );
    let words: Vec<String> = diff(&old, &new).iter().map(Change::to_string).collect();
    assert_eq!(
        words,
        [
            "controller: contact, phone removed; it was `+45 00 00 00 00`",
            "activity `billing`: purposes, bookkeeping, law changed from `dk.bogfoering` to `dk.moms`",
            "data set `invoice-lines`: link removed; it was to `invoices`, by `invoice_no`, on erase `detach`",
            "data set `meters`: keep for `metering`, period changed from `13 months` to `2 years`",
        ]
    );
    assert!(diff(&old, &old).is_empty());
    let back = diff(&new, &old);
    assert_eq!(back.len(), 4);
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark() {
    let windows = EVERYTHING.replace('\n', "\r\n");
    let once = format(&windows).unwrap();
    assert!(!once.contains('\r'), "{once:?}");
    assert_eq!(once, format(EVERYTHING).unwrap());
    assert_eq!(canonical(&read(&windows)), canonical(&read(EVERYTHING)));
    assert_eq!(canonical(&read(&format!("\u{feff}{EVERYTHING}"))), canonical(&read(EVERYTHING)));
}
