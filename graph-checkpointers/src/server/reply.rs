//! What the server answers: replies, and refusals with their statuses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use graph_runtime::{InvalidId, StoreError};
use serde::Serialize;

use crate::wire::{FRAMES, Frame, JSON, Kind, PROBLEM, Problem};

/// What is answered. Cheap to clone: it is remembered.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: StatusCode,
    content: Option<&'static str>,
    body: Bytes,
}

impl Reply {
    /// That it was done.
    pub(super) fn done() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            content: None,
            body: Bytes::new(),
        }
    }

    /// A body that is JSON alone.
    pub(super) fn json(value: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(value);
        Self::ok(JSON, body)
    }

    /// A body that carries payloads.
    pub(super) fn frame(value: &impl Frame) -> Result<Self, Refusal> {
        Self::ok(FRAMES, value.body())
    }

    /// A body that is text already.
    pub(super) fn text(content: &'static str, text: &'static str) -> Self {
        Self {
            status: StatusCode::OK,
            content: Some(content),
            body: Bytes::from_static(text.as_bytes()),
        }
    }

    fn ok(content: &'static str, body: serde_json::Result<Vec<u8>>) -> Result<Self, Refusal> {
        let body = body.map_err(|error| StoreError::Unfit(error.to_string()))?;
        Ok(Self {
            status: StatusCode::OK,
            content: Some(content),
            body: body.into(),
        })
    }

    /// Whether it says that nothing was changed and that trying again may help.
    pub(super) fn changed_nothing_yet(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        if let Some(content) = self.content {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// Why it isn't done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: Kind,
    detail: String,
}

impl Refusal {
    /// With the status that belongs to the kind.
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            status: status(&kind),
            kind,
            detail: detail.into(),
        }
    }

    /// With another status.
    pub(super) fn with(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(Kind::from(&error), error.to_string())
    }
}

impl From<InvalidId> for Refusal {
    fn from(error: InvalidId) -> Self {
        StoreError::from(error).into()
    }
}

/// What the request says can't be understood.
impl From<String> for Refusal {
    fn from(detail: String) -> Self {
        Self::new(Kind::BadRequest, detail)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let problem = Problem {
            status: refusal.status.as_u16(),
            title: refusal
                .status
                .canonical_reason()
                .unwrap_or_default()
                .to_owned(),
            detail: refusal.detail,
            kind: refusal.kind,
        };
        // Strings and numbers are JSON.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        Self {
            status: refusal.status,
            content: Some(PROBLEM),
            body: body.into(),
        }
    }
}

/// 503 is for what may be tried again as it is.
fn status(kind: &Kind) -> StatusCode {
    match kind {
        Kind::Conflict { .. } | Kind::Rewritten | Kind::Fenced { .. } => StatusCode::CONFLICT,
        Kind::Leased { .. } => StatusCode::LOCKED,
        Kind::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Malformed { .. } | Kind::Unfit { .. } | Kind::KeyReused => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Kind::Unsupported { .. } => StatusCode::NOT_IMPLEMENTED,
        Kind::InvalidId { .. } | Kind::BadRequest => StatusCode::BAD_REQUEST,
        Kind::Unauthorized => StatusCode::UNAUTHORIZED,
        Kind::NoMoment | Kind::NoRoute => StatusCode::NOT_FOUND,
        Kind::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Slow => StatusCode::GATEWAY_TIMEOUT,
        Kind::Unknown { .. } | Kind::Corrupt { .. } | Kind::FormatTooNew { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
