//! Names that people write in content files: short, lower case, the same in files, tables and URLs.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The longest name a content file may give.
pub const SLUG_BYTES_MAX: usize = 48;

/// A text that cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 48 characters of a-z, 0-9 and '-', and begins with a letter")]
pub struct NotASlug;

fn check(text: &str) -> Result<(), NotASlug> {
    let is_fine = text.len() <= SLUG_BYTES_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_fine { Ok(()) } else { Err(NotASlug) }
}

macro_rules! slugs {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotASlug;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                check(text).map(|()| Self(text.into()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some("^[a-z]([a-z0-9-]*[a-z0-9])?$"))
                    .max_length(Some(SLUG_BYTES_MAX))
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

slugs! {
    /// A rule: what pays.
    RuleId;
    /// A kind of points: `xp`, `kudos`..
    PointKind;
    /// A badge.
    BadgeId;
    /// A small goal for a day or a week.
    QuestId;
    /// A board, as content or an admin planned it.
    BoardId;
    /// A league.
    LeagueId;
    /// What a contest of content is made from.
    ContestPlanId;
    /// Something that is measured from outside: an imported score.
    MetricId;
    /// Something one can become better at.
    SkillId;
    /// A scenario that is practised.
    ScenarioId;
    /// An AI partner, as content describes it.
    PersonaId;
    /// What a practice is judged by.
    RubricId;
    /// Something a coach wants to be told of.
    SignalId;
    /// One thing a rubric looks at.
    CriterionId;
    /// Something a learner does with a line: asks, thanks, names a price.
    IntentId;
    /// A step of a scenario: what the persona wants next.
    BeatId;
    /// What scenarios of a kind belong to: `job-interview`, `negotiation`.
    FieldId;
    /// What a learner tries to reach in a practice.
    GoalId;
    /// Something a persona knows and does not say unasked.
    FactId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        for good in ["a", "open-question", "xp2"] {
            assert_eq!(
                good.parse::<RuleId>().map(|id| id.to_string()),
                Ok(good.to_owned())
            );
        }
        let long = "a".repeat(SLUG_BYTES_MAX + 1);
        for bad in ["", "-a", "a-", "2x", "A", "a b", "ä", "a/b", &long] {
            assert_eq!(bad.parse::<RuleId>(), Err(NotASlug), "{bad:?}");
        }
    }
}
