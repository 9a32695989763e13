//! Something about a learner that the coaches of a cohort were told of.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub cohort_id: Uuid,
    pub learner_id: Uuid,
    pub room_id: Option<Uuid>,
    pub signal: String,
    pub severity: String,
    pub raised_at: i64,
    /// Which cool-down of all time it was raised in: two nodes that raise at one moment share it.
    pub bucket: i64,
    pub state: String,
    /// Until when it is put off, where it is.
    pub until_at: Option<i64>,
    pub assigned_to: Option<Uuid>,
    pub acted_by: Option<Uuid>,
    pub acted_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
