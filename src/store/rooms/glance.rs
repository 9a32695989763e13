//! What a list says of a room besides the room itself: how far it is, how far somebody has read,
//! and how many lines wait for them.

use std::collections::HashMap;

use ludus_domain::ids::{RoomId, Seq};
use ludus_domain::stream::StreamId;
use ludus_entities::{member, stream};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _, Value,
};

use crate::store::journal::{number, seq_of};
use crate::store::people::Actor;
use crate::store::{StoreError, rows};

/// Events at the end of a room among which waiting lines are counted. More would cost more for a
/// number nobody reads: beyond a hundred it is "many".
pub(crate) const COUNTED_MAX: u64 = 100;

/// A room at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    pub head: Seq,
    /// How far one has read; none without a seat.
    pub read: Option<Seq>,
    /// Lines of others after that, among the latest [`COUNTED_MAX`] events; none without a seat.
    pub unread: Option<u32>,
}

/// Three queries, whatever the number of rooms; each reads by key.
pub(super) async fn glances(
    db: &impl ConnectionTrait,
    viewer: Actor,
    rooms: &[RoomId],
) -> Result<HashMap<RoomId, Glance>, StoreError> {
    let mut found: HashMap<RoomId, Glance> = HashMap::with_capacity(rooms.len());
    let keys = rooms.iter().map(|room| StreamId::Room(*room).to_string());
    let heads: Vec<(String, i64)> = stream::Entity::find()
        .select_only()
        .columns([stream::Column::Key, stream::Column::Head])
        .filter(stream::Column::OrgId.eq(viewer.org.0))
        .filter(stream::Column::Key.is_in(keys))
        .into_tuple()
        .all(db)
        .await?;
    for (key, head) in heads {
        if let Some(room) = room_of(&key) {
            found.entry(room).or_default().head = seq_of(head);
        }
    }
    let seats: Vec<(uuid::Uuid, i64)> = member::Entity::find()
        .select_only()
        .columns([member::Column::RoomId, member::Column::ReadSeq])
        .filter(member::Column::OrgId.eq(viewer.org.0))
        .filter(member::Column::UserId.eq(viewer.user.0))
        .filter(member::Column::RoomId.is_in(rooms.iter().map(|room| room.0)))
        .into_tuple()
        .all(db)
        .await?;
    let mut behind: Vec<[Value; 4]> = vec![];
    for (room, read) in seats {
        let room = RoomId(room);
        let glance = found.entry(room).or_default();
        let read = seq_of(read);
        glance.read = Some(read);
        glance.unread = Some(0);
        if glance.head > read {
            let after = read.max(Seq(glance.head.0.saturating_sub(COUNTED_MAX)));
            behind.push([
                viewer.org.0.into(),
                StreamId::Room(room).to_string().into(),
                number(after).into(),
                viewer.user.0.into(),
            ]);
        }
    }
    for row in rows::lookup(db, &behind, waiting_sql).await? {
        let key: String = row.try_get_by_index(0)?;
        let count: i64 = row.try_get_by_index(1)?;
        if let Some(glance) = room_of(&key).and_then(|room| found.get_mut(&room)) {
            glance.unread = Some(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
    Ok(found)
}

/// Distinct, because the last key may be in the list several times.
fn waiting_sql(list: &str) -> String {
    format!(
        "SELECT e.stream, COUNT(DISTINCT e.seq) FROM (VALUES {list}) AS k CROSS JOIN event AS e \
         WHERE e.org_id = k.column1 AND e.stream = k.column2 AND e.seq > k.column3 \
         AND e.kind = 'said' AND e.by <> k.column4 GROUP BY e.stream"
    )
}

fn room_of(key: &str) -> Option<RoomId> {
    key.parse::<StreamId>().ok()?.room()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_lines_are_found_by_key() {
        let list = "(x'00', 'a', 1, x'00'), (x'00', 'b', 1, x'00')";
        crate::store::journal::plans::assert_keyed(&waiting_sql(list), &["e"]).await;
    }
}
