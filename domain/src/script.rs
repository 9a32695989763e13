//! What a persona was present for, read out of a room's journal, and what the offline engine makes
//! of it. Pure: the same journal gives the same script, on every node and after every crash, so
//! nothing of a conversation is stored but the journal itself.

use std::collections::BTreeMap;

use crate::ids::{Seq, TurnId, UserId};
use crate::journal::{Fact, Recorded};
use crate::persona::offline::{Cast, Reply, Said, State};
use crate::prompt::{By, Line};
use crate::room::{DIRECTIONS_MAX, Event, Scene, Why};
use crate::slug::PersonaId;

/// Events that are read to make a script: the latest.
pub const EVENTS_MAX: usize = 2_000;

/// Who said a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voice {
    Person(UserId),
    Persona {
        id: PersonaId,
        turn: TurnId,
        why: Why,
        of: Option<TurnId>,
    },
    /// A coach who had taken the persona's seat: to everybody else it is the persona's line.
    Coach {
        id: PersonaId,
        user: UserId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLine {
    pub seq: Seq,
    pub by: Voice,
    pub name: String,
    pub text: String,
}

/// The conversation as it stands: without what was taken back, said differently or answered anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    pub lines: Vec<ScriptLine>,
    /// What coaches told personas, in order. Empty: what was told before counts no more.
    pub told: Vec<Told>,
    /// Where each turn was begun for the last time: what was told later came too late for it.
    begun: BTreeMap<TurnId, Seq>,
}

/// How a persona was told to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub seq: Seq,
    pub persona: PersonaId,
    pub text: String,
}

impl Script {
    /// Lines that nobody was told anything between.
    pub fn of(lines: Vec<ScriptLine>) -> Self {
        Self {
            lines,
            ..Self::default()
        }
    }

    pub fn read(events: &[Recorded], scene: &Scene) -> Self {
        let mut names: BTreeMap<UserId, &str> = BTreeMap::new();
        let mut lines: Vec<ScriptLine> = vec![];
        let (mut told, mut begun) = (vec![], BTreeMap::new());
        for recorded in events {
            let Fact::Room(event) = &recorded.fact else {
                continue;
            };
            match event {
                Event::Joined { user, name, .. } => {
                    names.insert(*user, name);
                }
                Event::Said {
                    text,
                    as_persona: Some(persona),
                    retracted: false,
                    ..
                } => {
                    let Some(user) = recorded.by else { continue };
                    lines.push(ScriptLine {
                        seq: recorded.seq,
                        by: Voice::Coach {
                            id: persona.clone(),
                            user,
                        },
                        name: scene.name_of(persona),
                        text: text.clone(),
                    });
                }
                Event::Said {
                    text,
                    instead_of,
                    retracted: false,
                    ..
                } => {
                    if let Some(from) = instead_of {
                        lines.retain(|line| line.seq < *from);
                    }
                    let Some(user) = recorded.by else { continue };
                    lines.push(ScriptLine {
                        seq: recorded.seq,
                        by: Voice::Person(user),
                        name: names.get(&user).copied().unwrap_or("Somebody").to_owned(),
                        text: text.clone(),
                    });
                }
                Event::Edited { line, text, .. } => {
                    if let Some(found) = lines.iter_mut().find(|found| found.seq == *line) {
                        found.text.clone_from(text);
                    }
                }
                Event::Retracted { line, .. } => lines.retain(|found| found.seq != *line),
                Event::Spoke {
                    turn,
                    persona,
                    text,
                    why,
                    of,
                    retracted: false,
                    ..
                } if !text.is_empty() => {
                    if *why == Why::Again {
                        lines.retain(|line| line.turn() != *of || of.is_none());
                    }
                    lines.push(ScriptLine {
                        seq: recorded.seq,
                        by: Voice::Persona {
                            id: persona.clone(),
                            turn: *turn,
                            why: *why,
                            of: *of,
                        },
                        name: scene.name_of(persona),
                        text: text.clone(),
                    });
                }
                Event::Directed { persona, text, .. } => told.push(Told {
                    seq: recorded.seq,
                    persona: persona.clone(),
                    text: text.clone(),
                }),
                Event::TurnBegun { turn, .. } => {
                    begun.insert(*turn, recorded.seq);
                }
                _ => {}
            }
        }
        Self { lines, told, begun }
    }

    /// The same, as it was before a turn was taken: what another version of it answers.
    #[must_use]
    pub fn before(mut self, turn: TurnId) -> Self {
        if let Some(at) = self.lines.iter().position(|line| line.turn() == Some(turn)) {
            self.lines.truncate(at);
        }
        self
    }

    /// Up to where what was told counts for a turn, which ended at `end` where it has ended.
    fn told_until(&self, turn: TurnId, end: Option<Seq>) -> Seq {
        let begun = self.begun.get(&turn).copied();
        begun.or(end).unwrap_or(Seq(u64::MAX))
    }

    /// As a model reads it.
    pub fn for_model<'s>(&'s self, own: &PersonaId) -> Vec<Line<'s>> {
        let by = |line: &'s ScriptLine| match &line.by {
            Voice::Persona { id, .. } | Voice::Coach { id, .. } if id == own => By::Own,
            Voice::Persona { .. } | Voice::Coach { .. } => By::Other(&line.name),
            Voice::Person(_) => By::Person(&line.name),
        };
        self.lines
            .iter()
            .map(|line| Line {
                by: by(line),
                text: &line.text,
            })
            .collect()
    }
}

impl ScriptLine {
    pub const fn turn(&self) -> Option<TurnId> {
        match &self.by {
            Voice::Person(_) | Voice::Coach { .. } => None,
            Voice::Persona { turn, .. } => Some(*turn),
        }
    }
}

/// A persona's part of a script, played through by the offline engine.
#[derive(Clone, Debug)]
pub struct Played {
    /// What it says next.
    pub reply: Reply,
    /// Where the conversation stands after it.
    pub state: State,
}

/// One turn that is to be played.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub cast: Cast<'a>,
    pub own: &'a PersonaId,
    pub turn: TurnId,
    pub why: Why,
    /// What tells this room's dice from every other's.
    pub seed: u64,
}

impl Part<'_> {
    /// Plays the script through and answers it. What was known of the learner before is `memory`.
    pub fn play(&self, script: &Script, memory: &BTreeMap<String, String>) -> Played {
        let mut orders = Orders {
            script,
            part: self,
            heard: Seq::ZERO,
        };
        let (mut last, mut state) = self.cast.open(memory, self.dice(TurnId(1)));
        let mut said: Vec<Said<'_>> = vec![];
        let mut spoken: Option<&str> = None;
        for line in &script.lines {
            match &line.by {
                Voice::Persona {
                    id, turn, why, of, ..
                } if id == self.own => {
                    // The rest of an answer is part of it: the engine has said it already.
                    let is_rest = *why == Why::Onward && of.is_some();
                    if spoken.is_none() && said.is_empty() {
                        (last, state) = orders
                            .cast(*turn, Some(line.seq))
                            .open(memory, self.dice(*turn));
                    } else if !is_rest {
                        let cast = orders.cast(*turn, Some(line.seq));
                        (last, state) = cast.reply(&state, &said, self.dice(*turn));
                    }
                    said.clear();
                    spoken = Some(line.text.as_str());
                }
                Voice::Coach { id, .. } if id == self.own => {
                    // It heard what was said, and thinks that it answered; how often the coach
                    // spoke for it makes no difference.
                    if !said.is_empty() {
                        let cast = orders.cast_until(line.seq);
                        (last, state) = cast.reply(&state, &said, self.dice(TurnId(line.seq.0)));
                        said.clear();
                    }
                    spoken = Some(line.text.as_str());
                }
                _ => said.push(Said {
                    name: &line.name,
                    text: &line.text,
                }),
            }
        }
        if spoken.is_none() && said.is_empty() {
            let cast = orders.cast(self.turn, None);
            let (reply, state) = cast.open(memory, self.dice(self.turn));
            return Played { reply, state };
        }
        if self.why == Why::Onward
            && let Some(rest) = spoken.and_then(|spoken| last.text.strip_prefix(spoken))
            && !rest.trim().is_empty()
        {
            let reply = Reply {
                text: rest.trim_start().to_owned(),
                goals_met: vec![],
                ..last
            };
            return Played { reply, state };
        }
        let cast = orders.cast(self.turn, None);
        let (reply, state) = cast.reply(&state, &said, self.dice(self.turn));
        Played { reply, state }
    }

    const fn dice(&self, turn: TurnId) -> u64 {
        self.seed
            .wrapping_add(turn.0)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// What the persona was told, as its part is played through: each direction is heard once, and stands
/// until it is taken back or too many came after it.
struct Orders<'a> {
    script: &'a Script,
    part: &'a Part<'a>,
    heard: Seq,
}

impl<'a> Orders<'a> {
    /// The cast for the reply of a turn.
    fn cast(&mut self, turn: TurnId, end: Option<Seq>) -> Cast<'a> {
        self.cast_until(self.script.told_until(turn, end))
    }

    fn cast_until(&mut self, until: Seq) -> Cast<'a> {
        let mut stand: Vec<&Told> = vec![];
        for told in &self.script.told {
            if told.persona != *self.part.own || told.seq >= until {
                continue;
            }
            if told.text.is_empty() {
                stand.clear();
            } else {
                stand.push(told);
            }
        }
        let surplus = stand.len().saturating_sub(DIRECTIONS_MAX);
        stand.drain(..surplus);
        let heard = self.heard;
        self.heard = heard.max(until);
        let fresh = stand.iter().filter(|told| told.seq >= heard);
        let fresh: Vec<&str> = fresh.map(|told| told.text.as_str()).collect();
        let stand = stand.iter().map(|told| told.text.as_str());
        self.part.cast.directed(stand, fresh)
    }
}
