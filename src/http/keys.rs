//! Keys for programs: made and taken back by admins. A secret is shown to whoever made it, once.

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::ids::{ApiKeyId, UserId};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Write;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, nothing, ok};
use crate::people::Admin;
use crate::store::api_keys::{ApiKey, Scope};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiKeyBody {
    /// What it is for, to know it again.
    name: String,
    scopes: Vec<Scope>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyBody {
    id: ApiKeyId,
    name: String,
    scopes: Vec<Scope>,
    created_by: UserId,
    created_at: Timestamp,
    /// The last use, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<UserId>,
    /// What the program sends as its bearer token. A list does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl ApiKeyBody {
    fn of(key: ApiKey, secret: Option<String>) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scopes: key.scopes,
            created_by: key.created_by,
            created_at: key.created_at,
            used_at: key.used_at,
            revoked_at: key.revoked_at,
            revoked_by: key.revoked_by,
            secret,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ApiKeysQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Make a key for a program. The answer is the only place where its secret stands.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "programs", request_body = NewApiKeyBody,
    responses((status = 201, description = "The key, with its secret", body = ApiKeyBody)))]
pub(super) async fn create(admin: Admin, write: Write<NewApiKeyBody>) -> Answer {
    let made = admin
        .add_api_key(write.once, &write.body.name, write.body.scopes)
        .await?;
    let made = made.map(|made| ApiKeyBody::of(made.key, Some(made.secret)));
    Ok(done(StatusCode::CREATED, made))
}

/// The org's keys, latest first, with those that were taken back.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "programs", params(ApiKeysQuery),
    responses((status = 200, description = "Keys", body = Page<ApiKeyBody>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    admin: Admin,
    query: web::Query<ApiKeysQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::ApiKeys,
        org: admin.caller().identity().org,
        of: None,
    };
    let before: Option<ApiKeyId> = place.open(&services, query.cursor.as_deref())?;
    let found = admin.api_keys(before, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |key| key.id,
        |key| ApiKeyBody::of(key, None),
    );
    Ok(ok(&page))
}

/// Take a key back. It is no key from this moment on; the list goes on showing who took it back.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "programs",
    params(("id" = ApiKeyId, Path)), responses((status = 204, description = "Taken back")))]
pub(super) async fn revoke(admin: Admin, id: web::Path<ApiKeyId>) -> Answer {
    admin.revoke_api_key(*id).await?;
    Ok(nothing())
}
