//! A person, in one org.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub name: String,
    /// Normalised lower case; guests have none. Unique in the org.
    pub email: Option<String>,
    pub role: String,
    /// Argon2id, as a PHC string.
    pub password_hash: Option<String>,
    /// Came in by a room's code; has no account to return to.
    pub guest: bool,
    pub disabled_at: Option<i64>,
    pub created_at: i64,
    pub changed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
