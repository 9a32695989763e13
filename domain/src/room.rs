//! A room, as far as decisions need it. Pure: it knows nobody's socket and no store.
//!
//! [`Room::decide`] answers a command with the events that follow from it or with a refusal;
//! [`Room::evolve`] takes events in. Everything a decision may depend on is in here, is small, and
//! changes only by events that move the guard; lines of chat are kept elsewhere.

mod act;
mod aside;
mod breakout;
mod closing;
mod command;
mod event;
mod floor;
mod lines;
mod order;
mod plan;
mod scene;
mod seats;
mod stage;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::act::{Act, Order, PACE_MAX, Pace, SceneNotes};
pub use self::aside::{DIRECTION_CHARS_MAX, DIRECTIONS_MAX, EXTEND_MAX, MINUTES_MAX, WHISPER_MAX};
pub use self::breakout::{GROUPS_MAX, MINUTES_MAX as BREAKOUT_MINUTES_MAX, Way, split};
pub use self::command::{Command, Sender};
pub use self::event::{Entry, Event, Finding, Phase, RoomKind, RoomPlan};
pub use self::floor::{HandBack, Held, SEAT_GRACE_MS};
pub use self::order::{Moment, WordCheck};
pub use self::scene::{Barge, CAST_MAX, Floor, Scene, Seated, TurnEnd, Why};
pub use self::stage::{LastTurn, Stage, Turn};
use crate::audience::Viewer;
use crate::ids::UserId;
use crate::refusal::Refusal;
use crate::rights::is_confined;
use crate::role::Role;
use crate::slug::PersonaId;
use crate::text;
use crate::time::Timestamp;

/// People one line may be addressed to; more is a broadcast, which is the coach's business.
pub const MENTIONS_MAX: usize = 16;
/// Longest reaction, in bytes: a family emoji with skin tones has 41.
pub const EMOJI_BYTES_MAX: usize = 48;
/// Seats of the largest room one may open.
pub const CAPACITY_MAX: u32 = 10_000;

/// A member's seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seat {
    pub name: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
    /// The turn this raised hand drew: hands are served in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand: Option<u64>,
}

impl Seat {
    pub fn is_muted(&self, at: Timestamp) -> bool {
        self.muted && self.muted_until.is_none_or(|until| at < until)
    }
}

/// What is known of a line somebody wants to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFact {
    /// `None` for a persona's line.
    pub author: Option<UserId>,
    pub retracted: bool,
    /// A coach has hidden it.
    pub hidden: bool,
}

/// The state that decisions depend on; also what the store keeps beside the stream's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    pub plan: RoomPlan,
    pub phase: Phase,
    /// What one must know to enter a room by code. Shown on the stage, so not a secret to keep hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub members: BTreeMap<UserId, Seat>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub invited: BTreeSet<UserId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub removed: BTreeSet<UserId>,
    /// They cannot come in, whoever invites them, until a coach lifts it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub banned: BTreeSet<UserId>,
    /// Who left while they were muted: they come back as they went. `None`: until somebody lifts it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, i64>)]
    pub hushed: BTreeMap<UserId, Option<Timestamp>>,
    /// Turns drawn by raised hands so far.
    #[serde(default)]
    pub hands_drawn: u64,
    /// Whose turn it is among the personas.
    #[serde(default, skip_serializing_if = "Stage::is_empty")]
    pub stage: Stage,
    /// How coaches want each persona to go on. For coaches and for the persona's prompt, nobody else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub directions: BTreeMap<PersonaId, Vec<String>>,
    /// What was to be played has been played.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scene_closed: bool,
    /// Everybody who practised has their report.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub practice_filed: bool,
    /// How often coaches scored something otherwise since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub judged: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Room {
    /// A room that was just planned; its first event says so.
    pub fn open(plan: RoomPlan, code: Option<String>) -> Self {
        let phase = if plan.lobby {
            Phase::Lobby
        } else {
            Phase::Live
        };
        Self {
            plan,
            phase,
            code,
            members: BTreeMap::new(),
            invited: BTreeSet::new(),
            removed: BTreeSet::new(),
            banned: BTreeSet::new(),
            hushed: BTreeMap::new(),
            hands_drawn: 0,
            stage: Stage::default(),
            directions: BTreeMap::new(),
            scene_closed: false,
            practice_filed: false,
            judged: 0,
        }
    }

    /// What follows from a command, or why nothing does. `line` is what is known of the line the
    /// command is about ([`Command::about_line`]); `None` when there is no such line.
    ///
    /// An empty list means: accepted, and nothing changes (joining twice, lowering a lowered hand).
    pub fn decide(
        &self,
        sender: &Sender,
        command: &Command,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        let verdict = self.decide_openly(sender, command, line);
        let was_there = self.removed.contains(&sender.user) || self.banned.contains(&sender.user);
        let is_hidden = !self.may_watch(sender.viewer()) && !was_there;
        // What one may not see one cannot find either, whatever one asks of it; only who was given
        // a code learns that it is wrong, or that it is right and the last seat is taken.
        let may_be_told = matches!(verdict, Ok(_) | Err(Refusal::WrongCode | Refusal::RoomFull));
        if is_hidden && !may_be_told {
            Err(Refusal::NotFound)
        } else {
            verdict
        }
    }

    fn decide_openly(
        &self,
        sender: &Sender,
        command: &Command,
        line: Option<LineFact>,
    ) -> Result<Vec<Event>, Refusal> {
        use Command as C;
        match command {
            C::Join { code } => self.decide_join(sender, code.as_deref()),
            C::Leave {} => {
                self.seat(sender)?;
                Ok(self.vacate(sender.user, Event::Left { user: sender.user }))
            }
            C::Say {
                text,
                reply_to,
                mentions,
            } => self.decide_say(sender, text, *reply_to, mentions, line),
            C::Edit { text, line: seq } => self.decide_edit(sender, *seq, text, line),
            C::Retract { line: seq } => self.decide_retract(sender, *seq, line),
            C::React {
                line: seq,
                emoji,
                on,
            } => self.decide_react(sender, *seq, emoji, *on, line),
            C::Resend { line: seq, text } => self.decide_resend(sender, *seq, text, line),
            C::StopTurn { turn } => self.decide_stop(sender, *turn),
            C::Regenerate { turn } => self.decide_take_up(sender, *turn, Why::Again),
            C::Continue { turn } => self.decide_take_up(sender, *turn, Why::Onward),
            C::RaiseHand { up, user } => self.decide_hand(sender, *up, *user),
            C::Rename { title } => {
                self.must_moderate(sender)?;
                let title = text::title(title)?;
                Ok(if title == self.plan.title {
                    vec![]
                } else {
                    vec![Event::Renamed { title }]
                })
            }
            C::Start {} => {
                let mut events = self.decide_phase(sender, &[Phase::Lobby], Phase::Live)?;
                if let Some(scene) = self.plan.scene.as_ref().filter(|_| !events.is_empty()) {
                    events.extend(self.stage.open_scene(scene, sender.user));
                }
                Ok(events)
            }
            C::Pause {} => self.decide_phase(sender, &[Phase::Live], Phase::Paused),
            C::Unpause {} => self.decide_phase(sender, &[Phase::Paused], Phase::Live),
            C::End {} => {
                let before = [Phase::Lobby, Phase::Live, Phase::Paused];
                let ended = self.decide_phase(sender, &before, Phase::Ended)?;
                Ok(self.end_with_scene(ended))
            }
            C::Move { user, to } => {
                self.must_coach(sender)?;
                self.members.get(user).ok_or(Refusal::NoSuchMember)?;
                let (user, to) = (*user, *to);
                Ok(self.vacate(user, Event::Moved { user, to }))
            }
            C::Remove { user } => self.decide_remove(sender, *user),
            C::Mute {
                user,
                muted,
                minutes,
            } => self.decide_mute(sender, *user, *muted, *minutes),
            C::Ban { user } => self.decide_ban(sender, *user, true),
            C::Unban { user } => self.decide_ban(sender, *user, false),
            C::Report {
                line: seq,
                reason,
                note,
            } => self.decide_report(sender, *seq, *reason, note.as_deref(), line),
            C::Hide { line: seq } => self.decide_hiding(sender, *seq, true, line),
            C::Unhide { line: seq } => self.decide_hiding(sender, *seq, false, line),
            C::Invite { user } => {
                self.must_moderate(sender)?;
                if self.members.contains_key(user) {
                    return Err(Refusal::AlreadyAMember);
                }
                if self.banned.contains(user) {
                    return Err(Refusal::Banned);
                }
                Ok(if self.invited.contains(user) {
                    vec![]
                } else {
                    vec![Event::Invited { user: *user }]
                })
            }
            C::TakeOver { persona } => self.decide_take_over(sender, persona),
            C::SayAs { persona, text } => self.decide_say_as(sender, persona, text),
            C::HandBack {
                persona,
                note,
                heeds,
            } => self.decide_hand_back(sender, persona, note.as_deref(), heeds.as_deref()),
            C::Whisper { to, text, hint } => self.decide_whisper(sender, to, text, *hint),
            C::Direct {
                persona,
                text,
                heeds,
            } => self.decide_direct(sender, persona, text, heeds.as_deref()),
            C::Announce { text } => self.decide_announce(sender, text),
            C::Extend { minutes } => self.decide_extend(sender, *minutes),
        }
    }

    /// Takes an event in. Unknown members and repeated facts change nothing: a journal is history,
    /// and history does not fail.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Opened { plan } => {
                self.phase = if plan.lobby {
                    Phase::Lobby
                } else {
                    Phase::Live
                };
                self.plan = plan.clone();
            }
            Event::Joined { user, name, host } => {
                let hushed = self.hushed.remove(user);
                self.members.insert(
                    *user,
                    Seat {
                        name: name.clone(),
                        host: *host,
                        muted: hushed.is_some(),
                        muted_until: hushed.flatten(),
                        hand: None,
                    },
                );
            }
            Event::Left { user } | Event::Moved { user, .. } => {
                // Whoever held a seat may take it again, whatever the entry.
                let seat = self.members.remove(user);
                if seat.is_some() && self.plan.entry != Entry::Open {
                    self.invited.insert(*user);
                }
                if let Some(seat) = seat.filter(|seat| seat.muted) {
                    self.hushed.insert(*user, seat.muted_until);
                }
            }
            Event::HandRaised { user, up } => {
                if let Some(seat) = self.members.get_mut(user) {
                    self.hands_drawn += u64::from(*up);
                    seat.hand = up.then_some(self.hands_drawn);
                }
            }
            Event::Renamed { title } => self.plan.title.clone_from(title),
            Event::PhaseChanged { phase } => self.phase = *phase,
            Event::Removed { .. }
            | Event::Muted { .. }
            | Event::Banned { .. }
            | Event::Unbanned { .. } => self.evolve_order(event),
            Event::Invited { user } => {
                self.removed.remove(user);
                self.invited.insert(*user);
            }
            Event::TurnAsked { .. }
            | Event::TurnBegun { .. }
            | Event::TurnSteered { .. }
            | Event::TurnStopped { .. }
            | Event::Spoke { .. }
            | Event::SeatTaken { .. }
            | Event::SeatAsked { .. }
            | Event::SeatHandedBack { .. }
            | Event::Said { .. } => self.stage.evolve(event),
            Event::Directed { persona, text, .. } => self.evolve_directions(persona, text),
            Event::Extended { minutes } => {
                let scene = self.plan.scene.as_mut();
                if let Some(limit) = scene.and_then(|scene| scene.minutes.as_mut()) {
                    *limit = limit.saturating_add(*minutes);
                }
            }
            Event::SceneClosed {} => self.scene_closed = true,
            Event::PracticeFiled {} => self.practice_filed = true,
            Event::CriterionJudged { number, .. } => self.judged = *number,
            Event::Edited { .. }
            | Event::Retracted { .. }
            | Event::Reacted { .. }
            | Event::PracticeCompleted { .. }
            | Event::SkillScored { .. }
            | Event::ResultCorrected { .. }
            | Event::LineReported { .. }
            | Event::LineHeld { .. }
            | Event::LineHidden { .. }
            | Event::LineShown { .. }
            | Event::Whispered { .. }
            | Event::Announced { .. }
            | Event::Remarked { .. } => {}
        }
    }

    /// Whether somebody may look at the room at all: subscribe, read history. Opening a tab is not
    /// joining. An open room is open to the house; guests see what they were let into.
    pub fn may_watch(&self, who: Viewer) -> bool {
        if self.members.contains_key(&who.user) || who.role >= Role::Coach {
            return true;
        }
        let is_open = self.plan.entry == Entry::Open && !is_confined(who.role, who.guest);
        let is_barred = self.removed.contains(&who.user) || self.banned.contains(&who.user);
        !is_barred && (is_open || self.invited.contains(&who.user))
    }

    /// Whether somebody may moderate here: coaches and above, and whoever opened the room.
    pub fn moderates(&self, sender: &Sender) -> bool {
        sender.role >= Role::Coach || self.members.get(&sender.user).is_some_and(|seat| seat.host)
    }

    fn seat(&self, sender: &Sender) -> Result<&Seat, Refusal> {
        self.members.get(&sender.user).ok_or(Refusal::NotAMember)
    }

    fn must_moderate(&self, sender: &Sender) -> Result<(), Refusal> {
        if !self.moderates(sender) {
            return Err(if self.members.contains_key(&sender.user) {
                Refusal::Forbidden
            } else {
                Refusal::NotAMember
            });
        }
        if self.phase == Phase::Ended {
            Err(Refusal::RoomEnded)
        } else {
            Ok(())
        }
    }

    /// The target's seat, when the sender may act on it: a host's seat is moved only by a role.
    fn must_outrank(&self, sender: &Sender, target: UserId) -> Result<&Seat, Refusal> {
        let seat = self.members.get(&target).ok_or(Refusal::NoSuchMember)?;
        if target == sender.user || (seat.host && sender.role < Role::Coach) {
            return Err(Refusal::Forbidden);
        }
        Ok(seat)
    }

    fn may_speak(&self, sender: &Sender) -> Result<(), Refusal> {
        let seat = self.seat(sender)?;
        if sender.role == Role::Spectator {
            return Err(Refusal::Forbidden);
        }
        match self.phase {
            Phase::Ended => Err(Refusal::RoomEnded),
            Phase::Lobby | Phase::Paused if !self.moderates(sender) => Err(Refusal::NotLive),
            _ if seat.is_muted(sender.moment.at) => Err(Refusal::Muted),
            _ => Ok(()),
        }
    }

    fn decide_phase(
        &self,
        sender: &Sender,
        from: &[Phase],
        to: Phase,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_moderate(sender)?;
        if self.phase == to {
            return Ok(vec![]);
        }
        if from.contains(&self.phase) {
            Ok(vec![Event::PhaseChanged { phase: to }])
        } else {
            Err(Refusal::NotLive)
        }
    }
}
