//! Placing people, ending weeks and beginning new ones: under the game's row, so that it happens once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ludus_domain::game::calendar::Day;
use ludus_domain::game::league::{Moved, Paced, Stood, draw, room_for_one, settle, week};
use ludus_domain::game::plan::LeaguePlan;
use ludus_domain::game::total::Window;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::slug::LeagueId;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{division, division_member, league_week};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, Value,
};
use uuid::Uuid;

use super::{members, open_weeks, plan_of, tier_of};
use crate::store::game::acts::zone_of;
use crate::store::game::seasons::{Turned, stood};
use crate::store::game::sets::{close_until, hold_game};
use crate::store::journal::{CommittedNotes, Fresh, record};
use crate::store::people::fresh;
use crate::store::{StoreError, rows};

/// Who gained enough in a week to play in it, and does not yet. In the order they got there.
pub(super) async fn newcomers(
    db: &impl ConnectionTrait,
    org: OrgId,
    week: &league_week::Model,
) -> Result<Vec<UserId>, DbErr> {
    let plan = plan_of(week)?;
    let there: BTreeSet<Uuid> = members(db, org, week)
        .await?
        .into_iter()
        .map(|member| member.user_id)
        .collect();
    let mut found = stood(db, org, &plan.metric, Window::Week(Day(week.monday))).await?;
    found.retain(|one| one.score >= plan.least.max(1) && !there.contains(&one.user.0));
    found.sort_unstable_by_key(|one| (one.reached_at, one.user));
    Ok(found.into_iter().map(|one| one.user).collect())
}

/// Places newcomers. Holds the game, so that nobody is placed twice.
pub(super) async fn place(
    txn: &DatabaseTransaction,
    org: OrgId,
    week: &league_week::Model,
) -> Result<usize, StoreError> {
    let plan = plan_of(week)?;
    let newcomers = newcomers(txn, org, week).await?;
    if newcomers.is_empty() {
        return Ok(0);
    }
    let mut sizes: HashMap<Uuid, u32> = HashMap::new();
    for member in members(txn, org, week).await? {
        let size = sizes.entry(member.division_id).or_default();
        *size = size.saturating_add(1);
    }
    let divisions = division::Entity::find()
        .filter(division::Column::OrgId.eq(org.0))
        .filter(division::Column::League.eq(week.league.clone()))
        .filter(division::Column::Monday.eq(week.monday))
        .order_by_asc(division::Column::Number)
        .all(txn)
        .await?;
    let mut tiers: BTreeMap<u8, Vec<(Uuid, u32)>> = BTreeMap::new();
    let mut count = i32::try_from(divisions.len()).unwrap_or(i32::MAX);
    for found in divisions {
        let size = sizes.get(&found.id).copied().unwrap_or(0);
        tiers
            .entry(tier_of(found.tier))
            .or_default()
            .push((found.id, size));
    }
    let (mut made, mut placed) = (vec![], vec![]);
    for user in newcomers {
        let tier = last_tier(txn, org, week, user).await?.min(top_of(&plan));
        let there = tiers.entry(tier).or_default();
        let members: Vec<u32> = there.iter().map(|(_, members)| *members).collect();
        let room = room_for_one(&members, plan.size).and_then(|index| there.get_mut(index));
        let into = if let Some((id, members)) = room {
            *members = members.saturating_add(1);
            *id
        } else {
            let id = fresh();
            made.push(division_row(org, week, id, tier, count));
            count = count.saturating_add(1);
            there.push((id, 1));
            id
        };
        placed.push(member_row(org, week, user, into, tier));
    }
    let count = placed.len();
    rows::insert::<division::Entity, _>(txn, made, |insert| insert).await?;
    rows::insert::<division_member::Entity, _>(txn, placed, |insert| insert).await?;
    Ok(count)
}

fn top_of(plan: &LeaguePlan) -> u8 {
    u8::try_from(plan.tiers.len().saturating_sub(1)).unwrap_or(u8::MAX)
}

/// The tier somebody plays in when they come back; the lowest for who never played.
async fn last_tier(
    txn: &DatabaseTransaction,
    org: OrgId,
    week: &league_week::Model,
    user: UserId,
) -> Result<u8, DbErr> {
    use division_member::Column as C;
    let last = division_member::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::UserId.eq(user.0))
        .filter(C::League.eq(week.league.clone()))
        .filter(C::Monday.lt(week.monday))
        .order_by_desc(C::Monday)
        .limit(1)
        .one(txn)
        .await?;
    Ok(last.map_or(0, |last| tier_of(last.to_tier.unwrap_or(last.tier))))
}

fn division_row(
    org: OrgId,
    week: &league_week::Model,
    id: Uuid,
    tier: u8,
    number: i32,
) -> division::ActiveModel {
    division::ActiveModel {
        org_id: Set(org.0),
        id: Set(id),
        league: Set(week.league.clone()),
        monday: Set(week.monday),
        tier: Set(tier.into()),
        number: Set(number),
    }
}

fn member_row(
    org: OrgId,
    week: &league_week::Model,
    user: UserId,
    division: Uuid,
    tier: u8,
) -> division_member::ActiveModel {
    division_member::ActiveModel {
        org_id: Set(org.0),
        league: Set(week.league.clone()),
        monday: Set(week.monday),
        user_id: Set(user.0),
        division_id: Set(division),
        tier: Set(tier.into()),
        place: Set(None),
        score: Set(None),
        to_tier: Set(None),
    }
}

pub(super) async fn turn(
    txn: &DatabaseTransaction,
    org: OrgId,
    plans: Vec<LeaguePlan>,
    now: Timestamp,
) -> Result<Option<(Turned, Vec<CommittedNotes>)>, StoreError> {
    let Some(held) = hold_game(txn, org).await? else {
        return Ok(None);
    };
    // A clock that is behind what was closed says nothing of when.
    let now = now.max(Timestamp(held.closed_until));
    let open = open_weeks(txn, org).await?;
    if let Some(due) = open.iter().find(|week| week.ends_at <= now.0) {
        let notes = close(txn, org, due, &plans, now).await?;
        let late_ms = now.0.saturating_sub(due.ends_at);
        return Ok(Some((Turned::Closed { late_ms }, notes)));
    }
    let missing = plans
        .iter()
        .find(|plan| open.iter().all(|week| week.league != plan.id.as_str()));
    let Some(plan) = missing else { return Ok(None) };
    let today = zone_of(txn, org).await?.day(now);
    // A league that came back in a week that was closed, by another time zone: the next one is its.
    let key = (org.0, plan.id.to_string(), today.week().0);
    if league_week::Entity::find_by_id(key)
        .one(txn)
        .await?
        .is_some()
    {
        return Ok(None);
    }
    begin(txn, org, plan, today).await?;
    Ok(Some((Turned::Began, vec![])))
}

/// Writes a week down. A week that was closed is not begun again, should the plan come back in it.
async fn begin(
    txn: &DatabaseTransaction,
    org: OrgId,
    plan: &LeaguePlan,
    day: Day,
) -> Result<league_week::Model, StoreError> {
    let zone = zone_of(txn, org).await?;
    let week = week(&zone, day);
    let row = league_week::Model {
        org_id: org.0,
        league: plan.id.to_string(),
        monday: week.monday.0,
        plan: serde_json::to_vec(plan).map_err(|error| DbErr::Json(error.to_string()))?,
        starts_at: week.starts_at.0,
        ends_at: week.ends_at.0,
        due_at: Some(week.ends_at.0),
        closed_at: None,
    };
    let active = league_week::ActiveModel {
        org_id: Set(row.org_id),
        league: Set(row.league.clone()),
        monday: Set(row.monday),
        plan: Set(row.plan.clone()),
        starts_at: Set(row.starts_at),
        ends_at: Set(row.ends_at),
        due_at: Set(row.due_at),
        closed_at: Set(None),
    };
    league_week::Entity::insert(active)
        .exec_without_returning(txn)
        .await?;
    Ok(row)
}

/// Ends a week: everybody's place, where they go, and the divisions of the week that follows.
async fn close(
    txn: &DatabaseTransaction,
    org: OrgId,
    due: &league_week::Model,
    plans: &[LeaguePlan],
    now: Timestamp,
) -> Result<Vec<CommittedNotes>, StoreError> {
    // Who gained their first in the last moments plays as well.
    place(txn, org, due).await?;
    let plan = plan_of(due)?;
    let totals = stood(txn, org, &plan.metric, Window::Week(Day(due.monday))).await?;
    let mut totals: HashMap<UserId, Stood> =
        totals.into_iter().map(|one| (one.user, one)).collect();
    let mut divisions: BTreeMap<(i32, Uuid), Vec<Stood>> = BTreeMap::new();
    for member in members(txn, org, due).await? {
        let user = UserId(member.user_id);
        let nothing = Stood {
            user,
            score: 0,
            reached_at: Timestamp(due.ends_at),
        };
        divisions
            .entry((member.tier, member.division_id))
            .or_default()
            .push(totals.remove(&user).unwrap_or(nothing));
    }
    let moved: Vec<(u8, Moved)> = divisions
        .into_iter()
        .flat_map(|((tier, _), stood)| {
            let tier = tier_of(tier);
            settle(&plan, tier, stood)
                .into_iter()
                .map(move |moved| (tier, moved))
        })
        .collect();
    let notes = tell(txn, org, &plan.id, &moved).await?;
    write_down(txn, org, due, &moved).await?;
    league_week::Entity::update_many()
        .col_expr(league_week::Column::DueAt, Expr::value(None::<i64>))
        .col_expr(league_week::Column::ClosedAt, Expr::value(now.0))
        .filter(league_week::Column::OrgId.eq(org.0))
        .filter(league_week::Column::League.eq(due.league.clone()))
        .filter(league_week::Column::Monday.eq(due.monday))
        .exec(txn)
        .await?;
    close_until(txn, org, Timestamp(due.ends_at)).await?;
    // By the plan of now; a league that is no more has no further week.
    if let Some(next) = plans.iter().find(|next| next.id == plan.id) {
        let week = begin(txn, org, next, Day(due.monday).plus(7)).await?;
        draw_divisions(txn, org, next, &week, &moved).await?;
    }
    Ok(notes)
}

async fn tell(
    txn: &DatabaseTransaction,
    org: OrgId,
    league: &LeagueId,
    moved: &[(u8, Moved)],
) -> Result<Vec<CommittedNotes>, StoreError> {
    let told = moved.iter().map(|(tier, moved)| Fresh {
        org,
        stream: StreamId::Inbox(moved.user),
        by: None,
        facts: vec![Fact::Inbox(InboxEvent::LeagueMoved {
            league: league.clone(),
            place: moved.place,
            from_tier: *tier,
            to_tier: moved.to_tier,
        })],
    });
    record(txn, told.collect()).await
}

async fn write_down(
    txn: &DatabaseTransaction,
    org: OrgId,
    due: &league_week::Model,
    moved: &[(u8, Moved)],
) -> Result<(), DbErr> {
    let lines: Vec<[Value; 7]> = moved
        .iter()
        .map(|(_, moved)| {
            [
                org.0.into(),
                due.league.clone().into(),
                due.monday.into(),
                moved.user.0.into(),
                i32::try_from(moved.place).unwrap_or(i32::MAX).into(),
                moved.score.into(),
                i32::from(moved.to_tier).into(),
            ]
        })
        .collect();
    rows::apply(txn, &lines, |list| {
        format!(
            "UPDATE division_member AS m \
             SET place = k.column5, score = k.column6, to_tier = k.column7 \
             FROM (VALUES {list}) AS k WHERE m.org_id = k.column1 AND m.league = k.column2 \
             AND m.monday = k.column3 AND m.user_id = k.column4"
        )
    })
    .await
}

/// Who played draws their next division at once; who paused is placed when they come back.
async fn draw_divisions(
    txn: &DatabaseTransaction,
    org: OrgId,
    plan: &LeaguePlan,
    week: &league_week::Model,
    moved: &[(u8, Moved)],
) -> Result<(), DbErr> {
    let mut tiers: BTreeMap<u8, Vec<Paced>> = BTreeMap::new();
    for (_, moved) in moved.iter().filter(|(_, moved)| moved.score > 0) {
        let tier = moved.to_tier.min(top_of(plan));
        tiers.entry(tier).or_default().push(Paced {
            user: moved.user,
            pace: moved.score,
        });
    }
    let (mut made, mut placed) = (vec![], vec![]);
    for (tier, people) in tiers {
        for drawn in draw(people, plan.size) {
            let id = fresh();
            let number = i32::try_from(made.len()).unwrap_or(i32::MAX);
            made.push(division_row(org, week, id, tier, number));
            placed.extend(
                drawn
                    .into_iter()
                    .map(|user| member_row(org, week, user, id, tier)),
            );
        }
    }
    rows::insert::<division::Entity, _>(txn, made, |insert| insert).await?;
    rows::insert::<division_member::Entity, _>(txn, placed, |insert| insert).await
}
