//! Every route and the roles that may use it. The one place that decides.

use axum::http::Method;

use crate::config::Role;
use crate::config::Role::{Agent, Dpo, Evidence, Listener, Machine, Supervisor};

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Which.
    pub name: Name,
    /// `GET` or `POST`.
    pub verb: Verb,
    /// Its path, with `{...}` where an id stands.
    pub path: &'static str,
    /// Who may use it; none for everybody, without a token.
    pub roles: Option<&'static [Role]>,
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET; HEAD is refused, since a listening is logged by what was sent.
    Get,
    /// POST.
    Post,
}

impl Verb {
    /// As HTTP has it.
    #[must_use]
    pub fn http(self) -> Method {
        match self {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
        }
    }
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Health,
    Calls,
    Call,
    Consent,
    Withdraw,
    Pause,
    Resume,
    Flag,
    Audio,
    Vcon,
    Transfer,
    Approve,
    Transfers,
    Listenings,
    StopRecording,
    StartRecording,
    Import,
    Figures,
    Metrics,
}

const fn get(name: Name, path: &'static str, roles: &'static [Role]) -> Route {
    Route { name, verb: Verb::Get, path, roles: Some(roles) }
}

const fn post(name: Name, path: &'static str, roles: &'static [Role]) -> Route {
    Route { name, verb: Verb::Post, path, roles: Some(roles) }
}

/// All of them.
pub const TABLE: &[Route] = &[
    Route { name: Name::Health, verb: Verb::Get, path: "/healthz", roles: None },
    get(Name::Calls, "/v1/calls", &[Machine, Agent, Supervisor, Listener, Evidence, Dpo]),
    get(Name::Call, "/v1/calls/{id}", &[Machine, Agent, Supervisor, Listener, Evidence, Dpo]),
    post(Name::Consent, "/v1/calls/{id}/consent", &[Machine]),
    post(Name::Withdraw, "/v1/calls/{id}/withdraw", &[Machine, Agent, Supervisor]),
    post(Name::Pause, "/v1/calls/{id}/pause", &[Machine, Agent, Supervisor]),
    post(Name::Resume, "/v1/calls/{id}/resume", &[Machine, Agent, Supervisor]),
    post(Name::Flag, "/v1/calls/{id}/flag", &[Agent, Supervisor, Evidence]),
    get(Name::Audio, "/v1/recordings/{id}/audio", &[Listener, Evidence]),
    get(Name::Vcon, "/v1/recordings/{id}/vcon", &[Listener, Evidence]),
    post(Name::Transfer, "/v1/recordings/{id}/transfer", &[Evidence]),
    get(Name::Transfers, "/v1/transfers", &[Evidence, Dpo]),
    post(Name::Approve, "/v1/transfers/{id}/approve", &[Evidence]),
    get(Name::Listenings, "/v1/listenings", &[Dpo]),
    post(Name::StopRecording, "/v1/recording/stop", &[Supervisor, Dpo]),
    post(Name::StartRecording, "/v1/recording/start", &[Supervisor]),
    post(Name::Import, "/v1/import", &[Supervisor]),
    get(Name::Figures, "/v1/figures", &[Machine, Supervisor, Dpo]),
    get(Name::Metrics, "/metrics", &[Machine, Supervisor, Dpo]),
];
