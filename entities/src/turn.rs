//! Turns of personas: what was heard of one while it runs, and what it took when it is over.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "turn")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub turn: i64,
    pub persona: String,
    pub attempt: i32,
    #[sea_orm(column_type = "Text")]
    pub said: String,
    pub asked_at: i64,
    /// When it was last heard of, by the database's clock; none when it is over.
    pub kept_at: Option<i64>,
    pub ending: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
    pub cost_micro: Option<i64>,
    pub first_token_ms: Option<i64>,
    pub total_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
