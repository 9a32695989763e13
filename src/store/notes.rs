//! What coaches wrote about learners. A note that is taken away keeps who wrote it, who took it away and
//! when, and not what it said.

use std::collections::HashMap;

use ludus_domain::ids::{NoteId, OrgId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::time::Timestamp;
use ludus_entities::{learner_note, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use super::idempotency::{Done, Once};
use super::people::Actor;
use super::{Store, StoreError};

/// Notes about one learner. Whoever reads them reads them all.
const NOTES_MAX: u64 = 1_000;

/// A note, or what is left of one that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) id: NoteId,
    pub(crate) by: UserId,
    pub(crate) by_name: String,
    pub(crate) at: Timestamp,
    /// `None` where it was taken away.
    pub(crate) text: Option<String>,
    pub(crate) removed: Option<(UserId, Timestamp)>,
}

fn note_of(row: learner_note::Model, names: &HashMap<uuid::Uuid, String>) -> Note {
    let removed = row.removed_by.zip(row.removed_at);
    Note {
        id: NoteId(row.id),
        by: UserId(row.by_id),
        by_name: names.get(&row.by_id).cloned().unwrap_or_default(),
        at: Timestamp(row.at),
        text: removed.is_none().then_some(row.body),
        removed: removed.map(|(by, at)| (UserId(by), Timestamp(at))),
    }
}

impl Store {
    /// Notes about a learner, the newest first, before one.
    pub(crate) async fn notes(
        &self,
        org: OrgId,
        learner: UserId,
        before: Option<NoteId>,
        limit: u64,
    ) -> Result<Vec<Note>, StoreError> {
        use learner_note::Column as C;
        self.read("notes", move |db| {
            Box::pin(async move {
                let mut found = learner_note::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::LearnerId.eq(learner.0));
                if let Some(before) = before {
                    found = found.filter(C::Id.lt(before.0));
                }
                let rows = found.order_by_desc(C::Id).limit(limit).all(db).await?;
                let names: HashMap<uuid::Uuid, String> = user::Entity::find()
                    .select_only()
                    .column(user::Column::Id)
                    .column(user::Column::Name)
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.is_in(rows.iter().map(|row| row.by_id)))
                    .into_tuple::<(uuid::Uuid, String)>()
                    .all(db)
                    .await?
                    .into_iter()
                    .collect();
                Ok(rows.into_iter().map(|row| note_of(row, &names)).collect())
            })
        })
        .await
    }

    /// Writes a note. Answers its name and time: what is kept of the answer does not say what it says.
    pub(crate) async fn add_note(
        &self,
        once: Option<Once>,
        actor: Actor,
        learner: UserId,
        id: NoteId,
        text: String,
    ) -> Result<Done<(NoteId, Timestamp)>, StoreError> {
        use learner_note::Column as C;
        self.write_once("note something about a learner", once, move |txn| {
            Box::pin(async move {
                let there = learner_note::Entity::find()
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::LearnerId.eq(learner.0))
                    .filter(C::RemovedAt.is_null())
                    .count(txn)
                    .await?;
                if there >= NOTES_MAX {
                    return Err(Refusal::TooManyComments.into());
                }
                let row = learner_note::ActiveModel {
                    org_id: Set(actor.org.0),
                    learner_id: Set(learner.0),
                    id: Set(id.0),
                    by_id: Set(actor.user.0),
                    at: Set(actor.at.0),
                    body: Set(text),
                    removed_by: Set(None),
                    removed_at: Set(None),
                };
                learner_note::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                Ok((id, actor.at))
            })
        })
        .await
    }

    /// Takes a note away: one's own, or anybody's for `all`.
    pub(crate) async fn remove_note(
        &self,
        actor: Actor,
        learner: UserId,
        id: NoteId,
        all: bool,
    ) -> Result<(), StoreError> {
        use learner_note::Column as C;
        self.write("take a note away", move |txn| {
            Box::pin(async move {
                let mut update = learner_note::Entity::update_many()
                    .col_expr(C::Body, Expr::value(""))
                    .col_expr(C::RemovedBy, Expr::value(actor.user.0))
                    .col_expr(C::RemovedAt, Expr::value(actor.at.0))
                    .filter(C::OrgId.eq(actor.org.0))
                    .filter(C::LearnerId.eq(learner.0))
                    .filter(C::Id.eq(id.0))
                    .filter(C::RemovedAt.is_null());
                if !all {
                    update = update.filter(C::ById.eq(actor.user.0));
                }
                if update.exec(txn).await?.rows_affected == 0 {
                    return Err(Refusal::NotFound.into());
                }
                Ok(())
            })
        })
        .await
    }
}
