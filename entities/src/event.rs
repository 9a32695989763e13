//! A durable fact, at its place in a stream.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: i64,
    pub by: Option<Uuid>,
    pub kind: String,
    /// Version of the body's shape.
    pub v: i32,
    /// JSON; nothing means everybody who may see the stream.
    pub audience: Option<String>,
    /// Which key sealed the body; 0 is plain.
    pub key_id: i32,
    pub body: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
