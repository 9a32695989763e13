//! From rows of ids to rows that people read.

use ludus_domain::audience::Viewer;
use ludus_domain::board::Subject;
use ludus_domain::board::ranking::Row;
use ludus_domain::board::viewer::{Change, Shows};
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::CommandId;
use ludus_domain::protocol::{BoardFrame, BoardRow, ServerFrame};

use crate::outbox::{Class, Frame, Key};
use crate::standings::OpenBoard;

/// What is shown, without whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Same {
    top: u32,
}

impl Same {
    pub(super) fn of(shows: Shows) -> Self {
        let (top, _) = shows.spans(None);
        Self {
            top: top.map_or(0, |span| span.last + 1),
        }
    }
}

/// A board with names to it.
pub(super) struct Showing<'a> {
    key: &'a BoardKey,
    from: &'a OpenBoard,
}

impl<'a> Showing<'a> {
    pub(super) fn new(key: &'a BoardKey, from: &'a OpenBoard) -> Self {
        Self { key, from }
    }

    /// Whether any row could be this viewer's.
    pub(super) fn knows(&self, viewer: Viewer) -> bool {
        self.from.standees.contains_key(&viewer.user)
    }

    pub(super) fn frame(&self, id: Option<CommandId>, viewer: Viewer, change: &Change) -> Frame {
        Frame::encode(
            Class::Latest(Key::Board(Key::of_board(self.key))),
            &ServerFrame::Board(self.page(id, viewer, change)),
        )
    }

    /// The rows as this viewer may see them.
    pub(super) fn page(
        &self,
        id: Option<CommandId>,
        viewer: Viewer,
        change: &Change,
    ) -> BoardFrame {
        let rows = change.rows.iter().map(|row| self.row(viewer, row));
        BoardFrame {
            id,
            board: self.key.clone(),
            about: change
                .is_snapshot()
                .then(|| Box::new(self.from.about.clone())),
            epoch: change.epoch,
            tick: change.tick,
            after: change.after,
            count: change.count,
            own: change.own,
            rows: rows.collect(),
        }
    }

    fn row(&self, viewer: Viewer, row: &Row) -> BoardRow {
        let anonymous = self.from.about.anonymous;
        let (name, user, team, mine) = match row.subject {
            Subject::User(user) => {
                let name = self.from.standees.get(&user).map(|standee| &standee.name);
                let mine = user == viewer.user;
                (name, (!anonymous || mine).then_some(user), None, mine)
            }
            Subject::Team(team) => {
                let own = self.from.standees.get(&viewer.user);
                let mine = own.is_some_and(|standee| standee.team == Some(team));
                (self.from.teams.get(&team), None, Some(team), mine)
            }
        };
        BoardRow {
            at: row.at,
            place: row.place,
            name: name.map(ToString::to_string).unwrap_or_default(),
            score: row.score,
            user,
            team,
            mine,
        }
    }
}
