//! Putting an assessment, and the rule, into the register's files. Everything else in them stays as it is.

use frist_register::Text;
use jiff::civil::Date;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::{CasesError, Result};

/// A file of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A purpose that the activity does not have yet.
pub(super) struct NewPurpose {
    pub(super) id: String,
    pub(super) text: Text,
    pub(super) basis: String,
    pub(super) special: Option<String>,
    pub(super) law: Option<String>,
    pub(super) interest: Option<Text>,
}

/// A ground to keep.
pub(super) struct Ground {
    pub(super) purpose: String,
    pub(super) from: String,
    pub(super) period: Option<String>,
    pub(super) given: Option<String>,
    pub(super) until: Option<String>,
    /// `field=value`.
    pub(super) when: Option<String>,
    pub(super) review: Option<Text>,
}

/// The assessment.
pub(super) struct Made {
    pub(super) on: Date,
    pub(super) by: String,
    pub(super) next: Date,
    pub(super) data: Text,
    pub(super) purpose: Text,
    pub(super) so_far: Text,
    pub(super) basis: Text,
    pub(super) doubt: Text,
    pub(super) lawyer: bool,
}

/// What is to be changed.
pub struct Edit {
    pub(super) dataset: String,
    pub(super) place: String,
    pub(super) activity: String,
    /// For a data set that the register does not have: whom it is about, and its categories.
    pub(super) new: Option<(String, Vec<String>)>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) purposes: Vec<NewPurpose>,
    pub(super) grounds: Vec<Ground>,
    pub(super) assessment: Made,
    /// Whether the rule is written too.
    pub(super) rule: bool,
}

/// The rule as TOML, as it would stand in the register.
pub(super) fn rule(edit: &Edit) -> String {
    let mut doc = DocumentMut::new();
    let root = doc.as_table_mut();
    if !edit.purposes.is_empty() {
        let mut a = Table::new();
        a.insert("id", value(&edit.activity));
        a.insert("purpose", Item::ArrayOfTables(edit.purposes.iter().map(purpose).collect()));
        root.insert("activity", Item::ArrayOfTables(ArrayOfTables::from_iter([a])));
    }
    let mut d = Table::new();
    d.insert("id", value(&edit.dataset));
    d.insert("keep", Item::ArrayOfTables(edit.grounds.iter().map(ground).collect()));
    root.insert("dataset", Item::ArrayOfTables(ArrayOfTables::from_iter([d])));
    doc.to_string()
}

/// The assessment as TOML, as it would stand in the register below its data set.
pub(super) fn assessment(edit: &Edit) -> String {
    let mut d = Table::new();
    d.insert("id", value(&edit.dataset));
    put_assessment(&mut d, &edit.assessment);
    let mut doc = DocumentMut::new();
    let list = Item::ArrayOfTables(ArrayOfTables::from_iter([d]));
    doc.as_table_mut().insert("dataset", list);
    doc.to_string()
}

/// The files that change, with the change.
///
/// # Errors
/// When a file is not TOML, or none has the data set or its activity.
pub fn write(files: &[(String, String)], edit: &Edit) -> Result<Vec<File>> {
    let mut out: Vec<File> = Vec::new();
    let mut found = false;
    let home = |doc: &DocumentMut, list: &str, id: &str| {
        doc.get(list)
            .and_then(Item::as_array_of_tables)
            .is_some_and(|all| all.iter().any(|t| t.get("id").and_then(Item::as_str) == Some(id)))
    };
    for (name, text) in files {
        let failed = |e: toml_edit::TomlError| CasesError::File {
            action: "change",
            place: name.clone(),
            reason: e.message().to_owned(),
        };
        let mut doc: DocumentMut = text.parse().map_err(failed)?;
        let mut changed = false;
        let here = home(&doc, "activity", &edit.activity);
        if edit.rule
            && here
            && !edit.purposes.is_empty()
            && let Some(a) = entry(&mut doc, "activity", &edit.activity)
        {
            let list = tables(a, "purpose").ok_or_else(|| other(name, "purpose"))?;
            edit.purposes.iter().map(purpose).for_each(|p| list.push(p));
            changed = true;
        }
        match &edit.new {
            Some((subject, categories)) if here => {
                let mut d = Table::new();
                d.insert("id", value(&edit.dataset));
                d.insert("activity", value(&edit.activity));
                d.insert("at", value(&edit.place));
                d.insert("subjects", value(Array::from_iter([subject.as_str()])));
                d.insert(
                    "categories",
                    value(Array::from_iter(categories.iter().map(String::as_str))),
                );
                d.decor_mut().set_prefix("\n");
                put(&mut d, edit);
                let list = tables(doc.as_table_mut(), "dataset");
                list.ok_or_else(|| other(name, "dataset"))?.push(d);
                (changed, found) = (true, true);
            }
            Some(_) => {}
            None => {
                if let Some(d) = entry(&mut doc, "dataset", &edit.dataset) {
                    put(d, edit);
                    (changed, found) = (true, true);
                }
            }
        }
        if changed {
            out.push(File { name: name.clone(), text: doc.to_string() });
        }
    }
    match found {
        true => Ok(out),
        false => Err(CasesError::NotFound {
            what: "data set in the register's files",
            id: edit.dataset.clone(),
        }),
    }
}

fn other(file: &str, list: &str) -> CasesError {
    CasesError::File {
        action: "change",
        place: file.to_owned(),
        reason: format!("`{list}` is written as a list in brackets; write it as [[{list}]]"),
    }
}

/// Puts assessment and rule into a data set.
fn put(d: &mut Table, edit: &Edit) {
    if edit.rule {
        for (name, form) in &edit.facts {
            let facts = d.entry("facts").or_insert_with(|| Item::Table(Table::new()));
            match facts {
                Item::Table(t) if !t.contains_key(name) => {
                    t.insert(name, value(form));
                }
                Item::Value(Value::InlineTable(t)) if !t.contains_key(name) => {
                    t.insert(name, form.as_str().into());
                }
                _ => {}
            }
        }
        d.insert("keep", Item::ArrayOfTables(edit.grounds.iter().map(ground).collect()));
    }
    put_assessment(d, &edit.assessment);
}

fn put_assessment(d: &mut Table, a: &Made) {
    let mut t = Table::new();
    t.insert("on", value(a.on.to_string()));
    t.insert("by", value(&a.by));
    t.insert("next", value(a.next.to_string()));
    for (name, words) in [
        ("data", &a.data),
        ("purpose", &a.purpose),
        ("so_far", &a.so_far),
        ("basis", &a.basis),
        ("doubt", &a.doubt),
    ] {
        if !words.is_empty() {
            t.insert(name, text(words));
        }
    }
    if a.lawyer {
        t.insert("lawyer", value(true));
    }
    t.decor_mut().set_prefix("\n");
    d.insert("assessment", Item::Table(t));
}

fn purpose(p: &NewPurpose) -> Table {
    let mut t = Table::new();
    t.insert("id", value(&p.id));
    t.insert("text", text(&p.text));
    t.insert("basis", value(&p.basis));
    if let Some(special) = &p.special {
        t.insert("special_basis", value(special));
    }
    if let Some(law) = &p.law {
        t.insert("law", value(law));
    }
    if let Some(interest) = &p.interest {
        t.insert("interest", text(interest));
    }
    t.decor_mut().set_prefix("\n");
    t
}

fn ground(g: &Ground) -> Table {
    let mut t = Table::new();
    t.insert("for", value(&g.purpose));
    t.insert("from", value(&g.from));
    if let Some(period) = &g.period {
        t.insert("period", value(period));
    }
    for (name, field) in [("given", &g.given), ("until", &g.until)] {
        if let Some(field) = field {
            t.insert(name, value(field));
        }
    }
    if let Some((field, wanted)) = g.when.as_deref().and_then(|w| w.split_once('=')) {
        let wanted = wanted.trim();
        let literal = match (wanted.parse::<i64>(), wanted.parse::<bool>()) {
            (Ok(n), _) => Value::from(n),
            (_, Ok(b)) => Value::from(b),
            _ => Value::from(wanted),
        };
        let mut when = InlineTable::new();
        when.insert(field.trim(), literal);
        t.insert("when", Item::Value(Value::InlineTable(when)));
    }
    if let Some(review) = &g.review {
        t.insert("review", text(review));
    }
    t.decor_mut().set_prefix("\n");
    t
}

/// A text; one that is the same in both languages is written once.
fn text(words: &Text) -> Item {
    if words.da == words.en {
        return value(&words.da);
    }
    let mut t = InlineTable::new();
    t.insert("da", words.da.as_str().into());
    t.insert("en", words.en.as_str().into());
    Item::Value(Value::InlineTable(t))
}

fn entry<'d>(doc: &'d mut DocumentMut, list: &str, id: &str) -> Option<&'d mut Table> {
    let all = doc.get_mut(list)?.as_array_of_tables_mut()?;
    all.iter_mut().find(|t| t.get("id").and_then(Item::as_str) == Some(id))
}

/// The list of tables of this name, made when it is not there; none when it is written in another way, which
/// is left alone.
fn tables<'t>(table: &'t mut Table, name: &str) -> Option<&'t mut ArrayOfTables> {
    let list = table.entry(name).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    list.as_array_of_tables_mut()
}
