//! Money set aside for one answer of a language model.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub room_id: Option<Uuid>,
    pub learner_id: Option<Uuid>,
    pub day: i32,
    pub amount_micro: i64,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
