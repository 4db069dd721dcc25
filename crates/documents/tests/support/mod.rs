//! Registers to make documents from.

use std::path::Path;

use frist_law::LawBook;
use frist_register::{Lang, Register, Severity};
use jiff::civil::{Date, date};

use frist_documents::Source;

/// The day of all documents here.
pub const DAY: Date = date(2026, 11, 22);

/// The register in a folder of this repository.
pub fn register(folder: &str) -> Register {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut files: Vec<(String, String)> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|x| x == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    let named: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    read(&named)
}

/// A register without errors, from texts.
pub fn read(files: &[(&str, &str)]) -> Register {
    let reading = Register::read(files);
    let mut said = reading.diagnostics;
    if let Some(register) = &reading.register {
        said.extend(frist_register::check(register, LawBook::embedded(), &reading.sources));
    }
    let errors: Vec<String> = said
        .into_iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| format!("{}: {}", d.code, d.message))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    reading.register.unwrap()
}

/// What documents are made from.
pub fn source<'a>(register: &'a Register, revision: &'a str, lang: Lang) -> Source<'a> {
    Source { register, book: LawBook::embedded(), revision, lang, date: Some(DAY) }
}
