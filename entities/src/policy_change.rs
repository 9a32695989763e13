//! What an org has decided about how its coaches look on: every change, the latest of each counts.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// From 1 in each org.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub policy: String,
    pub is_on: bool,
    pub by_user: Uuid,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
