//! Who learns in a cohort, and who coaches it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub cohort_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// `learner` or `coach`.
    pub part: String,
    pub team_id: Option<Uuid>,
    pub added_at: i64,
    /// How much of the cohort a coach sees: `full` or `aggregate`. `full` for learners.
    pub access: String,
}

impl ActiveModelBehavior for ActiveModel {}
