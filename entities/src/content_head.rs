//! The edition of an org's own content: the row that changes of it are lined up by.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    pub edition: i64,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
