//! Revisions: one text for all registers that mean the same, and its hash.
//!
//! The canonical form is JSON without spaces, keys sorted, lists sorted where their order means
//! nothing, defaults and everything built in left out. Comments, layout, the order of files and of
//! tables are not in it. Its first key is its version, `v`: a change of form is a change of hashes.

mod rights;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::builtin;
use crate::model::{
    Activity, Announcement, Anonymise, Category, CategoryClass, Condition, ConditionTest, Contact,
    Controller, ControllerKind, DataSet, Disposition, Fact, FactSource, FactType, Guard, Keep,
    Link, Literal, MustErase, OnErase, Purpose, Recipient, RecipientRole, Register, Role, Spoken,
    Store, StoreKind, Text, Vacuum,
};
use crate::span::Sp;

/// The canonical text of a register.
pub fn canonical(register: &Register) -> String {
    let mut text = String::new();
    write(&value(register), &mut text);
    text
}

/// The hash that names a revision: SHA-256 of the canonical text, in hexadecimal.
pub fn revision_hash(register: &Register) -> String {
    let hash = Sha256::digest(canonical(register).as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes JSON with sorted keys, whatever order the objects keep.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            out.push('{');
            for (i, (key, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// A JSON object that leaves out what says nothing.
#[derive(Default)]
struct Obj(serde_json::Map<String, Value>);

impl Obj {
    fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::Bool(b) => !b,
            Value::String(s) => s.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(o) => o.is_empty(),
            Value::Number(_) => false,
        };
        if !empty {
            self.0.insert(key.to_owned(), value);
        }
        self
    }

    /// A value by which it is written; none is left out.
    fn show<T: ToString>(self, key: &str, value: Option<T>) -> Self {
        self.put(key, value.map(|v| v.to_string()))
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// The register as one JSON value; what has an id is in an object by its id.
pub(crate) fn value(register: &Register) -> Value {
    let built_in = |id: &str| builtin::SUBJECTS.iter().any(|s| s.0 == id);
    let subjects = register.subjects.iter().filter(|(id, _)| !built_in(id));
    let categories = register.categories.iter().filter(|(_, c)| c.span.is_some());
    let by_id = |items: Vec<(&Sp<String>, Value)>| {
        let sorted: BTreeMap<String, Value> =
            items.into_iter().map(|(id, value)| (id.value.clone(), value)).collect();
        Value::Object(sorted.into_iter().collect())
    };
    let mut whole = json!({
        "v": 1,
        "controller": controller(&register.controller),
        "subjects": Value::Object(subjects.map(|(id, t)| (id.clone(), text(t))).collect()),
        "categories": Value::Object(categories.map(|(id, c)| (id.clone(), category(c))).collect()),
        "recipients": by_id(register.recipients.iter().map(|r| (&r.id, recipient(r))).collect()),
        "measures":
            Value::Object(register.measures.iter().map(|(id, t)| (id.clone(), text(t))).collect()),
        "stores": by_id(register.stores.iter().map(|s| (&s.id, store(s))).collect()),
        "activities": by_id(register.activities.iter().map(|a| (&a.id, activity(a))).collect()),
        "datasets": by_id(register.datasets.iter().map(|d| (&d.id, dataset(d))).collect()),
    });
    // Left out when there are none, as every default is: registers without calls keep their hash.
    if let (Value::Object(parts), false) = (&mut whole, register.announcements.is_empty()) {
        let all = register.announcements.iter().map(|a| (&a.id, announcement(a))).collect();
        parts.insert("announcements".to_owned(), by_id(all));
    }
    if let Value::Object(parts) = &mut whole {
        rights::put(register, parts);
    }
    whole
}

fn announcement(a: &Announcement) -> Value {
    let languages: Vec<&str> = a.languages.iter().map(|l| l.value.as_str()).collect();
    // Their order is the order in which callers hear them.
    let questions: Vec<Value> = a
        .questions
        .iter()
        .map(|q| spoken(Some(&q.spoken)).put("for", q.purpose.value.as_str()).done())
        .collect();
    Obj::default()
        .put("version", a.version.value.as_str())
        .put("activity", a.activity.value.as_str())
        .put("languages", json!(languages))
        .put("before", spoken(Some(&a.before)).done())
        .put("question", questions)
        .put("withdrawn", spoken(a.withdrawn.as_ref()).done())
        .done()
}

fn spoken(s: Option<&Spoken>) -> Obj {
    let part = |field: fn(&Spoken) -> &Sp<Text>| optional(s.map(|s| &field(s).value));
    Obj::default().put("text", part(|s| &s.text)).put("file", part(|s| &s.file))
}

fn text(text: &Text) -> Value {
    Obj::default().put("da", text.da.as_str()).put("en", text.en.as_str()).done()
}

fn optional(t: Option<&Text>) -> Value {
    t.map(text).unwrap_or_default()
}

/// A list whose order means nothing, without repetitions.
fn set<'a>(items: impl IntoIterator<Item = &'a Sp<String>>) -> Value {
    let sorted: std::collections::BTreeSet<&str> =
        items.into_iter().map(|s| s.value.as_str()).collect();
    json!(sorted)
}

/// A list of objects whose order means nothing.
fn sorted(items: impl IntoIterator<Item = Value>) -> Value {
    let mut items: Vec<(String, Value)> = items
        .into_iter()
        .map(|value| {
            let mut text = String::new();
            write(&value, &mut text);
            (text, value)
        })
        .collect();
    items.sort_by(|a, b| a.0.cmp(&b.0));
    Value::Array(items.into_iter().map(|(_, value)| value).collect())
}

fn contact(c: &Contact) -> Value {
    Obj::default()
        .put("name", c.name.as_str())
        .put("address", c.address.clone())
        .put("email", c.email.clone())
        .put("phone", c.phone.clone())
        .done()
}

fn controller(c: &Controller) -> Value {
    let ends: Vec<Value> = c
        .year_ends
        .iter()
        .map(|(from, end)| Obj::default().show("from", *from).put("end", end.as_str()).done())
        .collect();
    let public = c.kind == ControllerKind::PublicAuthority;
    let zone = c.calendar.zone.iana_name().filter(|z| *z != "Europe/Copenhagen");
    Obj::default()
        .put("contact", contact(&c.contact))
        .put("kind", public.then_some("public-authority"))
        .put("cvr", c.cvr.clone())
        .put("joint", sorted(c.joint.iter().map(contact)))
        .put("representative", c.representative.as_ref().map(contact).unwrap_or_default())
        .put("dpo", c.dpo.as_ref().map(contact).unwrap_or_default())
        .put("zone", zone)
        .put("financial_year_end", ends)
        .done()
}

fn category(c: &Category) -> Value {
    let class = match c.class {
        CategoryClass::Ordinary => None,
        CategoryClass::NationalId => Some("national-id"),
        CategoryClass::Special => Some("special"),
        CategoryClass::Criminal => Some("criminal"),
    };
    Obj::default().put("title", text(&c.title)).put("class", class).done()
}

fn recipient(r: &Recipient) -> Value {
    let role = match r.role {
        RecipientRole::Processor => Some("processor"),
        RecipientRole::Controller => None,
        RecipientRole::Authority => Some("authority"),
    };
    Obj::default()
        .put("title", text(&r.title))
        .put("role", role)
        .put("country", r.country.as_ref().map(|c| c.value.clone()))
        .put("safeguard", optional(r.safeguard.as_deref()))
        .done()
}

fn store(s: &Store) -> Value {
    let kind = match &s.kind {
        StoreKind::Sqlite { path } => json!({ "kind": "sqlite", "path": path }),
        StoreKind::Postgresql { url_env, url_file, schema } => Obj::default()
            .put("kind", "postgresql")
            .put("url_env", url_env.clone())
            .put("url_file", url_file.clone())
            .put("schema", schema.as_str())
            .done(),
        StoreKind::Files { root } => json!({ "kind": "files", "root": root }),
        StoreKind::Vault { path } => json!({ "kind": "vault", "path": path }),
    };
    let exempt = s.exempt.iter().map(|e| json!({ "at": e.at.value, "why": text(&e.why) }));
    Obj::default()
        .put("title", text(&s.title))
        .put("at", kind)
        .show("backups", s.backups.as_ref().map(|p| p.value))
        .put("batch", s.batch)
        .put("max_rows_per_second", s.max_rows_per_second)
        .put("statement_timeout_ms", s.statement_timeout_ms)
        .put("lock_timeout_ms", s.lock_timeout_ms)
        .put("max_replica_lag_ms", s.max_replica_lag_ms)
        .put("vacuum", (s.vacuum == Vacuum::Run).then_some("run"))
        .put("exempt", sorted(exempt))
        .done()
}

fn activity(a: &Activity) -> Value {
    let (role, on_behalf_of) = match &a.role {
        Role::Controller => (None, Vec::new()),
        Role::Processor { on_behalf_of } => {
            (Some("processor"), on_behalf_of.iter().map(contact).collect())
        }
    };
    let about = a
        .about
        .iter()
        .map(|x| json!({ "subject": x.subject.value, "categories": set(&x.categories) }));
    let disclosures = a.disclosures.iter().map(|x| {
        json!({
            "recipient": x.recipient.value,
            "subjects": set(&x.subjects),
            "categories": set(&x.categories),
        })
    });
    let purposes: BTreeMap<&str, Value> =
        a.purposes.iter().map(|p| (p.id.value.as_str(), purpose(p))).collect();
    Obj::default()
        .put("title", text(&a.title))
        .put("role", role)
        .put("on_behalf_of", sorted(on_behalf_of))
        .put("measures", set(&a.measures))
        .put("about", sorted(about))
        .put("disclosures", sorted(disclosures))
        .put("source", optional(a.source.as_ref()))
        .put("obligation", optional(a.obligation.as_ref()))
        .put("automated", optional(a.automated.as_ref()))
        .put("purposes", json!(purposes))
        .done()
}

fn purpose(p: &Purpose) -> Value {
    Obj::default()
        .put("text", text(&p.text))
        .show("basis", p.basis.as_ref().map(|b| b.value))
        .show("special_basis", p.special_basis.as_ref().map(|b| b.value))
        .put("law", p.law.as_ref().map(|l| l.value.clone()))
        .put("interest", optional(p.interest.as_deref()))
        .show("ended", p.ended.as_ref().map(|d| d.value))
        .done()
}

fn dataset(d: &DataSet) -> Value {
    let subjects: BTreeMap<&str, Option<&str>> = d
        .subjects
        .iter()
        .map(|(id, field)| (id.value.as_str(), field.as_ref().map(|f| f.value.as_str())))
        .collect();
    let key: Vec<&str> = d.key.iter().map(|k| k.value.as_str()).collect();
    let facts: BTreeMap<&String, Value> =
        d.facts.iter().map(|(name, f)| (name, fact(name, f))).collect();
    let review = d.review.as_ref().map(|r| {
        json!({
            "every": r.every.value.to_string(),
            "from": r.from.value,
            "question": text(&r.question),
        })
    });
    let then = match &*d.then {
        Disposition::Erase => Value::Null,
        Disposition::Transfer(to) => json!({ "transfer": to.value }),
        Disposition::Anonymise(fields) => {
            let fields: BTreeMap<&str, Value> =
                fields.iter().map(|(f, how)| (f.value.as_str(), anonymise(how))).collect();
            json!({ "anonymise": fields })
        }
    };
    Obj::default()
        .put("title", text(&d.title))
        .put("activity", d.activity.value.as_str())
        .put("store", d.store.value.as_str())
        .put("collection", d.collection.value.as_str())
        .put("key", json!(key))
        .put("subjects", json!(subjects))
        .put("categories", set(&d.categories))
        .put("identifiers", set(&d.identifiers))
        .put("facts", json!(facts))
        .put("keep", sorted(d.keep.iter().map(keep)))
        .put("erase", sorted(d.erase.iter().map(erase)))
        .put("link", sorted(d.links.iter().map(link)))
        .put("then", then)
        .put("review", review.unwrap_or_default())
        .put("approve", d.two_person.then_some("two"))
        .put("guard", guard(&d.guard))
        .put("drop_partitions", d.drop_partitions)
        .put("justification", optional(d.justification.as_ref()))
        .put("assessment", d.assessment.as_ref().map(rights::assessment).unwrap_or_default())
        .put("identity", rights::fields(&d.identity))
        .put("others", set(&d.others))
        // None of them is another thing than not said.
        .put("provided", d.provided.as_ref().map(|p| json!({ "fields": set(p) })))
        .put("restrict", d.restrict.as_ref().map(|r| rights::restrict(r)).unwrap_or_default())
        .done()
}

fn guard(g: &Guard) -> Value {
    let usual = Guard::default();
    let share = (g.share != usual.share).then_some(g.share);
    let times = (g.times_usual != usual.times_usual).then_some(g.times_usual);
    Obj::default().put("share", share).put("count", g.count).put("times_usual", times).done()
}

fn anonymise(how: &Anonymise) -> Value {
    match how {
        Anonymise::Null => json!("null"),
        Anonymise::Fixed(text) => json!({ "fixed": text }),
        Anonymise::Pseudonym => json!("pseudonym"),
        Anonymise::Truncate(n) => json!(format!("truncate({n})")),
        Anonymise::Month => json!("month"),
        Anonymise::Year => json!("year"),
    }
}

fn fact(name: &str, f: &Fact) -> Value {
    let (kind, zone) = match &f.kind {
        None => (None, None),
        Some(FactType::Date) => (Some("date"), None),
        Some(FactType::DateTime { zone }) => (Some("datetime"), zone.clone()),
        Some(FactType::Instant) => (Some("instant"), None),
        Some(FactType::UnixSeconds) => (Some("unix"), None),
        Some(FactType::UnixMillis) => (Some("unix-ms"), None),
    };
    let object = Obj::default()
        .put("type", kind)
        .put("zone", zone)
        .put("title", text(&f.title))
        .put("start", f.start.as_ref().map(|s| s.value.as_str()));
    match &f.source {
        FactSource::Field(field) if field.value == name => object,
        FactSource::Field(field) => object.put("field", field.value.as_str()),
        FactSource::Lookup { dataset, field, by } => object
            .put("lookup", format!("{}.{}", dataset.value, field.value))
            .put("by", by.value.as_str()),
        FactSource::Latest { dataset, field, by, or_else } => object
            .put("latest", format!("{}.{}", dataset.value, field.value))
            .put("by", by.value.as_str())
            .put("else", or_else.as_ref().map(|f| f.value.clone())),
    }
    .done()
}

fn keep(k: &Keep) -> Value {
    let name = |n: &Option<Sp<String>>| n.as_ref().map(|n| n.value.clone());
    Obj::default()
        .put("for", k.purpose.value.as_str())
        .put("from", name(&k.from))
        .show("period", k.period.as_ref().map(|p| p.value))
        .show("anchor", k.anchor.as_ref().map(|a| a.value))
        .put("open", k.open)
        .put("when", when(&k.when))
        .put("until", name(&k.until))
        .put("given", name(&k.given))
        .put("review", optional(k.review.as_deref()))
        .done()
}

fn erase(e: &MustErase) -> Value {
    Obj::default()
        .put("law", e.law.as_ref().map(|l| l.value.clone()))
        .put("from", e.from.value.as_str())
        .show("period", e.period.as_ref().map(|p| p.value))
        .show("anchor", e.anchor.as_ref().map(|a| a.value))
        .put("open", e.open)
        .put("when", when(&e.when))
        .done()
}

fn when(conditions: &[Condition]) -> Value {
    let literals = |list: &[Literal]| {
        let sorted: std::collections::BTreeSet<&Literal> = list.iter().collect();
        Value::Array(sorted.into_iter().map(literal).collect())
    };
    let tests: BTreeMap<&str, Value> = conditions
        .iter()
        .map(|c| {
            let test = match &c.test {
                ConditionTest::In(list) => literals(list),
                ConditionTest::NotIn(list) => json!({ "not": literals(list) }),
                ConditionTest::Set(set) => json!({ "set": set }),
            };
            (c.fact.value.as_str(), test)
        })
        .collect();
    json!(tests)
}

fn literal(literal: &Literal) -> Value {
    match literal {
        Literal::Text(t) => json!(t),
        Literal::Int(n) => json!(n),
        Literal::Bool(b) => json!(b),
    }
}

fn link(l: &Link) -> Value {
    let on_erase = match l.on_erase {
        OnErase::Block => None,
        OnErase::Cascade => Some("cascade"),
        OnErase::Detach => Some("detach"),
    };
    Obj::default()
        .put("to", l.to.value.as_str())
        .put("by", l.by.value.as_str())
        .put("on_erase", on_erase)
        .done()
}
