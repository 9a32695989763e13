//! Language models: who can be asked, how they have been answering here, and what was spent. Read
//! only, and never a key, an address or a header.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::{Answer, ok};
use super::{ModelSeen, ProviderSeen, Services};
use crate::people::{Admin, Denied};
use crate::store::budgets::Spending;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderModel)]
pub(super) struct ModelBody {
    name: String,
    /// `closed`: it is asked. `open`: it rests after failures. `half_open`: one question tries it.
    /// As this node has seen it.
    state: &'static str,
    /// As which it is asked where nobody is named, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
    /// A million tokens, in millionths of the currency of the configuration.
    prompt_price_micro: u64,
    completion_price_micro: u64,
}

impl From<ModelSeen> for ModelBody {
    fn from(seen: ModelSeen) -> Self {
        Self {
            name: seen.name,
            state: seen.state,
            place: seen.place,
            prompt_price_micro: seen.prices.prompt_micro,
            completion_price_micro: seen.prices.completion_micro,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Provider)]
pub(super) struct ProviderBody {
    name: String,
    models: Vec<ModelBody>,
}

impl From<ProviderSeen> for ProviderBody {
    fn from(seen: ProviderSeen) -> Self {
        Self {
            name: seen.name,
            models: seen.models.into_iter().map(ModelBody::from).collect(),
        }
    }
}

/// What the org spent today (UTC), and what may be spent. Absent: no limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
#[expect(clippy::struct_field_names, reason = "units stand last")]
pub(super) struct BudgetBody {
    spent_micro: u64,
    /// Set aside for answers that are on their way.
    reserved_micro: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_day_micro: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_micro: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    learner_day_micro: Option<u64>,
}

impl From<Spending> for BudgetBody {
    fn from(spending: Spending) -> Self {
        Self {
            spent_micro: spending.spent_micro,
            reserved_micro: spending.reserved_micro,
            org_day_micro: spending.limits.org_day_micro,
            room_micro: spending.limits.room_micro,
            learner_day_micro: spending.limits.learner_day_micro,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Providers)]
pub(super) struct ProvidersBody {
    providers: Vec<ProviderBody>,
    budget: BudgetBody,
}

/// Who answers for personas, how they have been doing, and what it costs.
#[utoipa::path(get, path = "/api/v1/providers", tag = "house",
    responses((status = 200, description = "Providers and the budget", body = ProvidersBody)))]
pub(super) async fn list(services: web::Data<Services>, admin: Admin) -> Answer {
    let org = admin.caller().identity().org;
    let spending = services.purses.today(org).await.map_err(Denied::from)?;
    let seen = services.models.seen();
    Ok(ok(&ProvidersBody {
        providers: seen.into_iter().map(ProviderBody::from).collect(),
        budget: spending.into(),
    }))
}
