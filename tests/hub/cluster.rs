//! Two nodes are one hub: what happens at one is seen at the other, in the time that is promised,
//! with nothing between them but the database.

use std::time::Duration;

use ludus_domain::ids::TurnId;
use ludus_domain::room::TurnEnd;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::boards::{Model as Board, watch, week};
use crate::kit::*;
use crate::personas::model::{Manner, Model};
use crate::personas::{begins, closed, open, spoken, words};

/// How far behind nobody is who looks on at another node, where nothing carries news between them.
const WITHOUT_BUS: Duration = Duration::from_secs(5);

/// Two nodes on one database.
struct Cluster {
    hub: Hub,
    there: Node,
    within: Duration,
}

impl Cluster {
    async fn start(file: &str) -> Self {
        let hub = Hub::start_from(Backend::Postgres, file).await;
        let there = hub.another_node().await;
        Self {
            hub,
            there,
            within: WITHOUT_BUS,
        }
    }

    /// The same person's tab at the other node.
    async fn client(&self, account: &Account) -> Client {
        self.hub.client(&self.there.account(account)).await
    }

    async fn viewer(&self, account: &Account, room: RoomId) -> Client {
        self.hub.viewer(&self.there.account(account), room).await
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_here_is_seen_there() {
    if !has_postgres() {
        return;
    }
    let cluster = Cluster::start("").await;
    let took = lines_cross(&cluster).await;
    assert!(took[took.len() - 1] < cluster.within, "{took:?}");
}

/// Words come in pieces, in order, each once, and together they are what was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persona_here_is_heard_there_while_it_speaks() {
    if !has_postgres() {
        return;
    }
    let long = words(&"and so on ".repeat(12));
    let model = Model::start(Manner::Says(long, 100)).await;
    let cluster = Cluster::start(&model.settings()).await;
    let ada = cluster.hub.person("Ada", Role::Learner).await;
    let room = open(&ada).await;
    let mut here = cluster.hub.viewer(&ada, room).await;
    begins(&mut here, TurnId(1)).await;
    let mut there = cluster.viewer(&ada, room).await;
    let said = spoken(&mut there, TurnId(1)).await;
    assert_eq!(said.end, TurnEnd::Done);
    assert!(said.text.starts_with(&said.heard), "{said:?}");
    assert!(said.heard.len() > said.text.len() / 3, "{said:?}");
}

/// From a tab at another node: nobody hears more than what was said until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persona_is_stopped_from_there() {
    if !has_postgres() {
        return;
    }
    let long = words(&"and so on ".repeat(400));
    let model = Model::start(Manner::Says(long, 40)).await;
    let cluster = Cluster::start(&model.settings()).await;
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

/// Signing out, another role, and being sent away reach every open socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_no_longer_is_gone_there_too() {
    if !has_postgres() {
        return;
    }
    let cluster = Cluster::start("").await;
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

/// A board that is looked at there moves by what is gained here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_moves_there_too() {
    if !has_postgres() {
        return;
    }
    let cluster = Cluster::start("").await;
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

/// A command beside a hub is another node for a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_at_the_command_line_is_gone() {
    let hub = Hub::start(Backend::Sqlite).await;
    let lena = hub.person("Lena", Role::Learner).await;
    let mut tab = hub.client(&lena).await;
    let (code, said) = hub.run(&["user", "disable", &lena.user.to_string()]);
    assert_eq!(code, Some(0), "{said}");
    let ended = ending(&mut tab, WITHOUT_BUS).await.expect("closed");
    assert_eq!(ended.code(), Some(4104));
    assert!(lena.ticket().await.is_err());
}
