//! Opens the rooms of meetings when they begin, and brings people back from break-outs. Each node looks; the store lets
//! one of them open a room, and of those who bring somebody back the first is the one who does.

use std::sync::Arc;
use std::time::Duration;

use ludus_actors::directory::Directory;
use ludus_actors::ports::{Clock, Doorbell};
use ludus_domain::ids::RoomId;
use ludus_domain::room::{CAPACITY_MAX, Entry, Room, RoomKind, RoomPlan};

use crate::game::rulebook::Rulebook;
use crate::people::moves::{Mover, sender_of};
use crate::people::scenes::{Repertoire, SceneWish, scene};
use crate::store::meetings::Meeting;
use crate::store::people::fresh;
use crate::store::{Store, StoreError};

/// How late a room opens at most, in a hub that is well.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Looks for as long as the process lives.
pub(crate) fn watch(
    store: &Store,
    rulebook: &Rulebook,
    clock: &Arc<dyn Clock>,
    directory: &Arc<Directory>,
) {
    let directory = Arc::clone(directory);
    let (store, rulebook, clock) = (store.clone(), rulebook.clone(), Arc::clone(clock));
    actix_web::rt::spawn(async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = look(&store, &rulebook, &*clock, &*directory).await {
                tracing::debug!(%error, "meetings begin a moment later");
            }
            if let Err(error) = bring_back(&store, &directory, &*clock).await {
                tracing::debug!(%error, "break-outs end a moment later");
            }
        }
    });
}

/// Opens what is due. Answers how many.
pub(crate) async fn look(
    store: &Store,
    rulebook: &Rulebook,
    clock: &dyn Clock,
    doorbell: &dyn Doorbell,
) -> Result<usize, StoreError> {
    let now = clock.now();
    let mut opened = 0;
    for (org, meeting) in store.due_meetings(now).await? {
        let room = Room::open(plan(&rulebook.current(org), &meeting), None);
        let streams = store
            .open_meeting(org, meeting.id, RoomId(fresh()), room, now)
            .await?;
        opened += usize::from(!streams.is_empty());
        for stream in streams {
            doorbell.ring(org, stream);
        }
    }
    Ok(opened)
}

/// Brings everybody back from break-outs whose time is up. Answers how many rooms that were.
pub(crate) async fn bring_back(
    store: &Store,
    directory: &Directory,
    clock: &dyn Clock,
) -> Result<usize, StoreError> {
    let due = store.due_breakouts(clock.now()).await?;
    let count = due.len();
    for (org, breakout, coach) in due {
        let mover = Mover {
            store,
            directory,
            org,
            coach: sender_of(&coach),
        };
        mover.bring_back(&breakout).await?;
    }
    Ok(count)
}

fn plan(of: &Repertoire, meeting: &Meeting) -> RoomPlan {
    let wish = SceneWish {
        scenario: meeting.scenario.clone(),
        ..SceneWish::default()
    };
    // What was planned is held, with a scene where there still is one.
    let scene = scene(of, wish).ok().flatten();
    RoomPlan {
        kind: match scene {
            Some(_) => RoomKind::Practice,
            None => RoomKind::Lounge,
        },
        entry: Entry::Invitation,
        title: meeting.title.clone(),
        capacity: CAPACITY_MAX,
        lobby: scene.is_some(),
        scene,
    }
}
