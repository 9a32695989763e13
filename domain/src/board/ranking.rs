//! Who stands where: update, rank, page and around-me in O(log n), at a million subjects.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::blocks::{Blocks, KEYS_MAX, Spot};
use super::index::Slot;
use super::members::{Members, Standing, Subjects};
use super::moves::Moved;
use super::run::Key;
use super::{Direction, Spec, Subject, TiePolicy, Total};

/// How many subjects a board may know, those taken off included. Beyond it, newcomers are not let
/// in; a board of this size takes between one and two gigabytes.
pub const SUBJECTS_MAX: usize = 1 << 24;
/// How many rows a page may have. Whoever wants more asks again.
pub const PAGE_MAX: u32 = 1_000;

/// One line of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Row {
    /// The position in the order, from 0; different for everybody.
    pub at: u32,
    /// The place that is shown, from 1; equals may share it.
    pub place: u32,
    pub subject: Subject,
    pub score: i64,
}

/// Where a subject stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rank {
    /// The position in the order, from 0; different for everybody.
    pub at: u32,
    /// The place that is shown, from 1; equals may share it.
    pub place: u32,
    /// How many stand before this subject and do not share its place.
    pub ahead: u32,
    /// How many of a hundred others do not stand ahead, rounded down: 100 is first, or alone.
    pub percentile: u8,
}

/// An order over subjects, each with one score.
#[derive(Clone, Debug)]
pub struct Ranking {
    spec: Spec,
    blocks: Blocks<KEYS_MAX>,
    members: Members,
    /// Those who were taken off, with the version up to which they stay off.
    gone: Subjects<u64>,
}

impl Ranking {
    /// Builds a ranking from totals in any order. Of several totals of one subject the newest
    /// counts.
    pub fn build(spec: Spec, totals: impl IntoIterator<Item = Total>) -> Self {
        let totals = totals.into_iter();
        let (members, words) =
            Members::build(totals.map(|total| (total.subject, standing(spec, &total))));
        Self {
            spec,
            blocks: Blocks::build(&words),
            members,
            gone: Subjects::default(),
        }
    }

    pub fn spec(&self) -> Spec {
        self.spec
    }

    /// How many stand on the board.
    pub fn len(&self) -> u32 {
        self.blocks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a total in. `None` when it says nothing new: its version is older than the one known or
    /// equal, or the subject was taken off at this version or a newer one, or is new and there is no
    /// room.
    pub fn apply(&mut self, total: Total) -> Option<Moved> {
        let subject = total.subject;
        let standing = standing(self.spec, &total);
        let Some((slot, old)) = self.members.get(subject) else {
            return self.join(subject, standing);
        };
        if old.version >= standing.version {
            return None;
        }
        let distinct = self.blocks.distinct();
        let from = self.take_out(slot, subject, old)?;
        self.members.set(slot, standing);
        let to = self.put_in(slot, subject, standing);
        Some(Moved {
            from: Some(from),
            to: Some(to),
            reach: self.reach(from.max(to), old.word.max(standing.word), distinct),
        })
    }

    /// Lets a newcomer in, or one who was taken off and has a newer total.
    fn join(&mut self, subject: Subject, standing: Standing) -> Option<Moved> {
        match self.gone.get(&subject).copied() {
            Some(version) if version >= standing.version => return None,
            Some(_) => {
                self.gone.remove(&subject);
            }
            None if self.is_full() => return None,
            None => {}
        }
        let slot = self.members.insert(subject, standing)?;
        Some(Moved {
            from: None,
            to: Some(self.put_in(slot, subject, standing)),
            reach: u32::MAX,
        })
    }

    fn is_full(&self) -> bool {
        self.members.len() + self.gone.len() >= SUBJECTS_MAX
    }

    fn put_in(&mut self, slot: Slot, subject: Subject, standing: Standing) -> u32 {
        let tail = standing.tail(subject);
        let word = standing.word;
        let is_before = |other| self.members.is_before(other, &tail);
        self.blocks.insert(Key { word, slot }, is_before)
    }

    fn take_out(&mut self, slot: Slot, subject: Subject, standing: Standing) -> Option<u32> {
        let tail = standing.tail(subject);
        let word = standing.word;
        let is_before = |other| self.members.is_before(other, &tail);
        self.blocks.remove(Key { word, slot }, is_before)
    }

    /// Where a subject is in the order, and the word by which it is there.
    fn spot_of(&self, subject: Subject) -> Option<(Spot, i64)> {
        let (slot, standing) = self.members.get(subject)?;
        let tail = standing.tail(subject);
        let word = standing.word;
        let is_before = |other| self.members.is_before(other, &tail);
        Some((self.blocks.find(Key { word, slot }, is_before)?, word))
    }

    /// Takes a subject off, who has opted out or was erased, and remembers it: a total with this
    /// version or an older one will not bring them back, whenever it comes. With `u64::MAX` nothing
    /// will. `None` when they did not stand here, or stand here by a newer total.
    pub fn remove(&mut self, subject: Subject, version: u64) -> Option<Moved> {
        if let Some((slot, standing)) = self.members.get(subject) {
            if standing.version > version {
                return None;
            }
            let from = self.take_out(slot, subject, standing)?;
            self.members.remove(subject);
            self.gone.insert(subject, version);
            return Some(Moved {
                from: Some(from),
                to: None,
                reach: u32::MAX,
            });
        }
        if let Some(known) = self.gone.get_mut(&subject) {
            *known = version.max(*known);
        } else if !self.is_full() {
            self.gone.insert(subject, version);
        }
        None
    }

    /// The last position whose row may read differently after a move that ended between positions
    /// up to `last` and scores up to the worse of two.
    fn reach(&self, last: u32, worse: i64, distinct: u32) -> u32 {
        match self.spec.tie {
            TiePolicy::FirstThere => last,
            // Everybody below counts the scores above them.
            TiePolicy::Dense if self.blocks.distinct() != distinct => u32::MAX,
            // Equals count from the first of them, so the last of them may see a change further up.
            TiePolicy::Dense | TiePolicy::Competition => {
                last.max(self.blocks.as_good(worse).saturating_sub(1))
            }
        }
    }

    pub fn contains(&self, subject: Subject) -> bool {
        self.members.find(subject).is_some()
    }

    /// The version of the total by which a subject stands here.
    pub fn version_of(&self, subject: Subject) -> Option<u64> {
        self.members
            .get(subject)
            .map(|(_, standing)| standing.version)
    }

    /// The position of a subject in the order, from 0.
    pub fn position_of(&self, subject: Subject) -> Option<u32> {
        self.spot_of(subject)
            .map(|(spot, _)| self.blocks.position(spot))
    }

    /// Where a subject stands.
    pub fn rank_of(&self, subject: Subject) -> Option<Rank> {
        let (spot, word) = self.spot_of(subject)?;
        let at = self.blocks.position(spot);
        let ahead = match self.spec.tie {
            TiePolicy::FirstThere => at,
            TiePolicy::Competition | TiePolicy::Dense => self.blocks.better(word),
        };
        let place = match self.spec.tie {
            TiePolicy::FirstThere | TiePolicy::Competition => ahead + 1,
            TiePolicy::Dense => self.blocks.distinct_through(at),
        };
        Some(Rank {
            at,
            place,
            ahead,
            percentile: percentile(ahead, self.len()),
        })
    }

    /// Who stands at a position.
    pub fn select(&self, at: u32) -> Option<Row> {
        self.page(at, 1).into_iter().next()
    }

    pub fn top(&self, len: u32) -> Vec<Row> {
        self.page(0, len)
    }

    /// The rows from a position on, at most [`PAGE_MAX`].
    pub fn page(&self, offset: u32, len: u32) -> Vec<Row> {
        let len = self.page_len(offset, len);
        let mut rows = Vec::with_capacity(len as usize);
        self.rows(offset, len, &mut rows);
        rows
    }

    /// How many of so many rows from a position on there are, and a page may have.
    fn page_len(&self, offset: u32, len: u32) -> u32 {
        len.min(PAGE_MAX).min(self.len().saturating_sub(offset))
    }

    /// A subject's row with those before and after it, as far as there are any.
    pub fn around(&self, subject: Subject, above: u32, below: u32) -> Option<Vec<Row>> {
        let (own, _) = self.spot_of(subject)?;
        let at = self.blocks.position(own);
        let above = above.min(PAGE_MAX).min(at);
        let first = at - above;
        let len = self.page_len(first, above.saturating_add(1).saturating_add(below));
        let mut rows = Vec::with_capacity(len as usize);
        self.rows_from(self.blocks.back(own, above), first, len, &mut rows);
        Some(rows)
    }

    /// Who stands right before a subject, and right after.
    pub fn neighbours(&self, subject: Subject) -> Option<(Option<Row>, Option<Row>)> {
        let at = self.position_of(subject)?;
        let before = at.checked_sub(1).and_then(|before| self.select(before));
        Some((before, self.select(at + 1)))
    }

    /// Appends the rows from a position on.
    pub(super) fn rows(&self, offset: u32, len: u32, rows: &mut Vec<Row>) {
        self.rows_from(self.blocks.spot(offset), offset, len, rows);
    }

    /// The same, when it is known where the position is. The first one's place is looked up, the
    /// others' follow.
    fn rows_from(&self, spot: Spot, mut at: u32, len: u32, rows: &mut Vec<Row>) {
        let mut last: Option<(i64, u32)> = None;
        let keys = self.blocks.from(spot).take(len as usize);
        // Not a loop, which would ask the runs anew for each key.
        keys.for_each(|key| {
            let Some(subject) = self.members.subject(key.slot) else {
                return;
            };
            let place = match (self.spec.tie, last) {
                (TiePolicy::Competition | TiePolicy::Dense, Some((word, place)))
                    if word == key.word =>
                {
                    place
                }
                (TiePolicy::Dense, Some((_, place))) => place + 1,
                (TiePolicy::Dense, None) => self.blocks.distinct_through(at),
                (TiePolicy::Competition, None) => self.blocks.better(key.word) + 1,
                (TiePolicy::FirstThere, _) | (TiePolicy::Competition, Some(_)) => at + 1,
            };
            last = Some((key.word, place));
            rows.push(Row {
                at,
                place,
                subject,
                score: score(self.spec, key.word),
            });
            at += 1;
        });
    }
}

/// How many of a hundred others are not among those ahead.
pub(super) fn percentile(ahead: u32, count: u32) -> u8 {
    let others = u64::from(count.saturating_sub(1));
    let not_ahead = others.saturating_sub(u64::from(ahead));
    let hundredths = (not_ahead * 100).checked_div(others).unwrap_or(100);
    u8::try_from(hundredths).unwrap_or(100)
}

fn standing(spec: Spec, total: &Total) -> Standing {
    Standing {
        word: word(spec, total.score),
        reached_at: total.reached_at,
        version: total.version,
    }
}

/// Turns a score so that the better one is smaller; no score is lost by it.
fn word(spec: Spec, score: i64) -> i64 {
    match spec.direction {
        Direction::Higher => !score,
        Direction::Lower => score,
    }
}

/// The score a word was made of.
fn score(spec: Spec, word: i64) -> i64 {
    // Turning it twice is turning it back.
    self::word(spec, word)
}
