//! What people do for the game outside of rooms: each is an event of an inbox first, and a deed by it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use ludus_domain::audit::AuditAct;
use ludus_domain::game::calendar::Zone;
use ludus_domain::game::deed::ScoreOp;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::slug::{MetricId, PointKind};
use ludus_domain::stream::StreamId;
use ludus_entities::{account, board_choice, cohort_member, game, kudos, member, org, user};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, Set,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::sets::Sets;
use crate::store::idempotency::{Done, Once};
use crate::store::journal::{Fresh, Performed, perform};
use crate::store::people::{Actor, find};
use crate::store::{Store, StoreError, TxnFuture, audit};

/// A value that another program reports of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    pub user: UserId,
    pub metric: MetricId,
    pub op: ScoreOp,
    pub value: i64,
}

/// How somebody wants to stand on boards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardChoice {
    /// Stands on no board but for themselves and coaches.
    pub hidden: bool,
    /// Shown to others instead of the name.
    pub nickname: Option<String>,
}

impl Store {
    /// [`Store::write_once`] for what goes through [`perform`]: who listens is told of it after the commit.
    pub(crate) async fn act<T, F>(
        &self,
        label: &'static str,
        once: Option<Once>,
        work: F,
    ) -> Result<Done<T>, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction, Arc<Sets>) -> TxnFuture<'t, (T, Performed)>
            + Send
            + 'static,
    {
        let told = Arc::new(Mutex::new(Performed::default()));
        let (sets, slot) = (Arc::clone(self.sets()), Arc::clone(&told));
        let done = self
            .write_once(label, once, move |txn| {
                let working = work(txn, sets);
                Box::pin(async move {
                    let (value, performed) = working.await?;
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = performed;
                    Ok(value)
                })
            })
            .await?;
        let told = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
        // Nothing was performed where the answer was an old one.
        self.announce_performed(told);
        Ok(done)
    }

    /// Thanks somebody, so often a day and each once. Learners thank those they share a room or a
    /// cohort with; others do not exist, as far as they are told.
    pub(crate) async fn give_kudos(
        &self,
        once: Option<Once>,
        actor: Actor,
        to: UserId,
        a_day: u32,
    ) -> Result<Done<()>, StoreError> {
        if actor.user == to {
            return Err(Refusal::FieldInvalid.into());
        }
        self.act("give kudos", once, move |txn, sets| {
            Box::pin(async move {
                let there = find(txn, actor.org, to).await?;
                there
                    .filter(|user| user.disabled_at.is_none())
                    .ok_or(Refusal::NotFound)?;
                if actor.role < Role::Coach && !share_something(txn, actor, to).await? {
                    return Err(Refusal::NotFound.into());
                }
                let facts = [
                    (actor.user, InboxEvent::KudosSent { to }),
                    (to, InboxEvent::KudosReceived { from: actor.user }),
                ];
                let fresh = facts.map(|(user, event)| told(actor.org, user, actor.user, event));
                // Holds the sender's account: no two of theirs are counted at once.
                let performed = perform(txn, &sets, fresh.to_vec()).await?;
                let day = zone_of(txn, actor.org).await?.day(crate::store::now()).0;
                let row = kudos::ActiveModel {
                    org_id: Set(actor.org.0),
                    sender: Set(actor.user.0),
                    day: Set(day),
                    receiver: Set(to.0),
                    at: Set(actor.at.0),
                };
                let thanked = kudos::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await
                    .map_err(StoreError::from);
                if let Err(error) = thanked {
                    return Err(if error.is_taken() {
                        Refusal::RateLimited.into()
                    } else {
                        error
                    });
                }
                let today = kudos::Entity::find()
                    .filter(kudos::Column::OrgId.eq(actor.org.0))
                    .filter(kudos::Column::Sender.eq(actor.user.0))
                    .filter(kudos::Column::Day.eq(day))
                    .count(txn)
                    .await?;
                if today > u64::from(a_day) {
                    return Err(Refusal::RateLimited.into());
                }
                Ok(((), performed))
            })
        })
        .await
    }

    /// Takes in what another program measured: all of it, or nothing. A coach reports of the
    /// learners they lead, an admin of everybody.
    pub(crate) async fn import_scores(
        &self,
        once: Option<Once>,
        actor: Actor,
        scores: Vec<Score>,
    ) -> Result<Done<u32>, StoreError> {
        self.act("import scores", once, move |txn, sets| {
            Box::pin(async move {
                let people: BTreeSet<UserId> = scores.iter().map(|score| score.user).collect();
                must_know(txn, actor, &people).await?;
                let count = u32::try_from(scores.len()).unwrap_or(u32::MAX);
                let mut fresh: BTreeMap<UserId, Fresh> = BTreeMap::new();
                for Score {
                    user,
                    metric,
                    op,
                    value,
                } in scores
                {
                    let event = InboxEvent::Scored { metric, op, value };
                    let one = told(actor.org, user, actor.user, event);
                    match fresh.get_mut(&user) {
                        Some(there) => there.facts.extend(one.facts),
                        None => {
                            fresh.insert(user, one);
                        }
                    }
                }
                let fresh = fresh.into_values().collect();
                let performed = perform(txn, &sets, fresh).await?;
                Ok((count, performed))
            })
        })
        .await
    }

    /// Gives or takes points by hand. The reason stands in the inbox; the ledger has the line.
    pub(crate) async fn adjust(
        &self,
        once: Option<Once>,
        actor: Actor,
        user: UserId,
        points: PointKind,
        by: i64,
        says: String,
    ) -> Result<Done<()>, StoreError> {
        self.act("adjust points", once, move |txn, sets| {
            Box::pin(async move {
                must_know(txn, actor, &BTreeSet::from([user])).await?;
                let row = game::Entity::find_by_id(actor.org.0)
                    .one(txn)
                    .await?
                    .ok_or(Refusal::NotFound)?;
                let rules = sets.get(txn, actor.org, &row.rule_set).await?;
                let set = rules.set();
                let is_known =
                    set.levels.kind == points || set.rules.iter().any(|rule| rule.kind == points);
                if !is_known {
                    return Err(Refusal::FieldInvalid.into());
                }
                let what = format!("{by:+} {points}");
                let act = AuditAct::PointsAdjusted;
                audit::note(txn, actor.entry(), act, Some(user), &what).await?;
                let event = InboxEvent::Adjusted { points, by, says };
                let fresh = vec![told(actor.org, user, actor.user, event)];
                Ok(((), perform(txn, &sets, fresh).await?))
            })
        })
        .await
    }

    /// Sets whose midnight somebody's days begin at. Saying the same again changes nothing.
    pub(crate) async fn set_zone(&self, actor: Actor, zone: Zone) -> Result<(), StoreError> {
        let done = self.act("set a time zone", None, move |txn, sets| {
            Box::pin(async move {
                let key = (actor.org.0, actor.user.0);
                let row = account::Entity::find_by_id(key).one(txn).await?;
                let account: Option<ludus_domain::game::account::Account> = row
                    .filter(|row| !row.state.is_empty())
                    .map(|row| serde_json::from_slice(&row.state))
                    .transpose()
                    .map_err(|error| DbErr::Json(error.to_string()))?;
                if account.is_some_and(|account| account.zone() == Some(&zone)) {
                    return Ok(((), Performed::default()));
                }
                let event = InboxEvent::ZoneChanged { zone };
                let fresh = vec![told(actor.org, actor.user, actor.user, event)];
                Ok(((), perform(txn, &sets, fresh).await?))
            })
        });
        done.await.map(|_| ())
    }

    /// Sets how somebody stands on boards. Nobody takes another's name there.
    pub(crate) async fn choose_boards(
        &self,
        actor: Actor,
        choice: BoardChoice,
    ) -> Result<(), StoreError> {
        use board_choice::Column as C;
        self.write("choose boards", move |txn| {
            Box::pin(async move {
                if let Some(nickname) = &choice.nickname {
                    let name = Func::lower(Expr::col(user::Column::Name));
                    let theirs = user::Entity::find()
                        .filter(user::Column::OrgId.eq(actor.org.0))
                        .filter(user::Column::Id.ne(actor.user.0))
                        .filter(Expr::expr(name).eq(nickname.to_lowercase()))
                        .count(txn)
                        .await?;
                    if theirs > 0 {
                        return Err(Refusal::FieldInvalid.into());
                    }
                }
                let row = board_choice::ActiveModel {
                    org_id: Set(actor.org.0),
                    user_id: Set(actor.user.0),
                    hidden: Set(choice.hidden),
                    nickname: Set(choice.nickname),
                    changed_at: Set(actor.at.0),
                };
                board_choice::Entity::insert(row)
                    .on_conflict(
                        OnConflict::columns([C::OrgId, C::UserId])
                            .update_columns([C::Hidden, C::Nickname, C::ChangedAt])
                            .to_owned(),
                    )
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn board_choice(
        &self,
        org: OrgId,
        user: UserId,
    ) -> Result<BoardChoice, StoreError> {
        self.read("board choice", move |db| {
            Box::pin(async move {
                let row = board_choice::Entity::find_by_id((org.0, user.0))
                    .one(db)
                    .await?;
                Ok(row.map_or_else(BoardChoice::default, |row| BoardChoice {
                    hidden: row.hidden,
                    nickname: row.nickname,
                }))
            })
        })
        .await
    }
}

fn told(org: OrgId, owner: UserId, by: UserId, event: InboxEvent) -> Fresh {
    Fresh {
        org,
        stream: StreamId::Inbox(owner),
        by: Some(by),
        facts: vec![Fact::Inbox(event)],
    }
}

pub(super) async fn zone_of(txn: &DatabaseTransaction, org: OrgId) -> Result<Zone, StoreError> {
    let row = org::Entity::find_by_id(org.0).one(txn).await?;
    let zone = row.and_then(|org| org.time_zone.parse().ok());
    Ok(zone.unwrap_or_else(Zone::utc))
}

/// Whether two people are in one room, or in one cohort.
async fn share_something(
    txn: &DatabaseTransaction,
    actor: Actor,
    other: UserId,
) -> Result<bool, StoreError> {
    let mine = Query::select()
        .column(cohort_member::Column::CohortId)
        .from(cohort_member::Entity)
        .and_where(cohort_member::Column::OrgId.eq(actor.org.0))
        .and_where(cohort_member::Column::UserId.eq(actor.user.0))
        .to_owned();
    let cohorts = cohort_member::Entity::find()
        .filter(cohort_member::Column::OrgId.eq(actor.org.0))
        .filter(cohort_member::Column::UserId.eq(other.0))
        .filter(cohort_member::Column::CohortId.in_subquery(mine))
        .count(txn)
        .await?;
    if cohorts > 0 {
        return Ok(true);
    }
    let mine = Query::select()
        .column(member::Column::RoomId)
        .from(member::Entity)
        .and_where(member::Column::OrgId.eq(actor.org.0))
        .and_where(member::Column::UserId.eq(actor.user.0))
        .to_owned();
    let rooms = member::Entity::find()
        .filter(member::Column::OrgId.eq(actor.org.0))
        .filter(member::Column::UserId.eq(other.0))
        .filter(member::Column::RoomId.in_subquery(mine))
        .count(txn)
        .await?;
    Ok(rooms > 0)
}

/// Refuses unless all of these are people of the org whose game somebody manages: admins that of
/// everybody but themselves, coaches that of the learners they lead.
async fn must_know(
    txn: &DatabaseTransaction,
    actor: Actor,
    people: &BTreeSet<UserId>,
) -> Result<(), StoreError> {
    if people.contains(&actor.user) {
        return Err(Refusal::Forbidden.into());
    }
    let ids = people.iter().map(|user| user.0);
    let mut found = user::Entity::find()
        .filter(user::Column::OrgId.eq(actor.org.0))
        .filter(user::Column::Id.is_in(ids));
    if actor.role < Role::Admin {
        let led = crate::store::cohorts::learners_of(actor.org, actor.user);
        found = found.filter(user::Column::Id.in_subquery(led));
    }
    if found.count(txn).await? != people.len() as u64 {
        return Err(Refusal::NotFound.into());
    }
    Ok(())
}
