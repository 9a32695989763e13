//! The spelling of every frame. A changed snapshot is a changed protocol: old clients read it too.

use std::collections::BTreeSet;

use ludus_domain::board::Tick;
use ludus_domain::board::ranking::Rank;
use ludus_domain::desk::Access;
use ludus_domain::desk::alert::{Alert, AlertState, Severity};
use ludus_domain::desk::headline::{Headline, HeadlineKind};
use ludus_domain::desk::row::{DeskRoom, DeskRow, Mood, Reason};
use ludus_domain::desk::totals::DeskTotals;
use ludus_domain::game::deed::Judge;
use ludus_domain::game::gain::{BadgeGrant, Gain, Gains, StreakNews};
use ludus_domain::game::plan::BoardScope;
use ludus_domain::ids::{
    ActId, AlertId, AssignmentId, CohortGoalId, CohortId, CommandId, ContestId, Epoch, MeetingId,
    OrgId, RoomId, Seq, SessionId, TeamId, TurnId, UserId,
};
use ludus_domain::journal::{CohortEvent, Fact, InboxEvent, Recorded, TeamPlaced};
use ludus_domain::moderation::{Measure, ReportReason};
use ludus_domain::persona::offline::Ended;
use ludus_domain::practice::aim::Aim;
use ludus_domain::practice::remark::{LineScore, Remark};
use ludus_domain::protocol::{
    BoardAbout, BoardFrame, BoardRow, ClientFrame, Close, DeskAbout, DeskAlert, DeskFrame,
    HintMark, Person, PresenceChange, RoomView, ServerFrame, Welcome, Zones,
};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::room::{
    Barge, Command, Entry, Event, Finding, Floor, HandBack, Held, LastTurn, Phase, RoomKind,
    RoomPlan, Scene, SceneNotes, Seat, Seated, Stage, Turn, TurnEnd, Why,
};
use ludus_domain::signals::{HintKind, LineFacts};
use ludus_domain::slug::PersonaId;
use ludus_domain::stream::{StreamId, StreamKind};
use ludus_domain::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use self::samples::{board, desk, gains, totals};

const ID: &str = "00000000-0000-0000-0000-000000000007";

fn user() -> UserId {
    UserId(Uuid::from_u128(7))
}

fn room() -> RoomId {
    RoomId(Uuid::from_u128(7))
}

fn plan() -> RoomPlan {
    RoomPlan {
        kind: RoomKind::Lounge,
        entry: Entry::Code,
        title: "Hall".into(),
        capacity: 30,
        lobby: true,
        scene: Some(Scene {
            scenario: Some("ask-for-a-raise".parse().unwrap()),
            cast: vec![Seated {
                persona: persona(),
                name: "Mara Okafor".into(),
                title: "Head of service".into(),
            }],
            floor: Floor::RoundRobin,
            barge: Barge::Queue,
            harder: -1,
            minutes: Some(10),
            edition: ludus_domain::content::Edition::SHIPPED,
        }),
    }
}

fn persona() -> PersonaId {
    "mara-okafor".parse().unwrap()
}

/// Somebody is just speaking.
fn stage() -> Stage {
    let turn = Turn {
        persona: persona(),
        why: Why::Line,
        of: None,
        asked_by: Some(user()),
        depth: 1,
        attempt: 2,
        recoveries: 1,
        steers: 1,
        stopped: true,
    };
    let last = LastTurn {
        turn: TurnId(1),
        end: TurnEnd::Cut,
        asked_by: Some(user()),
    };
    Stage {
        asked: 2,
        open: [(TurnId(2), turn)].into(),
        last: [(persona(), last)].into(),
        chain: 1,
        spoke_last: Some(persona()),
        held: [(persona(), held())].into(),
        takes: 3,
    }
}

fn held() -> Held {
    Held {
        by: user(),
        name: "Kim".into(),
        take: 3,
        asked_by: Some(user()),
    }
}

fn events() -> Vec<Event> {
    let user = user();
    vec![
        Event::Opened { plan: plan() },
        Event::Joined {
            user,
            name: "Ada".into(),
            host: true,
        },
        Event::Left { user },
        Event::Said {
            text: "hi".into(),
            reply_to: Some(Seq(1)),
            answers: Some(user),
            mentions: vec![user],
            instead_of: Some(Seq(3)),
            as_persona: Some(persona()),
            facts: LineFacts::default(),
            retracted: false,
            hidden: false,
            flagged: false,
        },
        Event::Edited {
            line: Seq(4),
            text: "ho".into(),
            flagged: false,
        },
        Event::Retracted {
            line: Seq(4),
            of: Some(user),
        },
        Event::Reacted {
            line: Seq(4),
            of: Some(user),
            emoji: "👍".into(),
            on: true,
        },
        Event::HandRaised { user, up: true },
        Event::Renamed {
            title: "Salon".into(),
        },
        Event::PhaseChanged {
            phase: Phase::Paused,
        },
        Event::Removed { user },
        Event::Muted {
            user,
            muted: true,
            until: Some(Timestamp(1_000)),
        },
        Event::Moved { user, to: room() },
        Event::Banned { user },
        Event::Unbanned { user },
        Event::LineReported {
            line: Seq(4),
            of: Some(user),
            by: user,
            reason: ReportReason::Insult,
            note: None,
        },
        Event::LineHeld {
            user,
            text: "hm".into(),
        },
        Event::LineHidden {
            line: Seq(4),
            of: Some(user),
        },
        Event::LineShown {
            line: Seq(4),
            of: None,
        },
        Event::Invited { user },
        Event::TurnAsked {
            turn: TurnId(2),
            persona: persona(),
            why: Why::Again,
            of: Some(TurnId(1)),
            asked_by: Some(user),
            depth: 1,
        },
        Event::TurnBegun {
            turn: TurnId(2),
            attempt: 2,
            recovered: true,
        },
        Event::TurnSteered { turn: TurnId(2) },
        Event::TurnStopped { turn: TurnId(2) },
        Event::Spoke {
            turn: TurnId(2),
            attempt: 2,
            persona: persona(),
            text: "Come in.".into(),
            end: TurnEnd::Stopped,
            why: Why::Again,
            of: Some(TurnId(1)),
            engine: "offline".into(),
            notes: SceneNotes {
                mood: "curious".into(),
                goals_met: vec!["number".parse().unwrap()],
                ended: Some(Ended::Good),
                pace: vec![(120, 4), (380, 8)],
            },
            retracted: true,
            hidden: true,
        },
        Event::SceneClosed {},
        Event::PracticeCompleted {
            user,
            scenario: "small-talk-wedding".parse().unwrap(),
            score: 640,
            minutes: 9,
            goals_met: 3,
            goals: 4,
            judge: Judge::Local,
            filed: None,
        },
        Event::SkillScored {
            user,
            skill: "questioning".parse().unwrap(),
            score: 710,
            judge: Judge::Model,
        },
        Event::PracticeFiled {},
        Event::CriterionJudged {
            user,
            criterion: "asks".parse().unwrap(),
            score: 800,
            was: Some(520),
            reason: "The last question turned the talk.".into(),
            by: user,
            name: "Kim".into(),
            number: 1,
            filed: None,
        },
        Event::ResultCorrected {
            user,
            of: Seq(31),
            was: Finding::Skill {
                skill: "questioning".parse().unwrap(),
                score: 520,
                judge: Judge::Local,
            },
            now: Finding::Skill {
                skill: "questioning".parse().unwrap(),
                score: 800,
                judge: Judge::Coach,
            },
        },
        Event::SeatTaken {
            persona: persona(),
            by: user,
            name: "Kim".into(),
            take: 3,
        },
        Event::SeatAsked {
            persona: persona(),
            by: user,
        },
        Event::SeatHandedBack {
            persona: persona(),
            by: user,
            why: HandBack::Away,
        },
        Event::Directed {
            persona: persona(),
            text: "Push back on the price.".into(),
            heeds: Some(vec!["pushes back, and is harder to convince".into()]),
        },
        Event::Whispered {
            to: vec![user],
            text: "Ask what it costs them.".into(),
            name: "Kim".into(),
            hint: true,
        },
        Event::Announced {
            text: "Five minutes left.".into(),
            name: "Kim".into(),
        },
        Event::Extended { minutes: 5 },
        Event::Remarked {
            line: Seq(4),
            of: user,
            remark: Remark {
                scores: vec![LineScore {
                    criterion: "questions".parse().unwrap(),
                    title: "Asks to understand".into(),
                    per_mille: 720,
                    quote: "What happened at Easter".into(),
                    reason: "It asks for a story.".into(),
                }],
                better: Some("What happened at Easter, and what did it cost you?".into()),
                judge: Judge::Model,
                engine: "house/small".into(),
            },
        },
    ]
}

#[test]
fn what_the_server_sends() {
    let (stream, user, id) = (
        StreamId::Room(room()),
        user(),
        CommandId(Uuid::from_u128(7)),
    );
    let view = RoomView {
        plan: plan(),
        phase: Phase::Live,
        members: [(
            user,
            Seat {
                name: "Ada".into(),
                host: true,
                muted: true,
                muted_until: Some(Timestamp(1_000)),
                hand: Some(1),
            },
        )]
        .into(),
        member_count: 1,
        code: Some("ABCD2345".into()),
        stage: stage(),
        scene_closed: true,
        directions: [(persona(), vec!["Push back on the price.".into()])].into(),
    };
    let change = PresenceChange {
        came: vec![Person {
            user,
            name: "Ada".into(),
        }],
        went: vec![user],
        count: 2,
        whole: true,
    };
    let mut frames = vec![
        ServerFrame::Welcome(Welcome {
            session: SessionId(Uuid::from_u128(7)),
            org: OrgId(Uuid::from_u128(7)),
            user,
            name: "Ada".into(),
            role: Role::Coach,
            resume: "token".into(),
            heartbeat_ms: 30_000,
        }),
        ServerFrame::Skip {
            stream,
            from: Seq(2),
            to: Seq(5),
        },
        ServerFrame::Subscribed {
            id: Some(id),
            stream,
            epoch: Epoch(1),
            head: Seq(9),
            replayed: 3,
            room: Some(Box::new(view)),
        },
        ServerFrame::Reset {
            id: None,
            stream,
            epoch: Epoch(2),
            head: Seq(9),
            room: None,
        },
        ServerFrame::Unsubscribed {
            id: None,
            stream,
            code: Some(Refusal::RemovedFromRoom),
        },
        ServerFrame::Ack {
            id,
            seq: Seq(9),
            count: 1,
            dup: false,
        },
        ServerFrame::Ack {
            id,
            seq: Seq(9),
            count: 1,
            dup: true,
        },
        ServerFrame::nack(Some(id), Refusal::RateLimited, Some(700)),
        ServerFrame::Presence {
            room: room(),
            change,
        },
        ServerFrame::Hints {
            room: room(),
            hints: vec![HintMark {
                hint: HintKind::Spelling,
                start: 2,
                end: 6,
                say: Some("which".into()),
            }],
        },
        ServerFrame::Speaking {
            room: room(),
            turn: TurnId(2),
            persona: persona(),
            attempt: 1,
            from: 9,
            text: "Sit down.".into(),
        },
        ServerFrame::Typing {
            room: room(),
            user,
            on: true,
        },
        ServerFrame::Watched {
            room: room(),
            coaches: vec![Person {
                user,
                name: "Kim".into(),
            }],
            drafts: true,
        },
        ServerFrame::DraftSeen {
            room: room(),
            user,
            text: "I just wanted to".into(),
        },
        ServerFrame::Board(board()),
        ServerFrame::Unwatched {
            id: Some(id),
            board: "week-xp".parse().expect("a board"),
            code: None,
        },
        ServerFrame::Desk(Box::new(desk())),
        ServerFrame::Desk(Box::new(totals())),
        ServerFrame::DeskUnwatched {
            id: None,
            cohort: CohortId(Uuid::from_u128(7)),
            code: Some(Refusal::NotFound),
        },
        ServerFrame::Heartbeat { resume: None },
        ServerFrame::Goodbye {
            code: 4001,
            reason: "going_away".into(),
            reconnect_after_ms: Some(900),
        },
    ];
    let inbox = [
        InboxEvent::InvitedToRoom { room: room() },
        InboxEvent::RemovedFromRoom { room: room() },
        InboxEvent::MovedToRoom {
            from: room(),
            room: room(),
        },
        InboxEvent::Moderated {
            room: room(),
            measure: Measure::Mute,
            line: Some(Seq(4)),
            until: Some(Timestamp(1_000)),
        },
        InboxEvent::PracticeAssigned {
            assignment: AssignmentId(Uuid::from_u128(7)),
            cohort: CohortId(Uuid::from_u128(7)),
            scenario: "small-talk-wedding".parse().unwrap(),
            due_at: Some(Timestamp(1_000)),
        },
        InboxEvent::PracticeWithdrawn {
            assignment: AssignmentId(Uuid::from_u128(7)),
        },
        InboxEvent::ReportDecided {
            room: room(),
            line: Seq(4),
            upheld: true,
        },
        InboxEvent::AppealAnswered {
            act: ActId(Uuid::from_u128(7)),
            granted: true,
        },
        InboxEvent::Mentioned {
            room: room(),
            line: Seq(4),
        },
        InboxEvent::Gained {
            gains: Box::new(gains()),
        },
        InboxEvent::KudosReceived { from: user },
        InboxEvent::ContestOver {
            contest: ContestId(Uuid::from_u128(7)),
            title: "Friday duel".into(),
            place: 2,
            entrants: 40,
            score: 310,
            team: Some(TeamPlaced {
                team: TeamId(Uuid::from_u128(8)),
                place: 1,
                teams: 4,
                score: 1_210,
            }),
        },
        InboxEvent::ContestCancelled {
            contest: ContestId(Uuid::from_u128(7)),
            title: "Friday duel".into(),
        },
    ];
    let cohort = [
        CohortEvent::ScenarioAssigned {
            assignment: AssignmentId(Uuid::from_u128(7)),
            scenario: "small-talk-wedding".parse().unwrap(),
            due_at: None,
        },
        CohortEvent::AssignmentWithdrawn {
            assignment: AssignmentId(Uuid::from_u128(7)),
        },
        CohortEvent::GoalSet {
            goal: CohortGoalId(Uuid::from_u128(7)),
            aim: Aim::Score {
                skill: "asking".parse().unwrap(),
                per_mille: 700,
            },
            until: None,
        },
        CohortEvent::GoalWithdrawn {
            goal: CohortGoalId(Uuid::from_u128(7)),
        },
        CohortEvent::MeetingPlanned {
            meeting: MeetingId(Uuid::from_u128(7)),
            title: "Monday".into(),
            starts_at: Timestamp(1_000),
            minutes: 60,
        },
        CohortEvent::MeetingCancelled {
            meeting: MeetingId(Uuid::from_u128(7)),
        },
        CohortEvent::MeetingOpened {
            meeting: MeetingId(Uuid::from_u128(7)),
            room: room(),
        },
        CohortEvent::CohortCreated {
            title: "Spring".into(),
        },
    ];
    let facts = events().into_iter().map(Fact::Room);
    let facts = facts
        .chain(inbox.into_iter().map(Fact::Inbox))
        .chain(cohort.map(Fact::Cohort));
    for (index, fact) in facts.enumerate() {
        let seq = Seq(index as u64 + 1);
        let event = Recorded {
            seq,
            at: Timestamp(1_795_000_000_000),
            by: Some(user),
            audience: fact.audience(),
            fact,
        };
        frames.push(ServerFrame::Event { stream, event });
    }
    for frame in &frames {
        let json = serde_json::to_string(frame).expect("json");
        let read: ServerFrame = serde_json::from_str(&json).expect("read as it was written");
        assert_eq!(serde_json::to_string(&read).expect("json"), json);
    }
    insta::assert_json_snapshot!(frames);
}

#[test]
fn facts_are_read_back_as_they_were_written() {
    let mut kinds = BTreeSet::new();
    for event in events() {
        let fact = Fact::Room(event);
        let json = serde_json::to_vec(&fact).expect("json");
        assert_eq!(
            Fact::decode(StreamKind::Room, &json).expect("readable"),
            fact
        );
        let value: Value = serde_json::from_slice(&json).expect("json");
        assert_eq!(value["kind"], fact.kind());
        assert!(kinds.insert(fact.kind()), "kinds are disjoint");
    }
}

#[test]
fn what_a_client_may_send() {
    for frame in [
        json!({"type": "hello", "ticket": "t"}),
        json!({"type": "hello", "resume": "t", "client": "web/1", "subscriptions":
            [{"stream": format!("room:{ID}"), "since": {"epoch": 1, "seq": 5}}, {"stream": format!("inbox:{ID}")}]}),
        json!({"type": "subscribe", "id": ID, "stream": format!("cohort:{ID}")}),
        json!({"type": "unsubscribe", "id": ID, "stream": format!("room:{ID}")}),
        json!({"type": "watch", "id": ID, "board": "week-xp", "top": 10, "around": 5}),
        json!({"type": "watch", "id": ID, "board": format!("cohort-week@{ID}"), "top": 3, "around": 0, "since": {"epoch": 1, "tick": 7}}),
        json!({"type": "unwatch", "id": ID, "board": "week-xp"}),
        json!({"type": "watch_desk", "id": ID, "cohort": ID}),
        json!({"type": "watch_desk", "id": ID, "cohort": ID, "since": {"epoch": 1, "tick": 7}}),
        json!({"type": "unwatch_desk", "id": ID, "cohort": ID}),
        json!({"type": "typing", "room": ID, "on": true}),
        json!({"type": "draft", "room": ID, "text": "I just wanted to"}),
        json!({"type": "read", "room": ID, "seq": 4}),
        json!({"type": "heartbeat", "positions": {format!("room:{ID}"): 4}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "join", "code": "ABCD2345"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "leave"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "say", "text": "hi", "reply_to": 3, "mentions": [ID]}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "edit", "line": 4, "text": "ho"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "retract", "line": 4}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "react", "line": 4, "emoji": "👍", "on": true}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "resend", "line": 4, "text": "hey"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "stop_turn", "turn": 2}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "regenerate", "turn": 1}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "continue", "turn": 1}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "raise_hand", "up": true}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "rename", "title": "Salon"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "start"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "pause"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "unpause"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "end"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "remove", "user": ID}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "mute", "user": ID, "muted": true}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "mute", "user": ID, "muted": true, "minutes": 5}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "ban", "user": ID}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "move", "user": ID, "to": ID}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "unban", "user": ID}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "report", "line": 4, "reason": "off_topic", "note": "Again."}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "hide", "line": 4}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "unhide", "line": 4}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "invite", "user": ID}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "take_over", "persona": "mara-okafor"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "say_as", "persona": "mara-okafor", "text": "Go on."}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "hand_back", "persona": "mara-okafor", "note": "Be kinder."}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "hand_back", "persona": "mara-okafor"}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "whisper", "to": [ID], "text": "Ask why.", "hint": true}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "direct", "persona": "mara-okafor", "text": "Push back."}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "announce", "text": "Five minutes."}}),
        json!({"type": "command", "id": ID, "room": ID, "do": {"kind": "extend", "minutes": 5}}),
    ] {
        let read: ClientFrame = serde_json::from_value(frame.clone()).expect("understood");
        assert_eq!(
            serde_json::to_value(&read).expect("json"),
            frame,
            "said as it was read"
        );
        if let ClientFrame::Command { command, .. } = &read {
            assert_eq!(frame["do"]["kind"], Command::kind(command));
        }
    }
}

#[test]
fn codes_are_distinct_and_ranges_mean_what_they_say() {
    use ludus_domain::protocol::Comeback;
    let codes: BTreeSet<u16> = Close::ALL.iter().map(|close| close.code()).collect();
    assert_eq!(codes.len(), Close::ALL.len());
    for close in Close::ALL {
        let by_range = match close.code() {
            4_000..4_100 => Comeback::Resume,
            4_100..4_200 => Comeback::SignIn,
            _ => Comeback::Stay,
        };
        assert_eq!(close.comeback(), by_range, "{close:?}");
        assert!(close.label().len() <= 123, "fits a close frame");
    }
    let codes: BTreeSet<&str> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
    assert_eq!(codes.len(), Refusal::ALL.len());
    for refusal in Refusal::ALL {
        assert_eq!(serde_json::to_value(refusal).expect("json"), refusal.code());
    }
}

#[test]
fn a_stream_has_one_spelling() {
    for good in [
        format!("room:{ID}"),
        format!("inbox:{ID}"),
        format!("cohort:{ID}"),
    ] {
        assert_eq!(
            good.parse::<StreamId>().expect("a stream").to_string(),
            good
        );
    }
    for bad in [
        ID.to_owned(),
        format!("board:{ID}"),
        "room:".into(),
        format!("room:{{{ID}}}"),
        format!("room:{}", ID.replace('-', "")),
        format!("Room:{ID}"),
    ] {
        assert!(bad.parse::<StreamId>().is_err(), "{bad}");
    }
}

#[cfg(test)]
mod samples {
    use super::*;

    pub(super) fn gains() -> Gains {
        Gains {
            source: format!("room:{ID}/4/0").parse().expect("a source"),
            pos: 12,
            points: vec![Gain {
                rule: "open-question".parse().expect("a rule"),
                kind: "xp".parse().expect("a kind"),
                points: 2,
                says: "Asked an open question".into(),
            }],
            totals: [("xp".parse().expect("a kind"), 122)].into(),
            badges: vec![BadgeGrant {
                badge: "curious".parse().expect("a badge"),
                level: 1,
            }],
            level: Some(3),
            streak: Some(StreakNews {
                days: 4,
                frozen: 1,
                freezes: 0,
                broke: 0,
                repaired: false,
            }),
            quests: vec!["three-questions".parse().expect("a quest")],
        }
    }

    fn row() -> DeskRow {
        let now = Timestamp(1_795_000_000_000);
        DeskRow {
            user: user(),
            name: "Ana".into(),
            team: Some(TeamId(Uuid::from_u128(8))),
            online: true,
            room: Some(Box::new(DeskRoom {
                room: room(),
                kind: RoomKind::Practice,
                phase: Phase::Live,
                title: "Ask for a raise".into(),
                scenario: Some("ask-for-a-raise".parse().expect("a name")),
                persona: "Mara Okafor".into(),
                goals_met: 1,
                goals: 3,
                live_ms: 61_000,
                since: Some(now),
                taken_by: Some(user()),
                over: false,
            })),
            active_at: Some(now),
            lines: 9,
            scores: vec![71, 64, 40, 38],
            trend: -28,
            results: vec![520, 610],
            results_trend: 0,
            mood: Mood::Even,
            streak: 4,
            today: 120,
            hand: Some(now),
            alerts: 1,
            attention: 110,
            reasons: vec![
                Reason {
                    why: ludus_domain::desk::row::Why::HandUp,
                    points: 60,
                },
                Reason {
                    why: ludus_domain::desk::row::Why::Alert,
                    points: 50,
                },
            ],
            at_risk: 20,
            risks: vec![Reason {
                why: ludus_domain::desk::row::Why::Absent,
                points: 20,
            }],
        }
    }

    pub(super) fn desk() -> DeskFrame {
        let now = Timestamp(1_795_000_000_000);
        let alert = Alert {
            id: AlertId(Uuid::from_u128(9)),
            cohort: CohortId(Uuid::from_u128(7)),
            learner: user(),
            room: Some(room()),
            signal: "stuck".parse().expect("a name"),
            severity: Severity::Notice,
            raised_at: now,
            state: AlertState::Snoozed {
                until: now.plus_ms(600_000),
            },
            by: Some(user()),
            at: Some(now),
        };
        DeskFrame {
            id: Some(CommandId(Uuid::from_u128(7))),
            cohort: CohortId(Uuid::from_u128(7)),
            about: Some(Box::new(DeskAbout {
                title: "Spring".into(),
                access: Access::Full,
                beyond: 0,
            })),
            epoch: Epoch(7),
            tick: Tick(41),
            after: None,
            rows: vec![row()],
            gone: vec![],
            alerts: vec![DeskAlert {
                alert,
                title: "Stuck".into(),
                says: "No goal was met for a while.".into(),
            }],
            settled: vec![],
            headlines: Some(vec![Headline {
                kind: HeadlineKind::GoalsMet,
                count: 2,
                users: vec![user()],
                at: now,
            }]),
            totals: None,
        }
    }

    pub(super) fn totals() -> DeskFrame {
        DeskFrame {
            id: None,
            about: None,
            after: Some(Tick(40)),
            rows: vec![],
            alerts: vec![],
            headlines: None,
            totals: Some(Box::new(DeskTotals {
                learners: Some(25),
                online: Some(20),
                score: Some(65),
                ..DeskTotals::default()
            })),
            ..desk()
        }
    }

    pub(super) fn board() -> BoardFrame {
        BoardFrame {
            id: None,
            board: "week-xp".parse().expect("a board"),
            about: Some(Box::new(BoardAbout {
                title: "This week".into(),
                scope: BoardScope::Org,
                metric: "points:xp".parse().expect("a metric"),
                window: "week:2026-11-16".parse().expect("a window"),
                starts_at: None,
                ends_at: Some(Timestamp(1_795_388_400_000)),
                over: false,
                anonymous: false,
                teams: false,
                zones: Some(Zones { up: 5, down: 5 }),
            })),
            epoch: Epoch(1),
            tick: Tick(7),
            after: None,
            count: 1,
            own: Some(Rank {
                at: 0,
                place: 1,
                ahead: 0,
                percentile: 100,
            }),
            rows: vec![BoardRow {
                at: 0,
                place: 1,
                name: "Ada".into(),
                score: 120,
                user: Some(user()),
                team: None,
                mine: true,
            }],
        }
    }
}
