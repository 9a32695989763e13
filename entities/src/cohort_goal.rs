//! What the learners of a cohort are to reach.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort_goal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub cohort_id: Uuid,
    /// What is counted.
    pub kind: String,
    /// Of which points, or which skill.
    pub of: Option<String>,
    /// From how much on it is reached.
    pub target: i32,
    pub says: Option<String>,
    pub until: Option<i64>,
    pub created_by: Uuid,
    pub created_at: i64,
    pub withdrawn_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
