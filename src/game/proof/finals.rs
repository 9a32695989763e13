//! What was written down at ends, against totals, which are proved account by account; the order of it,
//! counted anew from the scores by what `docs/rules.md` says of places; and teams, against their members.

use std::collections::{BTreeMap, HashMap};

use ludus_domain::board::{Direction, TiePolicy};
use ludus_domain::game::plan::TeamFold;
use ludus_domain::ids::{OrgId, TeamId, UserId};
use uuid::Uuid;

use super::Found;
use crate::store::game::contests::TeamLine;
use crate::store::game::finals::{Final, FinalLine};
use crate::store::{Store, StoreError};

/// Everything that ended in an org: each who stands in it has what they had then, and stands where that
/// puts them.
pub(crate) async fn finals(
    store: &Store,
    org: OrgId,
    found: &mut Found<'_>,
) -> Result<(), StoreError> {
    for of in store.finals(org).await? {
        let mut ladder = Ladder::new(&of);
        let mut teams = Teams::new();
        let mut from = 0;
        loop {
            let page = store.final_lines(org, &of, from).await?;
            if page.is_empty() {
                break;
            }
            from += page.len() as u64;
            let had = had(store, org, &of, &page).await?;
            for line in page {
                found.finals += 1;
                same_score(&of, line, had.get(&line.user).copied(), found);
                same_place(&of, line, ladder.next(line.group, line.score), found);
                if let Some(team) = line.team {
                    let (sum, members) = teams.entry(team).or_default();
                    *sum += i128::from(line.score.unwrap_or(0));
                    *members += 1;
                }
            }
        }
        if let (Some(contest), Some(fold)) = (of.contest(), of.teams) {
            let stands = store.contest_teams(org, contest).await?;
            same_teams(&of, fold, teams, &stands, found);
        }
    }
    Ok(())
}

/// What the members of each team had together, and how many they are.
type Teams = BTreeMap<TeamId, (i128, i128)>;

/// The teams of a contest stand with what their members make, in the order of it.
fn same_teams(
    of: &Final,
    fold: TeamFold,
    mut teams: Teams,
    stands: &[TeamLine],
    found: &mut Found<'_>,
) {
    let mut ladder = Ladder::new(of);
    for line in stands {
        found.finals += 1;
        let made_of = teams.remove(&line.team);
        if made_of.is_none_or(|(sum, members)| !is_folded(fold, sum, members, line.score.into())) {
            found.differs(format_args!(
                "{} stands at the end of {} with {}, and its members have {made_of:?} (together, and how many)",
                line.team, of.scope, line.score
            ));
        }
        let ought = ladder.next(Uuid::nil(), Some(line.score));
        if ought != Some(line.place.into()) {
            found.differs(format_args!(
                "{} has place {} at the end of {}, and should have {ought:?}",
                line.team, line.place, of.scope
            ));
        }
    }
    for team in teams.keys() {
        found.differs(format_args!(
            "{team} does not stand at the end of {}, and has members in it",
            of.scope
        ));
    }
}

/// Whether a team's score is what `docs/rules.md` says, asked without working it out: the largest whole
/// number that is not above it.
fn is_folded(fold: TeamFold, sum: i128, members: i128, score: i128) -> bool {
    let is_at_most = |score: i128| match fold {
        TeamFold::Sum => score <= sum,
        TeamFold::Mean => score * members <= sum,
        // Squares keep the order of what is not below nothing, and turn that of what is.
        TeamFold::Compensated => match (score < 0, sum < 0) {
            (true, false) => true,
            (false, true) => false,
            (false, false) => {
                score.saturating_pow(2).saturating_mul(members) <= sum.saturating_pow(2)
            }
            (true, true) => {
                score.saturating_pow(2).saturating_mul(members) >= sum.saturating_pow(2)
            }
        },
    };
    is_at_most(score) && !is_at_most(score + 1)
}

async fn had(
    store: &Store,
    org: OrgId,
    of: &Final,
    page: &[FinalLine],
) -> Result<HashMap<UserId, i64>, StoreError> {
    let users: Vec<UserId> = page.iter().map(|line| line.user).collect();
    let standings = store.standings(org, of.scope, &of.metric, of.window, of.order);
    let found = standings.of_users(&users).await?;
    Ok(found.into_iter().map(|one| (one.user, one.value)).collect())
}

fn same_score(of: &Final, line: FinalLine, had: Option<i64>, found: &mut Found<'_>) {
    let is_nothing = of.keeps_who_left() && line.score == Some(0);
    if line.score != had && !is_nothing {
        found.differs(format_args!(
            "{} stands at the end of {} {} {} with {:?}, and had {had:?}",
            line.user, of.scope, of.metric, of.window, line.score
        ));
    }
}

fn same_place(of: &Final, line: FinalLine, ought: Option<i64>, found: &mut Found<'_>) {
    if ought != Some(line.place) {
        found.differs(format_args!(
            "{} has place {} at the end of {} {} {}, and should have {ought:?}",
            line.user, line.place, of.scope, of.metric, of.window
        ));
    }
}

/// Says the place of one line after the other.
#[derive(Debug)]
struct Ladder {
    direction: Direction,
    ties: TiePolicy,
    group: Option<Uuid>,
    /// Lines so far, and different scores among them.
    lines: i64,
    scores: i64,
    /// The line before: its score and place.
    before: Option<(Option<i64>, i64)>,
}

impl Ladder {
    fn new(of: &Final) -> Self {
        Self {
            direction: of.direction,
            ties: of.ties,
            group: None,
            lines: 0,
            scores: 0,
            before: None,
        }
    }

    /// The place of the next line; nothing for a score that is better than the one before.
    fn next(&mut self, group: Uuid, own: Option<i64>) -> Option<i64> {
        if self.group != Some(group) {
            self.group = Some(group);
            (self.lines, self.scores, self.before) = (0, 0, None);
        }
        let shared = self
            .before
            .and_then(|(score, place)| (score == own).then_some(place));
        self.lines += 1;
        self.scores += i64::from(shared.is_none());
        let place = match (self.ties, shared) {
            // There is nothing between those who have none.
            (TiePolicy::FirstThere, _) if own.is_some() => self.lines,
            (TiePolicy::FirstThere | TiePolicy::Competition, shared) => {
                shared.unwrap_or(self.lines)
            }
            (TiePolicy::Dense, _) => self.scores,
        };
        let is_in_order = self
            .before
            .is_none_or(|(before, _)| !self.is_better(own, before));
        self.before = Some((own, place));
        is_in_order.then_some(place)
    }

    fn is_better(&self, one: Option<i64>, other: Option<i64>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => match self.direction {
                Direction::Higher => one > other,
                Direction::Lower => one < other,
            },
            (one, other) => one.is_some() && other.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(ties: TiePolicy, direction: Direction, scores: &[Option<i64>]) -> Vec<Option<i64>> {
        let mut ladder = Ladder {
            direction,
            ties,
            group: None,
            lines: 0,
            scores: 0,
            before: None,
        };
        scores
            .iter()
            .map(|score| ladder.next(Uuid::nil(), *score))
            .collect()
    }

    #[test]
    fn places_are_counted_as_the_rules_say() {
        let scores = [Some(9), Some(5), Some(5), Some(3), None, None];
        let of = |ties| places(ties, Direction::Higher, &scores);
        assert_eq!(of(TiePolicy::FirstThere), [1, 2, 3, 4, 5, 5].map(Some));
        assert_eq!(of(TiePolicy::Competition), [1, 2, 2, 4, 5, 5].map(Some));
        assert_eq!(of(TiePolicy::Dense), [1, 2, 2, 3, 4, 4].map(Some));
    }

    #[test]
    fn a_team_has_the_largest_number_that_is_not_above() {
        for (fold, sum, members, score) in [
            (TeamFold::Sum, -7, 2, -7),
            (TeamFold::Mean, 101, 4, 25),
            (TeamFold::Mean, -1, 2, -1),
            (TeamFold::Compensated, 100, 4, 50),
            (TeamFold::Compensated, 100, 2, 70),
            (TeamFold::Compensated, -100, 2, -71),
            (TeamFold::Compensated, 0, 3, 0),
        ] {
            for other in -200..200 {
                let is_it = is_folded(fold, sum, members, other);
                assert_eq!(
                    is_it,
                    other == score,
                    "{fold:?} of {sum} by {members}: {other}"
                );
            }
        }
    }

    #[test]
    fn who_is_better_does_not_stand_behind() {
        let up = [Some(3), Some(5)];
        assert_eq!(
            places(TiePolicy::FirstThere, Direction::Higher, &up),
            [Some(1), None]
        );
        assert_eq!(
            places(TiePolicy::FirstThere, Direction::Lower, &up),
            [Some(1), Some(2)]
        );
        assert_eq!(
            places(TiePolicy::Dense, Direction::Higher, &[None, Some(0)]),
            [Some(1), None]
        );
    }
}
