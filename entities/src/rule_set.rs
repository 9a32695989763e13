//! Rules as they were once in force, for ever.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// SHA-256 of the body, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// Canonical JSON.
    pub body: Vec<u8>,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
