//! What coaches wrote beside rooms. A comment that is removed keeps who wrote it and who took it away,
//! and not what it said.

use ludus_domain::ids::{CommentId, OrgId, RoomId, Seq, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::replay::{COMMENTS_MAX, Comment};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::room_comment;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use super::idempotency::{Done, Once};
use super::journal::{hold, number, seq_of};
use super::people::Actor;
use super::{Store, StoreError};

fn comment_of(row: room_comment::Model) -> Comment {
    Comment {
        id: CommentId(row.id),
        seq: seq_of(row.seq),
        after_ms: u32::try_from(row.after_ms).unwrap_or(0),
        by: UserId(row.by_id),
        at: Timestamp(row.at),
        text: row.body,
        shared: row.shared,
    }
}

impl Store {
    /// Comments beside a stretch of a room, in its order.
    pub(crate) async fn comments(
        &self,
        org: OrgId,
        room: RoomId,
        (from, to): (Seq, Seq),
    ) -> Result<Vec<Comment>, StoreError> {
        use room_comment::Column as C;
        self.read("comments", move |db| {
            Box::pin(async move {
                let rows = room_comment::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .filter(C::Seq.between(number(from), number(to)))
                    .filter(C::RemovedAt.is_null())
                    .order_by_asc(C::Seq)
                    .order_by_asc(C::AfterMs)
                    .order_by_asc(C::Id)
                    .limit(COMMENTS_MAX as u64)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().map(comment_of).collect())
            })
        })
        .await
    }

    /// Writes a comment beside an event there is. Answers the one that was written: for a retry, the first.
    pub(crate) async fn add_comment(
        &self,
        once: Option<Once>,
        org: OrgId,
        room: RoomId,
        comment: Comment,
    ) -> Result<Done<Comment>, StoreError> {
        use room_comment::Column as C;
        let asked = comment.clone();
        // What is kept of the answer does not say what the comment does: it may be taken away.
        let done = self.write_once("comment on a room", once, move |txn| {
            Box::pin(async move {
                // Nobody else writes beside this room meanwhile: its comments can be counted.
                let stream = StreamId::Room(room);
                if !hold(txn, org, stream).await? {
                    return Err(Refusal::NotFound.into());
                }
                let there = room_comment::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .filter(C::RemovedAt.is_null())
                    .count(txn)
                    .await?;
                if there >= COMMENTS_MAX as u64 {
                    return Err(Refusal::TooManyComments.into());
                }
                let row = room_comment::ActiveModel {
                    org_id: Set(org.0),
                    id: Set(comment.id.0),
                    room_id: Set(room.0),
                    seq: Set(number(comment.seq)),
                    after_ms: Set(i32::try_from(comment.after_ms).unwrap_or(i32::MAX)),
                    by_id: Set(comment.by.0),
                    at: Set(comment.at.0),
                    shared: Set(comment.shared),
                    body: Set(comment.text),
                    removed_by: Set(None),
                    removed_at: Set(None),
                };
                room_comment::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                Ok((comment.id, comment.at))
            })
        });
        Ok(done.await?.map(|(id, at)| Comment { id, at, ..asked }))
    }

    /// Takes a comment away: one's own, or anybody's for `all`. What it said is gone for good.
    pub(crate) async fn remove_comment(
        &self,
        actor: Actor,
        room: RoomId,
        id: CommentId,
        all: bool,
    ) -> Result<(), StoreError> {
        use room_comment::Column as C;
        self.write("take a comment away", move |txn| {
            Box::pin(async move {
                let mut update = room_comment::Entity::update_many()
                    .col_expr(C::Body, Expr::value(""))
                    .col_expr(C::RemovedBy, Expr::value(actor.user.0))
                    .col_expr(C::RemovedAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::Id.eq(id.0))
                    .filter(C::RoomId.eq(room.0))
                    .filter(C::RemovedAt.is_null());
                if !all {
                    update = update.filter(C::ById.eq(actor.user.0));
                }
                let done = update.exec(txn).await?;
                if done.rows_affected == 0 {
                    return Err(Refusal::NotFound.into());
                }
                Ok(())
            })
        })
        .await
    }
}
