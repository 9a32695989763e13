//! What a coach wrote about a learner.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "learner_note")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub learner_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub by_id: Uuid,
    pub at: i64,
    /// Empty once it was taken away.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub removed_by: Option<Uuid>,
    pub removed_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
