//! What a persona remembers of a learner.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "persona_memory")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub persona: String,
    /// What was told, by slot: JSON.
    pub slots: Vec<u8>,
    /// Lines about other times: JSON.
    pub notes: Vec<u8>,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
