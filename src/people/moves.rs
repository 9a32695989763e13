//! Moving people between rooms, one by one and in groups. Each room decides for itself: it is asked to let
//! somebody in, to let them go, and to give them a seat, and whoever left meanwhile goes nowhere.

use std::collections::BTreeMap;

use ludus_actors::directory::Directory;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, OrgId, RoomId, UserId};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Command, Entry, Moment, Phase, Room, RoomKind, RoomPlan, Sender, Way, split,
};
use ludus_domain::text;

use super::caller::OnceKey;
use super::{Coach, Denied};
use crate::store::breakouts::Breakout;
use crate::store::people::{User, fresh};
use crate::store::{Store, StoreError};

/// Where somebody was sent, and why not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) moved: u32,
    pub(crate) refused: BTreeMap<&'static str, u32>,
}

/// A room people were sent to.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) room: RoomId,
    pub(crate) title: String,
    pub(crate) people: Vec<UserId>,
}

/// Whoever asks rooms for something, by the right of a coach.
pub(crate) struct Mover<'a> {
    pub(crate) store: &'a Store,
    pub(crate) directory: &'a Directory,
    pub(crate) org: OrgId,
    pub(crate) coach: Sender,
}

pub(crate) fn sender_of(user: &User) -> Sender {
    Sender {
        user: user.id,
        role: user.role,
        guest: user.guest,
        name: user.name.clone(),
        session: None,
        moment: Moment::default(),
    }
}

impl Mover<'_> {
    async fn ask(&self, room: RoomId, who: Sender, command: Command) -> Result<(), Denied> {
        let id = CommandId(fresh());
        match self
            .directory
            .ask_once(self.org, room, who, id, command)
            .await
        {
            Answer::Ack { .. } => Ok(()),
            Answer::Nack {
                code,
                retry_after_ms,
            } => Err(Denied {
                code,
                retry_after_ms,
            }),
        }
    }

    /// Moves somebody. Whoever has left meanwhile is not brought along, and whom the other room does not take
    /// has their seat back.
    pub(crate) async fn shift(&self, user: UserId, from: RoomId, to: RoomId) -> Result<(), Denied> {
        let found = self.store.user(self.org, user).await?;
        let person = found.filter(|person| person.disabled_at.is_none());
        let person = sender_of(&person.ok_or(Refusal::NoSuchMember)?);
        match self
            .ask(to, self.coach.clone(), Command::Invite { user })
            .await
        {
            Err(denied) if denied.code != Refusal::AlreadyAMember => return Err(denied),
            _ => {}
        }
        self.ask(from, self.coach.clone(), Command::Move { user, to })
            .await?;
        let join = || Command::Join { code: None };
        let taken = self.ask(to, person.clone(), join()).await;
        if taken.is_err() {
            // They were let go with a standing invitation.
            self.ask(from, person, join()).await.ok();
        }
        taken
    }

    /// Sends everybody who is not a host from one room to another.
    pub(crate) async fn shift_all(&self, from: RoomId, to: RoomId) -> Result<Sent, StoreError> {
        let mut sent = Sent::default();
        let Some(row) = self.store.room_row(self.org, from).await? else {
            return Ok(sent);
        };
        let people = row.state.members.iter().filter(|(_, seat)| !seat.host);
        for user in people.map(|(user, _)| *user).collect::<Vec<_>>() {
            match self.shift(user, from, to).await {
                Ok(()) => sent.moved += 1,
                Err(denied) => *sent.refused.entry(denied.code.code()).or_default() += 1,
            }
        }
        Ok(sent)
    }

    /// Brings everybody of a break-out room back, and ends it.
    pub(crate) async fn bring_back(&self, breakout: &Breakout) -> Result<Sent, StoreError> {
        let sent = self.shift_all(breakout.room, breakout.parent).await?;
        let ended = self
            .ask(breakout.room, self.coach.clone(), Command::End {})
            .await;
        // Whoever may not end it any more never will; only a store that is away is asked again.
        if !ended.is_err_and(|denied| denied.code == Refusal::Unavailable) {
            self.store.end_breakout(self.org, breakout.room).await?;
        }
        Ok(sent)
    }
}

impl Coach {
    fn mover<'a>(&'a self, directory: &'a Directory) -> Mover<'a> {
        let who = &self.0.who;
        Mover {
            store: self.0.people.store(),
            directory,
            org: who.org,
            coach: Sender {
                user: who.user,
                role: who.role,
                guest: who.guest,
                name: who.name.clone(),
                session: None,
                moment: Moment::default(),
            },
        }
    }

    /// A room in which one keeps order.
    async fn coached(&self, id: RoomId) -> Result<Room, Denied> {
        let room = self.0.room(id).await?.state;
        if self.0.viewer_in(&room).role < Role::Coach {
            return Err(Refusal::Forbidden.into());
        }
        Ok(room)
    }

    pub(crate) async fn move_member(
        &self,
        directory: &Directory,
        from: RoomId,
        user: UserId,
        to: RoomId,
    ) -> Result<(), Denied> {
        if from == to {
            return Err(Refusal::FieldInvalid.into());
        }
        let room = self.coached(from).await?;
        self.coached(to).await?;
        if !room.members.contains_key(&user) {
            return Err(Refusal::NoSuchMember.into());
        }
        self.mover(directory).shift(user, from, to).await
    }

    /// Splits a room, and sends everybody to theirs. Hosts and coaches stay.
    pub(crate) async fn break_out(
        &self,
        directory: &Directory,
        once: Option<OnceKey>,
        parent: RoomId,
        way: Way,
        minutes: Option<u16>,
    ) -> Result<Vec<(Group, Sent)>, Denied> {
        let room = self.coached(parent).await?;
        if room.phase == Phase::Ended {
            return Err(Refusal::RoomEnded.into());
        }
        let store = self.0.people.store();
        let people: Vec<UserId> = (room.members.iter())
            .filter(|(user, seat)| !seat.host && **user != self.0.who.user)
            .map(|(user, _)| *user)
            .collect();
        let members = store.splittable(self.0.who.org, people).await?;
        let groups = split(&members, &way)?;
        let until = minutes.map(|minutes| self.0.people.now().plus_ms(i64::from(minutes) * 60_000));
        let mut opened = vec![];
        for (place, people) in groups.into_iter().enumerate() {
            let plan = plan(&room, place + 1)?;
            let title = plan.title.clone();
            // The same request opens the same rooms, whatever became of its first answer.
            let once = once.as_ref().map(|once| OnceKey {
                key: format!("{}#{place}", once.key.chars().take(200).collect::<String>()),
                fingerprint: once.fingerprint,
            });
            let made = self.0.open_room(once, plan).await?;
            let child = made.value.id;
            store
                .add_breakout(self.0.actor(), child, parent, until)
                .await?;
            opened.push(Group {
                room: child,
                title,
                people,
            });
        }
        let mover = self.mover(directory);
        let mut done = vec![];
        for group in opened {
            let mut sent = Sent::default();
            for user in &group.people {
                match mover.shift(*user, parent, group.room).await {
                    Ok(()) => sent.moved += 1,
                    Err(denied) => *sent.refused.entry(denied.code.code()).or_default() += 1,
                }
            }
            done.push((group, sent));
        }
        Ok(done)
    }

    /// Brings everybody back who was sent out of a room.
    pub(crate) async fn end_breakouts(
        &self,
        directory: &Directory,
        parent: RoomId,
    ) -> Result<Sent, Denied> {
        self.coached(parent).await?;
        let store = self.0.people.store();
        let mover = self.mover(directory);
        let mut all = Sent::default();
        for breakout in store.breakouts(self.0.who.org, parent).await? {
            let sent = mover.bring_back(&breakout).await?;
            all.moved += sent.moved;
            for (code, count) in sent.refused {
                *all.refused.entry(code).or_default() += count;
            }
        }
        Ok(all)
    }
}

/// A room of a break-out: people among themselves. Personas stay where they are.
fn plan(parent: &Room, number: usize) -> Result<RoomPlan, Refusal> {
    let number = number.to_string();
    let keep = text::TITLE_CHARS_MAX.saturating_sub(number.len() + 3);
    let title: String = parent.plan.title.chars().take(keep).collect();
    Ok(RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Invitation,
        title: text::title(&format!("{title} · {number}"))?,
        capacity: parent.plan.capacity,
        lobby: false,
        scene: None,
    })
}
