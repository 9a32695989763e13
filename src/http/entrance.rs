//! Coming in, staying in, going out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use ludus_domain::ids::{OrgId, RoomId, SignInId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{agent, caller_if_any, may_try};
use super::body::Body;
use super::me::UserBody;
use super::moderation::AppealBody;
use super::reply::{Answer, nothing, ok};
use super::{Services, cookie};
use crate::people::Caller;
use crate::people::entrance::{Claiming, Entered};
use crate::store::links::LinkKind;

/// What kind of client signs in, which decides where its refresh token goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientKind {
    /// Into an `HttpOnly` cookie, out of reach of scripts.
    #[default]
    Browser,
    /// Into the body of the answer.
    Api,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    email: String,
    #[schema(format = Password)]
    password: String,
    /// Only needed by whoever has accounts in several orgs.
    org: Option<OrgId>,
    #[serde(default)]
    client: ClientKind,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppealFromOutside)]
pub(super) struct OutsideAppealBody {
    email: String,
    #[schema(format = Password)]
    password: String,
    /// Only needed by whoever has accounts in several orgs.
    org: Option<OrgId>,
    /// At most 2,000 characters, once.
    says: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshBody {
    /// API clients give it here; browsers have it in their cookie.
    refresh_token: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeBody {
    /// What stands behind `#/claim/` in the link.
    code: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimBody {
    code: String,
    name: Option<String>,
    email: Option<String>,
    #[schema(format = Password)]
    password: Option<String>,
    /// Owner links only: how the org is called.
    org_name: Option<String>,
    #[serde(default)]
    client: ClientKind,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GuestBody {
    /// The room's code, as it is shown on the stage.
    code: String,
    /// How one is called there.
    name: String,
    #[serde(default)]
    client: ClientKind,
}

/// Somebody who is signed in now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionBody {
    /// A bearer token for ten minutes.
    access_token: String,
    #[schema(value_type = String)]
    token_type: &'static str,
    expires_at: Timestamp,
    /// For API clients; a browser has it in its cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    sign_in: SignInId,
    /// When this sign-in ends, however often it is refreshed.
    until: Timestamp,
    user: UserBody,
    /// The room the link or code leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
}

/// What a link is good for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkBody {
    kind: LinkKind,
    org_name: String,
    role: Role,
    /// Whom it is for, where that is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_title: Option<String>,
    expires_at: Timestamp,
    /// What the claim must bring, besides the code.
    needs: Vec<Need>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Need {
    Name,
    Email,
    Password,
}

fn entered(
    services: &Services,
    client: ClientKind,
    entered: Entered,
    room: Option<RoomId>,
) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::OK);
    let refresh_token = match client {
        ClientKind::Browser => {
            response.cookie(cookie::carrying(&services.site, entered.refresh_token));
            None
        }
        ClientKind::Api => Some(entered.refresh_token),
    };
    response.json(SessionBody {
        access_token: entered.access.token,
        token_type: "Bearer",
        expires_at: entered.access.expires_at,
        refresh_token,
        sign_in: entered.sign_in,
        until: entered.until,
        user: UserBody::whole(entered.user),
        room,
    })
}

/// Sign in with e-mail and password.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginBody,
    security(()), responses((status = 200, description = "Signed in", body = SessionBody)))]
pub(super) async fn login(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<LoginBody>,
) -> Answer {
    may_try(&request, Some(&body.email)).await?;
    let came = services
        .people
        .login(body.org, &body.email, body.password, agent(&request))
        .await?;
    Ok(entered(&services, body.client, came, None))
}

/// Being shut out of the org, and what one said against it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShutOut)]
pub(super) struct ShutOutBody {
    at: Timestamp,
    /// One appeal, with its answer when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<AppealBody>,
}

/// Appeal against having been shut out of the org, once, or read what came of it (without `says`). Whoever is not shut out, and whoever
/// brings the wrong password, gets `wrong_credentials`.
#[utoipa::path(post, path = "/api/v1/auth/appeal", tag = "auth", request_body = OutsideAppealBody,
    security(()), responses((status = 200, description = "How it stands", body = ShutOutBody)))]
pub(super) async fn appeal(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<OutsideAppealBody>,
) -> Answer {
    may_try(&request, Some(&body.email)).await?;
    let says = body.says.as_deref();
    let people = &services.people;
    let (act, appeal) = people
        .appeal_from_outside(body.org, &body.email, body.password, says)
        .await?;
    Ok(ok(&ShutOutBody {
        at: act.at,
        appeal: appeal.map(AppealBody::from),
    }))
}

/// A fresh access token. The refresh token changes with each use; one that is used again later
/// than ten seconds after ends the whole sign-in.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = RefreshBody,
    security(()), responses((status = 200, description = "Still signed in", body = SessionBody)))]
pub(super) async fn refresh(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<RefreshBody>,
) -> Answer {
    let (token, client) = match body.refresh_token {
        Some(token) => (Some(token), ClientKind::Api),
        None => (cookie::token(&request)?, ClientKind::Browser),
    };
    let token = token.ok_or(ludus_domain::refusal::Refusal::SignInNeeded)?;
    let came = services.people.refresh(&token).await?;
    Ok(entered(&services, client, came, None))
}

/// End this sign-in, on every device it was carried to; its connections close.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = RefreshBody,
    security(("bearer" = []), ()), responses((status = 204, description = "Signed out")))]
pub(super) async fn logout(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<RefreshBody>,
) -> Answer {
    if let Some(caller) = caller_if_any(&request) {
        caller.logout().await?;
    }
    let token = match body.refresh_token {
        Some(token) => Some(token),
        None => cookie::token(&request)?,
    };
    if let Some(token) = token {
        services.people.logout_with(&token).await?;
    }
    let mut response = nothing();
    response
        .add_cookie(&cookie::removing(&services.site))
        .map_err(|_| ludus_domain::refusal::Refusal::Internal)?;
    Ok(response)
}

/// End every sign-in of this person; all their connections close.
#[utoipa::path(post, path = "/api/v1/auth/logout-everywhere", tag = "auth",
    responses((status = 204, description = "Signed out everywhere")))]
pub(super) async fn logout_everywhere(services: web::Data<Services>, caller: Caller) -> Answer {
    caller.logout_everywhere().await?;
    let mut response = nothing();
    response
        .add_cookie(&cookie::removing(&services.site))
        .map_err(|_| ludus_domain::refusal::Refusal::Internal)?;
    Ok(response)
}

/// What a one-time link is good for. Reading it does not use it up.
#[utoipa::path(post, path = "/api/v1/auth/claim/inspect", tag = "auth", request_body = CodeBody,
    security(()), responses((status = 200, description = "The link", body = LinkBody)))]
pub(super) async fn inspect(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<CodeBody>,
) -> Answer {
    may_try(&request, None).await?;
    let found = services.people.inspect(&body.code).await?;
    let link = found.link;
    let is_new = matches!(link.kind, LinkKind::Owner | LinkKind::Invitation);
    let is_guest = link.kind == LinkKind::Entry && link.user.is_none();
    let mut needs = vec![];
    if (is_new || is_guest) && link.name.is_none() {
        needs.push(Need::Name);
    }
    if is_new && link.email.is_none() {
        needs.push(Need::Email);
    }
    if link.kind != LinkKind::Entry {
        needs.push(Need::Password);
    }
    Ok(ok(&LinkBody {
        kind: link.kind,
        org_name: found.org_name,
        role: link.role,
        email: link.email,
        name: link.name,
        room_title: found.room_title,
        expires_at: link.expires_at,
        needs,
    }))
}

/// Claim a one-time link: make the account, set the password, or just walk in. Signs in.
#[utoipa::path(post, path = "/api/v1/auth/claim", tag = "auth", request_body = ClaimBody,
    security(()), responses((status = 200, description = "Signed in", body = SessionBody)))]
pub(super) async fn claim(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<ClaimBody>,
) -> Answer {
    may_try(&request, None).await?;
    let claiming = Claiming {
        code: body.code,
        name: body.name,
        email: body.email,
        password: body.password,
        org_name: body.org_name,
    };
    let (came, room) = services.people.claim(claiming, agent(&request)).await?;
    Ok(entered(&services, body.client, came, room))
}

/// Enter a room by its code, with a name and without an account.
#[utoipa::path(post, path = "/api/v1/auth/guest", tag = "auth", request_body = GuestBody,
    security(()), responses((status = 200, description = "Signed in as a guest", body = SessionBody)))]
pub(super) async fn guest(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<GuestBody>,
) -> Answer {
    may_try(&request, None).await?;
    let (came, room) = services
        .people
        .guest(&body.code, &body.name, agent(&request))
        .await?;
    Ok(entered(&services, body.client, came, Some(room.id)))
}
