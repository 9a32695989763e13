//! A process of the hub, while it runs and for a while after.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "node")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: String,
    /// By the database's clock.
    pub started_at: i64,
    /// When it was heard of last, by the database's clock.
    pub seen_at: i64,
    /// What its own clock said then.
    pub own_at: i64,
    /// How it hears of others: `none`, `up` or `down`.
    pub bus: String,
    pub sockets: i32,
    pub rooms: i32,
    pub boards: i32,
}

impl ActiveModelBehavior for ActiveModel {}
