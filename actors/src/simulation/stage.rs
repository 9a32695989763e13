//! Personas of a simulated process: the real player of turns, and a model that says one word at a time.
//! What is kept of a turn lives in the world, as in the store, and survives the process.

use std::collections::BTreeMap;

use ludus_domain::host::Answer;
use ludus_domain::ids::{CommandId, RoomId, TurnId, UserId};
use ludus_domain::journal::{Appended, Fact};
use ludus_domain::room::{
    Act, Barge, Entry, Event, Floor, Room, RoomKind, RoomPlan, Scene, Seated, Turn, TurnEnd,
};
use ludus_domain::slug::PersonaId;
use ludus_domain::time::Timestamp;
use ludus_domain::turn::{Do, Kept, Player};

use super::Settings;
use super::store::Store;

/// How often a word is said.
pub(super) const TICK_MS: i64 = 30;
/// Words of an answer. With [`TICK_MS`] it takes long enough to be stepped into.
const WORDS: usize = 12;

/// What personas want done beside what the room decides.
#[derive(Clone, Debug)]
pub(super) enum Played {
    Act {
        persona: PersonaId,
        act: Act,
    },
    Keep {
        turn: TurnId,
        attempt: u8,
        text: String,
    },
    Look {
        persona: PersonaId,
        turn: TurnId,
    },
    Heard {
        turn: TurnId,
        attempt: u8,
        text: String,
    },
}

#[derive(Debug, Default)]
struct Part {
    player: Player,
    /// What is being said, and how many words of it are left.
    saying: Option<(TurnId, u8, usize)>,
}

/// The personas of one process.
#[derive(Debug, Default)]
pub(super) struct Company {
    parts: BTreeMap<PersonaId, Part>,
    acts: BTreeMap<CommandId, (PersonaId, Act)>,
}

impl Company {
    /// The room has moved: each persona hears what is open for it.
    pub(super) fn cue(&mut self, room: &Room, now: Timestamp) -> Vec<Played> {
        let Some(scene) = &room.plan.scene else {
            return vec![];
        };
        let mut played = vec![];
        for seat in &scene.cast {
            let own = room.stage.open.iter();
            let own = own.filter(|(_, turn)| turn.persona == seat.persona);
            let open: BTreeMap<TurnId, Turn> =
                own.map(|(turn, open)| (*turn, open.clone())).collect();
            let part = self.parts.entry(seat.persona.clone()).or_default();
            let todo = part.player.cue(open, now);
            played.extend(part.take(&seat.persona, todo));
        }
        played
    }

    /// A word is said, and time passes.
    pub(super) fn tick(&mut self, now: Timestamp) -> Vec<Played> {
        let mut played = vec![];
        for (persona, part) in &mut self.parts {
            let mut todo = vec![];
            if let Some((turn, attempt, left)) = part.saying {
                if left == 0 {
                    part.saying = None;
                    todo.extend(part.player.ended(TurnEnd::Done, now));
                } else {
                    part.saying = Some((turn, attempt, left - 1));
                    let word = format!("{turn}.{attempt}.{left} ");
                    todo.extend(part.player.piece(&word, now));
                }
            }
            todo.extend(part.player.tick(now));
            played.extend(part.take(persona, todo));
        }
        played
    }

    pub(super) fn looked(
        &mut self,
        persona: &PersonaId,
        turn: TurnId,
        kept: Option<Kept>,
        now: Timestamp,
    ) -> Vec<Played> {
        let Some(part) = self.parts.get_mut(persona) else {
            return vec![];
        };
        let todo = part.player.looked(turn, kept, now);
        part.take(persona, todo)
    }

    /// Under which id an act is asked; its answer comes to [`Company::answered`].
    pub(super) fn asks(&mut self, persona: PersonaId, act: Act, node: u64) -> CommandId {
        let id = act.id(RoomId(uuid::Uuid::nil()), node);
        self.acts.insert(id, (persona, act));
        id
    }

    /// Whether it was an act of ours, and what follows from its answer.
    pub(super) fn answered(
        &mut self,
        id: CommandId,
        answer: Answer,
        now: Timestamp,
    ) -> Option<Vec<Played>> {
        let (persona, act) = self.acts.remove(&id)?;
        let Some(part) = self.parts.get_mut(&persona) else {
            return Some(vec![]);
        };
        let todo = match act {
            Act::Begin { turn, attempt, .. } => part.player.begun(turn, attempt, answer, now),
            Act::Finish { turn, .. } => part.player.finished(turn, answer, now),
            _ => vec![],
        };
        Some(part.take(&persona, todo))
    }
}

impl Part {
    fn take(&mut self, persona: &PersonaId, todo: Vec<Do>) -> Vec<Played> {
        let mut played = vec![];
        for todo in todo {
            match todo {
                Do::Act(act) => played.push(Played::Act {
                    persona: persona.clone(),
                    act,
                }),
                Do::Compose { turn, attempt } => self.saying = Some((turn, attempt, WORDS)),
                Do::Abort => self.saying = None,
                Do::Tell {
                    turn,
                    attempt,
                    text,
                    ..
                } => played.push(Played::Heard {
                    turn,
                    attempt,
                    text,
                }),
                Do::Keep {
                    turn,
                    attempt,
                    text,
                } => played.push(Played::Keep {
                    turn,
                    attempt,
                    text,
                }),
                Do::Look { turn } => played.push(Played::Look {
                    persona: persona.clone(),
                    turn,
                }),
            }
        }
        played
    }
}

/// What the store keeps of turns, and what people heard of them.
#[derive(Debug, Default)]
pub(super) struct Turns {
    kept: BTreeMap<TurnId, (u8, String, i64)>,
    heard: BTreeMap<(TurnId, u8), String>,
}

impl Turns {
    /// What a commit did to turns, in its transaction.
    pub(super) fn written(&mut self, appended: &Appended, now: i64) {
        let Appended::Committed { events, .. } = appended else {
            return;
        };
        for recorded in events {
            match &recorded.fact {
                Fact::Room(Event::TurnAsked { turn, .. }) => {
                    self.kept.insert(*turn, (0, String::new(), now));
                }
                Fact::Room(Event::TurnBegun { turn, attempt, .. }) => {
                    self.kept.insert(*turn, (*attempt, String::new(), now));
                }
                Fact::Room(Event::Spoke { turn, .. }) => {
                    self.kept.remove(turn);
                }
                _ => {}
            }
        }
    }

    pub(super) fn keep(&mut self, turn: TurnId, attempt: u8, text: String, now: i64) {
        if let Some(kept) = self.kept.get_mut(&turn)
            && kept.0 == attempt
        {
            *kept = (attempt, text, now);
        }
    }

    pub(super) fn look(&self, turn: TurnId, now: i64) -> Option<Kept> {
        let (attempt, text, at) = self.kept.get(&turn)?;
        Some(Kept {
            attempt: *attempt,
            text: text.clone(),
            age_ms: now - at,
        })
    }

    pub(super) fn hear(&mut self, turn: TurnId, attempt: u8, text: &str) {
        self.heard
            .entry((turn, attempt))
            .or_default()
            .push_str(text);
    }

    /// What was heard of an answer and what is stored of it are one text: where its process lived,
    /// all of it; where it was killed, as much as was kept.
    pub(super) fn fault(&self, store: &Store) -> Option<String> {
        for recorded in &store.events {
            let Fact::Room(Event::Spoke {
                turn,
                attempt,
                text,
                end,
                ..
            }) = &recorded.fact
            else {
                continue;
            };
            let heard = self
                .heard
                .get(&(*turn, *attempt))
                .map_or("", String::as_str);
            let heard = heard.trim_end();
            let is_one = text.starts_with(heard) || heard.starts_with(text.as_str());
            if !is_one {
                return Some(format!(
                    "{turn} was heard as {heard:?} and stored as {text:?}"
                ));
            }
            if *end == TurnEnd::Done && text != heard {
                return Some(format!("{turn} was said to the end and stored as {text:?}"));
            }
        }
        None
    }
}

/// A scene of two, for whoever wants one played.
pub(super) fn scene() -> Option<Scene> {
    let seat = |name: &str| {
        Some(Seated {
            persona: name.parse().ok()?,
            name: name.to_uppercase(),
            title: "Somebody".into(),
        })
    };
    Some(Scene {
        scenario: None,
        cast: vec![seat("ann")?, seat("ben")?],
        floor: Floor::Free,
        barge: Barge::Interrupt,
        harder: 0,
        minutes: None,
        edition: ludus_domain::content::Edition::SHIPPED,
    })
}

/// The room of a world, with those in it who have a seat.
pub(super) fn open_room(settings: &Settings, everybody: &[UserId]) -> Store {
    let plan = RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Open,
        title: "Lounge".into(),
        capacity: settings.capacity,
        lobby: false,
        scene: settings.scene.then(scene).flatten(),
    };
    let room = Room::open(plan.clone(), None);
    let mut events = vec![(everybody[0], Event::Opened { plan })];
    for (part, user) in settings.parts.iter().zip(everybody) {
        if part.seated {
            let joined = Event::Joined {
                user: *user,
                name: "somebody".into(),
                host: false,
            };
            events.push((*user, joined));
        }
    }
    Store::open(room, events, settings.planted)
}
