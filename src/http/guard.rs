//! Around every request of the hub: a name, a few rules without exception, and the headers that
//! every response has.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::Ordering;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, ResponseError as _, web};
use ludus_actors::trace;
use ludus_domain::refusal::Refusal;
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use super::problem::Problem;
use super::v1::Fault;
use super::{Services, Site};
use crate::limits::{Asked, client_address};
use crate::metrics;
use crate::ws::admission::given_name;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Query parameters that would carry a secret into logs, histories and referrers.
const SECRETS: [&str; 7] = [
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "ticket",
    "resume",
    "password",
];

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; \
    worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Names a request in answers and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Who is really asking, proxies we trust aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// The middleware. Wrap the whole application in it:
/// `App::new().wrap(actix_web::middleware::from_fn(ludus::http::guard))`.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let begun = Instant::now();
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else {
        tracing::error!("the guard was mounted without its services");
        let problem = Problem::from(Refusal::Internal);
        return Ok(request
            .into_response(problem.error_response())
            .map_into_right_body());
    };
    let address = address_of(&request, &services.site);
    let request_id = request_id_of(&request, &services.site);
    request.extensions_mut().insert(ClientAddress(address));
    request
        .extensions_mut()
        .insert(RequestId(request_id.clone()));
    let is_program = request.path().starts_with("/v1/");
    let is_api = is_program || request.path().starts_with("/api/");
    let method = request.method().clone();

    let trace = trace::request(method.as_str());
    let verdict = check(&request, &services, address, is_api);
    let mut response = if let Err(problem) = verdict {
        request
            .into_response(problem.error_response())
            .map_into_right_body()
    } else {
        let answered = next.call(request).instrument(trace.clone());
        answered.await?.map_into_left_body()
    };

    let problem = response.response().extensions().get::<Problem>().cloned();
    let mut response = match problem {
        Some(problem) => {
            let json = if is_program {
                let kind = HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                Fault::from(problem).json()
            } else {
                problem.json(&request_id)
            };
            response.map_body(|_, _| EitherBody::right(BoxBody::new(json)))
        }
        None => response,
    };
    let status = response.status();
    let route = response.request().match_pattern();
    let route = route.as_deref().unwrap_or("-");
    metrics::http_answered(route, status.as_u16(), begun.elapsed());
    trace.record("route", route);
    trace.record("status", status.as_u16());
    if status.is_server_error() {
        tracing::warn!(request_id, %method, route, status = status.as_u16(), "answered");
    } else {
        tracing::debug!(request_id, %method, route, status = status.as_u16(), "answered");
    }
    let is_private = is_api || status.is_client_error() || status.is_server_error();
    put_headers(
        response.headers_mut(),
        &request_id,
        is_private,
        &services.site,
    );
    if services.draining.load(Ordering::Relaxed) && !status.is_informational() {
        // Keep-alive connections find their way to another node.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(response)
}

fn check(
    request: &ServiceRequest,
    services: &Services,
    address: IpAddr,
    is_api: bool,
) -> Result<(), Problem> {
    refuse_secrets(request.query_string())?;
    if !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        refuse_strangers(request, &services.site)?;
    }
    if is_api {
        services
            .limits
            .check(Asked::Request(address))
            .map_err(too_much)?;
    }
    Ok(())
}

pub(super) fn too_much(retry: crate::limits::RetryAfter) -> Problem {
    metrics::rate_limited("request");
    Problem {
        retry_after_ms: Some(retry.ms),
        ..Problem::from(Refusal::RateLimited)
    }
}

fn refuse_secrets(query: &str) -> Result<(), Problem> {
    if query.is_empty() {
        return Ok(());
    }
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_| Problem::malformed("the query cannot be read"))?;
    let has_secret = pairs
        .iter()
        .any(|(name, _)| SECRETS.contains(&name.to_ascii_lowercase().as_str()));
    if has_secret {
        return Err(Problem::malformed("secrets do not belong into a URL"));
    }
    Ok(())
}

/// A page of somebody else may not make a browser write here, whatever the browser attaches.
fn refuse_strangers(request: &ServiceRequest, site: &Site) -> Result<(), Problem> {
    let mut origins = request.headers().get_all(header::ORIGIN);
    let Some(origin) = origins.next() else {
        return Ok(());
    };
    let admitted = origins.next().is_none()
        && origin
            .to_str()
            .is_ok_and(|origin| (site.admits)(origin, host_of(request.headers())));
    if admitted {
        Ok(())
    } else {
        Err(Problem::new(
            Refusal::Forbidden,
            "this origin is none of the hub's",
        ))
    }
}

pub(super) fn host_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

fn peer_of(request: &ServiceRequest) -> IpAddr {
    // Without one (a Unix socket, a test) everybody shares a budget: fail closed.
    request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip())
}

fn address_of(request: &ServiceRequest, site: &Site) -> IpAddr {
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .collect();
    client_address(peer_of(request), forwarded.into_iter(), &site.trusts)
}

/// A proxy we trust may have named the request already; from anybody else the name could be that
/// of another's.
fn request_id_of(request: &ServiceRequest, site: &Site) -> String {
    let given = given_name(request.headers()).filter(|_| (site.trusts)(peer_of(request)));
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn put_headers(headers: &mut HeaderMap, request_id: &str, is_private: bool, site: &Site) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    let mut put = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    put(header::CONTENT_SECURITY_POLICY, POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    );
    if is_private {
        put(header::CACHE_CONTROL, "no-store");
    }
    if site.is_secure() {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
