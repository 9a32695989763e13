//! The end of a practice: the scene is closed when its time is up, and its report is filed once all
//! was said. Both are acts that the room decides once; whoever is too late changes nothing.

use std::time::Duration;

use actix::prelude::*;
use ludus_domain::journal::{Fault, Recorded};
use ludus_domain::practice::clock::SceneClock;
use ludus_domain::practice::review::Practice;
use ludus_domain::room::Act;

use super::message::{OneShot, Perform};
use super::{CATCH_UP, Open, Room};
use crate::report::bring_back;
use crate::stage::Played;

/// Before what came to nothing is tried again: the store is away, or somebody else was first.
const AGAIN: Duration = Duration::from_secs(2);
/// The longest sleep until the time of a scene is looked at again.
const SLEEP_MAX: Duration = Duration::from_mins(5);

/// What is known here of the scene's time, and what is being done about its end.
#[derive(Debug, Default)]
pub(super) struct Ending {
    clock: SceneClock,
    /// The journal is being read up to where the room is.
    is_reading: bool,
    /// A report is being made, or handed in.
    is_filing: bool,
    timer: Option<SpawnHandle>,
}

impl Ending {
    /// Takes in what was committed; what was missed is read later.
    pub(super) fn published(&mut self, events: &[Recorded]) {
        for recorded in events {
            self.clock.take(recorded);
        }
    }
}

impl Open {
    /// Somebody has to be here for the end of the practice.
    pub(super) fn awaits_end(&self) -> bool {
        let room = self.host.room();
        let is_timed = room.is_scene_open() && self.ending.clock.is_running();
        is_timed || self.ending.is_reading || room.is_filing_due()
    }
}

impl Room {
    /// Sees to the end of the scene: now, or when its time is up.
    pub(super) fn mind_scene(&mut self, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else { return };
        if let Some(timer) = open.ending.timer.take() {
            ctx.cancel_future(timer);
        }
        if open.host.room().is_filing_due() {
            return self.file(ctx);
        }
        if !open.host.room().is_scene_open() {
            return;
        }
        let Some(minutes) = (open.host.room().plan.scene.as_ref()).and_then(|scene| scene.minutes)
        else {
            return;
        };
        if open.ending.clock.seq() < open.host.head() {
            return self.read_scene_time(ctx);
        }
        let now = self.ports.clock.now();
        let Some(left_ms) = open.ending.clock.left_ms(minutes, now) else {
            return;
        };
        if left_ms == 0 {
            self.hand_in(Act::CloseScene {}, ctx);
            // Until it is so: an act that is tried again is the same one.
            self.mind_later(AGAIN, ctx);
        } else {
            self.mind_later(Duration::from_millis(left_ms).min(SLEEP_MAX), ctx);
        }
    }

    fn mind_later(&mut self, after: Duration, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else { return };
        let timer = ctx.run_later(after, Room::mind_scene);
        if let Some(old) = open.ending.timer.replace(timer) {
            ctx.cancel_future(old);
        }
    }

    /// The time a scene was live is in its journal, and nowhere else.
    fn read_scene_time(&mut self, ctx: &mut Context<Self>) {
        let stream = self.stream();
        let Some(open) = &mut self.open else { return };
        if std::mem::replace(&mut open.ending.is_reading, true) {
            return;
        }
        let after = open.ending.clock.seq();
        let events = self.ports.archive.events(self.org, stream, after, CATCH_UP);
        bring_back(
            ctx,
            events,
            |events: Result<Vec<Recorded>, Fault>, room, ctx| {
                let Some(open) = &mut room.open else { return };
                open.ending.is_reading = false;
                match events {
                    Ok(events) if !events.is_empty() => {
                        open.ending.published(&events);
                        room.mind_scene(ctx);
                    }
                    _ => room.mind_later(AGAIN, ctx),
                }
            },
        );
    }

    fn file(&mut self, ctx: &mut Context<Self>) {
        let (Some(open), Some(stage)) = (&mut self.open, &self.ports.stage) else {
            return;
        };
        if std::mem::replace(&mut open.ending.is_filing, true) {
            return;
        }
        let Some(scene) = open.host.room().plan.scene.clone() else {
            return;
        };
        let played = Played {
            org: self.org,
            room: self.id,
            scene,
        };
        let made = stage.reports.make(played);
        bring_back(
            ctx,
            made,
            |made: Result<Vec<Practice>, Fault>, room, ctx| {
                if let Ok(practices) = made {
                    room.hand_in(Act::File { practices }, ctx);
                }
                ctx.run_later(AGAIN, |room, ctx| {
                    if let Some(open) = &mut room.open {
                        open.ending.is_filing = false;
                    }
                    room.mind_scene(ctx);
                });
            },
        );
    }

    /// An act of the room's own. How it went shows in the room.
    pub(super) fn hand_in(&mut self, act: Act, ctx: &mut Context<Self>) {
        let Some(stage) = &self.ports.stage else {
            return;
        };
        let (to, _) = OneShot::new();
        let id = act.id(self.id, stage.node);
        self.act(Perform { id, act, to }, ctx);
    }
}
