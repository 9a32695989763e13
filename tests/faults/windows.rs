//! Windows that end under load, on clocks that a test moves, in processes that die at that very moment:
//! nothing is in two windows or in none, and each end happens once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ludus_domain::game::calendar::{Day, Zone};
use ludus_domain::time::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::kit::*;

const ZONE: &str = "Asia/Beirut";
const HOUR_MS: i64 = 3_600_000;
/// A season ends each Sunday. On the first of them the clocks go forward at midnight, so that the
/// day, the season and winter time end at one instant.
const SEASONS: &str = "first_day = \"2027-03-21\"\nlength = { weeks = 1 }\n";
const FIRST_SUNDAY: &str = "2027-03-28";
const LEAGUES: &str = r#"
[[league]]
id = "pace"
title = "The weekly league"
metric = "points:xp"
tiers = ["Low", "High"]
size = 4
promote = 1
demote = 1
least = 1
"#;

/// When a day begins there, and so many days later.
fn midnight(day: &str, later: i32) -> Timestamp {
    let zone: Zone = ZONE.parse().unwrap();
    zone.start(day.parse::<Day>().unwrap().plus(later))
}

/// A file that says how wrong a hub's clock is.
pub(crate) struct MovedClock(PathBuf);

impl MovedClock {
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        Self(folder.join(name))
    }

    /// It goes on from there.
    #[expect(
        clippy::disallowed_methods,
        reason = "the other clock is the machine's"
    )]
    pub(crate) fn set(&self, to: Timestamp) {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let off = to.0 - i64::try_from(real.as_millis()).unwrap();
        // At once: half a number would be another time.
        let half = self.0.with_extension("half");
        std::fs::write(&half, off.to_string()).unwrap();
        std::fs::rename(&half, &self.0).unwrap();
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

/// A hub whose week ends when the test says so.
struct Story {
    hub: Hub,
    clock: MovedClock,
    folder: tempfile::TempDir,
    room: RoomId,
    learners: Vec<Account>,
}

impl Story {
    /// It is the evening before the first Sunday.
    async fn begin(backend: Backend, learners: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let content = folder.path().join("content");
        for name in ["leagues", "rules"] {
            std::fs::create_dir_all(content.join(name)).unwrap();
        }
        let rules = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/hub/content/rules/hub.toml"
        );
        std::fs::copy(rules, content.join("rules/hub.toml")).unwrap();
        std::fs::write(content.join("seasons.toml"), SEASONS).unwrap();
        std::fs::write(content.join("leagues/leagues.toml"), LEAGUES).unwrap();
        let clock = MovedClock::new(folder.path(), "clock");
        // Before there is a season: the org's zone is not what it will be.
        clock.set(midnight(FIRST_SUNDAY, -10));
        let settings = [
            ("LUDUS_CONTENT__FOLDER", content.to_str().unwrap()),
            ("LUDUS_FAULT_CLOCK", clock.path()),
        ];
        let hub = Hub::start_also(backend, &settings).await;
        let room = RoomId(uuid::Uuid::nil());
        let mut story = Self {
            hub,
            clock,
            folder,
            room,
            learners: vec![],
        };
        // The league begins with a week in which nobody is.
        story.wait_for("SELECT COUNT(*) FROM league_week", 1).await;
        let zone = format!("UPDATE org SET time_zone = '{ZONE}'");
        let db = story.hub.aside().await;
        db.execute_unprepared(&zone).await.unwrap();
        story.clock.set(midnight(FIRST_SUNDAY, 0).plus_ms(-HOUR_MS));
        let closed = "SELECT COUNT(*) FROM league_week WHERE closed_at IS NOT NULL";
        story.wait_for(closed, 1).await;
        story.wait_for("SELECT COUNT(*) FROM season", 1).await;
        let owner = story.hub.rest.login("Olga Owner").await.unwrap();
        let wish = RoomWish::lounge("Lounge");
        story.room = owner.open(&wish).await.unwrap().id;
        story.hub.owner = owner;
        for number in 0..learners {
            let name = format!("Learner {number}");
            story
                .learners
                .push(story.hub.person(&name, Role::Learner).await);
        }
        story
    }

    /// Waits until a query has counted so many.
    async fn wait_for(&self, query: &str, wanted: i64) {
        let db = self.hub.aside().await;
        let give_up = Instant::now() + Duration::from_secs(40);
        loop {
            let is = count(&db, query).await;
            if is == wanted {
                return;
            }
            assert!(Instant::now() < give_up, "{query} is {is}, not {wanted}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everybody says a few lines, each of them acknowledged.
    async fn a_few_lines(&self) {
        for learner in &self.learners {
            let mut client = enter(learner, self.room).await.unwrap();
            for number in 0..3 {
                acked(
                    client
                        .ask(self.room, say(format!("line {number}")), SOON)
                        .await,
                );
            }
        }
    }

    /// Every point of everybody is in one day, one week and one season, and what was closed is what it was.
    async fn add_up(&self) {
        let db = self.hub.aside().await;
        for window in ["day", "week", "season"] {
            let query = format!(
                "SELECT user_id FROM total WHERE scope = 'org' AND metric = 'points:xp' \
                 GROUP BY user_id HAVING SUM(CASE WHEN \"window\" LIKE '{window}:%' THEN sum ELSE 0 END) \
                 <> SUM(CASE WHEN \"window\" = 'all' THEN sum ELSE 0 END)"
            );
            let wrong = rows(&db, &query).await;
            assert_eq!(wrong, 0, "points in two windows of a {window}, or in none");
        }
        let standings = "SELECT s.user_id FROM season_standing AS s LEFT JOIN total AS t \
             ON t.org_id = s.org_id AND t.user_id = s.user_id AND t.scope = 'org' \
             AND t.metric = s.metric AND t.\"window\" = 'season:' || s.season \
             WHERE t.sum IS NULL OR t.sum <> s.score";
        assert_eq!(
            rows(&db, standings).await,
            0,
            "a season's standings are not its totals"
        );
        for (user, monday, score) in weeks(&db).await {
            let window = format!("week:{monday}");
            let has = count(
                &db,
                &format!(
                    "SELECT CAST(COALESCE(SUM(sum), 0) AS BIGINT) FROM total WHERE scope = 'org' \
                     AND metric = 'points:xp' AND \"window\" = '{window}' AND user_id = {user}"
                ),
            )
            .await;
            assert_eq!(has, score, "{window} went on after it was closed");
        }
        let (code, said) = self.hub.run(&["ledger", "verify"]);
        assert_eq!(code, Some(0), "{said}");
    }

    /// What was closed was closed once, and told once to everybody it is about.
    async fn fired_once(&self, seasons: i64, weeks: i64) {
        let db = self.hub.aside().await;
        let closed = "SELECT COUNT(*) FROM season WHERE closed_at IS NOT NULL";
        assert_eq!(count(&db, closed).await, seasons);
        let closed = "SELECT COUNT(*) FROM league_week WHERE closed_at IS NOT NULL";
        assert_eq!(count(&db, closed).await, weeks);
        let stood = rows(&db, "SELECT DISTINCT season, user_id FROM season_standing").await;
        let told = "SELECT stream FROM event WHERE kind = 'season_over'";
        assert_eq!(rows(&db, told).await, stood);
        let told = "SELECT DISTINCT stream, body FROM event WHERE kind = 'season_over'";
        assert_eq!(rows(&db, told).await, stood);
        let placed = "SELECT user_id FROM division_member WHERE place IS NOT NULL";
        let told = "SELECT stream FROM event WHERE kind = 'league_moved'";
        assert_eq!(rows(&db, told).await, rows(&db, placed).await);
        assert!(stood > 0);
    }
}

async fn enter(account: &Account, room: RoomId) -> Option<Client> {
    // By now the token may be of last week.
    let account = account.hub.login(&account.name).await.ok()?;
    let mut client = Client::new(account, "tab", &Log::none());
    client.keeps_backlog = false;
    client.connect().await.ok()?;
    // Who has a seat already is refused, which is as good.
    client.ask(room, Command::Join { code: None }, SOON).await?;
    Some(client)
}

pub(crate) async fn rows(db: &DatabaseConnection, query: &str) -> usize {
    let query = Statement::from_string(db.get_database_backend(), query);
    db.query_all_raw(query).await.unwrap().len()
}

pub(crate) async fn count(db: &DatabaseConnection, query: &str) -> i64 {
    let query = Statement::from_string(db.get_database_backend(), query);
    let found = db.query_one_raw(query).await.unwrap().unwrap();
    found.try_get_by_index(0).unwrap()
}

/// Who had how much at the end of which week; the person as SQL has them.
async fn weeks(db: &DatabaseConnection) -> Vec<(String, Day, i64)> {
    let query = "SELECT user_id, monday, score FROM division_member WHERE score IS NOT NULL";
    let query = Statement::from_string(db.get_database_backend(), query);
    let found = db.query_all_raw(query).await.unwrap();
    let weeks = found.iter().map(|row| {
        let user: uuid::Uuid = row.try_get_by_index(0).unwrap();
        let user = match db.get_database_backend() {
            sea_orm::DbBackend::Sqlite => format!("x'{}'", user.simple()),
            _ => format!("'{user}'"),
        };
        (
            user,
            Day(row.try_get_by_index(1).unwrap()),
            row.try_get_by_index(2).unwrap(),
        )
    });
    weeks.collect()
}

/// Talks until told to stop, whatever becomes of the connection.
async fn talk(account: Account, room: RoomId, stop: Arc<AtomicBool>, said: Arc<AtomicU64>) {
    while !stop.load(Ordering::Relaxed) {
        let Some(mut client) = enter(&account, room).await else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        while !stop.load(Ordering::Relaxed) {
            let line = say(format!("line {}", said.load(Ordering::Relaxed)));
            match client.ask(room, line, SOON).await {
                Some(Answer::Ack { .. }) => said.fetch_add(1, Ordering::Relaxed),
                _ => break,
            };
            sleep(Duration::from_millis(10)).await;
        }
    }
}

on_both! {
    /// With PostgreSQL half of them are on a second node, whose clock is two seconds behind.
    async fn nobody_is_paid_twice_or_never_where_windows_meet(backend: Backend) {
        let story = Story::begin(backend, 6).await;
        let late = MovedClock::new(story.folder.path(), "late");
        let set = |to: Timestamp| {
            story.clock.set(to);
            late.set(to.plus_ms(-2_000));
        };
        set(midnight(FIRST_SUNDAY, 0).plus_ms(-HOUR_MS));
        let there = match backend {
            Backend::Postgres => {
                let settings = [("LUDUS_FAULT_CLOCK", late.path())];
                Some(story.hub.another_node_also(&settings).await)
            }
            Backend::Sqlite => None,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let said = Arc::new(AtomicU64::new(0));
        let mut talking = JoinSet::new();
        for (index, learner) in story.learners.iter().enumerate() {
            let account = match &there {
                Some(there) if index % 2 == 1 => there.account(learner),
                _ => learner.clone(),
            };
            talking.spawn(talk(account, story.room, Arc::clone(&stop), Arc::clone(&said)));
        }
        let speak = async |more: u64| {
            let before = said.load(Ordering::Relaxed);
            let give_up = Instant::now() + SOON * 2;
            while said.load(Ordering::Relaxed) < before + more {
                assert!(Instant::now() < give_up, "nobody speaks any more");
                sleep(Duration::from_millis(10)).await;
            }
        };
        // Midnight, the end of winter time and of the season.
        speak(50).await;
        set(midnight(FIRST_SUNDAY, 0).plus_ms(-1_500));
        speak(50).await;
        story.wait_for("SELECT COUNT(*) FROM season WHERE closed_at IS NOT NULL", 1).await;
        speak(50).await;
        // Midnight and the end of the league's week.
        set(midnight(FIRST_SUNDAY, 1).plus_ms(-1_500));
        story.wait_for("SELECT COUNT(*) FROM league_week WHERE closed_at IS NOT NULL", 2).await;
        speak(50).await;
        // A clock that was put back: what is closed stays closed.
        set(midnight(FIRST_SUNDAY, 1).plus_ms(-60_000));
        speak(50).await;
        stop.store(true, Ordering::Relaxed);
        talking.join_all().await;
        story.add_up().await;
        story.fired_once(1, 2).await;
        let db = story.hub.aside().await;
        for season in [1, 2] {
            let paid = format!(
                "SELECT user_id FROM total WHERE scope = 'org' AND metric = 'points:xp' \
                 AND \"window\" = 'season:{season}' AND sum > 0"
            );
            assert!(rows(&db, &paid).await > 0, "nobody was paid in season {season}");
        }
    }

    /// Before the commit: it is as due as it was. After it: it is done, and nobody does it again.
    async fn a_death_at_the_end_of_a_window_ends_it_once(backend: Backend) {
        let mut story = Story::begin(backend, 3).await;
        let (mut seasons, mut weeks) = (0, 1);
        for (fault, later) in [("die_before_close", 0), ("die_after_close", 7)] {
            for of_season in [true, false] {
                let end = midnight(FIRST_SUNDAY, later + i32::from(!of_season));
                story.clock.set(end.plus_ms(-HOUR_MS));
                story.a_few_lines().await;
                let settings = &mut story.hub.settings;
                settings.insert("LUDUS_FAULT".to_owned(), fault.to_owned());
                story.hub.restart().await;
                story.clock.set(end.plus_ms(-200));
                let (status, _) = story.hub.ended(SOON * 2).await;
                assert!(!status.success());
                let closed = if of_season { "season" } else { "league_week" };
                let closed = format!("SELECT COUNT(*) FROM {closed} WHERE closed_at IS NOT NULL");
                let before = if of_season { seasons } else { weeks };
                let is_done = i64::from(fault == "die_after_close");
                let db = story.hub.aside().await;
                assert_eq!(count(&db, &closed).await, before + is_done);
                db.close().await.unwrap();
                story.hub.settings.remove("LUDUS_FAULT");
                story.hub.resume().await;
                seasons += i64::from(of_season);
                weeks += i64::from(!of_season);
                story.wait_for(&closed, before + 1).await;
                story.fired_once(seasons, weeks).await;
            }
        }
        story.add_up().await;
        if backend == Backend::Postgres {
            // Two nodes wake up three weeks later and find the same things to do.
            story.a_few_lines().await;
            let _there = story.hub.another_node().await;
            story.clock.set(midnight(FIRST_SUNDAY, 7 + 21 + 1));
            let closed = "SELECT COUNT(*) FROM season WHERE closed_at IS NOT NULL";
            story.wait_for(closed, seasons + 3).await;
            let closed = "SELECT COUNT(*) FROM league_week WHERE closed_at IS NOT NULL";
            story.wait_for(closed, weeks + 3).await;
            story.fired_once(seasons + 3, weeks + 3).await;
            story.add_up().await;
        }
    }
}
