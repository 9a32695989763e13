//! A crowd that talks while things are done to its hub, and the verdict over what it saw.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::kit::*;

/// How long everything may take to come to rest.
const SETTLE: Duration = Duration::from_mins(1);

/// Has a crowd talk in some rooms while `meanwhile` goes on, lets it settle, has everybody look at
/// everything, and answers the verdict.
pub(crate) async fn talk_through(
    hub: &mut Hub,
    rooms: usize,
    members: usize,
    script: Script,
    meanwhile: impl AsyncFnOnce(&mut Hub, &Script),
) -> Verdict {
    talk_at(hub, &|_, guest| guest, rooms, members, script, meanwhile).await
}

/// The same, with each guest of a room at a place of their own.
pub(crate) async fn talk_at(
    hub: &mut Hub,
    place: &dyn Fn(usize, Account) -> Account,
    rooms: usize,
    members: usize,
    script: Script,
    meanwhile: impl AsyncFnOnce(&mut Hub, &Script),
) -> Verdict {
    let log = hub.log();
    let script = Arc::new(script);
    let mut talking = tokio::task::JoinSet::new();
    for number in 0..rooms {
        let (room, code, guests) = hub.crowd(members).await;
        for (index, guest) in guests.into_iter().enumerate() {
            let label = format!("room {number} guest {index}");
            let seed = (number * members + index) as u64;
            let mut chatter =
                Chatter::new(place(index, guest), &label, room, &log, seed).with_code(&code);
            let script = Arc::clone(&script);
            talking.spawn(async move {
                let result = chatter.run(&script, SETTLE).await;
                (chatter, result)
            });
        }
    }
    meanwhile(hub, &script).await;
    script.stop.store(true, Ordering::Relaxed);
    // Everybody is quiet before anybody looks, or a look would be of the past.
    let mut quiet = Vec::new();
    while let Some(done) = talking.join_next().await {
        let (chatter, result) = done.unwrap();
        result.unwrap_or_else(|error| panic!("{}: {error}", chatter.client.label));
        quiet.push(chatter);
    }
    let mut looking = tokio::task::JoinSet::new();
    for mut chatter in quiet {
        let log = log.clone();
        looking.spawn(async move { chatter.audit(&log, SETTLE).await });
    }
    while let Some(done) = looking.join_next().await {
        done.unwrap().unwrap();
    }
    let verdict = hub.check(&log).await;
    eprintln!("{verdict}");
    verdict
}
