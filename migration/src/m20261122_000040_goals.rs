//! What the learners of cohorts are to reach.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, string, string_null, text_null, uuid,
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
        let mut table = Table::create();
        table
            .table("cohort_goal")
            .col(uuid("org_id"))
            .col(uuid("id"))
            .col(uuid("cohort_id"))
            .col(string("kind"))
            .col(string_null("of"))
            .col(integer("target"))
            .col(text_null("says"))
            .col(big_integer_null("until"))
            .col(uuid("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer_null("withdrawn_at"))
            .primary_key(Index::create().col("org_id").col("id"));
        manager.create_table(table.take()).await?;
        let mut of = Index::create();
        of.name("cohort_goal_of_cohort")
            .table("cohort_goal")
            .col("org_id")
            .col("cohort_id");
        manager.create_index(of.take()).await
    }
}
