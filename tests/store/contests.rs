//! Contests end once: whoever asks, on how many nodes, and whatever is paid at that moment.

use ludus::store::Store;
use ludus::store::game::contests::ContestRow;
use ludus::store::game::seasons::Turned;
use ludus::store::people::Actor;
use ludus_actors::ports::Archive as _;
use ludus_domain::game::contest::{Ask, Contest, ContestPhase};
use ludus_domain::game::plan::ContestPlan;
use ludus_domain::ids::{ContestId, OrgId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent};
use ludus_domain::refusal::Refusal;
use ludus_domain::role::Role;
use ludus_domain::stream::StreamId;
use ludus_domain::time::Timestamp;
use ludus_entities::total;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::{Ground, on_both};
use crate::windows::{now, org_of, score, two_nodes};

fn plan(more: &Value) -> ContestPlan {
    let mut plan = json!({
        "id": "sprint", "title": "Sprint", "says": "Go", "metric": "score:sales",
        "entry": "open", "minutes": 60, "late": true,
    });
    for (field, value) in more.as_object().unwrap() {
        plan[field] = value.clone();
    }
    serde_json::from_value(plan).unwrap()
}

fn actor(org: OrgId, user: UserId, role: Role, at: Timestamp) -> Actor {
    Actor {
        org,
        user,
        role,
        guest: false,
        at,
    }
}

async fn hold(store: &Store, org: OrgId, more: &Value) -> ContestId {
    let coach = UserId(Uuid::now_v7());
    let new = ContestRow {
        id: ContestId(Uuid::now_v7()),
        contest: Contest::planned(plan(more), now(), None, None, None).unwrap(),
        cohort: None,
        code: None,
        created_by: coach,
    };
    let actor = actor(org, coach, Role::Coach, now());
    store.add_contest(None, actor, new).await.unwrap().value.id
}

async fn enter(store: &Store, org: OrgId, id: ContestId, who: UserId) -> Result<(), Refusal> {
    let actor = actor(org, who, Role::Learner, now());
    let done = store.enter_contest(None, actor, id, None, None).await;
    match done {
        Ok(_) => Ok(()),
        Err(ludus::store::StoreError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

/// The ends an inbox was told of: place, entrants and score.
async fn ends(store: &Store, org: OrgId, who: UserId) -> Vec<(u32, u32, i64)> {
    let events = store.events(org, StreamId::Inbox(who), Seq::ZERO, 1_000);
    let events = events.await.unwrap().into_iter();
    let ended = events.filter_map(|event| match event.fact {
        Fact::Inbox(InboxEvent::ContestOver {
            place,
            entrants,
            score,
            ..
        }) => Some((place, entrants, score)),
        _ => None,
    });
    ended.collect()
}

/// Eight at once, on two nodes: what they did.
async fn turn_at_once(stores: &[Store; 2], org: OrgId, at: Timestamp) -> Vec<Turned> {
    let mut asked = JoinSet::new();
    for round in 0..8 {
        let store = stores[round % 2].clone();
        asked.spawn(async move { store.turn_contest(org, at).await.unwrap() });
    }
    let turned = asked.join_all().await.into_iter().flatten();
    turned.map(|(_, turned)| turned).collect()
}

on_both! {
    async fn a_contest_ends_once_and_its_results_stand(ground: &Ground) {
        let stores = two_nodes(ground).await;
        let (org, people) = org_of(&stores[0], 4).await;
        let id = hold(&stores[0], org, &json!({"ties": "competition"})).await;
        assert_eq!(turn_at_once(&stores, org, now()).await, [Turned::Began]);
        score(&stores[0], org, people[0], 100).await;
        for person in &people {
            enter(&stores[1], org, id, *person).await.unwrap();
        }
        for (person, value) in people.iter().zip([5, 9, 5]) {
            score(&stores[0], org, *person, value).await;
        }
        let late = now().plus_ms(61 * 60_000);
        let turned = turn_at_once(&stores, org, late).await;
        assert!(matches!(turned[..], [Turned::Closed { late_ms }] if (60_000..120_000).contains(&late_ms)), "{turned:?}");
        let row = stores[1].contest(org, id).await.unwrap().unwrap();
        assert_eq!(row.contest.phase, ContestPhase::Over);
        // What the store says of the next thing due is what the clock waits for.
        assert_eq!(stores[0].next_due(org).await.unwrap(), None);
        // By the clock of who pays it still runs: what is paid now is in no result all the same.
        score(&stores[0], org, people[2], 1_000).await;
        let lines = stores[1].contest_results(org, id, 0, 10).await.unwrap();
        let lines: Vec<_> = lines.iter().map(|line| (line.user, line.place, line.score)).collect();
        // What was had before one entered does not count; who did nothing comes last.
        let expected = [
            (people[1], 1, Some(9)),
            (people[0], 2, Some(5)),
            (people[2], 2, Some(5)),
            (people[3], 4, None),
        ];
        assert_eq!(lines, expected);
        for (user, place, had) in &lines {
            assert_eq!(ends(&stores[0], org, *user).await, [(*place, 4, had.unwrap_or(0))]);
        }
    }

    // What is over stays over, also for a node whose clock is behind: here by an hour.
    async fn a_slow_clock_pays_after_the_contest(ground: &Ground) {
        let [here, there] = two_nodes(ground).await;
        let (org, people) = org_of(&here, 1).await;
        let id = hold(&here, org, &json!({})).await;
        assert!(here.turn_contest(org, now()).await.unwrap().is_some());
        enter(&here, org, id, people[0]).await.unwrap();
        score(&here, org, people[0], 5).await;
        let ends_at = here.contest(org, id).await.unwrap().unwrap().contest.ends_at;
        // There it is an hour later.
        let turned = there.turn_contest(org, ends_at.plus_ms(1)).await.unwrap();
        assert_eq!(turned.map(|(_, turned)| turned), Some(Turned::Closed { late_ms: 1 }));
        assert!(now() < ends_at, "here it still runs");
        score(&here, org, people[0], 7).await;
        let db = ground.aside().await;
        let had = total::Entity::find()
            .filter(total::Column::OrgId.eq(org.0))
            .filter(total::Column::UserId.eq(people[0].0))
            .filter(total::Column::Scope.eq("org"))
            .filter(total::Column::Metric.eq("score:sales"))
            .filter(total::Column::Window.eq("all"));
        let had = had.one(&db).await.unwrap().unwrap();
        assert_eq!(had.sum, 12);
        assert!(had.last_at >= ends_at.0, "paid for a time of the contest");
        let lines = there.contest_results(org, id, 0, 10).await.unwrap();
        assert_eq!(lines[0].score, Some(5));
    }

    async fn a_contest_takes_no_more_than_it_has_room_for(ground: &Ground) {
        let stores = two_nodes(ground).await;
        let (org, people) = org_of(&stores[0], 12).await;
        let id = hold(&stores[0], org, &json!({"entrants_max": 5})).await;
        let mut entering = JoinSet::new();
        for (round, person) in people.iter().enumerate() {
            let (store, person) = (stores[round % 2].clone(), *person);
            entering.spawn(async move { enter(&store, org, id, person).await });
        }
        let entered = entering.join_all().await;
        assert_eq!(entered.iter().filter(|one| one.is_ok()).count(), 5);
        assert!(entered.iter().all(|one| matches!(one, Ok(()) | Err(Refusal::RoomFull))));
        assert_eq!(stores[0].contest_entries(org, id).await.unwrap().len(), 5);
        let row = stores[0].contest(org, id).await.unwrap().unwrap();
        assert_eq!(row.contest.entrants, 5);
        // So many at once, of one person; what is refused leaves nothing behind.
        let busy = people[0];
        for _ in 0..17 {
            let id = hold(&stores[0], org, &json!({})).await;
            enter(&stores[0], org, id, busy).await.ok();
        }
        let last = hold(&stores[0], org, &json!({})).await;
        assert_eq!(enter(&stores[0], org, last, busy).await, Err(Refusal::TooManyContests));
        assert_eq!(stores[0].contest_entry(org, last, busy).await.unwrap(), None);
    }

    async fn who_pays_while_a_contest_ends_is_in_it_or_after_it(ground: &Ground) {
        let stores = two_nodes(ground).await;
        let (org, people) = org_of(&stores[0], 6).await;
        let id = hold(&stores[0], org, &json!({})).await;
        for person in &people {
            enter(&stores[0], org, id, *person).await.unwrap();
        }
        let mut playing = JoinSet::new();
        for (round, person) in people.iter().enumerate() {
            let (store, person) = (stores[round % 2].clone(), *person);
            playing.spawn(async move {
                for _ in 0..12 {
                    score(&store, org, person, 1).await;
                }
            });
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        let row = stores[0].contest(org, id).await.unwrap().unwrap();
        let coach = actor(org, row.created_by, Role::Coach, now());
        stores[1].stop_contest(None, coach, id, Ask::End).await.unwrap();
        let lines = stores[0].contest_results(org, id, 0, 10).await.unwrap();
        playing.join_all().await;
        // The totals that boards are made of stopped at that moment, too.
        let mut totals = stores[0].standings(
            org,
            ludus_domain::game::total::Scope::Contest(id),
            &"score:sales".parse().unwrap(),
            ludus_domain::game::total::Window::All,
            ludus_domain::game::plan::Order::Sum,
        );
        let mut had = std::collections::BTreeMap::new();
        while let Some(chunk) = totals.next().await.unwrap() {
            had.extend(chunk.into_iter().map(|one| (one.user, one.value)));
        }
        for line in &lines {
            assert_eq!(had.get(&line.user).copied(), line.score);
            assert_eq!(ends(&stores[0], org, line.user).await.len(), 1);
        }
        assert_eq!(stores[0].contest_results(org, id, 0, 10).await.unwrap(), lines);
        // Called off is called off; over is over.
        let cancelled = stores[1].stop_contest(None, coach, id, Ask::Cancel).await;
        assert!(cancelled.is_err());
    }
}
