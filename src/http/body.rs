//! Bodies: JSON, of a bounded size, within a bounded time, with no field we do not know.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use ludus_domain::refusal::Refusal;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::BODY_BYTES_MAX;
use super::problem::Problem;
use crate::people::caller::OnceKey;

/// How long a client may take to send a body. Slower ones hold a connection for nothing.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);
/// The same for a file that is sent.
const FILE_WAIT_MAX: Duration = Duration::from_mins(1);
/// Bytes of a conversation: some hours of talk.
const LONG_BYTES_MAX: usize = 512 * 1024;
const ONCE_CHARS_MAX: usize = 255;
const ONCE: HeaderName = HeaderName::from_static("idempotency-key");

/// A JSON body.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// A JSON body with a whole conversation in it.
#[derive(Debug)]
pub(super) struct LongBody<T>(pub(super) T);

/// A JSON body that somebody else will read.
#[derive(Debug)]
pub(super) struct Raw(pub(super) Vec<u8>);

/// A JSON body of a write that may be asked for again with the same `Idempotency-Key`.
#[derive(Debug)]
pub(super) struct Write<T> {
    pub(super) body: T,
    pub(super) once: Option<OnceKey>,
}

/// A table, as spreadsheets write them, that may be sent again with the same `Idempotency-Key`.
#[derive(Debug)]
pub(super) struct CsvWrite {
    pub(super) text: String,
    pub(super) once: Option<OnceKey>,
}

/// The same for a write without a body.
#[derive(Debug)]
pub(super) struct BareWrite(pub(super) Option<OnceKey>);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read(request, payload.take(), BODY_BYTES_MAX);
        Box::pin(async move { parse(&reading.await?).map(Body) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for LongBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read(request, payload.take(), LONG_BYTES_MAX);
        Box::pin(async move { parse(&reading.await?).map(Self) })
    }
}

impl FromRequest for Raw {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read(request, payload.take(), BODY_BYTES_MAX);
        Box::pin(async move { reading.await.map(Self) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Write<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read(request, payload.take(), BODY_BYTES_MAX);
        let request = request.clone();
        Box::pin(async move {
            let bytes = reading.await?;
            let body = parse(&bytes)?;
            let once = once(&request, &bytes)?;
            Ok(Self { body, once })
        })
    }
}

impl FromRequest for CsvWrite {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read_of(request, payload.take(), LONG_BYTES_MAX, "text/csv");
        let request = request.clone();
        Box::pin(async move {
            let bytes = reading.await?;
            let once = once(&request, &bytes)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Problem::malformed("the table is not written in UTF-8"))?;
            Ok(Self { text, once })
        })
    }
}

impl FromRequest for BareWrite {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(once(request, b"").map(Self))
    }
}

/// A file, whatever is in it: nobody reads it before they know who sent it.
pub(super) async fn file(mut payload: Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let reading = gather(&mut payload, bytes_max);
    tokio::time::timeout(FILE_WAIT_MAX, reading)
        .await
        .unwrap_or_else(|_| Err(too_slow()))
}

async fn gather(payload: &mut Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("the body broke off"))?;
        if bytes.len() + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_slow() -> Problem {
    Problem::malformed("the body came too slowly").with_status(StatusCode::REQUEST_TIMEOUT)
}

fn read(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> impl Future<Output = Result<Vec<u8>, Problem>> + use<> {
    read_of(request, payload, bytes_max, "application/json")
}

fn read_of(
    request: &HttpRequest,
    mut payload: Payload,
    bytes_max: usize,
    kind: &'static str,
) -> impl Future<Output = Result<Vec<u8>, Problem>> + use<> {
    let fit = check_headers(request, bytes_max, kind);
    async move {
        fit?;
        tokio::time::timeout(BODY_WAIT_MAX, gather(&mut payload, bytes_max))
            .await
            .unwrap_or_else(|_| Err(too_slow()))
    }
}

fn too_large(bytes_max: usize) -> Problem {
    let says = format!("a body has at most {} KiB here", bytes_max / 1_024);
    Problem::new(Refusal::TooLarge, says)
}

fn check_headers(request: &HttpRequest, bytes_max: usize, wanted: &str) -> Result<(), Problem> {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(wanted) {
        return Err(Problem::malformed(format!("send {wanted}"))
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::malformed("send the body as it is, not encoded")
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let length = text(header::CONTENT_LENGTH).and_then(|text| text.parse::<u64>().ok());
    if length.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::malformed(told(&error)))
}

/// What is wrong with a body, without repeating any value of it: it may be a password.
fn told(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    if !error.is_data() {
        return format!("the body is not JSON ({place})");
    }
    let text = error.to_string();
    let names_a_field = ["missing field", "unknown field", "duplicate field"]
        .iter()
        .any(|start| text.starts_with(start));
    match text.split(" at line").next() {
        Some(text) if names_a_field && text.len() <= 200 => format!("{text} ({place})"),
        _ => format!("a value has the wrong type or form ({place})"),
    }
}

fn once(request: &HttpRequest, body: &[u8]) -> Result<Option<OnceKey>, Problem> {
    let mut given = request.headers().get_all(ONCE);
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let key = value.to_str().ok().filter(|key| {
        (1..=ONCE_CHARS_MAX).contains(&key.len()) && key.chars().all(|c| c.is_ascii_graphic())
    });
    let (Some(key), None) = (key, given.next()) else {
        return Err(Problem::malformed(
            "an Idempotency-Key has 1 to 255 visible ASCII characters",
        ));
    };
    let mut hash = Sha256::new();
    hash.update(request.method().as_str());
    hash.update([0]);
    hash.update(request.path());
    hash.update([0]);
    hash.update(body);
    let hash: [u8; 32] = hash.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    Ok(Some(OnceKey {
        key: key.to_owned(),
        // The store keeps it in a signed column.
        fingerprint: i64::from_be_bytes(first),
    }))
}

/// Query strings and paths that cannot be read answer like everything else.
pub(super) fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|_, _| {
        Problem::malformed("a query parameter is unknown, doubled or of the wrong form").into()
    })
}

/// An id that is none names nothing.
pub(super) fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_, _| Problem::from(Refusal::NotFound).into())
}
