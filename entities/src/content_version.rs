//! What an org wrote of content itself, change by change. Rows are never changed: the newest of each
//! item up to an edition is what stood then.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    /// Counts the changes of the org, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub edition: i64,
    pub kind: String,
    pub id: String,
    /// Counts the changes of the item, from 1.
    pub version: i64,
    /// The text of the item; none where a shipped one is taken out of play, or stands again.
    pub body: Option<String>,
    /// Whether the org's word counts; else the shipped item stands again, where there is one.
    pub is_own: bool,
    /// Why, in the words of whoever changed it; may be empty.
    pub says: String,
    pub by_user: Uuid,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
