//! The words an org does not want.

use actix_web::web;
use ludus_domain::ids::UserId;
use ludus_domain::moderation::words::{ListedWord, OrgWords};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::LongBody;
use super::page::{List, Page, Place, limit};
use super::problem::Problem;
use super::reply::{Answer, ok};
use crate::people::Admin;
use crate::store::words::WordList;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WordsBody {
    /// At most 1,000; all that holds, not what is added.
    words: Vec<ListedWord>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WordList)]
pub(super) struct WordListBody {
    /// Which change it is, from 1; 0 where there was none.
    number: i64,
    words: Vec<ListedWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
}

impl WordListBody {
    fn of(list: Option<WordList>) -> Self {
        let (number, by, at) = list.as_ref().map_or((0, None, None), |list| {
            (list.number, Some(list.by), Some(list.at))
        });
        let words = list.map(|list| list.words).unwrap_or_default();
        Self {
            number,
            words,
            by,
            at,
        }
    }
}

/// That the list was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WordListChange)]
pub(super) struct WordListChangeBody {
    number: i64,
    /// How many phrases it had from then on.
    count: usize,
    by: UserId,
    at: Timestamp,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WordChangesQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The list that holds.
#[utoipa::path(get, path = "/api/v1/orgs/current/words", tag = "moderation",
    responses((status = 200, description = "The list", body = WordListBody)))]
pub(super) async fn get(admin: Admin) -> Answer {
    Ok(ok(&WordListBody::of(admin.word_list().await?)))
}

/// Put another list in its place. Lines are compared with it from then on.
#[utoipa::path(put, path = "/api/v1/orgs/current/words", tag = "moderation", request_body = WordsBody,
    responses((status = 200, description = "The list", body = WordListBody)))]
pub(super) async fn put(admin: Admin, LongBody(body): LongBody<WordsBody>) -> Answer {
    OrgWords::read(&body.words)
        .map_err(|fault| Problem::new(Refusal::FieldInvalid, fault.to_string()))?;
    let list = admin.put_word_list(body.words).await?;
    Ok(ok(&WordListBody::of(Some(list))))
}

/// Who changed the list, and when: the latest first.
#[utoipa::path(get, path = "/api/v1/orgs/current/words/changes", tag = "moderation", params(WordChangesQuery),
    responses((status = 200, description = "Changes", body = Page<WordListChangeBody>)))]
pub(super) async fn changes(
    services: web::Data<Services>,
    admin: Admin,
    query: web::Query<WordChangesQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::WordChanges,
        org: admin.caller().identity().org,
        of: None,
    };
    let before: Option<i64> = place.open(&services, query.cursor.as_deref())?;
    let found = admin
        .word_list_changes(before, u64::from(limit) + 1)
        .await?;
    let page = place.page(
        &services,
        found,
        limit,
        |list| list.number,
        |list| WordListChangeBody {
            number: list.number,
            count: list.words.len(),
            by: list.by,
            at: list.at,
        },
    );
    Ok(ok(&page))
}
