//! A stretch of a stream, as a walk along its key.

use ludus_domain::ids::{OrgId, Seq};
use ludus_domain::stream::StreamId;
use ludus_entities::event;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};

use crate::store::journal::number;

/// A stretch of a stream and which end of it matters when there is too much.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) after: Seq,
    pub(super) upto: Seq,
    pub(super) newest: bool,
}

impl Span {
    pub(super) const fn newest(after: Seq, upto: Seq) -> Self {
        Self {
            after,
            upto,
            newest: true,
        }
    }

    pub(super) const fn oldest(after: Seq, upto: Seq) -> Self {
        Self {
            after,
            upto,
            newest: false,
        }
    }
}

pub(super) fn stretch(
    org: OrgId,
    stream: StreamId,
    span: Span,
    limit: u32,
    only: Condition,
) -> Select<event::Entity> {
    let order = if span.newest { Order::Desc } else { Order::Asc };
    event::Entity::find()
        .filter(event::Column::OrgId.eq(org.0))
        .filter(event::Column::Stream.eq(stream.to_string()))
        .filter(event::Column::Seq.gt(number(span.after)))
        .filter(event::Column::Seq.lte(number(span.upto)))
        .filter(only)
        .order_by(event::Column::Seq, order)
        .limit(u64::from(limit))
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::RoomId;
    use sea_orm::{DbBackend, QueryTrait as _};

    use super::*;
    use crate::store::journal::plans;

    #[tokio::test]
    async fn history_is_a_walk_along_the_key() {
        let (org, room) = (OrgId(uuid::Uuid::nil()), RoomId(uuid::Uuid::nil()));
        for span in [
            Span::newest(Seq(1), Seq(9)),
            Span::oldest(Seq(1), Seq(u64::MAX)),
        ] {
            let stream = StreamId::Room(room);
            let query = stretch(org, stream, span, 10, Condition::all()).build(DbBackend::Sqlite);
            plans::assert_keyed(&query.to_string(), &["event"]).await;
        }
    }
}
