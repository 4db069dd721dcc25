//! The OpenAPI 3.1 document, made from the table of routes.

use serde_json::{Map, Value, json};

use super::problem::Kind;
use super::route::{Output, Route, Verb, properties};
use super::scope::Scope;
use super::{JSON, PROBLEM, ROOT};

/// The form of `If-Match` and `If-None-Match`.
const TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#;

/// The document.
pub(crate) fn document(routes: &[Route], named: &Map<String, Value>) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let own = operation(route, named);
        let at = paths.entry(route.path).or_insert_with(|| json!({}));
        at[route.verb.as_str().to_lowercase()] = own;
    }
    let named = reached(&Value::Object(paths.clone()), named);
    let scopes: Vec<String> =
        Scope::ALL.iter().map(|s| format!("- `{}`: {}", s.as_str(), s.text())).collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Frist",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Keeps personal data neither too long nor too short, and can prove it. Every change is also an entry of the ledger.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": ROOT}],
        "security": [{"token": []}],
        "tags": tags(routes),
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "frist_...",
                "description": format!(
                    "A token, made on `/setup/tokens` or with `frist token add`. Its scopes:\n\n{}",
                    scopes.join("\n")
                ),
            }},
            "schemas": named,
        },
    })
}

/// The schemas that somebody refers to: those of queries are spelt out as parameters.
fn reached(paths: &Value, named: &Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    let mut todo = vec![paths];
    while let Some(value) = todo.pop() {
        match value {
            Value::Array(all) => todo.extend(all),
            Value::Object(all) => {
                todo.extend(all.values());
                let name = all.get("$ref").and_then(Value::as_str);
                let name = name.and_then(|place| place.rsplit('/').next());
                if let Some((name, schema)) = name.and_then(|name| named.get_key_value(name))
                    && !found.contains_key(name)
                {
                    found.insert(name.clone(), schema.clone());
                    todo.push(schema);
                }
            }
            _ => {}
        }
    }
    found.sort_keys();
    found
}

fn tag(route: &Route) -> &'static str {
    route.path.trim_start_matches('/').split(['/', '.']).next().unwrap_or_default()
}

fn tags(routes: &[Route]) -> Value {
    let mut names: Vec<&str> = routes.iter().map(tag).collect();
    names.dedup();
    names.into_iter().map(|name| json!({"name": name})).collect()
}

fn operation(route: &Route, named: &Map<String, Value>) -> Value {
    let mut own = json!({
        "operationId": route.id,
        "summary": route.summary,
        "tags": [tag(route)],
        "parameters": parameters(route, named),
        "responses": responses(route, named),
    });
    own["security"] = match route.scope {
        None => json!([]),
        Some(scope) => {
            own["x-scope"] = scope.as_str().into();
            json!([{"token": [scope.as_str()]}])
        }
    };
    if let Some(input) = &route.input {
        own["requestBody"] = json!({"required": true, "content": {JSON: {"schema": input}}});
    }
    own
}

fn parameters(route: &Route, named: &Map<String, Value>) -> Value {
    let mut all = Vec::new();
    for name in route.names() {
        all.push(json!({
            "name": name, "in": "path", "required": true,
            "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        }));
    }
    for (name, schema) in properties(route.query.as_ref(), named).into_iter().flatten() {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|s| s.remove("description"));
        // An address has no null: what is not said is left out.
        if let Some(types) = schema.get_mut("type").filter(|t| t.is_array())
            && let Some(first) = types.get(0).cloned()
        {
            *types = first;
        }
        if let Some(form) = schema.get("anyOf").and_then(|a| a.get(0)).cloned() {
            schema = form;
        }
        all.push(json!({
            "name": name, "in": "query", "required": false, "description": description,
            "schema": schema,
        }));
    }
    let header = |name: &str, text: &str, schema: Value| json!({"name": name, "in": "header", "required": false, "description": text, "schema": schema});
    if route.changes {
        all.push(header(
            "Idempotency-Key",
            "The same key with the same request gives the same answer for 24 hours, and does nothing a second time.",
            json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}),
        ));
    }
    if route.conditional {
        all.push(header(
            "If-Match",
            "The `ETag` of what you looked at: if it was changed meanwhile, nothing is done (412).",
            json!({"type": "string", "minLength": 1, "pattern": TAGS}),
        ));
    }
    if route.verb == Verb::Get {
        all.push(header(
            "If-None-Match",
            "The `ETag` of what you have: if it still holds, the answer is 304 without a body.",
            json!({"type": "string", "minLength": 1, "pattern": TAGS}),
        ));
    }
    Value::Array(all)
}

fn responses(route: &Route, named: &Map<String, Value>) -> Value {
    let mut all = Map::new();
    let text = json!({"type": "string"});
    let limits = route.scope.is_some();
    let headers = |more: &[(&str, &str)]| {
        let mut headers = Map::new();
        let mut add = |name: &str, told: &str| {
            headers.insert(name.to_owned(), json!({"description": told, "schema": text}));
        };
        if limits {
            add("RateLimit", "What is left of the token's requests of this minute.");
            add("RateLimit-Policy", "How many requests the token has each minute.");
        }
        more.iter().for_each(|(name, told)| add(name, told));
        Value::Object(headers)
    };
    let mut well: Vec<(&str, &str)> = Vec::new();
    if route.verb == Verb::Get {
        well.push(("ETag", "The version of the answer."));
    }
    if route.paged(named) {
        well.push(("Link", "The address of the next page, `rel=\"next\"`."));
    }
    if route.status == 201 {
        well.push(("Location", "Where the new thing is."));
    }
    if route.changes {
        well.push(("Idempotent-Replayed", "`true` when it was done before, under the same key."));
    }
    let content = match &route.output {
        Output::Json(schema) => json!({JSON: {"schema": schema}}),
        Output::Bytes(media) => json!({*media: {"schema": {}}}),
    };
    for status in [Some(route.status), route.also].into_iter().flatten() {
        let told = match status {
            201 => "Made.",
            202 => "Begun; it goes on.",
            _ => "Done.",
        };
        let own = json!({"description": told, "headers": headers(&well), "content": content});
        all.insert(status.to_string(), own);
    }
    if route.verb == Verb::Get {
        all.insert("304".into(), json!({"description": "It still holds."}));
    }
    for kind in kinds(route) {
        let own = all.entry(kind.status().to_string()).or_insert_with(|| {
            let more: &[(&str, &str)] = match kind {
                Kind::TooMany | Kind::Trouble => {
                    &[("Retry-After", "Seconds until it is worth trying again.")]
                }
                Kind::Unauthorized | Kind::Forbidden => &[("WWW-Authenticate", "What is wanted.")],
                Kind::Method => &[("Allow", "The methods of this address.")],
                _ => &[],
            };
            json!({
                "description": "", "headers": headers(more),
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            })
        });
        let told = own["description"].as_str().unwrap_or_default();
        let dot = if told.is_empty() { "" } else { " " };
        own["description"] = format!("{told}{dot}{}.", kind.title()).into();
    }
    Value::Object(all)
}

/// The problems that a route can have.
fn kinds(route: &Route) -> impl Iterator<Item = Kind> {
    let (named, body) = (route.path.contains('{'), route.input.is_some());
    let (token, changes) = (route.scope.is_some(), route.changes);
    let conditional = route.conditional;
    Kind::ALL.iter().copied().filter(move |kind| match kind {
        Kind::Malformed
        | Kind::Parameter
        | Kind::Acceptable
        | Kind::Method
        | Kind::TooMany
        | Kind::Broken
        | Kind::Trouble => true,
        Kind::Unauthorized | Kind::Forbidden => token,
        Kind::NotFound => named || body,
        Kind::Conflict | Kind::UnderWay | Kind::KeyReused | Kind::Refused => changes || body,
        Kind::Precondition => conditional,
        Kind::Counting => !changes && !body && token,
        Kind::Slow | Kind::TooLarge | Kind::MediaType | Kind::Invalid => body,
    })
}
