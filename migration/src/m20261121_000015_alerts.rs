//! What coaches are told of, and what they did about it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, string, uuid, uuid_null};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alerts()).await?;
        manager.create_table(acts()).await?;
        let mut once = Index::create();
        once.name("alert_once").table("alert").unique();
        for column in ["org_id", "cohort_id", "learner_id", "signal", "bucket"] {
            once.col(column);
        }
        manager.create_index(once.take()).await?;
        // The newest of a cohort: what a desk reads each second.
        let mut newest = Index::create();
        newest.name("alert_newest").table("alert");
        for column in ["org_id", "cohort_id", "raised_at"] {
            newest.col(column);
        }
        manager.create_index(newest.take()).await
    }
}

fn alerts() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("alert")
        .col(uuid("org_id"))
        .col(uuid("id"))
        .col(uuid("cohort_id"))
        .col(uuid("learner_id"))
        .col(uuid_null("room_id"))
        .col(string("signal"))
        .col(string("severity"))
        .col(big_integer("raised_at"))
        .col(big_integer("bucket"))
        .col(string("state"))
        .col(big_integer_null("until_at"))
        .col(uuid_null("assigned_to"))
        .col(uuid_null("acted_by"))
        .col(big_integer_null("acted_at"))
        .primary_key(Index::create().col("org_id").col("id"))
        .take()
}

fn acts() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("alert_act")
        .col(uuid("org_id"))
        .col(uuid("alert_id"))
        .col(integer("number"))
        .col(string("act"))
        .col(big_integer_null("until_at"))
        .col(uuid_null("assigned_to"))
        .col(uuid("by_id"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("org_id").col("alert_id").col("number"))
        .take()
}
