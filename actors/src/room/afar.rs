//! What other nodes have written, said and seen in this room, and what they are told of it.

use std::time::Duration;

use actix::prelude::*;
use ludus_domain::host::Todo;
use ludus_domain::ids::UserId;
use ludus_domain::presence::Onlookers;
use ludus_domain::protocol::ServerFrame;

use super::Room;
use super::message::{AnswerTo, Overheard, Share, Typing, Uttered};
use crate::bus::{FromAfar, News, Topic};
use crate::feed::{Outgoing, Stands, ephemeral};
use crate::metrics;
use crate::outbox::{Class, Frame, Key};
use crate::ports::Head;

/// How often other nodes are told who is here, though nothing has changed: one of them may have
/// missed it.
const REPEAT: Duration = Duration::from_secs(20);

/// What other nodes know of who looks at the room here.
#[derive(Debug, Default)]
pub(super) struct Shared {
    told: Option<Onlookers>,
    is_due: bool,
    /// They were asked who looks on there.
    has_asked: bool,
}

impl Shared {
    pub(super) fn changed(&mut self) {
        self.is_due = true;
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    /// Whatever was told may not have been heard.
    fn again(&mut self) {
        self.told = None;
        self.is_due = true;
    }
}

impl Room {
    pub(super) fn topic(&self) -> Topic {
        Topic::Stream(self.org, self.stream())
    }

    /// Tells other nodes who looks on here, where that is not what they know.
    pub(super) fn share_presence(&mut self) {
        let topic = self.topic();
        let Some(open) = &mut self.open else { return };
        if !std::mem::take(&mut open.shared.is_due) || !self.ports.bus.is_there() {
            return;
        }
        let here = open.presence.own();
        if here.count > 0 && !std::mem::replace(&mut open.shared.has_asked, true) {
            self.ports.bus.tell(topic, News::WhoIsHere);
        }
        let was_told = open.shared.told.as_ref();
        if was_told.map_or(here.count > 0, |told| *told != here) {
            self.ports.bus.tell(topic, News::Here(here.clone()));
            open.shared.told = Some(here);
        }
    }

    pub(super) fn repeat_presence(&self, ctx: &mut Context<Self>) {
        if self.ports.bus.is_there() {
            ctx.run_interval(REPEAT, |room, ctx| {
                if let Some(open) = &mut room.open {
                    open.shared.again();
                }
                room.tick_soon(ctx);
            });
        }
    }

    fn stands(&mut self, Stands(head): Stands, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else { return };
        if head.epoch != open.feed.epoch() {
            // Another lineage: nothing that is remembered here is true. Followers resume and are told.
            return ctx.stop();
        }
        let todo = open.host.doorbell(head.seq);
        self.read_on(todo, ctx);
    }

    fn read_on(&mut self, todo: Vec<Todo<AnswerTo>>, ctx: &mut Context<Self>) {
        if todo.iter().any(|todo| matches!(todo, Todo::CatchUp { .. })) {
            metrics::caught_up();
        }
        self.perform(todo, ctx);
    }

    fn overhear(&mut self, overheard: Overheard) {
        let Some(open) = &mut self.open else { return };
        // A turn that is not open here is over, or its beginning is still on its way.
        let is_open = open.host.room().stage.open.contains_key(&overheard.turn);
        if !is_open {
            return;
        }
        let Some((from, text)) = open.personas.overhear(&overheard) else {
            return;
        };
        let frame = ServerFrame::Speaking {
            room: self.id,
            turn: overheard.turn,
            persona: overheard.persona,
            attempt: overheard.attempt,
            from,
            text,
        };
        let packets = vec![ephemeral(Frame::encode(Class::Durable, &frame), None)];
        open.feed.send(Outgoing {
            packets,
            ..Outgoing::default()
        });
    }

    /// What a persona says here is heard by who looks on elsewhere.
    pub(super) fn pass_on(&self, uttered: &Uttered) {
        if !self.ports.bus.is_there() {
            return;
        }
        let overheard = Overheard {
            persona: uttered.persona.clone(),
            turn: uttered.turn,
            attempt: uttered.attempt,
            from: uttered.from,
            text: uttered.text.clone(),
        };
        self.ports
            .bus
            .tell(self.topic(), News::Overheard(overheard));
    }

    /// Shows hands on a keyboard, where they may write. Whether they may.
    fn types(&mut self, user: UserId, on: bool) -> bool {
        let now = self.ports.clock.now();
        let Some(open) = &mut self.open else {
            return false;
        };
        let seat = open.host.room().members.get(&user);
        if seat.is_none_or(|seat| seat.is_muted(now)) {
            return false;
        }
        let room = self.id;
        let frame = ServerFrame::Typing { room, user, on };
        let frame = Frame::encode(Class::Latest(Key::Typing(room, user)), &frame);
        let packets = vec![ephemeral(frame, Some(user))];
        open.feed.send(Outgoing {
            packets,
            ..Outgoing::default()
        });
        true
    }
}

impl Handler<FromAfar> for Room {
    type Result = ();

    fn handle(&mut self, FromAfar { from, news }: FromAfar, ctx: &mut Self::Context) {
        let now = self.ports.clock.now();
        let Some(open) = &mut self.open else { return };
        match news {
            News::Committed { epoch, events } => {
                if epoch != open.feed.epoch() {
                    return ctx.stop();
                }
                let events = events.into_iter().map(Into::into).collect();
                let todo = open.host.told(events);
                self.read_on(todo, ctx);
            }
            News::Stands { epoch, seq } => {
                let head = Head { epoch, seq };
                self.stands(Stands(head), ctx);
            }
            News::Rang => {
                let todo = open.host.doorbell(open.host.head().next());
                self.perform(todo, ctx);
            }
            News::Overheard(overheard) => self.overhear(overheard),
            News::Typing { user, on } => {
                self.types(user, on);
            }
            News::Here(here) => {
                open.presence.of_node(from, here, now);
                self.tick_soon(ctx);
            }
            News::WhoIsHere => {
                open.shared.again();
                self.tick_soon(ctx);
            }
            // Nothing that is told of a room.
            News::RollCall { .. }
            | News::OnRoll { .. }
            | News::Gained { .. }
            | News::OrgChanged(_)
            | News::ContestChanged(_)
            | News::Revoked
            | News::Alive
            | News::Leaving => {}
        }
    }
}

impl Handler<Stands> for Room {
    type Result = ();

    fn handle(&mut self, stands: Stands, ctx: &mut Self::Context) {
        self.stands(stands, ctx);
    }
}

impl Handler<Overheard> for Room {
    type Result = ();

    fn handle(&mut self, overheard: Overheard, _: &mut Self::Context) {
        self.overhear(overheard);
    }
}

impl Handler<Share> for Room {
    type Result = ();

    fn handle(&mut self, _: Share, ctx: &mut Self::Context) {
        if let Some(open) = &mut self.open {
            open.shared.again();
            open.shared.has_asked = false;
        }
        self.tick_soon(ctx);
    }
}

impl Handler<Typing> for Room {
    type Result = ();

    fn handle(&mut self, typing: Typing, _: &mut Self::Context) {
        let Typing { user, on } = typing;
        if self.types(user, on) {
            self.ports.bus.tell(self.topic(), News::Typing { user, on });
        }
    }
}
