//! What a run measured, from the logs of its clients and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
use ludus_domain::protocol::ServerFrame;
use ludus_domain::refusal::Refusal;
use ludus_domain::stream::StreamId;
use serde::Serialize;

use crate::record::{Line, What};

/// Some times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    pub count: usize,
    pub p50_ms: u64,
    pub p99_ms: u64,
    pub max_ms: u64,
}

impl Times {
    pub(super) fn of(mut times_us: Vec<u64>) -> Self {
        times_us.sort_unstable();
        let at = |percent: usize| {
            let rank = (times_us.len() * percent / 100).min(times_us.len().saturating_sub(1));
            times_us.get(rank).copied().unwrap_or(0) / 1_000
        };
        Self {
            count: times_us.len(),
            p50_ms: at(50),
            p99_ms: at(99),
            max_ms: at(100),
        }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub clients: usize,
    /// Told that it was not possible now, and to try again.
    pub refused: usize,
    /// From asking to being acknowledged, however often it was sent.
    pub answered: Times,
    /// From the end of a connection to the next `welcome`.
    pub reconnected: Times,
    /// From the end of a connection to having everything that was missed.
    pub caught_up: Times,
    /// From an acknowledgement, wherever, to each who was connected seeing it.
    pub behind: Times,
    /// From the moment all was mended to the connection of each client.
    pub back: Times,
    /// Who asked for something after all was mended.
    pub asked: usize,
    /// From the moment all was mended to the first answer to each of them.
    pub first_answer: Times,
}

type ClientKey<'a> = (UserId, &'a str);

/// One client, as its log goes by.
#[derive(Default)]
struct Told {
    conn: u32,
    is_welcome: bool,
    /// Since when it has no connection.
    out_since: Option<u64>,
    /// Since when it misses something.
    behind_since: Option<u64>,
    views: HashMap<RoomId, View>,
    back_at: Option<u64>,
    answered_at: Option<u64>,
    asked_last: Option<u64>,
}

/// How far a connection has come in a room.
struct View {
    since_us: u64,
    at: Seq,
}

/// Reads the figures. `mended_us`: when everything that was done had been undone.
pub(super) fn figures(lines: &[Line], mended_us: u64) -> Figures {
    let acks = acknowledged(lines);
    let mut clients: BTreeMap<ClientKey<'_>, Told> = BTreeMap::new();
    let mut reader = Reader {
        acks: &acks,
        mended_us,
        invoked: HashMap::new(),
        refused: 0,
        answered: vec![],
        reconnected: vec![],
        caught_up: vec![],
        behind: vec![],
    };
    let audits: std::collections::HashSet<ClientKey<'_>> = lines
        .iter()
        .filter(|line| matches!(line.what, What::Open { audit: true, .. }))
        .map(|line| (line.user, &*line.client))
        .collect();
    for line in lines {
        let key = (line.user, &*line.client);
        if !audits.contains(&key) {
            reader.take(line, clients.entry(key).or_default());
        }
    }
    let since_mended = |moment: fn(&Told) -> Option<u64>| {
        let after = clients.values().filter_map(moment);
        Times::of(after.map(|at| at - mended_us).collect())
    };
    let has_asked = |told: &&Told| told.asked_last.is_some_and(|at| at >= mended_us);
    Figures {
        clients: clients.len(),
        asked: clients.values().filter(has_asked).count(),
        refused: reader.refused,
        answered: Times::of(reader.answered),
        reconnected: Times::of(reader.reconnected),
        caught_up: Times::of(reader.caught_up),
        behind: Times::of(reader.behind),
        back: since_mended(|told| told.back_at),
        first_answer: since_mended(|told| told.answered_at),
    }
}

/// When each line of each room was first known to be stored.
fn acknowledged(lines: &[Line]) -> HashMap<RoomId, BTreeMap<Seq, u64>> {
    let mut rooms: HashMap<(UserId, CommandId), RoomId> = HashMap::new();
    let mut acks: HashMap<RoomId, BTreeMap<Seq, u64>> = HashMap::new();
    for line in lines {
        match &line.what {
            What::Invoke { id, room, .. } => {
                rooms.insert((line.user, *id), *room);
            }
            What::Ok { id, seq, count, .. } if *count > 0 => {
                if let Some(room) = rooms.get(&(line.user, *id)) {
                    let seqs = acks.entry(*room).or_default();
                    seqs.entry(*seq).or_insert(line.at_us);
                }
            }
            _ => {}
        }
    }
    acks
}

struct Reader<'a> {
    acks: &'a HashMap<RoomId, BTreeMap<Seq, u64>>,
    mended_us: u64,
    invoked: HashMap<(UserId, CommandId), u64>,
    refused: usize,
    answered: Vec<u64>,
    reconnected: Vec<u64>,
    caught_up: Vec<u64>,
    behind: Vec<u64>,
}

impl Reader<'_> {
    fn take(&mut self, line: &Line, told: &mut Told) {
        let now = line.at_us;
        match &line.what {
            What::Open { conn, .. } => {
                told.conn = *conn;
                told.is_welcome = false;
                told.views.clear();
            }
            What::Closed { conn, .. } if *conn == told.conn => self.close(now, told),
            What::Invoke { id, .. } => {
                told.asked_last = Some(now);
                self.invoked.entry((line.user, *id)).or_insert(now);
            }
            What::Ok { id, .. } => {
                if let Some(asked) = self.invoked.remove(&(line.user, *id)) {
                    self.answered.push(now - asked);
                }
                if now >= self.mended_us {
                    told.answered_at.get_or_insert(now);
                }
            }
            What::Fail { code, .. } => {
                let is_later = matches!(code, Refusal::Unavailable | Refusal::RateLimited);
                self.refused += usize::from(is_later);
                // A room that is over says so: that is an answer too.
                if !is_later && now >= self.mended_us {
                    told.answered_at.get_or_insert(now);
                }
            }
            What::Heard { conn, frame } if *conn == told.conn => self.hear(frame, now, told),
            _ => {}
        }
    }

    fn close(&mut self, now: u64, told: &mut Told) {
        let views = std::mem::take(&mut told.views);
        for (room, view) in views {
            self.fell_behind(room, &view, now);
        }
        if told.is_welcome {
            told.out_since.get_or_insert(now);
            told.behind_since.get_or_insert(now);
            told.is_welcome = false;
            if now < self.mended_us {
                told.back_at = None;
            }
        }
    }

    /// What a connection had not brought when it ended, or when it did.
    fn fell_behind(&mut self, room: RoomId, view: &View, now: u64) {
        let Some(acks) = self.acks.get(&room) else {
            return;
        };
        let missed = acks
            .range(view.at.next()..)
            .map(|(_, known)| *known)
            .filter(|known| *known >= view.since_us && *known <= now)
            .min();
        self.behind.extend(missed.map(|known| now - known));
    }

    fn hear(&mut self, frame: &ServerFrame, now: u64, told: &mut Told) {
        match frame {
            ServerFrame::Welcome(_) => {
                told.is_welcome = true;
                if let Some(since) = told.out_since.take() {
                    self.reconnected.push(now - since);
                }
                told.back_at.get_or_insert(now.max(self.mended_us));
            }
            ServerFrame::Subscribed { stream, head, .. }
            | ServerFrame::Reset { stream, head, .. } => {
                let StreamId::Room(room) = *stream else {
                    return;
                };
                let (since_us, at) = (now, *head);
                told.views.insert(room, View { since_us, at });
                if let Some(since) = told.behind_since.take() {
                    self.caught_up.push(now - since);
                }
            }
            ServerFrame::Unsubscribed { stream, .. } => {
                if let Some(room) = stream.room() {
                    told.views.remove(&room);
                }
            }
            ServerFrame::Event { stream, event } => self.see(*stream, event.seq, now, told),
            ServerFrame::Skip { stream, to, .. } => self.see(*stream, *to, now, told),
            _ => {}
        }
    }

    fn see(&mut self, stream: StreamId, seq: Seq, now: u64, told: &mut Told) {
        let StreamId::Room(room) = stream else { return };
        let Some(view) = told.views.get_mut(&room) else {
            return;
        };
        view.at = view.at.max(seq);
        let known = self.acks.get(&room).and_then(|acks| acks.get(&seq));
        if let Some(known) = known.filter(|known| **known >= view.since_us) {
            self.behind.push(now.saturating_sub(*known));
        }
    }
}

/// Milliseconds, as people say them.
pub(super) fn shown(ms: u64) -> String {
    let time = Duration::from_millis(ms);
    if ms < 10_000 {
        format!("{ms} ms")
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use ludus_domain::audience::Audience;
    use ludus_domain::ids::Epoch;
    use ludus_domain::journal::{Fact, Recorded};
    use ludus_domain::room::Event;
    use ludus_domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::client::say;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn line(ms: u64, user: u128, what: What) -> Line {
        Line {
            at_us: ms * 1_000,
            user: UserId(Uuid::from_u128(user)),
            client: "tab".into(),
            what,
        }
    }

    fn heard(ms: u64, user: u128, conn: u32, frame: ServerFrame) -> Line {
        let frame = Box::new(frame);
        line(ms, user, What::Heard { conn, frame })
    }

    fn welcome(ms: u64, user: u128, conn: u32) -> Line {
        let frame = serde_json::json!({
            "type": "welcome", "session": Uuid::nil(), "user": Uuid::from_u128(user), "org": Uuid::nil(), "role": "learner", "name": "Ada",
            "resume": "r", "heartbeat_ms": 1000,
        });
        let frame = serde_json::from_value(frame).expect("a welcome");
        heard(ms, user, conn, frame)
    }

    fn open(ms: u64, user: u128, conn: u32) -> Line {
        let open = What::Open {
            conn,
            resumed: false,
            streams: vec![],
            audit: false,
        };
        line(ms, user, open)
    }

    fn subscribed(ms: u64, user: u128, conn: u32, head: u64) -> Line {
        let frame = ServerFrame::Subscribed {
            id: None,
            stream: StreamId::Room(ROOM),
            epoch: Epoch(1),
            head: Seq(head),
            replayed: 0,
            room: None,
        };
        heard(ms, user, conn, frame)
    }

    fn event(ms: u64, user: u128, conn: u32, seq: u64) -> Line {
        let event = Recorded {
            seq: Seq(seq),
            at: Timestamp(0),
            by: None,
            audience: Audience::All,
            fact: Fact::Room(Event::said("hello", vec![])),
        };
        let stream = StreamId::Room(ROOM);
        heard(ms, user, conn, ServerFrame::Event { stream, event })
    }

    fn said(ms: u64, acked_ms: u64, user: u128, seq: u64) -> [Line; 2] {
        let id = CommandId(Uuid::from_u128(1_000 + u128::from(seq)));
        let (room, command) = (ROOM, say("hello"));
        let ok = What::Ok {
            id,
            conn: 1,
            seq: Seq(seq),
            count: 1,
            dup: false,
        };
        [
            line(ms, user, What::Invoke { id, room, command }),
            line(acked_ms, user, ok),
        ]
    }

    #[test]
    fn times_are_counted_from_where_they_begin() {
        let mut lines = vec![
            open(0, 1, 1),
            welcome(1, 1, 1),
            subscribed(2, 1, 1, 0),
            open(0, 2, 1),
            welcome(1, 2, 1),
            subscribed(2, 2, 1, 0),
        ];
        lines.extend(said(10, 30, 1, 1));
        lines.push(event(35, 1, 1, 1));
        lines.push(event(130, 2, 1, 1));
        lines.push(line(
            200,
            2,
            What::Closed {
                conn: 1,
                code: None,
            },
        ));
        // A try that came to nothing does not end the time without a connection.
        lines.push(open(250, 2, 2));
        lines.push(line(
            260,
            2,
            What::Closed {
                conn: 2,
                code: None,
            },
        ));
        lines.push(open(400, 2, 3));
        lines.push(welcome(500, 2, 3));
        lines.push(subscribed(520, 2, 3, 1));
        lines.extend(said(600, 640, 1, 2));
        let figures = figures(&lines, 450_000);
        assert_eq!(figures.answered.max_ms, 40);
        assert_eq!(figures.reconnected.max_ms, 300);
        assert_eq!(figures.caught_up.max_ms, 320);
        assert_eq!(figures.behind.max_ms, 100);
        assert_eq!(figures.back.max_ms, 50);
        assert_eq!(figures.first_answer.max_ms, 190);
    }

    #[test]
    fn what_never_came_counts_until_the_connection_ends() {
        let mut lines = vec![open(0, 2, 1), welcome(1, 2, 1), subscribed(2, 2, 1, 0)];
        lines.extend(said(10, 30, 1, 1));
        lines.push(line(
            5_030,
            2,
            What::Closed {
                conn: 1,
                code: None,
            },
        ));
        assert_eq!(figures(&lines, 0).behind.max_ms, 5_000);
        // Who had it is not behind, and who came later is served it on the way in.
        lines.insert(3, subscribed(31, 2, 1, 1));
        assert_eq!(figures(&lines, 0).behind.count, 0);
    }
}
