//! How long a scene was live. Read out of the journal, so pauses, restarts and changes of node make
//! no difference to it.

use crate::ids::Seq;
use crate::journal::{Fact, Recorded};
use crate::room::{Event, Phase, Why};
use crate::time::Timestamp;

/// The time of one scene. It begins with the first persona being asked to speak, rests while the room
/// is not live, and stops for good when the scene is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SceneClock {
    seq: Seq,
    is_begun: bool,
    is_live: bool,
    is_over: bool,
    since: Option<Timestamp>,
    gone_ms: i64,
}

impl SceneClock {
    /// The clock after some events, the first of them the room's first.
    pub fn of(events: &[Recorded]) -> Self {
        let mut clock = Self::default();
        for recorded in events {
            clock.take(recorded);
        }
        clock
    }

    /// The last event that was taken in.
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// Takes in the next event. One that is not the next is none of it: who has missed some reads them.
    pub fn take(&mut self, recorded: &Recorded) {
        if recorded.seq != self.seq.next() {
            return;
        }
        self.seq = recorded.seq;
        let Fact::Room(event) = &recorded.fact else {
            return;
        };
        match event {
            Event::Opened { plan } => self.is_live = !plan.lobby,
            Event::PhaseChanged { phase } => self.is_live = *phase == Phase::Live,
            Event::TurnAsked {
                why: Why::Opening, ..
            } => self.is_begun = true,
            Event::SceneClosed {} => self.is_over = true,
            _ => return,
        }
        let runs = self.is_begun && self.is_live && !self.is_over;
        match (runs, self.since) {
            (true, None) => self.since = Some(recorded.at),
            (false, Some(since)) => {
                self.gone_ms += recorded.at.ms_since(since);
                self.since = None;
            }
            _ => {}
        }
    }

    pub const fn is_running(&self) -> bool {
        self.since.is_some()
    }

    /// Live so far.
    pub fn live_ms(&self, now: Timestamp) -> i64 {
        let running = self.since.map_or(0, |since| now.ms_since(since));
        self.gone_ms.saturating_add(running)
    }

    /// What is left of so many minutes, if time runs.
    pub fn left_ms(&self, minutes: u16, now: Timestamp) -> Option<u64> {
        let left = i64::from(minutes) * 60_000 - self.live_ms(now);
        self.is_running()
            .then(|| u64::try_from(left).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::Audience;
    use crate::ids::TurnId;
    use crate::room::{Entry, RoomKind, RoomPlan};

    fn at(seq: u64, minute: i64, event: Event) -> Recorded {
        Recorded {
            seq: Seq(seq),
            at: Timestamp(minute * 60_000),
            by: None,
            audience: Audience::All,
            fact: Fact::Room(event),
        }
    }

    fn opened(lobby: bool) -> Event {
        Event::Opened {
            plan: RoomPlan {
                kind: RoomKind::Practice,
                entry: Entry::Invitation,
                title: "T".into(),
                capacity: 2,
                lobby,
                scene: None,
            },
        }
    }

    fn asked() -> Event {
        Event::TurnAsked {
            turn: TurnId(1),
            persona: "mara".parse().unwrap(),
            why: Why::Opening,
            of: None,
            asked_by: None,
            depth: 0,
        }
    }

    fn phase(phase: Phase) -> Event {
        Event::PhaseChanged { phase }
    }

    #[test]
    fn pauses_and_lobbies_take_no_time() {
        let minutes = |now: i64| Timestamp(now * 60_000);
        let mut clock = SceneClock::default();
        clock.take(&at(1, 0, opened(true)));
        clock.take(&at(2, 3, phase(Phase::Live)));
        assert_eq!(
            clock.left_ms(5, minutes(4)),
            None,
            "nobody has begun to play"
        );
        clock.take(&at(3, 4, asked()));
        assert_eq!(clock.left_ms(5, minutes(6)), Some(180_000));
        clock.take(&at(4, 6, phase(Phase::Paused)));
        assert_eq!(clock.left_ms(5, minutes(60)), None);
        clock.take(&at(5, 100, phase(Phase::Live)));
        assert_eq!(clock.left_ms(5, minutes(101)), Some(120_000));
        assert_eq!(clock.left_ms(5, minutes(200)), Some(0));
        clock.take(&at(6, 102, Event::SceneClosed {}));
        clock.take(&at(7, 103, phase(Phase::Paused)));
        clock.take(&at(8, 104, phase(Phase::Live)));
        assert_eq!(clock.live_ms(minutes(300)), 4 * 60_000);
        assert_eq!(clock.left_ms(5, minutes(300)), None);
    }

    #[test]
    fn an_event_out_of_place_moves_nothing() {
        let events = [at(1, 0, opened(false)), at(2, 0, asked())];
        let clock = SceneClock::of(&events);
        let mut other = clock;
        other.take(&at(9, 5, Event::SceneClosed {}));
        other.take(&at(2, 5, Event::SceneClosed {}));
        assert_eq!(other, clock);
        assert!(clock.is_running());
    }
}
