//! What an org plays by: the row whose lock keeps windows and awards apart.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "game")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// Hash of the rules in force; awards are made under a shared lock of this row.
    pub rule_set: String,
    /// The season that runs, when one does.
    pub season: Option<i32>,
    pub season_ends_at: Option<i64>,
    /// The end of the latest window that was closed. Nobody is paid for a time before it.
    pub closed_until: i64,
    /// Counts changes, so that who planned on an older one can tell.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
