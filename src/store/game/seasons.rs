//! Seasons: the one that runs, and how everybody stood at the end of those that were.

use std::collections::{BTreeSet, HashMap};

use ludus_domain::game::league::{Stood, places};
use ludus_domain::game::plan::SeasonPlan;
use ludus_domain::game::season;
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{game, season as row, season_standing, total, user};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use super::acts::zone_of;
use super::sets::{close_until, hold_game};
use crate::store::journal::fault::{Planted, die};
use crate::store::journal::{CommittedNotes, Fresh, record};
use crate::store::{Store, StoreError, rows};

/// A season of an org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Season {
    pub number: u32,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// When its standings were written down; none while it runs.
    pub closed_at: Option<Timestamp>,
}

/// A line of a season's final standings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalStanding {
    pub user: UserId,
    pub name: String,
    pub place: u32,
    pub score: i64,
}

/// What a turn of the clock came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    Began,
    /// Closed so long after it was due.
    Closed {
        late_ms: i64,
    },
}

/// Where a test has the process die, if it does: see [`Planted`].
pub(in crate::store::game) fn may_die(when: Planted, turned: Option<Turned>) {
    if let Some(Turned::Closed { .. }) = turned {
        die(when);
    }
}

impl Store {
    /// Begins the first season of an org, or ends the one that is due, whichever it is time for:
    /// one of them, once, whoever asks how often. `metrics` are those whose standings are kept.
    pub async fn turn_season(
        &self,
        org: OrgId,
        plan: Option<SeasonPlan>,
        metrics: Vec<Metric>,
        now: Timestamp,
    ) -> Result<Option<Turned>, StoreError> {
        let done = self.write("turn a season", move |txn| {
            Box::pin(async move {
                let done = turn(txn, org, plan, metrics, now).await?;
                may_die(
                    Planted::DieBeforeClose,
                    done.as_ref().map(|(turned, _)| *turned),
                );
                Ok(done)
            })
        });
        let Some((turned, notes)) = done.await? else {
            return Ok(None);
        };
        may_die(Planted::DieAfterClose, Some(turned));
        self.announce(notes);
        Ok(Some(turned))
    }

    /// Whether [`Store::turn_season`] may have something to do: asked often, and holds nobody up.
    pub async fn season_is_due(
        &self,
        org: OrgId,
        is_planned: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let game = self.game(org).await?;
        Ok(game.is_some_and(|game| {
            game.season_ends_at
                .map_or(is_planned, |ends_at| ends_at <= now)
        }))
    }

    /// Seasons of an org, newest first.
    pub async fn seasons(&self, org: OrgId, limit: u64) -> Result<Vec<Season>, StoreError> {
        self.read("seasons", move |db| {
            Box::pin(async move {
                let found = row::Entity::find()
                    .filter(row::Column::OrgId.eq(org.0))
                    .order_by_desc(row::Column::Number)
                    .limit(limit)
                    .all(db)
                    .await?;
                let season = |found: row::Model| Season {
                    number: u32::try_from(found.number).unwrap_or(0),
                    starts_at: Timestamp(found.starts_at),
                    ends_at: Timestamp(found.ends_at),
                    closed_at: found.closed_at.map(Timestamp),
                };
                Ok(found.into_iter().map(season).collect())
            })
        })
        .await
    }

    /// Final standings of a season, by place, from a place on.
    pub async fn season_standings(
        &self,
        org: OrgId,
        season: u32,
        metric: Metric,
        after: Option<(u32, UserId)>,
        limit: u64,
    ) -> Result<Vec<FinalStanding>, StoreError> {
        use season_standing::Column as C;
        let after = after.map(|(place, user)| (i32::try_from(place).unwrap_or(i32::MAX), user.0));
        self.read("season standings", move |db| {
            Box::pin(async move {
                let mut found = season_standing::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::Season.eq(i32::try_from(season).unwrap_or(i32::MAX)))
                    .filter(C::Metric.eq(metric.to_string()));
                if let Some((place, user)) = after {
                    let later = C::Place.gt(place);
                    found = found.filter(later.or(C::Place.eq(place).and(C::UserId.gt(user))));
                }
                let found = found
                    .order_by_asc(C::Place)
                    .order_by_asc(C::UserId)
                    .limit(limit)
                    .all(db)
                    .await?;
                let mut names = names_of(db, org, found.iter().map(|line| line.user_id)).await?;
                let line = |line: season_standing::Model| FinalStanding {
                    user: UserId(line.user_id),
                    name: names.remove(&line.user_id).unwrap_or_default(),
                    place: u32::try_from(line.place).unwrap_or(u32::MAX),
                    score: line.score,
                };
                Ok(found.into_iter().map(line).collect())
            })
        })
        .await
    }
}

/// What some people are called. Who is gone has no name.
pub(super) async fn names_of(
    db: &impl ConnectionTrait,
    org: OrgId,
    people: impl Iterator<Item = uuid::Uuid>,
) -> Result<HashMap<uuid::Uuid, String>, DbErr> {
    let found: Vec<(uuid::Uuid, String)> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .column(user::Column::Name)
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.is_in(people))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// What learners have of something in a window. Guests and staff are on no final standings.
pub(super) async fn stood(
    db: &impl ConnectionTrait,
    org: OrgId,
    metric: &Metric,
    window: Window,
) -> Result<Vec<Stood>, DbErr> {
    let learners = Query::select()
        .column(user::Column::Id)
        .from(user::Entity)
        .and_where(user::Column::OrgId.eq(org.0))
        .and_where(user::Column::Role.eq("learner"))
        .and_where(user::Column::Guest.eq(false))
        .and_where(user::Column::DisabledAt.is_null())
        .to_owned();
    let found = total::Entity::find()
        .filter(total::Column::OrgId.eq(org.0))
        .filter(total::Column::Scope.eq(Scope::Org.to_string()))
        .filter(total::Column::Metric.eq(metric.to_string()))
        .filter(total::Column::Window.eq(window.to_string()))
        .filter(total::Column::UserId.in_subquery(learners))
        .order_by_desc(total::Column::Sum)
        .order_by_asc(total::Column::SumAt)
        .order_by_asc(total::Column::UserId)
        .all(db)
        .await?;
    let stood = |row: total::Model| Stood {
        user: UserId(row.user_id),
        score: row.sum,
        reached_at: Timestamp(row.sum_at),
    };
    Ok(found.into_iter().map(stood).collect())
}

async fn turn(
    txn: &DatabaseTransaction,
    org: OrgId,
    plan: Option<SeasonPlan>,
    metrics: Vec<Metric>,
    now: Timestamp,
) -> Result<Option<(Turned, Vec<CommittedNotes>)>, StoreError> {
    let Some(held) = hold_game(txn, org).await? else {
        return Ok(None);
    };
    // A clock that is behind what was closed says nothing of when.
    let now = now.max(Timestamp(held.closed_until));
    let zone = zone_of(txn, org).await?;
    let running = held
        .season
        .and_then(|number| u32::try_from(number).ok())
        .zip(held.season_ends_at.map(Timestamp));
    let Some((number, ends_at)) = running else {
        let first = plan.and_then(|plan| season::season_at(&plan, &zone, now));
        let Some(first) = first else { return Ok(None) };
        begin(txn, org, Some(first)).await?;
        return Ok(Some((Turned::Began, vec![])));
    };
    if ends_at > now {
        return Ok(None);
    }
    // The streams first: nobody who holds one waits for what is written after.
    let mut everybody = BTreeSet::new();
    let mut lines = vec![];
    for metric in metrics {
        let stood = stood(txn, org, &metric, Window::Season(number)).await?;
        let scores = stood.iter().map(|one| one.score);
        let shown = places(scores, ludus_domain::board::TiePolicy::Competition);
        everybody.extend(stood.iter().map(|one| one.user));
        for (one, place) in stood.into_iter().zip(shown) {
            lines.push(season_standing::ActiveModel {
                org_id: Set(org.0),
                season: Set(i32::try_from(number).unwrap_or(i32::MAX)),
                metric: Set(metric.to_string()),
                user_id: Set(one.user.0),
                place: Set(i32::try_from(place).unwrap_or(i32::MAX)),
                score: Set(one.score),
            });
        }
    }
    let told = everybody.into_iter().map(|user| Fresh {
        org,
        stream: StreamId::Inbox(user),
        by: None,
        facts: vec![Fact::Inbox(InboxEvent::SeasonOver { season: number })],
    });
    let notes = record(txn, told.collect()).await?;
    rows::insert::<season_standing::Entity, _>(txn, lines, |insert| insert).await?;
    row::Entity::update_many()
        .col_expr(row::Column::ClosedAt, Expr::value(now.0))
        .filter(row::Column::OrgId.eq(org.0))
        .filter(row::Column::Number.eq(i32::try_from(number).unwrap_or(i32::MAX)))
        .exec(txn)
        .await?;
    close_until(txn, org, ends_at).await?;
    let next = plan.map(|plan| season::after(&plan, &zone, number, ends_at));
    begin(txn, org, next).await?;
    let late_ms = now.0.saturating_sub(ends_at.0);
    Ok(Some((Turned::Closed { late_ms }, notes)))
}

/// Lets a season run, or none.
async fn begin(
    txn: &DatabaseTransaction,
    org: OrgId,
    next: Option<season::Season>,
) -> Result<(), DbErr> {
    let number = next.map(|next| i32::try_from(next.number).unwrap_or(i32::MAX));
    game::Entity::update_many()
        .col_expr(game::Column::Season, Expr::value(number))
        .col_expr(
            game::Column::SeasonEndsAt,
            Expr::value(next.map(|next| next.ends_at.0)),
        )
        .col_expr(
            game::Column::Version,
            Expr::col(game::Column::Version).add(1),
        )
        .filter(game::Column::OrgId.eq(org.0))
        .exec(txn)
        .await?;
    let Some((next, number)) = next.zip(number) else {
        return Ok(());
    };
    let fresh = row::ActiveModel {
        org_id: Set(org.0),
        number: Set(number),
        starts_at: Set(next.starts_at.0),
        ends_at: Set(next.ends_at.0),
        closed_at: Set(None),
    };
    row::Entity::insert(fresh)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}
