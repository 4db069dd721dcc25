//! The canonical form of what people's rights need. Each part is left out when there is none, so that
//! registers without them keep their hash.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Obj, literal, text};
use crate::model::{Assessment, IdentityFormat, Register, Restrict};
use crate::span::Sp;

/// Puts the parts that there are.
pub(super) fn put(register: &Register, parts: &mut Map<String, Value>) {
    let mut part = |name: &str, items: Map<String, Value>| {
        if !items.is_empty() {
            parts.insert(name.to_owned(), Value::Object(items));
        }
    };
    let identities = register.identities.iter().map(|i| {
        let format = match i.format {
            IdentityFormat::Text => None,
            IdentityFormat::Email => Some("email"),
            IdentityFormat::Phone => Some("phone"),
            IdentityFormat::Cpr => Some("cpr"),
            IdentityFormat::Name => Some("name"),
        };
        let one = Obj::default().put("title", text(&i.title)).put("format", format);
        (i.id.value.clone(), one.put("shared", i.shared).done())
    });
    part("identities", identities.collect());
    let letters = register.letters.iter().map(|l| {
        let one = Obj::default().put("version", l.version.as_str()).put("title", text(&l.title));
        (l.id.value.clone(), one.put("text", text(&l.text)).done())
    });
    part("letters", letters.collect());
    let notices = register.notices.iter().map(|n| {
        let one = Obj::default().put("subject", n.subject.as_str()).put("title", text(&n.title));
        let one = one.put("before", text(&n.before)).put("after", text(&n.after));
        (n.id.value.clone(), one.done())
    });
    part("notices", notices.collect());
    let consents = register.consents.iter().map(|c| {
        let one = Obj::default()
            .put("version", c.version.as_str())
            .put("activity", c.activity.as_str())
            .put("for", c.purpose.as_str())
            .put("text", text(&c.text))
            .put("withdraw", text(&c.withdraw))
            .show("proof", c.proof.as_ref().map(|p| p.value));
        (c.id.value.clone(), one.done())
    });
    part("consents", consents.collect());
    let guidelines = register.guidelines.iter().map(|g| {
        let one = Obj::default()
            .put("version", g.version.as_str())
            .put("title", text(&g.title))
            .put("text", text(&g.text))
            .put("who", text(&g.who));
        (g.id.value.clone(), one.done())
    });
    part("guidelines", guidelines.collect());
    let requests = Obj::default()
        .show("keep", register.requests.keep.as_ref().map(|p| p.value))
        .put("link", register.requests.link.as_ref().map(|l| l.value.clone()))
        .show("notice_period", register.requests.notice_period.as_ref().map(|p| p.value))
        .show("review_every", register.requests.review_every.as_ref().map(|p| p.value))
        .put("second_person", super::set(&register.requests.second_person));
    part("requests", requests.0);
}

/// An assessment.
pub(super) fn assessment(a: &Assessment) -> Value {
    Obj::default()
        .put("on", a.on.value.to_string())
        .put("by", a.by.as_str())
        .show("next", a.next.as_ref().map(|d| d.value))
        .put("data", text(&a.data))
        .put("purpose", text(&a.purpose))
        .put("so_far", text(&a.so_far))
        .put("basis", text(&a.basis))
        .put("doubt", text(&a.doubt))
        .put("lawyer", a.lawyer)
        .done()
}

/// Which field holds which kind of identifier.
pub(super) fn fields(fields: &[(Sp<String>, Sp<String>)]) -> Value {
    let fields: BTreeMap<&str, &str> =
        fields.iter().map(|(field, kind)| (field.as_str(), kind.as_str())).collect();
    json!(fields)
}

/// How a record is restricted.
pub(super) fn restrict(how: &Restrict) -> Value {
    match how {
        Restrict::Set(fields) => {
            let fields: BTreeMap<&str, Value> =
                fields.iter().map(|(field, value)| (field.as_str(), literal(value))).collect();
            json!({ "set": fields })
        }
        Restrict::Move(to) => json!({ "move": to.value }),
        Restrict::Cannot(why) => json!({ "cannot": text(why) }),
    }
}
