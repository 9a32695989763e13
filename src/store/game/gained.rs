//! What was gained by what happened in a room: the ledger, asked from the events' side.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::stream::StreamId;
use ludus_entities::{award, badge_grant, deed};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseConnection, DbErr, EntityTrait as _, QueryFilter as _,
    QuerySelect as _,
};

use super::ledger::{Line, lines};
use crate::store::journal::{number, seq_of};
use crate::store::{Store, StoreError};

/// Events that are asked for in one statement: each is one walk along a key.
const KEYS_MAX: usize = 64;

/// A badge, and the event it was earned by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub user: UserId,
    pub seq: Seq,
    pub badge: String,
    pub level: u8,
}

impl Store {
    /// What some people were paid for some events of a stream, corrections included, and the badges they
    /// earned by them.
    pub async fn gained(
        &self,
        org: OrgId,
        stream: StreamId,
        by: Vec<(UserId, Seq)>,
    ) -> Result<(Vec<Line>, Vec<Granted>), StoreError> {
        if by.is_empty() {
            return Ok((vec![], vec![]));
        }
        let sets = Arc::clone(self.sets());
        self.read("what was gained", move |db| {
            Box::pin(async move {
                let (mut rows, mut grants) = (vec![], vec![]);
                for by in by.chunks(KEYS_MAX) {
                    rows.extend(paid(db, org, stream, by).await?);
                    grants.extend(granted(db, org, stream, by).await?);
                }
                rows.sort_by_key(|row| (row.user_id, row.pos, row.line));
                Ok((lines(db, &sets, org, rows).await?, grants))
            })
        })
        .await
    }
}

/// One of these events, of whoever did it.
fn any_of<C: sea_orm::ColumnTrait>(user: C, seq: C, by: &[(UserId, Seq)]) -> Condition {
    by.iter().fold(Condition::any(), |any, (who, which)| {
        let this = Condition::all()
            .add(user.eq(who.0))
            .add(seq.eq(number(*which)));
        any.add(this)
    })
}

async fn paid(
    db: &DatabaseConnection,
    org: OrgId,
    stream: StreamId,
    by: &[(UserId, Seq)],
) -> Result<Vec<award::Model>, DbErr> {
    use award::Column as C;
    award::Entity::find()
        .filter(C::OrgId.eq(org.0))
        .filter(C::Stream.eq(stream.to_string()))
        .filter(any_of(C::UserId, C::Seq, by))
        .all(db)
        .await
}

async fn granted(
    db: &DatabaseConnection,
    org: OrgId,
    stream: StreamId,
    by: &[(UserId, Seq)],
) -> Result<Vec<Granted>, DbErr> {
    use deed::Column as C;
    let entries: HashMap<(uuid::Uuid, i64), i64> = deed::Entity::find()
        .select_only()
        .columns([C::UserId, C::Pos, C::Seq])
        .filter(C::OrgId.eq(org.0))
        .filter(C::Stream.eq(stream.to_string()))
        .filter(any_of(C::UserId, C::Seq, by))
        .into_tuple::<(uuid::Uuid, i64, i64)>()
        .all(db)
        .await?
        .into_iter()
        .map(|(user, pos, seq)| ((user, pos), seq))
        .collect();
    // Whoever practises for years has a few dozen.
    let people: BTreeSet<_> = by.iter().map(|(user, _)| user.0).collect();
    let grants = badge_grant::Entity::find()
        .filter(badge_grant::Column::OrgId.eq(org.0))
        .filter(badge_grant::Column::UserId.is_in(people))
        .all(db)
        .await?;
    let grants = grants.into_iter().filter_map(|row| {
        Some(Granted {
            user: UserId(row.user_id),
            seq: seq_of(*entries.get(&(row.user_id, row.pos))?),
            badge: row.badge,
            level: u8::try_from(row.level).unwrap_or(u8::MAX),
        })
    });
    Ok(grants.collect())
}
