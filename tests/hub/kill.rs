//! T1, T2: killed with -9 under load, again and again: nothing acknowledged is lost, nothing is
//! doubled, and everything is paid once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::sleep;

use crate::crowd::talk_through;
use crate::kit::*;

on_both! {
    /// Ten rounds, each in the middle of a conversation; what each leaves is proved.
    async fn ten_kills_lose_and_double_nothing(backend: Backend) {
        let mut hub = Hub::start_also(backend, GAME).await;
        let mut script = Script::new(Duration::from_millis(80));
        script.repeat_one_in = Some(10);
        let verdict = talk_through(&mut hub, 4, 4, script, async |hub, script| {
            for _ in 0..10 {
                let before = script.acknowledged.load(Ordering::Relaxed);
                // Never kill a hub that has not spoken since the last time.
                while script.acknowledged.load(Ordering::Relaxed) < before + 50 {
                    sleep(Duration::from_millis(20)).await;
                }
                sleep(Duration::from_millis(300)).await;
                hub.kill9();
                // What its last connections were at is done or undone by now.
                sleep(Duration::from_millis(300)).await;
                let (code, said) = hub.run(&["ledger", "verify"]);
                assert_eq!(code, Some(0), "{said}");
                hub.resume().await;
            }
        })
        .await;
        assert!(verdict.holds(), "{verdict}");
        assert!(verdict.seen.acknowledged > 500, "{verdict}");
        assert!(verdict.seen.entries > 500, "{verdict}");
    }
}
