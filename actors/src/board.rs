//! A leaderboard that somebody looks at now.
//!
//! - **owns** the order of one board in one window, and what each viewer was told of it
//! - **hears** sessions (watch, unwatch), what was committed, that it must be opened anew
//! - **tells** lanes: at most one message per lane and tick, with a frame for each viewer whose
//!   window was touched
//! - **capacity and overflow**: a mailbox of [`MAILBOX`]; whoever feeds it and finds it full asks for
//!   a new opening, which reads everything
//! - **on restart**: opened anew from the store under a new epoch; sessions watch again by themselves

mod opened;
pub mod peek;
mod seek;
mod show;
mod watch;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::audience::Viewer;
use ludus_domain::board::Tick;
use ludus_domain::board::viewer::View;
use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::{OrgId, SessionId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::refusal::Refusal;

use self::opened::Opened;
use self::peek::Peek;
use self::show::{Same, Showing};
pub use self::watch::{Unwatch, Watch};
use crate::asking::Asking;
use crate::bus::{Bus, Interest, Topic};
use crate::delivery::Link;
use crate::lane::{Lane, LaneId, Show};
use crate::metrics;
use crate::outbox::Frame;
use crate::ports::Clock;
use crate::report::bring_back;
use crate::standings::{Moved, OpenBoard, Standee, Standings, Value};

/// Messages that may wait.
pub const MAILBOX: usize = 4_096;
/// How long a board that nobody watches stays.
const IDLE: Duration = Duration::from_secs(30);
/// How often it looks whether its window has ended.
const LOOK: Duration = Duration::from_secs(1);
/// Openings follow one another no faster.
const REOPEN_AFTER: Duration = Duration::from_millis(500);
/// Watches kept while the board is being opened.
const EARLY_MAX: usize = 8_192;
/// What is kept of what is committed while the board is being opened; beyond it, it is opened again.
const HELD_MAX: usize = 65_536;

/// What every board needs.
#[derive(Clone, Debug)]
pub struct BoardPorts {
    pub standings: Arc<dyn Standings>,
    pub clock: Arc<dyn Clock>,
    /// The shortest time between two frames to a viewer.
    pub tick: Duration,
    /// Where gains of other nodes come from.
    pub bus: Arc<dyn Bus>,
}

/// What was committed.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Fed(pub Arc<Moved>);

/// Who stands here, by what name, in what window: something of it is not as it was.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Reopen;

/// Accounts that moved without being told of here: what they have now is read.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Sought(pub Arc<[UserId]>);

struct Looking {
    lane: LaneId,
    view: View,
    viewer: Viewer,
    /// It is being asked whether they still may; until then they are told nothing.
    is_doubted: bool,
}

/// Somebody who was not known when the board was opened.
#[derive(Clone, Copy)]
enum Asked {
    /// The store is being asked; this is the latest they have.
    Waiting(Value),
    DoesNotStandHere,
}

/// Whether the board is being read from the store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    No,
    /// In a moment: what makes it necessary comes in swarms.
    Soon,
    Now {
        /// Something changed while it was read.
        again: bool,
    },
}

/// The actor.
pub struct Board {
    org: OrgId,
    key: BoardKey,
    ports: BoardPorts,
    opened: Option<Opened>,
    opening: Opening,
    asking: Asking,
    early: Vec<Watch>,
    peeks: Vec<Peek>,
    looking: BTreeMap<SessionId, Looking>,
    /// How many of them are doubted.
    doubted: usize,
    lanes: HashMap<LaneId, Link<Lane>>,
    /// Came while the board was being opened.
    held: Vec<Arc<Moved>>,
    asked: HashMap<UserId, Asked>,
    is_ticking: bool,
    /// What happens in the org is heard for as long as the board runs.
    interest: Option<Interest>,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board")
            .field("key", &self.key)
            .field("viewers", &self.looking.len())
            .finish_non_exhaustive()
    }
}

impl Board {
    pub fn new(org: OrgId, key: BoardKey, ports: BoardPorts) -> Self {
        Self {
            org,
            key,
            ports,
            opened: None,
            opening: Opening::No,
            asking: Asking::default(),
            early: vec![],
            peeks: vec![],
            looking: BTreeMap::new(),
            doubted: 0,
            lanes: HashMap::new(),
            held: vec![],
            asked: HashMap::new(),
            is_ticking: false,
            interest: None,
        }
    }

    fn open(&mut self, ctx: &mut Context<Self>) {
        if let Opening::Now { again } = &mut self.opening {
            *again = true;
            return;
        }
        self.opening = Opening::Now { again: false };
        let answer = self.ports.standings.open(self.org, self.key.clone());
        bring_back(ctx, answer, |opened, board, ctx| {
            let again = board.opening == Opening::Now { again: true };
            board.opening = Opening::No;
            board.take_opening(opened, ctx);
            if again {
                board.open_soon(ctx);
            }
        });
    }

    /// Opens a board that was not yet.
    fn open_at_first(&mut self, ctx: &mut Context<Self>) {
        if self.opened.is_none() && self.opening == Opening::No {
            self.open(ctx);
        }
    }

    fn open_soon(&mut self, ctx: &mut Context<Self>) {
        match &mut self.opening {
            Opening::Soon => {}
            Opening::Now { again } => *again = true,
            Opening::No => {
                self.opening = Opening::Soon;
                ctx.run_later(REOPEN_AFTER, Self::open);
            }
        }
    }

    fn take_opening(&mut self, opened: Result<Option<OpenBoard>, Fault>, ctx: &mut Context<Self>) {
        let from = match opened {
            Ok(Some(from)) => from,
            Ok(None) => return self.give_up(Refusal::NotFound, ctx),
            Err(_) if self.opened.is_some() => {
                // What is shown is true, if old. It is asked for again until the store answers.
                return self.open_soon(ctx);
            }
            Err(_) => return self.give_up(Refusal::Unavailable, ctx),
        };
        self.opened = Some(Opened::build(from));
        self.answer_peeks();
        self.asked.clear();
        for moved in mem::take(&mut self.held) {
            self.take_moved(&moved, ctx);
        }
        for watch in mem::take(&mut self.early) {
            self.admit(watch, ctx);
        }
        self.look_over(ctx);
        // Everybody is told anew: their views know that the epoch is another.
        self.show();
    }

    fn give_up(&mut self, code: Refusal, ctx: &mut Context<Self>) {
        for watch in mem::take(&mut self.early) {
            watch.decline(code);
        }
        self.refuse_peeks(code);
        let everybody: Vec<SessionId> = self.looking.keys().copied().collect();
        for session in everybody {
            self.turn_away(session, code);
        }
        ctx.stop();
    }

    fn take_moved(&mut self, moved: &Arc<Moved>, ctx: &mut Context<Self>) {
        if matches!(self.opening, Opening::Now { .. }) {
            // What is read may have been read before this.
            self.hold(moved);
        }
        let Some(opened) = &mut self.opened else {
            return;
        };
        let Some(value) = opened.value_of(moved) else {
            return;
        };
        if !opened.from.standees.contains_key(&moved.user) {
            return self.ask_who(value, ctx);
        }
        self.take_value(value, ctx);
    }

    fn hold(&mut self, moved: &Arc<Moved>) {
        if self.held.len() < HELD_MAX {
            self.held.push(Arc::clone(moved));
        } else {
            self.held.clear();
            self.opening = Opening::Now { again: true };
        }
    }

    fn take_value(&mut self, value: Value, ctx: &mut Context<Self>) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        opened.take(value);
        if opened.machine.is_restless() && !self.is_ticking {
            self.is_ticking = true;
            ctx.run_later(self.ports.tick, |board, _| {
                board.is_ticking = false;
                board.show();
            });
        }
    }

    /// Somebody new has gained something: do they stand here, and by what name?
    fn ask_who(&mut self, value: Value, ctx: &mut Context<Self>) {
        let user = value.user;
        match self.asked.entry(user) {
            Entry::Occupied(mut asked) => {
                if let Asked::Waiting(latest) = asked.get_mut()
                    && latest.version < value.version
                {
                    *latest = value;
                }
                return;
            }
            Entry::Vacant(asked) => asked.insert(Asked::Waiting(value)),
        };
        let standings = &self.ports.standings;
        let who = standings.standee(self.org, self.key.clone(), user);
        bring_back(ctx, who, move |who, board, ctx| {
            board.take_standee(user, who, ctx);
        });
    }

    fn take_standee(
        &mut self,
        user: UserId,
        who: Result<Option<Standee>, Fault>,
        ctx: &mut Context<Self>,
    ) {
        let (Some(opened), Some(Asked::Waiting(value))) =
            (&mut self.opened, self.asked.remove(&user))
        else {
            // Opened anew meanwhile, with them or without.
            return;
        };
        match who {
            Ok(Some(standee)) => {
                opened.from.standees.insert(user, standee);
                self.take_value(value, ctx);
            }
            // Whoever comes to stand here later comes with a new opening.
            Ok(None) => {
                self.asked.insert(user, Asked::DoesNotStandHere);
            }
            Err(_) => self.open_soon(ctx),
        }
    }

    /// Tells everybody whose window was touched.
    fn show(&mut self) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        opened.machine.tick();
        let showing = Showing::new(&self.key, &opened.from);
        // Screens that show the same rows to nobody in particular share one frame.
        let mut shared: HashMap<(Same, Option<Tick>), Frame> = HashMap::new();
        let mut by_lane: HashMap<LaneId, Vec<(SessionId, Frame)>> = HashMap::new();
        for (session, looking) in &mut self.looking {
            if looking.is_doubted {
                continue;
            }
            let Some(change) = looking.view.look(&opened.machine) else {
                continue;
            };
            let shows = looking.view.shows();
            let frame = if change.own.is_none() && !showing.knows(looking.viewer) {
                shared
                    .entry((Same::of(shows), change.after))
                    .or_insert_with(|| showing.frame(None, looking.viewer, &change))
                    .clone()
            } else {
                showing.frame(None, looking.viewer, &change)
            };
            by_lane
                .entry(looking.lane)
                .or_default()
                .push((*session, frame));
        }
        for (lane, frames) in by_lane {
            metrics::board_frames(frames.len());
            let Some(link) = self.lanes.get(&lane) else {
                continue;
            };
            let show = Show {
                frames,
                refused: vec![],
            };
            if let Err((_, show)) = link.offer(show) {
                // They hear the whole of it with the next tick.
                for (session, _) in show.frames {
                    if let Some(looking) = self.looking.get_mut(&session) {
                        looking.view.forget();
                    }
                }
            }
        }
    }

    fn look_at_the_clock(&mut self, ctx: &mut Context<Self>) {
        let ends_at = self
            .opened
            .as_ref()
            .and_then(|opened| opened.from.about.ends_at);
        if ends_at.is_some_and(|ends_at| self.ports.clock.now() >= ends_at) {
            self.open(ctx);
        }
    }
}

impl Actor for Board {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        metrics::board_opened();
        self.interest = Some(self.ports.bus.want(Topic::Org(self.org)));
        // Nothing is read before somebody who may look is here: a made-up key costs nothing.
        ctx.run_interval(LOOK, Self::look_at_the_clock);
        ctx.run_interval(IDLE, |board, ctx| {
            if board.looking.is_empty() && board.early.is_empty() && board.asking.is_idle() {
                ctx.stop();
            }
            board.look_over(ctx);
        });
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.interest = None;
        metrics::board_closed();
    }
}

impl Handler<Fed> for Board {
    type Result = ();

    fn handle(&mut self, fed: Fed, ctx: &mut Self::Context) {
        self.take_moved(&fed.0, ctx);
    }
}

impl Handler<Reopen> for Board {
    type Result = ();

    fn handle(&mut self, _: Reopen, ctx: &mut Self::Context) {
        self.open_soon(ctx);
    }
}
