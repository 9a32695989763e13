//! What lines say that others do not read any more: for those who keep order, from the journal itself.

use ludus_domain::ids::{OrgId, RoomId, Seq};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::room::Event;
use ludus_domain::stream::{StreamId, StreamKind};
use ludus_entities::{event, hidden_line};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use crate::store::journal::number;
use crate::store::{Store, StoreError};

/// Changes of lines that are looked through for the latest of one.
const EDITS_MAX: u64 = 200;

/// A line as it was changed last; empty where it cannot be read.
pub(super) async fn latest(
    db: &impl ConnectionTrait,
    org: OrgId,
    room: RoomId,
    line: Seq,
) -> Result<String, StoreError> {
    use event::Column as C;
    let stream = StreamId::Room(room).to_string();
    let row = event::Entity::find_by_id((org.0, stream.clone(), number(line)))
        .one(db)
        .await?;
    let Some(
        Event::Said { mut text, .. }
        | Event::Spoke { mut text, .. }
        | Event::LineHeld { mut text, .. },
    ) = row.as_ref().and_then(read)
    else {
        return Ok(String::new());
    };
    let edits = event::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::Stream.eq(stream))
        .filter(C::Seq.gt(number(line)))
        .filter(C::Kind.eq("edited"))
        .order_by_asc(C::Seq)
        .limit(EDITS_MAX)
        .all(db)
        .await?;
    for edit in edits.iter().filter_map(read) {
        if let Event::Edited {
            line: of, text: to, ..
        } = edit
            && of == line
        {
            text = to;
        }
    }
    Ok(text)
}

fn read(row: &event::Model) -> Option<Event> {
    match Fact::decode(StreamKind::Room, &row.body) {
        Ok(Fact::Room(event)) => Some(event),
        _ => None,
    }
}

/// The line whose text an event shows.
fn line_of(recorded: &Recorded) -> Option<Seq> {
    match &recorded.fact {
        Fact::Room(Event::Said { .. } | Event::Spoke { .. }) => Some(recorded.seq),
        Fact::Room(Event::Edited { line, .. }) => Some(*line),
        _ => None,
    }
}

impl Store {
    /// Puts the texts of hidden lines back into a page of history, for who keeps order there. What was
    /// taken back stays so.
    pub(crate) async fn uncover(
        &self,
        org: OrgId,
        room: RoomId,
        events: Vec<Recorded>,
    ) -> Result<Vec<Recorded>, StoreError> {
        let lines: Vec<i64> = events.iter().filter_map(line_of).map(number).collect();
        let (Some(first), Some(last)) = (lines.iter().min().copied(), lines.iter().max().copied())
        else {
            return Ok(events);
        };
        self.read("hidden lines", move |db| {
            Box::pin(async move {
                use hidden_line::Column as C;
                let covered: Vec<i64> = hidden_line::Entity::find()
                    .select_only()
                    .column(C::Seq)
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .filter(C::Seq.between(first, last))
                    .filter(C::Covered.eq(true))
                    .filter(C::Retracted.eq(false))
                    .into_tuple()
                    .all(db)
                    .await?;
                let mut events = events;
                for recorded in &mut events {
                    let line = line_of(recorded).map(number);
                    if line.is_some_and(|line| covered.contains(&line)) {
                        let stream = StreamId::Room(room).to_string();
                        let key = (org.0, stream, number(recorded.seq));
                        let row = event::Entity::find_by_id(key).one(db).await?;
                        if let Some(event) = row.as_ref().and_then(read) {
                            recorded.fact = Fact::Room(marked(event));
                        }
                    }
                }
                Ok(events)
            })
        })
        .await
    }
}

/// As it was said, and that it is hidden.
fn marked(mut event: Event) -> Event {
    if let Event::Said { hidden, .. } | Event::Spoke { hidden, .. } = &mut event {
        *hidden = true;
    }
    event
}
