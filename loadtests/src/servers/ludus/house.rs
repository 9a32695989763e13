//! Rooms and the people in them, made once and used by many loads.

use ludus_domain::ids::{Epoch, RoomId, Seq, UserId};
use tokio::task::JoinSet;

use super::entrance::Way;
use super::{Chat, Ludus};
use crate::light::Crowd;
use crate::people::{Account, RestError, RoomWish};
use crate::servers::LoadError;

/// People who are made at a time. A ticket is good for thirty seconds, so the last of them must be
/// at the door by then.
const AT_A_TIME: usize = 1_000;
/// Requests under way together.
const REQUESTS_MAX: usize = 48;

/// Rooms of so many members each.
#[derive(Debug)]
pub(super) struct House {
    pub(super) members: usize,
    /// Each with its code.
    pub(super) rooms: Vec<(RoomId, String)>,
    /// Room by room. Those who were never here have a ticket.
    pub(super) people: Vec<Person>,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Of those who were made.
    pub(super) user: Option<UserId>,
    pub(super) ticket: Option<String>,
    pub(super) resume: Option<String>,
    /// Where the room was when they last came to it.
    pub(super) position: Option<(Epoch, Seq)>,
}

impl Ludus {
    /// Has everybody of such a house connected and following, each in their room.
    pub fn gather(
        &mut self,
        crowd: &mut Crowd,
        rooms: usize,
        members: usize,
    ) -> Result<Chat, LoadError> {
        let house = self.house(crowd, rooms, members)?;
        let range = 0..rooms * members;
        self.enter(crowd, house, range, Way::Follow)?;
        Ok(Chat::of(&self.houses[house]))
    }

    /// A house with at least so many rooms; built when there is none.
    pub(super) fn house(
        &mut self,
        crowd: &mut Crowd,
        rooms: usize,
        members: usize,
    ) -> Result<usize, LoadError> {
        let known = self
            .houses
            .iter()
            .position(|house| house.members == members && house.rooms.len() >= rooms);
        if let Some(known) = known {
            return Ok(known);
        }
        let house = self.build(rooms, members)?;
        let all = rooms * members;
        for from in (0..all).step_by(AT_A_TIME) {
            let range = from..(from + AT_A_TIME).min(all);
            self.invite(house, range.clone())?;
            self.enter(crowd, house, range, Way::Seat)?;
            crowd.cut_all();
        }
        Ok(house)
    }

    /// Opens the rooms; nobody is in them yet.
    pub(super) fn build(&mut self, rooms: usize, members: usize) -> Result<usize, LoadError> {
        let seats = u32::try_from(members + 1).unwrap_or(u32::MAX);
        let mut made = Vec::with_capacity(rooms);
        for number in 0..rooms {
            let wish = RoomWish::lounge(&format!("Load {number}"))
                .by_code()
                .seats(seats);
            let room = self.runtime.block_on(self.host.open(&wish))?;
            let code = room
                .code
                .ok_or_else(|| LoadError::Refused("a room without a code".into()))?;
            made.push((room.id, code));
        }
        let nobody = Person {
            user: None,
            ticket: None,
            resume: None,
            position: None,
        };
        self.houses.push(House {
            members,
            rooms: made,
            people: vec![nobody; rooms * members],
        });
        Ok(self.houses.len() - 1)
    }

    /// Makes guests, each with a ticket.
    pub(super) fn invite(
        &mut self,
        house: usize,
        range: std::ops::Range<usize>,
    ) -> Result<(), LoadError> {
        let house = &mut self.houses[house];
        let (rooms, members, host) = (&house.rooms, house.members, &self.host);
        let made = self.runtime.block_on(async {
            let mut under_way: JoinSet<Result<(usize, UserId, String), RestError>> = JoinSet::new();
            let mut made = Vec::with_capacity(range.len());
            for who in range {
                let (hub, code) = (host.hub.clone(), rooms[who / members].1.clone());
                if under_way.len() >= REQUESTS_MAX
                    && let Some(Ok(done)) = under_way.join_next().await
                {
                    made.push(done?);
                }
                under_way.spawn(async move {
                    let guest: Account = hub.guest(&code, &format!("Guest {who}")).await?;
                    Ok((who, guest.user, guest.ticket().await?))
                });
            }
            while let Some(done) = under_way.join_next().await {
                if let Ok(done) = done {
                    made.push(done?);
                }
            }
            Ok::<_, RestError>(made)
        })?;
        for (who, user, ticket) in made {
            house.people[who].user = Some(user);
            house.people[who].ticket = Some(ticket);
        }
        Ok(())
    }
}
