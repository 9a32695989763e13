//! Work to be done in the background, at least once.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Option<Uuid>,
    pub kind: String,
    pub payload: String,
    /// `ready`, `leased`, `done` or `dead`.
    pub state: String,
    pub run_at: i64,
    pub attempts: i32,
    /// A worker that died leaves this behind; afterwards the job is anybody's again.
    pub lease_until: Option<i64>,
    pub last_error: Option<String>,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
