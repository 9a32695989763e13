//! A coach steps in: speaks from a persona's seat in the middle of its sentence, whispers, gives the
//! seat back; and what is between coaches stays there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ludus_domain::ids::TurnId;
use ludus_domain::journal::Fact;
use ludus_domain::protocol::{Person, Subscription};
use ludus_domain::room::{HandBack, SEAT_GRACE_MS, TurnEnd, Why};
use ludus_domain::slug::PersonaId;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::kit::*;
use crate::personas::model::{Manner, Model};
use crate::personas::{begins, practise, spoken, words};
use crate::seats::nothing_logged;

/// What no learner may ever read.
const NOTE: &str = "Xylophone-note: ask for a number.";
const ORDER: &str = "Xylophone-order: be curt, and push back.";
const WHISPER: &str = "Zither-whisper: ask what it costs.";

fn mara() -> PersonaId {
    "mara-okafor".parse().unwrap()
}

pub(crate) fn take() -> Command {
    Command::TakeOver { persona: mara() }
}

pub(crate) fn say_as(text: &str) -> Command {
    Command::SayAs {
        persona: mara(),
        text: text.into(),
    }
}

pub(crate) fn hand_back(note: Option<&str>) -> Command {
    Command::HandBack {
        persona: mara(),
        note: note.map(str::to_owned),
        heeds: None,
    }
}

/// Asks again what is not to be had yet, as a client does.
async fn asked(client: &mut Client, room: RoomId, command: Command) {
    for _ in 0..100 {
        match client.ask(room, command.clone(), SOON).await {
            Some(Answer::Nack {
                code: Refusal::Conflict | Refusal::Unavailable,
                ..
            }) => tokio::time::sleep(Duration::from_millis(50)).await,
            other => {
                acked(other);
                return;
            }
        }
    }
    panic!("{command:?} was never done");
}

/// Everything of a room that an account may read, as it travels.
async fn read(account: &Account, room: RoomId) -> Vec<(Seq, Event)> {
    let pages = account.history(room).await.unwrap();
    let events = pages.into_iter().flat_map(|page| page.events);
    let of_room = events.filter_map(|recorded| match recorded.fact {
        Fact::Room(event) => Some((recorded.seq, event)),
        _ => None,
    });
    of_room.collect()
}

/// All that somebody's connection ever carries, as it came.
struct Spy(Arc<Mutex<String>>);

impl Spy {
    /// Follows a room from its first event on.
    async fn on(account: &Account, room: RoomId) -> Self {
        let since = Position {
            seq: Seq::ZERO,
            ..account.position(room).await.unwrap()
        };
        let mut socket = Socket::open(&account.hub.ws_url()).await.unwrap();
        let hello = ClientFrame::Hello {
            ticket: Some(account.ticket().await.unwrap()),
            resume: None,
            subscriptions: vec![Subscription {
                stream: StreamId::Room(room),
                since: Some(since),
            }],
            client: None,
        };
        socket.send(&hello).await.unwrap();
        let heard = Arc::new(Mutex::new(String::new()));
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok(frame) = socket.hear().await {
                all.lock().unwrap().push_str(&frame.text);
            }
        });
        Self(heard)
    }

    fn heard(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    async fn hears(&self, words: &str) {
        for _ in 0..300 {
            if self.heard().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{words} was never told: {}", self.heard());
    }
}

on_both! {
    /// In the middle of a sentence: what was heard is what is kept, then the coach speaks, then the
    /// persona again, and to the learner nothing was told of how it is to go on.
    async fn a_coach_takes_over_and_hands_back(backend: Backend) {
        let hub = Hub::start(backend).await;
        let (ada, room, mut learner) = practise(&hub).await;
        let kim = hub.person("Kim Coach", Role::Coach).await;
        let mut coach = hub.viewer(&kim, room).await;
        let spy = Spy::on(&ada, room).await;
        acked(learner.ask(room, say("I took over the night rota and would like 12 percent more."), SOON).await);
        begins(&mut learner, TurnId(2)).await;
        acked(coach.ask(room, take(), SOON).await);
        let said = spoken(&mut coach, TurnId(2)).await;
        assert_eq!(said.end, TurnEnd::Stopped);
        let whisper = Command::Whisper { to: vec![ada.user], text: WHISPER.into(), hint: true };
        acked(coach.ask(room, whisper, SOON).await);
        let order = Command::Direct { persona: mara(), text: ORDER.into(), heeds: None };
        acked(coach.ask(room, order, SOON).await);
        asked(&mut coach, room, say_as("Let me put it differently.")).await;
        assert!(sees(&mut learner, "Let me put it differently.").await);
        acked(learner.ask(room, say("And what does it cost?"), SOON).await);
        acked(coach.ask(room, hand_back(Some(NOTE)), SOON).await);
        let answer = spoken(&mut learner, TurnId(3)).await;
        assert_eq!(answer.end, TurnEnd::Done);
        assert_eq!(answer.heard.trim_end(), answer.text);
        acked(learner.ask(room, say("Thank you."), SOON).await);
        assert_eq!(spoken(&mut learner, TurnId(4)).await.end, TurnEnd::Done, "as before");

        let events = read(&ada, room).await;
        let at = |is: &dyn Fn(&Event) -> bool| events.iter().position(|(_, event)| is(event)).unwrap();
        let stopped = at(&|event| matches!(event, Event::Spoke { turn: TurnId(2), .. }));
        let (_, Event::Spoke { text, .. }) = &events[stopped] else { panic!() };
        assert!(text.starts_with(said.heard.trim_end()), "{text} / {}", said.heard);
        assert!(!text.is_empty());
        let own = at(&|event| matches!(event, Event::Said { as_persona: Some(_), .. }));
        assert!(at(&|event| matches!(event, Event::SeatTaken { .. })) < stopped && stopped < own);
        assert!(at(&|event| matches!(event, Event::SeatAsked { .. })) > own);
        let back = at(&|event| matches!(event, Event::SeatHandedBack { why: HandBack::Given, .. }));
        let (_, Event::TurnAsked { turn: TurnId(3), why: Why::HandedBack, .. }) = &events[back + 1] else {
            panic!("{events:?}");
        };

        // The learner may read neither the note nor the direction, live or later; the whisper is theirs.
        let late = Spy::on(&ada, room).await;
        for spy in [spy, late] {
            spy.hears("Thank you.").await;
            spy.hears("Zither-whisper").await;
            spy.hears("subscribed").await;
            assert!(!spy.heard().contains("Xylophone"), "a learner reads directions");
        }
        let coachs = Spy::on(&kim, room).await;
        coachs.hears(r#""directions":{"mara-okafor":["Xylophone-order"#).await;
        let bob = hub.person("Bob", Role::Learner).await;
        acked(learner.ask(room, Command::Invite { user: bob.user }, SOON).await);
        let mine = serde_json::to_string(&read(&ada, room).await).unwrap();
        let others = serde_json::to_string(&read(&bob, room).await).unwrap();
        let coachs = serde_json::to_string(&read(&kim, room).await).unwrap();
        assert!(mine.contains("Zither") && !others.contains("Zither"));
        assert!(!mine.contains("Xylophone") && !others.contains("Xylophone"));
        assert!(coachs.contains("Xylophone-note") && coachs.contains("Xylophone-order"));
        // And the coach reads what the engine makes of them: nothing, where only a model could follow.
        assert!(coachs.contains(r#""heeds":["pushes back, and is harder to convince","says less"]"#), "{coachs}");
        assert!(coachs.contains(r#""heeds":[]"#) && !mine.contains("heeds"));
        // For all the rest everybody has the same.
        let common = |events: Vec<(Seq, Event)>| {
            events.into_iter()
                .filter(|(_, event)| event.audience() == ludus_domain::audience::Audience::All)
                .collect::<Vec<_>>()
        };
        let mine = common(read(&ada, room).await);
        assert_eq!(mine, common(read(&bob, room).await));
        assert_eq!(mine, common(read(&kim, room).await));
    }
}

on_both! {
    /// The coach's network and the hub's process are gone at once: the seat waits half a minute, and
    /// then the persona answers who waits, although nobody asks for it.
    async fn a_coach_who_is_gone_gives_the_seat_back(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let (_, room, mut learner) = practise(&hub).await;
        let kim = hub.person("Kim Coach", Role::Coach).await;
        let mut coach = hub.viewer(&kim, room).await;
        acked(coach.ask(room, take(), SOON).await);
        acked(learner.ask(room, say("I would like 12 percent more."), SOON).await);
        coach.cut();
        let gone = Instant::now();
        hub.restart().await;
        learner.connect().await.unwrap();
        let grace = Duration::from_millis(SEAT_GRACE_MS.unsigned_abs());
        let back = learner.expect(grace * 2, |frame| match frame {
            ServerFrame::Event { event, .. } => match &event.fact {
                Fact::Room(Event::SeatHandedBack { why, .. }) => Some(*why),
                _ => None,
            },
            _ => None,
        });
        assert_eq!(back.await, Some(HandBack::Away));
        let least = grace.saturating_sub(Duration::from_secs(10));
        assert!(gone.elapsed() > least, "{:?}", gone.elapsed());
        let answer = spoken(&mut learner, TurnId(2)).await;
        assert_eq!(answer.end, TurnEnd::Done);
        // A coach who is here keeps theirs however long they think.
        coach.connect().await.unwrap();
        acked(coach.ask(room, take(), SOON).await);
        let since = Instant::now();
        while since.elapsed() < grace + Duration::from_secs(7) {
            coach.heartbeat().await.unwrap();
            learner.heartbeat().await.unwrap();
            coach.expect(Duration::from_secs(2), |_| None::<()>).await;
            learner.expect(Duration::from_secs(2), |_| None::<()>).await;
        }
        asked(&mut coach, room, say_as("So.")).await;
        assert!(sees(&mut learner, "So.").await);
        let verdict = hub.check(&nothing_logged(&hub)).await;
        assert!(verdict.holds(), "{verdict}");
    }
}

/// The model is told what the coach wants, and reads the coach's line as its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_directed_and_learners_do_not_read_it() {
    let model = Model::start(Manner::Says(words("Come in, and sit down."), 5)).await;
    let hub = Hub::start_from(Backend::Sqlite, &model.settings()).await;
    let (ada, room, mut learner) = practise(&hub).await;
    let kim = hub.person("Kim Coach", Role::Coach).await;
    let mut coach = hub.viewer(&kim, room).await;
    let spy = Spy::on(&ada, room).await;
    acked(coach.ask(room, take(), SOON).await);
    asked(&mut coach, room, say_as("What do you want?")).await;
    acked(learner.ask(room, say("Twelve percent."), SOON).await);
    acked(coach.ask(room, hand_back(Some(NOTE)), SOON).await);
    spoken(&mut learner, TurnId(2)).await;
    let asked = model.asked();
    let messages = asked.last().unwrap().body["messages"]
        .as_array()
        .unwrap()
        .clone();
    let system = messages[0]["content"].as_str().unwrap();
    assert!(system.contains("Xylophone-note"), "{system}");
    let own = json!({"role": "assistant", "content": "What do you want?"});
    assert!(messages.contains(&own), "{messages:?}");
    let last = messages.last().unwrap()["content"].as_str().unwrap();
    assert_eq!(last, "⟦Ada⟧ Twelve percent.");
    spy.hears("Twelve percent.").await;
    assert!(!spy.heard().contains("Xylophone"));
}

/// Two coaches, one seat: one has it, and the other is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_coaches_one_has_the_seat() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (ada, room, _learner) = practise(&hub).await;
    let mut coaches = vec![];
    for name in ["Kim Coach", "Lou Coach"] {
        let account = hub.person(name, Role::Coach).await;
        coaches.push(hub.viewer(&account, room).await);
    }
    let [one, two] = coaches.as_mut_slice() else {
        panic!()
    };
    let (first, second) = tokio::join!(one.ask(room, take(), SOON), two.ask(room, take(), SOON));
    let (winner, loser) = match (first, second) {
        (Some(Answer::Ack { .. }), other) => {
            assert_eq!(nacked(other), Refusal::SeatHeld);
            (one, two)
        }
        (other, Some(Answer::Ack { .. })) => {
            assert_eq!(nacked(other), Refusal::SeatHeld);
            (two, one)
        }
        both => panic!("{both:?}"),
    };
    let refused = loser.ask(room, say_as("Me!"), SOON).await;
    assert_eq!(nacked(refused), Refusal::SeatHeld);
    asked(winner, room, say_as("No, me.")).await;
    // The end of the room is the end of the seat.
    acked(loser.ask(room, Command::End {}, SOON).await);
    let ends = read(&ada, room).await;
    let back = ends.iter().filter(|(_, event)| {
        matches!(
            event,
            Event::SeatHandedBack {
                why: HandBack::Over,
                ..
            }
        )
    });
    assert_eq!(back.count(), 1);
    let refused = winner.ask(room, say_as("And me."), SOON).await;
    assert_eq!(nacked(refused), Refusal::RoomEnded);
}

/// What somebody is told of who looks on.
async fn watched(client: &mut Client, wanted: impl Fn(&[Person], bool) -> bool) {
    let told = client.expect(SOON, |frame| match frame {
        ServerFrame::Watched {
            coaches, drafts, ..
        } => wanted(coaches, *drafts).then_some(()),
        _ => None,
    });
    told.await.expect("who looks on is told");
}

async fn decide(admin: &Account, policies: &Value) {
    let path = "/api/v1/orgs/current/policies";
    let request = admin.hub.request(Method::PUT, path);
    let answer = request.bearer_auth(&admin.token).json(policies).send();
    assert_eq!(answer.await.unwrap().status(), 200);
}

/// Whoever looks on is named, and sees drafts only where the org has decided so, and its writer knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_looked_at_knows_it() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (ada, room, mut learner) = practise(&hub).await;
    let spy = Spy::on(&ada, room).await;
    let kim = hub.person("Kim Coach", Role::Coach).await;
    let draft = |text: &str| ClientFrame::Draft {
        room,
        text: text.into(),
    };
    let mut coach = hub.viewer(&kim, room).await;
    let is_kim = |coaches: &[Person]| coaches.iter().any(|person| person.user == kim.user);
    watched(&mut learner, |coaches, drafts| is_kim(coaches) && !drafts).await;
    learner
        .send_frame(&draft("Guitar-draft, for nobody"))
        .await
        .unwrap();
    coach.close().await;
    watched(&mut learner, |coaches, _| coaches.is_empty()).await;

    decide(&hub.owner, &json!({"drafts_to_coaches": true})).await;
    watched(&mut learner, |coaches, drafts| coaches.is_empty() && drafts).await;
    let coachs = Spy::on(&kim, room).await;
    watched(&mut learner, |coaches, drafts| is_kim(coaches) && drafts).await;
    let began = Instant::now();
    for n in 0..20 {
        let text = format!("Violin-draft {n};");
        learner.send_frame(&draft(&text)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    coachs.hears("Violin-draft 19;").await;
    let shown = coachs.heard().matches("draft_seen").count();
    let most = 2 + began.elapsed().as_millis() / 500;
    assert!(shown as u128 <= most, "{shown} in {:?}", began.elapsed());
    assert!(!coachs.heard().contains("Guitar-draft"), "not allowed then");
    assert!(!spy.heard().contains("draft_seen"), "for coaches only");

    decide(&hub.owner, &json!({"silent_supervision": true})).await;
    watched(&mut learner, |coaches, drafts| coaches.is_empty() && drafts).await;
    let lou = hub.person("Lou Silent", Role::Coach).await;
    let _silent = hub.viewer(&lou, room).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!spy.heard().contains("Lou Silent"), "silent means silent");
    let changes: Value = hub
        .owner
        .get("/api/v1/orgs/current/policies/changes")
        .await
        .unwrap();
    let made = changes["items"].as_array().unwrap();
    assert_eq!(made.len(), 2, "{changes}");
    assert_eq!(made[0]["policy"], "silent_supervision");
    assert_eq!(made[1]["by"], json!(hub.owner.user));
}
