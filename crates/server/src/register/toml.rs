//! One field of a register's text, read and changed. Comments, order and spacing of everything else
//! stay as they were written.

use toml_edit::{
    Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value, value,
};

/// A step into a text: a key, and which one of a list.
pub(crate) type Step = (&'static str, Option<usize>);

/// What stands in a field, as a form shows it.
pub(crate) fn shown(item: &Item) -> String {
    match item {
        Item::Value(Value::Array(values)) => {
            let word = |v: &Value| v.as_str().map_or_else(|| bare(v), str::to_owned);
            values.iter().map(word).collect::<Vec<_>>().join(", ")
        }
        Item::Value(Value::String(text)) => text.value().clone(),
        Item::Value(Value::Boolean(yes)) => if *yes.value() { "yes" } else { "" }.to_owned(),
        Item::Value(other) => bare(other),
        _ => String::new(),
    }
}

/// A value as it is written, without what is around it.
fn bare(value: &Value) -> String {
    let mut value = value.clone();
    *value.decor_mut() = Decor::default();
    value.to_string()
}

/// The table in an item, or the one of this number in a list.
pub(crate) fn table(item: &Item, nth: Option<usize>) -> Option<&dyn TableLike> {
    match (item, nth) {
        (Item::ArrayOfTables(tables), Some(n)) => tables.get(n).map(|t| t as &dyn TableLike),
        (Item::Value(Value::Array(values)), Some(n)) => {
            values.get(n)?.as_inline_table().map(|t| t as &dyn TableLike)
        }
        (item, None) => item.as_table_like(),
        _ => None,
    }
}

fn table_mut(item: &mut Item, nth: Option<usize>) -> Option<&mut dyn TableLike> {
    match (item, nth) {
        (Item::ArrayOfTables(tables), Some(n)) => {
            tables.get_mut(n).map(|t| t as &mut dyn TableLike)
        }
        (Item::Value(Value::Array(values)), Some(n)) => {
            values.get_mut(n)?.as_inline_table_mut().map(|t| t as &mut dyn TableLike)
        }
        (item, None) => item.as_table_like_mut(),
        _ => None,
    }
}

/// The table at the end of these steps.
pub(crate) fn walk<'t>(from: &'t dyn TableLike, steps: &[Step]) -> Option<&'t dyn TableLike> {
    steps.iter().try_fold(from, |t, (key, nth)| table(t.get(key)?, *nth))
}

/// How many there are in a list of tables.
pub(crate) fn count(table: &dyn TableLike, key: &str) -> usize {
    match table.get(key) {
        Some(Item::ArrayOfTables(tables)) => tables.len(),
        Some(Item::Value(Value::Array(values))) => values.len(),
        _ => 0,
    }
}

/// The same table to be changed; what is missing on the way is made. The last table of a list that
/// has one less than asked for is added to it.
pub(crate) fn reach<'t>(
    from: &'t mut dyn TableLike,
    steps: &[Step],
    inline: bool,
) -> Option<&'t mut dyn TableLike> {
    let mut here = from;
    for (key, nth) in steps {
        if here.get(key).is_none_or(Item::is_none) {
            let item = match (nth, inline) {
                (None, _) => value(InlineTable::new()),
                (Some(_), true) => value(Array::new()),
                (Some(_), false) => Item::ArrayOfTables(ArrayOfTables::new()),
            };
            insert(here, key, item);
        }
        let item = here.get_mut(key)?;
        if let Some(n) = nth {
            match item {
                Item::ArrayOfTables(tables) if tables.len() == *n => tables.push(like(tables)),
                Item::Value(Value::Array(values)) if values.len() == *n => push(values),
                _ => {}
            }
        }
        here = table_mut(item, *nth)?;
    }
    Some(here)
}

/// A table that begins as the last one of its list does.
fn like(tables: &ArrayOfTables) -> Table {
    let mut table = Table::new();
    match tables.iter().last() {
        Some(last) => {
            // The blank line and the indentation before it, without its comment.
            let before = last.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
            let indent = before.rsplit('\n').next().unwrap_or_default();
            table.decor_mut().set_prefix(format!("\n{indent}"));
        }
        None => table.decor_mut().set_prefix("\n"),
    }
    table
}

/// Adds a table to a list in brackets, on a line of its own where the others have one.
fn push(values: &mut Array) {
    let before = values.iter().last().and_then(|v| v.decor().prefix()?.as_str());
    let before = before.and_then(|p| Some(p[p.rfind('\n')?..].to_owned()));
    let mut new = Value::from(InlineTable::new());
    match before {
        Some(before) => new.decor_mut().set_prefix(before),
        None if !values.is_empty() => new.decor_mut().set_prefix(" "),
        None => {}
    }
    values.push_formatted(new);
}

/// Adds a field below the others, as far in as they are.
fn insert(table: &mut dyn TableLike, key: &str, item: Item) {
    let last = table.iter().last().map(|(k, _)| k.to_owned());
    let indent = last.and_then(|k| {
        let prefix = table.key(&k)?.leaf_decor().prefix()?.as_str()?.to_owned();
        prefix.rsplit('\n').next().map(str::to_owned)
    });
    table.insert(key, item);
    if let (Some(indent), Some(mut key)) = (indent, table.key_mut(key))
        && !indent.trim_start().starts_with('#')
    {
        key.leaf_decor_mut().set_prefix(indent);
    }
}

/// Says something else in a field; none takes the field away.
pub(crate) fn set(table: &mut dyn TableLike, path: &[&'static str], new: Option<Value>) {
    let Some((last, steps)) = path.split_last() else { return };
    // A text that was written once for both languages is written for each from now on.
    if let ([one], Some(Item::Value(Value::String(both)))) =
        (steps, steps.first().and_then(|k| table.get(k)))
        && matches!(*last, "da" | "en")
    {
        let text = both.value().clone();
        let mut each = InlineTable::new();
        each.insert("da", text.clone().into());
        each.insert("en", text.into());
        put(table, one, each.into());
    }
    let steps: Vec<Step> = steps.iter().map(|key| (*key, None)).collect();
    match new {
        Some(new) => {
            let Some(inner) = reach(table, &steps, true) else { return };
            let there = inner.contains_key(last);
            put(inner, last, new);
            if !there {
                tidy(table, &steps);
            }
        }
        None => {
            if walk(table, &steps).is_none() {
                return;
            }
            let Some(inner) = reach(table, &steps, true) else { return };
            inner.remove(last);
            tidy(table, &steps);
            // A text in no language is no text, and a table of nothing no table.
            for depth in (1..=steps.len()).rev() {
                let nothing = walk(table, &steps[..depth]).is_some_and(TableLike::is_empty);
                let Some(outer) = reach(table, &steps[..depth - 1], true).filter(|_| nothing)
                else {
                    return;
                };
                outer.remove(steps[depth - 1].0);
            }
        }
    }
}

/// The blanks of a table on one line, after something in it came or went.
fn tidy(table: &mut dyn TableLike, steps: &[Step]) {
    let Some(((last, _), before)) = steps.split_last() else { return };
    if let Some(Item::Value(Value::InlineTable(inner))) =
        reach(table, before, true).and_then(|outer| outer.get_mut(last))
    {
        inner.fmt();
    }
}

/// The fields of a table that was added to a list stand as far in as those of the one before.
pub(crate) fn align(table: &mut dyn TableLike, key: &str, nth: usize) {
    let Some(Item::ArrayOfTables(tables)) = table.get_mut(key) else { return };
    let before = nth.checked_sub(1).and_then(|n| tables.get(n));
    let first = before.and_then(|t| t.iter().next().map(|(k, _)| k.to_owned()));
    let prefix = first.and_then(|k| {
        let prefix = before?.key(&k)?.leaf_decor().prefix()?.as_str()?;
        prefix.rsplit('\n').next().map(str::to_owned)
    });
    let (Some(prefix), Some(new)) = (prefix, tables.get_mut(nth)) else { return };
    let keys: Vec<String> = new.iter().map(|(k, _)| k.to_owned()).collect();
    for key in keys {
        if let Some(mut key) = new.key_mut(&key) {
            key.leaf_decor_mut().set_prefix(prefix.clone());
        }
    }
}

fn put(table: &mut dyn TableLike, key: &str, mut new: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        Some(other) => *other = Item::Value(new),
        None => insert(table, key, Item::Value(new)),
    }
}

/// Takes one of a list away; the list with it, when it was the only one.
pub(crate) fn remove(table: &mut dyn TableLike, key: &str, nth: usize) {
    let empty = match table.get_mut(key) {
        Some(Item::ArrayOfTables(tables)) if nth < tables.len() => {
            tables.remove(nth);
            tables.is_empty()
        }
        Some(Item::Value(Value::Array(values))) if nth < values.len() => {
            values.remove(nth);
            values.is_empty()
        }
        _ => false,
    };
    if empty {
        table.remove(key);
    }
}

/// The table of a part of a text that can be changed.
pub(crate) fn part<'t>(
    doc: &'t mut DocumentMut,
    kind: &str,
    nth: Option<usize>,
) -> Option<&'t mut dyn TableLike> {
    table_mut(doc.as_table_mut().get_mut(kind)?, nth)
}
