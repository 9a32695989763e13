//! Read positions, gathered and written once in a while: they come with every glance at a room, and
//! losing one is no loss.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use sea_orm::DatabaseTransaction;

use super::journal::number;
use super::{StoreError, rows};

/// Positions that may wait. What comes beyond is dropped until they are written.
const WAITING_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Marks {
    waiting: Mutex<HashMap<(OrgId, RoomId, UserId), Seq>>,
}

impl Marks {
    pub(super) fn note(&self, org: OrgId, room: RoomId, user: UserId, seq: Seq) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = waiting.get_mut(&(org, room, user)) {
            *known = seq.max(*known);
        } else if waiting.len() < WAITING_MAX {
            waiting.insert((org, room, user), seq);
        }
    }

    pub(super) fn take(&self) -> HashMap<(OrgId, RoomId, UserId), Seq> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Moves positions forward, never back.
pub(super) async fn write(
    txn: &DatabaseTransaction,
    marks: HashMap<(OrgId, RoomId, UserId), Seq>,
) -> Result<(), StoreError> {
    let mut marks: Vec<_> = marks.into_iter().collect();
    // In one order, as everybody who locks rows.
    marks.sort_unstable();
    let keys: Vec<_> = marks
        .into_iter()
        .map(|((org, room, user), seq)| {
            [
                org.0.into(),
                room.0.into(),
                user.0.into(),
                number(seq).into(),
            ]
        })
        .collect();
    rows::apply(txn, &keys, |list| {
        format!(
            "UPDATE member SET read_seq = k.column4 FROM (VALUES {list}) AS k \
             WHERE member.org_id = k.column1 AND member.room_id = k.column2 \
             AND member.user_id = k.column3 AND member.read_seq < k.column4"
        )
    })
    .await?;
    Ok(())
}
