//! Who did what to whom, as it is kept.

use actix_web::web;
use ludus_domain::audit::AuditAct;
use ludus_domain::ids::UserId;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, ok};
use crate::people::Admin;
use crate::store::audit::{AuditEntry, AuditFilter};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct AuditEntryBody {
    /// From 1 in each org, without holes.
    number: i64,
    at: Timestamp,
    /// Who did it; absent where it was the hub, or its console.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<UserId>,
    /// As they are called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_name: Option<String>,
    #[schema(value_type = AuditAct)]
    act: String,
    /// Whom it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about_name: Option<String>,
    /// What of it: a role, a policy, the id of content.
    #[serde(skip_serializing_if = "String::is_empty")]
    what: String,
}

impl From<AuditEntry> for AuditEntryBody {
    fn from(entry: AuditEntry) -> Self {
        let (by, by_name) = entry.by.unzip();
        let (about, about_name) = entry.about.unzip();
        Self {
            number: entry.number,
            at: entry.at,
            by,
            by_name: by_name.flatten(),
            act: entry.act,
            about,
            about_name: about_name.flatten(),
            what: entry.what,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only what was done to them.
    about: Option<UserId>,
    /// Only this.
    act: Option<AuditAct>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Who did what to whom: the latest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "orgs", params(AuditQuery),
    responses((status = 200, description = "Entries", body = Page<AuditEntryBody>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    admin: Admin,
    query: web::Query<AuditQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Audit,
        org: admin.caller().identity().org,
        of: None,
    };
    let before: Option<i64> = place.open(&services, query.cursor.as_deref())?;
    let filter = AuditFilter {
        about: query.about,
        act: query.act,
    };
    let found = admin.audit(filter, before, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |entry| entry.number,
        AuditEntryBody::from,
    );
    Ok(ok(&page))
}
