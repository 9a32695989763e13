//! A persona in a room: the shell around [`ludus_domain::turn::Player`].
//!
//! - **owns** the player, and the one answer it is asking for
//! - **hears** its room (what is open), the model (pieces), the store (what was kept)
//! - **tells** its room what it says, begins and hands in; the store what is to be kept
//! - **capacity and overflow**: cues come one per committed event of the stage, each replacing the
//!   last; a room that is too full to hear is asked again, and text it missed comes with the whole
//! - **on restart**: its room starts a new one with what is open; that finds what was kept

mod compose;
mod message;

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::host::Answer;
use ludus_domain::ids::{OrgId, RoomId, Seq, TurnId};
use ludus_domain::persona::offline::Ended;
use ludus_domain::prompt::Guard;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Act, Scene, SceneNotes, TurnEnd};
use ludus_domain::slug::PersonaId;
use ludus_domain::turn::{Do, Player};
use tracing::Span;

use self::compose::{Composed, Composing};
pub use self::message::{Cue, Curtain};
use crate::delivery::Link;
use crate::llm::{Finish, LlmFault, OFFLINE, Piece};
use crate::ports::{Archive, Clock};
use crate::report::bring_back;
use crate::room::{OneShot, Perform, Room, Uttered};
use crate::stage::{Bill, StagePorts};
use crate::{metrics, trace};

/// Cues that may wait. Each replaces the one before it.
const MAILBOX: usize = 1_024;

/// The actor.
#[derive(Debug)]
pub struct Persona {
    org: OrgId,
    room_id: RoomId,
    id: PersonaId,
    scene: Arc<Scene>,
    stage: Arc<StagePorts>,
    archive: Arc<dyn Archive>,
    clock: Arc<dyn Clock>,
    room: Link<Room>,
    player: Player,
    head: Seq,
    directions: Vec<String>,
    answer: Option<Coming>,
    timer: Option<SpawnHandle>,
    /// From the first cue with something open until there is nothing.
    trace: Span,
}

/// An answer that is asked for.
#[derive(Debug)]
struct Coming {
    turn: TurnId,
    attempt: u8,
    /// `None` while the question is put together.
    stream: Option<SpawnHandle>,
    guard: Option<Guard>,
    /// How the scene ends with this answer: for the engine that composed it to say.
    ended: Option<Ended>,
    notes: SceneNotes,
    trace: Span,
}

/// A piece of a certain attempt: one that was given up may still have some in the mailbox.
struct Heard {
    turn: TurnId,
    attempt: u8,
    piece: Piece,
}

impl Persona {
    pub fn new(
        (org, room_id): (OrgId, RoomId),
        id: PersonaId,
        scene: Arc<Scene>,
        stage: Arc<StagePorts>,
        (archive, clock): (Arc<dyn Archive>, Arc<dyn Clock>),
        room: Addr<Room>,
    ) -> Self {
        Self {
            org,
            room_id,
            id,
            scene,
            stage,
            archive,
            clock,
            room: Link::new(room),
            player: Player::default(),
            head: Seq::ZERO,
            directions: vec![],
            answer: None,
            timer: None,
            trace: Span::none(),
        }
    }

    /// The only place with side effects.
    fn perform(&mut self, todo: Vec<Do>, ctx: &mut Context<Self>) {
        for todo in todo {
            match todo {
                Do::Act(act) => self.act(act, ctx),
                Do::Compose { turn, attempt } => self.compose(turn, attempt, ctx),
                Do::Abort => self.abort(ctx),
                Do::Tell {
                    turn,
                    attempt,
                    from,
                    text,
                } => {
                    let uttered = Uttered {
                        persona: self.id.clone(),
                        turn,
                        attempt,
                        from,
                        text,
                    };
                    // A room that is too full for this hears the whole at the end.
                    self.room.tell(uttered).ok();
                }
                Do::Keep {
                    turn,
                    attempt,
                    text,
                } => {
                    let kept = self
                        .stage
                        .turns
                        .keep(self.org, self.room_id, turn, attempt, text);
                    bring_back(ctx, kept, move |kept, persona, ctx| {
                        // A store that is away says nothing about whose turn it is.
                        let is_ours = kept.unwrap_or(true);
                        let now = persona.clock.now();
                        let todo = persona.player.kept(turn, attempt, is_ours, now);
                        persona.perform(todo, ctx);
                    });
                }
                Do::Look { turn } => {
                    let kept = self.stage.turns.kept(self.org, self.room_id, turn);
                    bring_back(ctx, kept, move |kept, persona, ctx| {
                        let now = persona.clock.now();
                        let todo = persona.player.looked(turn, kept.ok().flatten(), now);
                        persona.perform(todo, ctx);
                    });
                }
            }
        }
        self.set_timer(ctx);
    }

    fn act(&mut self, act: Act, ctx: &mut Context<Self>) {
        let (to, answer) = OneShot::new();
        let id = act.id(self.room_id, self.stage.node);
        let busy = Answer::Nack {
            code: Refusal::Unavailable,
            retry_after_ms: None,
        };
        let perform = Perform {
            id,
            act: act.clone(),
            to,
        };
        let is_told = self.room.tell(perform).is_ok();
        let answered = async move {
            if is_told {
                answer.await.unwrap_or(busy)
            } else {
                busy
            }
        };
        bring_back(ctx, answered, move |answer, persona, ctx| {
            let now = persona.clock.now();
            let todo = match act {
                Act::Begin { turn, attempt, .. } => {
                    persona.player.begun(turn, attempt, answer, now)
                }
                Act::Finish { turn, end, .. } => {
                    if matches!(answer, Answer::Ack { dup: false, .. }) {
                        metrics::turn_ended(end);
                    }
                    persona.player.finished(turn, answer, now)
                }
                Act::CloseScene {}
                | Act::File { .. }
                | Act::Judge { .. }
                | Act::Release { .. }
                | Act::Remark { .. } => vec![],
            };
            persona.perform(todo, ctx);
        });
    }

    fn compose(&mut self, turn: TurnId, attempt: u8, ctx: &mut Context<Self>) {
        self.abort(ctx);
        let Some(open) = self.player.turn(turn) else {
            return;
        };
        self.answer = Some(Coming {
            turn,
            attempt,
            stream: None,
            guard: None,
            ended: None,
            notes: SceneNotes::default(),
            trace: trace::model(&self.trace),
        });
        let composing = Composing {
            org: self.org,
            room: self.room_id,
            persona: self.id.clone(),
            scene: Arc::clone(&self.scene),
            turn,
            open: open.clone(),
            head: self.head,
            directions: self.directions.clone(),
            stage: Arc::clone(&self.stage),
            archive: Arc::clone(&self.archive),
        };
        bring_back(ctx, composing.compose(), move |composed, persona, ctx| {
            persona.composed(turn, attempt, composed, ctx);
        });
    }

    /// The question is put together: asks it.
    fn composed(
        &mut self,
        turn: TurnId,
        attempt: u8,
        composed: Option<Composed>,
        ctx: &mut Context<Self>,
    ) {
        let Some(coming) = self
            .answer
            .as_mut()
            .filter(|coming| (coming.turn, coming.attempt) == (turn, attempt))
        else {
            return;
        };
        let Some(composed) = composed else {
            self.over(TurnEnd::Failed, ctx);
            return;
        };
        let running = self.stage.llm.start(composed.ask);
        coming.guard = Some(composed.guard);
        // Where a model plays, the engine listens; how the scene ends is the model's to play.
        let mut notes = composed.notes;
        coming.ended = notes.ended.take();
        coming.notes = notes.clone();
        self.player.noted(notes);
        coming.stream = Some(
            ctx.add_stream(futures_util::StreamExt::map(running, move |piece| Heard {
                turn,
                attempt,
                piece,
            })),
        );
    }

    fn abort(&mut self, ctx: &mut Context<Self>) {
        // Dropping the stream ends the request upstream.
        if let Some(stream) = self.answer.take().and_then(|coming| coming.stream) {
            ctx.cancel_future(stream);
        }
    }

    /// The answer is over, well or not.
    fn over(&mut self, end: TurnEnd, ctx: &mut Context<Self>) {
        let Some(coming) = self.answer.take() else {
            return;
        };
        if let Some(stream) = coming.stream {
            ctx.cancel_future(stream);
        }
        let todo = self.player.ended(end, self.clock.now());
        self.perform(todo, ctx);
    }

    fn set_timer(&mut self, ctx: &mut Context<Self>) {
        if let Some(timer) = self.timer.take() {
            ctx.cancel_future(timer);
        }
        let Some(wait_ms) = self.player.wait_ms(self.clock.now()) else {
            return;
        };
        self.timer = Some(
            ctx.run_later(Duration::from_millis(wait_ms), |persona, ctx| {
                persona.timer = None;
                if !persona.room.is_connected() {
                    return ctx.stop();
                }
                let todo = persona.player.tick(persona.clock.now());
                persona.perform(todo, ctx);
            }),
        );
    }

    fn heard(&mut self, piece: Piece, ctx: &mut Context<Self>) {
        let Some(coming) = &mut self.answer else {
            return;
        };
        match piece {
            Piece::Begun { provider, model } => {
                coming.trace.record("provider", provider.as_str());
                coming.trace.record("model", model.as_str());
                if provider == OFFLINE {
                    self.player.noted(SceneNotes {
                        ended: coming.ended,
                        ..coming.notes.clone()
                    });
                }
                self.player.engine(if model.is_empty() {
                    provider
                } else {
                    format!("{provider}/{model}")
                });
            }
            Piece::Text(text) => {
                let Some(guard) = &mut coming.guard else {
                    return;
                };
                match guard.push(&text) {
                    Ok(passed) => {
                        let todo = self.player.piece(&passed, self.clock.now());
                        self.perform(todo, ctx);
                    }
                    Err(_) => self.over(TurnEnd::Withheld, ctx),
                }
            }
            Piece::Ended(ended) => {
                let rest = coming.guard.take().map_or(Ok(String::new()), Guard::finish);
                let Ok(rest) = rest else {
                    return self.over(TurnEnd::Withheld, ctx);
                };
                let todo = self.player.piece(&rest, self.clock.now());
                self.perform(todo, ctx);
                let end = self.end_of(ended, ctx);
                self.over(end, ctx);
            }
        }
    }

    fn end_of(
        &self,
        ended: Result<crate::llm::Done, LlmFault>,
        ctx: &mut Context<Self>,
    ) -> TurnEnd {
        match ended {
            Ok(done) => {
                let end = match done.finish {
                    Finish::Length => TurnEnd::Cut,
                    Finish::Stop | Finish::Other => TurnEnd::Done,
                };
                if let Some(coming) = &self.answer {
                    let bill = Bill {
                        provider: done.provider,
                        model: done.model,
                        usage: done.usage,
                        cost_micro: done.cost_micro,
                        first_token_ms: done.first_token_ms,
                        total_ms: done.total_ms,
                    };
                    let turns = &self.stage.turns;
                    let billed = turns.bill(self.org, self.room_id, coming.turn, bill);
                    bring_back(ctx, billed, |_, _: &mut Self, _| ());
                }
                end
            }
            Err(fault) => {
                tracing::warn!(fault = fault.label(), "a persona's answer broke off");
                match fault {
                    LlmFault::Filtered => TurnEnd::Withheld,
                    _ if self.player.has_spoken() => TurnEnd::Broken,
                    _ => TurnEnd::Failed,
                }
            }
        }
    }
}

impl Actor for Persona {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Cue> for Persona {
    type Result = ();

    fn handle(&mut self, cue: Cue, ctx: &mut Self::Context) {
        if cue.open.is_empty() {
            self.trace = Span::none();
        } else if self.trace.is_disabled() {
            self.trace = cue.trace.in_scope(trace::turn);
        }
        self.head = cue.head;
        self.directions = cue.directions;
        let todo = self.player.cue(cue.open, self.clock.now());
        self.perform(todo, ctx);
    }
}

impl Handler<Curtain> for Persona {
    type Result = ();

    fn handle(&mut self, _: Curtain, ctx: &mut Self::Context) {
        self.abort(ctx);
        ctx.stop();
    }
}

impl StreamHandler<Heard> for Persona {
    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        let is_wanted = self
            .answer
            .as_ref()
            .is_some_and(|coming| (coming.turn, coming.attempt) == (heard.turn, heard.attempt));
        if is_wanted {
            self.heard(heard.piece, ctx);
        }
    }

    /// The end of an answer is not the end of the persona.
    fn finished(&mut self, _: &mut Self::Context) {}
}
