//! Keys of programs that talk to an org's personas.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, string, uuid, uuid_null};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait leaves it out, and its macro wants the same spelling"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut keys = Table::create();
        keys.table("api_key")
            .col(uuid("org_id"))
            .col(uuid("id"))
            .col(string("name"))
            .col(string("scopes"))
            .col(blob("secret_hash"))
            .col(uuid("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer_null("used_at"))
            .col(big_integer_null("revoked_at"))
            .col(uuid_null("revoked_by"));
        let mut key = Index::create();
        key.col("org_id").col("id");
        manager
            .create_table(keys.primary_key(&mut key).take())
            .await?;
        // Whoever calls names no org: the secret says which one it is.
        let mut by_secret = Index::create();
        by_secret
            .name("api_key_secret")
            .table("api_key")
            .col("secret_hash")
            .unique();
        manager.create_index(by_secret.take()).await
    }
}
