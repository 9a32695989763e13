//! Presence is of people, not of tabs, and does not flicker.

use std::time::Duration;

use crate::kit::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_come_and_go_not_their_tabs() {
    let hub = Hub::start(Backend::Sqlite).await;
    let (room, code, guests) = hub.crowd(2).await;
    let mut watcher = hub.member(&guests[0], room, Some(&code)).await;
    let user = guests[1].user;
    let mut first = hub.member(&guests[1], room, Some(&code)).await;
    assert_eq!(change(&mut watcher, user, SOON).await, Some("came"));
    let mut second = hub.viewer(&guests[1], room).await;
    // A second tab is nothing new, and closing one of two neither.
    first.close().await;
    assert_eq!(
        change(&mut watcher, user, Duration::from_secs(5)).await,
        None
    );
    // A reload is not a going and coming.
    second.cut();
    second.connect().await.unwrap();
    assert_eq!(
        change(&mut watcher, user, Duration::from_secs(5)).await,
        None
    );
    second.close().await;
    assert_eq!(change(&mut watcher, user, SOON).await, Some("went"));
}

async fn change(watcher: &mut Client, user: UserId, within: Duration) -> Option<&'static str> {
    let seen = watcher.expect(within, |frame| {
        let ServerFrame::Presence { change, .. } = frame else {
            return None;
        };
        if change.whole {
            return None;
        }
        let came = change.came.iter().any(|person| person.user == user);
        let went = change.went.contains(&user);
        came.then_some("came").or(went.then_some("went"))
    });
    seen.await
}
