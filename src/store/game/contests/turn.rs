//! Beginning and ending contests: under their row, so that it happens once; and the end under the
//! org's game, so that whatever is paid is in the results or after them.

use std::collections::HashMap;

use ludus_domain::game::contest::{
    self, Ask, Contest, ContestPhase, Finished, Happened, Placed, results,
};
use ludus_domain::game::plan::Order;
use ludus_domain::game::total::{Scope, Window};
use ludus_domain::ids::{ContestId, OrgId, TeamId, UserId};
use ludus_domain::journal::{InboxEvent, TeamPlaced};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::{contest as row, contest_team, total};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set, Value,
};
use uuid::Uuid;

use super::acts::{held, save, told};
use super::{ContestRow, Entry, entries};
use crate::store::game::seasons::{Turned, may_die};
use crate::store::game::sets::{Sets, close_until, hold_game};
use crate::store::idempotency::{Done, Once};
use crate::store::journal::fault::Planted;
use crate::store::journal::{Performed, perform};
use crate::store::people::Actor;
use crate::store::{Store, StoreError, rows};

/// Contests that were due and were moved on by somebody else, before this gives up for now.
const LOST_RACES_MAX: usize = 8;

impl Store {
    /// Opens, begins or ends the contest that is due longest: one of them, everything it is time for,
    /// once, whoever asks how often. `None` when nothing is due.
    pub async fn turn_contest(
        &self,
        org: OrgId,
        now: Timestamp,
    ) -> Result<Option<(ContestId, Turned)>, StoreError> {
        let done = self.act("turn a contest", None, move |txn, sets| {
            Box::pin(async move {
                let Some((id, turned, performed)) = turn(txn, &sets, org, now).await? else {
                    return Ok((None, Performed::default()));
                };
                let late_ms = match turned {
                    Turned::Began => None,
                    Turned::Closed { late_ms } => Some(late_ms),
                };
                may_die(Planted::DieBeforeClose, Some(turned));
                Ok((Some((id, late_ms)), performed))
            })
        });
        let turned = done.await?.value.map(|(id, late_ms)| {
            let closed = late_ms.map(|late_ms| Turned::Closed { late_ms });
            (id, closed.unwrap_or(Turned::Began))
        });
        may_die(Planted::DieAfterClose, turned.map(|(_, turned)| turned));
        Ok(turned)
    }

    /// When the next contest of an org is due.
    pub async fn contest_due(&self, org: OrgId) -> Result<Option<Timestamp>, StoreError> {
        self.read("contests that are due", move |db| {
            Box::pin(async move {
                let next: Option<Option<i64>> = row::Entity::find()
                    .select_only()
                    .column(row::Column::DueAt)
                    .filter(row::Column::OrgId.eq(org.0))
                    .filter(row::Column::DueAt.is_not_null())
                    .order_by_asc(row::Column::DueAt)
                    .limit(1)
                    .into_tuple()
                    .one(db)
                    .await?;
                Ok(next.flatten().map(Timestamp))
            })
        })
        .await
    }

    /// Ends a contest before its time, or calls it off. What was decided once is not decided again.
    pub async fn stop_contest(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: ContestId,
        ask: Ask,
    ) -> Result<Done<ContestRow>, StoreError> {
        let done = self.act("stop a contest", once, move |txn, sets| {
            Box::pin(async move {
                let mut row = held(txn, actor.org, id).await?.ok_or(Refusal::NotFound)?;
                if !row.is_run_by(actor.user, actor.role) {
                    return Err(Refusal::Forbidden.into());
                }
                let happened = row.contest.decide(actor.at, ask)?;
                if happened.contains(&Happened::Ended) {
                    row.contest.ends_at = row.contest.ends_at.min(actor.at);
                }
                let performed = apply(txn, &sets, actor.org, &mut row, &happened).await?;
                Ok((row, performed))
            })
        });
        let done = done.await?;
        self.windows_changed();
        Ok(done)
    }
}

async fn turn(
    txn: &DatabaseTransaction,
    sets: &Sets,
    org: OrgId,
    now: Timestamp,
) -> Result<Option<(ContestId, Turned, Performed)>, StoreError> {
    for _ in 0..LOST_RACES_MAX {
        let due: Option<Uuid> = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(row::Column::OrgId.eq(org.0))
            .filter(row::Column::DueAt.lte(now.0))
            .order_by_asc(row::Column::DueAt)
            .order_by_asc(row::Column::Id)
            .limit(1)
            .into_tuple()
            .one(txn)
            .await?;
        let Some(id) = due.map(ContestId) else {
            return Ok(None);
        };
        let Some(mut row) = held(txn, org, id).await? else {
            continue;
        };
        let happened = row.contest.decide(now, Ask::Tick)?;
        if happened.is_empty() {
            continue;
        }
        let ends_at = row.contest.ends_at;
        let performed = apply(txn, sets, org, &mut row, &happened).await?;
        let turned = if happened.contains(&Happened::Ended) {
            let late_ms = now.0.saturating_sub(ends_at.0);
            Turned::Closed { late_ms }
        } else {
            Turned::Began
        };
        return Ok(Some((id, turned, performed)));
    }
    Ok(None)
}

/// Makes so what was decided. Whoever is in hears of the end in their inbox, and counts no more.
async fn apply(
    txn: &DatabaseTransaction,
    sets: &Sets,
    org: OrgId,
    row: &mut ContestRow,
    happened: &[Happened],
) -> Result<Performed, StoreError> {
    for one in happened {
        row.contest.evolve(*one);
    }
    if happened.is_empty() {
        return Ok(Performed::default());
    }
    let performed = match row.contest.phase {
        ContestPhase::Over => end(txn, sets, org, row).await?,
        ContestPhase::Cancelled => cancel(txn, sets, org, row).await?,
        ContestPhase::Planned | ContestPhase::Open | ContestPhase::Running => Performed::default(),
    };
    save(txn, org, row.id, &row.contest).await?;
    Ok(performed)
}

async fn cancel(
    txn: &DatabaseTransaction,
    sets: &Sets,
    org: OrgId,
    row: &ContestRow,
) -> Result<Performed, StoreError> {
    let fresh = entries(txn, org, row.id).await?.into_iter().map(|entry| {
        let event = InboxEvent::ContestCancelled {
            contest: row.id,
            title: row.contest.plan.title.clone(),
        };
        told(org, entry.user, None, event)
    });
    perform(txn, sets, fresh.collect()).await
}

async fn end(
    txn: &DatabaseTransaction,
    sets: &Sets,
    org: OrgId,
    row: &ContestRow,
) -> Result<Performed, StoreError> {
    // What was paid before is committed, and nothing is paid until this is.
    hold_game(txn, org).await?;
    let plan = &row.contest.plan;
    let entries = entries(txn, org, row.id).await?;
    let had = scores(txn, org, row.id, &row.contest).await?;
    let finished: Vec<Finished<UserId>> = entries
        .iter()
        .map(|entry| {
            let had = had.get(&entry.user).copied();
            Finished {
                who: entry.user,
                score: had.map(|(score, _)| score),
                reached_at: had.map_or(entry.entered_at, |(_, at)| at),
            }
        })
        .collect();
    let mut by_team = HashMap::new();
    let mut members: Vec<(Finished<UserId>, TeamId)> = vec![];
    if let Some(fold) = plan.teams {
        let of = |(one, entry): (&Finished<UserId>, &Entry)| Some((*one, entry.team?));
        members.extend(finished.iter().zip(&entries).filter_map(of));
        let placed = results(contest::teams(&members, fold), plan.direction, plan.ties);
        write_teams(txn, org, row.id, &placed).await?;
        let teams = u32::try_from(placed.len()).unwrap_or(u32::MAX);
        by_team.extend(placed.into_iter().map(|placed| {
            let Placed { who, place, score } = placed;
            let told = TeamPlaced {
                team: who,
                place,
                teams,
                score,
            };
            (who, told)
        }));
    }
    let teams: HashMap<UserId, TeamId> = members
        .into_iter()
        .map(|(one, team)| (one.who, team))
        .collect();
    let placed = results(finished, plan.direction, plan.ties);
    write_results(txn, org, row.id, &placed, &had).await?;
    // A node whose clock is behind pays nobody for a time of the contest from here on.
    close_until(txn, org, row.contest.ends_at).await?;
    let entrants = u32::try_from(placed.len()).unwrap_or(u32::MAX);
    let fresh = placed.into_iter().map(|placed| {
        let team = teams.get(&placed.who).and_then(|team| by_team.get(team));
        let event = InboxEvent::ContestOver {
            contest: row.id,
            title: plan.title.clone(),
            place: placed.place,
            entrants,
            score: placed.score,
            team: team.copied(),
        };
        told(org, placed.who, None, event)
    });
    perform(txn, sets, fresh.collect()).await
}

/// What everybody has in a contest, and since when.
async fn scores(
    txn: &DatabaseTransaction,
    org: OrgId,
    id: ContestId,
    contest: &Contest,
) -> Result<HashMap<UserId, (i64, Timestamp)>, DbErr> {
    let plan = &contest.plan;
    let found = total::Entity::find()
        .filter(total::Column::OrgId.eq(org.0))
        .filter(total::Column::Scope.eq(Scope::Contest(id).to_string()))
        .filter(total::Column::Metric.eq(plan.metric.to_string()))
        .filter(total::Column::Window.eq(Window::All.to_string()))
        .all(txn)
        .await?;
    let had = |row: total::Model| {
        let (score, at) = match plan.order {
            Order::Sum => (row.sum, row.sum_at),
            Order::Best => (row.best, row.best_at),
            Order::Last => (row.last, row.last_at),
        };
        (UserId(row.user_id), (score, Timestamp(at)))
    };
    Ok(found.into_iter().map(had).collect())
}

async fn write_results(
    txn: &DatabaseTransaction,
    org: OrgId,
    id: ContestId,
    placed: &[Placed<UserId>],
    had: &HashMap<UserId, (i64, Timestamp)>,
) -> Result<(), DbErr> {
    let lines: Vec<[Value; 6]> = placed
        .iter()
        .map(|placed| {
            let (score, at) = had
                .get(&placed.who)
                .map(|(score, at)| (*score, at.0))
                .unzip();
            [
                org.0.into(),
                id.0.into(),
                placed.who.0.into(),
                i32::try_from(placed.place).unwrap_or(i32::MAX).into(),
                score.into(),
                at.into(),
            ]
        })
        .collect();
    rows::apply(txn, &lines, |list| {
        format!(
            "UPDATE contest_entry AS e \
             SET place = k.column4, score = k.column5, reached_at = k.column6 \
             FROM (VALUES {list}) AS k WHERE e.org_id = k.column1 AND e.contest_id = k.column2 \
             AND e.user_id = k.column3"
        )
    })
    .await
}

async fn write_teams(
    txn: &DatabaseTransaction,
    org: OrgId,
    id: ContestId,
    placed: &[Placed<TeamId>],
) -> Result<(), DbErr> {
    let lines = placed
        .iter()
        .map(|placed| contest_team::ActiveModel {
            org_id: Set(org.0),
            contest_id: Set(id.0),
            team_id: Set(placed.who.0),
            place: Set(i32::try_from(placed.place).unwrap_or(i32::MAX)),
            score: Set(placed.score),
        })
        .collect();
    rows::insert::<contest_team::Entity, _>(txn, lines, |insert| insert).await
}
