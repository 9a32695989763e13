//! The tables of personas: turns while they run and what they took, and what personas remember.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, integer, integer_null, string, string_null, text, uuid,
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(turns()).await?;
        manager.create_table(memories()).await?;
        manager.create_table(instructions()).await?;
        // Turns that are open, by when they were last heard of.
        let mut index = Index::create();
        index.name("turn_kept").table("turn").col("kept_at");
        manager.create_index(index.take()).await
    }
}

fn turns() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("turn")
        .col(uuid("org_id"))
        .col(uuid("room_id"))
        .col(big_integer("turn"))
        .col(string("persona"))
        .col(integer("attempt"))
        .col(text("said"))
        .col(big_integer("asked_at"))
        // When it was last heard of, by the database's clock; null when it is over.
        .col(big_integer_null("kept_at"))
        .col(string_null("ending"))
        .col(string_null("provider"))
        .col(string_null("model"))
        .col(integer_null("prompt_tokens"))
        .col(integer_null("completion_tokens"))
        .col(big_integer_null("cost_micro"))
        .col(big_integer_null("first_token_ms"))
        .col(big_integer_null("total_ms"));
    let mut key = Index::create();
    key.col("org_id").col("room_id").col("turn");
    table.primary_key(&mut key).take()
}

/// What an org tells every persona.
fn instructions() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("persona_instruction")
        .col(uuid("org_id").primary_key())
        .col(text("says"))
        .col(big_integer("changed_at"))
        .take()
}

fn memories() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("persona_memory")
        .col(uuid("org_id"))
        .col(uuid("user_id"))
        .col(string("persona"))
        .col(blob("slots"))
        .col(blob("notes"))
        .col(big_integer("changed_at"));
    let mut key = Index::create();
    key.col("org_id").col("user_id").col("persona");
    table.primary_key(&mut key).take()
}
