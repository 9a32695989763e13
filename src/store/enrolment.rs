//! Taking a class list into a cohort: what it would do, and doing it, by the same reading. Done again it
//! finds everybody there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ludus_domain::ids::{CohortId, LinkId, TeamId, UserId};
use ludus_domain::journal::{CohortEvent, Fact, InboxEvent};
use ludus_domain::role::Role;
use ludus_domain::roster::Access;
use ludus_domain::roster::sheet::Row;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{cohort_member, link, team, user};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _, Set,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cohorts::{Moved, Part, Spot, TEAMS_MAX, must_lead, put};
use super::idempotency::{Done, Once};
use super::links::{CodeHash, Link, LinkKind};
use super::people::{Actor, fresh};
use super::{Store, StoreError, facts, links};
use ludus_domain::refusal::Refusal;

/// What a row of a list comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Enrolment {
    /// Somebody of the org learns here now.
    Added,
    /// They learn here, and are in another team now.
    Moved,
    /// They learn here as the list says.
    There,
    /// Nobody of the org is meant: there is a link for them.
    Invited,
    /// There was a link for them already.
    Waiting,
    /// They coach this cohort, and stay as they are.
    Coach,
    /// Their account is shut.
    ShutOut,
}

/// A row, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enrolled {
    pub(crate) line: u32,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) enrolment: Enrolment,
    pub(crate) user: Option<UserId>,
    pub(crate) link: Option<LinkId>,
}

/// A row, with the link it may need.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) row: Row,
    pub(crate) link: LinkId,
    pub(crate) hash: CodeHash,
}

/// Everything a list is compared with.
struct Ground {
    people: HashMap<String, user::Model>,
    /// Where somebody of the cohort is.
    seats: HashMap<uuid::Uuid, (Part, Option<uuid::Uuid>)>,
    /// Learners of the cohort whose name nobody else there has.
    by_name: HashMap<String, Option<uuid::Uuid>>,
    teams: HashMap<String, uuid::Uuid>,
    /// Links into the cohort that nobody has claimed, by address and by name.
    waiting: HashMap<String, LinkId>,
}

impl Store {
    /// What a list would do.
    pub(crate) async fn preview_enrolment(
        &self,
        actor: Actor,
        cohort: CohortId,
        wanted: Vec<Wanted>,
    ) -> Result<Vec<Enrolled>, StoreError> {
        self.read("what a class list would do", move |db| {
            Box::pin(async move {
                let ground = ground(db, actor, cohort, &wanted).await?;
                Ok(wanted
                    .iter()
                    .map(|wanted| ground.plan(&wanted.row))
                    .collect())
            })
        })
        .await
    }

    /// Takes a list in: all of it or nothing.
    pub(crate) async fn enrol(
        &self,
        once: Option<Once>,
        actor: Actor,
        cohort: CohortId,
        wanted: Vec<Wanted>,
        good_until: Timestamp,
    ) -> Result<Done<Moved<Vec<Enrolled>>>, StoreError> {
        self.write_once("take a class list in", once, move |txn| {
            Box::pin(async move {
                let mut ground = ground(txn, actor, cohort, &wanted).await?;
                let mut done = vec![];
                let mut facts = vec![];
                let mut added = BTreeSet::new();
                for wanted in &wanted {
                    let mut row = ground.plan(&wanted.row);
                    match (row.enrolment, row.user) {
                        (Enrolment::Added | Enrolment::Moved, Some(user)) => {
                            let team = ground.team(txn, actor, cohort, row.team.as_deref()).await?;
                            let spot = Spot {
                                part: Part::Learner,
                                team,
                                access: Access::Full,
                            };
                            put(txn, actor.entry(), cohort, user, spot).await?;
                            ground
                                .seats
                                .insert(user.0, (Part::Learner, team.map(|team| team.0)));
                            facts.push(Fact::Cohort(CohortEvent::LearnerAdded { user, team }));
                            if row.enrolment == Enrolment::Added {
                                added.insert(user);
                            }
                        }
                        (Enrolment::Invited, _) => {
                            row.link = Some(wanted.link);
                            invite(txn, actor, cohort, wanted, good_until).await?;
                            ground.waiting.insert(key_of(&wanted.row), wanted.link);
                        }
                        _ => {}
                    }
                    done.push(row);
                }
                let mut streams = vec![];
                for user in added {
                    let note = InboxEvent::AddedToCohort { cohort };
                    facts::note(txn, actor.entry(), user, note).await?;
                    streams.push(StreamId::Inbox(user));
                }
                if !facts.is_empty() {
                    let stream = StreamId::Cohort(cohort);
                    facts::append(txn, actor.entry(), stream, &facts).await?;
                    streams.push(stream);
                }
                Ok(Moved {
                    value: done,
                    streams,
                })
            })
        })
        .await
    }

    /// Everybody of a cohort with their address and team, by name.
    pub(crate) async fn class_list(
        &self,
        actor: Actor,
        cohort: CohortId,
    ) -> Result<Vec<Enlisted>, StoreError> {
        self.read("a class list", move |db| {
            Box::pin(async move {
                must_lead(db, actor, cohort).await?;
                let seats = cohort_member::Entity::find()
                    .filter(cohort_member::Column::OrgId.eq(actor.org.0))
                    .filter(cohort_member::Column::CohortId.eq(cohort.0))
                    .all(db)
                    .await?;
                let people = user::Entity::find()
                    .filter(user::Column::OrgId.eq(actor.org.0))
                    .filter(user::Column::Id.is_in(seats.iter().map(|seat| seat.user_id)))
                    .all(db)
                    .await?;
                let people: HashMap<_, _> = people.into_iter().map(|row| (row.id, row)).collect();
                let teams = teams_of(db, actor, cohort).await?;
                let titles: HashMap<_, _> =
                    teams.into_iter().map(|row| (row.id, row.title)).collect();
                let mut list: Vec<Enlisted> = seats
                    .into_iter()
                    .filter_map(|seat| {
                        let person = people.get(&seat.user_id)?;
                        Some(Enlisted {
                            name: person.name.clone(),
                            email: person.email.clone(),
                            team: seat.team_id.and_then(|team| titles.get(&team).cloned()),
                            part: super::cohorts::part(&seat.part),
                        })
                    })
                    .collect();
                list.sort_by(|one, other| one.name.cmp(&other.name));
                Ok(list)
            })
        })
        .await
    }
}

/// Somebody of a class list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enlisted {
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) part: Part,
}

async fn teams_of(
    db: &impl ConnectionTrait,
    actor: Actor,
    cohort: CohortId,
) -> Result<Vec<team::Model>, StoreError> {
    Ok(team::Entity::find()
        .filter(team::Column::OrgId.eq(actor.org.0))
        .filter(team::Column::CohortId.eq(cohort.0))
        .all(db)
        .await?)
}

async fn ground(
    db: &impl ConnectionTrait,
    actor: Actor,
    cohort: CohortId,
    wanted: &[Wanted],
) -> Result<Ground, StoreError> {
    must_lead(db, actor, cohort).await?;
    let emails = wanted.iter().filter_map(|wanted| wanted.row.email.clone());
    let people = user::Entity::find()
        .filter(user::Column::OrgId.eq(actor.org.0))
        .filter(user::Column::Email.is_in(emails))
        .all(db)
        .await?;
    let people = people
        .into_iter()
        .filter_map(|row| Some((row.email.clone()?, row)))
        .collect();
    let rows = cohort_member::Entity::find()
        .filter(cohort_member::Column::OrgId.eq(actor.org.0))
        .filter(cohort_member::Column::CohortId.eq(cohort.0))
        .all(db)
        .await?;
    let seats: HashMap<_, _> = rows
        .iter()
        .map(|row| (row.user_id, (super::cohorts::part(&row.part), row.team_id)))
        .collect();
    let named = user::Entity::find()
        .filter(user::Column::OrgId.eq(actor.org.0))
        .filter(user::Column::Id.is_in(seats.keys().copied()))
        .all(db)
        .await?;
    let mut by_name: HashMap<String, Option<uuid::Uuid>> = HashMap::new();
    for row in named {
        by_name
            .entry(row.name.to_lowercase())
            .and_modify(|found| *found = None)
            .or_insert(Some(row.id));
    }
    let teams = teams_of(db, actor, cohort).await?;
    let teams = teams
        .into_iter()
        .map(|row| (row.title.to_lowercase(), row.id))
        .collect();
    let open = link::Entity::find()
        .filter(link::Column::OrgId.eq(actor.org.0))
        .filter(link::Column::CohortId.eq(cohort.0))
        .filter(link::Column::Kind.eq("invitation"))
        .filter(link::Column::ClaimedAt.is_null())
        .filter(link::Column::ExpiresAt.gt(actor.at.0))
        .all(db)
        .await?;
    let waiting = open
        .into_iter()
        .filter_map(|row| {
            let key = row.email.or_else(|| Some(row.name?.to_lowercase()))?;
            Some((key, LinkId(row.id)))
        })
        .collect();
    Ok(Ground {
        people,
        seats,
        by_name,
        teams,
        waiting,
    })
}

/// By what somebody without an account is known again.
fn key_of(row: &Row) -> String {
    row.email.clone().unwrap_or_else(|| row.name.to_lowercase())
}

impl Ground {
    fn plan(&self, row: &Row) -> Enrolled {
        let mut enrolled = Enrolled {
            line: row.line,
            name: row.name.clone(),
            email: row.email.clone(),
            team: row.team.clone(),
            enrolment: Enrolment::Invited,
            user: None,
            link: None,
        };
        let meant = match &row.email {
            Some(email) => self.people.get(email).map(|person| person.id),
            None => self
                .by_name
                .get(&row.name.to_lowercase())
                .copied()
                .flatten(),
        };
        let is_shut = row.email.as_ref().and_then(|email| self.people.get(email));
        let is_shut = is_shut.is_some_and(|person| person.disabled_at.is_some());
        let Some(user) = meant else {
            if let Some(link) = self.waiting.get(&key_of(row)) {
                enrolled.enrolment = Enrolment::Waiting;
                enrolled.link = Some(*link);
            }
            return enrolled;
        };
        enrolled.user = Some(UserId(user));
        let wanted = row.team.as_ref().map(|team| team.to_lowercase());
        enrolled.enrolment = match self.seats.get(&user) {
            _ if is_shut => Enrolment::ShutOut,
            None => Enrolment::Added,
            Some((Part::Coach, _)) => Enrolment::Coach,
            Some((Part::Learner, team)) => {
                let is_as_said = wanted.is_none_or(|wanted| {
                    team.is_some() && self.teams.get(&wanted) == team.as_ref()
                });
                if is_as_said {
                    Enrolment::There
                } else {
                    Enrolment::Moved
                }
            }
        };
        enrolled
    }

    /// The team of a name; it is made where there is none.
    async fn team(
        &mut self,
        txn: &DatabaseTransaction,
        actor: Actor,
        cohort: CohortId,
        title: Option<&str>,
    ) -> Result<Option<TeamId>, StoreError> {
        let Some(title) = title else { return Ok(None) };
        if let Some(found) = self.teams.get(&title.to_lowercase()) {
            return Ok(Some(TeamId(*found)));
        }
        if self.teams.len() as u64 >= TEAMS_MAX {
            return Err(Refusal::TooLarge.into());
        }
        let id = fresh();
        let row = team::ActiveModel {
            org_id: Set(actor.org.0),
            cohort_id: Set(cohort.0),
            id: Set(id),
            title: Set(title.to_owned()),
        };
        team::Entity::insert(row)
            .exec_without_returning(txn)
            .await?;
        self.teams.insert(title.to_lowercase(), id);
        Ok(Some(TeamId(id)))
    }
}

async fn invite(
    txn: &DatabaseTransaction,
    actor: Actor,
    cohort: CohortId,
    wanted: &Wanted,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let link = Link {
        id: wanted.link,
        org: actor.org,
        kind: LinkKind::Invitation,
        role: Role::Learner,
        email: wanted.row.email.clone(),
        name: Some(wanted.row.name.clone()),
        user: None,
        room: None,
        cohort: Some(cohort),
        created_by: Some(actor.user),
        created_at: actor.at,
        expires_at,
        claimed_at: None,
    };
    links::insert(txn, &link, wanted.hash).await
}

/// How many rows came to what.
pub(crate) fn counts(rows: &[Enrolled]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let word = match row.enrolment {
            Enrolment::Added => "added",
            Enrolment::Moved => "moved",
            Enrolment::There => "there",
            Enrolment::Invited => "invited",
            Enrolment::Waiting => "waiting",
            Enrolment::Coach => "coach",
            Enrolment::ShutOut => "shut_out",
        };
        *counts.entry(word).or_default() += 1;
    }
    counts
}
