//! The deletion schedule as CSV.

use crate::schedule::Schedule;
use crate::source::{Error, Result, Source};

const HEAD: [&str; 14] = [
    "dataset",
    "title",
    "class_start",
    "class_period",
    "activity",
    "store",
    "data_subjects",
    "personal_data",
    "rule",
    "disposition",
    "assessed_on",
    "assess_next",
    "justification",
    "revision",
];

pub(crate) fn write(schedule: &Schedule, source: &Source<'_>) -> Result<String> {
    let failed = |e: csv::Error| Error::Write { what: "CSV", why: e.to_string() };
    let mut out =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(HEAD).map_err(failed)?;
    for class in &schedule.classes {
        for c in &class.clusters {
            let names = |all: &[crate::record::Named]| {
                all.iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join("; ")
            };
            let day = |d: Option<jiff::civil::Date>| d.map_or_else(String::new, |d| d.to_string());
            out.write_record([
                c.data.rule.dataset.as_str(),
                c.data.rule.title.as_str(),
                class.start.unwrap_or_default(),
                class.period.as_deref().unwrap_or_default(),
                c.activity.name.as_str(),
                c.data.store.name.as_str(),
                &names(&c.data.subjects),
                &names(&c.data.categories),
                &c.data.rule.sentences(source).join(" "),
                c.data.rule.disposition.as_str(),
                &day(c.assessed_on),
                &day(c.assess_next),
                c.justification.as_deref().unwrap_or_default(),
                schedule.revision.as_str(),
            ])
            .map_err(failed)?;
        }
    }
    let bytes = out.into_inner().map_err(|e| Error::Write { what: "CSV", why: e.to_string() })?;
    String::from_utf8(bytes).map_err(|e| Error::Write { what: "CSV", why: e.to_string() })
}
