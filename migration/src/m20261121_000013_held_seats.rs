//! The table of seats that coaches hold.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, uuid};

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
            .table("held_seat")
            .col(uuid("org_id"))
            .col(uuid("room_id"))
            .col(big_integer("take"))
            .col(string("persona"))
            // When the coach was last heard of, by the database's clock.
            .col(big_integer("heard_at"));
        let mut key = Index::create();
        key.col("org_id").col("room_id").col("take");
        manager
            .create_table(table.primary_key(&mut key).take())
            .await?;
        let mut index = Index::create();
        index
            .name("held_seat_heard")
            .table("held_seat")
            .col("heard_at");
        manager.create_index(index.take()).await
    }
}
