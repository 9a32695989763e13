//! The log of who did what to whom.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, string, uuid, uuid_null};

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
            .table("audit_entry")
            .col(uuid("org_id"))
            // From 1 in each org.
            .col(big_integer("number"))
            .col(big_integer("at"))
            .col(uuid_null("by_user"))
            .col(string("act"))
            .col(uuid_null("about"))
            .col(string("what"))
            .col(binary("hash"));
        let mut key = Index::create();
        key.col("org_id").col("number");
        manager
            .create_table(table.primary_key(&mut key).take())
            .await?;
        // What was done about somebody.
        let mut about = Index::create();
        about.name("audit_about").table("audit_entry");
        for column in ["org_id", "about", "number"] {
            about.col(column);
        }
        manager.create_index(about.take()).await
    }
}
