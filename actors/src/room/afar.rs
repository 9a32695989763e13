//! What other nodes have written and said in this room.

use actix::prelude::*;
use ludus_domain::protocol::ServerFrame;

use super::Room;
use super::message::Overheard;
use crate::feed::{Outgoing, Stands, ephemeral};
use crate::metrics;
use crate::outbox::{Class, Frame};

impl Handler<Stands> for Room {
    type Result = ();

    fn handle(&mut self, Stands(head): Stands, ctx: &mut Self::Context) {
        let Some(open) = &mut self.open else { return };
        if head.epoch != open.feed.epoch() {
            // Another lineage: nothing that is remembered here is true. Followers resume and are told.
            return ctx.stop();
        }
        let todo = open.host.doorbell(head.seq);
        if !todo.is_empty() {
            metrics::caught_up();
        }
        self.perform(todo, ctx);
    }
}

impl Handler<Overheard> for Room {
    type Result = ();

    fn handle(&mut self, overheard: Overheard, _: &mut Self::Context) {
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
}
