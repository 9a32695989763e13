//! Content an admin wrote: stands in place of the shipped item of the same id.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The TOML of the item; none where a shipped one is taken out of play.
    pub body: Option<String>,
    pub version: i64,
    pub changed_by: Uuid,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
