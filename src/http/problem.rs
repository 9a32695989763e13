//! Refusals as `application/problem+json`.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use ludus_domain::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::people::Denied;

pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was not done. The guard writes it out, with the request's id.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: Refusal,
    pub status: StatusCode,
    /// What is wrong with the request, for whoever writes a client. Never a value that was sent.
    pub detail: Option<String>,
    pub retry_after_ms: Option<u32>,
    /// For a method that is not there: those that are.
    pub allow: Option<&'static str>,
}

/// A refusal, as a client reads it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: the code says more.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The same sentence everywhere, for people.
    title: &'static str,
    status: u16,
    /// One of the closed list of refusals.
    code: Refusal,
    /// What is wrong with the request, for whoever writes a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
    /// Also in the `x-request-id` header and in the hub's log.
    request_id: &'a str,
}

impl Problem {
    pub fn new(code: Refusal, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::from(code)
        }
    }

    /// A request that cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Refusal::Malformed, detail)
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn no_such_method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::malformed("this path has no such method")
                .with_status(StatusCode::METHOD_NOT_ALLOWED)
        }
    }

    pub(super) fn json(&self, request_id: &str) -> Vec<u8> {
        let body = ProblemBody {
            kind: "about:blank",
            title: self.code.says(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.as_deref(),
            retry_after_ms: self.retry_after_ms,
            request_id,
        };
        // Texts and numbers always serialise.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<Refusal> for Problem {
    fn from(code: Refusal) -> Self {
        Self {
            code,
            status: StatusCode::from_u16(code.http_status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            detail: None,
            retry_after_ms: None,
            allow: None,
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self {
            retry_after_ms: denied.retry_after_ms,
            ..Self::from(denied.code)
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.code())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.content_type(CONTENT_TYPE);
        if let Some(ms) = self.retry_after_ms {
            response.insert_header((header::RETRY_AFTER, ms.div_ceil(1_000).max(1)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.insert_header((header::WWW_AUTHENTICATE, scheme));
        }
        if let Some(allow) = self.allow {
            response.insert_header((header::ALLOW, allow));
        }
        let mut response = response.finish();
        // Written out by the guard, which knows the request's id.
        response.extensions_mut().insert(self.clone());
        response
    }
}
