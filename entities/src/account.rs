//! One person's standing: what evaluating their next deed needs to know.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// How many deeds were taken in; the version of everything derived.
    pub pos: i64,
    /// JSON.
    pub state: Vec<u8>,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
