//! The record as CSV (RFC 4180, UTF-8): a line for each category of data about each category of data
//! subjects in each activity, with everything that Art. 30 says of it.

use super::{Named, ProcessingView, RecipientView, Record};
use crate::source::{Error, Result, Source};

const HEAD: [&str; 20] = [
    "article",
    "activity",
    "activity_title",
    "controller",
    "joint_controllers",
    "representative",
    "dpo",
    "on_behalf_of",
    "purposes",
    "legal_bases",
    "data_subjects",
    "personal_data",
    "special_category",
    "recipients",
    "transfers",
    "datasets",
    "time_limits",
    "disposition",
    "security_measures",
    "revision",
];

impl Record {
    /// The record as CSV.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn csv(&self, source: &Source<'_>) -> Result<String> {
        let mut out =
            ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
        let failed = |e: ::csv::Error| Error::Write { what: "CSV", why: e.to_string() };
        out.write_record(HEAD).map_err(failed)?;
        for row in self.rows(source) {
            out.write_record(&row).map_err(failed)?;
        }
        let bytes =
            out.into_inner().map_err(|e| Error::Write { what: "CSV", why: e.to_string() })?;
        String::from_utf8(bytes).map_err(|e| Error::Write { what: "CSV", why: e.to_string() })
    }

    fn who(&self, source: &Source<'_>) -> [String; 4] {
        let c = &self.controller;
        let joint: Vec<String> = c.joint.iter().map(|j| j.line(source)).collect();
        [
            c.contact.line(source),
            joint.join("; "),
            c.representative.as_ref().map_or_else(String::new, |r| r.line(source)),
            c.dpo.as_ref().map_or_else(String::new, |d| d.line(source)),
        ]
    }

    fn rows(&self, source: &Source<'_>) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for a in &self.activities {
            let bases: Vec<String> = a
                .purposes
                .iter()
                .flat_map(|p| [&p.basis, &p.special_basis])
                .flatten()
                .map(|b| b.citation.clone())
                .collect();
            for r in &a.relation {
                let limits: Vec<_> =
                    a.limits.iter().filter(|l| r.datasets.contains(&l.rule.dataset)).collect();
                let transfers = a
                    .recipients
                    .iter()
                    .filter(|x| r.recipients.iter().any(|n| n.id == x.id))
                    .filter_map(transfer);
                let mut row = vec!["30(1)".to_owned(), a.id.clone(), a.title.clone()];
                row.extend(self.who(source));
                row.extend([
                    String::new(),
                    join(a.purposes.iter().map(|p| p.text.clone())),
                    join(unique(bases.clone())),
                    r.subject.name.clone(),
                    r.category.name.clone(),
                    if r.special { "yes" } else { "no" }.to_owned(),
                    join(names(&r.recipients)),
                    join(transfers),
                    join(limits.iter().map(|l| l.rule.title.clone())),
                    join(limits.iter().map(|l| {
                        let all: Vec<String> =
                            l.rule.grounds.iter().map(|g| g.with_law(source)).collect();
                        format!("{}: {}", l.rule.title, all.join(" / "))
                    })),
                    join(unique(limits.iter().map(|l| l.rule.disposition.clone()).collect())),
                    join(a.measures.iter().cloned()),
                    self.revision.clone(),
                ]);
                rows.push(row);
            }
        }
        rows.extend(self.processing.iter().map(|p| self.processing_row(source, p)));
        rows
    }

    fn processing_row(&self, source: &Source<'_>, p: &ProcessingView) -> Vec<String> {
        let mut row = vec!["30(2)".to_owned(), p.id.clone(), p.title.clone()];
        row.extend(self.who(source));
        let empty = String::new;
        row.extend([
            join(p.on_behalf_of.iter().map(|c| c.line(source))),
            join(p.categories.iter().cloned()),
            empty(),
            empty(),
            empty(),
            empty(),
            join(p.recipients.iter().map(|r| r.name.clone())),
            join(p.recipients.iter().filter_map(transfer)),
            empty(),
            empty(),
            empty(),
            join(p.measures.iter().cloned()),
            self.revision.clone(),
        ]);
        row
    }
}

fn join(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join("; ")
}

fn names(all: &[Named]) -> Vec<String> {
    all.iter().map(|n| n.name.clone()).collect()
}

fn unique(all: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for one in all {
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

fn transfer(r: &RecipientView) -> Option<String> {
    let country = r.country.as_ref().filter(|_| r.transfer)?;
    let safeguard = r.safeguard.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
    Some(format!("{}: {country}{safeguard}", r.name))
}
