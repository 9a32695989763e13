//! Who stops listening stops the provider, within a second and without leaving a debt.

use std::time::{Duration, Instant};

use ludus::config::{LlmSettings, Timeouts};
use ludus_actors::llm::{Llm, Piece};

use super::kit::*;

/// With the deadlines of real life, which are too late to be mistaken for a hang-up.
fn patient(server: &Server) -> Asker {
    let mut settings = settings("scripted", server.address);
    settings.timeouts = Timeouts::default();
    asker_of(&[settings], &LlmSettings::default())
}

/// Waits for the question to arrive.
async fn is_asked(server: &Server) {
    while server
        .seen()
        .first()
        .is_none_or(|seen| seen.request.is_empty())
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn is_settled(asker: &Asker) {
    for _ in 0..200 {
        if asker.ledger.reserved() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a reservation was left behind");
}

#[tokio::test]
async fn before_the_first_word() {
    for script in [vec![Step::Hang], vec![send(STREAM), Step::Hang]] {
        let server = Server::once(script).await;
        let asker = patient(&server);
        let running = asker.router.start(ask());
        is_asked(&server).await;
        let stopped = Instant::now();
        drop(running);
        assert!(server.hung_up().await.duration_since(stopped) < Duration::from_secs(1));
        is_settled(&asker).await;
        // The prompt was read by somebody who wants to be paid for it.
        assert!(asker.ledger.spent() > 0);
    }
}

#[tokio::test]
async fn in_the_middle_while_it_thinks() {
    let script = vec![send(STREAM), send(token("Hm ")), Step::Hang];
    let server = Server::once(script).await;
    let asker = patient(&server);
    let mut running = asker.router.start(ask());
    while !matches!(running.next().await, Some(Piece::Text(_))) {}
    let stopped = Instant::now();
    drop(running);
    assert!(server.hung_up().await.duration_since(stopped) < Duration::from_secs(1));
    is_settled(&asker).await;
    assert!(asker.ledger.spent() > 0);
}

#[tokio::test]
async fn in_the_middle_while_it_goes_on_speaking() {
    let server = Server::once(vec![send(STREAM), Step::Forever(token("word ").into(), 20)]).await;
    let asker = patient(&server);
    let mut running = asker.router.start(ask());
    let mut texts = 0;
    while texts < 3 {
        texts += usize::from(matches!(running.next().await, Some(Piece::Text(_))));
    }
    let stopped = Instant::now();
    drop(running);
    assert!(server.hung_up().await.duration_since(stopped) < Duration::from_secs(1));
    is_settled(&asker).await;
    assert!(asker.ledger.spent() > 0);
    // It was no fault of the provider's, who may be asked again.
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn in_the_middle_with_more_waiting_than_anybody_takes() {
    // The task stands in a full channel when the listener goes.
    let server = Server::once(vec![send(STREAM), Step::Forever(token("word ").into(), 1)]).await;
    let asker = patient(&server);
    let running = asker.router.start(ask());
    tokio::time::sleep(Duration::from_millis(400)).await;
    let stopped = Instant::now();
    drop(running);
    assert!(server.hung_up().await.duration_since(stopped) < Duration::from_secs(1));
    is_settled(&asker).await;
}

#[tokio::test]
async fn while_waiting_for_a_seat() {
    let server = Server::once(vec![Step::Hang]).await;
    let llm = LlmSettings {
        streams_per_org: 1,
        ..LlmSettings::default()
    };
    let asker = asker_of(&[settings("scripted", server.address)], &llm);
    let first = asker.router.start(ask());
    is_asked(&server).await;
    drop(asker.router.start(ask()));
    drop(first);
    server.hung_up().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.asked(), 1, "who left the line is not asked for");
}
