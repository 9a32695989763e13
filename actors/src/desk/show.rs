//! What coaches are told, and how it is shared.

use std::collections::HashMap;
use std::mem;

use ludus_domain::board::Tick;
use ludus_domain::desk::Access;
use ludus_domain::ids::{CommandId, Epoch, SessionId};
use ludus_domain::protocol::{DeskAbout, DeskAlert, DeskFrame, ServerFrame};

use super::{Desk, Opened};
use crate::lane::{LaneId, ShowDesk};
use crate::metrics;
use crate::outbox::{Class, Frame, Key};

/// How far a coach is.
type Position = (Epoch, Tick);

impl Desk {
    /// Looks at the cohort as a whole, for those who may see no more of it.
    pub(super) fn count(&mut self) -> bool {
        let Some(opened) = &mut self.opened else {
            return false;
        };
        let rows = opened.machine.rows();
        let totals = self.ports.attendance.totals(self.org, self.cohort, rows);
        mem::replace(&mut opened.totals, totals) != totals
    }

    pub(super) fn is_anybody(&self, access: Access) -> bool {
        self.looking.values().any(|one| one.access == access)
    }

    /// Tells everybody who may see so much what they do not have.
    pub(super) fn show(&mut self, access: Access) {
        // Those who have the same get the same bytes.
        let mut shared: Vec<(Option<Position>, Frame, Position)> = vec![];
        let mut by_lane: HashMap<LaneId, Vec<(SessionId, Frame)>> = HashMap::new();
        let mut told = vec![];
        for (session, looking) in &self.looking {
            if looking.access != access {
                continue;
            }
            let known = shared.iter().find(|(at, ..)| *at == looking.at);
            let (frame, at) = if let Some((_, frame, at)) = known {
                (frame.clone(), *at)
            } else {
                let made = match access {
                    Access::Full => self.frame(None, looking.at),
                    Access::Aggregate => self.totals_frame(None),
                };
                let Some((frame, at)) = made else { return };
                shared.push((looking.at, frame.clone(), at));
                (frame, at)
            };
            let frames = by_lane.entry(looking.lane).or_default();
            frames.push((*session, frame));
            told.push((*session, at));
        }
        for (session, at) in told {
            if let Some(looking) = self.looking.get_mut(&session) {
                looking.at = Some(at);
            }
        }
        for (lane, frames) in by_lane {
            self.send(lane, frames);
        }
    }

    fn send(&mut self, lane: LaneId, frames: Vec<(SessionId, Frame)>) {
        let Some(link) = self.lanes.get(&lane) else {
            return;
        };
        metrics::desk_frames(frames.len());
        let refused = vec![];
        if let Err((_, show)) = link.offer(ShowDesk { frames, refused }) {
            // They hear the whole of it with the next tick.
            for (session, _) in show.frames {
                if let Some(looking) = self.looking.get_mut(&session) {
                    looking.at = None;
                }
            }
        }
    }

    fn encode(&self, frame: DeskFrame) -> Frame {
        let class = Class::Latest(Key::Desk(self.cohort));
        Frame::encode(class, &ServerFrame::Desk(Box::new(frame)))
    }

    /// What somebody is to be told who has all up to a position; and where they are then.
    pub(super) fn frame(
        &self,
        id: Option<CommandId>,
        at: Option<Position>,
    ) -> Option<(Frame, Position)> {
        let opened = self.opened.as_ref()?;
        let machine = &opened.machine;
        let change = machine.since(at);
        let signals = self.ports.coaching.signals();
        let alerts = change.alerts.into_iter();
        let alerts = alerts.map(|alert| DeskAlert::of(&signals, alert));
        let frame = DeskFrame {
            id,
            cohort: self.cohort,
            about: (change.after.is_none()).then(|| Box::new(about(opened, Access::Full))),
            epoch: machine.epoch(),
            tick: change.tick,
            after: change.after,
            rows: change.rows,
            gone: change.gone,
            alerts: alerts.collect(),
            settled: change.settled,
            headlines: change.headlines,
            totals: None,
        };
        Some((self.encode(frame), (machine.epoch(), change.tick)))
    }

    /// The cohort as a whole: always all of it, because it is small.
    pub(super) fn totals_frame(&self, id: Option<CommandId>) -> Option<(Frame, Position)> {
        let opened = self.opened.as_ref()?;
        // How often something moves is nobody's to know who may not see who moves.
        let (epoch, tick) = (opened.machine.epoch(), Tick(0));
        let frame = DeskFrame {
            id,
            cohort: self.cohort,
            about: Some(Box::new(about(opened, Access::Aggregate))),
            epoch,
            tick,
            after: None,
            rows: vec![],
            gone: vec![],
            alerts: vec![],
            settled: vec![],
            headlines: None,
            totals: Some(Box::new(opened.totals)),
        };
        Some((self.encode(frame), (epoch, tick)))
    }
}

fn about(opened: &Opened, access: Access) -> DeskAbout {
    DeskAbout {
        title: opened.about.title.clone(),
        access,
        // How many there are is a number of the whole, and held like the others.
        beyond: match access {
            Access::Full => opened.about.beyond,
            Access::Aggregate => 0,
        },
    }
}
