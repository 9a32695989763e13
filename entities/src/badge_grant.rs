//! A badge somebody earned, at a level. Never changed, never taken back.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "badge_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub badge: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub level: i32,
    /// The entry that earned it.
    pub pos: i64,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
