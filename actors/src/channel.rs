//! A stream that decides nothing: an inbox or a cohort, told live to whoever follows it.
//!
//! - **owns** the memory of its stream and its followers
//! - **hears** sessions (follows), what was committed in this process, and the doorbell
//! - **tells** lanes what was written
//! - **capacity and overflow**: a mailbox of [`MAILBOX`]; a ring more or less is the same ring, and
//!   what was committed and not heard of is read at the next
//! - **on restart**: built anew from the store; followers of the old one resume

use std::time::Duration;

use actix::prelude::*;
use ludus_domain::ids::{Epoch, OrgId, Seq};
use ludus_domain::journal::{Fault, Recorded};
use ludus_domain::protocol::REPLAY_EVENTS_MAX;
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;

use crate::bus::{Interest, Topic};
use crate::feed::{Attachment, Feed, FollowRequest, Outgoing, Ring, Stands, Unfollow};
use crate::metrics;
use crate::ports::{Head, Ports};
use crate::report::bring_back;

/// Messages that may wait.
pub const MAILBOX: usize = 1_024;
/// Events of one read.
const READ: u32 = 200;
/// How long an actor that nobody follows stays.
const IDLE: Duration = Duration::from_secs(30);
/// Follows kept while it is not known yet where the stream stands.
const EARLY_MAX: usize = 256;

/// What was committed to the stream in this process, in order. Where it does not follow on what the
/// channel knows, it is a ring.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Committed {
    pub epoch: Epoch,
    pub events: Vec<Recorded>,
}

/// The actor.
#[derive(Debug)]
pub struct Channel {
    org: OrgId,
    stream: StreamId,
    ports: Ports,
    feed: Option<Feed>,
    early: Vec<FollowRequest>,
    is_reading: bool,
    /// The bell rang while a read was under way.
    has_rung: bool,
    /// What other nodes write is heard for as long as this runs.
    interest: Option<Interest>,
}

impl Channel {
    pub fn new(org: OrgId, stream: StreamId, ports: Ports) -> Self {
        Self {
            org,
            stream,
            ports,
            feed: None,
            early: vec![],
            is_reading: false,
            has_rung: false,
            interest: None,
        }
    }

    fn loaded(&mut self, head: Result<Head, Fault>, ctx: &mut Context<Self>) {
        let early = std::mem::take(&mut self.early);
        let Ok(head) = head else {
            for request in early {
                self.decline(request, Refusal::Unavailable, Some(1_000));
            }
            return ctx.stop();
        };
        self.feed = Some(Feed::new(self.org, self.stream, head.epoch, head.seq));
        for request in early {
            self.follow(request, ctx);
        }
        if self.has_rung {
            self.read_on(ctx);
        }
        ctx.run_interval(IDLE, |channel, ctx| {
            if channel
                .feed
                .as_ref()
                .is_none_or(|feed| !feed.has_followers())
            {
                ctx.stop();
            }
        });
    }

    /// Whether somebody may follow is asked of the store for cohorts; an inbox is its owner's.
    fn request(&mut self, request: FollowRequest, ctx: &mut Context<Self>) {
        let viewer = request.viewer();
        match self.stream {
            StreamId::Inbox(owner) => self.decided(Ok(owner == viewer.user), request, ctx),
            StreamId::Cohort(_) if viewer.role >= Role::Admin => {
                self.decided(Ok(true), request, ctx);
            }
            StreamId::Cohort(cohort) => {
                let is_in = self.ports.archive.in_cohort(self.org, cohort, viewer.user);
                bring_back(ctx, is_in, move |is_in, channel, ctx| {
                    channel.decided(is_in, request, ctx);
                });
            }
            StreamId::Room(_) => self.decided(Ok(false), request, ctx),
        }
    }

    fn decided(
        &mut self,
        may: Result<bool, Fault>,
        request: FollowRequest,
        ctx: &mut Context<Self>,
    ) {
        match may {
            Ok(true) => self.follow(request, ctx),
            Ok(false) => self.decline(request, Refusal::NotFound, None),
            Err(_) => self.decline(request, Refusal::Unavailable, Some(1_000)),
        }
    }

    fn decline(&self, request: FollowRequest, code: Refusal, retry_after_ms: Option<u32>) {
        let (epoch, seq) = (Epoch(0), Seq::ZERO);
        let feed = Feed::new(self.org, self.stream, epoch, seq);
        feed.decline(&request.taken(), code, retry_after_ms);
    }

    fn follow(&mut self, request: FollowRequest, ctx: &mut Context<Self>) {
        let Some(feed) = &mut self.feed else {
            if self.early.len() < EARLY_MAX {
                self.early.push(request);
            }
            // Past it, dropping the request declines it.
            return;
        };
        let read = feed.follow(request.taken(), |_| Attachment::default());
        self.read_for_followers(read, ctx);
    }

    fn read_for_followers(&self, from: Option<Seq>, ctx: &mut Context<Self>) {
        let Some(after) = from else { return };
        let limit = u32::try_from(REPLAY_EVENTS_MAX).unwrap_or(u32::MAX);
        let answer = self
            .ports
            .archive
            .events(self.org, self.stream, after, limit);
        bring_back(ctx, answer, |events, channel, ctx| {
            let Some(feed) = &mut channel.feed else {
                return;
            };
            let next = feed.read(events.ok(), |_| Attachment::default());
            channel.read_for_followers(next, ctx);
        });
    }

    fn read_on(&mut self, ctx: &mut Context<Self>) {
        let Some(feed) = self.feed.as_ref().filter(|_| !self.is_reading) else {
            self.has_rung = true;
            return;
        };
        self.is_reading = true;
        self.has_rung = false;
        let answer = self
            .ports
            .archive
            .events(self.org, self.stream, feed.head(), READ);
        bring_back(
            ctx,
            answer,
            |events: Result<Vec<Recorded>, Fault>, channel, ctx| {
                channel.is_reading = false;
                let Some(feed) = &mut channel.feed else {
                    return;
                };
                let events = events.unwrap_or_default();
                let is_full = events.len() == READ as usize;
                let mut out = Outgoing::default();
                feed.record(events, &mut out);
                feed.send(out);
                if is_full || channel.has_rung {
                    channel.read_on(ctx);
                }
            },
        );
    }
}

impl Actor for Channel {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let topic = Topic::Stream(self.org, self.stream);
        self.interest = Some(self.ports.bus.want(topic));
        let head = self.ports.archive.head(self.org, self.stream);
        bring_back(ctx, head, |head, channel, ctx| channel.loaded(head, ctx));
    }
}

impl Handler<FollowRequest> for Channel {
    type Result = ();

    fn handle(&mut self, request: FollowRequest, ctx: &mut Self::Context) {
        self.request(request, ctx);
    }
}

impl Handler<Unfollow> for Channel {
    type Result = ();

    fn handle(&mut self, unfollow: Unfollow, _: &mut Self::Context) {
        self.early.retain(|request| !request.is_of(unfollow.0));
        if let Some(feed) = &mut self.feed {
            feed.forget(unfollow.0);
        }
    }
}

impl Handler<Ring> for Channel {
    type Result = ();

    fn handle(&mut self, _: Ring, ctx: &mut Self::Context) {
        self.read_on(ctx);
    }
}

impl Handler<Stands> for Channel {
    type Result = ();

    fn handle(&mut self, Stands(head): Stands, ctx: &mut Self::Context) {
        let Some(feed) = &self.feed else { return };
        if head.epoch != feed.epoch() && feed.head() > Seq::ZERO {
            return ctx.stop();
        }
        if head.seq > feed.head() {
            metrics::caught_up();
            self.read_on(ctx);
        }
    }
}

impl Handler<Committed> for Channel {
    type Result = ();

    fn handle(&mut self, committed: Committed, ctx: &mut Self::Context) {
        let Some(feed) = &mut self.feed else {
            // Whether the head that is being read knows of it cannot be told.
            self.has_rung = true;
            return;
        };
        let follows = !self.is_reading
            && committed.epoch == feed.epoch()
            && committed
                .events
                .first()
                .is_some_and(|first| first.seq == feed.head().next());
        if !follows {
            return self.read_on(ctx);
        }
        let mut out = Outgoing::default();
        feed.record(committed.events, &mut out);
        feed.send(out);
    }
}
