//! Deeds are paid once, whoever asks how often; the ledger is what the entries say, and the
//! totals are what the ledger says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ludus::store::Store;
use ludus::store::game::sets::hold_game;
use ludus::store::journal::{Fresh, perform, record};
use ludus_domain::game::account::{Account, Paid, RoomTally};
use ludus_domain::game::deed::Deed;
use ludus_domain::game::rules::Compiled;
use ludus_domain::ids::{OrgId, RoomId, Seq, UserId};
use ludus_domain::journal::{Fact, InboxEvent, Outcome};
use ludus_domain::room::Event;
use ludus_domain::stream::StreamId;
use ludus_entities::{account, award, badge_grant, deed, total};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::{Ground, Seeded, accepted, on_both, outcomes, said, seed_org, seed_room};

/// Ten points a line, at most fifty a day; a badge at the third line.
pub(crate) fn rules() -> Arc<Compiled> {
    let set = json!({
        "rules": [
            {"id": "line", "version": 1, "title": "Said something", "on": "line_said",
             "points": 10, "caps": [{"per": "day", "times": 5}]},
            {"id": "reply", "version": 1, "title": "Was answered", "on": "reply_received",
             "points": 3},
            {"id": "badge", "version": 1, "title": "Earned a badge", "on": "badge_earned",
             "points": 100},
        ],
        "badges": [
            {"id": "talker", "version": 1, "title": "Talker", "says": "Three lines",
             "on": "line_said", "levels": [3]},
        ],
        "levels": {"kind": "xp", "base": 1000, "growth_percent": 10, "max": 10},
        "streak": {"on": ["line_said"], "freeze_every": 7, "freezes_max": 2,
                   "repair_deeds": 3, "repair_days": 1},
        "quest_policy": {"a_day": 0, "a_week": 0},
        "quests": [],
    });
    Arc::new(Compiled::new(serde_json::from_value(set).unwrap()))
}

/// A room in an org that plays by [`rules`].
async fn seed(store: &Store) -> Seeded {
    let org = seed_org(store).await;
    assert!(store.put_rules(org, rules()).await.unwrap());
    assert!(!store.put_rules(org, rules()).await.unwrap());
    seed_room(store, org).await
}

/// Replays every account of an org from its entries, and compares everything derived with it.
/// Answers what each account was paid.
pub(crate) async fn check_ledger(ground: &Ground, org: OrgId) -> BTreeMap<UserId, i64> {
    let db = ground.aside().await;
    let set = rules();
    let mut paid = BTreeMap::new();
    let accounts = account::Entity::find()
        .filter(account::Column::OrgId.eq(org.0))
        .all(&db)
        .await
        .unwrap();
    for row in accounts {
        let user = UserId(row.user_id);
        let entries = deed::Entity::find()
            .filter(deed::Column::OrgId.eq(org.0))
            .filter(deed::Column::UserId.eq(user.0))
            .order_by_asc(deed::Column::Pos)
            .all(&db)
            .await
            .unwrap();
        let lines = award::Entity::find()
            .filter(award::Column::OrgId.eq(org.0))
            .filter(award::Column::UserId.eq(user.0))
            .order_by_asc(award::Column::Pos)
            .order_by_asc(award::Column::Line)
            .all(&db)
            .await
            .unwrap();
        let mut replayed = Account::new(user);
        let mut rooms: BTreeMap<RoomId, RoomTally> = BTreeMap::new();
        let mut standing: BTreeMap<(StreamId, Seq), Vec<Paid>> = BTreeMap::new();
        let (mut sum, mut place) = (0, 0);
        let mut grants = BTreeSet::new();
        let mut totals = BTreeMap::new();
        for (pos, row) in (1..).zip(entries) {
            assert_eq!(row.pos, pos, "positions have no holes");
            assert_eq!(row.rule_set, set.hash());
            let entry = ludus::store::journal::entry_of(row).unwrap();
            let taken_back = match &entry.deed {
                Deed::LineRetracted { room, line } => {
                    standing.get(&(StreamId::Room(*room), *line)).cloned()
                }
                _ => None,
            };
            let mut nowhere = RoomTally::default();
            let tally = match entry.deed.room() {
                Some(room) => rooms.entry(room).or_default(),
                None => &mut nowhere,
            };
            let outcome = replayed.take(&set, &entry, tally, &taken_back.unwrap_or_default());
            for award in outcome.awards {
                let line = &lines[place];
                place += 1;
                assert_eq!(
                    (line.pos, line.rule.as_str(), line.points),
                    (pos, award.rule.as_str(), award.points)
                );
                assert_eq!(line.run, i32::try_from(award.run).unwrap());
                sum += award.points;
                let key = (award.source.stream, award.source.seq);
                let (at, now) = (entry.at, entry.now);
                standing
                    .entry(key)
                    .or_default()
                    .push(Paid { award, at, now });
            }
            grants.extend(
                outcome
                    .badges
                    .into_iter()
                    .map(|grant| (grant.badge, grant.level)),
            );
            for total in outcome.totals {
                let key = (
                    total.scope.to_string(),
                    total.metric.to_string(),
                    total.window.to_string(),
                );
                totals.insert(key, (total.sum, pos));
            }
        }
        assert_eq!(place, lines.len(), "the ledger has lines nobody earned");
        assert_eq!(
            serde_json::from_slice::<Account>(&row.state).unwrap(),
            replayed
        );
        assert_eq!(u64::try_from(row.pos).unwrap(), replayed.pos());
        let stored = badge_grant::Entity::find()
            .filter(badge_grant::Column::OrgId.eq(org.0))
            .filter(badge_grant::Column::UserId.eq(user.0))
            .all(&db)
            .await
            .unwrap();
        assert_eq!(stored.len(), grants.len());
        let stored = total::Entity::find()
            .filter(total::Column::OrgId.eq(org.0))
            .filter(total::Column::UserId.eq(user.0))
            .all(&db)
            .await
            .unwrap();
        let stored: BTreeMap<_, _> = stored
            .into_iter()
            .map(|row| ((row.scope, row.metric, row.window), (row.sum, row.version)))
            .collect();
        assert_eq!(stored, totals);
        let all = ("org".to_owned(), "points:xp".to_owned(), "all".to_owned());
        assert_eq!(stored.get(&all).map_or(0, |total| total.0), sum);
        paid.insert(user, sum);
    }
    paid
}

/// How often somebody's inbox told of a gain.
async fn gains(room: &Seeded, user: UserId) -> usize {
    use ludus_actors::ports::Archive as _;
    let inbox = StreamId::Inbox(user);
    let events = room.store.events(room.org, inbox, Seq::ZERO, 2_000).await;
    let is_gain = |fact: &Fact| matches!(fact, Fact::Inbox(InboxEvent::Gained { .. }));
    events
        .unwrap()
        .iter()
        .filter(|event| is_gain(&event.fact))
        .count()
}

on_both! {
    async fn a_line_is_paid_once_however_often_it_is_sent(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        let mut told = store.totals();
        let line = accepted(room.host, vec![said("hello")]);
        let asked = (0..3).map(|_| room.append(vec![line.clone()]));
        for answer in futures_util::future::join_all(asked).await {
            outcomes(answer);
        }
        outcomes(room.append(vec![line]).await);
        assert_eq!(check_ledger(ground, room.org).await, BTreeMap::from([(room.host, 10)]));
        assert_eq!(gains(&room, room.host).await, 1);
        let heard = told.try_recv().unwrap();
        assert_eq!((heard.org, heard.user, heard.pos), (room.org, room.host, 1));
        assert!(heard.totals.iter().any(|total| total.sum == 10));
        assert!(told.try_recv().is_err());
    }

    async fn what_is_taken_back_is_worth_nothing(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        let first = match outcomes(room.say("never mind").await)[..] {
            [Outcome::Fresh { first, .. }] => first,
            ref other => panic!("{other:?}"),
        };
        let back = |line| Event::Retracted { line, of: Some(room.host) };
        outcomes(room.append(vec![accepted(room.host, vec![back(first)])]).await);
        assert_eq!(check_ledger(ground, room.org).await[&room.host], 0);
        // In one batch, too: the line has its seq when it is taken back.
        let line = first.next().next();
        let at_once = vec![
            accepted(room.host, vec![said("oops")]),
            accepted(room.host, vec![back(line)]),
        ];
        outcomes(room.append(at_once).await);
        assert_eq!(check_ledger(ground, room.org).await[&room.host], 0);
    }

    async fn a_cap_holds_whoever_writes_at_once(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        store.put_rules(org, rules()).await.unwrap();
        let who = UserId(Uuid::now_v7());
        let mut writers = JoinSet::new();
        for writer in 0..16 {
            let mut room = seed_room(&store, org).await;
            room.host = who;
            writers.spawn(async move {
                for line in 0..4 {
                    outcomes(room.say(&format!("{writer}/{line}")).await);
                }
            });
        }
        writers.join_all().await;
        // Five lines of sixty-four, and the badge.
        assert_eq!(check_ledger(ground, org).await, BTreeMap::from([(who, 150)]));
    }

    async fn what_others_do_pays_too(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        outcomes(room.say("a question").await);
        let other = UserId(Uuid::now_v7());
        let mut answer = said("an answer");
        if let Event::Said { reply_to, answers, .. } = &mut answer {
            (*reply_to, *answers) = (Some(Seq(3)), Some(room.host));
        }
        outcomes(room.append(vec![accepted(other, vec![answer])]).await);
        let paid = check_ledger(ground, room.org).await;
        assert_eq!(paid, BTreeMap::from([(room.host, 13), (other, 10)]));
        assert_eq!(gains(&room, room.host).await, 2);
    }

    async fn deeds_outside_of_rooms_take_the_same_way(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        let sets = Arc::clone(store.sets());
        let adjusted = Fact::Inbox(InboxEvent::Adjusted {
            points: "xp".parse().unwrap(),
            by: -7,
            says: "a test".to_owned(),
        });
        let fresh = |fact: &Fact| vec![Fresh {
            org: room.org,
            stream: StreamId::Inbox(room.host),
            by: None,
            facts: vec![fact.clone()],
        }];
        let (done, plain) = (fresh(&adjusted), fresh(&adjusted));
        let performed = store
            .write("adjust", move |txn| Box::pin(async move { perform(txn, &sets, done).await }))
            .await
            .unwrap();
        assert_eq!(performed.totals[0].user, room.host);
        // The event itself, and what it gained, in one stream and one transaction.
        assert_eq!(performed.notes[0].events.len(), 2);
        assert_eq!(check_ledger(ground, room.org).await[&room.host], -7);
        let refused = store.write("adjust", |txn| Box::pin(record(txn, plain))).await;
        assert!(refused.is_err(), "a deed must not get past its rules");
    }

    async fn what_happened_cannot_be_changed(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        for line in 0..3 {
            outcomes(room.say(&line.to_string()).await);
        }
        let db = ground.aside().await;
        for table in ["deed", "award", "badge_grant"] {
            for change in [
                format!("UPDATE {table} SET pos = 99"),
                format!("DELETE FROM {table}"),
            ] {
                let refused = db.execute_unprepared(&change).await;
                assert!(refused.unwrap_err().to_string().contains("append-only"), "{change}");
            }
        }
        check_ledger(ground, room.org).await;
        // Erasure says what it is about to do.
        let erase = "BEGIN; INSERT INTO setting (key, value) VALUES ('erasing', 'x'); \
             DELETE FROM award; DELETE FROM setting WHERE key = 'erasing'; COMMIT";
        db.execute_unprepared(erase).await.unwrap();
        assert!(award::Entity::find().all(&db).await.unwrap().is_empty());
    }

    async fn rules_are_read_back(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        outcomes(room.say("one").await);
        store.shutdown().await;
        let store = ground.open().await;
        assert!(store.sets().known(rules().hash()).is_none());
        let room = Seeded { store: store.clone(), ..room };
        outcomes(room.say("two").await);
        assert_eq!(check_ledger(ground, room.org).await[&room.host], 20);
        let old = store.rules(room.org, rules().hash().to_owned()).await.unwrap();
        assert_eq!(old.hash(), rules().hash());
    }

    async fn a_start_that_changes_no_rules_waits_for_nobody(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        assert!(store.put_rules(org, rules()).await.unwrap());
        let closing = store.clone();
        let (held, wait) = tokio::sync::oneshot::channel();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let close = tokio::spawn(async move {
            closing
                .write("close", move |txn| Box::pin(async move {
                    hold_game(txn, org).await?;
                    held.send(()).ok();
                    gone.await.ok();
                    Ok(())
                }))
                .await
        });
        wait.await.unwrap();
        let soon = std::time::Duration::from_millis(800);
        let put = tokio::time::timeout(soon, store.put_rules(org, rules())).await;
        assert!(matches!(put, Ok(Ok(false))), "it waited for the window: {put:?}");
        go.send(()).unwrap();
        close.await.unwrap().unwrap();
    }

    async fn nothing_is_paid_while_a_window_closes(ground: &Ground) {
        let store = ground.open().await;
        let room = seed(&store).await;
        let (org, closing) = (room.org, store.clone());
        let (held, wait) = tokio::sync::oneshot::channel();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let close = tokio::spawn(async move {
            closing
                .write("close", move |txn| Box::pin(async move {
                    let game = hold_game(txn, org).await?.unwrap();
                    held.send(game.rule_set).ok();
                    gone.await.ok();
                    Ok(())
                }))
                .await
        });
        assert_eq!(wait.await.unwrap(), rules().hash());
        let line = room.say("while it closes");
        tokio::pin!(line);
        let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut line).await;
        assert!(early.is_err(), "a line was paid while a window closed");
        go.send(()).unwrap();
        close.await.unwrap().unwrap();
        outcomes(line.await);
        check_ledger(ground, org).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_grant_a_badge_once() {
    let Some(ground) = Ground::postgres().await else {
        return;
    };
    let nodes = [ground.open().await, ground.open().await];
    let org = seed_org(&nodes[0]).await;
    nodes[0].put_rules(org, rules()).await.unwrap();
    let people: Vec<_> = (0..8).map(|_| UserId(Uuid::now_v7())).collect();
    let mut writers = JoinSet::new();
    for who in &people {
        for node in &nodes {
            let mut room = seed_room(node, org).await;
            room.host = *who;
            writers.spawn(async move {
                for line in 0..3 {
                    outcomes(room.say(&line.to_string()).await);
                }
            });
        }
    }
    writers.join_all().await;
    let paid = check_ledger(&ground, org).await;
    for who in people {
        // Five of six lines, and one badge.
        assert_eq!(paid[&who], 150);
    }
}
