//! A line that coaches are to look at.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "moderation_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub room_id: Uuid,
    /// The line; where it was held back, the event that holds it.
    pub line: i64,
    pub author_id: Option<Uuid>,
    pub source: String,
    pub state: String,
    pub opened_at: i64,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
