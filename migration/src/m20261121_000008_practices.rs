//! Practices from opening to report, and whether personas may remember learners.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, integer, string, string_null, uuid,
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
        manager.create_table(practices()).await?;
        manager.create_table(reports()).await?;
        manager.create_table(choices()).await?;
        // Those somebody has to look after.
        let mut index = Index::create();
        index.name("practice_look").table("practice").col("look_at");
        manager.create_index(index.take()).await?;
        let mut index = Index::create();
        index
            .name("practice_by")
            .table("practice")
            .col("org_id")
            .col("opened_by")
            .col("room_id");
        manager.create_index(index.take()).await?;
        // One's history, the latest first.
        let mut index = Index::create();
        index
            .name("practice_report_at")
            .table("practice_report")
            .col("org_id")
            .col("user_id")
            .col("at");
        manager.create_index(index.take()).await?;
        let mut index = Index::create();
        index
            .name("practice_report_room")
            .table("practice_report")
            .col("org_id")
            .col("room_id");
        manager.create_index(index.take()).await
    }
}

fn practices() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("practice")
        .col(uuid("org_id"))
        .col(uuid("room_id"))
        .col(uuid("opened_by"))
        .col(string_null("scenario"))
        .col(integer("minutes"))
        .col(string("step"))
        .col(big_integer_null("look_at"))
        .col(big_integer("opened_at"));
    let mut key = Index::create();
    key.col("org_id").col("room_id");
    table.primary_key(&mut key).take()
}

fn reports() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("practice_report")
        .col(uuid("org_id"))
        .col(uuid("user_id"))
        .col(uuid("room_id"))
        .col(big_integer("at"))
        .col(blob("body"));
    let mut key = Index::create();
    key.col("org_id").col("user_id").col("room_id");
    table.primary_key(&mut key).take()
}

fn choices() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("memory_choice")
        .col(uuid("org_id"))
        .col(uuid("user_id"))
        .col(boolean("off"))
        .col(big_integer("changed_at"));
    let mut key = Index::create();
    key.col("org_id").col("user_id");
    table.primary_key(&mut key).take()
}
