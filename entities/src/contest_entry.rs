//! Somebody who entered a contest; with its end, how they did.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contest_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contest_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub team_id: Option<Uuid>,
    pub present: bool,
    pub entered_at: i64,
    pub place: Option<i32>,
    pub score: Option<i64>,
    pub reached_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
