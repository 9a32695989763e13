//! Anything claimed once by a code: owner, invitation, reset, entry.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub kind: String,
    /// The code itself is never stored.
    pub code_hash: Vec<u8>,
    pub role: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub user_id: Option<Uuid>,
    pub room_id: Option<Uuid>,
    pub cohort_id: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub created_at: i64,
    pub expires_at: i64,
    pub claimed_at: Option<i64>,
    pub claimed_by: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
