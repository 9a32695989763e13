//! A scenario that a cohort, or one learner of it, is to practise.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub cohort_id: Uuid,
    /// One learner; everybody of the cohort where there is none.
    pub user_id: Option<Uuid>,
    pub scenario: String,
    pub says: Option<String>,
    pub due_at: Option<i64>,
    pub created_by: Uuid,
    pub created_at: i64,
    pub withdrawn_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
