//! Something that was done about a line or somebody. Never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "moderation_act")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub measure: String,
    pub room_id: Option<Uuid>,
    pub line: Option<i64>,
    /// Whom it concerns.
    pub user_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub by_id: Uuid,
    pub at: i64,
    pub until_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
