//! What coaches write about a learner, for themselves and each other.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, uuid, uuid_null};

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
            .table("learner_note")
            .col(uuid("org_id"))
            // Of whoever it is about: all of somebody's is one walk, to be read and to be erased.
            .col(uuid("learner_id"))
            .col(uuid("id"))
            .col(uuid("by_id"))
            .col(big_integer("at"))
            .col(text("body"))
            .col(uuid_null("removed_by"))
            .col(big_integer_null("removed_at"))
            .primary_key(Index::create().col("org_id").col("learner_id").col("id"));
        manager.create_table(table.take()).await
    }
}
