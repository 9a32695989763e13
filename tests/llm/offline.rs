//! The offline engine speaks where no model does, and only there.

use std::time::Duration;

use ludus::config::LlmSettings;
use ludus_actors::llm::{Ask, Llm, LlmFault, Offline};
use ludus_domain::persona::pace::Pace;

use super::kit::*;

const SAYS: &str = "Good morning. I have been waiting for you.";

fn offline_ask() -> Ask {
    Ask {
        offline: Some(Offline {
            text: SAYS.to_owned(),
            pace: Pace {
                think_ms: 20,
                char_ms: 1,
                breath_ms: 5,
            },
            seed: 7,
        }),
        ..ask()
    }
}

#[tokio::test]
async fn it_speaks_where_nobody_is_configured() {
    let asker = asker_of(&[], &LlmSettings::default());
    let heard = hear(asker.router.start(offline_ask())).await;
    assert_eq!(heard.text, SAYS);
    assert_eq!(heard.begun.as_ref().unwrap().0, "offline");
    let done = heard.done();
    assert_eq!((done.provider.as_str(), done.cost_micro), ("offline", 0));
    assert_eq!((asker.ledger.spent(), asker.ledger.reserved()), (0, 0));
}

#[tokio::test]
async fn it_speaks_when_all_fail_before_a_word_and_never_after_one() {
    let broken = Server::once(vec![status("500 Internal Server Error", "", "")]).await;
    let asker_of_broken = asker(&broken);
    let heard_it = hear(asker_of_broken.router.start(offline_ask())).await;
    assert_eq!((heard_it.text.as_str(), broken.asked()), (SAYS, 1));
    assert_eq!(heard_it.done().provider, "offline");

    let cut = Server::once(vec![send(STREAM), send(token("One moment"))]).await;
    let heard_it = hear(asker(&cut).router.start(offline_ask())).await;
    assert_eq!(heard_it.text, "One moment");
    assert_eq!(heard_it.fault(), LlmFault::Truncated);
}

#[tokio::test]
async fn it_speaks_when_the_money_is_gone() {
    let server = Server::once(good(REPLY)).await;
    let poor = LlmSettings {
        org_day_micro: Some(1),
        ..LlmSettings::default()
    };
    let asker = asker_of(&[settings("scripted", server.address)], &poor);
    let heard = hear(asker.router.start(offline_ask())).await;
    assert_eq!((heard.text.as_str(), server.asked()), (SAYS, 0));
}

#[tokio::test]
async fn it_is_asked_by_name_in_its_place() {
    let server = Server::once(good(REPLY)).await;
    let asker = asker(&server);
    let mut first = offline_ask();
    first.providers = vec![choice("offline", ""), choice("scripted", "small")];
    assert_eq!(hear(asker.router.start(first)).await.text, SAYS);
    assert_eq!(server.asked(), 0);

    let mut second = offline_ask();
    second.providers = vec![choice("scripted", "small"), choice("offline", "")];
    assert_eq!(hear(asker.router.start(second)).await.text, REPLY);

    // Who brings nothing to say cannot have it said.
    let mut mute = ask();
    mute.providers = vec![choice("offline", "")];
    let fault = hear(asker.router.start(mute)).await.fault();
    assert_eq!(fault, LlmFault::NoProvider);
}

#[tokio::test]
async fn it_takes_its_time_and_no_seat() {
    let one_seat = LlmSettings {
        streams_per_org: 1,
        waiting_per_org: 0,
        ..LlmSettings::default()
    };
    let asker = asker_of(&[], &one_seat);
    let paced = || {
        let mut ask = offline_ask();
        if let Some(offline) = &mut ask.offline {
            offline.pace = Pace::TYPED;
        }
        ask
    };
    let begun = tokio::time::Instant::now();
    let running: Vec<_> = (0..20).map(|_| asker.router.start(paced())).collect();
    for one in running {
        assert_eq!(hear(one).await.text, SAYS);
    }
    let took = begun.elapsed();
    // Twenty at once take as long as one, which is as long as somebody types.
    assert!(took > Duration::from_millis(900), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}
