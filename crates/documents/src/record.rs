//! The record of processing activities, Art. 30(1) for a controller and 30(2) for a processor.
//!
//! All seven items, under the headings that Danish records use. Which data about whom goes to whom is
//! one relation (Datatilsynet, 10 August 2020), and the envisaged time limits are the very rules that
//! erase.

mod csv;
mod document;

use std::collections::{BTreeMap, HashSet};

use frist_register::{
    Activity, CategoryClass, DataSet, Purpose, RecipientRole, Role, Row, relation,
};
use jiff::civil::Date;
use serde::Serialize;

use crate::source::{BasisView, ContactView, Error, Result, Source};
use crate::words::{RuleWords, rule};

/// The whole record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The form of this data, `frist-record/1`.
    pub schema: &'static str,
    /// The language of its texts.
    pub language: &'static str,
    /// The hash of the register's revision.
    pub revision: String,
    /// The document's date, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The day whose law it states.
    pub law_as_of: Date,
    /// Art. 30(1)(a).
    pub controller: ControllerView,
    /// What is done as a controller, 30(1).
    pub activities: Vec<ActivityView>,
    /// What is done for others, 30(2).
    pub processing: Vec<ProcessingView>,
    /// What the record cannot say, because the register does not.
    pub missing: Vec<String>,
}

/// Who is responsible, Art. 30(1)(a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControllerView {
    /// Name and contact.
    pub contact: ContactView,
    /// `company` or `public-authority`.
    pub kind: &'static str,
    /// Joint controllers.
    pub joint: Vec<ContactView>,
    /// Representative in the Union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<ContactView>,
    /// Data protection officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpo: Option<ContactView>,
}

/// One activity of a controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivityView {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Art. 30(1)(b).
    pub purposes: Vec<PurposeView>,
    /// Art. 30(1)(c) and (d): which data about whom, and who gets it.
    pub relation: Vec<RelationView>,
    /// Art. 30(1)(d) once more, by recipient.
    pub recipients: Vec<RecipientView>,
    /// Art. 30(1)(f), a line for each data set.
    pub limits: Vec<LimitView>,
    /// Art. 30(1)(g).
    pub measures: Vec<String>,
}

/// A purpose and the right to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PurposeView {
    /// Id.
    pub id: String,
    /// The purpose.
    pub text: String,
    /// Art. 6(1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<BasisView>,
    /// Art. 9(2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_basis: Option<BasisView>,
    /// The statute or practice behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// The legitimate interest, for 6(1)(f).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
    /// The day from which it is no longer pursued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Date>,
}

/// One category of data about one category of data subjects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelationView {
    /// Category of data subjects: id and name.
    pub subject: Named,
    /// Category of personal data.
    pub category: Named,
    /// `ordinary`, `national-id`, `special` (Art. 9) or `criminal` (Art. 10).
    pub class: &'static str,
    /// Who gets it.
    pub recipients: Vec<Named>,
    /// The data sets in which it lies; their time limits are in `limits`.
    pub datasets: Vec<String>,
}

/// An id and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A recipient and what it gets about whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecipientView {
    /// Id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// `processor`, `controller` or `authority`.
    pub role: &'static str,
    /// Which data about whom.
    pub gets: Vec<Gets>,
    /// Country or international organisation by its name, when it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Whether that is outside the EEA, Art. 30(1)(e).
    pub transfer: bool,
    /// The safeguard of the transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safeguard: Option<String>,
}

/// Which data about one category of data subjects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gets {
    /// Category of data subjects.
    pub subject: Named,
    /// Categories of data.
    pub categories: Vec<Named>,
}

/// When the data of one data set is erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitView {
    /// Where it lies.
    pub store: Named,
    /// Categories of data subjects.
    pub subjects: Vec<Named>,
    /// Categories of data.
    pub categories: Vec<Named>,
    /// The rule.
    pub rule: RuleWords,
}

/// One category of processing for others, Art. 30(2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProcessingView {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The controllers it is done for, (a).
    pub on_behalf_of: Vec<ContactView>,
    /// Categories of processing, (b).
    pub categories: Vec<String>,
    /// Sub-processors and others who get the data; transfers, (c).
    pub recipients: Vec<RecipientView>,
    /// Security measures, (d).
    pub measures: Vec<String>,
}

/// Makes the record.
///
/// # Errors
/// When the register has an error.
pub fn record(source: &Source<'_>) -> Result<Record> {
    let register = source.register;
    let rows = relation(register);
    let without = without_limit(&rows);
    let mut missing = Vec::new();
    let (mut activities, mut processing) = (Vec::new(), Vec::new());
    for activity in &register.activities {
        let rows: Vec<&Row> = rows.iter().filter(|r| r.activity == activity.id.value).collect();
        match &activity.role {
            Role::Controller => {
                let view = controller_activity(source, activity, &rows)?;
                gaps(source, &view, &without, &mut missing);
                activities.push(view);
            }
            Role::Processor { on_behalf_of } => processing.push(ProcessingView {
                id: activity.id.value.clone(),
                title: source.text(&activity.title, &activity.id.value),
                on_behalf_of: on_behalf_of.iter().map(ContactView::from).collect(),
                categories: activity
                    .purposes
                    .iter()
                    .map(|p| source.text(&p.text.value, &p.id.value))
                    .collect(),
                recipients: recipients(source, &rows),
                measures: measures(source, activity),
            }),
        }
    }
    Ok(Record {
        schema: "frist-record/1",
        language: source.lang.as_str(),
        revision: source.revision.to_owned(),
        date: source.date,
        law_as_of: source.law_day(),
        controller: controller(source),
        activities,
        processing,
        missing,
    })
}

pub(crate) fn controller(source: &Source<'_>) -> ControllerView {
    let c = &source.register.controller;
    let mut contact = ContactView::from(&c.contact);
    contact.cvr = c.cvr.clone();
    ControllerView {
        contact,
        kind: match c.kind {
            frist_register::ControllerKind::Company => "company",
            frist_register::ControllerKind::PublicAuthority => "public-authority",
        },
        joint: c.joint.iter().map(ContactView::from).collect(),
        representative: c.representative.as_ref().map(ContactView::from),
        dpo: c.dpo.as_ref().map(ContactView::from),
    }
}

fn controller_activity(
    source: &Source<'_>,
    activity: &Activity,
    rows: &[&Row],
) -> Result<ActivityView> {
    let own = source.register.datasets.iter().filter(|d| d.activity.value == activity.id.value);
    let limits: Result<Vec<LimitView>> = own.map(|d| limit(source, d)).collect();
    Ok(ActivityView {
        id: activity.id.value.clone(),
        title: source.text(&activity.title, &activity.id.value),
        purposes: activity.purposes.iter().map(|p| purpose(source, p)).collect(),
        relation: rows
            .iter()
            .map(|row| RelationView {
                subject: subject(source, &row.subject),
                category: category(source, &row.category),
                class: class(source, &row.category),
                recipients: row
                    .recipients
                    .iter()
                    .map(|id| Named { id: id.clone(), name: source.recipient(id) })
                    .collect(),
                datasets: row.datasets.clone(),
            })
            .collect(),
        recipients: recipients(source, rows),
        limits: limits?,
        measures: measures(source, activity),
    })
}

pub(crate) fn subject(source: &Source<'_>, id: &str) -> Named {
    Named { id: id.to_owned(), name: source.subject(id) }
}

pub(crate) fn category(source: &Source<'_>, id: &str) -> Named {
    Named { id: id.to_owned(), name: source.category(id) }
}

fn class(source: &Source<'_>, category: &str) -> &'static str {
    match source.register.categories.get(category).map(|c| c.class) {
        Some(CategoryClass::NationalId) => "national-id",
        Some(CategoryClass::Special) => "special",
        Some(CategoryClass::Criminal) => "criminal",
        Some(CategoryClass::Ordinary) | None => "ordinary",
    }
}

/// The rows of which nothing says how long: in no data set of their own activity, nor the same data
/// about the same people in a data set of another.
pub(crate) fn without_limit(rows: &[Row]) -> Vec<&Row> {
    let kept = rows.iter().filter(|r| !r.datasets.is_empty());
    let kept: HashSet<(&str, &str)> = kept.map(|r| (&*r.subject, &*r.category)).collect();
    rows.iter().filter(|r| !kept.contains(&(&*r.subject, &*r.category))).collect()
}

fn measures(source: &Source<'_>, activity: &Activity) -> Vec<String> {
    activity.measures.iter().map(|m| source.measure(&m.value)).collect()
}

pub(crate) fn limit(source: &Source<'_>, dataset: &DataSet) -> Result<LimitView, Error> {
    Ok(LimitView {
        store: Named { id: dataset.store.value.clone(), name: source.store(&dataset.store.value) },
        subjects: dataset.subjects.iter().map(|(s, _)| subject(source, s)).collect(),
        categories: dataset.categories.iter().map(|c| category(source, c)).collect(),
        rule: rule(source, dataset)?,
    })
}

pub(crate) fn purpose(source: &Source<'_>, p: &Purpose) -> PurposeView {
    let law = p.law.as_ref().and_then(|id| source.book.get(id));
    PurposeView {
        id: p.id.value.clone(),
        text: source.text(&p.text.value, &p.id.value),
        basis: p.basis.as_ref().map(|b| source.basis(b.value)),
        special_basis: p.special_basis.as_ref().map(|b| source.basis(b.value)),
        law: law.map(|law| {
            let day = source.law_day();
            law.version_on(day).unwrap_or_else(|| law.newest()).citation.clone()
        }),
        interest: p.interest.as_ref().map(|i| source.text(&i.value, "")),
        ended: p.ended.as_ref().map(|d| d.value),
    }
}

/// The recipients of some rows, each with which data about whom; in the register's order.
pub(crate) fn recipients(source: &Source<'_>, rows: &[&Row]) -> Vec<RecipientView> {
    let mut out = Vec::new();
    for r in &source.register.recipients {
        let mut gets: BTreeMap<&str, Vec<Named>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.recipients.contains(&r.id.value)) {
            gets.entry(&row.subject).or_default().push(category(source, &row.category));
        }
        if gets.is_empty() {
            continue;
        }
        out.push(RecipientView {
            id: r.id.value.clone(),
            name: source.text(&r.title, &r.id.value),
            role: match r.role {
                RecipientRole::Processor => "processor",
                RecipientRole::Controller => "controller",
                RecipientRole::Authority => "authority",
            },
            gets: gets
                .into_iter()
                .map(|(s, categories)| Gets { subject: subject(source, s), categories })
                .collect(),
            country: r.country_name(source.lang).map(str::to_owned),
            transfer: r.third_country().is_some(),
            safeguard: r.safeguard.as_ref().map(|s| source.text(&s.value, "")),
        });
    }
    out
}

/// What Art. 30 asks for and the register does not say.
fn gaps(source: &Source<'_>, activity: &ActivityView, without: &[&Row], missing: &mut Vec<String>) {
    let title = &activity.title;
    let without: Vec<String> = without
        .iter()
        .filter(|r| r.activity == activity.id)
        .map(|r| format!("{} ({})", source.category(&r.category), source.subject(&r.subject)))
        .collect();
    if !without.is_empty() {
        let what = without.join(", ");
        missing.push(match source.da() {
            true => format!(
                "{title}: ingen slettefrist for {what}. Oplysningerne ligger ikke i et datasæt."
            ),
            false => format!("{title}: no time limit for {what}. The data is in no data set."),
        });
    }
    if activity.measures.is_empty() {
        missing.push(match source.da() {
            true => format!("{title}: ingen sikkerhedsforanstaltninger er beskrevet."),
            false => format!("{title}: no security measures are described."),
        });
    }
    if activity.purposes.iter().any(|p| p.basis.is_none()) {
        missing.push(match source.da() {
            true => format!("{title}: et formål mangler behandlingsgrundlag."),
            false => format!("{title}: a purpose lacks a legal basis."),
        });
    }
}

impl Record {
    /// The record as JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&self) -> Result<String> {
        crate::layout::json(self, "JSON")
    }
}
