//! What a proof of the ledger reads, page by page, so that its memory does not grow with an org; and
//! the one thing that a proof's command writes, a re-score.

use std::collections::BTreeMap;

use ludus_domain::game::account::{Account, Entry};
use ludus_domain::game::deed::Source;
use ludus_domain::game::gain::{Award, BadgeGrant};
use ludus_domain::game::total::{Metric, Scope, Window};
use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::room::RoomKind;
use ludus_domain::stream::{StreamId, StreamKind};
use ludus_domain::time::Timestamp;
use ludus_entities::{
    account, award, badge_grant, deed, event, room, rule_set, stream, total, user,
};
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ColumnTrait as _, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use crate::store::journal::{Fresh, entry_of, number, perform, seq_of};
use crate::store::{Store, StoreError};

/// Rows of one read: small enough to be answered within a reader's two seconds on a slow disk.
const PAGE: u64 = 500;

/// An entry, and the hash of the rules it was evaluated under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub entry: Entry,
    pub rule_set: String,
}

/// A standing as it is stored beside its ledger.
#[derive(Clone, Debug)]
pub struct Standing {
    pub user: UserId,
    pub name: String,
    pub pos: u64,
    pub account: Account,
}

/// An amount of something, since when it is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    pub value: i64,
    pub at: Timestamp,
}

/// A total as it is stored: sum, best, last.
pub type Amounts = [Amount; 3];

/// An event that may be somebody's deed.
#[derive(Clone, Debug)]
pub struct Happened {
    pub seq: Seq,
    pub at: Timestamp,
    pub by: Option<UserId>,
    pub fact: Fact,
}

fn unreadable(what: &str) -> DbErr {
    DbErr::Type(format!("a row has no readable {what}"))
}

impl Store {
    /// When rules were first put in force in an org: events from before are nobody's deeds.
    pub async fn game_began(&self, org: OrgId) -> Result<Option<Timestamp>, StoreError> {
        self.read("first rules", move |db| {
            Box::pin(async move {
                let first = rule_set::Entity::find()
                    .filter(rule_set::Column::OrgId.eq(org.0))
                    .order_by_asc(rule_set::Column::At)
                    .one(db)
                    .await?;
                Ok(first.map(|row| Timestamp(row.at)))
            })
        })
        .await
    }

    /// Standings in the order of people's ids, after one of them.
    pub async fn standings_after(
        &self,
        org: OrgId,
        after: Option<UserId>,
    ) -> Result<Vec<Standing>, StoreError> {
        self.read("standings of all", move |db| {
            Box::pin(async move {
                let mut found = account::Entity::find().filter(account::Column::OrgId.eq(org.0));
                if let Some(after) = after {
                    found = found.filter(account::Column::UserId.gt(after.0));
                }
                let rows = found
                    .order_by_asc(account::Column::UserId)
                    .limit(50)
                    .all(db)
                    .await?;
                let names = user::Entity::find()
                    .filter(user::Column::OrgId.eq(org.0))
                    .filter(user::Column::Id.is_in(rows.iter().map(|row| row.user_id)))
                    .all(db)
                    .await?;
                let names: BTreeMap<_, _> =
                    names.into_iter().map(|row| (row.id, row.name)).collect();
                rows.into_iter()
                    .map(|row| {
                        let user = UserId(row.user_id);
                        let account = if row.state.is_empty() {
                            Account::new(user)
                        } else {
                            serde_json::from_slice(&row.state)
                                .map_err(|error| DbErr::Json(error.to_string()))?
                        };
                        Ok(Standing {
                            user,
                            name: names.get(&row.user_id).cloned().unwrap_or_default(),
                            pos: seq_of(row.pos).0,
                            account,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Entries of an account in order, after a position.
    pub async fn entries_after(
        &self,
        org: OrgId,
        user: UserId,
        after: u64,
    ) -> Result<Vec<Taken>, StoreError> {
        self.read("entries", move |db| {
            Box::pin(async move {
                let rows = deed::Entity::find()
                    .filter(deed::Column::OrgId.eq(org.0))
                    .filter(deed::Column::UserId.eq(user.0))
                    .filter(deed::Column::Pos.gt(number(Seq(after))))
                    .order_by_asc(deed::Column::Pos)
                    .limit(PAGE)
                    .all(db)
                    .await?;
                rows.into_iter()
                    .map(|row| {
                        let rule_set = row.rule_set.clone();
                        let entry = entry_of(row)?;
                        Ok(Taken { entry, rule_set })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Lines of an account's ledger in the order they were written, after a place.
    pub async fn awards_after(
        &self,
        org: OrgId,
        user: UserId,
        after: Option<(i64, i32)>,
    ) -> Result<(Vec<Award>, Option<(i64, i32)>), StoreError> {
        self.read("awards", move |db| {
            Box::pin(async move {
                let mut found = award::Entity::find()
                    .filter(award::Column::OrgId.eq(org.0))
                    .filter(award::Column::UserId.eq(user.0));
                if let Some((pos, line)) = after {
                    let same = award::Column::Pos.eq(pos).and(award::Column::Line.gt(line));
                    found = found.filter(award::Column::Pos.gt(pos).or(same));
                }
                let rows = found
                    .order_by_asc(award::Column::Pos)
                    .order_by_asc(award::Column::Line)
                    .limit(PAGE)
                    .all(db)
                    .await?;
                let last = rows.last().map(|row| (row.pos, row.line));
                let awards: Result<Vec<Award>, StoreError> =
                    rows.into_iter().map(|row| Ok(award_of(&row)?)).collect();
                Ok((awards?, last))
            })
        })
        .await
    }

    /// Every badge of an account.
    pub async fn badges_of(&self, org: OrgId, user: UserId) -> Result<Vec<BadgeGrant>, StoreError> {
        self.read("badges", move |db| {
            Box::pin(async move {
                let rows = badge_grant::Entity::find()
                    .filter(badge_grant::Column::OrgId.eq(org.0))
                    .filter(badge_grant::Column::UserId.eq(user.0))
                    .all(db)
                    .await?;
                rows.into_iter()
                    .map(|row| {
                        Ok(BadgeGrant {
                            badge: row.badge.parse().map_err(|_| unreadable("badge"))?,
                            level: u8::try_from(row.level).map_err(|_| unreadable("level"))?,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Every total of an account, also of windows that are over.
    pub async fn totals_of(
        &self,
        org: OrgId,
        user: UserId,
    ) -> Result<BTreeMap<(Scope, Metric, Window), Amounts>, StoreError> {
        self.read("totals", move |db| {
            Box::pin(async move {
                let rows = total::Entity::find()
                    .filter(total::Column::OrgId.eq(org.0))
                    .filter(total::Column::UserId.eq(user.0))
                    .all(db)
                    .await?;
                rows.into_iter()
                    .map(|row| {
                        let key = (
                            row.scope.parse().map_err(|_| unreadable("scope"))?,
                            row.metric.parse().map_err(|_| unreadable("metric"))?,
                            row.window.parse().map_err(|_| unreadable("window"))?,
                        );
                        let amounts = [
                            (row.sum, row.sum_at),
                            (row.best, row.best_at),
                            (row.last, row.last_at),
                        ];
                        let amounts = amounts.map(|(value, at)| Amount {
                            value,
                            at: Timestamp(at),
                        });
                        Ok((key, amounts))
                    })
                    .collect()
            })
        })
        .await
    }

    /// How many entries an org has.
    pub async fn entry_count(&self, org: OrgId) -> Result<u64, StoreError> {
        self.read("entry count", move |db| {
            Box::pin(async move {
                let found = deed::Entity::find().filter(deed::Column::OrgId.eq(org.0));
                Ok(found.count(db).await?)
            })
        })
        .await
    }

    /// Streams of rooms and inboxes in the order of their names, after one of them.
    pub async fn streams_after(
        &self,
        org: OrgId,
        after: Option<String>,
    ) -> Result<Vec<String>, StoreError> {
        self.read("streams", move |db| {
            Box::pin(async move {
                let mut found = stream::Entity::find().filter(stream::Column::OrgId.eq(org.0));
                if let Some(after) = after {
                    found = found.filter(stream::Column::Key.gt(after));
                }
                let rows = found
                    .order_by_asc(stream::Column::Key)
                    .limit(PAGE)
                    .all(db)
                    .await?;
                Ok(rows.into_iter().map(|row| row.key).collect())
            })
        })
        .await
    }

    /// What a room is for.
    pub async fn kind_of_room(
        &self,
        org: OrgId,
        of: RoomId,
    ) -> Result<Option<RoomKind>, StoreError> {
        self.read("kind of room", move |db| {
            Box::pin(async move {
                let row = room::Entity::find_by_id((org.0, of.0)).one(db).await?;
                Ok(row.and_then(|row| {
                    let name = serde_json::Value::from(row.kind);
                    serde_json::from_value(name).ok()
                }))
            })
        })
        .await
    }

    /// Events of a stream in order, after one of them; and the last that was looked at.
    pub async fn happened_after(
        &self,
        org: OrgId,
        of: StreamId,
        kind: StreamKind,
        after: Seq,
    ) -> Result<Vec<Happened>, StoreError> {
        self.read("events", move |db| {
            Box::pin(async move {
                let rows = event::Entity::find()
                    .filter(event::Column::OrgId.eq(org.0))
                    .filter(event::Column::Stream.eq(of.to_string()))
                    .filter(event::Column::Seq.gt(number(after)))
                    .order_by_asc(event::Column::Seq)
                    .limit(PAGE)
                    .all(db)
                    .await?;
                rows.into_iter()
                    .map(|row| {
                        let fact = Fact::decode(kind, &row.body)
                            .map_err(|error| DbErr::Json(error.to_string()))?;
                        Ok(Happened {
                            seq: seq_of(row.seq),
                            at: Timestamp(row.at),
                            by: row.by.map(UserId),
                            fact,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// The entries of one person that a stretch of a stream caused, by seq.
    pub async fn entries_of_stream(
        &self,
        org: OrgId,
        user: UserId,
        of: StreamId,
        seqs: (Seq, Seq),
    ) -> Result<BTreeMap<Seq, Entry>, StoreError> {
        self.read("entries of a stream", move |db| {
            Box::pin(async move {
                let rows = deed::Entity::find()
                    .filter(deed::Column::OrgId.eq(org.0))
                    .filter(deed::Column::UserId.eq(user.0))
                    .filter(deed::Column::Stream.eq(of.to_string()))
                    .filter(deed::Column::Seq.between(number(seqs.0), number(seqs.1)))
                    .all(db)
                    .await?;
                rows.into_iter()
                    .map(|row| Ok((seq_of(row.seq), entry_of(row)?)))
                    .collect()
            })
        })
        .await
    }

    /// Applies the rules in force to all of somebody's past, as further lines of their ledger.
    pub async fn rescore(&self, org: OrgId, user: UserId, run: u32) -> Result<(), StoreError> {
        self.act("re-score", None, move |txn, sets| {
            Box::pin(async move {
                let fresh = Fresh {
                    org,
                    stream: StreamId::Inbox(user),
                    by: None,
                    facts: vec![Fact::Inbox(InboxEvent::Rescored { run })],
                };
                let performed = perform(txn, &sets, vec![fresh]).await?;
                Ok(((), performed))
            })
        })
        .await?;
        Ok(())
    }
}

fn award_of(row: &award::Model) -> Result<Award, DbErr> {
    let whole = |number: i32| u32::try_from(number).map_err(|_| unreadable("number"));
    Ok(Award {
        rule: row.rule.parse().map_err(|_| unreadable("rule"))?,
        version: whole(row.version)?,
        points: row.points,
        kind: row.kind.parse().map_err(|_| unreadable("kind"))?,
        source: Source {
            stream: row.stream.parse().map_err(|_| unreadable("source"))?,
            seq: seq_of(row.seq),
            part: u16::try_from(row.part).map_err(|_| unreadable("part"))?,
        },
        run: whole(row.run)?,
        cause: row.cause.parse().map_err(|_| unreadable("cause"))?,
    })
}
