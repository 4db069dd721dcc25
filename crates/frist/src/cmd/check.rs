//! `frist check`, `fmt` and `schema`.

use std::fs;

use frist_law::LawBook;
use frist_register::{Code, Diagnostic, Severity, Sources, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

use crate::cli::{CheckArgs, Format};
use crate::error::{Exit, Failure, Outcome};
use crate::output::{BOLD, DIM, GREEN, RED, YELLOW, count, counted, json, say};
use crate::place::{Checked, Place};

/// How many diagnostics are shown to a person, the most serious first.
const SHOWN: usize = 50;
/// A line longer than this is not shown as it stands.
const LONGEST_LINE: usize = 500;

/// Checks the register, and against the stores that can be reached.
pub fn check(place: &Place, args: &CheckArgs, as_json: bool) -> Outcome {
    if let Some(code) = &args.explain {
        return explain(code, as_json);
    }
    let mut checked = place.check()?;
    if let Some(register) = checked.register.as_ref().filter(|_| checked.sound()) {
        let lacks = frist_documents::check(register, LawBook::embedded());
        checked.diagnostics.extend(lacks);
        checked.diagnostics.sort_by_key(|d| d.severity);
    }
    if let Some(register) = checked.register.as_ref().filter(|_| checked.sound() && !args.offline) {
        let prompts = super::check_prompts::look(&place.dir, register);
        let stores = frist_sweep::fit::ask(register, LawBook::embedded(), &place.opener());
        checked.diagnostics.extend(stores);
        checked.diagnostics.extend(prompts);
    }
    let d = &checked.diagnostics;
    match (args.format, as_json) {
        (Format::Json, _) | (Format::Text, true) => {
            say!("{}", frist_register::render::to_json(d, &checked.sources))
        }
        (Format::Sarif, _) => say!("{}", frist_register::render::to_sarif(d, &checked.sources)),
        (Format::Github, _) => say!("{}", frist_register::render::to_github(d, &checked.sources)),
        (Format::Text, false) => {
            for one in d.iter().take(SHOWN) {
                print(one, &checked.sources);
            }
            if d.len() > SHOWN {
                let more = count((d.len() - SHOWN) as u64);
                say!(
                    "{BOLD}... and {more} more{BOLD:#}: settle these first, or see all with `--format json`\n"
                );
            }
        }
    }
    if args.format == Format::Text && !as_json {
        summary(&checked, args.offline);
    }
    Ok(if checked.sound() { Exit::Done } else { Exit::Findings })
}

fn explain(code: &str, as_json: bool) -> Outcome {
    let code: Code = code.parse().map_err(|_| {
        Failure::usage(format!("`{code}` is not a code that Frist uses"))
            .help("codes look like E0012 or W0003; `frist check` prints them")
    })?;
    let page = frist_register::explain(code).trim_end();
    match as_json {
        true => {
            json(&serde_json::json!({"code": code.as_str(), "title": code.title(), "page": page}))?
        }
        false => say!("{page}"),
    }
    Ok(Exit::Done)
}

fn summary(checked: &Checked, offline: bool) {
    let of = |s: Severity| checked.diagnostics.iter().filter(|d| d.severity == s).count();
    let (errors, warnings, infos) =
        (of(Severity::Error), of(Severity::Warning), of(Severity::Info));
    let what = match &checked.register {
        Some(r) => format!(
            "{}: {}, {} in {}",
            counted(checked.files.len() as u64, "file", "files"),
            counted(r.activities.len() as u64, "activity", "activities"),
            counted(r.datasets.len() as u64, "data set", "data sets"),
            counted(r.stores.len() as u64, "store", "stores")
        ),
        None => counted(checked.files.len() as u64, "file", "files"),
    };
    let verdict = match (errors, warnings) {
        (0, 0) => format!("{GREEN}in order{GREEN:#}"),
        (0, _) => format!("{YELLOW}usable, with warnings{YELLOW:#}"),
        _ => format!("{RED}refused{RED:#}"),
    };
    say!("{BOLD}{verdict}{BOLD:#}: {what}");
    say!(
        "{DIM}{}, {}, {}{}{DIM:#}",
        counted(errors as u64, "error", "errors"),
        counted(warnings as u64, "warning", "warnings"),
        counted(infos as u64, "note", "notes"),
        if offline { "; the stores were not asked" } else { "" }
    );
    // So that nobody thinks that the last of these is the last of all.
    if checked.register.is_none() {
        say!("what the rules mean together is checked once this is right");
    }
    let first = checked.diagnostics.iter().find(|d| d.severity != Severity::Info);
    if let Some(code) = first.map(|d| d.code) {
        say!("{DIM}more about a code: frist check --explain {code}{DIM:#}");
    }
}

/// Prints a diagnostic as a compiler would.
pub(crate) fn print(d: &Diagnostic, sources: &Sources) {
    let file = d.span().file;
    // miette shows one file at a time; places in other files are told in words.
    let (here, elsewhere): (Vec<_>, Vec<_>) = d.labels.iter().partition(|(s, _)| s.file == file);
    let mut labels = here.iter().enumerate().map(|(i, (span, words))| {
        let words = (!words.is_empty()).then(|| words.clone());
        let length = span.end.saturating_sub(span.start);
        match i {
            0 => LabeledSpan::new_primary_with_span(words, (span.start, length)),
            _ => LabeledSpan::new_with_span(words, (span.start, length)),
        }
    });
    let mut help: Vec<String> = d.help.iter().cloned().collect();
    if let Some(law) = &d.law {
        help.push(format!("law: {law}"));
    }
    for (span, words) in elsewhere {
        help.push(format!("see {}: {words}", sources.place(*span)));
    }
    let drawn = drawable(&here, sources.text(file));
    if !drawn {
        help.insert(0, format!("at {}", sources.place(d.span())));
    }
    let severity = match d.severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Info => miette::Severity::Advice,
    };
    let mut report = miette::MietteDiagnostic::new(d.message.clone())
        .with_code(d.code.to_string())
        .with_severity(severity);
    if drawn {
        report = report.and_labels(labels.by_ref());
    }
    if !help.is_empty() {
        report = report.with_help(help.join("\n"));
    }
    let mut report = miette::Report::new(report);
    if drawn {
        let source = NamedSource::new(sources.name(file), sources.text(file).to_owned());
        report = report.with_source_code(source);
    }
    let mut out = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_width(100);
    if handler.render_report(&mut out, report.as_ref()).is_ok() {
        say!("{out}");
    } else {
        say!("{}: {}: {}\n", d.severity.as_str(), d.code, d.message);
    }
}

/// Whether the lines around these places can be shown as they stand: a handful of lines of the
/// length that people write, without anything that a terminal would obey.
fn drawable(labels: &[&(Span, String)], text: &str) -> bool {
    labels.iter().all(|(span, _)| {
        // With the line before and the line after, which are shown as well.
        let before = text.get(..span.start).unwrap_or("");
        let start = before.rmatch_indices('\n').nth(1).map_or(0, |(i, _)| i + 1);
        let after = text.get(span.end..).unwrap_or("");
        let end = after.match_indices('\n').nth(1).map_or(text.len(), |(i, _)| span.end + i);
        let shown = text.get(start..end).unwrap_or("");
        let odd = |c: char| c.is_control() && !['\n', '\r', '\t'].contains(&c);
        shown.len() < 20 * LONGEST_LINE
            && shown.lines().count() <= 40
            && shown.lines().all(|line| line.len() <= LONGEST_LINE && !line.contains(odd))
    })
}

/// Formats the register's files.
pub fn fmt(place: &Place, only_check: bool, as_json: bool) -> Outcome {
    let mut changed = Vec::new();
    for path in place.register_files()? {
        let text = fs::read_to_string(&path).map_err(|e| Failure::file("read", &path, &e))?;
        let new = frist_register::format(&text).map_err(|e| {
            Failure::new(format!("`{}` is not TOML: {e}", path.display()))
                .help("see it with `frist check`")
        })?;
        if new == text {
            continue;
        }
        changed.push(path.display().to_string());
        if !only_check {
            replace(&path, &new)?;
        }
        if !as_json {
            let what = if only_check { "would change" } else { "formatted" };
            say!("{what} {}", path.display());
        }
    }
    if as_json {
        json(&serde_json::json!({"changed": changed, "written": !only_check}))?;
    }
    Ok(if only_check && !changed.is_empty() { Exit::Findings } else { Exit::Done })
}

/// Replaces a file's text so that a crash leaves the old or the new, never half of one.
fn replace(path: &std::path::Path, text: &str) -> Outcome<()> {
    let temporary = path.with_extension("toml.new");
    fs::write(&temporary, text).map_err(|e| Failure::file("write", &temporary, &e))?;
    fs::rename(&temporary, path).map_err(|e| Failure::file("replace", path, &e))
}

/// Prints the JSON Schema.
pub fn schema() -> Outcome {
    say!("{}", frist_register::schema().trim_end());
    Ok(Exit::Done)
}
