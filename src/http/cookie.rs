//! The refresh token of a browser: in a cookie no script can read.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use ludus_domain::refusal::Refusal;

use super::guard::host_of;
use super::problem::Problem;
use super::{Site, auth};
use crate::tokens::refresh::SIGN_IN_LIFE_MS;

/// With `https`, the prefix makes browsers refuse one that another host planted.
const SECURE: &str = "__Host-ludus";
const PLAIN: &str = "ludus";

const fn name(is_secure: bool) -> &'static str {
    if is_secure { SECURE } else { PLAIN }
}

pub(super) fn carrying(site: &Site, token: String) -> Cookie<'static> {
    build(site, token, Duration::milliseconds(SIGN_IN_LIFE_MS))
}

pub(super) fn removing(site: &Site) -> Cookie<'static> {
    build(site, String::new(), Duration::ZERO)
}

fn build(site: &Site, value: String, age: Duration) -> Cookie<'static> {
    Cookie::build(name(site.is_secure()), value)
        .http_only(true)
        .secure(site.is_secure())
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(age)
        .finish()
}

/// The token in the cookie, if the page that sends it is ours. A request that names no origin is
/// not a browser's page, and has no business with a cookie.
pub(super) fn token(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let site = &auth::services(request)?.site;
    let Some(cookie) = request.cookie(name(site.is_secure())) else {
        return Ok(None);
    };
    let headers = request.headers();
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|value| value.to_str().ok());
    let ours = match origin {
        Some(origin) => (site.admits)(origin, host_of(headers)),
        None => headers
            .get("sec-fetch-site")
            .is_some_and(|value| value == "same-origin"),
    };
    if ours {
        Ok(Some(cookie.value().to_owned()))
    } else {
        Err(Problem::new(
            Refusal::Forbidden,
            "a cookie is taken from the hub's own pages only",
        ))
    }
}
