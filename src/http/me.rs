//! Oneself.

use actix_web::{HttpRequest, HttpResponse};
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::may_try;
use super::body::Body;
use super::reply::{Answer, nothing, ok, polled};
use crate::people::{Admin, Caller};
use crate::store::people::{Org, User};

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserBody {
    id: UserId,
    org: OrgId,
    name: String,
    /// Shown to oneself and to those who manage people.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    role: Role,
    /// Came in by a room's code.
    guest: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl UserBody {
    pub(super) fn whole(user: User) -> Self {
        Self {
            id: user.id,
            org: user.org,
            name: user.name,
            email: user.email,
            role: user.role,
            guest: user.guest,
            disabled_at: user.disabled_at,
            created_at: user.created_at,
        }
    }

    /// As those see them who may not see an address.
    pub(super) fn without_email(user: User) -> Self {
        Self {
            email: None,
            ..Self::whole(user)
        }
    }
}

/// An org, as its people see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Org)]
pub(super) struct OrgBody {
    id: OrgId,
    name: String,
    /// Days of streaks and seasons begin by it.
    time_zone: String,
}

impl From<Org> for OrgBody {
    fn from(org: Org) -> Self {
        Self {
            id: org.id,
            name: org.name,
            time_zone: org.time_zone,
        }
    }
}

/// Oneself, and where one is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct MeBody {
    #[serde(flatten)]
    user: UserBody,
    org_name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NameBody {
    pub(super) name: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    #[schema(format = Password)]
    current: String,
    #[schema(format = Password)]
    new: String,
}

#[utoipa::path(get, path = "/api/v1/me", tag = "me",
    responses((status = 200, description = "Oneself", body = MeBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn get(request: HttpRequest, caller: Caller) -> Answer {
    let (user, org) = caller.me().await?;
    let body = MeBody {
        user: UserBody::whole(user),
        org_name: org.name,
    };
    polled(&request, &body)
}

/// Change one's own name.
#[utoipa::path(put, path = "/api/v1/me", tag = "me", request_body = NameBody,
    responses((status = 200, description = "Renamed", body = UserBody)))]
pub(super) async fn put(caller: Caller, Body(body): Body<NameBody>) -> Answer {
    Ok(ok(&UserBody::whole(caller.rename(&body.name).await?)))
}

/// Change one's own password; every other sign-in ends.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "me", request_body = PasswordBody,
    responses((status = 204, description = "Changed")))]
pub(super) async fn put_password(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<PasswordBody>,
) -> Answer {
    // Guessing with a stolen token is guessing all the same.
    may_try(&request, Some(&caller.identity().user.to_string())).await?;
    caller.change_password(body.current, body.new).await?;
    Ok(nothing())
}

/// A ticket that opens one connection within thirty seconds.
#[utoipa::path(post, path = "/api/v1/ws-ticket", tag = "auth",
    responses((status = 200, description = "A ticket for `hello`", body = TicketBody)))]
pub(super) async fn ticket(caller: Caller) -> Answer {
    let ticket = caller.ticket()?;
    Ok(HttpResponse::Ok().json(TicketBody {
        ticket: ticket.ticket,
        expires_at: ticket.expires_at,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(super) struct TicketBody {
    ticket: String,
    expires_at: Timestamp,
}

#[utoipa::path(get, path = "/api/v1/orgs/current", tag = "orgs",
    responses((status = 200, description = "One's org", body = OrgBody)))]
pub(super) async fn org(caller: Caller) -> Answer {
    Ok(ok(&OrgBody::from(caller.org().await?)))
}

#[utoipa::path(put, path = "/api/v1/orgs/current", tag = "orgs", request_body = NameBody,
    responses((status = 200, description = "Renamed", body = OrgBody)))]
pub(super) async fn put_org(admin: Admin, Body(body): Body<NameBody>) -> Answer {
    Ok(ok(&OrgBody::from(admin.rename_org(&body.name).await?)))
}
