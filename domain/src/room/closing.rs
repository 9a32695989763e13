//! How a scene ends, and what a room makes of it and of its lines: once, whoever says it and however
//! often.

use super::{Event, LineFact, Room};
use crate::ids::{Seq, TurnId, UserId};
use crate::practice::rejudge::Judging;
use crate::practice::remark::Remark;
use crate::practice::review::{LEARNERS_MAX, Practice};
use crate::refusal::Refusal;

impl Room {
    /// Whether something is played here that ends with a report.
    pub fn is_practice(&self) -> bool {
        let scene = self.plan.scene.as_ref();
        scene.is_some_and(|scene| scene.scenario.is_some())
    }

    /// Whether the scene still has its end before it.
    pub fn is_scene_open(&self) -> bool {
        self.is_practice() && !self.scene_closed
    }

    /// Whether somebody is to look what came of it: all was said, and nobody has.
    pub fn is_filing_due(&self) -> bool {
        self.is_practice()
            && self.scene_closed
            && !self.practice_filed
            && self.stage.open.is_empty()
    }

    /// The end of the scene. `speaking` closes by itself: it was its last line.
    pub(super) fn close_scene(&self, speaking: Option<TurnId>) -> Vec<Event> {
        if self.scene_closed || self.plan.scene.is_none() {
            return vec![];
        }
        let halted = self.stage.hush_all_but(speaking);
        std::iter::once(Event::SceneClosed {})
            .chain(self.release_everybody())
            .chain(halted)
            .collect()
    }

    /// A room that ends takes its scene along.
    pub(super) fn end_with_scene(&self, ended: Vec<Event>) -> Vec<Event> {
        let is_over_with_it = !ended.is_empty() && self.is_scene_open();
        let closed = is_over_with_it.then_some(Event::SceneClosed {});
        closed
            .into_iter()
            .chain(ended)
            .chain(self.release_everybody())
            .chain(self.stage.hush())
            .collect()
    }

    /// What a coach scored otherwise, and what follows. Made on what another has changed since, it is refused.
    pub(super) fn decide_judging(&self, judging: &Judging) -> Result<Vec<Event>, Refusal> {
        if !self.practice_filed || judging.number != self.judged.saturating_add(1) {
            return Err(Refusal::Conflict);
        }
        let given = &judging.given;
        let judged = Event::CriterionJudged {
            user: judging.user,
            criterion: given.criterion.clone(),
            score: given.per_mille,
            was: given.was,
            reason: given.reason.clone(),
            by: given.by,
            name: given.name.clone(),
            number: judging.number,
            filed: Some(std::sync::Arc::new(judging.filed.clone())),
        };
        let corrected = judging
            .corrections
            .iter()
            .map(|one| Event::ResultCorrected {
                user: judging.user,
                of: one.of,
                was: one.was.clone(),
                now: one.now.clone(),
            });
        Ok(std::iter::once(judged).chain(corrected).collect())
    }

    /// Each learner's result, and then that nothing is missing. A second one changes nothing.
    pub(super) fn decide_filing(&self, practices: &[Practice]) -> Result<Vec<Event>, Refusal> {
        if self.practice_filed {
            return Ok(vec![]);
        }
        if !self.is_filing_due() || practices.len() > LEARNERS_MAX {
            return Err(Refusal::Conflict);
        }
        let mut events: Vec<Event> = practices.iter().flat_map(Practice::events).collect();
        events.push(Event::PracticeFiled {});
        Ok(events)
    }

    /// A remark on a line that stands, of whose it is. It may come after the end of the scene: the
    /// last line is worth one too.
    pub(super) fn decide_remark(
        &self,
        line: Seq,
        of: UserId,
        remark: &Remark,
        found: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        let stands = found.is_some_and(|found| found.author == Some(of) && !found.retracted);
        if !self.is_practice() || !stands || !remark.is_sound() {
            return Err(Refusal::Conflict);
        }
        Ok(vec![Event::Remarked {
            line,
            of,
            remark: remark.clone(),
        }])
    }
}
