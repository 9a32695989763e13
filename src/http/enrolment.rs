//! Class lists of cohorts, as spreadsheets write them.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use ludus_domain::ids::{CohortId, LinkId, UserId};
use ludus_domain::roster::sheet::SheetFault;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::CsvWrite;
use super::reply::{Answer, ok};
use crate::people::Coach;
use crate::people::enrolment::Taken;
use crate::store::enrolment::{Enrolled, Enrolment};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EnrolQuery {
    /// Take it in; without it, only what it would do is said.
    #[serde(default)]
    apply: bool,
}

/// A row of a list, and what it comes to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Enrolled)]
pub(super) struct EnrolledBody {
    line: u32,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    enrolment: Enrolment,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<LinkId>,
    /// What to hand over to whoever was invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl From<(Enrolled, Option<String>)> for EnrolledBody {
    fn from((row, url): (Enrolled, Option<String>)) -> Self {
        Self {
            line: row.line,
            name: row.name,
            email: row.email,
            team: row.team,
            enrolment: row.enrolment,
            user: row.user,
            invitation: row.link,
            url,
        }
    }
}

/// What a list did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenIn)]
pub(super) struct TakenBody {
    /// Whether it was taken in.
    applied: bool,
    rows: Vec<EnrolledBody>,
    /// How many rows came to what.
    #[schema(value_type = BTreeMap<String, u32>)]
    counts: BTreeMap<&'static str, u32>,
    /// Nothing of a list with a fault is taken in.
    faults: Vec<SheetFault>,
}

/// Take a class list into a cohort, or see what it would do. The first line names the columns: `name`, and perhaps
/// `email` and `team`; at most 500 people. Who has an account learns here, for all others there is a link. A list that was
/// taken in can be taken in again: it changes what is another way by now, and nothing else.
#[utoipa::path(post, path = "/api/v1/cohorts/{id}/roster", tag = "cohorts",
    params(("id" = CohortId, Path), EnrolQuery,
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Under the same key it is taken in once.")),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What it did, or would do", body = TakenBody)))]
pub(super) async fn enrol(
    coach: Coach,
    id: web::Path<CohortId>,
    query: web::Query<EnrolQuery>,
    write: CsvWrite,
) -> Answer {
    let taken: Taken = coach
        .enrol(write.once, *id, &write.text, query.apply)
        .await?;
    let body = TakenBody {
        applied: taken.is_done,
        rows: taken.rows.into_iter().map(EnrolledBody::from).collect(),
        counts: taken.counts,
        faults: taken.faults,
    };
    Ok(ok(&body))
}

/// The people of a cohort, as a list that can be taken in again. Addresses are in it for those who manage people.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/roster.csv", tag = "cohorts", params(("id" = CohortId, Path)),
    responses((status = 200, description = "The list", content_type = "text/csv", body = String)))]
pub(super) async fn list(coach: Coach, id: web::Path<CohortId>) -> Answer {
    let list = coach.class_list(*id).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"cohort.csv\""))
        .body(list))
}
