//! T6: clients are cut at random while everybody talks; each comes back to exactly what it missed.

use std::time::Duration;

use tokio::time::sleep;

use crate::crowd::talk_through;
use crate::kit::*;

on_both! {
    async fn cut_again_and_again_nobody_misses_a_word(backend: Backend) {
        let mut hub = Hub::start(backend).await;
        let mut script = Script::new(Duration::from_millis(100));
        script.cut_every = Some(Duration::from_millis(1_500));
        script.repeat_one_in = Some(10);
        let verdict = talk_through(&mut hub, 4, 5, script, async |_, _| {
            sleep(Duration::from_secs(15)).await;
        })
        .await;
        assert!(verdict.holds(), "{verdict}");
        assert!(verdict.seen.live_views > 100, "{verdict}");
    }
}
