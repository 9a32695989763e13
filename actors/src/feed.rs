//! What rooms and channels share: the memory of a stream and the lanes its followers sit in.
//!
//! A plain structure inside an actor. It encodes each event once, remembers it, and hands every
//! lane one message per batch. Whoever comes back is served from memory, or waits for one read of
//! the store that is shared by everybody who waits.

mod follow;
mod hide;

use std::collections::HashMap;
use std::sync::Arc;

use actix::prelude::Message;
use ludus_domain::audience::Audience;
use ludus_domain::history::{Entry, History, Resume, Step, steps};
use ludus_domain::ids::{Epoch, OrgId, Seq, SessionId, UserId};
use ludus_domain::journal::Recorded;
use ludus_domain::protocol::{REPLAY_BYTES_MAX, RoomView, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;
use tracing::Span;

pub use self::follow::{Follow, FollowRequest};
use self::follow::{Follower, decline};
use crate::delivery::{Link, Lost};
use crate::lane::{Attach, Deliver, Forsake, Lane, LaneId, LaneRef, Packet};
use crate::metrics;
use crate::outbox::{Class, Frame};
use crate::ports::Head;
use crate::room::ENDED_RETRY_MS;

/// Followers who may wait for the store at once. Past it they are told to come again.
const WAITING_MAX: usize = 4_096;

/// A session follows no longer: it asked, or it ended.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Unfollow(pub SessionId);

/// Something was committed to this stream by another way.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Ring;

/// Where this stream stands in the store, whoever wrote to it.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Stands(pub Head);

/// Who looks after whom is not what it was.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Reconsider;

#[derive(Debug)]
struct Seat {
    link: Link<Lane>,
    followers: usize,
    /// Answers that commands from there still wait for. Who only asks follows nothing, and is
    /// answered all the same.
    owed: usize,
    /// Its mailbox was full: nothing more goes there until it has been told so.
    is_lost: bool,
}

/// A batch on its way out, collected while an actor works through what there is to do.
#[derive(Debug, Default)]
pub struct Outgoing {
    pub packets: Vec<Packet>,
    pub answers: HashMap<LaneId, Vec<(SessionId, Frame)>>,
    pub evicted: Vec<(UserId, Refusal)>,
}

/// A stream's memory and audience on this node.
#[derive(Debug)]
pub struct Feed {
    org: OrgId,
    stream: StreamId,
    history: History<Frame>,
    about: hide::About,
    lanes: HashMap<LaneId, Seat>,
    followers: HashMap<SessionId, Follower>,
    waiting: Vec<Follow>,
    /// Where the read that is under way began.
    reading: Option<Seq>,
}

impl Feed {
    pub fn new(org: OrgId, stream: StreamId, epoch: Epoch, floor: Seq) -> Self {
        Self {
            org,
            stream,
            history: History::new(epoch, floor),
            about: hide::About::default(),
            lanes: HashMap::new(),
            followers: HashMap::new(),
            waiting: vec![],
            reading: None,
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.history.epoch()
    }

    pub fn head(&self) -> Seq {
        self.history.head()
    }

    pub fn has_followers(&self) -> bool {
        !self.followers.is_empty() || !self.waiting.is_empty()
    }

    pub fn follower_count(&self) -> usize {
        self.followers.len()
    }

    /// Takes events in: remembered, and made ready for the followers.
    pub fn record(&mut self, events: Vec<Recorded>, out: &mut Outgoing) {
        for event in events {
            self.hide_for(&event);
            let (seq, audience) = (event.seq, event.audience.clone());
            let frame = self.encode(event);
            let entry = Entry {
                seq,
                audience: audience.clone(),
                bytes: frame.len(),
                frame: frame.clone(),
            };
            if self.history.push(entry).is_ok() {
                out.packets.push(Packet {
                    seq: Some(seq),
                    audience,
                    frame,
                    except: None,
                });
            }
        }
    }

    fn encode(&self, event: Recorded) -> Frame {
        Frame::encode(
            Class::Durable,
            &ServerFrame::Event {
                stream: self.stream,
                event,
            },
        )
    }

    /// Sends everything that was collected: one message per lane that has somebody to tell.
    /// Answers whom it evicted.
    pub fn send(&mut self, mut out: Outgoing) -> Vec<(SessionId, UserId)> {
        if out.packets.is_empty() && out.answers.is_empty() && out.evicted.is_empty() {
            return vec![];
        }
        let is_evicted = |user: &UserId| out.evicted.iter().any(|(evicted, _)| evicted == user);
        let gone: Vec<(SessionId, UserId)> = self
            .followers
            .iter()
            .filter(|(_, follower)| is_evicted(&follower.user))
            .map(|(session, follower)| (*session, follower.user))
            .collect();
        let packets: Arc<[Packet]> = out.packets.into();
        for (id, seat) in &mut self.lanes {
            let answers = out.answers.remove(id).unwrap_or_default();
            seat.owed = seat.owed.saturating_sub(answers.len());
            if answers.is_empty() && packets.is_empty() && out.evicted.is_empty() {
                continue;
            }
            let deliver = Deliver {
                org: self.org,
                stream: self.stream,
                packets: Arc::clone(&packets),
                answers,
                evicted: out.evicted.clone(),
                trace: Span::current(),
            };
            if !seat.is_lost && seat.link.tell(deliver) == Err(Lost::Full) {
                seat.is_lost = true;
                metrics::lane_lost();
            }
            if seat.is_lost {
                let forsake = Forsake {
                    org: self.org,
                    stream: self.stream,
                };
                seat.is_lost = seat.link.tell(forsake) == Err(Lost::Full);
            }
        }
        for (session, _) in &gone {
            self.forget(*session);
        }
        self.lanes
            .retain(|_, seat| (seat.followers > 0 || seat.owed > 0) && seat.link.is_connected());
        gone
    }

    /// The way back for one answer, kept until it was given.
    pub fn owe(&mut self, lane: &LaneRef) -> LaneId {
        self.lane(lane).owed += 1;
        lane.id
    }

    /// The way to a lane, kept while somebody follows from there.
    fn lane(&mut self, lane: &LaneRef) -> &mut Seat {
        self.lanes.entry(lane.id).or_insert_with(|| Seat {
            link: Link::new(lane.addr.clone()),
            followers: 0,
            owed: 0,
            is_lost: false,
        })
    }

    /// Somebody follows: served from memory at once, or after a read. `Some(after)`: read the store
    /// from there and bring what it has to [`Feed::read`].
    pub fn follow(&mut self, follow: Follow, view: impl Fn(&Follow) -> Attachment) -> Option<Seq> {
        match self.history.resume(follow.since, follow.viewer) {
            Resume::Replay(replay) => self.attach(&follow, Some(replay), view(&follow)),
            Resume::Reset => self.attach(&follow, None, view(&follow)),
            Resume::AskStore { .. } if self.waiting.len() >= WAITING_MAX => {
                self.decline(&follow, Refusal::Unavailable, Some(1_000));
            }
            Resume::AskStore { .. } => self.waiting.push(follow),
        }
        self.next_read()
    }

    /// Where the next read begins, when somebody waits and none is under way.
    fn next_read(&mut self) -> Option<Seq> {
        if self.reading.is_some() {
            return None;
        }
        self.reading = self
            .waiting
            .iter()
            .filter_map(|follow| follow.since)
            .map(|since| since.seq)
            .min();
        self.reading
    }

    /// What the store had after the position asked for. `None`: it could not say.
    pub fn read(
        &mut self,
        events: Option<Vec<Recorded>>,
        view: impl Fn(&Follow) -> Attachment,
    ) -> Option<Seq> {
        let from = self.reading.take()?;
        let waiting = std::mem::take(&mut self.waiting);
        let Some(events) = events else {
            for follow in waiting {
                self.decline(&follow, Refusal::Unavailable, Some(1_000));
            }
            return None;
        };
        let entries: Vec<Entry<Frame>> = events
            .into_iter()
            .map(|event| {
                let (seq, audience) = (event.seq, event.audience.clone());
                let frame = self.encode(event);
                Entry {
                    seq,
                    audience,
                    bytes: frame.len(),
                    frame,
                }
            })
            .collect();
        let reached = entries.last().map_or(from, |entry| entry.seq);
        for follow in waiting {
            let Some(since) = follow.since else { continue };
            if since.seq < from {
                self.waiting.push(follow);
                continue;
            }
            let missed = entries.iter().filter(|entry| entry.seq > since.seq).chain(
                self.history
                    .after(reached)
                    .filter(|entry| entry.seq > since.seq),
            );
            let bytes: usize = missed.clone().map(|entry| entry.bytes).sum();
            let is_whole = reached >= self.history.floor() && bytes <= REPLAY_BYTES_MAX;
            let replay = is_whole.then(|| steps(missed, follow.viewer));
            let attachment = view(&follow);
            self.attach(&follow, replay, attachment);
        }
        self.next_read()
    }

    fn attach(
        &mut self,
        follow: &Follow,
        replay: Option<Vec<Step<Frame>>>,
        attachment: Attachment,
    ) {
        let (stream, epoch, head, id) = (self.stream, self.history.epoch(), self.head(), follow.id);
        let reset = Frame::encode(
            Class::Durable,
            &ServerFrame::Reset {
                id,
                stream,
                epoch,
                head,
                room: attachment.room.clone(),
            },
        );
        let (opening, replay) = match replay {
            None => {
                metrics::reset();
                (reset.clone(), vec![])
            }
            Some(replay) => {
                let events = replay.iter().map(|step| match step {
                    Step::Visible(..) => 1,
                    Step::Skip { from, to } => to.0 - from.0 + 1,
                });
                let replayed = u32::try_from(events.sum::<u64>()).unwrap_or(u32::MAX);
                metrics::resumed(replayed);
                let room = attachment.room;
                (
                    Frame::encode(
                        Class::Durable,
                        &ServerFrame::Subscribed {
                            id,
                            stream,
                            epoch,
                            head,
                            replayed,
                            room,
                        },
                    ),
                    replay,
                )
            }
        };
        let lane = follow.lane.id;
        let message = Attach {
            org: self.org,
            stream,
            session: follow.session,
            viewer: follow.viewer,
            replay,
            opening,
            reset,
            head,
            then: attachment.then,
        };
        let seat = self.lane(&follow.lane);
        if seat.link.tell(message).is_err() {
            // The session hears nothing and asks again, or its thread is gone.
            return;
        }
        let follower = Follower::new(follow, lane);
        if self.followers.insert(follow.session, follower).is_none() {
            self.lane(&follow.lane).followers += 1;
        }
    }

    pub fn decline(&self, follow: &Follow, code: Refusal, retry_after_ms: Option<u32>) {
        decline(self.stream, follow, code, retry_after_ms);
    }

    /// Somebody no longer follows. Answers whose session it was.
    pub fn forget(&mut self, session: SessionId) -> Option<UserId> {
        let waited = self
            .waiting
            .iter()
            .position(|follow| follow.session == session);
        let waited = waited.map(|index| self.waiting.swap_remove(index).viewer.user);
        let Some(follower) = self.followers.remove(&session) else {
            return waited;
        };
        if let Some(seat) = self.lanes.get_mut(&follower.lane) {
            seat.followers = seat.followers.saturating_sub(1);
        }
        Some(follower.user)
    }
}

/// When the memory goes, for whatever reason (a panic of its actor among them), nobody can be
/// vouched for any more: followers are closed and resume with whoever comes next.
impl Drop for Feed {
    fn drop(&mut self) {
        for follow in &self.waiting {
            self.decline(follow, Refusal::Unavailable, Some(ENDED_RETRY_MS));
        }
        for seat in self.lanes.values().filter(|seat| seat.followers > 0) {
            seat.link.must_tell(Forsake {
                org: self.org,
                stream: self.stream,
            });
        }
    }
}

/// What a follower gets besides events.
#[derive(Debug, Default)]
pub struct Attachment {
    pub room: Option<Box<RoomView>>,
    pub then: Vec<Frame>,
}

/// A frame for everybody who follows, outside the sequence.
pub fn ephemeral(frame: Frame, except: Option<UserId>) -> Packet {
    Packet {
        seq: None,
        audience: Audience::All,
        frame,
        except,
    }
}
