//! One's practices, what came of them, what personas keep of one; and what coaches and admins may see
//! and say of it.

use std::collections::HashMap;

use ludus_actors::directory::Directory;
use ludus_domain::host;
use ludus_domain::ids::{CommandId, RoomId, UserId};
use ludus_domain::journal::PracticeStep;
use ludus_domain::practice::review::Course;
use ludus_domain::practice::skill::{Practised, Profile, Shown};
use ludus_domain::prompt::INSTRUCTIONS_CHARS_MAX;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Command, Moment, RoomKind, Sender};
use ludus_domain::slug::PersonaId;
use ludus_domain::text;
use ludus_domain::time::Timestamp;

use super::{Admin, Caller, Denied};
use crate::practice::journal;
use crate::store::memories::MemoryRow;
use crate::store::people::fresh;
use crate::store::practices::ReportRow;
use crate::store::rooms::RoomRow;

/// A practice of one's own, in a list.
#[derive(Clone, Debug)]
pub(crate) struct Practice {
    pub(crate) room: RoomId,
    pub(crate) title: String,
    pub(crate) scenario: Option<String>,
    pub(crate) step: PracticeStep,
    pub(crate) opened_at: Timestamp,
    pub(crate) report: Option<ReportRow>,
}

/// A practice as it stands.
#[derive(Debug)]
pub(crate) struct Underway {
    pub(crate) room: RoomRow,
    /// What its journal says so far.
    pub(crate) course: Course,
    pub(crate) report: Option<ReportRow>,
}

impl Caller {
    /// Practices one opened, sits in or has a report of; the latest first.
    pub(crate) async fn practices(
        &self,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<Practice>, Denied> {
        let store = self.people.store();
        let (org, user) = (self.who.org, self.who.user);
        let rows = store.practices_page(org, user, before, limit).await?;
        let reports = store.reports(org, user).await?;
        let mut reports: HashMap<RoomId, ReportRow> = reports
            .into_iter()
            .map(|report| (report.room, report))
            .collect();
        Ok(rows
            .into_iter()
            .map(|row| Practice {
                report: reports.remove(&row.room),
                room: row.room,
                title: row.title,
                scenario: row.scenario,
                step: row.step,
                opened_at: row.opened_at,
            })
            .collect())
    }

    /// A practice one may watch, read out of its journal.
    pub(crate) async fn practice(&self, id: RoomId) -> Result<Underway, Denied> {
        let room = self.room(id).await?;
        let is_one = room.state.plan.kind == RoomKind::Practice || room.state.is_practice();
        if !is_one {
            return Err(Refusal::NotFound.into());
        }
        let course = match &room.state.plan.scene {
            Some(scene) => {
                let events = journal(&self.people.inner.archive, self.who.org, id).await?;
                Course::read(&events, scene, self.people.now())
            }
            None => Course::default(),
        };
        let store = self.people.store();
        let report = store.report(self.who.org, self.who.user, id).await?;
        Ok(Underway {
            room,
            course,
            report,
        })
    }

    /// Ends a practice, by the same way as everybody who may end the room.
    pub async fn end_practice(&self, directory: &Directory, id: RoomId) -> Result<(), Denied> {
        let room = self.room(id).await?;
        if room.state.plan.kind != RoomKind::Practice {
            return Err(Refusal::NotFound.into());
        }
        let sender = Sender {
            user: self.who.user,
            role: self.who.role,
            guest: self.who.guest,
            name: self.who.name.clone(),
            session: None,
            moment: Moment::default(),
        };
        let command = CommandId(fresh());
        let answer = directory
            .ask_once(self.who.org, id, sender, command, Command::End {})
            .await;
        match answer {
            host::Answer::Ack { .. }
            | host::Answer::Nack {
                code: Refusal::RoomEnded,
                ..
            } => Ok(()),
            host::Answer::Nack { code, .. } => Err(code.into()),
        }
    }

    /// What came of a practice: one's own, or, for coaches, somebody's.
    pub(crate) async fn practice_report(
        &self,
        id: RoomId,
        of: Option<UserId>,
    ) -> Result<(ReportRow, Course), Denied> {
        let store = self.people.store();
        let own = of.is_none_or(|user| user == self.who.user);
        let mut found = None;
        if own {
            found = store.report(self.who.org, self.who.user, id).await?;
        }
        if found.is_none() && self.who.role >= Role::Coach {
            let all = store.reports_of_room(self.who.org, id).await?;
            let roster = self.people.roster(self.who.org);
            found = all.into_iter().find(|report| {
                of.is_none_or(|user| report.user == user)
                    && roster.may_know(self.viewer(), report.user)
            });
        }
        let report = found.ok_or(Refusal::NotFound)?;
        // One's report stays one's own, whatever became of one's seat.
        let row = store.room_row(self.who.org, id).await?;
        let row = row.ok_or(Refusal::NotFound)?;
        let course = match &row.state.plan.scene {
            Some(scene) => {
                let events = journal(&self.people.inner.archive, self.who.org, id).await?;
                Course::read(&events, scene, self.people.now())
            }
            None => Course::default(),
        };
        Ok((report, course))
    }

    /// Everything one's practices showed, newest first.
    pub(crate) async fn practised(&self) -> Result<Vec<ReportRow>, Denied> {
        let store = self.people.store();
        Ok(store.reports(self.who.org, self.who.user).await?)
    }

    /// What one can do by now.
    pub(crate) async fn skill_profile(&self) -> Result<(Profile, Vec<Practised>), Denied> {
        let reports = self.practised().await?;
        let practised = reports
            .iter()
            .map(|report| Practised {
                scenario: report.filed.scenario.clone(),
                at: report.at,
                total: report.filed.report.total,
            })
            .collect();
        let shown: Vec<Shown> = reports
            .into_iter()
            .flat_map(|report| report.filed.shown)
            .collect();
        Ok((Profile::of(&shown, self.people.now()), practised))
    }

    pub(crate) fn today(&self) -> Timestamp {
        self.people.now()
    }

    /// Whether personas may remember one (`true`: they may not), and what they do.
    pub(crate) async fn memories(&self) -> Result<(bool, Vec<MemoryRow>), Denied> {
        let store = self.people.store();
        Ok(store.memories(self.who.org, self.who.user).await?)
    }

    pub async fn choose_memory(&self, off: bool) -> Result<(), Denied> {
        let (org, user, now) = (self.who.org, self.who.user, self.people.now());
        Ok(self
            .people
            .store()
            .choose_memory(org, user, off, now)
            .await?)
    }

    /// Has a persona forget one. Nothing to forget is fine.
    pub async fn forget(&self, persona: PersonaId) -> Result<(), Denied> {
        let store = self.people.store();
        store.forget(self.who.org, self.who.user, persona).await?;
        Ok(())
    }
}

impl Admin {
    /// What the org tells every persona.
    pub async fn instructions(&self) -> Result<String, Denied> {
        let caller = &self.0;
        Ok(caller.people.store().instructed(caller.who.org).await?)
    }

    pub async fn instruct(&self, says: &str) -> Result<String, Denied> {
        let says = if says.trim().is_empty() {
            String::new()
        } else {
            text::line(says)?
        };
        if says.chars().count() > INSTRUCTIONS_CHARS_MAX {
            return Err(Refusal::TextTooLong.into());
        }
        let caller = &self.0;
        let (org, now) = (caller.who.org, caller.people.now());
        caller
            .people
            .store()
            .instruct(org, says.clone(), now)
            .await?;
        Ok(says)
    }
}
