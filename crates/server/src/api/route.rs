//! A route of the interface: what the router goes by and what the document says, in one.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::{Answer, Call, Nothing};
use super::problem::{Kind, Problem};
use super::schema::Schemas;
use super::scope::Scope;

/// The methods in use; HEAD is GET without its body, OPTIONS names the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// GET.
    Get,
    /// POST, with JSON or without a body.
    Post,
}

impl Verb {
    /// As requests say it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
        }
    }
}

/// What is sent when all goes well.
pub(crate) enum Output {
    /// JSON of this schema.
    Json(Value),
    /// Bytes of this type.
    Bytes(&'static str),
}

impl Output {
    pub(crate) fn media(&self) -> &'static str {
        match self {
            Output::Json(_) => "application/json",
            Output::Bytes(media) => media,
        }
    }
}

/// An answer ready to be sent.
pub(crate) struct Sent {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    pub(crate) version: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) next: Option<String>,
}

type Run = Box<dyn Fn(&mut Call<'_>, Value, Value) -> Result<Sent, Problem> + Send + Sync>;

/// One route.
pub(crate) struct Route {
    pub(crate) verb: Verb,
    pub(crate) path: &'static str,
    /// What the token must have; none for everybody.
    pub(crate) scope: Option<Scope>,
    /// What programs call it.
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    /// The schema of the query; none when there is none.
    pub(crate) query: Option<Value>,
    /// The schema of the body; none when there is none.
    pub(crate) input: Option<Value>,
    pub(crate) output: Output,
    /// The status when all goes well.
    pub(crate) status: u16,
    /// Another status when all goes well.
    pub(crate) also: Option<u16>,
    /// Whether it changes something: then it takes an idempotency key.
    pub(crate) changes: bool,
    /// Whether it takes `If-Match`.
    pub(crate) conditional: bool,
    pub(crate) run: Run,
}

/// The routes and the schemas that they speak of.
pub(crate) struct Table {
    pub(crate) routes: Vec<Route>,
    schemas: Schemas,
}

fn some<T: JsonSchema>() -> bool {
    T::schema_name() != Nothing::schema_name()
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    // It fits its schema; what serde refuses all the same is a range that JSON does not know.
    serde_json::from_value(value)
        .map_err(|_| Problem::new(Kind::Invalid, "a value is out of its range"))
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { routes: Vec::new(), schemas: Schemas::new() }
    }

    fn add<Q, I, O>(
        &mut self,
        (verb, path): (Verb, &'static str),
        scope: Option<Scope>,
        (id, summary): (&'static str, &'static str),
        work: fn(&mut Call<'_>, Q, I) -> Answer<O>,
    ) -> &mut Route
    where
        Q: DeserializeOwned + JsonSchema + 'static,
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let run = move |call: &mut Call<'_>, query: Value, body: Value| {
            let own = call.route.status;
            let done = work(call, read(query)?, read(body)?)?;
            let body = serde_json::to_vec(&done.body)
                .map_err(|_| Problem::new(Kind::Broken, "the answer cannot be written"))?;
            let status = StatusCode::from_u16(done.status.unwrap_or(own));
            Ok(Sent {
                status: status.unwrap_or(StatusCode::OK),
                body,
                version: done.version,
                location: done.location,
                next: done.next,
            })
        };
        let query = some::<Q>().then(|| self.schemas.taken::<Q>());
        let input = some::<I>().then(|| self.schemas.taken::<I>());
        let output = Output::Json(self.schemas.given::<O>());
        self.routes.push(Route {
            verb,
            path,
            scope,
            id,
            summary,
            query,
            input,
            output,
            status: 200,
            also: None,
            changes: verb == Verb::Post,
            conditional: false,
            run: Box::new(run),
        });
        let last = self.routes.len() - 1;
        &mut self.routes[last]
    }

    /// A route that shows something.
    pub(crate) fn get<Q, O>(
        &mut self,
        path: &'static str,
        scope: Scope,
        id: &'static str,
        summary: &'static str,
        work: fn(&mut Call<'_>, Q, Nothing) -> Answer<O>,
    ) -> &mut Route
    where
        Q: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        self.add((Verb::Get, path), Some(scope), (id, summary), work)
    }

    /// A route that changes something.
    pub(crate) fn post<I, O>(
        &mut self,
        path: &'static str,
        scope: Scope,
        id: &'static str,
        summary: &'static str,
        work: fn(&mut Call<'_>, Nothing, I) -> Answer<O>,
    ) -> &mut Route
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        self.add((Verb::Post, path), Some(scope), (id, summary), work)
    }

    /// A route that only shows something, but is asked with what must not stand in an address.
    pub(crate) fn ask<I, O>(
        &mut self,
        path: &'static str,
        scope: Scope,
        id: &'static str,
        summary: &'static str,
        work: fn(&mut Call<'_>, Nothing, I) -> Answer<O>,
    ) -> &mut Route
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let route = self.add((Verb::Post, path), Some(scope), (id, summary), work);
        route.changes = false;
        route
    }

    /// A route whose answer is a file.
    pub(crate) fn file(
        &mut self,
        path: &'static str,
        scope: Scope,
        id: &'static str,
        summary: &'static str,
        (media, work): (&'static str, fn(&mut Call<'_>) -> Result<Vec<u8>, Problem>),
    ) {
        let own = |_: &mut Call<'_>, _: Nothing, _: Nothing| -> Answer<Nothing> {
            Err(Problem::new(Kind::Broken, "this route sends a file"))
        };
        let route = self.add((Verb::Get, path), Some(scope), (id, summary), own);
        route.output = Output::Bytes(media);
        route.run = Box::new(move |call, _, _| {
            let body = work(call)?;
            let status = StatusCode::OK;
            Ok(Sent { status, body, version: None, location: None, next: None })
        });
    }

    /// A route for everybody, whose answer is fixed by the table itself.
    pub(crate) fn open(
        &mut self,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        run: Run,
    ) {
        let own = |_: &mut Call<'_>, _: Nothing, _: Nothing| -> Answer<Value> {
            Err(Problem::new(Kind::Broken, "this route has its own answer"))
        };
        let route = self.add((Verb::Get, path), None, (id, summary), own);
        route.output = Output::Json(serde_json::json!({"type": "object"}));
        route.run = run;
    }

    /// The routes, and all schemas by name.
    pub(crate) fn parts(mut self) -> (Vec<Route>, Map<String, Value>) {
        self.schemas.given::<super::problem::Told>();
        (self.routes, self.schemas.named())
    }
}

impl Route {
    /// It makes something new.
    pub(crate) fn makes(&mut self) -> &mut Self {
        self.status = 201;
        self
    }

    /// It goes on after the answer.
    pub(crate) fn begins(&mut self) -> &mut Self {
        self.status = 202;
        self
    }

    /// It can also end with this status.
    pub(crate) fn or(&mut self, status: u16) -> &mut Self {
        self.also = Some(status);
        self
    }

    /// It takes `If-Match`.
    pub(crate) fn if_match(&mut self) -> &mut Self {
        self.conditional = true;
        self
    }

    /// The names in its path.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        let parts = self.path.split('/');
        parts.filter_map(|p| p.strip_prefix('{').and_then(|p| p.strip_suffix('}')))
    }

    /// Whether it lists things a page at a time.
    pub(crate) fn paged(&self, named: &Map<String, Value>) -> bool {
        properties(self.query.as_ref(), named).is_some_and(|p| p.contains_key("cursor"))
    }
}

/// The fields of a schema that may be a reference.
pub(crate) fn properties<'a>(
    schema: Option<&'a Value>,
    named: &'a Map<String, Value>,
) -> Option<&'a Map<String, Value>> {
    let schema = schema?;
    let found = match schema.get("$ref").and_then(Value::as_str) {
        Some(place) => named.get(place.rsplit('/').next()?)?,
        None => schema,
    };
    found.get("properties")?.as_object()
}
