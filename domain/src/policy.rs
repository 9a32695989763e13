//! What an org has decided about how its coaches look on, and what a model is asked. Off unless somebody who may decide it
//! for the org has said otherwise, and who did and when is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::UserId;
use crate::time::Timestamp;

/// One thing an org decides.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Coaches look on without being told of: the org says that it has its learners' consent.
    SilentSupervision,
    /// Coaches who look on see lines while they are written. Everybody in the room is told.
    DraftsToCoaches,
    /// No model says what it thinks of learners' lines, even where one is there to be asked.
    NoRemarks,
}

impl Policy {
    pub const ALL: [Self; 3] = [
        Self::SilentSupervision,
        Self::DraftsToCoaches,
        Self::NoRemarks,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SilentSupervision => "silent_supervision",
            Self::DraftsToCoaches => "drafts_to_coaches",
            Self::NoRemarks => "no_remarks",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == text)
    }
}

/// All of them, as they are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policies {
    pub silent_supervision: bool,
    pub drafts_to_coaches: bool,
    pub no_remarks: bool,
}

impl Policies {
    pub const fn has(&self, policy: Policy) -> bool {
        match policy {
            Policy::SilentSupervision => self.silent_supervision,
            Policy::DraftsToCoaches => self.drafts_to_coaches,
            Policy::NoRemarks => self.no_remarks,
        }
    }

    pub const fn set(&mut self, policy: Policy, on: bool) {
        match policy {
            Policy::SilentSupervision => self.silent_supervision = on,
            Policy::DraftsToCoaches => self.drafts_to_coaches = on,
            Policy::NoRemarks => self.no_remarks = on,
        }
    }
}

/// That one was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyChange {
    /// Which change of the org's policies it is, from 1.
    pub number: i64,
    pub policy: Policy,
    pub on: bool,
    pub by: UserId,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_that_nobody_allowed() {
        for policy in Policy::ALL {
            let mut policies = Policies::default();
            assert!(!policies.has(policy));
            policies.set(policy, true);
            assert!(policies.has(policy));
            let others = Policy::ALL.into_iter().filter(|other| *other != policy);
            assert!(others.into_iter().all(|other| !policies.has(other)));
            assert_eq!(Policy::parse(policy.as_str()), Some(policy));
        }
    }
}
