//! The records of a package, and what in them waits for a reviewer.

use std::collections::{BTreeMap, BTreeSet};

use frist_register::{DataSet, Lang, StoreKind};
use frist_state::case::CaseRecord;
use frist_sweep::Engine;

use super::{Recordings, Shown};
use crate::erase::{ABSENT, ERASE, keys_of, say};
use crate::fields::called;
use crate::{CasesError, Result};

/// Something that may tell of other people.
#[derive(Clone)]
pub struct Item {
    /// How it is named to [`super::judge`].
    pub id: String,
    /// The data set.
    pub dataset: String,
    /// The record's key as text.
    pub key: String,
    /// The field; of a file, its name.
    pub field: String,
    /// Whether it is a file and not a field.
    pub file: bool,
    /// What it says: for the reviewer's eyes only; none for a file.
    pub says: Option<String>,
    /// What was decided about it.
    pub shown: Option<Shown>,
}

// By hand: it is what may tell of other people.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Item({}, {}, {:?})", self.dataset, self.field, self.shown)
    }
}

/// One record as it is handed over.
pub(super) struct Held {
    pub(super) key: String,
    /// The fields; a masked one says so.
    pub(super) fields: Vec<(String, Option<String>)>,
    /// A file of this name.
    pub(super) file: Option<(String, Vec<u8>)>,
    /// A recording that is to be enclosed, and the purposes for which the caller has consented.
    pub(super) sound: Option<Vec<String>>,
}

/// The records of one data set.
pub(super) struct HeldIn {
    pub(super) dataset: DataSet,
    pub(super) records: Vec<Held>,
    /// What its fields are called, by their names.
    pub(super) called: BTreeMap<String, String>,
}

/// All that is handed over.
pub(super) struct Gathered {
    pub(super) sets: Vec<HeldIn>,
    pub(super) items: Vec<Item>,
    pub(super) left_out: Vec<String>,
}

impl Gathered {
    pub(super) fn count(&self) -> u64 {
        self.sets.iter().map(|s| s.records.len() as u64).sum()
    }

    /// As records of a case, for lists of kinds of data and their recipients.
    pub(super) fn as_records(&self) -> Vec<CaseRecord> {
        let one = |set: &HeldIn, held: &Held| CaseRecord {
            dataset: set.dataset.id.value.clone(),
            key: held.key.clone(),
            why: String::new(),
            state: ERASE.to_owned(),
            ground: None,
            until: None,
            done_at: None,
        };
        self.sets.iter().flat_map(|s| s.records.iter().map(move |r| one(s, r))).collect()
    }
}

/// Reads the records of a case. Only for portability: what rests on consent or contract and comes
/// from the person.
pub(super) fn gather(
    engine: &mut Engine,
    number: &str,
    shown: &BTreeMap<String, Shown>,
    portable: bool,
    lang: Lang,
) -> Result<Gathered> {
    let records: Vec<CaseRecord> = engine
        .state
        .case_records(number)?
        .into_iter()
        .filter(|r| r.state != ABSENT && r.done_at.is_none())
        .collect();
    let these: Vec<&CaseRecord> = records.iter().collect();
    let keys = keys_of(engine, &these)?;
    let mut out = Gathered { sets: Vec::new(), items: Vec::new(), left_out: Vec::new() };
    let ids: Vec<String> = engine.register.datasets.iter().map(|d| d.id.value.clone()).collect();
    for id in ids {
        let keys: Vec<_> = keys.iter().filter(|(d, _)| *d == id).map(|(_, k)| k.clone()).collect();
        if keys.is_empty() {
            continue;
        }
        let prepared = engine.prepare(&id)?;
        let dataset = prepared.dataset.clone();
        let title = title(&dataset, lang);
        if portable && let Some(why) = not_portable(engine, &dataset, lang) {
            out.left_out.push(format!("{title}: {why}"));
            continue;
        }
        let kind = engine.register.store(&dataset.store).map(|s| s.kind.clone());
        let recordings = matches!(kind, Some(StoreKind::Vault { .. }));
        let mut set = HeldIn { dataset, records: Vec::new(), called: BTreeMap::new() };
        let mut unheard = false;
        let mut derived: BTreeSet<String> = BTreeSet::new();
        let store = engine.store(&prepared.dataset.store.value)?;
        for key in keys {
            let Some(mut fields) = store.fields(&prepared.bound, &key)? else { continue };
            if let Some(provided) = set.dataset.provided.as_ref().filter(|_| portable) {
                let is = |name: &str| provided.iter().any(|p| p.value.eq_ignore_ascii_case(name));
                derived.extend(fields.extract_if(.., |(name, _)| !is(name)).map(|(name, _)| name));
            }
            let text = key.text();
            for (field, value) in &mut fields {
                let other = set.dataset.others.iter().any(|o| o.value.eq_ignore_ascii_case(field));
                let Some(says) = value.clone().filter(|_| other) else { continue };
                let id = format!("{}/{text}/{field}", set.dataset.id.value);
                let decided = shown.get(&id).cloned();
                *value = Some(match &decided {
                    Some(Shown::Whole) => says.clone(),
                    Some(Shown::Instead(instead)) => instead.clone(),
                    Some(Shown::Masked) | None => {
                        say(lang, "[udeladt af hensyn til andre]", "[left out: about others]")
                            .into()
                    }
                });
                out.items.push(Item {
                    id,
                    dataset: set.dataset.id.value.clone(),
                    key: text.clone(),
                    field: field.clone(),
                    file: false,
                    says: Some(says),
                    shown: decided,
                });
            }
            let mut held = Held { key: text.clone(), fields, file: None, sound: None };
            if recordings {
                let id = format!("{}/{text}/", set.dataset.id.value);
                let decided = shown.get(&id).cloned();
                if decided == Some(Shown::Whole) {
                    held.sound = Some(consented(&set.dataset, &held.fields));
                }
                unheard |= decided == Some(Shown::Masked);
                out.items.push(Item {
                    id,
                    dataset: set.dataset.id.value.clone(),
                    key: text.clone(),
                    field: wav(&text),
                    file: true,
                    says: None,
                    shown: decided,
                });
            }
            if let Some(bytes) = store.content(&prepared.bound, &key)? {
                let name = text.rsplit('/').next().unwrap_or(&text).to_owned();
                let id = format!("{}/{text}/", set.dataset.id.value);
                let decided = shown.get(&id).cloned();
                if decided == Some(Shown::Whole) {
                    held.file = Some((name.clone(), bytes));
                }
                out.items.push(Item {
                    id,
                    dataset: set.dataset.id.value.clone(),
                    key: text,
                    field: name,
                    file: true,
                    says: None,
                    shown: decided,
                });
            }
            set.records.push(held);
        }
        if unheard {
            let why = say(
                lang,
                "optagelserne selv kan aflyttes hos os efter aftale",
                "the recordings themselves can be heard at our office by appointment",
            );
            out.left_out.push(format!("{title}: {why}"));
        }
        if !derived.is_empty() {
            let fields = derived.into_iter().collect::<Vec<_>>().join(", ");
            let why = say(
                lang,
                "felter, som ikke kommer fra dig selv (artikel 20, stk. 1)",
                "fields that do not come from you (Article 20(1))",
            );
            out.left_out.push(format!("{title}: {why}: {fields}"));
        }
        for (name, _) in set.records.iter().flat_map(|held| &held.fields) {
            if !set.called.contains_key(name) {
                let called = called(&engine.register, &set.dataset, name, lang);
                set.called.insert(name.clone(), called);
            }
        }
        if !set.records.is_empty() {
            out.sets.push(set);
        }
    }
    let masked = out.items.iter().filter(|i| i.shown == Some(Shown::Masked)).count();
    if masked > 0 {
        out.left_out.push(match lang {
            Lang::Da => format!("felter eller filer, der handler om andre personer: {masked}"),
            Lang::En => format!("fields or files that are about other people: {masked}"),
        });
    }
    Ok(out)
}

/// Puts the sound of the recordings that are shown whole into the package.
pub(super) fn enclose(
    gathered: &mut Gathered,
    number: &str,
    mut from: Option<&mut (dyn Recordings + '_)>,
    lang: Lang,
) -> Result<()> {
    let refuse = |why: String| {
        Err(CasesError::Step {
            id: number.to_owned(),
            step: "answered with a package",
            why,
            possible: "leave the recording out, or make the package where recordings can be heard"
                .into(),
        })
    };
    let reason = format!("{} {number}", say(lang, "Indsigt, artikel 15, sag", "Access, case"));
    for held in gathered.sets.iter_mut().flat_map(|set| &mut set.records) {
        let Some(purposes) = &held.sound else { continue };
        let Some(from) = &mut from else {
            return refuse("a recording is to be enclosed, and none can be heard here".into());
        };
        if purposes.is_empty() {
            return refuse("a recording is to be enclosed that no consent covers any more".into());
        }
        match from.sound(&held.key, purposes, &reason) {
            Ok(sound) => held.file = Some((wav(&held.key), sound)),
            Err(why) => return refuse(format!("a recording cannot be heard: {why}")),
        }
    }
    Ok(())
}

fn wav(recording: &str) -> String {
    format!("{recording}.wav")
}

/// The purposes to which the caller of a recording has consented, and not taken it back.
fn consented(dataset: &DataSet, fields: &[(String, Option<String>)]) -> Vec<String> {
    let set = |fact: String| fields.iter().any(|(name, value)| *name == fact && value.is_some());
    let mut out: Vec<String> = Vec::new();
    for keep in &dataset.keep {
        let (purpose, column) = (&keep.purpose.value, keep.purpose.value.replace('-', "_"));
        let given = set(format!("given_{column}")) && !set(format!("withdrawn_{column}"));
        if given && !out.contains(purpose) {
            out.push(purpose.clone());
        }
    }
    out
}

pub(super) fn title(dataset: &DataSet, lang: Lang) -> String {
    match dataset.title.get(lang) {
        "" => dataset.id.value.clone(),
        title => title.to_owned(),
    }
}

/// Why a data set is not among what Art. 20 covers; none when it is.
fn not_portable<'w>(engine: &Engine, dataset: &DataSet, lang: Lang) -> Option<&'w str> {
    let carried = dataset
        .keep
        .iter()
        .filter_map(|k| engine.register.purpose(dataset, &k.purpose))
        .any(frist_register::Purpose::is_portable);
    let from_others = match &dataset.provided {
        Some(provided) => provided.is_empty(),
        None => engine.register.activity(&dataset.activity).is_some_and(|a| a.source.is_some()),
    };
    if !carried {
        return Some(say(
            lang,
            "behandles ikke på grundlag af samtykke eller kontrakt (artikel 20, stk. 1)",
            "not processed on consent or contract (Article 20(1))",
        ));
    }
    from_others.then(|| {
        say(
            lang,
            "kommer ikke fra dig selv (artikel 20, stk. 1)",
            "does not come from you (Article 20(1))",
        )
    })
}
