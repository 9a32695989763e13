//! Rooms that people of a larger one were sent to.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, boolean, uuid};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table("breakout")
            .col(uuid("org_id"))
            .col(uuid("room_id"))
            .col(uuid("parent_id"))
            .col(uuid("created_by"))
            .col(big_integer_null("ends_at"))
            .col(boolean("is_over"))
            .primary_key(Index::create().col("org_id").col("room_id"));
        manager.create_table(table.take()).await?;
        let mut due = Index::create();
        due.name("breakout_due").table("breakout").col("ends_at");
        manager.create_index(due.take()).await
    }
}
