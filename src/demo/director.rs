//! Who says what next in a room. The director casts a talk with people who sit there, lets them
//! speak one after another as fast as people type, and others react.

use std::collections::BTreeMap;
use std::time::Duration;

use ludus_domain::ids::Seq;
use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use tokio::sync::{mpsc, oneshot};

use super::Tempo;
use super::script::{Line, Part};
use super::stage::SetRoom;
use super::voice::{Act, Cue};

/// How long somebody is waited for who cannot be heard. Then the talk goes on without that line.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a person needs for things, in milliseconds.
const TYPING_PER_CHAR: f64 = 45.0;
const TYPING: std::ops::Range<f64> = 900.0..7_000.0;
const READING_PER_CHAR: f64 = 18.0;
const BETWEEN_LINES: std::ops::Range<f64> = 500.0..2_500.0;
const BETWEEN_TALKS: std::ops::Range<f64> = 4_000.0..14_000.0;
const HAND_UP: std::ops::Range<f64> = 1_200.0..3_000.0;
const REACTING: std::ops::Range<f64> = 800.0..5_000.0;

impl Tempo {
    fn ms(self, ms: f64) -> Duration {
        Duration::from_secs_f64(ms * self.0 / 1_000.0)
    }

    fn within(self, range: std::ops::Range<f64>) -> Duration {
        self.ms(rand::rng().random_range(range))
    }

    fn typing(self, text: &str) -> Duration {
        let chars = f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
        self.ms((chars * TYPING_PER_CHAR).clamp(TYPING.start, TYPING.end))
    }

    fn reading(self, text: &str) -> Duration {
        let chars = f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
        self.ms(chars * READING_PER_CHAR)
    }
}

/// Talks for ever: every talk once, in another order each time.
pub(super) async fn conduct(room: SetRoom, company: Vec<mpsc::Sender<Cue>>, tempo: Tempo) {
    let director = Director {
        room,
        company,
        tempo,
    };
    loop {
        let mut talks = director.room.scene.talks.clone();
        talks.shuffle(&mut rand::rng());
        for talk in talks {
            tokio::time::sleep(tempo.within(BETWEEN_LINES)).await;
            director.talk(&talk).await;
            tokio::time::sleep(tempo.within(BETWEEN_TALKS)).await;
        }
    }
}

struct Director {
    room: SetRoom,
    company: Vec<mpsc::Sender<Cue>>,
    tempo: Tempo,
}

impl Director {
    async fn talk(&self, talk: &[Line]) {
        let cast = self.cast(talk);
        let mut before: Option<(Part, Seq)> = None;
        for line in talk {
            let Some(&speaker) = cast.get(&line.who) else {
                continue;
            };
            // A pupil asks for the floor now and then; a coach has it.
            let asks = matches!(before, Some((Part::Coach, _)))
                && line.who != Part::Coach
                && rand::rng().random_bool(0.3);
            if asks {
                self.cue(speaker, Duration::ZERO, Act::Hand(true));
                tokio::time::sleep(self.tempo.within(HAND_UP)).await;
            }
            let answers = before
                .filter(|(who, _)| *who != line.who && rand::rng().random_bool(0.25))
                .map(|(_, seq)| seq);
            let said = self.say(speaker, line, answers).await;
            if asks {
                self.cue(speaker, Duration::ZERO, Act::Hand(false));
            }
            if let Some(seq) = said {
                before = Some((line.who, seq));
                self.react(speaker, seq);
            }
            tokio::time::sleep(self.tempo.reading(&line.text)).await;
            tokio::time::sleep(self.tempo.within(BETWEEN_LINES)).await;
        }
    }

    /// Whoever is to speak for each letter of a talk: different people, others each time.
    fn cast(&self, talk: &[Line]) -> BTreeMap<Part, usize> {
        let mut learners = self.room.learners.clone();
        learners.shuffle(&mut rand::rng());
        let mut cast = BTreeMap::from([(Part::Coach, self.room.coach)]);
        for line in talk {
            if !cast.contains_key(&line.who)
                && let Some(learner) = learners.pop()
            {
                cast.insert(line.who, learner);
            }
        }
        cast
    }

    async fn say(&self, speaker: usize, line: &Line, reply_to: Option<Seq>) -> Option<Seq> {
        let (said, heard) = oneshot::channel();
        let act = Act::Say {
            text: line.text.clone(),
            reply_to,
            said,
        };
        self.cue(speaker, self.tempo.typing(&line.text), act);
        tokio::time::timeout(PATIENCE, heard).await.ok()?.ok()
    }

    fn react(&self, speaker: usize, line: Seq) {
        let mut random = rand::rng();
        if !random.random_bool(0.4) {
            return;
        }
        let count = random.random_range(1..=3);
        for learner in self.room.learners.sample(&mut random, count) {
            let Some(emoji) = self.room.scene.reactions.choose(&mut random) else {
                continue;
            };
            if *learner != speaker {
                let emoji = emoji.clone();
                self.cue(
                    *learner,
                    self.tempo.within(REACTING),
                    Act::React { line, emoji },
                );
            }
        }
    }

    /// Somebody who has too much to do already misses a cue, as people do.
    fn cue(&self, who: usize, after: Duration, act: Act) {
        let cue = Cue {
            room: self.room.id,
            after,
            act,
        };
        if let Some(link) = self.company.get(who) {
            let _ = link.try_send(cue);
        }
    }
}
