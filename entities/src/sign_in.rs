//! One sign-in: a family of refresh tokens and every session opened with it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub user_id: Uuid,
    pub created_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    /// Which refresh token is the current one; an older one that comes back is theft.
    pub counter: i32,
    pub rotated_at: i64,
    /// What the browser called itself, for the list of one's sign-ins.
    pub agent: String,
}

impl ActiveModelBehavior for ActiveModel {}
