use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::audience::Audience;
use crate::ids::TurnId;
use crate::room::{Phase, SceneNotes, TurnEnd, Why};

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const ADA: UserId = UserId(Uuid::from_u128(11));
const BEN: UserId = UserId(Uuid::from_u128(12));
const COACH: UserId = UserId(Uuid::from_u128(21));

fn viewer(user: UserId, role: Role) -> Viewer {
    Viewer {
        user,
        role,
        guest: false,
    }
}

fn at(seq: u64, ms: i64, by: UserId, event: Event) -> Recorded {
    Recorded {
        seq: Seq(seq),
        at: Timestamp(ms),
        by: Some(by),
        audience: event.audience(),
        fact: Fact::Room(event),
    }
}

fn whisper(to: UserId) -> Event {
    Event::Whispered {
        to: vec![to],
        text: "Ask what it costs.".into(),
        name: "Kim".into(),
        hint: true,
    }
}

fn direct() -> Event {
    Event::Directed {
        persona: "mara-okafor".parse().unwrap(),
        text: "Be curt.".into(),
        heeds: None,
    }
}

fn course() -> Vec<Recorded> {
    vec![
        at(
            1,
            1_000,
            ADA,
            Event::said("Could we talk about the rota?", vec![]),
        ),
        at(2, 2_000, COACH, whisper(ADA)),
        at(3, 3_000, COACH, direct()),
        at(4, 4_000, COACH, whisper(BEN)),
        at(5, 9_000, BEN, Event::said("Yes.", vec![])),
        at(
            6,
            10_000,
            ADA,
            Event::Retracted {
                line: Seq(1),
                of: Some(ADA),
            },
        ),
    ]
}

fn gained(user: UserId, points: i64) -> Gained {
    Gained {
        user,
        what: What::Points {
            rule: "talk".parse().unwrap(),
            kind: "xp".parse().unwrap(),
            points,
            says: None,
        },
    }
}

fn comment(number: u128, seq: u64, shared: bool) -> Comment {
    Comment {
        id: CommentId(Uuid::from_u128(number)),
        seq: Seq(seq),
        after_ms: 0,
        by: COACH,
        at: Timestamp(99_000),
        text: "Well asked.".into(),
        shared,
    }
}

fn beside() -> Beside {
    Beside {
        gained: BTreeMap::from([(Seq(1), vec![gained(ADA, 5), gained(BEN, 2)])]),
        comments: vec![
            comment(1, 1, true),
            comment(2, 1, false),
            comment(3, 3, true),
        ],
    }
}

fn seqs(stretch: &Stretch) -> Vec<u64> {
    stretch
        .moments
        .iter()
        .map(|moment| moment.event.seq.0)
        .collect()
}

#[test]
fn a_coach_sees_all_of_it() {
    use Track::{Coaches, Lines};

    let seen = look_back(viewer(COACH, Role::Coach), course(), beside());
    assert_eq!(seqs(&seen), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seen.skipped, []);
    assert_eq!(seen.moments[0].gained.len(), 2);
    assert_eq!(seen.moments[0].comments.len(), 2);
    let tracks: Vec<Track> = seen.moments.iter().map(|moment| moment.track).collect();
    assert_eq!(tracks, [Lines, Coaches, Coaches, Coaches, Lines, Lines]);
}

#[test]
fn a_learner_sees_what_they_saw_what_they_gained_and_what_is_shared() {
    let seen = look_back(viewer(BEN, Role::Learner), course(), beside());
    assert_eq!(seqs(&seen), [1, 4, 5, 6]);
    assert_eq!(seen.skipped, [(Seq(2), Seq(3))]);
    assert_eq!(seen.moments[0].gained, [gained(BEN, 2)]);
    assert_eq!(seen.moments[0].comments, [comment(1, 1, true)]);
}

#[test]
fn a_line_is_judged_by_its_facts_and_a_taken_back_one_by_nothing() {
    let seen = look_back(viewer(ADA, Role::Learner), course(), Beside::default());
    assert!(!seen.moments[0].judged.is_empty());
    let mut gone = course();
    let Fact::Room(Event::Said { retracted, .. }) = &mut gone[0].fact else {
        unreachable!()
    };
    *retracted = true;
    let seen = look_back(viewer(ADA, Role::Learner), gone, Beside::default());
    assert_eq!(seen.moments[0].judged, []);
}

#[test]
fn the_ledger_is_asked_for_everybody_who_did_something_and_for_what_was_taken_back() {
    let asked = doers(ROOM, RoomKind::Practice, &course());
    let asked: Vec<(UserId, u64)> = asked.into_iter().map(|(user, seq)| (user, seq.0)).collect();
    assert_eq!(asked, [(ADA, 1), (ADA, 6), (BEN, 5)]);
    let here = Source {
        stream: StreamId::Room(ROOM),
        seq: Seq(6),
        part: 0,
    };
    let later = Source {
        stream: StreamId::Inbox(ADA),
        ..here
    };
    assert_eq!(caused_in(ROOM, here), Some(Seq(6)));
    assert_eq!(caused_in(ROOM, later), None);
}

#[test]
fn an_outline_counts_each_moment_one_may_see_once_and_marks_what_matters() {
    use MarkKind::{Goal, Phase as Phases, TakenBack, Whisper};

    let mut events = course();
    let reached = Event::Spoke {
        turn: TurnId(1),
        attempt: 1,
        persona: "mara-okafor".parse().unwrap(),
        text: "Fine.".into(),
        end: TurnEnd::Done,
        why: Why::Line,
        of: None,
        engine: String::new(),
        notes: SceneNotes {
            goals_met: vec!["number".parse().unwrap()],
            ..SceneNotes::default()
        },
        retracted: false,
        hidden: false,
    };
    events.push(at(7, 11_000, UserId::HUB, reached));
    events.push(at(
        8,
        12_000,
        COACH,
        Event::PhaseChanged {
            phase: Phase::Ended,
        },
    ));
    let outline = Outline::of(viewer(BEN, Role::Learner), &events, false);
    assert_eq!(
        (outline.from, outline.to),
        (Timestamp(1_000), Timestamp(12_000))
    );
    assert_eq!(outline.moments, 6);
    let counted: u32 = outline
        .density
        .values()
        .flatten()
        .map(|count| u32::from(*count))
        .sum();
    assert_eq!(counted, 6);
    assert_eq!(outline.density[&Track::Room][SLOTS - 1], 1);
    assert_eq!(outline.density[&Track::Lines][0], 1);
    let marks: Vec<MarkKind> = outline.marks.iter().map(|mark| mark.kind).collect();
    assert_eq!(marks, [Whisper, TakenBack, Goal, Phases]);
    assert_eq!(
        Outline::of(viewer(BEN, Role::Learner), &[], false),
        Outline::default()
    );
}

fn audiences() -> impl Strategy<Value = Audience> {
    prop_oneof![
        Just(Audience::All),
        Just(Audience::AtLeast {
            role: Role::Coach,
            or: BTreeSet::new()
        }),
        Just(Audience::AtLeast {
            role: Role::Coach,
            or: BTreeSet::from([BEN])
        }),
        Just(Audience::Users(BTreeSet::from([ADA]))),
    ]
}

proptest! {
    /// Moments and skips together are the journal: nothing is missing, nothing is there twice, and
    /// nobody is shown what was not for them.
    #[test]
    fn moments_and_skips_are_the_journal(audiences in proptest::collection::vec(audiences(), 0..40)) {
        let events: Vec<Recorded> = audiences.iter().zip(1_u64..).map(|(audience, seq)| Recorded {
            audience: audience.clone(),
            ..at(seq, i64::try_from(seq).unwrap(), ADA, Event::said("Hello.", vec![]))
        }).collect();
        for who in [viewer(ADA, Role::Learner), viewer(BEN, Role::Learner), viewer(COACH, Role::Coach)] {
            let seen = look_back(who, events.clone(), Beside::default());
            let mut all: Vec<u64> = seqs(&seen);
            all.extend(seen.skipped.iter().flat_map(|(from, to)| from.0..=to.0));
            all.sort_unstable();
            let every: Vec<u64> = (1..=events.len() as u64).collect();
            prop_assert_eq!(all, every);
            for moment in &seen.moments {
                prop_assert!(moment.event.audience.admits(who));
                prop_assert_eq!(&moment.event, &events[usize::try_from(moment.event.seq.0).unwrap() - 1]);
            }
        }
    }
}
