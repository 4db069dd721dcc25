//! A form over one part of the register: what stands in its fields, what the checker says beside
//! each, and the text with what was typed.

use std::ops::Range;

use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use super::fields::{Control, Field, Form, Nested, Suggest};
use super::toml::{self, Step};
use super::{Part, Said, parts};
use crate::on_disk::Files;
use crate::words::period_written;

/// The longest text of a field, characters.
const LONGEST: usize = 8_000;

/// One table of a form: the part itself, or one of a list in it.
pub(crate) struct Section {
    /// What the names of its inputs begin with; empty for the part itself.
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) fields: &'static [Field],
    /// The list that it is of.
    pub(crate) of: Option<&'static Nested>,
    /// Whether it is not there yet.
    pub(crate) fresh: bool,
    /// What stands in its fields.
    pub(crate) values: Vec<String>,
}

impl Section {
    /// The name of a field's input.
    pub(crate) fn input(&self, field: &Field) -> String {
        match self.name.as_str() {
            "" => field.path.join("."),
            name => format!("{name}.{}", field.path.join(".")),
        }
    }

    /// The name of the box that takes it away.
    pub(crate) fn remove(&self) -> String {
        format!("{}._remove", self.name)
    }
}

/// The sections of a form over a part as it is in the files; a last, empty one of each list.
pub(crate) fn sections(files: &Files, part: &Part, form: &'static Form) -> Vec<Section> {
    let Ok(doc) = toml_edit::Document::parse(files[part.file].1.as_str()) else {
        return Vec::new();
    };
    let item = doc.as_table().get(&part.kind);
    let Some(table) = item.and_then(|item| toml::table(item, part.nth)) else { return Vec::new() };
    let section = |name: String, steps: Vec<Step>, fields, of| {
        let here = toml::walk(table, &steps);
        let values = |f: &Field| here.map_or_else(String::new, |t| value(t, f));
        let values = <[Field]>::iter(fields).map(values).collect();
        Section { name, steps, fields, of, fresh: here.is_none(), values }
    };
    let mut all = vec![section(String::new(), Vec::new(), form.fields, None)];
    for nested in form.nested {
        for n in 0..=toml::count(table, nested.key) {
            let name = format!("{}.{n}", nested.key);
            all.push(section(name, vec![(nested.key, Some(n))], nested.fields, Some(nested)));
        }
    }
    all
}

fn value(table: &dyn TableLike, field: &Field) -> String {
    item(table, field.path).map_or_else(String::new, toml::shown)
}

/// What a path leads to; a text that was written once is there in both languages.
fn item<'t>(table: &'t dyn TableLike, path: &[&str]) -> Option<&'t Item> {
    let (last, before) = path.split_last()?;
    let Some((first, rest)) = before.split_first() else { return table.get(last) };
    let inner = table.get(first)?;
    match inner {
        Item::Value(Value::String(_)) if matches!(*last, "da" | "en") => Some(inner),
        inner => item(toml::table(inner, None)?, &[rest, &[last]].concat()),
    }
}

/// The text of the part's file with what was typed; none when the part is not as it was shown.
///
/// `typed` answers for the name of an input what was sent, and nothing when it was not.
pub(crate) fn apply(
    files: &Files,
    part: &Part,
    sections: &[Section],
    typed: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut doc: DocumentMut = files[part.file].1.parse().ok()?;
    let mut gone: Vec<(&'static str, usize)> = Vec::new();
    let table = toml::part(&mut doc, &part.kind, part.nth)?;
    for section in sections {
        let removed = section.of.is_some() && typed(&section.remove()).is_some();
        if let (true, false, Some((key, Some(n)))) = (removed, section.fresh, section.steps.first())
        {
            gone.push((key, *n));
        }
        if removed {
            continue;
        }
        let said = |(field, old): (&'static Field, &String)| {
            let new = meant(field, typed(&section.input(field)))?;
            (new != *old).then_some((field, new))
        };
        let changes: Vec<_> = section.fields.iter().zip(&section.values).filter_map(said).collect();
        if changes.is_empty() {
            continue;
        }
        let inline = section.of.is_some_and(|of| of.inline);
        let here = toml::reach(table, &section.steps, inline)?;
        for (field, new) in changes {
            toml::set(here, field.path, written(field, &new));
        }
        if let (true, Some((key, Some(n)))) = (section.fresh, section.steps.first()) {
            toml::align(table, key, *n);
        }
    }
    // From the last: the others keep their numbers.
    for (key, n) in gone.into_iter().rev() {
        toml::remove(table, key, n);
    }
    Some(doc.to_string())
}

/// What was typed, as [`toml::shown`] would show it; none when the field was not sent.
fn meant(field: &Field, typed: Option<String>) -> Option<String> {
    let typed = match (field.control, typed) {
        // A box that is not ticked is not sent.
        (Control::Check, typed) => return Some(typed.map_or("", |_| "yes").to_owned()),
        (_, typed) => typed?,
    };
    let lines = matches!(field.control, Control::Area);
    let plain = typed.replace("\r\n", "\n");
    let plain = plain.chars().filter(|c| !c.is_control() || (lines && *c == '\n'));
    let text: String = plain.take(LONGEST).collect();
    Some(match field.control {
        Control::List(_) => words(&text).collect::<Vec<_>>().join(", "),
        Control::Line(Suggest::Periods) => period_written(&text),
        _ => text.trim().to_owned(),
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// A text as the register has it; none for an empty one, which is no text.
fn written(field: &Field, text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    Some(match field.control {
        Control::Check => true.into(),
        Control::List(_) => words(text).collect::<Array>().into(),
        // What is no number is written as it was typed: the checker says it.
        Control::Count => match text.replace(['.', '_', ' '], "").parse::<i64>() {
            Ok(n) => n.into(),
            Err(_) => text.into(),
        },
        _ => text.into(),
    })
}

/// Where the fields of a form stand in the text, so that what is said of one is shown beside it.
pub(crate) struct Places {
    /// For each section its fields', in their order.
    fields: Vec<Vec<Option<Range<usize>>>>,
    /// For each section, where it begins and the next one does.
    whole: Vec<Option<Range<usize>>>,
    part: Part,
}

/// What is said of a form: for each section of each field, and of the section; then of the rest.
pub(crate) struct Beside {
    pub(crate) fields: Vec<Vec<Vec<Said>>>,
    pub(crate) sections: Vec<Vec<Said>>,
    /// Said of the same part, but of none of these fields.
    pub(crate) part: Vec<Said>,
    /// Said of other parts.
    pub(crate) elsewhere: Vec<Said>,
}

impl Places {
    /// Looks where the fields are; none when the text is no TOML or has the part no more.
    pub(crate) fn of(files: &Files, part: &Part, sections: &[Section]) -> Option<Self> {
        // In a changed text the part may begin elsewhere.
        let same = |p: &Part| (p.file, &p.kind, p.nth) == (part.file, &part.kind, part.nth);
        let part = parts(files).into_iter().find(same)?;
        let doc = toml_edit::Document::parse(files[part.file].1.as_str()).ok()?;
        let table = toml::table(doc.as_table().get(&part.kind)?, part.nth)?;
        let mut starts = Vec::new();
        let fields = sections.iter().map(|section| {
            let here = toml::walk(table, &section.steps);
            starts.push(here.and_then(|t| start(table, t, &section.steps)));
            let place = |field: &Field| {
                // What is missing within it is said of the whole field.
                let whole = &field.path[..1];
                let inner = here.and_then(|t| item(t, field.path)).and_then(Item::span);
                inner.or_else(|| item(here?, whole)?.span())
            };
            section.fields.iter().map(place).collect()
        });
        let fields = fields.collect();
        let ends: Vec<usize> = starts.iter().flatten().copied().chain([part.end]).collect();
        let end =
            |from: usize| ends.iter().copied().filter(|e| *e > from).min().unwrap_or(part.end);
        let whole = starts.iter().map(|s| s.map(|s| s..end(s))).collect();
        Some(Self { fields, whole, part })
    }

    /// Puts what is said where it belongs.
    pub(crate) fn sort(&self, said: &[Said]) -> Beside {
        let none = |f: &Vec<Option<Range<usize>>>| vec![Vec::new(); f.len()];
        let mut beside = Beside {
            fields: self.fields.iter().map(none).collect(),
            sections: vec![Vec::new(); self.whole.len()],
            part: Vec::new(),
            elsewhere: Vec::new(),
        };
        for one in said {
            if !self.part.has(one) {
                beside.elsewhere.push(one.clone());
                continue;
            }
            // The narrowest place: a text in one language before the text.
            let mut best: Option<(usize, usize, usize)> = None;
            for (s, fields) in self.fields.iter().enumerate() {
                for (f, place) in fields.iter().enumerate() {
                    let Some(place) = place.as_ref().filter(|p| p.contains(&one.start)) else {
                        continue;
                    };
                    if best.is_none_or(|(_, _, width)| place.len() < width) {
                        best = Some((s, f, place.len()));
                    }
                }
            }
            let within =
                |w: &Option<Range<usize>>| w.as_ref().is_some_and(|w| w.contains(&one.start));
            match best {
                Some((s, f, _)) => beside.fields[s][f].push(one.clone()),
                None => match self.whole.iter().rposition(within) {
                    Some(s) if s > 0 => beside.sections[s].push(one.clone()),
                    _ => beside.part.push(one.clone()),
                },
            }
        }
        beside
    }
}

/// Where a table begins.
fn start(part: &dyn TableLike, table: &dyn TableLike, steps: &[Step]) -> Option<usize> {
    let of = |item: &Item, nth: Option<usize>| match (item, nth) {
        (Item::ArrayOfTables(tables), Some(n)) => tables.get(n)?.span(),
        (Item::Value(Value::Array(values)), Some(n)) => values.get(n)?.span(),
        (item, _) => item.span(),
    };
    match steps {
        [] => table.iter().filter_map(|(_, item)| item.span()).map(|s| s.start).min(),
        [(key, nth)] => of(part.get(key)?, *nth).map(|s| s.start),
        _ => None,
    }
}
