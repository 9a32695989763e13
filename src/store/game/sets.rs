//! Rule sets: kept for ever, made ready once, named by their hash.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ludus_domain::desk::signal::Signals;
use ludus_domain::game::calendar::Zone;
use ludus_domain::game::rules::{Compiled, RuleSet};
use ludus_domain::ids::OrgId;
use ludus_domain::time::Timestamp;
use ludus_entities::{game, rule_set};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, QuerySelect as _, Set, Statement,
};

use crate::store::{Store, StoreError};

/// Sets held in memory. A hub has a handful in force; the past is asked for by proofs only.
const KEPT_MAX: usize = 256;

/// Rule sets in memory, by hash. What is not here is read from the store.
#[derive(Debug, Default)]
pub struct Sets {
    known: RwLock<HashMap<String, Arc<Compiled>>>,
    /// What an org plays by from its first moment.
    of_new_orgs: RwLock<Option<Arc<Compiled>>>,
    /// What coaches are to be told of in the transaction of its cause.
    signals: RwLock<Arc<Signals>>,
}

impl Sets {
    pub fn known(&self, hash: &str) -> Option<Arc<Compiled>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).cloned()
    }

    pub(crate) fn of_new_orgs(&self) -> Option<Arc<Compiled>> {
        let set = self.of_new_orgs.read();
        set.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what orgs play by that are made from now on.
    pub fn rule_new_orgs(&self, set: Arc<Compiled>) {
        self.keep(set.hash(), Arc::clone(&set));
        let mut there = self
            .of_new_orgs
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *there = Some(set);
    }

    /// Says what to listen for from now on.
    pub fn listen_for(&self, signals: Arc<Signals>) {
        *self.signals.write().unwrap_or_else(PoisonError::into_inner) = signals;
    }

    pub(crate) fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.signals.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers a set under the hash it was stored under.
    pub(crate) fn keep(&self, hash: &str, set: Arc<Compiled>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert(hash.to_owned(), set);
    }

    /// A set by its hash: from memory, else from the store.
    pub(crate) async fn get(
        &self,
        db: &impl ConnectionTrait,
        org: OrgId,
        hash: &str,
    ) -> Result<Arc<Compiled>, DbErr> {
        if let Some(set) = self.known(hash) {
            return Ok(set);
        }
        let row = rule_set::Entity::find_by_id((org.0, hash.to_owned()))
            .one(db)
            .await?
            .ok_or_else(|| DbErr::RecordNotFound(format!("rule set {hash}")))?;
        let set: RuleSet =
            serde_json::from_slice(&row.body).map_err(|error| DbErr::Json(error.to_string()))?;
        let set = Arc::new(Compiled::new(set));
        self.keep(hash, Arc::clone(&set));
        Ok(set)
    }
}

/// What an org plays by at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    /// Hash of the rules in force.
    pub rule_set: String,
    pub season: Option<u32>,
    pub season_ends_at: Option<Timestamp>,
    /// Counts changes.
    pub version: i64,
    pub zone: Zone,
}

/// The number of an org's gate on PostgreSQL: an advisory lock, which whoever is paid takes shared and
/// whoever closes something takes alone, before the row. A row's lock alone does not queue: who
/// shares it goes past who waits for it, and a busy org would never close a week. Two orgs with one
/// number would wait for each other now and then.
pub(crate) fn gate(org: OrgId) -> i64 {
    let (high, low) = org.0.as_u64_pair();
    (high ^ low).cast_signed()
}

/// Locks an org's game for a change of what everybody plays by: whatever was paid before is
/// committed, and nothing is paid until the end of this transaction. Take it before any other lock.
pub async fn hold_game(
    txn: &DatabaseTransaction,
    org: OrgId,
) -> Result<Option<game::Model>, DbErr> {
    if txn.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock($1)";
        let pass = Statement::from_sql_and_values(DbBackend::Postgres, sql, [gate(org).into()]);
        txn.query_one_raw(pass).await?;
    }
    game::Entity::find_by_id(org.0)
        .lock_exclusive()
        .one(txn)
        .await
}

/// Says that everything of an org up to an instant is closed: nobody is paid for a time before it, whatever
/// the clock of their node says. Hold the game.
pub async fn close_until(
    txn: &DatabaseTransaction,
    org: OrgId,
    at: Timestamp,
) -> Result<(), DbErr> {
    game::Entity::update_many()
        .col_expr(game::Column::ClosedUntil, Expr::value(at.0))
        .filter(game::Column::OrgId.eq(org.0))
        .filter(game::Column::ClosedUntil.lt(at.0))
        .exec(txn)
        .await?;
    Ok(())
}

/// Puts rules in force. Does nothing when they are.
pub(crate) async fn put_in_force(
    txn: &DatabaseTransaction,
    org: OrgId,
    set: &Compiled,
    at: Timestamp,
) -> Result<bool, DbErr> {
    let hash = set.hash().to_owned();
    let empty = game::ActiveModel {
        org_id: Set(org.0),
        rule_set: Set(hash.clone()),
        season: Set(None),
        season_ends_at: Set(None),
        closed_until: Set(0),
        version: Set(1),
    };
    let body = set.set().canonical().into_bytes();
    let kept = rule_set::ActiveModel {
        org_id: Set(org.0),
        hash: Set(hash.clone()),
        body: Set(body),
        at: Set(at.0),
    };
    let made = game::Entity::insert(empty)
        .on_conflict_do_nothing_on([game::Column::OrgId])
        .exec_without_returning(txn)
        .await?;
    let held = hold_game(txn, org).await?;
    rule_set::Entity::insert(kept)
        .on_conflict_do_nothing_on([rule_set::Column::OrgId, rule_set::Column::Hash])
        .exec_without_returning(txn)
        .await?;
    if held.is_some_and(|game| game.rule_set == hash) {
        return Ok(matches!(made, sea_orm::TryInsertResult::Inserted(1..)));
    }
    game::Entity::update_many()
        .col_expr(game::Column::RuleSet, Expr::value(hash))
        .col_expr(
            game::Column::Version,
            Expr::col(game::Column::Version).add(1),
        )
        .filter(game::Column::OrgId.eq(org.0))
        .exec(txn)
        .await?;
    Ok(true)
}

impl Store {
    /// Rule sets in memory.
    pub fn sets(&self) -> &Arc<Sets> {
        &self.inner.commons.sets
    }

    /// Puts rules in force in an org; whether that was new.
    pub async fn put_rules(&self, org: OrgId, set: Arc<Compiled>) -> Result<bool, StoreError> {
        self.sets().keep(set.hash(), Arc::clone(&set));
        // Most starts of a node change nothing: they neither wait for who is paid, nor hold them up.
        let game = self.game(org).await?;
        if game.is_some_and(|game| game.rule_set == set.hash()) {
            return Ok(false);
        }
        self.write("put rules in force", move |txn| {
            let at = crate::store::now();
            Box::pin(async move { Ok(put_in_force(txn, org, &set, at).await?) })
        })
        .await
    }

    /// What an org plays by; `None` before rules were put in force.
    pub async fn game(&self, org: OrgId) -> Result<Option<Game>, StoreError> {
        self.read("game", move |db| Box::pin(game(db, org))).await
    }

    /// Every org, with the hash of the rules it plays by.
    pub async fn rules_in_force(&self) -> Result<Vec<(OrgId, Option<String>)>, StoreError> {
        let orgs = self.org_ids().await?;
        self.read("rules in force", move |db| {
            Box::pin(async move {
                let rows = game::Entity::find().all(db).await?;
                let mut hashes: HashMap<_, _> = rows
                    .into_iter()
                    .map(|row| (row.org_id, row.rule_set))
                    .collect();
                let found = orgs.into_iter().map(|org| (org, hashes.remove(&org.0)));
                Ok(found.collect())
            })
        })
        .await
    }

    /// The rules of a hash, in force or long gone.
    pub async fn rules(&self, org: OrgId, hash: String) -> Result<Arc<Compiled>, StoreError> {
        if let Some(set) = self.sets().known(&hash) {
            return Ok(set);
        }
        let sets = Arc::clone(self.sets());
        self.read("rule set", move |db| {
            Box::pin(async move { Ok(sets.get(db, org, &hash).await?) })
        })
        .await
    }
}

pub(super) async fn game(db: &DatabaseConnection, org: OrgId) -> Result<Option<Game>, StoreError> {
    let Some(row) = game::Entity::find_by_id(org.0).one(db).await? else {
        return Ok(None);
    };
    let zone = ludus_entities::org::Entity::find_by_id(org.0)
        .one(db)
        .await?;
    let zone = zone.and_then(|org| org.time_zone.parse().ok());
    Ok(Some(Game {
        rule_set: row.rule_set,
        season: row.season.and_then(|season| season.try_into().ok()),
        season_ends_at: row.season_ends_at.map(Timestamp),
        version: row.version,
        zone: zone.unwrap_or_else(Zone::utc),
    }))
}
