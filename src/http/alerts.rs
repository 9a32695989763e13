//! Alerts of a cohort: the list, one with what was done about it, and doing something.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web;
use ludus_domain::desk::alert::{Alert, AlertAct};
use ludus_domain::desk::signal::Signals;
use ludus_domain::ids::{AlertId, CohortId, UserId};
use ludus_domain::protocol::DeskAlert;
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Services;
use super::body::Write;
use super::page::{List, Page, Place, limit};
use super::reply::{Answer, done, ok};
use crate::people::Coach;
use crate::store::alerts::Acted;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AlertsQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
    /// Without those that were dismissed.
    open: Option<bool>,
}

/// What somebody did about an alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertActed)]
pub(super) struct ActedBody {
    /// `acknowledge`, `snooze`, `dismiss` or `assign`.
    act: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<UserId>,
    by: UserId,
    at: Timestamp,
}

impl From<Acted> for ActedBody {
    fn from(acted: Acted) -> Self {
        Self {
            act: acted.act,
            until: acted.until,
            to: acted.to,
            by: acted.by,
            at: acted.at,
        }
    }
}

/// An alert with all that was done about it, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertWithActs)]
pub(super) struct AlertBody {
    #[serde(flatten)]
    alert: DeskAlert,
    acts: Vec<ActedBody>,
}

fn shown(signals: &Arc<Signals>, alert: Alert) -> DeskAlert {
    DeskAlert::of(signals, alert)
}

/// What the coaches of a cohort were told of, newest first.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/alerts", tag = "cohorts",
    params(("id" = CohortId, Path), AlertsQuery),
    responses((status = 200, description = "Alerts", body = Page<DeskAlert>)))]
pub(super) async fn list(
    services: web::Data<Services>,
    coach: Coach,
    id: web::Path<CohortId>,
    query: web::Query<AlertsQuery>,
) -> Answer {
    let limit = limit(query.limit)?;
    let place = Place {
        list: List::Alerts,
        org: coach.caller().identity().org,
        of: Some(id.0),
    };
    let before: Option<(Timestamp, AlertId)> = place.open(&services, query.cursor.as_deref())?;
    let open = query.open.unwrap_or(false);
    let found = coach
        .alerts(*id, open, before, u64::from(limit) + 1)
        .await?;
    let signals = services.rulebook.signals();
    let page = place.page(
        &services,
        found,
        limit,
        |alert| (alert.raised_at, alert.id),
        |alert| shown(&signals, alert),
    );
    Ok(ok(&page))
}

/// An alert, with who did what about it.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/alerts/{alert}", tag = "cohorts",
    params(("id" = CohortId, Path), ("alert" = AlertId, Path)),
    responses((status = 200, description = "The alert", body = AlertBody)))]
pub(super) async fn get(
    services: web::Data<Services>,
    coach: Coach,
    path: web::Path<(CohortId, AlertId)>,
) -> Answer {
    let (cohort, id) = path.into_inner();
    let (alert, acts) = coach.alert(cohort, id).await?;
    Ok(ok(&AlertBody {
        alert: shown(&services.rulebook.signals(), alert),
        acts: acts.into_iter().map(ActedBody::from).collect(),
    }))
}

/// Acknowledge, snooze, dismiss an alert, or assign it to another coach of the cohort. Who did it and when
/// is kept.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/alerts/{alert}/acts", tag = "cohorts",
    params(("id" = CohortId, Path), ("alert" = AlertId, Path)), request_body = AlertAct,
    responses((status = 200, description = "The alert after it", body = DeskAlert)))]
pub(super) async fn act(
    services: web::Data<Services>,
    coach: Coach,
    path: web::Path<(CohortId, AlertId)>,
    write: Write<AlertAct>,
) -> Answer {
    let (cohort, id) = path.into_inner();
    let acted = coach
        .act_on_alert(write.once, cohort, id, write.body)
        .await?;
    let signals = services.rulebook.signals();
    Ok(done(
        StatusCode::OK,
        acted.map(|alert| shown(&signals, alert)),
    ))
}
