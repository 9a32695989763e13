//! Making a contest, entering it and leaving it.

use ludus_domain::game::account::Account;
use ludus_domain::game::contest::{Ask, Contest, ContestPhase};
use ludus_domain::ids::{CohortId, ContestId, OrgId, TeamId, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;
use ludus_entities::{account, contest, contest_entry};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _, Set,
};

use super::{ContestRow, is_in_cohort, teams_of};
use crate::store::idempotency::{Done, Once};
use crate::store::journal::{Fresh, Performed, perform};
use crate::store::people::Actor;
use crate::store::{Store, StoreError};

/// Contests of an org that are not over. Each is looked at whenever something is due.
const LIVE_MAX: u64 = 500;

impl Store {
    /// Writes a contest down. Nobody is in it.
    pub async fn add_contest(
        &self,
        once: Option<Once>,
        actor: Actor,
        new: ContestRow,
    ) -> Result<Done<ContestRow>, StoreError> {
        let done = self.write_once("add a contest", once, move |txn| {
            Box::pin(async move {
                let live = contest::Entity::find()
                    .filter(contest::Column::OrgId.eq(actor.org.0))
                    .filter(contest::Column::DueAt.is_not_null());
                if live.count(txn).await? >= LIVE_MAX {
                    return Err(Refusal::RateLimited.into());
                }
                let row = active(actor, &new)?;
                contest::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                Ok(new)
            })
        });
        let done = done.await?;
        self.windows_changed();
        Ok(done)
    }

    /// Lets somebody in. Who is in already stays as they are.
    pub async fn enter_contest(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: ContestId,
        code: Option<String>,
        team: Option<TeamId>,
    ) -> Result<Done<()>, StoreError> {
        use contest_entry::Column as C;
        self.act("enter a contest", once, move |txn, sets| {
            Box::pin(async move {
                let row = held(txn, actor.org, id).await?.ok_or(Refusal::NotFound)?;
                let earlier = entry(txn, actor, id).await?;
                // Who comes back comes back to the team they were in.
                let team = match &earlier {
                    Some(earlier) => earlier.team_id.map(TeamId),
                    None => team_for(txn, actor, &row, team).await?,
                };
                let knows_code = row.code.is_some() && row.code == code;
                let ask = Ask::Enter {
                    in_cohort: is_in_cohort(txn, actor.org, row.cohort, actor.user).await?,
                    knows_code: knows_code || earlier.is_some(),
                    in_team: team.is_some(),
                    is_in: earlier.as_ref().is_some_and(|earlier| earlier.present),
                };
                if row.contest.decide(actor.at, ask)?.is_empty() {
                    return Ok(((), Performed::default()));
                }
                let entered = InboxEvent::ContestEntered {
                    contest: id,
                    counts: row.contest.counts(),
                };
                let fresh = vec![told(actor.org, actor.user, Some(actor.user), entered)];
                let performed = perform(txn, &sets, fresh).await?;
                must_count(txn, actor, id).await?;
                let row = contest_entry::ActiveModel {
                    org_id: Set(actor.org.0),
                    contest_id: Set(id.0),
                    user_id: Set(actor.user.0),
                    team_id: Set(team.map(|team| team.0)),
                    present: Set(true),
                    entered_at: Set(actor.at.0),
                    place: Set(None),
                    score: Set(None),
                    reached_at: Set(None),
                };
                contest_entry::Entity::insert(row)
                    .on_conflict(
                        OnConflict::columns([C::OrgId, C::ContestId, C::UserId])
                            .update_column(C::Present)
                            .to_owned(),
                    )
                    .exec_without_returning(txn)
                    .await?;
                count(txn, actor.org, id, 1).await?;
                Ok(((), performed))
            })
        })
        .await
    }

    /// Lets somebody out. What they had is kept, should they come back.
    pub async fn leave_contest(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: ContestId,
    ) -> Result<Done<()>, StoreError> {
        self.act("leave a contest", once, move |txn, sets| {
            Box::pin(async move {
                let row = held(txn, actor.org, id).await?.ok_or(Refusal::NotFound)?;
                let earlier = entry(txn, actor, id).await?;
                let is_in = earlier.is_some_and(|earlier| earlier.present);
                if row
                    .contest
                    .decide(actor.at, Ask::Leave { is_in })?
                    .is_empty()
                {
                    return Ok(((), Performed::default()));
                }
                let left = InboxEvent::ContestLeft { contest: id };
                let fresh = vec![told(actor.org, actor.user, Some(actor.user), left)];
                let performed = perform(txn, &sets, fresh).await?;
                contest_entry::Entity::update_many()
                    .col_expr(contest_entry::Column::Present, Expr::value(false))
                    .filter(contest_entry::Column::OrgId.eq(actor.org.0))
                    .filter(contest_entry::Column::ContestId.eq(id.0))
                    .filter(contest_entry::Column::UserId.eq(actor.user.0))
                    .exec(txn)
                    .await?;
                count(txn, actor.org, id, -1).await?;
                Ok(((), performed))
            })
        })
        .await
    }
}

pub(super) fn told(org: OrgId, owner: UserId, by: Option<UserId>, event: InboxEvent) -> Fresh {
    Fresh {
        org,
        stream: StreamId::Inbox(owner),
        by,
        facts: vec![Fact::Inbox(event)],
    }
}

/// Locks a contest for a change of it. Take it before the org's game and everything after.
pub(super) async fn held(
    txn: &DatabaseTransaction,
    org: OrgId,
    id: ContestId,
) -> Result<Option<ContestRow>, DbErr> {
    let found = contest::Entity::find_by_id((org.0, id.0))
        .lock_exclusive()
        .one(txn)
        .await?;
    found.as_ref().map(ContestRow::of).transpose()
}

/// Writes down what became of a contest.
pub(super) async fn save(
    txn: &DatabaseTransaction,
    org: OrgId,
    id: ContestId,
    contest: &Contest,
) -> Result<(), DbErr> {
    use contest::Column as C;
    contest::Entity::update_many()
        .col_expr(C::Phase, Expr::value(contest.phase.as_str()))
        .col_expr(C::EndsAt, Expr::value(contest.ends_at.0))
        .col_expr(C::DueAt, Expr::value(contest.due_at().map(|due| due.0)))
        .filter(C::OrgId.eq(org.0))
        .filter(C::Id.eq(id.0))
        .exec(txn)
        .await?;
    Ok(())
}

fn active(actor: Actor, new: &ContestRow) -> Result<contest::ActiveModel, DbErr> {
    let contest = &new.contest;
    debug_assert_eq!(contest.phase, ContestPhase::Planned);
    Ok(contest::ActiveModel {
        org_id: Set(actor.org.0),
        id: Set(new.id.0),
        plan: Set(serde_json::to_vec(&contest.plan).map_err(|e| DbErr::Json(e.to_string()))?),
        title: Set(contest.plan.title.clone()),
        phase: Set(contest.phase.as_str().to_owned()),
        opens_at: Set(contest.opens_at.0),
        starts_at: Set(contest.starts_at.0),
        ends_at: Set(contest.ends_at.0),
        due_at: Set(contest.due_at().map(|due| due.0)),
        cohort_id: Set(new.cohort.map(|cohort| cohort.0)),
        code: Set(new.code.clone()),
        entrants: Set(0),
        created_by: Set(new.created_by.0),
        created_at: Set(actor.at.0),
    })
}

async fn entry(
    txn: &DatabaseTransaction,
    actor: Actor,
    id: ContestId,
) -> Result<Option<contest_entry::Model>, DbErr> {
    let key = (actor.org.0, id.0, actor.user.0);
    contest_entry::Entity::find_by_id(key).one(txn).await
}

/// The team somebody plays for: the one they name, if they are in it; else the only one they could.
async fn team_for(
    txn: &DatabaseTransaction,
    actor: Actor,
    row: &ContestRow,
    named: Option<TeamId>,
) -> Result<Option<TeamId>, DbErr> {
    if row.contest.plan.teams.is_none() {
        return Ok(None);
    }
    let mut teams = teams_of(txn, actor.org, actor.user).await?;
    if let Some(cohort) = row.cohort {
        teams.retain(|_, its: &mut CohortId| *its == cohort);
    }
    Ok(match named {
        Some(named) => teams.contains_key(&named).then_some(named),
        None if teams.len() == 1 => teams.into_keys().next(),
        None => None,
    })
}

/// Refuses where the account did not take the contest in: it has room for so many, and takes none
/// that is over by its own time.
async fn must_count(
    txn: &DatabaseTransaction,
    actor: Actor,
    id: ContestId,
) -> Result<(), StoreError> {
    let key = (actor.org.0, actor.user.0);
    let row = account::Entity::find_by_id(key).one(txn).await?;
    let Some(row) = row.filter(|row| !row.state.is_empty()) else {
        return Err(Refusal::ContestClosed.into());
    };
    let account: Account =
        serde_json::from_slice(&row.state).map_err(|error| DbErr::Json(error.to_string()))?;
    if account.is_in(id) {
        Ok(())
    } else if account.may_enter(actor.at) {
        Err(Refusal::ContestClosed.into())
    } else {
        Err(Refusal::TooManyContests.into())
    }
}

async fn count(txn: &DatabaseTransaction, org: OrgId, id: ContestId, by: i32) -> Result<(), DbErr> {
    use sea_orm::sea_query::ExprTrait as _;
    let entrants = Expr::col(contest::Column::Entrants).add(by);
    contest::Entity::update_many()
        .col_expr(contest::Column::Entrants, entrants)
        .filter(contest::Column::OrgId.eq(org.0))
        .filter(contest::Column::Id.eq(id.0))
        .exec(txn)
        .await?;
    Ok(())
}
