//! The register as it is edited: its texts, what the checker says of them and where, and its parts.
//!
//! - [`toml`]: one field of a text read and changed, everything around it left as it was;
//! - [`form`]: which fields a form has, and what stands beside each; [`fields`]: the table of them;
//! - [`effect`]: what a changed register would do.

pub(crate) mod effect;
pub(crate) mod fields;
pub(crate) mod form;
pub(crate) mod lines;
pub(crate) mod toml;

use frist_law::LawBook;
use frist_register::{Diagnostic, Reading, Register, Severity, Sources};
use sha2::{Digest as _, Sha256};

use crate::on_disk::Files;

/// One thing that the checker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// In which of the files.
    pub(crate) file: usize,
    /// From this byte.
    pub(crate) start: usize,
    /// The line, from 1.
    pub(crate) line: usize,
    /// Its file's name.
    pub(crate) name: String,
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    /// What the code is about, in Danish; the message has the names, in English.
    pub(crate) danish: &'static str,
    pub(crate) message: String,
    pub(crate) law: Option<String>,
    pub(crate) help: Option<String>,
    /// What would settle it: what stands there, and what would.
    pub(crate) fix: Option<(String, String)>,
}

impl Said {
    fn new(d: &Diagnostic, sources: &Sources) -> Self {
        let span = d.span();
        let fix = d.fix.as_ref().map(|f| (sources.slice(f.span).to_owned(), f.replacement.clone()));
        Self {
            file: span.file,
            start: span.start,
            line: sources.position(span.file, span.start).line,
            name: sources.name(span.file).to_owned(),
            severity: d.severity,
            code: d.code.as_str(),
            danish: d.code.title_da(),
            message: d.message.clone(),
            law: d.law.clone(),
            help: d.help.clone(),
            fix,
        }
    }

    /// How it is shown.
    pub(crate) fn class(&self) -> &'static str {
        match self.severity {
            Severity::Error => "late",
            Severity::Warning => "warn",
            Severity::Info => "info",
        }
    }

    /// Whether it says the same, wherever it stands now.
    pub(crate) fn same(&self, other: &Self) -> bool {
        (self.code, &self.message, &self.name) == (other.code, &other.message, &other.name)
    }
}

/// Texts that were read and checked.
pub(crate) struct Looked {
    /// The register, when nothing forbids to go on with it.
    pub(crate) register: Option<Register>,
    /// What there is to say, errors first.
    pub(crate) said: Vec<Said>,
}

/// Reads and checks the texts, as `frist check --offline` does.
pub(crate) fn look(files: &Files) -> Looked {
    let Reading { register, sources, mut diagnostics } = Register::read(files);
    let book = LawBook::embedded();
    let is_error = |d: &Diagnostic| d.severity == Severity::Error;
    if let Some(register) = &register {
        diagnostics.extend(frist_register::check(register, book, &sources));
        diagnostics.extend(frist_paper::letters::check(register));
    }
    let register = register.filter(|_| !diagnostics.iter().any(is_error));
    if let Some(register) = &register {
        diagnostics.extend(frist_documents::check(register, book));
    }
    diagnostics.sort_by_key(|d| d.severity);
    let said = diagnostics.iter().map(|d| Said::new(d, &sources)).collect();
    Looked { register, said }
}

/// What stores say of a register, told in the same way.
pub(crate) fn fit(
    register: &Register,
    files: &Files,
    open: frist_sweep::fit::Open<'_>,
) -> Vec<Said> {
    let Reading { sources, .. } = Register::read(files);
    let said = frist_sweep::fit::ask(register, LawBook::embedded(), open);
    said.iter().map(|d| Said::new(d, &sources)).collect()
}

/// The hash of texts, by which one says which ones were seen.
pub(crate) fn hash(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in files {
        for part in [name, text] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// A part of the register as it stands in its file: `[controller]`, an `[[activity]]` ...
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// In which of the files.
    pub(crate) file: usize,
    /// `activity`, `dataset` ...
    pub(crate) kind: String,
    /// Its id; empty for what there is once.
    pub(crate) id: String,
    /// Which of its kind in the file; none for what there is once.
    pub(crate) nth: Option<usize>,
    /// From this byte ...
    pub(crate) start: usize,
    /// ... to this one.
    pub(crate) end: usize,
}

impl Part {
    /// Whether something is said about it.
    pub(crate) fn has(&self, said: &Said) -> bool {
        said.file == self.file && (self.start..self.end).contains(&said.start)
    }
}

/// All parts of all files; none of a file that is not TOML.
pub(crate) fn parts(files: &Files) -> Vec<Part> {
    let mut all = Vec::new();
    for (file, (_, text)) in files.iter().enumerate() {
        let Ok(doc) = toml_edit::Document::parse(text.as_str()) else { continue };
        let mut here = Vec::new();
        for (kind, item) in doc.as_table() {
            let mut add = |nth: Option<usize>, span: Option<std::ops::Range<usize>>| {
                let Some(span) = span else { return };
                let id = toml::table(item, nth).and_then(|t| t.get("id")?.as_str());
                let id = id.unwrap_or_default().to_owned();
                let kind = kind.to_owned();
                here.push(Part { file, kind, id, nth, start: span.start, end: text.len() });
            };
            match item {
                toml_edit::Item::ArrayOfTables(tables) => {
                    tables.iter().enumerate().for_each(|(n, t)| add(Some(n), t.span()));
                }
                toml_edit::Item::Value(toml_edit::Value::Array(values)) => {
                    values.iter().enumerate().for_each(|(n, v)| add(Some(n), v.span()));
                }
                item => add(None, item.span()),
            }
        }
        here.sort_by_key(|part: &Part| part.start);
        let starts: Vec<usize> = here.iter().skip(1).map(|p| p.start).collect();
        for (part, next) in here.iter_mut().zip(starts) {
            part.end = next;
        }
        all.extend(here);
    }
    all
}

/// The part of this kind and id.
pub(crate) fn find(files: &Files, kind: &str, id: &str) -> Option<Part> {
    parts(files).into_iter().find(|p| p.kind == kind && p.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> Files {
        frist_demo::REGISTER.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect()
    }

    #[test]
    fn every_part_is_found_with_all_that_is_its_own() {
        let files = demo();
        let part = find(&files, "dataset", "invoices").unwrap();
        let text = &files[part.file].1[part.start..part.end];
        assert!(text.starts_with("[[dataset]]\nid = \"invoices\""), "{text}");
        assert!(text.contains("for = \"bookkeeping\"") && !text.contains("meter-readings"));
        let register = look(&files).register.unwrap();
        let sets = parts(&files).iter().filter(|p| p.kind == "dataset").count();
        assert_eq!(sets, register.datasets.len());
        assert!(find(&files, "controller", "").is_some_and(|p| p.nth.is_none()));
    }

    #[test]
    fn what_the_checker_says_is_said_of_its_part() {
        let mut files = demo();
        let text = &mut files.iter_mut().find(|(n, _)| n == "afregning.toml").unwrap().1;
        *text = text.replacen("period = \"3 years\"", "period = \"3 yaers\"", 1);
        let looked = look(&files);
        assert!(looked.register.is_none());
        let said = looked.said.iter().find(|s| s.severity == Severity::Error).unwrap();
        let parts = parts(&files);
        let about: Vec<_> = parts.iter().filter(|p| p.has(said)).map(|p| p.id.as_str()).collect();
        assert_eq!(about, ["invoices"]);
        assert!(files[said.file].1.lines().nth(said.line - 1).unwrap().contains("yaers"));
    }
}
