//! Two nodes are one hub: what happens at one is seen at the other, in the time that is promised,
//! with nothing between them but the database.

use std::time::Duration;

use ludus_domain::ids::TurnId;
use ludus_domain::room::TurnEnd;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::boards::{Model as Board, watch, week};
use crate::crowd::talk_at;
use crate::kit::*;
use crate::personas::model::{Manner, Model};
use crate::personas::{begins, closed, open, spoken, words};
use crate::redis_server::Redis;

/// How far behind nobody is who looks on at another node: by the store alone, and over Redis.
const BY_STORE: Duration = Duration::from_secs(5);
const OVER_REDIS: Duration = Duration::from_secs(2);

/// What is between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    /// Nothing but the store.
    Store,
    Redis,
}

/// Two nodes on one database.
pub(crate) struct Cluster {
    pub(crate) hub: Hub,
    pub(crate) there: Node,
    redis: Option<Redis>,
    pub(crate) within: Duration,
}

impl Cluster {
    pub(crate) async fn start(between: Between, file: &str) -> Self {
        let redis = match between {
            Between::Store => None,
            Between::Redis => Some(Redis::start().await),
        };
        let bus = redis.as_ref().map_or_else(String::new, |redis| {
            format!("[bus]\nurl = \"{}\"\n", redis.url())
        });
        let hub = Hub::start_from(Backend::Postgres, &format!("{file}\n{bus}")).await;
        let there = hub.another_node().await;
        let within = match between {
            Between::Store => BY_STORE,
            Between::Redis => OVER_REDIS,
        };
        let cluster = Self {
            hub,
            there,
            redis,
            within,
        };
        if between == Between::Redis {
            cluster.until("bus up").await;
        }
        cluster
    }

    /// Waits until both nodes say so of themselves.
    async fn until(&self, says: &str) {
        let give_up = Instant::now() + SOON;
        for rest in [&self.hub.rest, &self.there.rest] {
            loop {
                let asked = rest.request(reqwest::Method::GET, "/readyz").send();
                let answer = asked.await.unwrap();
                assert!(answer.status().is_success(), "it serves all the same");
                if answer.text().await.unwrap().contains(says) {
                    break;
                }
                assert!(Instant::now() < give_up, "nobody says {says:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// The same person's tab at the other node.
    pub(crate) async fn client(&self, account: &Account) -> Client {
        self.hub.client(&self.there.account(account)).await
    }

    async fn viewer(&self, account: &Account, room: RoomId) -> Client {
        self.hub.viewer(&self.there.account(account), room).await
    }
}

/// Writes one test as two: the same story by the store alone and over Redis.
macro_rules! either_way {
    ($($(#[doc = $doc:literal])* async fn $name:ident($between:ident: Between) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn story($between: Between) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn by_the_store() {
                if has_postgres() {
                    story(Between::Store).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_redis() {
                if has_postgres() {
                    story(Between::Redis).await;
                }
            }
        }
    )*};
}

/// Waits for a line, and answers how long it took to come.
async fn until_seen(client: &mut Client, words: &str, since: Instant) -> Duration {
    assert!(sees(client, words).await, "{words:?} was never seen");
    since.elapsed()
}

async fn lines_cross(cluster: &Cluster) -> Vec<Duration> {
    let (room, code, guests) = cluster.hub.crowd(2).await;
    let log = cluster.hub.log();
    let mut here = Client::new(guests[0].clone(), "here", &log);
    let mut there = Client::new(cluster.there.account(&guests[1]), "there", &log);
    for client in [&mut here, &mut there] {
        client.connect().await.unwrap();
        let join = Command::Join {
            code: Some(code.clone()),
        };
        acked(client.ask(room, join, SOON).await);
        follow(client, room).await;
    }
    let mut took = vec![];
    for round in 0..12 {
        let words = format!("line {round}");
        let said = Instant::now();
        let (from, to) = if round % 2 == 0 {
            (&mut here, &mut there)
        } else {
            (&mut there, &mut here)
        };
        acked(from.ask(room, say(words.as_str()), SOON).await);
        took.push(until_seen(to, &words, said).await);
    }
    for client in [&mut here, &mut there] {
        client.read_history(room, 0).await.unwrap();
    }
    let verdict = cluster.hub.check(&log).await;
    assert!(verdict.holds(), "{verdict}");
    took.sort_unstable();
    took
}

either_way! {
async fn a_line_here_is_seen_there(between: Between) {
    let cluster = Cluster::start(between, "").await;
    let took = lines_cross(&cluster).await;
    assert!(took[took.len() - 1] < cluster.within, "{took:?}");
    if between == Between::Redis {
        assert!(took[took.len() / 2] < Duration::from_millis(200), "{took:?}");
    }
}
}

either_way! {
/// Words come in pieces, in order, each once, and together they are what was said.
async fn a_persona_here_is_heard_there_while_it_speaks(between: Between) {
    let long = words(&"and so on ".repeat(12));
    let model = Model::start(Manner::Says(long, 100)).await;
    let cluster = Cluster::start(between, &model.settings()).await;
    let ada = cluster.hub.person("Ada", Role::Learner).await;
    let room = open(&ada).await;
    let mut here = cluster.hub.viewer(&ada, room).await;
    begins(&mut here, TurnId(1)).await;
    let mut there = cluster.viewer(&ada, room).await;
    let said = spoken(&mut there, TurnId(1)).await;
    assert_eq!(said.end, TurnEnd::Done);
    assert!(said.text.starts_with(said.heard.trim_end()), "{said:?}");
    assert!(said.heard.len() > said.text.len() / 3, "{said:?}");
}
}

either_way! {
/// From a tab at another node: nobody hears more than what was said until then.
async fn a_persona_is_stopped_from_there(between: Between) {
    let long = words(&"and so on ".repeat(400));
    let model = Model::start(Manner::Says(long, 40)).await;
    let cluster = Cluster::start(between, &model.settings()).await;
    let ada = cluster.hub.person("Ada", Role::Learner).await;
    let room = open(&ada).await;
    let mut here = cluster.hub.viewer(&ada, room).await;
    begins(&mut here, TurnId(1)).await;
    let mut there = cluster.viewer(&ada, room).await;
    begins(&mut there, TurnId(1)).await;
    let stop = Command::StopTurn { turn: TurnId(1) };
    let asked = Instant::now();
    acked(there.ask(room, stop, SOON).await);
    loop {
        if model.asked().iter().any(|one| one.hung_up.is_some()) {
            break;
        }
        assert!(asked.elapsed() < cluster.within, "nobody hung up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said = spoken(&mut there, TurnId(1)).await;
    assert_eq!(said.end, TurnEnd::Stopped);
    assert_eq!(closed(&ada, room).await.len(), 1);
}
}

either_way! {
/// Signing out, another role, and being sent away reach every open socket.
async fn who_may_no_longer_is_gone_there_too(between: Between) {
    let cluster = Cluster::start(between, "").await;
    let hub = &cluster.hub;
    let lena = hub.person("Lena", Role::Learner).await;
    let bert = hub.person("Bert", Role::Learner).await;
    let cleo = hub.person("Cleo", Role::Learner).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let mut out = cluster.client(&lena).await;
    let mut risen = cluster.client(&bert).await;
    let mut away = cluster.client(&cleo).await;
    let join = Command::Join { code: None };
    acked(away.ask(room, join, SOON).await);
    follow(&mut away, room).await;

    let began = Instant::now();
    lena.post::<Value>("/api/v1/auth/logout", &json!({}))
        .await
        .unwrap();
    let ended = ending(&mut out, cluster.within).await.expect("signed out");
    assert_eq!(ended.code(), Some(4104));
    assert!(began.elapsed() < cluster.within);

    let path = format!("/api/v1/users/{}/roles", bert.user);
    let request = hub.rest.request(reqwest::Method::PUT, &path);
    let request = request.bearer_auth(&hub.owner.token);
    let answer = request
        .json(&json!({"role": "coach"}))
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let ended = ending(&mut risen, cluster.within).await;
    assert_eq!(ended.expect("another role").code(), Some(4105));

    let mut host = hub.client(&hub.owner).await;
    let remove = Command::Remove { user: cleo.user };
    acked(host.ask(room, remove, SOON).await);
    let told = away.expect(cluster.within, |frame| {
        matches!(frame, ServerFrame::Unsubscribed { .. }).then_some(())
    });
    told.await.expect("sent away");
}
}

either_way! {
/// A board that is looked at there moves by what is gained here.
async fn a_board_moves_there_too(between: Between) {
    let cluster = Cluster::start(between, "").await;
    let hub = &cluster.hub;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let ada = hub.person("Ada Able", Role::Learner).await;
    let bob = hub.person("Bob Brief", Role::Learner).await;
    let mut adas = hub.member(&ada, room, None).await;
    let mut bobs = hub.member(&bob, room, None).await;
    let mut coach = cluster.client(&hub.owner).await;
    let mut shown = Board::default();
    shown.take(&watch(&mut coach, week(), None).await.unwrap());
    acked(
        bobs.ask(room, say("Good morning to all of you"), SOON)
            .await,
    );
    shown
        .shows(&mut coach, cluster.within, |board| {
            board.names() == ["Bob Brief"]
        })
        .await;
    let asks = "What would help you most to feel at home in our team this week?";
    acked(adas.ask(room, say(asks), SOON).await);
    shown
        .shows(&mut coach, cluster.within, |board| {
            board.names() == ["Ada Able", "Bob Brief"]
        })
        .await;
}
}

/// A command beside a hub is another node for a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_at_the_command_line_is_gone() {
    let hub = Hub::start(Backend::Sqlite).await;
    let lena = hub.person("Lena", Role::Learner).await;
    let mut tab = hub.client(&lena).await;
    let (code, said) = hub.run(&["user", "disable", &lena.user.to_string()]);
    assert_eq!(code, Some(0), "{said}");
    let ended = ending(&mut tab, BY_STORE).await.expect("closed");
    assert_eq!(ended.code(), Some(4104));
    assert!(lena.ticket().await.is_err());
}

/// What is not stored crosses too: hands on a keyboard, and who looks on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_there_is_known_here() {
    if !has_postgres() {
        return;
    }
    let mut cluster = Cluster::start(Between::Redis, "").await;
    let (room, code, guests) = cluster.hub.crowd(2).await;
    let mut here = cluster.hub.member(&guests[0], room, Some(&code)).await;
    let other = cluster.there.account(&guests[1]);
    let mut there = cluster.hub.member(&other, room, Some(&code)).await;
    let user = guests[1].user;
    let came = changes(&mut here, user, SOON).await;
    assert_eq!(came, Some("came"));
    // Whoever comes later is told of everybody at once, wherever they are.
    let mut late = cluster.hub.viewer(&guests[0], room).await;
    let whole = late.expect(SOON, |frame| match frame {
        ServerFrame::Presence { change, .. } if change.whole => Some(change.clone()),
        _ => None,
    });
    assert_eq!(whole.await.expect("who is here").count, 2);

    let typing = ClientFrame::Typing { room, on: true };
    there.send_frame(&typing).await.unwrap();
    let seen = here.expect(SOON, |frame| {
        matches!(frame, ServerFrame::Typing { user: who, on: true, .. } if *who == user)
            .then_some(())
    });
    seen.await.expect("somebody writes");

    // Redis loses everything and comes back: nobody has gone.
    let redis = cluster.redis.as_mut().unwrap();
    redis.kill9();
    tokio::time::sleep(Duration::from_secs(2)).await;
    redis.resume().await;
    cluster.until("bus up").await;
    let gone = changes(&mut here, user, Duration::from_secs(5)).await;
    assert_eq!(gone, None);
    // Their node is killed: they have gone within ten seconds.
    cluster.there.kill9();
    let gone = changes(&mut here, user, Duration::from_secs(10)).await;
    assert_eq!(gone, Some("went"));
}

async fn changes(watcher: &mut Client, user: UserId, within: Duration) -> Option<&'static str> {
    let seen = watcher.expect(within, |frame| {
        let ServerFrame::Presence { change, .. } = frame else {
            return None;
        };
        if change.whole {
            return None;
        }
        let came = change.came.iter().any(|person| person.user == user);
        let went = change.went.contains(&user);
        came.then_some("came").or(went.then_some("went"))
    });
    seen.await
}

either_way! {
    /// Killed, its people come back at the other node, and have missed nothing.
    async fn who_was_at_a_node_that_was_killed_goes_on_at_the_other(between: Between) {
        let mut cluster = Cluster::start(between, "").await;
        let (room, code, guests) = cluster.hub.crowd(2).await;
        let log = cluster.hub.log();
        let mut here = Client::new(guests[0].clone(), "here", &log);
        let mut there = Client::new(cluster.there.account(&guests[1]), "there", &log);
        for client in [&mut here, &mut there] {
            client.connect().await.unwrap();
            let join = Command::Join { code: Some(code.clone()) };
            acked(client.ask(room, join, SOON).await);
            follow(client, room).await;
        }
        acked(there.ask(room, say("before"), SOON).await);
        cluster.there.kill9();
        assert!(ending(&mut there, SOON).await.is_some());
        acked(here.ask(room, say("meanwhile"), SOON).await);
        let killed = Instant::now();
        there.ws_url = cluster.hub.rest.ws_url();
        there.connect().await.unwrap();
        assert!(sees(&mut there, "meanwhile").await);
        acked(there.ask(room, say("after"), SOON).await);
        assert!(killed.elapsed() < Duration::from_secs(5), "{:?}", killed.elapsed());
        there.account = guests[1].clone();
        for client in [&mut here, &mut there] {
            client.read_history(room, 0).await.unwrap();
        }
        let verdict = cluster.hub.check(&log).await;
        assert!(verdict.holds(), "{verdict}");
    }
}

/// Admins see every node; one that was killed is known to be, one that left is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_see_which_nodes_there_are() {
    if !has_postgres() {
        return;
    }
    let mut cluster = Cluster::start(Between::Redis, "").await;
    let owner = &cluster.hub.owner;
    let give_up = Instant::now() + Duration::from_secs(30);
    let nodes = async |count: usize, running: usize| loop {
        let seen: Value = owner.get("/api/v1/nodes").await.unwrap();
        let nodes = seen["nodes"].as_array().unwrap().clone();
        let well = nodes.iter().filter(|node| node["running"] == true).count();
        if (nodes.len(), well) == (count, running) {
            return nodes;
        }
        assert!(Instant::now() < give_up, "{seen}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let both = nodes(2, 2).await;
    let answers = both.iter().filter(|node| node["answers"] == true);
    assert_eq!(answers.count(), 1);
    for node in &both {
        assert_eq!(node["bus"], "up");
        assert!(
            node["clock_ahead_ms"].as_i64().unwrap().abs() < 5_000,
            "{node}"
        );
    }
    cluster.there.kill9();
    nodes(2, 1).await;
    let mut another = cluster.hub.another_node().await;
    nodes(3, 2).await;
    another.end().await;
    nodes(2, 1).await;
}

/// Redis is stopped, killed, wiped, and its connections cut, while people at two nodes talk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_done_to_redis_loses_or_doubles_a_line() {
    if !has_postgres() {
        return;
    }
    let Cluster {
        mut hub,
        there,
        mut redis,
        ..
    } = Cluster::start(Between::Redis, "").await;
    let redis = redis.as_mut().unwrap();
    let place = |index: usize, guest: Account| match index % 2 {
        0 => guest,
        _ => there.account(&guest),
    };
    let mut script = Script::new(Duration::from_millis(150));
    script.repeat_one_in = Some(10);
    script.cut_every = Some(Duration::from_secs(4));
    let verdict = talk_at(&mut hub, &place, 3, 4, script, async |_, _| {
        let moment = |ms| tokio::time::sleep(Duration::from_millis(ms));
        moment(1_500).await;
        for _ in 0..3 {
            redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
            redis.ask(&["FLUSHALL"]).await;
            moment(800).await;
        }
        redis.signal("STOP");
        moment(5_000).await;
        redis.signal("CONT");
        moment(2_000).await;
        redis.kill9();
        moment(3_000).await;
        redis.resume().await;
        moment(3_000).await;
    })
    .await;
    assert!(verdict.holds(), "{verdict}");
    assert!(verdict.seen.live_views > 10, "{verdict}");
}
