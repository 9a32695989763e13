//! Whether a handshake is let in: one function for every edge, so that none forgets a rule.
//!
//! Nothing a browser attaches by itself (a cookie, basic auth) ever authenticates a connection:
//! the `hello` ticket does. So a request without an `Origin` is a native client and welcome, and
//! one with a foreign `Origin` is a page that has no business here.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_http::RequestHead;
use actix_http::header::{self, HeaderMap, HeaderName};
use actix_http::{Method, StatusCode, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ludus_domain::protocol::SUBPROTOCOL;
use ludus_domain::refusal::Refusal;
use uuid::Uuid;

use crate::limits::{Asked, Full, Limits, Neighbourhood, Place, client_address};

/// Seconds after which a turned-away client may try again. A storm of them spreads by its own jitter.
const COME_BACK_S: u32 = 2;
const REQUEST_ID: &str = "x-request-id";
const REQUEST_ID_CHARS_MAX: usize = 64;

/// Which pages may open connections.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    exact: BTreeSet<String>,
    same_host: bool,
}

impl Origins {
    /// Exactly these, as a browser writes them: `https://ludus.example.org`, no path.
    pub fn exactly<'a>(origins: impl IntoIterator<Item = &'a str>) -> Self {
        let exact = origins
            .into_iter()
            .map(|origin| origin.trim_end_matches('/').to_ascii_lowercase())
            .collect();
        Self {
            exact,
            same_host: false,
        }
    }

    /// Also the page's own host, whatever it is called. For a hub whose address nobody configured:
    /// it cannot know whether it is `localhost`, a LAN address or a name.
    pub fn or_same_host(mut self) -> Self {
        self.same_host = true;
        self
    }

    /// Whether a page of this origin, on this host, is one of ours.
    pub fn admit(&self, origin: &str, host: Option<&str>) -> bool {
        // Browsers write origins in lower case; another spelling was not written by one.
        self.exact.contains(origin)
            || (self.same_host
                && host.is_some_and(|host| {
                    let own = origin
                        .strip_prefix("http://")
                        .or_else(|| origin.strip_prefix("https://"));
                    !host.is_empty() && own == Some(host)
                }))
    }
}

/// What an edge needs to decide.
pub struct Admission {
    origins: Origins,
    limits: Arc<Limits>,
    /// Set once, when the node begins to stop: nobody new is let in.
    draining: Arc<AtomicBool>,
    trusts: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission")
            .field("origins", &self.origins)
            .field("draining", &self.draining)
            .finish_non_exhaustive()
    }
}

/// Let in. Holds the places it takes up for as long as it is kept.
#[derive(Debug)]
pub struct Admitted {
    pub request_id: String,
    pub address: IpAddr,
    /// Kept until the connection ends.
    pub place: Place<Neighbourhood>,
    /// Kept until a good `hello`.
    pub waiting: Place<()>,
}

/// Turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    pub status: StatusCode,
    pub code: Refusal,
    /// What is wrong, for whoever writes a client. Never a value that was sent.
    pub detail: &'static str,
    pub retry_after_s: Option<u32>,
    pub request_id: String,
}

impl TurnedAway {
    /// From a path where nothing can be upgraded.
    pub fn nothing_here(request_id: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: Refusal::NotFound,
            detail: "nothing is upgraded here",
            retry_after_s: None,
            request_id,
        }
    }

    /// Headers beside the content type.
    pub fn headers(&self) -> Vec<(HeaderName, String)> {
        let mut headers = vec![(HeaderName::from_static(REQUEST_ID), self.request_id.clone())];
        if let Some(seconds) = self.retry_after_s {
            headers.push((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UPGRADE_REQUIRED {
            headers.push((header::SEC_WEBSOCKET_VERSION, "13".to_owned()));
            headers.push((header::UPGRADE, "websocket".to_owned()));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.push((header::ALLOW, "GET".to_owned()));
        }
        headers
    }

    /// An `application/problem+json` document.
    pub fn problem(&self) -> Vec<u8> {
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": self.code.says(),
            "status": self.status.as_u16(),
            "code": self.code.code(),
            "detail": self.detail,
            "request_id": self.request_id,
        });
        problem.to_string().into_bytes()
    }
}

/// Why a handshake is wrong, before anybody is counted.
type Wrong = (StatusCode, Refusal, &'static str);

const fn bad(detail: &'static str) -> Wrong {
    (StatusCode::BAD_REQUEST, Refusal::Malformed, detail)
}

impl Admission {
    pub fn new(
        origins: Origins,
        limits: Arc<Limits>,
        draining: Arc<AtomicBool>,
        trusts: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            origins,
            limits,
            draining,
            trusts: Box::new(trusts),
        }
    }

    /// A WebSocket handshake from `peer`.
    pub fn socket(
        &self,
        head: &RequestHead,
        peer: IpAddr,
        request_id: String,
    ) -> Result<Admitted, TurnedAway> {
        self.admit(head, peer, request_id, handshake(head))
    }

    /// A request for an event stream from `peer`.
    pub fn stream(
        &self,
        head: &RequestHead,
        peer: IpAddr,
        request_id: String,
    ) -> Result<Admitted, TurnedAway> {
        self.admit(head, peer, request_id, no_query(head))
    }

    fn admit(
        &self,
        head: &RequestHead,
        peer: IpAddr,
        request_id: String,
        shape: Result<(), Wrong>,
    ) -> Result<Admitted, TurnedAway> {
        let away = |(status, code, detail): Wrong, retry_after_s| TurnedAway {
            status,
            code,
            detail,
            retry_after_s,
            request_id: request_id.clone(),
        };
        // Shape first: a client that is wrong is told so even by a node that is stopping.
        shape.map_err(|wrong| away(wrong, None))?;
        self.origin(head).map_err(|wrong| away(wrong, None))?;
        if self.draining.load(Ordering::Relaxed) {
            let wrong = (
                StatusCode::SERVICE_UNAVAILABLE,
                Refusal::Unavailable,
                "this node is stopping",
            );
            return Err(away(wrong, Some(COME_BACK_S)));
        }
        let address = self.address(head, peer);
        self.limits
            .check(Asked::Handshake(address))
            .map_err(|retry| {
                let wrong = (
                    StatusCode::TOO_MANY_REQUESTS,
                    Refusal::RateLimited,
                    "too many handshakes from this address",
                );
                away(wrong, Some(retry.seconds()))
            })?;
        let waiting = self.limits.newcomer().map_err(|_| {
            let wrong = (
                StatusCode::SERVICE_UNAVAILABLE,
                Refusal::Unavailable,
                "too many connections have not said hello yet",
            );
            away(wrong, Some(COME_BACK_S))
        })?;
        let place = self.limits.socket(address).map_err(|full| {
            let wrong = match full {
                Full::Key => (
                    StatusCode::TOO_MANY_REQUESTS,
                    Refusal::TooManySockets,
                    "too many connections from this address",
                ),
                Full::House => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    Refusal::Unavailable,
                    "this node is full",
                ),
            };
            away(wrong, Some(COME_BACK_S))
        })?;
        Ok(Admitted {
            request_id,
            address,
            place,
            waiting,
        })
    }

    /// What a request is called: by a proxy we trust, or by us.
    pub fn request_id(&self, head: &RequestHead, peer: IpAddr) -> String {
        let given = given_name(head.headers()).filter(|_| (self.trusts)(peer));
        given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
    }

    /// Who is asking, as limits and logs see it.
    pub fn address(&self, head: &RequestHead, peer: IpAddr) -> IpAddr {
        let hops: Vec<&str> = head
            .headers()
            .get_all(header::X_FORWARDED_FOR)
            .filter_map(|line| line.to_str().ok())
            .collect();
        client_address(peer, hops.into_iter(), &self.trusts)
    }

    fn origin(&self, head: &RequestHead) -> Result<(), Wrong> {
        const FOREIGN: Wrong = (
            StatusCode::FORBIDDEN,
            Refusal::Forbidden,
            "this page may not connect here",
        );
        let mut origins = head.headers().get_all(header::ORIGIN);
        match (origins.next(), origins.next()) {
            (None, _) => Ok(()),
            (Some(origin), None) => {
                let origin = origin.to_str().map_err(|_| FOREIGN)?;
                let host = only(head.headers(), header::HOST);
                self.origins
                    .admit(origin, host)
                    .then_some(())
                    .ok_or(FOREIGN)
            }
            (Some(_), Some(_)) => Err(FOREIGN),
        }
    }
}

/// The name a request came with, if it could be one.
pub fn given_name(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| !id.is_empty() && id.len() <= REQUEST_ID_CHARS_MAX)
        .filter(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

/// The value of a header that came exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name);
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The words of a header that is a list.
fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Neither socket nor stream takes parameters; a token in a URL would end up in somebody's log.
fn no_query(head: &RequestHead) -> Result<(), Wrong> {
    if head.uri.query().is_some() {
        return Err(bad("no parameters are taken here, least of all a token"));
    }
    Ok(())
}

/// RFC 6455, 4.2.1, and what this protocol asks on top.
fn handshake(head: &RequestHead) -> Result<(), Wrong> {
    const UPGRADE: Wrong = (
        StatusCode::UPGRADE_REQUIRED,
        Refusal::Malformed,
        "this is a WebSocket, version 13",
    );
    let headers = head.headers();
    if head.method != Method::GET {
        return Err((
            StatusCode::METHOD_NOT_ALLOWED,
            Refusal::Malformed,
            "a handshake is a GET",
        ));
    }
    if head.version != Version::HTTP_11 {
        return Err(bad("a handshake is made over HTTP/1.1"));
    }
    no_query(head)?;
    let asks = only(headers, header::UPGRADE)
        .is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
        && words(headers, header::CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"));
    if !asks || !head.upgrade() {
        return Err(UPGRADE);
    }
    if only(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(UPGRADE);
    }
    // A body would be read as frames, or frames as a body.
    if headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING)
    {
        return Err(bad("a handshake has no body"));
    }
    let key =
        only(headers, header::SEC_WEBSOCKET_KEY).and_then(|key| STANDARD.decode(key.trim()).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(bad("Sec-WebSocket-Key is sixteen bytes in base64, once"));
    }
    if !words(headers, header::SEC_WEBSOCKET_PROTOCOL).any(|word| word == SUBPROTOCOL) {
        return Err(bad("the subprotocol ludus.v1 must be offered"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
