//! What is written down of what people who run an org do to it and to others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// Something that was done. Closed: what is not here is not in the log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum AuditAct {
            $($(#[$doc])* $name,)*
        }

        impl AuditAct {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

acts! {
    /// `what` is the new role.
    RoleChanged = "role_changed";
    ShutOut = "shut_out";
    LetIn = "let_in";
    /// By somebody else than themselves.
    Renamed = "renamed";
    ResetLinkMade = "reset_link_made";
    /// `what` is the role it gives.
    Invited = "invited";
    InvitationWithdrawn = "invitation_withdrawn";
    /// Somebody came by a link; `by` is who made it, `what` the role.
    LinkClaimed = "link_claimed";
    /// Somebody set a new password by a link; `by` is who made it.
    PasswordReset = "password_reset";
    OrgRenamed = "org_renamed";
    /// `what` is the policy.
    PolicyOn = "policy_on";
    PolicyOff = "policy_off";
    KeyMade = "key_made";
    KeyRevoked = "key_revoked";
    ScreenMade = "screen_made";
    ScreenRevoked = "screen_revoked";
    /// `what` is its kind and id.
    ContentPut = "content_put";
    ContentDropped = "content_dropped";
    /// `what` is how many of which points.
    PointsAdjusted = "points_adjusted";
}

impl AuditAct {
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_written_as_it_travels() {
        for act in AuditAct::ALL {
            let travels = serde_json::to_value(act).expect("JSON");
            assert_eq!(travels, act.as_str());
            assert_eq!(AuditAct::parse(act.as_str()), Some(*act));
        }
        assert_eq!(AuditAct::parse("nonsense"), None);
    }
}
