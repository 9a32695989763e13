//! Rights as arguments: a handler that asks for a [`Coach`] is not called for a learner.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use ludus_domain::refusal::Refusal;

use super::Services;
use super::guard::{ClientAddress, too_much};
use super::problem::Problem;
use crate::limits::Asked;
use crate::people::{Admin, Caller, Coach};

/// Longest name a client is remembered by.
const AGENT_CHARS_MAX: usize = 200;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request))
    }
}

impl FromRequest for Coach {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).and_then(|caller| Ok(caller.coach()?)))
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).and_then(|caller| Ok(caller.admin()?)))
    }
}

/// The one way from a request to a right.
fn caller(request: &HttpRequest) -> Result<Caller, Problem> {
    let services = services(request)?;
    let caller = services.people.authenticate(bearer(request)?)?;
    let who = caller.identity();
    services
        .limits
        .check(Asked::RequestBy(who.org, who.user))
        .map_err(too_much)?;
    Ok(caller)
}

/// Whoever is calling, where being nobody is fine too.
pub(super) fn caller_if_any(request: &HttpRequest) -> Option<Caller> {
    request
        .headers()
        .contains_key(header::AUTHORIZATION)
        .then(|| caller(request).ok())
        .flatten()
}

pub(super) fn bearer(request: &HttpRequest) -> Result<&str, Refusal> {
    let mut given = request.headers().get_all(header::AUTHORIZATION);
    let value = given.next().ok_or(Refusal::SignInNeeded)?;
    if given.next().is_some() {
        return Err(Refusal::SignInNeeded);
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or(Refusal::SignInNeeded)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(Refusal::SignInNeeded)
    }
}

pub(super) fn services(request: &HttpRequest) -> Result<&Services, Problem> {
    request
        .app_data::<web::Data<Services>>()
        .map(web::Data::get_ref)
        .ok_or_else(|| Refusal::Internal.into())
}

/// Asks the door's limits: per address and, where one is named, per account.
pub(super) async fn may_try(request: &HttpRequest, account: Option<&str>) -> Result<(), Problem> {
    let address = request
        .extensions()
        .get::<ClientAddress>()
        .copied()
        .ok_or(Refusal::Internal)?
        .0;
    services(request)?
        .limits
        .login(address, account)
        .await
        .map_err(too_much)
}

/// What the client calls itself, for the list of one's sign-ins.
pub(super) fn agent(request: &HttpRequest) -> String {
    let agent = request.headers().get(header::USER_AGENT);
    agent
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .take(AGENT_CHARS_MAX)
        .collect()
}
