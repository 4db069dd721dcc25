//! Refusals as problem details (RFC 9457).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::desk::DeskError;
use crate::evidence::Refused;
use crate::listen::Denied;
use crate::vcon::ExportError;

/// What is told instead of an answer.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    detail: String,
    header: Option<(HeaderName, String)>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), header: None }
    }

    /// With a header besides.
    pub(crate) fn with(self, name: HeaderName, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }

    /// The request says something that cannot be meant.
    pub(crate) fn unclear(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// A task ended in a panic: a bug of ours.
    pub(crate) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "an error of the program; nothing was done")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::try_from(value)
        {
            headers.insert(name, value);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let status = match &error {
            DeskError::NoCall { .. } => StatusCode::NOT_FOUND,
            DeskError::Purpose(_) => StatusCode::UNPROCESSABLE_ENTITY,
            DeskError::Refused(_) => StatusCode::CONFLICT,
            DeskError::Database { .. } | DeskError::File { .. } | DeskError::Vault { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<Refused> for Problem {
    fn from(error: Refused) -> Self {
        let status = match error {
            Refused::Desk(error) => return error.into(),
            Refused::Role { .. } | Refused::SamePerson => StatusCode::FORBIDDEN,
            Refused::Missing(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refused::Recording(_) | Refused::Lapsed => StatusCode::CONFLICT,
            Refused::NotWaiting(_) => StatusCode::NOT_FOUND,
            Refused::Vault(frist_vault::VaultError::Gone(_)) => StatusCode::NOT_FOUND,
            Refused::Differs => StatusCode::INTERNAL_SERVER_ERROR,
            Refused::Vault(_) | Refused::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

impl From<Denied> for Problem {
    fn from(error: Denied) -> Self {
        let status = match error {
            Denied::NotNamed { .. } | Denied::NotConsented(_) => StatusCode::FORBIDDEN,
            Denied::NoReason => StatusCode::UNPROCESSABLE_ENTITY,
            Denied::Gone(_) => StatusCode::NOT_FOUND,
            Denied::Withdrawn(_) | Denied::Over(_) => StatusCode::GONE,
            Denied::Live | Denied::Stopped => StatusCode::CONFLICT,
            Denied::NoLog(_) => StatusCode::SERVICE_UNAVAILABLE,
            Denied::Vault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Denied(error) => error.into(),
            ExportError::Desk(error) => error.into(),
            ExportError::Io(_) | ExportError::Url => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        }
    }
}
