//! What coaches look at and do about lines and people: cases, reports, acts and appeals. Cases and acts
//! are written in the transaction of the event they come from ([`step`]); what is decided about them
//! is written here.

pub(crate) mod appeals;
mod books;
mod texts;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use ludus_domain::ids::{ActId, CaseId, OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{InboxEvent, Kept};
use ludus_domain::moderation::{CaseAct, CaseSource, CaseState, Measure, ReportReason};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::Room;
use ludus_domain::roster::Roster;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{hidden_line, moderation_act, moderation_case, moderation_report, room};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};

pub(super) use self::books::{Moderation, keep, step};
use super::cohorts::learners_of;
use super::idempotency::{Done, Once};
use super::journal::seq_of;
use super::people::Actor;
use super::rooms::rooms_of;
use super::{Store, StoreError, facts};

/// Reports of one line that are shown. More say the same.
const REPORTS_MAX: u64 = 50;

/// A line in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) id: CaseId,
    pub(crate) room: RoomId,
    pub(crate) room_title: String,
    pub(crate) line: Seq,
    pub(crate) author: Option<UserId>,
    pub(crate) source: CaseSource,
    pub(crate) state: CaseState,
    pub(crate) opened_at: Timestamp,
    pub(crate) decided_by: Option<UserId>,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) is_hidden: bool,
    /// As it was said, and as it was changed last, also where it was taken back.
    pub(crate) text: String,
    pub(crate) reports: Vec<Report>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) by: UserId,
    pub(crate) reason: ReportReason,
    pub(crate) note: Option<String>,
    pub(crate) at: Timestamp,
}

/// Something that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Act {
    pub(crate) id: ActId,
    pub(crate) measure: Measure,
    pub(crate) room: Option<RoomId>,
    pub(crate) line: Option<Seq>,
    pub(crate) user: Option<UserId>,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

/// A page of a list, of what the reader may see of it.
#[derive(Clone, Debug)]
pub(crate) struct Found<T, K> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<K>,
    pub(crate) names: HashMap<UserId, String>,
}

/// Who asks, and whom they look after.
#[derive(Clone, Debug)]
pub(crate) struct Looker {
    pub(crate) actor: Actor,
    pub(crate) roster: Arc<Roster>,
}

impl Looker {
    /// Whether they keep order in a room.
    fn keeps_order_in(&self, state: &Room) -> bool {
        self.roster.role_in(state, self.actor.viewer()) >= Role::Coach
    }

    /// The room, where they keep order in it.
    pub(super) async fn room(
        &self,
        db: &impl ConnectionTrait,
        id: RoomId,
    ) -> Result<(String, Room), StoreError> {
        let row = room::Entity::find_by_id((self.actor.org.0, id.0))
            .one(db)
            .await?;
        let row = row.ok_or(Refusal::NotFound)?;
        let state: Room =
            serde_json::from_slice(&row.state).map_err(|error| DbErr::Json(error.to_string()))?;
        if self.keeps_order_in(&state) {
            Ok((row.title, state))
        } else {
            Err(Refusal::NotFound.into())
        }
    }

    /// Whether one keeps order where something was done: in the room, or in the org as a whole.
    async fn must_keep(
        &self,
        db: &impl ConnectionTrait,
        place: Option<RoomId>,
    ) -> Result<(), StoreError> {
        match place {
            Some(room) => self.room(db, room).await.map(|_| ()),
            None if self.actor.role >= Role::Admin => Ok(()),
            None => Err(Refusal::NotFound.into()),
        }
    }

    async fn sees(
        &self,
        db: &impl ConnectionTrait,
        id: RoomId,
    ) -> Result<Option<String>, StoreError> {
        match self.room(db, id).await {
            Ok((title, _)) => Ok(Some(title)),
            Err(StoreError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Store {
    /// Cases of rooms in which one keeps order, latest first. Fewer than `limit` may come back although
    /// there are more.
    pub(crate) async fn cases_page(
        &self,
        looker: Looker,
        state: Option<CaseState>,
        before: Option<CaseId>,
        limit: u64,
    ) -> Result<Found<Case, CaseId>, StoreError> {
        use moderation_case::Column as C;
        self.read("cases", move |db| {
            Box::pin(async move {
                let actor = looker.actor;
                let mut found = moderation_case::Entity::find().filter(C::OrgId.eq(actor.org.0));
                if actor.role < Role::Admin {
                    let any = Condition::any()
                        .add(C::RoomId.in_subquery(rooms_of(db, actor).await?))
                        // Who was removed has no seat any more.
                        .add(C::AuthorId.in_subquery(learners_of(actor.org, actor.user)));
                    found = found.filter(any);
                }
                if let Some(state) = state {
                    found = found.filter(C::State.eq(state.as_str()));
                }
                if let Some(before) = before {
                    found = found.filter(C::Id.lt(before.0));
                }
                let rows = found.order_by_desc(C::Id).limit(limit).all(db).await?;
                let is_full = u64::try_from(rows.len()).unwrap_or(u64::MAX) >= limit;
                let next = rows.last().filter(|_| is_full).map(|row| CaseId(row.id));
                let mut titles: HashMap<RoomId, Option<String>> = HashMap::new();
                let mut items = vec![];
                for row in rows {
                    let id = RoomId(row.room_id);
                    let title = match titles.entry(id) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(unknown) => unknown.insert(looker.sees(db, id).await?),
                    };
                    if let Some(title) = title {
                        items.push(case_of(db, row, title.clone()).await?);
                    }
                }
                let names = names(db, actor.org, items.iter().flat_map(people_of)).await?;
                Ok(Found { items, next, names })
            })
        })
        .await
    }

    pub(crate) async fn case(
        &self,
        looker: Looker,
        id: CaseId,
    ) -> Result<(Case, HashMap<UserId, String>), StoreError> {
        self.read("a case", move |db| {
            Box::pin(async move {
                let org = looker.actor.org;
                let row = moderation_case::Entity::find_by_id((org.0, id.0))
                    .one(db)
                    .await?;
                let row = row.ok_or(Refusal::NotFound)?;
                let (title, _) = looker.room(db, RoomId(row.room_id)).await?;
                let case = case_of(db, row, title).await?;
                let names = names(db, org, people_of(&case)).await?;
                Ok((case, names))
            })
        })
        .await
    }

    /// Decides a case, or opens it again; whoever reported the line is told.
    pub(crate) async fn decide_case(
        &self,
        once: Option<Once>,
        looker: Looker,
        id: CaseId,
        act: CaseAct,
    ) -> Result<Done<(CaseState, Vec<StreamId>)>, StoreError> {
        use moderation_case::Column as C;
        self.write_once("decide a case", once, move |txn| {
            Box::pin(async move {
                let actor = looker.actor;
                let row = moderation_case::Entity::find_by_id((actor.org.0, id.0))
                    .lock_exclusive()
                    .one(txn)
                    .await?;
                let row = row.ok_or(Refusal::NotFound)?;
                looker.room(txn, RoomId(row.room_id)).await?;
                let before = CaseState::parse(&row.state).ok_or(Refusal::NotFound)?;
                let after = before.after(act)?;
                if after == before {
                    return Ok((after, vec![]));
                }
                moderation_case::Entity::update_many()
                    .col_expr(C::State, Expr::value(after.as_str()))
                    .col_expr(C::DecidedBy, Expr::value(actor.user.0))
                    .col_expr(C::DecidedAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::Id.eq(id.0))
                    .exec(txn)
                    .await?;
                let measure = match act {
                    CaseAct::Uphold => Measure::Uphold,
                    CaseAct::Dismiss => Measure::Dismiss,
                    CaseAct::Reopen => Measure::Reopen,
                };
                let kept = Kept {
                    measure,
                    user: row.author_id.map(UserId),
                    line: Some(seq_of(row.line)),
                    until: None,
                };
                let at = (actor.org, Some(RoomId(row.room_id)));
                keep(txn, at, Some(id), (actor.user, kept), actor.at).await?;
                Ok((after, tell_reporters(txn, actor, &row, after).await?))
            })
        })
        .await
    }

    /// What was done in rooms in which one keeps order, latest first; for admins all of it.
    pub(crate) async fn acts_page(
        &self,
        looker: Looker,
        before: Option<ActId>,
        limit: u64,
    ) -> Result<Found<Act, ActId>, StoreError> {
        use moderation_act::Column as C;
        self.read("what was done to keep order", move |db| {
            Box::pin(async move {
                let actor = looker.actor;
                let is_admin = actor.role >= Role::Admin;
                let mut found = moderation_act::Entity::find().filter(C::OrgId.eq(actor.org.0));
                if !is_admin {
                    let any = Condition::any()
                        .add(C::RoomId.in_subquery(rooms_of(db, actor).await?))
                        .add(C::UserId.in_subquery(learners_of(actor.org, actor.user)));
                    found = found.filter(any);
                }
                if let Some(before) = before {
                    found = found.filter(C::Id.lt(before.0));
                }
                let rows = found.order_by_desc(C::Id).limit(limit).all(db).await?;
                let is_full = u64::try_from(rows.len()).unwrap_or(u64::MAX) >= limit;
                let next = rows.last().filter(|_| is_full).map(|row| ActId(row.id));
                let mut items = vec![];
                for act in rows.iter().filter_map(act_of) {
                    let is_shown = match act.room {
                        None => is_admin,
                        Some(_) if is_admin => true,
                        Some(room) => looker.sees(db, room).await?.is_some(),
                    };
                    if is_shown {
                        items.push(act);
                    }
                }
                let people = items
                    .iter()
                    .flat_map(|act| act.user.into_iter().chain([act.by]));
                let names = names(db, actor.org, people).await?;
                Ok(Found { items, next, names })
            })
        })
        .await
    }

    /// Something that was done in a room in which one keeps order, or to an account by an admin.
    pub(crate) async fn kept_act(&self, looker: Looker, id: ActId) -> Result<Act, StoreError> {
        self.read("an act", move |db| {
            Box::pin(async move {
                let row = moderation_act::Entity::find_by_id((looker.actor.org.0, id.0))
                    .one(db)
                    .await?;
                let act = row.as_ref().and_then(act_of).ok_or(Refusal::NotFound)?;
                looker.must_keep(db, act.room).await?;
                Ok(act)
            })
        })
        .await
    }
}

/// Everybody who reported hears of a decision, in the order in which streams are taken.
async fn tell_reporters(
    txn: &DatabaseTransaction,
    actor: Actor,
    row: &moderation_case::Model,
    state: CaseState,
) -> Result<Vec<StreamId>, StoreError> {
    if state == CaseState::Open {
        return Ok(vec![]);
    }
    let mut people: Vec<UserId> = reports(txn, actor.org, CaseId(row.id))
        .await?
        .into_iter()
        .map(|report| report.by)
        .collect();
    people.sort_unstable();
    for user in &people {
        let event = InboxEvent::ReportDecided {
            room: RoomId(row.room_id),
            line: seq_of(row.line),
            upheld: state == CaseState::Upheld,
        };
        facts::note(txn, actor.entry(), *user, event).await?;
    }
    Ok(people.into_iter().map(StreamId::Inbox).collect())
}

async fn case_of(
    db: &impl ConnectionTrait,
    row: moderation_case::Model,
    room_title: String,
) -> Result<Case, StoreError> {
    let (org, room, line) = (OrgId(row.org_id), RoomId(row.room_id), seq_of(row.line));
    let cover = hidden_line::Entity::find_by_id((org.0, room.0, row.line))
        .one(db)
        .await?;
    Ok(Case {
        id: CaseId(row.id),
        room,
        room_title,
        line,
        author: row.author_id.map(UserId),
        source: CaseSource::parse(&row.source).unwrap_or(CaseSource::Report),
        state: CaseState::parse(&row.state).unwrap_or(CaseState::Open),
        opened_at: Timestamp(row.opened_at),
        decided_by: row.decided_by.map(UserId),
        decided_at: row.decided_at.map(Timestamp),
        is_hidden: cover.is_some_and(|cover| cover.covered),
        text: texts::latest(db, org, room, line).await?,
        reports: reports(db, org, CaseId(row.id)).await?,
    })
}

async fn reports(
    db: &impl ConnectionTrait,
    org: OrgId,
    case: CaseId,
) -> Result<Vec<Report>, StoreError> {
    use moderation_report::Column as C;
    let rows = moderation_report::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::CaseId.eq(case.0))
        .order_by_asc(C::At)
        .limit(REPORTS_MAX)
        .all(db)
        .await?;
    let reports = rows.into_iter().map(|row| Report {
        by: UserId(row.reporter_id),
        reason: ReportReason::parse(&row.reason).unwrap_or(ReportReason::Other),
        note: row.note,
        at: Timestamp(row.at),
    });
    Ok(reports.collect())
}

fn act_of(row: &moderation_act::Model) -> Option<Act> {
    Some(Act {
        id: ActId(row.id),
        // One that a later version knew says nothing here.
        measure: Measure::parse(&row.measure)?,
        room: row.room_id.map(RoomId),
        line: row.line.map(seq_of),
        user: row.user_id.map(UserId),
        by: UserId(row.by_id),
        at: Timestamp(row.at),
        until: row.until_at.map(Timestamp),
    })
}

fn people_of(case: &Case) -> impl Iterator<Item = UserId> + use<'_> {
    let reporters = case.reports.iter().map(|report| report.by);
    reporters.chain(case.author).chain(case.decided_by)
}

async fn names(
    db: &impl ConnectionTrait,
    org: OrgId,
    people: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, String>, StoreError> {
    use ludus_entities::user;
    let ids: std::collections::BTreeSet<uuid::Uuid> = people.map(|user| user.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = user::Entity::find()
        .filter(user::Column::OrgId.eq(org.0))
        .filter(user::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let names = rows.into_iter().map(|row| (UserId(row.id), row.name));
    Ok(names.collect())
}
