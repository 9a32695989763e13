//! The desk of a cohort that some coach looks at now.
//!
//! - **owns** what is known of everybody in one cohort, and what each coach was told of it
//! - **hears** sessions (watch, unwatch), rooms (what was committed), accounts, that it should look anew, other
//!   nodes (who is there)
//! - **tells** lanes: at most one message per lane and tick, with one frame shared by everybody who has
//!   the same; the store, what is to be raised; other nodes, that it wants to know who is there
//! - **capacity and overflow**: a mailbox of [`MAILBOX`]; what does not fit is read from the store at
//!   the next glance, within a second
//! - **on restart**: opened anew from the store under a new epoch; sessions watch again by themselves

mod attendance;
mod follow;
mod hall;
mod roll;
mod show;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::audience::Viewer;
use ludus_domain::board::Tick;
use ludus_domain::desk::totals::DeskTotals;
use ludus_domain::desk::{Access, Desk as Machine, TICK_MS};
use ludus_domain::ids::{CohortId, Epoch, OrgId, RoomId, SessionId};
use ludus_domain::journal::{Fault, Recorded};
use ludus_domain::refusal::Refusal;

pub use self::attendance::Attendance;
use self::roll::Elsewhere;
pub use self::roll::OnRoll;
pub use self::watch::{UnwatchDesk, WatchDesk};
use crate::asking::Asking;
use crate::bus::Bus;
use crate::coaching::{Coaching, OpenDesk};
use crate::delivery::Link;
use crate::lane::{Lane, LaneId};
use crate::metrics;
use crate::ports::{Archive, Clock};
use crate::report::bring_back;
use crate::standings::Moved;

/// Messages that may wait.
pub const MAILBOX: usize = 4_096;
/// How long a desk that nobody looks at stays.
const IDLE: Duration = Duration::from_secs(30);
/// How often it looks whether what it knows is all there is.
const GLANCE: Duration = Duration::from_secs(1);
/// How often it reads who is in the cohort, and asks again who may look.
const REREAD: Duration = Duration::from_secs(15);
/// How often the numbers of the cohort as a whole are looked at.
const COUNT: Duration = Duration::from_secs(10);
/// How long a desk may take to open. Whoever waits is told to come again.
const OPEN_WITHIN: Duration = Duration::from_secs(15);
/// Coaches who may wait for a desk that is being opened.
const EARLY_MAX: usize = 256;

/// What every desk needs.
#[derive(Clone, Debug)]
pub struct DeskPorts {
    pub coaching: Arc<dyn Coaching>,
    pub archive: Arc<dyn Archive>,
    pub clock: Arc<dyn Clock>,
    pub attendance: Arc<Attendance>,
    pub bus: Arc<dyn Bus>,
}

impl DeskPorts {
    /// What was committed in a room, for the desks that follow it.
    pub(crate) fn heard(&self, org: OrgId, room: RoomId, events: &[Recorded]) {
        self.attendance.heard(org, room, events);
    }
}

/// What was committed in a room.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Heard {
    pub room: RoomId,
    pub events: Arc<[Recorded]>,
}

/// What an account gained.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Gained(pub Arc<Moved>);

/// Something of the cohort, or of its alerts, is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub enum Look {
    /// What became of alerts, and who sits where.
    Glance,
    /// Who learns in it, and who coaches it, too.
    Anew,
}

struct Looking {
    lane: LaneId,
    viewer: Viewer,
    access: Access,
    /// All up to here was sent; `None`: what comes next is everything.
    at: Option<(Epoch, Tick)>,
}

/// A desk that is open.
struct Opened {
    about: OpenDesk,
    machine: Machine,
    /// What was last told of the cohort as a whole.
    totals: DeskTotals,
    /// The first glance, and the rooms it found, were read.
    is_ready: bool,
}

/// The actor.
pub struct Desk {
    org: OrgId,
    cohort: CohortId,
    ports: DeskPorts,
    opened: Option<Opened>,
    is_opening: bool,
    is_glancing: bool,
    early: Vec<(WatchDesk, Access)>,
    asking: Asking,
    looking: BTreeMap<SessionId, Looking>,
    lanes: HashMap<LaneId, Link<Lane>>,
    /// Rooms that are to be read, and how many are being.
    wanted: BTreeSet<RoomId>,
    reading: usize,
    /// Rooms of which something was missed that is being read.
    catching_up: BTreeSet<RoomId>,
    elsewhere: Elsewhere,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("cohort", &self.cohort)
            .field("coaches", &self.looking.len())
            .finish_non_exhaustive()
    }
}

impl Desk {
    pub fn new(org: OrgId, cohort: CohortId, ports: DeskPorts) -> Self {
        Self {
            org,
            cohort,
            ports,
            opened: None,
            is_opening: false,
            is_glancing: false,
            early: vec![],
            asking: Asking::default(),
            looking: BTreeMap::new(),
            lanes: HashMap::new(),
            wanted: BTreeSet::new(),
            reading: 0,
            catching_up: BTreeSet::new(),
            elsewhere: Elsewhere::default(),
        }
    }

    fn is_ready(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.is_ready)
    }

    /// Opens a desk that was not yet. Nothing is read before somebody who may look is here.
    fn open_at_first(&mut self, ctx: &mut Context<Self>) {
        if self.opened.is_none() && !self.is_opening {
            self.read_cohort(ctx);
            ctx.run_later(OPEN_WITHIN, |desk, ctx| {
                if !desk.is_ready() {
                    desk.give_up(Refusal::Unavailable, ctx);
                }
            });
        }
    }

    /// Reads who is in the cohort.
    fn read_cohort(&mut self, ctx: &mut Context<Self>) {
        if mem::replace(&mut self.is_opening, true) {
            return;
        }
        let read = self.ports.coaching.open(self.org, self.cohort);
        bring_back(ctx, read, |read, desk, ctx| {
            desk.is_opening = false;
            match read {
                Ok(Some(read)) => desk.take_cohort(read, ctx),
                Ok(None) => desk.give_up(Refusal::NotFound, ctx),
                // What is shown is true, if old.
                Err(_) if desk.opened.is_some() => {}
                Err(_) => desk.give_up(Refusal::Unavailable, ctx),
            }
        });
    }

    fn take_cohort(&mut self, read: OpenDesk, ctx: &mut Context<Self>) {
        let signals = self.ports.coaching.signals();
        let opened = self.opened.get_or_insert_with(|| Opened {
            machine: Machine::new(read.epoch, signals),
            about: read.clone(),
            totals: DeskTotals::default(),
            is_ready: false,
        });
        let there: BTreeSet<_> = read.learners.iter().map(|(user, _)| *user).collect();
        let gone: Vec<_> = opened.machine.learners().collect();
        for user in gone.into_iter().filter(|user| !there.contains(user)) {
            opened.machine.remove(user);
        }
        for (user, learner) in &read.learners {
            opened.machine.enroll(*user, learner.clone());
        }
        opened.about = read;
        if !opened.is_ready {
            self.read_results(ctx);
            self.call_first(ctx);
        }
        self.glance(ctx);
    }

    /// How practices went before: read once, and told by rooms from then on.
    fn read_results(&self, ctx: &mut Context<Self>) {
        let results = self.ports.coaching.results(self.org, self.cohort);
        bring_back(ctx, results, |results, desk, _| {
            // Without them a desk says a little less.
            if let (Ok(results), Some(opened)) = (results, &mut desk.opened) {
                for (user, results) in results {
                    opened.machine.practised(user, results);
                }
            }
        });
    }

    fn give_up(&mut self, code: Refusal, ctx: &mut Context<Self>) {
        for (watch, _) in mem::take(&mut self.early) {
            watch.decline(code);
        }
        let everybody: Vec<SessionId> = self.looking.keys().copied().collect();
        for session in everybody {
            self.turn_away(session, code);
        }
        ctx.stop();
    }

    /// The desk is whole: whoever waited for it sees it.
    fn be_ready(&mut self, ctx: &mut Context<Self>) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        if mem::replace(&mut opened.is_ready, true) {
            return;
        }
        // Everybody's first row, however many they are.
        self.look_who_is_here();
        while self.close_tick(ctx) {}
        for (watch, access) in mem::take(&mut self.early) {
            self.admit(watch, access, ctx);
        }
        ctx.run_later(Duration::from_millis(TICK_MS), Self::beat);
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        self.look_who_is_here();
        if self.close_tick(ctx) {
            self.show(Access::Full);
        }
        // Not an interval: after a stall it would make up for what it missed.
        ctx.run_later(Duration::from_millis(TICK_MS), Self::beat);
    }

    /// Closes a tick of the machine; raises what is to be raised. Answers whether there is news.
    fn close_tick(&mut self, ctx: &mut Context<Self>) -> bool {
        let Some(opened) = &mut self.opened else {
            return false;
        };
        let (is_news, raises) = opened.machine.tick(self.ports.clock.now());
        if !raises.is_empty() {
            let raising = raises.clone();
            let raised = self.ports.coaching.raise(self.org, self.cohort, raising);
            bring_back(ctx, raised, move |raised: Result<(), Fault>, desk, ctx| {
                if raised.is_ok() {
                    return desk.glance(ctx);
                }
                if let Some(opened) = &mut desk.opened {
                    for raise in &raises {
                        opened.machine.not_raised(raise);
                    }
                }
            });
        }
        is_news
    }
}

impl Actor for Desk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        metrics::desk_opened();
        ctx.run_interval(GLANCE, Self::glance);
        Self::call_on(ctx);
        ctx.run_interval(REREAD, |desk, ctx| {
            if desk.opened.is_some() {
                desk.read_cohort(ctx);
            }
            desk.look_over(ctx);
        });
        ctx.run_interval(COUNT, |desk, _| {
            if desk.is_anybody(Access::Aggregate) && desk.count() {
                desk.show(Access::Aggregate);
            }
        });
        ctx.run_interval(IDLE, |desk, ctx| {
            if desk.looking.is_empty() && desk.early.is_empty() && desk.asking.is_idle() {
                ctx.stop();
            }
        });
    }

    fn stopped(&mut self, ctx: &mut Self::Context) {
        metrics::desk_closed();
        self.forsake_all(ctx);
    }
}

impl Handler<Heard> for Desk {
    type Result = ();

    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        self.hear(heard.room, &heard.events, ctx);
    }
}

impl Handler<Gained> for Desk {
    type Result = ();

    fn handle(&mut self, gained: Gained, _: &mut Self::Context) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        let value = |compares: &Option<crate::standings::Compares>| {
            let compares = compares.as_ref()?;
            let mut totals = gained.0.totals.iter();
            totals.find_map(|total| compares.value(total).map(|(value, _)| value))
        };
        let today = value(&opened.about.today);
        let streak = value(&opened.about.streak);
        let streak = streak.map(|days| u16::try_from(days).unwrap_or(u16::MAX));
        if today.is_some() || streak.is_some() {
            opened.machine.standing(gained.0.user, streak, today);
        }
    }
}

impl Handler<Look> for Desk {
    type Result = ();

    fn handle(&mut self, look: Look, ctx: &mut Self::Context) {
        match look {
            Look::Glance => self.glance(ctx),
            Look::Anew => {
                if self.opened.is_some() {
                    self.read_cohort(ctx);
                }
                self.look_over(ctx);
            }
        }
    }
}
