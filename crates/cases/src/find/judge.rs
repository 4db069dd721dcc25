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

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use frist_stores::Key;

use super::fields::Fields;
use super::value::normal;
use super::{Doubt, Doubtful, Hit, Known, Origin, Question, Reason, Says};

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

    /// The answer: hits, questions and identifiers; `more` says of which data sets not everything
    /// that is asked about was read.
    pub(super) fn tell(
        &self,
        fields: &Fields,
        rows: &[Row],
        outside: &Outside,
        more: &HashSet<usize>,
    ) -> (Vec<Hit>, Vec<Question>, Vec<Known>) {
        let origin = |from: From| match from {
            From::Given => Origin::Given,
            From::Said => Origin::Said,
            From::Row(row, field) => Origin::Record {
                dataset: fields.places[rows[row].place].dataset.clone(),
                key: rows[row].key.text(),
                field: fields.places[rows[row].place].fields[field].name.clone(),
            },
        };
        let known = |value: &Value| {
            let seen = &self.known[value];
            let kind = fields.kinds[value.0].id.clone();
            Known { kind, value: seen.raw.clone(), from: origin(seen.from), shared: !seen.strong }
        };
        let mut hits: Vec<(usize, Hit)> = Vec::new();
        for (ix, why) in &self.certain {
            let row = &rows[*ix];
            let facts = facts_of(fields, row);
            let place = &fields.places[row.place];
            let reason = |(at, from): &(usize, From)| Reason::Field {
                field: place.fields[facts[*at].field].name.clone(),
                kind: fields.kinds[facts[*at].value.0].id.clone(),
                value: row.values[facts[*at].raw].1.clone(),
                from: origin(*from),
            };
            let mut why: Vec<Reason> = why.iter().map(reason).collect();
            if outside.yes_records.contains(&(row.place, row.key.text())) {
                why.push(Reason::Said);
            }
            let hit = Hit { dataset: place.dataset.clone(), key: row.key.clone(), why };
            hits.push((row.place, hit));
        }
        hits.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
        let hits = hits.into_iter().map(|(_, hit)| hit).collect();

        let mut groups: BTreeMap<(Doubt, Vec<Value>), (Vec<(usize, Doubtful)>, bool)> =
            BTreeMap::new();
        for (ix, row) in rows.iter().enumerate() {
            if self.certain.contains_key(&ix)
                || outside.no_records.contains(&(row.place, row.key.text()))
            {
                continue;
            }
            let facts = facts_of(fields, row);
            let common = facts.iter().map(|f| &f.value).filter(|v| self.known.contains_key(*v));
            let common: BTreeSet<&Value> = common.filter(|v| !outside.no.contains(*v)).collect();
            if common.is_empty() {
                continue;
            }
            let place = &fields.places[row.place];
            let says = |fact: &Fact| Says {
                field: place.fields[fact.field].name.clone(),
                kind: fields.kinds[fact.value.0].id.clone(),
                value: row.values[fact.raw].1.clone(),
            };
            let is_other = |f: &&Fact| self.is_other(fields, &facts, place.several, f);
            let against: Vec<Says> = facts.iter().filter(is_other).map(says).collect();
            let rest = facts.iter().filter(|f| !common.contains(&f.value));
            let doubt = match against.is_empty() {
                false => Doubt::Conflict,
                true if common.iter().any(|v| !fields.kinds[v.0].shared) => Doubt::Several,
                true => Doubt::Shared,
            };
            let doubtful = Doubtful {
                dataset: place.dataset.clone(),
                key: row.key.clone(),
                says: rest.map(says).collect(),
                against,
            };
            let group = (doubt, common.into_iter().cloned().collect());
            let (all, cut) = groups.entry(group).or_default();
            all.push((row.place, doubtful));
            *cut |= more.contains(&row.place);
        }
        let question = |((doubt, values), (mut all, cut)): (
            (Doubt, Vec<Value>),
            (Vec<(usize, Doubtful)>, bool),
        )| {
            all.sort_by(|(a, x), (b, y)| (a, &x.key).cmp(&(b, &y.key)));
            Question {
                values: values.iter().map(known).collect(),
                doubt,
                records: all.into_iter().map(|(_, d)| d).collect(),
                more: cut,
            }
        };
        let asked = groups.into_iter().map(question).collect();
        (hits, asked, self.order.iter().map(known).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::value;
    use super::*;
    use frist_register::Register;
    use frist_stores::KeyPart;
    use proptest::prelude::*;

    const REGISTER: &str = r#"
[controller]
name = "A"
[[store]]
id = "s"
kind = "sqlite"
path = "s.sqlite"
[[identity]]
id = "email"
title = { en = "E-mail" }
format = "email"
[[identity]]
id = "phone"
title = { en = "Phone" }
format = "phone"
shared = true
[[identity]]
id = "order"
title = { en = "Order" }
[[activity]]
id = "a"
title = { en = "A" }
[[activity.purpose]]
id = "p"
text = { en = "service" }
basis = "6(1)(b)"
"#;

    const SETS: [(&str, &str); 5] = [
        (
            "customers",
            "subject = { customer = \"id\" }\nidentity = { email = \"email\", phone = \"phone\" }",
        ),
        ("orders", "subject = { customer = \"customer\" }\nidentity = { order = \"order\" }"),
        ("lines", "subjects = [\"customer\"]\nidentity = { order = \"order\", email = \"email\" }"),
        ("calls", "subjects = [\"customer\"]\nidentity = { phone = \"phone\", email = \"email\" }"),
        ("served", "subject = { customer = \"customer\", employee = \"employee\" }"),
    ];

    fn fields() -> Fields {
        let sets = SETS.iter().map(|(id, who)| {
            format!("[[dataset]]\nid = \"{id}\"\nactivity = \"a\"\nat = \"s/{id}\"\n{who}\ncategories = [\"identity\"]\n[[dataset.keep]]\nfor = \"p\"\nfrom = \"at\"\nperiod = \"1 year\"\n")
        });
        let text = format!("{REGISTER}{}", sets.collect::<String>());
        let reading = Register::read(&[("register.toml", &text)]);
        Fields::new(&reading.register.expect("the test's own register can be read"))
    }

    /// Rows of a world in which persons have numbers, addresses and orders of their own, share
    /// telephones, and some addresses are written into a record of somebody else by mistake.
    #[derive(Debug, Clone)]
    struct World(Vec<(usize, u8, u8, u8)>);

    fn world() -> impl Strategy<Value = World> {
        proptest::collection::vec((0usize..5, 1u8..5, 1u8..5, 1u8..4), 1..24).prop_map(World)
    }

    /// The row of an entry: its set, the person it is about, and whose address or order it says.
    fn row(fields: &Fields, ix: usize, (set, person, other, phone): (usize, u8, u8, u8)) -> Row {
        let place = &fields.places[set];
        // One address in ten is somebody else's.
        let says = if (ix + other as usize).is_multiple_of(10) { other } else { person };
        let value = |name: &str| match name {
            "id" | "customer" => Some(person.to_string()),
            "employee" => Some(format!("{}", 90 + other)),
            "email" => (ix % 3 != 0).then(|| format!("p{says}@x.dk")),
            "phone" => Some(format!("2000000{phone}")),
            _ => Some(format!("A-{person}-{}", other % 2)),
        };
        let values = place.fields.iter().enumerate();
        Row {
            place: set,
            key: Key(vec![KeyPart::Int(ix as i64)]),
            values: values.filter_map(|(at, f)| Some((at, value(&f.name)?))).collect(),
        }
    }

    fn hits(fields: &Fields, rows: &[Row], person: u8) -> (BTreeSet<(String, Key)>, usize) {
        let kind = fields.kind_of("customer").expect("a kind");
        let text = person.to_string();
        let normal = value::normal(fields.kinds[kind].format, &text).expect("a value");
        let outside = Outside { given: vec![((kind, normal), text)], ..Outside::default() };
        let verdict = judge(fields, rows, &outside, 1000);
        let (hits, asked, _) = verdict.tell(fields, rows, &outside, &HashSet::new());
        let all = hits.into_iter().map(|h| (h.dataset, h.key)).collect();
        (all, asked.iter().map(|q| q.records.len()).sum())
    }

    proptest! {
        /// In whatever order the stores answer, the judgement is the same.
        #[test]
        fn order_does_not_matter(world in world(), seed in any::<u64>(), person in 1u8..5) {
            let fields = fields();
            let all: Vec<_> = world.0.iter().enumerate().collect();
            let mut mixed = all.clone();
            // Fisher and Yates, by a generator of one line.
            let mut state = seed | 1;
            for i in (1..mixed.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                mixed.swap(i, (state >> 33) as usize % (i + 1));
            }
            let rows = |list: &[(usize, &(usize, u8, u8, u8))]| -> Vec<Row> {
                list.iter().map(|(ix, entry)| row(&fields, *ix, **entry)).collect()
            };
            prop_assert_eq!(hits(&fields, &rows(&all), person), hits(&fields, &rows(&mixed), person));
        }

        /// No record that says by its number that it is about another is ever certain.
        #[test]
        fn never_against_a_number(world in world(), person in 1u8..5) {
            let fields = fields();
            let rows: Vec<Row> =
                world.0.iter().enumerate().map(|(ix, entry)| row(&fields, ix, *entry)).collect();
            for (dataset, key) in hits(&fields, &rows, person).0 {
                let [KeyPart::Int(ix)] = key.0[..] else { panic!("another key") };
                let entry = world.0[ix as usize];
                if dataset != "lines" && dataset != "calls" {
                    prop_assert_eq!(entry.1, person, "a record of somebody else");
                }
            }
        }

        /// What has the person's number is always found.
        #[test]
        fn always_by_the_number(world in world(), person in 1u8..5) {
            let fields = fields();
            let rows: Vec<Row> =
                world.0.iter().enumerate().map(|(ix, entry)| row(&fields, ix, *entry)).collect();
            let (hits, _) = hits(&fields, &rows, person);
            for (ix, entry) in world.0.iter().enumerate() {
                if entry.1 == person && ["customers", "orders", "served"].contains(&SETS[entry.0].0) {
                    let key = Key(vec![KeyPart::Int(ix as i64)]);
                    prop_assert!(hits.contains(&(SETS[entry.0].0.to_owned(), key)));
                }
            }
        }
    }
}
