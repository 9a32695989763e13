//! What somebody did about an alert. Rows are never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alert_act")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub alert_id: Uuid,
    /// The first has 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub act: String,
    pub until_at: Option<i64>,
    pub assigned_to: Option<Uuid>,
    pub by_id: Uuid,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
