//! Stopping: everybody is told when to come back, nothing is lost, and it ends in time.

use std::time::Duration;

use tokio::time::Instant;

use crate::kit::*;

on_both! {
    async fn sigterm_says_goodbye_and_keeps_every_word(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let (room, code, guests) = hub.crowd(3).await;
        let mut clients = Vec::new();
        for guest in &guests {
            clients.push(hub.member(guest, room, Some(&code)).await);
        }
        acked(clients[0].ask(room, say("last words"), SOON).await);
        hub.signal("TERM");
        for client in &mut clients {
            let goodbye = client.expect(Duration::from_secs(25), |frame| match frame {
                ServerFrame::Goodbye { code, reconnect_after_ms, .. } => Some((*code, *reconnect_after_ms)),
                _ => None,
            });
            let (code, reconnect_after_ms) = goodbye.await.expect("a goodbye");
            assert_eq!(code, 4001);
            assert!(reconnect_after_ms.is_some());
            let ended = ending(client, SOON).await.unwrap();
            assert_eq!(ended.code(), Some(4001));
        }
        let (status, _) = hub.ended(Duration::from_secs(25)).await;
        assert!(status.success(), "{status}");
        hub.resume().await;
        clients[0].connect().await.expect("the resume token is good after a restart");
        let lines = guests[0].history(room).await.unwrap();
        let events = lines.iter().flat_map(|page| &page.events);
        assert_eq!(events.filter(|event| event.fact.kind() == "said").count(), 1);
    }

    async fn a_draining_hub_takes_nobody_in(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let guest = hub.owner.clone();
        let ticket = guest.ticket().await.unwrap();
        // Somebody who does not leave keeps it draining.
        let mut silent = hub.client(&guest).await;
        hub.signal("TERM");
        let begin = Instant::now();
        loop {
            let ready = hub.rest.request(reqwest::Method::GET, "/readyz").send().await;
            match ready {
                Ok(response) if response.status().is_success() => {
                    assert!(begin.elapsed() < SOON, "readiness stays on");
                }
                Ok(_) | Err(_) => break,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if let Ok(mut socket) = Socket::open(&hub.rest.ws_url()).await {
            let hello = ClientFrame::Hello {
                ticket: Some(ticket),
                resume: None,
                subscriptions: vec![],
                client: None,
            };
            socket.send(&hello).await.ok();
            let heard = socket.hear().await;
            assert!(heard.is_err() || heard.is_ok_and(|heard| heard.frame.kind() == "goodbye"));
        }
        ending(&mut silent, Duration::from_secs(25)).await.expect("closed");
        hub.ended(Duration::from_secs(25)).await;
    }

    async fn a_second_signal_ends_it_at_once_and_safely(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let (room, code, guests) = hub.crowd(1).await;
        let mut client = hub.member(&guests[0], room, Some(&code)).await;
        let (seq, ..) = acked(client.ask(room, say("kept"), SOON).await);
        hub.signal("TERM");
        tokio::time::sleep(Duration::from_millis(100)).await;
        if hub.is_running() {
            hub.signal("TERM");
        }
        let (_, took) = hub.ended(Duration::from_secs(3)).await;
        assert!(took < Duration::from_secs(2), "{took:?}");
        hub.resume().await;
        let position = guests[0].position(room).await.unwrap();
        assert!(position.seq >= seq);
    }
}
