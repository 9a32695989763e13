//! One's standing in the game, and what one may do to it and to others'.

use std::sync::Arc;

use ludus_domain::game::calendar::Zone;
use ludus_domain::game::deed::DeedKind;
use ludus_domain::game::rules::{Compiled, Per};
use ludus_domain::ids::UserId;
use ludus_domain::refusal::Refusal;
use ludus_domain::rights::Action;
use ludus_domain::slug::PointKind;
use ludus_domain::text;

use super::caller::OnceKey;
use super::{Admin, Caller, Coach, Denied};
use crate::store::game::acts::{BoardChoice, Score};
use crate::store::game::ledger::{Line, LinePlace, Profile, Suspected};
use crate::store::idempotency::Done;

/// Thanks a day, where the rules do not say how many are paid for.
const KUDOS_A_DAY: u32 = 5;
/// Scores of one import. More is several imports.
pub const SCORES_MAX: usize = 100;
/// Points given or taken at once by hand; and how far a reported value may lie from nothing.
const ADJUST_MAX: i64 = 1_000_000;
const VALUE_MAX: i64 = 1_000_000_000_000;

impl Caller {
    pub async fn standing(&self) -> Result<Profile, Denied> {
        self.standing_of(self.who.user).await
    }

    async fn standing_of(&self, user: UserId) -> Result<Profile, Denied> {
        let found = self.people.store().profile(self.who.org, user).await?;
        Ok(found.ok_or(Refusal::NotFound)?)
    }

    /// Lines of one's ledger, newest first.
    pub async fn ledger(&self, before: Option<LinePlace>, limit: u64) -> Result<Vec<Line>, Denied> {
        self.ledger_of(self.who.user, before, limit).await
    }

    async fn ledger_of(
        &self,
        user: UserId,
        before: Option<LinePlace>,
        limit: u64,
    ) -> Result<Vec<Line>, Denied> {
        let store = self.people.store();
        Ok(store.ledger_page(self.who.org, user, before, limit).await?)
    }

    /// The rules of the org, in force now.
    pub async fn rules(&self) -> Result<Arc<Compiled>, Denied> {
        let store = self.people.store();
        let game = store.game(self.who.org).await?.ok_or(Refusal::NotFound)?;
        Ok(store.rules(self.who.org, game.rule_set).await?)
    }

    /// Thanks somebody.
    pub async fn give_kudos(&self, once: Option<OnceKey>, to: UserId) -> Result<Done<()>, Denied> {
        if !self.may(Action::GiveKudos) {
            return Err(Refusal::Forbidden.into());
        }
        let rules = self.rules().await?;
        let a_day = kudos_a_day(&rules);
        let store = self.people.store();
        Ok(store
            .give_kudos(self.once(once), self.actor(), to, a_day)
            .await?)
    }

    /// Sets the zone whose midnight one's days begin at.
    pub async fn set_zone(&self, zone: Zone) -> Result<(), Denied> {
        Ok(self.people.store().set_zone(self.actor(), zone).await?)
    }

    pub async fn board_choice(&self) -> Result<BoardChoice, Denied> {
        let store = self.people.store();
        Ok(store.board_choice(self.who.org, self.who.user).await?)
    }

    /// Sets how one stands on boards.
    pub async fn choose_boards(&self, choice: BoardChoice) -> Result<BoardChoice, Denied> {
        let nickname = choice.nickname.as_deref().map(text::name).transpose()?;
        let choice = BoardChoice { nickname, ..choice };
        let store = self.people.store();
        store.choose_boards(self.actor(), choice.clone()).await?;
        self.people.boards_changed(self.who.org);
        Ok(choice)
    }
}

impl Coach {
    /// The standing of anybody one may know.
    pub async fn standing_of(&self, user: UserId) -> Result<Profile, Denied> {
        self.known(user).await?;
        self.0.standing_of(user).await
    }

    pub async fn ledger_of(
        &self,
        user: UserId,
        before: Option<LinePlace>,
        limit: u64,
    ) -> Result<Vec<Line>, Denied> {
        self.known(user).await?;
        self.0.ledger_of(user, before, limit).await
    }

    /// Takes in what another program measured, all of it or nothing.
    pub async fn import_scores(
        &self,
        once: Option<OnceKey>,
        scores: Vec<Score>,
    ) -> Result<Done<u32>, Denied> {
        let is_sound = |score: &Score| (-VALUE_MAX..=VALUE_MAX).contains(&score.value);
        if !(1..=SCORES_MAX).contains(&scores.len()) || !scores.iter().all(is_sound) {
            return Err(Refusal::FieldInvalid.into());
        }
        let store = self.0.people.store();
        Ok(store
            .import_scores(self.0.once(once), self.0.actor(), scores)
            .await?)
    }

    /// What looked like farming among those one leads, newest first.
    pub async fn suspicions(
        &self,
        before: Option<(i64, UserId, String)>,
        limit: u64,
    ) -> Result<Vec<Suspected>, Denied> {
        let store = self.0.people.store();
        Ok(store
            .suspicions(self.0.who.org, self.unless_all(), before, limit)
            .await?)
    }

    /// Whose ledgers one may take away: those of the learners one leads; `None` for everybody's.
    pub async fn exported(&self) -> Result<Option<Vec<UserId>>, Denied> {
        let Some(coach) = self.unless_all() else {
            return Ok(None);
        };
        let store = self.0.people.store();
        Ok(Some(store.learners_led_by(self.0.who.org, coach).await?))
    }

    /// A page of the ledgers of some people, by person and oldest first.
    pub async fn export(
        &self,
        of: Option<Vec<UserId>>,
        after: Option<(UserId, LinePlace)>,
        limit: u64,
    ) -> Result<Vec<Line>, Denied> {
        let store = self.0.people.store();
        Ok(store
            .ledger_export(self.0.who.org, of, after, limit)
            .await?)
    }

    fn unless_all(&self) -> Option<UserId> {
        (!self.0.may(Action::ManagePeople)).then_some(self.0.who.user)
    }
}

impl Admin {
    /// Gives or takes points by hand, with the reason.
    pub async fn adjust(
        &self,
        once: Option<OnceKey>,
        user: UserId,
        points: PointKind,
        by: i64,
        says: &str,
    ) -> Result<Done<()>, Denied> {
        let says = text::title(says)?;
        if by == 0 || !(-ADJUST_MAX..=ADJUST_MAX).contains(&by) {
            return Err(Refusal::FieldInvalid.into());
        }
        let store = self.0.people.store();
        Ok(store
            .adjust(self.0.once(once), self.0.actor(), user, points, by, says)
            .await?)
    }
}

/// As many as the most generous rule for giving them pays for in a day.
fn kudos_a_day(rules: &Compiled) -> u32 {
    rules
        .rules_on(DeedKind::KudosGiven)
        .flat_map(|rule| &rule.caps)
        .filter(|cap| cap.per == Per::Day && !cap.each_peer)
        .filter_map(|cap| cap.times)
        .max()
        .unwrap_or(KUDOS_A_DAY)
}
