//! T5: the same message three times at once is one event, and every reply says so.

use uuid::Uuid;

use crate::kit::*;

on_both! {
    async fn three_times_at_once_is_one_event(backend: Backend) {
        let hub = Hub::start(backend).await;
        let (room, code, guests) = hub.crowd(1).await;
        let first = hub.member(&guests[0], room, Some(&code)).await;
        let mut tabs = vec![first, hub.client(&guests[0]).await, hub.client(&guests[0]).await];
        for round in 0..20 {
            let id = CommandId(Uuid::now_v7());
            let text = format!("round {round}");
            for tab in &mut tabs {
                tab.send_as(id, room, say(&*text)).await;
            }
            let mut answers = Vec::new();
            for tab in &mut tabs {
                answers.push(acked(tab.answer(id, SOON).await));
            }
            let (seq, _, _) = answers[0];
            assert!(answers.iter().all(|(at, count, _)| (*at, *count) == (seq, 1)), "{answers:?}");
            let first_answers = answers.iter().filter(|(_, _, dup)| !dup).count();
            assert_eq!(first_answers, 1, "{answers:?}");
        }
        let said: usize = lines(&guests[0], room).await.len();
        assert_eq!(said, 20);
    }

    async fn over_rest_too_and_for_as_long_as_the_journal_is_kept(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let (room, code, guests) = hub.crowd(1).await;
        let mut tab = hub.member(&guests[0], room, Some(&code)).await;
        let id = CommandId(Uuid::now_v7());
        tab.send_as(id, room, say("once")).await;
        let (seq, ..) = acked(tab.answer(id, SOON).await);
        hub.restart().await;
        let answer = guests[0].command(id, room, &say("once")).await.unwrap();
        let text = answer.to_string();
        assert!(text.contains(&format!("\"seq\":{seq}")), "{text}");
        assert!(text.contains("\"dup\":true"), "{text}");
        assert_eq!(lines(&guests[0], room).await.len(), 1);
    }

    async fn an_id_with_other_words_is_refused(backend: Backend) {
        let hub = Hub::start(backend).await;
        let (room, code, guests) = hub.crowd(2).await;
        let mut tab = hub.member(&guests[0], room, Some(&code)).await;
        let id = CommandId(Uuid::now_v7());
        tab.send_as(id, room, say("these words")).await;
        let first = acked(tab.answer(id, SOON).await);
        tab.send_as(id, room, say("other words")).await;
        assert_eq!(nacked(tab.answer(id, SOON).await), Refusal::IdReused);
        // Somebody else's id is somebody else's: the same number from another person is another command.
        let mut other = hub.member(&guests[1], room, Some(&code)).await;
        other.send_as(id, room, say("these words")).await;
        let second = acked(other.answer(id, SOON).await);
        assert_ne!(first.0, second.0);
        assert!(!second.2);
    }
}

async fn lines(account: &Account, room: RoomId) -> Vec<Seq> {
    let pages = account.history(room).await.unwrap();
    let events = pages.into_iter().flat_map(|page| page.events);
    events
        .filter(|event| event.fact.kind() == "said")
        .map(|event| event.seq)
        .collect()
}

/// Two nodes, one database, the same message to both at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_at_once_are_one_event() {
    if !has_postgres() {
        return;
    }
    let hub = Hub::start(Backend::Postgres).await;
    let other = hub.another_node().await;
    let (room, code, guests) = hub.crowd(1).await;
    let mut here = hub.member(&guests[0], room, Some(&code)).await;
    let mut there = hub.client(&other.account(&guests[0])).await;
    for round in 0..20 {
        let id = CommandId(Uuid::now_v7());
        let text = format!("round {round}");
        here.send_as(id, room, say(&*text)).await;
        there.send_as(id, room, say(&*text)).await;
        let one = acked(here.answer(id, SOON).await);
        let two = acked(there.answer(id, SOON).await);
        assert_eq!((one.0, one.1), (two.0, two.1));
        assert!(one.2 != two.2, "{one:?} {two:?}");
    }
    assert_eq!(lines(&guests[0], room).await.len(), 20);
}
