//! The personas of a room on this node: who is told what is open, and what was heard so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::prelude::*;
use ludus_domain::host::Pending;
use ludus_domain::ids::{RoomId, TurnId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::practice::Library;
use ludus_domain::protocol::ServerFrame;
use ludus_domain::room::{Command, DIRECTION_CHARS_MAX, Event, Room as Place, Sender, Turn};
use ludus_domain::slug::PersonaId;
use tracing::Span;

use super::message::{AnswerTo, Overheard, Perform, Uttered};
use super::{Open, Room};
use crate::delivery::Link;
use crate::feed::{Outgoing, ephemeral};
use crate::outbox::{Class, Frame};
use crate::persona::{Cue, Curtain, Persona};

/// Text that is told and not yet written, for whoever comes in the middle of it.
#[derive(Debug)]
struct Speech {
    persona: PersonaId,
    attempt: u8,
    text: String,
    /// Characters of it.
    length: u32,
}

impl Speech {
    fn begin(&mut self, attempt: u8) {
        self.attempt = attempt;
        self.text.clear();
        self.length = 0;
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.length = self.length.saturating_add(length(text));
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// The actors that play here, and what they are just saying.
#[derive(Debug, Default)]
pub(super) struct Personas {
    links: BTreeMap<PersonaId, Link<Persona>>,
    speaking: BTreeMap<TurnId, Speech>,
}

impl Personas {
    /// Takes in what was committed. Whether it concerns the stage.
    pub(super) fn published(&mut self, events: &[Recorded]) -> bool {
        let mut is_moved = false;
        for recorded in events {
            match &recorded.fact {
                Fact::Room(Event::Spoke { turn, .. }) => {
                    self.speaking.remove(turn);
                    is_moved = true;
                }
                Fact::Room(
                    Event::TurnAsked { .. }
                    | Event::TurnBegun { .. }
                    | Event::TurnSteered { .. }
                    | Event::TurnStopped { .. }
                    | Event::Directed { .. },
                ) => is_moved = true,
                _ => {}
            }
        }
        is_moved
    }

    /// What was heard so far of everything that is just being said.
    pub(super) fn so_far(&self, room: RoomId) -> impl Iterator<Item = Frame> {
        self.speaking.iter().map(move |(turn, speech)| {
            let frame = ServerFrame::Speaking {
                room,
                turn: *turn,
                persona: speech.persona.clone(),
                attempt: speech.attempt,
                from: 0,
                text: speech.text.clone(),
            };
            Frame::encode(Class::Durable, &frame)
        })
    }

    fn utter(&mut self, uttered: &Uttered) -> bool {
        let speech = self.speech(uttered.turn, &uttered.persona, uttered.attempt);
        if uttered.attempt < speech.attempt {
            return false;
        }
        if uttered.attempt > speech.attempt {
            speech.begin(uttered.attempt);
        }
        speech.push(&uttered.text);
        true
    }

    /// Takes in what was heard elsewhere, and answers what of it is new and where that begins.
    /// Nothing of a piece that does not follow on what is known: the whole comes within a second.
    pub(super) fn overhear(&mut self, heard: &Overheard) -> Option<(u32, String)> {
        let speech = self.speech(heard.turn, &heard.persona, heard.attempt);
        if heard.attempt < speech.attempt {
            return None;
        }
        let known = if heard.attempt > speech.attempt {
            0
        } else {
            speech.length
        };
        let until = heard.from.saturating_add(length(&heard.text));
        if heard.from > known || until <= known {
            return None;
        }
        if heard.attempt > speech.attempt {
            speech.begin(heard.attempt);
        }
        let told = usize::try_from(known - heard.from).unwrap_or(usize::MAX);
        let text: String = heard.text.chars().skip(told).collect();
        speech.push(&text);
        Some((known, text))
    }

    fn speech(&mut self, turn: TurnId, persona: &PersonaId, attempt: u8) -> &mut Speech {
        self.speaking.entry(turn).or_insert_with(|| Speech {
            persona: persona.clone(),
            attempt,
            text: String::new(),
            length: 0,
        })
    }

    pub(super) fn leave(self) {
        for link in self.links.into_values() {
            link.must_tell(Curtain);
        }
    }
}

impl Open {
    /// Somebody is to speak, or speaks.
    pub(super) fn is_on_stage(&self) -> bool {
        !self.host.room().stage.open.is_empty()
    }
}

impl Room {
    /// Tells each persona what is open for it, and starts who is not there yet.
    pub(super) fn cue(&mut self, ctx: &mut Context<Self>) {
        let (Some(open), Some(ports)) = (&mut self.open, &self.ports.stage) else {
            return;
        };
        let room = open.host.room();
        let Some(scene) = &room.plan.scene else {
            return;
        };
        let mut due: BTreeMap<PersonaId, BTreeMap<TurnId, Turn>> = BTreeMap::new();
        // Who plays already hears that nothing is open, too.
        for persona in open.personas.links.keys() {
            due.entry(persona.clone()).or_default();
        }
        for (turn, asked) in &room.stage.open {
            let of = due.entry(asked.persona.clone()).or_default();
            of.insert(*turn, asked.clone());
        }
        if due.is_empty() {
            return;
        }
        let scene = Arc::new(scene.clone());
        let head = open.host.head();
        let directions = room.directions.clone();
        for (id, asked) in due {
            let is_there = open.personas.links.get(&id).is_some_and(Link::is_connected);
            if !is_there {
                let persona = Persona::new(
                    (self.org, self.id),
                    id.clone(),
                    Arc::clone(&scene),
                    Arc::clone(ports),
                    (
                        Arc::clone(&self.ports.archive),
                        Arc::clone(&self.ports.clock),
                    ),
                    ctx.address(),
                );
                let link = Link::new(persona.start());
                open.personas.links.insert(id.clone(), link);
            }
            if let Some(link) = open.personas.links.get(&id) {
                // One for each committed event of the stage, and each of those was admitted.
                link.must_tell(Cue {
                    trace: Span::current(),
                    open: asked,
                    head,
                    directions: directions.get(&id).cloned().unwrap_or_default(),
                });
            }
        }
    }
}

/// Adds to a coach's direction what of it the engine can follow, so that the coach learns it with the
/// event. Content says so, which the room does not know.
pub(super) fn heed(command: &mut Command, library: &Library, room: &Place) {
    let (persona, text, heeds) = match command {
        Command::Direct {
            persona,
            text,
            heeds,
        } => (persona, text.as_str(), heeds),
        Command::HandBack {
            persona,
            note: Some(note),
            heeds,
        } => (persona, note.as_str(), heeds),
        _ => return,
    };
    // One that is too long is refused, and not worth a look.
    if text.len() > 4 * DIRECTION_CHARS_MAX {
        return;
    }
    let scene = room.plan.scene.as_ref();
    let scenario = scene.and_then(|scene| scene.scenario.as_ref());
    let cast = library
        .cast(persona, scenario)
        .or_else(|| library.cast(persona, None));
    *heeds = cast.map(|cast| cast.heeds(text).map(|heard| heard.title.clone()).collect());
}

impl Room {
    /// An act of the hub, in line with what people ask.
    pub(super) fn act(&mut self, Perform { id, act, to }: Perform, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else { return };
        let todo = open.host.command(Pending {
            to: AnswerTo::Once(to),
            sender: Sender::hub(),
            id,
            order: act.into(),
        });
        self.perform(todo, ctx);
    }
}

impl Handler<Perform> for Room {
    type Result = ();

    fn handle(&mut self, perform: Perform, ctx: &mut Self::Context) {
        self.act(perform, ctx);
    }
}

impl Handler<Uttered> for Room {
    type Result = ();

    fn handle(&mut self, uttered: Uttered, _: &mut Self::Context) {
        let Some(open) = &mut self.open else { return };
        // What comes after the end of a turn was on its way when it was closed.
        let is_open = open.host.room().stage.open.contains_key(&uttered.turn);
        if !is_open || !open.personas.utter(&uttered) {
            return;
        }
        self.pass_on(&uttered);
        let Some(open) = &mut self.open else { return };
        let frame = ServerFrame::Speaking {
            room: self.id,
            turn: uttered.turn,
            persona: uttered.persona,
            attempt: uttered.attempt,
            from: uttered.from,
            text: uttered.text,
        };
        // Pieces add up, so they stay in order with each other.
        let packets = vec![ephemeral(Frame::encode(Class::Durable, &frame), None)];
        open.feed.send(Outgoing {
            packets,
            ..Outgoing::default()
        });
    }
}
