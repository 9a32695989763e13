use uuid::Uuid;

use super::*;
use crate::ids::UserId;
use crate::role::Role;
use crate::room::{Command, Entry, Moment, RoomKind, RoomPlan};
use crate::time::Timestamp;

fn host() -> Host<&'static str> {
    let plan = RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Open,
        title: "first".into(),
        capacity: 10,
        lobby: false,
        scene: None,
    };
    let (org, id) = (OrgId(Uuid::from_u128(1)), RoomId(Uuid::from_u128(2)));
    Host::new(org, id, Epoch(1), Seq(1), Seq(1), Room::open(plan, None))
}

fn rename(id: u128, title: &str) -> Pending<&'static str> {
    Pending {
        to: "coach",
        sender: Sender {
            user: UserId(Uuid::from_u128(3)),
            role: Role::Coach,
            guest: false,
            name: "Cleo".into(),
            session: None,
            moment: Moment::default(),
        },
        id: CommandId(Uuid::from_u128(id)),
        order: Order::Command(Command::Rename {
            title: title.into(),
        }),
    }
}

fn renamed(seq: u64, title: &str) -> Recorded {
    let fact = Fact::Room(Event::Renamed {
        title: title.into(),
    });
    Recorded {
        seq: Seq(seq),
        at: Timestamp(0),
        by: None,
        audience: fact.audience(),
        fact,
    }
}

fn committed(before: u64, guard: u64, outcomes: Vec<Outcome>, events: Vec<Recorded>) -> Appended {
    let head = Seq(before + events.len() as u64);
    Appended::Committed {
        epoch: Epoch(1),
        before: Seq(before),
        head,
        guard: Seq(guard),
        outcomes,
        events,
    }
}

fn fresh(first: u64) -> Outcome {
    Outcome::Fresh {
        first: Seq(first),
        count: 1,
    }
}

#[test]
fn nothing_is_said_before_the_store_has_answered() {
    let mut host = host();
    assert!(matches!(
        host.command(rename(1, "second"))[..],
        [Todo::Append(_)]
    ));
    assert_eq!(
        host.command(rename(2, "third")),
        [],
        "it waits for its turn"
    );
    assert_eq!(host.room().plan.title, "first");
    let todo = host.appended(Ok(committed(
        1,
        2,
        vec![fresh(2)],
        vec![renamed(2, "second")],
    )));
    assert!(matches!(
        todo[..],
        [Todo::Publish(_), Todo::Answer { .. }, Todo::Append(_)]
    ));
    assert_eq!(
        (host.room().plan.title.as_str(), host.guard()),
        ("second", Seq(2))
    );
}

#[test]
fn a_retry_changes_nothing_whatever_deciding_it_again_came_to() {
    let mut host = host();
    host.command(rename(1, "second"));
    host.appended(Ok(committed(
        1,
        2,
        vec![fresh(2)],
        vec![renamed(2, "second")],
    )));
    host.command(rename(2, "third"));
    host.appended(Ok(committed(
        2,
        3,
        vec![fresh(3)],
        vec![renamed(3, "third")],
    )));
    host.command(rename(1, "second"));
    let again = Outcome::Duplicate {
        first: Seq(2),
        count: 1,
    };
    let todo = host.appended(Ok(committed(3, 3, vec![again], vec![])));
    let answer = Answer::Ack {
        seq: Seq(2),
        count: 1,
        dup: true,
    };
    assert_eq!(
        todo,
        [Todo::Answer {
            to: "coach",
            id: CommandId(Uuid::from_u128(1)),
            answer
        }]
    );
    assert_eq!(host.room().plan.title, "third");
}

#[test]
fn what_others_wrote_is_told_before_what_we_wrote_after_it() {
    let mut host = host();
    host.command(rename(1, "mine"));
    let todo = host.appended(Ok(Appended::Moved {
        head: Seq(2),
        guard: Seq(2),
        known: vec![],
    }));
    assert_eq!(todo, [Todo::CatchUp { after: Seq(1) }]);
    let todo = host.caught_up(Ok(vec![renamed(2, "theirs")]));
    let [Todo::Publish(events), Todo::Append(append)] = &todo[..] else {
        panic!("{todo:?}")
    };
    assert_eq!((events.len(), append.decided_on), (1, Seq(2)));
    assert_eq!(host.room().plan.title, "theirs");
    // Lines of others, which do not move the guard, are fetched before our own is told.
    let todo = host.appended(Ok(committed(
        3,
        4,
        vec![fresh(4)],
        vec![renamed(4, "mine")],
    )));
    assert_eq!(todo, [Todo::CatchUp { after: Seq(2) }]);
    let line = Event::said("hi", vec![]);
    let theirs = Recorded {
        fact: Fact::Room(line),
        ..renamed(3, "")
    };
    let todo = host.caught_up(Ok(vec![theirs, renamed(4, "mine")]));
    let told: Vec<u64> = todo
        .iter()
        .filter_map(|todo| match todo {
            Todo::Publish(events) => Some(events.iter().map(|event| event.seq.0)),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!((told, host.head()), (vec![3, 4], Seq(4)), "{todo:?}");
}

#[test]
fn fighting_for_a_room_ends_after_three_tries() {
    let mut host = host();
    host.command(rename(1, "mine"));
    for head in 2..4 {
        host.appended(Ok(Appended::Moved {
            head: Seq(head),
            guard: Seq(head),
            known: vec![],
        }));
        assert!(matches!(
            host.caught_up(Ok(vec![renamed(head, "theirs")]))[..],
            [_, Todo::Append(_)]
        ));
    }
    let todo = host.appended(Ok(Appended::Moved {
        head: Seq(4),
        guard: Seq(4),
        known: vec![],
    }));
    let [Todo::Answer { answer, .. }, Todo::CatchUp { .. }] = &todo[..] else {
        panic!("{todo:?}")
    };
    assert!(matches!(
        answer,
        Answer::Nack {
            code: Refusal::Conflict,
            ..
        }
    ));
}

#[test]
fn one_poisoned_command_does_not_take_the_others_along() {
    let mut host = host();
    host.command(rename(1, "a"));
    host.command(rename(2, "b"));
    host.command(rename(3, "c"));
    host.appended(Ok(committed(1, 2, vec![fresh(2)], vec![renamed(2, "a")])));
    let todo = host.appended(Err(Fault::Poisoned));
    let [Todo::Append(alone)] = &todo[..] else {
        panic!("{todo:?}")
    };
    assert_eq!(alone.proposals.len(), 1);
    let todo = host.appended(Err(Fault::Poisoned));
    assert!(matches!(
        todo[..],
        [
            Todo::Answer {
                answer: Answer::Nack {
                    code: Refusal::Internal,
                    ..
                },
                ..
            },
            Todo::Append(_)
        ]
    ));
    let todo = host.appended(Ok(committed(2, 3, vec![fresh(3)], vec![renamed(3, "c")])));
    assert!(matches!(
        todo[..],
        [
            Todo::Publish(_),
            Todo::Answer {
                answer: Answer::Ack { .. },
                ..
            }
        ]
    ));
}

#[test]
fn what_another_node_tells_is_taken_where_it_follows() {
    let mut host = host();
    let todo = host.told(vec![renamed(2, "there")]);
    assert_eq!(todo, [Todo::Publish(vec![renamed(2, "there")])]);
    assert_eq!((host.head(), host.guard()), (Seq(2), Seq(2)));
    assert_eq!(host.room().plan.title, "there");
    // Heard again it is nothing new; what comes after a hole is asked for with the hole.
    assert_eq!(host.told(vec![renamed(2, "there")]), []);
    let asked = host.told(vec![renamed(5, "later")]);
    assert_eq!(asked, [Todo::CatchUp { after: Seq(2) }]);
    let missed = vec![renamed(3, "a"), renamed(4, "b"), renamed(5, "later")];
    assert_eq!(host.caught_up(Ok(missed.clone())), [Todo::Publish(missed)]);
}

#[test]
fn what_is_told_while_something_is_written_is_not_forgotten() {
    let mut host = host();
    host.command(rename(1, "second"));
    assert_eq!(host.told(vec![renamed(3, "there")]), []);
    let todo = host.appended(Ok(committed(
        1,
        2,
        vec![fresh(2)],
        vec![renamed(2, "second")],
    )));
    assert_eq!(todo[2..], [Todo::CatchUp { after: Seq(2) }]);
    host.caught_up(Ok(vec![renamed(3, "there")]));
    assert_eq!(host.room().plan.title, "there");
}

#[test]
fn what_is_not_there_is_asked_for_once() {
    let mut host = host();
    assert_eq!(host.doorbell(Seq(9)), [Todo::CatchUp { after: Seq(1) }]);
    assert_eq!(host.caught_up(Ok(vec![])), []);
    assert!(matches!(
        host.command(rename(1, "on"))[..],
        [Todo::Append(_)]
    ));
    // A store that is away is not asked for ever either.
    assert_eq!(host.doorbell(Seq(9)), []);
    let todo = host.appended(Ok(committed(1, 2, vec![fresh(2)], vec![renamed(2, "on")])));
    assert_eq!(todo[2..], [Todo::CatchUp { after: Seq(2) }]);
    let gone = Fault::Unavailable { retry_after_ms: 1 };
    assert_eq!(host.caught_up(Err(gone)), []);
}
