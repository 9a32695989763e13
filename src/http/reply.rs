//! Answers.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::store::idempotency::Done;

pub(super) type Answer = Result<HttpResponse, Problem>;

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Bytes of the hash that an `ETag` shows: two bodies never share it by chance.
const TAG_BYTES: usize = 16;

pub(super) fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

pub(super) fn nothing() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// The answer to a write that may have been done before.
pub(super) fn done<T: Serialize>(status: StatusCode, done: Done<T>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if done.replayed {
        response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    }
    if status == StatusCode::NO_CONTENT {
        response.finish()
    } else {
        response.json(done.value)
    }
}

/// An answer that clients ask for again and again: `304` when they have it already.
pub(super) fn polled(request: &HttpRequest, body: &impl Serialize) -> Answer {
    let json = serde_json::to_vec(body)
        .map_err(|_| Problem::from(ludus_domain::refusal::Refusal::Internal))?;
    let hash = Sha256::digest(&json);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..TAG_BYTES]));
    let known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*");
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response.insert_header((header::ETAG, tag));
    Ok(if known {
        response.finish()
    } else {
        response.content_type("application/json").body(json)
    })
}
