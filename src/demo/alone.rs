//! Learners who practise alone: opened in their name, and played line by line, so that a coach sees
//! somebody get on, somebody who does not, somebody with a hand up and somebody who falls silent.

use std::sync::Arc;
use std::time::Duration;

use ludus_domain::content::Edition;
use ludus_domain::ids::RoomId;
use ludus_domain::room::{Entry, RoomKind, RoomPlan};
use ludus_domain::slug::ScenarioId;
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

use super::voice::{Act, Cue};
use super::{DemoError, Tempo};
use crate::app::Hub;
use crate::people::Denied;
use crate::people::scenes::{self, SceneWish};
use crate::store::people::User;

/// Lines after which whoever has a question raises a hand.
const HAND_AFTER: usize = 2;
/// How long somebody is waited for who cannot be heard.
const PATIENCE: Duration = Duration::from_secs(20);
/// A room of one's own, and of the coach who looks in.
const CAPACITY: u32 = 8;

/// Somebody's practice, as it is written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alone {
    pub(super) learner: String,
    pub(super) scenario: ScenarioId,
    /// Between two lines.
    pub(super) pause_s: u32,
    #[serde(default)]
    pub(super) again: bool,
    /// Raises a hand, and leaves it up.
    #[serde(default)]
    pub(super) hand: bool,
    pub(super) lines: Vec<String>,
}

/// One that is opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) room: RoomId,
    /// The learner's place in the company.
    pub(super) who: usize,
    pub(super) alone: Alone,
}

/// Opens a practice in a learner's name.
pub(super) async fn open(hub: &Hub, learner: &User, alone: &Alone) -> Result<RoomId, DemoError> {
    let entered = hub.people.console().enter(learner.clone()).await?;
    let caller = (hub.people.authenticate(&entered.access.token)).map_err(Denied::from)?;
    let wish = SceneWish {
        scenario: Some(alone.scenario.clone()),
        ..SceneWish::default()
    };
    let scenario = hub.library.scenario(&alone.scenario);
    let title = scenario.map_or_else(String::new, |scenario| scenario.script.title.clone());
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Invitation,
        title,
        capacity: CAPACITY,
        lobby: false,
        scene: scenes::scene(&(Edition::SHIPPED, Arc::clone(&hub.library)), wish)
            .map_err(Denied::from)?,
    };
    Ok(caller.open_room(None, plan).await?.value.id)
}

/// Says the lines, again and again or once.
pub(super) async fn practise(opened: Opened, company: Vec<mpsc::Sender<Cue>>, tempo: Tempo) {
    let Some(link) = company.get(opened.who) else {
        return;
    };
    let pause = Duration::from_secs(opened.alone.pause_s.into()).mul_f64(tempo.0);
    let tell = |act| {
        let cue = Cue {
            room: opened.room,
            after: Duration::ZERO,
            act,
        };
        // Whoever has too much to do misses a cue, as people do.
        link.try_send(cue).ok();
    };
    let mut count = 0;
    loop {
        for text in &opened.alone.lines {
            tokio::time::sleep(pause).await;
            let (said, heard) = oneshot::channel();
            let (text, reply_to) = (text.clone(), None);
            tell(Act::Say {
                text,
                reply_to,
                said,
            });
            tokio::time::timeout(PATIENCE, heard).await.ok();
            count += 1;
            if opened.alone.hand && count == HAND_AFTER {
                tell(Act::Hand(true));
            }
        }
        if !opened.alone.again {
            return;
        }
    }
}
