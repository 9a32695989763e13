//! Signing out ends what was signed in: every socket of it, within two seconds.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::kit::*;

const WITHIN: Duration = Duration::from_secs(2);

on_both! {
    async fn everywhere_is_every_socket(backend: Backend) {
        let hub = Hub::start(backend).await;
        let learner = hub.person("Lena Learner", Role::Learner).await;
        let elsewhere = hub.rest.login("Lena Learner").await.unwrap();
        let bystander = hub.person("Bert Bystander", Role::Learner).await;
        let mut tabs = vec![
            hub.client(&learner).await,
            hub.client(&learner).await,
            hub.client(&elsewhere).await,
        ];
        let mut other = hub.client(&bystander).await;
        let resume = tabs[0].resume_token().unwrap().to_owned();

        let begin = Instant::now();
        learner.post::<Value>("/api/v1/auth/logout-everywhere", &json!({})).await.unwrap();
        for tab in &mut tabs {
            let ended = ending(tab, WITHIN.saturating_sub(begin.elapsed())).await;
            let code = ended.expect("closed within two seconds").code();
            assert_eq!(code, Some(4104));
        }
        // Neither the resume token nor the access token opens anything any more.
        let mut back = Client::new(learner.clone(), "back", &Log::none());
        assert!(learner.ticket().await.is_err());
        assert!(back.connect().await.is_err());
        let refused = resumes(&hub, &resume).await;
        assert_eq!(refused, Some(4101));
        // Nobody else notices.
        other.heartbeat().await.unwrap();
        assert!(ending(&mut other, Duration::from_millis(500)).await.is_none());
    }

    async fn one_sign_in_is_only_its_own(backend: Backend) {
        let hub = Hub::start(backend).await;
        let learner = hub.person("Lena Learner", Role::Learner).await;
        let elsewhere = hub.rest.login("Lena Learner").await.unwrap();
        let mut here = hub.client(&learner).await;
        let mut there = hub.client(&elsewhere).await;
        learner.post::<Value>("/api/v1/auth/logout", &json!({})).await.unwrap();
        let ended = ending(&mut here, WITHIN).await.expect("closed within two seconds");
        assert_eq!(ended.code(), Some(4104));
        assert!(ending(&mut there, Duration::from_millis(500)).await.is_none());
    }
}

/// Tries a resume token alone; answers the close code, or `None` when it was welcomed.
async fn resumes(hub: &Hub, token: &str) -> Option<u16> {
    let mut socket = Socket::open(&hub.rest.ws_url()).await.unwrap();
    let hello = ClientFrame::Hello {
        ticket: None,
        resume: Some(token.to_owned()),
        subscriptions: vec![],
        client: None,
    };
    socket.send(&hello).await.unwrap();
    loop {
        match socket.hear().await {
            Ok(heard) if heard.frame.kind() == "welcome" => return None,
            Ok(_) => {}
            Err(ended) => return ended.code(),
        }
    }
}
