//! The commit unit: gap-free, once, on the world as it is, all or nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use ludus_actors::ports::{Archive as _, Journal as _};
use ludus_domain::ids::{Seq, UserId};
use ludus_domain::journal::{Appended, Fact, Fault, InboxEvent, Outcome};
use ludus_domain::refusal::Refusal;
use ludus_domain::room::{Event, Phase};
use ludus_domain::stream::StreamId;
use ludus_entities::{member, room};
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::{Ground, accepted, on_both, outcomes, refused, said, seed_org, seed_room};

fn someone() -> UserId {
    UserId(Uuid::now_v7())
}

on_both! {
    async fn a_room_has_no_gaps_whoever_writes(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let mut rooms = vec![];
        for _ in 0..3 {
            rooms.push(seed_room(&store, org).await);
        }
        let mut writers = JoinSet::new();
        for writer in 0..12 {
            let room = rooms[writer % 3].clone();
            writers.spawn(async move {
                let mut mine = vec![];
                for line in 0..40 {
                    let text = format!("{writer}/{line}");
                    match room.say(&text).await.unwrap() {
                        Appended::Committed { before, head, events, outcomes, .. } => {
                            assert_eq!(head, before.next());
                            assert_eq!(events[0].seq, head);
                            assert_eq!(outcomes, [Outcome::Fresh { first: head, count: 1 }]);
                            mine.push((head, text));
                        }
                        moved @ Appended::Moved { .. } => panic!("{moved:?}"),
                    }
                }
                // One writer's lines stand in the order it wrote them.
                assert!(mine.is_sorted());
                (room.room, mine)
            });
        }
        let mut answered = BTreeSet::new();
        while let Some(done) = writers.join_next().await {
            let (room, mine) = done.unwrap();
            answered.extend(mine.into_iter().map(|(seq, text)| (room, seq, text)));
        }
        for room in &rooms {
            let events = room.events().await;
            let seqs: Vec<u64> = events.iter().map(|recorded| recorded.seq.0).collect();
            assert_eq!(seqs, (1..=162).collect::<Vec<_>>());
            assert!(events.is_sorted_by_key(|recorded| recorded.at));
            for recorded in &events[2..] {
                let Fact::Room(Event::Said { text, .. }) = &recorded.fact else {
                    panic!("{recorded:?}");
                };
                assert!(answered.contains(&(room.room, recorded.seq, text.clone())));
            }
        }
    }

    async fn the_same_command_three_times_at_once_is_one_event(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let twice = accepted(room.host, vec![said("once"), said("and again")]);
        let asked = (0..3).map(|_| room.append(vec![twice.clone()]));
        let answers = futures_util::future::join_all(asked).await;
        let mut fresh = 0;
        for answer in answers {
            match outcomes(answer)[..] {
                [Outcome::Fresh { first: Seq(3), count: 2 }] => fresh += 1,
                [Outcome::Duplicate { first: Seq(3), count: 2 }] => {}
                ref other => panic!("{other:?}"),
            }
        }
        assert_eq!(fresh, 1);
        assert_eq!(room.events().await.len(), 4);

        // Twice in one append is once, too.
        let once = accepted(room.host, vec![said("alone")]);
        let answers = outcomes(room.append(vec![once.clone(), once]).await);
        assert_eq!(answers[0], Outcome::Fresh { first: Seq(5), count: 1 });
        assert_eq!(answers[1], Outcome::Duplicate { first: Seq(5), count: 1 });
    }

    async fn an_id_is_used_for_one_command_only(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let first = accepted(room.host, vec![said("this")]);
        outcomes(room.append(vec![first.clone()]).await);
        let mut other = first.clone();
        other.fingerprint = 8;
        assert_eq!(
            outcomes(room.append(vec![other]).await),
            [Outcome::Refused(Refusal::IdReused)]
        );
        // Somebody else's id is their own.
        let mut theirs = first;
        theirs.sender = someone();
        assert_eq!(
            outcomes(room.append(vec![theirs]).await),
            [Outcome::Fresh { first: Seq(4), count: 1 }]
        );
        assert_eq!(room.events().await.len(), 4);
    }

    async fn a_refusal_gives_way_to_the_first_answer(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let line = accepted(room.host, vec![said("heard")]);
        outcomes(room.append(vec![line.clone()]).await);
        let mut again = line;
        again.verdict = Err(Refusal::Muted);
        assert_eq!(
            outcomes(room.append(vec![again, refused(room.host, Refusal::Muted)]).await),
            [
                Outcome::Duplicate { first: Seq(3), count: 1 },
                Outcome::Refused(Refusal::Muted)
            ]
        );
    }

    async fn nothing_to_change_is_an_answer_without_an_event(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        assert_eq!(
            outcomes(room.append(vec![accepted(room.host, vec![])]).await),
            [Outcome::Fresh { first: Seq(2), count: 0 }]
        );
        assert_eq!(room.events().await.len(), 2);
    }

    async fn what_rests_on_an_old_world_is_decided_again(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let pause = accepted(room.host, vec![Event::PhaseChanged { phase: Phase::Paused }]);
        match room.append(vec![pause.clone()]).await.unwrap() {
            Appended::Committed { head: Seq(3), guard: Seq(3), .. } => {}
            other => panic!("{other:?}"),
        }
        // Lists and the state beside the head know it.
        let stored = store.room(org, room.room, 10).await.unwrap().unwrap();
        assert_eq!((stored.state.phase, stored.guard, stored.head), (Phase::Paused, Seq(3), Seq(3)));
        assert_eq!(stored.tail.len(), 3);
        let id = (org.0, room.room.0);
        let row = store
            .read("test", move |db| Box::pin(async move { Ok(room::Entity::find_by_id(id).one(db).await?) }))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.phase, "paused");

        // Decided on 2, while the guard is at 3.
        let late = accepted(room.host, vec![said("late")]);
        assert_eq!(
            room.append(vec![late.clone()]).await.unwrap(),
            Appended::Moved { head: Seq(3), guard: Seq(3), known: vec![] }
        );
        // A refusal may be outdated as well.
        assert!(matches!(
            room.append(vec![refused(room.host, Refusal::NotLive)]).await.unwrap(),
            Appended::Moved { .. }
        ));
        // What was written already is answered on the way.
        assert_eq!(
            room.append(vec![late.clone(), pause.clone()]).await.unwrap(),
            Appended::Moved {
                head: Seq(3),
                guard: Seq(3),
                known: vec![(1, Outcome::Duplicate { first: Seq(3), count: 1 })]
            }
        );
        // A commit whose answer was lost: all of it is known, whatever the guard.
        assert_eq!(
            room.append(vec![pause.clone()]).await.unwrap(),
            Appended::Committed {
                epoch: stored.epoch,
                before: Seq(3),
                head: Seq(3),
                guard: Seq(3),
                outcomes: vec![Outcome::Duplicate { first: Seq(3), count: 1 }],
                events: vec![]
            }
        );
        // On the right guard, but resting on an old command of one's own.
        let mut room = room;
        room.guard = Seq(3);
        assert_eq!(
            room.append(vec![pause, late.clone()]).await.unwrap(),
            Appended::Moved {
                head: Seq(3),
                guard: Seq(3),
                known: vec![(0, Outcome::Duplicate { first: Seq(3), count: 1 })]
            }
        );
        assert_eq!(room.events().await.len(), 3);
        // Lines do not move the guard: two of them never conflict.
        outcomes(room.append(vec![late]).await);
        outcomes(room.say("another").await);
    }

    async fn one_poisoned_line_takes_nobody_along(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let aside = ground.aside().await;
        let poison = match aside.get_database_backend() {
            DbBackend::Postgres => {
                "ALTER TABLE event ADD CONSTRAINT poison CHECK (position('poison'::bytea in body) = 0)"
            }
            _ => {
                "CREATE TRIGGER poison BEFORE INSERT ON event \
                 WHEN instr(CAST(NEW.body AS TEXT), 'poison') \
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            }
        };
        aside.execute_unprepared(poison).await.unwrap();
        // Hold the writer up, so that they all come in one batch.
        let holding = store.write("hold", |_| {
            Box::pin(async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(())
            })
        });
        let asked = (0..20).map(|line| {
            let room = room.clone();
            async move {
                let text = if line == 13 { "poison".to_owned() } else { format!("line {line}") };
                room.say(&text).await
            }
        });
        let (held, answers) = tokio::join!(holding, futures_util::future::join_all(asked));
        held.unwrap();
        for (line, answer) in answers.into_iter().enumerate() {
            if line == 13 {
                assert_eq!(answer, Err(Fault::Poisoned));
            } else {
                assert!(matches!(outcomes(answer)[..], [Outcome::Fresh { .. }]));
            }
        }
        let seqs: Vec<u64> = room.events().await.iter().map(|recorded| recorded.seq.0).collect();
        assert_eq!(seqs, (1..=21).collect::<Vec<_>>());
    }

    async fn a_room_that_nobody_opened_takes_nothing(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let mut room = seed_room(&store, org).await;
        // Of another org: as good as nowhere.
        room.org = seed_org(&store).await;
        assert_eq!(room.say("hello?").await, Err(Fault::Poisoned));
    }

    async fn what_an_event_causes_is_committed_with_it(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let mut room = seed_room(&store, org).await;
        let (learner, friend) = (someone(), someone());
        let mut heard = store.committed();

        let joined = [learner, friend].map(|user| {
            accepted(user, vec![Event::Joined { user, name: "L".to_owned(), host: false }])
        });
        outcomes(room.append(joined.to_vec()).await);
        room.guard = Seq(4);
        let line = Event::said("look", vec![room.host, learner, friend]);
        outcomes(room.append(vec![accepted(room.host, vec![line.clone()]), accepted(friend, vec![line])]).await);

        // The host mentioned three, one of them herself; the friend three as well.
        for (user, lines) in [(learner, vec![5, 6]), (friend, vec![5]), (room.host, vec![6])] {
            let inbox = store.events(org, StreamId::Inbox(user), Seq::ZERO, 10).await.unwrap();
            let noted: Vec<_> = inbox
                .iter()
                .map(|recorded| match recorded.fact {
                    Fact::Inbox(InboxEvent::Mentioned { line, .. }) => line.0,
                    ref other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(noted, lines);
            assert_eq!(inbox[0].seq, Seq(1));
            let head = store.head(org, StreamId::Inbox(user)).await.unwrap();
            assert_eq!(head.seq.0, lines.len() as u64);
        }
        // Whoever listens hears every stream, in whole batches.
        let mut streams = BTreeSet::new();
        while let Ok(notes) = heard.try_recv() {
            streams.insert(notes.stream);
        }
        assert_eq!(streams.len(), 4);

        // Seats follow: one is taken away, with a note; the other leaves and comes back.
        let again = Event::Joined { user: friend, name: "F".to_owned(), host: false };
        outcomes(
            room.append(vec![
                accepted(room.host, vec![Event::Removed { user: learner }]),
                accepted(friend, vec![Event::Left { user: friend }]),
                accepted(friend, vec![again]),
                accepted(room.host, vec![Event::Renamed { title: "Hall".to_owned() }]),
            ])
            .await,
        );
        let inbox = store.events(org, StreamId::Inbox(learner), Seq(2), 10).await.unwrap();
        assert!(matches!(inbox[0].fact, Fact::Inbox(InboxEvent::RemovedFromRoom { .. })));
        let (members, rows) = store
            .read("test", |db| {
                Box::pin(async move {
                    Ok((member::Entity::find().all(db).await?, room::Entity::find().all(db).await?))
                })
            })
            .await
            .unwrap();
        let names: BTreeSet<_> = members.iter().map(|seat| seat.name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["Host", "F"]));
        assert_eq!(rows[0].title, "Hall");
    }

    async fn a_full_queue_says_so_at_once(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        // Somebody else holds what the lane needs.
        let aside = ground.aside().await;
        let (held, mut holding) = tokio::sync::mpsc::channel(1);
        let holder = tokio::spawn(async move {
            use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait as _};
            let options = TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            let txn = aside.begin_with_options(options).await.unwrap();
            txn.execute_unprepared("UPDATE stream SET moved_at = moved_at").await.unwrap();
            held.send(()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(700)).await;
            txn.rollback().await.unwrap();
        });
        holding.recv().await.unwrap();
        let mut asked = JoinSet::new();
        for line in 0..1_600 {
            let append = room.plan(vec![accepted(room.host, vec![said(&format!("{line}"))])]);
            let answer = room.store.append(append);
            asked.spawn(async move {
                let started = tokio::time::Instant::now();
                (answer.await, started.elapsed())
            });
        }
        let (mut done, mut full) = (0, 0);
        while let Some(answer) = asked.join_next().await {
            match answer.unwrap() {
                (Ok(Appended::Committed { .. }), _) => done += 1,
                (Err(Fault::Unavailable { retry_after_ms }), after) => {
                    assert!(retry_after_ms > 0);
                    assert!(after < Duration::from_millis(500), "told only after {after:?}");
                    full += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        holder.await.unwrap();
        assert_eq!(done + full, 1_600);
        // What the queue and one batch take is taken; the rest was told so.
        assert!((1_024..=1_300).contains(&done), "{done}");
        assert_eq!(room.store.head(org, StreamId::Room(room.room)).await.unwrap().seq.0, 2 + done);
    }

    async fn a_caller_who_leaves_cancels_nothing(ground: &Ground) {
        let store = ground.open().await;
        let org = seed_org(&store).await;
        let room = seed_room(&store, org).await;
        let line = accepted(room.host, vec![said("still here")]);
        drop(store.append(room.plan(vec![line.clone()])));
        let mut tries = 0;
        while room.events().await.len() < 3 {
            tries += 1;
            assert!(tries < 200, "it never came");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(
            outcomes(room.append(vec![line]).await),
            [Outcome::Duplicate { first: Seq(3), count: 1 }]
        );
    }
}
