//! What somebody says against what was done about them, and the answer.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "moderation_appeal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub act_id: Uuid,
    pub user_id: Uuid,
    pub says: String,
    pub at: i64,
    pub answer: Option<String>,
    pub granted: Option<bool>,
    pub answered_by: Option<Uuid>,
    pub answered_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
