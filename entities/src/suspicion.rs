//! Something that looked like farming. Told to coaches; nothing is taken.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suspicion")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub pos: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
