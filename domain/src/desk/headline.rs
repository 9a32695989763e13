//! What changed in the last minutes, in a few lines.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::UserId;
use crate::time::Timestamp;

/// How far back headlines look.
pub const BACK_MS: i64 = 5 * 60_000;
/// Headlines that are told: more are not read.
pub const HEADLINES_MAX: usize = 12;
/// People a headline names.
pub const NAMED_MAX: usize = 3;
/// What is remembered. In a storm the oldest goes first, though it is less than five minutes old.
const NEWS_MAX: usize = 1_024;

/// What a headline is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HeadlineKind {
    /// One learner met `count` goals.
    GoalsMet,
    /// One learner finished a practice, with a result of `count` per mille.
    Finished,
    /// `count` learners raised a hand.
    HandsUp,
    /// `count` learners owe an answer for a while.
    WentQuiet,
    /// `count` learners came.
    Came,
    /// `count` learners left.
    Went,
}

impl HeadlineKind {
    /// Whether each learner has a headline of their own.
    const fn is_personal(self) -> bool {
        matches!(self, Self::GoalsMet | Self::Finished)
    }
}

/// One line of what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Headline {
    pub kind: HeadlineKind,
    pub count: u16,
    /// The latest few of them.
    pub users: Vec<UserId>,
    /// The latest of what it sums up.
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct News {
    at: Timestamp,
    kind: HeadlineKind,
    user: UserId,
    count: u16,
}

/// What happened lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(VecDeque<News>);

impl Log {
    pub(super) fn note(&mut self, at: Timestamp, kind: HeadlineKind, user: UserId, count: u16) {
        if self.0.len() == NEWS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(News {
            at,
            kind,
            user,
            count,
        });
    }

    /// Headlines of the last minutes, the latest first.
    pub(super) fn headlines(&mut self, now: Timestamp) -> Vec<Headline> {
        self.0.retain(|news| now.ms_since(news.at) < BACK_MS);
        let mut grouped: BTreeMap<(HeadlineKind, Option<UserId>), Headline> = BTreeMap::new();
        // From the latest on, so that the latest are named.
        for news in self.0.iter().rev() {
            let key = (news.kind, news.kind.is_personal().then_some(news.user));
            let line = grouped.entry(key).or_insert_with(|| Headline {
                kind: news.kind,
                count: 0,
                users: vec![],
                at: news.at,
            });
            match news.kind {
                HeadlineKind::GoalsMet => line.count = line.count.saturating_add(news.count),
                HeadlineKind::Finished if line.users.is_empty() => line.count = news.count,
                _ => {}
            }
            if !line.users.contains(&news.user) {
                line.users.push(news.user);
            }
        }
        let mut lines: Vec<Headline> = grouped.into_values().collect();
        for line in &mut lines {
            if !line.kind.is_personal() {
                line.count = u16::try_from(line.users.len()).unwrap_or(u16::MAX);
            }
            line.users.truncate(NAMED_MAX);
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(HEADLINES_MAX);
        lines
    }
}
