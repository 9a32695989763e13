//! The heads of streams: locked in one order, moved together.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::ids::{Epoch, OrgId, Seq, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{event, setting, stream};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _};
use sea_orm::{
    DatabaseTransaction, DbBackend, DbErr, EntityTrait as _, QueryFilter as _, Set, Value,
};

use super::CommittedNotes;
use crate::store::{SETTING_EPOCH, now, rows};

/// Version of the shape of event bodies written here.
const BODY_VERSION: i32 = 1;

/// A stream of an org. Sorted as here is the one order in which everybody locks, or two
/// transactions could wait for each other: rooms before inboxes before cohorts, then by id.
pub(super) type Key = (OrgId, StreamId);

/// A locked head, and what this transaction adds behind it.
struct Head {
    epoch: Epoch,
    seq: Seq,
    guard: Seq,
    moved_at: Timestamp,
    fresh: Vec<Recorded>,
}

/// The heads a transaction holds.
pub(super) struct Heads {
    held: BTreeMap<Key, Head>,
    /// The store's time, read when everything was locked, so that times follow the order of seqs.
    now: Timestamp,
}

impl Heads {
    /// Locks the heads that exist.
    pub(super) async fn lock(
        txn: &DatabaseTransaction,
        keys: &BTreeSet<Key>,
    ) -> Result<Self, DbErr> {
        let mut heads = Self {
            held: BTreeMap::new(),
            now: Timestamp(0),
        };
        heads.read(txn, keys.iter()).await?;
        heads.now = now();
        Ok(heads)
    }

    /// Makes the streams that nobody has written to yet. After [`Heads::lock`]: whoever makes the
    /// same one meanwhile is waited for, with every older lock already held in order.
    pub(super) async fn create_missing(
        &mut self,
        txn: &DatabaseTransaction,
        keys: &BTreeSet<Key>,
    ) -> Result<(), DbErr> {
        let missing: Vec<&Key> = keys
            .iter()
            .filter(|key| !self.held.contains_key(*key))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let epoch = current_epoch(txn).await?;
        let rows = missing
            .iter()
            .map(|(org, key)| stream::ActiveModel {
                org_id: Set(org.0),
                key: Set(key.to_string()),
                epoch: Set(i32::try_from(epoch.0).unwrap_or(i32::MAX)),
                head: Set(0),
                guard: Set(0),
                first: Set(1),
                moved_at: Set(self.now.0),
            })
            .collect();
        rows::insert::<stream::Entity, _>(txn, rows, |insert| {
            insert.on_conflict(
                sea_orm::sea_query::OnConflict::columns([
                    stream::Column::OrgId,
                    stream::Column::Key,
                ])
                .do_nothing()
                .to_owned(),
            )
        })
        .await?;
        self.read(txn, missing.into_iter()).await?;
        self.now = now();
        Ok(())
    }

    async fn read(
        &mut self,
        txn: &DatabaseTransaction,
        keys: impl Iterator<Item = &Key>,
    ) -> Result<(), DbErr> {
        let keys: Vec<[Value; 3]> = (0_i64..)
            .zip(keys)
            .map(|(place, (org, key))| [org.0.into(), key.to_string().into(), place.into()])
            .collect();
        let lock = match txn.get_database_backend() {
            DbBackend::Postgres => "FOR UPDATE OF s",
            // The one writer holds the lock on everything already.
            _ => "",
        };
        let found = rows::lookup(txn, &keys, |list| find_sql(list, lock)).await?;
        for row in found {
            let org = OrgId(row.try_get_by_index(0)?);
            let key: String = row.try_get_by_index(1)?;
            let key = key
                .parse()
                .map_err(|_| DbErr::Type(format!("{key} is no stream")))?;
            let head = Head {
                epoch: epoch_of(row.try_get_by_index(2)?),
                seq: seq_of(row.try_get_by_index(3)?),
                guard: seq_of(row.try_get_by_index(4)?),
                moved_at: Timestamp(row.try_get_by_index(5)?),
                fresh: vec![],
            };
            self.held.insert((org, key), head);
        }
        Ok(())
    }

    /// Reads the store's time anew, once everything else is locked as well.
    pub(super) fn read_time(&mut self) {
        self.now = now();
    }

    /// Where a stream stands, with what was added: epoch, head, guard.
    pub(super) fn stand(&self, key: &Key) -> Option<(Epoch, Seq, Seq)> {
        self.held
            .get(key)
            .map(|head| (head.epoch, head.seq, head.guard))
    }

    /// Adds a fact behind a head; `None` when its stream is not held.
    pub(super) fn push(&mut self, key: &Key, by: Option<UserId>, fact: Fact) -> Option<&Recorded> {
        let now = self.now;
        let head = self.held.get_mut(key)?;
        head.seq = head.seq.next();
        // Times of a stream never go back, whatever this machine's clock does.
        head.moved_at = head.moved_at.max(now);
        if fact.moves_guard() {
            head.guard = head.seq;
        }
        head.fresh.push(Recorded {
            seq: head.seq,
            at: head.moved_at,
            by,
            audience: fact.audience(),
            fact,
        });
        head.fresh.last()
    }

    /// The store's time of this transaction.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Writes the added events and moves the heads.
    pub(super) async fn save(
        self,
        txn: &DatabaseTransaction,
    ) -> Result<Vec<CommittedNotes>, DbErr> {
        let mut events = vec![];
        let mut moved = vec![];
        let mut notes = vec![];
        for ((org, key), head) in self.held {
            if head.fresh.is_empty() {
                continue;
            }
            for recorded in &head.fresh {
                events.push(row(org, key, recorded)?);
            }
            moved.push([
                org.0.into(),
                key.to_string().into(),
                number(head.seq).into(),
                number(head.guard).into(),
                head.moved_at.0.into(),
            ]);
            notes.push(CommittedNotes {
                org,
                stream: key,
                epoch: head.epoch,
                events: head.fresh,
            });
        }
        rows::insert::<event::Entity, _>(txn, events, |insert| insert).await?;
        rows::apply(txn, &moved, move_sql).await?;
        Ok(notes)
    }
}

/// Heads in the order of the list, locked as they are found.
pub(super) fn find_sql(list: &str, lock: &str) -> String {
    format!(
        "SELECT s.org_id, s.key, s.epoch, s.head, s.guard, s.moved_at \
         FROM (VALUES {list}) AS k CROSS JOIN stream AS s \
         WHERE s.org_id = k.column1 AND s.key = k.column2 \
         ORDER BY k.column3 {lock}"
    )
}

pub(super) fn move_sql(list: &str) -> String {
    format!(
        "UPDATE stream AS s SET head = k.column3, guard = k.column4, moved_at = k.column5 \
         FROM (VALUES {list}) AS k WHERE s.org_id = k.column1 AND s.key = k.column2"
    )
}

fn row(org: OrgId, key: StreamId, recorded: &Recorded) -> Result<event::ActiveModel, DbErr> {
    let json = |error: serde_json::Error| DbErr::Json(error.to_string());
    let audience = match &recorded.audience {
        ludus_domain::audience::Audience::All => None,
        some => Some(serde_json::to_string(some).map_err(json)?),
    };
    Ok(event::ActiveModel {
        org_id: Set(org.0),
        stream: Set(key.to_string()),
        seq: Set(number(recorded.seq)),
        at: Set(recorded.at.0),
        by: Set(recorded.by.map(|user| user.0)),
        kind: Set(recorded.fact.kind().to_owned()),
        v: Set(BODY_VERSION),
        audience: Set(audience),
        key_id: Set(0),
        body: Set(serde_json::to_vec(&recorded.fact).map_err(json)?),
    })
}

/// The lineage that new streams are born into.
pub(crate) async fn current_epoch(db: &impl sea_orm::ConnectionTrait) -> Result<Epoch, DbErr> {
    let setting = setting::Entity::find()
        .filter(setting::Column::Key.eq(SETTING_EPOCH))
        .one(db)
        .await?;
    Ok(Epoch(
        setting.and_then(|row| row.value.parse().ok()).unwrap_or(1),
    ))
}

/// A seq as its signed column has it.
pub(crate) fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

pub(crate) fn seq_of(number: i64) -> Seq {
    Seq(u64::try_from(number).unwrap_or(0))
}

pub(crate) fn epoch_of(number: i32) -> Epoch {
    Epoch(u32::try_from(number).unwrap_or(0))
}
