//! Walls between orgs, cohorts and people, listened at from inside: all that a coach's connection carries and all
//! they can read is kept as it came, and searched for what is not theirs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ludus_domain::desk::totals::{DeskTotals, GROUP_MIN};
use ludus_domain::ids::{CohortId, CommandId};
use ludus_domain::protocol::Subscription;
use ludus_domain::room::Command as Do;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::kit::*;

/// Questions that may wait to be sent.
const ASKED_MAX: usize = 1_024;
/// One name of an animal is in everything that is of a cohort: nothing else has it.
const MARKS: [&str; 4] = ["Aardwolf", "Bandicoot", "Capybara", "Dugong"];

/// A connection that asks for everything, and keeps all that it is ever sent.
struct Ear {
    asks: mpsc::Sender<ClientFrame>,
    heard: Arc<Mutex<Vec<(ServerFrame, String)>>>,
}

impl Ear {
    async fn open(account: &Account) -> Self {
        let mut socket = Socket::open(&account.hub.ws_url()).await.unwrap();
        let hello = ClientFrame::Hello {
            ticket: Some(account.ticket().await.unwrap()),
            resume: None,
            subscriptions: Vec::<Subscription>::new(),
            client: None,
        };
        socket.send(&hello).await.unwrap();
        let (asks, mut asked) = mpsc::channel(ASKED_MAX);
        let heard = Arc::new(Mutex::new(vec![]));
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    frame = asked.recv() => match frame {
                        Some(frame) => socket.send(&frame).await.unwrap(),
                        None => return,
                    },
                    heard = socket.hear() => match heard {
                        Ok(heard) => all.lock().unwrap().push((heard.frame, heard.text)),
                        Err(_) => return,
                    },
                }
            }
        });
        Self { asks, heard }
    }

    fn ask(&self, frame: impl FnOnce(CommandId) -> ClientFrame) {
        let frame = frame(CommandId(uuid::Uuid::now_v7()));
        self.asks.try_send(frame).unwrap();
    }

    fn text(&self) -> String {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(_, text)| text.as_str()).collect()
    }

    async fn hears(&self, words: &str) {
        let give_up = Instant::now() + SOON;
        while !self.text().contains(words) {
            assert!(Instant::now() < give_up, "{words} was never told");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every set of numbers of a cohort that was told, in order.
    fn totals(&self) -> Vec<DeskTotals> {
        let heard = self.heard.lock().unwrap();
        let desks = heard.iter().filter_map(|(frame, _)| match frame {
            ServerFrame::Desk(desk) => Some(desk),
            _ => None,
        });
        let totals = desks.map(|desk| {
            assert!(desk.rows.is_empty() && desk.alerts.is_empty() && desk.gone.is_empty());
            **desk.totals.as_ref().unwrap()
        });
        totals.collect()
    }
}

async fn call(by: &Account, method: Method, path: &str, body: Value) -> StatusCode {
    let request = by.hub.request(method, path).bearer_auth(&by.token);
    request.json(&body).send().await.unwrap().status()
}

async fn seat(by: &Account, cohort: CohortId, user: UserId, body: Value) {
    let path = format!("/api/v1/cohorts/{cohort}/members/{user}");
    assert_eq!(call(by, Method::PUT, &path, body).await, StatusCode::OK);
}

async fn make_cohort(owner: &Account, title: &str) -> CohortId {
    let body = json!({"title": title});
    let made: Value = owner.post("/api/v1/cohorts", &body).await.unwrap();
    made["id"].as_str().unwrap().parse().unwrap()
}

/// A practice of one learner, who has said something in it.
async fn practising(hub: &Hub, learner: &Account, title: &str, line: &str) -> (RoomId, Client) {
    let wish = RoomWish {
        kind: "practice",
        ..RoomWish::lounge(title).by_invitation()
    };
    let room = learner.open(&wish).await.unwrap().id;
    let mut client = hub.client(learner).await;
    acked(client.ask(room, say(line), SOON).await);
    (room, client)
}

struct Class {
    mark: &'static str,
    cohort: CohortId,
    coach: Account,
    learner: Account,
    room: RoomId,
    client: Client,
}

async fn class(hub: &Hub, owner: &Account, mark: &'static str) -> Class {
    let cohort = make_cohort(owner, &format!("Class {mark}")).await;
    let coach = owner
        .bring(&format!("Kim {mark}"), Role::Coach)
        .await
        .unwrap();
    let learner = owner
        .bring(&format!("Lea {mark}"), Role::Learner)
        .await
        .unwrap();
    seat(owner, cohort, coach.user, json!({"part": "coach"})).await;
    seat(owner, cohort, learner.user, json!({"part": "learner"})).await;
    let body = json!({"title": format!("Team {mark}")});
    let path = format!("/api/v1/cohorts/{cohort}/teams");
    assert!(call(owner, Method::POST, &path, body).await.is_success());
    let (title, line) = (format!("Room {mark}"), format!("The first of {mark}."));
    let (room, client) = practising(hub, &learner, &title, &line).await;
    Class {
        mark,
        cohort,
        coach,
        learner,
        room,
        client,
    }
}

/// Everything a coach can ask of somebody else's cohort, person and room over REST.
fn paths(of: &Class) -> Vec<String> {
    let (cohort, room, user) = (of.cohort, of.room, of.learner.user);
    let of_cohort = [
        "",
        "/members",
        "/assignments",
        "/meetings",
        "/meetings.ics",
        "/roster.csv",
        "/alerts",
        "/report",
        "/report.csv",
    ];
    let of_room = [
        "",
        "/members",
        "/history",
        "/search?q=first",
        "/replay",
        "/replay/outline",
    ];
    let of_user = ["/standing", "/ledger", "/notes"];
    let mut paths: Vec<String> = vec![];
    paths.extend(of_cohort.map(|end| format!("/api/v1/cohorts/{cohort}{end}")));
    paths.extend(of_room.map(|end| format!("/api/v1/rooms/{room}{end}")));
    paths.extend(of_user.map(|end| format!("/api/v1/users/{user}{end}")));
    paths.push(format!("/api/v1/training/sessions/{room}/report?of={user}"));
    paths
}

/// What a coach is given of everything there is, and whether anything was: by path.
async fn read_all(coach: &Account, classes: &[Class]) -> String {
    let mut paths: Vec<String> = classes.iter().flat_map(paths).collect();
    let lists = [
        "/api/v1/cohorts",
        "/api/v1/rooms",
        "/api/v1/moderation/cases",
        "/api/v1/suspicions",
        "/api/v1/contests",
    ];
    paths.extend(lists.map(str::to_owned));
    let mut all = String::new();
    for path in paths {
        let request = coach
            .hub
            .request(Method::GET, &path)
            .bearer_auth(&coach.token);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(!status.is_server_error(), "{path}: {status}");
        let text = answer.text().await.unwrap();
        if status.is_success() {
            writeln!(all, "{path}: {text}").unwrap();
        }
    }
    all
}

/// Asks for every stream, desk and act there is.
fn listen_to_everything(ear: &Ear, classes: &[Class]) {
    for class in classes {
        let (cohort, room) = (class.cohort, class.room);
        ear.ask(|id| ClientFrame::WatchDesk {
            id,
            cohort,
            since: None,
        });
        let streams = [
            StreamId::Room(room),
            StreamId::Cohort(cohort),
            StreamId::Inbox(class.learner.user),
        ];
        for stream in streams {
            ear.ask(|id| ClientFrame::Subscribe {
                id,
                stream,
                since: None,
            });
        }
    }
}

/// What somebody outside may do to a room, were there no wall.
fn meddle(ear: &Ear, class: &Class) {
    let acts = [
        Do::Join { code: None },
        say("Let me in."),
        Do::Whisper {
            to: vec![class.learner.user],
            text: "Psst.".into(),
            hint: false,
        },
        Do::Announce {
            text: "Hear me.".into(),
        },
        Do::Pause {},
        Do::Remove {
            user: class.learner.user,
        },
        Do::End {},
    ];
    for command in acts {
        let room = class.room;
        ear.ask(|id| ClientFrame::Command { id, room, command });
    }
}

on_both! {
    /// Two orgs with two cohorts each, all of them alive at once, and each coach asks for everything.
    async fn two_orgs_and_four_cohorts_and_no_byte_of_anothers(backend: Backend) {
        let hub = Hub::start(backend).await;
        let (code, printed) = hub.run(&["org", "add", "Elsewhere"]);
        assert_eq!(code, Some(0), "{printed}");
        let (_, link) = printed.split_once("/#/claim/").unwrap();
        let link = link.split_whitespace().next().unwrap();
        let elsewhere = hub.rest.claim(link, "Otto Owner").await.unwrap();
        assert_ne!(elsewhere.org, hub.owner.org);
        let mut classes = vec![];
        for (mark, owner) in MARKS.into_iter().zip([&hub.owner, &hub.owner, &elsewhere, &elsewhere]) {
            classes.push(class(&hub, owner, mark).await);
        }
        let mut ears = vec![];
        for class in &classes {
            let ear = Ear::open(&class.coach).await;
            listen_to_everything(&ear, &classes);
            ears.push(ear);
        }
        for (mine, ear) in ears.iter().enumerate() {
            ear.hears("\"desk\"").await;
            for (index, class) in classes.iter().enumerate() {
                if index != mine {
                    meddle(ear, class);
                }
            }
        }
        // All of them speak at once, want something, are in need, and earn.
        for class in &mut classes {
            let lines = ["The second", "I want to die, says the third", "The last"];
            for line in lines {
                acked(class.client.ask(class.room, say(format!("{line} of {}.", class.mark)), SOON).await);
            }
            let hand = Do::RaiseHand { up: true, user: None };
            acked(class.client.ask(class.room, hand, SOON).await);
        }
        for (ear, class) in ears.iter().zip(&classes) {
            ear.hears(&format!("The last of {}.", class.mark)).await;
            ear.hears("\"distress\"").await;
        }
        // What comes late, a tick of a desk or a sweep.
        sleep(Duration::from_secs(3)).await;
        for (mine, (ear, class)) in ears.iter().zip(&classes).enumerate() {
            let heard = ear.text();
            let read = read_all(&class.coach, &classes).await;
            for (index, other) in classes.iter().enumerate() {
                let (mark, learner) = (other.mark, other.learner.user.to_string());
                if index == mine {
                    assert!(heard.contains(&format!("Lea {mark}")) && read.contains(&format!("Class {mark}")));
                    assert!(read.contains(&format!("The first of {mark}.")) && heard.contains(&learner));
                    continue;
                }
                for all in [&heard, &read] {
                    let at = all.find(mark).or(all.find(&learner));
                    let around = at.map(|at| &all[at.saturating_sub(300)..(at + 100).min(all.len())]);
                    assert_eq!(around, None, "{} is told of {mark}", class.mark);
                }
            }
        }
        // And nobody has done anything to anybody.
        for class in &mut classes {
            acked(class.client.ask(class.room, say("Still here."), SOON).await);
        }
    }
}

/// A learner who has said something in a room of their own, and stays.
async fn stays(hub: &Hub, learner: &Account, n: usize) -> (RoomId, Ear) {
    let title = format!("Dugong room {n}");
    let (room, _) = practising(hub, learner, &title, "Dugong says a first line.").await;
    (room, Ear::open(learner).await)
}

on_both! {
    /// Whoever is assigned to the group only: no byte of anybody, and from all numbers that are ever told not one person,
    /// whoever comes, goes, speaks or is in need meanwhile.
    async fn a_coach_of_the_group_learns_of_nobody_in_it(backend: Backend) {
        let hub = Hub::start(backend).await;
        let cohort = make_cohort(&hub.owner, "Class").await;
        let kim = hub.person("Kim", Role::Coach).await;
        seat(&hub.owner, cohort, kim.user, json!({"part": "coach", "access": "aggregate"})).await;
        let mut learners = vec![];
        for n in 0..GROUP_MIN + 2 {
            learners.push(hub.person(&format!("Lea Dugong {n}"), Role::Learner).await);
        }
        for learner in &learners[..GROUP_MIN - 1] {
            seat(&hub.owner, cohort, learner.user, json!({"part": "learner"})).await;
        }
        let ear = Ear::open(&kim).await;
        let asks = |stream| ear.ask(|id| ClientFrame::Subscribe { id, stream, since: None });
        ear.ask(|id| ClientFrame::WatchDesk { id, cohort, since: None });
        asks(StreamId::Cohort(cohort));
        let mut practices = BTreeMap::new();
        for (n, learner) in learners[..GROUP_MIN - 1].iter().enumerate() {
            practices.insert(n, stays(&hub, learner, n).await);
        }
        // Four people are nobody's business: not one number.
        sleep(Duration::from_secs(12)).await;
        let told = ear.totals();
        assert!(!told.is_empty() && told.iter().all(|totals| *totals == DeskTotals::default()), "{told:?}");

        // Six: some numbers, in fives.
        for (n, learner) in learners.iter().enumerate().take(GROUP_MIN + 1).skip(GROUP_MIN - 1) {
            seat(&hub.owner, cohort, learner.user, json!({"part": "learner"})).await;
            practices.insert(n, stays(&hub, learner, n).await);
        }
        let give_up = Instant::now() + Duration::from_mins(1);
        let first = loop {
            if let Some(totals) = ear.totals().into_iter().rev().find(|totals| totals.online.is_some()) {
                break totals;
            }
            assert!(Instant::now() < give_up, "no number of six: {:?}", ear.totals());
            sleep(Duration::from_millis(500)).await;
        };
        assert_eq!((first.learners, first.online), (Some(5), Some(5)));

        // One says what they should not, one goes, one comes, one is in the cohort no more.
        let before = ear.totals().len();
        let mut client = hub.client(&learners[0]).await;
        for line in ["You stupid idiot, shut up.", "You always ruin it, idiot!", "Dugong wants to die, I want to die."] {
            acked(client.ask(practices[&0].0, say(line), SOON).await);
        }
        practices.remove(&1);
        seat(&hub.owner, cohort, learners[GROUP_MIN + 1].user, json!({"part": "learner"})).await;
        sleep(Duration::from_secs(24)).await;
        // Somebody else's from now on: of who learns nowhere every coach may know.
        let elsewhere = make_cohort(&hub.owner, "Elsewhere").await;
        seat(&hub.owner, elsewhere, learners[2].user, json!({"part": "learner"})).await;
        let path = format!("/api/v1/cohorts/{cohort}/members/{}", learners[2].user);
        assert!(call(&hub.owner, Method::DELETE, &path, Value::Null).await.is_success());
        sleep(Duration::from_secs(24)).await;
        // Looked at anew, it is the same.
        ear.ask(|id| ClientFrame::UnwatchDesk { id, cohort });
        ear.ask(|id| ClientFrame::WatchDesk { id, cohort, since: None });
        sleep(Duration::from_secs(12)).await;
        let told = ear.totals();
        assert!(told.len() > before, "{told:?}");
        for totals in &told[before..] {
            assert_eq!(*totals, first, "fewer than five people make no difference");
        }

        // Whatever they ask for and wherever: no name, no id, no room, no line.
        for learner in &learners {
            asks(StreamId::Inbox(learner.user));
        }
        for (room, _) in practices.values() {
            asks(StreamId::Room(*room));
            let command = Do::Whisper { to: vec![learners[0].user], text: "Psst.".into(), hint: false };
            ear.ask(|id| ClientFrame::Command { id, room: *room, command });
        }
        let mut all = String::new();
        let ends = ["", "/members", "/roster.csv", "/alerts", "/assignments", "/report", "/report.csv"];
        let mut paths: Vec<String> = ends.map(|end| format!("/api/v1/cohorts/{cohort}{end}")).into();
        paths.extend(["/api/v1/cohorts", "/api/v1/rooms", "/api/v1/suspicions", "/api/v1/moderation/cases"].map(str::to_owned));
        for learner in &learners {
            paths.extend(["standing", "ledger", "notes"].map(|end| format!("/api/v1/users/{}/{end}", learner.user)));
        }
        for path in paths {
            let request = kim.hub.request(Method::GET, &path).bearer_auth(&kim.token);
            let answer = request.send().await.unwrap();
            if answer.status().is_success() {
                writeln!(all, "{path}: {}", answer.text().await.unwrap()).unwrap();
            }
        }
        sleep(Duration::from_secs(2)).await;
        all.push_str(&ear.text());
        let at = all.find("Dugong");
        let around = at.map(|at| &all[at.saturating_sub(300)..(at + 100).min(all.len())]);
        assert_eq!(around, None);
        // Their ids are only where they were asked for by them.
        for learner in &learners {
            assert!(!ear.text().contains(&learner.user.to_string()));
        }
    }
}
