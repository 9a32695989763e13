//! When cohorts meet: planned by those who lead them, in the org's time, seen by everybody in them.

use ludus_domain::game::calendar::{WallTime, Zone};
use ludus_domain::ids::{CohortId, MeetingId};
use ludus_domain::meeting::{AHEAD_MAX_MS, Entry, MINUTES_MAX, calendar};
use ludus_domain::practice::Library;
use ludus_domain::refusal::Refusal;
use ludus_domain::slug::ScenarioId;
use ludus_domain::text;

use super::caller::OnceKey;
use super::{Caller, Coach, Denied};
use crate::store::idempotency::Done;
use crate::store::meetings::Meeting;
use crate::store::people::fresh;

/// A meeting to be.
#[derive(Clone, Debug)]
pub(crate) struct NewMeeting {
    pub(crate) title: String,
    /// On the wall where the org is.
    pub(crate) starts: WallTime,
    pub(crate) minutes: u16,
    pub(crate) scenario: Option<ScenarioId>,
}

impl Caller {
    pub(crate) async fn meetings(&self, cohort: CohortId) -> Result<Vec<Meeting>, Denied> {
        let store = self.people.store();
        let (_, meetings) = store.meetings(self.actor(), cohort).await?;
        Ok(meetings)
    }

    /// The same for other programs.
    pub(crate) async fn calendar(&self, cohort: CohortId) -> Result<String, Denied> {
        let store = self.people.store();
        let (title, meetings) = store.meetings(self.actor(), cohort).await?;
        let entries: Vec<Entry> = meetings.iter().map(Meeting::entry).collect();
        Ok(calendar(&title, &self.people.inner.public_url, &entries))
    }
}

impl Coach {
    pub(crate) async fn plan_meeting(
        &self,
        library: &Library,
        once: Option<OnceKey>,
        cohort: CohortId,
        new: NewMeeting,
    ) -> Result<Done<Meeting>, Denied> {
        let actor = self.0.actor();
        let zone: Zone = self
            .0
            .org()
            .await?
            .time_zone
            .parse()
            .unwrap_or_else(|_| Zone::utc());
        let starts_at = zone.at(new.starts);
        let is_sane = (1..=MINUTES_MAX).contains(&new.minutes)
            && starts_at > actor.at
            && starts_at < actor.at.plus_ms(AHEAD_MAX_MS);
        if !is_sane {
            return Err(Refusal::FieldInvalid.into());
        }
        if let Some(scenario) = &new.scenario {
            library.scenario(scenario).ok_or(Refusal::NotFound)?;
        }
        let new = Meeting {
            id: MeetingId(fresh()),
            cohort,
            title: text::title(&new.title)?,
            starts_at,
            minutes: new.minutes,
            scenario: new.scenario,
            room: None,
            created_by: actor.user,
            changed_at: actor.at,
            cancelled: false,
        };
        let people = &self.0.people;
        let once = self.0.once(once);
        let done = people.store().plan_meeting(once, actor, new).await?;
        if !done.replayed {
            people.ring(actor.org, &done.value.streams);
        }
        Ok(done.map(|moved| moved.value))
    }

    pub(crate) async fn cancel_meeting(
        &self,
        cohort: CohortId,
        id: MeetingId,
    ) -> Result<(), Denied> {
        let people = &self.0.people;
        let actor = self.0.actor();
        let streams = people.store().cancel_meeting(actor, cohort, id).await?;
        people.ring(actor.org, &streams);
        Ok(())
    }
}
