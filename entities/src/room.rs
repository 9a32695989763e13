//! A room as lists show it, with the state its decisions rest on.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub entry: String,
    pub title: String,
    pub phase: String,
    /// Unique across orgs: a guest who types it names no org.
    pub code: Option<String>,
    pub created_by: Uuid,
    pub created_at: i64,
    pub changed_at: i64,
    /// JSON of the room's decision state, after the stream's guard.
    pub state: Vec<u8>,
    /// 0 is plain.
    pub state_key_id: i32,
}

impl ActiveModelBehavior for ActiveModel {}
