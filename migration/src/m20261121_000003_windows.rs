//! The tables of windows that close: seasons, weeks of leagues, contests.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, integer, integer_null, string, string_null, uuid,
    uuid_null,
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
        for table in seasons().into_iter().chain(leagues()).chain(contests()) {
            manager.create_table(table).await?;
        }
        // What is due next, in all orgs.
        for (name, table) in [
            ("league_week_due", "league_week"),
            ("contest_due", "contest"),
        ] {
            let mut index = Index::create();
            index.name(name).table(table).col("org_id").col("due_at");
            manager.create_index(index.take()).await?;
        }
        Ok(())
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

fn seasons() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "season",
            ["org_id", "number"],
            [
                uuid("org_id"),
                integer("number"),
                big_integer("starts_at"),
                big_integer("ends_at"),
                big_integer_null("closed_at"),
            ],
        ),
        keyed(
            "season_standing",
            ["org_id", "season", "metric", "user_id"],
            [
                uuid("org_id"),
                integer("season"),
                string("metric"),
                uuid("user_id"),
                integer("place"),
                big_integer("score"),
            ],
        ),
    ]
}

fn leagues() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "league_week",
            ["org_id", "league", "monday"],
            [
                uuid("org_id"),
                string("league"),
                integer("monday"),
                blob("plan"),
                big_integer("starts_at"),
                big_integer("ends_at"),
                // When it ends; none when it has.
                big_integer_null("due_at"),
                big_integer_null("closed_at"),
            ],
        ),
        keyed(
            "division",
            ["org_id", "id"],
            [
                uuid("org_id"),
                uuid("id"),
                string("league"),
                integer("monday"),
                integer("tier"),
                integer("number"),
            ],
        ),
        // By its key nobody plays twice in a week.
        keyed(
            "division_member",
            ["org_id", "league", "monday", "user_id"],
            [
                uuid("org_id"),
                string("league"),
                integer("monday"),
                uuid("user_id"),
                uuid("division_id"),
                integer("tier"),
                integer_null("place"),
                big_integer_null("score"),
                integer_null("to_tier"),
            ],
        ),
    ]
}

fn contests() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "contest",
            ["org_id", "id"],
            [
                uuid("org_id"),
                uuid("id"),
                blob("plan"),
                string("title"),
                string("phase"),
                big_integer("opens_at"),
                big_integer("starts_at"),
                big_integer("ends_at"),
                big_integer_null("due_at"),
                uuid_null("cohort_id"),
                string_null("code"),
                integer("entrants"),
                uuid("created_by"),
                big_integer("created_at"),
            ],
        ),
        keyed(
            "contest_entry",
            ["org_id", "contest_id", "user_id"],
            [
                uuid("org_id"),
                uuid("contest_id"),
                uuid("user_id"),
                uuid_null("team_id"),
                boolean("present"),
                big_integer("entered_at"),
                integer_null("place"),
                big_integer_null("score"),
            ],
        ),
        keyed(
            "contest_team",
            ["org_id", "contest_id", "team_id"],
            [
                uuid("org_id"),
                uuid("contest_id"),
                uuid("team_id"),
                integer("place"),
                big_integer("score"),
            ],
        ),
    ]
}
