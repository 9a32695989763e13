//! Nobody spends more than there is, however many ask at once and whatever providers say.

use std::sync::atomic::Ordering;

use ludus::config::LlmSettings;
use ludus_actors::llm::{Llm, LlmFault};

use super::kit::*;

/// The most that [`ask`] can cost: 24 bytes of prompt in two messages and a hundred tokens.
const WORST: u64 = (24 + 2 * 16 + 64) + 2 * 100;

fn with_limit(limit: u64) -> LlmSettings {
    LlmSettings {
        streams_per_org: 200,
        org_day_micro: Some(limit),
        ..LlmSettings::default()
    }
}

#[tokio::test]
async fn a_hundred_at_once_stay_within_the_limit() {
    let limit = 12 * WORST;
    let server = Server::once(good(REPLY)).await;
    let asker = asker_of(&[settings("scripted", server.address)], &with_limit(limit));
    let running: Vec<_> = (0..100).map(|_| asker.router.start(ask())).collect();
    let mut refused = 0;
    let mut cost = 0;
    for one in running {
        match hear(one).await.end {
            Ok(done) => cost += done.cost_micro,
            Err(fault) => {
                assert_eq!(fault, LlmFault::Budget);
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "the limit was never reached");
    let peak = asker.ledger.peak.load(Ordering::SeqCst);
    assert!(peak <= limit && peak > limit - WORST, "{peak} of {limit}");
    assert_eq!((asker.ledger.spent(), asker.ledger.reserved()), (cost, 0));
    assert_eq!(
        server.asked(),
        100 - refused,
        "who has no money is not asked for"
    );
}

#[tokio::test]
async fn a_provider_that_lies_is_not_paid_for_it() {
    let limit = WORST;
    let greedy = [
        STREAM,
        &token("one word"),
        &finish("stop"),
        &usage(1_000_000, 1_000_000),
        DONE,
    ];
    let server = Server::once(vec![send(greedy.concat())]).await;
    let asker = asker_of(&[settings("greedy", server.address)], &with_limit(limit));
    let heard = heard(&asker).await;
    assert!(heard.done().usage.estimated && heard.done().cost_micro < WORST);
    assert_eq!(asker.ledger.spent(), heard.done().cost_micro);
}

#[tokio::test]
async fn tries_in_vain_are_counted() {
    // It read the question, and whoever reads wants to be paid.
    let vain = Server::once(vec![send(STREAM), Step::Hang]).await;
    let refusing = Server::once(vec![status("500 Internal Server Error", "", "")]).await;
    let fine = Server::once(good(REPLY)).await;
    let all = [
        settings("vain", vain.address),
        settings("refusing", refusing.address),
        settings("fine", fine.address),
    ];
    let asker = asker_of(&all, &with_limit(1_000_000));
    let heard = heard(&asker).await;
    let of_the_last = heard.done().cost_micro;
    // 24 bytes are likely 6 tokens and 8 of its frame.
    assert_eq!(asker.ledger.spent(), of_the_last + 14);
}

#[tokio::test]
async fn without_a_book_nobody_spends() {
    let server = Server::once(good(REPLY)).await;
    let asker = asker(&server);
    asker.ledger.lose();
    for _ in 0..8 {
        assert_eq!(heard(&asker).await.fault(), LlmFault::Budget);
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn who_cannot_pay_for_the_dear_one_may_have_the_free_one() {
    let dear = Server::once(good("dear")).await;
    let free = Server::once(good("free")).await;
    let mut own = settings("free", free.address);
    for model in &mut own.models {
        model.prompt_price_micro = 0;
        model.completion_price_micro = 0;
    }
    let all = [settings("dear", dear.address), own];
    let asker = asker_of(&all, &with_limit(WORST - 1));
    assert_eq!(heard(&asker).await.text, "free");
    assert_eq!((dear.asked(), asker.ledger.spent()), (0, 0));
}

#[tokio::test]
async fn each_purse_counts() {
    for (name, limits) in [
        (
            "room",
            LlmSettings {
                room_micro: Some(WORST - 1),
                ..LlmSettings::default()
            },
        ),
        (
            "learner",
            LlmSettings {
                learner_day_micro: Some(WORST - 1),
                ..LlmSettings::default()
            },
        ),
    ] {
        let server = Server::once(good(REPLY)).await;
        let asker = asker_of(&[settings("scripted", server.address)], &limits);
        assert_eq!(heard(&asker).await.fault(), LlmFault::Budget, "{name}");
        let mut nobodys = ask();
        nobodys.room = None;
        nobodys.learner = None;
        assert_eq!(
            hear(asker.router.start(nobodys)).await.text,
            REPLY,
            "{name}"
        );
    }
}
