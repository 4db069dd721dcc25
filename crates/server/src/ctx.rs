//! One request as its handler sees it: who asks, what was sent, what may be done, and what can be
//! answered.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum::http::{HeaderName, StatusCode, header};
use frist_register::Lang;
use frist_state::{Account, Opened, Stage};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::access::{self, Action, Condition, Facts, Role};
use crate::api::Limits;
use crate::engines::Engines;
use crate::face::{Face, Settings, Trouble};
use crate::guard::Pace;
use crate::meter::Meter;
use crate::oidc::Provider;
use crate::pages::Published;
use crate::people::{self, Keys};
use crate::public::Paces;
use crate::routes::Route;

/// What every request works with.
pub(crate) struct App {
    pub(crate) face: Arc<Face>,
    pub(crate) engines: Arc<Engines>,
    pub(crate) settings: Settings,
    pub(crate) organisation: String,
    pub(crate) zone: jiff::tz::TimeZone,
    pub(crate) keys: Keys,
    pub(crate) pace: Pace,
    pub(crate) limits: Limits,
    pub(crate) meter: Meter,
    pub(crate) dead: Arc<frist_watch::Dead>,
    /// The scheduler and the watchdog, when they run here.
    pub(crate) watch: OnceLock<frist_watch::Watch>,
    /// Where traces go, when somebody gathers them.
    pub(crate) traces: Option<Arc<frist_watch::traces::Traces>>,
    /// When this server started.
    pub(crate) started: Timestamp,
    pub(crate) public: Paces,
    pub(crate) published: Published,
    pub(crate) provider: Option<Provider>,
}

impl App {
    pub(crate) fn new(
        mut face: Face,
        settings: Settings,
        organisation: String,
        zone: jiff::tz::TimeZone,
    ) -> Result<Self, Trouble> {
        let provider = provider(&face, &settings)?;
        let keys = Keys::new(&face.people_key);
        // A server that fell silent is dead too, whose sweeps others finish.
        let dead = Arc::new(frist_watch::Dead::new(Box::new(face.machine.is_dead)));
        let (make, known) = (face.engine, Arc::clone(&dead));
        face.engine = Box::new(move || {
            let known = Arc::clone(&known);
            Ok(make()?.with_dead(Box::new(move |holder| known.is_dead(holder))))
        });
        let started = (face.clock)();
        let to = settings.config.traces.clone();
        let traces = to.and_then(|to| {
            let (net, log) = (Arc::clone(&face.machine.net), Arc::clone(&face.log));
            frist_watch::traces::Traces::start(to, net, log).ok().map(Arc::new)
        });
        let face = Arc::new(face);
        let engines = Arc::new(Engines::new(
            Arc::clone(&face),
            traces.clone(),
            settings.patience,
            &organisation,
        ));
        let public = Paces::new(settings.config.public);
        Ok(Self {
            face,
            engines,
            settings,
            organisation,
            zone,
            keys,
            public,
            published: Published::default(),
            pace: Pace::default(),
            limits: Limits::default(),
            meter: Meter::default(),
            dead,
            watch: OnceLock::new(),
            traces,
            started,
            provider,
        })
    }
}

/// The provider that `server.toml` names.
fn provider(face: &Face, settings: &Settings) -> Result<Option<Provider>, Trouble> {
    let Some(config) = &settings.config.oidc else { return Ok(None) };
    let address = settings.config.address.as_deref();
    config.check(address)?;
    let secret = match &config.client_secret_env {
        None => None,
        Some(name) => Some((face.secret)(name).ok_or_else(|| Trouble {
            message: format!("`server.toml`, [oidc]: the variable `{name}` is not set"),
            help: Some("it must have the secret that the provider gave with `client_id`".into()),
        })?),
    };
    let made = Provider::new(config.clone(), address.unwrap_or_default(), secret);
    made.map(Some)
        .map_err(|why| Trouble { message: format!("`server.toml`, [oidc]: {why}"), help: None })
}

/// Somebody who signed in.
#[derive(Clone)]
pub(crate) struct Me {
    pub(crate) account: Account,
    pub(crate) roles: BTreeSet<Role>,
}

/// A session under way.
pub(crate) struct Here {
    /// The hash of its token.
    pub(crate) hash: [u8; 32],
    pub(crate) stage: Stage,
    pub(crate) pending: Option<Vec<u8>>,
    /// When it began.
    pub(crate) since: Timestamp,
    /// How it was opened.
    pub(crate) opened: Opened,
    /// The key of what the session keeps sealed; only the cookie gives it.
    pub(crate) seal: Zeroizing<[u8; 32]>,
}

/// One request, as its handler sees it.
pub(crate) struct Ctx<'a> {
    pub(crate) app: &'a App,
    pub(crate) route: &'static Route,
    /// What stands for `{id}` in the path.
    pub(crate) id: String,
    /// What stands for `{part}` in the path: a thing within the first.
    pub(crate) part: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    /// The file that came with the form.
    pub(crate) file: Vec<u8>,
    /// What its sender calls that file; never a path.
    pub(crate) file_name: String,
    pub(crate) me: Option<Me>,
    pub(crate) here: Option<Here>,
    pub(crate) lang: Lang,
    pub(crate) now: Timestamp,
    pub(crate) address: IpAddr,
    /// To what forms are bound: the session, or a cookie before there is one.
    pub(crate) binding: String,
    /// What the log says this is about, where it is not the path's id.
    pub(crate) about: Option<String>,
    /// Whether the table of access has been asked and said yes.
    pub(crate) granted: bool,
    /// To be set with the answer.
    pub(crate) cookies: Vec<String>,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl Reply {
    pub(crate) fn html(text: String) -> Self {
        Self::of("text/html; charset=utf-8", text.into_bytes())
    }

    pub(crate) fn of(kind: &'static str, body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, kind, body, headers: Vec::new() }
    }

    /// Goes on to another page, by GET.
    pub(crate) fn to(path: &str) -> Self {
        let headers = vec![(header::LOCATION, path.to_owned())];
        let status = StatusCode::SEE_OTHER;
        Self { status, kind: "text/plain; charset=utf-8", body: Vec::new(), headers }
    }

    /// A file to keep.
    pub(crate) fn file(kind: &'static str, name: &str, body: Vec<u8>) -> Self {
        let disposition = format!("attachment; filename=\"{name}\"");
        Self { headers: vec![(header::CONTENT_DISPOSITION, disposition)], ..Self::of(kind, body) }
    }
}

/// Why there is no answer.
pub(crate) enum Refusal {
    /// Sign in first.
    SignIn,
    /// The table of access says no.
    Denied,
    /// The form did not come from one of our pages, or is too old.
    Form,
    NotFound,
    /// What was sent cannot be meant; said to the person.
    Unclear(String),
    /// Not before this instant.
    TooMany(Option<Timestamp>),
    TooLarge,
    TooSlow,
    /// Something behind the page failed.
    Trouble(Trouble),
    /// An error of ours.
    Broken,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<people::ProblemWithPerson> for Refusal {
    fn from(e: people::ProblemWithPerson) -> Self {
        match e {
            people::ProblemWithPerson::Name(..) | people::ProblemWithPerson::Token(_) => {
                Self::Unclear(e.to_string())
            }
            people::ProblemWithPerson::Unknown(_) => Self::NotFound,
            e => Self::Trouble(Trouble { message: e.to_string(), help: None }),
        }
    }
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::SignIn => StatusCode::UNAUTHORIZED,
            Refusal::Denied | Refusal::Form => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Unclear(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Trouble(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl Ctx<'_> {
    /// Asks the table of access, as the matter stands.
    pub(crate) fn may(&mut self, action: Action, facts: &Facts) -> Result<(), Refusal> {
        let allowed = self.me.as_ref().is_some_and(|me| access::allowed(&me.roles, action, facts));
        self.granted |= allowed;
        if allowed { Ok(()) } else { Err(Refusal::Denied) }
    }

    /// What holds for a data set, and for all of them when none is named.
    pub(crate) fn knows(&self, dataset: Option<&str>) -> Facts {
        let knows = |d: &str| self.me.as_ref().is_some_and(|m| m.account.datasets.contains(d));
        Facts::default().with(Condition::NeedToKnow, dataset.is_some_and(knows))
    }

    /// Whether the person could do this in any circumstances: what a page offers.
    pub(crate) fn offers(&self, action: Action) -> bool {
        self.me.as_ref().is_some_and(|me| access::conceivable(&me.roles, action))
    }

    /// Whether the person may do this, as the matter stands.
    pub(crate) fn could(&self, action: Action, facts: &Facts) -> bool {
        self.me.as_ref().is_some_and(|me| access::allowed(&me.roles, action, facts))
    }

    /// Who asks; only where the route wants somebody.
    pub(crate) fn who(&self) -> Result<&Me, Refusal> {
        self.me.as_ref().ok_or(Refusal::SignIn)
    }

    pub(crate) fn name(&self) -> &str {
        self.me.as_ref().map_or("-", |me| me.account.name.as_str())
    }

    /// A field of the form, trimmed; empty when it was not sent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field as it was sent.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.form.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.form.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A connection to Frist's own database.
    pub(crate) fn state<T>(
        &self,
        what: impl FnOnce(&mut frist_state::State) -> Result<T, frist_state::Error>,
    ) -> Result<T, Refusal> {
        Ok(self.app.engines.state(what)?)
    }

    /// The same, for what can also go wrong with accounts.
    pub(crate) fn people<T>(
        &self,
        what: impl FnOnce(&mut frist_state::State) -> Result<T, people::ProblemWithPerson>,
    ) -> Result<T, Refusal> {
        Ok(self.app.engines.state(|state| Ok(what(state)))??)
    }

    /// An engine that acts as this person.
    pub(crate) fn engine<T>(
        &self,
        what: impl FnOnce(&mut frist_sweep::Engine) -> Result<T, Trouble>,
    ) -> Result<T, Refusal> {
        Ok(self.app.engines.engine(self.name(), what)?)
    }

    /// A line in the log of access.
    pub(crate) fn log(&self, what: &str, about: &str) -> Result<(), Refusal> {
        let look = people::look(self.now, self.name(), what, about);
        Ok(self.app.engines.log(look)?)
    }

    /// Sets a cookie that only the server reads; an empty value takes it away.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        let tls = self.app.settings.tls;
        let secure = if tls { "; Secure" } else { "" };
        let age = if value.is_empty() { "; Max-Age=0" } else { "" };
        self.cookies.push(format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}",
            cookie_name(name, tls)
        ));
    }
}

/// Over TLS a cookie is bound to this host and to TLS by its very name.
pub(crate) fn cookie_name(name: &str, tls: bool) -> String {
    if tls { format!("__Host-{name}") } else { name.to_owned() }
}
