//! The table of what orgs have decided about how their coaches look on.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, string, uuid};

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
            .table("policy_change")
            .col(uuid("org_id"))
            // From 1 in each org.
            .col(big_integer("number"))
            .col(string("policy"))
            .col(boolean("is_on"))
            .col(uuid("by_user"))
            .col(big_integer("at"));
        let mut key = Index::create();
        key.col("org_id").col("number");
        manager
            .create_table(table.primary_key(&mut key).take())
            .await
    }
}
