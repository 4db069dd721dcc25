//! Looking into the store: what could be a starting point, and how old what is there is.

use std::collections::BTreeMap;

use frist_decide::{Outcome, RuleSet};
use frist_law::{Cutoff, Period, Start};
use frist_register::{DataSet, FactSource, Register};
use frist_sweep::Engine;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::{CasesError, Result};

/// Records whose fields are looked at to see how dates are written.
const SAMPLE: usize = 50;

/// The periods for which the age of what is there is counted.
pub const CANDIDATES: [Period; 7] = [
    Period::days(30),
    Period::months(6),
    Period::years(1),
    Period::years(2),
    Period::years(3),
    Period::years(5),
    Period::years(10),
];

/// What a look into the store told.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Look {
    /// The data set's id; one that the register does not have yet gets it by its collection.
    pub dataset: String,
    /// Whether the register has it.
    pub known: bool,
    /// `store/collection`.
    pub place: String,
    /// All fields.
    pub fields: Vec<String>,
    /// What could be a starting point: a fact's name, and the type to be declared (none where the store's own
    /// type tells).
    pub starts: Vec<(String, Option<String>)>,
    /// How many records there are.
    pub records: u64,
    /// The age of what is there, by the starting point that the rule has, or the first that could be one.
    pub ages: Option<Ages>,
}

/// How old the records are, counted from one starting point.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Ages {
    /// The starting point.
    pub from: String,
    /// The day of the oldest.
    pub oldest: Option<Date>,
    /// For each period how many records are older.
    pub older: Vec<(String, u64)>,
    /// How many have no readable starting point.
    pub unreadable: u64,
}

/// Looks at a data set by id, or at a collection without one by `store/collection`.
///
/// # Errors
/// When there is no such thing, or the store does not answer.
pub fn look(engine: &mut Engine, what: &str, t: Timestamp) -> Result<Look> {
    let dataset = dataset(engine, what)?;
    let known = engine.register.dataset(&dataset.id.value).is_some();
    let place = format!("{}/{}", dataset.store.value, dataset.collection.value);
    let mut declared = BTreeMap::new();
    for (name, fact) in &dataset.facts {
        if fact.kind.is_some() {
            declared.insert(name.clone(), None);
        }
    }
    let (fields, forms) = sample(engine, &dataset)?;
    // The rule's own starting points first.
    let mut starts: Vec<(String, Option<String>)> = Vec::new();
    let mut add = |name: &str, form: Option<String>| {
        if !starts.iter().any(|(n, _)| n == name) {
            starts.push((name.to_owned(), form));
        }
    };
    for keep in &dataset.keep {
        if let Some(from) = &keep.from {
            add(&from.value, None);
        }
    }
    declared.iter().for_each(|(name, form)| add(name, form.clone()));
    for (field, form) in forms {
        let of_fact = dataset
            .facts
            .values()
            .any(|f| matches!(&f.source, FactSource::Field(name) if name.value == field));
        if !of_fact {
            add(&field, form);
        }
    }
    let mut found = Look {
        dataset: dataset.id.value.clone(),
        known,
        place,
        fields,
        starts,
        records: 0,
        ages: None,
    };
    let first = found.starts.first().map(|(from, _)| from.clone());
    if let Some(from) = first {
        let (ages, records) = ages(engine, &found, &from, t)?;
        (found.records, found.ages) = (records, Some(ages));
    }
    Ok(found)
}

/// The age of what is there, counted from this starting point; and how many records there are.
///
/// # Errors
/// When the starting point cannot be read, or the store does not answer.
pub fn ages(engine: &mut Engine, look: &Look, from: &str, t: Timestamp) -> Result<(Ages, u64)> {
    let what = if look.known { &look.dataset } else { &look.place };
    let dataset = dataset(engine, what)?;
    let form = look.starts.iter().find(|(n, _)| n == from).and_then(|(_, form)| form.clone());
    let mut older = Vec::new();
    let (mut oldest, mut unreadable, mut records) = (None, 0, 0);
    for period in CANDIDATES {
        let (register, plain) = plain(&engine.register, &dataset, from, form.as_deref(), period)?;
        let rules =
            RuleSet::resolve(&register, engine.book, &plain).map_err(frist_sweep::Error::from)?;
        let store = engine.store(&plain.store.value)?;
        let bound = store.bind(&register, &plain, &rules)?;
        let compiled = frist_decide::compile(&rules, bound.kinds(), t, &[]);
        let census = store.census(&bound, &compiled)?;
        older.push((period.to_string(), census.of(Outcome::Due)));
        (unreadable, records) = (census.of(Outcome::Unclear), census.total());
        if oldest.is_none() {
            let zone = register.controller.calendar.zone.clone();
            oldest = store.earliest_beyond(&bound, 0, &Cutoff::None)?.map(|start| match start {
                Start::Date(d) => d,
                Start::Local(at, _) => at.date(),
                Start::Instant(at) => at.to_zoned(zone).date(),
            });
        }
    }
    Ok((Ages { from: from.to_owned(), oldest, older, unreadable }, records))
}

/// The data set that is meant, or one made up for a collection without.
fn dataset(engine: &Engine, what: &str) -> Result<DataSet> {
    if let Some(d) = engine.register.dataset(what) {
        return Ok(d.clone());
    }
    let none = || CasesError::NotFound { what: "data set or collection", id: what.to_owned() };
    let (store, collection) = what.split_once('/').ok_or_else(none)?;
    let by_place = |d: &&DataSet| d.store.value == store && d.collection.value == collection;
    if let Some(d) = engine.register.datasets.iter().find(by_place) {
        return Ok(d.clone());
    }
    engine.register.store(store).ok_or_else(none)?;
    let id: String = collection
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let text = format!(
        "[[dataset]]\nid = {}\nactivity = \"look\"\nat = {}\nsubjects = [\"user\"]\ncategories = [\"identity\"]\n",
        quoted(id.trim_matches('-')),
        quoted(what)
    );
    read(&text).and_then(|r| r.datasets.into_iter().next()).ok_or_else(none)
}

/// The data set with nothing but one plain rule, and a register that has it.
fn plain(
    register: &Register,
    dataset: &DataSet,
    from: &str,
    form: Option<&str>,
    period: Period,
) -> Result<(Register, DataSet)> {
    let fact =
        form.map_or(String::new(), |f| format!("[dataset.facts]\n{} = \"{f}\"\n", quoted(from)));
    let text = format!(
        "[[activity]]\nid = \"look\"\ntitle = \"-\"\n[[activity.purpose]]\nid = \"look\"\ntext = \"-\"\nbasis = \"6(1)(b)\"\n\
         [[dataset]]\nid = \"look\"\nactivity = \"look\"\nat = \"look/look\"\nsubjects = [\"user\"]\ncategories = [\"identity\"]\n{fact}\
         [[dataset.keep]]\nfor = \"look\"\nfrom = {}\nperiod = \"{period}\"\n",
        quoted(from)
    );
    let broken =
        || CasesError::Input { what: "the starting point", why: format!("`{from}` cannot be one") };
    let mut made = read(&text).ok_or_else(broken)?;
    let look = made.datasets.pop().ok_or_else(broken)?;
    let mut register = register.clone();
    register.activities.append(&mut made.activities);
    let mut facts = dataset.facts.clone();
    facts.extend(look.facts);
    let plain = DataSet {
        activity: look.activity,
        keep: look.keep,
        facts,
        erase: Vec::new(),
        review: None,
        ..dataset.clone()
    };
    // What it refers to by way of others stays; the data set itself is the plain one.
    register.datasets.retain(|d| d.id != plain.id);
    register.datasets.push(plain.clone());
    Ok((register, plain))
}

fn read(text: &str) -> Option<Register> {
    let text = format!("[controller]\nname = \"-\"\n{text}");
    Register::read(&[("look.toml", text.as_str())]).register
}

/// All fields, and those that hold dates, with the type to be declared. Values are looked at to see how they
/// are written, and forgotten.
#[expect(clippy::type_complexity, reason = "two lists, used once")]
fn sample(
    engine: &mut Engine,
    dataset: &DataSet,
) -> Result<(Vec<String>, Vec<(String, Option<String>)>)> {
    let info = {
        let store = engine.store(&dataset.store.value)?;
        let all = store.catalogue()?;
        all.into_iter().find(|c| c.name.eq_ignore_ascii_case(&dataset.collection))
    };
    let key = info.as_ref().and_then(|i| i.key.first().cloned());
    let any = key
        .or_else(|| dataset.key.first().map(|k| k.value.clone()))
        .or_else(|| dataset.facts.keys().next().cloned())
        .or_else(|| info.as_ref().and_then(|i| i.fields.first()).map(|f| f.name.clone()));
    let mut fields: Vec<String> =
        info.iter().flat_map(|i| &i.fields).map(|f| f.name.clone()).collect();
    let Some(any) = any else { return Ok((fields, Vec::new())) };
    let (register, mut one) = plain(&engine.register, dataset, &any, None, Period::ZERO)?;
    // Only whether the field is there: its type does not matter.
    let text = format!(
        "[[activity]]\nid = \"x\"\ntitle = \"-\"\n[[dataset]]\nid = \"x\"\nactivity = \"x\"\nat = \"x/x\"\nsubjects = [\"user\"]\ncategories = [\"identity\"]\n\
         [[dataset.keep]]\nfor = \"look\"\nwhen = {{ {} = {{ set = true }} }}\n",
        quoted(&any)
    );
    if let Some(keep) = read(&text).and_then(|r| r.datasets.into_iter().next()) {
        one.keep = keep.keep;
    }
    let rules = RuleSet::resolve(&register, engine.book, &one).map_err(frist_sweep::Error::from)?;
    let store = engine.store(&one.store.value)?;
    let bound = store.bind(&register, &one, &rules)?;
    let mut seen: BTreeMap<String, Vec<Option<&'static str>>> = BTreeMap::new();
    for key in store.keys(&bound, None, SAMPLE)? {
        for (field, value) in store.fields(&bound, &key)?.unwrap_or_default() {
            if !fields.contains(&field) {
                fields.push(field.clone());
            }
            if let Some(value) = value {
                seen.entry(field).or_default().push(form(&value));
            }
        }
    }
    let mut dates = Vec::new();
    for name in &fields {
        let type_name = info
            .as_ref()
            .and_then(|i| i.fields.iter().find(|f| f.name == *name))
            .map(|f| f.type_name.to_lowercase())
            .unwrap_or_default();
        let typed = type_name == "date" || type_name.starts_with("timestamp");
        let usual = seen.get(name).and_then(|forms| {
            let first = forms.iter().flatten().next()?;
            let same = forms.iter().filter(|f| **f == Some(*first)).count();
            (same * 5 >= forms.len() * 4).then_some(*first)
        });
        match (typed, usual) {
            (true, _)
                if engine.register.store(&dataset.store.value).is_some_and(|s| {
                    matches!(s.kind, frist_register::StoreKind::Postgresql { .. })
                }) =>
            {
                dates.push((name.clone(), None))
            }
            (_, Some(form)) => dates.push((name.clone(), Some(form.to_owned()))),
            _ => {}
        }
    }
    Ok((fields, dates))
}

/// How a value is written, if it is a date.
fn form(value: &str) -> Option<&'static str> {
    if value.bytes().all(|b| b.is_ascii_digit()) {
        return match value.len() {
            9 | 10 => Some("unix"),
            12 | 13 => Some("unix-ms"),
            _ => None,
        };
    }
    let (date, time) = (value.get(..10)?, value.get(10..)?);
    date.parse::<Date>().ok()?;
    match time.strip_prefix([' ', 'T']) {
        _ if time.is_empty() => Some("date"),
        Some(time) if time.ends_with('Z') => Some("instant"),
        Some(time) if time.contains(':') => Some("datetime"),
        _ => None,
    }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}
