//! The head of a stream: the row whose lock makes the order of its events.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// `room:<uuid>`, `inbox:<uuid>` or `cohort:<uuid>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The lineage; changes only when history was replaced.
    pub epoch: i32,
    pub head: i64,
    /// The last event that a later decision can depend on.
    pub guard: i64,
    /// The oldest event still kept.
    pub first: i64,
    pub moved_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
