//! An entry of an account: one deed, under the rules and on the days of its time. Never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub pos: i64,
    pub at: i64,
    /// The day of the account's own time zone, counted from 1970-01-01.
    pub day: i32,
    /// The org's day.
    pub org_day: i32,
    pub season: Option<i32>,
    /// Hash of the rules it was evaluated under.
    pub rule_set: String,
    /// The source: the event that caused it.
    pub stream: String,
    pub seq: i64,
    pub part: i32,
    pub kind: String,
    /// JSON; typed facts, never text.
    pub body: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
