//! What a coach thinks otherwise of a practice: a criterion scored by hand, with the reason. The room decides it
//! once; the report, the skills and what was gained follow in its commit.

use std::time::Duration;

use ludus_actors::directory::Directory;
use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, RoomId, UserId};
use ludus_domain::practice::Library;
use ludus_domain::practice::rejudge::{self, Found, Judging, Override};
use ludus_domain::practice::review::Course;
use ludus_domain::practice::skill::Shown;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::Act;
use ludus_domain::slug::CriterionId;
use ludus_domain::text;

use super::caller::OnceKey;
use super::together::id_in;
use super::{Caller, Denied};
use crate::practice::journal;
use crate::store::people::fresh;
use crate::store::practices::ReportRow;

/// Times a judgement is made anew: the room was not open yet, or another coach was first.
const TRIES: u32 = 20;
const AGAIN: Duration = Duration::from_millis(100);

/// A score, as a coach gives it.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) of: UserId,
    pub(crate) criterion: CriterionId,
    pub(crate) per_mille: u16,
    pub(crate) reason: String,
}

impl Caller {
    /// Scores one criterion of somebody's report otherwise. Asked again under the same key, it was done.
    pub(crate) async fn judge(
        &self,
        directory: &Directory,
        library: &Library,
        once: Option<&OnceKey>,
        id: RoomId,
        given: Given,
    ) -> Result<(ReportRow, Course), Denied> {
        self.must_judge(id, given.of).await?;
        let reason = text::line(&given.reason)?;
        // Another coach who says the same under the same key says it, too.
        let asked = id_in(once, id).0.as_u128() ^ self.who.user.0.as_u128();
        let given_id = CommandId(uuid::Uuid::from_u128(asked));
        let (org, store) = (self.who.org, self.people.store());
        for tried in 1..=TRIES {
            let report = store.report(org, given.of, id).await?;
            let report = report.ok_or(Refusal::NotFound)?;
            if report.filed.overrides.iter().any(|one| one.id == given_id) {
                break;
            }
            let judging = self
                .judging(library, &report, id, (given_id, &given, &reason))
                .await?;
            let act = Act::Judge {
                judging: Box::new(judging),
            };
            let command = CommandId(fresh());
            match directory.perform_once(org, id, command, act).await {
                Answer::Ack { .. } => break,
                Answer::Nack {
                    code: Refusal::Conflict | Refusal::Unavailable,
                    ..
                } if tried < TRIES => tokio::time::sleep(AGAIN).await,
                Answer::Nack { code, .. } => return Err(code.into()),
            }
        }
        self.practice_report(id, Some(given.of)).await
    }

    async fn judging(
        &self,
        library: &Library,
        report: &ReportRow,
        id: RoomId,
        (given_id, given, reason): (CommandId, &Given, &str),
    ) -> Result<Judging, Denied> {
        let (org, store) = (self.who.org, self.people.store());
        let scenario = library.scenario(&report.filed.scenario);
        let rubric = scenario.and_then(|scenario| library.rubric(&scenario.script.rubric));
        // What it was judged by is not in the content any more: nobody can say what follows.
        let both = scenario.zip(rubric).ok_or(Refusal::Conflict)?;
        let room = store.room_row(org, id).await?.ok_or(Refusal::NotFound)?;
        let events = journal(&self.people.inner.archive, org, id).await?;
        let earlier: Vec<Shown> = store
            .reports(org, given.of)
            .await?
            .into_iter()
            .filter(|other| other.room != id && other.at <= report.at)
            .flat_map(|other| other.filed.shown)
            .collect();
        let new = Override {
            id: given_id,
            criterion: given.criterion.clone(),
            per_mille: given.per_mille,
            was: None,
            was_source: None,
            by: self.who.user,
            name: self.who.name.clone(),
            at: self.people.now(),
            reason: reason.to_owned(),
        };
        let filed = rejudge::rejudge(&report.filed, both, &earlier, new)?;
        let Some(new) = filed.overrides.last().cloned() else {
            return Err(Refusal::Internal.into());
        };
        Ok(Judging {
            number: room.state.judged.saturating_add(1),
            user: given.of,
            given: new,
            corrections: rejudge::corrections(&Found::read(&events, given.of), &filed),
            filed,
        })
    }

    /// A coach of this room who sees the learner as one, and is not the learner.
    async fn must_judge(&self, id: RoomId, learner: UserId) -> Result<(), Denied> {
        let room = self.room(id).await?;
        let roster = self.people.roster(self.who.org);
        let may = self.viewer_in(&room.state).role >= Role::Coach
            && learner != self.who.user
            && roster.may_know(self.viewer(), learner);
        if may {
            Ok(())
        } else {
            Err(Refusal::Forbidden.into())
        }
    }
}
