//! Which rooms a desk follows, and how it comes to know what happened in them: told at once by rooms
//! of this node, and looked up each second for all others, and for what was missed.

use actix::prelude::*;
use ludus_domain::desk::Hosted;
use ludus_domain::ids::{RoomId, Seq};
use ludus_domain::journal::{Fault, Recorded};
use ludus_domain::stream::StreamId;

use super::Desk;
use crate::coaching::Glance;
use crate::delivery::Link;
use crate::report::bring_back;

/// Rooms that are read at once. More would take the readers from everybody else.
const READING_MAX: usize = 8;
/// Events of one catching up. Who is further behind reads the room anew.
const CATCH_UP: u32 = 500;

impl Desk {
    pub(super) fn glance(&mut self, ctx: &mut Context<Self>) {
        if self.opened.is_none() || std::mem::replace(&mut self.is_glancing, true) {
            return;
        }
        let glance = self.ports.coaching.glance(self.org, self.cohort);
        bring_back(ctx, glance, |glance: Result<Glance, Fault>, desk, ctx| {
            desk.is_glancing = false;
            // The next one is in a second.
            if let Ok(glance) = glance {
                desk.take_glance(glance, ctx);
            }
        });
    }

    fn take_glance(&mut self, glance: Glance, ctx: &mut Context<Self>) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        opened.machine.alerts(glance.alerts);
        let is_there = |room: &RoomId| glance.rooms.iter().any(|(there, _)| there == room);
        let known = opened.machine.rooms();
        let gone: Vec<RoomId> = known.filter(|room| !is_there(room)).collect();
        let mut behind = vec![];
        for (room, head) in &glance.rooms {
            match opened.machine.position(*room) {
                None => {
                    self.wanted.insert(*room);
                }
                Some(at) if at < *head => behind.push((*room, at)),
                Some(_) => {}
            }
        }
        for room in &gone {
            opened.machine.forsake(*room);
        }
        for room in gone {
            self.unfollow(room, ctx);
        }
        for (room, after) in behind {
            self.catch_up(room, after, ctx);
        }
        self.read_rooms(ctx);
    }

    /// Reads the rooms that are wanted, a few at a time; when none is left, the desk is whole.
    fn read_rooms(&mut self, ctx: &mut Context<Self>) {
        while self.reading < READING_MAX {
            let Some(room) = self.wanted.pop_first() else {
                break;
            };
            self.reading += 1;
            // Listened to before it is read: what falls in between is known to be missed.
            let link = Link::new(ctx.address());
            let attendance = &self.ports.attendance;
            attendance.follow(self.org, room, self.cohort, link);
            let read = self.ports.coaching.room(self.org, room);
            bring_back(ctx, read, move |read, desk, ctx| {
                desk.reading -= 1;
                desk.take_room(room, read, ctx);
                desk.read_rooms(ctx);
            });
        }
        if self.reading == 0 && self.wanted.is_empty() {
            self.be_ready(ctx);
        }
    }

    fn take_room(
        &mut self,
        room: RoomId,
        read: Result<Option<Hosted>, Fault>,
        ctx: &mut Context<Self>,
    ) {
        match (read, &mut self.opened) {
            (Ok(Some(hosted)), Some(opened)) => opened.machine.host(&hosted),
            // The next glance wants it again, where it is there.
            _ => self.unfollow(room, ctx),
        }
    }

    pub(super) fn hear(&mut self, room: RoomId, events: &[Recorded], ctx: &mut Context<Self>) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        if let Some(missed) = opened.machine.heard(room, events) {
            self.catch_up(missed.room, missed.after, ctx);
        }
    }

    /// Reads what was missed of a room, once at a time.
    fn catch_up(&mut self, room: RoomId, after: Seq, ctx: &mut Context<Self>) {
        if !self.catching_up.insert(room) {
            return;
        }
        let stream = StreamId::Room(room);
        let events = self.ports.archive.events(self.org, stream, after, CATCH_UP);
        bring_back(
            ctx,
            events,
            move |events: Result<Vec<Recorded>, Fault>, desk, ctx| {
                desk.catching_up.remove(&room);
                let (Ok(events), Some(opened)) = (events, &mut desk.opened) else {
                    return;
                };
                if events.len() >= CATCH_UP as usize {
                    opened.machine.forsake(room);
                    desk.wanted.insert(room);
                    return desk.read_rooms(ctx);
                }
                opened.machine.heard(room, &events);
            },
        );
    }

    fn unfollow(&self, room: RoomId, ctx: &mut Context<Self>) {
        let link = Link::new(ctx.address());
        let attendance = &self.ports.attendance;
        attendance.unfollow(self.org, room, self.cohort, &link);
    }

    pub(super) fn forsake_all(&mut self, ctx: &mut Context<Self>) {
        let rooms = self.opened.iter().flat_map(|opened| opened.machine.rooms());
        let rooms: Vec<RoomId> = rooms.collect();
        for room in rooms {
            self.unfollow(room, ctx);
        }
    }
}
