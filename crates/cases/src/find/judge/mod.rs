//! Which of the records found are the person's, and which must be asked about. Pure.
//!
//! From the values given, records that have one of them are taken, then records that have a value
//! of those, layer by layer, each layer as a whole, so that no order of answers matters. A value
//! that leads to a record which carries another personal number than the person's (or, while no such
//! number is known, to records with several) has been shown to be used by several persons: it proves
//! nothing from then on, and everything is judged again without it.
//!
//! A record that is found only by a field that does not stand alone (who wrote an e-mail about
//! somebody's account) is the person's when it numbers nobody, and leads nowhere.

mod tell;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use frist_stores::Key;

use super::fields::Fields;
use super::value::normal;
pub(super) use tell::Teller;

/// A value: its kind and its normal form.
pub(super) type Value = (usize, String);

/// A record that was read.
pub(super) struct Row {
    pub(super) place: usize,
    pub(super) key: Key,
    /// Field by its place, and value.
    pub(super) values: Vec<(usize, String)>,
}

/// What is known from outside.
#[derive(Default)]
pub(super) struct Outside {
    /// Values given, as they were written.
    pub(super) given: Vec<(Value, String)>,
    pub(super) yes: Vec<(Value, String)>,
    pub(super) no: HashSet<Value>,
    pub(super) yes_records: HashSet<(usize, String)>,
    pub(super) no_records: HashSet<(usize, String)>,
}

/// How a value came to be known.
struct Seen {
    raw: String,
    from: From,
    strong: bool,
}

#[derive(Clone, Copy)]
enum From {
    Given,
    Said,
    Row(usize, usize),
}

/// What a row says: field, kind, normal form; whether the field stands alone.
struct Fact {
    field: usize,
    value: Value,
    raw: usize,
    alone: bool,
}

/// The judgement.
#[derive(Default)]
pub(super) struct Verdict {
    /// The person's rows, with their reasons.
    certain: BTreeMap<usize, Vec<(usize, From)>>,
    known: BTreeMap<Value, Seen>,
    /// Values in the order in which they became known.
    order: Vec<Value>,
    /// Whether values were left out because there were too many.
    pub(super) cut: bool,
}

/// Judges; at most `limit` values are taken in.
pub(super) fn judge(fields: &Fields, rows: &[Row], outside: &Outside, limit: usize) -> Verdict {
    let judge = Judge::new(fields, rows, outside, limit);
    let mut doubted = HashSet::new();
    loop {
        match judge.layers(&doubted) {
            Ok(verdict) => return verdict,
            Err(more) => doubted.extend(more),
        }
    }
}

struct Judge<'a> {
    fields: &'a Fields,
    rows: &'a [Row],
    facts: Vec<Vec<Fact>>,
    by_value: HashMap<Value, Vec<usize>>,
    outside: &'a Outside,
    limit: usize,
}

impl<'a> Judge<'a> {
    fn new(fields: &'a Fields, rows: &'a [Row], outside: &'a Outside, limit: usize) -> Self {
        let mut by_value: HashMap<Value, Vec<usize>> = HashMap::new();
        let mut facts = Vec::with_capacity(rows.len());
        for (ix, row) in rows.iter().enumerate() {
            let own = facts_of(fields, row);
            for fact in &own {
                let at = by_value.entry(fact.value.clone()).or_default();
                if at.last() != Some(&ix) {
                    at.push(ix);
                }
            }
            facts.push(own);
        }
        Self { fields, rows, facts, by_value, outside, limit }
    }

    fn personal(&self, value: &Value) -> bool {
        self.fields.kinds[value.0].personal
    }

    /// One judgement without the values in `doubted`; or more values that must be doubted.
    fn layers(&self, doubted: &HashSet<Value>) -> Result<Verdict, HashSet<Value>> {
        let mut verdict = Verdict::default();
        let said = self.outside.yes.iter().map(|v| (v, From::Said));
        let given = self.outside.given.iter().map(|v| (v, From::Given));
        for ((value, raw), from) in said.chain(given) {
            let strong = matches!(from, From::Said)
                || (!self.fields.kinds[value.0].shared && !doubted.contains(value));
            verdict.learn(value, raw, from, strong);
        }
        let mut fresh: BTreeSet<usize> = (0..self.rows.len())
            .filter(|ix| self.outside.yes_records.contains(&self.name(*ix)))
            .collect();
        let mut next = 0;
        loop {
            let strong = verdict.order[next..].iter().filter(|v| verdict.known[*v].strong);
            fresh.extend(strong.filter_map(|v| self.by_value.get(v)).flatten());
            next = verdict.order.len();
            fresh.retain(|ix| {
                !verdict.certain.contains_key(ix)
                    && !self.outside.no_records.contains(&self.name(*ix))
            });
            if fresh.is_empty() {
                return Ok(verdict);
            }
            // What is found only by what may be of other people shows nothing of others' numbers.
            let alone = |ix: &usize| {
                self.matches(&verdict, *ix).iter().any(|(at, _)| self.facts[*ix][*at].alone)
            };
            let split = self.split(&verdict, &fresh.iter().copied().filter(alone).collect());
            let mut more = HashSet::new();
            let mut taken = Vec::new();
            for ix in std::mem::take(&mut fresh) {
                let why = self.matches(&verdict, ix);
                let sure = self.outside.yes_records.contains(&self.name(ix));
                if sure || !self.against(&verdict, &split, ix, &why) {
                    taken.push((ix, why));
                    continue;
                }
                let may_doubt =
                    |v: &Value| !self.personal(v) && !matches!(verdict.known[v].from, From::Said);
                // What may be of other people anyway, in a field that does not stand alone, shows nothing.
                let facts = why.iter().map(|(at, _)| &self.facts[ix][*at]).filter(|f| f.alone);
                more.extend(facts.map(|f| &f.value).filter(|v| may_doubt(v)).cloned());
            }
            if !more.is_empty() {
                return Err(more);
            }
            for (ix, why) in taken {
                let teaches = why.iter().any(|(at, _)| self.facts[ix][*at].alone)
                    || self.outside.yes_records.contains(&self.name(ix));
                verdict.certain.insert(ix, why);
                if teaches {
                    self.learn_from(&mut verdict, ix, doubted);
                }
            }
        }
    }

    /// The facts of a row that are strong values, each with where the value is known from.
    fn matches(&self, verdict: &Verdict, ix: usize) -> Vec<(usize, From)> {
        let facts = self.facts[ix].iter().enumerate();
        let strong = |(at, fact): (usize, &Fact)| {
            verdict.known.get(&fact.value).filter(|s| s.strong).map(|s| (at, s.from))
        };
        facts.filter_map(strong).collect()
    }

    /// Personal kinds of which nothing is known, and of which these rows say several values.
    fn split(&self, verdict: &Verdict, rows: &BTreeSet<usize>) -> HashSet<usize> {
        let mut values: HashMap<usize, HashSet<&str>> = HashMap::new();
        for ix in rows {
            let facts = &self.facts[*ix];
            let number =
                |f: &&Fact| f.alone && self.personal(&f.value) && !verdict.names(facts, f.field);
            for fact in facts.iter().filter(number) {
                values.entry(fact.value.0).or_default().insert(&fact.value.1);
            }
        }
        let unknown = |kind: usize| verdict.of_kind(kind).next().is_none();
        values.into_iter().filter(|(k, v)| v.len() > 1 && unknown(*k)).map(|(k, _)| k).collect()
    }

    /// Whether a row says that it is somebody else's, or nobody can say whose.
    fn against(
        &self,
        verdict: &Verdict,
        split: &HashSet<usize>,
        ix: usize,
        why: &[(usize, From)],
    ) -> bool {
        let place = &self.fields.places[self.rows[ix].place];
        let by_number = why.iter().any(|(at, _)| self.personal(&self.facts[ix][*at].value));
        if place.several {
            return !by_number && self.other_numbers(verdict, ix).next().is_some();
        }
        // Found only by what may be of other people: a number that it has is another's, as far as
        // anybody knows.
        if !why.iter().any(|(at, _)| self.facts[ix][*at].alone) {
            let facts = &self.facts[ix];
            return facts
                .iter()
                .any(|f| f.alone && self.personal(&f.value) && !verdict.names(facts, f.field));
        }
        self.other_numbers(verdict, ix).next().is_some()
            || self.facts[ix].iter().any(|f| f.alone && split.contains(&f.value.0))
    }

    /// Personal values of a row that are not the person's, while the person's are known and the row
    /// does not say one of them in the same kind.
    fn other_numbers(&self, verdict: &Verdict, ix: usize) -> impl Iterator<Item = &Fact> {
        let several = self.fields.places[self.rows[ix].place].several;
        let facts = &self.facts[ix];
        facts.iter().filter(move |f| verdict.is_other(self.fields, facts, several, f))
    }

    fn learn_from(&self, verdict: &mut Verdict, ix: usize, doubted: &HashSet<Value>) {
        let row = &self.rows[ix];
        for fact in self.facts[ix].iter().filter(|f| f.alone) {
            if self.outside.no.contains(&fact.value) || verdict.known.contains_key(&fact.value) {
                continue;
            }
            // A field that numbers customers and employees alike numbers the person only as what
            // they were found as.
            let kinds = &self.fields.places[row.place].fields[fact.field].kinds;
            let categories = kinds.iter().filter(|k| self.fields.kinds[**k].category).count();
            if categories > 1 && self.fields.kinds[fact.value.0].category {
                continue;
            }
            if verdict.order.len() >= self.limit {
                verdict.cut = true;
                return;
            }
            let strong = !self.fields.kinds[fact.value.0].shared && !doubted.contains(&fact.value);
            let raw = row.values[fact.raw].1.clone();
            verdict.learn(&fact.value, &raw, From::Row(ix, fact.field), strong);
        }
    }

    fn name(&self, ix: usize) -> (usize, String) {
        (self.rows[ix].place, self.rows[ix].key.text())
    }
}

/// What a row says of whom it is about, as far as it can be read.
fn facts_of(fields: &Fields, row: &Row) -> Vec<Fact> {
    let place = &fields.places[row.place];
    let mut facts = Vec::new();
    for (raw, (field, text)) in row.values.iter().enumerate() {
        let said = &place.fields[*field];
        // A list tells of several.
        let alone = said.alone && row.values.iter().filter(|(f, _)| f == field).count() == 1;
        for kind in &said.kinds {
            if let Some(normal) = normal(fields.kinds[*kind].format, text) {
                facts.push(Fact { field: *field, value: (*kind, normal), raw, alone });
            }
        }
    }
    facts
}

impl Verdict {
    fn learn(&mut self, value: &Value, raw: &str, from: From, strong: bool) {
        if let Some(seen) = self.known.get_mut(value) {
            seen.strong |= strong;
            return;
        }
        self.known.insert(value.clone(), Seen { raw: raw.trim().to_owned(), from, strong });
        self.order.push(value.clone());
    }

    fn of_kind(&self, kind: usize) -> impl Iterator<Item = &Value> {
        self.known
            .range((kind, String::new())..)
            .take_while(move |(v, _)| v.0 == kind)
            .map(|(v, _)| v)
    }

    /// Whether what stands in this field of a row is the person's, as one kind or another.
    fn names(&self, facts: &[Fact], field: usize) -> bool {
        facts.iter().any(|f| f.field == field && self.known.contains_key(&f.value))
    }

    /// Whether a row says a personal number that is not the person's, whose own is known.
    fn is_other(&self, fields: &Fields, facts: &[Fact], several: bool, fact: &Fact) -> bool {
        (fact.alone || several)
            && fields.kinds[fact.value.0].personal
            && !self.names(facts, fact.field)
            && self.of_kind(fact.value.0).next().is_some()
    }

    /// Every value known, whether it proves anything, and as it was written.
    pub(super) fn values(&self) -> impl Iterator<Item = (&Value, bool, &str)> {
        self.order.iter().map(|v| (v, self.known[v].strong, &*self.known[v].raw))
    }
}

#[cfg(test)]
mod tests;
