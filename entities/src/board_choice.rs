//! How somebody wants to stand on boards.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "board_choice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Stands on no board but for themselves and coaches.
    pub hidden: bool,
    /// Shown to others instead of the name.
    pub nickname: Option<String>,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
