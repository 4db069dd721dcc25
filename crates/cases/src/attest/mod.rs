//! Guidelines for staff: who has read them, in which version, and who was trained.
//!
//! Pure: from the register's guidelines and what is kept of the staff it works out who is missing.
//! A new version of a guideline makes older attestations outdated, and so does a text that was
//! changed without a new version, because an attestation carries the SHA-256 of what was read.
//! Staff data has a time of its own: [`forgettable`] says whose is over.

use frist_law::{Anchor, Calendar, Period, Start, Term, last_day};
use frist_register::{Guideline, Register};
use frist_state::staff::{Attestation, Staff, Training};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::bundle::manifest::sha256;
use crate::refused::Refused;

/// How somebody stands with a guideline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Attested the version in force.
    Current,
    /// Attested an older version, or a text that was changed since.
    Outdated,
    /// Has attested nothing.
    Missing,
}

/// One member of staff and one guideline.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Who.
    pub person: String,
    /// The guideline.
    pub guideline: String,
    /// The version in force.
    pub version: String,
    /// How the person stands with it.
    pub reading: Reading,
    /// The version that the person attested last.
    pub attested: Option<String>,
}

// By hand: a line is about a person.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({} {}, {:?})", self.guideline, self.version, self.reading)
    }
}

/// SHA-256 over a guideline's texts, in hexadecimal.
#[must_use]
pub fn fingerprint(guideline: &Guideline) -> String {
    let (title, text) = (&guideline.title, &guideline.text.value);
    let whole = serde_json::json!([title.da, title.en, text.da, text.en]);
    sha256(whole.to_string().as_bytes())
}

/// What is kept when somebody says to have read a guideline in this version.
///
/// # Errors
/// When the register has no such guideline, or the version is not the one in force: nobody attests
/// what was not before them.
pub fn attestation(
    register: &Register,
    guideline: &str,
    version: &str,
    person: &str,
    by: &str,
    at: Timestamp,
) -> Result<Attestation, Refused> {
    let found = register.guidelines.iter().find(|g| g.id.value == guideline);
    let found = found.ok_or_else(|| {
        Refused::new(format!("the register has no guideline `{guideline}`"))
            .help("guidelines are written as [[guideline]]; `frist attest list` shows them")
    })?;
    if found.version.value != version {
        let now = &found.version.value;
        return Err(Refused::new(format!(
            "version `{version}` of `{guideline}` is not in force: it is `{now}`"
        ))
        .help("read the version in force, then attest that one"));
    }
    Ok(Attestation {
        person: person.to_owned(),
        guideline: guideline.to_owned(),
        version: version.to_owned(),
        sha256: fingerprint(found),
        at,
        by: by.to_owned(),
    })
}

/// Whether somebody is employed on a day.
#[must_use]
pub fn employed(staff: &Staff, today: Date) -> bool {
    staff.since <= today && staff.left_on.is_none_or(|left| today <= left)
}

/// How everybody who is employed on this day stands with every guideline that concerns them.
#[must_use]
pub fn lines(
    register: &Register,
    staff: &[Staff],
    attestations: &[Attestation],
    today: Date,
) -> Vec<Line> {
    let mut out = Vec::new();
    for guideline in &register.guidelines {
        let (id, version) = (&guideline.id.value, &guideline.version.value);
        let text = fingerprint(guideline);
        for person in staff.iter().filter(|s| employed(s, today)) {
            if person.guidelines.as_ref().is_some_and(|g| !g.contains(id)) {
                continue;
            }
            let mut own = attestations
                .iter()
                .filter(|a| a.person == person.person && a.guideline == *id)
                .peekable();
            let any = own.peek().is_some();
            let mut last = None;
            let mut current = false;
            for a in own {
                current |= a.version == *version && a.sha256 == text;
                last = Some(a.version.clone());
            }
            let reading = match (current, any) {
                (true, _) => Reading::Current,
                (false, true) => Reading::Outdated,
                (false, false) => Reading::Missing,
            };
            out.push(Line {
                person: person.person.clone(),
                guideline: id.clone(),
                version: version.clone(),
                reading,
                attested: last,
            });
        }
    }
    out
}

/// How many stand how with a guideline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The guideline.
    pub guideline: String,
    /// Its version in force.
    pub version: String,
    /// How many it concerns.
    pub concerned: u64,
    /// How many have attested that version.
    pub current: u64,
    /// How many have attested an older one only.
    pub outdated: u64,
    /// How many have attested none.
    pub missing: u64,
}

/// The lines as figures, without people.
#[must_use]
pub fn counts(register: &Register, lines: &[Line]) -> Vec<Count> {
    let one = |guideline: &Guideline| {
        let mut count = Count {
            guideline: guideline.id.value.clone(),
            version: guideline.version.value.clone(),
            ..Count::default()
        };
        for line in lines.iter().filter(|l| l.guideline == count.guideline) {
            count.concerned += 1;
            match line.reading {
                Reading::Current => count.current += 1,
                Reading::Outdated => count.outdated += 1,
                Reading::Missing => count.missing += 1,
            }
        }
        count
    };
    register.guidelines.iter().map(one).collect()
}

/// How many of those employed have a training that counts on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// In what.
    pub course: String,
    /// How many have it, and it counts.
    pub valid: u64,
    /// How many had it, and it has lapsed.
    pub lapsed: u64,
    /// How many are employed and have never had it.
    pub never: u64,
}

/// Trainings as figures, without people, by course.
#[must_use]
pub fn trained(staff: &[Staff], trainings: &[Training], today: Date) -> Vec<Trained> {
    let mut courses: Vec<&str> = trainings.iter().map(|t| t.course.as_str()).collect();
    courses.sort_unstable();
    courses.dedup();
    let one = |course: &str| {
        let mut out = Trained { course: course.to_owned(), ..Trained::default() };
        for person in staff.iter().filter(|s| employed(s, today)) {
            let mut own = trainings
                .iter()
                .filter(|t| t.person == person.person && t.course == course)
                .peekable();
            match (own.peek().is_some(), own.any(|t| counts_on(t, today))) {
                (_, true) => out.valid += 1,
                (true, false) => out.lapsed += 1,
                (false, false) => out.never += 1,
            }
        }
        out
    };
    courses.into_iter().map(one).collect()
}

/// Whether a training counts on a day.
#[must_use]
pub fn counts_on(training: &Training, today: Date) -> bool {
    training.done_on <= today && training.valid_until.is_none_or(|until| today <= until)
}

/// Those who left so long ago that what is kept of them goes.
#[must_use]
pub fn forgettable(staff: &[Staff], keep: Period, calendar: &Calendar, today: Date) -> Vec<String> {
    let term = Term::new(keep, Anchor::default());
    let last = |left| last_day(term, &Start::Date(left), calendar);
    let over = |s: &&Staff| s.left_on.and_then(last).is_some_and(|last| last < today);
    staff.iter().filter(over).map(|s| s.person.clone()).collect()
}

#[cfg(test)]
mod tests;
