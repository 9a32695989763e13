//! A room looked back on is what whoever followed it saw: event by event, word by word, point by point.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ludus_domain::ids::TurnId;
use ludus_domain::protocol::Subscription;
use ludus_domain::slug::PersonaId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::kit::*;
use crate::personas::{begins, spoken};

/// Everything that can happen in a room.
const KINDS: [&str; 29] = [
    "opened",
    "joined",
    "left",
    "said",
    "edited",
    "retracted",
    "reacted",
    "hand_raised",
    "renamed",
    "phase_changed",
    "removed",
    "muted",
    "invited",
    "turn_asked",
    "turn_begun",
    "turn_steered",
    "turn_stopped",
    "spoke",
    "scene_closed",
    "practice_completed",
    "skill_scored",
    "practice_filed",
    "seat_taken",
    "seat_asked",
    "seat_handed_back",
    "directed",
    "whispered",
    "announced",
    "extended",
];

fn mara() -> PersonaId {
    "mara-okafor".parse().unwrap()
}

/// Everything a connection hears of a room, and of its owner's inbox, as it came.
struct Witness(Arc<Mutex<Vec<Value>>>);

impl Witness {
    async fn of(account: &Account, room: RoomId) -> Self {
        let since = Position {
            seq: Seq::ZERO,
            ..account.position(room).await.unwrap()
        };
        let mut socket = Socket::open(&account.hub.ws_url()).await.unwrap();
        let follow = |stream, since| Subscription { stream, since };
        let hello = ClientFrame::Hello {
            ticket: Some(account.ticket().await.unwrap()),
            resume: None,
            subscriptions: vec![
                follow(StreamId::Room(room), Some(since)),
                follow(StreamId::Inbox(account.user), None),
            ],
            client: None,
        };
        socket.send(&hello).await.unwrap();
        let heard = Arc::new(Mutex::new(vec![]));
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok(frame) = socket.hear().await {
                all.lock()
                    .unwrap()
                    .push(serde_json::from_str(&frame.text).unwrap());
            }
        });
        Self(heard)
    }

    fn frames(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    async fn hears(&self, kind: &str) {
        for _ in 0..600 {
            if self
                .frames()
                .iter()
                .any(|frame| frame["fact"]["kind"] == kind)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{kind} was never told");
    }

    /// Events of the room, as they were told; but what was taken back is not told again.
    fn events(&self, room: RoomId) -> Vec<Value> {
        let stream = StreamId::Room(room).to_string();
        let frames = self.frames();
        let events = frames
            .iter()
            .filter(|frame| frame["type"] == "event" && frame["stream"] == *stream);
        let events: Vec<Value> = events.cloned().collect();
        let gone: BTreeSet<u64> = events
            .iter()
            .filter(|event| event["fact"]["kind"] == "retracted")
            .filter_map(|event| event["fact"]["line"].as_u64())
            .collect();
        let told = events.into_iter().map(|event| {
            let mut fact = event["fact"].clone();
            if event["seq"].as_u64().is_some_and(|seq| gone.contains(&seq)) {
                let fact = fact.as_object_mut().unwrap();
                fact.insert("text".into(), json!(""));
                fact.insert("retracted".into(), json!(true));
                fact.remove("facts");
            }
            event_of(&event, fact)
        });
        told.collect()
    }

    fn skipped(&self, room: RoomId) -> BTreeSet<u64> {
        let stream = StreamId::Room(room).to_string();
        let frames = self.frames();
        let skips = frames
            .iter()
            .filter(|frame| frame["type"] == "skip" && frame["stream"] == *stream);
        skips
            .flat_map(|skip| skip["from"].as_u64().unwrap()..=skip["to"].as_u64().unwrap())
            .collect()
    }

    /// What the owner was told that they gained, by the event of the room it came of.
    fn gained(&self, room: RoomId) -> BTreeMap<u64, Vec<String>> {
        let of = format!("{}/", StreamId::Room(room));
        let mut gained: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for frame in self.frames() {
            let fact = &frame["fact"];
            let Some(place) = fact["source"]
                .as_str()
                .and_then(|source| source.strip_prefix(&of))
            else {
                continue;
            };
            let seq = place.split('/').next().unwrap().parse().unwrap();
            let told = gained.entry(seq).or_default();
            for one in fact["points"].as_array().into_iter().flatten() {
                told.push(format!(
                    "{} {} {}: {}",
                    one["rule"], one["points"], one["kind"], one["says"]
                ));
            }
            for one in fact["badges"].as_array().into_iter().flatten() {
                told.push(format!("{} {}", one["badge"], one["level"]));
            }
            told.sort();
        }
        gained.retain(|_, told| !told.is_empty());
        gained
    }

    /// How much of each turn had been told, each time more of it was.
    fn lengths(&self) -> BTreeMap<u64, BTreeSet<u64>> {
        let mut lengths: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for frame in self
            .frames()
            .iter()
            .filter(|frame| frame["type"] == "speaking")
        {
            let fresh = frame["text"].as_str().unwrap().chars().count() as u64;
            let turn = frame["turn"].as_u64().unwrap();
            lengths
                .entry(turn)
                .or_default()
                .insert(frame["from"].as_u64().unwrap() + fresh);
        }
        lengths
    }
}

fn event_of(event: &Value, fact: Value) -> Value {
    json!({"seq": event["seq"], "at": event["at"], "by": event["by"], "fact": fact})
}

/// All of a room, read back page by page.
#[derive(Default)]
struct Read {
    moments: Vec<Value>,
    skipped: BTreeSet<u64>,
}

impl Read {
    async fn by(account: &Account, room: RoomId) -> Self {
        let mut read = Self::default();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/rooms/{room}/replay?limit=20{cursor}");
            let page: Value = account.get(&path).await.unwrap();
            read.moments
                .extend(page["moments"].as_array().unwrap().iter().cloned());
            for skip in page["skips"].as_array().unwrap() {
                read.skipped
                    .extend(skip[0].as_u64().unwrap()..=skip[1].as_u64().unwrap());
            }
            let Some(next) = page["next"].as_str() else {
                return read;
            };
            cursor = format!("&cursor={next}");
        }
    }

    fn events(&self) -> Vec<Value> {
        self.moments
            .iter()
            .map(|moment| event_of(moment, moment["fact"].clone()))
            .collect()
    }

    fn gained(&self, user: &Account) -> BTreeMap<u64, Vec<String>> {
        let mut gained: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for moment in &self.moments {
            for one in moment["gained"].as_array().into_iter().flatten() {
                if one["user"] != json!(user.user) {
                    continue;
                }
                let told = gained.entry(moment["seq"].as_u64().unwrap()).or_default();
                told.push(if one["what"] == "badge" {
                    format!("{} {}", one["badge"], one["level"])
                } else {
                    format!(
                        "{} {} {}: {}",
                        one["rule"], one["points"], one["kind"], one["says"]
                    )
                });
                told.sort();
            }
        }
        gained
    }

    fn kinds(&self) -> BTreeSet<String> {
        let kinds = self
            .moments
            .iter()
            .map(|moment| moment["fact"]["kind"].as_str().unwrap());
        kinds.map(str::to_owned).collect()
    }

    fn comments(&self) -> Vec<(u64, String)> {
        let mut comments = vec![];
        for moment in &self.moments {
            for one in moment["comments"].as_array().into_iter().flatten() {
                comments.push((
                    moment["seq"].as_u64().unwrap(),
                    one["text"].as_str().unwrap().to_owned(),
                ));
            }
        }
        comments
    }
}

/// Asks again what a persona or the store is not ready for yet.
async fn does(client: &mut Client, room: RoomId, command: Command) -> Seq {
    for _ in 0..100 {
        match client.ask(room, command.clone(), SOON).await {
            Some(Answer::Nack {
                code: Refusal::Conflict | Refusal::Unavailable,
                ..
            }) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return acked(other).0,
        }
    }
    panic!("{command:?} was never done");
}

/// One practice in which everything happens that can happen.
async fn everything(hub: &Hub, ada: &Account, kim: &Account, room: RoomId) {
    let ben = hub.person("Ben", Role::Learner).await;
    let cleo = hub.person("Cleo", Role::Learner).await;
    let mut learner = hub.viewer(ada, room).await;
    let mut coach = hub.viewer(kim, room).await;
    spoken(&mut learner, TurnId(1)).await;
    let first = does(
        &mut learner,
        room,
        say("I would like 12 percent more, please."),
    )
    .await;
    begins(&mut learner, TurnId(2)).await;
    // In the middle of its answer: it begins anew.
    does(
        &mut learner,
        room,
        say("I took over the night rota in spring."),
    )
    .await;
    spoken(&mut learner, TurnId(2)).await;
    does(
        &mut learner,
        room,
        Command::Edit {
            line: first,
            text: "I would like 12 percent more.".into(),
        },
    )
    .await;
    for other in [&ben, &cleo] {
        does(&mut coach, room, Command::Invite { user: other.user }).await;
    }
    let mut bens = hub.member(&ben, room, None).await;
    let _cleos = hub.member(&cleo, room, None).await;
    let reply = Command::Say {
        text: "I can do the nights, too.".into(),
        reply_to: Some(first),
        mentions: vec![],
    };
    let bens_line = does(&mut bens, room, reply).await;
    does(
        &mut learner,
        room,
        Command::React {
            line: bens_line,
            emoji: "👍".into(),
            on: true,
        },
    )
    .await;
    let slip = does(&mut learner, room, say("Pomegranate, and all that.")).await;
    does(&mut learner, room, Command::Retract { line: slip }).await;
    does(
        &mut learner,
        room,
        Command::RaiseHand {
            up: true,
            user: None,
        },
    )
    .await;
    does(
        &mut coach,
        room,
        Command::RaiseHand {
            up: false,
            user: Some(ada.user),
        },
    )
    .await;
    does(
        &mut coach,
        room,
        Command::Mute {
            user: ben.user,
            muted: true,
            minutes: None,
        },
    )
    .await;
    does(&mut coach, room, Command::Remove { user: cleo.user }).await;
    does(&mut bens, room, Command::Leave {}).await;
    does(
        &mut coach,
        room,
        Command::Rename {
            title: "The raise".into(),
        },
    )
    .await;
    does(&mut coach, room, Command::Pause {}).await;
    does(&mut coach, room, Command::Unpause {}).await;
    does(&mut coach, room, Command::Extend { minutes: 5 }).await;
    does(
        &mut coach,
        room,
        Command::Announce {
            text: "Five more minutes.".into(),
        },
    )
    .await;
    does(
        &mut coach,
        room,
        Command::Whisper {
            to: vec![ada.user],
            text: "Ask her.".into(),
            hint: true,
        },
    )
    .await;
    does(
        &mut coach,
        room,
        Command::Direct {
            persona: mara(),
            text: "Be curt.".into(),
            heeds: None,
        },
    )
    .await;
    does(&mut coach, room, Command::TakeOver { persona: mara() }).await;
    does(
        &mut coach,
        room,
        Command::SayAs {
            persona: mara(),
            text: "Let me see.".into(),
        },
    )
    .await;
    does(&mut learner, room, say("And from when on?")).await;
    does(
        &mut coach,
        room,
        Command::HandBack {
            persona: mara(),
            note: None,
            heeds: None,
        },
    )
    .await;
    // Whoever has the seat back answers, and is stopped.
    let answering = learner.expect(SOON, |frame| match frame {
        ServerFrame::Speaking { turn, .. } if turn.0 > 2 => Some(*turn),
        _ => None,
    });
    let turn = answering.await.expect("the persona answers");
    does(&mut coach, room, Command::StopTurn { turn }).await;
    does(&mut coach, room, Command::End {}).await;
}

on_both! {
    /// T: replay from the journal equals what was seen live, for a room with every kind of event in it.
    async fn what_was_seen_live_is_what_is_looked_back_on(backend: Backend) {
        let hub = Hub::start_also(backend, GAME).await;
        let ada = hub.person("Ada", Role::Learner).await;
        let kim = hub.person("Kim Coach", Role::Coach).await;
        let body = json!({"scenario": "ask-for-a-raise", "barge": "steer"});
        let made: Value = ada.post("/api/v1/training/sessions", &body).await.unwrap();
        let room: RoomId = made["id"].as_str().unwrap().parse().unwrap();
        let (adas, kims) = (Witness::of(&ada, room).await, Witness::of(&kim, room).await);
        everything(&hub, &ada, &kim, room).await;
        for witness in [&adas, &kims] {
            witness.hears("practice_filed").await;
        }

        let (ada_reads, kim_reads) = (Read::by(&ada, room).await, Read::by(&kim, room).await);
        let all: BTreeSet<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
        assert_eq!(kim_reads.kinds(), all, "everything happened");
        for (witness, read) in [(&adas, &ada_reads), (&kims, &kim_reads)] {
            let (live, back) = (witness.events(room), read.events());
            for (live, back) in live.iter().zip(&back) {
                assert_eq!(live, back);
            }
            assert_eq!(live.len(), back.len());
            assert_eq!(witness.skipped(room), read.skipped);
        }
        assert!(kim_reads.skipped.is_empty());
        assert!(!ada_reads.kinds().contains("directed") && ada_reads.kinds().contains("whispered"));
        let said = serde_json::to_string(&kim_reads.moments).unwrap();
        assert!(!said.contains("Pomegranate"), "what was taken back is told again");

        // Points and badges as they were told, those that were taken back included; to others' coaches too.
        let live = adas.gained(room);
        assert!(live.values().flatten().any(|told| told.contains("-2")), "{live:?}");
        assert_eq!(ada_reads.gained(&ada), live);
        assert_eq!(kim_reads.gained(&ada), live);
        let others = |read: &Read| read.moments.iter().any(|moment| {
            let gained = moment["gained"].as_array();
            gained.into_iter().flatten().any(|one| one["user"] != json!(ada.user))
        });
        assert!(others(&kim_reads) && !others(&ada_reads));

        // Words come back at the pace at which they were heard.
        let lengths = adas.lengths();
        let mut paced = 0;
        for moment in ada_reads.moments.iter().filter(|moment| moment["fact"]["kind"] == "spoke") {
            // What was spoken before she looked on, she heard as a whole.
            let Some(heard) = lengths.get(&moment["fact"]["turn"].as_u64().unwrap()) else {
                continue;
            };
            let marks = moment["fact"]["notes"]["pace"].as_array().cloned().unwrap_or_default();
            assert!(marks.iter().all(|mark| heard.contains(&mark[1].as_u64().unwrap())), "{moment}");
            assert!(marks.is_sorted_by_key(|mark| (mark[0].as_u64(), mark[1].as_u64())));
            paced += marks.len();
        }
        assert!(paced > 6, "{paced}");

        // At a glance it is the same room.
        let outline: Value = ada.get(&format!("/api/v1/rooms/{room}/replay/outline")).await.unwrap();
        assert_eq!(outline["moments"], json!(ada_reads.moments.len()));
        let counted: u64 = outline["density"].as_object().unwrap().values()
            .flat_map(|slots| slots.as_array().unwrap())
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(outline["moments"], json!(counted));
        assert_eq!(outline["from"], ada_reads.moments[0]["at"]);
        let marks: Vec<&Value> = outline["marks"].as_array().unwrap().iter().map(|mark| &mark["kind"]).collect();
        assert!(marks.contains(&&json!("whisper")) && !marks.contains(&&json!("direction")), "{marks:?}");
    }

    /// What a coach writes beside a moment is between coaches, unless it is shared; and it can be taken away.
    async fn comments_stand_at_their_moments(backend: Backend) {
        let hub = Hub::start(backend).await;
        let ada = hub.person("Ada", Role::Learner).await;
        let kim = hub.person("Kim Coach", Role::Coach).await;
        let otto = hub.person("Otto Coach", Role::Coach).await;
        let room = hub.owner.open(&RoomWish::lounge("Review")).await.unwrap().id;
        let mut learner = hub.member(&ada, room, None).await;
        let line = acked(learner.ask(room, say("Could you tell me more?"), SOON).await).0;
        let path = format!("/api/v1/rooms/{room}/replay/comments");
        let write = async |account: &Account, body: Value| account.post::<Value>(&path, &body).await;
        let shared = write(&kim, json!({"seq": line, "text": "An open question.", "shared": true})).await.unwrap();
        let between = json!({"seq": line, "after_ms": 1_500, "text": "She hesitated."});
        write(&kim, between).await.unwrap();
        assert_eq!(shared["by"], json!(kim.user));
        let both = |line: Seq| vec![(line.0, "An open question.".to_owned()), (line.0, "She hesitated.".to_owned())];
        assert_eq!(Read::by(&otto, room).await.comments(), both(line));
        assert_eq!(Read::by(&ada, room).await.comments(), both(line)[..1]);

        for refused in [
            json!({"seq": line.0 + 900, "text": "Beyond the end."}),
            json!({"seq": 0, "text": "Before the beginning."}),
            json!({"seq": line, "after_ms": 3_600_000, "text": "Much later."}),
            json!({"seq": line, "text": " "}),
            json!({"seq": line, "text": "x".repeat(2_001)}),
        ] {
            assert!(write(&kim, refused.clone()).await.is_err(), "{refused}");
        }
        assert!(write(&ada, json!({"seq": line, "text": "Me too."})).await.is_err());

        let id = shared["id"].as_str().unwrap();
        let away = async |account: &Account| {
            let request = account.hub.request(Method::DELETE, &format!("{path}/{id}"));
            request.bearer_auth(&account.token).send().await.unwrap().status().as_u16()
        };
        assert_eq!(away(&ada).await, 403);
        assert_eq!(away(&otto).await, 404, "only one's own");
        assert_eq!(away(&kim).await, 204);
        assert_eq!(away(&kim).await, 404);
        assert_eq!(Read::by(&otto, room).await.comments(), both(line)[1..]);
        assert_eq!(Read::by(&ada, room).await.comments(), []);
    }
}
