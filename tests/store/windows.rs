//! Windows close once: whoever asks, how often, on how many nodes, and after however long a sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ludus::store::Store;
use ludus::store::game::seasons::Turned;
use ludus::store::journal::{Fresh, perform};
use ludus_actors::ports::Archive as _;
use ludus_domain::game::calendar::{Day, Zone};
use ludus_domain::game::deed::ScoreOp;
use ludus_domain::game::plan::{LeaguePlan, SeasonLength, SeasonPlan};
use ludus_domain::game::total::{Metric, Window};
use ludus_domain::ids::{OrgId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::{division, division_member, season_standing, total, user};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set, TransactionTrait as _};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::game::rules;
use crate::kit::{Ground, on_both, seed_org};

const DAY_MS: i64 = 86_400_000;

fn metric() -> Metric {
    "score:sales".parse().unwrap()
}

fn league() -> LeaguePlan {
    serde_json::from_value(json!({
        "id": "weekly", "title": "Weekly", "metric": "score:sales",
        "tiers": ["Bronze", "Silver"], "size": 4, "promote": 1, "demote": 1,
    }))
    .unwrap()
}

/// An org that plays, with some learners.
pub(crate) async fn org_of(store: &Store, learners: usize) -> (OrgId, Vec<UserId>) {
    let org = seed_org(store).await;
    store.put_rules(org, rules()).await.unwrap();
    let people: Vec<UserId> = (0..learners).map(|_| UserId(Uuid::now_v7())).collect();
    let ids = people.clone();
    store
        .write("seed", move |txn| {
            Box::pin(async move {
                for (number, id) in ids.into_iter().enumerate() {
                    let row = user::ActiveModel {
                        id: Set(id.0),
                        org_id: Set(org.0),
                        name: Set(format!("Learner {number}")),
                        email: Set(None),
                        role: Set("learner".to_owned()),
                        password_hash: Set(None),
                        guest: Set(false),
                        disabled_at: Set(None),
                        created_at: Set(0),
                        changed_at: Set(0),
                    };
                    user::Entity::insert(row)
                        .exec_without_returning(txn)
                        .await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    (org, people)
}

fn scored(org: OrgId, user: UserId, value: i64) -> Fresh {
    Fresh {
        org,
        stream: StreamId::Inbox(user),
        by: None,
        facts: vec![Fact::Inbox(InboxEvent::Scored {
            metric: "sales".parse().unwrap(),
            op: ScoreOp::Incr,
            value,
        })],
    }
}

pub(crate) async fn score(store: &Store, org: OrgId, user: UserId, value: i64) {
    let sets = Arc::clone(store.sets());
    let fresh = scored(org, user, value);
    store
        .write("score", move |txn| {
            Box::pin(async move { perform(txn, &sets, vec![fresh]).await })
        })
        .await
        .unwrap();
}

/// What an inbox was told of windows that closed.
async fn told(store: &Store, org: OrgId, user: UserId) -> Vec<&'static str> {
    let inbox = StreamId::Inbox(user);
    let events = store.events(org, inbox, Seq::ZERO, 1_000).await.unwrap();
    let kinds = events.iter().map(|event| event.fact.kind());
    kinds
        .filter(|kind| ["season_over", "league_moved"].contains(kind))
        .collect()
}

pub(crate) fn now() -> Timestamp {
    use ludus_actors::ports::Clock as _;
    ludus::clock::WallClock.now()
}

/// Eight at once, on two nodes: how many of them did something.
async fn all_at_once<F>(stores: &[Store; 2], turn: impl Fn(Store) -> F) -> usize
where
    F: Future<Output = Option<Turned>> + Send + 'static,
{
    let mut asked = JoinSet::new();
    for round in 0..8 {
        asked.spawn(turn(stores[round % 2].clone()));
    }
    let turned = asked.join_all().await;
    turned.into_iter().flatten().count()
}

/// Another node where there can be one; SQLite has one.
pub(crate) async fn two_nodes(ground: &Ground) -> [Store; 2] {
    let first = ground.open().await;
    let is_shared = first.backend() == ludus::store::Backend::Postgres;
    let second = if is_shared {
        ground.open().await
    } else {
        first.clone()
    };
    [first, second]
}

on_both! {
    async fn a_season_ends_once(ground: &Ground) {
        let stores = two_nodes(ground).await;
        let (org, people) = org_of(&stores[0], 3).await;
        let plan = SeasonPlan {
            first_day: Zone::utc().day(now()),
            length: SeasonLength::Weeks(1),
        };
        let begun = |store: Store| {
            let plan = plan.clone();
            async move {
                let turned = store.turn_season(org, Some(plan), vec![metric()], now());
                turned.await.unwrap()
            }
        };
        assert_eq!(all_at_once(&stores, begun).await, 1);
        for (person, value) in people.iter().zip([5, 9, 5]) {
            score(&stores[0], org, *person, value).await;
        }
        let later = now().plus_ms(8 * DAY_MS);
        let ended = |store: Store| {
            let plan = plan.clone();
            async move {
                let turned = store.turn_season(org, Some(plan), vec![metric()], later);
                turned.await.unwrap()
            }
        };
        assert_eq!(all_at_once(&stores, ended).await, 1);
        let lines = stores[1].season_standings(org, 1, metric(), None, 10).await.unwrap();
        let lines: Vec<_> = lines.iter().map(|line| (line.user, line.place, line.score)).collect();
        assert_eq!(lines, [(people[1], 1, 9), (people[0], 2, 5), (people[2], 2, 5)]);
        for person in &people {
            assert_eq!(told(&stores[0], org, *person).await, ["season_over"]);
        }
        // What comes now counts in the season that runs now.
        score(&stores[0], org, people[0], 1).await;
        let game = stores[0].game(org).await.unwrap().unwrap();
        assert_eq!(game.season, Some(2));
        let seasons = stores[0].seasons(org, 10).await.unwrap();
        assert_eq!(seasons.len(), 2);
        assert_eq!(seasons[0].starts_at, seasons[1].ends_at);
        let kept = season_standing::Entity::find().filter(season_standing::Column::OrgId.eq(org.0));
        assert_eq!(kept.all(&ground.aside().await).await.unwrap().len(), 3);
    }

    async fn weeks_that_were_slept_through_close_in_order(ground: &Ground) {
        let stores = two_nodes(ground).await;
        let (org, people) = org_of(&stores[0], 6).await;
        let turn = |at: Timestamp| move |store: Store| async move {
            store.turn_leagues(org, vec![league()], at).await.unwrap()
        };
        assert_eq!(all_at_once(&stores, turn(now())).await, 1);
        for (person, value) in people.iter().zip(1..) {
            score(&stores[0], org, *person, value).await;
        }
        let mut placing = JoinSet::new();
        for round in 0..8 {
            let store = stores[round % 2].clone();
            placing.spawn(async move { store.place_newcomers(org).await.unwrap() });
        }
        assert_eq!(placing.join_all().await.into_iter().sum::<usize>(), 6);
        let monday = Zone::utc().day(now()).week();
        let week = |monday: Day| stores[0].league_week(org, league().id, monday, 100);
        // Four, then a division of its own for who came after.
        let lines = week(monday).await.unwrap();
        let mine = lines.iter().find(|line| line.user == people[0]).unwrap().division;
        let there = stores[0].division(org, mine).await.unwrap().unwrap();
        assert_eq!(there.members, people[..4]);
        // Three weeks asleep.
        let later = now().plus_ms(21 * DAY_MS);
        assert_eq!(all_at_once(&stores, turn(later)).await, 3);
        let up: Vec<UserId> = week(monday).await.unwrap().iter()
            .filter(|line| line.to_tier == Some(1))
            .map(|line| line.user)
            .collect();
        assert_eq!(up.len(), 2);
        assert!(up.contains(&people[3]) && up.contains(&people[5]));
        let second = week(monday.plus(7)).await.unwrap();
        assert_eq!(second.len(), 6);
        assert!(second.iter().all(|line| line.score == Some(0) && (line.tier == 1) == up.contains(&line.user)));
        // Who did nothing in it is not drawn again.
        assert_eq!(week(monday.plus(14)).await.unwrap(), []);
        for person in &people {
            assert_eq!(told(&stores[0], org, *person).await, ["league_moved"; 2]);
        }
        let db = ground.aside().await;
        assert_eq!(division_member::Entity::find().all(&db).await.unwrap().len(), 12);
        assert_eq!(division::Entity::find().all(&db).await.unwrap().len(), 4);
    }

    // What is closed stays closed, also for a node whose clock is behind: here by a week.
    async fn a_slow_clock_pays_into_the_week_that_runs(ground: &Ground) {
        let [here, there] = two_nodes(ground).await;
        let (org, people) = org_of(&here, 2).await;
        here.turn_leagues(org, vec![league()], now()).await.unwrap();
        score(&here, org, people[0], 5).await;
        let monday = Zone::utc().day(now()).week();
        let ahead = Zone::utc().start(monday.plus(7)).plus_ms(1);
        let closed = there.turn_leagues(org, vec![league()], ahead).await.unwrap();
        assert_eq!(closed, Some(Turned::Closed { late_ms: 1 }));
        let before = here.league_week(org, league().id, monday, 10).await.unwrap();
        score(&here, org, people[0], 2).await;
        score(&here, org, people[1], 3).await;
        // The clock that is behind begins nothing and closes nothing.
        assert_eq!(here.turn_leagues(org, vec![league()], now()).await.unwrap(), None);
        here.place_newcomers(org).await.unwrap();
        let later = here.league_week(org, league().id, monday, 10).await.unwrap();
        assert_eq!(later, before);
        assert_eq!(before.iter().map(|line| line.score).collect::<Vec<_>>(), [Some(5)]);
        let next = here.league_week(org, league().id, monday.plus(7), 10).await.unwrap();
        assert_eq!(next.len(), 2);
        let db = ground.aside().await;
        let weeks = |user: UserId, monday: Day| {
            let found = total::Entity::find()
                .filter(total::Column::OrgId.eq(org.0))
                .filter(total::Column::UserId.eq(user.0))
                .filter(total::Column::Scope.eq("org"))
                .filter(total::Column::Metric.eq("score:sales"))
                .filter(total::Column::Window.eq(Window::Week(monday).to_string()));
            let db = &db;
            async move { found.one(db).await.unwrap().map(|row| row.sum) }
        };
        assert_eq!(weeks(people[0], monday).await, Some(5));
        assert_eq!(weeks(people[0], monday.plus(7)).await, Some(2));
        assert_eq!(weeks(people[1], monday).await, None);
        assert_eq!(weeks(people[1], monday.plus(7)).await, Some(3));
    }

    // Sixteen who never stop: there is no moment at which nobody holds the game.
    async fn a_busy_org_closes_its_week_in_time(ground: &Ground) {
        let [store, _] = two_nodes(ground).await;
        let (org, people) = org_of(&store, 16).await;
        store.turn_leagues(org, vec![league()], now()).await.unwrap();
        let is_shared = store.backend() == ludus::store::Backend::Postgres;
        let is_over = Arc::new(AtomicBool::new(false));
        let paid = Arc::new(AtomicUsize::new(0));
        let mut busy = JoinSet::new();
        let db = ground.aside().await;
        for person in people {
            let (store, db) = (store.clone(), db.clone());
            let (is_over, paid) = (Arc::clone(&is_over), Arc::clone(&paid));
            busy.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    if is_shared {
                        // As sixteen nodes would, each with a slow disk.
                        let txn = db.begin().await.unwrap();
                        perform(&txn, store.sets(), vec![scored(org, person, 1)]).await.unwrap();
                        tokio::time::sleep(Duration::from_millis(30)).await;
                        txn.commit().await.unwrap();
                    } else {
                        score(&store, org, person, 1).await;
                    }
                    paid.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while paid.load(Ordering::Relaxed) < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let later = now().plus_ms(7 * DAY_MS);
        let asked = Instant::now();
        let turned = store.turn_leagues(org, vec![league()], later).await;
        let took = asked.elapsed();
        is_over.store(true, Ordering::Relaxed);
        busy.join_all().await;
        assert!(matches!(turned, Ok(Some(Turned::Closed { .. }))), "{turned:?} after {took:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}
