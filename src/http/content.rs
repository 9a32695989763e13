//! What an org writes itself: rules, badges, personas, scenarios, rubrics. Texts and values of a form
//! are the same thing: whoever sends one gets both.

mod bodies;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use ludus_domain::content::{Kind, shape};
use ludus_domain::persona::card::{CARD_BYTES_MAX, NotACard};
use ludus_domain::refusal::Refusal;
use serde_json::{Value, json};

pub(super) use self::bodies::*;
use super::Services;
use super::body::{self, LongBody};
use super::problem::Problem;
use super::reply::{Answer, nothing, ok, polled};
use super::v1::rehearse::{Rehearsal, rehearse};
use crate::people::Admin;
use crate::people::content::{HISTORY_MAX, Unfit, Wish, Written};
use crate::store::content::{Becomes, Item};

/// People of an answer to what a rule would have paid.
const TRIED_SHOWN: usize = 20;
/// What a card is written in that does not say.
const LANGUAGE_DEFAULT: &str = "en";

fn kind_of(text: &str) -> Result<Kind, Refusal> {
    Kind::parse(text).ok_or(Refusal::NotFound)
}

/// The text that was sent, or that of the value.
fn text_of(body: Option<String>, value: Option<&Value>) -> Result<Option<String>, Problem> {
    match (body, value) {
        (Some(_), Some(_)) => Err(Refusal::FieldInvalid.into()),
        (body, None) => Ok(body),
        (None, Some(value)) => match shape::text_of(value) {
            Ok(text) => Ok(Some(text)),
            Err(fault) => Err(Problem::new(Refusal::FieldInvalid, fault.to_string())),
        },
    }
}

/// The version a change was made of, where the client says so.
fn of_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let no = || Problem::malformed("an If-Match is the ETag of the item, or *");
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| no())?.trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let number = number.and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(no)
}

fn unfit(why: Unfit, refusal: Refusal) -> Problem {
    match why {
        Unfit::Denied(denied) => denied.into(),
        Unfit::Faults(faults) => match faults.first() {
            Some(fault) => Problem::new(refusal, fault.to_string()),
            None => refusal.into(),
        },
    }
}

/// What would be wrong if the org's content had this item. Changes nothing.
#[utoipa::path(post, path = "/api/v1/content/check", tag = "content", request_body = CheckBody,
    responses((status = 200, description = "What is wrong with it", body = CheckedBody)))]
pub(super) async fn check(
    services: web::Data<Services>,
    admin: Admin,
    LongBody(body): LongBody<CheckBody>,
) -> Answer {
    let text = text_of(body.body, body.value.as_ref())?;
    let item = Item {
        kind: body.kind,
        id: body.id,
        body: text,
        version: 0,
    };
    let kind = Kind::parse(&item.kind);
    let faults = admin
        .check_content(&services.rulebook, item.clone())
        .await?;
    let (body, value) = both(kind, item.body);
    Ok(ok(&CheckedBody {
        faults: faults.into_iter().map(FaultBody::from).collect(),
        body,
        value,
    }))
}

/// What the org wrote of its own.
#[utoipa::path(get, path = "/api/v1/content", tag = "content",
    responses((status = 200, description = "Items", body = Vec<ItemBody>)))]
pub(super) async fn list(admin: Admin) -> Answer {
    let items = admin.content().await?;
    Ok(ok(&items
        .into_iter()
        .map(ItemBody::from)
        .collect::<Vec<_>>()))
}

/// Everything there is of a kind, shipped or written here.
#[utoipa::path(get, path = "/api/v1/content/{kind}", tag = "content", params(("kind" = String, Path)),
    responses((status = 200, description = "Items, by id", body = EntriesBody),
        (status = 304, description = "As the client has it")))]
pub(super) async fn of_kind(
    request: HttpRequest,
    services: web::Data<Services>,
    admin: Admin,
    kind: web::Path<String>,
) -> Answer {
    let items = admin
        .content_of(&services.rulebook, kind_of(&kind)?)
        .await?;
    let items = items.into_iter().map(EntryBody::from).collect();
    polled(&request, &EntriesBody { items })
}

/// An item as it stands, and what is being written of it.
#[utoipa::path(get, path = "/api/v1/content/{kind}/{id}", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "The item", body = WholeBody)))]
pub(super) async fn get(
    services: web::Data<Services>,
    admin: Admin,
    path: web::Path<(String, String)>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let kind = kind_of(&kind)?;
    let written = admin.content_item(&services.rulebook, kind, &id).await?;
    let who = written.changed.as_ref().map(|change| change.by);
    let names = admin.names_of(who).await?;
    let Written {
        origin,
        body,
        shipped,
        changed,
        draft,
    } = written;
    let version = changed.as_ref().map_or(0, |change| change.version);
    let shipped = shipped.filter(|shipped| body.as_ref() != Some(shipped));
    let (body, value) = both(Some(kind), body);
    let body = WholeBody {
        kind,
        id,
        origin: origin.into(),
        version,
        body,
        value,
        shipped,
        changed: changed.map(|change| VersionBody::of(change, &names)),
        draft: draft.map(DraftBody::from),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, format!("\"{version}\"")))
        .json(body))
}

/// Write an item, in force at once: what is paid from now on is paid by it, practices that begin from
/// now on are played by it. What is not sound as a whole is refused, with the first fault. With
/// `If-Match` it is refused, too, when somebody else changed it meanwhile.
#[utoipa::path(put, path = "/api/v1/content/{kind}/{id}", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path)), request_body = ItemTextBody,
    responses((status = 200, description = "In force", body = ItemBody)))]
pub(super) async fn put(
    request: HttpRequest,
    services: web::Data<Services>,
    admin: Admin,
    path: web::Path<(String, String)>,
    LongBody(body): LongBody<ItemTextBody>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let text = text_of(body.body, body.value.as_ref())?;
    let wish = Wish {
        to: text.map_or(Becomes::Out, Becomes::Text),
        says: body.says,
        of: of_version(request.headers())?,
    };
    let item = (kind_of(&kind)?, id);
    let made = admin
        .change_content(&services.rulebook, item, wish)
        .await
        .map_err(|why| unfit(why, Refusal::FieldInvalid))?;
    let tag = format!("\"{}\"", made.version);
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, tag))
        .json(ItemBody {
            kind: made.kind,
            id: made.id,
            body: made.body,
            version: made.version,
        }))
}

/// Forget an item: the shipped one, where there is one, is in force again.
#[utoipa::path(delete, path = "/api/v1/content/{kind}/{id}", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 204, description = "Forgotten")))]
pub(super) async fn forget(
    request: HttpRequest,
    services: web::Data<Services>,
    admin: Admin,
    path: web::Path<(String, String)>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let wish = Wish {
        to: Becomes::Shipped,
        says: None,
        of: of_version(request.headers())?,
    };
    let item = (kind_of(&kind)?, id);
    admin
        .change_content(&services.rulebook, item, wish)
        .await
        .map_err(|why| unfit(why, Refusal::Conflict))?;
    Ok(nothing())
}

/// Who changed an item, when and why.
#[utoipa::path(get, path = "/api/v1/content/{kind}/{id}/history", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path), HistoryQuery),
    responses((status = 200, description = "Changes", body = HistoryBody)))]
pub(super) async fn history(
    admin: Admin,
    path: web::Path<(String, String)>,
    query: web::Query<HistoryQuery>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let found = admin
        .content_history(kind_of(&kind)?, id, query.before)
        .await?;
    let names = admin.names_of(found.iter().map(|change| change.by)).await?;
    let before = found.last().map(|change| change.version);
    let before = before.filter(|before| *before > 1 && found.len() as u64 == HISTORY_MAX);
    let items = found.into_iter();
    Ok(ok(&HistoryBody {
        items: items
            .map(|change| VersionBody::of(change, &names))
            .collect(),
        before,
    }))
}

/// An item as it was. To have it so again, write it.
#[utoipa::path(get, path = "/api/v1/content/{kind}/{id}/history/{version}", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path), ("version" = i64, Path)),
    responses((status = 200, description = "The change", body = VersionBody)))]
pub(super) async fn version(admin: Admin, path: web::Path<(String, String, i64)>) -> Answer {
    let (kind, id, version) = path.into_inner();
    let found = admin.content_version(kind_of(&kind)?, id, version).await?;
    let names = admin.names_of([found.by]).await?;
    Ok(ok(&VersionBody::whole(found, &names)))
}

/// Keep what is being written of an item, sound or not. Nobody plays by it; writing the item itself
/// throws it away.
#[utoipa::path(put, path = "/api/v1/content/{kind}/{id}/draft", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path)), request_body = DraftTextBody,
    responses((status = 200, description = "Kept", body = DraftBody)))]
pub(super) async fn put_draft(
    admin: Admin,
    path: web::Path<(String, String)>,
    LongBody(body): LongBody<DraftTextBody>,
) -> Answer {
    let (kind, id) = path.into_inner();
    let text = text_of(body.body, body.value.as_ref())?;
    let text = text.ok_or(Refusal::FieldInvalid)?;
    let draft = admin.put_draft(kind_of(&kind)?, id, text).await?;
    Ok(ok(&DraftBody::from(draft)))
}

#[utoipa::path(delete, path = "/api/v1/content/{kind}/{id}/draft", tag = "content",
    params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 204, description = "Thrown away")))]
pub(super) async fn drop_draft(admin: Admin, path: web::Path<(String, String)>) -> Answer {
    let (kind, id) = path.into_inner();
    admin.drop_draft(kind_of(&kind)?, id).await?;
    Ok(nothing())
}

/// What a rule would have paid for everything that was done, as far as that can be read in a few seconds.
/// Writes nothing.
#[utoipa::path(post, path = "/api/v1/content/try", tag = "content", request_body = TryBody,
    responses((status = 200, description = "What it would have paid", body = TriedBody)))]
pub(super) async fn try_rule(
    services: web::Data<Services>,
    admin: Admin,
    LongBody(body): LongBody<TryBody>,
) -> Answer {
    let item = Item {
        kind: Kind::Rules.as_str().to_owned(),
        id: body.id,
        body: Some(text_of(body.body, body.value.as_ref())?.ok_or(Refusal::FieldInvalid)?),
        version: 0,
    };
    let tried = admin
        .try_rule(&services.rulebook, item, body.since)
        .await
        .map_err(|why| unfit(why, Refusal::FieldInvalid))?;
    let mut people = tried.people;
    people.sort_by_key(|paid| std::cmp::Reverse(paid.points));
    let body = TriedBody {
        people: people.len(),
        times: people.iter().map(|paid| paid.times).sum(),
        points: people.iter().map(|paid| paid.points).sum(),
        deeds: tried.entries,
        partial: tried.is_partial,
        most: people
            .into_iter()
            .take(TRIED_SHOWN)
            .map(|paid| TriedOneBody {
                user: paid.user,
                name: paid.name,
                times: paid.times,
                points: paid.points,
            })
            .collect(),
    };
    Ok(ok(&body))
}

/// What a persona would say that is being written: a rehearsal without a room, a journal or points.
#[utoipa::path(post, path = "/api/v1/content/talk", tag = "content", request_body = TalkBody,
    responses((status = 200, description = "What it says", body = SaidBody)))]
pub(super) async fn talk(
    request: HttpRequest,
    services: web::Data<Services>,
    admin: Admin,
    LongBody(body): LongBody<TalkBody>,
) -> Answer {
    let kind = kind_of(&body.kind)?;
    let item = Item {
        kind: body.kind,
        id: body.id,
        body: Some(text_of(body.body, body.value.as_ref())?.ok_or(Refusal::FieldInvalid)?),
        version: 0,
    };
    let (persona, scenario) = match kind {
        Kind::Personas => (item.id.clone(), body.scenario),
        Kind::Scenarios => (
            body.persona.ok_or(Refusal::FieldInvalid)?,
            Some(item.id.clone()),
        ),
        _ => return Err(Refusal::FieldInvalid.into()),
    };
    let model = scenario.map_or(persona.clone(), |scenario| format!("{persona}/{scenario}"));
    let lines = body.lines.into_iter().map(|line| {
        let role = if line.persona { "assistant" } else { "user" };
        json!({"role": role, "content": line.text})
    });
    // Before anybody has said anything the persona opens; a conversation has a message all the same.
    let mut messages = vec![json!({"role": "system", "content": ""})];
    messages.extend(lines);
    let completion = json!({"model": model, "messages": messages});
    let completion = serde_json::from_value(completion).map_err(|_| Refusal::FieldInvalid)?;
    let trial = admin
        .trial(&services.rulebook, item)
        .await
        .map_err(|why| unfit(why, Refusal::FieldInvalid))?;
    let who = admin.caller().identity();
    let rehearsal = Rehearsal {
        org: who.org,
        user: who.user,
        library: &trial.library,
        completion,
        is_offline: body.offline,
    };
    let said = rehearse(&services, &request, rehearsal).await?;
    Ok(ok(&SaidBody {
        text: said.text,
        engine: said.engine,
    }))
}

/// Read a persona card of another program, `chara_card_v2` or `chara_card_v3` as JSON or PNG, into a
/// draft of a persona.
#[utoipa::path(post, path = "/api/v1/content/cards", tag = "content", params(CardQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The draft", body = DraftBody)))]
pub(super) async fn take_card(
    services: web::Data<Services>,
    admin: Admin,
    query: web::Query<CardQuery>,
    payload: web::Payload,
) -> Answer {
    let query = query.into_inner();
    let bytes = body::file(payload.into_inner(), CARD_BYTES_MAX).await?;
    let language = query.language.as_deref().unwrap_or(LANGUAGE_DEFAULT);
    let taken = admin
        .take_card(&services.rulebook, bytes, query.id, language)
        .await?;
    match taken {
        Ok(draft) => Ok(HttpResponse::Created().json(DraftBody::from(draft))),
        Err(NotACard::TooLarge) => Err(Refusal::TooLarge.into()),
        Err(fault) => Err(Problem::new(Refusal::FieldInvalid, fault.to_string())),
    }
}

/// A picture an org drew. Not of anybody, so that a page can show it like every picture; nobody knows
/// its name who was not told.
#[utoipa::path(get, path = "/api/v1/pictures/{name}.svg", tag = "content", security(()),
    params(("name" = String, Path)),
    responses((status = 200, description = "An SVG picture", content_type = "image/svg+xml", body = String)))]
pub(super) async fn picture(services: web::Data<Services>, name: web::Path<String>) -> Answer {
    let svg = services.rulebook.own_picture(&name);
    let svg = svg.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .body(svg.to_string()))
}
