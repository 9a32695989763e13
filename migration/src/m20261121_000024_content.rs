//! What an org writes itself, with its history. What was written before is the first of it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, string, text, text_null, uuid};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

/// Each item as its newest version, in the order of time.
const TAKE_VERSIONS: &str = "INSERT INTO content_version \
    (org_id, edition, kind, id, version, body, is_own, says, by_user, at) \
    SELECT org_id, ROW_NUMBER() OVER (PARTITION BY org_id ORDER BY changed_at, kind, id), \
    kind, id, version, body, TRUE, '', changed_by, changed_at FROM content_item";
const TAKE_HEADS: &str = "INSERT INTO content_head (org_id, edition, changed_at) \
    SELECT org_id, COUNT(*), MAX(changed_at) FROM content_item GROUP BY org_id";

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(versions()).await?;
        manager.create_table(heads()).await?;
        manager.create_table(drafts()).await?;
        let mut of_item = Index::create();
        of_item.name("content_of_item").table("content_version");
        for column in ["org_id", "kind", "id", "version"] {
            of_item.col(column);
        }
        manager.create_index(of_item.unique().take()).await?;
        let mut moved = Index::create();
        moved.name("content_moved").table("content_head");
        manager.create_index(moved.col("changed_at").take()).await?;
        let db = manager.get_connection();
        db.execute_unprepared(TAKE_VERSIONS).await?;
        db.execute_unprepared(TAKE_HEADS).await?;
        manager
            .drop_table(Table::drop().table("content_item").take())
            .await
    }
}

fn versions() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("content_version")
        .col(uuid("org_id"))
        .col(big_integer("edition"))
        .col(string("kind"))
        .col(string("id"))
        .col(big_integer("version"))
        .col(text_null("body"))
        .col(boolean("is_own"))
        .col(string("says"))
        .col(uuid("by_user"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("org_id").col("edition"))
        .take()
}

fn heads() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("content_head")
        .col(uuid("org_id"))
        .col(big_integer("edition"))
        .col(big_integer("changed_at"))
        .primary_key(Index::create().col("org_id"))
        .take()
}

fn drafts() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("content_draft")
        .col(uuid("org_id"))
        .col(string("kind"))
        .col(string("id"))
        .col(text("body"))
        .col(uuid("by_user"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("org_id").col("kind").col("id"))
        .take()
}
