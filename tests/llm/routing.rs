//! Whom to ask instead, whom to leave alone for a while, and who waits.

use std::time::Duration;

use ludus::config::LlmSettings;
use ludus_actors::llm::{Llm, LlmFault};
use ludus_domain::ids::OrgId;
use uuid::Uuid;

use super::kit::*;

#[tokio::test]
async fn the_next_one_is_asked_before_the_first_word_only() {
    let failing: [Script; 4] = [
        vec![status("503 Service Unavailable", "", "")],
        vec![send(STREAM)],
        vec![send(STREAM), Step::Hang],
        vec![send([STREAM, DONE].concat())],
    ];
    for script in failing {
        let first = Server::once(script).await;
        let second = Server::once(good("the second one")).await;
        let all = [
            settings("first", first.address),
            settings("second", second.address),
        ];
        let asker = asker_of(&all, &LlmSettings::default());
        let heard = heard(&asker).await;
        assert_eq!(heard.text, "the second one");
        let who = ("second".to_owned(), "small".to_owned());
        assert_eq!(heard.begun, Some(who));
        assert_eq!(asker.ledger.reserved(), 0);
    }
    let first = Server::once(vec![send(STREAM), send(token("One moment"))]).await;
    let second = Server::once(good("the second one")).await;
    let all = [
        settings("first", first.address),
        settings("second", second.address),
    ];
    let heard = heard(&asker_of(&all, &LlmSettings::default())).await;
    assert_eq!(
        (heard.fault(), heard.text.as_str()),
        (LlmFault::Truncated, "One moment")
    );
    assert_eq!(second.asked(), 0);
}

#[tokio::test]
async fn order_is_the_asks_else_the_operators() {
    let first = Server::once(good("first")).await;
    let second = Server::once(good("second")).await;
    let all = [
        settings("first", first.address),
        settings("second", second.address),
    ];
    let llm = LlmSettings {
        order: vec!["second/large".to_owned(), "first/small".to_owned()],
        ..LlmSettings::default()
    };
    let asker = asker_of(&all, &llm);
    let heard_it = heard(&asker).await;
    assert_eq!(
        heard_it.begun.unwrap(),
        ("second".to_owned(), "large".to_owned())
    );
    let mut named = ask();
    named.providers = vec![
        choice("nobody", "x"),
        choice("first", "none"),
        choice("first", ""),
    ];
    let heard_it = hear(asker.router.start(named)).await;
    assert_eq!(
        heard_it.begun.unwrap(),
        ("first".to_owned(), "small".to_owned())
    );
    let mut unknown = ask();
    unknown.providers = vec![choice("nobody", "x")];
    let heard_it = hear(asker.router.start(unknown)).await;
    assert_eq!(heard_it.fault(), LlmFault::NoProvider);
    assert_eq!(asker.router.choices().len(), 4);

    let nobody = asker_of(&[], &LlmSettings::default());
    assert_eq!(heard(&nobody).await.fault(), LlmFault::NoProvider);
}

#[tokio::test]
async fn who_keeps_failing_is_left_alone_and_tried_again() {
    let broken = vec![status("500 Internal Server Error", "", "")];
    let mut scripts = vec![broken; 5];
    scripts.push(good("back again"));
    let server = Server::start(scripts).await;
    let asker = asker(&server);
    for _ in 0..5 {
        assert_eq!(
            heard(&asker).await.fault(),
            LlmFault::Refused { status: 500 }
        );
    }
    assert_eq!(heard(&asker).await.fault(), LlmFault::CircuitOpen);
    assert_eq!(server.asked(), 5, "nobody knocks during the rest");
    // Another model of the same provider may be fine.
    let mut other = ask();
    other.providers = vec![choice("scripted", "large")];
    assert_eq!(hear(asker.router.start(other)).await.text, "back again");
    asker.hands.forward(4_999);
    assert_eq!(heard(&asker).await.fault(), LlmFault::CircuitOpen);
    asker.hands.forward(1);
    assert_eq!(heard(&asker).await.text, "back again");
    assert_eq!(heard(&asker).await.text, "back again");
}

#[tokio::test]
async fn who_wants_a_rest_gets_it() {
    let limited = vec![status("429 Too Many Requests", "retry-after: 7\r\n", "")];
    let server = Server::start(vec![limited, good("rested")]).await;
    let asker = asker(&server);
    let fault = LlmFault::RateLimited {
        retry_after_s: Some(7),
    };
    assert_eq!(heard(&asker).await.fault(), fault);
    asker.hands.forward(6_999);
    assert_eq!(heard(&asker).await.fault(), LlmFault::CircuitOpen);
    assert_eq!(server.asked(), 1);
    asker.hands.forward(1);
    assert_eq!(heard(&asker).await.text, "rested");
}

#[tokio::test]
async fn a_wrong_question_is_nobodys_failure() {
    let wrong = vec![status("400 Bad Request", "", "")];
    let mut scripts = vec![wrong; 8];
    scripts.push(good("fine"));
    let server = Server::start(scripts).await;
    let asker = asker(&server);
    for _ in 0..8 {
        assert_eq!(
            heard(&asker).await.fault(),
            LlmFault::Refused { status: 400 }
        );
    }
    assert_eq!(heard(&asker).await.text, "fine");
}

#[tokio::test]
async fn an_org_takes_its_own_seats_only() {
    let slow = vec![Step::Wait(300), good("in the end").remove(0)];
    let server = Server::once(slow).await;
    let llm = LlmSettings {
        streams_per_org: 2,
        waiting_per_org: 2,
        wait_ms: 1_000,
        ..LlmSettings::default()
    };
    let asker = asker_of(&[settings("scripted", server.address)], &llm);
    let running: Vec<_> = (0..5).map(|_| asker.router.start(ask())).collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.asked(), 2);
    let mut elsewhere = ask();
    elsewhere.org = OrgId(Uuid::from_u128(99));
    let elsewhere = hear(asker.router.start(elsewhere)).await;
    assert_eq!(elsewhere.text, "in the end");
    let mut busy = 0;
    for one in running {
        let heard = hear(one).await;
        match heard.end {
            Ok(_) => assert_eq!(heard.text, "in the end"),
            Err(fault) => {
                assert_eq!(fault, LlmFault::Busy);
                busy += 1;
            }
        }
    }
    assert_eq!(busy, 1, "two run, two wait, one is told at once");
}
