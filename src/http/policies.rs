//! What the org has decided about how its coaches look on.

use actix_web::web;
use ludus_domain::ids::UserId;
use ludus_domain::policy::{Policies, Policy, PolicyChange};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Body;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, ok};
use crate::people::{Admin, Caller};

/// What is to be another way; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PoliciesBody {
    /// Coaches look on without being told of: the org says that it has its learners' consent.
    silent_supervision: Option<bool>,
    /// Coaches who look on see lines while they are written. Everybody in the room is told.
    drafts_to_coaches: Option<bool>,
    /// No model says what it thinks of learners' lines, even where one is there to be asked.
    no_remarks: Option<bool>,
}

impl PoliciesBody {
    fn wanted(&self) -> Vec<(Policy, bool)> {
        let all = [
            (Policy::SilentSupervision, self.silent_supervision),
            (Policy::DraftsToCoaches, self.drafts_to_coaches),
            (Policy::NoRemarks, self.no_remarks),
        ];
        all.into_iter()
            .filter_map(|(policy, on)| Some((policy, on?)))
            .collect()
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyChange)]
pub(super) struct PolicyChangeBody {
    policy: Policy,
    on: bool,
    by: UserId,
    at: Timestamp,
}

impl From<PolicyChange> for PolicyChangeBody {
    fn from(change: PolicyChange) -> Self {
        Self {
            policy: change.policy,
            on: change.on,
            by: change.by,
            at: change.at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PolicyChangesQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// What holds here. Everybody may know how they are looked at.
#[utoipa::path(get, path = "/api/v1/orgs/current/policies", tag = "orgs",
    responses((status = 200, description = "The policies", body = Policies)))]
pub(super) async fn get(caller: Caller) -> Answer {
    Ok(ok(&caller.policies().await?))
}

/// Decide otherwise. Who did, and when, is kept.
#[utoipa::path(put, path = "/api/v1/orgs/current/policies", tag = "orgs", request_body = PoliciesBody,
    responses((status = 200, description = "The policies", body = Policies)))]
pub(super) async fn put(admin: Admin, Body(body): Body<PoliciesBody>) -> Answer {
    Ok(ok(&admin.change_policies(body.wanted()).await?))
}

/// Who decided what, and when: the latest first.
#[utoipa::path(get, path = "/api/v1/orgs/current/policies/changes", tag = "orgs", params(PolicyChangesQuery),
    responses((status = 200, description = "Changes", body = Page<PolicyChangeBody>)))]
pub(super) async fn changes(
    services: web::Data<Services>,
    admin: Admin,
    query: web::Query<PolicyChangesQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::PolicyChanges,
        org: admin.caller().identity().org,
        of: None,
    };
    let before: Option<i64> = place.open(&services, query.cursor.as_deref())?;
    let found = admin.policy_changes(before, u64::from(limit) + 1).await?;
    let page = place.page(
        &services,
        found,
        limit,
        |change| change.number,
        PolicyChangeBody::from,
    );
    Ok(ok(&page))
}
