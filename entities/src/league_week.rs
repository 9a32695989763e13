//! A week of a league, with the plan it is played by.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "league_week")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub league: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub monday: i32,
    pub plan: Vec<u8>,
    pub starts_at: i64,
    pub ends_at: i64,
    pub due_at: Option<i64>,
    pub closed_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
