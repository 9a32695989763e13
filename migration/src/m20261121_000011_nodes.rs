//! Nodes of a hub, and indexes for what each looks at all the time: what moved lately.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, uuid};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

/// By when it changed, whoever's it is.
const INDEXES: [(&str, &str, &str); 5] = [
    ("account_changed", "account", "changed_at"),
    ("board_choice_changed", "board_choice", "changed_at"),
    ("sign_in_revoked", "sign_in", "revoked_at"),
    ("user_changed", "user", "changed_at"),
    ("display_grant_revoked", "display_grant", "revoked_at"),
];

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(nodes()).await?;
        for (name, table, column) in INDEXES {
            let mut index = Index::create();
            index.name(name).table(table).col(column);
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }
}

fn nodes() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("node")
        .col(uuid("id").primary_key())
        .col(string("version"))
        // All by the database's clock but the last, which says how far the node's is from it.
        .col(big_integer("started_at"))
        .col(big_integer("seen_at"))
        .col(big_integer("own_at"))
        .col(string("bus"))
        .col(integer("sockets"))
        .col(integer("rooms"))
        .col(integer("boards"))
        .take()
}
