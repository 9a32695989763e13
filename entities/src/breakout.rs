//! A room that people of a larger one were sent to.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "breakout")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    pub parent_id: Uuid,
    pub created_by: Uuid,
    /// When everybody is brought back by itself.
    pub ends_at: Option<i64>,
    pub is_over: bool,
}

impl ActiveModelBehavior for ActiveModel {}
