//! Who may do what in an org: one table, which every handler and every test reads.
//!
//! Rights inside a room are the room's business ([`crate::room::Room::decide`]); these are the
//! rights around rooms: people, invitations, cohorts. Having a right is not enough to use it on
//! somebody: see [`may_act_on`] and [`may_grant`].

use crate::role::Role;

/// Something one may do in an org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read and change one's own account, open sockets, look at the rooms one may watch.
    UseOwnAccount,
    /// Open a practice room of one's own.
    OpenPractice,
    /// Thank somebody.
    GiveKudos,
    /// Open a room of any kind.
    OpenRoom,
    /// See who is in the org.
    SeePeople,
    /// Hand out links into the org (for the roles [`may_grant`] names).
    Invite,
    /// Open a cohort; lead those one is assigned to.
    LeadCohorts,
    /// Lead every cohort, assign coaches.
    ManageCohorts,
    /// Rename, disable and re-admit people, see their e-mail addresses, hand out reset links.
    ManagePeople,
    /// Change roles (to and from those [`may_grant`] and [`may_act_on`] allow).
    ChangeRoles,
    /// Change the org itself.
    ManageOrg,
}

impl Action {
    pub const ALL: [Self; 11] = [
        Self::UseOwnAccount,
        Self::OpenPractice,
        Self::GiveKudos,
        Self::OpenRoom,
        Self::SeePeople,
        Self::Invite,
        Self::LeadCohorts,
        Self::ManageCohorts,
        Self::ManagePeople,
        Self::ChangeRoles,
        Self::ManageOrg,
    ];

    /// The least role that may do it. Each role may do everything the ones below it may.
    pub const fn least(self) -> Role {
        match self {
            Self::UseOwnAccount => Role::Spectator,
            Self::OpenPractice | Self::GiveKudos => Role::Learner,
            Self::OpenRoom | Self::SeePeople | Self::Invite | Self::LeadCohorts => Role::Coach,
            Self::ManageCohorts | Self::ManagePeople | Self::ChangeRoles | Self::ManageOrg => {
                Role::Admin
            }
        }
    }
}

/// Whether a role holds a right.
pub fn allows(role: Role, action: Action) -> bool {
    role >= action.least()
}

/// Whether somebody was let into rooms and not into the house. Who came as a guest and was made a
/// coach is trusted with the house, and a guest no more.
pub fn is_confined(role: Role, guest: bool) -> bool {
    guest && role < Role::Coach
}

/// Whether somebody may be a screen, which stands where a user would: the least there is, and confined.
pub fn may_be_a_screen(role: Role, guest: bool) -> bool {
    guest && role == Role::Spectator
}

/// [`allows`], for whoever may be a guest: they have themselves, and the rooms they were let into.
pub fn allows_whom(role: Role, guest: bool, action: Action) -> bool {
    allows(role, action) && (action == Action::UseOwnAccount || !is_confined(role, guest))
}

/// Whether somebody may change another's account: admins change everybody below them, and only
/// owners touch admins and owners.
pub fn may_act_on(actor: Role, target: Role) -> bool {
    match actor {
        Role::Owner => true,
        Role::Admin => target < Role::Admin,
        Role::Coach | Role::Learner | Role::Spectator => false,
    }
}

/// Whether somebody may make another (or an invitation) a role.
pub fn may_grant(actor: Role, granted: Role) -> bool {
    match actor {
        Role::Owner => true,
        Role::Admin => granted < Role::Admin,
        Role::Coach => granted <= Role::Learner,
        Role::Learner | Role::Spectator => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_role_is_never_less_right() {
        for action in Action::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(
                    !allows(pair[0], action) || allows(pair[1], action),
                    "{action:?}"
                );
            }
            assert!(allows(Role::Owner, action));
        }
    }

    #[test]
    fn a_guest_has_no_rights_in_the_house() {
        for action in Action::ALL {
            for role in Role::ALL {
                let may = allows_whom(role, true, action);
                assert!(!may || allows_whom(role, false, action), "{action:?}");
                assert_eq!(allows_whom(role, false, action), allows(role, action));
                if role < Role::Coach {
                    assert_eq!(may, action == Action::UseOwnAccount, "{action:?}");
                }
            }
        }
    }

    #[test]
    fn only_owners_touch_admins_and_owners() {
        for actor in Role::ALL {
            for target in [Role::Admin, Role::Owner] {
                assert_eq!(may_act_on(actor, target), actor == Role::Owner);
                assert_eq!(may_grant(actor, target), actor == Role::Owner);
            }
        }
    }

    #[test]
    fn nobody_grants_what_is_above_them() {
        for actor in Role::ALL {
            for granted in Role::ALL {
                assert!(!may_grant(actor, granted) || granted <= actor);
            }
        }
        assert!(may_grant(Role::Coach, Role::Learner) && !may_grant(Role::Coach, Role::Coach));
    }
}
