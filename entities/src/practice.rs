//! Practices: what is being practised in a room, and when somebody is to look after it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "practice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    pub opened_by: Uuid,
    pub scenario: Option<String>,
    /// It ends by itself after so many minutes of being live; 0 when it does not.
    pub minutes: i32,
    pub step: String,
    /// When it should be over, or is to be seen to again; none while nothing is to be done.
    pub look_at: Option<i64>,
    pub opened_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
