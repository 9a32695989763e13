//! Many rooms of a cohort in a few lines each, and what a model makes of them where there is one.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ludus_actors::llm::{Ask, Llm, Message, Piece};
use ludus_domain::ids::{CohortId, RoomId, Seq, UserId};
use ludus_domain::practice::gist::{self, EVENTS_MAX, Gist, ROOMS_MAX};
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;

use super::{Coach, Denied};

/// Rooms that are read at the same time.
const ROOMS_AT_ONCE: usize = 8;
/// A coach who asks waits so long for a text. The lines are there without it.
const SAID_WITHIN: Duration = Duration::from_secs(30);
const SAYS_TOKENS: u32 = 700;
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// The rooms of a cohort, and how everybody in them is called.
#[derive(Debug)]
pub(crate) struct Gists {
    pub(crate) rooms: Vec<Gist>,
    pub(crate) names: HashMap<UserId, String>,
}

/// A text about them, and who made it.
#[derive(Debug)]
pub(crate) struct Says {
    pub(crate) text: String,
    pub(crate) engine: String,
}

impl Coach {
    /// Rooms in which learners of a cohort sit now. For whoever sees it learner by learner.
    pub(crate) async fn gists(&self, id: CohortId) -> Result<Gists, Denied> {
        self.must_lead(id).await?;
        let (org, store) = (self.0.who.org, self.0.people.store());
        let found = store.desk_learners(org, id).await?;
        let (_, learners, _) = found.ok_or(Refusal::NotFound)?;
        let rooms = store.desk_rooms(org, id).await?;
        let own: BTreeSet<UserId> = learners.iter().map(|learner| learner.user).collect();
        let reading = rooms
            .into_iter()
            .take(ROOMS_MAX)
            .map(|(room, head)| self.gist(room, head, &own));
        let read: Vec<Result<Option<Gist>, Denied>> = stream::iter(reading)
            .buffered(ROOMS_AT_ONCE)
            .collect()
            .await;
        let mut gists = vec![];
        for gist in read {
            gists.extend(gist?);
        }
        let names = learners
            .into_iter()
            .map(|learner| (learner.user, learner.name));
        Ok(Gists {
            rooms: gists,
            names: names.collect(),
        })
    }

    async fn gist(
        &self,
        room: RoomId,
        head: Seq,
        own: &BTreeSet<UserId>,
    ) -> Result<Option<Gist>, Denied> {
        let (org, store) = (self.0.who.org, self.0.people.store());
        let Some(row) = store.room_row(org, room).await? else {
            return Ok(None);
        };
        let after = Seq(head.0.saturating_sub(EVENTS_MAX.into()));
        let archive = &self.0.people.inner.archive;
        let events = archive
            .events(org, StreamId::Room(room), after, EVENTS_MAX)
            .await?;
        let state = &row.state;
        let here = state.members.keys().filter(|user| own.contains(user));
        let (title, over) = (state.plan.title.as_str(), state.scene_closed);
        let here: BTreeSet<UserId> = here.copied().collect();
        Ok(Some(Gist::of((room, title, over), here, &events)))
    }

    /// What a model says of them; nothing where there is none, its budget is spent, or it takes too long.
    pub(crate) async fn say_of(
        &self,
        llm: &Arc<dyn Llm>,
        gists: &Gists,
        language: &str,
    ) -> Option<Says> {
        if gists.rooms.is_empty() {
            return None;
        }
        let name = |user: UserId| gists.names.get(&user).cloned().unwrap_or_default();
        let question = gist::question(&gists.rooms, &name, language);
        let ask = Ask {
            org: self.0.who.org,
            room: None,
            learner: None,
            providers: vec![],
            messages: question.into_iter().map(Message::from).collect(),
            max_output_tokens: SAYS_TOKENS,
            temperature_milli: Some(200),
            stop: vec![],
            json_schema: None,
            offline: None,
        };
        tokio::time::timeout(SAID_WITHIN, answered(llm, ask))
            .await
            .ok()
            .flatten()
    }
}

async fn answered(llm: &Arc<dyn Llm>, ask: Ask) -> Option<Says> {
    let mut running = llm.start(ask);
    let (mut text, mut engine) = (String::new(), String::new());
    while let Some(piece) = running.next().await {
        match piece {
            Piece::Begun { provider, model } => engine = format!("{provider}/{model}"),
            Piece::Text(more) if text.len() + more.len() <= ANSWER_BYTES_MAX => {
                text.push_str(&more);
            }
            Piece::Text(_) | Piece::Ended(Err(_)) => return None,
            Piece::Ended(Ok(_)) => {
                let text = gist::read(&text)?;
                return Some(Says { text, engine });
            }
        }
    }
    None
}
