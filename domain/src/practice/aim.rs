//! What the learners of a cohort are to reach by a day, each by themselves. Nothing is ticked off by hand: how far
//! somebody is follows from practices and points since the goal was set.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::skill::Shown;
use crate::refusal::Refusal;
use crate::slug::{PointKind, SkillId};
use crate::time::Timestamp;

/// Goals of one cohort that were not taken back. Whoever has more has none.
pub const AIMS_MAX: u64 = 20;
/// More practices than anybody finishes in a year.
const PRACTICES_MAX: u32 = 1_000;
const POINTS_MAX: u32 = 1_000_000;
const PER_MILLE_MAX: u32 = 1_000;

/// What is counted, and from how much on it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Aim {
    /// Practices that were finished and looked back on.
    Practices { count: u32 },
    /// Points of a kind.
    Points {
        #[schema(value_type = String)]
        of: PointKind,
        amount: u32,
    },
    /// A skill, shown in any one practice.
    Score {
        #[schema(value_type = String)]
        skill: SkillId,
        per_mille: u32,
    },
}

/// How it stands with somebody and a goal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AimState {
    /// Its day is over, and it was not reached.
    Missed,
    Open,
    Reached,
}

impl AimState {
    pub const ALL: [Self; 3] = [Self::Missed, Self::Open, Self::Reached];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Open => "open",
            Self::Reached => "reached",
        }
    }
}

impl Aim {
    /// From how much on it is reached.
    pub const fn target(&self) -> u32 {
        match self {
            Self::Practices { count } => *count,
            Self::Points { amount, .. } => *amount,
            Self::Score { per_mille, .. } => *per_mille,
        }
    }

    /// A label of closed cardinality.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Practices { .. } => "practices",
            Self::Points { .. } => "points",
            Self::Score { .. } => "score",
        }
    }

    /// What it is of, where there are several.
    pub fn of(&self) -> Option<String> {
        match self {
            Self::Practices { .. } => None,
            Self::Points { of, .. } => Some(of.to_string()),
            Self::Score { skill, .. } => Some(skill.to_string()),
        }
    }

    /// As it was kept.
    pub fn parse(kind: &str, of: Option<&str>, target: u32) -> Option<Self> {
        match kind {
            "practices" => Some(Self::Practices { count: target }),
            "points" => Some(Self::Points {
                of: of?.parse().ok()?,
                amount: target,
            }),
            "score" => Some(Self::Score {
                skill: of?.parse().ok()?,
                per_mille: target,
            }),
            _ => None,
        }
    }

    /// Whether somebody can reach it at all.
    pub fn check(&self) -> Result<(), Refusal> {
        let most = match self {
            Self::Practices { .. } => PRACTICES_MAX,
            Self::Points { .. } => POINTS_MAX,
            Self::Score { .. } => PER_MILLE_MAX,
        };
        if (1..=most).contains(&self.target()) {
            Ok(())
        } else {
            Err(Refusal::FieldInvalid)
        }
    }

    /// What one practice says of it: the best one counts.
    pub fn shown(&self, shown: &[Shown]) -> u32 {
        let Self::Score { skill, .. } = self else {
            return 0;
        };
        let of_it = shown.iter().filter(|one| one.skill == *skill);
        of_it.map(|one| one.per_mille.into()).max().unwrap_or(0)
    }

    /// How it stands with somebody who has so much of it. What is done after its day was not counted.
    pub fn state(&self, value: u32, until: Option<Timestamp>, now: Timestamp) -> AimState {
        if value >= self.target() {
            AimState::Reached
        } else if until.is_some_and(|until| now > until) {
            AimState::Missed
        } else {
            AimState::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::report::Source;

    fn score(per_mille: u32) -> Aim {
        Aim::Score {
            skill: "asking".parse().expect("a name"),
            per_mille,
        }
    }

    #[test]
    fn a_goal_is_kept_and_read_as_it_was() {
        let points = Aim::Points {
            of: "xp".parse().expect("a name"),
            amount: 500,
        };
        for aim in [Aim::Practices { count: 3 }, points, score(700)] {
            let read = Aim::parse(aim.kind(), aim.of().as_deref(), aim.target());
            assert_eq!(read, Some(aim));
        }
        for (kind, of) in [("points", None), ("score", Some("No such")), ("luck", None)] {
            assert_eq!(Aim::parse(kind, of, 3), None);
        }
    }

    #[test]
    fn nobody_is_set_what_cannot_be_reached_or_is_already() {
        for (aim, is_fine) in [
            (score(0), false),
            (score(1_000), true),
            (score(1_001), false),
            (Aim::Practices { count: 0 }, false),
            (Aim::Practices { count: 1_001 }, false),
            (Aim::Practices { count: 1 }, true),
        ] {
            assert_eq!(aim.check().is_ok(), is_fine, "{aim:?}");
        }
    }

    #[test]
    fn it_is_reached_for_good_and_missed_after_its_day() {
        let (aim, day) = (Aim::Practices { count: 2 }, Some(Timestamp(100)));
        for (value, until, now, expected) in [
            (1, day, 100, AimState::Open),
            (1, day, 101, AimState::Missed),
            (1, None, 101, AimState::Open),
            (2, day, 50, AimState::Reached),
            (3, day, 500, AimState::Reached),
        ] {
            assert_eq!(aim.state(value, until, Timestamp(now)), expected);
        }
    }

    #[test]
    fn the_best_that_was_shown_of_the_skill_counts() {
        let shown = |skill: &str, per_mille| Shown {
            at: Timestamp(1),
            skill: skill.parse().expect("a name"),
            per_mille,
            weight: 500,
            difficulty: 2,
            source: Source::Local,
        };
        let practice = [
            shown("asking", 610),
            shown("asking", 640),
            shown("calm", 900),
        ];
        assert_eq!(score(700).shown(&practice), 640);
        assert_eq!(score(700).shown(&[]), 0);
        assert_eq!(Aim::Practices { count: 1 }.shown(&practice), 0);
    }
}
