//! Diagnostics for other programs: JSON, SARIF 2.1.0 and GitHub workflow commands.
//!
//! Lines and columns count from 1, columns in characters (Unicode code points).

use serde_json::{Value, json};

use crate::codes::Code;
use crate::diag::{Diagnostic, Severity};
use crate::source::Sources;
use crate::span::Span;

/// One JSON array, an object a diagnostic.
pub fn to_json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let all: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            let labels: Vec<Value> = d
                .labels
                .iter()
                .map(|(span, text)| json!({ "at": place(*span, sources), "text": text }))
                .collect();
            let fix = d
                .fix
                .as_ref()
                .map(|f| json!({ "at": place(f.span, sources), "replacement": f.replacement }));
            json!({
                "code": d.code.as_str(),
                "severity": d.severity.as_str(),
                "message": d.message,
                "at": place(d.span(), sources),
                "labels": labels,
                "law": d.law,
                "help": d.help,
                "fix": fix,
            })
        })
        .collect();
    pretty(&Value::Array(all))
}

fn place(span: Span, sources: &Sources) -> Value {
    let from = sources.position(span.file, span.start);
    let to = sources.position(span.file, span.end);
    json!({
        "file": sources.name(span.file),
        "line": from.line,
        "column": from.column,
        "end_line": to.line,
        "end_column": to.column,
        "start": span.start,
        "end": span.end,
    })
}

/// A SARIF 2.1.0 log of one run, as code hosts and editors read it.
pub fn to_sarif(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut codes: Vec<Code> = diagnostics.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| {
            let page = crate::explain(*code);
            json!({
                "id": code.as_str(),
                "shortDescription": { "text": code.title() },
                "help": { "text": page, "markdown": page },
                "defaultConfiguration": { "level": level(code.severity()) },
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|d| result(d, &codes, sources)).collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "frist",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn result(d: &Diagnostic, codes: &[Code], sources: &Sources) -> Value {
    let mut text = d.message.clone();
    for (word, part) in [("law", &d.law), ("help", &d.help)] {
        if let Some(part) = part {
            text.push_str(&format!("\n{word}: {part}"));
        }
    }
    let mut result = json!({
        "ruleId": d.code.as_str(),
        "ruleIndex": codes.binary_search(&d.code).unwrap_or_default(),
        "level": level(d.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(d.span(), sources) }],
    });
    let related: Vec<Value> = d
        .labels
        .iter()
        .skip(1)
        .map(|(span, words)| {
            json!({ "physicalLocation": physical(*span, sources), "message": { "text": words } })
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    if let Some(fix) = &d.fix {
        let words = d.help.as_deref().unwrap_or("replace it");
        result["fixes"] = json!([{
            "description": { "text": words },
            "artifactChanges": [{
                "artifactLocation": { "uri": uri(sources.name(fix.span.file)) },
                "replacements": [{
                    "deletedRegion": region(fix.span, sources),
                    "insertedContent": { "text": fix.replacement },
                }],
            }],
        }]);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn physical(span: Span, sources: &Sources) -> Value {
    json!({
        "artifactLocation": { "uri": uri(sources.name(span.file)) },
        "region": region(span, sources),
    })
}

fn region(span: Span, sources: &Sources) -> Value {
    let from = sources.position(span.file, span.start);
    let to = sources.position(span.file, span.end);
    json!({
        "startLine": from.line,
        "startColumn": from.column,
        "endLine": to.line,
        "endColumn": to.column,
    })
}

/// A file name as a relative URI reference (RFC 3986).
fn uri(name: &str) -> String {
    let mut uri = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b'\\' => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// GitHub workflow commands, one line a diagnostic, which GitHub shows in the changed files.
pub fn to_github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let span = d.span();
        let from = sources.position(span.file, span.start);
        let to = sources.position(span.file, span.end);
        let command = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut text = d.message.clone();
        for part in [&d.law, &d.help].into_iter().flatten() {
            text.push('\n');
            text.push_str(part);
        }
        let property = |s: &str| data(s).replace(':', "%3A").replace(',', "%2C");
        let mut place = format!("line={},endLine={}", from.line, to.line);
        // GitHub ignores columns of a span over several lines.
        if from.line == to.line {
            place.push_str(&format!(",col={},endColumn={}", from.column, to.column));
        }
        out.push_str(&format!(
            "::{command} file={},{place},title={}::{}\n",
            property(sources.name(span.file)),
            property(&format!("{} {}", d.code, d.code.title())),
            data(&text),
        ));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn pretty(value: &Value) -> String {
    // A value made of texts and numbers always serialises.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
