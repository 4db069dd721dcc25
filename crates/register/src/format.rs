//! `frist fmt`: one layout for every register. Comments and the order of keys stay; only spaces,
//! blank lines, indentation and the breaking of lists change.

use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, KeyMut, Table, Value};

/// Lines are broken beyond this many characters.
const WIDTH: usize = 100;

/// A text that cannot be formatted, because it is not TOML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text cannot be formatted, because it is not TOML: {message}")]
pub struct FormatError {
    /// What TOML has against it.
    pub message: String,
    /// First byte and one past the last byte of the place, where known.
    pub span: Option<(usize, usize)>,
}

/// The text in the layout that every register has.
///
/// # Errors
/// When the text is not TOML.
pub fn format(text: &str) -> Result<String, FormatError> {
    let mut document: DocumentMut =
        text.parse().map_err(|e: toml_edit::TomlError| FormatError {
            message: e.message().trim().replace('\n', "; "),
            span: e.span().map(|range| (range.start, range.end)),
        })?;
    let trailing = comments(document.trailing().as_str(), "", Blank::Keep);
    table(document.as_table_mut(), 0);
    document.set_trailing(trailing);
    let text = document.to_string();
    let text = text.trim_start_matches('\n').trim_end();
    Ok(if text.is_empty() { String::new() } else { format!("{text}\n") })
}

/// What to do with blank lines before the first comment.
#[derive(Clone, Copy, PartialEq)]
enum Blank {
    /// At most one.
    Keep,
    /// None.
    Drop,
    /// Exactly one.
    One,
}

/// The comments of a prefix, one a line, indented, with at most one blank line between.
fn comments(prefix: Option<&str>, indent: &str, blank: Blank) -> String {
    let mut out = String::new();
    let mut gap = blank == Blank::One;
    // The last piece is the indentation of what follows; it holds no comment.
    for line in prefix.unwrap_or("").split_inclusive('\n') {
        let words = line.trim();
        if !words.is_empty() {
            if gap {
                out.push('\n');
            }
            gap = false;
            out.push_str(indent);
            out.push_str(words);
            out.push('\n');
        } else if line.ends_with('\n') && (blank != Blank::Drop || !out.is_empty()) {
            gap = true;
        }
    }
    if gap {
        out.push('\n');
    }
    out
}

fn trailing_comment(suffix: Option<&str>) -> String {
    match suffix.unwrap_or("").trim() {
        "" => String::new(),
        words => format!("  {words}"),
    }
}

fn prefix(decor: &Decor) -> Option<String> {
    decor.prefix().and_then(|p| p.as_str()).map(str::to_owned)
}

fn suffix(decor: &Decor) -> Option<String> {
    decor.suffix().and_then(|p| p.as_str()).map(str::to_owned)
}

/// Lays out what is in a table; `depth` is how many headers it is inside of.
fn table(inside: &mut Table, depth: usize) {
    let mut first = true;
    entries(inside, depth, &mut first);
}

fn entries(inside: &mut Table, depth: usize, first: &mut bool) {
    let indent = "  ".repeat(depth.saturating_sub(1));
    for (mut key, item) in inside.iter_mut() {
        match item {
            Item::None => {}
            Item::Value(v) => {
                key_value(&mut key, v, &indent, *first);
                *first = false;
            }
            Item::Table(t) if t.is_dotted() => {
                bare(&mut key);
                entries(t, depth, first);
            }
            Item::Table(t) => {
                bare(&mut key);
                header(t, depth + 1);
            }
            Item::ArrayOfTables(tables) => {
                bare(&mut key);
                for t in tables.iter_mut() {
                    header(t, depth + 1);
                }
            }
        }
    }
}

fn header(t: &mut Table, depth: usize) {
    let indent = "  ".repeat(depth.saturating_sub(1));
    let mut before = comments(prefix(t.decor()).as_deref(), &indent, Blank::One);
    before.push_str(&indent);
    let after = trailing_comment(suffix(t.decor()).as_deref());
    t.decor_mut().set_prefix(before);
    t.decor_mut().set_suffix(after);
    table(t, depth);
}

/// No space around the dots of a header or dotted key.
fn bare(key: &mut KeyMut<'_>) {
    key.leaf_decor_mut().clear();
    key.dotted_decor_mut().clear();
}

fn key_value(key: &mut KeyMut<'_>, v: &mut Value, indent: &str, first: bool) {
    let blank = if first { Blank::Drop } else { Blank::Keep };
    let mut before = comments(prefix(key.leaf_decor()).as_deref(), indent, blank);
    before.push_str(indent);
    key.dotted_decor_mut().clear();
    key.leaf_decor_mut().set_prefix(before);
    key.leaf_decor_mut().set_suffix(" ");
    let after = trailing_comment(suffix(v.decor()).as_deref());
    value(v);
    v.decor_mut().set_prefix(" ");
    let used = indent.len() + key.display_repr().chars().count() + 3 + after.chars().count();
    if let Value::Array(list) = v
        && !has_comment(list)
        && used + list.to_string().chars().count() > WIDTH
    {
        breaks(list, indent);
    }
    v.decor_mut().set_suffix(after);
}

/// Lays a value out on one line, unless a comment in it forbids that.
fn value(v: &mut Value) {
    match v {
        Value::Array(list) if !has_comment(list) => {
            for (i, item) in list.iter_mut().enumerate() {
                value(item);
                item.decor_mut().set_prefix(if i == 0 { "" } else { " " });
                item.decor_mut().set_suffix("");
            }
            list.set_trailing("");
            list.set_trailing_comma(false);
        }
        Value::InlineTable(fields) if !fields.to_string().contains('\n') => one_line(fields),
        _ => {}
    }
    v.decor_mut().clear();
}

fn one_line(fields: &mut InlineTable) {
    let mut first = true;
    let count = fields.len();
    for (i, (mut key, v)) in fields.iter_mut().enumerate() {
        if let Value::InlineTable(inner) = v
            && inner.is_dotted()
        {
            // `a.b = 1` inside braces is rare, and is left as it is written.
            continue;
        }
        value(v);
        key.dotted_decor_mut().clear();
        key.leaf_decor_mut().set_prefix(" ");
        key.leaf_decor_mut().set_suffix(" ");
        v.decor_mut().set_prefix(" ");
        v.decor_mut().set_suffix(if i + 1 == count { " " } else { "" });
        first = false;
    }
    fields.set_trailing_comma(false);
    if !first {
        fields.set_trailing("");
    }
}

fn breaks(list: &mut Array, indent: &str) {
    let inner = format!("\n{indent}    ");
    for item in list.iter_mut() {
        item.decor_mut().set_prefix(inner.as_str());
    }
    list.set_trailing(format!("\n{indent}"));
    list.set_trailing_comma(true);
}

/// Whether a comment stands anywhere between the items.
fn has_comment(list: &Array) -> bool {
    let hash = |text: Option<&str>| text.is_some_and(|t| t.contains('#'));
    hash(list.trailing().as_str())
        || list.iter().any(|item| {
            let decor = item.decor();
            hash(decor.prefix().and_then(|p| p.as_str()))
                || hash(decor.suffix().and_then(|s| s.as_str()))
                || match item {
                    Value::Array(inner) => has_comment(inner),
                    Value::InlineTable(inner) => inner.to_string().contains('\n'),
                    _ => false,
                }
        })
}
