//! Rooms that people of a larger one were sent to, and until when.

use std::collections::BTreeMap;

use ludus_domain::ids::{OrgId, RoomId, TeamId, UserId};
use ludus_domain::role::Role;
use ludus_domain::time::Timestamp;
use ludus_entities::{breakout, cohort_member, user};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use super::people::{self, Actor, User};
use super::{Store, StoreError};

/// Break-outs one look brings back. The next look has the others.
const DUE_MAX: u64 = 50;

/// A room of a break-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Breakout {
    pub(crate) room: RoomId,
    pub(crate) parent: RoomId,
}

impl Store {
    /// Who of these may be sent somewhere, with their team: coaches stay where they are.
    pub(crate) async fn splittable(
        &self,
        org: OrgId,
        users: Vec<UserId>,
    ) -> Result<BTreeMap<UserId, Option<TeamId>>, StoreError> {
        self.read("who can be sent", move |db| {
            Box::pin(async move {
                let ids: Vec<uuid::Uuid> = users.iter().map(|user| user.0).collect();
                let rows = user::Entity::find()
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.is_in(ids.iter().copied()))
                    .all(db)
                    .await?;
                let mut found = BTreeMap::new();
                for row in rows {
                    let user = people::user_of(row)?;
                    if user.role < Role::Coach {
                        found.insert(user.id, None);
                    }
                }
                let seats = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(org.0))
                    .filter(cohort_member::Column::UserId.is_in(ids))
                    .filter(cohort_member::Column::TeamId.is_not_null())
                    .order_by_asc(cohort_member::Column::AddedAt)
                    .all(db)
                    .await?;
                for seat in seats {
                    if let Some(team) = found.get_mut(&UserId(seat.user_id)) {
                        *team = team.or(seat.team_id.map(TeamId));
                    }
                }
                Ok(found)
            })
        })
        .await
    }

    pub(crate) async fn add_breakout(
        &self,
        actor: Actor,
        room: RoomId,
        parent: RoomId,
        ends_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        use breakout::Column as C;
        self.write("note a break-out", move |txn| {
            Box::pin(async move {
                let row = breakout::ActiveModel {
                    org_id: Set(actor.org.0),
                    room_id: Set(room.0),
                    parent_id: Set(parent.0),
                    created_by: Set(actor.user.0),
                    ends_at: Set(ends_at.map(|at| at.0)),
                    is_over: Set(false),
                };
                // Asked again it is the same one.
                let there = OnConflict::columns([C::OrgId, C::RoomId])
                    .do_nothing()
                    .to_owned();
                breakout::Entity::insert(row)
                    .on_conflict(there)
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Break-outs of a room that are not over.
    pub(crate) async fn breakouts(
        &self,
        org: OrgId,
        parent: RoomId,
    ) -> Result<Vec<Breakout>, StoreError> {
        use breakout::Column as C;
        self.read("break-outs", move |db| {
            Box::pin(async move {
                let rows = breakout::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::ParentId.eq(parent.0))
                    .filter(C::IsOver.eq(false))
                    .all(db)
                    .await?;
                Ok(rows.iter().map(breakout_of).collect())
            })
        })
        .await
    }

    /// Break-outs whose time is up, with whoever began them.
    pub(crate) async fn due_breakouts(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(OrgId, Breakout, User)>, StoreError> {
        use breakout::Column as C;
        self.read("due break-outs", move |db| {
            Box::pin(async move {
                let rows = breakout::Entity::find()
                    .filter(C::EndsAt.lte(now.0))
                    .filter(C::IsOver.eq(false))
                    .order_by_asc(C::EndsAt)
                    .limit(DUE_MAX)
                    .all(db)
                    .await?;
                let mut due = vec![];
                for row in rows {
                    let org = OrgId(row.org_id);
                    let found = people::find(db, org, UserId(row.created_by)).await?;
                    if let Some(user) = found.map(people::user_of).transpose()? {
                        due.push((org, breakout_of(&row), user));
                    }
                }
                Ok(due)
            })
        })
        .await
    }

    pub(crate) async fn end_breakout(&self, org: OrgId, room: RoomId) -> Result<(), StoreError> {
        use breakout::Column as C;
        self.write("end a break-out", move |txn| {
            Box::pin(async move {
                breakout::Entity::update_many()
                    .col_expr(C::IsOver, Expr::value(true))
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::RoomId.eq(room.0))
                    .exec(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

fn breakout_of(row: &breakout::Model) -> Breakout {
    Breakout {
        room: RoomId(row.room_id),
        parent: RoomId(row.parent_id),
    }
}
