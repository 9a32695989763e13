//! The tables of the spine: people, rooms, journals, jobs.
//!
//! Written with names as text, not with the entities: those will change, this file will not.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, integer, string, string_null, text, text_null,
    uuid, uuid_null,
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
        for table in people().into_iter().chain(rooms()).chain(house()) {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
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

/// Ties a column to the table that owns what it names.
fn belongs<const N: usize>(
    table: &mut TableCreateStatement,
    from: (&'static str, [&'static str; N]),
    to: (&'static str, [&'static str; N]),
) -> TableCreateStatement {
    let mut key = ForeignKey::create();
    for (here, there) in from.1.into_iter().zip(to.1) {
        key.from(from.0, here).to(to.0, there);
    }
    table.foreign_key(&mut key).take()
}

fn people() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "org",
            ["id"],
            [
                uuid("id"),
                text("name"),
                string("time_zone"),
                big_integer("created_at"),
            ],
        ),
        belongs(
            &mut keyed(
                "user",
                ["id"],
                [
                    uuid("id"),
                    uuid("org_id"),
                    text("name"),
                    string_null("email"),
                    string("role"),
                    text_null("password_hash"),
                    boolean("guest"),
                    big_integer_null("disabled_at"),
                    big_integer("created_at"),
                    big_integer("changed_at"),
                ],
            ),
            ("user", ["org_id"]),
            ("org", ["id"]),
        ),
        belongs(
            &mut keyed(
                "sign_in",
                ["id"],
                [
                    uuid("id"),
                    uuid("org_id"),
                    uuid("user_id"),
                    big_integer("created_at"),
                    big_integer("expires_at"),
                    big_integer_null("revoked_at"),
                    integer("counter"),
                    big_integer("rotated_at"),
                    text("agent"),
                ],
            ),
            ("sign_in", ["user_id"]),
            ("user", ["id"]),
        ),
        belongs(
            &mut keyed(
                "link",
                ["id"],
                [
                    uuid("id"),
                    uuid("org_id"),
                    string("kind"),
                    blob("code_hash"),
                    string("role"),
                    string_null("email"),
                    text_null("name"),
                    uuid_null("user_id"),
                    uuid_null("room_id"),
                    uuid_null("cohort_id"),
                    uuid_null("created_by"),
                    big_integer("created_at"),
                    big_integer("expires_at"),
                    big_integer_null("claimed_at"),
                    uuid_null("claimed_by"),
                ],
            ),
            ("link", ["org_id"]),
            ("org", ["id"]),
        ),
        belongs(
            &mut keyed(
                "cohort",
                ["org_id", "id"],
                [
                    uuid("org_id"),
                    uuid("id"),
                    text("title"),
                    big_integer("created_at"),
                ],
            ),
            ("cohort", ["org_id"]),
            ("org", ["id"]),
        ),
        belongs(
            &mut keyed(
                "team",
                ["org_id", "cohort_id", "id"],
                [uuid("org_id"), uuid("cohort_id"), uuid("id"), text("title")],
            ),
            ("team", ["org_id", "cohort_id"]),
            ("cohort", ["org_id", "id"]),
        ),
        belongs(
            &mut keyed(
                "cohort_member",
                ["org_id", "cohort_id", "user_id"],
                [
                    uuid("org_id"),
                    uuid("cohort_id"),
                    uuid("user_id"),
                    string("part"),
                    uuid_null("team_id"),
                    big_integer("added_at"),
                ],
            ),
            ("cohort_member", ["org_id", "cohort_id"]),
            ("cohort", ["org_id", "id"]),
        ),
    ]
}

fn rooms() -> Vec<TableCreateStatement> {
    vec![
        belongs(
            &mut keyed(
                "room",
                ["org_id", "id"],
                [
                    uuid("org_id"),
                    uuid("id"),
                    string("kind"),
                    string("entry"),
                    text("title"),
                    string("phase"),
                    string_null("code"),
                    uuid("created_by"),
                    big_integer("created_at"),
                    big_integer("changed_at"),
                    blob("state"),
                    integer("state_key_id"),
                ],
            ),
            ("room", ["org_id"]),
            ("org", ["id"]),
        ),
        belongs(
            &mut keyed(
                "member",
                ["org_id", "room_id", "user_id"],
                [
                    uuid("org_id"),
                    uuid("room_id"),
                    uuid("user_id"),
                    text("name"),
                    boolean("host"),
                    big_integer("joined_seq"),
                    big_integer("joined_at"),
                    big_integer("read_seq"),
                ],
            ),
            ("member", ["org_id", "room_id"]),
            ("room", ["org_id", "id"]),
        ),
        keyed(
            "stream",
            ["org_id", "key"],
            [
                uuid("org_id"),
                string("key"),
                integer("epoch"),
                big_integer("head"),
                big_integer("guard"),
                big_integer("first"),
                big_integer("moved_at"),
            ],
        ),
        keyed(
            "event",
            ["org_id", "stream", "seq"],
            [
                uuid("org_id"),
                string("stream"),
                big_integer("seq"),
                big_integer("at"),
                uuid_null("by"),
                string("kind"),
                integer("v"),
                text_null("audience"),
                integer("key_id"),
                blob("body"),
            ],
        ),
        keyed(
            "command",
            ["org_id", "stream", "sender", "client_id"],
            [
                uuid("org_id"),
                string("stream"),
                uuid("sender"),
                uuid("client_id"),
                big_integer("first_seq"),
                integer("count"),
                big_integer("fingerprint"),
                big_integer("at"),
            ],
        ),
        keyed(
            "hidden_line",
            ["org_id", "room_id", "seq"],
            [uuid("org_id"), uuid("room_id"), big_integer("seq")],
        ),
    ]
}

fn house() -> Vec<TableCreateStatement> {
    vec![
        keyed(
            "job",
            ["id"],
            [
                uuid("id"),
                uuid_null("org_id"),
                string("kind"),
                text("payload"),
                string("state"),
                big_integer("run_at"),
                integer("attempts"),
                big_integer_null("lease_until"),
                text_null("last_error"),
                big_integer("created_at"),
            ],
        ),
        keyed(
            "idempotency",
            ["org_id", "user_id", "key"],
            [
                uuid("org_id"),
                uuid("user_id"),
                string("key"),
                big_integer("fingerprint"),
                integer("status"),
                blob("body"),
                big_integer("created_at"),
            ],
        ),
        keyed("setting", ["key"], [string("key"), text("value")]),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unique = [
        ("user_email", "user", &["org_id", "email"][..]),
        ("link_code", "link", &["code_hash"]),
        ("room_code", "room", &["code"]),
    ];
    let plain = [
        ("sign_in_user", "sign_in", &["org_id", "user_id"][..]),
        ("sign_in_expiry", "sign_in", &["expires_at"]),
        ("link_org", "link", &["org_id", "created_at"]),
        ("link_expiry", "link", &["expires_at"]),
        ("room_org", "room", &["org_id", "created_at"]),
        ("member_user", "member", &["org_id", "user_id"]),
        ("stream_moved", "stream", &["moved_at"]),
        (
            "cohort_member_user",
            "cohort_member",
            &["org_id", "user_id"],
        ),
        ("job_due", "job", &["state", "run_at"]),
        ("idempotency_age", "idempotency", &["created_at"]),
    ];
    let build = |(name, table, columns): &(&'static str, &'static str, &[&'static str])| {
        let mut index = Index::create();
        index.name(*name).table(*table);
        for column in *columns {
            index.col(*column);
        }
        index
    };
    unique
        .iter()
        .map(|plan| build(plan).unique().take())
        .chain(plain.iter().map(|plan| build(plan).take()))
        .collect()
}
