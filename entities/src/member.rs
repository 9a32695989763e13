//! A seat in a room, as other tables see it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub name: String,
    pub host: bool,
    pub joined_seq: i64,
    pub joined_at: i64,
    /// How far this member has read; moves forward only.
    pub read_seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
