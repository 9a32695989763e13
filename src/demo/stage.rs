//! Setting the stage and letting the company play: an org, its rooms, who sits where, and one
//! thread for all of them.

use std::net::SocketAddr;
use std::sync::Arc;

use ludus_domain::content::Edition;
use ludus_domain::ids::{CohortId, OrgId, RoomId};
use ludus_domain::role::Role;
use ludus_domain::room::{Barge, Entry, Floor, RoomPlan};
use ludus_domain::roster::Access;
use rand::seq::SliceRandom as _;
use tokio::sync::mpsc;

use super::script::{Playbill, Scene};
use super::voice::{CUES_MAX, Voice};
use super::{DemoError, Tempo, alone, director};
use crate::app::Hub;
use crate::people::console::{Account, Console, Pass};
use crate::people::scenes::{self, SceneWish};
use crate::people::{Denied, People};
use crate::shutdown::Shutdown;
use crate::store::cohorts::{Part, Spot};
use crate::store::links::LinkKind;
use crate::store::people::User;

/// Seats of a demonstration's room: a hall may join.
const CAPACITY: u32 = 1_000;

/// Everybody who learns in the demonstration.
const COHORT: &str = "Thursday evening";

/// What a guest of the demonstration opens.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) learner: String,
    pub(super) stage: String,
    pub(super) desk: String,
}

/// A room with who is in it: the coach, then learners, each by their place in the company.
#[derive(Debug)]
pub(super) struct SetRoom {
    pub(super) id: RoomId,
    pub(super) scene: Scene,
    pub(super) coach: usize,
    pub(super) learners: Vec<usize>,
}

/// A stage that is set.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) links: Links,
    pub(super) rooms: Vec<SetRoom>,
    pub(super) practices: Vec<alone::Opened>,
    /// Everybody who learns.
    #[cfg_attr(not(test), expect(dead_code, reason = "asked for by the test"))]
    pub(super) cohort: CohortId,
    /// Coaches first, then learners.
    pub(super) company: Vec<User>,
}

/// Makes the org, its people and its rooms.
pub(super) async fn set(hub: &Hub, playbill: &Playbill) -> Result<Set, DemoError> {
    let console = hub.people.console();
    let org = console.add_org(&playbill.people.org).await?.id;
    let mut company = Vec::new();
    for name in &playbill.people.coaches {
        company.push(add(&console, org, name, Role::Coach).await?);
    }
    let coaches = company.len();
    for name in &playbill.people.learners {
        company.push(add(&console, org, name, Role::Learner).await?);
    }
    let mut rooms = Vec::new();
    let mut waiting: Vec<usize> = Vec::new();
    for (number, scene) in playbill.scenes.iter().enumerate() {
        let coach = number % coaches;
        // Everybody gets a seat before anybody gets a second one.
        if waiting.len() < scene.seats {
            let mut again: Vec<usize> = (coaches..company.len())
                .filter(|who| !waiting.contains(who))
                .collect();
            again.shuffle(&mut rand::rng());
            again.append(&mut waiting);
            waiting = again;
        }
        let learners = waiting.split_off(waiting.len().saturating_sub(scene.seats));
        let id = open_room(hub, &console, &company[coach], scene).await?;
        rooms.push(SetRoom {
            id,
            scene: scene.clone(),
            coach,
            learners,
        });
    }
    let mut practices = Vec::new();
    for alone in &playbill.practices {
        let is_who = |user: &User| user.name == alone.learner;
        let Some(who) = company.iter().position(is_who) else {
            continue;
        };
        let room = alone::open(hub, &company[who], alone).await?;
        let alone = alone.clone();
        practices.push(alone::Opened { room, who, alone });
    }
    let you = add(&console, org, "You", Role::Learner).await?;
    let learners = company.iter().skip(coaches).chain([&you]);
    let cohort = gather(hub, &company[0], learners).await?;
    let wall = add(&console, org, "The stage", Role::Spectator).await?;
    let links = Links {
        learner: way_in(&console, &you).await?,
        stage: way_in(&console, &wall).await?,
        // Whoever comes in by it stands at the desk.
        desk: way_in(&console, &company[0])
            .await?
            .replacen("/#/", "/desk#/", 1),
    };
    Ok(Set {
        links,
        rooms,
        practices,
        cohort,
        company,
    })
}

/// Puts everybody who learns into a cohort, whose coach is the one at the desk.
async fn gather(
    hub: &Hub,
    coach: &User,
    learners: impl Iterator<Item = &User>,
) -> Result<CohortId, DemoError> {
    let entered = hub.people.console().enter(coach.clone()).await?;
    let caller = (hub.people.authenticate(&entered.access.token)).map_err(Denied::from)?;
    let coach = caller.coach().map_err(Denied::from)?;
    let cohort = coach.add_cohort(None, COHORT).await?.value.id;
    for learner in learners {
        let spot = Spot {
            part: Part::Learner,
            team: None,
            access: Access::Full,
        };
        coach
            .put_cohort_member(None, cohort, learner.id, spot)
            .await?;
    }
    Ok(cohort)
}

async fn add(console: &Console, org: OrgId, name: &str, role: Role) -> Result<User, Denied> {
    let account = Account {
        org,
        name: name.to_owned(),
        email: None,
        role,
        password: None,
    };
    console.add_user(account).await
}

async fn open_room(
    hub: &Hub,
    console: &Console,
    coach: &User,
    scene: &Scene,
) -> Result<RoomId, Denied> {
    let entered = console.enter(coach.clone()).await?;
    let caller = hub.people.authenticate(&entered.access.token)?;
    let wish = SceneWish {
        personas: scene.personas.clone(),
        floor: Floor::Addressed,
        barge: Barge::Queue,
        ..SceneWish::default()
    };
    let plan = RoomPlan {
        kind: scene.kind,
        entry: Entry::Open,
        title: scene.title.clone(),
        capacity: CAPACITY,
        lobby: false,
        scene: scenes::scene(&(Edition::SHIPPED, Arc::clone(&hub.library)), wish)?,
    };
    Ok(caller.open_room(None, plan).await?.value.id)
}

async fn way_in(console: &Console, user: &User) -> Result<String, Denied> {
    let pass = Pass {
        org: user.org,
        user: Some(user.id),
        kind: LinkKind::Entry,
        role: user.role,
        email: None,
        name: None,
        room: None,
    };
    Ok(console.link(pass).await?.url)
}

/// Lets everybody come in and talk, on this thread, until the demonstration ends.
pub(super) fn play(
    set: Set,
    people: &People,
    address: SocketAddr,
    tempo: Tempo,
    mut shutdown: Shutdown,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "nobody can play");
            return;
        }
    };
    runtime.block_on(async move {
        let mut links = Vec::new();
        for (place, user) in set.company.iter().enumerate() {
            let (cues, heard) = mpsc::channel(CUES_MAX);
            let sits_in = |room: &&SetRoom| room.coach == place || room.learners.contains(&place);
            let practises = |place: usize| {
                let own = set.practices.iter().filter(move |one| one.who == place);
                own.map(|one| one.room)
            };
            let voice = Voice {
                user: user.clone(),
                rooms: (set.rooms.iter().filter(sits_in).map(|room| room.id))
                    .chain(practises(place))
                    .collect(),
                people: people.clone(),
                address,
                tempo,
            };
            tokio::spawn(voice.live(heard));
            links.push(cues);
        }
        for room in set.rooms {
            tokio::spawn(director::conduct(room, links.clone(), tempo));
        }
        for opened in set.practices {
            tokio::spawn(alone::practise(opened, links.clone(), tempo));
        }
        shutdown.asked().await;
    });
}
