//! Who stands where: update, rank, page and around-me in O(log n), at a million subjects.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

use super::blocks::{Blocks, KEYS_MAX};
use super::moves::Moved;
use super::run::{Key, Tail};
use super::{Direction, Spec, Subject, TiePolicy, Total};

/// How many subjects a board may know, those taken off included. Beyond it, newcomers are not let
/// in; a board of this size takes about 3 GB.
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

/// What is known of a subject beside its id.
#[derive(Clone, Copy, Debug)]
struct Standing {
    word: i64,
    reached_at: Timestamp,
    version: u64,
}

/// An order over subjects, each with one score.
#[derive(Clone, Debug)]
pub struct Ranking {
    spec: Spec,
    blocks: Blocks<KEYS_MAX>,
    standings: Subjects<Standing>,
    /// Those who were taken off, with the version up to which they stay off.
    gone: Subjects<u64>,
}

impl Ranking {
    /// Builds a ranking from totals in any order. Of several totals of one subject the newest
    /// counts.
    pub fn build(spec: Spec, totals: impl IntoIterator<Item = Total>) -> Self {
        let totals = totals.into_iter();
        let mut standings = Subjects::<Standing>::with_capacity_and_hasher(
            totals.size_hint().0.min(SUBJECTS_MAX),
            BuildHasherDefault::default(),
        );
        for total in totals {
            let is_full = standings.len() >= SUBJECTS_MAX;
            let standing = Standing {
                word: word(spec, total.score),
                reached_at: total.reached_at,
                version: total.version,
            };
            match standings.entry(total.subject) {
                Entry::Occupied(mut known) if known.get().version < total.version => {
                    known.insert(standing);
                }
                Entry::Vacant(new) if !is_full => {
                    new.insert(standing);
                }
                _ => {}
            }
        }
        let mut keys: Vec<Key> = standings
            .iter()
            .map(|(subject, standing)| standing.key(*subject))
            .collect();
        keys.sort_unstable();
        Self {
            spec,
            blocks: Blocks::build(&keys),
            standings,
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
        let is_full = self.standings.len() + self.gone.len() >= SUBJECTS_MAX;
        let standing = Standing {
            word: word(self.spec, total.score),
            reached_at: total.reached_at,
            version: total.version,
        };
        let key = standing.key(total.subject);
        let distinct = self.blocks.distinct();
        match self.standings.entry(total.subject) {
            Entry::Occupied(mut known) => {
                if known.get().version >= total.version {
                    return None;
                }
                let old = known.insert(standing);
                let from = self.blocks.remove(&old.key(total.subject))?;
                let to = self.blocks.insert(key);
                Some(Moved {
                    from: Some(from),
                    to: Some(to),
                    reach: self.reach(from.max(to), old.word.max(key.word), distinct),
                })
            }
            Entry::Vacant(new) => {
                if let Some(&version) = self.gone.get(&total.subject) {
                    if version >= total.version {
                        return None;
                    }
                    self.gone.remove(&total.subject);
                } else if is_full {
                    return None;
                }
                new.insert(standing);
                Some(Moved {
                    from: None,
                    to: Some(self.blocks.insert(key)),
                    reach: u32::MAX,
                })
            }
        }
    }

    /// Takes a subject off, who has opted out or was erased, and remembers it: a total with this
    /// version or an older one will not bring them back, whenever it comes. With `u64::MAX` nothing
    /// will. `None` when they did not stand here, or stand here by a newer total.
    pub fn remove(&mut self, subject: Subject, version: u64) -> Option<Moved> {
        if let Some(standing) = self.standings.get(&subject).copied() {
            if standing.version > version {
                return None;
            }
            self.standings.remove(&subject);
            self.gone.insert(subject, version);
            let from = self.blocks.remove(&standing.key(subject))?;
            return Some(Moved {
                from: Some(from),
                to: None,
                reach: u32::MAX,
            });
        }
        if let Some(known) = self.gone.get_mut(&subject) {
            *known = version.max(*known);
        } else if self.standings.len() + self.gone.len() < SUBJECTS_MAX {
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
        self.standings.contains_key(&subject)
    }

    /// The version of the total by which a subject stands here.
    pub fn version_of(&self, subject: Subject) -> Option<u64> {
        self.standings
            .get(&subject)
            .map(|standing| standing.version)
    }

    /// The position of a subject in the order, from 0.
    pub fn position_of(&self, subject: Subject) -> Option<u32> {
        let standing = self.standings.get(&subject)?;
        self.blocks.position_of(&standing.key(subject))
    }

    /// Where a subject stands.
    pub fn rank_of(&self, subject: Subject) -> Option<Rank> {
        let standing = self.standings.get(&subject)?;
        let at = self.blocks.position_of(&standing.key(subject))?;
        let ahead = match self.spec.tie {
            TiePolicy::FirstThere => at,
            TiePolicy::Competition | TiePolicy::Dense => self.blocks.better(standing.word),
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
        let len = len.min(PAGE_MAX).min(self.len().saturating_sub(offset));
        let mut rows = Vec::with_capacity(len as usize);
        self.rows(offset, len, &mut rows);
        rows
    }

    /// A subject's row with those before and after it, as far as there are any.
    pub fn around(&self, subject: Subject, above: u32, below: u32) -> Option<Vec<Row>> {
        let at = self.position_of(subject)?;
        let first = at.saturating_sub(above.min(PAGE_MAX));
        Some(self.page(first, (at - first).saturating_add(1).saturating_add(below)))
    }

    /// Who stands right before a subject, and right after.
    pub fn neighbours(&self, subject: Subject) -> Option<(Option<Row>, Option<Row>)> {
        let at = self.position_of(subject)?;
        let before = at.checked_sub(1).and_then(|before| self.select(before));
        Some((before, self.select(at + 1)))
    }

    /// Appends the rows from a position on. The first one's place is looked up, the others' follow.
    pub(super) fn rows(&self, offset: u32, len: u32, rows: &mut Vec<Row>) {
        let mut last: Option<(i64, u32)> = None;
        let mut at = offset;
        let keys = self.blocks.from(offset).take(len as usize);
        // Not a loop, which would ask the runs anew for each key.
        keys.for_each(|key| {
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
                subject: key.tail.subject,
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

impl Standing {
    fn key(self, subject: Subject) -> Key {
        Key {
            word: self.word,
            tail: Tail {
                reached_at: self.reached_at,
                version: self.version,
                subject,
            },
        }
    }
}

type Subjects<V> = HashMap<Subject, V, BuildHasherDefault<IdHasher>>;

/// Hashes ids, which are the hub's own and random enough already: nobody chooses theirs, so there is
/// nobody to defend the map against, and a board does the same on every run.
#[derive(Clone, Copy, Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // An odd constant without pattern (of 2^64 over the golden ratio), high bits folded down.
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = product as u64 ^ (product >> 64) as u64;
        self.0 = folded;
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64 + 1);
    }

    fn write_usize(&mut self, _length_prefix: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
