//! A file as a record: its facts, and what a compiled rule says of it.

use std::collections::HashSet;
use std::os::fd::AsFd;

use frist_decide::eval::Row;
use frist_decide::{Compiled, HoldScope, Outcome, Test, Value};
use jiff::Timestamp;
use rustix::fs::Stat;
use rustix::io::Errno;
use serde_json::Value as Json;

use super::folder::{Listing, Root};
use super::pattern::Pattern;
use super::sidecar::{Sidecar, as_text};
use crate::{Key, KeyPart, Record};

/// What the files store knows of a bound data set.
#[derive(Debug)]
pub(super) struct Detail {
    /// Which files are records.
    pub(super) pattern: Pattern,
    /// Where each fact of the rule comes from.
    pub(super) sources: Vec<Source>,
    /// The fields that the register names for this data set.
    pub(super) named: HashSet<String>,
    /// The patterns of the store's other data sets and exemptions.
    pub(super) others: Vec<Pattern>,
}

/// Where a field of a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The path relative to the root.
    Path,
    /// When the content was last changed.
    Mtime,
    /// Bytes.
    Size,
    /// A group of the pattern.
    Group(usize),
    /// A field of the sidecar.
    Sidecar(String),
}

impl Detail {
    /// Where the field `name` comes from: what is none of a file's own is in the sidecar.
    pub(super) fn source(pattern: &Pattern, name: &str) -> Source {
        match name {
            "path" => Source::Path,
            "mtime" => Source::Mtime,
            "size" => Source::Size,
            _ => match pattern.groups().iter().position(|(g, _)| g == name) {
                Some(ix) => Source::Group(ix),
                None => Source::Sidecar(name.to_owned()),
            },
        }
    }

    /// Whether the rule of a data set, or the holds on it, cannot be tested without sidecars.
    pub(super) fn reads_sidecars(&self, compiled: Option<&Compiled>) -> bool {
        let is_sidecar = |s: &Source| matches!(s, Source::Sidecar(_));
        self.sources.iter().any(is_sidecar)
            || compiled.is_some_and(|c| {
                held_fields(c).iter().any(|f| is_sidecar(&Self::source(&self.pattern, f)))
            })
    }
}

/// A file that was looked at.
pub(super) struct Found {
    pub(super) path: String,
    groups: Vec<String>,
    /// None for a file that is gone while its sidecar is still there.
    stat: Option<Stat>,
    sidecar: Sidecar,
    /// The sidecar's name, when it is a regular file.
    pub(super) sidecar_name: Option<String>,
    /// Whether the file or its sidecar has further names.
    pub(super) linked: bool,
}

impl Found {
    /// Looks at the file `name` in `folder`; none when it is gone or no regular file any more.
    pub(super) fn look(
        root: &Root,
        folder: impl AsFd,
        listing: &Listing,
        (name, path, groups): (&str, &str, Vec<String>),
        with_sidecar: bool,
    ) -> Result<Option<Self>, Errno> {
        let Some(stat) = root.look(&folder, name)? else { return Ok(None) };
        let mut found =
            Self::without_file(root, folder, listing, (name, path, groups), with_sidecar)?;
        found.linked |= stat.st_nlink > 1;
        found.stat = Some(stat);
        Ok(Some(found))
    }

    /// What is left of a file that is gone: its path and its sidecar.
    pub(super) fn without_file(
        root: &Root,
        folder: impl AsFd,
        listing: &Listing,
        (name, path, groups): (&str, &str, Vec<String>),
        with_sidecar: bool,
    ) -> Result<Self, Errno> {
        let (mut sidecar, mut sidecar_name, mut linked) = (Sidecar::Unreadable, None, false);
        if with_sidecar
            && let Some(beside) = listing.sidecar(name)
            && let Some(stat) = root.look(&folder, &beside)?
        {
            linked = stat.st_nlink > 1;
            sidecar = Sidecar::read(&folder, &beside);
            sidecar_name = Some(beside);
        }
        Ok(Self { path: path.to_owned(), groups, stat: None, sidecar, sidecar_name, linked })
    }

    fn fact(&self, source: &Source) -> Value {
        match (source, &self.stat) {
            (Source::Path, _) => Value::Text(self.path.clone()),
            (Source::Group(ix), _) => Value::Text(self.groups[*ix].clone()),
            (Source::Sidecar(field), _) => self.sidecar.fact(field),
            (Source::Mtime | Source::Size, None) => Value::Other,
            (Source::Mtime, Some(stat)) => mtime(stat).map_or(Value::Other, Value::Instant),
            (Source::Size, Some(stat)) => Value::Int(stat.st_size),
        }
    }

    /// The record, with the facts of the rule in their order.
    pub(super) fn record(&self, detail: &Detail) -> Record {
        Record {
            key: Key(vec![KeyPart::Text(self.path.clone())]),
            facts: detail.sources.iter().map(|s| self.fact(s)).collect(),
        }
    }

    /// One fact alone.
    pub(super) fn value(&self, detail: &Detail, fact: usize) -> Value {
        self.fact(&detail.sources[fact])
    }

    /// A field as text. The outer none means that nobody can say what it holds.
    #[expect(clippy::option_option, reason = "empty and unknown are two answers")]
    fn field(&self, detail: &Detail, name: &str) -> Option<Option<String>> {
        match Detail::source(&detail.pattern, name) {
            Source::Sidecar(field) => match (&self.sidecar, self.sidecar.get(&field)) {
                (Sidecar::Unreadable, _) => None,
                // Several values, or a number with a fraction: nobody's text equals it.
                (_, Some(Json::Array(_) | Json::Object(_))) => None,
                (_, Some(Json::Number(n))) if n.is_f64() => None,
                (_, Some(value)) => Some(as_text(value)),
                (_, None) if detail.named.contains(&field) => Some(None),
                (_, None) => None,
            },
            own => match self.fact(&own) {
                Value::Text(s) => Some(Some(s)),
                Value::Int(n) => Some(Some(n.to_string())),
                Value::Instant(t) => Some(Some(t.to_string())),
                _ => None,
            },
        }
    }

    /// The values of a field, of which a list in the sidecar has several; none when nobody can say
    /// what the field holds.
    pub(super) fn values(&self, detail: &Detail, name: &str) -> Option<Vec<String>> {
        let Source::Sidecar(field) = Detail::source(&detail.pattern, name) else {
            return self.field(detail, name).map(|value| value.into_iter().collect());
        };
        match (&self.sidecar, self.sidecar.get(&field)) {
            (Sidecar::Unreadable, _) | (_, Some(Json::Object(_))) => None,
            (_, Some(Json::Array(list))) => Some(list.iter().filter_map(as_text).collect()),
            (_, value) => Some(value.and_then(as_text).into_iter().collect()),
        }
    }

    /// All its fields as text.
    pub(super) fn fields(&self, detail: &Detail) -> Vec<(String, Option<String>)> {
        let groups = detail.pattern.groups().iter().map(|(g, _)| g.clone());
        let own = ["path", "mtime", "size"].map(str::to_owned).into_iter().chain(groups);
        let mut fields: Vec<_> =
            own.map(|name| (name.clone(), self.field(detail, &name).flatten())).collect();
        if let Sidecar::Fields(beside) = &self.sidecar {
            for (name, value) in beside {
                if !fields.iter().any(|(n, _)| n == name) {
                    fields.push((name.clone(), as_text(value)));
                }
            }
        }
        fields
    }
}

fn mtime(stat: &Stat) -> Option<Timestamp> {
    Timestamp::new(stat.st_mtime, i32::try_from(stat.st_mtime_nsec).ok()?).ok()
}

/// A compiled rule together with what only files can leave open.
pub(super) struct Judge<'a> {
    detail: &'a Detail,
    compiled: &'a Compiled,
    held_fields: Vec<&'a str>,
    /// Whether sidecars must be read.
    pub(super) with_sidecar: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(detail: &'a Detail, compiled: &'a Compiled) -> Self {
        let with_sidecar = detail.reads_sidecars(Some(compiled));
        Self { detail, compiled, held_fields: held_fields(compiled), with_sidecar }
    }

    /// The decision.
    pub(super) fn outcome(&self, found: &Found) -> Outcome {
        let outcome = self.ask(found, |row| self.compiled.outcome(row));
        match self.doubt(found) {
            Some(Outcome::Unclear) if outcome == Outcome::Held => Outcome::Held,
            Some(doubt) => doubt,
            None => outcome,
        }
    }

    /// Whether it is due.
    pub(super) fn is_due(&self, found: &Found) -> bool {
        self.doubt(found).is_none()
            && self.ask(found, |row| self.compiled.due.admits(&self.compiled.kinds, row))
    }

    fn ask<T>(&self, found: &Found, question: impl FnOnce(&Row<'_>) -> T) -> T {
        let record = found.record(self.detail);
        let field = |name: &str| found.field(self.detail, name).flatten();
        question(&Row { key: &found.path, facts: &record.facts, field: &field })
    }

    /// What must not be left to the test:
    /// - a hold on a field that cannot be read may cover the record, so it does;
    /// - a file that two patterns match has two rules, and nobody can say which one.
    fn doubt(&self, found: &Found) -> Option<Outcome> {
        if self.held_fields.iter().any(|f| found.field(self.detail, f).is_none()) {
            return Some(Outcome::Held);
        }
        self.detail.two_rules(&found.path).then_some(Outcome::Unclear)
    }
}

impl Detail {
    /// Whether another data set's pattern matches this path too.
    pub(super) fn two_rules(&self, path: &str) -> bool {
        self.others.iter().any(|p| p.captures(path).is_some())
    }
}

/// The fields that the holds in the compiled rule name.
fn held_fields(compiled: &Compiled) -> Vec<&str> {
    fn gather<'a>(test: &'a Test, fields: &mut Vec<&'a str>) {
        match test {
            Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|p| gather(p, fields)),
            Test::Held(scopes) | Test::NotHeld(scopes) => {
                for field in scopes.iter().flat_map(HoldScope::fields) {
                    if !fields.contains(&field) {
                        fields.push(field);
                    }
                }
            }
            _ => {}
        }
    }
    let mut fields = Vec::new();
    gather(&compiled.due, &mut fields);
    compiled.classes.iter().for_each(|(_, test)| gather(test, &mut fields));
    fields
}
