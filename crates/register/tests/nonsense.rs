//! Nonsense never panics, and a very large register is read in reasonable time.

use std::time::{Duration, Instant};

use frist_law::LawBook;
use frist_register::{Register, canonical, check, diff, format, relation, render, revision_hash};
use proptest::prelude::*;

const EVERYTHING: &str = include_str!("registers/everything.toml");

/// Does everything there is to do with a text.
fn do_all(text: &str) {
    let reading = Register::read(&[("a.toml", text)]);
    let mut said = reading.diagnostics.clone();
    if let Some(register) = &reading.register {
        said.extend(check(register, LawBook::embedded(), &reading.sources));
        assert_eq!(canonical(register), canonical(&register.clone()));
        assert!(diff(register, register).is_empty());
        relation(register);
        revision_hash(register);
    } else {
        assert!(!said.is_empty());
    }
    for d in &said {
        for (span, _) in &d.labels {
            assert!(span.start <= span.end && span.end <= text.len(), "{d:?}");
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{d:?}");
        }
    }
    render::to_json(&said, &reading.sources);
    render::to_sarif(&said, &reading.sources);
    render::to_github(&said, &reading.sources);
    if let Ok(once) = format(text) {
        assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "of {text:?}");
        let again = Register::read(&[("a.toml", &once)]);
        assert_eq!(again.register.is_some(), reading.register.is_some());
        if let (Some(a), Some(b)) = (again.register, reading.register) {
            assert_eq!(canonical(&a), canonical(&b));
        }
    }
}

/// A piece of TOML, or something like it.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n".to_owned()),
        Just(" = ".to_owned()),
        Just("\"".to_owned()),
        Just("'''\n".to_owned()),
        Just("# c\n".to_owned()),
        Just("{ a = 1, b.c = [2, # x\n 3] }".to_owned()),
        Just("[[dataset]]\n".to_owned()),
        Just("[dataset.facts]\n".to_owned()),
        Just("[[dataset.keep]]\n".to_owned()),
        Just("[controller]\n".to_owned()),
        Just("period = \"4294967295 years\"\n".to_owned()),
        Just("when = { a = [1, \"x\"], b = { not = [] } }\n".to_owned()),
        Just("at = \"/\"\n".to_owned()),
        Just("id = 1979-05-27T07:32:00Z\n".to_owned()),
        "[a-z.]{1,8}",
        "\\PC{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_texts(text in "\\PC{0,200}") {
        do_all(&text);
    }

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        do_all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn pieces(pieces in prop::collection::vec(piece(), 0..40)) {
        do_all(&pieces.concat());
    }

    /// A good register with a stretch of it removed, moved or replaced.
    #[test]
    fn mutated(
        cut in 0..EVERYTHING.len(),
        length in 0usize..60,
        to in 0..EVERYTHING.len(),
        new in piece(),
        how in 0..3,
    ) {
        let boundary = |mut i: usize| {
            while !EVERYTHING.is_char_boundary(i) { i -= 1 }
            i
        };
        let (start, end) = (boundary(cut), boundary((cut + length).min(EVERYTHING.len())));
        let mut text = EVERYTHING.to_owned();
        let piece = text[start..end].to_owned();
        match how {
            0 => text.replace_range(start..end, ""),
            1 => text.replace_range(start..end, &new),
            _ => text.insert_str(boundary(to), &piece),
        }
        do_all(&text);
    }

    /// A good register with two of its lines exchanged: mostly right TOML, mostly wrong meaning.
    #[test]
    fn lines_exchanged(a in 0usize..300, b in 0usize..300) {
        let mut lines: Vec<&str> = EVERYTHING.lines().collect();
        let (a, b) = (a % lines.len(), b % lines.len());
        lines.swap(a, b);
        do_all(&lines.join("\n"));
    }
}

#[test]
fn deep_nesting() {
    do_all(&format!("a = {}", "[".repeat(100_000)));
    do_all(&format!("a = {}", "{a=".repeat(100_000)));
    do_all(&format!("{}a = 1", "a.".repeat(100_000)));
    do_all(&format!("[{}a]", "a.".repeat(100_000)));
}

#[test]
fn ten_megabytes() {
    let mut text = String::from(EVERYTHING);
    let mut i = 0;
    while text.len() < 10_000_000 {
        text.push_str(&format!(
            "\n[[dataset]]\nid = \"set-{i}\"\nactivity = \"billing\"\nat = \"erp/table_{i}\"\n\
             subject = {{ customer = \"customer_id\" }}\ncategories = [\"identity\", \"payment\"]\n\
             [[dataset.keep]]\nfor = \"bookkeeping\"\nfrom = \"invoice_date\"\n\
             [[dataset.keep]]\nfor = \"invoicing\"\nfrom = \"paid_on\"\nperiod = \"3 years\"\n\
             [[dataset.link]]\nto = \"customers\"\nby = \"customer_id\"\n"
        ));
        i += 1;
    }
    let begun = Instant::now();
    let reading = Register::read(&[("a.toml", &text)]);
    let register = reading.register.unwrap();
    let said = check(&register, LawBook::embedded(), &reading.sources);
    assert!(said.iter().all(|d| d.severity == frist_register::Severity::Info), "{:?}", said[0]);
    assert!(register.datasets.len() > 20_000);
    // Unoptimised and beside other tests; a few seconds, but for a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    eprintln!("read and checked in {:?}", begun.elapsed());
}
