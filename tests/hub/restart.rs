//! A hub that comes back is where it was: nobody signs in again, nobody misses a line.

use crate::kit::*;

on_both! {
    async fn two_people_go_on_where_they_were(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let learner = hub.person("Lena Learner", Role::Learner).await;
        let room = hub.owner.open(&RoomWish::lounge("Lounge")).await.unwrap().id;
        let mut olga = hub.viewer(&hub.owner, room).await;
        let mut lena = hub.member(&learner, room, None).await;
        acked(olga.ask(room, say("before"), SOON).await);
        assert!(sees(&mut lena, "before").await);

        hub.kill9();
        hub.resume().await;

        // What is said meanwhile by somebody who is back first.
        olga.connect().await.expect("resumes without signing in");
        acked(olga.ask(room, say("while you were away"), SOON).await);
        lena.connect().await.expect("resumes without signing in");
        assert!(sees(&mut lena, "while you were away").await);
        acked(lena.ask(room, say("and on it goes"), SOON).await);
        assert!(sees(&mut olga, "and on it goes").await);
    }

    async fn an_access_token_outlives_the_process(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let learner = hub.person("Lena Learner", Role::Learner).await;
        hub.restart().await;
        learner.ticket().await.expect("the same token is still good");
        let again = hub.rest.login("Lena Learner").await.unwrap();
        assert_eq!(again.user, learner.user);
    }
}

/// A resume that reaches further back than memory comes from the store, whole and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_absence_is_replayed_from_the_store() {
    let mut hub = Hub::start(Backend::Sqlite).await;
    let (room, code, guests) = hub.crowd(2).await;
    let mut speaker = hub.member(&guests[0], room, Some(&code)).await;
    let mut away = hub.member(&guests[1], room, Some(&code)).await;
    away.cut();
    for number in 0..600 {
        speaker.send(room, say(format!("line {number}"))).await;
        if number % 30 == 29 {
            let last = format!("line {number}");
            assert!(
                sees(&mut speaker, &last).await,
                "{last}: {:?}",
                speaker.last_end
            );
            // Below what one connection may send.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }
    hub.restart().await;
    away.connect().await.unwrap();
    let stream = StreamId::Room(room);
    let mut next = 0;
    loop {
        let frame = tokio::time::timeout(SOON, away.hear())
            .await
            .unwrap()
            .unwrap();
        match frame {
            ServerFrame::Event { event, .. } => {
                if let ludus_domain::journal::Fact::Room(Event::Said { text, .. }) = &event.fact {
                    assert_eq!(*text, format!("line {next}"));
                    next += 1;
                }
            }
            ServerFrame::Subscribed { stream: which, .. } if which == stream => break,
            ServerFrame::Reset { .. } => panic!("600 lines are no reason for a reset"),
            _ => {}
        }
    }
    assert_eq!(next, 600);
}
