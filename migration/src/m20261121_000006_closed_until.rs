//! How far an org's windows are closed, so that no clock that is behind pays into one of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

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
        // Nothing that was closed before is looked at again: the next close says it.
        change
            .table("game")
            .add_column(big_integer("closed_until").default(0));
        manager.alter_table(change.take()).await
    }
}
