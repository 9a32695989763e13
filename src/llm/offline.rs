//! The offline engine's voice: what was composed without a model, said at a human pace.
//!
//! It costs nothing, takes no seat and knows no network, so it answers where nobody else does.

use std::time::Duration;

use ludus_actors::llm::{Done, Finish, OFFLINE, Offline, Speaker, Usage};
use ludus_domain::persona::pace;
use tokio::time::{Instant, sleep};

/// Says it. `None`: nobody listened to the end.
pub(super) async fn speak(offline: &Offline, speaker: &Speaker, asked: Instant) -> Option<Done> {
    let mut first = None;
    for piece in pace::pieces(&offline.text, offline.pace, offline.seed) {
        let pause = sleep(Duration::from_millis(piece.after_ms.into()));
        tokio::select! {
            biased;
            () = speaker.unheard() => return None,
            () = pause => {}
        }
        if first.is_none() {
            first = Some(asked.elapsed());
            speaker.begun(OFFLINE, "").await.ok()?;
        }
        speaker.text(piece.text).await.ok()?;
    }
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Some(Done {
        finish: Finish::Stop,
        usage: Usage::default(),
        cost_micro: 0,
        provider: OFFLINE.to_owned(),
        model: String::new(),
        first_token_ms: first.map_or(0, ms),
        total_ms: ms(asked.elapsed()),
    })
}

#[cfg(test)]
mod tests {
    use ludus_actors::llm::{Piece, answer};
    use ludus_domain::persona::pace::Pace;

    use super::*;

    #[tokio::test]
    async fn it_stops_when_nobody_listens() {
        let offline = Offline {
            text: "word ".repeat(100),
            pace: Pace {
                think_ms: 10,
                char_ms: 20,
                breath_ms: 0,
            },
            seed: 1,
        };
        let (speaker, mut running) = answer();
        let asked = Instant::now();
        let speaking = tokio::spawn(async move { speak(&offline, &speaker, asked).await });
        while !matches!(running.next().await, Some(Piece::Text(_))) {}
        drop(running);
        assert_eq!(speaking.await.unwrap(), None);
        assert!(asked.elapsed() < Duration::from_secs(5), "not to the end");
    }
}
