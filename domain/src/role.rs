//! Roles, from least to most.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a user is in an org. Each role may do everything the ones below it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks on: subscribes to open rooms and boards, says nothing.
    Spectator,
    /// Practises.
    Learner,
    /// Opens rooms, leads cohorts, moderates.
    Coach,
    /// Manages people, invitations and every room of the org.
    Admin,
    /// Also decides who is admin, and cannot be removed by one.
    Owner,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Spectator,
        Self::Learner,
        Self::Coach,
        Self::Admin,
        Self::Owner,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spectator => "spectator",
            Self::Learner => "learner",
            Self::Coach => "coach",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}
