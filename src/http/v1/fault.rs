//! Refusals in the words that clients of the OpenAI protocol understand.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use ludus_actors::llm::LlmFault;
use ludus_domain::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::Problem;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(in crate::http) struct Fault {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    /// The field that is wrong.
    param: Option<Cow<'static, str>>,
    /// For whoever writes a client. Never a value that was sent.
    message: Cow<'static, str>,
    retry_after_ms: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenAiError)]
pub(crate) struct FaultBody<'a> {
    error: FaultDetail<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenAiErrorDetail)]
pub(crate) struct FaultDetail<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: &'static str,
}

const WRONG: &str = "invalid_request_error";
const SERVER: &str = "server_error";

impl Fault {
    fn of(status: StatusCode, kind: &'static str, code: &'static str) -> Self {
        Self {
            status,
            kind,
            code,
            param: None,
            message: Cow::Borrowed(""),
            retry_after_ms: None,
        }
    }

    fn says(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// A field with a value that cannot be.
    pub(super) fn field(
        param: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            param: Some(param.into()),
            ..Self::of(StatusCode::BAD_REQUEST, WRONG, "invalid_value").says(message)
        }
    }

    pub(super) fn no_such_model() -> Self {
        Self {
            param: Some(Cow::Borrowed("model")),
            ..Self::of(StatusCode::NOT_FOUND, WRONG, "model_not_found")
                .says("There is no such persona. GET /v1/models names them all.")
        }
    }

    /// A line has a word that nobody shall read.
    pub(super) fn stopped(param: String) -> Self {
        Self {
            param: Some(Cow::Owned(param)),
            ..Self::of(StatusCode::BAD_REQUEST, WRONG, "content_filter")
                .says("This line has words that are not passed on.")
        }
    }

    pub(super) fn busy() -> Self {
        Self {
            retry_after_ms: Some(1_000),
            ..Self::of(
                StatusCode::TOO_MANY_REQUESTS,
                "requests",
                "rate_limit_exceeded",
            )
            .says("Too many answers to this key are running.")
        }
    }

    /// What is wrong, for whoever reads it.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(in crate::http) fn json(&self) -> Vec<u8> {
        let body = FaultBody {
            error: FaultDetail {
                message: &self.message,
                kind: self.kind,
                param: self.param.as_deref(),
                code: self.code,
            },
        };
        // Texts always serialise.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let (kind, code) = match problem.code {
            Refusal::SignInNeeded | Refusal::SessionEnded => (WRONG, "invalid_api_key"),
            Refusal::RateLimited => ("requests", "rate_limit_exceeded"),
            code if code.http_status() >= 500 => (SERVER, code.code()),
            code => (WRONG, code.code()),
        };
        let message: Cow<'static, str> = match (problem.code, problem.detail) {
            (Refusal::SignInNeeded, None) => Cow::Borrowed(
                "Send a key of this hub as the bearer token. It was never one, or was taken back.",
            ),
            (code, None) => Cow::Borrowed(code.says()),
            (_, Some(detail)) => Cow::Owned(detail),
        };
        Self {
            retry_after_ms: problem.retry_after_ms,
            ..Self::of(problem.status, kind, code).says(message)
        }
    }
}

impl From<LlmFault> for Fault {
    fn from(fault: LlmFault) -> Self {
        let (status, kind, code) = match fault {
            LlmFault::Budget => (429, "insufficient_quota", "insufficient_quota"),
            LlmFault::Busy | LlmFault::RateLimited { .. } | LlmFault::CircuitOpen => {
                (429, "requests", "rate_limit_exceeded")
            }
            LlmFault::TooLarge => (400, WRONG, "context_length_exceeded"),
            LlmFault::NoProvider => (503, SERVER, fault.label()),
            _ => (502, SERVER, fault.label()),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        Self::of(status, kind, code).says(fault.to_string())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.content_type("application/json");
        if let Some(ms) = self.retry_after_ms {
            response.insert_header((header::RETRY_AFTER, ms.div_ceil(1_000).max(1)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(self.json())
    }
}
