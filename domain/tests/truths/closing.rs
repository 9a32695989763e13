//! A scene ends once, a practice is filed once, whoever says it and however often.

use ludus_domain::audience::{Audience, Viewer};
use ludus_domain::game::deed::Judge;
use ludus_domain::ids::{RoomId, Seq, TurnId, UserId};
use ludus_domain::persona::offline::Ended;
use ludus_domain::practice::remark::{LineScore, Remark};
use ludus_domain::practice::report::Report;
use ludus_domain::practice::review::{Filed, LEARNERS_MAX, Practice};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Act, Command, Entry, Event, LineFact, Moment, Phase, Room, RoomKind, RoomPlan, Scene,
    SceneNotes, Seated, Sender, TurnEnd,
};
use uuid::Uuid;

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn learner() -> Sender {
    Sender {
        user: user(1),
        role: Role::Learner,
        guest: false,
        name: "Ada".into(),
        session: None,
        moment: Moment::default(),
    }
}

/// A practice with two personas, the first of which is just speaking.
fn playing() -> Room {
    let seat = |name: &str| Seated {
        persona: name.parse().unwrap(),
        name: name.to_uppercase(),
        title: "Somebody".into(),
    };
    let plan = RoomPlan {
        kind: RoomKind::Practice,
        entry: Entry::Invitation,
        title: "T".into(),
        capacity: 9,
        lobby: false,
        scene: Some(Scene {
            scenario: Some("a-talk".parse().unwrap()),
            cast: vec![seat("mara"), seat("ben")],
            floor: ludus_domain::room::Floor::default(),
            barge: ludus_domain::room::Barge::default(),
            harder: 0,
            minutes: Some(5),
            edition: ludus_domain::content::Edition::SHIPPED,
        }),
    };
    let mut room = Room::open(plan, None);
    room.evolve(&Event::Joined {
        user: user(1),
        name: "Ada".into(),
        host: true,
    });
    for event in room.begin_scene(user(1)) {
        room.evolve(&event);
    }
    take(&mut room, &begin(1));
    room
}

fn begin(turn: u64) -> Act {
    Act::Begin {
        turn: TurnId(turn),
        attempt: 1,
        recovery: false,
    }
}

fn finish(turn: u64, end: TurnEnd, ended: Option<Ended>) -> Act {
    Act::Finish {
        turn: TurnId(turn),
        attempt: 1,
        text: "BEN, that was it.".into(),
        end,
        engine: "offline".into(),
        notes: SceneNotes {
            ended,
            ..SceneNotes::default()
        },
    }
}

fn take(room: &mut Room, act: &Act) -> Vec<&'static str> {
    let events = room.decide_act(act, None).unwrap();
    for event in &events {
        room.evolve(event);
    }
    events.iter().map(Event::kind).collect()
}

fn practice(n: u128) -> Practice {
    Practice {
        user: user(n),
        filed: Filed {
            scenario: "a-talk".parse().unwrap(),
            title: "A talk".into(),
            harder: 0,
            minutes: 5,
            ended: None,
            lines: 3,
            judge: Judge::Local,
            report: Report {
                goals: vec![],
                criteria: vec![],
                total: Some(640),
                scored: 1_000,
                went_well: vec![],
                try_next: vec![],
                skills: vec![],
            },
            shown: vec![],
            overrides: vec![],
            keeps: vec![],
        },
    }
}

fn file(practices: Vec<Practice>) -> Act {
    Act::File { practices }
}

#[test]
fn time_that_is_up_closes_once_and_stops_who_speaks() {
    let mut room = playing();
    assert!(room.is_scene_open() && !room.is_filing_due());
    assert_eq!(
        take(&mut room, &Act::CloseScene {}),
        ["scene_closed", "turn_stopped"]
    );
    assert!(!room.is_scene_open());
    assert!(!room.is_filing_due(), "somebody is still to be heard out");
    assert!(take(&mut room, &Act::CloseScene {}).is_empty());
    assert_eq!(
        take(&mut room, &finish(1, TurnEnd::Stopped, None)),
        ["spoke"],
        "nobody is asked any more"
    );
    assert!(room.is_filing_due());
}

#[test]
fn a_line_that_ends_the_scene_closes_it_in_the_same_breath() {
    let mut room = playing();
    assert_eq!(
        take(&mut room, &finish(1, TurnEnd::Done, Some(Ended::Good))),
        ["spoke", "scene_closed"]
    );
    assert!(room.is_filing_due());
    let said = Command::Say {
        text: "And now?".into(),
        reply_to: None,
        mentions: vec![],
    };
    let after = room.decide(&learner(), &said, None).unwrap();
    assert_eq!(after.len(), 1, "nobody answers: {after:?}");
}

#[test]
fn who_ends_the_room_ends_the_scene() {
    let mut room = playing();
    let events = room.decide(&learner(), &Command::End {}, None).unwrap();
    let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["scene_closed", "phase_changed", "turn_stopped"]);
    for event in &events {
        room.evolve(event);
    }
    assert_eq!(room.phase, Phase::Ended);
    take(&mut room, &finish(1, TurnEnd::Stopped, None));
    assert!(room.is_filing_due(), "a room that ended is looked back on");
    let again = room.decide(&learner(), &Command::End {}, None);
    assert_eq!(again, Err(Refusal::RoomEnded));
}

#[test]
fn a_practice_is_filed_once_and_not_before_its_end() {
    let mut room = playing();
    assert_eq!(
        room.decide_act(&file(vec![practice(1)]), None),
        Err(Refusal::Conflict)
    );
    take(&mut room, &finish(1, TurnEnd::Done, Some(Ended::Mixed)));
    let crowd = (0..=LEARNERS_MAX as u128).map(practice).collect();
    assert_eq!(room.decide_act(&file(crowd), None), Err(Refusal::Conflict));
    assert_eq!(
        take(&mut room, &file(vec![practice(1), practice(2)])),
        ["practice_completed", "practice_completed", "practice_filed"]
    );
    assert!(take(&mut room, &file(vec![practice(1)])).is_empty());
    assert!(!room.is_filing_due());
}

#[test]
fn a_practice_nobody_practised_in_is_filed_all_the_same() {
    let mut room = playing();
    take(&mut room, &finish(1, TurnEnd::Done, Some(Ended::Left)));
    assert_eq!(take(&mut room, &file(vec![])), ["practice_filed"]);
}

#[test]
fn results_are_for_the_learner_and_for_coaches() {
    let events = practice(1).events();
    let sees = |n: u128, role: Role| {
        let viewer = Viewer {
            user: user(n),
            role,
            guest: false,
        };
        events.iter().all(|event| event.audience().admits(viewer))
    };
    assert!(sees(1, Role::Learner) && sees(2, Role::Coach));
    assert!(!sees(2, Role::Learner) && !sees(2, Role::Spectator));
    assert_eq!(Event::PracticeFiled {}.audience(), Audience::All);
}

#[test]
fn a_chat_without_a_scenario_has_no_end_and_no_report() {
    let mut room = playing();
    if let Some(scene) = &mut room.plan.scene {
        scene.scenario = None;
    }
    assert_eq!(
        take(&mut room, &finish(1, TurnEnd::Done, Some(Ended::Parted))),
        ["spoke", "turn_asked"],
        "a goodbye to one is no end for the others"
    );
    assert!(!room.is_filing_due());
}

fn remark(line: u64, of: UserId, per_mille: u16) -> Act {
    let score = LineScore {
        criterion: "asks".parse().unwrap(),
        title: "Asks".into(),
        per_mille,
        quote: "Why".into(),
        reason: "It is open.".into(),
    };
    Act::Remark {
        line: Seq(line),
        of,
        remark: Remark {
            scores: vec![score],
            better: None,
            judge: Judge::Model,
            engine: "a/b".into(),
        },
    }
}

/// Of a line that stands, by its author, within bounds; and it is theirs and coaches' to see.
#[test]
fn a_remark_is_on_a_line_that_stands() {
    let room = playing();
    let ada = learner().user;
    let line = |author, retracted| {
        Some(LineFact {
            author,
            retracted,
            hidden: false,
        })
    };
    let fine = room
        .decide_act(&remark(5, ada, 700), line(Some(ada), false))
        .unwrap();
    let [event] = fine.as_slice() else {
        panic!("{fine:?}")
    };
    assert!(!event.moves_guard());
    let audience = event.audience();
    let sees = |user, role| {
        audience.admits(Viewer {
            user,
            role,
            guest: false,
        })
    };
    assert!(sees(ada, Role::Learner) && sees(UserId(Uuid::from_u128(77)), Role::Coach));
    assert!(!sees(UserId(Uuid::from_u128(77)), Role::Learner));
    let other = UserId(Uuid::from_u128(99));
    for (act, found) in [
        (remark(5, ada, 700), None),
        (remark(5, ada, 700), line(Some(ada), true)),
        (remark(5, ada, 700), line(Some(other), false)),
        (remark(5, ada, 700), line(None, false)),
        (remark(5, ada, 1_001), line(Some(ada), false)),
    ] {
        assert_eq!(room.decide_act(&act, found), Err(Refusal::Conflict));
    }
    let lounge = Room::open(
        RoomPlan {
            scene: None,
            ..room.plan.clone()
        },
        None,
    );
    let verdict = lounge.decide_act(&remark(5, ada, 700), line(Some(ada), false));
    assert_eq!(verdict, Err(Refusal::Conflict));
}

/// Whoever asked, and however often: one line has one.
#[test]
fn a_line_has_one_remark_whatever_node_asked_for_it() {
    let (room, ada) = (RoomId(Uuid::from_u128(1)), learner().user);
    let id = remark(5, ada, 700).id(room, 1);
    assert_eq!(id, remark(5, ada, 200).id(room, 2));
    assert_ne!(id, remark(6, ada, 700).id(room, 1));
    assert_eq!(remark(5, ada, 700).about_line(), Some(Seq(5)));
}
