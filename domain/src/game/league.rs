//! Leagues: who plays against whom in a week, and who moves up or down when it ends.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::calendar::{Day, Zone};
use super::plan::LeaguePlan;
use crate::board::TiePolicy;
use crate::ids::UserId;
use crate::time::Timestamp;

/// A week of a league: from a Monday's first instant to the next one's, by the org's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    pub monday: Day,
    pub starts_at: Timestamp,
    /// The first instant of the next one.
    pub ends_at: Timestamp,
}

/// The week that begins on the Monday of a day.
pub fn week(zone: &Zone, day: Day) -> Week {
    let monday = day.week();
    Week {
        monday,
        starts_at: zone.start(monday),
        ends_at: zone.start(monday.plus(7)),
    }
}

/// Somebody who is to be drawn into a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paced {
    pub user: UserId,
    /// What they had in the week before.
    pub pace: i64,
}

/// Draws the divisions of one tier: people of like pace together, the fastest first. Everybody is
/// in one division; with `n` people no division has more than half again of `size`, and none has
/// less than half of it unless there are no more people. The order of `people` does not matter.
pub fn draw(mut people: Vec<Paced>, size: u32) -> Vec<Vec<UserId>> {
    let size = usize::try_from(size).unwrap_or(usize::MAX).max(1);
    people.sort_unstable_by_key(|paced| (Reverse(paced.pace), paced.user));
    people.dedup_by_key(|paced| paced.user);
    if people.is_empty() {
        return vec![];
    }
    let count = people.len().saturating_add(size / 2) / size;
    let count = count.max(1);
    let (least, longer) = (people.len() / count, people.len() % count);
    let mut rest = people.into_iter().map(|paced| paced.user);
    (0..count)
        .map(|index| {
            let length = least.saturating_add(usize::from(index < longer));
            rest.by_ref().take(length).collect()
        })
        .collect()
}

/// Where a newcomer plays: the newest division that has room. Divisions are told oldest first, by
/// how many they have; `None` asks for a new one.
pub fn room_for_one(divisions: &[u32], size: u32) -> Option<usize> {
    divisions.iter().rposition(|members| *members < size.max(1))
}

/// How somebody stood at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    pub user: UserId,
    pub score: i64,
    /// When they came to have it: who was there first stands before.
    pub reached_at: Timestamp,
}

/// Where a place leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Zoned {
    Up,
    Stay,
    Down,
}

/// Somebody's end of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub user: UserId,
    /// From 1; equals may share it.
    pub place: u32,
    pub score: i64,
    pub reached_at: Timestamp,
    pub zone: Zoned,
    pub to_tier: u8,
}

/// The shown places of scores that are in order, best first.
pub fn places(scores: impl Iterator<Item = i64>, ties: TiePolicy) -> Vec<u32> {
    let mut places: Vec<u32> = vec![];
    let mut before: Option<(i64, u32)> = None;
    for (position, score) in (1_u32..).zip(scores) {
        let place = match (before, ties) {
            (Some((last, place)), TiePolicy::Competition | TiePolicy::Dense) if last == score => {
                place
            }
            (Some((_, place)), TiePolicy::Dense) => place.saturating_add(1),
            _ => position,
        };
        before = Some((score, place));
        places.push(place);
    }
    places
}

/// Ends a week of a division. Who has one of the first places moves up, unless they have nothing
/// or there is nowhere to go; of the others, who has one of the last moves down, unless they are
/// at the bottom. Places are those shown: where equals share one, they move together; where who
/// was there first decides, exactly as many move as the plan says.
pub fn settle(plan: &LeaguePlan, tier: u8, mut stood: Vec<Stood>) -> Vec<Moved> {
    stood.sort_unstable_by_key(|one| (Reverse(one.score), one.reached_at, one.user));
    let top = u8::try_from(plan.tiers.len().saturating_sub(1)).unwrap_or(u8::MAX);
    let from_top = places(stood.iter().map(|one| one.score), plan.ties);
    let mut from_bottom = places(stood.iter().rev().map(|one| one.score), plan.ties);
    from_bottom.reverse();
    stood
        .into_iter()
        .zip(from_top.into_iter().zip(from_bottom))
        .map(|(one, (place, from_bottom))| {
            let is_ahead = place <= plan.promote && one.score > 0;
            let zone = if is_ahead && tier < top {
                Zoned::Up
            } else if !is_ahead && tier > 0 && from_bottom <= plan.demote {
                Zoned::Down
            } else {
                Zoned::Stay
            };
            let to_tier = match zone {
                Zoned::Up => tier.saturating_add(1),
                Zoned::Stay => tier,
                Zoned::Down => tier.saturating_sub(1),
            };
            Moved {
                user: one.user,
                place,
                score: one.score,
                reached_at: one.reached_at,
                zone,
                to_tier,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::board::TiePolicy as T;

    fn user(number: u32) -> UserId {
        UserId(Uuid::from_u128(number.into()))
    }

    fn plan(promote: u32, demote: u32, ties: T) -> LeaguePlan {
        LeaguePlan {
            id: "week".parse().expect("a name"),
            title: "Week".to_owned(),
            metric: "points:xp".parse().expect("a metric"),
            tiers: ["Bronze", "Silver", "Gold"].map(String::from).to_vec(),
            size: 30,
            promote,
            demote,
            least: 0,
            ties,
            names: crate::game::plan::Names::Shown,
        }
    }

    fn stood(scores: &[i64]) -> Vec<Stood> {
        (0_u32..)
            .zip(scores)
            .map(|(number, score)| Stood {
                user: user(number),
                score: *score,
                reached_at: Timestamp(number.into()),
            })
            .collect()
    }

    fn zones(plan: &LeaguePlan, tier: u8, scores: &[i64]) -> String {
        let sign = |moved: &Moved| match moved.zone {
            Zoned::Up => '+',
            Zoned::Stay => '.',
            Zoned::Down => '-',
        };
        settle(plan, tier, stood(scores)).iter().map(sign).collect()
    }

    #[test]
    fn ties_at_the_line_follow_the_policy() {
        let scores = [9, 7, 7, 5, 3, 3];
        assert_eq!(zones(&plan(2, 1, T::FirstThere), 1, &scores), "++...-");
        assert_eq!(zones(&plan(2, 1, T::Competition), 1, &scores), "+++.--");
        assert_eq!(zones(&plan(3, 1, T::Dense), 1, &scores), "++++--");
    }

    #[test]
    fn nobody_leaves_through_the_roof_or_the_floor() {
        let scores = [9, 7, 5];
        assert_eq!(zones(&plan(1, 1, T::FirstThere), 0, &scores), "+..");
        assert_eq!(zones(&plan(1, 1, T::FirstThere), 2, &scores), "..-");
        // Having nothing is no way up, not even alone.
        assert_eq!(zones(&plan(1, 1, T::FirstThere), 0, &[0]), ".");
        assert_eq!(zones(&plan(5, 5, T::FirstThere), 1, &[8, 6]), "++");
    }

    #[test]
    fn newcomers_fill_the_newest_division() {
        assert_eq!(room_for_one(&[10, 30, 12, 30], 30), Some(2));
        assert_eq!(room_for_one(&[30, 31], 30), None);
        assert_eq!(room_for_one(&[], 30), None);
    }

    #[test]
    fn a_week_of_daylight_saving_has_an_hour_less() {
        let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
        let week = week(&berlin, "2026-03-29".parse().expect("a day"));
        assert_eq!(week.monday.to_string(), "2026-03-23");
        assert_eq!(week.ends_at.0 - week.starts_at.0, (7 * 24 - 1) * 3_600_000);
    }

    proptest! {
        #[test]
        fn everybody_is_drawn_once_into_divisions_of_fair_size(
            paces in prop::collection::vec(0_i64..50, 0..400),
            size in 2_u32..40,
            seed in any::<prop::sample::Index>(),
        ) {
            let people: Vec<Paced> = (0..).zip(&paces).map(|(n, pace)| Paced { user: user(n), pace: *pace }).collect();
            let drawn = draw(people.clone(), size);
            let all: Vec<UserId> = drawn.iter().flatten().copied().collect();
            prop_assert_eq!(all.len(), people.len());
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), people.len());
            for division in &drawn {
                prop_assert!(division.len() * 2 <= size as usize * 3);
                prop_assert!(drawn.len() == 1 || division.len() * 2 >= size as usize);
            }
            // Nobody plays below somebody slower.
            let pace_of = |user: &UserId| people.iter().find(|one| one.user == *user).map(|one| one.pace);
            for pair in drawn.windows(2) {
                prop_assert!(pair[0].iter().map(pace_of).min() >= pair[1].iter().map(pace_of).max());
            }
            let mut turned = people;
            if !turned.is_empty() {
                let by = seed.index(turned.len());
                turned.rotate_left(by);
            }
            prop_assert_eq!(draw(turned, size), drawn);
        }

        #[test]
        fn a_week_moves_everybody_once(
            scores in prop::collection::vec(-3_i64..12, 0..60),
            (promote, demote, tier) in (0_u32..12, 0_u32..12, 0_u8..3),
            ties in prop::sample::select(vec![T::FirstThere, T::Competition, T::Dense]),
            by in 0_usize..60,
        ) {
            let plan = plan(promote, demote, ties);
            let before = stood(&scores);
            let moved = settle(&plan, tier, before.clone());
            let count = |zone| moved.iter().filter(|one| one.zone == zone).count();
            prop_assert_eq!(count(Zoned::Up) + count(Zoned::Stay) + count(Zoned::Down), scores.len());
            if ties == T::FirstThere {
                prop_assert!(count(Zoned::Up) <= promote as usize && count(Zoned::Down) <= demote as usize);
            }
            // Up, then stay, then down; and each to a tier that there is.
            let order = |zone: Zoned| match zone { Zoned::Up => 0, Zoned::Stay => 1, Zoned::Down => 2 };
            prop_assert!(moved.windows(2).all(|pair| order(pair[0].zone) <= order(pair[1].zone)));
            prop_assert!(moved.iter().all(|one| usize::from(one.to_tier) < plan.tiers.len()));
            // Equals move together where they share a place.
            if ties != T::FirstThere {
                prop_assert!(moved.windows(2).all(|pair| pair[0].score != pair[1].score || pair[0].zone == pair[1].zone));
            }
            let mut turned = before;
            if !turned.is_empty() {
                let by = by % turned.len();
                turned.rotate_left(by);
            }
            prop_assert_eq!(settle(&plan, tier, turned), moved);
        }
    }
}
