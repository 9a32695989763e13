//! Teams on a board: what their members have, folded into one score.

use std::collections::HashMap;

use crate::game::plan::TeamFold;
use crate::ids::{TeamId, UserId};
use crate::time::Timestamp;

use super::{Subject, Total};

/// What one member brings.
#[derive(Clone, Copy, Debug)]
struct Share {
    team: TeamId,
    score: i64,
    version: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    score: i64,
    size: i64,
    reached_at: Timestamp,
}

/// Folds members' totals into teams' totals. The versions of those count its own changes.
#[derive(Clone, Debug)]
pub struct Teams {
    fold: TeamFold,
    shares: HashMap<UserId, Share>,
    sums: HashMap<TeamId, Sum>,
    changes: u64,
}

impl Teams {
    pub fn new(fold: TeamFold) -> Self {
        Self {
            fold,
            shares: HashMap::new(),
            sums: HashMap::new(),
            changes: 0,
        }
    }

    /// A member's total; what the team has then, unless this is no news.
    pub fn apply(
        &mut self,
        user: UserId,
        team: TeamId,
        score: i64,
        reached_at: Timestamp,
        version: u64,
    ) -> Option<Total> {
        let before = self.shares.get(&user).copied();
        if before.is_some_and(|share| share.version >= version) {
            return None;
        }
        // Who changes teams takes their share along only when the board is built anew.
        let team = before.map_or(team, |share| share.team);
        self.shares.insert(
            user,
            Share {
                team,
                score,
                version,
            },
        );
        let sum = self.sums.entry(team).or_default();
        sum.size += i64::from(before.is_none());
        sum.score = sum
            .score
            .saturating_sub(before.map_or(0, |share| share.score))
            .saturating_add(score);
        sum.reached_at = sum.reached_at.max(reached_at);
        self.changes += 1;
        Some(Total {
            subject: Subject::Team(team),
            score: folded(self.fold, sum.score, sum.size),
            reached_at: sum.reached_at,
            version: self.changes,
        })
    }
}

/// A team's score: the sum, the mean rounded down, or the sum divided by the square root of the
/// size, rounded down.
pub fn folded(fold: TeamFold, sum: i64, size: i64) -> i64 {
    let size = size.max(1);
    match fold {
        TeamFold::Sum => sum,
        TeamFold::Mean => sum.div_euclid(size),
        TeamFold::Compensated => {
            // Integers only, so that every machine agrees: the root of the square over the size.
            let square = u128::from(sum.unsigned_abs()).pow(2);
            let size = u128::from(size.unsigned_abs());
            let root = if sum < 0 {
                let over = square.div_ceil(size);
                let root = over.isqrt();
                // Down is away from nothing here.
                root + u128::from(root * root < over)
            } else {
                (square / size).isqrt()
            };
            // Never larger than the sum it was made of.
            let score = i64::try_from(root).unwrap_or(i64::MAX);
            if sum < 0 { -score } else { score }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn sizes_are_weighed_as_the_policy_says() {
        assert_eq!(folded(TeamFold::Sum, 100, 4), 100);
        assert_eq!(folded(TeamFold::Mean, 101, 4), 25);
        assert_eq!(folded(TeamFold::Compensated, 100, 4), 50);
        assert_eq!(folded(TeamFold::Compensated, 100, 2), 70);
        assert_eq!(folded(TeamFold::Mean, -1, 2), -1);
        assert_eq!(folded(TeamFold::Compensated, -100, 2), -71);
        // By a root in thousandths this would be 707,213.
        assert_eq!(folded(TeamFold::Compensated, 1_000_000, 2), 707_106);
        assert_eq!(folded(TeamFold::Compensated, i64::MIN, 1), i64::MIN + 1);
    }

    proptest! {
        /// The largest whole number that is not above the sum over the root of the size.
        #[test]
        fn a_compensated_score_is_rounded_down(sum in -1_000_000_000_i64..1_000_000_000, size in 1_i64..5_000) {
            let score = folded(TeamFold::Compensated, sum, size);
            // Whether a score times the root is at most the sum, without a root.
            let is_at_most = |score: i64| match (score < 0, sum < 0) {
                (false, true) => false,
                (true, false) => true,
                (false, false) => i128::from(score).pow(2) * i128::from(size) <= i128::from(sum).pow(2),
                (true, true) => i128::from(score).pow(2) * i128::from(size) >= i128::from(sum).pow(2),
            };
            prop_assert!(is_at_most(score));
            prop_assert!(!is_at_most(score + 1));
        }

        #[test]
        fn a_team_has_what_its_members_have(
            totals in proptest::collection::vec((0_u128..12, -50_i64..200, 1_u64..30), 1..80)
        ) {
            let mut teams = Teams::new(TeamFold::Sum);
            let mut latest: HashMap<u128, (i64, u64)> = HashMap::new();
            let mut told: HashMap<TeamId, Total> = HashMap::new();
            for (user, score, version) in totals {
                let team = TeamId(Uuid::from_u128(user % 3));
                let news = teams.apply(
                    UserId(Uuid::from_u128(user)), team, score, Timestamp(0), version);
                let is_news = latest.get(&user).is_none_or(|(_, known)| *known < version);
                prop_assert_eq!(news.is_some(), is_news);
                if let Some(total) = news {
                    latest.insert(user, (score, version));
                    let before = told.insert(team, total);
                    prop_assert!(before.is_none_or(|before| before.version < total.version));
                }
            }
            for (team, total) in told {
                let sum: i64 = latest
                    .iter()
                    .filter(|(user, _)| TeamId(Uuid::from_u128(**user % 3)) == team)
                    .map(|(_, (score, _))| score)
                    .sum();
                prop_assert_eq!(total.score, sum);
            }
        }
    }
}
