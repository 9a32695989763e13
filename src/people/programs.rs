//! Programs: what admins give a key to, and what a key is good for.
//!
//! A secret follows from its key's id by a key of the hub, so that a repeated request can be given
//! the same one again although the store has only a hash of it. It stands in no URL and no log.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ludus_domain::ids::{ApiKeyId, OrgId};
use ludus_domain::refusal::Refusal;
use ludus_domain::text;
use sha2::{Digest as _, Sha256};

use super::caller::OnceKey;
use super::{Admin, Denied, People};
use crate::store::api_keys::{ApiKey, Scope, SecretHash};
use crate::store::idempotency::Done;
use crate::store::people::fresh;

/// What every secret begins with, so that scanners of leaked secrets know it, and so does who reads it.
const PREFIX: &str = "ludus_";
/// Bytes of a secret: far more than can be guessed.
const SECRET_BYTES: usize = 24;
const SECRET_CHARS: usize = PREFIX.len() + SECRET_BYTES / 3 * 4;
/// How exactly it is known when a key was used last. More exactly, and each request would write.
const USED_EVERY_MS: i64 = 60_000;

/// A program that showed a good key. Made by [`People::program`] and by nothing else.
#[derive(Clone, Debug)]
pub struct Program {
    org: OrgId,
    key: ApiKeyId,
    scopes: Vec<Scope>,
}

impl Program {
    pub const fn org(&self) -> OrgId {
        self.org
    }

    pub const fn key(&self) -> ApiKeyId {
        self.key
    }

    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A key with its secret, for whoever made it.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub key: ApiKey,
    pub secret: String,
}

impl Admin {
    pub async fn add_api_key(
        &self,
        once: Option<OnceKey>,
        name: &str,
        mut scopes: Vec<Scope>,
    ) -> Result<Done<NewApiKey>, Denied> {
        let caller = &self.0;
        let name = text::name(name)?;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Refusal::FieldInvalid.into());
        }
        let key = ApiKey {
            id: ApiKeyId(fresh()),
            org: caller.who.org,
            name,
            scopes,
            created_by: caller.who.user,
            created_at: caller.people.now(),
            used_at: None,
            revoked_at: None,
            revoked_by: None,
        };
        let people = &caller.people;
        let hash = hash_of(&people.secret_of(key.id));
        let store = people.store();
        let done = store.add_api_key(caller.once(once), key, hash).await?;
        Ok(done.map(|key| NewApiKey {
            secret: people.secret_of(key.id),
            key,
        }))
    }

    pub async fn api_keys(
        &self,
        before: Option<ApiKeyId>,
        limit: u64,
    ) -> Result<Vec<ApiKey>, Denied> {
        let store = self.0.people.store();
        Ok(store.api_keys(self.0.who.org, before, limit).await?)
    }

    /// Takes a key back, from this moment and on every node.
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<(), Denied> {
        let caller = &self.0;
        let store = caller.people.store();
        let (org, by, at) = (caller.who.org, caller.who.user, caller.people.now());
        if store.revoke_api_key(org, id, by, at).await? {
            Ok(())
        } else {
            Err(Refusal::NotFound.into())
        }
    }
}

impl People {
    /// Whom a secret speaks for. It is looked up each time: a key that was taken back is no key.
    pub async fn program(&self, secret: &str) -> Result<Program, Denied> {
        let is_one = secret.len() == SECRET_CHARS && secret.starts_with(PREFIX);
        if !is_one {
            return Err(Refusal::SignInNeeded.into());
        }
        let found = self.store().api_key(hash_of(secret)).await?;
        let key = found
            .filter(|key| key.revoked_at.is_none())
            .ok_or(Refusal::SignInNeeded)?;
        let now = self.now();
        if key.used_at.is_none_or(|at| at.0 + USED_EVERY_MS <= now.0) {
            let store = self.store().clone();
            // Nobody waits for it, and losing one costs a line of a list.
            actix_web::rt::spawn(
                async move { store.api_key_used(key.org, key.id, now).await.ok() },
            );
        }
        Ok(Program {
            org: key.org,
            key: key.id,
            scopes: key.scopes,
        })
    }

    fn secret_of(&self, id: ApiKeyId) -> String {
        let signature = self.inner.api_key.sign(id.0.as_bytes());
        let code = URL_SAFE_NO_PAD.encode(&signature[..SECRET_BYTES]);
        format!("{PREFIX}{code}")
    }
}

fn hash_of(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}
