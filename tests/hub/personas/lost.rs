//! Answers whose node dies wherever it happens to be, and many that are asked for at once with little
//! money: each ends once, and nobody spends what is not there.

use std::time::Duration;

use futures_util::future::join_all;
use ludus_domain::ids::TurnId;
use ludus_domain::journal::Fact;
use ludus_domain::room::TurnEnd;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use tokio::time::{Instant, sleep};

use super::model::{Manner, Model};
use super::{begins, closed, open, practise, spoken, words};
use crate::kit::*;

const ROUNDS: u64 = 4;
/// The engine speaks for longer than this, so who is killed within it is killed in the middle.
const SPEAKS_MS: u64 = 900;
/// From a line to the last word of its answer it takes about so long.
const ANSWERS_MS: u64 = 4_000;
const OVER_WITHIN: Duration = Duration::from_secs(30);
const LEARNERS: usize = 20;
const LINES: u64 = 5;
/// What some ten answers could cost at the worst.
const ORG_DAY_MICRO: i64 = 25_000;

/// Numbers that are others each time. The first is told, for whoever has to find out what happened.
struct Dice(u64);

impl Dice {
    /// No two rooms have the same.
    fn of(room: RoomId) -> Self {
        let (_, seed) = room.0.as_u64_pair();
        eprintln!("dice {seed}");
        Self(seed)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most
    }
}

on_both! {
    /// T15: killed with -9 while somebody hears it, and at any moment between the line and the end of its
    /// answer. Whoever comes back finds it whole, and once.
    async fn wherever_its_node_is_killed_an_answer_ends_once(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let (ada, room, mut client) = practise(&hub).await;
        let mut dice = Dice::of(room);
        let mut hits = 0;
        for round in 0..ROUNDS {
            let turn = TurnId(2 + round);
            let line = format!("What about number {round}, and why?");
            acked(client.ask(room, say(line), SOON).await);
            let before = match round % 2 {
                0 => begins(&mut client, turn).await,
                _ => String::new(),
            };
            let after = dice.below(if round % 2 == 0 { SPEAKS_MS } else { ANSWERS_MS });
            sleep(Duration::from_millis(after)).await;
            let killed = Instant::now();
            hub.restart().await;
            client.connect().await.unwrap();
            let said = spoken(&mut client, turn).await;
            eprintln!("round {round}: killed after {after} ms, {} attempts", said.attempts);
            assert!(killed.elapsed() < OVER_WITHIN, "{said:?}");
            assert_eq!(said.end, TurnEnd::Done, "{said:?}");
            assert!(!said.text.is_empty() && said.attempts <= 2, "{said:?}");
            assert!(said.text.starts_with(before.trim_end()), "{before:?} of {said:?}");
            if said.attempts == 2 {
                assert_eq!(said.heard.trim_end(), said.text);
                hits += 1;
            }
        }
        assert!(hits >= ROUNDS / 2, "{hits} were hit in the middle");
        let closed = closed(&ada, room).await;
        let turns: Vec<u64> = closed.iter().map(|(turn, ..)| turn.0).collect();
        assert_eq!(turns, (1..=1 + ROUNDS).collect::<Vec<_>>());
    }
}

/// T15, by models: whatever they do, and whenever the node that asked them is killed, the question is
/// given up at once, the answer ends once and in time, and it is what the model sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_fails_and_a_node_that_dies_make_one_answer() {
    let sent = words(&"and so on ".repeat(20));
    for manner in [
        Manner::Says(sent.clone(), 50),
        Manner::Stalls(sent[..12].to_vec()),
        Manner::Silent,
        Manner::Refuses(500),
    ] {
        let model = Model::start(manner.clone()).await;
        let mut hub = Hub::start_from(Backend::Sqlite, &model.settings()).await;
        let ada = hub.person("Ada", Role::Learner).await;
        let room = open(&ada).await;
        let mut client = hub.viewer(&ada, room).await;
        spoken(&mut client, TurnId(1)).await;
        acked(
            client
                .ask(room, say("I would like 12 percent more."), SOON)
                .await,
        );
        let speaks = matches!(manner, Manner::Says(..));
        if speaks {
            begins(&mut client, TurnId(2)).await;
        }
        let after = Dice::of(room).below(1_000);
        sleep(Duration::from_millis(after)).await;
        let asked = model.asked().len();
        let killed = Instant::now();
        hub.restart().await;
        client.connect().await.unwrap();
        let said = spoken(&mut client, TurnId(2)).await;
        eprintln!("{manner:?}: killed after {after} ms, {said:?}");
        assert!(killed.elapsed() < OVER_WITHIN, "{manner:?}: {said:?}");
        if said.engine == "scripted/tiny" {
            let whole = sent.concat();
            assert!(whole.starts_with(&said.text), "{said:?}");
            assert_eq!(
                said.end == TurnEnd::Done,
                whole.trim_end() == said.text,
                "{said:?}"
            );
        } else {
            assert_eq!((said.engine.as_str(), said.end), ("offline", TurnEnd::Done));
            assert!(!said.text.is_empty());
        }
        if speaks {
            assert_eq!(
                (said.end, said.attempts),
                (TurnEnd::Done, 2),
                "hit in the middle"
            );
            let hung_up = model.asked()[asked - 1].hung_up.expect("it was hung up on");
            assert!(hung_up.duration_since(killed) < Duration::from_secs(1));
        }
        let closed = closed(&ada, room).await;
        let turns: Vec<u64> = closed.iter().map(|(turn, ..)| turn.0).collect();
        assert_eq!(turns, [1, 2], "{manner:?}");
    }
}

/// How many turns of a room are open, and how many are over.
async fn turns(account: &Account, room: RoomId) -> (usize, usize) {
    let (mut asked, mut ended) = (0, 0);
    for page in account.history(room).await.unwrap() {
        for recorded in page.events {
            match recorded.fact {
                Fact::Room(Event::TurnAsked { .. }) => asked += 1,
                Fact::Room(Event::Spoke { .. }) => ended += 1,
                _ => {}
            }
        }
    }
    (asked - ended, ended)
}

/// What the org's purse of the day has: spent, and set aside.
async fn purse(db: &DatabaseConnection) -> (i64, i64) {
    let sql = "SELECT spent_micro, reserved_micro FROM purse WHERE kind = 'org_day'";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql));
    let (mut spent, mut reserved) = (0, 0);
    for row in rows.await.unwrap() {
        spent += row.try_get::<i64>("", "spent_micro").unwrap();
        reserved += row.try_get::<i64>("", "reserved_micro").unwrap();
    }
    (spent, reserved)
}

async fn talks(hub: &Hub, number: usize) -> (Account, RoomId) {
    let name = format!("Learner {number}");
    let learner = hub.person(&name, Role::Learner).await;
    let room = open(&learner).await;
    let mut client = hub.viewer(&learner, room).await;
    for line in 0..LINES {
        let line = format!("I would like {line} percent more, because of the night rota.");
        acked(client.ask(room, say(line), SOON).await);
    }
    (learner, room)
}

/// A hundred lines at once, of which each wants an answer and a remark, with money for a few: the purse
/// is never overdrawn, nothing stays set aside, and everybody is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_lines_at_once_spend_no_more_than_there_is() {
    let model = Model::start(Manner::Says(words("I see what you mean, go on."), 20)).await;
    let settings = format!(
        "{}[llm]\norg_day_micro = {ORG_DAY_MICRO}\n",
        model.settings()
    );
    let hub = Hub::start_from(Backend::Sqlite, &settings).await;
    let db = hub.aside().await;
    let asking = join_all((0..LEARNERS).map(|number| talks(&hub, number)));
    let watching = async {
        loop {
            let (spent, reserved) = purse(&db).await;
            assert!(spent + reserved <= ORG_DAY_MICRO, "{spent} and {reserved}");
            sleep(Duration::from_millis(50)).await;
        }
    };
    let talks = tokio::select! {
        talks = asking => talks,
        () = watching => unreachable!("it watches for ever"),
    };
    let deadline = Instant::now() + Duration::from_mins(1);
    for (learner, room) in &talks {
        loop {
            let (open, ended) = turns(learner, *room).await;
            if open == 0 && ended > 1 {
                break;
            }
            assert!(Instant::now() < deadline, "{open} open, {ended} ended");
            sleep(Duration::from_millis(200)).await;
        }
    }
    while purse(&db).await.1 > 0 {
        assert!(Instant::now() < deadline, "something stays set aside");
        sleep(Duration::from_millis(100)).await;
    }
    let (spent, _) = purse(&db).await;
    let asked = model.asked().len() + model.judged().len();
    eprintln!("{asked} questions, {spent} spent");
    assert!(spent > 0 && spent <= ORG_DAY_MICRO);
    assert!(
        asked < LEARNERS * usize::try_from(LINES).unwrap(),
        "there was money for all"
    );
}
