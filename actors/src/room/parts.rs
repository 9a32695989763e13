//! Who may look on, and as what, when seats or assignments have changed.

use actix::prelude::*;
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Event, Room as Place};
use ludus_domain::roster::Roster;

use super::{Open, Room};
use crate::feed::{Outgoing, Reconsider};

/// What these events, which the room has taken in, mean for those who look on.
pub(super) fn note(events: &[Recorded], open: &Open, roster: &Roster, out: &mut Outgoing) {
    note_evictions(events, open.host.room(), out);
    if events.iter().any(seats_somebody) {
        note_parts(open, roster, out);
    }
}

/// Who lost the right to look on by these events.
fn note_evictions(events: &[Recorded], room: &Place, out: &mut Outgoing) {
    for event in events {
        let (user, why) = match &event.fact {
            Fact::Room(Event::Removed { user }) => (user, Refusal::RemovedFromRoom),
            Fact::Room(Event::Banned { user }) => (user, Refusal::Banned),
            _ => continue,
        };
        if !room.members.contains_key(user) {
            out.evicted.push((*user, why));
        }
    }
}

/// Who looks after whom may come out differently with this.
fn seats_somebody(event: &Recorded) -> bool {
    matches!(
        &event.fact,
        Fact::Room(Event::Joined { .. } | Event::Invited { .. })
    )
}

/// Coaches who are more or less here than when they came: they follow anew, as what they are now.
fn note_parts(open: &Open, roster: &Roster, out: &mut Outgoing) {
    let room = open.host.room();
    let changed = open.feed.out_of_part(|viewer| roster.role_in(room, viewer));
    let changed = changed.into_iter().map(|user| (user, Refusal::Unavailable));
    out.evicted.extend(changed);
}

impl Room {
    /// Lets go whoever is not any more here what they were when they came, or when they asked to.
    pub(super) fn reconsider(&mut self, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else { return };
        let mut out = Outgoing::default();
        note_parts(open, &self.ports.rosters.of(self.org), &mut out);
        let now = self.ports.clock.now();
        for (session, user) in open.feed.send(out) {
            open.depart(session, user, now);
        }
        self.tick_soon(ctx);
        self.rest(ctx);
    }
}

impl Handler<Reconsider> for Room {
    type Result = ();

    fn handle(&mut self, _: Reconsider, ctx: &mut Self::Context) {
        self.reconsider(ctx);
    }
}
