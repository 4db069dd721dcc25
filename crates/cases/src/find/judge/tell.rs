//! The judgement as an answer for people: records with their reasons, and questions.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::{Doubt, Doubtful, Hit, Known, Origin, Question, Reason, Says};
use super::{Fact, Fields, From, Outside, Row, Value, Verdict, facts_of};

/// What an answer is told from.
pub(in super::super) struct Teller<'a> {
    pub(in super::super) verdict: &'a Verdict,
    pub(in super::super) fields: &'a Fields,
    pub(in super::super) rows: &'a [Row],
    pub(in super::super) outside: &'a Outside,
}

/// Records about which the same is asked.
#[derive(Default)]
struct Group {
    records: Vec<(usize, Doubtful)>,
    more: bool,
}

impl Teller<'_> {
    /// The person's records, by data set in the register's order, then by key.
    pub(in super::super) fn hits(&self) -> Vec<Hit> {
        let mut hits: Vec<(usize, Hit)> = Vec::new();
        for (ix, why) in &self.verdict.certain {
            let row = &self.rows[*ix];
            let facts = facts_of(self.fields, row);
            let reason = |(at, from): &(usize, From)| {
                let Says { field, kind, value } = self.says(row, &facts[*at]);
                Reason::Field { field, kind, value, from: self.origin(*from) }
            };
            let mut why: Vec<Reason> = why.iter().map(reason).collect();
            if self.outside.yes_records.contains(&(row.place, row.key.text())) {
                why.push(Reason::Said);
            }
            let dataset = self.fields.places[row.place].dataset.clone();
            hits.push((row.place, Hit { dataset, key: row.key.clone(), why }));
        }
        hits.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    /// What a person must say; of the places in `more` not everything that is asked about was read.
    /// Records with the same values in common with the person, and the same doubt, are one question.
    pub(in super::super) fn asked(&self, more: &HashSet<usize>) -> Vec<Question> {
        let mut groups: BTreeMap<(Doubt, Vec<Value>), Group> = BTreeMap::new();
        for (ix, row) in self.rows.iter().enumerate() {
            let name = (row.place, row.key.text());
            if self.verdict.certain.contains_key(&ix) || self.outside.no_records.contains(&name) {
                continue;
            }
            let facts = facts_of(self.fields, row);
            let known =
                |v: &&Value| self.verdict.known.contains_key(*v) && !self.outside.no.contains(*v);
            let common: BTreeSet<&Value> = facts.iter().map(|f| &f.value).filter(known).collect();
            if common.is_empty() {
                continue;
            }
            let place = &self.fields.places[row.place];
            let is_other = |f: &&Fact| self.verdict.is_other(self.fields, &facts, place.several, f);
            let against: Vec<Says> =
                facts.iter().filter(is_other).map(|f| self.says(row, f)).collect();
            let doubt = match against.is_empty() {
                false => Doubt::Conflict,
                true if common.iter().any(|v| !self.fields.kinds[v.0].shared) => Doubt::Several,
                true => Doubt::Shared,
            };
            let rest = facts.iter().filter(|f| !common.contains(&f.value));
            let doubtful = Doubtful {
                dataset: place.dataset.clone(),
                key: row.key.clone(),
                says: rest.map(|f| self.says(row, f)).collect(),
                against,
            };
            let group = groups.entry((doubt, common.into_iter().cloned().collect())).or_default();
            group.records.push((row.place, doubtful));
            group.more |= more.contains(&row.place);
        }
        let question = |((doubt, values), mut group): ((Doubt, Vec<Value>), Group)| {
            group.records.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
            Question {
                values: values.iter().map(|v| self.known(v)).collect(),
                doubt,
                records: group.records.into_iter().map(|(_, d)| d).collect(),
                more: group.more,
            }
        };
        groups.into_iter().map(question).collect()
    }

    /// What tells who the person is, in the order in which it became known.
    pub(in super::super) fn identifiers(&self) -> Vec<Known> {
        self.verdict.order.iter().map(|v| self.known(v)).collect()
    }

    fn known(&self, value: &Value) -> Known {
        let seen = &self.verdict.known[value];
        Known {
            kind: self.fields.kinds[value.0].id.clone(),
            value: seen.raw.clone(),
            from: self.origin(seen.from),
            shared: !seen.strong,
        }
    }

    fn says(&self, row: &Row, fact: &Fact) -> Says {
        Says {
            field: self.fields.places[row.place].fields[fact.field].name.clone(),
            kind: self.fields.kinds[fact.value.0].id.clone(),
            value: row.values[fact.raw].1.clone(),
        }
    }

    fn origin(&self, from: From) -> Origin {
        match from {
            From::Given => Origin::Given,
            From::Said => Origin::Said,
            From::Row(ix, field) => {
                let row = &self.rows[ix];
                let place = &self.fields.places[row.place];
                Origin::Record {
                    dataset: place.dataset.clone(),
                    key: row.key.text(),
                    field: place.fields[field].name.clone(),
                }
            }
        }
    }
}
