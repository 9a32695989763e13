//! Lines that coaches look at, what was done about them and about people, appeals, and lists of words.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, boolean_null, string, text, text_null, uuid, uuid_null,
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
        for column in [
            // What is there was taken back.
            boolean("retracted").default(true).take(),
            boolean("covered").default(false).take(),
        ] {
            let mut line = Table::alter();
            line.table("hidden_line").add_column(column);
            manager.alter_table(line.take()).await?;
        }
        for table in [cases(), reports(), acts(), appeals(), words()] {
            manager.create_table(table).await?;
        }
        let mut once = Index::create();
        once.name("moderation_case_once")
            .table("moderation_case")
            .unique();
        for column in ["org_id", "room_id", "line"] {
            once.col(column);
        }
        manager.create_index(once.take()).await?;
        index(manager, "moderation_act", "moderation_act_about", "user_id").await?;
        index(manager, "moderation_act", "moderation_act_room", "room_id").await
    }
}

async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(name).table(table).col("org_id").col(column);
    manager.create_index(index.take()).await
}

fn cases() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("moderation_case")
        .col(uuid("org_id"))
        .col(uuid("id"))
        .col(uuid("room_id"))
        .col(big_integer("line"))
        .col(uuid_null("author_id"))
        .col(string("source"))
        .col(string("state"))
        .col(big_integer("opened_at"))
        .col(uuid_null("decided_by"))
        .col(big_integer_null("decided_at"))
        .primary_key(Index::create().col("org_id").col("id"))
        .take()
}

fn reports() -> TableCreateStatement {
    let mut table = Table::create();
    let mut key = Index::create();
    key.col("org_id").col("case_id").col("reporter_id");
    table
        .table("moderation_report")
        .col(uuid("org_id"))
        .col(uuid("case_id"))
        .col(uuid("reporter_id"))
        .col(string("reason"))
        .col(text_null("note"))
        .col(big_integer("at"))
        .primary_key(&mut key)
        .take()
}

fn acts() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("moderation_act")
        .col(uuid("org_id"))
        .col(uuid("id"))
        .col(string("measure"))
        .col(uuid_null("room_id"))
        .col(big_integer_null("line"))
        .col(uuid_null("user_id"))
        .col(uuid_null("case_id"))
        .col(uuid("by_id"))
        .col(big_integer("at"))
        .col(big_integer_null("until_at"))
        .primary_key(Index::create().col("org_id").col("id"))
        .take()
}

fn appeals() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("moderation_appeal")
        .col(uuid("org_id"))
        .col(uuid("act_id"))
        .col(uuid("user_id"))
        .col(text("says"))
        .col(big_integer("at"))
        .col(text_null("answer"))
        .col(boolean_null("granted"))
        .col(uuid_null("answered_by"))
        .col(big_integer_null("answered_at"))
        .primary_key(Index::create().col("org_id").col("act_id"))
        .take()
}

fn words() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("word_list")
        .col(uuid("org_id"))
        // From 1 in each org.
        .col(big_integer("number"))
        .col(text("words"))
        .col(uuid("by_id"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("org_id").col("number"))
        .take()
}
