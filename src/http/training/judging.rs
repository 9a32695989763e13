//! Scoring a report by hand.

use actix_web::web;
use ludus_domain::ids::{RoomId, UserId};
use ludus_domain::slug::CriterionId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ReportBody;
use crate::http::Services;
use crate::http::body::Write;
use crate::http::reply::{Answer, ok};
use crate::people::Caller;
use crate::people::judging::Given;

/// A score in the place of another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OverrideBody {
    /// Whose practice.
    of: UserId,
    #[schema(value_type = String)]
    criterion: CriterionId,
    #[schema(maximum = 1000)]
    per_mille: u16,
    /// Why: at most 600 characters, for the learner too.
    reason: String,
}

/// Score one criterion of somebody's report otherwise, and say why. The report has both scores; its total, the skills and what was
/// gained by it follow. Under an `Idempotency-Key` it is done once.
#[utoipa::path(post, path = "/api/v1/training/sessions/{id}/report/overrides", tag = "training",
    params(("id" = RoomId, Path)), request_body = OverrideBody,
    responses((status = 200, description = "The report after it", body = ReportBody)))]
pub(in crate::http) async fn judge(
    services: web::Data<Services>,
    caller: Caller,
    id: web::Path<RoomId>,
    write: Write<OverrideBody>,
) -> Answer {
    let given = Given {
        of: write.body.of,
        criterion: write.body.criterion,
        per_mille: write.body.per_mille,
        reason: write.body.reason,
    };
    let library = services.rulebook.library(caller.identity().org);
    let (row, course) = caller
        .judge(
            &services.directory,
            &library,
            write.once.as_ref(),
            *id,
            given,
        )
        .await?;
    Ok(ok(&ReportBody::of(row, &course)))
}
