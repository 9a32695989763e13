//! The tables of the game: rules, accounts, deeds, the ledger, totals.
//!
//! Written with names as text, not with the entities: those will change, this file will not.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, integer, integer_null, string, text_null, uuid,
};
use sea_orm_migration::sea_orm::DbBackend;

/// What happened is never changed. Erasing a person says so first, in its own transaction, by a
/// row `erasing` in `setting` that it takes away again before it commits.
const APPEND_ONLY: [&str; 3] = ["deed", "award", "badge_grant"];

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in rules().into_iter().chain(ledger()).chain(around()) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let db = manager.get_connection();
        for statement in append_only(manager.get_database_backend()) {
            db.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

/// A table whose key has several columns, the org first.
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

fn rules() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "game",
            ["org_id"],
            [
                uuid("org_id"),
                string("rule_set"),
                integer_null("season"),
                big_integer_null("season_ends_at"),
                big_integer("version"),
            ],
        ),
        keyed(
            "rule_set",
            ["org_id", "hash"],
            [
                uuid("org_id"),
                string("hash"),
                blob("body"),
                big_integer("at"),
            ],
        ),
        keyed(
            "content_item",
            ["org_id", "kind", "id"],
            [
                uuid("org_id"),
                string("kind"),
                string("id"),
                text_null("body"),
                big_integer("version"),
                uuid("changed_by"),
                big_integer("changed_at"),
            ],
        ),
    ]
}

fn ledger() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "account",
            ["org_id", "user_id"],
            [
                uuid("org_id"),
                uuid("user_id"),
                big_integer("pos"),
                blob("state"),
                big_integer("changed_at"),
            ],
        ),
        keyed(
            "account_room",
            ["org_id", "user_id", "room_id"],
            [
                uuid("org_id"),
                uuid("user_id"),
                uuid("room_id"),
                blob("state"),
            ],
        ),
        keyed(
            "deed",
            ["org_id", "user_id", "pos"],
            [
                uuid("org_id"),
                uuid("user_id"),
                big_integer("pos"),
                big_integer("at"),
                integer("day"),
                integer("org_day"),
                integer_null("season"),
                string("rule_set"),
                string("stream"),
                big_integer("seq"),
                integer("part"),
                string("kind"),
                blob("body"),
            ],
        ),
        // By its key the ledger of a person is read newest first.
        keyed(
            "award",
            ["org_id", "user_id", "pos", "line"],
            [
                uuid("org_id"),
                uuid("user_id"),
                big_integer("pos"),
                integer("line"),
                string("rule"),
                integer("version"),
                string("kind"),
                big_integer("points"),
                string("stream"),
                big_integer("seq"),
                integer("part"),
                integer("run"),
                string("cause"),
                big_integer("at"),
            ],
        ),
        keyed(
            "badge_grant",
            ["org_id", "user_id", "badge", "level"],
            [
                uuid("org_id"),
                uuid("user_id"),
                string("badge"),
                integer("level"),
                big_integer("pos"),
                big_integer("at"),
            ],
        ),
        // A board is one range of this key.
        keyed(
            "total",
            ["org_id", "scope", "metric", "window", "user_id"],
            [
                uuid("org_id"),
                string("scope"),
                string("metric"),
                string("window"),
                uuid("user_id"),
                big_integer("sum"),
                big_integer("best"),
                big_integer("last"),
                big_integer("sum_at"),
                big_integer("best_at"),
                big_integer("last_at"),
                big_integer("version"),
            ],
        ),
    ]
}

fn around() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "suspicion",
            ["org_id", "user_id", "pos", "kind"],
            [
                uuid("org_id"),
                uuid("user_id"),
                big_integer("pos"),
                string("kind"),
                big_integer("at"),
            ],
        ),
        keyed(
            "kudos",
            ["org_id", "sender", "day", "receiver"],
            [
                uuid("org_id"),
                uuid("sender"),
                integer("day"),
                uuid("receiver"),
                big_integer("at"),
            ],
        ),
        keyed(
            "board_choice",
            ["org_id", "user_id"],
            [
                uuid("org_id"),
                uuid("user_id"),
                boolean("hidden"),
                text_null("nickname"),
                big_integer("changed_at"),
            ],
        ),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let build = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // What makes a payment happen once; by its beginning, everything a source was paid.
        build(
            "award_source",
            "award",
            &["org_id", "user_id", "stream", "seq", "part", "rule", "run"],
        )
        .unique()
        .take(),
        // Finds the entry of what is taken back; and no event is ever taken in twice.
        build(
            "deed_source",
            "deed",
            &["org_id", "user_id", "stream", "seq", "part"],
        )
        .unique()
        .take(),
        build("suspicion_age", "suspicion", &["org_id", "at"]),
    ]
}

/// Makes the databases themselves refuse to change what happened.
fn append_only(backend: DbBackend) -> Vec<String> {
    if backend == DbBackend::Postgres {
        let function = "CREATE FUNCTION ludus_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ \
             BEGIN \
             IF EXISTS (SELECT 1 FROM setting WHERE key = 'erasing') THEN \
             IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF; \
             END IF; \
             RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; \
             END $$";
        let triggers = APPEND_ONLY.iter().map(|table| {
            format!(
                "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION ludus_append_only()"
            )
        });
        return std::iter::once(function.to_owned())
            .chain(triggers)
            .collect();
    }
    APPEND_ONLY
        .iter()
        .flat_map(|table| {
            ["UPDATE", "DELETE"].map(|verb| {
                format!(
                    "CREATE TRIGGER {table}_no_{} BEFORE {verb} ON {table} \
                     WHEN NOT EXISTS (SELECT 1 FROM setting WHERE key = 'erasing') \
                     BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                    verb.to_lowercase()
                )
            })
        })
        .collect()
}
