//! What a coach wrote beside a moment of a room.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_comment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub room_id: Uuid,
    /// The event it stands at.
    pub seq: i64,
    /// Milliseconds after it.
    pub after_ms: i32,
    pub by_id: Uuid,
    pub at: i64,
    /// Not only for coaches.
    pub shared: bool,
    /// Empty once it was removed.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub removed_by: Option<Uuid>,
    pub removed_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
