//! Screens: what a coach grants them, and the two things a screen may ask for.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::DisplayId;
use ludus_domain::protocol::BoardFrame;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Services;
use super::auth::may_try;
use super::body::{BareWrite, Body, Write};
use super::reply::{Answer, done, ok};
use crate::people::Coach;
use crate::people::displays::NewDisplay;
use crate::store::displays::Display;

/// Rows a screen shows unless it asks for more.
const TOP_DEFAULT: u32 = 10;

/// A grant to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDisplay)]
pub(super) struct NewDisplayBody {
    /// The board it shows: one that who grants it sees.
    board: BoardKey,
    /// What the screen is called in the list; the board's title unless it says otherwise.
    title: Option<String>,
    /// How long it holds.
    #[schema(minimum = 1, maximum = 366, default = 30)]
    days: Option<u32>,
}

/// A screen that shows a board.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Display)]
pub(super) struct DisplayBody {
    id: DisplayId,
    board: BoardKey,
    title: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// What the screen opens. Told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl From<Display> for DisplayBody {
    fn from(display: Display) -> Self {
        Self {
            id: display.id,
            board: display.board,
            title: display.title,
            created_at: display.created_at,
            expires_at: display.expires_at,
            url: None,
        }
    }
}

impl From<NewDisplay> for DisplayBody {
    fn from(new: NewDisplay) -> Self {
        Self {
            url: Some(new.url),
            ..Self::from(new.display)
        }
    }
}

/// The secret of a screen's link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DisplayCodeBody {
    code: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DisplayReadBody {
    code: String,
    #[schema(minimum = 1, maximum = 100, default = 10)]
    top: Option<u32>,
}

/// A ticket for a screen's connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DisplayTicket)]
pub(super) struct DisplayTicketBody {
    ticket: String,
    expires_at: Timestamp,
    /// The board to watch; it can watch no other.
    board: BoardKey,
    /// When the grant ends.
    until: Timestamp,
}

/// Let a screen show a board. Its link is told once, and can be taken back.
#[utoipa::path(post, path = "/api/v1/displays", tag = "displays", request_body = NewDisplayBody,
    responses((status = 201, description = "The grant, with its link", body = DisplayBody)))]
pub(super) async fn create(
    services: web::Data<Services>,
    coach: Coach,
    write: Write<NewDisplayBody>,
) -> Answer {
    let NewDisplayBody { board, title, days } = write.body;
    let made = coach
        .add_display(&services.boards, write.once, board, title.as_deref(), days)
        .await?;
    Ok(done(StatusCode::CREATED, made.map(DisplayBody::from)))
}

/// The screens that show something: for admins all, for coaches their own.
#[utoipa::path(get, path = "/api/v1/displays", tag = "displays",
    responses((status = 200, description = "Grants that hold", body = Vec<DisplayBody>)))]
pub(super) async fn list(coach: Coach) -> Answer {
    let found = coach.displays().await?.into_iter();
    Ok(ok(&found.map(DisplayBody::from).collect::<Vec<_>>()))
}

/// Take a grant back: its screen goes dark at once.
#[utoipa::path(delete, path = "/api/v1/displays/{id}", tag = "displays", params(("id" = DisplayId, Path)),
    responses((status = 204, description = "It shows nothing any more")))]
pub(super) async fn revoke(
    coach: Coach,
    id: web::Path<DisplayId>,
    BareWrite(once): BareWrite,
) -> Answer {
    let revoked = coach.revoke_display(once, *id).await?;
    Ok(done(StatusCode::NO_CONTENT, revoked))
}

/// For a screen: a ticket that opens one connection within thirty seconds, to watch its board.
#[utoipa::path(post, path = "/api/v1/displays/ticket", tag = "displays", security(()),
    request_body = DisplayCodeBody,
    responses((status = 200, description = "A ticket for `hello`", body = DisplayTicketBody)))]
pub(super) async fn ticket(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<DisplayCodeBody>,
) -> Answer {
    may_try(&request, None).await?;
    let (display, ticket) = services.people.display_ticket(&body.code).await?;
    Ok(ok(&DisplayTicketBody {
        ticket: ticket.ticket,
        expires_at: ticket.expires_at,
        board: display.board,
        until: display.expires_at,
    }))
}

/// For a screen without a connection: its board, read once.
#[utoipa::path(post, path = "/api/v1/displays/board", tag = "displays", security(()),
    request_body = DisplayReadBody,
    responses((status = 200, description = "The first rows", body = BoardFrame)))]
pub(super) async fn board(
    request: HttpRequest,
    services: web::Data<Services>,
    Body(body): Body<DisplayReadBody>,
) -> Answer {
    may_try(&request, None).await?;
    let top = body.top.unwrap_or(TOP_DEFAULT);
    let frame = services
        .people
        .display_board(&services.boards, &body.code, top)
        .await?;
    Ok(ok(&frame))
}
