//! The coach's desk over real sockets: what happens in rooms shows on it, on every node, and what
//! one coach does about an alert the others see.

use std::time::Duration;

use ludus_domain::desk::Access;
use ludus_domain::desk::alert::{AlertState, Severity};
use ludus_domain::desk::row::DeskRow;
use ludus_domain::ids::{CohortId, CommandId};
use ludus_domain::protocol::{ClientFrame, DeskAlert, DeskFrame};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cluster::{Between, Cluster};
use crate::kit::*;

/// A glance is each second, and two cores are shared by many tests.
const SHOWN_WITHIN: Duration = Duration::from_secs(20);
/// Who leaves another node is missed so soon, and who was at one that is killed.
const MISSED_WITHIN: Duration = Duration::from_secs(10);

async fn watch(client: &mut Client, cohort: CohortId) -> Result<Box<DeskFrame>, Refusal> {
    let id = CommandId(uuid::Uuid::now_v7());
    let since = None;
    let frame = ClientFrame::WatchDesk { id, cohort, since };
    client.send_frame(&frame).await.unwrap();
    let answer = client.expect(SHOWN_WITHIN, |frame| match frame {
        ServerFrame::Desk(desk) if desk.id == Some(id) => Some(Ok(desk.clone())),
        ServerFrame::Nack { id: of, code, .. } if *of == Some(id) => Some(Err(*code)),
        _ => None,
    });
    answer.await.expect("an answer")
}

/// Waits until somebody's row reads so.
async fn row(client: &mut Client, user: UserId, is_so: impl Fn(&DeskRow) -> bool) -> DeskRow {
    let found = client.expect(SHOWN_WITHIN, |frame| match frame {
        ServerFrame::Desk(desk) => {
            let mut rows = desk.rows.iter();
            rows.find(|row| row.user == user && is_so(row)).cloned()
        }
        _ => None,
    });
    found.await.expect("a row that reads so")
}

async fn alert(client: &mut Client, is_so: impl Fn(&DeskAlert) -> bool) -> DeskAlert {
    let found = client.expect(SHOWN_WITHIN, |frame| match frame {
        ServerFrame::Desk(desk) => desk.alerts.iter().find(|alert| is_so(alert)).cloned(),
        _ => None,
    });
    found.await.expect("an alert like that")
}

async fn put(who: &Account, path: &str, body: Value) {
    let request = who.hub.request(reqwest::Method::PUT, path).json(&body);
    let answer = request.bearer_auth(&who.token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{path}");
}

/// A cohort that somebody leads, with these in it.
async fn cohort(hub: &Hub, coaches: &[&Account], learners: &[&Account]) -> CohortId {
    let made: Value = (hub.owner.post("/api/v1/cohorts", &json!({"title": "C"})))
        .await
        .unwrap();
    let id: CohortId = made["id"].as_str().unwrap().parse().unwrap();
    let parts = [("coach", coaches), ("learner", learners)];
    for (part, people) in parts {
        for person in people {
            let path = format!("/api/v1/cohorts/{id}/members/{}", person.user);
            put(&hub.owner, &path, json!({"part": part})).await;
        }
    }
    id
}

on_both! {
    async fn two_coaches_on_two_nodes_see_a_learner_and_what_is_done_about_them(backend: Backend) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("signals")).unwrap();
        // People in tests have less patience.
        let hasty = "title = \"A hand waits\"\nsays = \"A hand is up.\"\nseverity = \"notice\"\ncool_down_minutes = 5\n\n[when]\nkind = \"hand_up\"\nseconds = 1\n";
        std::fs::write(folder.path().join("signals/hand-waiting.toml"), hasty).unwrap();
        let content = [("LUDUS_CONTENT__FOLDER", folder.path().to_str().unwrap())];
        let hub = Hub::start_also(backend, &content).await;
        let cora = hub.person("Cora", Role::Coach).await;
        let bert = hub.person("Bert", Role::Coach).await;
        let eve = hub.person("Eve", Role::Coach).await;
        let lea = hub.person("Lea", Role::Learner).await;
        let otto = hub.person("Otto", Role::Learner).await;
        let ours = cohort(&hub, &[&cora, &bert], &[&lea]).await;
        let theirs = cohort(&hub, &[&eve], &[&otto]).await;
        // SQLite's store has one node.
        let node = match backend {
            Backend::Postgres => Some(hub.another_node_also(&content).await),
            Backend::Sqlite => None,
        };

        let mut coras = hub.client(&cora).await;
        let there = node.as_ref().map_or_else(|| bert.clone(), |node| node.account(&bert));
        let mut berts = hub.client(&there).await;
        let snapshot = watch(&mut coras, ours).await.unwrap();
        assert_eq!(snapshot.rows.len(), 1);
        assert_eq!(snapshot.about.as_ref().unwrap().access, Access::Full);
        watch(&mut berts, ours).await.unwrap();
        // Whoever is not assigned, and whoever learns there, is told that there is none.
        let mut eves = hub.client(&eve).await;
        assert_eq!(watch(&mut eves, ours).await.unwrap_err(), Refusal::NotFound);
        let mut leas = hub.client(&lea).await;
        assert_eq!(watch(&mut leas, ours).await.unwrap_err(), Refusal::NotFound);
        let of_eve = watch(&mut eves, theirs).await.unwrap();
        assert_eq!(of_eve.rows.iter().map(|row| row.user).collect::<Vec<_>>(), [otto.user]);

        // She sits down in a room: both see where, and what she says counts.
        let room = hub.owner.open(&RoomWish::lounge("Lounge")).await.unwrap().id;
        acked(leas.ask(room, Command::Join { code: None }, SOON).await);
        row(&mut coras, lea.user, |row| row.online && row.room.is_some()).await;
        follow(&mut leas, room).await;
        acked(leas.ask(room, say("I would like to begin with a question."), SOON).await);
        row(&mut coras, lea.user, |row| row.lines == 1).await;
        row(&mut berts, lea.user, |row| row.lines == 1).await;

        // Nobody comes: both are told, once.
        let hand = Command::RaiseHand { up: true, user: None };
        acked(leas.ask(room, hand, SOON).await);
        let waits = alert(&mut coras, |alert| alert.alert.signal.as_str() == "hand-waiting").await;
        assert_eq!((waits.alert.state, waits.says.as_str()), (AlertState::Open, "A hand is up."));
        let same = alert(&mut berts, |alert| alert.alert.signal.as_str() == "hand-waiting").await;
        assert_eq!(same.alert.id, waits.alert.id);

        // One sees to it, and the other sees who does.
        let path = format!("/api/v1/cohorts/{ours}/alerts/{}/acts", waits.alert.id);
        let act = json!({"act": "acknowledge"});
        cora.post::<Value>(&path, &act).await.unwrap();
        let seen = alert(&mut berts, |alert| alert.alert.state == AlertState::Acknowledged).await;
        assert_eq!((seen.alert.id, seen.alert.by), (waits.alert.id, Some(cora.user)));
        assert!(eve.post::<Value>(&path, &act).await.is_err(), "not hers to see");

        // What she says in distress is told at once, and that was in the commit of the line.
        acked(leas.ask(room, say("Honestly, some days I want to die."), SOON).await);
        let urgent = alert(&mut berts, |alert| alert.alert.signal.as_str() == "distress").await;
        assert_eq!((urgent.alert.severity, urgent.alert.room), (Severity::Urgent, Some(room)));
        let list: Value = bert.get(&format!("/api/v1/cohorts/{ours}/alerts")).await.unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), 2, "{list}");
        assert!(!list.to_string().contains("some days"), "what was said is not in it");

        // None of it is a byte for who coaches others.
        let overheard = eves.expect(Duration::from_secs(2), |frame| match frame {
            ServerFrame::Desk(desk) => {
                let is_other = desk.rows.iter().any(|row| row.user != otto.user);
                (is_other || desk.cohort != theirs || !desk.alerts.is_empty()).then_some(())
            }
            _ => None,
        });
        assert!(overheard.await.is_none());

        // Who does not coach it any more sees no more of it.
        let path = format!("/api/v1/cohorts/{ours}/members/{}", bert.user);
        let request = hub.owner.hub.request(reqwest::Method::DELETE, &path);
        request.bearer_auth(&hub.owner.token).send().await.unwrap();
        let ended = berts.expect(Duration::from_secs(40), |frame| match frame {
            ServerFrame::DeskUnwatched { code, .. } => Some(*code),
            _ => None,
        });
        assert_eq!(ended.await, Some(Some(Refusal::NotFound)));
    }
}

/// Nobody looks: what must not be missed is there when somebody does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_distress_are_raised_although_nobody_looks() {
    let hub = Hub::start(Backend::Sqlite).await;
    let cora = hub.person("Cora", Role::Coach).await;
    let lea = hub.person("Lea", Role::Learner).await;
    let ours = cohort(&hub, &[&cora], &[&lea]).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let mut leas = hub.member(&lea, room, None).await;
    for _ in 0..3 {
        acked(leas.ask(room, say("I want to die"), SOON).await);
    }
    let list: Value = (cora.get(&format!("/api/v1/cohorts/{ours}/alerts")))
        .await
        .unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["items"][0]["signal"], "distress");
}

/// Nobody does anything: who is where is known all the same, and who is not any more. A minute after somebody's
/// last act would be too late for all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coach_sees_who_sits_silent_at_another_node_and_when_they_are_gone() {
    if !has_postgres() {
        return;
    }
    let mut cluster = Cluster::start(Between::Redis, "").await;
    let hub = &cluster.hub;
    let cora = hub.person("Cora", Role::Coach).await;
    let lea = hub.person("Lea", Role::Learner).await;
    let otto = hub.person("Otto", Role::Learner).await;
    let ours = cohort(hub, &[&cora], &[&lea, &otto]).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let mut coras = hub.client(&cora).await;
    let snapshot = watch(&mut coras, ours).await.unwrap();
    assert!(snapshot.rows.iter().all(|row| !row.online), "{snapshot:?}");

    // They only come, and say nothing.
    let mut leas = cluster.client(&lea).await;
    row(&mut coras, lea.user, |row| row.online).await;
    let ottos = cluster.client(&otto).await;
    row(&mut coras, otto.user, |row| row.online).await;
    // Whoever looks later sees it at once, or with the first call of the roll.
    let mut late = hub.client(&cora).await;
    let snapshot = watch(&mut late, ours).await.unwrap();
    assert!(snapshot.rows.iter().all(|row| row.online), "{snapshot:?}");

    // One acts and goes: not for another minute, but for some seconds she is shown as here.
    acked(leas.ask(room, Command::Join { code: None }, SOON).await);
    row(&mut coras, lea.user, |row| row.online && row.room.is_some()).await;
    drop(leas);
    let left = Instant::now();
    row(&mut coras, lea.user, |row| !row.online).await;
    assert!(left.elapsed() < MISSED_WITHIN, "{:?}", left.elapsed());
    eprintln!("gone from there: {:?}", left.elapsed());

    // The other's node is killed with him.
    cluster.there.kill9();
    let killed = Instant::now();
    row(&mut coras, otto.user, |row| !row.online).await;
    assert!(killed.elapsed() < MISSED_WITHIN, "{:?}", killed.elapsed());
    eprintln!("gone with a node: {:?}", killed.elapsed());
    drop(ottos);
}

/// Somebody is paid faster than a person can mean it: the game notices in the commit of the line, the desk shows it, and
/// nothing is taken for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfair_play_is_told_to_the_coach_and_to_nobody_else() {
    let hub = Hub::start_also(Backend::Sqlite, GAME).await;
    let cora = hub.person("Cora", Role::Coach).await;
    let eve = hub.person("Eve", Role::Coach).await;
    let lea = hub.person("Lea", Role::Learner).await;
    let otto = hub.person("Otto", Role::Learner).await;
    let ours = cohort(&hub, &[&cora], &[&lea]).await;
    let theirs = cohort(&hub, &[&eve], &[&otto]).await;
    let room = hub
        .owner
        .open(&RoomWish::lounge("Lounge"))
        .await
        .unwrap()
        .id;
    let mut coras = hub.client(&cora).await;
    watch(&mut coras, ours).await.unwrap();
    let mut eves = hub.client(&eve).await;
    watch(&mut eves, theirs).await.unwrap();
    let mut leas = hub.member(&lea, room, None).await;
    let mut ottos = hub.member(&otto, room, None).await;
    acked(ottos.ask(room, say("Good morning."), SOON).await);
    for n in 0..40 {
        acked(leas.ask(room, say(format!("line number {n}")), SOON).await);
    }
    let told = alert(&mut coras, |alert| {
        alert.alert.signal.as_str() == "unfair-play"
    })
    .await;
    assert_eq!(told.alert.learner, lea.user);
    assert_eq!(
        (told.alert.severity, told.alert.state),
        (Severity::Info, AlertState::Open)
    );
    let noticed: Value = cora.get("/api/v1/suspicions").await.unwrap();
    let items = noticed["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{noticed}");
    assert_eq!(
        (&items[0]["kind"], &items[0]["user"]),
        (&json!("too_fast"), &json!(lea.user))
    );
    let others: Value = eve.get("/api/v1/suspicions").await.unwrap();
    assert_eq!(others["items"], json!([]));
    let overheard = eves.expect(Duration::from_secs(2), |frame| match frame {
        ServerFrame::Desk(desk) => (!desk.alerts.is_empty()).then_some(()),
        _ => None,
    });
    assert!(overheard.await.is_none());
    // Every line was paid all the same.
    let standing: Value = lea.get("/api/v1/me/standing").await.unwrap();
    assert!(standing.to_string().contains("80"), "{standing}");
}
