//! Contests: those one may see, entering and leaving them; and for coaches, holding them.

use ludus_domain::game::contest::{Ask, Contest, ContestPhase, When};
use ludus_domain::game::plan::{BoardKey, ContestEntry, ContestPlan, Names};
use ludus_domain::ids::{CohortId, ContestId, TeamId};
use ludus_domain::refusal::Refusal;
use ludus_domain::rights;
use ludus_domain::role::Role;
use ludus_domain::slug::ContestPlanId;
use ludus_domain::text;

use super::boards::LiveBoards;
use super::caller::OnceKey;
use super::rooms::{code_of, new_code};
use super::{Caller, Coach, Denied};
use crate::store::game::contests::{ContestRow, Entry, ResultLine, TeamLine};
use crate::store::idempotency::Done;
use crate::store::people::fresh;

/// A contest as somebody sees it.
#[derive(Clone, Debug)]
pub struct ContestSeen {
    pub row: ContestRow,
    pub mine: Option<Entry>,
    pub board: Option<BoardKey>,
    /// May change it, and knows its code.
    pub runs_it: bool,
}

/// What a contest is to be.
#[derive(Clone, Debug)]
pub struct NewContest {
    pub plan: ContestPlanId,
    pub title: Option<String>,
    pub cohort: Option<CohortId>,
    pub opens: Option<When>,
    pub starts: Option<When>,
    pub ends: Option<When>,
}

impl Caller {
    /// The contests one may see, the latest first.
    pub async fn contests(
        &self,
        live: &LiveBoards,
        phase: Option<ContestPhase>,
        before: Option<ContestId>,
        limit: u64,
    ) -> Result<Vec<ContestSeen>, Denied> {
        self.must_be_of_the_house()?;
        let store = self.people.store();
        let rows = store
            .contests_page(self.actor(), phase, before, limit)
            .await?;
        let ids = rows.iter().map(|row| row.id).collect();
        let mut mine = store
            .contest_entries_of(self.who.org, self.who.user, ids)
            .await?;
        let seen = rows.into_iter().map(|row| {
            let mine = mine.remove(&row.id);
            self.seen(live, row, mine)
        });
        Ok(seen.collect())
    }

    pub async fn contest(&self, live: &LiveBoards, id: ContestId) -> Result<ContestSeen, Denied> {
        self.must_see(id).await?;
        self.look_at(live, id).await
    }

    /// The contest that a code opens, for somebody who does not see it yet. They enter it with the code.
    pub async fn contest_by_code(&self, code: &str) -> Result<ContestRow, Denied> {
        self.must_be_of_the_house()?;
        let code = code_of(code)?;
        let found = self
            .people
            .store()
            .contest_by_code(self.who.org, code)
            .await?;
        Ok(found.ok_or(Refusal::WrongCode)?)
    }

    /// Enters a contest. Only learners do: it is their game.
    pub async fn enter_contest(
        &self,
        live: &LiveBoards,
        once: Option<OnceKey>,
        id: ContestId,
        code: Option<&str>,
        team: Option<TeamId>,
    ) -> Result<Done<ContestSeen>, Denied> {
        self.must_be_of_the_house()?;
        let code = code.map(code_of).transpose()?;
        let store = self.people.store();
        if !self.sees(id).await? {
            let row = store.contest(self.who.org, id).await?;
            // To who does not know it, there is no such contest.
            let opens = |row: ContestRow| row.code.is_some() && row.code == code;
            row.is_some_and(opens)
                .then_some(())
                .ok_or(Refusal::NotFound)?;
        }
        if self.who.role != Role::Learner {
            return Err(Refusal::Forbidden.into());
        }
        let done = store
            .enter_contest(self.once(once), self.actor(), id, code, team)
            .await?;
        let seen = self.look_at(live, id).await?;
        // Somebody new on a board is asked for when they gain something; in a team they count at once.
        if !done.replayed && seen.row.contest.plan.teams.is_some() {
            self.people.contest_changed(self.who.org, id);
        }
        Ok(done.map(|()| seen))
    }

    /// Leaves a contest; what one had is kept for when one comes back.
    pub async fn leave_contest(
        &self,
        live: &LiveBoards,
        once: Option<OnceKey>,
        id: ContestId,
    ) -> Result<Done<ContestSeen>, Denied> {
        self.must_see(id).await?;
        let store = self.people.store();
        let done = store
            .leave_contest(self.once(once), self.actor(), id)
            .await?;
        if !done.replayed {
            self.people.contest_changed(self.who.org, id);
        }
        let seen = self.look_at(live, id).await?;
        Ok(done.map(|()| seen))
    }

    /// The results of a contest that is over, by place; with the names that others may read.
    pub async fn contest_results(
        &self,
        live: &LiveBoards,
        id: ContestId,
        from: u64,
        limit: u64,
    ) -> Result<Vec<ResultLine>, Denied> {
        let seen = self.contest(live, id).await?;
        let store = self.people.store();
        let mut lines = store.contest_results(self.who.org, id, from, limit).await?;
        if seen.row.contest.plan.names == Names::Anonymous {
            let key = seen.board.ok_or(Refusal::NotFound)?;
            for line in &mut lines {
                if line.user != self.who.user && line.name.is_some() {
                    line.name = Some(live.made_up(self.who.org, &key, line.user));
                }
            }
        }
        Ok(lines)
    }

    pub async fn contest_teams(
        &self,
        live: &LiveBoards,
        id: ContestId,
    ) -> Result<Vec<TeamLine>, Denied> {
        self.contest(live, id).await?;
        let store = self.people.store();
        Ok(store.contest_teams(self.who.org, id).await?)
    }

    async fn look_at(&self, live: &LiveBoards, id: ContestId) -> Result<ContestSeen, Denied> {
        let store = self.people.store();
        let row = store.contest(self.who.org, id).await?;
        let row = row.ok_or(Refusal::NotFound)?;
        let mine = store.contest_entry(self.who.org, id, self.who.user).await?;
        Ok(self.seen(live, row, mine))
    }

    fn seen(&self, live: &LiveBoards, row: ContestRow, mine: Option<Entry>) -> ContestSeen {
        ContestSeen {
            mine,
            board: live.of_contest(self.who.org, row.id),
            runs_it: row.is_run_by(self.who.user, self.who.role),
            row,
        }
    }

    async fn sees(&self, id: ContestId) -> Result<bool, Denied> {
        let is_confined = rights::is_confined(self.who.role, self.who.guest);
        let store = self.people.store();
        Ok(!is_confined && store.sees_contest(self.who.org, self.viewer(), id).await?)
    }

    async fn must_see(&self, id: ContestId) -> Result<(), Denied> {
        if self.sees(id).await? {
            Ok(())
        } else {
            Err(Refusal::NotFound.into())
        }
    }

    fn must_be_of_the_house(&self) -> Result<(), Denied> {
        if rights::is_confined(self.who.role, self.who.guest) {
            return Err(Refusal::Forbidden.into());
        }
        Ok(())
    }
}

impl Coach {
    /// The contests one could hold.
    pub fn contest_plans(&self, live: &LiveBoards) -> Vec<ContestPlan> {
        live.contest_plans(self.0.who.org)
    }

    /// Holds a contest of a kind that the org has.
    pub async fn add_contest(
        &self,
        live: &LiveBoards,
        once: Option<OnceKey>,
        new: NewContest,
    ) -> Result<Done<ContestSeen>, Denied> {
        let who = &self.0.who;
        let plans = live.contest_plans(who.org);
        let plan = plans.into_iter().find(|plan| plan.id == new.plan);
        let mut plan = plan.ok_or(Refusal::FieldInvalid)?;
        if let Some(title) = new.title {
            plan.title = text::title(&title)?;
        }
        if new.cohort.is_some() != (plan.entry == ContestEntry::Cohort) {
            return Err(Refusal::FieldInvalid.into());
        }
        if let Some(cohort) = new.cohort {
            self.must_lead(cohort).await?;
        }
        let store = self.0.people.store();
        let game = store.game(who.org).await?.ok_or(Refusal::NotFound)?;
        let at = |when: Option<When>| when.map(|when| when.at(&game.zone));
        let code = match plan.entry {
            ContestEntry::Code => Some(new_code()?),
            ContestEntry::Open | ContestEntry::Cohort => None,
        };
        let now = self.0.people.now();
        let contest = Contest::planned(plan, now, at(new.opens), at(new.starts), at(new.ends))?;
        let row = ContestRow {
            id: ContestId(fresh()),
            contest,
            cohort: new.cohort,
            code,
            created_by: who.user,
        };
        let done = store
            .add_contest(self.0.once(once), self.0.actor(), row)
            .await?;
        Ok(done.map(|row| self.0.seen(live, row, None)))
    }

    /// Ends a contest before its time; its results stand. Or calls it off.
    pub async fn stop_contest(
        &self,
        live: &LiveBoards,
        once: Option<OnceKey>,
        id: ContestId,
        ask: Ask,
    ) -> Result<Done<ContestSeen>, Denied> {
        self.0.must_see(id).await?;
        let store = self.0.people.store();
        let done = store
            .stop_contest(self.0.once(once), self.0.actor(), id, ask)
            .await?;
        if !done.replayed {
            self.0.people.contest_changed(self.0.who.org, id);
        }
        Ok(done.map(|row| self.0.seen(live, row, None)))
    }
}
