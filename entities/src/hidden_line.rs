//! A line that was taken back, or hidden by a coach: its text is not shown when history is read.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hidden_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Taken back, for good.
    pub retracted: bool,
    /// Hidden, until a coach shows it again.
    pub covered: bool,
}

impl ActiveModelBehavior for ActiveModel {}
