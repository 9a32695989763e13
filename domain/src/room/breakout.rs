//! Splitting the people of a room into smaller ones: by teams, at random, or by hand. Who goes where is
//! decided here; that they go is each room's own decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{TeamId, UserId};
use crate::refusal::Refusal;

/// Rooms one splits into. More could not be looked after.
pub const GROUPS_MAX: usize = 50;
/// The longest break-out before everybody is brought back: a day.
pub const MINUTES_MAX: u16 = 24 * 60;

/// How a room is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Into so many groups, as even as can be. The same seed makes the same groups.
    Random { groups: usize, seed: u64 },
    /// One group for each team, and one for who is in none.
    Teams,
    /// These groups; who is in none of them stays.
    ByHand(Vec<Vec<UserId>>),
}

/// The groups, none of them empty, and nobody in two.
pub fn split(
    members: &BTreeMap<UserId, Option<TeamId>>,
    way: &Way,
) -> Result<Vec<Vec<UserId>>, Refusal> {
    let groups = match way {
        Way::Random { groups, .. } if *groups == 0 || *groups > GROUPS_MAX => {
            return Err(Refusal::FieldInvalid);
        }
        Way::Random { groups, seed } => random(members.keys().copied().collect(), *groups, *seed),
        Way::Teams => {
            let mut teams: BTreeMap<Option<TeamId>, Vec<UserId>> = BTreeMap::new();
            for (user, team) in members {
                teams.entry(*team).or_default().push(*user);
            }
            teams.into_values().collect()
        }
        Way::ByHand(groups) => {
            let mut seen = BTreeSet::new();
            for user in groups.iter().flatten() {
                if !members.contains_key(user) {
                    return Err(Refusal::NoSuchMember);
                }
                if !seen.insert(*user) {
                    return Err(Refusal::FieldInvalid);
                }
            }
            groups.clone()
        }
    };
    let groups: Vec<Vec<UserId>> = groups
        .into_iter()
        .filter(|group| !group.is_empty())
        .collect();
    if groups.is_empty() || groups.len() > GROUPS_MAX {
        return Err(Refusal::FieldInvalid);
    }
    Ok(groups)
}

fn random(mut people: Vec<UserId>, groups: usize, seed: u64) -> Vec<Vec<UserId>> {
    let mut state = seed;
    // Fisher and Yates: each place gets one of those who are left.
    for place in (1..people.len()).rev() {
        let other = usize::try_from(next(&mut state) % (place as u64 + 1)).unwrap_or(0);
        people.swap(place, other);
    }
    let mut split = vec![vec![]; groups];
    for (place, user) in people.into_iter().enumerate() {
        split[place % groups].push(user);
    }
    split
}

/// SplitMix64.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn people(count: u128) -> BTreeMap<UserId, Option<TeamId>> {
        (0..count).map(|n| (user(n), None)).collect()
    }

    #[test]
    fn teams_stay_together_and_hands_are_followed() {
        let team = |n| Some(TeamId(Uuid::from_u128(n)));
        let members = [(1, team(1)), (2, None), (3, team(2)), (4, team(1))];
        let members = members.map(|(n, team)| (user(n), team)).into();
        let groups = split(&members, &Way::Teams).expect("groups");
        assert_eq!(
            groups,
            [vec![user(2)], vec![user(1), user(4)], vec![user(3)]]
        );
        let hand = vec![vec![user(4)], vec![], vec![user(1), user(3)]];
        let by_hand = split(&members, &Way::ByHand(hand)).expect("groups");
        assert_eq!(by_hand, [vec![user(4)], vec![user(1), user(3)]]);
        for (hand, refusal) in [
            (vec![vec![user(9)]], Refusal::NoSuchMember),
            (vec![vec![user(1)], vec![user(1)]], Refusal::FieldInvalid),
            (vec![], Refusal::FieldInvalid),
        ] {
            assert_eq!(split(&members, &Way::ByHand(hand)), Err(refusal));
        }
    }

    proptest! {
        #[test]
        fn chance_is_even_leaves_nobody_out_and_repeats(count in 1_u128..80, groups in 1_usize..12, seed: u64) {
            let members = people(count);
            let way = Way::Random { groups, seed };
            let split_once = split(&members, &way).expect("groups");
            prop_assert_eq!(&split_once, &split(&members, &way).expect("the same"));
            let all: BTreeSet<UserId> = split_once.iter().flatten().copied().collect();
            prop_assert_eq!(all.len(), members.len());
            let sizes = split_once.iter().map(Vec::len);
            let (least, most) = (sizes.clone().min(), sizes.max());
            prop_assert!(most.unwrap_or(0) - least.unwrap_or(0) <= 1);
        }
    }
}
