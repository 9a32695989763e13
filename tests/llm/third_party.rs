//! A server that others wrote. `tests/llm/third_party/run` starts one and names it in the environment;
//! without it there is nothing to ask.

use std::env;

use ludus::config::{LlmSettings, SecretText};
use ludus_actors::llm::{Finish, Llm, LlmFault};

use super::kit::*;

#[tokio::test]
async fn a_server_that_others_wrote_is_understood() {
    let Ok(url) = env::var("LUDUS_TEST_LLM_URL") else {
        return println!("LUDUS_TEST_LLM_URL is not set: nobody is asked");
    };
    let variable = |name: &str| env::var(name).unwrap();
    let mut settings = settings("others", ([127, 0, 0, 1], 1).into());
    settings.base_url = url;
    settings.models[0].name = variable("LUDUS_TEST_LLM_MODEL");
    settings.key = Some(SecretText::new(variable("LUDUS_TEST_LLM_KEY")));
    settings.timeouts = ludus::config::Timeouts::default();

    let asker = asker_of(std::slice::from_ref(&settings), &LlmSettings::default());
    for _ in 0..5 {
        let heard = heard(&asker).await;
        assert_eq!(heard.text, variable("LUDUS_TEST_LLM_SAYS"));
        let done = heard.done();
        println!("{done:?}");
        assert_eq!(done.finish, Finish::Stop);
        assert!(!done.usage.estimated && done.cost_micro > 0);
    }
    assert_eq!(asker.ledger.reserved(), 0);

    // Ten at once.
    let running: Vec<_> = (0..10).map(|_| asker.router.start(ask())).collect();
    for one in running {
        assert_eq!(hear(one).await.text, variable("LUDUS_TEST_LLM_SAYS"));
    }

    settings.key = Some(SecretText::new("sk-wrong"));
    let stranger = heard(&asker_of(&[settings], &LlmSettings::default())).await;
    println!("with a wrong key: {:?}", stranger.end);
    assert!(matches!(
        stranger.fault(),
        LlmFault::Refused { status: 400..=403 }
    ));
}
