//! Somebody in a week of a league; with its end, how they did.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub league: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub monday: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub division_id: Uuid,
    pub tier: i32,
    pub place: Option<i32>,
    pub score: Option<i64>,
    pub to_tier: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
