//! The relation that Datatilsynet asks for (10 August 2020): each category of personal data is
//! tied to each category of data subjects, and each recipient to what it gets about whom. Two
//! separate lists would not say it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CategoryClass, Register};

/// One line of the relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Id of the activity.
    pub activity: String,
    /// Category of data subjects.
    pub subject: String,
    /// Category of personal data.
    pub category: String,
    /// Whether it is a special category (Art. 9) or criminal offences (Art. 10).
    pub special: bool,
    /// Recipients that get this category about these data subjects.
    pub recipients: Vec<String>,
    /// Data sets in which it lies; empty where only `about` or a disclosure says it.
    pub datasets: Vec<String>,
}

/// The rows of a register, in the order of activity, subject and category.
pub fn relation(register: &Register) -> Vec<Row> {
    #[derive(Default)]
    struct Cell {
        recipients: BTreeSet<String>,
        datasets: BTreeSet<String>,
    }
    let mut cells: BTreeMap<(String, String, String), Cell> = BTreeMap::new();
    let key = |a: &str, s: &str, c: &str| (a.to_owned(), s.to_owned(), c.to_owned());
    for dataset in &register.datasets {
        for (subject, _) in &dataset.subjects {
            for category in &dataset.categories {
                let cell = cells.entry(key(&dataset.activity, subject, category)).or_default();
                cell.datasets.insert(dataset.id.value.clone());
            }
        }
    }
    for activity in &register.activities {
        for about in &activity.about {
            for category in &about.categories {
                cells.entry(key(&activity.id, &about.subject, category)).or_default();
            }
        }
        for disclosure in &activity.disclosures {
            for subject in &disclosure.subjects {
                for category in &disclosure.categories {
                    let cell = cells.entry(key(&activity.id, subject, category)).or_default();
                    cell.recipients.insert(disclosure.recipient.value.clone());
                }
            }
        }
    }
    cells
        .into_iter()
        .map(|((activity, subject, category), cell)| {
            let class = register.categories.get(&category).map(|c| c.class);
            let special = matches!(class, Some(CategoryClass::Special | CategoryClass::Criminal));
            Row {
                activity,
                subject,
                category,
                special,
                recipients: cell.recipients.into_iter().collect(),
                datasets: cell.datasets.into_iter().collect(),
            }
        })
        .collect()
}
