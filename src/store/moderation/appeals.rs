//! Appeals: one text of whom it concerns against one thing that was done, and one answer.

use std::collections::HashMap;

use ludus_domain::ids::{ActId, UserId};
use ludus_domain::journal::InboxEvent;
use ludus_domain::moderation::Measure;
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{moderation_act, moderation_appeal};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};

use super::{Act, Found, Looker, act_of, names};
use crate::store::idempotency::{Done, Once};
use crate::store::people::Actor;
use crate::store::{Store, StoreError, facts};

/// What somebody is shown of what was done about them.
const OWN_MAX: u64 = 100;
/// Acts that are read to find those one may appeal against.
const OWN_READ_MAX: u64 = 400;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Appeal {
    pub(crate) act: ActId,
    pub(crate) by: UserId,
    pub(crate) says: String,
    pub(crate) at: Timestamp,
    pub(crate) answer: Option<Answered>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) granted: bool,
    pub(crate) says: String,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

impl Store {
    /// What was done about somebody that they may appeal against, latest first.
    pub(crate) async fn own_acts(
        &self,
        actor: Actor,
    ) -> Result<Vec<(Act, Option<Appeal>)>, StoreError> {
        use moderation_act::Column as C;
        self.read("what was done about somebody", move |db| {
            Box::pin(async move {
                let rows = moderation_act::Entity::find()
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::UserId.eq(actor.user.0))
                    .order_by_desc(C::Id)
                    .limit(OWN_READ_MAX)
                    .all(db)
                    .await?;
                let acts: Vec<Act> = rows
                    .iter()
                    .filter_map(act_of)
                    .filter(|act| act.measure.may_be_appealed() && act.by != actor.user)
                    .take(usize::try_from(OWN_MAX).unwrap_or(usize::MAX))
                    .collect();
                let appeals = moderation_appeal::Entity::find()
                    .filter(moderation_appeal::Column::OrgId.eq(actor.org.0))
                    .filter(moderation_appeal::Column::ActId.is_in(acts.iter().map(|act| act.id.0)))
                    .all(db)
                    .await?;
                let mut appeals: HashMap<ActId, Appeal> = appeals
                    .into_iter()
                    .map(|row| (ActId(row.act_id), appeal_of(row)))
                    .collect();
                let paired = acts.into_iter().map(|act| {
                    let appeal = appeals.remove(&act.id);
                    (act, appeal)
                });
                Ok(paired.collect())
            })
        })
        .await
    }

    /// By what somebody was shut out last, and what they said against it.
    pub(crate) async fn shut_out(
        &self,
        actor: Actor,
    ) -> Result<Option<(Act, Option<Appeal>)>, StoreError> {
        use moderation_act::Column as C;
        self.read("by what somebody was shut out", move |db| {
            Box::pin(async move {
                let row = moderation_act::Entity::find()
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::UserId.eq(actor.user.0))
                    .filter(C::Measure.eq(Measure::ShutOut.as_str()))
                    .order_by_desc(C::Id)
                    .one(db)
                    .await?;
                let Some(act) = row.as_ref().and_then(act_of) else {
                    return Ok(None);
                };
                let key = (actor.org.0, act.id.0);
                let appeal = moderation_appeal::Entity::find_by_id(key).one(db).await?;
                Ok(Some((act, appeal.map(appeal_of))))
            })
        })
        .await
    }

    pub(crate) async fn appeal(
        &self,
        once: Option<Once>,
        actor: Actor,
        id: ActId,
        says: String,
    ) -> Result<Done<Appeal>, StoreError> {
        self.write_once("appeal", once, move |txn| {
            Box::pin(async move {
                let key = (actor.org.0, id.0);
                let row = moderation_act::Entity::find_by_id(key).one(txn).await?;
                let act = row.as_ref().and_then(act_of);
                let own = act.filter(|act| act.user == Some(actor.user) && act.by != actor.user);
                let own = own.filter(|act| act.measure.may_be_appealed());
                own.ok_or(Refusal::NotFound)?;
                let there = moderation_appeal::Entity::find_by_id(key).one(txn).await?;
                if there.is_some() {
                    return Err(Refusal::AppealMade.into());
                }
                let row = moderation_appeal::ActiveModel {
                    org_id: Set(actor.org.0),
                    act_id: Set(id.0),
                    user_id: Set(actor.user.0),
                    says: Set(says.clone()),
                    at: Set(actor.at.0),
                    answer: Set(None),
                    granted: Set(None),
                    answered_by: Set(None),
                    answered_at: Set(None),
                };
                let inserted = moderation_appeal::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await;
                inserted.map_err(|error| taken(error.into()))?;
                Ok(Appeal {
                    act: id,
                    by: actor.user,
                    says,
                    at: actor.at,
                    answer: None,
                })
            })
        })
        .await
    }

    /// Appeals against what was done in rooms in which one keeps order, oldest first; `open`: those
    /// that nobody has answered.
    pub(crate) async fn appeals_page(
        &self,
        looker: Looker,
        open: bool,
        after: Option<(Timestamp, ActId)>,
        limit: u64,
    ) -> Result<Found<(Act, Appeal), (Timestamp, ActId)>, StoreError> {
        use moderation_appeal::Column as C;
        use sea_orm::sea_query::ExprTrait as _;
        self.read("appeals", move |db| {
            Box::pin(async move {
                let org = looker.actor.org;
                let mut found = moderation_appeal::Entity::find().filter(C::OrgId.eq(org.0));
                if open {
                    found = found.filter(C::AnsweredAt.is_null());
                }
                if let Some((at, id)) = after {
                    let there = Expr::tuple([Expr::value(at.0), Expr::value(id.0)]);
                    found = found
                        .filter(Expr::tuple([Expr::col(C::At), Expr::col(C::ActId)]).gt(there));
                }
                let rows = found
                    .order_by_asc(C::At)
                    .order_by_asc(C::ActId)
                    .limit(limit)
                    .all(db)
                    .await?;
                let is_full = u64::try_from(rows.len()).unwrap_or(u64::MAX) >= limit;
                let last = rows.last().filter(|_| is_full);
                let next = last.map(|row| (Timestamp(row.at), ActId(row.act_id)));
                let mut items = vec![];
                for row in rows {
                    let act = moderation_act::Entity::find_by_id((org.0, row.act_id))
                        .one(db)
                        .await?;
                    let Some(act) = act.as_ref().and_then(act_of) else {
                        continue;
                    };
                    match looker.must_keep(db, act.room).await {
                        Ok(()) => items.push((act, appeal_of(row))),
                        Err(StoreError::Refused(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                let people = items.iter().flat_map(|(act, appeal)| {
                    let answered = appeal.answer.as_ref().map(|answer| answer.by);
                    [appeal.by, act.by].into_iter().chain(answered)
                });
                let names = names(db, org, people).await?;
                Ok(Found { items, next, names })
            })
        })
        .await
    }

    /// The appeal against an act, where nobody has answered it.
    pub(crate) async fn open_appeal(&self, actor: Actor, id: ActId) -> Result<Appeal, StoreError> {
        self.read("an appeal", move |db| {
            Box::pin(async move {
                let row = moderation_appeal::Entity::find_by_id((actor.org.0, id.0))
                    .one(db)
                    .await?;
                let appeal = appeal_of(row.ok_or(Refusal::NotFound)?);
                match appeal.answer {
                    None => Ok(appeal),
                    Some(_) => Err(Refusal::CaseDecided.into()),
                }
            })
        })
        .await
    }

    pub(crate) async fn answer_appeal(
        &self,
        looker: Looker,
        id: ActId,
        granted: bool,
        says: String,
    ) -> Result<(Appeal, StreamId), StoreError> {
        use moderation_appeal::Column as C;
        self.write("answer an appeal", move |txn| {
            Box::pin(async move {
                let actor = looker.actor;
                let key = (actor.org.0, id.0);
                let row = moderation_appeal::Entity::find_by_id(key)
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let mut appeal = appeal_of(row.ok_or(Refusal::NotFound)?);
                let act = moderation_act::Entity::find_by_id(key).one(txn).await?;
                let act = act.as_ref().and_then(act_of).ok_or(Refusal::NotFound)?;
                looker.must_keep(txn, act.room).await?;
                if appeal.answer.is_some() {
                    return Err(Refusal::CaseDecided.into());
                }
                moderation_appeal::Entity::update_many()
                    .col_expr(C::Answer, Expr::value(says.clone()))
                    .col_expr(C::Granted, Expr::value(granted))
                    .col_expr(C::AnsweredBy, Expr::value(actor.user.0))
                    .col_expr(C::AnsweredAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::ActId.eq(id.0))
                    .exec(txn)
                    .await?;
                let event = InboxEvent::AppealAnswered { act: id, granted };
                facts::note(txn, actor.entry(), appeal.by, event).await?;
                appeal.answer = Some(Answered {
                    granted,
                    says,
                    by: actor.user,
                    at: actor.at,
                });
                let inbox = StreamId::Inbox(appeal.by);
                Ok((appeal, inbox))
            })
        })
        .await
    }
}

fn taken(error: StoreError) -> StoreError {
    if error.is_taken() {
        Refusal::AppealMade.into()
    } else {
        error
    }
}

fn appeal_of(row: moderation_appeal::Model) -> Appeal {
    let answer = match (row.granted, row.answered_by, row.answered_at) {
        (Some(granted), Some(by), Some(at)) => Some(Answered {
            granted,
            says: row.answer.unwrap_or_default(),
            by: UserId(by),
            at: Timestamp(at),
        }),
        _ => None,
    };
    Appeal {
        act: ActId(row.act_id),
        by: UserId(row.user_id),
        says: row.says,
        at: Timestamp(row.at),
        answer,
    }
}
