//! A tenant.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "org")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// IANA name; days of streaks and seasons begin by it.
    pub time_zone: String,
    pub created_at: i64,
    /// Counts changes of who learns in which cohort and who coaches it.
    pub roster: i64,
}

impl ActiveModelBehavior for ActiveModel {}
