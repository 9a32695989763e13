//! Who did what to whom: added to, never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// From 1 in each org, without holes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub at: i64,
    /// Nobody: the hub itself, or its console.
    pub by_user: Option<Uuid>,
    pub act: String,
    pub about: Option<Uuid>,
    /// A word of ours that says more: a role, a policy, the id of content. Never a text of a person.
    pub what: String,
    /// SHA-256 over the hash before and all of the above.
    pub hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
