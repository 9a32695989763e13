//! When a cohort meets. Its room is opened once, when it begins.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub cohort_id: Uuid,
    pub title: String,
    pub starts_at: i64,
    pub minutes: i32,
    pub scenario: Option<String>,
    pub room_id: Option<Uuid>,
    pub created_by: Uuid,
    pub changed_at: i64,
    pub cancelled: bool,
}

impl ActiveModelBehavior for ActiveModel {}
