//! Hints while one writes: for the writer's eyes only, gone with the next frame, kept nowhere.

use std::time::Duration;

use ludus_domain::protocol::{ClientFrame, HintMark};
use ludus_domain::signals::HintKind;

use crate::kit::*;

async fn hints(client: &mut Client, room: RoomId, text: &str) -> Option<Vec<HintMark>> {
    let draft = ClientFrame::Draft {
        room,
        text: text.to_owned(),
    };
    client.send_frame(&draft).await.unwrap();
    let heard = client.expect(SOON, |frame| match frame {
        ServerFrame::Hints { room: of, hints } if *of == room => Some(hints.clone()),
        _ => None,
    });
    heard.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_is_told_and_nobody_else() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (room, code, guests) = hub.crowd(2).await;
    let mut ada = hub.member(&guests[0], room, Some(&code)).await;
    let mut ben = hub.member(&guests[1], room, Some(&code)).await;
    let text = "🙂 I just kind of wanted to maybe ask, sort of";
    let told = hints(&mut ada, room, text).await.unwrap();
    let hedging = told.iter().find(|mark| mark.hint == HintKind::Hedging);
    let HintMark { start, end, .. } = hedging.unwrap();
    let units: Vec<u16> = text.encode_utf16().collect();
    let marked = String::from_utf16(&units[*start..*end]).unwrap();
    assert!(
        text.contains(&marked) && !marked.trim().is_empty(),
        "{marked:?}"
    );
    // What is better has no hints, and takes the old ones away.
    assert_eq!(
        hints(&mut ada, room, "What happened then?").await,
        Some(vec![])
    );
    // A line goes on counting as one command: hints answer none.
    acked(ada.ask(room, say("What happened then?"), SOON).await);
    assert!(sees(&mut ben, "What happened then?").await);
    let overheard = ben.expect(Duration::from_millis(300), |frame| {
        matches!(frame, ServerFrame::Hints { .. }).then_some(())
    });
    assert!(overheard.await.is_none(), "nobody reads over a shoulder");
    // Too long to be a line: no answer, and the connection stays.
    let long = "word ".repeat(900);
    let draft = ClientFrame::Draft { room, text: long };
    ada.send_frame(&draft).await.unwrap();
    acked(ada.ask(room, say("Still here"), SOON).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_no_hints() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (room, _, _) = hub.crowd(0).await;
    let eve = hub.person("Eve", Role::Learner).await;
    let mut client = hub.client(&eve).await;
    let draft = ClientFrame::Draft {
        room,
        text: "I just kind of wanted to maybe ask".to_owned(),
    };
    client.send_frame(&draft).await.unwrap();
    let told = client.expect(Duration::from_millis(500), |frame| {
        matches!(frame, ServerFrame::Hints { .. }).then_some(())
    });
    assert!(told.await.is_none());
}
