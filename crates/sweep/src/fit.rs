//! The register against its stores: tables and fields that are not there, types that do not fit,
//! collections that nobody named.

use frist_decide::RuleSet;
use frist_law::LawBook;
use frist_register::{Code, DataSet, Diagnostic, Register, Span, Store};
use frist_stores::{FieldMatch, StoreError, Unnamed};

/// Opens a store, given from outside.
pub type Open<'a> =
    &'a dyn Fn(&Store) -> std::result::Result<Box<dyn frist_stores::Store>, StoreError>;

/// Asks every store. A register without errors is a precondition.
pub fn ask(register: &Register, book: &LawBook, opener: Open<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for store in &register.stores {
        let mut open = match opener(store) {
            Ok(open) => open,
            Err(e) => {
                out.push(
                    Diagnostic::new(Code::E0073, store.id.span, lower(&e.to_string()))
                        .help("check the path, or the environment variable with the URL; `--offline` checks without the stores"),
                );
                continue;
            }
        };
        let mut broken = false;
        for dataset in register.datasets.iter().filter(|d| d.store.value == store.id.value) {
            // The checker has said it with its place, if the rule cannot be resolved.
            let Ok(rules) = RuleSet::resolve(register, book, dataset) else {
                continue;
            };
            let bound = open.bind(register, dataset, &rules);
            // Nobody is looked for; but the fields by which somebody could be must be there, and those
            // that are masked or handed over: one that is misspelt would not be masked.
            let looked = bound.and_then(|bound| {
                let fields = register.identity_fields(dataset).into_iter().map(|(field, _)| field);
                let handed = dataset.others.iter().chain(dataset.provided.iter().flatten());
                let fields = fields.chain(handed.map(|f| f.value.as_str()));
                let nobody =
                    |field: &str| FieldMatch { field: field.to_owned(), spellings: Vec::new() };
                open.find(&bound, &fields.map(nobody).collect::<Vec<_>>(), &[], 0)
            });
            if let Err(e) = looked {
                broken = true;
                out.push(explain(dataset, e));
            }
        }
        // What is left over is only worth saying once everything that is named was found.
        if !broken {
            match open.unnamed(&named(register, store)) {
                Ok(rest) => out.extend(rest.iter().map(|u| uncovered(store, u))),
                Err(e) => {
                    out.push(Diagnostic::new(Code::E0073, store.id.span, lower(&e.to_string())))
                }
            }
        }
    }
    out
}

/// The collections of the store that data sets and exemptions name.
pub fn named<'r>(register: &'r Register, store: &'r Store) -> Vec<&'r str> {
    let here = register.datasets.iter().filter(|d| d.store.value == store.id.value);
    let exempt = store.exempt.iter().map(|e| e.at.value.as_str());
    here.map(|d| d.collection.value.as_str()).chain(exempt).collect()
}

fn uncovered(store: &Store, unnamed: &Unnamed) -> Diagnostic {
    let at = &unnamed.at;
    let message = match unnamed.files {
        None => format!("`{at}` is in no data set: nothing will ever be erased from it"),
        Some(1) => format!("a file in `{at}` is in no data set: it will never be erased"),
        Some(n) => format!("{n} files in `{at}` are in no data set: they will never be erased"),
    };
    Diagnostic::new(Code::W0013, store.id.span, message)
        .here(format!("`{}` has it", store.id.value))
        .law("GDPR Art. 5(1)(e) and 5(2)")
        .help(format!(
            "add a data set for it, or say in its [[store]] why it needs none: \
             exempt = [{{ at = {}, why = \"...\" }}]",
            // A text of JSON is one of TOML.
            serde_json::to_string(at).unwrap_or_default()
        ))
}

fn explain(dataset: &DataSet, e: StoreError) -> Diagnostic {
    match e {
        StoreError::Missing { what, store, hint, .. } => {
            let span = quoted(&what).and_then(|name| place_of(dataset, name));
            let span = span.unwrap_or(dataset.collection.span);
            let d = Diagnostic::new(
                Code::E0070,
                span,
                format!("{what} does not exist in the store `{store}`"),
            );
            match hint.trim_start_matches(['?', ';', ' ']) {
                "" => d.help("`frist check --offline` checks without asking the stores"),
                hint => d.help(hint.to_owned()),
            }
        }
        StoreError::Bind { source, .. } => {
            let text = source.to_string();
            let span = quoted(&text).and_then(|name| place_of(dataset, name));
            let (message, help) = text.split_once("; ").unwrap_or((&text, ""));
            let span = span.or_else(|| {
                dataset
                    .facts
                    .iter()
                    .find(|(n, _)| text.contains(&format!("`{n}`")))
                    .map(|(_, f)| f.span)
            });
            let d = Diagnostic::new(Code::E0071, span.unwrap_or(dataset.span), message);
            if help.is_empty() { d } else { d.help(help) }
        }
        StoreError::Unsupported { what, .. } => {
            Diagnostic::new(Code::E0072, dataset.collection.span, lower(&what))
        }
        other => Diagnostic::new(Code::E0073, dataset.store.span, lower(&other.to_string())),
    }
}

/// The first name in backticks.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

/// Where the data set's lines name a field, or its collection.
fn place_of(d: &DataSet, name: &str) -> Option<Span> {
    let keep = d.keep.iter().flat_map(|k| [&k.from, &k.until, &k.given].into_iter().flatten());
    let whens = d.keep.iter().map(|k| &k.when).chain(d.erase.iter().map(|e| &e.when));
    keep.chain(d.key.iter())
        .chain(d.subjects.iter().filter_map(|(_, f)| f.as_ref()))
        .chain(d.identity.iter().map(|(field, _)| field))
        .chain(d.others.iter().chain(d.provided.iter().flatten()))
        .chain(d.identifiers.iter())
        .chain(d.erase.iter().map(|e| &e.from))
        .chain(d.links.iter().map(|l| &l.by))
        .chain(whens.flatten().map(|c| &c.fact))
        .chain([&d.collection])
        .find(|s| s.value == name)
        .map(|s| s.span)
}

/// Messages begin in lower case, whoever wrote them.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(c)
            if !text.starts_with(|c: char| {
                c.is_uppercase() && text[c.len_utf8()..].starts_with(char::is_uppercase)
            }) =>
        {
            c.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
