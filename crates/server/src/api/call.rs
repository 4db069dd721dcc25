//! One request as its handler sees it, and what a handler answers.

use axum::http::HeaderMap;
use frist_ledger::Id;
use frist_state::{State, Token};
use frist_sweep::Engine;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::{Kind, Problem};
use super::route::Route;
use super::scope::Scope;
use crate::access::{Action, Condition, Facts, allowed_by_all};
use crate::ctx::App;
use crate::people;
use crate::tokens;

/// Stands for all data sets among those that a token needs to know.
pub(crate) const ALL_SETS: &str = "*";

/// One request, as its handler sees it.
pub(crate) struct Call<'a> {
    pub(crate) app: &'a App,
    pub(crate) route: &'a Route,
    pub(crate) now: Timestamp,
    /// What stands for the names in the path.
    pub(crate) names: Vec<(&'static str, String)>,
    pub(crate) token: Option<Token>,
    /// Who acts, as the ledger will say: `token:` and the token's name.
    pub(crate) who: String,
    /// What the log says this is about, where it is not the first name of the path.
    pub(crate) about: Option<String>,
    /// Whether the table of access has been asked and said yes.
    pub(crate) granted: bool,
    /// What the answer to this query is bound to, besides its route.
    pub(crate) filter: String,
    /// What names this request and no other, where it came with an idempotency key.
    pub(crate) mark: Option<[u8; 32]>,
    /// Under what name that request is kept.
    pub(crate) request: Option<[u8; 32]>,
    /// Whether a server died over the same request, which may have been done.
    pub(crate) again: bool,
    pub(crate) headers: &'a HeaderMap,
}

impl Call<'_> {
    /// What stands for a name in the path.
    pub(crate) fn name(&self, name: &str) -> &str {
        self.names.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value.as_str())
    }

    /// Whether the token has a scope that was granted.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        self.token.as_ref().is_some_and(|t| tokens::has(t, scope))
    }

    /// Asks the table of access about this route's action, as the matter stands.
    pub(crate) fn may(&mut self, facts: &Facts) -> Result<(), Problem> {
        let allowed = self.route.scope.is_some_and(|scope| self.could(scope, facts));
        self.granted |= allowed;
        if allowed { Ok(()) } else { Err(Problem::denied()) }
    }

    /// Whether the token may do this, as the matter stands.
    pub(crate) fn could(&self, scope: Scope, facts: &Facts) -> bool {
        self.has(scope) && allowed_by_all(scope.action(), facts)
    }

    /// Whether the token needs to know a data set; all of them, when none is named.
    pub(crate) fn knows_of(&self, dataset: Option<&str>) -> bool {
        let Some(token) = &self.token else { return false };
        token.datasets.contains(ALL_SETS) || dataset.is_some_and(|d| token.datasets.contains(d))
    }

    /// The same as what the table of access is asked with.
    pub(crate) fn knows(&self, dataset: Option<&str>) -> Facts {
        Facts::default().with(Condition::NeedToKnow, self.knows_of(dataset))
    }

    /// Whether another person made what is to be approved: neither this token, nor whoever made this
    /// token, nor a token of theirs.
    pub(crate) fn not_maker(&self, maker: &str) -> Result<Facts, Problem> {
        let other = self.state(|state| tokens::other_hand(state, &self.who, maker))?;
        Ok(Facts::default().with(Condition::NotMaker, other))
    }

    /// A connection to Frist's own database.
    pub(crate) fn state<T>(
        &self,
        what: impl FnOnce(&mut State) -> Result<T, frist_state::Error>,
    ) -> Result<T, Problem> {
        // What is refused is an answer; only what fails may have broken the connection.
        self.app.engines.state(|state| match what(state) {
            Ok(value) => Ok(Ok(value)),
            Err(e) if refuses(&e) => Ok(Err(Problem::from(e))),
            Err(e) => Err(e),
        })?
    }

    /// An engine that acts as this token.
    pub(crate) fn engine<T>(
        &self,
        what: impl FnOnce(&mut Engine) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let mut came = None;
        let lent = self.app.engines.engine(&self.who, |engine| {
            engine.state.under(self.request);
            let answer = what(engine);
            engine.state.under(None);
            let failed = match &answer {
                Err(problem) if problem.is_ours() => {
                    Err(crate::Trouble { message: problem.detail.clone(), help: None })
                }
                _ => Ok(()),
            };
            came = Some(answer);
            failed
        });
        match (came, lent) {
            (Some(answer), _) => answer,
            (None, Err(trouble)) => Err(trouble.into()),
            (None, Ok(())) => Err(Problem::new(Kind::Broken, "an error of the program")),
        }
    }

    /// The same for what is told in the ledger, which is published afterwards.
    pub(crate) fn act<T>(
        &self,
        what: impl FnOnce(&mut Engine) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let face = &self.app.face;
        let done = self.engine(|engine| {
            let done = what(engine)?;
            (face.publish)(engine)?;
            Ok(done)
        });
        self.app.engines.changed();
        done
    }

    /// Who acts, for the ledger.
    pub(crate) fn id(&self) -> Result<Id, Problem> {
        Ok(Id::new(self.who.as_str())?)
    }

    /// Refuses when `If-Match` names another version than this one.
    pub(crate) fn unless_changed(&self, version: &str) -> Result<(), Problem> {
        let lines = self.headers.get_all("if-match").iter().filter_map(|v| v.to_str().ok());
        let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim).peekable();
        if tags.peek().is_none() {
            return Ok(());
        }
        // Weak ones never match, by RFC 9110.
        let same = |tag: &str| {
            let inner = tag.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
            inner.and_then(|t| t.rsplit_once('.')).is_some_and(|(v, _)| v == version)
        };
        match tags.any(|tag| tag == "*" || same(tag)) {
            true => Ok(()),
            false => Err(Problem::new(
                Kind::Precondition,
                "it has another version than `If-Match` names; get it again",
            )),
        }
    }

    /// A line in the log of access.
    pub(crate) fn log(&self, what: &str) -> Result<(), Problem> {
        let first = self.names.first().map(|(_, value)| value.clone());
        let about = self.about.clone().or(first).unwrap_or_default();
        // What cannot be the name of anything of ours could be a person's.
        let about = Id::new(about).map(|id| id.to_string()).unwrap_or_default();
        let look = people::look(self.now, &self.who, what, &about);
        Ok(self.app.engines.log(look)?)
    }

    /// A line in the log of access about this route's action.
    pub(crate) fn log_action(&self) -> Result<(), Problem> {
        let Some(action) = self.route.scope.map(Scope::action) else { return Ok(()) };
        let told = action.reads() || action.changes() || action == Action::GetEvidence;
        if told { self.log(action.word()) } else { Ok(()) }
    }
}

/// Whether Frist's own database works, and only says no.
fn refuses(e: &frist_state::Error) -> bool {
    use frist_state::Error as E;
    matches!(e, E::NotFound { .. } | E::Refused { .. } | E::CaseChanged { .. } | E::Value { .. })
}

/// Nothing: no query, no body.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

/// What a handler answers.
pub(crate) struct Done<T> {
    pub(crate) body: T,
    /// Another status than the route's own.
    pub(crate) status: Option<u16>,
    /// The version of the thing, for `ETag` and `If-Match`.
    pub(crate) version: Option<String>,
    /// Where the new thing is, below the interface's own path.
    pub(crate) location: Option<String>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

impl<T> Done<T> {
    pub(crate) fn new(body: T) -> Self {
        Self { body, status: None, version: None, location: None, next: None }
    }

    pub(crate) fn version(mut self, version: impl ToString) -> Self {
        self.version = Some(version.to_string());
        self
    }

    pub(crate) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

/// What a handler answers, or why not.
pub(crate) type Answer<T> = Result<Done<T>, Problem>;

/// A language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tongue {
    /// Danish.
    Da,
    /// English.
    #[default]
    En,
}

impl From<Tongue> for frist_register::Lang {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Da => frist_register::Lang::Da,
            Tongue::En => frist_register::Lang::En,
        }
    }
}

/// The language of the texts in the answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InTongue {
    /// The language of the texts in the answer; English when it is not said.
    #[serde(default)]
    pub(crate) lang: Tongue,
}
