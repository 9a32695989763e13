//! How much of a cohort a coach is assigned to see, and how often an org's cohorts have changed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut change = Table::alter();
        // Whoever was assigned before saw everything.
        change
            .table("cohort_member")
            .add_column(string("access").default("full"));
        manager.alter_table(change.take()).await?;
        let mut count = Table::alter();
        count
            .table("org")
            .add_column(big_integer("roster").default(0));
        manager.alter_table(count.take()).await
    }
}
