//! Boards, as their viewers see them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use ludus_actors::ports::Answer;
use ludus_actors::standings::{Compares, Moved, OpenBoard, Standee, Standings, Value as Standing};
use ludus_domain::audience::Viewer;
use ludus_domain::board::Spec;
use ludus_domain::game::plan::{BoardKey, BoardScope, Order};
use ludus_domain::game::total::{Metric, Scope, Total, Window};
use ludus_domain::ids::{Epoch, OrgId, UserId};
use ludus_domain::journal::Fault;
use ludus_domain::protocol::BoardAbout;
use ludus_domain::time::Timestamp;

use super::*;
use crate::memory::ORG;

const BOARD: &str = "all-xp";

/// Totals kept in memory, and everybody's name.
#[derive(Debug, Default)]
pub struct Stands {
    totals: Mutex<BTreeMap<UserId, (i64, u64)>>,
    names: Mutex<HashMap<UserId, String>>,
    openings: AtomicU32,
    barred: Mutex<HashSet<UserId>>,
}

fn metric() -> Metric {
    "points:xp".parse().expect("a metric")
}

fn key() -> BoardKey {
    BOARD.parse().expect("a board")
}

impl Stands {
    fn name(&self, name: &str) -> UserId {
        let id = user(name);
        self.names
            .lock()
            .expect("names")
            .insert(id, name.to_owned());
        id
    }

    /// Commits a gain; what is to be fed to boards.
    fn gain(&self, id: UserId, points: i64) -> Arc<Moved> {
        let mut totals = self.totals.lock().expect("totals");
        let (score, version) = totals.entry(id).or_default();
        *score += points;
        *version += 1;
        let at = Timestamp(i64::try_from(*version).expect("small"));
        Arc::new(Moved {
            user: id,
            version: *version,
            totals: vec![Total {
                scope: Scope::Org,
                metric: metric(),
                window: Window::All,
                sum: *score,
                best: *score,
                last: points,
                sum_at: at,
                best_at: at,
                last_at: at,
            }],
        })
    }

    /// Everybody by score, as a plain sort has them.
    fn sorted(&self) -> Vec<(i64, UserId)> {
        let totals = self.totals.lock().expect("totals");
        let mut all: Vec<_> = totals
            .iter()
            .map(|(id, (score, version))| (-score, *version, *id))
            .collect();
        all.sort_unstable();
        all.into_iter().map(|(score, _, id)| (-score, id)).collect()
    }
}

impl Standings for Stands {
    fn values(
        &self,
        _: OrgId,
        compares: Compares,
        users: Arc<[UserId]>,
    ) -> Answer<Result<Vec<Standing>, Fault>> {
        assert_eq!(compares.window, Window::All);
        let totals = self.totals.lock().expect("totals");
        let value = |user: &UserId| {
            let (score, version) = totals.get(user)?;
            Some(Standing {
                user: *user,
                score: *score,
                reached_at: Timestamp(0),
                version: *version,
            })
        };
        Box::pin(std::future::ready(Ok(users
            .iter()
            .filter_map(value)
            .collect())))
    }

    fn may_watch(&self, _: OrgId, board: BoardKey, viewer: Viewer) -> Answer<Result<bool, Fault>> {
        let barred = self.barred.lock().expect("barred");
        let may = board == key() && !barred.contains(&viewer.user);
        Box::pin(std::future::ready(Ok(may)))
    }

    fn open(&self, _: OrgId, _: BoardKey) -> Answer<Result<Option<OpenBoard>, Fault>> {
        let epoch = self.openings.fetch_add(1, Ordering::Relaxed);
        let totals = self.totals.lock().expect("totals");
        let names = self.names.lock().expect("names");
        let standees = names.iter().map(|(id, name)| {
            let standee = Standee {
                name: name.as_str().into(),
                team: None,
            };
            (*id, standee)
        });
        let open = OpenBoard {
            about: BoardAbout {
                title: "All".into(),
                scope: BoardScope::Cohort,
                metric: metric(),
                window: Window::All,
                starts_at: None,
                ends_at: None,
                over: false,
                anonymous: false,
                teams: false,
                zones: None,
            },
            spec: Spec::default(),
            compares: Compares {
                scope: Scope::Org,
                metric: metric(),
                window: Window::All,
                order: Order::Sum,
            },
            fold: None,
            epoch: Epoch(epoch),
            values: totals
                .iter()
                .map(|(id, (score, version))| Standing {
                    user: *id,
                    score: *score,
                    reached_at: Timestamp(i64::try_from(*version).expect("small")),
                    version: *version,
                })
                .collect(),
            standees: standees.collect(),
            teams: HashMap::new(),
        };
        Box::pin(std::future::ready(Ok(Some(open))))
    }

    fn standee(&self, _: OrgId, _: BoardKey, id: UserId) -> Answer<Result<Option<Standee>, Fault>> {
        let names = self.names.lock().expect("names");
        let standee = names.get(&id).map(|name| Standee {
            name: name.as_str().into(),
            team: None,
        });
        Box::pin(std::future::ready(Ok(standee)))
    }
}

/// What a client makes of frames: rows by position.
#[derive(Default)]
struct Page {
    epoch: u64,
    tick: u64,
    rows: BTreeMap<u64, (String, i64)>,
    own: Option<u64>,
    frames: usize,
    bytes: usize,
}

impl Page {
    fn take(&mut self, frame: &Value) {
        self.frames += 1;
        self.bytes += frame.to_string().len();
        match frame["after"].as_u64() {
            None => self.rows.clear(),
            Some(after) => assert_eq!(
                (frame["epoch"].as_u64(), after),
                (Some(self.epoch), self.tick),
                "a change builds on what was told last"
            ),
        }
        self.epoch = frame["epoch"].as_u64().expect("an epoch");
        self.tick = frame["tick"].as_u64().expect("a tick");
        if !frame["own"].is_null() {
            self.own = frame["own"]["at"].as_u64();
        }
        for row in frame["rows"].as_array().expect("rows") {
            let name = row["name"].as_str().expect("a name").to_owned();
            let at = row["at"].as_u64().expect("a position");
            self.rows
                .insert(at, (name, row["score"].as_i64().expect("a score")));
        }
    }

    /// Checks the first rows, and those around the own one.
    fn must_show(&self, sorted: &[(i64, UserId)], stands: &Stands, top: usize, around: usize) {
        let names = stands.names.lock().expect("names");
        let own = usize::try_from(self.own.expect("a rank of one's own")).expect("small");
        for (at, (score, id)) in sorted.iter().enumerate() {
            let is_shown = at < top || at.abs_diff(own) <= around;
            if is_shown {
                let row = self.rows.get(&(at as u64));
                assert_eq!(row, Some(&(names[id].clone(), *score)), "row {at}");
            }
        }
    }
}

impl Client {
    async fn watch(&mut self, top: u8, around: u8) -> Value {
        self.commands += 1;
        let id = Uuid::from_u128(self.me << 64 | self.commands);
        self.send(json!({"type": "watch", "id": id, "board": BOARD, "top": top, "around": around}))
            .await;
        loop {
            let frame = self.next().await.expect("an answer");
            if frame["id"] == id.to_string() {
                return frame;
            }
        }
    }

    /// Takes what comes within a while.
    async fn look_on(&mut self, page: &mut Page, within: Duration) {
        let until = tokio::time::Instant::now() + within;
        while let Ok(frame) = tokio::time::timeout_at(until, self.until("board")).await {
            page.take(&frame);
        }
    }
}

#[test]
fn a_viewer_sees_what_a_plain_sort_would_show_and_hears_of_it_within_a_tick() {
    story(async {
        let mut house = House::new(Entry::Open);
        let stands = house.standings.clone();
        let people: Vec<UserId> = (0..40).map(|n| stands.name(&format!("p{n}"))).collect();
        for (n, id) in people.iter().enumerate() {
            stands.gain(*id, 10 * i64::try_from(n).expect("small"));
        }
        let mut viewer = house.follower("p20/learner", Value::Null).await;
        let mut page = Page::default();
        let opening = viewer.watch(3, 2).await;
        assert_eq!(opening["about"]["title"], "All");
        page.take(&opening);
        page.must_show(&stands.sorted(), &stands, 3, 2);

        // Somebody jumps over everybody.
        let before = tokio::time::Instant::now();
        let moved = stands.gain(people[0], 1_000);
        house.ports.directory.feed_boards(ORG, &moved);
        page.take(&viewer.until("board").await);
        assert!(before.elapsed() <= Duration::from_millis(101), "a tick");
        page.must_show(&stands.sorted(), &stands, 3, 2);

        // Said again, and said late: nothing happens.
        let frames = page.frames;
        house.ports.directory.feed_boards(ORG, &moved);
        viewer.look_on(&mut page, Duration::from_secs(2)).await;
        assert_eq!(page.frames, frames);

        // A lot at once is one frame.
        for n in 0..200_usize {
            let moved = stands.gain(people[n * 7 % 40], 5);
            house.ports.directory.feed_boards(ORG, &moved);
        }
        viewer.look_on(&mut page, Duration::from_secs(2)).await;
        assert!(page.frames <= frames + 2, "{} frames", page.frames - frames);
        page.must_show(&stands.sorted(), &stands, 3, 2);
    });
}

#[test]
fn who_looks_away_before_the_answer_is_not_shown_what_moves() {
    story(async {
        let mut house = House::new(Entry::Open);
        let stands = house.standings.clone();
        let ada = stands.name("ada");
        stands.gain(ada, 50);
        let mut viewer = house.follower("ada/learner", Value::Null).await;
        let id = Uuid::from_u128;
        let watch = json!({"type": "watch", "id": id(70), "board": BOARD, "top": 3, "around": 0});
        let unwatch = json!({"type": "unwatch", "id": id(71), "board": BOARD});
        viewer.send(json!([watch, unwatch])).await;
        let ended = viewer.until("unwatched").await;
        assert_eq!(ended["id"], json!(id(71)));
        let moved = stands.gain(ada, 10);
        house.ports.directory.feed_boards(ORG, &moved);
        let mut page = Page::default();
        viewer.look_on(&mut page, Duration::from_secs(2)).await;
        assert_eq!(page.frames, 0);
        // And who comes back is shown it.
        page.take(&viewer.watch(3, 0).await);
        assert_eq!(page.rows[&0].1, 60);
    });
}

#[test]
fn a_newcomer_is_asked_for_once_and_takes_their_place_without_a_new_opening() {
    story(async {
        let mut house = House::new(Entry::Open);
        let stands = house.standings.clone();
        let ada = stands.name("ada");
        stands.gain(ada, 50);
        let mut viewer = house.follower("ada/learner", Value::Null).await;
        let mut page = Page::default();
        page.take(&viewer.watch(5, 0).await);

        let ben = stands.name("ben");
        for _ in 0..3 {
            let moved = stands.gain(ben, 30);
            house.ports.directory.feed_boards(ORG, &moved);
        }
        // Somebody who stands on no board changes nothing for anybody.
        let ghost = stands.gain(user("ghost"), 500);
        house.ports.directory.feed_boards(ORG, &ghost);
        viewer.look_on(&mut page, Duration::from_secs(1)).await;
        assert_eq!(page.rows[&0], ("ben".to_owned(), 90));
        assert_eq!(page.rows[&1], ("ada".to_owned(), 50));
        assert_eq!(page.rows.len(), 2);
        assert_eq!(stands.openings.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn opened_anew_everybody_sees_what_is_so_now() {
    story(async {
        let mut house = House::new(Entry::Open);
        let stands = house.standings.clone();
        let ada = stands.name("ada");
        stands.gain(ada, 50);
        let mut viewer = house.follower("ada/learner", Value::Null).await;
        let mut page = Page::default();
        page.take(&viewer.watch(5, 1).await);
        // Committed elsewhere, told to nobody; then somebody says that something was missed.
        stands.gain(ada, 25);
        house.ports.directory.reopen_boards(None);
        page.take(&viewer.until("board").await);
        assert_eq!(page.rows[&0], ("ada".to_owned(), 75));
    });
}

#[test]
fn who_may_no_longer_look_is_turned_away() {
    story(async {
        let mut house = House::new(Entry::Open);
        let stands = house.standings.clone();
        let ada = stands.name("ada");
        stands.gain(ada, 50);
        let mut stays = house.follower("ada/learner", Value::Null).await;
        let mut leaves = house.follower("ben/learner", Value::Null).await;
        stays.watch(5, 0).await;
        leaves.watch(5, 0).await;
        stands.barred.lock().expect("barred").insert(user("ben"));
        house.ports.directory.reopen_boards(Some(ORG));
        assert_eq!(leaves.until("unwatched").await["code"], "not_found");
        let moved = stands.gain(ada, 5);
        house.ports.directory.feed_boards(ORG, &moved);
        let mut page = Page::default();
        leaves.look_on(&mut page, Duration::from_secs(1)).await;
        stays.until("board").await;
        assert_eq!(page.frames, 0, "nothing more is told");
    });
}

#[test]
fn what_is_not_there_is_refused_and_frees_its_place() {
    story(async {
        let mut house = House::new(Entry::Open);
        let mut viewer = house.follower("ada/learner", Value::Null).await;
        for round in 0..20 {
            let id = Uuid::from_u128(1_000 + round);
            viewer
                .send(json!({"type": "watch", "id": id, "board": "no-such", "top": 3}))
                .await;
            let nack = viewer.until("nack").await;
            assert_eq!(nack["code"], "not_found", "round {round}");
        }
        let unwatched = json!({"type": "unwatch", "id": Uuid::from_u128(7), "board": BOARD});
        viewer.send(unwatched).await;
        assert_eq!(viewer.until("nack").await["code"], "not_subscribed");
    });
}

#[test]
fn who_looks_far_away_costs_nothing_and_a_frame_stays_small_however_many_move() {
    story(async {
        let mut house = House::new(Entry::Open);
        let stands = house.standings.clone();
        let people: Vec<UserId> = (0..2_000).map(|n| stands.name(&format!("p{n}"))).collect();
        for (n, id) in people.iter().enumerate() {
            stands.gain(*id, 1_000 * i64::try_from(n).expect("small"));
        }
        let mut viewers = vec![];
        for n in (0..2_000_usize).step_by(20) {
            let mut viewer = house.follower(&format!("p{n}/learner"), Value::Null).await;
            let mut page = Page::default();
            page.take(&viewer.watch(0, 5).await);
            viewers.push((n, viewer, page));
        }
        let opening: usize = viewers
            .iter()
            .map(|(_, _, page)| page.bytes)
            .max()
            .expect("some");
        // Ten people at the very bottom jostle for fifty ticks.
        for round in 0..50_i64 {
            for id in &people[..10] {
                let moved = stands.gain(*id, 1 + round % 3);
                house.ports.directory.feed_boards(ORG, &moved);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for (n, viewer, page) in &mut viewers {
            let before = page.frames;
            viewer.look_on(page, Duration::from_millis(200)).await;
            // Only the newest waits for a reader: what it built on is gone, and a client asks anew.
            if *n > 20 {
                assert_eq!(page.frames, before, "p{n} is far from those who moved");
            }
            assert!(page.bytes <= 2 * opening, "p{n}: {} bytes", page.bytes);
        }
    });
}
