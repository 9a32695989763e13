//! Invitations into the org, and perhaps into a room or a cohort.

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{CohortId, LinkId, RoomId, UserId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Write;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, nothing, ok};
use crate::people::Coach;
use crate::people::staff::Invitation;
use crate::store::links::Link;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInvitationBody {
    role: Role,
    /// The link then makes an account with this address and no other.
    email: Option<String>,
    name: Option<String>,
    /// A room to be let into.
    room: Option<RoomId>,
    /// A cohort to learn in.
    cohort: Option<CohortId>,
    /// How long it is good; a week unless said otherwise, thirty days at most.
    #[schema(minimum = 1, maximum = 720)]
    hours: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(super) struct InvitationBody {
    id: LinkId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cohort: Option<CohortId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Shown to whoever made it, once; a list does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl InvitationBody {
    fn of(link: Link, url: Option<String>) -> Self {
        Self {
            id: link.id,
            role: link.role,
            email: link.email,
            name: link.name,
            room: link.room,
            cohort: link.cohort,
            created_by: link.created_by,
            created_at: link.created_at,
            expires_at: link.expires_at,
            url,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InvitationsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Invite somebody. The answer has the link to hand over.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "invitations",
    request_body = NewInvitationBody,
    responses((status = 201, description = "The invitation", body = InvitationBody)))]
pub(super) async fn create(coach: Coach, write: Write<NewInvitationBody>) -> Answer {
    let body = write.body;
    let invitation = Invitation {
        role: body.role,
        email: body.email,
        name: body.name,
        room: body.room,
        cohort: body.cohort,
        hours: body.hours,
    };
    let made = coach.invite(write.once, invitation).await?;
    let made = made.map(|made| InvitationBody::of(made.link, Some(made.url)));
    Ok(done(StatusCode::CREATED, made))
}

/// Invitations nobody has claimed yet: one's own; everybody's for those who manage people.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "invitations", params(InvitationsQuery),
    responses((status = 200, description = "Open invitations", body = Page<InvitationBody>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    coach: Coach,
    query: web::Query<InvitationsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Invitations,
        org: coach.caller().identity().org,
        of: None,
    };
    let before: Option<LinkId> = place.open(&services, query.cursor.as_deref())?;
    let (found, _) = coach.invitations(before, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |link| link.id,
        |link| InvitationBody::of(link, None),
    );
    Ok(ok(&page))
}

/// Take an invitation back.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "invitations",
    params(("id" = LinkId, Path)), responses((status = 204, description = "Gone")))]
pub(super) async fn withdraw(coach: Coach, id: web::Path<LinkId>) -> Answer {
    coach.withdraw(*id).await?;
    Ok(nothing())
}
