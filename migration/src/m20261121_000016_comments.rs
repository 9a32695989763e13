//! What coaches write beside a room, and about a learner.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, integer, text, uuid, uuid_null,
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
        manager.create_table(comments()).await?;
        // All of a room, in its order.
        let mut room = Index::create();
        room.name("room_comment_place").table("room_comment");
        for column in ["org_id", "room_id", "seq"] {
            room.col(column);
        }
        manager.create_index(room.take()).await
    }
}

fn comments() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("room_comment")
        .col(uuid("org_id"))
        .col(uuid("id"))
        .col(uuid("room_id"))
        .col(big_integer("seq"))
        .col(integer("after_ms"))
        .col(uuid("by_id"))
        .col(big_integer("at"))
        .col(boolean("shared"))
        .col(text("body"))
        .col(uuid_null("removed_by"))
        .col(big_integer_null("removed_at"))
        .primary_key(Index::create().col("org_id").col("id"))
        .take()
}
