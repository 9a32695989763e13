//! Asking to look at a desk, and the answer to whoever may not or cannot.

use actix::prelude::*;
use ludus_domain::audience::Viewer;
use ludus_domain::desk::Access;
use ludus_domain::ids::{CohortId, CommandId, SessionId};
use ludus_domain::protocol::{DeskPosition, ServerFrame};
use ludus_domain::refusal::Refusal;

use super::{Desk, EARLY_MAX, Looking};
use crate::delivery::Link;
use crate::lane::{LaneRef, ShowDesk};
use crate::outbox::{Class, Frame};
use crate::report::bring_back;

/// What a client is told to wait when the desk cannot be opened now.
const RETRY_MS: u32 = 1_000;

/// Somebody wants to look. Dropped where nobody reads it, it declines by itself.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct WatchDesk {
    pub cohort: CohortId,
    pub session: SessionId,
    pub viewer: Viewer,
    pub lane: LaneRef,
    /// The command to answer to; none when a session watches again by itself.
    pub id: Option<CommandId>,
    pub since: Option<DeskPosition>,
    is_taken: bool,
}

impl WatchDesk {
    pub fn new(
        cohort: CohortId,
        (session, viewer): (SessionId, Viewer),
        lane: LaneRef,
        id: Option<CommandId>,
        since: Option<DeskPosition>,
    ) -> Self {
        Self {
            cohort,
            session,
            viewer,
            lane,
            id,
            since,
            is_taken: false,
        }
    }

    /// From here on, whoever took it answers.
    fn taken(mut self) -> Self {
        self.is_taken = true;
        self
    }

    pub(super) fn decline(mut self, code: Refusal) {
        self.answer(code);
    }

    fn answer(&mut self, code: Refusal) {
        self.is_taken = true;
        let retry_after_ms = (code == Refusal::Unavailable).then_some(RETRY_MS);
        let frame = match self.id {
            Some(id) => ServerFrame::nack(Some(id), code, retry_after_ms),
            None => ServerFrame::DeskUnwatched {
                id: None,
                cohort: self.cohort,
                code: Some(code),
            },
        };
        // Who looked away may look again by now; that watch is another one.
        let is_over = code != Refusal::NotSubscribed;
        let refused = is_over.then_some((self.session, self.cohort));
        // At most one for each watch that was admitted.
        Link::new(self.lane.addr.clone()).must_tell(ShowDesk {
            frames: vec![(self.session, Frame::encode(Class::Control, &frame))],
            refused: refused.into_iter().collect(),
        });
    }
}

impl Drop for WatchDesk {
    fn drop(&mut self) {
        if !self.is_taken {
            self.answer(Refusal::Unavailable);
        }
    }
}

/// Somebody looks away.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct UnwatchDesk(pub SessionId);

impl Desk {
    /// Whoever wants to look is asked for what they may see before anything is read for them.
    fn watch(&mut self, watch: WatchDesk, ctx: &mut Context<Self>) {
        let coaching = &self.ports.coaching;
        let access = coaching.access_of(self.org, self.cohort, watch.viewer);
        let number = self.asking.begin();
        bring_back(ctx, access, move |access, desk, ctx| {
            if desk.asking.end(watch.session, number) {
                return watch.decline(Refusal::NotSubscribed);
            }
            match access {
                Ok(Some(access)) => desk.admit(watch, access, ctx),
                Ok(None) => watch.decline(Refusal::NotFound),
                Err(_) => watch.decline(Refusal::Unavailable),
            }
        });
    }

    pub(super) fn admit(&mut self, watch: WatchDesk, access: Access, ctx: &mut Context<Self>) {
        if !self.is_ready() {
            if self.early.len() < EARLY_MAX {
                self.early.push((watch, access));
            }
            // Past it, dropping the watch declines it.
            return self.open_at_first(ctx);
        }
        let watch = watch.taken();
        let at = watch.since.map(|since| (since.epoch, since.tick));
        let frame = match access {
            Access::Full => self.frame(watch.id, at),
            Access::Aggregate => {
                self.count();
                self.totals_frame(watch.id)
            }
        };
        let Some((frame, at)) = frame else { return };
        let link = self
            .lanes
            .entry(watch.lane.id)
            .or_insert_with(|| Link::new(watch.lane.addr.clone()));
        // At most one for each watch that was admitted.
        link.must_tell(ShowDesk {
            frames: vec![(watch.session, frame)],
            refused: vec![],
        });
        let looking = Looking {
            lane: watch.lane.id,
            viewer: watch.viewer,
            access,
            at: Some(at),
        };
        self.looking.insert(watch.session, looking);
        self.call_again();
    }

    /// Asks again what those who look may see: cohorts change, and their coaches do.
    pub(super) fn look_over(&mut self, ctx: &mut Context<Self>) {
        for (session, looking) in &self.looking {
            let (session, coaching) = (*session, &self.ports.coaching);
            let access = coaching.access_of(self.org, self.cohort, looking.viewer);
            bring_back(ctx, access, move |access, desk, _| match access {
                Ok(Some(access)) => desk.allow(session, access),
                Ok(None) => desk.turn_away(session, Refusal::NotFound),
                Err(_) => desk.turn_away(session, Refusal::Unavailable),
            });
        }
    }

    fn allow(&mut self, session: SessionId, access: Access) {
        if let Some(looking) = self.looking.get_mut(&session)
            && looking.access != access
        {
            looking.access = access;
            looking.at = None;
        }
    }

    pub(super) fn turn_away(&mut self, session: SessionId, code: Refusal) {
        let Some(looking) = self.looking.remove(&session) else {
            return;
        };
        let frame = ServerFrame::DeskUnwatched {
            id: None,
            cohort: self.cohort,
            code: Some(code),
        };
        if let Some(link) = self.lanes.get(&looking.lane) {
            // At most one for each watch that was admitted.
            link.must_tell(ShowDesk {
                frames: vec![(session, Frame::encode(Class::Control, &frame))],
                refused: vec![(session, self.cohort)],
            });
        }
    }
}

impl Handler<WatchDesk> for Desk {
    type Result = ();

    fn handle(&mut self, watch: WatchDesk, ctx: &mut Self::Context) {
        self.watch(watch, ctx);
    }
}

impl Handler<UnwatchDesk> for Desk {
    type Result = ();

    fn handle(&mut self, unwatch: UnwatchDesk, _: &mut Self::Context) {
        self.asking.leave(unwatch.0);
        self.looking.remove(&unwatch.0);
        self.early.retain(|(watch, _)| watch.session != unwatch.0);
    }
}
