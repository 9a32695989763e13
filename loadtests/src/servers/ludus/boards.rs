//! A board of a room that everybody in it looks at, each with a window of their own, while people
//! earn points by talking.

use std::time::{Duration, Instant};

use ludus_domain::game::plan::BoardKey;
use ludus_domain::ids::RoomId;
use serde::Serialize;

use super::entrance::Way;
use super::{Chat, Ludus, is};
use crate::light::{Crowd, News};
use crate::load::{Dialect as _, micros};
use crate::scenario::Scenario;
use crate::servers::LoadError;

/// The shipped board of a room.
const PLAN: &str = "room";
/// Points arrive for so long before anything is counted.
const WARM_UP: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(2);

/// What was seen of the board.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Watched {
    pub viewers: usize,
    pub seconds: f64,
    /// Lines said, each worth points to somebody.
    pub lines: u64,
    pub refused: u64,
    pub frames: u64,
    /// To the viewer who was sent the most, in a second. A board ticks ten times in one.
    pub most_each_per_second: f64,
    pub bytes_each_per_second: f64,
    pub cpu_seconds: f64,
    pub cpu_per_million: f64,
}

/// The board of a room.
pub(super) fn board_of(room: RoomId) -> Option<BoardKey> {
    Some(BoardKey {
        plan: PLAN.parse().ok()?,
        of: Some(room.0),
    })
}

impl Ludus {
    /// Has everybody in the room watch its board while they speak in turns, at so many lines a second.
    pub fn watch_board(
        &mut self,
        crowd: &mut Crowd,
        scenario: &Scenario,
    ) -> Result<Watched, LoadError> {
        let house = self.house(crowd, 1, scenario.members)?;
        self.enter(crowd, house, 0..scenario.members, Way::Watch)?;
        let mut chat = Chat::of(&self.houses[house]);
        let family = self.family();
        let (mut frames, mut bytes) = (vec![0_u32; scenario.members], 0_u64);
        let (mut lines, mut began): (u64, Option<(Instant, f64, u64)>) = (0, None);
        let begin = Instant::now();
        let window = Duration::from_secs(scenario.seconds);
        let due = |line: u64| Duration::from_secs_f64(line as f64 / scenario.rate);
        loop {
            let now = begin.elapsed();
            if began.is_none() && now >= WARM_UP {
                began = Some((Instant::now(), family.cpu_seconds(), lines));
                frames.fill(0);
                bytes = 0;
                chat.answers();
            }
            if now >= WARM_UP + window {
                break;
            }
            while due(lines) <= now {
                let who = usize::try_from(lines).unwrap_or(0) % scenario.members;
                let text =
                    format!("What do you think of number {lines}, and why would you say so?");
                let (who, sent) = chat.say(0, who, &text, micros(due(lines)));
                crowd.send(who, &sent);
                lines += 1;
            }
            crowd.turn(PAUSE, &mut |who, news, sends| {
                let News::Said(payload) = news else {
                    return;
                };
                if is(payload, "board") {
                    frames[who] += 1;
                    bytes += payload.len() as u64;
                } else {
                    chat.hears(who, payload, micros(begin.elapsed()), sends);
                }
            })?;
        }
        let (since, cpu, said) = began.unwrap_or((begin, 0.0, 0));
        let (seconds, cpu_seconds) = (since.elapsed().as_secs_f64(), family.cpu_seconds() - cpu);
        let all: u64 = frames.iter().map(|count| u64::from(*count)).sum();
        Ok(Watched {
            viewers: scenario.members,
            seconds,
            lines: lines - said,
            refused: chat.answers().refused,
            frames: all,
            most_each_per_second: f64::from(frames.iter().copied().max().unwrap_or(0)) / seconds,
            bytes_each_per_second: bytes as f64 / scenario.members as f64 / seconds,
            cpu_seconds,
            cpu_per_million: cpu_seconds / all.max(1) as f64 * 1e6,
        })
    }
}
