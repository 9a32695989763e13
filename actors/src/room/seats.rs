//! Seats that coaches hold: a coach who follows the room here is said to be heard of; whoever nobody
//! has heard of, on any node, gives the seat back.

use std::time::Duration;

use actix::prelude::*;
use ludus_domain::ids::UserId;
use ludus_domain::journal::{Fact, Fault, Recorded};
use ludus_domain::room::{Act, Event};
use ludus_domain::slug::PersonaId;

use super::{Open, Room};
use crate::report::bring_back;

/// How often it is looked who is here. A few times within the grace, so that one write that is lost
/// costs nobody a seat.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Seats {
    timer: Option<SpawnHandle>,
}

impl Seats {
    /// Whether what was committed concerns a seat.
    pub(super) fn is_moved(events: &[Recorded]) -> bool {
        let is_seat = |recorded: &Recorded| {
            matches!(
                recorded.fact,
                Fact::Room(Event::SeatTaken { .. } | Event::SeatHandedBack { .. })
            )
        };
        events.iter().any(is_seat)
    }
}

impl Open {
    /// Somebody has to be here until the seat is given back.
    pub(super) fn holds_seats(&self) -> bool {
        !self.host.room().stage.held.is_empty()
    }

    /// Each seat that is held: whose it is, by whom, at which taking.
    fn held(&self) -> Vec<(PersonaId, UserId, u64)> {
        let held = self.host.room().stage.held.iter();
        held.map(|(persona, held)| (persona.clone(), held.by, held.take))
            .collect()
    }
}

impl Room {
    /// Looks who of those that hold seats is here, now and as long as anybody holds one.
    pub(super) fn mind_seats(&mut self, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else { return };
        if let Some(timer) = open.seats.timer.take() {
            ctx.cancel_future(timer);
        }
        let Some(stage) = self.ports.stage.clone().filter(|_| open.holds_seats()) else {
            return;
        };
        let mut is_anybody_away = false;
        for (_, user, take) in open.held() {
            if open.watchers.has_coach(user) {
                let heard = stage.seats.heard(self.org, self.id, take);
                // One that is lost is followed by the next.
                bring_back(ctx, heard, |_, _, _| ());
            } else {
                is_anybody_away = true;
            }
        }
        open.seats.timer = Some(ctx.run_later(LOOK_EVERY, Room::mind_seats));
        if is_anybody_away {
            // Here they are not; another node may hear of them.
            let silent = stage.seats.silent(self.org, self.id);
            bring_back(ctx, silent, |silent: Result<Vec<u64>, Fault>, room, ctx| {
                room.release(&silent.unwrap_or_default(), ctx);
            });
        }
    }

    fn release(&mut self, silent: &[u64], ctx: &mut Context<Self>) {
        let Some(open) = &self.open else { return };
        let mut gone = open.held();
        gone.retain(|(_, user, take)| silent.contains(take) && !open.watchers.has_coach(*user));
        for (persona, _, take) in gone {
            self.hand_in(Act::Release { persona, take }, ctx);
        }
    }
}
