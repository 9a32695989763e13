//! When an entrant of a contest came to have what they had: it decides between equals.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::alter();
        table.table("contest_entry");
        table.add_column(big_integer_null("reached_at"));
        manager.alter_table(table.take()).await
    }
}
