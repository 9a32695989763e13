//! What was asked and answered, against what is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ludus_domain::ids::{CommandId, RoomId, Seq, UserId};
use ludus_domain::journal::Fact;
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Command, Event};
use ludus_domain::stream::StreamId;
use ludus_domain::text;

use super::{Rule, Verdict};
use crate::database::{Database, StoredCommand, StoredEvent};
use crate::record::{Line, What};

/// Everything known of one command.
struct Asked<'a> {
    room: RoomId,
    user: UserId,
    id: CommandId,
    command: &'a Command,
    invoked_us: u64,
    /// By connection; one client's connections are numbered by it.
    sent: Vec<Sending<'a>>,
    acks: Vec<Ack>,
    nacks: Vec<Refusal>,
}

struct Sending<'a> {
    client: &'a str,
    conn: u32,
    at_us: u64,
}

struct Ack {
    at_us: u64,
    conn: u32,
    seq: Seq,
    count: u32,
    dup: bool,
}

impl Asked<'_> {
    fn names(&self) -> String {
        format!("{} of {} in room {}", self.id, self.user, self.room)
    }

    /// Whether it is certain that nothing of it may be stored. A refusal that was decided comes
    /// after dedupe, so it also speaks for earlier tries without an answer; one that only turned
    /// the command away speaks for itself; `unavailable` says that nobody could tell.
    fn is_refused(&self) -> bool {
        let Some(last) = self.nacks.last() else {
            return false;
        };
        let speaks_for_all = match last {
            Refusal::Unavailable => false,
            Refusal::RateLimited | Refusal::Internal | Refusal::Conflict => {
                let is_turned_away = |code: &&Refusal| **code != Refusal::Unavailable;
                self.nacks.iter().filter(is_turned_away).count() >= self.sent.len()
            }
            _ => true,
        };
        self.acks.is_empty() && speaks_for_all
    }

    fn spoken(&self) -> Option<String> {
        match self.command {
            Command::Say { text, .. } | Command::SayAs { text, .. } => text::line(text).ok(),
            _ => None,
        }
    }
}

type Key = (RoomId, UserId, CommandId);

pub(super) fn check(lines: &[Line], database: &Database, verdict: &mut Verdict) {
    let asked = gather(lines, verdict);
    let stored: HashMap<Key, &StoredCommand> = database
        .commands
        .iter()
        .filter_map(|command| {
            let room = command.stream.room()?;
            Some(((room, command.sender, command.id), command))
        })
        .collect();
    for one in asked.values() {
        check_one(one, &stored, database, verdict);
    }
    check_words(&asked, database, verdict);
    check_invented(&asked, &stored, verdict);
    check_real_time(&asked, verdict);
    check_connections(&asked, verdict);
}

fn gather<'a>(lines: &'a [Line], verdict: &mut Verdict) -> BTreeMap<Key, Asked<'a>> {
    let mut asked: BTreeMap<Key, Asked<'a>> = BTreeMap::new();
    let mut rooms: HashMap<(UserId, CommandId), RoomId> = HashMap::new();
    for line in lines {
        let find = |id: &CommandId| {
            rooms
                .get(&(line.user, *id))
                .map(|room| (*room, line.user, *id))
        };
        match &line.what {
            What::Invoke { id, room, command } => {
                rooms.insert((line.user, *id), *room);
                asked
                    .entry((*room, line.user, *id))
                    .or_insert_with(|| Asked {
                        room: *room,
                        user: line.user,
                        id: *id,
                        command,
                        invoked_us: line.at_us,
                        sent: Vec::new(),
                        acks: Vec::new(),
                        nacks: Vec::new(),
                    });
            }
            What::Sent { id, conn } => {
                if let Some(one) = find(id).and_then(|key| asked.get_mut(&key)) {
                    one.sent.push(Sending {
                        client: &line.client,
                        conn: *conn,
                        at_us: line.at_us,
                    });
                }
            }
            What::Ok {
                id,
                conn,
                seq,
                count,
                dup,
            } => match find(id).and_then(|key| asked.get_mut(&key)) {
                Some(one) => one.acks.push(Ack {
                    at_us: line.at_us,
                    conn: *conn,
                    seq: *seq,
                    count: *count,
                    dup: *dup,
                }),
                None => verdict.breach(
                    Rule::Invented,
                    format!("{id} was acknowledged to {} who never asked it", line.user),
                ),
            },
            What::Fail { id, code, .. } => {
                if let Some(one) = find(id).and_then(|key| asked.get_mut(&key)) {
                    one.nacks.push(*code);
                }
            }
            _ => {}
        }
    }
    asked
}

fn event(database: &Database, room: RoomId, seq: Seq) -> Option<&StoredEvent> {
    let stream = database.streams.get(&StreamId::Room(room))?;
    let index = stream.events.binary_search_by_key(&seq, |event| event.seq);
    index.ok().map(|index| &stream.events[index])
}

fn check_one(
    one: &Asked<'_>,
    stored: &HashMap<Key, &StoredCommand>,
    database: &Database,
    verdict: &mut Verdict,
) {
    let names = one.names();
    let row = stored.get(&(one.room, one.user, one.id));
    if one.is_refused() {
        verdict.seen.refused += 1;
        if let Some(row) = row {
            let code = one.nacks.last().map_or("", |code| code.code());
            verdict.breach(
                Rule::Invented,
                format!(
                    "{names} was refused ({code}) and is stored at {}",
                    row.first
                ),
            );
        }
        return;
    }
    let Some(first) = one.acks.first() else {
        verdict.seen.unknown += 1;
        return;
    };
    verdict.seen.acknowledged += 1;
    verdict.seen.repeats += usize::from(one.acks.iter().any(|ack| ack.dup));
    for ack in &one.acks[1..] {
        if (ack.seq, ack.count) != (first.seq, first.count) && first.count > 0 {
            verdict.breach(
                Rule::Doubled,
                format!(
                    "{names} was acknowledged at {} and again at {}",
                    first.seq, ack.seq
                ),
            );
        }
    }
    if first.count == 0 {
        return;
    }
    match row {
        None => verdict.breach(
            Rule::Lost,
            format!(
                "{names} was acknowledged at {} and is not stored",
                first.seq
            ),
        ),
        Some(row) if (row.first, row.count) != (first.seq, first.count) => verdict.breach(
            Rule::Doubled,
            format!(
                "{names} was acknowledged at {} and is stored at {}",
                first.seq, row.first
            ),
        ),
        Some(_) => {}
    }
    match event(database, one.room, first.seq) {
        None => verdict.breach(
            Rule::Lost,
            format!(
                "{names} was acknowledged at {}, where nothing is",
                first.seq
            ),
        ),
        Some(found) => {
            let spoken = match &found.fact {
                Fact::Room(Event::Said { text, .. }) => Some(text.clone()),
                _ => None,
            };
            if found.by != Some(one.user) || spoken != one.spoken() {
                verdict.breach(
                    Rule::Lost,
                    format!(
                        "{names} was acknowledged at {}, where something else is ({})",
                        first.seq,
                        found.fact.kind()
                    ),
                );
            }
        }
    }
}

/// Lines by their words: nothing stored more often than it was said, nothing stored that nobody said.
fn check_words(asked: &BTreeMap<Key, Asked<'_>>, database: &Database, verdict: &mut Verdict) {
    let mut said: HashMap<(RoomId, UserId, String), usize> = HashMap::new();
    let rooms: BTreeSet<RoomId> = asked.values().map(|one| one.room).collect();
    for one in asked.values().filter(|one| !one.is_refused()) {
        if let Some(text) = one.spoken() {
            *said.entry((one.room, one.user, text)).or_default() += 1;
        }
    }
    let mut stored: HashMap<(RoomId, UserId, &str), Vec<Seq>> = HashMap::new();
    for (id, stream) in &database.streams {
        let Some(room) = id.room().filter(|room| rooms.contains(room)) else {
            continue;
        };
        for event in &stream.events {
            if let (Fact::Room(Event::Said { text, .. }), Some(by)) = (&event.fact, event.by) {
                stored.entry((room, by, text)).or_default().push(event.seq);
            }
        }
    }
    for ((room, user, text), seqs) in stored {
        let times = said.get(&(room, user, text.to_owned())).copied();
        match times {
            None => verdict.breach(
                Rule::Invented,
                format!(
                    "room {room} has at {} a line of {user} that was never said, or was refused",
                    seqs[0]
                ),
            ),
            Some(times) if seqs.len() > times => verdict.breach(
                Rule::Doubled,
                format!("room {room} has one line of {user} at {seqs:?}, said {times} times"),
            ),
            Some(_) => {}
        }
    }
}

fn check_invented(
    asked: &BTreeMap<Key, Asked<'_>>,
    stored: &HashMap<Key, &StoredCommand>,
    verdict: &mut Verdict,
) {
    let users: BTreeSet<UserId> = asked.values().map(|one| one.user).collect();
    let rooms: BTreeSet<RoomId> = asked.values().map(|one| one.room).collect();
    for ((room, user, id), row) in stored {
        if users.contains(user) && rooms.contains(room) && !asked.contains_key(&(*room, *user, *id))
        {
            verdict.breach(
                Rule::Invented,
                format!(
                    "room {room} has at {} a command {id} of {user} that was never asked",
                    row.first
                ),
            );
        }
    }
}

/// Whatever was acknowledged before another was asked comes before it.
fn check_real_time(asked: &BTreeMap<Key, Asked<'_>>, verdict: &mut Verdict) {
    let mut rooms: BTreeMap<RoomId, Vec<(u64, bool, Seq, &Asked<'_>)>> = BTreeMap::new();
    for one in asked.values() {
        let Some(ack) = one.acks.iter().min_by_key(|ack| ack.at_us) else {
            continue;
        };
        if ack.count > 0 {
            let moments = rooms.entry(one.room).or_default();
            // At the same microsecond, asking counts as earlier: no order is claimed then.
            moments.push((one.invoked_us, false, ack.seq, one));
            moments.push((ack.at_us, true, ack.seq, one));
        }
    }
    for moments in rooms.values_mut() {
        moments.sort_by_key(|(at, acknowledged, ..)| (*at, *acknowledged));
        let mut latest: Option<(Seq, &Asked<'_>)> = None;
        for (_, acknowledged, seq, one) in moments {
            if *acknowledged {
                if latest.is_none_or(|(known, _)| *seq > known) {
                    latest = Some((*seq, one));
                }
            } else if let Some((known, earlier)) = latest
                && *seq <= known
            {
                verdict.breach(
                    Rule::Reordered,
                    format!(
                        "{} was acknowledged at {known} before {} was asked, which got {seq}",
                        earlier.names(),
                        one.id
                    ),
                );
            }
        }
    }
}

/// What one client asked of one room on one connection.
type Queue<'a> = (UserId, &'a str, u32, RoomId);

/// What one connection asked of one room is stored in that order. Only first answers to commands
/// that went out once on that connection count: anything else may rightly be of an earlier one.
fn check_connections(asked: &BTreeMap<Key, Asked<'_>>, verdict: &mut Verdict) {
    let mut queues: BTreeMap<Queue<'_>, Vec<(u64, Seq, CommandId)>> = BTreeMap::new();
    for one in asked.values() {
        let Some(ack) = one.acks.first().filter(|ack| !ack.dup && ack.count > 0) else {
            continue;
        };
        let mut here = one.sent.iter().filter(|sending| sending.conn == ack.conn);
        if let (Some(sending), None) = (here.next(), here.next()) {
            queues
                .entry((one.user, sending.client, sending.conn, one.room))
                .or_default()
                .push((sending.at_us, ack.seq, one.id));
        }
    }
    for ((user, client, conn, room), mut queue) in queues {
        // Sent in the same microsecond: the ids are in order of asking.
        queue.sort_by_key(|(at, _, id)| (*at, *id));
        for pair in queue.windows(2) {
            if pair[1].1 <= pair[0].1 {
                verdict.breach(
                    Rule::Reordered,
                    format!(
                        "{user} ({client}, connection {conn}) asked {} before {} of room {room}; they are stored at {} and {}",
                        pair[0].2, pair[1].2, pair[0].1, pair[1].1
                    ),
                );
            }
        }
    }
}
