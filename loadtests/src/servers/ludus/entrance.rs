//! How people come in: the hello, a seat, and following; and all of them at once.

use std::ops::Range;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ludus_domain::ids::{CommandId, Epoch, RoomId, Seq};
use ludus_domain::protocol::{ClientFrame, Position, Subscription};
use ludus_domain::room::Command;
use ludus_domain::stream::StreamId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::boards::board_of;
use super::{Ludus, client_frame, is};
use crate::light::{Crowd, News, Sends};
use crate::load::{Late, histogram, micros};
use crate::servers::LoadError;

/// Connections that are on their way in at a time, where nothing is measured.
const ENTERING_MAX: usize = 400;
/// How long everybody may take.
const ENTER_WITHIN: Duration = Duration::from_mins(2);

/// How far somebody is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Takes a seat and leaves again.
    Seat,
    /// Has a seat; follows the room from now.
    Follow,
    /// Has a seat; follows from where they were.
    Return,
    /// All of it, for the first time.
    SeatAndFollow,
    /// Has a seat; watches the room's board and does not follow the room.
    Watch,
}

/// What came of a storm.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Storm {
    pub people: usize,
    /// Until the last of them was where they wanted to be.
    pub all_s: f64,
    /// From the beginning of the storm.
    pub late: Late,
    /// Frames of presence that each was sent, on average.
    pub presence_frames_each: f64,
    /// Connections that ended on the way and were opened anew.
    pub again: u64,
}

#[derive(Debug)]
struct Entering<'a> {
    ludus: &'a mut Ludus,
    house: usize,
    range: Range<usize>,
    way: Way,
    arrived: Vec<bool>,
    count: usize,
    begin: Instant,
    late: Histogram<u64>,
    presence: u64,
    lost: Vec<usize>,
    no: Option<String>,
}

#[derive(Deserialize)]
struct Welcome {
    resume: String,
}

#[derive(Deserialize)]
struct Head {
    epoch: Epoch,
    head: Seq,
}

impl Ludus {
    pub(super) fn enter(
        &mut self,
        crowd: &mut Crowd,
        house: usize,
        range: Range<usize>,
        way: Way,
    ) -> Result<(), LoadError> {
        self.come_in(crowd, house, range, way, ENTERING_MAX)?;
        Ok(())
    }

    /// So many people come into each of some new rooms, all at once.
    pub fn join_storm(
        &mut self,
        crowd: &mut Crowd,
        rooms: usize,
        members: usize,
    ) -> Result<Storm, LoadError> {
        crowd.cut_all();
        let house = self.build(rooms, members)?;
        let range = 0..rooms * members;
        self.invite(house, range.clone())?;
        self.come_in(crowd, house, range, Way::SeatAndFollow, usize::MAX)
    }

    /// Everybody is cut and comes back at once.
    pub fn reconnect_storm(
        &mut self,
        crowd: &mut Crowd,
        rooms: usize,
        members: usize,
    ) -> Result<Storm, LoadError> {
        self.gather(crowd, rooms, members)?;
        let house = self.house(crowd, rooms, members)?;
        crowd.cut_all();
        self.come_in(crowd, house, 0..rooms * members, Way::Return, usize::MAX)
    }

    fn come_in(
        &mut self,
        crowd: &mut Crowd,
        house: usize,
        range: Range<usize>,
        way: Way,
        at_a_time: usize,
    ) -> Result<Storm, LoadError> {
        let door = self.door();
        let people = range.len();
        let mut entering = Entering {
            ludus: self,
            house,
            way,
            arrived: vec![false; range.end],
            count: 0,
            begin: Instant::now(),
            late: histogram(),
            presence: 0,
            lost: Vec::new(),
            no: None,
            range: range.clone(),
        };
        let (mut asked, mut again) = (0, 0);
        while entering.count < people {
            while asked < people && asked - entering.count < at_a_time {
                crowd.connect(range.start + asked, &door)?;
                asked += 1;
                if asked % 64 == 0 {
                    // What has come in meanwhile is not made to wait for all the others' sockets.
                    crowd.turn(Duration::ZERO, &mut |who, news, sends| {
                        entering.take(who, news, sends);
                    })?;
                }
            }
            crowd.turn(Duration::from_millis(5), &mut |who, news, sends| {
                entering.take(who, news, sends);
            })?;
            for who in std::mem::take(&mut entering.lost) {
                again += 1;
                crowd.connect(who, &door)?;
            }
            if let Some(no) = entering.no.take() {
                return Err(LoadError::Refused(no));
            }
            if entering.begin.elapsed() > ENTER_WITHIN {
                return Err(LoadError::NotThere {
                    missing: people - entering.count,
                    all: people,
                    seconds: ENTER_WITHIN.as_secs(),
                });
            }
        }
        Ok(Storm {
            people,
            all_s: entering.begin.elapsed().as_secs_f64(),
            late: Late::of(&entering.late),
            presence_frames_each: entering.presence as f64 / people as f64,
            again,
        })
    }
}

impl Entering<'_> {
    fn take(&mut self, who: usize, news: News<'_>, sends: &mut Sends) {
        if !self.range.contains(&who) {
            return;
        }
        match news {
            News::Open => sends.push((who, self.hello(who))),
            News::Gone if !self.arrived[who] => self.lost.push(who),
            News::Gone => {}
            News::Said(payload) => self.hear(who, payload, sends),
        }
    }

    fn room(&self, who: usize) -> (RoomId, &str) {
        let house = &self.ludus.houses[self.house];
        let (room, code) = &house.rooms[who / house.members];
        (*room, code)
    }

    fn hello(&self, who: usize) -> Vec<u8> {
        let person = &self.ludus.houses[self.house].people[who];
        let (room, _) = self.room(who);
        let since = person
            .position
            .filter(|_| self.way == Way::Return)
            .map(|(epoch, seq)| Position { epoch, seq });
        let subscription = Subscription {
            stream: StreamId::Room(room),
            since,
        };
        let follows = matches!(self.way, Way::Follow | Way::Return);
        client_frame(&ClientFrame::Hello {
            ticket: person.ticket.clone().filter(|_| person.resume.is_none()),
            resume: person.resume.clone(),
            subscriptions: follows.then_some(subscription).into_iter().collect(),
            client: Some("ludus-loadtests".to_owned()),
        })
    }

    fn join(&self, who: usize) -> Vec<u8> {
        let (room, code) = self.room(who);
        let code = Some(code.to_owned());
        let id = CommandId(Uuid::now_v7());
        let command = Command::Join { code };
        client_frame(&ClientFrame::Command { id, room, command })
    }

    fn hear(&mut self, who: usize, payload: &[u8], sends: &mut Sends) {
        if is(payload, "presence") {
            self.presence += 1;
        } else if is(payload, "welcome") {
            if let Ok(welcome) = serde_json::from_slice::<Welcome>(payload) {
                self.ludus.houses[self.house].people[who].resume = Some(welcome.resume);
            }
            if matches!(self.way, Way::Seat | Way::SeatAndFollow) {
                sends.push((who, self.join(who)));
            }
            if self.way == Way::Watch
                && let Some(board) = board_of(self.room(who).0)
            {
                let id = CommandId(Uuid::now_v7());
                let (top, around, since) = (10, 5, None);
                sends.push((
                    who,
                    client_frame(&ClientFrame::Watch {
                        id,
                        board,
                        top,
                        around,
                        since,
                    }),
                ));
            }
        } else if is(payload, "board") {
            self.arrive(who);
        } else if is(payload, "ack") {
            if self.way == Way::SeatAndFollow {
                let stream = StreamId::Room(self.room(who).0);
                let id = CommandId(Uuid::now_v7());
                sends.push((
                    who,
                    client_frame(&ClientFrame::Subscribe {
                        id,
                        stream,
                        since: None,
                    }),
                ));
            } else {
                self.arrive(who);
            }
        } else if is(payload, "subscribed") || is(payload, "reset") {
            // The head stands near the front; the room's members follow, and may be thousands.
            self.ludus.houses[self.house].people[who].position = head(payload);
            self.arrive(who);
        } else if is(payload, "nack") && is_busy(payload) {
            // As a careful client does: not now, so once more.
            sends.push((who, self.join(who)));
        } else if is(payload, "nack")
            || is(payload, "unwatched")
            || is(payload, "unsubscribed")
            || is(payload, "goodbye")
        {
            self.no = Some(String::from_utf8_lossy(payload).chars().take(300).collect());
        }
    }

    fn arrive(&mut self, who: usize) {
        if !std::mem::replace(&mut self.arrived[who], true) {
            self.count += 1;
            self.late.saturating_record(micros(self.begin.elapsed()));
        }
    }
}

fn is_busy(payload: &[u8]) -> bool {
    payload.windows(13).any(|part| part == b"\"unavailable\"")
}

/// Epoch and head of a `subscribed`, read without what follows them.
fn head(payload: &[u8]) -> Option<(Epoch, Seq)> {
    let text = std::str::from_utf8(payload).ok()?;
    let from = text.find("\"epoch\"")?;
    let to = from
        + text[from..]
            .find("\"replayed\"")
            .or_else(|| text[from..].find(",\"room\""))?;
    let part = format!("{{{}}}", text[from..to].trim_end_matches(','));
    let head: Head = serde_json::from_str(&part).ok()?;
    Some((head.epoch, head.head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_room_is_stands_before_its_members() {
        let subscribed = br#"{"type":"subscribed","id":"x","stream":"room:y","epoch":3,"head":17,"replayed":0,"room":{"epoch":9}}"#;
        assert_eq!(head(subscribed), Some((Epoch(3), Seq(17))));
        let reset = br#"{"type":"reset","stream":"room:y","epoch":4,"head":18,"room":{}}"#;
        assert_eq!(head(reset), Some((Epoch(4), Seq(18))));
        assert_eq!(head(b"{}"), None);
    }
}
