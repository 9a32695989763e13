//! Reports to take away: for people, and for spreadsheets.

use std::fmt::Write as _;

use actix_web::{HttpResponse, web};
use ludus_domain::ids::RoomId;
use ludus_domain::practice::review::Filed;

use super::{ReportBody, ReportQuery};
use crate::http::game::cell;
use crate::http::reply::Answer;
use crate::people::Caller;

/// The same, to print or to pass on, as Markdown.
#[utoipa::path(get, path = "/api/v1/training/sessions/{id}/report.md", tag = "training",
    params(("id" = RoomId, Path), ReportQuery),
    responses((status = 200, description = "The report", content_type = "text/markdown", body = String)))]
pub(in crate::http) async fn report_md(
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<ReportQuery>,
) -> Answer {
    let (row, course) = caller.practice_report(*id, query.of).await?;
    let text = markdown(&ReportBody::of(row, &course));
    Ok(attached("text/markdown; charset=utf-8", "report.md", text))
}

/// The criteria of a report as a table, for spreadsheets.
#[utoipa::path(get, path = "/api/v1/training/sessions/{id}/report.csv", tag = "training",
    params(("id" = RoomId, Path), ReportQuery),
    responses((status = 200, description = "The criteria", content_type = "text/csv", body = String)))]
pub(in crate::http) async fn report_csv(
    caller: Caller,
    id: web::Path<RoomId>,
    query: web::Query<ReportQuery>,
) -> Answer {
    let (row, _) = caller.practice_report(*id, query.of).await?;
    let text = csv(&row.filed);
    Ok(attached("text/csv; charset=utf-8", "report.csv", text))
}

fn attached(kind: &'static str, name: &str, text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            "content-disposition",
            format!("attachment; filename=\"{name}\""),
        ))
        .body(text)
}

/// A report for people. Writing to a String cannot fail.
fn markdown(body: &ReportBody) -> String {
    let report = &body.report;
    let mut text = format!("# {}\n\n", flat(&body.title));
    let of = |per_mille: u16| format!("{} of 100", (per_mille + 5) / 10);
    let total = report.total.map_or("not scored".to_owned(), of);
    let _ = writeln!(
        text,
        "{total}, {} minutes, {} lines.\n",
        body.minutes, body.lines
    );
    text.push_str("## Goals\n\n");
    for goal in &report.goals {
        let mark = if goal.met_at.is_some() { "x" } else { " " };
        let _ = writeln!(text, "- [{mark}] {}", flat(&goal.title));
    }
    text.push_str("\n## Criteria\n\n");
    for result in &report.criteria {
        let score = result.score.as_ref();
        let points = score.map_or("not scored".to_owned(), |score| of(score.per_mille));
        let _ = writeln!(text, "- **{}**: {points}", flat(&result.title));
        let said = score.map(|score| score.evidence.as_slice());
        for seq in said.unwrap_or_default() {
            if let Some(quote) = body.quotes.iter().find(|quote| quote.seq == *seq) {
                let _ = writeln!(text, "  - “{}”", flat(&quote.text));
            }
        }
        if let Some(reason) = score.and_then(|score| score.reason.as_deref()) {
            let _ = writeln!(text, "  - {}", flat(reason));
        }
        if let Some(better) = score.and_then(|score| score.better.as_deref()) {
            let _ = writeln!(text, "  - Better: “{}”", flat(better));
        }
    }
    if !report.try_next.is_empty() {
        text.push_str("\n## Next time\n\n");
        for tip in &report.try_next {
            let _ = writeln!(text, "- {}", flat(tip));
        }
    }
    if !report.skills.is_empty() {
        text.push_str("\n## Skills\n\n");
        for change in &report.skills {
            let (before, after) = (of(change.before.per_mille), of(change.after.per_mille));
            let _ = writeln!(text, "- {}: {before}, now {after}", change.skill);
        }
    }
    text
}

/// One line, in which nothing is markup.
fn flat(text: &str) -> String {
    let mut flat = String::with_capacity(text.len());
    for c in text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!'
        ) {
            flat.push('\\');
        }
        flat.push(c);
    }
    flat
}

fn csv(filed: &Filed) -> String {
    let mut text = "criterion,title,skill,weight,per_mille,source,reason,better\r\n".to_owned();
    for result in &filed.report.criteria {
        let score = result.score.as_ref();
        let source = score.map(|score| serde_json::to_value(score.source).unwrap_or_default());
        let cells = [
            result.id.to_string(),
            result.title.clone(),
            result.skill.to_string(),
            result.weight.to_string(),
            score
                .map(|score| score.per_mille.to_string())
                .unwrap_or_default(),
            source
                .and_then(|source| source.as_str().map(str::to_owned))
                .unwrap_or_default(),
            score
                .and_then(|score| score.reason.clone())
                .unwrap_or_default(),
            score
                .and_then(|score| score.better.clone())
                .unwrap_or_default(),
        ];
        let cells: Vec<String> = cells.iter().map(|words| cell(words)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}
