//! How much somebody has of something in a window. A board is one range of the key.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "total")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// `org`, `room:<uuid>` or `contest:<uuid>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// `points:<kind>`, `score:<metric>`, `skill:<skill>` or `streak`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric: String,
    /// `all`, `season:<number>`, `month:<first>`, `week:<monday>` or `day:<day>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub window: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub sum: i64,
    pub best: i64,
    pub last: i64,
    /// When each came to be what it is.
    pub sum_at: i64,
    pub best_at: i64,
    pub last_at: i64,
    /// The account's position when it was written.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
