//! Ledgers as a table, for spreadsheets and auditors.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use futures_util::stream;
use ludus_domain::ids::UserId;

use crate::http::reply::Answer;
use crate::people::{Coach, Denied};
use crate::store::game::ledger::{Line, LinePlace};

/// Lines of one read, and so of one piece of the answer.
const CHUNK: u64 = 1_000;
const HEAD: &str = "user,at_ms,pos,points,kind,rule,version,run,source,cause,why\r\n";

/// Where an export stands.
struct Export {
    coach: Coach,
    of: Option<Vec<UserId>>,
    after: Option<(UserId, LinePlace)>,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    Lines,
    Over,
}

/// The ledgers of the learners one leads, everybody's for admins, as CSV.
#[utoipa::path(get, path = "/api/v1/ledger.csv", tag = "game",
    responses((status = 200, description = "Lines, by person, oldest first", content_type = "text/csv", body = String)))]
pub(in crate::http) async fn ledger_csv(coach: Coach) -> Answer {
    let export = Export {
        of: coach.exported().await?,
        coach,
        after: None,
        part: Part::Head,
    };
    let pieces = stream::try_unfold(export, |export| async move { next(export).await });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"ledger.csv\""))
        .streaming(pieces))
}

/// What breaks off half-way ends the connection, so that nobody takes it for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the export broke off: {}", .0.code.code())]
struct BrokenOff(Denied);

impl actix_web::ResponseError for BrokenOff {}

async fn next(mut export: Export) -> Result<Option<(actix_web::web::Bytes, Export)>, BrokenOff> {
    match export.part {
        Part::Over => return Ok(None),
        Part::Head => {
            export.part = Part::Lines;
            return Ok(Some((HEAD.into(), export)));
        }
        Part::Lines => {}
    }
    let lines = export
        .coach
        .export(export.of.clone(), export.after, CHUNK)
        .await
        .map_err(BrokenOff)?;
    if (lines.len() as u64) < CHUNK {
        export.part = Part::Over;
    }
    export.after = lines.last().map(|line| (line.user, line.place));
    let mut text = String::new();
    for line in &lines {
        row(&mut text, line);
    }
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some((text.into(), export)))
}

fn row(text: &mut String, line: &Line) {
    let why = line.says.as_deref().map(cell).unwrap_or_default();
    // Writing to a string cannot fail.
    write!(
        text,
        "{},{},{},{},{},{},{},{},{}/{}/{},{},{why}\r\n",
        line.user,
        line.at.0,
        line.place.pos,
        line.points,
        line.kind,
        line.rule,
        line.version,
        line.run,
        line.stream,
        line.seq,
        line.part,
        line.cause,
    )
    .ok();
}

/// Words between quotation marks; a spreadsheet never takes them for a formula.
pub(in crate::http) fn cell(words: &str) -> String {
    let words = words.replace('"', "\"\"");
    let shield = if words.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{shield}{words}\"")
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn words_stay_words() {
        assert_eq!(cell("said \"hi\", twice"), "\"said \"\"hi\"\", twice\"");
        assert_eq!(cell("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
