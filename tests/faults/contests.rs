//! A contest whose node dies at the moment of its end: its results are written once, told once, and stand.

use std::time::Duration;

use ludus_domain::game::calendar::Zone;
use ludus_domain::time::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::kit::*;
use crate::windows::{MovedClock, count, rows};

const MINUTE_MS: i64 = 60_000;
/// In the middle of a day, a week and a month: nothing else ends meanwhile.
const WEDNESDAY: &str = "2027-03-10";
const ASKS: &str = "What would help you most to feel at home in our team this week?";

/// A hub with a contest that two people are in.
struct Story {
    hub: Hub,
    clock: MovedClock,
    room: RoomId,
    entrants: Vec<Account>,
    _folder: tempfile::TempDir,
}

impl Story {
    async fn begin(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = MovedClock::new(folder.path(), "clock");
        clock.set(noon());
        let hub = Hub::start_also(backend, &[("LUDUS_FAULT_CLOCK", clock.path())]).await;
        let wish = RoomWish::lounge("Lounge");
        let room = hub.owner.open(&wish).await.unwrap().id;
        let mut entrants = vec![];
        for name in ["Ada Able", "Bob Brief"] {
            entrants.push(hub.person(name, Role::Learner).await);
        }
        Self {
            hub,
            clock,
            room,
            entrants,
            _folder: folder,
        }
    }

    /// A contest that is entered by all, and in which Ada says something; its path.
    async fn hold(&self, starts: Timestamp, ends: Timestamp) -> String {
        let owner = self.hub.rest.login("Olga Owner").await.unwrap();
        let body = json!({
            "plan": "half-hour", "title": "Friday", "starts": starts.0, "ends": ends.0,
        });
        let contest: Value = owner.post("/api/v1/contests", &body).await.unwrap();
        let path = format!("/api/v1/contests/{}", contest["id"].as_str().unwrap());
        for entrant in &self.entrants {
            let entrant = self.hub.rest.login(&entrant.name).await.unwrap();
            let entered = entrant.post(&format!("{path}/enter"), &json!({})).await;
            let _: Value = entered.unwrap();
        }
        self.speak().await;
        path
    }

    async fn speak(&self) {
        let ada = self.hub.rest.login(&self.entrants[0].name).await.unwrap();
        let mut client = self.hub.client(&ada).await;
        // Who has a seat already is refused, which is as good.
        client
            .ask(self.room, Command::Join { code: None }, SOON)
            .await;
        acked(client.ask(self.room, say(ASKS), SOON).await);
    }

    async fn results(&self, path: &str) -> Value {
        let bob = self.hub.rest.login(&self.entrants[1].name).await.unwrap();
        bob.get(&format!("{path}/results")).await.unwrap()
    }

    /// So many contests are over, each written once and told once to each who was in.
    async fn ended_once(&self, over: i64) {
        let db = self.hub.aside().await;
        let each = over * i64::try_from(self.entrants.len()).unwrap();
        for (what, query, wanted) in [
            (
                "contests",
                "SELECT COUNT(*) FROM contest WHERE phase = 'over'",
                over,
            ),
            (
                "places",
                "SELECT COUNT(*) FROM contest_entry WHERE place IS NOT NULL",
                each,
            ),
            (
                "tellings",
                "SELECT COUNT(*) FROM event WHERE kind = 'contest_over'",
                each,
            ),
            (
                "deeds",
                "SELECT COUNT(*) FROM deed WHERE kind = 'contest_left'",
                each,
            ),
        ] {
            assert_eq!(count(&db, query).await, wanted, "{what}");
        }
        let told = "SELECT DISTINCT stream, body FROM event WHERE kind = 'contest_over'";
        assert_eq!(rows(&db, told).await, usize::try_from(each).unwrap());
        db.close().await.unwrap();
    }

    fn is_proved(&self) {
        let (code, said) = self.hub.run(&["ledger", "verify"]);
        assert_eq!(code, Some(0), "{said}");
    }

    /// What is written down is part of the proof: a score and a place that somebody puts there are noticed.
    async fn is_not_proved_with(&self, lie: &str, says: &str) {
        let db = self.hub.aside().await;
        let set =
            |to: String| format!("UPDATE contest_entry SET {lie} = {to} WHERE place IS NOT NULL");
        db.execute_unprepared(&set(format!("{lie} + 1")))
            .await
            .unwrap();
        let (code, said) = self.hub.run(&["ledger", "verify"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(says), "{said}");
        db.execute_unprepared(&set(format!("{lie} - 1")))
            .await
            .unwrap();
        db.close().await.unwrap();
    }
}

fn noon() -> Timestamp {
    let zone: Zone = "UTC".parse().unwrap();
    zone.start(WEDNESDAY.parse().unwrap())
        .plus_ms(12 * 60 * MINUTE_MS)
}

/// Results as the tables have them.
async fn written(db: &DatabaseConnection) -> Vec<(i32, Option<i64>)> {
    let query = "SELECT place, score FROM contest_entry WHERE place IS NOT NULL \
                 ORDER BY contest_id, place, user_id";
    let query = Statement::from_string(db.get_database_backend(), query);
    let found = db.query_all_raw(query).await.unwrap();
    let line = |row: &sea_orm::QueryResult| {
        (
            row.try_get_by_index(0).unwrap(),
            row.try_get_by_index(1).unwrap(),
        )
    };
    found.iter().map(line).collect()
}

on_both! {
    /// Before the commit: it is as due as it was. After it: it is done, and nobody does it again.
    async fn a_death_at_the_end_of_a_contest_ends_it_once(backend: Backend) {
        let mut story = Story::begin(backend).await;
        let began = noon();
        let mut over = 0;
        for (fault, hour) in [("die_before_close", 0), ("die_after_close", 1)] {
            let starts = began.plus_ms(hour * 60 * MINUTE_MS);
            let ends = starts.plus_ms(30 * MINUTE_MS);
            story.clock.set(starts.plus_ms(MINUTE_MS));
            let path = story.hold(starts, ends).await;
            story.hub.settings.insert("LUDUS_FAULT".to_owned(), fault.to_owned());
            story.hub.restart().await;
            story.ended_once(over).await;
            story.clock.set(ends.plus_ms(-200));
            let (status, _) = story.hub.ended(SOON * 2).await;
            assert!(!status.success());
            over += i64::from(fault == "die_after_close");
            story.ended_once(over).await;
            story.hub.settings.remove("LUDUS_FAULT");
            // What it left is made up for before anybody is served.
            story.hub.resume().await;
            over += i64::from(fault == "die_before_close");
            story.ended_once(over).await;
            let told = story.results(&path).await;
            assert!(told["items"][0]["score"].as_i64().unwrap() > 0, "{told}");
            assert_eq!(told["items"][1]["score"], Value::Null, "{told}");
            let db = story.hub.aside().await;
            let stands = written(&db).await;
            story.speak().await;
            story.hub.restart().await;
            assert_eq!(written(&db).await, stands);
            db.close().await.unwrap();
            assert_eq!(story.results(&path).await, told);
            story.ended_once(over).await;
            story.is_proved();
        }
        story.is_not_proved_with("score", "stands at the end of contest").await;
        story.is_not_proved_with("place", "and should have").await;
        story.is_proved();
        if backend == Backend::Postgres {
            // Two nodes wake up at the same moment, and one of them dies of it, if it is the first.
            let starts = began.plus_ms(3 * 60 * MINUTE_MS);
            let ends = starts.plus_ms(30 * MINUTE_MS);
            story.clock.set(starts.plus_ms(MINUTE_MS));
            story.hold(starts, ends).await;
            let _mortal = story.hub.another_node_also(&[("LUDUS_FAULT", "die_before_close")]).await;
            let _other = story.hub.another_node().await;
            story.clock.set(ends.plus_ms(-200));
            let give_up = Instant::now() + SOON * 2;
            let db = story.hub.aside().await;
            let closed = "SELECT COUNT(*) FROM contest WHERE phase = 'over'";
            while count(&db, closed).await <= over {
                assert!(Instant::now() < give_up, "it never ended");
                sleep(Duration::from_millis(50)).await;
            }
            db.close().await.unwrap();
            story.ended_once(over + 1).await;
            story.is_proved();
        }
    }
}
