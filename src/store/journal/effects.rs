//! What events cause in other tables, gathered over a batch and written at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ludus_domain::ids::{OrgId, RoomId, Seq, TurnId, UserId};
use ludus_domain::journal::PracticeStep;
use ludus_domain::practice::review::Filed;
use ludus_domain::room::{Phase, Room};
use ludus_domain::time::Timestamp;
use ludus_entities::{hidden_line, member, room};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, Set, Value,
};

use super::heads::number;
use crate::store::held_seats::SeatChange;
use crate::store::moderation::{self, Moderation};
use crate::store::turns::TurnChange;
use crate::store::{held_seats, practices, rows, turns};

type RoomKey = (OrgId, RoomId);

/// A seat that was taken.
struct Seat {
    name: String,
    host: bool,
    seq: Seq,
}

/// The row of a room in lists, as far as it changed.
#[derive(Default)]
struct Listing {
    title: Option<String>,
    phase: Option<Phase>,
    state: Option<Vec<u8>>,
}

/// Everything a batch changes beside its streams. The last word on each row wins.
#[derive(Default)]
pub(super) struct Changes {
    /// `None` where the seat was given up.
    seats: BTreeMap<(RoomKey, UserId), Option<Seat>>,
    hidden: BTreeSet<(RoomKey, Seq)>,
    /// In the order they came: a line may be hidden and shown again.
    moderation: Vec<(RoomKey, Moderation)>,
    listings: BTreeMap<RoomKey, Listing>,
    turns: BTreeMap<(RoomKey, TurnId), TurnChange>,
    /// In the order they came: each may be the end of the one before.
    practices: Vec<(RoomKey, PracticeStep)>,
    /// In their order, too: a seat may be taken and given back in one batch.
    held: Vec<(RoomKey, SeatChange)>,
    filed: Vec<(RoomKey, UserId, Arc<Filed>)>,
    refiled: Vec<(RoomKey, UserId, Arc<Filed>)>,
}

impl Changes {
    pub(super) fn seat(&mut self, room: RoomKey, user: UserId, name: String, host: bool, seq: Seq) {
        self.seats
            .insert((room, user), Some(Seat { name, host, seq }));
    }

    pub(super) fn unseat(&mut self, room: RoomKey, user: UserId) {
        self.seats.insert((room, user), None);
    }

    pub(super) fn hide(&mut self, room: RoomKey, line: Seq) {
        self.hidden.insert((room, line));
    }

    pub(super) fn moderate(&mut self, room: RoomKey, step: Option<Moderation>) {
        self.moderation.extend(step.map(|step| (room, step)));
    }

    pub(super) fn relist(&mut self, room: RoomKey, title: Option<String>, phase: Option<Phase>) {
        let listing = self.listings.entry(room).or_default();
        listing.title = title.or(listing.title.take());
        listing.phase = phase.or(listing.phase);
    }

    pub(super) fn turn(&mut self, room: RoomKey, turn: TurnId) -> &mut TurnChange {
        self.turns.entry((room, turn)).or_default()
    }

    pub(super) fn hold(&mut self, room: RoomKey, change: SeatChange) {
        self.held.push((room, change));
    }

    pub(super) fn practice(&mut self, room: RoomKey, step: PracticeStep) {
        self.practices.push((room, step));
    }

    pub(super) fn file(&mut self, room: RoomKey, user: UserId, filed: Arc<Filed>) {
        self.filed.push((room, user, filed));
    }

    pub(super) fn refile(&mut self, room: RoomKey, user: UserId, filed: Arc<Filed>) {
        self.refiled.push((room, user, filed));
    }

    pub(super) fn state(&mut self, room: RoomKey, state: &Room) -> Result<(), DbErr> {
        let json = serde_json::to_vec(state).map_err(|error| DbErr::Json(error.to_string()))?;
        self.listings.entry(room).or_default().state = Some(json);
        Ok(())
    }

    pub(super) async fn save(self, txn: &DatabaseTransaction, now: Timestamp) -> Result<(), DbErr> {
        let mut given_up: Vec<[Value; 3]> = vec![];
        let mut taken = vec![];
        for (((org, room), user), seat) in self.seats {
            match seat {
                None => given_up.push([org.0.into(), room.0.into(), user.0.into()]),
                Some(seat) => taken.push(member::ActiveModel {
                    org_id: Set(org.0),
                    room_id: Set(room.0),
                    user_id: Set(user.0),
                    name: Set(seat.name),
                    host: Set(seat.host),
                    joined_seq: Set(number(seat.seq)),
                    joined_at: Set(now.0),
                    // Unread begins where one came in.
                    read_seq: Set(number(seat.seq)),
                }),
            }
        }
        rows::apply(txn, &given_up, unseat_sql).await?;
        rows::insert::<member::Entity, _>(txn, taken, |insert| {
            use member::Column as C;
            insert.on_conflict(
                OnConflict::columns([C::OrgId, C::RoomId, C::UserId])
                    .update_columns([C::Name, C::Host])
                    .to_owned(),
            )
        })
        .await?;
        let hidden = self.hidden.into_iter();
        let hidden = hidden
            .map(|((org, room), line)| hidden_line::ActiveModel {
                org_id: Set(org.0),
                room_id: Set(room.0),
                seq: Set(number(line)),
                retracted: Set(true),
                covered: Set(false),
            })
            .collect();
        rows::insert::<hidden_line::Entity, _>(txn, hidden, |insert| {
            use hidden_line::Column as C;
            insert.on_conflict(
                OnConflict::columns([C::OrgId, C::RoomId, C::Seq])
                    .update_column(C::Retracted)
                    .to_owned(),
            )
        })
        .await?;
        for (room, step) in self.moderation {
            moderation::step(txn, room, step, now).await?;
        }
        for (((org, room), id), change) in self.turns {
            turns::change(txn, (org, room, id), change, now).await?;
        }
        for (room, change) in self.held {
            held_seats::change(txn, room, change).await?;
        }
        for (room, step) in self.practices {
            practices::step(txn, room, step, now).await?;
        }
        for ((org, room), user, filed) in self.filed {
            practices::file(txn, (org, room, user), &filed, now).await?;
        }
        for ((org, room), user, filed) in self.refiled {
            practices::refile(txn, (org, room, user), &filed).await?;
        }
        // Rare (a seat, a phase, a title), and a row each: not worth a statement of its own making.
        for ((org, id), listing) in self.listings {
            let mut row = room::ActiveModel {
                changed_at: Set(now.0),
                ..Default::default()
            };
            if let Some(title) = listing.title {
                row.title = Set(title);
            }
            if let Some(phase) = listing.phase {
                row.phase = Set(phase.as_str().to_owned());
            }
            if let Some(state) = listing.state {
                row.state = Set(state);
                row.state_key_id = Set(0);
            }
            let done = room::Entity::update_many()
                .set(row)
                .filter(room::Column::OrgId.eq(org.0))
                .filter(room::Column::Id.eq(id.0))
                .exec(txn)
                .await?;
            if done.rows_affected != 1 {
                return Err(DbErr::RecordNotUpdated);
            }
        }
        Ok(())
    }
}

pub(super) fn unseat_sql(list: &str) -> String {
    // The list drives: one look into the key per seat that was given up.
    format!(
        "DELETE FROM member WHERE (org_id, room_id, user_id) IN \
         (SELECT column1, column2, column3 FROM (VALUES {list}) AS k)"
    )
}
