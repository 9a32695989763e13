//! Who plays against each other in a week of a league.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub league: String,
    pub monday: i32,
    pub tier: i32,
    pub number: i32,
}

impl ActiveModelBehavior for ActiveModel {}
