//! A contest, with the plan it is held by.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub plan: Vec<u8>,
    pub title: String,
    pub phase: String,
    pub opens_at: i64,
    pub starts_at: i64,
    pub ends_at: i64,
    pub due_at: Option<i64>,
    pub cohort_id: Option<Uuid>,
    pub code: Option<String>,
    pub entrants: i32,
    pub created_by: Uuid,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
