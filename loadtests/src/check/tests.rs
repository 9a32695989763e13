//! Hand-made histories: a good one, and one for each way to break it.

use ludus_domain::audience::Audience;
use ludus_domain::ids::{CommandId, Epoch, OrgId, RoomId, Seq, TurnId, UserId};
use ludus_domain::journal::{Fact, Recorded};
use ludus_domain::protocol::{Position, ServerFrame};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{Entry, Event, Phase, RoomKind, RoomPlan, SceneNotes, TurnEnd, Why};
use ludus_domain::signals::LineFacts;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use uuid::Uuid;

use super::{Rule, Verdict, check, open_turns};
use crate::client::say;
use crate::database::{Database, StoredCommand, StoredEvent, StoredStream};
use crate::record::{Line, What};

const ROOM: RoomId = RoomId(Uuid::from_u128(0x100));
const STREAM: StreamId = StreamId::Room(ROOM);

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn command(n: u128) -> CommandId {
    CommandId(Uuid::from_u128(0xC0_0000 + n))
}

fn said(text: &str) -> Event {
    Event::said(text, vec![])
}

/// Two people, a host and a learner; each says a line, both look at everything.
struct History {
    lines: Vec<Line>,
    database: Database,
}

impl History {
    fn empty() -> Self {
        let mut database = Database::default();
        let org = OrgId(Uuid::from_u128(9));
        database.users.insert(user(1), (org, Role::Coach));
        database.users.insert(user(2), (org, Role::Learner));
        let stream = StoredStream {
            first: Seq(1),
            ..StoredStream::default()
        };
        database.streams.insert(STREAM, stream);
        let plan = RoomPlan {
            kind: RoomKind::Lounge,
            entry: Entry::Open,
            title: "Lounge".into(),
            capacity: 2,
            lobby: false,
            scene: None,
        };
        let mut history = Self {
            lines: Vec::new(),
            database,
        };
        history.store(user(1), Event::Opened { plan });
        history.store(user(1), joined(1, true));
        history.store(user(2), joined(2, false));
        history
    }

    fn good() -> Self {
        let mut history = Self::empty();
        for n in [1, 2] {
            history.write(n, open(1, Some(0), false));
            history.hear_stored(n, 1, 1..=3);
            history.write(n, subscribed(1, 3));
        }
        history.say(1, 1, "ada 1");
        history.say(2, 2, "bob 1");
        for n in [1, 2] {
            history.hear_stored(n, 1, 4..=5);
        }
        history.look();
        history
    }

    fn write(&mut self, n: u128, what: What) {
        let at_us = self.lines.len() as u64 * 10;
        self.lines.push(Line {
            at_us,
            user: user(n),
            client: "tab".into(),
            what,
        });
    }

    fn stream(&mut self) -> &mut StoredStream {
        self.database.streams.entry(STREAM).or_default()
    }

    fn store(&mut self, by: UserId, event: Event) -> Seq {
        let stream = self.stream();
        let seq = stream.head.next();
        stream.head = seq;
        if event.moves_guard() {
            stream.guard = seq;
        }
        stream.events.push(StoredEvent {
            at_ms: 0,
            seq,
            by: Some(by),
            audience: event.audience(),
            fact: Fact::Room(event),
        });
        seq
    }

    fn ask(&mut self, n: u128, id: u128, text: &str) {
        self.write(
            n,
            What::Invoke {
                id: command(id),
                room: ROOM,
                command: say(text),
            },
        );
        self.write(
            n,
            What::Sent {
                id: command(id),
                conn: 1,
            },
        );
    }

    fn acknowledge(&mut self, n: u128, id: u128, seq: Seq) {
        self.write(
            n,
            What::Ok {
                id: command(id),
                conn: 1,
                seq,
                count: 1,
                dup: false,
            },
        );
    }

    fn keep(&mut self, n: u128, id: u128, first: Seq) {
        self.database.commands.push(StoredCommand {
            stream: STREAM,
            sender: user(n),
            id: command(id),
            first,
            count: 1,
        });
    }

    /// Asked, stored, acknowledged.
    fn say(&mut self, n: u128, id: u128, text: &str) -> Seq {
        self.ask(n, id, text);
        let seq = self.store(user(n), said(text));
        self.keep(n, id, seq);
        self.acknowledge(n, id, seq);
        seq
    }

    fn recorded(&self, seq: u64) -> Recorded {
        let index = usize::try_from(seq - 1).unwrap();
        let event = &self.database.streams[&STREAM].events[index];
        Recorded {
            seq: Seq(seq),
            at: Timestamp(0),
            by: event.by,
            audience: Audience::All,
            fact: event.fact.clone(),
        }
    }

    fn hear_stored(&mut self, n: u128, conn: u32, seqs: std::ops::RangeInclusive<u64>) {
        for seq in seqs {
            let event = self.recorded(seq);
            let frame = Box::new(ServerFrame::Event {
                stream: STREAM,
                event,
            });
            self.write(n, What::Heard { conn, frame });
        }
    }

    /// Everybody's final look.
    fn look(&mut self) {
        let head = self.stream().head.0;
        for n in [1, 2] {
            let events = (1..=head).map(|seq| self.recorded(seq)).collect();
            self.write(
                n,
                What::Page {
                    reading: 0,
                    stream: STREAM,
                    events,
                    skips: vec![],
                    last: true,
                },
            );
            self.write(n, open(9, Some(0), true));
            self.hear_stored(n, 9, 1..=head);
            self.write(n, subscribed(9, head));
        }
    }

    fn check(&self) -> Verdict {
        check(&self.lines, &self.database)
    }

    #[track_caller]
    fn must_break(&self, rule: Rule, words: &str) {
        let verdict = self.check();
        assert!(
            verdict
                .breaches
                .iter()
                .any(|breach| breach.rule == rule && breach.says.contains(words)),
            "expected {} with {words:?}, got: {verdict}",
            rule.label(),
        );
    }
}

fn joined(n: u128, host: bool) -> Event {
    Event::Joined {
        user: user(n),
        name: format!("user {n}"),
        host,
    }
}

fn open(conn: u32, since: Option<u64>, audit: bool) -> What {
    let since = since.map(|seq| Position {
        epoch: Epoch(1),
        seq: Seq(seq),
    });
    What::Open {
        conn,
        resumed: false,
        streams: vec![(STREAM, since)],
        audit,
    }
}

fn subscribed(conn: u32, head: u64) -> What {
    let frame = Box::new(ServerFrame::Subscribed {
        id: None,
        stream: STREAM,
        epoch: Epoch(1),
        head: Seq(head),
        replayed: 0,
        room: None,
    });
    What::Heard { conn, frame }
}

#[test]
fn a_good_history_holds() {
    let verdict = History::good().check();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.seen.acknowledged, 2);
    assert_eq!(verdict.seen.events, 5);
    assert_eq!(verdict.seen.final_views, 4);
}

#[test]
fn an_acknowledged_line_that_is_gone_is_lost() {
    let mut history = History::good();
    history.database.commands.pop();
    history.stream().events.pop();
    history.stream().head = Seq(4);
    history.must_break(Rule::Lost, "acknowledged at 5 and is not stored");
    history.must_break(Rule::Lost, "acknowledged at 5, where nothing is");
    history.must_break(Rule::Lost, "was shown 5");
}

#[test]
fn an_ack_for_somebody_elses_place_is_a_loss() {
    let mut history = History::good();
    history.ask(2, 3, "bob 2");
    history.acknowledge(2, 3, Seq(4));
    history.keep(2, 3, Seq(4));
    history.must_break(Rule::Lost, "where something else is");
}

#[test]
fn a_line_stored_twice_is_doubled() {
    let mut history = History::empty();
    history.say(1, 1, "ada 1");
    history.store(user(1), said("ada 1"));
    history.look();
    history.must_break(Rule::Doubled, "one line of");
}

#[test]
fn two_acks_of_one_command_must_agree() {
    let mut history = History::good();
    history.acknowledge(1, 1, Seq(5));
    history.must_break(Rule::Doubled, "acknowledged at 4 and again at 5");
}

#[test]
fn a_sequence_twice_on_one_connection_is_doubled() {
    let mut history = History::good();
    history.hear_stored(2, 1, 5..=5);
    history.must_break(Rule::Doubled, "got 5 of room:");
}

#[test]
fn a_hole_in_a_live_view_is_a_loss() {
    let mut history = History::good();
    let hole = history.lines.iter().position(
        |line| matches!(&line.what, What::Heard { conn: 1, frame } if matches!(&**frame, ServerFrame::Event { event, .. } if event.seq == Seq(4))),
    );
    history.lines.remove(hole.unwrap());
    history.must_break(Rule::Lost, "got 5 of");
}

#[test]
fn a_resume_that_ends_before_the_head_is_a_loss() {
    let mut history = History::good();
    history.write(2, open(10, Some(0), true));
    history.hear_stored(2, 10, 1..=3);
    history.write(2, subscribed(10, 3));
    history.must_break(Rule::Lost, "came to 3 of 5");
}

#[test]
fn history_that_leaves_a_line_out_is_a_loss() {
    let mut history = History::good();
    for line in &mut history.lines {
        if let What::Page { events, .. } = &mut line.what {
            events.remove(3);
        }
    }
    history.must_break(Rule::Lost, "after 3: 4 never came");
}

#[test]
fn another_text_than_stored_is_reordered() {
    let mut history = History::good();
    for line in &mut history.lines {
        if let What::Page { events, .. } = &mut line.what {
            events[3].fact = Fact::Room(said("something else"));
        }
    }
    history.must_break(Rule::Reordered, "another 4");
}

#[test]
fn a_line_taken_back_may_come_without_its_words() {
    let mut history = History::empty();
    let line = history.say(1, 1, "ada 1");
    history.store(
        user(1),
        Event::Retracted {
            line,
            of: Some(user(1)),
        },
    );
    history.look();
    let blank = Fact::Room(Event::Said {
        text: String::new(),
        reply_to: None,
        answers: None,
        mentions: vec![],
        instead_of: None,
        as_persona: None,
        facts: LineFacts::default(),
        retracted: true,
        hidden: false,
        flagged: false,
    });
    for line in &mut history.lines {
        if let What::Page { events, .. } = &mut line.what {
            events[3].fact = blank.clone();
        }
    }
    let verdict = history.check();
    assert!(verdict.holds(), "{verdict}");
}

#[test]
fn who_speaks_without_a_final_look_proves_nothing() {
    let mut history = History::empty();
    history.say(1, 1, "ada 1");
    history.must_break(Rule::Lost, "no final view");
}

#[test]
fn what_was_acknowledged_first_comes_first() {
    let mut history = History::empty();
    history.ask(1, 1, "ada 1");
    history.acknowledge(1, 1, Seq(5));
    history.ask(2, 2, "bob 1");
    history.store(user(2), said("bob 1"));
    history.store(user(1), said("ada 1"));
    history.keep(2, 2, Seq(4));
    history.keep(1, 1, Seq(5));
    history.acknowledge(2, 2, Seq(4));
    history.look();
    history.must_break(Rule::Reordered, "before");
}

#[test]
fn one_connection_keeps_its_order() {
    let mut history = History::empty();
    history.ask(1, 1, "ada 1");
    history.ask(1, 2, "ada 2");
    history.store(user(1), said("ada 2"));
    history.store(user(1), said("ada 1"));
    history.keep(1, 2, Seq(4));
    history.keep(1, 1, Seq(5));
    history.acknowledge(1, 2, Seq(4));
    history.acknowledge(1, 1, Seq(5));
    history.look();
    history.must_break(Rule::Reordered, "they are stored at 5 and 4");
}

#[test]
fn a_line_nobody_said_is_invented() {
    let mut history = History::empty();
    history.say(1, 1, "ada 1");
    history.store(user(2), said("never said"));
    history.look();
    history.must_break(Rule::Invented, "was never said");
}

#[test]
fn a_refused_line_must_not_be_stored() {
    let mut history = History::good();
    history.ask(2, 3, "bob 2");
    history.write(
        2,
        What::Fail {
            id: command(3),
            conn: 1,
            code: Refusal::Muted,
        },
    );
    let verdict = history.check();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.seen.refused, 1);
    let seq = history.store(user(2), said("bob 2"));
    history.keep(2, 3, seq);
    history.must_break(Rule::Invented, "was refused (muted)");
}

#[test]
fn turned_away_after_an_unanswered_try_may_be_stored() {
    let mut history = History::empty();
    history.ask(2, 3, "bob 2");
    history.write(
        2,
        What::Sent {
            id: command(3),
            conn: 2,
        },
    );
    history.write(
        2,
        What::Fail {
            id: command(3),
            conn: 2,
            code: Refusal::Unavailable,
        },
    );
    let seq = history.store(user(2), said("bob 2"));
    history.keep(2, 3, seq);
    let verdict = history.check();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.seen.unknown, 1);
}

#[test]
fn a_gap_in_the_journal_is_seen() {
    let mut history = History::good();
    history.stream().events.remove(3);
    history.must_break(Rule::Gap, "has 5 where 4 should be");
}

#[test]
fn a_wrong_head_is_seen() {
    let mut history = History::good();
    history.stream().head = Seq(6);
    history.must_break(Rule::Gap, "head is 6");
}

#[test]
fn a_skip_over_what_is_theirs_is_a_loss() {
    let mut history = History::good();
    history.say(1, 3, "ada 2");
    let frame = Box::new(ServerFrame::Skip {
        stream: STREAM,
        from: Seq(6),
        to: Seq(6),
    });
    history.write(2, What::Heard { conn: 1, frame });
    history.must_break(Rule::Lost, "which is theirs to see");
}

#[test]
fn an_invitation_is_skipped_by_learners_and_seen_by_coaches() {
    let mut history = History::empty();
    for n in [1, 2] {
        history.write(n, open(1, Some(3), false));
        history.write(n, subscribed(1, 3));
    }
    history.store(user(1), Event::Invited { user: user(3) });
    history.hear_stored(1, 1, 4..=4);
    let frame = Box::new(ServerFrame::Skip {
        stream: STREAM,
        from: Seq(4),
        to: Seq(4),
    });
    history.write(2, What::Heard { conn: 1, frame });
    let verdict = history.check();
    assert!(verdict.holds(), "{verdict}");
    history.write(2, open(2, Some(3), false));
    history.hear_stored(2, 2, 4..=4);
    history.must_break(Rule::Invented, "not theirs to see");
}

#[test]
fn nobody_speaks_while_muted_or_after_the_end() {
    let mut history = History::empty();
    history.store(
        user(1),
        Event::Muted {
            user: user(2),
            muted: true,
            until: None,
        },
    );
    history.say(2, 1, "bob 1");
    history.store(
        user(1),
        Event::PhaseChanged {
            phase: Phase::Ended,
        },
    );
    history.say(1, 2, "ada 1");
    history.look();
    history.must_break(Rule::Inadmissible, "muted");
    history.must_break(Rule::Inadmissible, "the room had ended");
}

#[test]
fn the_last_seat_is_taken_once() {
    let mut history = History::empty();
    history.store(user(3), joined(3, false));
    history.must_break(Rule::Inadmissible, "no seat was left");
}

#[test]
fn a_learner_mutes_nobody() {
    let mut history = History::empty();
    history.store(
        user(2),
        Event::Muted {
            user: user(1),
            muted: true,
            until: None,
        },
    );
    history.must_break(Rule::Inadmissible, "neither coach nor host");
}

#[test]
fn lines_survive_being_written_down() {
    let history = History::good();
    for line in &history.lines {
        let text = serde_json::to_string(line).unwrap();
        let again: Line = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
}

fn begun(attempt: u8) -> Event {
    Event::TurnBegun {
        turn: TurnId(1),
        attempt,
        recovered: attempt > 1,
    }
}

fn spoke(attempt: u8) -> Event {
    Event::Spoke {
        turn: TurnId(1),
        attempt,
        persona: "mara".parse().unwrap(),
        text: "hello".into(),
        end: TurnEnd::Done,
        why: Why::Line,
        of: None,
        engine: String::new(),
        notes: SceneNotes::default(),
        retracted: false,
        hidden: false,
    }
}

/// What became of one turn of a persona.
fn turn(events: Vec<Event>) -> History {
    let mut history = History::empty();
    let asked = Event::TurnAsked {
        turn: TurnId(1),
        persona: "mara".parse().unwrap(),
        why: Why::Line,
        of: None,
        asked_by: Some(user(1)),
        depth: 0,
    };
    for event in std::iter::once(asked).chain(events) {
        history.store(user(1), event);
    }
    history.look();
    history
}

#[test]
fn a_turn_that_was_begun_anew_is_closed_by_who_began_it_last() {
    let verdict = turn(vec![begun(1), begun(2), spoke(2)]).check();
    assert!(verdict.holds(), "{verdict}");
    let given_up = turn(vec![begun(1), begun(2), spoke(1)]);
    given_up.must_break(Rule::Inadmissible, "an attempt that was given up");
    let twice = turn(vec![begun(1), begun(2), spoke(2), spoke(1)]);
    twice.must_break(Rule::Inadmissible, "closed twice");
    let back = turn(vec![begun(2), begun(1), spoke(2)]);
    back.must_break(Rule::Inadmissible, "begun twice over");
}

#[test]
fn a_turn_that_nobody_closed_is_open() {
    let open = turn(vec![begun(1)]);
    assert_eq!(open_turns(&open.database), [(ROOM, TurnId(1))]);
    let closed = turn(vec![begun(1), spoke(1)]);
    assert_eq!(open_turns(&closed.database), []);
}

#[test]
fn what_was_heard_of_an_answer_is_what_is_stored_of_it() {
    let heard = |pieces: &[(u8, u32, &str)]| {
        let mut history = turn(vec![begun(1), begun(2), spoke(2)]);
        for (attempt, from, text) in pieces {
            let frame = Box::new(ServerFrame::Speaking {
                room: ROOM,
                turn: TurnId(1),
                persona: "mara".parse().unwrap(),
                attempt: *attempt,
                from: *from,
                text: (*text).to_owned(),
            });
            history.write(1, What::Heard { conn: 1, frame });
        }
        history
    };
    let well = [
        (1, 0, "hullo"),
        (2, 0, "he"),
        (2, 2, "l"),
        (2, 0, "hel"),
        (2, 3, "lo "),
    ];
    let verdict = heard(&well).check();
    assert!(verdict.holds(), "{verdict}");
    // A piece in between was lost on the way: nothing is said of the rest.
    let verdict = heard(&[(2, 0, "he"), (2, 4, "o")]).check();
    assert!(verdict.holds(), "{verdict}");
    let doubled = heard(&[(2, 0, "he"), (2, 2, "he")]);
    doubled.must_break(Rule::Invented, "what is not stored of it");
}
