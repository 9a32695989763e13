//! Looking at a board once, without watching it: for REST.

use std::time::Duration;

use actix::prelude::*;
use ludus_domain::audience::Viewer;
use ludus_domain::board::viewer::Change;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::protocol::{BoardFrame, BoardRow};
use ludus_domain::refusal::Refusal;
use tokio::sync::oneshot;

use super::Board;
use super::opened::Opened;
use super::show::Showing;
use crate::report::bring_back;
use crate::standings::OpenBoard;

/// How long somebody waits for a board that is being opened.
pub const PEEK_WITHIN: Duration = Duration::from_secs(5);

/// What is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Rows from a position on.
    Page { from: u32, len: u32 },
    /// The viewer's own row, with so many on each side; nothing when they do not stand on it.
    AroundMe { rows: u32 },
}

/// Somebody looks once.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Peek {
    pub viewer: Viewer,
    pub part: Part,
    /// Dropped, it says that it is not possible now.
    pub answer: oneshot::Sender<Result<BoardFrame, Refusal>>,
}

/// Looks at a board of an earlier window: nobody watches it, so it is built and forgotten.
pub fn look_once(key: &BoardKey, from: OpenBoard, viewer: Viewer, part: Part) -> BoardFrame {
    look(key, &Opened::build(from), viewer, part)
}

/// The rows of a board, best first, at most so many, as this viewer may see them.
pub fn rows(key: &BoardKey, from: OpenBoard, viewer: Viewer, max: u32) -> Vec<BoardRow> {
    let opened = Opened::build(from);
    let mut rows: Vec<BoardRow> = vec![];
    loop {
        let from = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let len = max.saturating_sub(from);
        let page = look(key, &opened, viewer, Part::Page { from, len }).rows;
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

/// The part of a board that was asked for, as this viewer may see it.
pub(super) fn look(key: &BoardKey, opened: &Opened, viewer: Viewer, part: Part) -> BoardFrame {
    let ranking = opened.machine.ranking();
    let subject = opened.subject_of(viewer.user);
    let rows = match part {
        Part::Page { from, len } => ranking.page(from, len),
        Part::AroundMe { rows } => subject
            .and_then(|subject| ranking.around(subject, rows, rows))
            .unwrap_or_default(),
    };
    let change = Change {
        epoch: opened.machine.epoch(),
        tick: opened.machine.now(),
        after: None,
        count: ranking.len(),
        own: subject.and_then(|subject| ranking.rank_of(subject)),
        rows,
    };
    Showing::new(key, &opened.from).page(None, viewer, &change)
}

impl Board {
    /// Answers those who waited for the board to open.
    pub(super) fn answer_peeks(&mut self) {
        let Some(opened) = &self.opened else { return };
        for peek in self.peeks.drain(..) {
            let page = look(&self.key, opened, peek.viewer, peek.part);
            // Whoever left is not interested.
            peek.answer.send(Ok(page)).ok();
        }
    }

    pub(super) fn refuse_peeks(&mut self, code: Refusal) {
        for peek in self.peeks.drain(..) {
            peek.answer.send(Err(code)).ok();
        }
    }
}

impl Handler<Peek> for Board {
    type Result = ();

    fn handle(&mut self, peek: Peek, ctx: &mut Self::Context) {
        let standings = &self.ports.standings;
        let may = standings.may_watch(self.org, self.key.clone(), peek.viewer);
        bring_back(ctx, may, move |may, board, ctx| match may {
            Ok(true) if board.peeks.len() < super::EARLY_MAX => {
                board.peeks.push(peek);
                board.answer_peeks();
                board.open_at_first(ctx);
            }
            Ok(false) => {
                peek.answer.send(Err(Refusal::NotFound)).ok();
            }
            // Dropped, it says so.
            Ok(true) | Err(_) => {}
        });
    }
}
