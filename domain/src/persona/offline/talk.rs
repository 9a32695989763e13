//! What a reply is made of: answers to what was said, signs of having heard it, things of one's own.

use super::hear::{Heard, Near};
use super::speak::Speaker;
use super::turn::Course;
use super::{Cast, State};
use crate::persona::{Intent, Phrase};
use crate::practice::scenario::Twist;

impl<'l> Cast<'l> {
    /// Without a scenario, or between its lines: what two people talk about.
    pub(super) fn at_leisure(
        &self,
        heard: &Heard<'l>,
        speaker: &mut Speaker<'_>,
        course: &mut Course,
    ) {
        if self.answer(heard, speaker, course, true).is_none() {
            self.acknowledge(heard, speaker);
        }
        if speaker.count() < 2 && !self.recall(speaker) {
            self.enrich(speaker);
        }
        if speaker.count() < 2 && heard.questions == 0 {
            let line = speaker.pick(self.deep(|voice| &voice.puzzled));
            speaker.add(line);
        }
    }

    /// Answers the nearest intent that has something fresh to say, and keeps the thread with a question
    /// when it `asks_back`. Says whose intent it was.
    pub(super) fn answer(
        &self,
        heard: &Heard<'l>,
        speaker: &mut Speaker<'_>,
        course: &mut Course,
        asks_back: bool,
    ) -> Option<Near> {
        for (near, intent) in &heard.intents {
            let told = intent
                .reveals
                .as_ref()
                .is_none_or(|_| self.would_tell(intent, heard, speaker.state));
            let pool: &[Phrase] = if told { &intent.says } else { &intent.guarded };
            let line = speaker.pick(pool);
            if !speaker.add(line) {
                continue;
            }
            if told
                && let Some(fact) = &intent.reveals
                && !speaker.state.facts.contains(fact)
            {
                course.revealed.push(fact.clone());
                // Known at once: a beat or a goal may wait for it.
                speaker.state.facts.insert(fact.clone());
            }
            if asks_back {
                let line = speaker.pick(&intent.asks);
                speaker.add(line);
            }
            return Some(*near);
        }
        None
    }

    /// A fact is told to who has some rapport, sooner to who asks openly or asks again.
    pub(super) fn would_tell(&self, intent: &Intent, heard: &Heard<'_>, state: &State) -> bool {
        let needed = 640 - 70 * u16::from(self.dials.openness.clamp(1, 5));
        let eased = if heard.is_open_question { 100 } else { 0 };
        let times = state.heard.get(&intent.id).copied().unwrap_or(1).min(4);
        let again = 70 * times.saturating_sub(1);
        state.rapport + eased + again >= needed
    }

    /// Shows that the line was heard: its own words, or a nod. A nod to a question would be an answer.
    pub(super) fn acknowledge(&self, heard: &Heard<'_>, speaker: &mut Speaker<'_>) {
        if heard.questions > 0 && !heard.has("sums-up") {
            let line = speaker
                .pick(self.pool(|voice| &voice.dodges))
                .or_else(|| speaker.pick(&self.manners.voice.dodges));
            if speaker.add(line) {
                return;
            }
        }
        if let Some(echo) = &heard.echo
            && speaker.dice.chance(450)
        {
            speaker.state.slots.insert("echo".to_owned(), echo.clone());
            let line = speaker.pick(self.pool(|voice| &voice.echoes));
            speaker.state.slots.remove("echo");
            if speaker.add(line) {
                return;
            }
        }
        let own = self
            .moods()
            .get(speaker.state.mood)
            .map_or(&[][..], |mood| &mood.acks);
        let line = speaker
            .pick(own)
            .or_else(|| speaker.pick(self.pool(|voice| &voice.acks)));
        speaker.add(line);
    }

    /// Comes back to something from a while ago.
    pub(super) fn recall(&self, speaker: &mut Speaker<'_>) -> bool {
        let old = speaker.state.turn.saturating_sub(3);
        let place = speaker
            .state
            .mentions
            .iter()
            .position(|(turn, _)| *turn <= old);
        let Some(place) = place.filter(|_| speaker.dice.chance(350)) else {
            return false;
        };
        let Some((_, mention)) = speaker.state.mentions.remove(place) else {
            return false;
        };
        speaker.state.slots.insert("recall".to_owned(), mention);
        let line = speaker.pick(self.pool(|voice| &voice.recalls));
        speaker.state.slots.remove("recall");
        speaker.add(line)
    }

    /// Now and then something of its own.
    pub(super) fn enrich(&self, speaker: &mut Speaker<'_>) -> bool {
        if !speaker
            .dice
            .chance(90 * u64::from(self.dials.talkativeness))
        {
            return false;
        }
        let line = speaker.pick_unsaid(self.pool(|voice| &voice.asides));
        speaker.add(line)
    }

    /// Something comes in between, once.
    pub(super) fn twist(&self, speaker: &mut Speaker<'_>) -> bool {
        self.twist_of(speaker, |twist, state| {
            state.turn >= u32::from(twist.after)
                && (twist.when.is_empty() || state.has(&twist.when))
        })
    }

    /// The same, before its time.
    pub(super) fn twist_now(&self, speaker: &mut Speaker<'_>) -> bool {
        self.twist_of(speaker, |_, _| true)
    }

    fn twist_of(&self, speaker: &mut Speaker<'_>, is_due: impl Fn(&Twist, &State) -> bool) -> bool {
        let Some(scenario) = self.scenario else {
            return false;
        };
        for (place, twist) in scenario.script.twists.iter().enumerate() {
            if !is_due(twist, speaker.state) || speaker.state.twists.contains(&place) {
                continue;
            }
            let line = speaker.pick(&twist.says);
            if speaker.add(line) {
                speaker.state.twists.insert(place);
                return true;
            }
        }
        false
    }
}
