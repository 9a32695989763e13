//! A line of the ledger. Never changed: corrections are further lines with the next `run`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "award")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// The entry that made it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub pos: i64,
    /// Its place among the lines of that entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    pub rule: String,
    /// Of the rule.
    pub version: i32,
    /// Of the points.
    pub kind: String,
    pub points: i64,
    /// The source: what is paid for.
    pub stream: String,
    pub seq: i64,
    pub part: i32,
    /// 0 when it was paid live.
    pub run: i32,
    /// What caused this line: the source, or what corrected it.
    pub cause: String,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
