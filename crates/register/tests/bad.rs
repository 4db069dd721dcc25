//! Bad registers: what is said of each is short, names the place and the way out, and comes soon.

use std::time::{Duration, Instant};

use frist_law::LawBook;
use frist_register::{Code, Diagnostic, Register, Severity, check, format, render};

const CONTROLLER: &str = "[controller]\nname = \"Nordkyst\"\nemail = \"a@b.example\"\n";
/// Unoptimised and beside other tests; what is meant is "not minutes".
const SOON: Duration = Duration::from_secs(60);

/// Reads and checks; what comes back is bounded whatever was read.
fn said(text: &str) -> Vec<Diagnostic> {
    let begun = Instant::now();
    let reading = Register::read(&[("a.toml", text)]);
    let mut said = reading.diagnostics.clone();
    if let Some(register) = &reading.register {
        said.extend(check(register, LawBook::embedded(), &reading.sources));
    } else {
        assert!(said.iter().any(|d| d.severity == Severity::Error), "refused without a word");
    }
    let _ = format(text);
    assert!(said.len() <= 3_000, "{} diagnostics", said.len());
    for d in &said {
        let texts = d.labels.iter().map(|(_, words)| words).chain(&d.help).chain([&d.message]);
        for words in texts {
            assert!(words.chars().count() <= 1_001, "{} characters: {}", words.len(), d.code);
            assert!(!words.contains(char::is_control), "{words:?}");
        }
    }
    let written = render::to_json(&said, &reading.sources).len()
        + render::to_sarif(&said, &reading.sources).len()
        + render::to_github(&said, &reading.sources).len();
    assert!(written < 10_000_000, "{written} bytes of output");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    said
}

/// The first thing said, as code, line and help.
fn first(rest: &str) -> (Code, usize, String, String) {
    let text = format!("{CONTROLLER}{rest}");
    let said = said(&text);
    let d = &said[0];
    let line = text[..d.span().start].matches('\n').count() + 1;
    (d.code, line, d.message.clone(), d.help.clone().unwrap_or_default())
}

#[test]
fn each_mistake_has_its_code_and_its_line() {
    let dataset = "[[dataset]]\nid = \"d\"\nactivity = \"a\"\nat = \"s/t\"\nsubjects = [\"customer\"]\ncategories = [\"identity\"]\n";
    let keep = format!("{dataset}[[dataset.keep]]\nfor = \"p\"\nfrom = \"f\"\n");
    let ended =
        "[[activity]]\nid = \"a\"\ntitle = \"A\"\n[[activity.purpose]]\nid = \"p\"\nended = ";
    for (rest, code, line, words) in [
        ("name = \"twice\"\n".into(), Code::E0006, 4, "duplicate key"),
        ("phone = \"\0\"\n".into(), Code::E0001, 4, "invalid basic string"),
        ("cvr = 12345678\n".into(), Code::E0003, 4, "must be a text"),
        ("cvr = 99999999999999999999999999\n".into(), Code::E0003, 4, "must be a text"),
        ("zone = \"Europe/Kobenhavn\"\n".into(), Code::E0005, 4, "Europe/Kobenhavn"),
        ("controler = 1\n".into(), Code::E0002, 4, "no field `controler`"),
        ("[dpo]\nname = \"x\"\n".into(), Code::E0002, 4, "no field `dpo`"),
        (format!("{dataset}guard = {{ count = -1 }}\n"), Code::E0005, 10, "from 1 to"),
        (format!("{dataset}guard = {{ count = 9223372036854775808 }}\n"), Code::E0003, 10, "whole"),
        (format!("{dataset}guard = {{ share = inf }}\n"), Code::E0005, 10, "share"),
        (format!("{keep}period = \"99999999999999999999 years\"\n"), Code::E0005, 13, "99999999"),
        (format!("{keep}period = \"five years\"\n"), Code::E0005, 13, "five years"),
        (format!("{keep}when = {{ a = [] }}\n"), Code::E0004, 13, "empty"),
        (format!("{ended}\"2015-02-30\"\n"), Code::E0005, 9, "not a date"),
        (format!("{ended}\"99999-01-01\"\n"), Code::E0005, 9, "not a date"),
        (format!("{ended}1979-05-27T07:32:00Z\n"), Code::E0005, 9, "not a date"),
    ] {
        let found = first(&rest);
        assert!((found.0, found.1) == (code, line) && found.2.contains(words), "{rest}: {found:?}");
    }
}

#[test]
fn what_was_meant_is_proposed() {
    let ended =
        "[[activity]]\nid = \"a\"\ntitle = \"A\"\n[[activity.purpose]]\nid = \"p\"\nended = ";
    for (rest, help) in [
        ("adress = \"x\"\n".to_owned(), "did you mean `address`?"),
        // The day first, as Danes write it: in quotes, and without.
        (format!("{ended}\"31-12-2015\"\n"), "write it as 2015-12-31"),
        (format!("{ended}\"31.12.2015\"\n"), "write it as 2015-12-31"),
        (format!("{ended}\"1/2 2015\"\n"), "write it as 2015-02-01"),
        (format!("{ended}31-12-2015\n"), "\"2015-12-31\""),
        ("financial_year_end = \"31-12\"\n".to_owned(), "\"12-31\""),
        ("financial_year_end = \"30-6\"\n".to_owned(), "\"06-30\""),
        (format!("{ended}\"32-13-2015\"\n"), "write it as 2025-01-31"),
    ] {
        let found = first(&rest);
        assert!(found.3.contains(help), "{rest}: {found:?}");
    }
}

#[test]
fn a_mark_at_the_beginning_and_windows_line_ends_are_nothing_special() {
    let plain = Register::read(&[("a.toml", CONTROLLER)]);
    for text in [
        format!("\u{feff}{CONTROLLER}"),
        CONTROLLER.replace('\n', "\r\n"),
        format!("\u{feff}{}", CONTROLLER.replace('\n', "\r\n")),
    ] {
        let reading = Register::read(&[("a.toml", &text)]);
        let (a, b) = (plain.register.as_ref().unwrap(), reading.register.as_ref().unwrap());
        assert_eq!(frist_register::revision_hash(a), frist_register::revision_hash(b));
        assert!(format(&text).is_ok_and(|once| format(&once) == Ok(once.clone())));
    }
}

#[test]
fn nothing_at_all() {
    for text in ["", "\n\n", "# nothing\n", "\u{feff}"] {
        let said = said(text);
        assert_eq!(said[0].code, Code::E0004);
        assert_eq!(said[0].message, "the register has no `[controller]`");
    }
    assert!(Register::read::<&str, &str>(&[]).register.is_none());
}

/// Ten megabytes in one value, wherever a value can stand.
#[test]
fn one_enormous_text() {
    let longest = "x".repeat(10_000_000);
    let long = &longest[..1_000_000];
    for rest in [
        format!("address = \"{longest}\"\n"),
        format!("[[measure]]\nid = \"{longest}\"\ntext = \"t\"\n"),
        format!("kind = \"{long}\"\n"),
        format!("{long} = 1\n"),
        format!("[[store]]\nid = \"{long}\"\nkind = \"{long}\"\n"),
        format!(
            "[[dataset]]\nid = \"d\"\nactivity = \"{long}\"\nat = \"{long}/{long}\"\nsubjects = [\"{long}\"]\ncategories = [\"{long}\"]\n"
        ),
        format!("[[dataset]]\ncategories = [{}]\n", "1, ".repeat(200_000)),
    ] {
        said(&format!("{CONTROLLER}{rest}"));
    }
}

/// A hundred thousand mistakes of each kind: as TOML, as a register, in meaning.
#[test]
fn very_many_mistakes() {
    let many = |n: usize, line: &dyn Fn(usize) -> String| {
        format!("{CONTROLLER}{}", (0..n).map(line).collect::<String>())
    };
    let errors =
        |said: &[Diagnostic]| said.iter().filter(|d| d.severity == Severity::Error).count();
    assert_eq!(errors(&said(&many(20_000, &|_| "!!\n".into()))), 1_000);
    assert_eq!(errors(&said(&many(100_000, &|i| format!("k{i} = {i}\n")))), 1_000);
    assert_eq!(errors(&said(&many(20_000, &|_| "name = \"again\"\n".into()))), 1_000);
    // Wrong only in meaning: the cap leaves no warning in the place of an error.
    let datasets = many(20_000, &|i| {
        format!(
            "[[dataset]]\nid = \"d{i}\"\nactivity = \"a{i}\"\nat = \"s/t{i}\"\nsubjects = [\"q\"]\ncategories = [\"w\"]\n"
        )
    });
    assert_eq!(errors(&said(&datasets)), 1_000);
    let activities = many(20_000, &|i| format!("[[activity]]\nid = \"a{i}\"\ntitle = \"A\"\n"));
    let found =
        said(&format!("{activities}[[recipient]]\nid = \"r\"\ntitle = \"R\"\ncountry = \"US\"\n"));
    assert!(found.iter().any(|d| d.code == Code::E0052), "the one error among the many");
}

#[test]
fn nested_ten_thousand_deep() {
    for rest in [
        format!("x = {}", "[".repeat(10_000)),
        format!("x = {}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("x = {}", "{a=".repeat(10_000)),
        format!("{}b = 1\n", "a.".repeat(10_000)),
        format!("[{}b]\n", "a.".repeat(10_000)),
        format!("[[{}b]]\n", "a.".repeat(10_000)),
    ] {
        let said = said(&format!("{CONTROLLER}{rest}"));
        let deep = said.iter().find(|d| d.message.contains("nested too deeply"));
        let deep = deep.unwrap_or_else(|| panic!("{:.20}: {said:#?}", rest));
        assert!(deep.help.as_ref().is_some_and(|h| h.contains("not closed")));
    }
}

/// What a terminal would obey is not repeated to it.
#[test]
fn control_characters_are_not_echoed() {
    let said = said(&format!("{CONTROLLER}kind = \"\\u001b[2J\\n\\u0007\"\n"));
    assert_eq!(said[0].message, "`kind` cannot be `\u{fffd}[2J\u{fffd}\u{fffd}`");
}
