//! Who gets a seat, and who holds up a hand in it.

use super::event::{Entry, Event, Phase};
use super::{Refusal, Room, Sender, is_confined};
use crate::ids::UserId;
use crate::role::Role;

impl Room {
    pub(super) fn decide_join(
        &self,
        sender: &Sender,
        code: Option<&str>,
    ) -> Result<Vec<Event>, Refusal> {
        if self.members.contains_key(&sender.user) {
            return Ok(vec![]);
        }
        if self.phase == Phase::Ended {
            return Err(Refusal::RoomEnded);
        }
        if self.banned.contains(&sender.user) && sender.role < Role::Coach {
            return Err(Refusal::Banned);
        }
        let is_let_in = sender.role >= Role::Coach || self.invited.contains(&sender.user);
        if !is_let_in {
            if self.removed.contains(&sender.user) {
                return Err(Refusal::RemovedFromRoom);
            }
            match self.plan.entry {
                Entry::Open if !is_confined(sender.role, sender.guest) => {}
                Entry::Open | Entry::Invitation => return Err(Refusal::NotFound),
                Entry::Code if self.code.as_deref() == code.map(str::trim) && code.is_some() => {}
                Entry::Code => return Err(Refusal::WrongCode),
            }
        }
        if self.members.len() >= self.plan.capacity as usize {
            return Err(Refusal::RoomFull);
        }
        let joined = Event::Joined {
            user: sender.user,
            name: sender.name.clone(),
            host: false,
        };
        // Coaches come to look; the scene waits for whom it is for.
        let opening = if sender.role < Role::Coach {
            self.begin_scene(sender.user)
        } else {
            vec![]
        };
        Ok(std::iter::once(joined).chain(opening).collect())
    }

    pub(super) fn decide_hand(
        &self,
        sender: &Sender,
        up: bool,
        user: Option<UserId>,
    ) -> Result<Vec<Event>, Refusal> {
        let target = user.unwrap_or(sender.user);
        if target == sender.user {
            self.seat(sender)?;
        } else {
            self.must_moderate(sender)?;
            if up {
                return Err(Refusal::Forbidden);
            }
        }
        if self.phase == Phase::Ended {
            return Err(Refusal::RoomEnded);
        }
        let seat = self.members.get(&target).ok_or(Refusal::NoSuchMember)?;
        Ok(if seat.hand.is_some() == up {
            vec![]
        } else {
            vec![Event::HandRaised { user: target, up }]
        })
    }
}
