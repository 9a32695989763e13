//! A room on this node: the shell around [`ludus_domain::host::Host`].
//!
//! - **owns** the room's machine, the memory of its stream, who looks on
//! - **hears** sessions (commands, follows), the store (answers), the doorbell
//! - **tells** the journal what to write; lanes what was written
//! - **capacity and overflow**: a mailbox of [`MAILBOX`]; the asker is told `unavailable` at once
//! - **on restart**: built anew from the store by the directory; followers of the old one are
//!   closed with `insufficient_state` and resume

mod afar;
mod attach;
mod drafts;
mod message;
mod order;
mod parts;
mod practice;
mod remarks;
mod seats;
mod stage;
mod watchers;

use std::time::Duration;

use actix::prelude::*;
use ludus_domain::host::{Answer, Host, Pending, Todo};
use ludus_domain::ids::{CommandId, OrgId, RoomId, Seq};
use ludus_domain::journal::Fault;
use ludus_domain::presence::{Presence, TICK_MS};
use ludus_domain::protocol::{REPLAY_EVENTS_MAX, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{LineFact, Sender};
use ludus_domain::stream::StreamId;
use tracing::Span;

use self::attach::attachment;
pub(crate) use self::message::ENDED_RETRY_MS;
pub use self::message::{
    AnswerTo, Ask, AskedBy, Draft, Observe, OneShot, Overheard, Perform, Read, Share, Snapshot,
    Typing, Uttered, WayBack,
};
use crate::bus::Interest;
use crate::feed::{Feed, FollowRequest, Outgoing, Ring, Unfollow, ephemeral};
use crate::outbox::{Class, Frame, Key};
use crate::ports::{Ports, StoredRoom};
use crate::report::bring_back;
use crate::{metrics, trace};

/// Messages that may wait, from all sessions together.
pub const MAILBOX: usize = 8_192;
/// Events the memory is primed with: enough for who was away for a minute.
const TAIL: u32 = 200;
/// Events of one catch-up read.
const CATCH_UP: u32 = 500;
/// How long an actor that nobody needs stays.
const IDLE: Duration = Duration::from_mins(1);
/// How long an actor stays that found no room.
const LINGER: Duration = Duration::from_secs(5);
/// Pause before the store is asked again for what it could not read.
const AGAIN: Duration = Duration::from_millis(250);

/// The actor.
#[derive(Debug)]
pub struct Room {
    org: OrgId,
    id: RoomId,
    ports: Ports,
    /// `None` until the store has said what the room is.
    open: Option<Open>,
    /// Whether it is being asked.
    is_loading: bool,
    /// What came before that.
    early: Vec<Early>,
    is_ticking: bool,
    /// Asked of since the idle time began.
    was_asked: bool,
    idle_since: Option<SpawnHandle>,
    /// What other nodes tell of this room is heard for as long as it runs.
    interest: Option<Interest>,
}

#[derive(Debug)]
struct Open {
    host: Host<AnswerTo>,
    feed: Feed,
    presence: Presence,
    personas: stage::Personas,
    ending: practice::Ending,
    remarks: remarks::Remarks,
    seats: seats::Seats,
    watchers: watchers::Watchers,
    drafts: drafts::Drafts,
    shared: afar::Shared,
    traces: trace::Open,
}

#[derive(Debug)]
enum Early {
    Ask(Ask),
    Follow(FollowRequest),
}

/// Messages kept while the room is being loaded: a crowd at its door asks twice each, to come in and
/// to follow. Past it the asker is refused.
const EARLY_MAX: usize = MAILBOX;

impl Room {
    pub fn new(org: OrgId, id: RoomId, ports: Ports) -> Self {
        Self {
            org,
            id,
            ports,
            open: None,
            is_loading: false,
            early: vec![],
            is_ticking: false,
            was_asked: false,
            idle_since: None,
            interest: None,
        }
    }

    fn stream(&self) -> StreamId {
        StreamId::Room(self.id)
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        self.is_loading = true;
        let answer = self.ports.archive.room(self.org, self.id, TAIL);
        bring_back(ctx, answer, |stored, room, ctx| room.loaded(stored, ctx));
    }

    fn loaded(&mut self, stored: Result<Option<StoredRoom>, Fault>, ctx: &mut Context<Self>) {
        self.is_loading = false;
        match stored {
            Ok(Some(stored)) => {
                let floor = Seq(stored.head.0 - stored.tail.len() as u64);
                let mut feed = Feed::new(self.org, self.stream(), stored.epoch, floor);
                let mut host = Host::new(
                    self.org,
                    self.id,
                    stored.epoch,
                    stored.head,
                    stored.guard,
                    stored.state,
                );
                host.prime(&stored.tail);
                feed.record(stored.tail, &mut Outgoing::default());
                self.open = Some(Open {
                    host,
                    feed,
                    presence: Presence::default(),
                    personas: stage::Personas::default(),
                    ending: practice::Ending::default(),
                    remarks: remarks::Remarks::default(),
                    seats: seats::Seats::default(),
                    watchers: watchers::Watchers::default(),
                    drafts: drafts::Drafts::default(),
                    shared: afar::Shared::default(),
                    traces: trace::Open::default(),
                });
                self.cue(ctx);
                self.mind_scene(ctx);
                self.mind_seats(ctx);
                metrics::room_opened();
                for early in std::mem::take(&mut self.early) {
                    match early {
                        Early::Ask(ask) => self.ask(ask, ctx),
                        Early::Follow(follow) => self.follow(follow, ctx),
                    }
                }
                self.rest(ctx);
            }
            Ok(None) => self.refuse_all(Refusal::NotFound, None, ctx),
            Err(_) => self.refuse_all(Refusal::Unavailable, Some(1_000), ctx),
        }
    }

    /// There is no room here, or it cannot be read: everybody who waits is told. It does not end at
    /// once: what is in its mailbox by then would never be answered. Whoever comes next has the
    /// store asked again.
    fn refuse_all(&mut self, code: Refusal, retry_after_ms: Option<u32>, ctx: &mut Context<Self>) {
        let mut feed = Feed::new(
            self.org,
            self.stream(),
            ludus_domain::ids::Epoch(0),
            Seq::ZERO,
        );
        let mut out = Outgoing::default();
        for early in std::mem::take(&mut self.early) {
            match early {
                Early::Ask(ask) => {
                    let to = way_back(&mut feed, ask.to);
                    answer(
                        &mut out,
                        &to,
                        ask.id,
                        Answer::Nack {
                            code,
                            retry_after_ms,
                        },
                    );
                }
                Early::Follow(request) => feed.decline(&request.taken(), code, retry_after_ms),
            }
        }
        feed.send(out);
        ctx.run_later(LINGER, |room, ctx| {
            if room.open.is_none() && !room.is_loading && room.early.is_empty() {
                ctx.stop();
            }
        });
    }

    fn ask(&mut self, ask: Ask, ctx: &mut Context<Self>) {
        let Some(open) = &mut self.open else {
            return self.keep(Early::Ask(ask), ctx);
        };
        self.was_asked = true;
        open.traces.begin(ask.id, &ask.trace);
        let _traced = ask.trace.clone().entered();
        let moment = order::moment(&self.ports, self.org, &ask);
        let to = way_back(&mut open.feed, ask.to);
        let roster = self.ports.rosters.of(self.org);
        let role = roster.role_in(open.host.room(), ask.sender.viewer());
        let sender = Sender {
            role,
            moment,
            ..ask.sender
        };
        let mut command = ask.command;
        if let Some(stage) = &self.ports.stage {
            let library = stage.libraries.now(self.org);
            stage::heed(&mut command, &library, open.host.room());
        }
        let todo = open.host.command(Pending {
            to,
            sender,
            id: ask.id,
            order: command.into(),
        });
        self.perform(todo, ctx);
    }

    fn follow(&mut self, request: FollowRequest, ctx: &mut Context<Self>) {
        let is_silent = self.policies().silent_supervision;
        let Some(open) = &mut self.open else {
            return self.keep(Early::Follow(request), ctx);
        };
        let mut follow = request.taken();
        let Open {
            host,
            feed,
            presence,
            personas,
            shared,
            watchers,
            ..
        } = open;
        let roster = self.ports.rosters.of(self.org);
        follow.viewer = roster.viewer_in(host.room(), follow.viewer);
        if !host.room().may_watch(follow.viewer) {
            // Said like this whether or not it exists: a room one may not see is no room.
            return feed.decline(&follow, Refusal::NotFound, None);
        }
        let is_coach = follow.viewer.role >= Role::Coach;
        let is_seated = host.room().members.contains_key(&follow.viewer.user);
        if is_coach {
            watchers.arrive(follow.session, follow.viewer.user, &follow.name);
        }
        if is_seated || !is_coach || !is_silent {
            presence.arrive(follow.session, follow.viewer.user, &follow.name);
        }
        shared.changed();
        let id = self.id;
        let read = feed.follow(follow, |follow| {
            attachment(id, host, (presence, personas, watchers), follow)
        });
        self.read_for_followers(read, ctx);
        self.tick_soon(ctx);
    }

    fn keep(&mut self, early: Early, ctx: &mut Context<Self>) {
        if self.early.len() < EARLY_MAX {
            self.early.push(early);
            if !self.is_loading {
                self.load(ctx);
            }
            return;
        }
        let mut feed = Feed::new(
            self.org,
            self.stream(),
            ludus_domain::ids::Epoch(0),
            Seq::ZERO,
        );
        let mut out = Outgoing::default();
        match early {
            Early::Ask(ask) => {
                let to = way_back(&mut feed, ask.to);
                let nack = Answer::Nack {
                    code: Refusal::Unavailable,
                    retry_after_ms: Some(500),
                };
                answer(&mut out, &to, ask.id, nack);
            }
            Early::Follow(request) => {
                feed.decline(&request.taken(), Refusal::Unavailable, Some(500));
            }
        }
        feed.send(out);
    }

    fn read_for_followers(&self, from: Option<Seq>, ctx: &mut Context<Self>) {
        let Some(after) = from else { return };
        let limit = u32::try_from(REPLAY_EVENTS_MAX).unwrap_or(u32::MAX);
        let answer = self
            .ports
            .archive
            .events(self.org, self.stream(), after, limit);
        bring_back(ctx, answer, |events, room, ctx| {
            let id = room.id;
            let Some(Open {
                host,
                feed,
                presence,
                personas,
                watchers,
                ..
            }) = &mut room.open
            else {
                return;
            };
            let next = feed.read(events.ok(), |follow| {
                attachment(id, host, (presence, personas, watchers), follow)
            });
            // Assignments may have changed while the store was read.
            room.reconsider(ctx);
            room.read_for_followers(next, ctx);
        });
    }

    /// The only place with side effects.
    fn perform(&mut self, todo: Vec<Todo<AnswerTo>>, ctx: &mut Context<Self>) {
        if todo.is_empty() {
            return;
        }
        let Some(open) = &mut self.open else { return };
        let mut out = Outgoing::default();
        let (mut is_stage_moved, mut is_seat_moved) = (false, false);
        let mut published = 0;
        for todo in todo {
            match todo {
                Todo::Append(append) => {
                    let trace = open.traces.of(&append);
                    let written = trace.in_scope(|| self.ports.journal.append(append));
                    bring_back(ctx, written, move |result, room, ctx| {
                        let _traced = trace.entered();
                        let todo = room.open.as_mut().map(|open| open.host.appended(result));
                        room.perform(todo.unwrap_or_default(), ctx);
                    });
                }
                Todo::Recall(seq) => {
                    let found = self.ports.archive.line(self.org, self.id, seq);
                    bring_back(
                        ctx,
                        found,
                        move |result: Result<Option<LineFact>, Fault>, room, ctx| {
                            let todo = room
                                .open
                                .as_mut()
                                .map(|open| open.host.recalled(seq, result));
                            room.perform(todo.unwrap_or_default(), ctx);
                        },
                    );
                }
                Todo::CatchUp { after } => {
                    let events = self.ports.archive.events(
                        self.org,
                        StreamId::Room(self.id),
                        after,
                        CATCH_UP,
                    );
                    let unhurried = async move {
                        let events = events.await;
                        if events.is_err() {
                            tokio::time::sleep(AGAIN).await;
                        }
                        events
                    };
                    bring_back(ctx, unhurried, |events, room, ctx| {
                        let todo = room.open.as_mut().map(|open| open.host.caught_up(events));
                        room.perform(todo.unwrap_or_default(), ctx);
                    });
                }
                Todo::Publish(events) => {
                    parts::note(&events, open, &self.ports.rosters.of(self.org), &mut out);
                    open.drafts.published(&events);
                    is_seat_moved |= seats::Seats::is_moved(&events);
                    is_stage_moved |= open.personas.published(&events);
                    open.ending.published(&events);
                    open.remarks.published(&events);
                    published += events.len();
                    metrics::events_published(events.len());
                    self.ports.desks.heard(self.org, self.id, &events);
                    open.feed.record(events, &mut out);
                }
                Todo::Answer {
                    to,
                    id,
                    answer: said,
                } => {
                    open.remarks.answered(&said);
                    open.traces.end(id);
                    answer(&mut out, &to, id, said);
                }
            }
        }
        let now = self.ports.clock.now();
        let is_published = published > 0;
        let trace = if is_published {
            trace::deliver(published)
        } else {
            Span::none()
        };
        for (session, user) in trace.in_scope(|| open.feed.send(out)) {
            open.depart(session, user, now);
        }
        if is_stage_moved {
            self.cue(ctx);
        }
        if is_published {
            self.mind_scene(ctx);
            self.mind_remarks(ctx);
        }
        if is_seat_moved {
            self.mind_seats(ctx);
        }
        self.tick_soon(ctx);
    }

    fn tick_soon(&mut self, ctx: &mut Context<Self>) {
        self.tell_watched();
        let is_restless = self
            .open
            .as_ref()
            .is_some_and(|open| open.presence.is_restless() || open.shared.is_due());
        if self.is_ticking || !is_restless {
            return;
        }
        self.is_ticking = true;
        ctx.run_later(Duration::from_millis(TICK_MS), |room, ctx| {
            room.is_ticking = false;
            room.share_presence();
            let now = room.ports.clock.now();
            let Some(open) = &mut room.open else { return };
            if let Some(change) = open.presence.tick(now) {
                // Changes add up, so they stay in order with each other; a count alone replaces the last.
                let class = if change.came.is_empty() && change.went.is_empty() {
                    Class::Latest(Key::Presence(room.id))
                } else {
                    Class::Durable
                };
                let frame = Frame::encode(
                    class,
                    &ServerFrame::Presence {
                        room: room.id,
                        change,
                    },
                );
                let out = Outgoing {
                    packets: vec![ephemeral(frame, None)],
                    ..Outgoing::default()
                };
                open.feed.send(out);
            }
            room.tick_soon(ctx);
        });
    }

    /// Ends the actor when nobody has needed it for a while.
    fn rest(&mut self, ctx: &mut Context<Self>) {
        if let Some(handle) = self.idle_since.take() {
            ctx.cancel_future(handle);
        }
        let is_followed = |room: &Self| {
            let open = room.open.as_ref();
            open.is_some_and(|open| open.feed.has_followers())
        };
        if is_followed(self) {
            return;
        }
        self.was_asked = false;
        self.idle_since = Some(ctx.run_later(IDLE, move |room, ctx| {
            room.idle_since = None;
            let open = room.open.as_ref();
            let is_asked = room.was_asked
                || open.is_some_and(|open| {
                    open.host.unanswered() > 0
                        || open.is_on_stage()
                        || open.awaits_end()
                        || open.holds_seats()
                });
            if is_asked {
                room.rest(ctx);
            } else if !is_followed(room) {
                // What comes into the mailbox from here on is answered by being dropped.
                ctx.stop();
            }
        }));
    }
}

fn way_back(feed: &mut Feed, asked_by: AskedBy) -> AnswerTo {
    match asked_by {
        AskedBy::Session(back) => {
            let (session, lane) = back.taken();
            let lane = feed.owe(&lane);
            AnswerTo::Session { session, lane }
        }
        AskedBy::Once(once) => AnswerTo::Once(once),
    }
}

fn answer(out: &mut Outgoing, to: &AnswerTo, id: CommandId, answer: Answer) {
    metrics::answered(&answer);
    match to {
        AnswerTo::Once(once) => once.send(answer),
        AnswerTo::Session { session, lane } => {
            let frame = match answer {
                Answer::Ack { seq, count, dup } => ServerFrame::Ack {
                    id,
                    seq,
                    count,
                    dup,
                },
                Answer::Nack {
                    code,
                    retry_after_ms,
                } => ServerFrame::nack(Some(id), code, retry_after_ms),
            };
            out.answers
                .entry(*lane)
                .or_default()
                .push((*session, Frame::encode(Class::Control, &frame)));
        }
    }
}

impl Actor for Room {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.interest = Some(self.ports.bus.want(self.topic()));
        self.repeat_presence(ctx);
        self.load(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.interest = None;
        if let Some(open) = self.open.take() {
            open.personas.leave();
            metrics::room_closed();
        }
    }
}

impl Handler<Ask> for Room {
    type Result = ();

    fn handle(&mut self, ask: Ask, ctx: &mut Self::Context) {
        self.ask(ask, ctx);
    }
}

impl Handler<FollowRequest> for Room {
    type Result = ();

    fn handle(&mut self, request: FollowRequest, ctx: &mut Self::Context) {
        self.follow(request, ctx);
        self.rest(ctx);
    }
}

impl Handler<Unfollow> for Room {
    type Result = ();

    fn handle(&mut self, unfollow: Unfollow, ctx: &mut Self::Context) {
        let now = self.ports.clock.now();
        self.early
            .retain(|early| !matches!(early, Early::Follow(request) if request.is_of(unfollow.0)));
        if let Some(open) = &mut self.open
            && let Some(user) = open.feed.forget(unfollow.0)
        {
            open.depart(unfollow.0, user, now);
        }
        self.tick_soon(ctx);
        self.rest(ctx);
    }
}

impl Handler<Read> for Room {
    type Result = ();

    fn handle(&mut self, read: Read, ctx: &mut Self::Context) {
        let Some(open) = &self.open else { return };
        if open.host.room().members.contains_key(&read.user) {
            let seq = read.seq.min(open.host.head());
            let done = self
                .ports
                .archive
                .mark_read(self.org, self.id, read.user, seq);
            // Losing a read position is no loss: the next one says more.
            bring_back(ctx, done, |_, _, _| ());
        }
    }
}

impl Handler<Ring> for Room {
    type Result = ();

    fn handle(&mut self, _: Ring, ctx: &mut Self::Context) {
        let todo = self
            .open
            .as_mut()
            .map(|open| open.host.doorbell(open.host.head().next()));
        self.perform(todo.unwrap_or_default(), ctx);
    }
}

impl Handler<Observe> for Room {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.open.as_ref().map(|open| Snapshot {
            head: open.host.head(),
            guard: open.host.guard(),
            members: open.host.room().members.len(),
            followers: open.feed.follower_count(),
            unanswered: open.host.unanswered(),
        }))
    }
}
