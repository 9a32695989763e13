//! What a cohort did, to read, to print and for spreadsheets.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};
use ludus_domain::ids::CohortId;
use ludus_domain::practice::group::{Report, Sums};
use ludus_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::game::cell;
use super::reply::{Answer, ok};
use crate::people::Coach;

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WindowQuery {
    /// Milliseconds since 1970; four weeks before `to` where it is not said.
    from: Option<i64>,
    /// Now, where it is not said. From a day to 400 days are one window.
    to: Option<i64>,
}

/// A cohort in a window of time, and in the window before it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CohortReport)]
pub(super) struct CohortReportBody {
    cohort: CohortId,
    title: String,
    /// There was more than a report takes in: the oldest is missing.
    cut: bool,
    #[serde(flatten)]
    report: Report,
}

/// What a cohort did in a window: practices, time, lines, goals, skills, alerts and what became of them, against the window
/// before. Whoever is assigned to the group only gets whole weeks that are over, and no number fewer than five people are behind.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/report", tag = "cohorts",
    params(("id" = CohortId, Path), WindowQuery),
    responses((status = 200, description = "The report", body = CohortReportBody)))]
pub(super) async fn report(
    coach: Coach,
    id: web::Path<CohortId>,
    query: web::Query<WindowQuery>,
) -> Answer {
    let of = |at: Option<i64>| at.map(Timestamp);
    let made = coach
        .cohort_report(*id, of(query.from), of(query.to))
        .await?;
    Ok(ok(&CohortReportBody {
        cohort: *id,
        title: made.title,
        cut: made.cut,
        report: made.report,
    }))
}

/// The same as a table: a row for each learner and one for all, or for the group alone.
#[utoipa::path(get, path = "/api/v1/cohorts/{id}/report.csv", tag = "cohorts",
    params(("id" = CohortId, Path), WindowQuery),
    responses((status = 200, description = "The table", content_type = "text/csv", body = String)))]
pub(super) async fn report_csv(
    coach: Coach,
    id: web::Path<CohortId>,
    query: web::Query<WindowQuery>,
) -> Answer {
    let of = |at: Option<i64>| at.map(Timestamp);
    let made = coach
        .cohort_report(*id, of(query.from), of(query.to))
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"cohort.csv\""))
        .body(csv(&made.report)))
}

const HEAD: &str = "who,window,from_ms,to_ms,practised,practices,minutes,lines,goals_met,goals,score_per_mille,alerts,alerts_handled,handled_after_s\r\n";

/// Writing to a String cannot fail.
fn csv(report: &Report) -> String {
    let mut text = HEAD.to_owned();
    let mut row =
        |who: &str, name: &str, window: ludus_domain::practice::group::Window, sums: &Sums| {
            let _ = write!(
                text,
                "{},{name},{},{}",
                cell(who),
                window.from.0,
                window.to.0
            );
            for number in [
                sums.practised,
                sums.practices,
                sums.minutes,
                sums.lines,
                sums.goals_met,
                sums.goals,
                sums.score,
                sums.alerts,
                sums.handled,
                sums.handled_after_s,
            ] {
                text.push(',');
                if let Some(number) = number {
                    let _ = write!(text, "{number}");
                }
            }
            text.push_str("\r\n");
        };
    let (window, before) = (report.window, report.window.before());
    row("", "now", window, &report.now);
    row("", "before", before, &report.before);
    for person in &report.people {
        row(&person.name, "now", window, &person.now);
        row(&person.name, "before", before, &person.before);
    }
    text
}

#[cfg(test)]
mod tests {
    use ludus_domain::practice::group::{Known, Learner, Window};

    use super::*;

    #[test]
    fn a_table_has_a_row_for_all_and_for_each_and_no_formula() {
        let learners = [Learner {
            user: ludus_domain::ids::UserId::HUB,
            name: "=1+1".into(),
            since: Timestamp(0),
        }];
        let known = Known {
            learners: &learners,
            results: &[],
            alarms: &[],
        };
        let window = Window {
            from: Timestamp(1_000),
            to: Timestamp(2_000),
        };
        let text = csv(&Report::of_people(window, known));
        let rows: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(rows[1], "\"\",now,1000,2000,0,0,0,0,0,0,,0,0,");
        assert_eq!(rows[3], "\"'=1+1\",now,1000,2000,0,0,0,0,0,0,,0,0,");
        assert_eq!(
            rows.len(),
            6,
            "a head, two rows for all, two for one, an end"
        );
        let columns = |row: &str| row.matches(',').count();
        assert!(rows[..5].iter().all(|row| columns(row) == columns(rows[0])));
    }
}
