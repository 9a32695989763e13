//! A program that may act for an org, until somebody takes its key back.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// What it may do, by names with spaces between.
    pub scopes: String,
    /// The secret itself is never stored.
    pub secret_hash: Vec<u8>,
    pub created_by: Uuid,
    pub created_at: i64,
    /// To the minute, or so.
    pub used_at: Option<i64>,
    /// The row stays: who could do what, and until when, can be asked later.
    pub revoked_at: Option<i64>,
    pub revoked_by: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
