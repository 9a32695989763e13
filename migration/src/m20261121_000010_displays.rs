//! Grants of screens, and where people stood on boards day by day.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, integer, string, uuid};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [grants(), points(), days()] {
            manager.create_table(table).await?;
        }
        let mut by_code = Index::create();
        by_code
            .name("display_grant_code")
            .table("display_grant")
            .col("code_hash")
            .unique();
        manager.create_index(by_code.take()).await?;
        // What is too old to keep, whoever's it is.
        let mut by_day = Index::create();
        by_day.name("rank_point_day").table("rank_point").col("day");
        manager.create_index(by_day.take()).await
    }
}

fn keyed<const N: usize>(
    name: &'static str,
    key: [&'static str; N],
    columns: impl IntoIterator<Item = ColumnDef>,
) -> TableCreateStatement {
    let mut primary = Index::create();
    for column in key {
        primary.col(column);
    }
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table.primary_key(&mut primary).take()
}

fn grants() -> TableCreateStatement {
    keyed(
        "display_grant",
        ["org_id", "id"],
        [
            uuid("org_id"),
            uuid("id"),
            string("board"),
            string("title"),
            blob("code_hash"),
            uuid("created_by"),
            big_integer("created_at"),
            big_integer("expires_at"),
            big_integer_null("revoked_at"),
        ],
    )
}

fn points() -> TableCreateStatement {
    keyed(
        "rank_point",
        ["org_id", "board", "user_id", "day"],
        [
            uuid("org_id"),
            string("board"),
            uuid("user_id"),
            integer("day"),
            integer("place"),
            big_integer("score"),
            integer("count"),
        ],
    )
}

fn days() -> TableCreateStatement {
    keyed(
        "rank_day",
        ["org_id", "board", "day"],
        [
            uuid("org_id"),
            string("board"),
            integer("day"),
            integer("count"),
        ],
    )
}
