//! What an org's admins write of the game themselves.

use actix_web::{HttpResponse, web};
use ludus_domain::content::ContentFault;
use ludus_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::Services;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::http::reply::{Answer, nothing, ok};
use crate::people::Admin;
use crate::store::game::content::Item;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CheckBody {
    /// `rules`, `badges`, `quests`, `boards`, `leagues`, `contests`, `levels`, `streak`, `seasons`.
    kind: String,
    id: String,
    /// A content file with just this item in it; none takes the shipped item out of play.
    #[serde(default)]
    body: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ItemTextBody {
    /// A content file with just this item in it; none takes the shipped item out of play.
    #[serde(default)]
    body: Option<String>,
}

/// Something of the game as the org wrote it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentItem)]
pub(in crate::http) struct ItemBody {
    kind: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    version: i64,
}

/// One thing that is wrong with content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContentFault)]
pub(in crate::http) struct FaultBody {
    file: String,
    /// Counted from 1; 0 for the file as a whole.
    line: usize,
    field: String,
    says: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CheckedBody {
    /// None: it could be put in force.
    faults: Vec<FaultBody>,
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self {
            kind: item.kind,
            id: item.id,
            body: item.body,
            version: item.version,
        }
    }
}

impl From<ContentFault> for FaultBody {
    fn from(fault: ContentFault) -> Self {
        Self {
            file: fault.file,
            line: fault.line,
            field: fault.field,
            says: fault.says,
        }
    }
}

/// What would be wrong if the org's content had this item. Changes nothing.
#[utoipa::path(post, path = "/api/v1/content/check", tag = "game", request_body = CheckBody,
    responses((status = 200, description = "What is wrong with it", body = CheckedBody)))]
pub(in crate::http) async fn check_content(
    services: web::Data<Services>,
    admin: Admin,
    Body(body): Body<CheckBody>,
) -> Answer {
    let item = Item {
        kind: body.kind,
        id: body.id,
        body: body.body,
        version: 0,
    };
    let faults = admin.check_content(&services.rulebook, item).await?;
    Ok(ok(&CheckedBody {
        faults: faults.into_iter().map(FaultBody::from).collect(),
    }))
}

/// What the org wrote of its own.
#[utoipa::path(get, path = "/api/v1/content", tag = "game",
    responses((status = 200, description = "Items", body = Vec<ItemBody>)))]
pub(in crate::http) async fn list_content(admin: Admin) -> Answer {
    let items = admin.content().await?;
    Ok(ok(&items
        .into_iter()
        .map(ItemBody::from)
        .collect::<Vec<_>>()))
}

#[utoipa::path(get, path = "/api/v1/content/{kind}/{id}", tag = "game",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "The item", body = ItemBody)))]
pub(in crate::http) async fn get_content(
    admin: Admin,
    path: web::Path<(String, String)>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let items = admin.content().await?;
    let item = items
        .into_iter()
        .find(|item| item.kind == kind && item.id == id);
    Ok(ok(&ItemBody::from(item.ok_or(Refusal::NotFound)?)))
}

/// Write an item, in force at once: what is paid from now on is paid by it. What is not sound as a
/// whole is refused, with the first fault.
#[utoipa::path(put, path = "/api/v1/content/{kind}/{id}", tag = "game",
    params(("kind" = String, Path), ("id" = String, Path)), request_body = ItemTextBody,
    responses((status = 200, description = "In force", body = ItemBody)))]
pub(in crate::http) async fn put_content(
    services: web::Data<Services>,
    admin: Admin,
    path: web::Path<(String, String)>,
    Body(body): Body<ItemTextBody>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let item = Item {
        kind,
        id,
        body: body.body,
        version: 0,
    };
    let faults = admin
        .check_content(&services.rulebook, item.clone())
        .await?;
    if let Some(fault) = faults.first() {
        return Err(Problem::new(Refusal::FieldInvalid, fault.to_string()));
    }
    let put = admin.put_content(&services.rulebook, item).await?;
    Ok(HttpResponse::Ok().json(ItemBody::from(put)))
}

/// Forget an item: the shipped one, where there is one, is in force again.
#[utoipa::path(delete, path = "/api/v1/content/{kind}/{id}", tag = "game",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 204, description = "Forgotten")))]
pub(in crate::http) async fn drop_content(
    services: web::Data<Services>,
    admin: Admin,
    path: web::Path<(String, String)>,
) -> Answer {
    let (kind, id) = path.into_inner();
    admin.drop_content(&services.rulebook, kind, id).await?;
    Ok(nothing())
}
