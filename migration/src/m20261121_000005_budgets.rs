//! What answers of language models cost: purses, and what is set aside of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, uuid, uuid_null};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut purses = Table::create();
        purses
            .table("purse")
            .col(uuid("org_id"))
            .col(string("kind"))
            .col(uuid("subject"))
            .col(integer("day"))
            .col(big_integer("spent_micro"))
            .col(big_integer("reserved_micro"));
        let mut key = Index::create();
        key.col("org_id").col("kind").col("subject").col("day");
        manager
            .create_table(purses.primary_key(&mut key).take())
            .await?;
        let mut reservations = Table::create();
        reservations
            .table("reservation")
            .col(uuid("id").primary_key())
            .col(uuid("org_id"))
            .col(uuid_null("room_id"))
            .col(uuid_null("learner_id"))
            .col(integer("day"))
            .col(big_integer("amount_micro"))
            .col(big_integer("at"));
        manager.create_table(reservations.take()).await?;
        let mut index = Index::create();
        index.name("reservation_at").table("reservation").col("at");
        manager.create_index(index.take()).await
    }
}
