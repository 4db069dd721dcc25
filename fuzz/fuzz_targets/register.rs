//! A register, from any text: read, check, decide by, lay out, name by its hash, and say what is
//! wrong with it. No panic, and:
//! - every place that a message points at is a place in the text;
//! - what the checker lets through can be resolved into rules;
//! - the layout is settled after one time, and changes neither meaning nor hash;
//! - the order of files and of tables has no part in the hash.
#![no_main]

use frist_decide::RuleSet;
use frist_fuzz::{registers, seeds};
use frist_law::LawBook;
use frist_register::{
    Diagnostic, Reading, Register, Severity, canonical, check, diff, format, relation, render,
    revision_hash,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds(registers),
    |text: &str| {
        let reading = Register::read(&[("a.toml", text)]);
        let mut said = reading.diagnostics.clone();
        if let Some(register) = &reading.register {
            said.extend(meaning(register, &reading));
        } else {
            assert!(said.iter().any(|d| d.severity == Severity::Error), "refused without a word");
        }
        places(text, &said);
        // Writing it all out takes longer than the rest together: now and then will do.
        if text.len().is_multiple_of(8) {
            render::to_json(&said, &reading.sources);
            render::to_sarif(&said, &reading.sources);
            render::to_github(&said, &reading.sources);
        }
        layout(text, &reading);
    }
);

/// Everything there is to do with a register that was read.
fn meaning(register: &Register, reading: &Reading) -> Vec<Diagnostic> {
    let book = LawBook::embedded();
    let said = check(register, book, &reading.sources);
    assert!(diff(register, &register.clone()).is_empty());
    relation(register);
    if said.iter().all(|d| d.severity != Severity::Error) {
        for dataset in &register.datasets {
            let rules = RuleSet::resolve(register, book, dataset);
            assert!(rules.is_ok(), "checked without an error, but: {}", rules.unwrap_err());
        }
    }
    said
}

fn places(text: &str, said: &[Diagnostic]) {
    for d in said {
        let fix = d.fix.iter().map(|f| f.span);
        for span in d.labels.iter().map(|(span, _)| *span).chain(fix) {
            assert!(span.start <= span.end && span.end <= text.len(), "{d:?}");
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{d:?}");
        }
        assert!(d.message.len() < 2_000, "a message of {} bytes: {}", d.message.len(), d.code);
    }
}

fn layout(text: &str, reading: &Reading) {
    let Ok(once) = format(text) else { return };
    assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "laid out twice is not once");
    let again = Register::read(&[("a.toml", &once)]);
    let (Some(a), Some(b)) = (&reading.register, &again.register) else {
        assert_eq!(reading.register.is_some(), again.register.is_some(), "the layout broke it");
        return;
    };
    assert_eq!(canonical(a), canonical(b), "the layout changed the meaning");
    // Laid out, every top-level header begins a line: cut there, and each piece is a file.
    let mut pieces: Vec<String> = vec![String::new()];
    for line in once.split_inclusive('\n') {
        let top = line.starts_with("[[") && !line.contains('.');
        if top && !pieces.last().is_none_or(String::is_empty) {
            pieces.push(String::new());
        }
        pieces.last_mut().expect("there is one").push_str(line);
    }
    let files: Vec<(String, &str)> =
        pieces.iter().enumerate().rev().map(|(i, p)| (format!("{i}.toml"), p.as_str())).collect();
    // A text over several lines may hold what looks like a header; then the pieces are no TOML.
    if let Some(turned) = Register::read(&files).register {
        assert_eq!(revision_hash(a), revision_hash(&turned), "the order changed the hash");
    }
}
