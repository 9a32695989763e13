//! Reading what was written: for rooms that start, viewers that resume, and history over REST.
//!
//! Whatever leaves this module has the texts of retracted lines taken out, edits of them and remarks
//! on them included.
//! Events up to a head that was read are all there and never change, so no snapshot is needed.

mod span;

use std::collections::{BTreeMap, BTreeSet};

use ludus_actors::ports::{Answer, Archive, Head, StoredRoom};
use ludus_domain::audience::Audience;
use ludus_domain::ids::{CohortId, Epoch, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, Fault, Recorded};
use ludus_domain::room::{Event, LineFact};
use ludus_domain::roster::Access;
use ludus_domain::signals::LineFacts;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{cohort, cohort_member, event, hidden_line, room, stream, user};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseConnection, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
};

use self::span::{Span, stretch};
use super::journal::{current_epoch, epoch_of, number, seq_of};
use super::{RETRY_DOWN_MS, Store, StoreError};

/// Events of one page over REST.
pub const PAGE_MAX: u32 = 200;
/// Events one read of the archive answers; a resume needs no more.
const EVENTS_MAX: u32 = 2_000;
const _: () = assert!(EVENTS_MAX as usize == ludus_domain::protocol::REPLAY_EVENTS_MAX);
/// Places of a room one search looks at. The next page goes on where it stopped.
const SEARCH_SPAN: u64 = 5_000;

/// Where a page of history begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The newest events.
    Latest,
    /// The newest before this one.
    Before(Seq),
    /// The oldest after this one.
    After(Seq),
}

/// A page of a stream, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub epoch: Epoch,
    pub head: Seq,
    pub events: Vec<Recorded>,
    /// Whether there is more in the direction that was asked for.
    pub more: bool,
}

/// Lines of a room with a text in them, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub events: Vec<Recorded>,
    /// Where the next search goes on, when there is more to look at.
    pub before: Option<Seq>,
}

impl Store {
    /// A page of history; `None` when there is no such stream.
    pub async fn history(
        &self,
        org: OrgId,
        stream: StreamId,
        anchor: Anchor,
        limit: u32,
    ) -> Result<Option<Page>, StoreError> {
        self.read("history", move |db| {
            Box::pin(async move {
                let Some(head) = find_head(db, org, stream).await? else {
                    return Ok(None);
                };
                let limit = limit.clamp(1, PAGE_MAX);
                let span = match anchor {
                    Anchor::Latest => Span::newest(Seq::ZERO, head.seq),
                    Anchor::Before(seq) => {
                        Span::newest(Seq::ZERO, head.seq.min(Seq(seq.0.saturating_sub(1))))
                    }
                    Anchor::After(seq) => Span::oldest(seq, head.seq),
                };
                // One more than asked tells whether there is more.
                let mut events = read_events(db, org, stream, span, limit + 1).await?;
                let more = events.len() > limit as usize;
                if more {
                    match anchor {
                        Anchor::After(_) => events.pop(),
                        Anchor::Latest | Anchor::Before(_) => Some(events.remove(0)),
                    };
                }
                Ok(Some(Page {
                    epoch: head.epoch,
                    head: head.seq,
                    events,
                    more,
                }))
            })
        })
        .await
    }

    /// Looks for a text in the lines of a room, whatever its case. Bodies are opened and scanned:
    /// there is no index of what people say. One call looks at a bounded stretch of the room.
    pub async fn search(
        &self,
        org: OrgId,
        room: RoomId,
        text: &str,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Found, StoreError> {
        let wanted = text.to_lowercase();
        self.read("search", move |db| {
            Box::pin(async move {
                let stream = StreamId::Room(room);
                let head = find_head(db, org, stream).await?;
                let head = head.map_or(Seq::ZERO, |head| head.seq);
                let last = before.map_or(head, |seq| head.min(Seq(seq.0.saturating_sub(1))));
                let floor = Seq(last.0.saturating_sub(SEARCH_SPAN));
                let limit = limit.clamp(1, PAGE_MAX) as usize;
                let mut found = Found {
                    events: vec![],
                    before: (floor > Seq::ZERO).then_some(floor.next()),
                };
                let mut last = last;
                while last > floor {
                    let span = Span::newest(floor, last);
                    let page = read_lines(db, org, room, span, EVENTS_MAX / 4).await?;
                    let Some(oldest) = page.first() else { break };
                    last = Seq(oldest.seq.0 - 1);
                    for recorded in page.into_iter().rev() {
                        if says(&recorded.fact, &wanted) {
                            if found.events.len() == limit {
                                let oldest = found.events.last().map(|recorded| recorded.seq);
                                found.before = oldest;
                                return Ok(found);
                            }
                            found.events.push(recorded);
                        }
                    }
                }
                Ok(found)
            })
        })
        .await
    }
}

/// A reading as the port answers it.
pub(super) fn answer<T: Send + 'static>(
    reading: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Answer<Result<T, Fault>> {
    Box::pin(async move {
        reading.await.map_err(|error| {
            let retry_after_ms = match error {
                StoreError::Unavailable { retry_after_ms } => retry_after_ms,
                error => {
                    tracing::error!(%error, "the archive could not be read");
                    RETRY_DOWN_MS
                }
            };
            Fault::Unavailable { retry_after_ms }
        })
    })
}

impl Archive for Store {
    fn room(
        &self,
        org: OrgId,
        room: RoomId,
        tail_max: u32,
    ) -> Answer<Result<Option<StoredRoom>, Fault>> {
        answer(self.read("a room", move |db| {
            Box::pin(read_room(db, org, room, tail_max))
        }))
    }

    fn head(&self, org: OrgId, stream: StreamId) -> Answer<Result<Head, Fault>> {
        answer(self.read("a head", move |db| {
            Box::pin(async move {
                Ok(match find_head(db, org, stream).await? {
                    Some(head) => head,
                    None => Head {
                        epoch: current_epoch(db).await?,
                        seq: Seq::ZERO,
                    },
                })
            })
        }))
    }

    fn events(
        &self,
        org: OrgId,
        stream: StreamId,
        after: Seq,
        limit: u32,
    ) -> Answer<Result<Vec<Recorded>, Fault>> {
        answer(self.read("events", move |db| {
            Box::pin(async move {
                let span = Span::oldest(after, Seq(u64::MAX));
                read_events(db, org, stream, span, limit.clamp(1, EVENTS_MAX)).await
            })
        }))
    }

    fn line(&self, org: OrgId, room: RoomId, seq: Seq) -> Answer<Result<Option<LineFact>, Fault>> {
        answer(self.read("a line", move |db| {
            Box::pin(async move {
                let key = (org.0, StreamId::Room(room).to_string(), number(seq));
                let Some(row) = event::Entity::find_by_id(key).one(db).await? else {
                    return Ok(None);
                };
                if !matches!(row.kind.as_str(), "said" | "spoke") {
                    return Ok(None);
                }
                let author = row.by.map(UserId);
                let hidden = hidden_line::Entity::find_by_id((org.0, room.0, number(seq)));
                let row = hidden.one(db).await?;
                Ok(Some(LineFact {
                    author,
                    retracted: row.as_ref().is_some_and(|row| row.retracted),
                    hidden: row.is_some_and(|row| row.covered),
                }))
            })
        }))
    }

    fn in_cohort(&self, org: OrgId, cohort: CohortId, user: UserId) -> Answer<Result<bool, Fault>> {
        answer(self.read("a cohort", move |db| {
            Box::pin(async move {
                let seat = cohort_member::Entity::find_by_id((org.0, cohort.0, user.0))
                    .filter(cohort_member::Column::Access.eq(Access::Full.as_str()));
                if seat.one(db).await?.is_some() {
                    return Ok(true);
                }
                let runs_the_org = user::Entity::find_by_id(user.0)
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::DisabledAt.is_null())
                    .filter(user::Column::Role.is_in(["admin", "owner"]));
                let exists = cohort::Entity::find_by_id((org.0, cohort.0));
                Ok(runs_the_org.count(db).await? > 0 && exists.count(db).await? > 0)
            })
        }))
    }

    fn mark_read(
        &self,
        org: OrgId,
        room: RoomId,
        user: UserId,
        seq: Seq,
    ) -> Answer<Result<(), Fault>> {
        self.inner.marks.note(org, room, user, seq);
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn read_room(
    db: &DatabaseConnection,
    org: OrgId,
    room: RoomId,
    tail_max: u32,
) -> Result<Option<StoredRoom>, StoreError> {
    let key = StreamId::Room(room).to_string();
    // One statement, so that the state belongs to the guard.
    let both = room::Entity::find_by_id((org.0, room.0))
        .select_only()
        .column(room::Column::State)
        .column_as(stream::Column::Epoch.into_expr(), "epoch")
        .column_as(stream::Column::Head.into_expr(), "head")
        .column_as(stream::Column::Guard.into_expr(), "guard")
        .join(
            sea_orm::JoinType::InnerJoin,
            room::Entity::belongs_to(stream::Entity)
                .from(room::Column::OrgId)
                .to(stream::Column::OrgId)
                .on_condition(move |_, _| Condition::all().add(stream::Column::Key.eq(key.clone())))
                .into(),
        )
        .into_tuple::<(Vec<u8>, i32, i64, i64)>()
        .one(db)
        .await?;
    let Some((state, epoch, head, guard)) = both else {
        return Ok(None);
    };
    let state = serde_json::from_slice(&state).map_err(unreadable)?;
    let head = seq_of(head);
    let span = Span::newest(Seq::ZERO, head);
    let tail = match tail_max.min(EVENTS_MAX) {
        0 => vec![],
        limit => read_events(db, org, StreamId::Room(room), span, limit).await?,
    };
    Ok(Some(StoredRoom {
        org,
        epoch: epoch_of(epoch),
        head,
        guard: seq_of(guard),
        state,
        tail,
    }))
}

async fn find_head(
    db: &DatabaseConnection,
    org: OrgId,
    stream: StreamId,
) -> Result<Option<Head>, DbErr> {
    let row = stream::Entity::find_by_id((org.0, stream.to_string()))
        .one(db)
        .await?;
    Ok(row.map(|row| Head {
        epoch: epoch_of(row.epoch),
        seq: seq_of(row.head),
    }))
}

async fn read_events(
    db: &DatabaseConnection,
    org: OrgId,
    stream: StreamId,
    span: Span,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    read(db, org, stream, span, limit, Condition::all()).await
}

/// Only what was said, and how it was changed.
async fn read_lines(
    db: &DatabaseConnection,
    org: OrgId,
    room: RoomId,
    span: Span,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let only = Condition::all().add(event::Column::Kind.is_in(["said", "edited"]));
    read(db, org, StreamId::Room(room), span, limit, only).await
}

async fn read(
    db: &DatabaseConnection,
    org: OrgId,
    stream: StreamId,
    span: Span,
    limit: u32,
    only: Condition,
) -> Result<Vec<Recorded>, StoreError> {
    let rows = stretch(org, stream, span, limit, only).all(db).await?;
    let mut events = rows
        .into_iter()
        .map(|row| decode(stream, row))
        .collect::<Result<Vec<_>, _>>()?;
    if span.newest {
        events.reverse();
    }
    if let StreamId::Room(room) = stream {
        mask(db, org, room, &mut events).await?;
    }
    Ok(events)
}

fn decode(stream: StreamId, row: event::Model) -> Result<Recorded, StoreError> {
    let audience = match &row.audience {
        None => Audience::All,
        Some(json) => serde_json::from_str(json).map_err(unreadable)?,
    };
    Ok(Recorded {
        seq: seq_of(row.seq),
        at: Timestamp(row.at),
        by: row.by.map(UserId),
        audience,
        fact: Fact::decode(stream.kind(), &row.body).map_err(unreadable)?,
    })
}

/// Without what it was: an error about a body must not carry the body.
fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Db(DbErr::Json(format!(
        "a stored body is not readable ({:?} at column {})",
        error.classify(),
        error.column()
    )))
}

/// Takes the texts of retracted lines out.
async fn mask(
    db: &DatabaseConnection,
    org: OrgId,
    room: RoomId,
    events: &mut [Recorded],
) -> Result<(), DbErr> {
    let lines: BTreeSet<Seq> = events.iter().filter_map(line_of).collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Ok(());
    };
    // Whether it was taken back, which is for good; hidden otherwise.
    let hidden: BTreeMap<i64, bool> = hidden_line::Entity::find()
        .select_only()
        .columns([hidden_line::Column::Seq, hidden_line::Column::Retracted])
        .filter(hidden_line::Column::OrgId.eq(org.0))
        .filter(hidden_line::Column::RoomId.eq(room.0))
        .filter(hidden_line::Column::Seq.between(number(*first), number(*last)))
        .filter(
            Condition::any()
                .add(hidden_line::Column::Retracted.eq(true))
                .add(hidden_line::Column::Covered.eq(true)),
        )
        .into_tuple::<(i64, bool)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    if hidden.is_empty() {
        return Ok(());
    }
    for recorded in events {
        let found = line_of(recorded).and_then(|line| hidden.get(&number(line)));
        let Some(taken_back) = found else { continue };
        match &mut recorded.fact {
            Fact::Room(Event::Said {
                text,
                facts,
                retracted,
                hidden,
                ..
            }) => {
                text.clear();
                *facts = LineFacts::default();
                (*retracted, *hidden) = (true, !taken_back);
            }
            Fact::Room(Event::Spoke {
                text,
                notes,
                retracted,
                hidden,
                ..
            }) => {
                text.clear();
                notes.pace.clear();
                (*retracted, *hidden) = (true, !taken_back);
            }
            Fact::Room(Event::Edited { text, .. }) => text.clear(),
            Fact::Room(Event::Remarked { remark, .. }) => remark.hide(),
            _ => {}
        }
    }
    Ok(())
}

/// The line whose text an event shows.
fn line_of(recorded: &Recorded) -> Option<Seq> {
    match &recorded.fact {
        Fact::Room(Event::Said { .. } | Event::Spoke { .. }) => Some(recorded.seq),
        Fact::Room(Event::Edited { line, .. } | Event::Remarked { line, .. }) => Some(*line),
        _ => None,
    }
}

fn says(fact: &Fact, wanted: &str) -> bool {
    match fact {
        Fact::Room(Event::Said { text, .. } | Event::Edited { text, .. }) => {
            text.to_lowercase().contains(wanted)
        }
        _ => false,
    }
}
