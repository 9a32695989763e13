//! The people of an org.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use ludus_domain::ids::{LinkId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::Action;
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Write;
use super::me::{NameBody, UserBody};
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, ok};
use crate::people::{Admin, Caller, Coach};
use crate::store::people::{User, Wanted};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// Part of a name.
    q: Option<String>,
    /// Only those with this role.
    role: Option<Role>,
    /// Guests too.
    #[serde(default)]
    guests: bool,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RolesBody {
    /// One, today: a user has a role per org.
    roles: Vec<Role>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleBody {
    role: Role,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DisabledBody {
    disabled: bool,
}

/// A one-time link to hand over. It is shown to whoever made it and kept nowhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OneTimeLink)]
pub(super) struct UrlBody {
    id: LinkId,
    url: String,
    expires_at: Timestamp,
}

fn shown(viewer: &Caller, user: User) -> UserBody {
    if user.id == viewer.identity().user || viewer.may(Action::ManagePeople) {
        UserBody::whole(user)
    } else {
        UserBody::without_email(user)
    }
}

/// Who is in the org, in the order they came.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(UsersQuery),
    responses((status = 200, description = "People", body = Page<UserBody>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    coach: Coach,
    query: web::Query<UsersQuery>,
) -> Answer {
    let query = query.into_inner();
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Users,
        org: coach.caller().identity().org,
        of: None,
    };
    let after: Option<UserId> = place.open(&services, query.cursor.as_deref())?;
    let wanted = Wanted {
        search: query.q,
        role: query.role,
        guests: query.guests,
    };
    let found = coach.users(after, wanted, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |user| user.id,
        |user| shown(coach.caller(), user),
    );
    Ok(ok(&page))
}

async fn find(caller: &Caller, id: UserId) -> Result<User, super::problem::Problem> {
    if id == caller.identity().user {
        return Ok(caller.me().await?.0);
    }
    // Who may not see people is told that there is nobody.
    let coach = caller.clone().coach().map_err(|_| Refusal::NotFound)?;
    Ok(coach.user(id).await?)
}

#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, description = "A person", body = UserBody)))]
pub(super) async fn get(caller: Caller, id: web::Path<UserId>) -> Answer {
    let user = find(&caller, *id).await?;
    Ok(ok(&shown(&caller, user)))
}

/// Rename oneself, or somebody one manages.
#[utoipa::path(put, path = "/api/v1/users/{id}", tag = "users", params(("id" = UserId, Path)),
    request_body = NameBody, responses((status = 200, description = "Renamed", body = UserBody)))]
pub(super) async fn put(caller: Caller, id: web::Path<UserId>, write: Write<NameBody>) -> Answer {
    let user = caller
        .rename_user(write.once, *id, &write.body.name)
        .await?;
    Ok(ok(&shown(&caller, user)))
}

#[utoipa::path(get, path = "/api/v1/users/{id}/roles", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, description = "Their role", body = RolesBody)))]
pub(super) async fn roles(caller: Caller, id: web::Path<UserId>) -> Answer {
    let user = find(&caller, *id).await?;
    Ok(ok(&RolesBody {
        roles: vec![user.role],
    }))
}

/// Change somebody's role. Their open connections learn of it at once.
#[utoipa::path(put, path = "/api/v1/users/{id}/roles", tag = "users", params(("id" = UserId, Path)),
    request_body = RoleBody, responses((status = 200, description = "Changed", body = RolesBody)))]
pub(super) async fn put_roles(
    admin: Admin,
    id: web::Path<UserId>,
    write: Write<RoleBody>,
) -> Answer {
    let changed = admin.set_role(write.once, *id, write.body.role).await?;
    let body = changed.map(|user| RolesBody {
        roles: vec![user.role],
    });
    Ok(done(StatusCode::OK, body))
}

/// Shut somebody out, at once and everywhere, or let them in again.
#[utoipa::path(put, path = "/api/v1/users/{id}/disabled", tag = "users",
    params(("id" = UserId, Path)), request_body = DisabledBody,
    responses((status = 200, description = "Changed", body = UserBody)))]
pub(super) async fn put_disabled(
    admin: Admin,
    id: web::Path<UserId>,
    write: Write<DisabledBody>,
) -> Answer {
    let changed = admin
        .set_disabled(write.once, *id, write.body.disabled)
        .await?;
    Ok(done(StatusCode::OK, changed.map(UserBody::whole)))
}

/// A link, good for fifteen minutes, that sets a new password for somebody.
#[utoipa::path(post, path = "/api/v1/users/{id}/reset-link", tag = "users",
    params(("id" = UserId, Path)),
    responses((status = 201, description = "The link", body = UrlBody)))]
pub(super) async fn reset_link(admin: Admin, id: web::Path<UserId>) -> Answer {
    let made = admin.reset_link(*id).await?;
    Ok(HttpResponse::Created().json(UrlBody {
        id: made.link.id,
        url: made.url,
        expires_at: made.link.expires_at,
    }))
}
