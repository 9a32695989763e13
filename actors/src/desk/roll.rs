//! Who is at other nodes: the roll is called over the bus while somebody looks, and each node says who of the
//! learners is there. A node by itself asks nobody.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use ludus_domain::desk::LEARNERS_MAX;
use ludus_domain::desk::roll::{CALL_EVERY_MS, Roll, Sight};
use ludus_domain::ids::{CohortId, NodeId, OrgId, UserId};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;

use super::Desk;
use crate::bus::{Interest, News, Standing, Topic};
use crate::directory::Directory;
use crate::metrics;

const CALL_EVERY: Duration = Duration::from_millis(CALL_EVERY_MS);
/// The first call is repeated so soon: its answers may have come before the bus knew that they are wanted.
const AGAIN: Duration = Duration::from_millis(400);

/// What a node said when the roll was called, or that it has ended.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct OnRoll {
    pub from: NodeId,
    /// `None`: nobody is there any more.
    pub here: Option<Arc<[UserId]>>,
}

/// What a desk knows of other nodes.
#[derive(Default)]
pub(super) struct Elsewhere {
    roll: Roll,
    /// Answers are heard for as long as it is kept.
    wants: Option<Interest>,
    /// Since when it listens.
    since: Option<Timestamp>,
    /// When the roll was called last.
    called_at: Option<Timestamp>,
}

impl Desk {
    /// Calls the roll for as long as the desk is there.
    pub(super) fn call_on(ctx: &mut Context<Self>) {
        ctx.run_interval(CALL_EVERY, |desk, _| desk.call_roll());
    }

    /// Calls it at once: the desk is being opened.
    pub(super) fn call_first(&mut self, ctx: &mut Context<Self>) {
        self.call_roll();
        ctx.run_later(AGAIN, |desk, _| desk.call_roll());
    }

    /// Calls it at once where nobody looked lately, and somebody has begun to.
    pub(super) fn call_again(&mut self) {
        let now = self.ports.clock.now();
        let last = self.elsewhere.called_at;
        if last.is_none_or(|at| now.ms_since(at) >= CALL_EVERY_MS.cast_signed()) {
            self.call_roll();
        }
    }

    fn call_roll(&mut self) {
        let bus = &self.ports.bus;
        let Some(opened) = &self.opened else { return };
        let is_watched = !self.looking.is_empty() || !self.early.is_empty();
        if !bus.is_there() || !is_watched {
            return;
        }
        let topic = Topic::Stream(self.org, StreamId::Cohort(self.cohort));
        let (now, elsewhere) = (self.ports.clock.now(), &mut self.elsewhere);
        elsewhere.wants.get_or_insert_with(|| bus.want(topic));
        elsewhere.since.get_or_insert(now);
        elsewhere.called_at = Some(now);
        if self.ports.attendance.others().is_empty() {
            return;
        }
        metrics::roll_called();
        let news = News::RollCall {
            org: self.org,
            cohort: self.cohort,
            learners: opened.machine.learners().take(LEARNERS_MAX).collect(),
        };
        bus.tell(Topic::House, news);
    }

    /// Tells the machine where everybody is.
    pub(super) fn look_who_is_here(&mut self) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        let now = self.ports.clock.now();
        let Elsewhere { roll, since, .. } = &self.elsewhere;
        let others = self.ports.attendance.others();
        let sight = match self.ports.bus.standing() {
            Standing::None => Sight::Own,
            Standing::Down => Sight::Blind,
            Standing::Up => Sight::Hears,
        };
        // Nodes are heard of each second; before, that there is none is not known.
        let is_early = since.is_none_or(|since| now.ms_since(since) < CALL_EVERY_MS.cast_signed());
        let is_whole = roll.is_whole(&others, now) && !(others.is_empty() && is_early);
        opened.machine.sees_all(sight == Sight::Hears && is_whole);
        let learners: Vec<_> = opened.machine.learners().collect();
        let here = self.ports.attendance.who_is_here(self.org, &learners);
        for (user, is_here) in learners.into_iter().zip(here) {
            let whereabouts = roll.find(user, is_here, (sight, is_whole), now);
            opened.machine.present(user, whereabouts, now);
        }
    }
}

impl Handler<OnRoll> for Desk {
    type Result = ();

    fn handle(&mut self, OnRoll { from, here }: OnRoll, _: &mut Self::Context) {
        match here {
            Some(here) => {
                let now = self.ports.clock.now();
                self.elsewhere
                    .roll
                    .answered(from, here.iter().copied(), now);
            }
            None => self.elsewhere.roll.gone(from),
        }
    }
}

impl Directory {
    /// Another node asks who of a cohort is here.
    pub fn answer_roll(&self, org: OrgId, cohort: CohortId, mut learners: Vec<UserId>) {
        learners.truncate(LEARNERS_MAX);
        let is_here = self.ports.desks.attendance.who_is_here(org, &learners);
        let here = learners.into_iter().zip(is_here);
        let here = here.filter_map(|(user, is_here)| is_here.then_some(user));
        let news = News::OnRoll {
            here: here.collect(),
        };
        let topic = Topic::Stream(org, StreamId::Cohort(cohort));
        self.ports.bus.tell(topic, news);
        metrics::roll_answered();
    }

    /// Another node said who of a cohort is there.
    pub fn on_roll(&self, org: OrgId, cohort: CohortId, from: NodeId, here: Vec<UserId>) {
        if let Some(link) = self.desks.get(&(org, cohort)) {
            let here = Some(here.into());
            // One that is full hears the next answer.
            link.tell(OnRoll { from, here }).ok();
        }
    }

    /// Another node runs.
    pub fn node_alive(&self, node: NodeId) {
        self.ports.desks.attendance.node_alive(node);
    }

    /// Another node has ended: nobody is there.
    pub(crate) fn off_roll(&self, node: NodeId) {
        self.ports.desks.attendance.node_gone(node);
        for link in &self.desks {
            // What is not heard is not believed for long.
            link.tell(OnRoll {
                from: node,
                here: None,
            })
            .ok();
        }
    }
}
