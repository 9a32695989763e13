//! The last seats, taken by a hundred at once, over real sockets.

use crate::kit::*;

on_both! {
    async fn a_hundred_at_once_take_ten_seats(backend: Backend) {
        let hub = Hub::start(backend).await;
        let wish = RoomWish::lounge("Small").by_code().seats(11);
        let room = hub.owner.open(&wish).await.unwrap();
        let code = room.code.unwrap();
        let mut clients = Vec::new();
        for number in 0..100 {
            let guest = hub.rest.guest(&code, &format!("Guest {number}")).await.unwrap();
            clients.push(hub.client(&guest).await);
        }
        let mut tasks = tokio::task::JoinSet::new();
        for mut client in clients {
            let join = Command::Join {
                code: Some(code.clone()),
            };
            tasks.spawn(async move {
                let id = client.send(room.id, join.clone()).await;
                loop {
                    let answer = client.answer(id, SOON).await;
                    let is_busy = matches!(
                        answer,
                        Some(Answer::Nack { code: Refusal::Unavailable | Refusal::Conflict, .. })
                    );
                    if !is_busy {
                        return answer;
                    }
                    // A busy machine may say "not now"; the same id may be sent again.
                    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                    client.send_as(id, room.id, join.clone()).await;
                }
            });
        }
        let mut seated = 0;
        while let Some(answer) = tasks.join_next().await {
            match answer.unwrap() {
                Some(Answer::Ack { .. }) => seated += 1,
                other => assert_eq!(nacked(other), Refusal::RoomFull),
            }
        }
        // The owner who opened the room has the eleventh.
        assert_eq!(seated, 10);
        let verdict = hub.check(&nothing_logged(&hub)).await;
        assert!(verdict.holds(), "{verdict}");
    }
}

/// The checker wants a log; what is judged here is the journal alone.
pub(crate) fn nothing_logged(hub: &Hub) -> Log {
    let log = hub.log();
    let closed = ludus_loadtests::record::What::Closed {
        conn: 0,
        code: None,
    };
    log.write(hub.owner.user, "nobody", closed);
    log
}
