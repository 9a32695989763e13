//! What one viewer is told: a snapshot of its window first, then what changed in it.
//!
//! A window is a set of positions: the first few of the board, and those around the viewer's own
//! subject. A change carries the rows of the window that read differently, each with its position;
//! a client puts them there and forgets what is outside ([`super::window::Window`]). So a change is
//! never larger than a snapshot, whatever happened, and a viewer whose window was not touched is
//! told nothing and costs a few comparisons.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::Epoch;

use super::moves::Span;
use super::ranking::{Rank, Ranking, Row, percentile};
use super::{Board, Subject, Tick};

/// How many rows of a board's top a viewer may show. A screen has no room for more.
pub const TOP_MAX: u8 = 100;
/// How many rows on each side of its subject a viewer may show.
pub const AROUND_MAX: u8 = 20;
/// A count of subjects is told by itself only when it has changed by one in this many; otherwise
/// with the next change. Less, and each newcomer would be a frame for everybody.
const COUNT_DRIFT: u64 = 100;

/// What a viewer shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "Asked")]
pub struct Shows {
    top: u8,
    around: u8,
    subject: Option<Subject>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    top: u8,
    #[serde(default)]
    around: u8,
    #[serde(default)]
    subject: Option<Subject>,
}

impl From<Asked> for Shows {
    fn from(asked: Asked) -> Self {
        Self::new(asked.top, asked.around, asked.subject)
    }
}

impl Shows {
    /// The first `top` rows, and if there is a `subject`, its row and `around` rows on each side.
    /// More than [`TOP_MAX`] and [`AROUND_MAX`] are cut down to them.
    pub fn new(top: u8, around: u8, subject: Option<Subject>) -> Self {
        Self {
            top: top.min(TOP_MAX),
            around: around.min(AROUND_MAX),
            subject,
        }
    }

    pub fn subject(&self) -> Option<Subject> {
        self.subject
    }

    /// The positions shown, for a subject at a position; the board may end before they do. The
    /// second interval begins where the first has ended.
    pub fn spans(&self, at: Option<u32>) -> (Option<Span>, Option<Span>) {
        let top = u32::from(self.top);
        let around = u32::from(self.around);
        let first = top.checked_sub(1).map(|last| Span { first: 0, last });
        let second = at
            .map(|at| Span {
                first: at.saturating_sub(around).max(top),
                last: at.saturating_add(around),
            })
            .filter(|span| span.first <= span.last);
        (first, second)
    }
}

/// What a viewer is told. One without `after` is a snapshot: it replaces all there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    pub epoch: Epoch,
    /// The tick this brings the viewer to, to resume from.
    pub tick: Tick,
    /// The tick this builds on, which the viewer was told last. A viewer who has another one has
    /// missed something and asks anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Tick>,
    /// How many stand on the board: exact now, and at most one in a hundred off until the next one.
    pub count: u32,
    /// Where the viewer's subject stands, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Rank>,
    /// The rows of the window that read differently than before, or all of them; by position.
    pub rows: Vec<Row>,
}

impl Change {
    pub fn is_snapshot(&self) -> bool {
        self.after.is_none()
    }
}

/// One viewer of one board: what it shows and what it was told last.
#[derive(Clone, Debug)]
pub struct View {
    shows: Shows,
    told: Told,
}

#[derive(Clone, Debug)]
enum Told {
    Nothing,
    /// All up to a tick, by another view: what the rows were is not known here, only what moved.
    Elsewhere(Epoch, Tick),
    Window(Held),
}

/// What the viewer holds.
#[derive(Clone, Debug)]
struct Held {
    epoch: Epoch,
    /// The tick it was told last.
    told: Tick,
    /// The tick at which it was last found to be up to date.
    seen: Tick,
    count: u32,
    own: Option<Rank>,
    rows: Vec<Row>,
}

impl View {
    /// A viewer who knows nothing yet.
    pub fn new(shows: Shows) -> Self {
        Self {
            shows,
            told: Told::Nothing,
        }
    }

    /// A viewer who shows the same as in a view before this one, and was told everything up to a
    /// tick there.
    pub fn resume(shows: Shows, epoch: Epoch, tick: Tick) -> Self {
        Self {
            shows,
            told: Told::Elsewhere(epoch, tick),
        }
    }

    pub fn shows(&self) -> Shows {
        self.shows
    }

    /// What was told last may not have arrived: the next look answers with a snapshot.
    pub fn forget(&mut self) {
        self.told = Told::Nothing;
    }

    /// What the viewer is to be told now, to be called after each [`Board::tick`]. Whatever is
    /// answered counts as told.
    pub fn look(&mut self, board: &Board) -> Option<Change> {
        match &mut self.told {
            Told::Window(held) if held.epoch == board.epoch() => {
                if held.seen == board.now() {
                    return None;
                }
                if !is_touched(self.shows, held, board) {
                    held.seen = board.now();
                    return held.refresh(board);
                }
                let fresh = read(self.shows, board);
                let Some(change) = held.changes(&fresh) else {
                    held.seen = board.now();
                    return None;
                };
                self.told = Told::Window(fresh);
                Some(change)
            }
            Told::Elsewhere(epoch, tick) if *epoch == board.epoch() => {
                let tick = *tick;
                let fresh = read(self.shows, board);
                let change = fresh.since(self.shows, tick, board);
                self.told = Told::Window(fresh);
                Some(change)
            }
            Told::Window(_) | Told::Elsewhere(..) | Told::Nothing => {
                let fresh = read(self.shows, board);
                let change = fresh.snapshot();
                self.told = Told::Window(fresh);
                Some(change)
            }
        }
    }
}

/// Reads a window off the board.
fn read(shows: Shows, board: &Board) -> Held {
    let ranking = board.ranking();
    let own = shows.subject.and_then(|subject| ranking.rank_of(subject));
    let (top, around) = shows.spans(own.map(|own| own.at));
    let mut rows = Vec::new();
    for span in [top, around].into_iter().flatten() {
        read_rows(ranking, span, &mut rows);
    }
    Held {
        epoch: board.epoch(),
        told: board.now(),
        seen: board.now(),
        count: ranking.len(),
        own,
        rows,
    }
}

fn read_rows(ranking: &Ranking, span: Span, rows: &mut Vec<Row>) {
    let last = span.last.min(ranking.len().saturating_sub(1));
    if span.first <= last && !ranking.is_empty() {
        let len = last - span.first + 1;
        rows.reserve(len as usize);
        ranking.rows(span.first, len, rows);
    }
}

/// Whether anything a viewer shows may read differently than when it last looked.
fn is_touched(shows: Shows, held: &Held, board: &Board) -> bool {
    let Some(mut missed) = board.since(held.seen) else {
        return true;
    };
    let (top, around) = shows.spans(held.own.map(|own| own.at));
    let is_waiting = shows.subject.is_some() && held.own.is_none();
    missed.any(|moves| {
        top.is_some_and(|span| moves.touches(span))
            || around.is_some_and(|span| moves.touches(span))
            || (is_waiting && moves.joined() > 0)
    })
}

impl Held {
    fn snapshot(&self) -> Change {
        Change {
            epoch: self.epoch,
            tick: self.told,
            after: None,
            count: self.count,
            own: self.own,
            rows: self.rows.clone(),
        }
    }

    /// Some rows of this window, for somebody who has the others; a snapshot if it is all of them.
    fn delta(&self, after: Tick, rows: Vec<Row>) -> Change {
        if rows.len() == self.rows.len() {
            return self.snapshot();
        }
        Change {
            after: Some(after),
            rows,
            ..self.snapshot()
        }
    }

    /// When no row has changed, the number of subjects may have, and the own percentile with it.
    fn refresh(&mut self, board: &Board) -> Option<Change> {
        let count = board.ranking().len();
        let own = self.own.map(|own| Rank {
            percentile: percentile(own.ahead, count),
            ..own
        });
        if own == self.own && !is_news(self.count, count) {
            return None;
        }
        let after = self.told;
        self.own = own;
        self.count = count;
        self.told = board.now();
        Some(self.delta(after, Vec::new()))
    }

    /// What to tell somebody who holds this so that they hold `fresh`.
    fn changes(&self, fresh: &Held) -> Option<Change> {
        let mut old = self.rows.iter().peekable();
        let mut rows = Vec::new();
        for row in &fresh.rows {
            while old.next_if(|old| old.at < row.at).is_some() {}
            if old.next_if(|old| old.at == row.at) != Some(row) {
                rows.push(*row);
            }
        }
        let is_same = rows.is_empty() && self.rows.len() == fresh.rows.len();
        if is_same && self.own == fresh.own && !is_news(self.count, fresh.count) {
            return None;
        }
        Some(fresh.delta(self.told, rows))
    }

    /// What to tell somebody who was told everything up to a tick, but not by this view. They hold
    /// the same window if their subject did not move, and then the same rows outside of what did.
    /// They may have looked between ticks, so what moved since the last one counts too.
    fn since(&self, shows: Shows, tick: Tick, board: &Board) -> Change {
        let Some(missed) = board.since(tick) else {
            return self.snapshot();
        };
        let is_touched = |at| {
            let span = Span {
                first: at,
                last: at,
            };
            board.pending.touches(span) || missed.clone().any(|moves| moves.touches(span))
        };
        let is_elsewhere = match (shows.subject, self.own) {
            (None, _) => false,
            (Some(_), Some(own)) => is_touched(own.at),
            (Some(_), None) => {
                board.pending.left() > 0 || missed.clone().any(|moves| moves.left() > 0)
            }
        };
        if is_elsewhere {
            return self.snapshot();
        }
        let rows = self.rows.iter().filter(|row| is_touched(row.at));
        self.delta(tick, rows.copied().collect())
    }
}

/// Whether a changed count is worth a frame by itself.
fn is_news(told: u32, count: u32) -> bool {
    u64::from(told.abs_diff(count)) * COUNT_DRIFT >= u64::from(told.max(1)) && told != count
}
