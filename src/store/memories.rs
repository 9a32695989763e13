//! What personas keep of learners, whether they may, and what an org tells them.

use ludus_actors::stage::Remembered;
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::practice::review::Keeps;
use ludus_domain::slug::PersonaId;
use ludus_domain::time::Timestamp;
use ludus_entities::{memory_choice, persona_instruction, persona_memory};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use super::practices::bytes;
use super::{Store, StoreError};

/// Personas that may remember one learner.
const MEMORIES_MAX: u64 = 500;

/// What one persona keeps of one learner.
#[derive(Clone, Debug)]
pub(crate) struct MemoryRow {
    pub(crate) persona: String,
    pub(crate) remembered: Remembered,
    pub(crate) changed_at: Timestamp,
}

/// Keeps what a persona remembers, in the transaction of the practice it comes from.
pub(super) async fn remember(
    txn: &DatabaseTransaction,
    (org, user): (OrgId, UserId),
    keeps: &Keeps,
    now: Timestamp,
) -> Result<(), DbErr> {
    use persona_memory::Column as C;
    let row = persona_memory::ActiveModel {
        org_id: Set(org.0),
        user_id: Set(user.0),
        persona: Set(keeps.persona.to_string()),
        slots: Set(bytes(&keeps.slots)?),
        notes: Set(bytes(&keeps.notes)?),
        changed_at: Set(now.0),
    };
    let mut key = OnConflict::columns([C::OrgId, C::UserId, C::Persona]);
    key.update_columns([C::Slots, C::Notes, C::ChangedAt]);
    persona_memory::Entity::insert(row)
        .on_conflict(key)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Whether somebody wants nothing remembered of them.
pub(super) async fn forgets(
    db: &impl ConnectionTrait,
    org: OrgId,
    user: UserId,
) -> Result<bool, DbErr> {
    let row = memory_choice::Entity::find_by_id((org.0, user.0))
        .one(db)
        .await?;
    Ok(row.is_some_and(|row| row.off))
}

impl Store {
    /// Whether somebody wants nothing remembered of them.
    pub(crate) async fn forgets(&self, org: OrgId, user: UserId) -> Result<bool, StoreError> {
        self.read("a memory choice", move |db| {
            Box::pin(async move { Ok(forgets(db, org, user).await?) })
        })
        .await
    }

    /// What personas keep of somebody, and whether they may.
    pub(crate) async fn memories(
        &self,
        org: OrgId,
        user: UserId,
    ) -> Result<(bool, Vec<MemoryRow>), StoreError> {
        use persona_memory::Column as C;
        self.read("memories", move |db| {
            Box::pin(async move {
                let off = forgets(db, org, user).await?;
                let rows = persona_memory::Entity::find()
                    .filter(C::OrgId.eq(org.0))
                    .filter(C::UserId.eq(user.0))
                    .order_by_asc(C::Persona)
                    .limit(MEMORIES_MAX)
                    .all(db)
                    .await?;
                let rows = rows.into_iter().map(|row| MemoryRow {
                    persona: row.persona,
                    remembered: Remembered {
                        slots: serde_json::from_slice(&row.slots).unwrap_or_default(),
                        notes: serde_json::from_slice(&row.notes).unwrap_or_default(),
                    },
                    changed_at: Timestamp(row.changed_at),
                });
                Ok((off, rows.collect()))
            })
        })
        .await
    }

    /// Whether there was something to forget.
    pub(crate) async fn forget(
        &self,
        org: OrgId,
        user: UserId,
        persona: PersonaId,
    ) -> Result<bool, StoreError> {
        self.write("forget a learner", move |txn| {
            Box::pin(async move {
                let key = (org.0, user.0, persona.to_string());
                let done = persona_memory::Entity::delete_by_id(key).exec(txn).await?;
                Ok(done.rows_affected > 0)
            })
        })
        .await
    }

    /// Whether personas may remember somebody. What they keep already stays until it is erased.
    pub(crate) async fn choose_memory(
        &self,
        org: OrgId,
        user: UserId,
        off: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        use memory_choice::Column as C;
        self.write("choose a memory", move |txn| {
            Box::pin(async move {
                let row = memory_choice::ActiveModel {
                    org_id: Set(org.0),
                    user_id: Set(user.0),
                    off: Set(off),
                    changed_at: Set(now.0),
                };
                let mut key = OnConflict::columns([C::OrgId, C::UserId]);
                key.update_columns([C::Off, C::ChangedAt]);
                memory_choice::Entity::insert(row)
                    .on_conflict(key)
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// What an org tells every persona.
    pub(crate) async fn instructed(&self, org: OrgId) -> Result<String, StoreError> {
        self.read("instructions", move |db| {
            Box::pin(async move {
                let row = persona_instruction::Entity::find_by_id(org.0)
                    .one(db)
                    .await?;
                Ok(row.map(|row| row.says).unwrap_or_default())
            })
        })
        .await
    }

    /// What an org tells every persona, from now on.
    pub(crate) async fn instruct(
        &self,
        org: OrgId,
        says: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        use persona_instruction::Column as C;
        self.write("instruct personas", move |txn| {
            Box::pin(async move {
                let row = persona_instruction::ActiveModel {
                    org_id: Set(org.0),
                    says: Set(says),
                    changed_at: Set(now.0),
                };
                let mut key = OnConflict::column(C::OrgId);
                key.update_columns([C::Says, C::ChangedAt]);
                persona_instruction::Entity::insert(row)
                    .on_conflict(key)
                    .exec_without_returning(txn)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
