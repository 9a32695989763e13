//! What was done, against what was paid: each deed is one entry, and every sum is the sum of its lines.

use std::collections::{BTreeMap, BTreeSet};

use ludus_domain::ids::{Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;

use super::{Rule, Verdict};
use crate::database::Database;

type Deed = (UserId, StreamId, Seq);

/// A database in which nobody plays has no entries, and nothing to prove.
pub(super) fn check(database: &Database, verdict: &mut Verdict) {
    let ledger = &database.ledger;
    verdict.seen.entries = ledger.entries.len();
    if ledger.entries.is_empty() {
        return;
    }
    let (done, told) = gather(database);
    let mut entered = BTreeSet::new();
    let mut places: BTreeMap<UserId, BTreeSet<i64>> = BTreeMap::new();
    for (user, pos, stream, seq) in &ledger.entries {
        if !entered.insert((*user, *stream, *seq)) {
            let says = format!("{user} was entered twice for {stream}/{seq}");
            verdict.breach(Rule::Doubled, says);
        }
        places.entry(*user).or_default().insert(*pos);
    }
    for (user, stream, seq) in done.difference(&entered) {
        let says = format!("what {user} did at {stream}/{seq} was never entered");
        verdict.breach(Rule::Lost, says);
    }
    for (user, stream, seq) in entered.difference(&done) {
        let says = format!("{user} was entered for {stream}/{seq}, where they did nothing");
        verdict.breach(Rule::Invented, says);
    }
    for (user, places) in places {
        let last = places.last().copied().unwrap_or_default();
        if usize::try_from(last).ok() != Some(places.len()) {
            let says = format!("the account of {user} has holes below {last}");
            verdict.breach(Rule::Gap, says);
        }
    }
    let mut sums: BTreeMap<(UserId, String), i64> = BTreeMap::new();
    for (user, kind, points) in &ledger.lines {
        *sums.entry((*user, kind.clone())).or_default() += points;
    }
    compare(&sums, &ledger.totals, "the total says", verdict);
    compare(&sums, &told, "they were told of", verdict);
}

fn compare(
    sums: &BTreeMap<(UserId, String), i64>,
    others: &BTreeMap<(UserId, String), i64>,
    who: &str,
    verdict: &mut Verdict,
) {
    let keys: BTreeSet<_> = sums.keys().chain(others.keys()).collect();
    for key in keys {
        let sum = sums.get(key).copied().unwrap_or(0);
        let other = others.get(key).copied().unwrap_or(0);
        if sum != other {
            let (user, kind) = key;
            let says = format!("the lines of {user} are worth {sum} {kind}, {who} {other}");
            verdict.breach(Rule::Unpaid, says);
        }
    }
}

/// Who did what by the journals, and what everybody was told that they gained.
fn gather(database: &Database) -> (BTreeSet<Deed>, BTreeMap<(UserId, String), i64>) {
    let mut done = BTreeSet::new();
    let mut told: BTreeMap<(UserId, String), i64> = BTreeMap::new();
    for (stream, stored) in &database.streams {
        for event in &stored.events {
            let mut did = |user: Option<UserId>| {
                done.extend(user.map(|user| (user, *stream, event.seq)));
            };
            match (&event.fact, stream) {
                // A line from a persona's seat is the persona's.
                (
                    Fact::Room(Event::Said {
                        answers,
                        as_persona: None,
                        ..
                    }),
                    _,
                ) => {
                    did(event.by);
                    did(answers.filter(|author| Some(*author) != event.by));
                }
                (Fact::Room(Event::Retracted { of, .. }), _) => did(*of),
                // What the hub files has no author: it is theirs whom it names.
                (
                    Fact::Room(
                        Event::PracticeCompleted { user, .. } | Event::SkillScored { user, .. },
                    ),
                    _,
                ) => did(Some(*user)),
                (Fact::Room(Event::Reacted { of, on: true, .. }), _) if *of != event.by => {
                    // Without an author, nobody did anything.
                    did(event.by.filter(|_| of.is_some()));
                    did(*of);
                }
                (Fact::Inbox(InboxEvent::Gained { gains }), StreamId::Inbox(owner)) => {
                    for gain in &gains.points {
                        *told.entry((*owner, gain.kind.to_string())).or_default() += gain.points;
                    }
                }
                (
                    Fact::Inbox(
                        InboxEvent::KudosSent { .. }
                        | InboxEvent::KudosReceived { .. }
                        | InboxEvent::Scored { .. }
                        | InboxEvent::Adjusted { .. }
                        | InboxEvent::ZoneChanged { .. }
                        | InboxEvent::ContestEntered { .. }
                        | InboxEvent::ContestLeft { .. }
                        | InboxEvent::ContestOver { .. }
                        | InboxEvent::ContestCancelled { .. }
                        | InboxEvent::Rescored { .. },
                    ),
                    StreamId::Inbox(owner),
                ) => did(Some(*owner)),
                _ => {}
            }
        }
    }
    (done, told)
}

#[cfg(test)]
mod tests {
    use ludus_domain::ids::RoomId;
    use uuid::Uuid;

    use super::*;
    use crate::database::{StoredEvent, StoredStream};

    /// One line, entered and paid as it should be.
    fn sound() -> Database {
        let user = UserId(Uuid::from_u128(1));
        let room = StreamId::Room(RoomId(Uuid::from_u128(2)));
        let inbox = StreamId::Inbox(user);
        let gained = serde_json::json!({
            "kind": "gained", "source": format!("{room}/1/0"), "pos": 1,
            "points": [{"rule": "line", "kind": "xp", "points": 3, "says": "Said"}],
        });
        let event = |fact| StoredStream {
            head: Seq(1),
            first: Seq(1),
            events: vec![StoredEvent {
                at_ms: 0,
                seq: Seq(1),
                by: Some(user),
                audience: ludus_domain::audience::Audience::All,
                fact,
            }],
            ..StoredStream::default()
        };
        let mut database = Database::default();
        let said = Fact::Room(Event::said("hello", vec![]));
        database.streams.insert(room, event(said));
        let gained = Fact::Inbox(serde_json::from_value(gained).expect("a gain"));
        database.streams.insert(inbox, event(gained));
        database.ledger.entries.push((user, 1, room, Seq(1)));
        database.ledger.lines.push((user, "xp".to_owned(), 3));
        database.ledger.totals.insert((user, "xp".to_owned()), 3);
        database
    }

    fn breaches(change: impl FnOnce(&mut Database)) -> Vec<Rule> {
        let mut database = sound();
        change(&mut database);
        let mut verdict = Verdict::default();
        check(&database, &mut verdict);
        verdict.breaches.iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn each_deed_is_paid_once_and_every_sum_says_so() {
        assert_eq!(breaches(|_| {}), []);
        assert_eq!(
            breaches(|database| database.ledger.entries[0].3 = Seq(2)),
            [Rule::Lost, Rule::Invented]
        );
        let doubled = |database: &mut Database| {
            let mut again = database.ledger.entries[0];
            again.1 = 2;
            database.ledger.entries.push(again);
        };
        assert_eq!(breaches(doubled), [Rule::Doubled]);
        assert_eq!(
            breaches(|database| database.ledger.entries[0].1 = 2),
            [Rule::Gap]
        );
        // The total and what was told are both held against the lines.
        assert_eq!(
            breaches(|database| database.ledger.lines[0].2 = 6),
            [Rule::Unpaid, Rule::Unpaid]
        );
        assert_eq!(
            breaches(|database| database.ledger.totals.clear()),
            [Rule::Unpaid]
        );
    }
}
