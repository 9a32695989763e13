//! Who stands on a board, and by what name.

use std::collections::HashMap;

use ludus_actors::standings::{Standee, Value};
use ludus_domain::board::pseudonym::pseudonym;
use ludus_domain::game::plan::{BoardKey, Names};
use ludus_domain::ids::{OrgId, UserId};
use ludus_domain::role::Role;

use super::{Boards, Found, Of};
use crate::store::StoreError;
use crate::store::game::standings::{BoardMember, SOME_MAX};

impl Boards {
    /// Whoever may stand on a board, where they are few enough to be asked for by name: opening the
    /// board of thirty people does not read an org of a million.
    pub(super) async fn may_stand(
        &self,
        org: OrgId,
        found: &Found,
    ) -> Result<Option<Vec<UserId>>, StoreError> {
        let some = match &found.of {
            Of::Org => return Ok(None),
            Of::Cohort(cohort) => self.store.learners(org, *cohort, None).await?,
            Of::Team(team) => match self.store.cohort_of_team(org, *team).await? {
                Some(cohort) => self.store.learners(org, cohort, Some(*team)).await?,
                None => vec![],
            },
            Of::Room(room) => self.store.seated(org, *room).await?,
            Of::Division(division) => division.members.clone(),
            Of::Contest(_) => found.entrants.keys().copied().collect(),
        };
        Ok(Some(some).filter(|some| some.len() <= SOME_MAX))
    }

    /// Who stands on a board, of those who may and those who have something there already.
    pub(super) async fn standees(
        &self,
        org: OrgId,
        key: &BoardKey,
        found: &Found,
        among: Option<Vec<UserId>>,
        values: &[Value],
    ) -> Result<HashMap<UserId, Standee>, StoreError> {
        let some = among.map(|mut some| {
            // Who left a room keeps what they have there.
            some.extend(values.iter().map(|value| value.user));
            some.sort_unstable();
            some.dedup();
            some
        });
        let members = match some.filter(|some| some.len() <= SOME_MAX) {
            Some(some) => self.store.board_members(org, &some).await?,
            None => self.store.members_for_boards(org).await?,
        };
        let standee =
            |member: BoardMember| Some((member.user, self.stands(org, key, found, member)?));
        Ok(members.into_iter().filter_map(standee).collect())
    }

    /// How somebody stands on a board; `None`: not at all.
    pub(super) fn stands(
        &self,
        org: OrgId,
        key: &BoardKey,
        found: &Found,
        member: BoardMember,
    ) -> Option<Standee> {
        let plays =
            member.role == Role::Learner || (found.plan.staff && member.role > Role::Learner);
        if !plays || member.disabled || member.hidden {
            return None;
        }
        let team = match &found.of {
            Of::Org if member.guest => return None,
            // Of whoever learns in several cohorts, the first one's team: one score is told once.
            Of::Org | Of::Room(_) => member.cohorts.values().flatten().next().copied(),
            Of::Cohort(cohort) => *member.cohorts.get(cohort)?,
            Of::Division(division) if !division.members.contains(&member.user) => return None,
            Of::Division(_) => None,
            // Who was in when they stood for something stays on it.
            Of::Contest(_) => *found.entrants.get(&member.user)?,
            Of::Team(team) => {
                let is_in = member.cohorts.values().any(|its| *its == Some(*team));
                if !is_in {
                    return None;
                }
                Some(*team)
            }
        };
        let name = match found.plan.names {
            Names::Shown => member.nickname.unwrap_or(member.name),
            Names::Anonymous => self.made_up(org, key, member.user),
        };
        Some(Standee {
            name: name.into(),
            team,
        })
    }

    /// A name that stays with somebody on one board, and tells nobody who they are.
    pub fn made_up(&self, org: OrgId, key: &BoardKey, user: UserId) -> String {
        let signed = self.names.sign(format!("{org}/{key}/{user}").as_bytes());
        let hash = signed
            .iter()
            .take(8)
            .fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        pseudonym(hash)
    }
}
