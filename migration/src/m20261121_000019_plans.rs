//! What cohorts are to practise, and when they meet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, string, string_null, text_null, uuid,
    uuid_null,
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
        manager.create_table(assignments()).await?;
        manager.create_table(meetings()).await?;
        for table in ["assignment", "meeting"] {
            let mut of = Index::create();
            of.name(format!("{table}_of_cohort"))
                .table(table)
                .col("org_id")
                .col("cohort_id");
            manager.create_index(of.take()).await?;
        }
        let mut due = Index::create();
        due.name("meeting_starts").table("meeting").col("starts_at");
        manager.create_index(due.take()).await
    }
}

fn assignments() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("assignment")
        .col(uuid("org_id"))
        .col(uuid("id"))
        .col(uuid("cohort_id"))
        .col(uuid_null("user_id"))
        .col(string("scenario"))
        .col(text_null("says"))
        .col(big_integer_null("due_at"))
        .col(uuid("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("withdrawn_at"))
        .primary_key(Index::create().col("org_id").col("id"))
        .take()
}

fn meetings() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("meeting")
        .col(uuid("org_id"))
        .col(uuid("id"))
        .col(uuid("cohort_id"))
        .col(string("title"))
        .col(big_integer("starts_at"))
        .col(integer("minutes"))
        .col(string_null("scenario"))
        .col(uuid_null("room_id"))
        .col(uuid("created_by"))
        .col(big_integer("changed_at"))
        .col(boolean("cancelled"))
        .primary_key(Index::create().col("org_id").col("id"))
        .take()
}
