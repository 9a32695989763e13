//! Two processes on one database: what one decided, the other respects, with nothing between them
//! but the store.

use crate::kit::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mute_here_is_a_mute_there() {
    if !has_postgres() {
        return;
    }
    let hub = Hub::start(Backend::Postgres).await;
    let there = hub.another_node().await;
    let (room, code, guests) = hub.crowd(1).await;
    let log = hub.log();
    let mut host = hub.client(&hub.owner).await;
    let mut guest = Client::new(there.account(&guests[0]), "guest", &log);
    guest.connect().await.unwrap();
    let join = Command::Join { code: Some(code) };
    acked(guest.ask(room, join, SOON).await);
    for round in 0..10 {
        acked(guest.ask(room, say(format!("before {round}")), SOON).await);
        let mute = |muted| Command::Mute {
            user: guests[0].user,
            muted,
            minutes: None,
        };
        acked(host.ask(room, mute(true), SOON).await);
        let refused = guest.ask(room, say(format!("muted {round}")), SOON).await;
        assert_eq!(nacked(refused), Refusal::Muted);
        acked(host.ask(room, mute(false), SOON).await);
    }
    guest.read_history(room, 0).await.unwrap();
    let verdict = hub.check(&log).await;
    assert!(verdict.holds(), "{verdict}");
}

/// Both nodes talk at once; the journal has one order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_write_one_journal() {
    if !has_postgres() {
        return;
    }
    let hub = Hub::start(Backend::Postgres).await;
    let there = hub.another_node().await;
    let (room, code, guests) = hub.crowd(2).await;
    let log = hub.log();
    let mut one = Client::new(guests[0].clone(), "here", &log);
    let mut two = Client::new(there.account(&guests[1]), "there", &log);
    for client in [&mut one, &mut two] {
        client.connect().await.unwrap();
        let join = Command::Join {
            code: Some(code.clone()),
        };
        acked(client.ask(room, join, SOON).await);
    }
    for number in 0..100 {
        let here = one.send(room, say(format!("here {number}"))).await;
        let there = two.send(room, say(format!("there {number}"))).await;
        acked(one.answer(here, SOON).await);
        acked(two.answer(there, SOON).await);
    }
    for client in [&mut one, &mut two] {
        client.read_history(room, 0).await.unwrap();
    }
    let verdict = hub.check(&log).await;
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.seen.acknowledged, 202);
}
