//! Asking to look at a board, and the answer to whoever may not or cannot.

use actix::prelude::*;
use ludus_domain::audience::Viewer;
use ludus_domain::board::viewer::{Shows, View};
use ludus_domain::game::plan::{BoardKey, BoardScope};
use ludus_domain::ids::{CommandId, SessionId};
use ludus_domain::protocol::{BoardPosition, ServerFrame};
use ludus_domain::refusal::Refusal;

use super::show::Showing;
use super::{Board, EARLY_MAX, Looking};
use crate::delivery::Link;
use crate::lane::{LaneRef, Show};
use crate::outbox::{Class, Frame};
use crate::report::bring_back;

/// What a client is told to wait when the board cannot be opened now.
const RETRY_MS: u32 = 1_000;

/// Somebody wants to look. Dropped where nobody reads it, it declines by itself.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Watch {
    pub board: BoardKey,
    pub session: SessionId,
    pub viewer: Viewer,
    pub lane: LaneRef,
    /// The command to answer to; none when a session watches again by itself.
    pub id: Option<CommandId>,
    pub top: u8,
    pub around: u8,
    pub since: Option<BoardPosition>,
    is_taken: bool,
}

impl Watch {
    #[expect(clippy::too_many_arguments, reason = "the fields, and the guard")]
    pub fn new(
        board: BoardKey,
        session: SessionId,
        viewer: Viewer,
        lane: LaneRef,
        id: Option<CommandId>,
        top: u8,
        around: u8,
        since: Option<BoardPosition>,
    ) -> Self {
        Self {
            board,
            session,
            viewer,
            lane,
            id,
            top,
            around,
            since,
            is_taken: false,
        }
    }

    /// From here on, whoever took it answers.
    pub(super) fn taken(mut self) -> Self {
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
            None => ServerFrame::Unwatched {
                id: None,
                board: self.board.clone(),
                code: Some(code),
            },
        };
        // At most one for each watch that was admitted.
        Link::new(self.lane.addr.clone()).must_tell(Show {
            frames: vec![(self.session, Frame::encode(Class::Control, &frame))],
            refused: vec![(self.session, self.board.clone())],
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_taken {
            self.answer(Refusal::Unavailable);
        }
    }
}

/// Somebody looks away.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Unwatch(pub SessionId);

impl Board {
    fn watch(&mut self, watch: Watch, ctx: &mut Context<Self>) {
        let may = self
            .ports
            .standings
            .may_watch(self.org, self.key.clone(), watch.viewer);
        let number = self.asking.begin();
        bring_back(ctx, may, move |may, board, ctx| {
            if board.asking.end(watch.session, number) {
                return watch.decline(Refusal::NotSubscribed);
            }
            match may {
                Ok(true) => board.admit(watch, ctx),
                Ok(false) => watch.decline(Refusal::NotFound),
                Err(_) => watch.decline(Refusal::Unavailable),
            }
        });
    }

    pub(super) fn admit(&mut self, watch: Watch, ctx: &mut Context<Self>) {
        let Some(opened) = &self.opened else {
            if self.early.len() < EARLY_MAX {
                self.early.push(watch);
            }
            // Past it, dropping the watch declines it.
            return self.open_at_first(ctx);
        };
        let watch = watch.taken();
        let subject = opened.subject_of(watch.viewer.user);
        let shows = Shows::new(watch.top, watch.around, subject);
        let mut view = match watch.since {
            Some(since) => View::resume(shows, since.epoch, since.tick),
            None => View::new(shows),
        };
        // A first look is always answered, with nothing in it when nothing was missed.
        let Some(change) = view.look(&opened.machine) else {
            return;
        };
        let frame = Showing::new(&self.key, &opened.from).frame(watch.id, watch.viewer, &change);
        self.lanes
            .entry(watch.lane.id)
            .or_insert_with(|| Link::new(watch.lane.addr.clone()));
        if let Some(link) = self.lanes.get(&watch.lane.id) {
            // At most one for each watch that was admitted.
            link.must_tell(Show {
                frames: vec![(watch.session, frame)],
                refused: vec![],
            });
        }
        let before = self.looking.insert(
            watch.session,
            Looking {
                lane: watch.lane.id,
                view,
                viewer: watch.viewer,
                is_doubted: false,
            },
        );
        self.no_longer_doubted(before.as_ref());
    }

    /// Keeps the count, where somebody who looked is gone or is another now.
    fn no_longer_doubted(&mut self, before: Option<&Looking>) {
        if before.is_some_and(|before| before.is_doubted) {
            self.doubted = self.doubted.saturating_sub(1);
        }
    }

    /// Asks again whether those who look still may. At the org's boards everybody may who is let in
    /// at all (and screens while they are granted it); out of cohorts and rooms people go.
    pub(super) fn look_over(&mut self, ctx: &mut Context<Self>) {
        let Some(opened) = &self.opened else { return };
        let is_everybodys = opened.from.about.scope == BoardScope::Org;
        for (session, looking) in &mut self.looking {
            let is_let_in = is_everybodys && !looking.viewer.guest;
            if is_let_in || std::mem::replace(&mut looking.is_doubted, true) {
                continue;
            }
            self.doubted += 1;
            let (session, standings) = (*session, &self.ports.standings);
            let may = standings.may_watch(self.org, self.key.clone(), looking.viewer);
            bring_back(ctx, may, move |may, board, _| match may {
                Ok(true) => board.trust(session),
                Ok(false) => board.turn_away(session, Refusal::NotFound),
                Err(_) => board.turn_away(session, Refusal::Unavailable),
            });
        }
    }

    fn trust(&mut self, session: SessionId) {
        if let Some(looking) = self.looking.get_mut(&session)
            && std::mem::replace(&mut looking.is_doubted, false)
        {
            self.doubted = self.doubted.saturating_sub(1);
        }
        self.show_when_sure();
    }

    /// Tells what was kept from those in doubt, all at once.
    fn show_when_sure(&mut self) {
        if self.doubted == 0 {
            self.show();
        }
    }

    pub(super) fn turn_away(&mut self, session: SessionId, code: Refusal) {
        let Some(looking) = self.looking.remove(&session) else {
            return;
        };
        self.no_longer_doubted(Some(&looking));
        if looking.is_doubted {
            // They were the last, perhaps, whom the others waited for.
            self.show_when_sure();
        }
        let frame = ServerFrame::Unwatched {
            id: None,
            board: self.key.clone(),
            code: Some(code),
        };
        if let Some(link) = self.lanes.get(&looking.lane) {
            // At most one for each watch that was admitted.
            link.must_tell(Show {
                frames: vec![(session, Frame::encode(Class::Control, &frame))],
                refused: vec![(session, self.key.clone())],
            });
        }
    }
}

impl Handler<Watch> for Board {
    type Result = ();

    fn handle(&mut self, watch: Watch, ctx: &mut Self::Context) {
        self.watch(watch, ctx);
    }
}

impl Handler<Unwatch> for Board {
    type Result = ();

    fn handle(&mut self, unwatch: Unwatch, _: &mut Self::Context) {
        self.asking.leave(unwatch.0);
        let gone = self.looking.remove(&unwatch.0);
        self.no_longer_doubted(gone.as_ref());
        self.early.retain(|watch| watch.session != unwatch.0);
    }
}
