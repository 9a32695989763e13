//! What was spent on language models, and what is set aside: one row per org and day, per room, per
//! learner and day.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purse")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: Uuid,
    /// Counted from 1970-01-01; 0 where a purse has no day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
    pub spent_micro: i64,
    pub reserved_micro: i64,
}

impl ActiveModelBehavior for ActiveModel {}
