//! From a catalogue to a proposal: which collections hold personal data and why, about whom, from
//! which date a period could run, and what refers to what.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use frist_stores::CollectionInfo;

use super::look::{Form, Forms, of_type};
use super::toml;
use super::words::{self, Moment, Nature, PERSON, Told, Weight};

/// Why a collection is taken to hold personal data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum Reason {
    /// A field looks like this category of personal data.
    Field {
        /// The field.
        field: String,
        /// The category.
        category: &'static str,
    },
    /// A field names a person by number.
    Names {
        /// The field.
        field: String,
        /// The category of data subjects.
        subject: &'static str,
    },
    /// A field refers to a collection that holds personal data.
    Refers {
        /// The field.
        field: String,
        /// The other collection.
        to: String,
    },
    /// What it is called.
    Name,
    /// Files: nothing shows that they hold none.
    Files,
}

/// A date that a period could run from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The field.
    pub field: String,
    /// What its name tells.
    pub moment: Moment,
    /// How it is written; none when neither type nor records tell.
    pub form: Option<Form>,
    /// Whether the register must say so.
    pub declare: bool,
    /// Whether it may be empty.
    pub nullable: bool,
}

/// From where the period runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A date of the record.
    Own(Day),
    /// A date of the record that it refers to.
    Lookup {
        /// The data set referred to.
        dataset: String,
        /// By this field of the record.
        by: String,
        /// The date there.
        day: Day,
    },
    /// The latest date of what refers to the record, as a fact of this name.
    Latest {
        /// The fact.
        name: String,
        /// The data set that refers here.
        dataset: String,
        /// By this field.
        by: String,
        /// The date there.
        day: Day,
    },
    /// For a person to say.
    Open,
}

/// A reference to another data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The other data set.
    pub to: String,
    /// The field.
    pub by: String,
    /// Whether it may be emptied.
    pub nullable: bool,
}

/// A proposed data set.
#[derive(Debug, Clone)]
pub struct Set {
    /// Its id.
    pub id: String,
    /// The collection.
    pub collection: String,
    /// What kind of records it has.
    pub nature: Nature,
    /// Why it is taken to hold personal data.
    pub reasons: Vec<Reason>,
    /// About whom, and the field that names them.
    pub subjects: Vec<(&'static str, Option<String>)>,
    /// Categories of personal data.
    pub categories: Vec<&'static str>,
    /// Whether nothing told the categories.
    pub vague: bool,
    /// Fields that identify.
    pub identifiers: Vec<String>,
    /// Whether the store has no key for it.
    pub keyless: bool,
    /// From where the period runs.
    pub start: Start,
    /// Dates that could be the starting point as well.
    pub other_days: Vec<Day>,
    /// For a list of people without an end date: data set, its field that names them, its date.
    pub latest: Option<(String, String, Day)>,
    /// References.
    pub links: Vec<Link>,
    /// How long it is kept, when a person said so.
    pub period: Option<String>,
}

impl Set {
    /// From what a person may choose: the dates of the record, the proposed one first, and the latest
    /// date of what refers to it.
    pub fn starts(&self) -> Vec<String> {
        let own = match &self.start {
            Start::Own(day) | Start::Lookup { day, .. } => Some(day.field.clone()),
            Start::Latest { name, .. } => Some(name.clone()),
            Start::Open => None,
        };
        let latest = self.latest.as_ref().map(|(dataset, ..)| latest_name(dataset));
        let mut all: Vec<String> = Vec::new();
        for name in
            own.into_iter().chain(self.other_days.iter().map(|d| d.field.clone())).chain(latest)
        {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }

    /// Counts from the date of this name, one of [`Set::starts`]; another changes nothing.
    pub fn count_from(&mut self, name: &str) {
        if let Some(at) = self.other_days.iter().position(|d| d.field == name) {
            let day = self.other_days.remove(at);
            if let Start::Own(before) = std::mem::replace(&mut self.start, Start::Own(day)) {
                self.other_days.insert(0, before);
            }
        } else if let Some((dataset, by, day)) =
            self.latest.clone().filter(|(dataset, ..)| latest_name(dataset) == name)
        {
            self.start = Start::Latest { name: name.to_owned(), dataset, by, day };
        }
    }

    /// Whether it holds a special category (Art. 9).
    pub fn special(&self) -> bool {
        let special = [
            "health",
            "ethnicity",
            "religion",
            "politics",
            "union",
            "genetic",
            "biometric",
            "sex-life",
        ];
        self.categories.iter().any(|c| special.contains(c))
    }

    /// Whether the law book says all there is to say.
    pub fn complete(&self) -> bool {
        self.nature == Nature::Accounts
            && self.start != Start::Open
            && !self.special()
            && !self.keyless
    }
}

/// The name of the fact that is the latest date of a data set.
pub(crate) fn latest_name(dataset: &str) -> String {
    format!("last_{}", dataset.replace('-', "_"))
}

/// A collection that is proposed as exempt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Exempt {
    /// The collection.
    pub at: String,
    /// Fields that could be personal data all the same.
    pub look_at: Vec<String>,
}

/// What is proposed for a store.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// Data sets.
    pub sets: Vec<Set>,
    /// Collections without personal data.
    pub exempt: Vec<Exempt>,
    /// Views and the like, which Frist leaves alone.
    pub left_alone: Vec<String>,
}

impl Proposal {
    /// Leaves out the data sets that are not wanted, by collection, and what refers to them.
    pub fn only(&mut self, wanted: impl Fn(&str) -> bool) {
        self.sets.retain(|s| wanted(&s.collection));
        let left: HashSet<String> = self.sets.iter().map(|s| s.id.clone()).collect();
        for set in &mut self.sets {
            set.links.retain(|l| left.contains(&l.to));
            if matches!(&set.start, Start::Lookup { dataset, .. } if !left.contains(dataset)) {
                set.start = Start::Open;
            }
            set.latest = set.latest.take().filter(|(dataset, ..)| left.contains(dataset));
        }
    }

    /// Gives data sets whose id the register has already the store's name as well.
    pub fn rename(&mut self, store: &str, taken: &BTreeSet<String>) {
        let mut all: HashSet<String> = taken.iter().cloned().collect();
        all.extend(self.sets.iter().map(|s| s.id.clone()));
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for set in self.sets.iter().filter(|s| taken.contains(&s.id)) {
            let base = format!("{}-{store}", set.id);
            let mut id = base.clone();
            let mut n = 2;
            while !all.insert(id.clone()) {
                id = format!("{base}-{n}");
                n += 1;
            }
            renamed.insert(set.id.clone(), id);
        }
        let rename = |id: &mut String| {
            if let Some(new) = renamed.get(id) {
                id.clone_from(new);
            }
        };
        for set in &mut self.sets {
            rename(&mut set.id);
            set.links.iter_mut().for_each(|l| rename(&mut l.to));
            match &mut set.start {
                Start::Lookup { dataset, .. } | Start::Latest { dataset, .. } => rename(dataset),
                Start::Own(_) | Start::Open => {}
            }
            if let Some((dataset, ..)) = &mut set.latest {
                rename(dataset);
            }
        }
    }
}

/// A table as it is looked at.
struct Table<'a> {
    info: &'a CollectionInfo,
    words: Vec<String>,
    told: Vec<(&'a str, Told)>,
    reasons: Vec<Reason>,
}

impl<'a> Table<'a> {
    fn new(info: &'a CollectionInfo) -> Self {
        let words = words::words(&info.name);
        let fields = || info.fields.iter().map(|f| f.name.as_str());
        // A record's own number tells nothing: `sick_leave_id`.
        let number = |f: &str| {
            info.key.iter().any(|k| k == f) && words::words(f).last().is_some_and(|w| w == "id")
        };
        let told: Vec<(&str, Told)> =
            fields().filter(|f| !number(f)).filter_map(|f| Some((f, words::field(f)?))).collect();
        let mut reasons: Vec<Reason> = Vec::new();
        let field = |(field, told): &(&str, Told)| Reason::Field {
            field: (*field).to_owned(),
            category: told.category,
        };
        let hints: BTreeSet<&str> = told
            .iter()
            .filter(|(_, t)| t.weight >= Weight::Hint)
            .map(|(_, t)| t.category)
            .collect();
        let enough = told.iter().any(|(_, t)| t.weight == Weight::Tells)
            || hints.len() > 1
            || (words::people(&words).is_some() && !hints.is_empty());
        if enough {
            reasons.extend(told.iter().filter(|(_, t)| t.weight >= Weight::Hint).map(field));
        }
        let foreign = |f: &str| info.references.iter().any(|(by, _, _)| by == f);
        for name in fields().filter(|f| !foreign(f)) {
            if let Some(subject) = words::names_person(name) {
                // In a list of customers the customer's number is nothing new.
                if !reasons.is_empty() && words::people(&words) == Some(subject) {
                    continue;
                }
                reasons.push(Reason::Names { field: name.to_owned(), subject });
            }
        }
        if reasons.is_empty() && words::nature(&words) == Nature::Surveillance {
            reasons.push(Reason::Name);
        }
        Self { info, words, told, reasons }
    }

    fn people(&self) -> Option<&'static str> {
        words::people(&self.words)
    }
}

/// Where a reference leads: SQLite does not mind the case of a name.
fn find(infos: &[&CollectionInfo], name: &str) -> Option<usize> {
    let exact = infos.iter().position(|i| i.name == name);
    exact.or_else(|| infos.iter().position(|i| i.name.eq_ignore_ascii_case(name)))
}

/// The collections, with the reasons to take them as personal data; none for the others.
fn personal<'a>(infos: &[&'a CollectionInfo]) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'_>> = infos.iter().map(|i| Table::new(i)).collect();
    // Whatever refers to a person's record tells something of that person.
    loop {
        let mut found: Vec<(usize, Reason)> = Vec::new();
        for (ix, table) in tables.iter().enumerate() {
            for (by, to, _) in &table.info.references {
                let other = find(infos, to).filter(|o| *o != ix && !tables[*o].reasons.is_empty());
                let reason = Reason::Refers { field: by.clone(), to: to.clone() };
                if other.is_some() && !table.reasons.contains(&reason) {
                    found.push((ix, reason));
                }
            }
        }
        if found.is_empty() {
            return tables;
        }
        for (ix, reason) in found {
            if !tables[ix].reasons.contains(&reason) {
                tables[ix].reasons.push(reason);
            }
        }
    }
}

/// The names of the collections that hold personal data: those worth a look at their records.
pub fn worth_a_look(catalogue: &[CollectionInfo]) -> HashSet<String> {
    let infos: Vec<&CollectionInfo> = catalogue.iter().filter(|i| !i.view).collect();
    let tables = personal(&infos);
    tables.iter().filter(|t| !t.reasons.is_empty()).map(|t| t.info.name.clone()).collect()
}

/// Proposes a register for a database.
pub fn database(catalogue: &[CollectionInfo], forms: &BTreeMap<String, Forms>) -> Proposal {
    // A name that is empty cannot be written as `store/collection`.
    let usable = |i: &&CollectionInfo| !i.view && !i.name.trim().is_empty();
    let infos: Vec<&CollectionInfo> = catalogue.iter().filter(usable).collect();
    let tables = personal(&infos);
    let mut proposal = Proposal {
        left_alone: catalogue.iter().filter(|i| !usable(i)).map(|i| i.name.clone()).collect(),
        ..Proposal::default()
    };
    let ids = ids(tables.iter().map(|t| t.info.name.as_str()));
    let no_forms = Forms::new();
    for (ix, table) in tables.iter().enumerate() {
        if table.reasons.is_empty() {
            let look_at = table.told.iter().filter(|(_, t)| t.weight >= Weight::Hint);
            proposal.exempt.push(Exempt {
                at: table.info.name.clone(),
                look_at: look_at.map(|(f, _)| (*f).to_owned()).collect(),
            });
            continue;
        }
        let links = links(&infos, &tables, &ids, ix);
        let (categories, vague) = categories(table);
        let mut days = days(table.info, forms.get(&table.info.name).unwrap_or(&no_forms));
        let nature = words::nature(&table.words);
        let start = start(nature, &mut days);
        proposal.sets.push(Set {
            id: ids[ix].clone(),
            collection: table.info.name.clone(),
            nature,
            reasons: table.reasons.clone(),
            subjects: subjects(&infos, &tables, ix, &mut Vec::new()),
            categories,
            vague,
            identifiers: identifiers(table),
            keyless: table.info.key.is_empty(),
            start,
            other_days: days,
            latest: None,
            links,
            period: None,
        });
    }
    look_up(&mut proposal.sets);
    latest(&mut proposal.sets);
    proposal
}

/// Ids for collections, each its own.
pub(super) fn ids<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    names
        .map(|name| {
            let base = toml::id(name);
            let mut id = base.clone();
            let mut n = 2;
            while !taken.insert(id.clone()) {
                id = format!("{base}-{n}");
                n += 1;
            }
            id
        })
        .collect()
}

/// References by one field to the key of another data set.
fn links(infos: &[&CollectionInfo], tables: &[Table<'_>], ids: &[String], ix: usize) -> Vec<Link> {
    let own = tables[ix].info;
    let mut links: Vec<Link> = Vec::new();
    for (by, to, field) in &own.references {
        let Some(other) = find(infos, to).filter(|o| !tables[*o].reasons.is_empty()) else {
            continue;
        };
        let [key] = tables[other].info.key.as_slice() else { continue };
        let to_key = field.is_empty() || field.eq_ignore_ascii_case(key);
        let twice = links.iter().any(|l| l.by == *by && l.to == ids[other]);
        if to_key && !twice {
            let column = own.fields.iter().find(|f| f.name.eq_ignore_ascii_case(by));
            let nullable = column.is_some_and(|f| f.nullable && !f.generated);
            // As the catalogue spells it.
            let by = column.map_or(by, |f| &f.name).clone();
            links.push(Link { to: ids[other].clone(), by, nullable });
        }
    }
    links
}

fn categories(table: &Table<'_>) -> (Vec<&'static str>, bool) {
    let mut categories: Vec<&str> = Vec::new();
    let mut add = |c| {
        if !categories.contains(&c) {
            categories.push(c);
        }
    };
    table.told.iter().for_each(|(_, t)| add(t.category));
    match words::nature(&table.words) {
        Nature::Accounts => add("payment"),
        Nature::Correspondence | Nature::Claims => add("communication"),
        Nature::Applications | Nature::Personnel | Nature::WorkingTime => add("employment"),
        Nature::Surveillance => add("image"),
        Nature::PatientRecords => add("health"),
        Nature::Consents | Nature::Other => {}
    }
    if let Some(told) = words::field(&table.info.name).filter(|t| t.weight == Weight::Tells) {
        add(told.category);
    }
    let vague = categories.is_empty();
    (if vague { vec!["identity"] } else { categories }, vague)
}

fn identifiers(table: &Table<'_>) -> Vec<String> {
    table.told.iter().filter(|(_, t)| t.identifies).map(|(f, _)| (*f).to_owned()).collect()
}

/// About whom: the table's own people, those it refers to, those its fields or its name mention, or
/// those of what it refers to.
fn subjects(
    infos: &[&CollectionInfo],
    tables: &[Table<'_>],
    ix: usize,
    path: &mut Vec<usize>,
) -> Vec<(&'static str, Option<String>)> {
    let table = &tables[ix];
    let key = match table.info.key.as_slice() {
        [key] => Some(key.clone()),
        _ => None,
    };
    if let Some(people) = table.people() {
        return vec![(people, key)];
    }
    let mut found: Vec<(&'static str, Option<String>)> = Vec::new();
    let mut add = |subject, field: Option<String>| {
        if !found.iter().any(|(s, _)| *s == subject) {
            found.push((subject, field));
        }
    };
    let others =
        || table.info.references.iter().filter_map(|(by, to, _)| Some((by, find(infos, to)?)));
    for (by, other) in others() {
        if let Some(people) = tables[other].people() {
            add(people, Some(by.clone()));
        }
    }
    for reason in &table.reasons {
        if let Reason::Names { field, subject } = reason {
            add(subject, Some(field.clone()));
        }
    }
    if found.is_empty() {
        path.push(ix);
        for (_, other) in others() {
            if !path.contains(&other) && !tables[other].reasons.is_empty() {
                for (subject, _) in subjects(infos, tables, other, path) {
                    if subject != PERSON && !found.iter().any(|(s, _)| *s == subject) {
                        found.push((subject, None));
                    }
                }
            }
        }
    }
    match words::mentioned(&table.words) {
        Some(mentioned) if found.is_empty() => found.push((mentioned, None)),
        _ => {}
    }
    if found.is_empty() {
        match words::nature(&table.words) {
            Nature::Surveillance => found.extend([("visitor", None), ("employee", None)]),
            _ => found.push((PERSON, None)),
        }
    }
    found
}

/// The dates of a table, the likeliest starting point first.
fn days(info: &CollectionInfo, forms: &Forms) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for field in &info.fields {
        if info.key.contains(&field.name) {
            continue;
        }
        let moment = words::moment(&field.name);
        let sounds = words::sounds_like_date(&field.name) || moment != Moment::Another;
        // Numbers are times only when they are called so.
        let seen = forms
            .get(&field.name)
            .copied()
            .filter(|f| sounds || !matches!(f, Form::Unix | Form::UnixMs));
        let typed = of_type(&field.type_name);
        let texts = ["", "text", "character varying", "varchar", "char"];
        let declared = field.type_name.to_lowercase();
        let may_be_text = texts.contains(&declared.as_str()) || declared.contains("char");
        let form = seen.or(typed);
        if form.is_none() && !(may_be_text && words::sounds_like_date(&field.name)) {
            continue;
        }
        days.push(Day {
            field: field.name.clone(),
            moment,
            form,
            declare: form.is_some() && form != typed,
            nullable: field.nullable,
        });
    }
    days.sort_by_key(|d| d.moment);
    days
}

/// Takes the starting point out of the dates.
fn start(nature: Nature, days: &mut Vec<Day>) -> Start {
    let fits = |d: &Day| match nature {
        // The financial year that the material concerns.
        Nature::Accounts => {
            d.moment == Moment::Entered
                || (d.moment == Moment::Happened && {
                    let words = words::words(&d.field);
                    matches!(words.as_slice(), [one] if one == "date" || one == "dato")
                })
        }
        Nature::Surveillance | Nature::Correspondence => {
            matches!(d.moment, Moment::Happened | Moment::Created)
        }
        Nature::Personnel | Nature::Applications => d.moment == Moment::Ended,
        _ => matches!(d.moment, Moment::Ended | Moment::Entered | Moment::Happened),
    };
    // Without a form the rule could not be bound.
    match days.iter().position(|d| fits(d) && d.form.is_some()) {
        Some(ix) => Start::Own(days.remove(ix)),
        None => Start::Open,
    }
}

/// Lines of an account without a date of their own have that of what they belong to.
fn look_up(sets: &mut [Set]) {
    let heads: BTreeMap<String, Day> = sets
        .iter()
        .filter(|s| s.nature == Nature::Accounts)
        .filter_map(|s| match &s.start {
            Start::Own(day) => Some((s.id.clone(), day.clone())),
            _ => None,
        })
        .collect();
    for set in sets.iter_mut() {
        if set.nature != Nature::Accounts || set.start != Start::Open {
            continue;
        }
        let head = set.links.iter().find_map(|l| Some((l, heads.get(&l.to)?)));
        if let Some((link, day)) = head.filter(|(l, _)| l.to != set.id) {
            set.start =
                Start::Lookup { dataset: link.to.clone(), by: link.by.clone(), day: day.clone() };
        }
    }
}

/// For people without an end date: the latest of what refers to them.
fn latest(sets: &mut [Set]) {
    let referring: Vec<(String, String, String, Day)> = sets
        .iter()
        .filter_map(|s| match &s.start {
            Start::Own(day) => Some((s, day)),
            _ => None,
        })
        .flat_map(|(s, day)| {
            s.links.iter().map(|l| (l.to.clone(), s.id.clone(), l.by.clone(), day.clone()))
        })
        .collect();
    let wanting = |s: &&mut Set| {
        s.start == Start::Open
            && !s.keyless
            && s.other_days.iter().all(|d| d.moment != Moment::Ended)
    };
    for set in sets.iter_mut().filter(wanting) {
        let found = referring.iter().find(|(to, from, _, _)| *to == set.id && *from != set.id);
        set.latest = found.map(|(_, from, by, day)| (from.clone(), by.clone(), day.clone()));
    }
}
