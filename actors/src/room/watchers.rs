//! Who looks on as a coach without a seat: everybody in the room is told, and told whether lines are
//! seen while they are written. Where the org allows that, drafts are shown to coaches here.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::audience::Audience;
use ludus_domain::ids::{RoomId, SessionId, UserId};
use ludus_domain::policy::Policies;
use ludus_domain::protocol::{Person, ServerFrame};
use ludus_domain::role::Role;
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::message::Draft;
use super::{Open, Room};
use crate::feed::{Outgoing, ephemeral};
use crate::lane::Packet;
use crate::outbox::{Class, Frame, Key};

/// Coaches named at a time. More of them are there to learn, not to watch.
const NAMED_MAX: usize = 16;
/// Writers whose drafts are shown at a time.
const WRITERS_MAX: usize = 64;
/// A writer's draft is shown at most this often: twice a second is as live as it needs to be.
const SHOW_MS: i64 = 500;

/// What people are told of who looks on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Watching {
    coaches: BTreeMap<UserId, String>,
    drafts: bool,
}

#[derive(Debug, Default)]
pub(super) struct Watchers {
    /// Connections of coaches of this room, with a seat in it or without.
    here: BTreeMap<SessionId, (UserId, String)>,
    told: Watching,
    /// When each writer's draft was shown, and what was written since.
    shown: BTreeMap<UserId, (Timestamp, Option<String>)>,
}

impl Watchers {
    pub(super) fn arrive(&mut self, session: SessionId, user: UserId, name: &str) {
        self.here.insert(session, (user, name.to_owned()));
    }

    pub(super) fn has_coach(&self, user: UserId) -> bool {
        self.here.values().any(|(here, _)| *here == user)
    }

    /// What a new follower is told of who looks on already.
    pub(super) fn watched(&self, room: RoomId) -> Option<Frame> {
        (self.told != Watching::default()).then(|| self.told.frame(room))
    }
}

impl Watching {
    fn frame(&self, room: RoomId) -> Frame {
        let person = |(user, name): (&UserId, &String)| Person {
            user: *user,
            name: name.clone(),
        };
        let frame = ServerFrame::Watched {
            room,
            coaches: self.coaches.iter().map(person).collect(),
            drafts: self.drafts,
        };
        Frame::encode(Class::Latest(Key::Watched(room)), &frame)
    }
}

impl Open {
    /// A connection follows no more.
    pub(super) fn depart(&mut self, session: SessionId, user: UserId, now: Timestamp) {
        self.presence.depart(session, user, now);
        self.watchers.here.remove(&session);
        self.shared.changed();
    }

    fn watching(&self, policies: Policies) -> Watching {
        let members = &self.host.room().members;
        let mut coaches = BTreeMap::new();
        if !policies.silent_supervision {
            let here = self.watchers.here.values();
            coaches.extend(
                here.filter(|(user, _)| !members.contains_key(user))
                    .cloned(),
            );
        }
        Watching {
            coaches: coaches.into_iter().take(NAMED_MAX).collect(),
            drafts: policies.drafts_to_coaches,
        }
    }
}

impl Room {
    /// What the org has decided. Where nobody plays, nothing is.
    pub(super) fn policies(&self) -> Policies {
        let stage = self.ports.stage.as_ref();
        stage.map_or_else(Policies::default, |stage| stage.policies.of(self.org))
    }

    /// Tells everybody who looks on, when that is not what they were told.
    pub(super) fn tell_watched(&mut self) {
        let policies = self.policies();
        let Some(open) = &mut self.open else { return };
        let watching = open.watching(policies);
        if watching == open.watchers.told {
            return;
        }
        let frame = watching.frame(self.id);
        open.watchers.told = watching;
        self.send(ephemeral(frame, None));
    }

    fn send(&mut self, packet: Packet) {
        let Some(open) = &mut self.open else { return };
        open.feed.send(Outgoing {
            packets: vec![packet],
            ..Outgoing::default()
        });
    }

    /// Shows a draft to the coaches who look on, where the org has decided so. Its writer was told
    /// before.
    pub(super) fn show_draft(&mut self, draft: Draft, ctx: &mut Context<Self>) {
        self.tell_watched();
        let now = self.ports.clock.now();
        let Some(open) = &mut self.open else { return };
        let is_for_somebody = open.watchers.told.drafts
            && open
                .watchers
                .here
                .values()
                .any(|(user, _)| *user != draft.user);
        let is_line = draft.text.chars().count() <= text::LINE_CHARS_MAX;
        if !is_for_somebody || !is_line || !open.host.room().members.contains_key(&draft.user) {
            return;
        }
        let shown = &mut open.watchers.shown;
        shown.retain(|user, (at, _)| *user == draft.user || now.ms_since(*at) < 2 * SHOW_MS);
        let is_full = shown.len() >= WRITERS_MAX;
        match shown.get_mut(&draft.user) {
            Some((at, waits)) if now.ms_since(*at) < SHOW_MS => {
                let is_due = waits.replace(draft.text).is_some();
                let wait_ms = SHOW_MS - now.ms_since(*at);
                if !is_due {
                    let wait = Duration::from_millis(wait_ms.unsigned_abs());
                    ctx.run_later(wait, move |room, _| room.show_latest(draft.user));
                }
            }
            None if is_full => {}
            _ => {
                shown.insert(draft.user, (now, None));
                self.show(draft.user, draft.text);
            }
        }
    }

    /// What was written since a draft was shown last.
    fn show_latest(&mut self, user: UserId) {
        let now = self.ports.clock.now();
        let is_allowed = self.policies().drafts_to_coaches;
        let Some(open) = &mut self.open else { return };
        let Some(entry) = open.watchers.shown.get_mut(&user) else {
            return;
        };
        let Some(text) = entry.1.take().filter(|_| is_allowed) else {
            return;
        };
        entry.0 = now;
        self.show(user, text);
    }

    fn show(&mut self, user: UserId, text: String) {
        let frame = ServerFrame::DraftSeen {
            room: self.id,
            user,
            text,
        };
        let frame = Frame::encode(Class::Latest(Key::DraftSeen(self.id, user)), &frame);
        self.send(Packet {
            audience: Audience::AtLeast {
                role: Role::Coach,
                or: [].into(),
            },
            ..ephemeral(frame, Some(user))
        });
    }
}
