//! Where people stood on boards, day by day: one point for each who stood on one when a day was over.

use ludus_domain::game::calendar::Day;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::slug::BoardId;
use ludus_entities::{rank_day, rank_point};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set, TryInsertResult,
};

use crate::store::{Store, StoreError, rows};

/// Points of one transaction: others have their turn in between.
const CHUNK: usize = 2_000;
/// Days that are kept: a year and a month to compare it with.
pub const KEPT_DAYS: i32 = 400;

/// Where somebody stood when a day was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankPoint {
    pub user: UserId,
    pub place: u32,
    pub score: i64,
}

/// The same, as its owner reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastRank {
    pub day: Day,
    pub place: u32,
    pub score: i64,
    /// How many stood on the board.
    pub count: u32,
}

impl Store {
    /// Whether the end of a day was written down for a board.
    pub async fn is_day_kept(
        &self,
        org: OrgId,
        board: BoardId,
        day: Day,
    ) -> Result<bool, StoreError> {
        self.read("a day of a board", move |db| {
            Box::pin(async move {
                let key = (org.0, board.to_string(), day.0);
                Ok(rank_day::Entity::find_by_id(key).count(db).await? > 0)
            })
        })
        .await
    }

    /// Writes down how everybody stood at the end of a day. Written twice (by two nodes, after a kill
    /// half-way) each point is the one that was first.
    pub async fn keep_day(
        &self,
        org: OrgId,
        board: BoardId,
        day: Day,
        count: u32,
        points: Vec<RankPoint>,
    ) -> Result<(), StoreError> {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        for chunk in points.chunks(CHUNK) {
            let (chunk, board) = (chunk.to_vec(), board.clone());
            self.write("keep ranks", move |txn| {
                Box::pin(async move {
                    use rank_point::Column as C;
                    let point = |point: RankPoint| rank_point::ActiveModel {
                        org_id: Set(org.0),
                        board: Set(board.to_string()),
                        user_id: Set(point.user.0),
                        day: Set(day.0),
                        place: Set(i32::try_from(point.place).unwrap_or(i32::MAX)),
                        score: Set(point.score),
                        count: Set(count),
                    };
                    let models = chunk.into_iter().map(point).collect();
                    rows::insert::<rank_point::Entity, _>(txn, models, |insert| {
                        let key = OnConflict::columns([C::OrgId, C::Board, C::UserId, C::Day])
                            .do_nothing()
                            .to_owned();
                        insert.on_conflict(key)
                    })
                    .await?;
                    Ok(())
                })
            })
            .await?;
        }
        self.write("keep a day", move |txn| {
            Box::pin(async move {
                let done = rank_day::ActiveModel {
                    org_id: Set(org.0),
                    board: Set(board.to_string()),
                    day: Set(day.0),
                    count: Set(count),
                };
                let kept = rank_day::Entity::insert(done)
                    .on_conflict_do_nothing_on([
                        rank_day::Column::OrgId,
                        rank_day::Column::Board,
                        rank_day::Column::Day,
                    ])
                    .exec_without_returning(txn)
                    .await?;
                // Who was first also forgets what is too old.
                if !matches!(kept, TryInsertResult::Inserted(1..)) {
                    return Ok(());
                }
                let old = day.0.saturating_sub(KEPT_DAYS);
                rank_point::Entity::delete_many()
                    .filter(rank_point::Column::OrgId.eq(org.0))
                    .filter(rank_point::Column::Board.eq(board.as_str()))
                    .filter(rank_point::Column::Day.lte(old))
                    .exec(txn)
                    .await?;
                rank_day::Entity::delete_many()
                    .filter(rank_day::Column::OrgId.eq(org.0))
                    .filter(rank_day::Column::Board.eq(board.as_str()))
                    .filter(rank_day::Column::Day.lte(old))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Where somebody stood on a board, newest first, before a day.
    pub async fn past_ranks(
        &self,
        org: OrgId,
        board: BoardId,
        user: UserId,
        before: Option<Day>,
        limit: u64,
    ) -> Result<Vec<PastRank>, StoreError> {
        use rank_point::Column as C;
        self.read("past ranks", move |db| {
            Box::pin(async move {
                let mut found = rank_point::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Board.eq(board.as_str()))
                    .filter(C::UserId.eq(user.0));
                if let Some(before) = before {
                    found = found.filter(C::Day.lt(before.0));
                }
                let found = found.order_by_desc(C::Day).limit(limit).all(db).await?;
                let past = |point: rank_point::Model| PastRank {
                    day: Day(point.day),
                    place: u32::try_from(point.place).unwrap_or(u32::MAX),
                    score: point.score,
                    count: u32::try_from(point.count).unwrap_or(0),
                };
                Ok(found.into_iter().map(past).collect())
            })
        })
        .await
    }
}
