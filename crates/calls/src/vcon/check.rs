//! Whether a JSON value is a vCon: rules written by hand after draft-ietf-vcon-vcon-core-04 and the
//! JSON schema published with it (`https://ietf.org/vcon/schemas/unsigned-vcon.json`, JSON Schema
//! draft-07). The schema's text is not part of this program, since its licence is the IETF Trust's;
//! these rules ask for what it asks for in the parts that telephone recordings have, and for what
//! the draft's prose adds: indices that exist, a hash with each URL, content in one place only.

use jiff::Timestamp;
use serde_json::Value;

const DIALOGS: [&str; 5] = ["recording", "text", "transfer", "incomplete", "recording-set"];
const EVENTS: [&str; 8] = ["join", "drop", "hold", "unhold", "mute", "unmute", "keydown", "keyup"];
const ENCODINGS: [&str; 3] = ["base64url", "json", "none"];

/// What is wrong with a vCon in the unsigned form, each with its place (RFC 6901); nothing when it
/// is in order.
#[must_use]
pub fn check(vcon: &Value) -> Vec<String> {
    let mut c = Checker::default();
    if !vcon.is_object() {
        return vec!["/: a vCon is a JSON object".to_owned()];
    }
    c.required(vcon, "", "uuid", uuid);
    c.required(vcon, "", "created_at", instant);
    c.optional(vcon, "", "updated_at", instant);
    c.optional(vcon, "", "subject", text);
    // The drafts differ: 0.4.0 up to -04, 0.5.0 in the schema after it.
    if vcon.get("vcon").is_some_and(|v| v != "0.4.0" && v != "0.5.0") {
        c.say("/vcon", "is deprecated, and \"0.4.0\" or \"0.5.0\" where it is given");
    }
    for name in ["extensions", "critical"] {
        c.each(vcon, "", name, |c, item, at| c.is(item, at, text));
    }
    let parties = c.each(vcon, "", "parties", |c, party, at| {
        if !party.is_object() {
            c.say(at, "is no object");
        }
        for name in ["tel", "sip", "name", "mailto", "validation", "uuid", "type", "org", "dept"] {
            c.optional(party, at, name, text);
        }
    });
    let dialogs = c.each(vcon, "", "dialog", |c, dialog, at| c.dialog(dialog, at, parties));
    c.each(vcon, "", "attachments", |c, a, at| c.attachment(a, at, parties, dialogs));
    c.each(vcon, "", "analysis", |c, a, at| {
        c.required(a, at, "type", text);
        c.required(a, at, "vendor", text);
    });
    c.0
}

#[derive(Default)]
struct Checker(Vec<String>);

type Test = fn(&Value) -> Result<(), &'static str>;

fn text(value: &Value) -> Result<(), &'static str> {
    value.is_string().then_some(()).ok_or("is no string")
}

fn instant(value: &Value) -> Result<(), &'static str> {
    let parsed = value.as_str().map(str::parse::<Timestamp>);
    parsed.is_some_and(|p| p.is_ok()).then_some(()).ok_or("is no RFC 3339 date and time")
}

fn uuid(value: &Value) -> Result<(), &'static str> {
    let parts: Vec<&str> = value.as_str().unwrap_or_default().split('-').collect();
    let fits = parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()));
    fits.then_some(()).ok_or("is no UUID")
}

fn seconds(value: &Value) -> Result<(), &'static str> {
    value.as_f64().is_some_and(|n| n >= 0.0).then_some(()).ok_or("is no count of seconds")
}

fn hash(value: &Value) -> Result<(), &'static str> {
    let one = |v: &Value| {
        v.as_str().and_then(|t| t.split_once('-')).is_some_and(|(algorithm, hash)| {
            let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            !algorithm.is_empty() && !hash.is_empty() && hash.bytes().all(base64url)
        })
    };
    let fits = match value {
        Value::Array(all) => !all.is_empty() && all.iter().all(one),
        other => one(other),
    };
    fits.then_some(()).ok_or("is no content hash (algorithm-base64url)")
}

impl Checker {
    fn say(&mut self, at: &str, what: &str) {
        self.0.push(format!("{at}: {what}"));
    }

    fn is(&mut self, value: &Value, at: &str, test: Test) {
        if let Err(why) = test(value) {
            self.say(at, why);
        }
    }

    fn required(&mut self, object: &Value, at: &str, name: &str, test: Test) {
        match object.get(name) {
            Some(value) => self.is(value, &format!("{at}/{name}"), test),
            None => self.say(&format!("{at}/{name}"), "is missing"),
        }
    }

    fn optional(&mut self, object: &Value, at: &str, name: &str, test: Test) {
        if let Some(value) = object.get(name) {
            self.is(value, &format!("{at}/{name}"), test);
        }
    }

    /// Looks at each item of an optional array; answers how many there are.
    fn each(
        &mut self,
        object: &Value,
        at: &str,
        name: &str,
        look: impl Fn(&mut Checker, &Value, &str),
    ) -> usize {
        match object.get(name) {
            None => 0,
            Some(Value::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    look(self, item, &format!("{at}/{name}/{n}"));
                }
                items.len()
            }
            Some(_) => {
                self.say(&format!("{at}/{name}"), "is no array");
                0
            }
        }
    }

    fn index(&mut self, value: &Value, at: &str, len: usize) {
        if value.as_u64().is_none_or(|n| n >= len as u64) {
            self.say(at, "names nothing that is there");
        }
    }

    fn one_of(&mut self, object: &Value, at: &str, name: &str, words: &[&str]) {
        let word = object.get(name).and_then(Value::as_str);
        if !word.is_some_and(|w| words.contains(&w)) {
            self.say(&format!("{at}/{name}"), &format!("is none of {}", words.join(", ")));
        }
    }

    fn dialog(&mut self, dialog: &Value, at: &str, parties: usize) {
        self.one_of(dialog, at, "type", &DIALOGS);
        self.required(dialog, at, "start", instant);
        self.optional(dialog, at, "duration", seconds);
        match dialog.get("parties") {
            None => {}
            Some(Value::Array(list)) => {
                for (n, channel) in list.iter().enumerate() {
                    let at = format!("{at}/parties/{n}");
                    match channel {
                        Value::Null => {}
                        Value::Array(mix) => mix.iter().for_each(|p| self.index(p, &at, parties)),
                        one => self.index(one, &at, parties),
                    }
                }
            }
            Some(one) => self.index(one, &format!("{at}/parties"), parties),
        }
        self.content(dialog, at);
        let kind = dialog.get("type").and_then(Value::as_str).unwrap_or_default();
        let has = |name: &str| dialog.get(name).is_some();
        if matches!(kind, "incomplete" | "transfer") && (has("body") || has("url")) {
            self.say(at, "has content, which this type of dialog must not have");
        }
        if has("body") && !has("mediatype") {
            self.say(&format!("{at}/mediatype"), "is missing for inline content");
        }
        self.each(dialog, at, "party_history", |c, event, at| {
            c.required(event, at, "time", instant);
            c.one_of(event, at, "event", &EVENTS);
            match event.get("party") {
                Some(party) => c.index(party, &format!("{at}/party"), parties),
                None => c.say(&format!("{at}/party"), "is missing"),
            }
            let key = event.get("event").and_then(Value::as_str).unwrap_or_default();
            if key.starts_with("key") {
                c.required(event, at, "button", text);
            }
        });
    }

    fn attachment(&mut self, attachment: &Value, at: &str, parties: usize, dialogs: usize) {
        self.required(attachment, at, "start", instant);
        self.optional(attachment, at, "purpose", text);
        for (name, len) in [("party", parties), ("dialog", dialogs)] {
            match attachment.get(name) {
                Some(index) => self.index(index, &format!("{at}/{name}"), len),
                None => self.say(&format!("{at}/{name}"), "is missing"),
            }
        }
        self.content(attachment, at);
    }

    fn content(&mut self, object: &Value, at: &str) {
        let has = |name: &str| object.get(name).is_some();
        if has("body") && has("url") {
            self.say(at, "has its content both inline and elsewhere");
        }
        if has("url") && !has("content_hash") {
            self.say(&format!("{at}/content_hash"), "is missing for content that lies elsewhere");
        }
        let https = |v: &Value| {
            let fits = v.as_str().is_some_and(|u| u.starts_with("https://"));
            fits.then_some(()).ok_or("is no HTTPS URL")
        };
        self.optional(object, at, "url", https);
        self.optional(object, at, "content_hash", hash);
        if let Some(encoding) = object.get("encoding") {
            if !encoding.as_str().is_some_and(|e| ENCODINGS.contains(&e)) {
                self.say(&format!("{at}/encoding"), "is none of base64url, json, none");
            }
            if encoding != "json" {
                self.optional(object, at, "body", text);
            }
        }
    }
}
