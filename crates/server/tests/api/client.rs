//! A client of the interface, which holds every answer against the document.

use std::collections::BTreeSet;

use frist_server::{Scope, WantedToken, make_token};
use serde_json::{Value, json};

use crate::kit::{Answer, House};

pub(crate) const ROOT: &str = "/api/v1";

/// A program with a token.
pub(crate) struct Program<'h> {
    pub(crate) house: &'h House,
    pub(crate) secret: Option<String>,
}

/// A token with these scopes for these data sets.
pub(crate) fn program<'h>(
    house: &'h House,
    name: &str,
    scopes: &[Scope],
    datasets: &[&str],
) -> Program<'h> {
    by(house, name, scopes, datasets, "operator")
}

/// A token that somebody made.
pub(crate) fn by<'h>(
    house: &'h House,
    name: &str,
    scopes: &[Scope],
    datasets: &[&str],
    by: &str,
) -> Program<'h> {
    let want = WantedToken {
        name: name.into(),
        title: "test".into(),
        scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
        datasets: datasets.iter().map(|d| (*d).to_owned()).collect(),
        days: 30,
        by: by.into(),
        at: house.now(),
        grants: true,
    };
    let made = make_token(&mut house.state(), &want).unwrap_or_else(|e| panic!("{e}"));
    Program { house, secret: Some(made.secret) }
}

impl Program<'_> {
    /// Asks for something; the answer must be as the document says.
    pub(crate) fn ask(
        &self,
        verb: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let bearer = self.secret.as_ref().map(|s| format!("Bearer {s}"));
        let mut headers = more.to_vec();
        if let Some(bearer) = &bearer {
            headers.push(("Authorization", bearer));
        }
        let answer = self.house.client().json(verb, &format!("{ROOT}{path}"), &headers, body);
        fits(verb, path, &answer);
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, &[], Some(&body.to_string()))
    }

    /// Asks for something that must work.
    pub(crate) fn well(&self, answer: Answer) -> Value {
        assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
        read(&answer)
    }
}

pub(crate) fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

/// The part of the document about this path.
pub(crate) fn documented(path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let given: Vec<&str> = path.split('/').collect();
    let all = frist_server::openapi()["paths"].as_object().unwrap();
    let fits = |written: &str| {
        let wanted: Vec<&str> = written.split('/').collect();
        wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(w, g)| w.starts_with('{') || w == g)
    };
    // A path without names is nearer than one with.
    all.get(path).or_else(|| all.iter().find(|(written, _)| fits(written)).map(|(_, p)| p))
}

/// Holds an answer against the document: its status, its type, its body by its schema.
pub(crate) fn fits(verb: &str, path: &str, answer: &Answer) {
    let what = format!("{verb} {path}: {} {}", answer.status, answer.body);
    if matches!(answer.status, 404 | 405) || verb == "OPTIONS" {
        // Also where nothing is.
        return problem(answer, &what);
    }
    let verb = if verb == "HEAD" { "get".to_owned() } else { verb.to_lowercase() };
    let own = &documented(path).unwrap_or_else(|| panic!("no such path: {what}"))[&verb];
    let status = answer.status.to_string();
    let said = own["responses"].get(&status);
    let said = said.unwrap_or_else(|| panic!("a status that the document does not have: {what}"));
    let Some(kinds) = said.get("content").and_then(Value::as_object) else {
        assert_eq!(answer.body, "", "{what}");
        return;
    };
    let kind = answer.header("content-type").unwrap_or_default();
    let schema = kinds.get(kind).unwrap_or_else(|| panic!("a type not told of: {kind} {what}"));
    if kind.contains("json") && !answer.body.is_empty() {
        let misfits = frist_server::misfits(&schema["schema"], &read(answer));
        assert_eq!(misfits, [""; 0], "{what}");
    }
    for (name, _) in &answer.headers {
        let told = ["location", "link", "retry-after", "ratelimit", "ratelimit-policy"];
        let headers = said.get("headers").and_then(Value::as_object);
        let known = headers.is_some_and(|h| h.keys().any(|k| k.to_lowercase() == *name));
        let spare = name == "retry-after" || (name == "location" && answer.status == 202);
        assert!(!told.contains(&name.as_str()) || known || spare, "{name} is not told of: {what}");
    }
    problem(answer, &what);
}

/// A problem has the form that all of them have.
fn problem(answer: &Answer, what: &str) {
    if answer.status < 400 || answer.body.is_empty() {
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    let body = read(answer);
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    assert_eq!(frist_server::misfits(&schema, &body), [""; 0], "{what}");
    assert_eq!(body["status"], answer.status, "{what}");
    assert!(body["type"].as_str().unwrap().contains("/api/problems/"), "{what}");
}
