//! Notes about a learner, which learners never see.

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{NoteId, UserId};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Write;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, nothing, ok};
use crate::people::Coach;
use crate::store::notes::Note;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NotesQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNoteBody {
    /// At most 4,000 characters.
    text: String,
}

/// A note about a learner. One that was taken away says who did and when, and nothing else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub(super) struct NoteBody {
    id: NoteId,
    by: UserId,
    by_name: String,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<Timestamp>,
}

impl From<Note> for NoteBody {
    fn from(note: Note) -> Self {
        Self {
            id: note.id,
            by: note.by,
            by_name: note.by_name,
            at: note.at,
            text: note.text,
            removed_by: note.removed.map(|(by, _)| by),
            removed_at: note.removed.map(|(_, at)| at),
        }
    }
}

/// What coaches wrote about a learner, the newest first. For coaches who see them learner by learner.
#[utoipa::path(get, path = "/api/v1/users/{id}/notes", tag = "cohorts",
    params(("id" = UserId, Path), NotesQuery),
    responses((status = 200, description = "Notes", body = Page<NoteBody>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<UserId>,
    query: web::Query<NotesQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Notes,
        org: coach.caller().identity().org,
        of: Some(id.0),
    };
    let before: Option<NoteId> = place.open(&services, query.cursor.as_deref())?;
    let found = coach.notes(*id, before, u64::from(limit) + 1).await?;
    let page = place.page(&services, found, limit, |note| note.id, NoteBody::from);
    Ok(ok(&page))
}

/// Note something about a learner. They never see it; other coaches who see them do.
#[utoipa::path(post, path = "/api/v1/users/{id}/notes", tag = "cohorts",
    params(("id" = UserId, Path)), request_body = NewNoteBody,
    responses((status = 201, description = "The note", body = NoteBody)))]
pub(super) async fn create(
    coach: Coach,
    id: web::Path<UserId>,
    write: Write<NewNoteBody>,
) -> Answer {
    let written = coach.add_note(write.once, *id, &write.body.text).await?;
    Ok(done(StatusCode::CREATED, written.map(NoteBody::from)))
}

/// Take a note of one's own away; admins take away anybody's. Who did is kept, what it said is not.
#[utoipa::path(delete, path = "/api/v1/users/{id}/notes/{note}", tag = "cohorts",
    params(("id" = UserId, Path), ("note" = NoteId, Path)),
    responses((status = 204, description = "Gone")))]
pub(super) async fn remove(coach: Coach, path: web::Path<(UserId, NoteId)>) -> Answer {
    let (learner, note) = path.into_inner();
    coach.remove_note(learner, note).await?;
    Ok(nothing())
}
