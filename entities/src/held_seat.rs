//! Seats of personas that coaches hold, and when each coach was last heard of.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "held_seat")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    /// Which taking of a seat in the room it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub take: i64,
    pub persona: String,
    /// When the coach was last heard of, by the database's clock.
    pub heard_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
